//! Measures worked out by hand: small cases in which each number follows from the manifest and a rule of Kubernetes, without the
//! simulator. Where the controller's own pace adds to a time (it gathers changes of Pods for a second), there is a range.

use crate::cli::outcome;
use crate::toy::{folder, write};
use serde_json::Value;

fn spec(restart: &str, more: &str) -> String {
    format!("{{{more}, template: {{spec: {{restartPolicy: {restart}, containers: [{{name: main, image: x}}]}}}}}}")
}

/// A scenario with one Job in a cluster without latencies, whose Pods start at once.
fn scenario(spec: &str, pods: &str, more: &str) -> String {
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\npods: {{bind: 0s, start: 0s, {pods}}}\njobs:\n  - inline: {{apiVersion: batch/v1, kind: Job, \
         metadata: {{name: j}}, spec: {spec}}}\n{more}"
    )
}

const IDEAL: &str = "cluster: {preset: ideal}\n";

/// The measures of the only replication, and what they must be: name, from, to.
type Worked = (&'static str, f64, f64);

fn check(name: &str, text: &str, worked: &[Worked]) {
    let file = write(folder(&format!("by-hand-{name}")).join("scenario.yaml"), [text]).display().to_string();
    let (json, talk, code) = outcome(&["run", &file, "-o", "json"]);
    assert_eq!(code, 0, "{name}: {talk}");
    let answer: Value = serde_json::from_str(&json).expect("it is JSON");
    let responses = answer["summary"]["all"]["responses"].as_array().expect("there are responses");
    for (measure, from, to) in worked {
        let of = responses.iter().find(|r| r["name"] == *measure).unwrap_or_else(|| panic!("{name}: {measure}"));
        let value = of["mean"].as_f64().unwrap_or(f64::INFINITY);
        // Nanoseconds are added up as binary fractions.
        assert!(
            (from - 1e-6..=to + 1e-6).contains(&value),
            "{name}: {measure} is {value}, and not from {from} to {to}"
        );
    }
}

#[test]
fn four_pods_two_at_a_time() {
    // Two rounds of a minute each, two Pods at a time: four minutes of Pods.
    let text = scenario(&spec("Never", "completions: 4, parallelism: 2"), "run: 60s", IDEAL);
    let worked = [
        ("podsCreated", 4.0, 4.0),
        ("podsSucceeded", 4.0, 4.0),
        ("podsFailed", 0.0, 0.0),
        ("retries", 0.0, 0.0),
        ("podTime", 240.0, 240.0),
        ("wastedPodTime", 0.0, 0.0),
        ("mostRunning", 2.0, 2.0),
        ("duration", 120.0, 124.0),
        ("pathRunning", 120.0, 120.0),
        ("pathLost", 0.0, 0.0),
        ("pathBackoff", 0.0, 0.0),
        ("allCreated", 0.0, 0.0),
        ("allRunning", 0.0, 0.0),
        ("overshoot", 0.0, 0.0),
    ];
    check("rounds", &text, &worked);
}

#[test]
fn two_failures_of_one_index() {
    // The only index fails at 60 s, waits 10 s, fails at 130 s, waits 20 s, and succeeds at 210 s.
    let indexed = spec("Never", "completions: 1, parallelism: 1, completionMode: Indexed");
    let pods = "run: 60s, byIndex: {\"0\": {outcome: {fail: [100%, 100%, 0%]}}}";
    let worked = [
        ("podsCreated", 3.0, 3.0),
        ("podsFailed", 2.0, 2.0),
        ("applicationFailures", 2.0, 2.0),
        ("disruptionFailures", 0.0, 0.0),
        ("retries", 2.0, 2.0),
        ("podTime", 180.0, 180.0),
        ("wastedPodTime", 120.0, 120.0),
        ("backoffWaits", 2.0, 2.0),
        ("longestBackoff", 20.0, 20.0),
        ("pathRunning", 60.0, 60.0),
        ("pathLost", 120.0, 120.0),
        ("pathBackoff", 26.0, 30.0),
        ("duration", 210.0, 214.0),
    ];
    check("failures", &scenario(&indexed, pods, IDEAL), &worked);
}

#[test]
fn a_cluster_with_one_slot() {
    // Two Pods of ten minutes share one slot: the second waits for the first.
    let text =
        scenario(&spec("Never", "completions: 2, parallelism: 2"), "run: 10m", "cluster: {preset: ideal, slots: 1}\n");
    let worked = [
        ("roomWait", 600.0, 600.0),
        ("longestRoomWait", 600.0, 600.0),
        ("pathRoom", 600.0, 600.0),
        ("pathRunning", 600.0, 600.0),
        ("mostRunning", 1.0, 1.0),
        ("utilisation", 0.99, 1.0),
        ("podTime", 1_200.0, 1_200.0),
        ("allRunning", 600.0, 600.0),
    ];
    check("slots", &text, &worked);
}

#[test]
fn twenty_requests_a_second() {
    // 30 tokens are there, 170 more Pods come at 20 a second: 8.5 s; so does a token for
    // each sync's write of the status, on the way and at the end.
    let text = scenario(
        &spec("Never", "completions: 200, parallelism: 200"),
        "run: 1h",
        "cluster: {preset: ideal, clientThrottle: {qps: 20, burst: 30}}\n",
    );
    check("throttle", &text, &[("allCreated", 8.0, 9.5), ("podsCreated", 200.0, 200.0), ("pathThrottle", 8.0, 10.5)]);
}

#[test]
fn an_hour_of_suspension() {
    let actions = "cluster: {preset: ideal}\nactions: [{at: 10m, suspend: j}, {at: 70m, resume: j}]\n";
    // Ten minutes of the Pod are lost, an hour passes, and the next runs its half hour.
    let text = scenario(&spec("Never", "completions: 1"), "run: 30m, terminate: 0s", actions);
    let worked = [
        ("podsCreated", 2.0, 2.0),
        ("podsRemoved", 1.0, 1.0),
        ("retries", 0.0, 0.0),
        ("pathSuspended", 3_595.0, 3_600.0),
        ("pathLost", 600.0, 601.0),
        ("pathRunning", 1_800.0, 1_800.0),
        ("wastedPodTime", 600.0, 601.0),
    ];
    check("suspension", &text, &worked);
}

#[test]
fn restarts_in_place() {
    // Fails three times: restarted at once, after 10 s, after 20 s; then a success. The kubelet looks once a second.
    let text =
        scenario(&spec("OnFailure", "completions: 1"), "run: 60s, outcome: {fail: [100%, 100%, 100%, 0%]}", IDEAL);
    let worked = [
        ("podsCreated", 1.0, 1.0),
        ("podsFailed", 0.0, 0.0),
        ("retries", 0.0, 0.0),
        ("containerRestarts", 3.0, 3.0),
        ("pathLost", 180.0, 180.0),
        ("pathRunning", 60.0, 60.0),
        ("pathRestart", 30.0, 40.0),
        ("backoffWaits", 0.0, 0.0),
    ];
    check("restarts", &text, &worked);
}

#[test]
fn a_days_starts_of_a_cronjob() {
    // Due on each hour; a Job takes 90 minutes, so that Forbid leaves out each second start, which is too late by then.
    let text = "apiVersion: jobsim/v1\nkind: Scenario\nuntil: 24h\npods: {bind: 0s, start: 0s, run: 90m}\ncluster: {preset: ideal}\njobs:\n  - inline: \
                {apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: \"30 * * * *\", concurrencyPolicy: Forbid, \
                startingDeadlineSeconds: 60, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: \
                x}]}}}}}}\n";
    let worked = [
        ("dueStarts", 24.0, 24.0),
        ("starts", 12.0, 12.0),
        ("skippedStarts", 12.0, 12.0),
        ("jobsComplete", 11.0, 12.0),
        ("jobsFailed", 0.0, 0.0),
        ("jobsUnfinished", 0.0, 1.0),
        ("mostAtOnce", 1.0, 1.0),
        ("overlapTime", 0.0, 0.0),
        ("longestJob", 5_400.0, 5_404.0),
        ("wastedPodTime", 0.0, 0.0),
    ];
    check("starts", text, &worked);
}

/// Source: MaxPodCreateDeletePerSync of pkg/controller/job, 500.
#[test]
fn one_sync_deletes_at_most_500_pods() {
    let job = spec("Never", "completions: 2000, parallelism: 600");
    let actions = format!("{IDEAL}until: 10m\nactions: [{{at: 5m, scale: {{job: j, parallelism: 10}}}}]\n");
    let text = scenario(&job, "run: never, terminate: 1m", &actions);
    let folder = folder("by-hand-deletions");
    let file = write(folder.join("scenario.yaml"), [text]).display().to_string();
    let saved = folder.join("saved.json");
    let (_, talk, code) = outcome(&["run", &file, "--save", &saved.display().to_string()]);
    assert_eq!(code, 0, "{talk}");
    let saved = std::fs::read(&saved).expect("it is saved");
    let answer: Value = serde_json::from_slice(&saved).expect("it is JSON");
    let course = answer.pointer("/points/0/timelines/0/jobs/0/changes");
    let changes = course.and_then(Value::as_array).expect("there is a course");
    let active: Vec<i64> = changes.iter().filter_map(|change| change["active"].as_i64()).collect();
    let from = active.iter().rposition(|active| *active == 600).expect("all were active");
    assert_eq!(active[from + 1..].iter().copied().find(|active| *active < 600), Some(100), "{active:?}");
    assert_eq!(active.last(), Some(&10));
}
