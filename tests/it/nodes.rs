//! Nodes in scenarios: pools, nodes as a cluster shows them, actions on nodes; and what is refused, word for word.

use crate::cli::{flat, outcome};
use crate::toy::folder;
use jobsim::api::NodeReady;
use jobsim::experiment::{JobEnd, Replication, Setup, Simulator};
use jobsim::model::Expander;
use jobsim::record::PendingReason;
use jobsim::scenario::{Input, Resolved, Setting};
use jobsim::time::SimDuration;
use jobsim::world::{Action, NodeAction, NodeRef};
use std::path::{Path, PathBuf};

/// A scenario with one Job whose cluster has these fields, one a line, and more fields of the scenario behind it.
fn scenario(cluster: &str, more: &str) -> String {
    let indented: String = cluster.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: Job\n    \
         metadata: {{name: j}}\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          \
         nodeSelector: {{disk: ssd}}\n          containers: [{{name: c, image: i}}]\ncluster:\n{indented}{more}"
    )
}

pub fn resolve_with(text: &str, settings: &[&str]) -> Result<Resolved, String> {
    // Each test has its own file, as tests run side by side.
    let hash = text.bytes().fold(7_u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let path = folder(&format!("nodes-{hash:x}")).join("s.yaml");
    std::fs::write(&path, text).expect("a file can be written");
    let words = |problems: Vec<jobsim::scenario::Problem>| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        texts.join("\n").replace(&format!("{}/", path.parent().expect("a folder").display()), "")
    };
    let mut input = Input::read(&[path.display().to_string()]).map_err(words)?;
    for setting in settings {
        input.set(Setting::parse(setting).expect("a setting")).map_err(|problem| words(vec![problem]))?;
    }
    input.resolve().map_err(words)
}

fn resolve(cluster: &str, more: &str) -> Result<Resolved, String> {
    resolve_with(&scenario(cluster, more), &[])
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nodes").join(name)
}

const POOLS: &str = "nodes:
  workers: {allocatable: {cpu: 3920m, memory: 14Gi}, count: 3, zones: [a, b], labels: {disk: ssd}}
  spot:
    allocatable: {cpu: 8, memory: 30Gi, nvidia.com/gpu: 1, pods: 29}
    taints: ['spot=true:NoSchedule', {key: gpu, effect: PreferNoSchedule}]
    max: 60
    pricePerHour: 0.12
    provisioning: uniform(1m, 3m)
    idleTimeout: never
    reclaims: 0.05/h
    reclaimNotice: 30s
autoscaler: {scanInterval: 20s, expander: leastWaste}
scheduler: {cycle: 2ms, qps: 100, burst: 200}
priorityClasses: [{name: low, value: -10, preemptionPolicy: Never}, {name: high, value: 10, globalDefault: true}]";

#[test]
fn pools_are_read() {
    let Resolved { setup, notices, .. } = resolve(POOLS, "").expect("it is a scenario");
    let nodes = setup.config.nodes.as_ref().expect("there are nodes");
    let [workers, spot] = &nodes.pools[..] else { panic!("two pools, in the order of the text") };
    assert_eq!((workers.initial, workers.min, workers.max, workers.is_elastic()), (3, 3, 3, false));
    assert_eq!((spot.initial, spot.min, spot.max, spot.is_elastic()), (0, 0, 60, true));
    let third = workers.node(3);
    assert_eq!((third.name.as_str(), third.allowed_pods, third.zone().1), ("workers-3", 110, "a"));
    let labels: Vec<String> = third.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let expected = "disk=ssd kubernetes.io/arch=amd64 kubernetes.io/hostname=workers-3 kubernetes.io/os=linux \
                    topology.kubernetes.io/zone=a";
    assert_eq!(labels.join(" "), expected);
    let taints: Vec<String> = spot.template.taints.iter().map(ToString::to_string).collect();
    assert_eq!(taints, ["spot=true:NoSchedule", "gpu:PreferNoSchedule"]);
    assert_eq!((spot.template.allowed_pods, spot.template.allocatable.scalar("nvidia.com/gpu")), (29, 1));
    assert_eq!((spot.price_per_hour, spot.idle_timeout, spot.reclaims_per_hour), (0.12, None, 0.05));
    assert_eq!(
        (spot.reclaim_notice, workers.reclaim_notice),
        (SimDuration::from_secs(30), SimDuration::from_secs(120))
    );
    assert_eq!(
        (workers.idle_timeout, workers.provisioning.as_constant()),
        (Some(SimDuration::from_secs(600)), Some(90.0))
    );
    assert_eq!(
        (nodes.autoscaler.scan_interval, nodes.autoscaler.expander),
        (SimDuration::from_secs(20), Expander::LeastWaste)
    );
    assert_eq!(
        (nodes.cycle, nodes.throttle.map(|t| (t.qps, t.burst))),
        (SimDuration::from_millis(2), Some((100.0, 200.0)))
    );
    let [low, high] = &nodes.priority_classes[..] else { panic!("two classes") };
    assert_eq!((low.value, low.never_preempts, high.value, high.is_global_default), (-10, true, 10, true));
    assert!(notices.is_empty(), "the node selector counts: {notices:?}");
}

