//! `jobsim run` as its users meet it: what it shows, in which form, and how it refuses what it cannot take.

use crate::cli::{outcome, with_closed_output};
use crate::toy::{folder, write};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  completions: 4
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox}]
";

/// The Job as a file.
fn job(test: &str) -> (PathBuf, String) {
    let root = folder(test);
    let file = write(root.join("job.yaml"), [JOB]);
    (root, file.display().to_string())
}

/// A file that is refused: exit code 2, nothing on standard output; gives the message without the folder.
fn refusal(root: &Path, arguments: &[&str]) -> String {
    let (data, talk, code) = outcome(arguments);
    assert_eq!((data.as_str(), code), ("", 2), "{arguments:?}: {talk}");
    assert!(talk.starts_with("error: "), "{talk}");
    talk.replace(&format!("{}/", root.display()), "")
}

#[test]
fn a_manifest_is_enough() {
    let (_, file) = job("run-bare");
    let (text, talk, code) = outcome(&["run", &file]);
    assert_eq!((talk.as_str(), code), ("", 0));
    for part in [
        "NAME     STATUS     COMPLETIONS   DURATION   AGE\nimport   Complete   4/4",
        "Pods Statuses:    0 Active (0 Ready) / 4 Succeeded / 0 Failed",
        "SuccessCriteriaMet  True    CompletionsReached",
        "Normal  Completed",
        "Pods:       4 created, 4 succeeded, 0 failed; no retries",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
}

#[test]
fn flags_and_settings_change_the_answer() {
    let (_, file) = job("run-flags");
    let json = |more: &[&str]| -> Value {
        let (text, talk, code) = outcome(&[&["run", &file, "-o", "json"], more].concat());
        assert_eq!(code, 0, "{talk}");
        serde_json::from_str(&text).expect("it is JSON")
    };
    let fails = json(&["--fail", "100%", "--run", "30s", "--set", "spec.backoffLimit=2"]);
    let one = &fails["jobs"][0];
    assert_eq!((&one["status"], &one["reason"]), (&"Failed".into(), &"BackoffLimitExceeded".into()));
    assert_eq!(one["pods"]["created"], 4);
    assert_eq!(json(&["--set", "import:spec.completions=7"])["jobs"][0]["pods"]["created"], 7);
    let (_, talk, code) = outcome(&["run", &file, "--set", "other:spec.completions=7"]);
    assert_eq!(code, 2, "a setting that changes nothing is a slip");
    assert!(talk.contains("there is no Job \"other\"; there are import"), "{talk}");
    let slow = json(&["--start", "10s"])["jobs"][0]["finishedSeconds"].as_f64().expect("it ended");
    let fast = json(&[])["jobs"][0]["finishedSeconds"].as_f64().expect("it ended");
    assert!((18.0..20.0).contains(&(slow - fast)), "two rounds, each 9.5 s longer: {slow} {fast}");
    assert_eq!(json(&["--seed", "9"])["seed"], 9);
    assert_eq!(json(&["--until", "30s"])["cut"], true);
}

#[test]
fn clocks_that_differ_move_what_is_reckoned_by_them() {
    let (_, file) = job("run-clocks");
    let job = |more: &[&str]| -> Value {
        let flags = ["run", &file, "-o", "json", "--fail", "100%", "--run", "30s", "--set", "spec.parallelism=1"];
        let (text, talk, code) = outcome(&[&flags, more].concat());
        assert_eq!(code, 0, "{talk}");
        serde_json::from_str::<Value>(&text).expect("it is JSON")["jobs"][0].clone()
    };
    let until = |job: &Value| job["backoffWaits"][0]["untilSeconds"].as_f64().expect("it waited");
    let agreed = job(&[]);
    let nodes = job(&["--set", "cluster.clocks.nodes=5s"]);
    let controllers = job(&["--set", "cluster.clocks.controllers=5s"]);
    assert_eq!(until(&nodes) - until(&agreed), 5.0, "finishedAt is stamped five seconds later");
    assert_eq!(until(&agreed) - until(&controllers), 5.0, "the wait is over five seconds earlier");
    let started = |job: &Value| job["jobStatus"]["startTime"].as_str().expect("it started").to_owned();
    assert!(started(&controllers).ends_with("00:00:05Z") && started(&agreed).ends_with("00:00:00Z"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (_, file) = job("run-seed");
    let run = |seed: &str| {
        outcome(&["run", &file, "--fail", "30%", "--run", "exponential(mean=1m)", "--seed", seed, "-o", "jsonl"]).0
    };
    assert_eq!(run("1"), run("1"));
    assert_ne!(run("1"), run("2"));
}

#[test]
fn machines_get_a_line_for_each_change() {
    let (_, file) = job("run-jsonl");
    let (text, _, code) = outcome(&["run", &file, "-o", "jsonl", "--paranoid"]);
    assert_eq!(code, 0);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines[0]["change"], "created");
    assert_eq!(lines.last().expect("there are lines")["status"], "Complete");
    assert!(lines.iter().any(|l| l["pod"] == "import-1" && l["change"] == "created"), "{text}");
}

#[test]
fn the_timeline_has_the_virtual_time_of_each_change() {
    let (_, file) = job("run-timeline");
    let (text, _, _) = outcome(&["run", &file, "--timeline"]);
    assert!(text.contains("\n     0.000000  job/import    created\n"), "{text}");
    assert!(text.contains("pod/import-1  exit code 0, Succeeded"), "{text}");
}

#[test]
fn standard_input_and_folders_are_read() {
    let (root, file) = job("run-inputs");
    let (whole, _, _) = outcome(&["run", &file]);
    assert_eq!(outcome(&["run", &root.display().to_string()]).0, whole);
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let mut child =
        process.args(["run", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command runs");
    child.stdin.take().expect("it listens").write_all(JOB.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), whole);
}

#[test]
fn bad_input_is_named_with_its_place() {
    let (root, file) = job("run-bad");
    let scenario = |name: &str, text: &str| {
        let head = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml}]\n";
        write(root.join(name), [format!("{head}{text}")]).display().to_string()
    };
    let plain = |name: &str, text: &str| write(root.join(name), [text]).display().to_string();
    let empty = root.join("nothing");
    std::fs::create_dir(&empty).expect("a folder can be made");
    let bytes = root.join("bytes.yaml");
    std::fs::write(&bytes, b"kind: Job\nname: \xff\xfe\n").expect("it can be written");
    let cases = [
        (scenario("unknown.yaml", "pods: {rnu: 5s}\n"), "unknown.yaml:4:8: pods.rnu: unknown field `rnu`"),
        (scenario("unit.yaml", "pods:\n  run: 5\n"), "unit.yaml:5:8: pods.run: "),
        (scenario("share.yaml", "pods: {outcome: {fail: 120%}}\n"), "pods.outcome.fail: \"120%\" is no probability"),
        (scenario("weights.yaml", "pods: {outcome: {exitCodes: {0: 0}}}\n"), "all weights are 0"),
        (scenario("both.yaml", "pods: {outcome: {fail: 1%, exitCodes: {1: 1}}}\n"), "either exitCodes or fail"),
        (scenario("never.yaml", "pods: {start: never}\n"), "`never` is not allowed here"),
        (scenario("name.yaml", "actions: [{at: 5m, suspend: imprt}]\n"), "(did you mean \"import\"?)"),
        (scenario("two.yaml", "actions: [{at: 5m, suspend: import, resume: import}]\n"), "exactly one of"),
        (scenario("window.yaml", "outages: [{from: 5m, to: 4m}]\n"), "outages[0]: an outage must end after it begins"),
        (scenario("file.yaml", "pods: {run: {csv: {file: none.csv}}}\n"), "none.csv: No such file"),
        (scenario("twice.yaml", "seed: 1\nseed: 2\n"), "twice.yaml:5:1: seed: "),
        (plain("cut.yaml", "kind: Job\nspec: {a: [1\n"), "cut.yaml:4:1: not valid YAML"),
        (
            plain("misspelt.yaml", &JOB.replace("parallelism", "paralelism")),
            "misspelt.yaml:6:3: spec.paralelism: there is",
        ),
        (
            plain("type.yaml", &JOB.replace("parallelism: 2", "parallelism: two")),
            "type.yaml:6:16: spec.parallelism: must",
        ),
        (plain("value.yaml", &JOB.replace("parallelism: 2", "parallelism: -2")), "value.yaml:6:16: spec.parallelism: "),
        (plain("empty.yaml", "\n  \n"), "empty.yaml: empty"),
        (plain("other.yaml", "apiVersion: v1\nkind: ConfigMap\n"), "no Job or CronJob"),
        (plain("nokind.yaml", "a: 1\n"), "kind"),
        ("/no/such/file".to_owned(), "/no/such/file: No such file"),
        (empty.display().to_string(), "no manifest in this folder"),
        (bytes.display().to_string(), "not text: line 2 is not UTF-8"),
    ];
    for (path, part) in cases {
        let message = refusal(&root, &["run", &path]);
        assert!(message.contains(part), "{part}\nis not in\n{message}");
    }
    for (arguments, part) in [
        (["--set", "spec.backoffLimit"], "sets nothing"),
        (["--set", "pods..run=1s"], "empty name"),
        (["--run", "weibul(shape=2, scale=1m)"], "(did you mean \"weibull\"?)"),
        (["--fail", "2"], "no probability"),
        (["--until", "soon"], "until"),
    ] {
        let message = refusal(&root, &["run", &file, arguments[0], arguments[1]]);
        assert!(message.contains(part), "{part}\nis not in\n{message}");
    }
}

#[test]
fn other_kinds_are_passed_over_and_named() {
    let (root, _) = job("run-kinds");
    let chart = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\n---\n{JOB}");
    let file = write(root.join("chart.yaml"), [chart]).display().to_string();
    let (data, talk, code) = outcome(&["run", &file]);
    assert_eq!(code, 0);
    assert!(data.contains("\nNAME     STATUS"), "{data}");
    assert_eq!(talk, "warning: 1 of other kinds passed over: ConfigMap settings\n");
}

#[test]
fn two_jobs_of_one_name_and_two_scenarios_are_refused() {
    let (root, file) = job("run-twice");
    assert!(refusal(&root, &["run", &file, &file]).contains("a second Job \"import\""));
    let scenario = write(root.join("s.yaml"), ["apiVersion: jobsim/v1\nkind: Scenario\n"]).display().to_string();
    assert!(refusal(&root, &["run", &file, &scenario, &scenario]).contains("a second scenario"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let (_, file) = job("run-pipe");
    for form in ["plain", "json", "jsonl"] {
        assert_eq!(with_closed_output(&["run", &file, "-o", form]), (Some(0), String::new()), "{form}");
    }
}

#[test]
fn the_published_schema_is_the_one_that_is_printed() {
    let (text, _, code) = outcome(&["schema"]);
    assert_eq!(code, 0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.schema.json");
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(published, text, "run `jobsim schema > docs/scenario.schema.json`");
}

/// The Job, with a status as `kubectl get -o yaml` shows it.
fn read_from_a_cluster(test: &str) -> (PathBuf, String) {
    let root = folder(test);
    let status = "status:
  active: 2
  succeeded: 1
  failed: 1
  startTime: 2026-03-01T10:00:00Z
  conditions:
  - {type: Suspended, status: \"False\", reason: JobResumed, message: Job resumed, lastTransitionTime: 2026-03-01T10:05:00Z}
";
    let job = JOB.replace("spec:\n  completions", "spec:\n  activeDeadlineSeconds: 600\n  completions");
    let file = write(root.join("job.yaml"), [job, status.to_owned()].iter().map(String::as_str));
    (root, file.display().to_string())
}

#[test]
fn a_job_goes_on_from_the_status_that_it_had() {
    let (root, file) = read_from_a_cluster("run-from-status");
    let run = |more: &[&str]| {
        let (text, talk, code) = outcome(&[&["run", &file, "-o", "json"], more].concat());
        assert_eq!(code, 0, "{talk}");
        (serde_json::from_str::<Value>(&text).expect("it is JSON"), talk)
    };
    let (anew, talk) = run(&[]);
    assert!(talk.contains("what the server had set is left out (status)"), "{talk}");
    assert_eq!((&anew["start"], &anew["jobs"][0]["pods"]["created"]), (&"2000-01-01T00:00:00Z".into(), &4.into()));

    let (from, talk) = run(&["--from-status"]);
    assert!(!talk.contains("left out"), "{talk}");
    assert!(talk.contains("status.active is 2, and its active Pods are not in the object"), "{talk}");
    assert!(talk.contains("virtual time begins at 2026-03-01T10:05:00Z, the latest time in the status of Job import"));
    let job = &from["jobs"][0];
    assert_eq!((&job["status"], &job["pods"]["created"], &job["retries"]), (&"Complete".into(), &3.into(), &0.into()));
    assert_eq!((&job["jobStatus"]["failed"], &job["jobStatus"]["succeeded"]), (&1.into(), &4.into()));

    // The deadline counts from the start that the status shows, and half a minute is left.
    let (late, _) = run(&["--from-status=2026-03-01T10:09:30Z"]);
    let job = &late["jobs"][0];
    assert_eq!((&job["reason"], &job["pods"]["created"]), (&"DeadlineExceeded".into(), &2.into()));
    assert_eq!(
        refusal(&root, &["run", &file, "--from-status=2026-03-01T10:00:00Z"]).lines().last(),
        Some(
            "error: command line: start: virtual time begins before 2026-03-01T10:05:00Z, which the status of Job \
             import shows"
        )
    );
}

/// A dump is as old as the latest of its Pods and Events, which the Job's status need not show.
#[test]
fn time_goes_on_where_the_pods_and_events_of_a_dump_stop() {
    let root = folder("run-from-dump");
    let (job, dump) = (write(root.join("job.yaml"), [JOB]), root.join("dump.json").display().to_string());
    let (_, talk, code) =
        outcome(&["run", &job.display().to_string(), "--run", "90s", "--dump", &dump, "--dump-at", "2m"]);
    assert_eq!(code, 0, "{talk}");
    let (_, talk, _) = outcome(&["run", &dump, "--from-status", "-o", "json"]);
    assert!(talk.contains("virtual time begins at 2000-01-01T00:01:3"), "{talk}");
    assert!(
        talk.contains("the latest time in Pods and Events of what was read") && !talk.contains("passed over"),
        "{talk}"
    );
}

#[test]
fn a_status_that_no_server_has_stored_is_refused() {
    let (root, file) = read_from_a_cluster("run-bad-status");
    let text = std::fs::read_to_string(&file).unwrap().replace("active: 2", "active: -2");
    write(root.join("job.yaml"), [&text]);
    assert_eq!(
        refusal(&root, &["run", &file, "--from-status"]),
        "error: job.yaml:14:11: status.active: Invalid value: -2: must be greater than or equal to 0\n"
    );
    let (_, talk, code) = outcome(&["run", &file, "-o", "json"]);
    assert_eq!(code, 0, "without the flag the status is left out: {talk}");
}

const CRONJOB_AND_ITS_JOB: &str = "apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: often, uid: a-1, creationTimestamp: \"2026-02-01T00:00:00Z\"}
  spec:
    schedule: \"*/10 * * * *\"
    concurrencyPolicy: Forbid
    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'b:1'}]}}}}
  status:
    lastScheduleTime: \"2026-03-01T10:00:00Z\"
    active: [{kind: Job, name: often-29539320}, {kind: Job, name: often-lost}]
