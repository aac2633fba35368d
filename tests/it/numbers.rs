//! Numbers and states that people's inputs showed to be wrong, each with its right value. The inputs stand in
//! `tests/numbers/` under the names of the tests' cases.

use crate::cli::outcome;
use crate::toy::{folder, write};
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;

/// The path of a case.
fn case(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/numbers").join(name).display().to_string()
}

/// What a run says as text, and its notices.
fn text(file: &str, more: &[&str]) -> (String, String) {
    let (text, talk, code) = outcome(&[&["run", file], more].concat());
    assert_eq!(code, 0, "{talk}");
    (text, talk)
}

/// What a run says as JSON.
fn json(file: &str, more: &[&str]) -> Value {
    let (text, _) = text(file, &[&["-o", "json"], more].concat());
    serde_json::from_str(&text).expect("it is JSON")
}

fn assert_has(text: &str, parts: &[&str]) {
    // Lines are broken where they are full.
    let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = on_one_line(text);
    parts.iter().for_each(|part| assert!(whole.contains(&on_one_line(part)), "{part}\nis not in\n{text}"));
}

/// `retries-undercounted.yaml`: ten completions were to come, but the four Pods were all for the first.
#[test]
fn a_failure_that_was_tried_again_is_a_retry_with_indexes_or_without() {
    let file = case("retries-undercounted.yaml");
    let (said, _) = text(&file, &["--fail", "100%", "--run", "10s"]);
    assert_has(&said, &["4 created, 0 succeeded, 4 failed; 3 retries"]);
    let indexed = ["--fail", "100%", "--run", "10s", "--set", "spec.completionMode=Indexed"];
    assert_eq!(json(&file, &indexed)["jobs"][0]["retries"], 3);
    assert_has(&text(&file, &["--run", "10s"]).0, &["10 created, 10 succeeded, 0 failed; no retries"]);
}

/// `suspended-pods-called-failed.yaml`: what a suspension deletes has not failed, and is not tried again.
#[test]
fn pods_that_a_suspension_deletes_are_neither_failed_nor_retried() {
    let file = case("suspended-pods-called-failed.yaml");
    let (said, _) = text(&file, &[]);
    assert_has(&said, &["0 Active (0 Ready) / 2 Succeeded / 0 Failed"]);
    assert_has(&said, &["4 created, 2 succeeded, 0 failed, 2 removed by a suspension or a scale-down; no retries"]);
    let run = json(&file, &[]);
    let pods = &run["jobs"][0]["pods"];
    assert_eq!((&pods["failed"], &pods["removed"], &run["record"]["retries"]), (&0.into(), &2.into(), &0.into()));
    for settings in [["pods.terminateExitCode=0", "spec.completions=2"], ["spec.completionMode=Indexed", "seed=2"]] {
        let run = json(&file, &["--set", settings[0], "--set", settings[1]]);
        let of = |name: &str| run["record"][name].as_u64().unwrap_or_default();
        let all = ["podsSucceeded", "podsFailed", "podsRemoved", "retries"].map(of);
        assert_eq!(all, [2, 0, 2, 0], "{settings:?}");
    }
    let save = folder("numbers-suspended").join("run.json").display().to_string();
    let (_, talk, code) = outcome(&["run", &file, "-n", "1", "--save", &save]);
    assert_eq!(code, 0, "{talk}");
    let saved: Value = serde_json::from_str(&std::fs::read_to_string(&save).expect("it was saved")).expect("JSON");
    let pods = saved["points"][0]["timelines"][0]["jobs"][0]["pods"].as_array().expect("Pods").clone();
    assert!(pods.iter().all(|pod| pod["retry"] == false), "{pods:?}");
}

