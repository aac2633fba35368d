//! What runs on nodes beside the Jobs: Deployments, DaemonSets and Pods take the room that they request.

use crate::cli::outcome;
use crate::nodes::{fixture, resolve_with};
use crate::toy::folder;
use jobsim::experiment::Setup;

const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  parallelism: 2
  completions: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: 'i:1', resources: {requests: {cpu: 3}}}]
";

fn workload(kind: &str, name: &str, fields: &str, cpu: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  {fields}\n  selector: {{}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: c\n        \
         resources: {{requests: {{cpu: {cpu}}}}}\n"
    )
}

fn scenario(cluster: &str, rest: &str) -> String {
    format!("apiVersion: jobsim/v1\nkind: Scenario\ncluster:\n  {cluster}\n---\n{JOB}{rest}")
}

/// The node of each resident, by its place, in order.
fn places(setup: &Setup) -> Vec<u32> {
    setup.residents.iter().map(|resident| resident.node.0).collect()
}

const POOL: &str = "nodes: {w: {allocatable: {cpu: 4}, count: 2, max: 3}}";

#[test]
fn workloads_are_placed_before_time_begins() {
    let agent = workload("DaemonSet", "agent", "updateStrategy: {type: OnDelete}", "500m");
    let web = workload("Deployment", "web", "replicas: 2", "1");
    let text = scenario(POOL, &format!("{web}{agent}"));
    let resolved = resolve_with(&text, &[]).expect("it is a scenario");
    assert_eq!(places(&resolved.setup), [0, 1, 0, 1]);
    let expected = "4 Pods without a Job take room by what they request: bound from the start, they never end and are never \
                    preempted or evicted";
    assert_eq!(resolved.notices, [expected]);
    let pool = &resolved.setup.config.nodes.as_ref().expect("there are nodes").pools[0];
    assert_eq!(pool.node(3).allocatable.milli_cpu, 3_500, "a new node has an agent");
    assert_eq!((pool.node(1).allocatable.milli_cpu, pool.node(1).allowed_pods), (4_000, 110));

    let file = folder("residents-schedule").join("s.yaml");
    std::fs::write(&file, &text).expect("a file can be written");
    let (text, _, code) = outcome(&["schedule", &file.display().to_string()]);
    let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(code, 1);
    for expected in [
        "w-1 Insufficient cpu (2500m free, 3 requested) 0 -",
        "Pool w: may get 1 more nodes, and a new one takes 1 of the Pods",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{text}");
    }
}

#[test]
fn what_finds_no_room_is_left_out_and_told() {
    let web = workload("StatefulSet", "web", "replicas: 5", "3");
    let resolved = resolve_with(&scenario(POOL, &web), &[]).expect("it is a scenario");
    assert_eq!(places(&resolved.setup).len(), 2);
    let expected = "StatefulSet web: 3 of its 5 Pods find no room, and are left out";
    assert!(resolved.notices.iter().any(|notice| notice == expected), "{:?}", resolved.notices);
}

#[test]
fn daemons_keep_from_nodes_whose_taints_they_do_not_tolerate() {
    let agent = workload("DaemonSet", "agent", "minReadySeconds: 1", "500m");
    let cluster = format!("nodesFrom: {}", fixture("kind.yaml").display());
    let tolerant = agent.replace("containers:", "tolerations: [{operator: Exists}]\n      containers:");
    let place = |agent: &str| places(&resolve_with(&scenario(&cluster, agent), &[]).expect("a scenario").setup);
    assert_eq!((place(&agent), place(&tolerant)), (vec![1], vec![0, 1]));
}

#[test]
fn pods_of_a_cluster_take_room_where_they_are() {
    let pod = |name: &str, more: &str, status: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default{more}}}\nspec: {{nodeName: \
             kind-worker, containers: [{{name: c, resources: {{requests: {{cpu: 6}}}}}}]}}\nstatus: {{phase: {status}, \
             podIP: 10.0.0.1}}\n"
        )
    };
    let owner = ", ownerReferences: [{apiVersion: batch/v1, kind: Job, name: import, uid: u, controller: true}]";
    let pods = [
        pod("db", "", "Running"),
        pod("done", "", "Succeeded"),
        pod("import-x", owner, "Running"),
        pod("elsewhere", "", "Running").replace("kind-worker", "gone"),
        pod("waiting", "", "Pending").replace("nodeName: kind-worker, ", ""),
    ];
    let file = folder("residents-pods").join("pods.yaml");
    std::fs::write(&file, pods.concat()).expect("a file can be written");
    let cluster = format!("nodesFrom: {}\n  podsFrom: {}", fixture("kind.yaml").display(), file.display());
    let resolved = resolve_with(&scenario(&cluster, ""), &[]).expect("it is a scenario");
    assert_eq!(places(&resolved.setup), [1]);
    for expected in [
        "pods.yaml: 1 Pods of Jobs that are simulated are left out: those begin anew",
        "pods.yaml: 1 Pods that are on no node are left out",
        "Pod elsewhere is on node gone, which is not there: left out",
    ] {
        assert!(resolved.notices.iter().any(|notice| notice.ends_with(expected)), "{expected}: {:?}", resolved.notices);
    }
}

#[test]
fn nonsense_is_refused_with_its_place() {
    let web = workload("Deployment", "web", "replicas: 1", "1");
    let negative = "is negative: a Pod takes 0 or more of a resource";
    for (old, new, path, why) in [
        (
            "requests: {cpu: 1}",
            "requests: {cpu: -1}",
            "spec.template.spec.containers[0].resources.requests[cpu]",
            negative,
        ),
        ("requests: {cpu: 1}", "limits: {cpu: -1}", "spec.template.spec.containers[0].resources.limits[cpu]", negative),
        ("containers:", "overhead: {cpu: -1}\n      containers:", "spec.template.spec.overhead[cpu]", negative),
        (
            "containers:",
            "resources: {requests: {memory: -1Gi}}\n      containers:",
            "spec.template.spec.resources.requests[memory]",
            negative,
        ),
        ("replicas: 1", "replicas: -2", "spec.replicas", "is -2: there are 0 Pods or more, at most 4294967295"),
    ] {
        let text = scenario(POOL, &web.replace(old, new));
        let told = resolve_with(&text, &[]).map(|_| ()).expect_err("it is refused");
        assert!(told.ends_with(&format!(": {path}: {why}")), "{told}");
        assert!(told.starts_with("s.yaml:"), "{told}");
    }
    let alone = scenario("podsFrom: pods.yaml", "");
    let expected =
        "s.yaml:4:13: cluster.podsFrom: means nothing without nodes: give cluster.nodes or cluster.nodesFrom too";
    assert_eq!(resolve_with(&alone, &[]).map(|_| ()).expect_err("it is refused"), expected);
}
