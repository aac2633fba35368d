//! `jobsim schedule`: which Pods fit where, and what is in the way.

use crate::cli::{flat, outcome};
use crate::toy::folder;
use serde_json::Value;
use std::path::{Path, PathBuf};

const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  parallelism: 5
  completions: 9
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: 'i:1', resources: {requests: {cpu: 3, memory: 2Gi}}}]
";

fn file(test: &str, name: &str, text: &str) -> PathBuf {
    let path = folder(test).join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}

fn nodes(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nodes").join(name).display().to_string()
}

fn schedule(test: &str, job: &str, more: &[&str]) -> (String, String, i32) {
    let job = file(test, "job.yaml", job).display().to_string();
    outcome(&[&["schedule", &job], more].concat())
}

#[test]
fn what_is_in_the_way_is_said_node_by_node() {
    let (text, talk, code) = schedule("schedule-no", JOB, &["--nodes", &nodes("eks.json")]);
    assert_eq!(code, 1, "{talk}");
    let expected = "\
Job default/import: 1 of 5 Pods fit now
  NODE                                           ONE POD                                                                                PODS  ONE MORE
  ip-192-168-12-34.eu-central-1.compute.internal  fits, and is chosen                                                                    1     Insufficient cpu (920m free, 3 requested)
";
    assert_eq!(text.lines().next(), expected.lines().next(), "{text}");
    let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let nodes = "eu-central-1.compute.internal";
    for expected in [
        format!("ip-192-168-12-34.{nodes} fits, and is chosen 1 Insufficient cpu (920m free, 3 requested)"),
        format!("ip-192-168-40-7.{nodes} node(s) were unschedulable (cordoned) 0 -"),
        format!("ip-192-168-77-9.{nodes} node(s) had untolerated taint(s) (nvidia.com/gpu=true:NoSchedule) 0 -"),
        format!("ip-192-168-90-1.{nodes} node(s) had untolerated taint(s) (node.kubernetes.io/unreachable:NoSchedule) 0 -"),
        "The scheduler: 0/4 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable, 2 node(s) had untolerated \
         taint(s). preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod, 3 Preemption is not \
         helpful for scheduling."
            .to_owned(),
    ] {
        assert!(lines.contains(&expected), "{expected}\n{text}");
    }
    assert!(talk.contains("is cordoned") && talk.contains("is not reachable"), "{talk}");
}

#[test]
fn what_fits_is_a_yes() {
    let (text, _, code) =
        schedule("schedule-yes", JOB, &["--nodes", &nodes("kind.yaml"), "--set", "spec.parallelism=2"]);
    let expected = "\
Job default/import: all 2 Pods fit now
  NODE                ONE POD                                                                             PODS
  kind-control-plane  node(s) had untolerated taint(s) (node-role.kubernetes.io/control-plane:NoSchedule)  0
  kind-worker         fits, and is chosen                                                                 2
";
    let squeezed = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!((squeezed(&text), code), (squeezed(expected), 0), "{text}");
}

#[test]
fn machines_get_all_of_it() {
    let (text, _, code) = schedule("schedule-json", JOB, &["--nodes", &nodes("gke.yaml"), "-o", "json"]);
    let answer: Value = serde_json::from_str(&text).expect("it is JSON");
    let job = &answer[0];
    assert_eq!((code, &job["fits"], &job["podsAtOnce"], &job["podsThatFit"]), (1, &false.into(), &5.into(), &1.into()));
    assert_eq!((&job["kind"], &job["name"], &job["namespace"]), (&"Job".into(), &"import".into(), &"default".into()));
    let spot = &job["nodes"].as_array().expect("nodes").iter().find(|n| n["fits"] == false).expect("one refuses");
    assert_eq!(spot["obstacles"][0]["reason"], "node(s) had untolerated taint(s)");
    assert_eq!(spot["obstacles"][0]["detail"], "cloud.google.com/gke-spot=true:NoSchedule");
}

#[test]
fn pools_of_a_scenario_say_what_new_nodes_would_take() {
    let scenario = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\ncluster:\n  nodes:\n    base: {{allocatable: {{cpu: 4, memory: 8Gi}}}}\n    \
         big: {{allocatable: {{cpu: 16, memory: 64Gi}}, max: 10}}\n    small: {{allocatable: {{cpu: 2, memory: 8Gi}}, max: 3}}\n\
         ---\n{JOB}"
    );
    let (text, talk, code) = schedule("schedule-pools", &scenario, &[]);
    assert_eq!((code, talk.as_str()), (1, ""));
    for expected in [
        "Job default/import: 1 of 5 Pods fit now",
        "  Pool big: may get 10 more nodes, and a new one takes 5 of the Pods",
        "  Pool small: a new node takes none of the Pods: Insufficient cpu (2 free, 3 requested)",
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected}\n{text}");
    }
}

#[test]
fn gates_and_other_schedulers_are_remarked_and_missing_classes_told() {
    let gated = JOB.replace(
        "restartPolicy: Never",
        "restartPolicy: Never\n      schedulingGates: [{name: wait}]\n      schedulerName: volcano",
    );
    let (text, _, _) = schedule("schedule-gated", &gated, &["--nodes", &nodes("kind.yaml")]);
    assert!(flat(&text).contains(&flat("  Note: the Pods wait for their scheduling gates first: wait\n")), "{text}");
    assert!(
        flat(&text).contains(&flat("  Note: judged by the default scheduler's rules; the Pods name \"volcano\"\n")),
        "{text}"
    );
    let classy = JOB.replace("restartPolicy: Never", "restartPolicy: Never\n      priorityClassName: gold");
    let (text, _, code) = schedule("schedule-class", &classy, &["--nodes", &nodes("kind.yaml")]);
    let expected = "  The scheduler: pods \"import\" is forbidden: no PriorityClass with name gold was found\n";
    assert!(code == 1 && flat(&text).contains(&flat(expected)), "{text}");
}

#[test]
fn without_nodes_there_is_no_answer() {
    let (data, talk, code) = schedule("schedule-none", JOB, &[]);
    let expected =
        "error: there are no nodes: give --nodes FILE, or a scenario with cluster.nodes or cluster.nodesFrom\n";
    assert_eq!((data.as_str(), talk.as_str(), code), ("", expected, 2));
    assert_eq!(schedule("schedule-gone", JOB, &["--nodes", "/no/such/nodes.json"]).2, 2);
}