#[test]
fn pods_that_a_scale_down_deletes_are_neither_failed_nor_retried() {
    let root = folder("numbers-scaled");
    let scenario = |more: &str| {
        let text = format!(
            "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: Job\n    metadata: \
             {{name: j}}\n    spec: {{completions: 6, parallelism: 4, {more} template: {{spec: {{restartPolicy: Never, \
             containers: [{{name: c, image: i}}]}}}}}}\npods: {{run: 10m}}\nactions:\n- {{at: 5m, scale: {{job: j, \
             parallelism: 1}}}}\n- {{at: 6m, scale: {{job: j, parallelism: 4}}}}\n- {{at: 7m, deletePod: {{job: j, \
             POD}}}}\n"
        );
        // One of those that came when it was scaled up again.
        text.replace("POD", if more.is_empty() { "attempt: 7" } else { "index: 0, attempt: 2" })
    };
    for more in ["", "completionMode: Indexed,"] {
        let file = write(root.join("s.yaml"), [scenario(more)]).display().to_string();
        let run = json(&file, &[]);
        let of = |name: &str| run["record"][name].as_u64().unwrap_or_default();
        // Three are scaled down and come again; one is deleted by hand, which is a loss and is tried again.
        let all = ["podsCreated", "podsSucceeded", "podsFailed", "podsRemoved", "retries"].map(of);
        assert_eq!(all, [10, 6, 1, 3, 1], "{more}");
        assert_eq!(run["record"]["failures"]["disruption"], 1, "{more}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// One Pod after the other, each failing or not by the same script: with indexes or without, the retries are the
    /// failures that did not end the Job.
    #[test]
    fn the_same_failures_are_the_same_retries_whatever_the_shape(
        shares in proptest::collection::vec(0..=1_u32, 1..6), completions in 1..4_u32, limit in 0..6_u32
    ) {
        let file = case("retries-undercounted.yaml");
        let script: Vec<String> = shares.iter().map(|fails| format!("{}%", 100 * fails)).collect();
        let settings = |mode: &str| {
            // The script goes by attempt: with one completion at a time both shapes have the same.
            let (mode, fail) = (format!("spec.completionMode={mode}"), format!("pods.outcome.fail=[{}]", script.join(", ")));
            let (completions, limit) = (format!("spec.completions={}", completions.min(1)), format!("spec.backoffLimit={limit}"));
            json(&file, &["--run", "1s", "--set", &mode, "--set", &fail, "--set", &completions, "--set", &limit])
        };
        let [plain, indexed] = ["NonIndexed", "Indexed"].map(settings).map(|run| run["record"].clone());
        for name in ["end", "podsCreated", "podsFailed", "retries"] {
            prop_assert_eq!(&plain[name], &indexed[name], "{}", name);
        }
        let failed = plain["podsFailed"].as_u64().unwrap_or_default();
        let lost = u64::from(plain["end"] == "Failed");
        prop_assert_eq!(plain["retries"].as_u64(), Some(failed - lost));
    }
}

/// `from-status-backoff.yaml`: four failures in a row are in the controller's memory.
#[test]
fn a_run_from_a_status_goes_on_with_the_back_off() {
    let file = case("from-status-backoff.yaml");
    let (said, talk) = text(&file, &["--from-status", "--fail", "100%", "--run", "30s"]);
    assert_has(&said, &["Failed after 9m31", "(back-off 2m40s after 5 failures)", "(back-off 5m20s after 6 failures)"]);
    assert_has(&talk, &["4 failures in a row are taken to be in the controller's memory", "followed by 2m40s"]);
    // The Job was created at 07:00, and virtual time begins at 07:03.
    assert_has(&said, &["import   Failed   0/1           12m        12m"]);
    let run = json(&file, &["--from-status", "--fail", "100%", "--run", "30s"]);
    assert_eq!((&run["record"]["podsFailed"], &run["record"]["retries"]), (&3.into(), &2.into()));
    // A controller that dies forgets.
    let root = folder("numbers-forgets");
    let scenario = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{{manifest: {file:?}, fromStatus: true}}]\npods: {{run: 30s, outcome: \
         {{fail: 100%}}}}\nactions: [{{at: 10s, controllerDown: 1s}}]\n"
    );
    let file = write(root.join("s.yaml"), [scenario]).display().to_string();
    assert_has(&text(&file, &[]).0, &["(back-off 10s after 1 failure)"]);
}

