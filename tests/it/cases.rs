//! Inputs that once showed a fault: `tests/cases/README.md` lists each with what is right and the test that holds it. Here
//! are those that no other file has a subject for, and the check that no row is without a test.

use crate::cli::{flat, outcome};
use crate::toy::{folder, write};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A path of the source.
fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn case(name: &str) -> String {
    source("tests/cases").join(name).display().to_string()
}

/// What a run says, on one line, and its notices.
fn run(name: &str, more: &[&str]) -> (String, String) {
    let file = case(name);
    let (text, talk, code) = outcome(&[&["run", &file], more].concat());
    assert_eq!(code, 0, "{talk}");
    (flat(&text), flat(&talk))
}

/// The record of one replication.
fn record(name: &str, more: &[&str]) -> Value {
    let file = case(name);
    let (text, talk, code) = outcome(&[&["run", &file, "-o", "json"], more].concat());
    assert_eq!(code, 0, "{talk}");
    let answer: Value = serde_json::from_str(&text).expect("it is JSON");
    answer["record"].clone()
}

/// The end of a Job, the reason and how long it took, in whole seconds.
fn end(name: &str, more: &[&str]) -> (String, String, i64) {
    let record = record(name, more);
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    (text("end"), text("reason"), record["duration"].as_f64().map_or(-1, |seconds| seconds.round() as i64))
}

/// `multi-container-sidecar.yaml`, `exitcodes-two-containers.yaml`, `two-containers.yaml`: containers end each by itself and
/// with a code of its own, and what nobody says of one is told.
#[test]
fn containers_end_each_by_itself() {
    let told = "nothing is said of when container proxy will end";
    let (said, talk) = run("multi-container-sidecar.yaml", &["--run", "10s"]);
    assert!(talk.contains(told) && said.contains("Running"), "{said}\n{talk}");
    let proxy = |fields: &str| format!("pods.containers={{proxy: {{{fields}}}}}");
    let (ended, _, seconds) = end("multi-container-sidecar.yaml", &["--run", "10s", "--set", &proxy("run: 25s")]);
    assert_eq!((ended.as_str(), seconds), ("Complete", 27), "the last container ends the Pod");

    let code_3 = ["--set", "pods.outcome={exitCodes: {3: 1}}", "--set", &proxy("run: 5s")];
    let by_main = end("exitcodes-two-containers.yaml", &code_3);
    assert_eq!((by_main.0.as_str(), by_main.1.as_str()), ("Failed", "BackoffLimitExceeded"), "the rule is about proxy");
    let by_proxy = end("exitcodes-two-containers.yaml", &["--set", &proxy("run: 5s, outcome: {exitCodes: {3: 1}}")]);
    assert_eq!((by_proxy.0.as_str(), by_proxy.1.as_str()), ("Failed", "PodFailurePolicy"));

    let crash = |fields: &str| end("two-containers.yaml", &["--set", &proxy(fields)]);
    let (fine, fails) = (crash("run: 5s"), crash("run: 5s, outcome: {exitCodes: {1: 1}}"));
    assert_eq!((fine.1.as_str(), fails.1.as_str()), ("BackoffLimitExceeded", "PodFailurePolicy"));
}

