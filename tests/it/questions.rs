//! The questions that people come with, each with the command that answers it. docs/questions.md has the commands and the first
//! lines of their answers; here they are run, and each answer is held against a calculation by hand. `JOBSIM_WRITE_DOCS=1
//! cargo test --test it questions` writes the page.

use crate::cli::jobsim;
use crate::toy::{folder, write};
use std::fs;
use std::path::Path;

const FILES: [(&str, &str); 5] = [
    (
        "job.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec:\n  completions: 4\n  parallelism: 2\n  template: {spec: \
         {restartPolicy: Never, containers: [{name: main, image: \"import:1\"}]}}\n",
    ),
    (
        "restarts.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec:\n  completions: 4\n  parallelism: 2\n  template: {spec: \
         {restartPolicy: OnFailure, containers: [{name: main, image: \"import:1\"}]}}\n",
    ),
    (
        "wide.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: wide}\nspec:\n  completions: 200\n  parallelism: 200\n  backoffLimit: \
         1000\n  template: {spec: {restartPolicy: Never, containers: [{name: main, image: \"wide:1\"}]}}\n",
    ),
    (
        "nightly.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: \"0 2 * * *\"\n  jobTemplate:\n    \
         spec:\n      completions: 60\n      parallelism: 60\n      template: {spec: {restartPolicy: Never, containers: [{name: main, \
         image: \"report:1\"}]}}\n",
    ),
    (
        "fleet.yaml",
        "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- count: 10000\n  inline:\n    apiVersion: batch/v1\n    kind: Job\n    \
         metadata: {name: one}\n    spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: \
         \"one:1\"}]}}}\n",
    ),
];

/// A question.
struct Question {
    asks: &'static str,
    commands: &'static [&'static str],
    /// What follows by hand, and why.
    by_hand: &'static str,
    /// Whether the first ten lines of the last answer, as one line, say so; and its exit status.
    is_right: fn(&str) -> bool,
    status: i32,
}

/// The number after some words.
fn number_after(text: &str, words: &str) -> f64 {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("{words} in {text}"));
    let digits: String = rest.trim_start().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.parse().unwrap_or_else(|_| panic!("a number after {words} in {text}"))
}

