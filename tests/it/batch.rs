//! CronJobs, and many Jobs that share one cluster, as users of the command meet them.

use crate::cli::{flat, outcome};
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
    assert!(text.contains("Refused:  at +3h: jobs.batch \"nightly-15778260\" not found\n"), "{text}");
    let refused = " 10800.000000 cluster refused: jobs.batch \"nightly-15778260\" not found";
    assert!(flat(&text).ends_with(refused), "{text}");
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

#[test]
fn a_run_says_what_became_of_each_start() {
    let nightly = file("batch-answers", "nightly.yaml", CRONJOB);
    let run = |policy: &str, more: &[&str]| {
        let policy = format!("spec.concurrencyPolicy={policy}");
        let arguments = ["run", &nightly, "--days", "10", "--run", "30h", "--set", &policy];
        let (text, talk, code) = outcome(&[&arguments, more].concat());
        assert_eq!((talk.as_str(), code), ("", 0));
        text
    };
    let forbid = run("Forbid", &[]);
    for part in [
        "NAME                    SCHEDULE    TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE\n",
        "cronjob.batch/nightly   0 2 * * *   <none>     False     1        46h\n",
        // The table is wider than the screen: its last column stands below.
        "NAME                    AGE\ncronjob.batch/nightly   10d\n",
        "job.batch/nightly-15789720   Running    0/1           27h        27h\n",
        "CronJob nightly: 10 starts due in 10d, 8 made, 1 left out, one may yet be made\n",
        "Left out:  1 (10.0 %): Forbid, a Job was active\n",
        "Late:      p50 6h0m7s, longest 18h0m10s; 7 starts held back and made when that\n             was over\n",
        "Overlap:   never more than one Job at a time",
        "Jobs:      7 Complete, 1 not ended yet; the longest took 30h",
    ] {
        assert!(forbid.contains(part), "{part}\nis not in\n{forbid}");
    }
    let with_deadline = run("Forbid", &["--set", "spec.startingDeadlineSeconds=600"]);
    assert!(with_deadline.contains("5 made, 5 left out"), "{with_deadline}");
    let replace = run("Replace", &[]);
    assert!(replace.contains("10 made, 0 left out") && replace.contains("Replaced:  9 Jobs deleted"), "{replace}");
    let allow = run("Allow", &[]);
    assert!(allow.contains("Overlap:  more than one Job for 2d6h") && allow.contains("at most 2 at a time"), "{allow}");
    let from = run("Allow", &["--from", "2026-11-25T03:00:00Z", "--set", "spec.timeZone=Europe/Madrid"]);
    assert!(from.contains("Europe/Madrid") && from.contains("job.batch/nightly-29940540"), "{from}");
}

#[test]
fn starts_that_nobody_was_there_for_are_told_apart() {
    let fields = "until: 40h30m
jobs: [{manifest: nightly.yaml}]
actions:
  - {at: 2h30m, controllerDown: 3h}
  - {at: 10h30m, suspend: nightly}
  - {at: 13h30m, resume: nightly}
";
    let path = scenario("batch-down", fields);
    let hourly = ["--set", "spec.schedule=0 * * * *", "--set", "spec.startingDeadlineSeconds=60"];
    let run = json_of(&[&["run", &path, "-o", "json"], &hourly[..]].concat());
    let cronjob = &run["cronJobs"][0];
    let summary = &cronjob["summary"];
    let counts = ["due", "started", "skippedControllersDown", "skippedSuspended"].map(|name| summary[name].as_u64());
    assert_eq!(counts, [40, 34, 3, 3].map(Some));
    let fates: Vec<&str> =
        cronjob["starts"].as_array().unwrap().iter().map(|start| start["fate"].as_str().unwrap()).collect();
    assert_eq!(fates.len(), 40);
    assert_eq!(fates[2..6], ["skipped", "skipped", "skipped", "started"]);
    assert_eq!(cronjob["starts"][2]["reason"], "controllersDown");
    assert_eq!(run["record"]["starts"], *summary, "of one CronJob alone all is the same");
}

