//! ResourceQuotas in scenarios: Pods that exceed one are refused with the API server's words, and come when there is room.

use crate::cli::{flat, outcome};
use crate::toy::folder;

/// Runs a Job of six Pods of a minute, four at a time, beside these documents.
fn run(name: &str, quota: &str, resources: &str, more: &[&str]) -> (String, String, i32) {
    let text = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\npods: {{run: 1m}}\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: small}}\n\
         spec: {quota}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: report}}\nspec:\n  completions: 6\n  parallelism: 4\n  \
         template:\n    spec:\n      restartPolicy: Never\n      containers: [{{name: main, image: i{resources}}}]\n"
    );
    let path = folder(&format!("quota-{name}")).join("s.yaml");
    std::fs::write(&path, text).expect("a file can be written");
    outcome(&[&["run", &path.display().to_string()], more].concat())
}

const REQUESTS: &str = ", resources: {requests: {cpu: 500m, memory: 1Gi}}";

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn a_quota_holds_pods_back_and_says_so() {
    for (name, quota, why) in [
        ("pods", "{hard: {pods: 2}}", "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2"),
        (
            "cpu",
            "{hard: {requests.cpu: 1, pods: 10}}",
            "exceeded quota: small, requested: requests.cpu=500m, used: requests.cpu=1, limited: requests.cpu=1",
        ),
        (
            "scope",
            "{hard: {memory: 2Gi}, scopes: [NotBestEffort, NotTerminating]}",
            "exceeded quota: small, requested: memory=1Gi, used: memory=2Gi, limited: memory=2Gi",
        ),
    ] {
        let (data, talk, code) = run(name, quota, REQUESTS, &[]);
        assert_eq!((talk.as_str(), code), ("", 0), "{name}");
        assert!(
            flat(&data).contains(&format!("Error creating: pods \"report-\" is forbidden: {why}")),
            "{name}: {data}"
        );
        assert!(data.contains("Complete after "), "{name}: {data}");
        let (data, _, _) = run(name, quota, REQUESTS, &["-o", "json"]);
        // Three waves of two Pods, each a minute, and not two waves of four.
        let finished = json(&data)["jobs"][0]["finishedSeconds"].as_f64().expect("it ends");
        assert!((180.0..240.0).contains(&finished), "{name}: {finished}");
    }
}

/// Finished Pods still exist, and the Job does not go before they are counted: with `count/pods` it never ends.
#[test]
fn a_count_of_objects_is_freed_only_when_they_are_gone() {
    let (data, _, _) = run("objects", "{hard: {count/pods: 4}}", REQUESTS, &["--until", "2h", "-o", "json"]);
    let job = &json(&data)["jobs"][0];
    assert_eq!((&job["finishedSeconds"], &job["pods"]["created"]), (&serde_json::Value::Null, &4.into()), "{job}");
}

#[test]
fn pods_outside_of_its_scope_are_not_counted() {
    for (name, quota) in [
        ("best-effort", "{hard: {pods: 1}, scopes: [BestEffort]}"),
        (
            "class",
            "{hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}",
        ),
    ] {
        let (data, talk, code) = run(name, quota, REQUESTS, &[]);
        assert_eq!((talk.as_str(), code), ("", 0), "{name}");
        assert!(!data.contains("forbidden"), "{name}: {data}");
    }
}

#[test]
fn a_container_that_does_not_say_what_it_requests_is_refused() {
    let (data, _, _) = run("unsaid", "{hard: {requests.cpu: 10}}", "", &["--until", "1h"]);
    let why = "Error creating: pods \"report-\" is forbidden: failed quota: small: must specify requests.cpu for: main";
    assert!(flat(&data).contains(why), "{data}");
}

#[test]
fn what_no_pod_uses_is_told_and_nonsense_is_refused_with_its_place() {
    let (_, talk, code) = run("others", "{hard: {pods: 9, services: 2}}", REQUESTS, &[]);
    assert_eq!(code, 0);
    assert!(talk.contains("ResourceQuota small: services has no effect: only what Pods use is counted"), "{talk}");
    let (data, talk, code) = run("nonsense", "{hard: {pods: -1}}", REQUESTS, &[]);
    assert_eq!((data.as_str(), code), ("", 2));
    assert!(talk.contains("s.yaml:8:21: spec.hard[pods]: -1 is negative"), "{talk}");
}

/// Deployments that take room on nodes use the quota of their namespace too.
#[test]
fn workloads_without_a_job_use_quotas_too() {
    let web = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {}\n  template:\n    \
               spec: {containers: [{name: c, resources: {requests: {cpu: 250m}}}]}\n";
    let text = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\npods: {{run: 1m}}\ncluster:\n  nodes: {{w: {{allocatable: {{cpu: 8, memory: 16Gi}}}}}}\n---\n\
         apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: small}}\nspec: {{hard: {{requests.cpu: 1}}}}\n{web}---\n\
         apiVersion: batch/v1\nkind: Job\nmetadata: {{name: report}}\nspec:\n  completions: 4\n  parallelism: 4\n  template:\n    \
         spec:\n      restartPolicy: Never\n      containers: [{{name: main, image: i{REQUESTS}}}]\n"
    );
    let path = folder("quota-others").join("s.yaml");
    std::fs::write(&path, text).expect("a file can be written");
    let (data, _, code) = outcome(&["run", &path.display().to_string()]);
    assert_eq!(code, 0, "{data}");
    let why = "exceeded quota: small, requested: requests.cpu=500m, used: requests.cpu=750m, limited: requests.cpu=1";
    assert!(flat(&data).contains(why), "{data}");
}