- apiVersion: batch/v1
  kind: Job
  metadata:
    name: often-29539320
    uid: b-1
    ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: often, uid: a-1, controller: true}]
  spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'b:1'}]}}}
  status: {active: 1, startTime: \"2026-03-01T10:00:00Z\"}
";

#[test]
fn a_cronjob_goes_on_with_the_job_that_it_had_started() {
    let root = folder("run-cron-from-status");
    let file = write(root.join("list.yaml"), [CRONJOB_AND_ITS_JOB]).display().to_string();
    let run = |from: &str| {
        let (text, talk, code) = outcome(&["run", &file, from, "--run", "15m", "--until", "50m", "--timeline"]);
        assert_eq!(code, 0, "{talk}");
        let timeline = text.rsplit_once("\n\n").expect("the answer, then a timeline").1.to_owned();
        (timeline, talk)
    };
    let (timeline, talk) = run("--from-status=2026-03-01T10:03:00Z");
    assert!(
        talk.contains("Job often-lost, which is active by the status of CronJob often, is not among what was read")
    );
    let created = |timeline: &str| {
        let lines = timeline.lines().filter(|line| line.contains("job/often-") && line.ends_with(" created"));
        lines.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<String>>()
    };
    // At 10:10 the first Job is still active; it ends at 10:18, and the start is made up for.
    assert!(timeline.lines().any(|l| l.starts_with("   420.103000  cronjob/often ") && l.contains("JobAlreadyActive")));
    let first: Vec<String> = created(&timeline).into_iter().take(2).collect();
    assert_eq!(first, ["0.000000 job/often-29539320", "901.527000 job/often-29539330"]);
    // Without the status nothing is known of earlier starts.
    let (text, _, _) = outcome(&["run", &file, "--run", "15m", "--until", "5m", "--timeline"]);
    assert!(text.contains("     0.000000  job/often-29539320    created"), "{text}");
    assert!(!text.contains("JobAlreadyActive"), "{text}");
}

const EXTENDED_TTL: &str = "apiVersion: jobsim/v1
kind: Scenario
jobs:
- inline:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: j}
    spec:
      ttlSecondsAfterFinished: 60
      template: {spec: {restartPolicy: Never, containers: [{name: c, image: 'b:1'}]}}