/// `pull-never.yaml`: images that cannot be pulled, until the deadline ends the Job.
#[test]
fn images_that_cannot_be_pulled_can_be_said() {
    let (said, talk) = run("pull-never.yaml", &["--timeline"]);
    assert_eq!(talk, "");
    for part in ["DeadlineExceeded", "ErrImagePull", "ImagePullBackOff", "1 created, 0 succeeded, 1 failed"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(end("pull-never.yaml", &[]), ("Failed".to_owned(), "DeadlineExceeded".to_owned(), 601));
}

/// `unreachable-node.yaml`: a Pod that is deleted but never goes, because its kubelet does not answer. A successor that waits
/// for its end (`podReplacementPolicy: Failed`) waits with it.
#[test]
fn a_node_that_cannot_be_reached_can_be_said() {
    let minutes = |more: &[&str]| {
        let (ended, _, seconds) = end("unreachable-node.yaml", more);
        (ended, seconds / 60)
    };
    // As it stands the kubelet kills the Pod when its grace period of 30 s is over.
    assert_eq!(minutes(&[]), ("Complete".to_owned(), 70));
    assert_eq!(minutes(&["--set", "pods.outlivesGrace=true"]), ("Complete".to_owned(), 190), "10 min, 2 h and 1 h");
    let lost = "actions=[{at: 9m, unreachable: {}}, {at: 10m, deletePod: {job: stuck}}]";
    assert_eq!(minutes(&["--set", lost]).0, "Unfinished");
}

/// `recreate-same-name.yaml`: the second Job of the name has its own deadline, and the first one's Pod has not failed.
#[test]
fn a_job_of_the_same_name_is_another_job() {
    let (said, talk) = run("recreate-same-name.yaml", &[]);
    assert_eq!(talk, "");
    for part in ["deleted at +15s", "removed by a suspension, a scale-down or with the Job", "DeadlineExceeded"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let record = record("recreate-same-name.yaml", &[]);
    assert_eq!(
        (&record["podsFailed"], &record["podsRemoved"]),
        (&1.into(), &1.into()),
        "that of the second Job: {said}"
    );
}

/// `onfailure-policy-advice.yaml`: a podFailurePolicy cannot be had with OnFailure, so none is proposed.
#[test]
fn no_policy_is_proposed_that_the_server_refuses() {
    let (data, talk, code) = outcome(&["validate", &case("onfailure-policy-advice.yaml")]);
    assert_eq!(code, 0, "{talk}");
    assert!(!data.contains("J006") && data.contains("J007"), "{data}");
}

/// `success-policy-vs-limit-scenario.yaml`, of the Job in `success-policy-vs-limit.yaml`: the limit is asked before the
/// success policy, in the same sync.
#[test]
fn a_success_policy_that_the_limit_forestalls_is_told() {
    let (said, _) = run("success-policy-vs-limit-scenario.yaml", &[]);
    assert!(said.contains("Failed") && said.contains("BackoffLimitExceeded"), "{said}");
    for file in ["success-policy-vs-limit.yaml", "success-policy-vs-limit-scenario.yaml"] {
        let (data, ..) = outcome(&["validate", &case(file)]);
        assert!(data.contains("J017"), "{file}: {data}");
    }
    let ended = |limit: &str| end("success-policy-vs-limit-scenario.yaml", &["--set", limit]).0;
    assert_eq!([ended("spec.backoffLimit=8"), ended("spec.backoffLimit=9")], ["Failed", "Complete"]);
}

/// `warnings-missing.yaml`, as it was sent.
#[test]
fn the_file_with_four_warnings_has_four() {
    let (data, talk, code) = outcome(&["validate", "--no-advice", &case("warnings-missing.yaml")]);
    assert_eq!((flat(&data).matches(": warning: ").count(), code), (4, 0), "{data}{talk}");
}

/// A distribution in braces is a map to YAML, and its comma begins another key: the answer says what to do.
#[test]
fn a_distribution_in_braces_is_to_be_quoted() {
    let text = fs::read_to_string(case("pull-never.yaml")).expect("the case can be read");
    let text = text.replace("pods: {pull: never}", "pods: {terminate: uniform(1s,30s)}");
    let file = write(folder("cases-quote").join("s.yaml"), [text]).display().to_string();
    let (_, talk, code) = outcome(&["run", &file]);
    assert!(code == 2 && flat(&talk).contains("stands in quotation marks"), "{talk}");
}

/// Rows of the table: the first and the last cell.
fn rows(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| input") && !line.starts_with("| ---"))
        .map(|line| {
            let line = line.trim_matches(['|', ' ']);
            let (first, rest) = line.split_once(" | ").expect("a row has several cells");
            (first, rest.rsplit_once(" | ").expect("a row has several cells").1)
        })
        .collect()
}

/// Text in backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The text of a test with its comment, from a reference such as `tests/it/limits.rs::files_are_bounded`.
fn test_of(reference: &str) -> String {
    let (file, name) = reference.split_once("::").unwrap_or_else(|| panic!("{reference} names no test"));
    let text = fs::read_to_string(source(file)).unwrap_or_else(|error| panic!("{reference}: {error}"));
    let at = text.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("{reference} is not there"));
    let begins = text[..at].rfind("\n\n").map_or(0, |at| at + 2);
    let indent = &text[text[..at].rfind('\n').map_or(0, |at| at + 1)..at];
    let ends = text[at..].find(&format!("\n{indent}}}\n")).map_or(text.len(), |end| at + end);
    text[begins..ends].to_owned()
}

/// Each row names a test that is there and runs. A row with a file names it in the test, in its comment, or in the head of
/// the test's file.
#[test]
fn each_row_has_a_test_that_names_it() {
    let table = fs::read_to_string(case("README.md")).expect("the table is there");
    let rows = rows(&table);
    assert!(rows.len() >= 45, "{}", rows.len());
    for (input, tests) in &rows {
        let tests: Vec<(&str, String)> = quoted(tests).map(|name| (name, test_of(name))).collect();
        assert!(!tests.is_empty(), "{input} has no test");
        for (name, text) in &tests {
            assert!(text.contains("#[test]") || text.contains("proptest"), "{name} is no test");
        }
        for file in quoted(input) {
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            let stem = stem.rsplit('/').next().unwrap_or(stem);
            let names = |(name, text): &(&str, String)| {
                let whole = fs::read_to_string(source(name.split("::").next().unwrap_or_default())).unwrap_or_default();
                let head: String = whole.lines().take_while(|line| line.starts_with("//!")).collect();
                text.contains(stem) || head.contains(stem)
            };
            assert!(tests.iter().any(names), "no test of {input} names {stem}");
        }
    }
    for folder in ["tests/cases", "tests/numbers", "tests/reading"] {
        for entry in fs::read_dir(source(folder)).expect("the folder is there") {
            let name = entry.expect("it can be read").file_name().to_string_lossy().into_owned();
            let is_listed = rows
                .iter()
                .any(|(input, _)| quoted(input).any(|file| file == name || file.ends_with(&format!("/{name}"))));
            // The Job of another case, and the table itself.
            assert!(is_listed || ["one.yaml", "README.md"].contains(&name.as_str()), "{folder}/{name} is in no row");
        }
    }
}