/// The same Job without an active Pod, with a success, and with its Pods: what is known differs.
#[test]
fn what_a_dump_cannot_tell_of_the_back_off_is_said() {
    let whole = std::fs::read_to_string(case("from-status-backoff.yaml")).expect("it is there");
    let root = folder("numbers-dumps");
    let run = |name: &str, text: &str| {
        let file = write(root.join(name), [text]).display().to_string();
        super::numbers::text(&file, &["--from-status", "--fail", "100%", "--run", "30s"])
    };
    // Between two Pods: the last failure is taken to be when the status was written.
    let between = whole.replace("    active: 1\n", "").replace("    ready: 1\n", "    ready: 0\n");
    let (said, talk) = run("between.yaml", &between);
    assert_has(&talk, &["when the last one was is not in what was read: 2026-11-28T07:03:00Z is taken"]);
    assert_has(&said, &["until +1m20s (back-off 1m20s after 4 failures)"]);
    // After a success nobody knows how many came later.
    let succeeded = whole.replace("    failed: 4\n", "    failed: 4\n    succeeded: 1\n");
    let succeeded = succeeded.replace("    completions: 1\n", "    completions: 3\n");
    let (said, talk) = run("succeeded.yaml", &succeeded);
    assert_has(
        &talk,
        &["how many of its 4 failures came after the last success is not in what was read: none is taken"],
    );
    assert_has(&said, &["(back-off 10s after 1 failure)"]);
    // Its Pods tell.
    let pod = |name: &str, phase: &str, at: &str| {
        format!(
            "- apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}, namespace: shop, creationTimestamp: \
             \"2026-11-28T07:00:00Z\", ownerReferences: [{{apiVersion: batch/v1, kind: Job, name: import, controller: true, \
             uid: 0d1c2b3a-0000-4000-8000-000000000001}}]}}\n  status: {{phase: {phase}, containerStatuses: [{{state: \
             {{terminated: {{finishedAt: \"2026-11-28T07:{at}Z\", exitCode: 1}}}}}}]}}\n"
        )
    };
    let pods = [
        ("a", "Failed", "00:20"),
        ("b", "Failed", "00:50"),
        ("c", "Succeeded", "01:20"),
        ("d", "Failed", "01:50"),
        ("e", "Failed", "02:40"),
    ]
    .map(|(name, phase, at)| pod(name, phase, at))
    .concat();
    let with_pods = succeeded.replace("kind: List\n", &format!("{pods}kind: List\n"));
    let with_pods = with_pods.replace("    active: 1\n", "").replace("    ready: 1\n", "    ready: 0\n");
    let (said, talk) = run("pods.yaml", &with_pods);
    assert_has(&talk, &["2 failures in a row are taken to be in the controller's memory (the next failure"]);
    // The second finished at 07:02:40, twenty seconds before virtual time begins: its back-off is just over.
    assert_has(&said, &["(back-off 40s after 3 failures)"]);
    assert!(!said.contains("after 2 failures"), "{said}");
}

#[test]
fn a_job_that_is_being_deleted_is_not_revived() {
    let whole = std::fs::read_to_string(case("from-status-backoff.yaml")).expect("it is there");
    let deleting =
        "    deletionTimestamp: \"2026-11-28T07:03:10Z\"\n    finalizers: [foregroundDeletion]\n    generation: 1\n";
    let root = folder("numbers-deleting");
    let file = write(root.join("d.yaml"), [whole.replace("    generation: 1\n", deleting)]).display().to_string();
    let (said, talk) = text(&file, &["--from-status"]);
    assert_has(&talk, &["it was being deleted: no Pods are created for it"]);
    assert_has(&said, &["Terminating", "deleted at", "0 created"]);
    assert_eq!(json(&file, &["--from-status"])["record"]["end"], "Deleted");
}

/// `from-status-old-complete.yaml`: statuses that older releases wrote are in every cluster.
#[test]
fn a_status_of_an_older_release_is_taken_as_it_is() {
    let (said, _) = text(&case("from-status-old-complete.yaml"), &["--from-status"]);
    assert_has(
        &said,
        &["oldc   Complete   1/1           10m        10m", "Complete from the start: CompletionsReached"],
    );
}

/// `order-index.yaml`: the more exact key decides, not the text of the keys.
#[test]
fn of_two_keys_that_fit_the_more_exact_one_decides() {
    let run = json(&case("order-index.yaml"), &[]);
    let took = run["record"]["duration"].as_f64().expect("it ended");
    assert!((50.0..53.0).contains(&took), "index 5 runs 50 s: {took}");
    let root = folder("numbers-order");
    for (keys, why) in [
        ("{\"0-5\": {run: 1s}, \"5-10\": {run: 2s}}", "\"0-5\" and \"5-10\" both name 5"),
        ("{\"3\": {run: 1s}, \"3-3\": {run: 2s}}", "both name 3"),
    ] {
        let whole = std::fs::read_to_string(case("order-index.yaml")).expect("it is there");
        let at = whole.find("pods:").expect("it has Pods");
        let file = write(root.join("s.yaml"), [format!("{}pods: {{byIndex: {keys}}}", &whole[..at])]);
        let (_, talk, code) = outcome(&["run", &file.display().to_string()]);
        assert!(code == 2 && talk.contains("byIndex") && talk.contains(why), "{talk}");
    }
}

