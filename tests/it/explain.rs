//! `jobsim explain`: what it says agrees with `jobsim run`, with published timelines, and with what each rule demands.

use crate::cli::flat;
use assert_cmd::Command;
use serde_json::Value;

/// A Job with these lines of spec and of its Pod template's spec.
fn manifest(spec: &str, restart_policy: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: flaky}}\nspec:\n{spec}  template:\n    spec:\n      \
         restartPolicy: {restart_policy}\n      containers: [{{name: main, image: busybox}}]\n"
    )
}

/// What a command printed; it must not fail.
fn output(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let output = command.args(arguments).write_stdin(input).output().expect("the command runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("output is text")
}

fn json(arguments: &[&str], input: &str) -> Value {
    serde_json::from_str(&output(arguments, input)).expect("it is JSON")
}

/// The explanation of a manifest, with more arguments.
fn explained(input: &str, more: &[&str]) -> Value {
    let arguments = [&["explain", "-", "-o", "json"], more].concat();
    json(&arguments, input)[0].clone()
}

/// Whether a pitfall that begins like this is among those of an explanation, and what it comes to.
fn here<'a>(explained: &'a Value, belief: &str) -> Option<&'a str> {
    let pitfalls = explained["pitfalls"].as_array().expect("a list");
    let found = pitfalls.iter().find(|p| p["belief"].as_str().is_some_and(|b| b.starts_with(belief)))?;
    Some(found["here"].as_str().unwrap_or(""))
}

#[test]
fn a_published_timeline_comes_out_of_explain_and_of_run() {
    // https://github.com/kubernetes/website/issues/54415: on v1.34, with parallelism 2, backoffLimit 6 and Pods that
    // run 30 s and exit with 42, the Job failed after 9m6s with 8 Pods.
    let published = 9.0 * 60.0 + 6.0;
    let job = manifest("  parallelism: 2\n  completions: 2\n  backoffLimit: 6\n", "Never");
    let pods = ["--run", "30s", "--set", "pods.outcome={fail: 100%, failExitCode: 42}"];
    // With images that are there, and with the second or two that containers need to start in a small cluster.
    for (start, tolerance) in [("500ms", 6.0), ("1.5s", 2.0)] {
        let more = [&pods[..], &["--start", start]].concat();
        let explained = explained(&job, &more);
        let end = &explained["end"];
        let at = end["atSeconds"].as_f64().expect("seconds");
        assert!((at - published).abs() < tolerance, "{at} with {start}");
        assert_eq!((&end["reason"], &end["pods"]), (&"BackoffLimitExceeded".into(), &8.into()));
        let run = json(&[&["run", "-", "-o", "json"], &more[..]].concat(), &job);
        let ran = &run["jobs"][0];
        assert_eq!(ran["finishedSeconds"].as_f64(), Some(at));
        assert_eq!(ran["pods"]["created"], 8);
    }
}

#[test]
fn the_table_of_attempts_has_each_wait_and_its_rule() {
    let job = manifest("  parallelism: 2\n  completions: 2\n", "Never");
    let text = output(&["explain", "-", "--run", "30s"], &job);
    for line in [
        "ATTEMPT  WHEN    PODS  WAIT   WHY",
        "1        +0s     2     -      the Job starts: parallelism 2, completions 2",
        "2        +50s    2     20s    2 failures since the last success: 10s × 2^1, counted from +30s",
        "4        +8m30s  2     5m20s  6 failures since the last success: 10s × 2^5, counted from +3m10s",
        "end      +9m1s   8            8 failed Pods, more than backoffLimit 6",
        "Which limit bites first: backoffLimit (6), at +9m1s.",
    ] {
        assert!(flat(&text).contains(&flat(line)), "{line}\nis not in\n{text}");
    }
}

#[test]
fn one_bad_wave_of_seven_waits_ten_minutes_or_ends_the_job() {
    let seven = "  parallelism: 7\n  completions: 7\n";
    let default = explained(&manifest(seven, "Never"), &[]);
    assert_eq!((&default["end"]["pods"], &default["end"]["reason"]), (&7.into(), &"BackoffLimitExceeded".into()));
    let text = here(&default, "Each wave").expect("it is said");
    assert!(text.starts_with("the first 7 Pods alone end it: Failed (BackoffLimitExceeded) after 1m1"), "{text}");
    let more = explained(&manifest(&format!("{seven}  backoffLimit: 7\n"), "Never"), &[]);
    assert_eq!(more["steps"][1]["backoffSeconds"], 600.0);
    assert!(
        here(&more, "Each wave").expect("it is said").contains("after the first 7 failed Pods the back-off is 10m")
    );
    assert!(here(&more, "The back-off is capped at six").expect("it is said").contains("met after 7 failures"));
}