#[test]
fn goals_are_about_starts_and_about_what_is_shared() {
    let fields = "until: 10d
replications: 20
cluster: {slots: 2}
jobs:
  - {manifest: nightly.yaml, pods: {run: 'uniform(20h, 30h)'}}
  - {manifest: import.yaml, at: 20h, count: 5, every: 1d, pods: {run: 10h}}
expect:
  - max(nightly.skippedStarts) == 0
  - min(utilisation) >= 50%
  - max(import.longestRoomWait) <= 8h
  - p95(nightly.longestDelay) <= 20h
";
    let path = scenario("batch-goals", fields);
    let (text, talk, code) = outcome(&["run", &path, "--set", "spec.concurrencyPolicy=Forbid"]);
    assert_eq!((talk.as_str(), code), ("", 1), "starts are left out");
    let words = flat(&text);
    for part in [
        "Expected: misses max(nightly.skippedStarts) == 0 it is 1 [1, …], off by 1 ",
        "holds min(utilisation) >= 50% it is 68.7 % […, 68.8]; ",
        "misses max(import.longestRoomWait) <= 8h it is 10h [10h, …], off by 2h ",
        "misses p95(nightly.longestDelay) <= 20h it is 21h17m45s [19h43m27s, …], off by 1h17m45s; ",
        "skippedActive",
        "utilisation",
        "roomWait",
        "jobsComplete",
    ] {
        assert!(words.contains(part), "{part}\nis not in\n{text}");
    }
    let refused =
        scenario("batch-goal", "until: 1d\njobs: [{manifest: nightly.yaml}]\nexpect: [mean(utilisation) < 2h]\n");
    let (_, talk, code) = outcome(&["run", &refused]);
    assert!(code == 2 && talk.contains("\"2h\" is no probability"), "{talk}");
}

#[test]
fn what_jobs_waited_for_is_a_table() {
    let fields = "cluster: {slots: 3}
pods: {run: 10m}
jobs:
  - {manifest: import.yaml, count: 3}
  - {manifest: import.yaml, name: late, at: 1m}
";
    let path = scenario("batch-waiting", fields);
    let (text, _, _) = outcome(&["run", &path]);
    let table = &text[text.find("CRITICAL PATH").expect("there is a table")..];
    let columns: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(columns, ["CRITICAL", "PATH", "JOBS", "LIFE", "RUNNING", "ROOM", "CONTROLLER"], "{table}");
    for part in [
        "import         3",
        "late           1",
        "all            4",
        "Slots:  3 slots, 88.8 % of their time taken\n",
        // Three Pods wait for 10 minutes and two for 19.
        "        5 waits of Pods for room, 5 at the same time at most: 1h8m3s in sum,\n",
    ] {
        assert!(table.contains(part), "{part}\nis not in\n{table}");
    }
    let alone = scenario("batch-alone", "jobs: [{manifest: import.yaml}]\n");
    assert!(!outcome(&["run", &alone]).0.contains("CRITICAL PATH"), "who waits for nothing has no table");
    let run = json_of(&["run", &path, "-o", "json"]);
    let shared = &run["record"]["shared"];
    assert_eq!((shared["slots"].as_u64(), shared["queueing"].as_f64().map(|s| s > 600.0)), (Some(3), Some(true)));
    let stages = shared["stages"].as_object().unwrap().values().map(|span| span.as_f64().unwrap()).sum::<f64>();
    let lives = run["jobs"].as_array().unwrap().iter().map(|job| job["finishedSeconds"].as_f64().unwrap()).sum::<f64>();
    assert!((stages - lives).abs() < 1e-6, "{stages} s at stages, {lives} s of life");
}