#[test]
fn without_nodes_placement_has_no_effect_and_says_so() {
    let notices = resolve("preset: ideal", "").expect("it is a scenario").notices;
    assert_eq!(
        notices,
        ["s.yaml:12:25: spec.template.spec.nodeSelector: has no effect in the simulation without nodes (cluster.nodes); in \
          Kubernetes it restricts the nodes on which a Pod may run"]
        .map(|expected| {
            let at = notices[0].find("s.yaml").expect("the file is named");
            format!("{}{expected}", &notices[0][..at])
        })
    );
}

#[test]
fn settings_reach_into_pools() {
    let resolved = resolve_with(&scenario(POOLS, ""), &["cluster.nodes.spot.max=5", "cluster.nodes.spot.count=2"]);
    let Resolved { setup, .. } = resolved.expect("it is a scenario");
    let spot = &setup.config.nodes.as_ref().expect("there are nodes").pools[1];
    assert_eq!((spot.initial, spot.max), (2, 5));
    let text = scenario("preset: ideal", "");
    let set = ["cluster.nodes.new.allocatable.cpu=4", "cluster.nodes.new.allocatable[nvidia.com/gpu]=1"];
    let Resolved { setup, .. } = resolve_with(&text, &set).expect("it is a scenario");
    let nodes = setup.config.nodes.expect("there are nodes");
    assert_eq!((nodes.pools[0].template.allocatable.scalar("nvidia.com/gpu"), nodes.throttle), (1, None));
}

