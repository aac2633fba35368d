//! Text that others wrote cannot steer the terminal or the browser: control characters and bidirectional marks are shown
//! escaped, in every form. The cases are 11-terminal-escape-field and 13-hostile-question.

use crate::cli::outcome;
use crate::toy::{folder, write};
use serde_json::Value;
use std::fs;

const FIELDS: &str = r#"apiVersion: batch/v1
kind: Job
metadata:
  name: "evil\e]0;pwn\a\e[31m"
  labels: {"\e[2J": "x"}
spec:
  "unkn\e[31mown": 1
  "two\nlines": 1
  template:
    spec:
      restartPolicy: "Nev\e[31mer"
      containers: [{name: "c\e[5m", image: x}]
"#;

const QUESTION: &str = r#"apiVersion: jobsim/v1
kind: Scenario
question: "<script>alert(1)</script> \"q\" </title></script><img src=x onerror=alert(2)> \u202Eevil\u202C | pipe\n# new [x](javascript:alert(1))\e[31mRED\e]0;pwn\a"
replications: 3
jobs:
  - inline:
      apiVersion: batch/v1
      kind: Job
      metadata:
        name: evil
        annotations: {"x": "</script><script>alert(3)</script>\e[31m"}
      spec:
        completions: 2
        backoffLimit: 1
        template:
          spec:
            restartPolicy: Never
            containers: [{name: main, image: "x\e[31m</script><script>alert(4)</script>"}]
pods: {outcome: {fail: 50%}, run: 10s}
"#;

/// Whether a text could do something to a terminal, or to the direction of a line.
fn is_hostile(text: &str) -> bool {
    let is_mark = |c: char| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t') || is_mark(c))
}

#[test]
fn no_command_writes_control_characters_of_a_file() {
    let root = folder("hostile-text");
    let fields = write(root.join("11-terminal-escape-field.yaml"), [FIELDS]).display().to_string();
    let question = write(root.join("13-hostile-question.yaml"), [QUESTION]).display().to_string();
    let path = write(root.join("esc\u{1b}[31m.yaml"), [FIELDS]).display().to_string();
    for args in [
        &["validate", &fields][..],
        &["validate", &fields, "-o", "json"],
        &["run", &fields],
        &["validate", &path],
        &["run", &question],
        &["run", &question, "-o", "json"],
        &["run", &question, "-o", "jsonl"],
        &["validate", &question],
        &["explain", &question],
        &["explain", &question, "-o", "json"],
        &["watch", &question],
        &["sweep", &question, "-P", "spec.backoffLimit=0..1", "-n", "2", "-o", "markdown"],
        &["run", &question, "--fail", "\u{1b}[31mx"],
        &["run", &question, "--goal\u{1b}[31m"],
        &["run", &question, "--set", "spec.x\u{1b}[31m=\u{202e}1"],
        &["explain", "--field", "\u{1b}[31m"],
        &["next", "--schedule", "\u{1b}[31m * * * *"],
        &["next", &fields],
    ] {
        let (data, talk, _) = outcome(args);
        assert!(!is_hostile(&data), "{args:?}: {data:?}");
        assert!(!is_hostile(&talk), "{args:?}: {talk:?}");
    }
    let (data, _, code) = outcome(&["validate", &fields]);
    assert_eq!(code, 1);
    assert!(data.contains(r"unkn\u001b[31mown") && data.contains(r"two\u000alines"), "{data}");
}

#[test]
fn json_keeps_its_meaning() {
    let root = folder("hostile-json");
    let file = write(root.join("q.yaml"), [QUESTION]).display().to_string();
    let (data, _, _) = outcome(&["run", &file, "-o", "json"]);
    let answer: Value = serde_json::from_str(&data).expect("it is JSON");
    assert!(answer["question"].as_str().unwrap().contains("\u{202e}evil\u{202c} | pipe\n# new"), "{answer}");
}

#[test]
fn a_page_and_a_study_show_the_question_as_text() {
    let root = folder("hostile-study");
    write(root.join("scenarios/q.yaml"), [QUESTION]);
    let out = root.join("out");
    let (data, talk, code) =
        outcome(&["studies", &root.join("scenarios").display().to_string(), "-o", &out.display().to_string()]);
    assert_eq!(code, 0, "{talk}");
    assert!(!is_hostile(&data) && !is_hostile(&talk));
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("it was written");
    for name in ["README.md", "q/README.md", "q/report.html"] {
        assert!(!is_hostile(&read(name)), "{name}");
    }
    let (index, readme, page) = (read("README.md"), read("q/README.md"), read("q/report.html"));
    for text in [&index, &readme] {
        assert!(!text.contains("<script>") && !text.contains("<img") && !text.contains("[x](javascript"), "{text}");
        assert!(
            text.contains("&lt;script&gt;alert(1)") && text.contains(r"\| pipe\\u000a\# new \[x\](javascript"),
            "{text}"
        );
    }
    assert_eq!(readme.lines().filter(|line| line.starts_with("# ")).count(), 1, "{readme}");
    assert!(page.contains(r"\u202eevil\u202c") && page.contains("&lt;script&gt;alert(1)"));
    for script in ["<script>alert", "<img src=x", "</script><script>alert"] {
        assert!(!page.contains(script), "{script}");
    }
}
