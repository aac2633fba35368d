//! `jobsim validate` as its users meet it: places, codes, forms and exit codes.

use crate::cli::{flat, outcome, with_closed_output};
use crate::toy::{folder, write};
use serde_json::Value;
use std::path::{Path, PathBuf};

const GOOD: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  ttlSecondsAfterFinished: 3600
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: 'busybox:1.36'}]
";

/// A file of this text; gives what `jobsim validate` says about it, without the folder.
fn verdict(test: &str, text: &str, more: &[&str]) -> (String, String, i32) {
    let root: PathBuf = folder(test);
    let file = write(root.join("job.yaml"), [text]).display().to_string();
    let (data, talk, code) = outcome(&[&["validate", &file], more].concat());
    let folder = format!("{}/", root.display());
    (unfolded(&data).replace(&folder, ""), talk.replace(&folder, ""), code)
}

/// The findings on one line each, as they are where there is room.
fn unfolded(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_finding =
            |before: &&mut String| [": error", ": warning", ": hint", ": note"].iter().any(|l| before.contains(l));
        let rest = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '));
        match (lines.last_mut().filter(is_finding), rest) {
            (Some(before), Some(rest)) => *before += &format!(" {rest}"),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_job_without_fault_is_accepted_in_silence() {
    let (data, talk, code) = verdict("validate-good", GOOD, &["--strict"]);
    assert_eq!((data.as_str(), talk.as_str(), code), ("1 accepted\n", "", 0));
}

#[test]
fn what_the_server_refuses_has_a_place_and_its_text() {
    let text = GOOD.replace("spec:\n  ttl", "spec:\n  parallelism: -1\n  paralelism: 2\n  ttl");
    let (data, talk, code) = verdict("validate-unknown", &text, &[]);
    let unknown = "job.yaml:6:3: error: spec.paralelism: there is no such field in JobSpec (did you mean \"parallelism\"?)\n0 accepted, 1 error\n";
    assert_eq!((data.as_str(), talk.as_str(), code), (unknown, "", 1));
    let text = GOOD.replace("name: main", "name: Main").replace("spec:\n  ttl", "spec:\n  parallelism: -1\n  ttl");
    let (data, _, code) = verdict("validate-refused", &text, &[]);
    let lines: Vec<&str> = data.lines().collect();
    assert_eq!(code, 1);
    assert_eq!(
        lines[0],
        "job.yaml:5:16: error: spec.parallelism: Invalid value: -1: must be greater than or equal to 0"
    );
    assert!(
        lines[1].starts_with(
            "job.yaml:10:27: error: spec.template.spec.containers[0].name: Invalid value: \"Main\": a lower"
        )
    );
}

#[test]
fn the_reviewer_adds_codes_and_only_strict_minds() {
    let text = GOOD.replace("spec:\n  ttl", "spec:\n  parallelism: 5\n  ttl");
    let (data, talk, code) = verdict("validate-warned", &text, &[]);
    let line = "job.yaml:5:3: warning J020: spec.completions: without completions the Job is complete when one of its 5 Pods \
                has succeeded and the others have ended, even failed\n";
    let verdict_line = "1 accepted, 1 warning; `jobsim validate --explain CODE` says more about a code\n";
    assert_eq!((data, talk.as_str(), code), (format!("{line}{verdict_line}"), "", 0));
    assert_eq!(verdict("validate-strict", &text, &["--strict"]).2, 1);
    assert_eq!(
        verdict("validate-no-advice", &text, &["--strict", "--no-advice"]),
        ("1 accepted\n".to_owned(), String::new(), 0)
    );
    let hint = GOOD.replace("  ttlSecondsAfterFinished: 3600\n", "");
    let (data, _, code) = verdict("validate-hint", &hint, &["--strict"]);
    assert!(data.contains("hint J030: spec.ttlSecondsAfterFinished:") && code == 0, "{data}");
}

#[test]
fn the_servers_warnings_have_no_code() {
    let text = GOOD.replace("name: import", "name: a.b");
    let (data, _, code) = verdict("validate-server-warning", &text, &[]);
    assert_eq!(code, 0);
    assert!(
        data.starts_with("job.yaml:3:18: warning: metadata.name: this is used in Pod names and hostnames"),
        "{data}"
    );
}

/// The case warnings-missing.yaml.
#[test]
fn the_servers_warnings_about_the_pod_are_complete() {
    let text = "apiVersion: batch/v1
kind: Job
metadata: {name: warn}
spec:
  ttlSecondsAfterFinished: 3600
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {node-role.kubernetes.io/master: ''}
      containers:
      - {name: a, image: 'a:1', ports: [{name: http, containerPort: 8080}]}
      - {name: b, image: 'b:1', ports: [{name: http, containerPort: 8081}]}
      volumes:
      - {name: v, gitRepo: {repository: 'https://git.example.com/x.git'}}
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions: [{key: node-role.kubernetes.io/master, operator: Exists}]
";
    let (data, _, code) = verdict("validate-warnings", text, &["--no-advice"]);
    assert_eq!((data.matches(": warning: ").count(), code), (4, 0), "{data}");
    for words in [
        "spec.template.spec.nodeSelector[node-role.kubernetes.io/master]: use \"node-role.kubernetes.io/control-plane\"",
        "matchExpressions[0].key: node-role.kubernetes.io/master is use \"node-role.kubernetes.io/control-plane\"",
        "volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
        "containers[1].ports[0]: duplicate port name \"http\" with spec.template.spec.containers[0].ports[0]",
    ] {
        assert!(data.contains(words), "{words}\n{data}");
    }
}

#[test]
fn a_field_in_the_wrong_place_is_told_where_it_belongs() {
    let text = GOOD.replace("spec:\n  ttl", "spec:\n  schedule: '@daily'\n  ttl");
    let (data, ..) = verdict("validate-schedule", &text, &[]);
    assert_eq!(
        data,
        "job.yaml:5:3: error: spec.schedule: there is no such field in JobSpec: that is a CronJob's\n0 accepted, 1 error\n"
    );
    let text = GOOD.replace("      restartPolicy", "      backoffLimit: 1\n      restartPolicy");
    let (data, ..) = verdict("validate-limit", &text, &[]);
    assert!(data.contains("there is no such field in PodSpec: it belongs to the spec of the Job"), "{data}");
}

#[test]
fn a_field_that_stands_twice_is_seen_by_the_server_but_not_through_kubectl() {
    let text = GOOD.replace("spec:\n  ttl", "spec:\n  parallelism: 1\n  parallelism: 2\n  ttl");
    let (data, _, code) = verdict("validate-twice", &text, &[]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = data.lines().collect();
    assert!(
        lines[0].starts_with("job.yaml:6:3: error:") && lines[0].ends_with("stands twice in this object"),
        "{data}"
    );
    assert!(lines[1].starts_with("job.yaml:6:3: note: kubectl turns YAML into JSON"), "{data}");
}

#[test]
fn other_kinds_are_skipped_and_counted() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\n";
    let (data, talk, code) = verdict("validate-kinds", &format!("{service}{service}{GOOD}"), &[]);
    assert_eq!((data.as_str(), talk.as_str(), code), ("1 accepted, 2 of other kinds skipped (2 Service)\n", "", 0));
    let (data, talk, code) = verdict("validate-no-job", service, &[]);
    assert_eq!(
        (data.as_str(), code),
        (
            "job.yaml: error: there is no Job or CronJob here, only Service\n0 accepted, 1 error, 1 of other kinds skipped (1 Service)\n",
            2
        )
    );
    assert!(talk.ends_with("error: a file could not be read as manifests\n"), "{talk}");
}

#[test]
fn jobs_of_several_files_are_reviewed_together() {
    let root = folder("validate-together");
    for name in ["a.yaml", "b.yaml"] {
        write(root.join(name), [GOOD]);
    }
    let (data, _, code) = outcome(&["validate", &root.display().to_string()]);
    let data = unfolded(&data);
    assert_eq!(code, 0);
    assert_eq!(
        data.matches("warning J052: metadata.name: \"import\" is the name of another object here").count(),
        2,
        "{data}"
    );
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let (data, talk, code) = verdict("validate-garbage", "spec: [1, 2\n", &[]);
    assert!(data.starts_with("job.yaml:") && data.contains("error: not valid YAML"), "{data}");
    assert!(code == 2 && talk.contains("error: a file could not be read"), "{talk}");
    let (data, talk, code) = outcome(&["validate", "/no/such/file.yaml"]);
    assert_eq!((data.as_str(), code), ("", 2));
    assert!(talk.starts_with("error: /no/such/file.yaml:"), "{talk}");
    assert_eq!(outcome(&["validate"]).2, 2);
}

#[test]
fn json_says_the_same() {
    let text = GOOD.replace("spec:\n  ttl", "spec:\n  parallelism: 5\n  ttl");
    let (data, talk, code) = verdict("validate-json", &text, &["-o", "json"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let json: Value = serde_json::from_str(&data).expect("it is JSON");
    assert_eq!((&json["accepted"], &json["errors"], &json["warnings"]), (&true.into(), &0.into(), &1.into()));
    let file = &json["files"][0];
    assert_eq!((&file["objects"][0]["kind"], &file["objects"][0]["name"]), (&"Job".into(), &"import".into()));
    let finding = &file["findings"][0];
    assert_eq!((&finding["code"], &finding["level"], &finding["line"]), (&"J020".into(), &"warning".into(), &5.into()));
}

#[test]
fn codes_are_explained_and_listed() {
    let (text, _, code) = outcome(&["validate", "--explain", "j001"]);
    assert_eq!(code, 0);
    assert!(text.starts_with("J001 (warning): The back-off limit can be reached before the deadline.\n\n"), "{text}");
    let (list, _, code) = outcome(&["validate", "--explain"]);
    assert!(code == 0 && list.lines().count() > 40 && list.contains("C002  warning  Only one of"), "{list}");
    let (data, talk, code) = outcome(&["validate", "--explain", "J999"]);
    assert_eq!((data.as_str(), code), ("", 2));
    assert!(talk.starts_with("error: there is no code \"J999\"") && flat(&talk).contains(&flat(&list)), "{talk}");
}

#[test]
fn a_gone_reader_is_no_error() {
    assert_eq!(with_closed_output(&["validate", "--explain"]), (Some(0), String::new()));
}

/// `JOBSIM_WRITE_DOCS=1 cargo test` writes the page anew.
#[test]
fn the_page_of_codes_is_in_step_with_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/advice.md");
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        std::fs::write(&path, jobsim::advice::markdown()).expect("docs can be written");
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == jobsim::advice::markdown(), "run `JOBSIM_WRITE_DOCS=1 cargo test --test it the_page_of_codes`");
}

const SCENARIO: &str = "apiVersion: jobsim/v1
kind: Scenario
jobs:
  - inline:
      apiVersion: batch/v1
      kind: Job
      metadata: {name: import}
      spec:
        parallelism: 3
        template:
          spec:
            restartPolicy: Never
            containers: [{name: main, image: 'busybox:1.36'}]
pods:
  run: exponential(mean=100s)
  outcome: {exitCodes: {0: 3, 4: 1}}
  byAttempt: {7: {run: never}}
cluster: {watchLatency: 'uniform(0s, 1s)'}
";

#[test]
fn a_scenario_is_judged_and_its_distributions_are_explained() {
    let (data, talk, code) = verdict("validate-scenario", SCENARIO, &[]);
    assert_eq!(code, 0, "{talk}");
    assert!(data.starts_with("job.yaml:9:9: warning J020: spec.completions: "), "{data}");
    let table = data.split_once("job.yaml: how Pods behave\n").expect("the table is there").1;
    let cells: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[0], ["MEAN", "P50", "P95", "P99"]);
    assert_eq!(cells[1], ["pods.run", "exponential(mean=1m40s)", "1m40s", "1m9s", "4m59s", "7m40s"]);
    assert_eq!(cells[2], ["pods.byAttempt.7.run", "never"]);
    assert_eq!(cells[3], ["cluster.watchLatency", "uniform(0s,", "1s)", "500ms", "500ms", "950ms", "990ms"]);
    assert!(table.contains("exit code 4 in 25%, exit code 0 in 75%\n"), "{table}");
    let (data, _, _) = verdict("validate-scenario", SCENARIO, &["-o", "json"]);
    let answer: Value = serde_json::from_str(&data).expect("it is JSON");
    assert_eq!(answer["scenarios"][0]["models"][0]["mean"], 100.0);
}

#[test]
fn what_is_wrong_with_a_scenario_has_its_place() {
    let (data, talk, code) = verdict("validate-bad-scenario", &SCENARIO.replace("byAttempt", "byAttempts"), &[]);
    assert_eq!((talk.as_str(), code), ("", 1));
    assert!(data.starts_with("job.yaml:17:3: error: pods.byAttempts: unknown field `byAttempts`, expected "), "{data}");
    assert!(data.ends_with("(did you mean \"byAttempt\"?)\n0 accepted, 1 error\n"), "{data}");
    let (data, _, code) = verdict("validate-bad-scenario", &SCENARIO.replace("parallelism: 3", "parallelism: -3"), &[]);
    let line = "job.yaml:9:22: error: spec.parallelism: Invalid value: -3: must be greater than or equal to 0\n0 accepted, 1 error\n";
    assert_eq!((data.as_str(), code), (line, 1));
}

#[test]
fn fields_of_placement_have_their_effect_where_a_scenario_has_nodes() {
    let pod =
        "      priorityClassName: system-node-critical\n      nodeSelector: {disk: ssd}\n      restartPolicy: Never\n";
    let manifest = GOOD.replace("      restartPolicy: Never\n", pod);
    let (alone, ..) = verdict("validate-placement", &manifest, &["--no-advice"]);
    assert_eq!(alone.matches("has no effect in the simulation without nodes").count(), 2, "{alone}");
    let root = folder("validate-placement-nodes");
    write(root.join("job.yaml"), [manifest.as_str()]);
    let nodes = "nodes: {w: {allocatable: {cpu: 1}, labels: {disk: ssd}, count: 1}}";
    let text = format!("apiVersion: jobsim/v1\nkind: Scenario\njobs: [{{manifest: job.yaml}}]\ncluster: {{{nodes}}}\n");
    let scenario = write(root.join("s.yaml"), [text.as_str()]).display().to_string();
    let (data, talk, code) = outcome(&["validate", &scenario, "--no-advice"]);
    assert!(!data.contains("has no effect"), "{data}");
    assert_eq!(code, 0, "{talk}");
}
