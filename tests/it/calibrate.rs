//! `jobsim calibrate` as its users meet it: what it prints can be run, and what it cannot take it refuses.

use crate::cli::outcome;
use crate::toy::{folder, write};
use serde_json::{Value, json};

/// Twenty Pods of a Job: they run 100, 110 … 290 s, every fifth fails with 2.
fn pods() -> String {
    let time = |seconds: u32| format!("2026-11-25T10:{:02}:{:02}Z", seconds / 60, seconds % 60);
    let pod = |n: u32| {
        let (created, code) = (n * 7, if n.is_multiple_of(5) { 2 } else { 0 });
        json!({
            "kind": "Pod",
            "metadata": {
                "name": format!("import-{n}"),
                "labels": {"batch.kubernetes.io/job-name": "import"},
                "creationTimestamp": time(created),
            },
            "spec": {"nodeName": "n1", "containers": [{"name": "main"}]},
            "status": {
                "phase": if code == 0 { "Succeeded" } else { "Failed" },
                "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": time(created + n % 2)}],
                "containerStatuses": [{
                    "name": "main",
                    "restartCount": 0,
                    "lastState": {},
                    "state": {"terminated": {
                        "exitCode": code,
                        "startedAt": time(created + 2 + n % 3),
                        "finishedAt": time(created + 2 + n % 3 + 100 + 10 * n),
                    }},
                }],
            },
        })
    };
    json!({"apiVersion": "v1", "kind": "List", "items": (0..20).map(pod).collect::<Vec<_>>()}).to_string()
}

/// The case calibrate-other-pods: a dump of a namespace also has Pods of a ReplicaSet, and a Pod may be there twice.
#[test]
fn pods_of_others_are_left_out_and_a_pod_counts_once() {
    let mut list: Value = serde_json::from_str(&pods()).unwrap();
    let own = list["items"].as_array().unwrap().clone();
    let others = own.iter().map(|pod| {
        let mut pod = pod.clone();
        pod["metadata"]["name"] = json!(format!("web-{}", pod["metadata"]["name"]));
        pod["metadata"]["labels"] = Value::Null;
        pod["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": "web", "controller": true}]);
        pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"] = json!("2026-11-25T20:00:00Z");
        pod
    });
    let more: Vec<Value> = others.chain(own.iter().take(7).cloned()).collect();
    let root = folder("calibrate-others");
    let alone = write(root.join("alone.json"), [list.to_string()]).display().to_string();
    list["items"].as_array_mut().unwrap().extend(more);
    let mixed = write(root.join("mixed.json"), [list.to_string()]).display().to_string();
    let answer = |file: &str| -> Value {
        let (text, talk, code) = outcome(&["calibrate", file, "-o", "json"]);
        assert_eq!(code, 0, "{talk}");
        serde_json::from_str(&text).unwrap()
    };
    let (alone, mut mixed) = (answer(&alone), answer(&mixed));
    assert_eq!(mixed["pods"], 20);
    assert_eq!(mixed["unused"]["Pods that belong to no Job"], 20);
    mixed["unused"] = alone["unused"].clone();
    assert_eq!(mixed, alone);
}

const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox}]
";