pods: {run: 10s}
actions:
- {at: AT, patch: {job: j, patch: {spec: {ttlSecondsAfterFinished: 600}}}}
";

#[test]
fn a_ttl_that_is_extended_too_late_saves_nothing() {
    let root = folder("run-ttl");
    // The Job ends at 11.522 s, which is stored as 11 s; at 71 s the TTL controller reads it afresh, then deletes it.
    for (at, gone) in [("30s", "611.206"), ("71.001s", "611.206"), ("71.004s", "71.206"), ("71.1s", "71.206")] {
        let file = write(root.join("ttl.yaml"), [EXTENDED_TTL.replace("AT", at)]).display().to_string();
        let (text, talk, code) = outcome(&["run", &file, "--timeline"]);
        assert_eq!((talk.as_str(), code), ("", 0));
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("job/j ")).collect();
        assert!(lines.iter().any(|line| line.contains("edited: ttlSecondsAfterFinished 60 → 600")), "{at}: {text}");
        let last = lines.last().expect("the Job is there");
        assert!(last.trim_start().starts_with(gone) && last.ends_with(" gone"), "{at}: {last}");
    }
    let file = write(root.join("ttl.yaml"), [EXTENDED_TTL.replace("AT", "72s")]).display().to_string();
    let (text, _, _) = outcome(&["run", &file]);
    assert!(text.contains("Edits:      refused at +1m12s: jobs.batch \"j\" not found\n"), "{text}");
}