#[test]
fn nonsense_about_nodes_is_refused_with_its_place() {
    let pool = |fields: &str| format!("nodes:\n  w: {{{fields}}}");
    let ok = "allocatable: {cpu: 4}";
    for (cluster, more, error) in [
        (pool(""), "", "s.yaml:16:8: cluster.nodes.w: missing field `allocatable`"),
        (
            pool("allocatable: {cpu: -4}"),
            "",
            "s.yaml:16:28: cluster.nodes.w.allocatable.cpu: -4 is negative: a node has 0 or more of a resource",
        ),
        (
            pool("allocatable: {memory: 16GB}"),
            "",
            "s.yaml:16:31: cluster.nodes.w.allocatable.memory: \"16GB\" is no amount: write one such as 4, 3920m or 16Gi",
        ),
        (
            pool("allocatable: {cpus: 4}"),
            "",
            "s.yaml:16:22: cluster.nodes.w.allocatable: \"cpus\" is no resource of a node: cpu, memory, ephemeral-storage, pods, hugepages-SIZE, or an extended resource such as nvidia.com/gpu (did you mean \"cpu\"?)",
        ),
        (
            pool("allocatable: {}"),
            "",
            "s.yaml:16:22: cluster.nodes.w.allocatable: is empty: write such as {cpu: 3920m, memory: 14Gi}",
        ),
        (
            pool(&format!("{ok}, min: 5, max: 3")),
            "",
            "s.yaml:16:37: cluster.nodes.w.min: 5 nodes at least, and 3 at the most (max)",
        ),
        (
            pool(&format!("{ok}, count: 5, max: 3")),
            "",
            "s.yaml:16:39: cluster.nodes.w.count: 5 nodes at the start: from 0 (min) to 3 (max)",
        ),
        (
            pool(&format!("{ok}, maxx: 3")),
            "",
            "s.yaml:16:32: cluster.nodes.w.maxx: unknown field `maxx`, expected one of `allocatable`, `labels`, `taints`, `zones`, `count`, `min`, `max`, `pricePerHour`, `provisioning`, `idleTimeout`, `consolidateBelow`, `reclaims`, `reclaimNotice`, `onReclaimNotice` (did you mean \"max\"?)",
        ),
        (
            pool(&format!("{ok}, taints: ['a:NoSchedul']")),
            "",
            "s.yaml:16:41: cluster.nodes.w.taints[0]: \"NoSchedul\" is none of the effects NoSchedule, PreferNoSchedule and NoExecute (did you mean \"NoSchedule\"?)",
        ),
        (
            pool(&format!("{ok}, taints: ['a:NoExecute', 'a=b:NoExecute']")),
            "",
            "s.yaml:16:56: cluster.nodes.w.taints[1]: a=b:NoExecute: a taint of this key and effect stands here already",
        ),
        (
            pool(&format!("{ok}, labels: {{a b: c}}")),
            "",
            "s.yaml:16:40: cluster.nodes.w.labels: a b: no key of a label: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
        (
            pool(&format!("{ok}, pricePerHour: -1")),
            "",
            "s.yaml:16:46: cluster.nodes.w.pricePerHour: -1: a price is a number from 0 on",
        ),
        (
            pool(&format!("{ok}, provisioning: never")),
            "",
            "s.yaml:16:46: cluster.nodes.w.provisioning: must be a time: it cannot be never; for no new nodes leave out max",
        ),
        (
            format!("{}\nslots: 3", pool(ok)),
            "",
            "s.yaml:17:10: cluster.slots: slots and nodes exclude each other: with nodes the scheduler decides how many Pods fit",
        ),
        (
            "autoscaler: {expander: random}".to_owned(),
            "",
            "s.yaml:15:15: cluster.autoscaler: means nothing without nodes: give cluster.nodes or cluster.nodesFrom too",
        ),
        (
            "nodes: {}".to_owned(),
            "",
            "s.yaml:15:10: cluster.nodes: there is no pool in it: write such as `nodes: {workers: {allocatable: {cpu: 4}}}`",
        ),
        (
            "nodes: {'A_b': {allocatable: {cpu: 4}}}".to_owned(),
            "",
            "s.yaml:15:18: cluster.nodes.A_b: \"A_b\" cannot begin the names of nodes: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        (
            format!("{}\nscheduler: {{burst: 0}}", pool(ok)),
            "",
            "s.yaml:17:22: cluster.scheduler.burst: must be 1 at least",
        ),
        (
            format!("{}\npriorityClasses: [{{name: a, value: 1}}, {{name: a, value: 2}}]", pool(ok)),
            "",
            "s.yaml:17:20: cluster.priorityClasses: there are two classes \"a\"",
        ),
        (
            format!("{}\npriorityClasses: [{{name: system-x, value: 1}}]", pool(ok)),
            "",
            "s.yaml:17:28: cluster.priorityClasses[0].name: \"system-x\": names that begin with system- are the cluster's own",
        ),
        (
            "preset: ideal".to_owned(),
            "actions: [{at: 1m, drain: w-1}]\n",
            "s.yaml:16:27: actions[0].drain: there are no nodes: give cluster.nodes or cluster.nodesFrom",
        ),
        (
            pool(&format!("{ok}, count: 3")),
            "actions: [{at: 1m, cordon: w-4}]\n",
            "s.yaml:17:28: actions[0].cordon: there is no node \"w-4\"; there are w-1 … w-3 (did you mean \"w-1\"?)",
        ),
        (
            pool(ok),
            "actions: [{at: 1m, taint: {node: w-1, taint: 'a'}}]\n",
            "s.yaml:17:46: actions[0].taint.taint: \"a\" has no effect: write key=value:Effect or key:Effect, such as dedicated=batch:NoSchedule",
        ),
        (
            pool(ok),
            "actions: [{at: 1m, taint: {node: w-1}}]\n",
            "s.yaml:17:27: actions[0].taint: missing: exactly one of `taint`, `taints`",
        ),
        (
            pool(ok),
            "actions: [{at: 1m, label: {node: w-1, labels: {a: '-'}}}]\n",
            "s.yaml:17:47: actions[0].label.labels: a: \"-\" is no value of a label: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
    ] {
        assert_eq!(resolve(&cluster, more).map(|_| ()).expect_err(&cluster), error, "{cluster}");
    }
}

#[test]
fn what_has_no_effect_with_nodes_is_told() {
    let pool = "nodes:\n  w: {allocatable: {cpu: 4}}\nautoscaler: {expander: random}";
    let more = "pods: {bind: 5s, byAttempt: {'2': {outcome: {unschedulable: 5%}}}}\n";
    let notices = resolve(pool, more).expect("it is a scenario").notices;
    for expected in [
        "pods.bind has no effect: the scheduler binds Pods to the cluster's nodes",
        "pods.outcome.unschedulable has no effect: the scheduler binds Pods to the cluster's nodes",
        "cluster.autoscaler has nothing to do: no pool has a min or max other than its count",
    ] {
        assert!(notices.iter().any(|notice| notice == expected), "{expected}: {notices:?}");
    }
    let of_starts = resolve(pool, "pods: {byStart: {'2-4': {bind: 5s}}}\n").expect("it is a scenario").notices;
    assert!(of_starts.iter().any(|notice| notice.starts_with("pods.bind has no effect")), "{of_starts:?}");
    let empty = resolve("nodes:\n  w: {allocatable: {cpu: 4}, max: 0}", "").expect("it is a scenario").notices;
    assert_eq!(empty, ["cluster.nodes: there is no node and there will be none: every Pod stays pending"]);
}

fn planned(setup: &Setup) -> Vec<(u64, String, NodeAction)> {
    let of = |planned: &jobsim::experiment::PlannedAction| match &planned.action {
        Action::Node(NodeRef::Named(name), action) => {
            (planned.at.as_secs_f64() as u64, name.to_string(), action.clone())
        }
        other => panic!("{other:?} is nothing that is done to a node by name"),
    };
    setup.actions.iter().map(of).collect()
}

#[test]
fn what_users_do_to_nodes() {
    let pool = "nodes:\n  w: {allocatable: {cpu: 4}, count: 2, max: 5}";
    let actions = "actions:
- {at: 1s, drain: w-1}
- {at: 2s, uncordon: w-1}
- {at: 3s, deleteNode: w-5}
- {at: 4s, taint: {node: w-1, taints: ['a=b:NoExecute', 'c:NoSchedule-']}}
- {at: 5s, label: {node: w-2, labels: {disk: ssd, old: null}}}
- {at: 6s, lose: {node: w-2, for: 5m}}
";
    let setup = resolve(pool, actions).expect("it is a scenario").setup;
    let all = planned(&setup);
    let times: Vec<(u64, &str)> = all.iter().map(|(at, name, _)| (*at, &**name)).collect();
    assert_eq!(times, [(1, "w-1"), (2, "w-1"), (3, "w-5"), (4, "w-1"), (5, "w-2"), (6, "w-2"), (306, "w-2")]);
    assert_eq!(
        [&all[0].2, &all[1].2, &all[2].2],
        [&NodeAction::Drain, &NodeAction::Cordon(false), &NodeAction::Delete]
    );
    let NodeAction::Taint { set, removed } = &all[3].2 else { panic!("{:?}", all[3]) };
    assert_eq!((set[0].to_string(), removed[0].to_string()), ("a=b:NoExecute".to_owned(), "c:NoSchedule".to_owned()));
    let NodeAction::Patch(patch) = &all[4].2 else { panic!("{:?}", all[4]) };
    assert_eq!(**patch, serde_json::json!({"metadata": {"labels": {"disk": "ssd", "old": null}}}));
    assert_eq!([&all[5].2, &all[6].2], [&NodeAction::Report(false), &NodeAction::Report(true)]);
}

#[test]
fn nodes_of_real_clusters_are_read() {
    let from = |name: &str| resolve(&format!("nodesFrom: {}", fixture(name).display()), "").expect(name);
    let kind = from("kind.yaml");
    let names: Vec<&str> = kind.setup.nodes.iter().map(|n| n.node.name.as_str()).collect();
    assert_eq!(names, ["kind-control-plane", "kind-worker"]);
    let control_plane = &kind.setup.nodes[0].node;
    assert_eq!(control_plane.taints[0].to_string(), "node-role.kubernetes.io/control-plane:NoSchedule");
    assert_eq!((control_plane.allocatable.milli_cpu, control_plane.allocatable.memory), (8_000, 16_265_460 << 10));
    assert!(kind.notices.is_empty(), "{:?}", kind.notices);

    let eks = from("eks.json");
    let states: Vec<(NodeReady, bool)> = eks.setup.nodes.iter().map(|n| (n.ready, n.node.unschedulable)).collect();
    let (ready, lost) = (NodeReady::True, NodeReady::Unknown);
    assert_eq!(states, [(ready, false), (ready, true), (ready, false), (lost, false)]);
    let gpu = &eks.setup.nodes[2].node;
    assert_eq!((gpu.allocatable.scalar("nvidia.com/gpu"), gpu.allowed_pods), (1, 29));
    assert_eq!(gpu.zone(), ("eu-central-1", "eu-central-1a"));
    let ends: Vec<&str> =
        eks.notices.iter().filter_map(|notice| notice.split_once("node ")).map(|(_, end)| end).collect();
    let expected = [
        "ip-192-168-40-7.eu-central-1.compute.internal is cordoned: no Pod goes there until it is uncordoned",
        "ip-192-168-90-1.eu-central-1.compute.internal is not reachable: no Pod goes there until its kubelet reports",
    ];
    assert_eq!(ends, expected);

    let gke = from("gke.yaml");
    assert_eq!(gke.setup.nodes.len(), 2);
    assert_eq!(gke.setup.nodes[1].node.taints[0].to_string(), "cloud.google.com/gke-spot=true:NoSchedule");
    assert_eq!(gke.setup.nodes[1].node.allocatable.milli_cpu, 3_920);
}

#[test]
fn a_file_of_nodes_is_refused_with_its_own_places() {
    let root = folder("nodes-from");
    let path = root.join("nodes.yaml");
    let refused = |text: &str, cluster: &str| {
        std::fs::write(&path, text).expect("a file can be written");
        let cluster = format!("nodesFrom: {}\n{cluster}", path.display());
        resolve(&cluster, "").map(|_| ()).expect_err(text).replace(&format!("{}/", root.display()), "")
    };
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: w-1}\nstatus: {capacity: {cpu: 4}}\n";
    let negative = node.replace("cpu: 4", "cpu: -4");
    let expected = "nodes.yaml:4:26: status.capacity.cpu: \"-4\" is negative: a node has 0 or more of a resource";
    assert_eq!(refused(&negative, ""), expected);
    let pools = "nodes: {w: {allocatable: {cpu: 4}}}";
    let expected =
        "s.yaml:16:14: cluster.nodes.w: a node of this pool would be called w-1, as one in the file of nodesFrom is";
    assert_eq!(refused(node, pools), expected);
    std::fs::remove_file(&path).expect("it is there");
    let error = resolve(&format!("nodesFrom: {}", path.display()), "").map(|_| ()).expect_err("there is no file");
    assert!(
        error.starts_with("s.yaml:15:14: cluster.nodesFrom: ") && error.contains("nodes.yaml: No such file"),
        "{error}"
    );
}

#[test]
fn priority_classes_come_from_manifests_too() {
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: gold}\nvalue: 7\n";
    let system = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: system-node-critical}\nvalue: 2000001000\n";
    let with = |cluster: &str, class: &str| format!("{}---\n{class}---\n{system}", scenario(cluster, ""));
    let pool = "nodes: {w: {allocatable: {cpu: 4}}}";
    let setup = resolve_with(&with(pool, class), &[]).expect("it is a scenario").setup;
    let classes = setup.config.nodes.expect("there are nodes").priority_classes;
    assert_eq!((classes.len(), classes[0].name.as_str(), classes[0].value), (1, "gold", 7));
    let notices = resolve_with(&with("preset: ideal", class), &[]).expect("it is a scenario").notices;
    assert!(
        notices
            .iter()
            .any(|n| n == "2 of other kinds passed over: PriorityClass gold, PriorityClass system-node-critical"),
        "{notices:?}"
    );
    let wrong = resolve_with(&with(pool, &class.replace("value: 7", "value: 2000000000")), &[]);
    assert_eq!(wrong.map(|_| ()).expect_err("too large"), "s.yaml:20:8: value: 2000000000: at most 1000000000");
}