#[test]
fn what_is_printed_shows_its_fit_and_can_be_run() {
    let root = folder("calibrate");
    let file = write(root.join("pods.json"), [pods()]).display().to_string();
    let (text, talk, code) = outcome(&["calibrate", &file]);
    assert_eq!((talk.as_str(), code), ("", 0));
    for part in [
        "# Calibrated by 20 Pods of Job import.\n",
        "\n  # bind: 20 observed; all alike but for the rounding of times\n",
        "\n  bind: 500ms\n",
        "\n  # run: 20 observed; Kolmogorov-Smirnov distance ",
        "\n  #   data  p10 1m50s     p50 3m10s     p90 4m30s     p99 4m50s\n",
        "\n  # pull: nothing was observed; left at its default\n",
        "\n  outcome: {exitCodes: {0: 16, 2: 4}}\n",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    let scenario = write(root.join("calibrated.yaml"), [&text]).display().to_string();
    let job = write(root.join("job.yaml"), [JOB]).display().to_string();
    let (run, talk, code) = outcome(&["run", &scenario, &job, "-o", "json"]);
    assert_eq!(code, 0, "{talk}");
    let run: Value = serde_json::from_str(&run).expect("it is JSON");
    assert!(run["jobs"][0]["finishedSeconds"].as_f64().expect("it ended") > 50.0);
}

#[test]
fn machines_get_everything_that_was_tried() {
    let root = folder("calibrate-json");
    let file = write(root.join("pods.json"), [pods()]).display().to_string();
    let (text, _, code) = outcome(&["calibrate", &file, "-o", "json", "--job", "import"]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&text).expect("it is JSON");
    let run = &json["stages"]["run"];
    assert_eq!((&run["observed"], &run["cutOff"], &run["quantiles"]["p50"]), (&json!(20), &json!(0), &json!(190.0)));
    assert_eq!(run["tried"].as_array().map(Vec::len), Some(4));
    assert!(run["fit"]["ksDistance"].as_f64().expect("it is a number") < 0.2);
    assert_eq!(json["exitCodes"], json!({"0": 16, "2": 4}));
}

#[test]
fn too_little_to_tell_is_left_at_its_default() {
    let root = folder("calibrate-little");
    let file = write(root.join("pods.json"), ["{\"kind\": \"Pod\"}"]).display().to_string();
    let (text, _, code) = outcome(&["calibrate", &file]);
    assert!(code == 0 && text.contains("# not used: Pods without creationTimestamp: 1\n"), "{text}");
    let scenario = write(root.join("calibrated.yaml"), [&text]).display().to_string();
    let job = write(root.join("job.yaml"), [JOB]).display().to_string();
    let (run, talk, code) = outcome(&["run", &scenario, &job]);
    assert!(code == 0 && run.contains("Complete"), "{talk}");
}

#[test]
fn what_holds_no_pods_is_refused() {
    let root = folder("calibrate-refused");
    let refusal = |text: &str, more: &[&str]| {
        let file = write(root.join("pods.json"), [text]).display().to_string();
        let (data, talk, code) = outcome(&[&["calibrate", &file], more].concat());
        assert_eq!((data.as_str(), code), ("", 2), "{talk}");
        talk.replace(&format!("{}/", root.display()), "")
    };
    assert_eq!(refusal("{\"items\": []}", &[]), "error: pods.json: there is no Pod in it\n");
    assert_eq!(refusal(&pods(), &["--job", "other"]), "error: pods.json: there is no Pod of the Job \"other\" in it\n");
    assert!(refusal("{NAME READY", &[]).starts_with("error: pods.json: not valid JSON: "));
    assert!(refusal(&pods(), &["--at", "noon"]).contains("--at noon: must be a time such as"));
    let (_, talk, code) = outcome(&["calibrate", "no-such-file.json"]);
    assert!(code == 2 && talk.contains("no-such-file.json"), "{talk}");
}

/// `--exact`: what each Pod did, as a scenario that runs and comes out as it was.
#[test]
fn what_each_pod_did_is_written_down() {
    let root = folder("calibrate-exact");
    let pod = |name: &str, created: &str, terminated: &str, last: &str, restarts: u32| {
        format!(
            r#"{{"kind": "Pod", "metadata": {{"name": "{name}", "creationTimestamp": "2026-03-01T{created}Z",
                "labels": {{"job-name": "j", "batch.kubernetes.io/job-name": "j"}}}},
              "spec": {{"nodeName": "n", "containers": [{{"name": "c"}}]}},
              "status": {{"phase": "Failed", "conditions": [{{"type": "PodScheduled", "status": "True",
                "lastTransitionTime": "2026-03-01T{created}Z"}}],
                "containerStatuses": [{{"name": "c", "restartCount": {restarts}, "state": {{"terminated": {terminated}}}
                {last}}}]}}}}"#
        )
    };
    let ended = |from: &str, to: &str, code: i32| {
        format!(r#"{{"startedAt": "2026-03-01T{from}Z", "finishedAt": "2026-03-01T{to}Z", "exitCode": {code}}}"#)
    };
    let pods = [
        pod("j-b", "10:02:00", &ended("10:02:03", "10:02:43", 0), "", 0),
        pod("j-a", "10:00:00", &ended("10:00:02", "10:01:32", 1), "", 0),
    ];
    let dump = format!(r#"{{"items": [{}]}}"#, pods.join(","));
    let file = write(root.join("pods.json"), [dump]).display().to_string();
    let (text, talk, code) = outcome(&["calibrate", &file, "--exact"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    for line in [
        "# What 2 Pods of the Job j did, one by one.",
        r#"    "1": {"bind":"0s","start":"2s","runs":[{"for":"1m30s","exit":1}]}"#,
        r#"    "2": {"bind":"0s","start":"3s","runs":[{"for":"40s","exit":0}]}"#,
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    let scenario = write(root.join("exact.yaml"), [text]).display().to_string();
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, \
               containers: [{name: c, image: i}]}}}\n";
    let job = write(root.join("job.yaml"), [job]).display().to_string();
    let (text, talk, code) = outcome(&["run", &scenario, &job]);
    assert_eq!(code, 0, "{talk}");
    assert!(text.contains("2 created, 1 succeeded, 1 failed; 1 retry"), "{text}");
    // A container that was restarted.
    let last = format!(r#", "lastState": {{"terminated": {}}}"#, ended("10:00:02", "10:00:12", 3));
    let restarted = pod("j-a", "10:00:00", &ended("10:00:32", "10:01:32", 0), &last, 1);
    let file = write(root.join("restarted.json"), [restarted]).display().to_string();
    let (text, _, code) = outcome(&["calibrate", &file, "--exact"]);
    let runs = r#""runs":[{"for":"10s","exit":3,"restartAfter":"20s"},{"for":"1m","exit":0}]"#;
    assert!(code == 0 && text.contains(runs), "{text}");
    let (_, talk, code) = outcome(&["calibrate", &file, "--exact", "--job", "other"]);
    assert!(code == 2 && talk.contains("there is no Pod of a Job"), "{talk}");
}
