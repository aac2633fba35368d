//! CronJobs, and many Jobs that share one cluster, as users of the command meet them.

use crate::cli::outcome;
use crate::toy::{folder, write};
use serde_json::{Value, json};
use std::path::PathBuf;

const CRONJOB: &str = "apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: '0 2 * * *'
  jobTemplate:
    metadata: {labels: {team: data}}
    spec:
      template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'app:1'}]}}
";

const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  parallelism: 2
  completions: 2
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'app:1'}]}}
";

fn file(root: &str, name: &str, text: &str) -> String {
    write(folder(root).join(name), [text]).display().to_string()
}

/// A scenario with these fields, beside its manifests.
fn scenario(root: &str, fields: &str) -> String {
    let root: PathBuf = folder(root);
    write(root.join("nightly.yaml"), [CRONJOB]);
    write(root.join("import.yaml"), [JOB]);
    let text = format!("apiVersion: jobsim/v1\nkind: Scenario\n{fields}");
    write(root.join("scenario.yaml"), [text]).display().to_string()
}

fn json_of(arguments: &[&str]) -> Value {
    let (data, talk, code) = outcome(arguments);
    assert_eq!(code, 0, "{talk}");
    serde_json::from_str(&data).expect("it is JSON")
}

fn names(run: &Value) -> Vec<String> {
    let jobs = run["jobs"].as_array().expect("there are Jobs");
    jobs.iter().map(|job| job["name"].as_str().expect("it has a name").to_owned()).collect()
}