#[test]
fn the_schema_knows_pools() {
    let schema: serde_json::Value = serde_json::from_str(&outcome(&["schema"]).0).expect("it is JSON");
    let pool = &schema["$defs"]["NodePool"];
    assert_eq!(pool["required"], serde_json::json!(["allocatable"]));
    assert!(
        pool["properties"]["idleTimeout"].is_object() && schema["$defs"]["Action"].to_string().contains("deleteNode")
    );
}

/// Nine Pods of a minute, two at a time on two nodes: what is done to a node after half a minute costs a Pod, or does not.
#[test]
fn what_is_done_to_nodes_has_its_effect() {
    let pool = "nodes: {w: {allocatable: {cpu: 1}, count: 2}}";
    let text = scenario(pool, "")
        .replace("          nodeSelector: {disk: ssd}\n", "")
        .replace("[{name: c, image: i}]", "[{name: c, image: i, resources: {requests: {cpu: 1}}}]");
    let text = text.replace("      template:", "      parallelism: 5\n      completions: 9\n      template:");
    let path = folder("nodes-run").join("s.yaml");
    for (action, created) in [
        ("label: {node: w-1, labels: {a: b}}", 9),
        ("cordon: w-1", 9),
        ("lose: {node: w-1, for: 5m}", 9),
        ("drain: w-1", 10),
        ("deleteNode: w-1", 10),
        ("taint: {node: w-1, taint: 'a=b:NoExecute'}", 10),
        ("evictPod: {job: j}", 10),
    ] {
        std::fs::write(&path, format!("{text}actions: [{{at: 30s, {action}}}]\n")).expect("a file can be written");
        let (data, talk, code) = outcome(&["run", &path.display().to_string(), "--until", "2h"]);
        assert_eq!(code, 0, "{talk}");
        assert!(data.contains("j: Complete after "), "{action}: {data}");
        assert!(data.contains(&format!("Pods:       {created} created, 9 succeeded, ")), "{action}: {data}");
    }
}

