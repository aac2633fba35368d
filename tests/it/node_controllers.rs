//! The controllers around nodes in worlds of their own: what a healthy cluster costs, what a restart leaves, and that they
//! stand whatever happens to nodes. Recorded histories hold the rules (`tests/it/conformance.rs`).

use jobsim::api::{Containers, ExitCodeTable, LABEL_ZONE, Labels, Node, NodeReady, PodPhase, Resources, TaintEffect};
use jobsim::apiserver::JobObject;
use jobsim::id::{JobId, NodeId};
use jobsim::model::{CronStart, Distribution, Latency, LatencyOf, Life, PodIdentity, Run, Workload};
use jobsim::record::Observation;
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Action, Config, NodeAction, NodeConfig, NodeRef, World};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::sync::Arc;

/// Pods that run for a minute, or for as long as it is said.
struct Runs(SimDuration, ChaCha8Rng);

impl Runs {
    fn for_secs(secs: i64) -> Self {
        Runs(SimDuration::from_secs(secs), ChaCha8Rng::seed_from_u64(7))
    }
}

impl Workload for Runs {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        Life {
            bind: None,
            start: Ok(SimDuration::from_secs(2)),
            ready: Some(SimDuration::from_secs(1)),
            run: self.run(pod, 0, containers, codes),
            stop_after: SimDuration::from_secs(3),
            is_killed_after_grace: true,
            stop_codes: codes.intern_repeated(143, containers),
            stop_succeeds: false,
            disruption: None,
        }
    }

    fn run(&mut self, _: PodIdentity, _: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        let exit_codes = codes.intern_repeated(0, containers);
        Run { lasts: Some(self.0), exit_codes, succeeds: true, restart_after: SimDuration::ZERO }
    }

    fn latency(&mut self, _: LatencyOf, _: Option<JobId>, _: &Distribution) -> SimDuration {
        SimDuration::from_micros(self.1.random_range(1..90_000))
    }
}

fn at(secs: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

fn millis(millis: i64) -> Latency {
    SimDuration::from_millis(millis).into()
}

fn world(api_latency: Latency, watch_latency: Latency, lasts: i64) -> World<Runs> {
    let nodes = Some(Box::new(NodeConfig::default()));
    World::new(Config { api_latency, watch_latency, nodes, ..Config::default() }, Runs::for_secs(lasts))
}

fn add_nodes(world: &mut World<Runs>, count: usize) {
    for n in 0..count {
        let labels = Labels::from_iter([(LABEL_ZONE, ["a", "b", "c"][n % 3])]);
        let allocatable = Resources { milli_cpu: 4_000, memory: 8 << 30, ..Resources::default() };
        let node = Node { name: format!("n-{n:04}"), labels, allocatable, allowed_pods: 110, ..Node::default() };
        world.add_node(Arc::new(node), SimTime::ZERO, SimDuration::from_millis(3_000 + n as i64 % 7_000));
    }
}

fn add_job(world: &mut World<Runs>, name: &str, parallelism: u32, secs: i64) {
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {
            "parallelism": parallelism, "completions": parallelism, "ttlSecondsAfterFinished": 30,
            "template": {"spec": {"restartPolicy": "Never", "containers": [
                {"name": "main", "image": "app:1", "resources": {"requests": {"cpu": "1"}}},
            ]}},
        },
    });
    world.add_job(Arc::new(JobObject::from_value(&job).expect("the Job is valid")), at(secs));
}

fn run_until(world: &mut World<Runs>, end: SimTime) {
    while world.next_time().is_some_and(|next| next <= end) {
        world.step();
    }
}

/// The shutdown leaves 2 s, which is less than the 3 s that the containers take to stop: they are killed.
#[test]
fn a_node_that_shuts_down_stops_its_pods_and_rejects_others() {
    for (grace, stops_at, code) in [(30, 103, 143), (2, 102, 137)] {
        let mut world = world(SimDuration::ZERO.into(), SimDuration::ZERO.into(), 100_000);
        add_nodes(&mut world, 1);
        add_job(&mut world, "a", 2, 10);
        let shut_down = NodeAction::ShutDown(SimDuration::from_secs(grace));
        world.add_action(Action::Node(NodeRef::Id(NodeId(0)), shut_down), at(100));
        // It comes before the scheduler has seen the taint: the Job is created, and its Pod bound, in the same instant.
        add_job(&mut world, "late", 1, 100);
        run_until(&mut world, at(100));
        let running =
            |world: &World<Runs>| world.env.store.pods.iter().filter(|pod| pod.pod.phase == PodPhase::Running).count();
        assert_eq!(world.env.store.nodes[NodeId(0)].ready, NodeReady::False);
        assert_eq!(running(&world), 2, "a Pod runs until its containers have stopped");
        run_until(&mut world, at(stops_at) - SimDuration::TICK);
        assert_eq!(running(&world), 2);
        run_until(&mut world, at(stops_at));
        assert_eq!(running(&world), 0);
        let codes = &world.env.codes;
        let ended: Vec<_> =
            world.env.store.pods.iter().map(|stored| stored.pod).filter(|pod| pod.phase.is_terminal()).collect();
        let disrupted: Vec<_> = ended.iter().filter(|pod| pod.disruption_target).collect();
        assert_eq!(disrupted.len(), 2, "{ended:?}");
        assert!(disrupted.iter().all(|pod| pod.phase == PodPhase::Failed));
        for pod in &disrupted {
            let Containers::Terminated { exit_codes, .. } = pod.containers else { panic!("{pod:?} has stopped") };
            assert_eq!(codes.get(exit_codes), [code]);
        }
    }
}