#[test]
fn what_kubectl_prints_of_cronjobs_and_jobs_is_taken() {
    let item = |text: &str| text.lines().map(|line| format!("  {line}\n")).collect::<String>().replacen("  ", "- ", 1);
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}{}", item(CRONJOB), item(JOB));
    let list = file("batch-list", "list.yaml", &list);
    let (_, talk, code) = outcome(&["run", &list, "--until", "51h"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let run = json_of(
        &["run", &list, "--until", "51h"]
            .map(str::to_owned)
            .iter()
            .map(String::as_str)
            .chain(["-o", "json"])
            .collect::<Vec<_>>(),
    );
    let mut found = names(&run);
    found.sort();
    // 02:00 of the first three days.
    assert_eq!(found, ["import", "nightly-15778200", "nightly-15779640", "nightly-15781080"]);
}

#[test]
fn without_an_end_a_sensible_one_is_taken_and_named() {
    let nightly = file("batch-horizon", "nightly.yaml", CRONJOB);
    for (schedule, span) in [("0 2 * * *", "30 days"), ("*/5 * * * *", "a day"), ("0 0 1 * *", "365 days")] {
        let (_, talk, code) = outcome(&["run", &nightly, "--set", &format!("spec.schedule={schedule}")]);
        assert!(code == 0 && talk.contains(&format!("{span} are simulated")), "{schedule}: {talk}");
    }
}

#[test]
fn what_makes_no_sense_for_a_cronjob_is_refused() {
    for (fields, part) in [
        ("jobs: [{manifest: nightly.yaml, count: 2}]\n", "jobs[0].count: CronJob \"nightly\" is created once"),
        ("jobs: [{manifest: nightly.yaml, arrivals: {poisson: 1/h}}]\n", "jobs[0].arrivals: CronJob"),
        ("jobs: [{manifest: nightly.yaml}, {manifest: nightly.yaml}]\n", "a second CronJob \"nightly\""),
        ("jobs: [{manifest: nightly.yaml}]\nactions: [{at: 1h, suspend: nihtly}]\n", "did you mean \"nightly\"?"),
        (
            "jobs: [{manifest: nightly.yaml}]\nactions: [{at: 1h, scale: {job: nightly, parallelism: 2}}]\n",
            "actions[0].scale.job: \"nightly\" is a CronJob, which has no parallelism of its own",
        ),
        ("jobs: [{manifest: nightly.yaml}]\nactions: [{at: 1h, delete: pod/nightly}]\n", "\"pod\" is no kind"),
    ] {
        let (data, talk, code) = outcome(&["run", &scenario("batch-refused", fields)]);
        assert_eq!((data.as_str(), code), ("", 2), "{fields}");
        assert!(talk.contains(part), "{part}\nis not in\n{talk}");
    }
}

#[test]
fn users_act_on_cronjobs_and_on_the_jobs_that_they_create() {
    let fields = "until: 100h
jobs: [{manifest: nightly.yaml, pods: {run: 12h}}]
actions:
  - {at: 3h, delete: nightly-15778200}
  - {at: 20h, suspend: nightly}
  - {at: 44h, resume: cronjob/nightly}
  - {at: 60h, delete: nightly-15779640}
  - {at: 60h, patch: {job: nightly, patch: {spec: {schedule: '0 5 * * *'}}}}
";
    let path = scenario("batch-actions", fields);
    let run = json_of(&["run", &path, "-o", "json"]);
    let found: Vec<(Value, Value)> =
        run["jobs"].as_array().unwrap().iter().map(|job| (job["name"].clone(), job["status"].clone())).collect();
    // The start that was held back is made when it is resumed: it goes by the name of its scheduled time.
    let expected = [
        ("nightly-15778200", "Running"),
        ("nightly-15779640", "Complete"),
        ("nightly-15781080", "Complete"),
        ("nightly-15781260", "Complete"),
        ("nightly-15782700", "Complete"),
    ];
    let expected: Vec<(Value, Value)> = expected.iter().map(|(name, status)| (json!(name), json!(status))).collect();
    assert_eq!(found, expected);
    let none = "actions:\n  - {at: 3h, delete: nightly-15778260}\n";
    let path = scenario("batch-no-such-job", &format!("until: 5h\njobs: [{{manifest: nightly.yaml}}]\n{none}"));
    let (text, talk, _) = outcome(&["run", &path, "--timeline"]);
    assert!(talk.contains("creates no Job \"nightly-15778260\"; the next one is nightly-15779640"), "{talk}");
    assert!(text.contains("refused: jobs.batch \"nightly-15778260\" not found"), "{text}");
}

/// What Pods of some Jobs did: times of their own, which nothing else in an ideal cluster changes.
fn luck(run: &Value, of: &str) -> Vec<Value> {
    let jobs = run["jobs"].as_array().expect("there are Jobs");
    let chosen = jobs.iter().filter(|job| job["name"].as_str().unwrap().starts_with(of));
    chosen.map(|job| json!([job["name"], job["createdAtSeconds"], job["pods"], job["finishedSeconds"]])).collect()
}

#[test]
fn who_comes_to_a_scenario_changes_nobody_elses_luck() {
    let common = "until: 3d\ncluster: {preset: ideal}\npods: {run: 'exponential(mean=40m)', outcome: {fail: 30%}}\n";
    let job = "  - {manifest: import.yaml, name: first}\n";
    let arrivals = "  - {manifest: import.yaml, name: coming, arrivals: {poisson: 2/h, until: 1d}}\n";
    let cronjob = "  - {manifest: nightly.yaml, name: hourly}\n";
    let run = |n: usize, jobs: &[&str]| {
        let fields = format!("{common}jobs:\n{}", jobs.concat());
        json_of(&[
            "run",
            &scenario(&format!("batch-luck-{n}"), &fields),
            "--set",
            "spec.schedule=0 * * * *",
            "-o",
            "json",
        ])
    };
    let all = run(0, &[cronjob, arrivals, job]);
    for (n, (alone, name)) in [(job, "first"), (arrivals, "coming"), (cronjob, "hourly")].into_iter().enumerate() {
        let (alone, with_others) = (luck(&run(n + 1, &[alone]), name), luck(&all, name));
        assert!(!alone.is_empty());
        assert_eq!(alone, with_others, "{name}");
    }
    assert!(luck(&all, "coming").len() > 20);
}

#[test]
fn a_start_that_is_left_out_changes_no_other_start() {
    let fields = |actions: &str| {
        let pods = "pods: {run: 'uniform(10m, 50m)'}";
        format!("until: 12h30m\ncluster: {{preset: ideal}}\n{pods}\njobs: [{{manifest: nightly.yaml}}]\n{actions}")
    };
    let run = |root: &str, actions: &str| {
        let path = scenario(root, &fields(actions));
        json_of(&[
            "run",
            &path,
            "--set",
            "spec.schedule=0 * * * *",
            "--set",
            "spec.successfulJobsHistoryLimit=100",
            "-o",
            "json",
        ])
    };
    let whole = luck(&run("batch-starts", ""), "nightly");
    let without = luck(
        &run("batch-starts-out", "actions: [{at: 2h30m, suspend: nightly}, {at: 5h59m, resume: nightly}]\n"),
        "nightly",
    );
    assert_eq!(whole.len(), 12);
    // 03:00 and 04:00 are left out; 05:00 is made up for at 05:59.
    let name = |job: &Value| job[0].as_str().unwrap().to_owned();
    let common: Vec<&Value> = whole.iter().filter(|job| without.iter().any(|other| name(other) == name(job))).collect();
    assert_eq!((without.len(), common.len()), (10, 10));
    let pods = |job: &Value| job[2].clone();
    assert_eq!(without.iter().map(pods).collect::<Vec<_>>(), common.iter().map(|job| pods(job)).collect::<Vec<_>>());
}