/// `lose` with `for` is two things that happen, and one entry.
#[test]
fn an_entry_that_comes_too_late_is_told_by_its_own_number() {
    let actions = "until: 1h\nactions: [{at: 6s, lose: {node: w-1, for: 2h}}, {at: 2h, cordon: w-1}]\n";
    let resolved =
        resolve("nodes: {w: {allocatable: {cpu: 4}, labels: {disk: ssd}}}", actions).expect("it is a scenario");
    let late: Vec<&String> = resolved.notices.iter().filter(|notice| notice.contains("is never done")).collect();
    assert_eq!(late, ["actions[1] is never done: virtual time ends before it, after 1h"]);
}

/// The date at which a simulation begins changes nothing but dates: what is there at the beginning is known at once.
#[test]
fn nodes_begin_alike_on_every_date() {
    let text = scenario("nodes: {w: {allocatable: {cpu: 1}, labels: {disk: ssd}, count: 2}}", "");
    let text = text.replace("[{name: c, image: i}]", "[{name: c, image: i, resources: {requests: {cpu: 1}}}]");
    let text = text.replace("      template:", "      parallelism: 5\n      completions: 9\n      template:");
    let lost = "actions: [{at: 30s, lose: {node: w-1, for: 20m}}]\n";
    let outcome = |start: &str| format!("{:?}", replication(&format!("{text}{lost}{start}")));
    assert_eq!(outcome("start: 2026-10-24T00:00:03Z\n"), outcome(""));
}