#[test]
fn the_saved_timeline_has_what_pictures_need() {
    let fields = "until: 3d\ncluster: {slots: 1}\njobs:\n  - {manifest: nightly.yaml, pods: {run: 1h}}\n  - {manifest: import.yaml, at: 119m, pods: {run: 30m}}\n";
    let path = scenario("batch-timeline", fields);
    let saved = folder("batch-saved").join("saved.json");
    let (_, talk, code) = outcome(&["run", &path, "--save", &saved.display().to_string()]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let result: Value = serde_json::from_str(&std::fs::read_to_string(saved).unwrap()).unwrap();
    let timeline = &result["points"][0]["timelines"][0];
    let cronjob = &timeline["cronJobs"][0];
    assert_eq!((&timeline["slots"], &cronjob["schedule"]), (&json!(1), &json!("0 2 * * *")));
    let first = &cronjob["starts"][0];
    assert_eq!(
        (&first["due"], &first["fate"], &first["job"]),
        (&json!(7200.0), &json!("started"), &json!("nightly-15778200"))
    );
    let jobs = timeline["jobs"].as_array().unwrap();
    let nightly = jobs.iter().find(|job| job["name"] == "nightly-15778200").expect("it is there");
    assert_eq!((&nightly["cronJob"], &nightly["scheduled"]), (&json!("nightly"), &json!(7200.0)));
    let stages = nightly["stages"].as_array().unwrap();
    assert!(stages.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{stages:?}");
    assert_eq!((&stages[0]["from"], &stages[stages.len() - 1]["to"]), (&nightly["created"], &nightly["finished"]));
    // Two Pods of half an hour are before it, one at a time.
    let room = stages.iter().find(|span| span["stage"] == "room").expect("it waited");
    assert!((room["to"].as_f64().unwrap() - room["from"].as_f64().unwrap() - 3_540.0).abs() < 5.0, "{room}");
    let occupancy = nightly["occupancy"].as_array().unwrap();
    let last = &occupancy[occupancy.len() - 1];
    assert_eq!((occupancy[0]["waiting"].as_u64(), last["taken"].as_u64()), (Some(1), Some(0)));
}

#[test]
fn a_cronjob_that_is_deleted_in_the_foreground_goes_after_its_jobs_and_they_after_their_pods() {
    let fields = "until: 2d
pods: {run: 30h, terminate: 20s}
jobs: [{manifest: nightly.yaml}]
actions: [{at: 27h, delete: nightly, cascade: foreground}]
";
    let (text, talk, code) = outcome(&["run", &scenario("batch-foreground", fields), "--timeline"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let at = |what: &str| {
        let line = text.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what} is not in\n{text}"));
        line.split_whitespace().next().unwrap().parse::<f64>().unwrap()
    };
    let of = |object: &str, what: &str| {
        let line = text.lines().find(|line| line.contains(object) && line.contains(what));
        line.unwrap_or_else(|| panic!("{object} {what} is not in\n{text}"))
            .split_whitespace()
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    assert_eq!(at("marked for deletion"), 97_200.0);
    let pod = of("pod/nightly-15778200-1", "gone");
    let (job, cronjob) = (of("job/nightly-15778200 ", "gone"), of("cronjob/nightly", "gone"));
    assert!(
        (97_220.0..97_221.0).contains(&pod) && pod < job && job < cronjob && cronjob < 97_222.0,
        "{pod} {job} {cronjob}"
    );
    assert!(text.contains("CronJob nightly: 2 starts due in 27h0m20"), "{text}");
    assert!(!text.contains("cronjob.batch/nightly "), "it is gone from the list");
}

#[test]
fn jobs_of_a_cronjob_follow_its_model_by_entry_by_label_or_that_of_all() {
    let by_label = "models: [{matchLabels: {team: data}, pods: {run: 20m}}]\n";
    for (jobs, models, pod_seconds) in [
        ("jobs: [{manifest: nightly.yaml}]\n", "", 300.0),
        ("jobs: [{manifest: nightly.yaml}]\n", by_label, 1_200.0),
        ("jobs: [{manifest: nightly.yaml, pods: {run: 30m}}]\n", by_label, 1_800.0),
    ] {
        let path = scenario("batch-models", &format!("until: 3h\npods: {{run: 5m}}\n{models}{jobs}"));
        let run = json_of(&["run", &path, "-o", "json"]);
        assert_eq!(run["jobs"][0]["pods"]["runningSeconds"].as_f64(), Some(pod_seconds), "{jobs}{models}");
    }
}

#[test]
fn settings_reach_cronjobs_and_the_jobs_that_they_create() {
    let nightly = file("batch-set", "nightly.yaml", &format!("{CRONJOB}---\n{JOB}"));
    let run = |settings: &[&str]| {
        let mut arguments = vec!["run", &nightly, "--days", "1", "--fail", "100%", "-o", "json"];
        settings.iter().for_each(|setting| arguments.extend(["--set", *setting]));
        json_of(&arguments)
    };
    let pods = |run: &Value, name: &str| {
        let jobs = run["jobs"].as_array().unwrap();
        let job = jobs.iter().find(|job| job["name"].as_str().unwrap().starts_with(name)).expect("it is there");
        job["pods"]["created"].as_u64().unwrap()
    };
    let all = run(&["spec.backoffLimit=0"]);
    assert_eq!((pods(&all, "nightly"), pods(&all, "import")), (1, 2), "a field of Jobs is set in the template too");
    let one = run(&["nightly:spec.backoffLimit=0", "import:spec.backoffLimit=1"]);
    assert_eq!((pods(&one, "nightly"), pods(&one, "import")), (1, 2));
    let cronjob = run(&["spec.schedule=0 5 * * *", "nightly:spec.jobTemplate.spec.backoffLimit=0"]);
    assert_eq!(cronjob["cronJobs"][0]["schedule"], "0 5 * * *");
    assert_eq!(pods(&cronjob, "nightly"), 1);
}

#[test]
fn jobs_that_a_cronjob_had_started_before_are_among_its_own() {
    let list = "apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: hourly, namespace: default, uid: aaa}
  spec:
    schedule: '0 * * * *'
    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: 'a:1'}]}}}}
  status:
    lastScheduleTime: '2026-11-25T09:00:00Z'
    active: [{apiVersion: batch/v1, kind: Job, name: hourly-29926620, namespace: default}]