/// `nonindexed-fail.yaml`: without indexes an attempt is the number of the Pod, and that is said.
#[test]
fn what_an_attempt_is_without_indexes_is_said() {
    let file = case("nonindexed-fail.yaml");
    let (said, talk) = text(&file, &[]);
    assert_has(&talk, &["an attempt is the number of the Pod in the order of creation", "completionMode: Indexed"]);
    assert_has(&said, &["5 created, 4 succeeded, 1 failed; 1 retry"]);
    let (said, talk) = text(&file, &["--set", "spec.completionMode=Indexed"]);
    assert_eq!(talk, "");
    assert_has(&said, &["8 created, 4 succeeded, 4 failed; 4 retries"]);
    assert_eq!(text(&file, &["--set", "spec.completions=1", "--set", "spec.parallelism=1"]).1, "");
}

/// `silent.yaml`: keys that can never apply are refused, and what meets nothing is told.
#[test]
fn what_meets_nothing_is_told() {
    let file = case("silent.yaml");
    let (_, talk, code) = outcome(&["run", &file]);
    assert_eq!(code, 2);
    assert_has(
        &talk,
        &[
            "pods.byIndex: it can never apply: no Job is Indexed, so no Pod has an index",
            "also: actions[0].at: Job j is created only at 2s",
            "also: actions[2].deletePod: Pods of Job j have no index",
        ],
    );
    let (said, talk) = text(&file, &["--set", "pods.byIndex={}"]);
    assert_has(
        &talk,
        &["actions[0].at: Job j is created only at 2s", "actions[2].deletePod: Pods of Job j have no index"],
    );
    assert_has(
        &said,
        &["at +1s: jobs.batch \"j\" not found", "at +5s: pods \"j-9\" not found", "at +6s: pods \"j-1-1\" not found"],
    );
    let (said, _) = text(&file, &["--set", "pods.byIndex={}", "-n", "3"]);
    assert_has(&said, &["actionsRefused"]);
}

#[test]
fn keys_that_no_object_has_are_told() {
    let root = folder("numbers-unused");
    let scenario = "apiVersion: jobsim/v1\nkind: Scenario\nuntil: 1h\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: Job\n    \
                    metadata: {name: j}\n    spec: {completions: 3, parallelism: 3, completionMode: Indexed, template: {spec: \
                    {restartPolicy: Never, containers: [{name: c, image: i}]}}}\npods: {byIndex: {\"2,7\": \
                    {run: 2s}}}\nmodels: [{matchLabels: {tier: web}, pods: {run: 1s}}]\nactions: [{at: 2h, suspend: j}, {at: 1s, \
                    deletePod: {job: j, index: 5}}, {at: 1s, deletePod: {job: j}}]\noutages: [{from: 2h, to: 3h}]\n";
    let file = write(root.join("s.yaml"), [scenario]).display().to_string();
    let talk = text(&file, &[]).1;
    assert_has(
        &talk,
        &[
            "models[0] is never used: no Job has its labels",
            "actions[0] is never done: virtual time ends before it, after 1h",
            "outages[0] never comes",
            "actions[1].deletePod: Job j has the indexes 0 to 2",
            "actions[2].deletePod: Pods of Job j have an index",
        ],
    );
    assert!(!talk.contains("2,7"), "index 2 is there: {talk}");
    // None of the indexes can exist, unless an action gives the Job more.
    let (_, refused, code) = outcome(&["run", &file, "--set", "pods.byIndex={'3': {run: 5s}}"]);
    assert_eq!(code, 2, "{refused}");
    assert_has(&refused, &["pods.byIndex", "no Pod has an index of 3 (Job j has the indexes 0 to 2"]);
    let grows = "actions=[{at: 1s, scale: {job: j, parallelism: 5, completions: 5}}]";
    let (_, _, code) = outcome(&["run", &file, "--set", "pods.byIndex={'3': {run: 5s}}", "--set", grows]);
    assert_eq!(code, 0);
}

/// `schedule-edit.yaml`: why a start is made 22 h late.
#[test]
fn a_start_for_a_time_before_an_edit_is_explained() {
    let (said, _) = text(&case("schedule-edit.yaml"), &[]);
    assert_has(
        &said,
        &[
            "1 start made for a time before the edit at +9h",
            "the controller takes it for missed",
            "its resync, every 12 to 24 h, which may come first",
        ],
    );
    let (said, _) = text(&case("schedule-edit.yaml"), &["--set", "actions=[]"]);
    assert!(!said.contains("Edited"), "{said}");
}

