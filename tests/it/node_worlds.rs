//! Random clusters with nodes: what must hold in any of them. A failure names the seed of its world; that world alone is
//! run again with `JOBSIM_NODE_WORLD=<seed> cargo test --test it node_worlds`.

use jobsim::api::{ExitCodeTable, Node, PodScheduled, Resources, Taint, TaintEffect};
use jobsim::apiserver::{JobObject, PriorityClass};
use jobsim::id::{JobId, NodeId, PodId};
use jobsim::model::{CronStart, Life, PodIdentity, Run, Workload};
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Action, Config, NodeAction, NodeConfig, NodeRef, World};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::sync::Arc;

/// How many clusters are made.
const WORLDS: u64 = 60;

/// Pods whose lives are as the dice say.
struct RandomPods(ChaCha8Rng);

impl Workload for RandomPods {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        let run = self.run(pod, 0, containers, codes);
        Life {
            bind: None,
            start: Ok(SimDuration::from_micros(self.0.random_range(0..3_000_000))),
            ready: None,
            run,
            stop_after: SimDuration::from_micros(self.0.random_range(0..20_000_000)),
            is_killed_after_grace: true,
            stop_codes: run.exit_codes,
            stop_succeeds: false,
            disruption: None,
        }
    }

    fn run(&mut self, _: PodIdentity, _: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        let fails = self.0.random_ratio(1, 8);
        Run {
            lasts: Some(SimDuration::from_micros(self.0.random_range(1..120_000_000))),
            exit_codes: codes.intern_repeated(i32::from(fails), containers),
            succeeds: !fails,
            restart_after: SimDuration::from_secs(1),
        }
    }
}

fn node(dice: &mut ChaCha8Rng, n: u32) -> Node {
    let mut node = Node {
        name: format!("node-{n}"),
        allocatable: Resources {
            milli_cpu: dice.random_range(500..8_000),
            memory: dice.random_range(1..32_i64) << 30,
            ..Resources::default()
        },
        allowed_pods: dice.random_range(1..20),
        ..Node::default()
    };
    node.labels.set("disk", if dice.random_ratio(1, 2) { "ssd" } else { "hdd" });
    if dice.random_ratio(1, 4) {
        node.taints.push(Taint::new("dedicated", TaintEffect::NoSchedule));
    }
    node
}

fn job(dice: &mut ChaCha8Rng, n: u32) -> Arc<JobObject> {
    let mut spec = json!({
        "restartPolicy": "Never",
        "containers": [{
            "name": "main",
            "image": "app:1",
            "resources": {"requests": {
                "cpu": format!("{}m", dice.random_range(1..3_000)),
                "memory": format!("{}Mi", dice.random_range(1..4_000))
            }}
        }]
    });
    if dice.random_ratio(1, 3) {
        spec["nodeSelector"] = json!({"disk": "ssd"});
    }
    if dice.random_ratio(1, 3) {
        spec["tolerations"] = json!([{"key": "dedicated", "operator": "Exists"}]);
    }
    if dice.random_ratio(1, 3) {
        spec["priorityClassName"] = json!("high");
    }
    let object = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": format!("job-{n}")},
        "spec": {
            "completions": dice.random_range(1..12),
            "parallelism": dice.random_range(1..8),
            "backoffLimit": 50,
            "template": {"spec": spec}
        }
    });
    Arc::new(JobObject::from_value(&object).expect("the Job is valid"))
}

fn action(dice: &mut ChaCha8Rng) -> NodeAction {
    match dice.random_range(0..6) {
        0 => NodeAction::Cordon(true),
        1 => NodeAction::Cordon(false),
        2 => NodeAction::Drain,
        3 => NodeAction::Delete,
        4 => NodeAction::Report(false),
        _ => NodeAction::Report(true),
    }
}