- apiVersion: batch/v1
  kind: Job
  metadata:
    name: hourly-29926620
    namespace: default
    ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: hourly, uid: aaa, controller: true}]
  spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: 'a:1'}]}}}
  status: {active: 1, ready: 1, startTime: '2026-11-25T09:00:00Z'}
";
    let list = file("batch-before", "live.yaml", list);
    let run =
        json_of(&["run", &list, "--from-status=2026-11-25T09:30:00Z", "--until", "1h", "--run", "45m", "-o", "json"]);
    let starts = &run["record"]["starts"];
    let counts = ["due", "started", "mostAtOnce"].map(|name| starts[name].as_u64());
    // 10:00 is due; the Job of 09:00 runs on until 10:15.
    assert_eq!(counts, [Some(1), Some(1), Some(2)]);
    assert_eq!((run["record"]["jobs"].as_u64(), starts["overlap"].as_f64().map(f64::round)), (Some(2), Some(901.0)));
    assert!(run["record"]["series"].is_null(), "they are one series");
    let (lines, _, _) = outcome(&["run", &list, "--from-status=2026-11-25T09:30:00Z", "--until", "1h", "-o", "jsonl"]);
    let last: Value = serde_json::from_str(lines.lines().last().expect("there are lines")).expect("it is JSON");
    assert_eq!((&last["name"], &last["schedule"]), (&json!("hourly"), &json!("0 * * * *")));
}