/// What the autoscaler plans far ahead is waited for: a cluster has not settled before.
#[test]
fn a_slow_autoscaler_acts_all_the_same() {
    let text = |fields: &str, autoscaler: &str| {
        scenario(
            &format!(
                "nodes: {{w: {{allocatable: {{cpu: 4}}, labels: {{disk: ssd}}, {fields}}}}}\nautoscaler: {autoscaler}"
            ),
            "",
        )
    };
    let record = replication(&text("max: 1, provisioning: 1m", "{scanInterval: 40m}"));
    assert_eq!(record.all.end, JobEnd::Complete, "a node is added at the first look after the Pod has waited");
    let hours = |idle: &str| {
        let record = replication(&text(&format!("max: 1, idleTimeout: {idle}"), "{scanInterval: 10s}"));
        record.all.nodes.node_time.as_secs_f64() / 3_600.0
    };
    assert!((1.0..1.2).contains(&hours("1h")), "an idle node is there for an hour more: {}", hours("1h"));
}

/// A Pod that fits on no node: the scheduler tries it, every 10 s if there is no node at all, and the autoscaler looks every
/// 10 s, but nothing will change. A Pod that hangs: nothing happens at all. Neither is simulated to the end, but the Pod
/// waits, or its node costs, until virtual time is over.
#[test]
fn what_never_changes_lasts_until_virtual_time_is_over() {
    let hangs = "labels: {disk: ssd}, count: 1, pricePerHour: 1";
    let path = folder("nodes-for-ever").join("s.yaml");
    for (pool, pods, said) in [
        ("max: 1", "", "(its Pods are never bound to a node)"),
        ("count: 1", "", "(its Pods are never bound to a node)"),
        (hangs, "pods: {outcome: {hang: 100%}}\n", "(its Pods never end)"),
    ] {
        let text =
            scenario(&format!("nodes: {{w: {{allocatable: {{cpu: 2}}, {pool}}}}}"), &format!("until: 30d\n{pods}"));
        let resolved = resolve_with(&text, &[]).expect("it is a scenario");
        let (start, until) = (resolved.setup.start, resolved.setup.until);
        let mut simulator = Simulator::new(&resolved.setup);
        let simulated = simulator.run(0, false);
        let looked = simulator.world().now() - start;
        assert!(looked < SimDuration::from_secs(1_800), "{pool}: {looked}");
        assert!(!simulated.cut && simulated.end == start + until, "{simulated:?}");
        let of_all = simulator.outcome(0, simulated).all;
        let lasts = if pods.is_empty() { of_all.nodes.pending } else { of_all.pod_time };
        assert!(until - lasts < SimDuration::from_secs(2), "{pool}: {lasts}");
        assert!(pool != hangs || (719_900_000..=720_000_000).contains(&of_all.nodes.cost), "{}", of_all.nodes.cost);
        std::fs::write(&path, text).expect("a file can be written");
        let (data, _, _) = outcome(&["run", &path.display().to_string()]);
        assert!(flat(&data).contains("nothing happens after +") && flat(&data).contains(said), "{data}");
    }
}