const QUESTIONS: [Question; 8] = [
    Question {
        asks: "In what share of the nights is the batch done by six?",
        commands: &[
            "jobsim run nightly.yaml --days 30 -n 10 --run 'uniform(3h, 5h)' --set spec.completions=1 --set spec.parallelism=1 \
                     --show 'share(doneBy(06:00))'",
        ],
        by_hand: "It starts at two and takes three to five hours, each as likely: by six half of the nights are done. Of 300 nights \
                  47 % to 53 % are within a standard error.",
        is_right: |text| (40.0..=60.0).contains(&number_after(text, "share(doneBy(06:00))")),
        status: 0,
    },
    Question {
        asks: "How many slots do 95 % of the nights need, to be done by six?",
        commands: &[
            "jobsim solve nightly.yaml --days 3 -n 2 --run 1h --field cluster.slots=1..60 --goal 'share(doneBy(06:00)) >= 95%'",
        ],
        by_hand: "60 Pods of one hour and some seconds must be done in less than four hours: in three rounds, so 60 / 3 = 20.",
        is_right: |text| text.contains("cluster.slots = 20 is the smallest value"),
        status: 0,
    },
    Question {
        asks: "10,000 Jobs of one Pod: when do all run, and what holds them up?",
        commands: &["jobsim run fleet.yaml --run 5m --fail 0%"],
        by_hand: "The Job controller may send 20 requests a second. A Job takes six: it creates the Pod, writes the status as it \
                  becomes active and ready, removes the Pod's finalizer, and writes the status as it is counted and as it ends. So the \
                  last ends after 60,000 / 20 s = 50 min, and the throttle holds the Jobs up.",
        is_right: |text| {
            let minutes = number_after(text, "10,000 Complete;");
            let throttle = text.find("waiting for the client's throttle").expect("it is named");
            let first_cause = text.find(" running (").is_none_or(|running| throttle < running);
            (48.0..=52.0).contains(&minutes) && first_cause && text.contains("had run after")
        },
        status: 0,
    },
    Question {
        asks: "200 Pods of two hours, each of which loses its node once in 20 hours: where do the hours go?",
        commands: &[
            "jobsim run wide.yaml --run 2h --fail 0% --node-loss 0.05/h -n 10 --show 'share(retries > 0)' --show podTime --show \
                     wastedPodTime",
        ],
        by_hand: "A Pod that begins anew after each loss needs (e^(λT) − 1) / λ hours, with λ = 0.05/h and T = 2 h: 2.103 h; 200 of them \
                  421 h = 17d13h, of which 21 h are in vain.",
        is_right: |text| {
            let days = text.split("mean(podTime)").nth(1).expect("it is shown").trim_start();
            let wasted = number_after(text, "mean(wastedPodTime)");
            (days.starts_with("17d1") || days.starts_with("17d9"))
                && (15.0..=27.0).contains(&wasted)
                && text.contains("in vain")
        },
        status: 0,
    },
    Question {
        asks: "What is the least parallelism for a deadline, and its Pod hours?",
        commands: &[
            "jobsim run job.yaml --run 10m --fail 0% --set spec.completions=100 --set spec.parallelism=10 --show podTime",
            "jobsim solve job.yaml --run 10m --fail 0% --set spec.completions=100 -n 2 --field spec.parallelism=1..100 --goal \
             'p95(duration) <= 2h'",
        ],
        by_hand: "100 Pods of 10 min and some seconds: twelve rounds do not fit into two hours, eleven do, and 100 / 11 is more than 9. With \
                  10 at a time there are ten rounds. The Pod hours do not depend on it: 100 × 10 min.",
        is_right: |text| text.contains("spec.parallelism = 10 is the smallest value"),
        status: 0,
    },
    Question {
        asks: "How are the retries distributed?",
        commands: &[
            "jobsim run job.yaml --fail 20% -n 300 --save retries.json",
            "jobsim run job.yaml --fail 20% -n 300 --show 'P(retries == 0)' --show 'P(retries > 2)' --show 'p95(retries)'",
        ],
        by_hand: "Each of four Pods takes a geometric number of tries: no retry in 0.8^4 = 41.0 %, more than two in 1 − 0.410 − 0.328 − 0.164 \
                  = 9.9 %. `jobsim plot retries.json --kind retries,overshoot` draws both distributions.",
        is_right: |text| {
            (32.0..=50.0).contains(&number_after(text, "P(retries == 0)"))
                && (5.0..=16.0).contains(&number_after(text, "P(retries > 2)"))
        },
        status: 0,
    },
    Question {
        asks: "Does it hold? A gate for continuous integration, in one line.",
        commands: &["jobsim run job.yaml --fail 30% -n 200 --expect 'P(Complete) >= 99%' --sure"],
        by_hand: "It fails if more than six of the tries fail before the fourth success: of ten tries at most three succeed, which is 1.1 % \
                  with 70 % each. That is not surely 99 %: exit status 1.",
        is_right: |text| text.contains("P(Complete) >= 99%") && (text.contains("misses") || text.contains("unsure")),
        status: 1,
    },
    Question {
        asks: "The same with OnFailure, where containers restart in place.",
        commands: &[
            "jobsim run restarts.yaml --fail 20% -n 300 --show 'P(containerRestarts > 2)' --show 'P(Complete)'",
        ],
        by_hand: "The restarts of all Pods count together, and their number is distributed as the retries above: more than two in about \
                  9.9 %, six or more, which fails the Job, in about 0.6 %.",
        is_right: |text| {
            (5.0..=16.0).contains(&number_after(text, "P(containerRestarts > 2)"))
                && (96.0..=100.0).contains(&number_after(text, "P(Complete)"))
        },
        status: 0,
    },
];

const OPENING: &str = "# Questions and the commands that answer them

Each answer stands in the first lines of what the command says. The calculation by hand beside it is made without the simulator, and the
tests run each command and compare. The files:
";

/// The words of a command line, with its quotes.
pub fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in command.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().expect("there is a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The first lines of an answer.
fn first_lines(root: &Path, command: &str, status: i32) -> String {
    let words = words(command);
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let output = jobsim(&arguments).current_dir(root).output().expect("the command runs");
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{command}: {talk}");
    assert_eq!(talk, "", "{command}");
    let text = String::from_utf8(output.stdout).expect("it is text");
    let lines: Vec<&str> = text.lines().take(10).take_while(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A command on lines that fit.
fn shown(command: &str) -> String {
    let mut text = String::from("$");
    let mut size = 1;
    for word in command.split(' ').filter(|word| !word.is_empty()) {
        if size + 1 + word.len() > 96 {
            text += " \\\n   ";
            size = 3;
        }
        text += &format!(" {word}");
        size += 1 + word.len();
    }
    text
}

#[test]
fn questions_are_answered_in_the_first_ten_lines() {
    let root = folder("questions");
    let mut page = OPENING.to_owned();
    for (name, text) in FILES {
        write(root.join(name), [text]);
        page += &format!("\n```yaml\n# {name}\n{text}```\n");
    }
    for Question { asks, commands, by_hand, is_right, status } in QUESTIONS {
        page += &format!("\n## {asks}\n\n```console\n");
        for (n, command) in commands.iter().enumerate() {
            let is_last = n + 1 == commands.len();
            let text = first_lines(&root, command, if is_last { status } else { 0 });
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(!is_last || is_right(&flat), "{asks}\n{text}\nby hand: {by_hand}");
            page += &format!("{}\n{text}\n", shown(command));
        }
        page += &format!("```\n\nBy hand: {by_hand}\n");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/questions.md");
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        fs::write(&path, &page).expect("it can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/questions.md: JOBSIM_WRITE_DOCS=1 cargo test --test it questions writes it");
}