#[test]
fn a_thousand_healthy_nodes_cost_nothing_all_day() {
    let mut world = world(millis(8), millis(15), 60);
    add_nodes(&mut world, 1_000);
    run_until(&mut world, at(600));
    let settled = world.dispatched;
    assert!(settled < 10_000, "{settled} events for 1,000 nodes to join");
    run_until(&mut world, at(86_400));
    assert_eq!(world.dispatched, settled, "nothing happens where nothing changes");
    assert!(world.env.store.nodes.iter().all(|node| node.node.taints.is_empty() && node.ready == NodeReady::True));
}

#[test]
fn a_node_that_falls_silent_late_is_found_by_the_pass_that_is_due() {
    let mut world = world(millis(8), millis(15), 100_000);
    add_nodes(&mut world, 6);
    add_job(&mut world, "a", 6, 10);
    let silent = at(40_003);
    world.add_action(Action::Node(NodeRef::Id(NodeId(2)), NodeAction::Report(false)), silent);
    let lost = |world: &World<Runs>| world.env.store.nodes[NodeId(2)].ready == NodeReady::Unknown;
    while !lost(&world) {
        world.step().expect("it is found");
    }
    // Its lease was renewed last at 39,993.002 s, which the pass of 39,995 s saw; 50 s later is not later than 50 s.
    assert_eq!(world.now(), at(40_050) + SimDuration::from_millis(8) + SimDuration::TICK);
    run_until(&mut world, at(40_400));
    let node = &world.env.store.nodes[NodeId(2)].node;
    assert_eq!(
        node.taints.iter().map(|t| t.effect).collect::<Vec<_>>(),
        [TaintEffect::NoSchedule, TaintEffect::NoExecute]
    );
    let evicted = |pod: &&jobsim::world::ApiPod| pod.pod.disruption_target && pod.pod.deleting();
    assert!(world.env.store.pods.iter().filter(evicted).count() > 0, "its Pods are evicted after 300 s");
}

#[test]
fn new_controllers_get_to_know_all_nodes_again() {
    let mut world = world(millis(8), millis(15), 60);
    add_nodes(&mut world, 3);
    add_job(&mut world, "a", 3, 10);
    world.add_action(Action::Node(NodeRef::Id(NodeId(0)), NodeAction::Report(false)), at(20));
    world.add_action(Action::RestartControllers(SimDuration::from_secs(30)), at(60));
    world.add_action(Action::Node(NodeRef::Id(NodeId(0)), NodeAction::Report(true)), at(1_000));
    let (mut registered, mut was_lost) = (0, false);
    while world.now() < at(2_000) && world.step().is_some() {
        let is_new = |seen: &Observation| matches!(seen, Observation::NodeEvent(_, e) if e.reason == "RegisteredNode");
        was_lost |= world.env.store.nodes[NodeId(0)].ready == NodeReady::Unknown;
        registered += world.env.log.drain(..).filter(is_new).count();
    }
    assert_eq!((registered, was_lost), (6, true));
    let node = &world.env.store.nodes[NodeId(0)];
    assert_eq!((node.ready, node.node.taints.len()), (NodeReady::True, 0));
    assert!(world.env.store.jobs.iter().all(|job| job.gone), "the Job is through, and deleted after its TTL");
}

#[test]
fn they_stand_whatever_happens_to_nodes() {
    for seed in 0..60 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let latency = |dice: &mut ChaCha8Rng, kind| match kind {
            0 => millis(0),
            1 => millis(dice.random_range(1..200)),
            _ => Latency::Random("uniform(1ms, 90ms)".parse().expect("it is a distribution")),
        };
        let kind = dice.random_range(0..3);
        let (api, watch) = (latency(&mut dice, kind), latency(&mut dice, kind));
        let mut world = world(api, watch, dice.random_range(1..400));
        let nodes = dice.random_range(1..7);
        add_nodes(&mut world, nodes);
        for n in 0..4 {
            add_job(&mut world, &format!("job-{n}"), dice.random_range(1..8), dice.random_range(1..900));
        }
        for _ in 0..12 {
            let action = match dice.random_range(0..9) {
                0..=2 => NodeAction::Report(false),
                3..=5 => NodeAction::Report(true),
                6 => NodeAction::Cordon(dice.random_ratio(1, 2)),
                7 => NodeAction::Delete,
                _ => {
                    let taints = json!([{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}]);
                    NodeAction::Patch(Arc::new(json!({"spec": {"taints": taints}})))
                }
            };
            let node = NodeRef::Id(NodeId(dice.random_range(0..nodes) as u32));
            world.add_action(Action::Node(node, action), at(dice.random_range(1..2_000)));
        }
        if dice.random_ratio(1, 3) {
            let down = SimDuration::from_secs(dice.random_range(0..40));
            world.add_action(Action::RestartControllers(down), at(dice.random_range(1..1_500)));
        }
        while world.now() < at(5_000) && world.step().is_some() {
            world.env.log.clear();
            world.forget_gone(|_, _| {});
        }
        let orphans = world.env.store.pods.entries().filter(|(id, pod)| {
            let node = (!pod.gone).then(|| world.env.store.placement(*id).node).flatten();
            node.is_some_and(|node| world.env.store.nodes[node].gone)
        });
        let left: Vec<PodPhase> = orphans.map(|(_, pod)| pod.pod.phase).collect();
        assert!(left.is_empty(), "world {seed}: Pods are left on nodes that are gone: {left:?}");
    }
}