#[test]
fn on_failure_ends_one_retry_earlier() {
    let never = explained(&manifest("  backoffLimit: 3\n", "Never"), &[]);
    let on_failure = explained(&manifest("  backoffLimit: 3\n", "OnFailure"), &[]);
    let retries = |e: &Value| e["end"]["pods"].as_u64().expect("a number") - 1 + e["end"]["restarts"].as_u64().unwrap();
    // Never runs the container four times; OnFailure begins its third restart and is stopped in it.
    assert_eq!((retries(&never), retries(&on_failure)), (3, 3));
    assert_eq!((&never["end"]["stopped"], &on_failure["end"]["stopped"]), (&0.into(), &1.into()));
    assert!(here(&on_failure, "backoffLimit means the same").is_some());
    assert!(here(&on_failure, "A Job that has hit its limit").expect("it is said").contains("31s if they use up"));
}

#[test]
fn ignored_failures_still_lengthen_the_back_off() {
    let policy = "  activeDeadlineSeconds: 1000\n  podFailurePolicy:\n    rules:\n    - action: Ignore\n      \
                  onExitCodes: {operator: In, values: [1]}\n";
    let explained = explained(&manifest(policy, "Never"), &["--run", "10s"]);
    assert_eq!(explained["end"]["reason"], "DeadlineExceeded");
    assert_eq!(explained["end"]["failed"], 0);
    let waits: Vec<f64> =
        explained["steps"].as_array().unwrap().iter().filter_map(|s| s["backoffSeconds"].as_f64()).collect();
    assert_eq!(waits, [10.0, 20.0, 40.0, 80.0, 160.0, 320.0]);
    assert!(
        here(&explained, "A failure that podFailurePolicy ignores").expect("it is said").contains("status.failed is 0")
    );
}

#[test]
fn limits_are_lifted_in_the_order_in_which_they_bite() {
    let job = manifest("  activeDeadlineSeconds: 100\n  backoffLimit: 3\n", "Never");
    let explained = explained(&job, &["--run", "30s"]);
    let limits: Vec<_> = explained["limits"].as_array().unwrap().iter().map(|l| l["field"].as_str().unwrap()).collect();
    assert_eq!(limits, ["activeDeadlineSeconds", "backoffLimit"]);
    assert_eq!(explained["limits"][0]["atSeconds"].as_f64().map(|s| s as i64 / 10), Some(10));
}

#[test]
fn a_success_resets_and_a_restart_forgets() {
    let explained = explained(&manifest("  completions: 2\n  parallelism: 2\n  backoffLimit: 7\n", "Never"), &[]);
    let reset = here(&explained, "The back-off only ever grows").expect("it is said");
    assert!(reset.contains("Complete (CompletionsReached)"), "{reset}");
    let forgotten = here(&explained, "The back-off is kept in the Job").expect("it is said");
    assert!(forgotten.starts_with("a restart at +"), "{forgotten}");
}

#[test]
fn jobs_that_never_end_say_why() {
    for (spec, message) in [
        ("  suspend: true\n", "the Job is suspended, and no user resumes it"),
        ("  parallelism: 0\n", "parallelism is 0, so no Pod is created"),
        ("  managedBy: example.com/x\n", "another controller manages this Job, so nothing is simulated"),
    ] {
        let explained = explained(&manifest(spec, "Never"), &[]);
        assert_eq!((&explained["end"]["reason"], &explained["end"]["message"]), (&Value::Null, &message.into()));
    }
    let hangs = explained(&manifest("", "Never"), &["--run", "never"]);
    assert_eq!(hangs["end"]["message"], "its Pods never end and no limit ends them");
    let policy = "  podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [1]}}]}\n";
    let for_ever = explained(&manifest(policy, "Never"), &[]);
    assert_eq!(for_ever["end"]["message"], "no limit ends it; the run was stopped here");
    assert!(for_ever["stepsLeftOut"].as_u64() > Some(500));
}

#[test]
fn every_field_with_a_lesson_is_taught() {
    let unknown =
        Command::new(env!("CARGO_BIN_EXE_jobsim")).args(["explain", "--field", "backofLimit"]).output().unwrap();
    let talk = String::from_utf8(unknown.stderr).unwrap();
    assert_eq!((unknown.status.code(), talk.contains("did you mean \"backoffLimit\"?")), (Some(2), true), "{talk}");
    let mut taught = 0;
    for field in jobsim::explain::fields_with_lessons() {
        let lesson = json(&["explain", "--field", field, "-o", "json"], "");
        let examples = lesson["examples"].as_array().unwrap();
        let outcomes: std::collections::BTreeSet<_> = examples.iter().map(|e| e["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes.len(), examples.len(), "{field}: its examples differ in nothing");
        taught += 1;
    }
    assert_eq!(taught, 15);
    assert_eq!(json(&["explain", "--field", "spec.BackoffLimit", "-o", "json"], "")["field"], "backoffLimit");
}

#[test]
fn explain_needs_a_file_or_a_field() {
    let output = Command::new(env!("CARGO_BIN_EXE_jobsim")).arg("explain").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("FILE"));
}