/// One replication of a scenario.
fn replication(text: &str) -> Replication {
    let resolved = resolve_with(text, &[]).expect("it is a scenario");
    let mut simulator = Simulator::new(&resolved.setup);
    let simulated = simulator.run(0, false);
    simulator.outcome(0, simulated)
}

/// Four Pods of 2 CPUs that run for 100 s, an empty pool of two nodes with room for two each, a minute until they join. The
/// autoscaler looks every 10 s, so that the nodes join at 70 s. A cluster without any node is an error to the scheduler: it
/// tries again after 1, 2, 4, 8 and then 10 s, each time to the end of the second, at 2, 5, 10, 19, 30, 41, 52, 63 and 74 s.
/// The controller looks at what has ended a second later. In all 74 + 100 + 1 s.
#[test]
fn a_pool_with_a_fixed_provisioning_time_has_the_makespan_worked_out_by_hand() {
    let pool = "nodes: {w: {allocatable: {cpu: 4}, labels: {disk: ssd}, max: 2, provisioning: 60s, pricePerHour: 3.6}}";
    let text = scenario(pool, "")
        .replace("[{name: c, image: i}]", "[{name: c, image: i, resources: {requests: {cpu: 2}}}]")
        .replace("      template:", "      parallelism: 4\n      completions: 4\n      template:");
    let record = replication(&format!("{text}pods: {{run: 100s, start: 0s}}\n"));
    let took = record.all.duration.expect("it ends").as_secs_f64();
    assert!((175.0..175.1).contains(&took), "{took}");
    let used = record.all.nodes;
    assert_eq!((used.nodes_started, used.most_nodes), (2, 2));
    let first = used.first_node.expect("a node joins").as_secs_f64();
    assert!((first - 70.0).abs() < 1e-6, "{first}");
    let waited = used.pending_by.of(PendingReason::Nodes).as_secs_f64();
    assert!((waited - 4.0 * 74.0).abs() < 0.1, "{waited}");
    let all = PendingReason::ALL.into_iter().fold(SimDuration::ZERO, |sum, reason| sum + used.pending_by.of(reason));
    assert_eq!(all, used.pending);
    // Idle since 174 s, for ten minutes, and removed at the next look; paid since 10 s, a thousandth a second for each.
    assert_eq!(record.pools[0].cost, used.cost);
    assert!((used.cost as f64 * 1e-6 - 2.0 * (780.0 - 10.0) * 1e-3).abs() < 0.01, "{}", used.cost);
}

/// Random numbers of Pods are named by Job and attempt, so that a pool to which nothing goes changes nothing.
#[test]
fn another_pool_does_not_shift_the_draws_of_pods() {
    let outcome = |other: &str| {
        let pool = format!("nodes: {{w: {{allocatable: {{cpu: 1}}, labels: {{disk: ssd}}, count: 2}}{other}}}");
        let text = scenario(&pool, "")
            .replace("[{name: c, image: i}]", "[{name: c, image: i, resources: {requests: {cpu: 1}}}]")
            .replace("      template:", "      parallelism: 5\n      completions: 9\n      template:");
        let all = replication(&format!("{text}pods: {{run: exponential(mean=1m), outcome: {{fail: 20%}}}}\n")).all;
        (all.duration, all.pod_time, all.retries, all.nodes.pending)
    };
    let alone = outcome("");
    let beside = outcome(", x: {allocatable: {cpu: 8}, taints: ['a=b:NoSchedule'], count: 1, reclaims: 2/h}");
    assert_eq!(alone, beside);
    assert!(alone.1.is_positive());
}