/// `fleet.yaml`: thousands run at the same time, and each figure about the throttle has one meaning.
#[test]
fn what_runs_at_the_same_time_is_counted_over_all_jobs() {
    let run = json(&case("fleet.yaml"), &["--set", "jobs[0].count=300"]);
    let record = &run["record"];
    let most = record["mostRunning"].as_u64().expect("it is a count");
    assert!(most > 150, "{most} of 300 ran at the same time");
    assert!(run["jobs"].as_array().expect("Jobs").iter().all(|job| job["pods"]["mostRunning"] == 1));
    let (said, _) = text(&case("fleet.yaml"), &["--set", "jobs[0].count=300"]);
    // There is one figure about the throttle, and it is the one that can be asked for.
    let path = record["path"].as_object().expect("a path");
    let life: f64 = path.values().filter_map(Value::as_f64).sum();
    let share = 100.0 * path["throttle"].as_f64().expect("it is a time") / life;
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, behind) = flat.split_once("waiting for the client's throttle (").expect("it is told");
    let (told, _) = behind.split_once(" %)").expect("it is a share");
    // Shares are rounded so that they add up, by less than a tenth.
    assert!((told.parse::<f64>().expect("a number") - share).abs() < 0.1, "{told} and {share}");
    let all = said.lines().find(|line| line.starts_with("one ")).expect("the row of the series");
    assert!(all.ends_with(&format!("{told} %")), "{told} in {all}");
    let percents: Vec<&str> = said.lines().filter(|line| line.contains("throttle") && line.contains('%')).collect();
    assert!(percents.len() <= 1, "{percents:?}");
    let goal = format!("min(pathThrottle) >= {:.3}s", path["throttle"].as_f64().unwrap() - 1e-3);
    text(&case("fleet.yaml"), &["--set", "jobs[0].count=300", "--expect", &goal, "-n", "1"]);
}

#[test]
fn series_count_their_own_pods_together() {
    let root = folder("numbers-series");
    let job = |name: &str, count: u32| {
        format!(
            "- count: {count}\n  inline:\n    apiVersion: batch/v1\n    kind: Job\n    metadata: {{name: {name}}}\n    spec: {{template: \
             {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}\n"
        )
    };
    let cron = "- inline:\n    apiVersion: batch/v1\n    kind: CronJob\n    metadata: {name: cron}\n    spec: {schedule: \"* * * * *\", \
                jobTemplate: {spec: {parallelism: 2, completions: 2, template: {spec: {restartPolicy: Never, containers: [{name: c, \
                image: i}]}}}}}\n";
    let text = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\nuntil: 1h\npods: {{run: 150s}}\njobs:\n{}{}{cron}",
        job("a", 4),
        job("b", 3)
    );
    let run = json(&write(root.join("s.yaml"), [text]).display().to_string(), &[]);
    let most: Vec<u64> =
        run["record"]["series"].as_array().expect("series").iter().filter_map(|s| s["mostRunning"].as_u64()).collect();
    assert_eq!(most, [4, 3, 6], "three Jobs of the CronJob run at a time, two Pods each");
    assert_eq!(run["record"]["mostRunning"], 4 + 3 + 4, "when the others end, two Jobs of the CronJob run");
}

/// `spotpol.yaml`: most of the time a back-off is waited for, while other Pods run.
#[test]
fn a_back_off_is_waited_for_also_while_other_pods_run() {
    let (said, _) = text(&case("spotpol.yaml"), &[]);
    let run = json(&case("spotpol.yaml"), &[]);
    let of = |name: &str| run["record"][name].as_f64().expect("it is a time");
    let (wait, life) = (of("backoffWait"), of("duration"));
    assert!((0.55..0.75).contains(&(wait / life)), "about 28 h of 44 h: {wait} of {life}");
    assert_has(
        &said,
        &[&format!("({:.1} %) of its life, also while Pods ran", 100.0 * wait / life), "Pod failure back-off (5"],
    );
    // On the path to the last Pod it is the largest part, though Pods ran all the time.
    let path = run["record"]["path"].as_object().expect("a path");
    let of = |cause: &str| path[cause].as_f64().expect("it is a time");
    assert!(of("backoff") > of("lost") && (0.45..0.75).contains(&(of("backoff") / life)), "{path:?}");
    let sum: f64 = path.values().filter_map(Value::as_f64).sum();
    assert!((sum - life).abs() < 1e-6, "{path:?}");
}

/// `night4.yaml`: of a CronJob there is no time to its end.
#[test]
fn a_time_to_the_end_of_a_cronjob_is_refused_with_what_says_it() {
    let (_, talk, code) = outcome(&["run", &case("night4.yaml")]);
    assert_eq!(code, 2);
    assert_has(&talk, &["expect[0]", "P(longestJob <= 4h)"]);
}