fn world_of(seed: u64) -> World<RandomPods> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let class = PriorityClass {
        name: "high".to_owned(),
        value: 1_000,
        is_global_default: false,
        never_preempts: dice.random_ratio(1, 3),
    };
    let nodes = NodeConfig {
        cycle: SimDuration::from_micros(dice.random_range(1..5_000)),
        has_lifecycle_controller: dice.random_ratio(1, 2),
        priority_classes: vec![class],
        ..NodeConfig::default()
    };
    let latency = if dice.random_ratio(1, 3) { 0 } else { dice.random_range(1..40_000) };
    let config = Config {
        api_latency: SimDuration::from_micros(latency).into(),
        watch_latency: SimDuration::from_micros(latency * 2).into(),
        nodes: Some(Box::new(nodes)),
        paranoid: true,
        ..Config::default()
    };
    let mut world = World::new(config, RandomPods(ChaCha8Rng::seed_from_u64(seed ^ 0x5eed)));
    let at = |dice: &mut ChaCha8Rng| SimTime::ZERO + SimDuration::from_micros(dice.random_range(1..400_000_000));
    let count = dice.random_range(1..7);
    for n in 0..count {
        let joins = if dice.random_ratio(1, 2) { SimTime::ZERO } else { at(&mut dice) };
        world.add_node(Arc::new(node(&mut dice, n)), joins, SimDuration::from_secs(10));
    }
    for n in 0..dice.random_range(1..6) {
        let created = at(&mut dice);
        world.add_job(job(&mut dice, n), created);
    }
    for _ in 0..dice.random_range(0..6) {
        let target = NodeRef::Id(NodeId(dice.random_range(0..count)));
        let when = at(&mut dice);
        world.add_action(Action::Node(target, action(&mut dice)), when);
    }
    world
}

/// What Pods that are bound to a node and have not finished request of it.
fn requested(world: &World<RandomPods>, id: NodeId) -> (Resources, i64) {
    let store = &world.env.store;
    let is_on = |&(pod, stored): &(PodId, &jobsim::world::ApiPod)| {
        !stored.gone && !stored.pod.phase.is_terminal() && store.placement(pod).node == Some(id)
    };
    let (mut sum, mut pods) = (Resources::default(), 0);
    for (pod, _) in store.pods.entries().filter(is_on) {
        sum += &store.pod_spec(pod).requests;
        pods += 1;
    }
    (sum, pods)
}

/// Whether a node would take a Pod now, by its object and by what is requested of it.
fn takes(world: &World<RandomPods>, id: NodeId, pod: PodId) -> bool {
    let (store, spec) = (&world.env.store, world.env.store.pod_spec(pod));
    let node = &store.nodes[id].node;
    let (mut sum, pods) = requested(world, id);
    sum += &spec.requests;
    store.nodes[id].exists()
        && !node.unschedulable
        && spec.untolerated(&node.taints).is_none()
        && spec.matches_node(&node.labels, &node.name)
        && sum.milli_cpu <= node.allocatable.milli_cpu
        && sum.memory <= node.allocatable.memory
        && pods < node.allowed_pods
}

fn check(seed: u64) {
    let mut world = world_of(seed);
    let mut recorder = world.recorder(false);
    let end = SimTime::ZERO + SimDuration::from_secs(7_200);
    while !world.is_settled() && world.next_time().is_some_and(|at| at <= end) {
        world.step();
        // The record asserts that Pods never request more of a node than is allocatable.
        world.record(&mut recorder);
    }
    recorder.close(world.now());
    for (id, node) in world.env.store.nodes.entries().filter(|(_, node)| node.exists()) {
        let (sum, pods) = requested(&world, id);
        assert!(sum.milli_cpu <= node.node.allocatable.milli_cpu, "CPU of {}", node.node.name);
        assert!(pods <= node.node.allowed_pods, "Pods of {}", node.node.name);
    }
    let waits = |pod: PodId| matches!(world.env.store.placement(pod).scheduled, PodScheduled::False { .. });
    for (pod, stored) in world.env.store.pods.entries() {
        if stored.gone || !stored.pod.is_active() || !waits(pod) {
            continue;
        }
        for (id, node) in world.env.store.nodes.entries() {
            assert!(!takes(&world, id, pod), "Pod {pod:?} waits though {} would take it", node.node.name);
        }
    }
}

#[test]
fn nothing_is_overbooked_and_nobody_waits_in_vain() {
    let only = std::env::var("JOBSIM_NODE_WORLD").ok().map(|seed| seed.parse().expect("a seed is a number"));
    for seed in only.map_or(0..WORLDS, |seed: u64| seed..seed + 1) {
        let result = std::panic::catch_unwind(|| check(seed));
        assert!(result.is_ok(), "JOBSIM_NODE_WORLD={seed} cargo test --test it node_worlds");
    }
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut world = world_of(seed);
        let mut trace = Vec::new();
        while !world.is_settled() && world.dispatched < 20_000 && world.step().is_some() {
            trace.push((world.now(), world.env.store.version()));
            world.env.log.clear();
        }
        trace
    };
    for seed in 0..5 {
        assert!(run(seed) == run(seed), "world {seed}");
    }
}