/// Four Pods, two on each node. When three of them have ended, a quarter of one node is used: if the autoscaler consolidates,
/// the Pod is evicted, and starts anew on the other node.
#[test]
fn a_node_that_is_little_used_is_drained_if_its_pods_fit_elsewhere() {
    let run = |pool: &str, annotations: &str| {
        let cluster =
            format!("nodes: {{w: {{allocatable: {{cpu: 4}}, labels: {{disk: ssd}}, count: 2, min: 1{pool}}}}}");
        let text = scenario(&cluster, "")
            .replace("[{name: c, image: i}]", "[{name: c, image: i, resources: {requests: {cpu: 1}}}]")
            .replace("      template:\n", &format!(
                "      parallelism: 4\n      completions: 4\n      completionMode: Indexed\n      template:\n        \
                 metadata: {{annotations: {{{annotations}}}}}\n"
            ));
        let pods = "pods: {run: 5m, byIndex: {0: {run: 2h}, 1: {run: 1h}}}\n";
        let nodes = replication(&format!("{text}{pods}")).all.nodes;
        (nodes.evicted, nodes.most_nodes)
    };
    assert_eq!(run("", ""), (0, 2));
    assert_eq!(run(", consolidateBelow: 50%, idleTimeout: 10m", ""), (1, 2));
    assert_eq!(run(", consolidateBelow: 20%, idleTimeout: 10m", ""), (0, 2), "a quarter is not below a fifth");
    let kept = "cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'";
    assert_eq!(run(", consolidateBelow: 50%, idleTimeout: 10m", kept), (0, 2));
}

/// A Pod whose node shuts down has failed with the condition DisruptionTarget, which its Job may ignore; without a grace
/// period it goes on until the taint of the unreachable node evicts it.
#[test]
fn a_node_that_shuts_down_disrupts_its_pods() {
    let run = |grace: &str, ignores: bool| {
        let policy =
            "      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}\n";
        let limit = format!("      backoffLimit: 0\n{}      template:", if ignores { policy } else { "" });
        let cluster = "nodes: {w: {allocatable: {cpu: 4}, labels: {disk: ssd}, count: 2}}";
        let text = scenario(cluster, "").replace("      template:", &limit);
        let action = format!("at: 10m, shutDownNode: {{node: w-1{grace}}}");
        let other = "at: 1s, cordon: w-2}, {at: 5m, uncordon: w-2";
        let all =
            replication(&format!("{text}pods: {{run: 1h, terminate: 4s}}\nactions: [{{{other}}}, {{{action}}}]\n")).all;
        (all.end, all.reason.map(|reason| reason.as_str()), all.duration.map(|d| d.as_secs_f64().round()))
    };
    let failed = (JobEnd::Failed, Some("BackoffLimitExceeded"));
    let (end, reason, after) = run(", shutdownGracePeriod: 30s", false);
    assert_eq!((end, reason), failed);
    assert!(after.is_some_and(|after| (604.0..606.0).contains(&after)), "{after:?}");
    assert_eq!(run(", shutdownGracePeriod: 30s", true).0, JobEnd::Complete);
    let (_, _, unreachable) = run("", true);
    // 50 s until the node counts as unready, and 5 min that the Pod tolerates it; then it stays Terminating for ever.
    assert_eq!(unreachable, None);
}

/// What is done when a reclaim is announced decides whether a Pod is evicted, fails on its node, or vanishes with it.
#[test]
fn a_reclaim_notice_is_answered_as_the_pool_says() {
    let run = |response: &str| {
        let pool = format!(
            "nodes: {{w: {{allocatable: {{cpu: 1}}, labels: {{disk: ssd}}, count: 4, reclaims: 1/h, onReclaimNotice: {response}}}}}"
        );
        let job = "      parallelism: 4\n      completions: 8\n      backoffLimit: 100\n      template:";
        let text = scenario(&pool, "")
            .replace("[{name: c, image: i}]", "[{name: c, image: i, resources: {requests: {cpu: 1}}}]")
            .replace("      template:", job);
        let nodes = replication(&format!("{text}pods: {{run: 50m}}\nuntil: 6h\n"));
        (nodes.all.nodes.reclaimed, nodes.all.nodes.evicted, nodes.all.nodes.lost, nodes.all.failures.disruption)
    };
    let (drained, shut_down, ignored) = (run("drain"), run("shutdown"), run("ignore"));
    assert!(drained.0 > 0 && drained.1 > 0 && drained.2 == 0, "{drained:?}");
    assert!(shut_down.0 > 0 && shut_down.1 == 0 && shut_down.2 == 0 && shut_down.3 > 0, "{shut_down:?}");
    assert!(ignored.0 > 0 && ignored.1 == 0 && ignored.2 > 0, "{ignored:?}");
}
