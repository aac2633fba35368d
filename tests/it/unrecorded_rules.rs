//! Rules of kubelets, slots, and the controllers around nodes that no recorded history shows, each in a small world of its
//! own. What the recordings show is held by `tests/it/conformance.rs`.

use jobsim::api::{
    Containers, DisruptionReason, ExitCodeTable, JobStatus, Node, Pod, PodPhase, Resources, Taint, TaintEffect,
};
use jobsim::apiserver::{JobObject, PriorityClass};
use jobsim::id::{JobId, NodeId, PodId};
use jobsim::model::{
    CronStart, Disruption, DisruptionKind, DisruptionOrigin, Life, LifeSoFar, PodIdentity, Run, Workload,
};
use jobsim::record::Observation;
use jobsim::release::{MODELLED, ReleaseRule};
use jobsim::time::{SimDuration, SimTime, WholeSecond};
use jobsim::world::{
    Action, ApiPod, BeginsWith, BegunPod, Config, JobRef, NodeAction, NodeConfig, NodeRef, PodKey, Propagation, World,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// How a Pod behaves, in seconds.
#[derive(Clone, Copy)]
struct Course {
    /// From its creation to its binding, in clusters without nodes.
    bind: i64,
    /// How long the first run of its containers lasts, which fails if there are others.
    first_run: i64,
    /// How long the other runs last, which succeed.
    other_runs: i64,
    /// How long its containers take to stop.
    stop: i64,
    is_killed_after_grace: bool,
    /// When it is evicted after its binding.
    evicted: Option<i64>,
}

const COURSE: Course =
    Course { bind: 0, first_run: 100_000, other_runs: 0, stop: 0, is_killed_after_grace: true, evicted: None };

/// Pods that behave as a function says, and start at once.
struct Courses(fn(PodIdentity) -> Course);

impl Workload for Courses {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        let course = (self.0)(pod);
        let kind = DisruptionKind::Eviction;
        Life {
            bind: Some(secs(course.bind)),
            start: Ok(SimDuration::ZERO),
            ready: Some(SimDuration::ZERO),
            run: self.run(pod, 0, containers, codes),
            stop_after: secs(course.stop),
            is_killed_after_grace: course.is_killed_after_grace,
            stop_codes: codes.intern_repeated(143, containers),
            stop_succeeds: false,
            disruption: course.evicted.map(|at| Disruption { at: secs(at), origin: DisruptionOrigin::Binding, kind }),
        }
    }

    fn run(&mut self, pod: PodIdentity, run: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        let course = (self.0)(pod);
        let succeeds = run > 0 || course.other_runs == 0;
        Run {
            lasts: Some(secs(if run == 0 { course.first_run } else { course.other_runs })),
            exit_codes: codes.intern_repeated(i32::from(!succeeds), containers),
            succeeds,
            restart_after: secs(1),
        }
    }
}

fn secs(secs: i64) -> SimDuration {
    SimDuration::from_secs(secs)
}

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + secs(seconds)
}

/// A Job whose Pods have one container and these fields besides.
fn job(name: &str, spec: Value, pods: Value) -> Arc<JobObject> {
    let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec});
    let mut template = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]});
    template.as_object_mut().expect("an object").extend(pods.as_object().expect("fields").clone());
    job["spec"]["template"] = json!({"spec": template});
    Arc::new(JobObject::from_value(&job).expect("the Job is valid"))
}

fn run_until(world: &mut World<Courses>, end: SimTime) {
    while world.next_time().is_some_and(|next| next <= end) {
        world.step();
    }
}

const FIRST: PodKey = PodKey { index: None, attempt: 1 };

fn the_job(n: u32) -> JobRef {
    JobRef::Id(JobId(n))
}

fn pod<W>(world: &World<W>, n: u32) -> &ApiPod {
    &world.env.store.pods[PodId(n)]
}

/// The finalizer keeps the object while the Job controller is down. A kubelet that kills containers at the end of the grace
/// period kills these at once, as they have none; one that does not lets them finish.
#[test]
fn a_pod_deleted_without_grace_runs_on_only_where_nothing_kills_its_containers() {
    for (is_killed_after_grace, phase) in [(true, PodPhase::Running), (false, PodPhase::Succeeded)] {
        let course: fn(PodIdentity) -> Course = match is_killed_after_grace {
            true => |_| Course { first_run: 60, ..COURSE },
            false => |_| Course { first_run: 60, is_killed_after_grace: false, ..COURSE },
        };
        let mut world = World::new(Config::default(), Courses(course));
        world.add_job(job("a", json!({}), json!({})), at(0));
        world.add_action(Action::StopControllers, at(5));
        world.add_action(Action::ForceDeletePod(the_job(0), FIRST), at(10));
        run_until(&mut world, at(59));
        assert_eq!((pod(&world, 0).pod.phase, pod(&world, 0).forced), (PodPhase::Running, true));
        run_until(&mut world, at(60));
        assert_eq!(pod(&world, 0).pod.phase, phase, "killed: {is_killed_after_grace}");
    }
}

/// The API server then deletes the object without waiting for the kubelet, which reports nothing any more.
#[test]
fn a_grace_period_of_zero_is_a_deletion_without_grace() {
    for (grace, phase) in [(0, PodPhase::Running), (30, PodPhase::Failed)] {
        let mut world = World::new(Config::default(), Courses(|_| COURSE));
        world.add_job(job("a", json!({}), json!({"terminationGracePeriodSeconds": grace})), at(0));
        world.add_action(Action::StopControllers, at(5));
        world.add_action(Action::DeletePod(the_job(0), FIRST), at(10));
        run_until(&mut world, at(20));
        let stored = pod(&world, 0);
        assert!(stored.forced && !stored.gone, "only the finalizer keeps it");
        assert_eq!(stored.pod.phase, phase, "a grace period of {grace} s");
    }
}

/// The first run would end before the disruption. A Pod that is restarted in place is still there when it comes.
#[test]
fn a_restarted_pod_meets_the_disruption_that_its_first_run_would_have_escaped() {
    for (policy, is_disrupted) in [("OnFailure", true), ("Never", false)] {
        let course = |_| Course { first_run: 5, other_runs: 100, evicted: Some(30), ..COURSE };
        let mut world = World::new(Config::default(), Courses(course));
        world.add_job(job("a", json!({}), json!({"restartPolicy": policy})), at(0));
        run_until(&mut world, at(29));
        assert!(!pod(&world, 0).pod.disruption_target);
        run_until(&mut world, at(30));
        assert_eq!(pod(&world, 0).pod.disruption_target, is_disrupted, "{policy}");
    }
}

/// A world that begins with a Pod whose containers run, or whose containers ended and wait for their next run.
fn with_begun_pod(pods: Value, so_far: LifeSoFar, course: fn(PodIdentity) -> Course) -> World<Courses> {
    let mut world = World::new(Config::default(), Courses(course));
    let waits = so_far.exited.is_some();
    let pod = Pod {
        phase: PodPhase::Running,
        bound: true,
        containers: Containers::Running,
        ..Pod::new(WholeSecond::default(), None, 0, 0)
    };
    let ended = waits.then(|| (WholeSecond::default(), vec![1]));
    let begun = BegunPod { pod, ended, so_far, each: Vec::new(), node: None };
    let status = JobStatus { active: 1, start_time: Some(SimTime::ZERO), ..JobStatus::default() };
    let begins = BeginsWith { status: Arc::new(status), pods: Arc::new([begun]), ..BeginsWith::default() };
    world.add_job_that(job("a", json!({}), pods), Some(begins), at(0));
    world
}

#[test]
fn a_pod_that_waited_for_its_restart_when_the_run_began_is_restarted() {
    let so_far = LifeSoFar { bound: Some(secs(9)), exited: Some(secs(3)), restarts: 2, ..LifeSoFar::default() };
    let course = |_| Course { first_run: 5, other_runs: 100, ..COURSE };
    let mut world = with_begun_pod(json!({"restartPolicy": "OnFailure"}), so_far, course);
    run_until(&mut world, at(3));
    let now = pod(&world, 0).pod;
    assert_eq!((now.restarts, now.containers), (1, Containers::Running), "it runs again");
    run_until(&mut world, at(120));
    assert_eq!(pod(&world, 0).pod.phase, PodPhase::Succeeded);
}

/// The time counts from the binding, which was 50 s before the run.
#[test]
fn the_deadline_of_a_pod_that_ran_before_the_run_is_not_begun_anew() {
    let so_far = LifeSoFar { bound: Some(secs(50)), running: Some(secs(50)), ..LifeSoFar::default() };
    let mut world = with_begun_pod(json!({"activeDeadlineSeconds": 60}), so_far, |_| COURSE);
    run_until(&mut world, at(9));
    assert_eq!(pod(&world, 0).pod.phase, PodPhase::Running);
    run_until(&mut world, at(10));
    assert_eq!(pod(&world, 0).pod.phase, PodPhase::Failed);
}

#[test]
fn the_first_pod_that_finds_no_slot_waits() {
    let waits = |slots, parallelism| {
        let mut world = World::new(Config { slots: Some(slots), ..Config::default() }, Courses(|_| COURSE));
        world.add_job(job("a", json!({"parallelism": parallelism}), json!({})), at(0));
        run_until(&mut world, at(10));
        let waits = |seen: &Observation| matches!(seen, Observation::RoomWait(_));
        world.env.log.drain(..).filter(waits).count()
    };
    assert_eq!([(2, 1), (2, 2), (2, 3), (2, 5)].map(|(slots, pods)| waits(slots, pods)), [0, 0, 1, 3]);
}

/// The Job that was created first is resumed later, so its Pod is the younger one. Both Pods ask for the only slot in the
/// same instant.
#[test]
fn of_two_pods_that_ask_for_a_slot_in_one_instant_the_older_comes_first() {
    let course = |pod: PodIdentity| Course { bind: if pod.job == JobId(0) { 6 } else { 10 }, ..COURSE };
    let mut world = World::new(Config { slots: Some(1), ..Config::default() }, Courses(course));
    world.add_job(job("a", json!({"suspend": true}), json!({})), at(0));
    world.add_job(job("b", json!({}), json!({})), at(1));
    world.add_action(Action::PatchJob(the_job(0), Arc::new(json!({"spec": {"suspend": false}}))), at(5));
    run_until(&mut world, at(20));
    let bound: Vec<JobId> = world.env.store.pods.iter().filter(|pod| pod.pod.bound).map(|pod| pod.job).collect();
    assert_eq!((bound, world.env.store.pods.len()), (vec![JobId(1)], 2));
}

/// A cluster with one node of 4 CPUs, in which requests take this long.
fn world_with_node(api: SimDuration, course: fn(PodIdentity) -> Course) -> World<Courses> {
    let class = |name: &str, value| PriorityClass {
        name: name.to_owned(),
        value,
        is_global_default: false,
        never_preempts: false,
    };
    let priority_classes = vec![class("low", 0), class("middle", 10), class("high", 100)];
    let settings = NodeConfig { priority_classes, ..NodeConfig::default() };
    let config = Config { api_latency: api.into(), nodes: Some(Box::new(settings)), ..Config::default() };
    let mut world = World::new(config, Courses(course));
    let allocatable = Resources { milli_cpu: 4_000, memory: 8 << 30, ..Resources::default() };
    let node = Node { name: "n".to_owned(), allocatable, allowed_pods: 110, ..Node::default() };
    world.add_node(Arc::new(node), SimTime::ZERO, secs(10));
    world
}

fn on_node(n: u32, action: NodeAction) -> Action {
    Action::Node(NodeRef::Id(NodeId(n)), action)
}

fn set_taint(key: &str) -> NodeAction {
    NodeAction::Taint { set: vec![Taint::new(key, TaintEffect::NoExecute)], removed: Vec::new() }
}

/// Pods that may take long to stop, and request CPUs.
fn slow_pods(class: &str, cpus: i64) -> Value {
    let requests = json!({"requests": {"cpu": cpus}});
    let containers = json!([{"name": "main", "image": "app:1", "resources": requests}]);
    json!({"terminationGracePeriodSeconds": 600, "containers": containers, "priorityClassName": class})
}

/// A second taint that is tolerated for longer does not change when the first one's time is over.
#[test]
fn an_eviction_that_waits_keeps_its_time_when_another_taint_comes() {
    let mut world = world_with_node(SimDuration::ZERO, |_| COURSE);
    let tolerated = |key: &str, seconds: i64| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds});
    let tolerations = json!([tolerated("first", 60), tolerated("second", 1_000)]);
    world.add_job(job("a", json!({}), json!({"tolerations": tolerations})), at(10));
    world.add_action(on_node(0, set_taint("first")), at(100));
    world.add_action(on_node(0, set_taint("second")), at(130));
    run_until(&mut world, at(160) - SimDuration::TICK);
    assert!(!pod(&world, 0).pod.deleting());
    run_until(&mut world, at(161));
    assert!(pod(&world, 0).pod.deleting(), "it is evicted 60 s after the first taint");
}

/// As `UpdatePodCondition` does, which changes lastTransitionTime only with the status.
#[test]
fn a_condition_that_is_true_already_keeps_its_time_under_a_new_reason() {
    let slow = |_| Course { stop: 500, ..COURSE };
    let mut world = world_with_node(SimDuration::ZERO, slow);
    world.add_job(job("a", json!({}), json!({"terminationGracePeriodSeconds": 600})), at(10));
    world.add_action(Action::EvictPod(the_job(0), FIRST), at(40));
    world.add_action(on_node(0, set_taint("gone")), at(60));
    let of = |world: &World<Courses>| {
        let placement = world.env.store.placement(PodId(0));
        (placement.disruption, SimTime::from(placement.disrupted_at))
    };
    run_until(&mut world, at(50));
    assert_eq!(of(&world), (Some(DisruptionReason::Eviction), at(40)));
    run_until(&mut world, at(70));
    assert_eq!(of(&world), (Some(DisruptionReason::TaintManager), at(40)));

    // The same for a Pod that is preempted between the two requests of its eviction.
    let mut world = world_with_node(secs(20), slow);
    world.add_job(job("low", json!({}), slow_pods("low", 4)), at(10));
    world.add_action(on_node(0, set_taint("gone")), at(300));
    let mut pods = slow_pods("high", 4);
    pods["tolerations"] = json!([{"operator": "Exists"}]);
    world.add_job(job("high", json!({}), pods), at(325));
    run_until(&mut world, at(350));
    let (reason, since) = of(&world);
    assert_eq!((reason, pod(&world, 0).pod.deleting()), (Some(DisruptionReason::TaintManager), false));
    run_until(&mut world, at(400));
    assert_eq!(of(&world), (Some(DisruptionReason::Preemption), since));
}

/// The Pod garbage collector deletes them without grace. Source: `gcTerminating`.
#[test]
fn of_a_node_out_of_service_only_pods_that_are_being_deleted_are_removed() {
    let mut world = world_with_node(SimDuration::ZERO, |_| COURSE);
    let tolerations = json!([{"operator": "Exists"}]);
    world.add_job(job("stays", json!({}), json!({"tolerations": tolerations})), at(10));
    world.add_job(job("goes", json!({}), json!({})), at(11));
    world.add_action(on_node(0, NodeAction::Report(false)), at(100));
    world.add_action(on_node(0, set_taint("node.kubernetes.io/out-of-service")), at(200));
    run_until(&mut world, at(300));
    assert_eq!([0, 1].map(|n| pod(&world, n).gone), [false, true]);
}

/// Two Pods are nominated to a node where their victims still stop. A third Pod of a higher priority needs the whole node.
#[test]
fn pods_lose_their_nomination_in_the_order_of_their_numbers() {
    let mut world = world_with_node(SimDuration::from_millis(100), |_| Course { stop: 500, ..COURSE });
    let two = json!({"parallelism": 2});
    world.add_job(job("large", json!({}), slow_pods("low", 2)), at(10));
    world.add_job(job("small", two.clone(), slow_pods("low", 1)), at(20));
    world.add_job(job("middle", two, slow_pods("middle", 1)), at(40));
    world.add_job(job("high", json!({}), slow_pods("high", 4)), at(60));
    let nominated = |world: &World<Courses>| [3, 4].map(|n| world.env.store.placement(PodId(n)).nominated.is_some());
    run_until(&mut world, at(60));
    assert_eq!(nominated(&world), [true, true]);
    let mut seen = vec![nominated(&world)];
    while world.now() < at(70) && world.step().is_some() {
        if seen.last() != Some(&nominated(&world)) {
            seen.push(nominated(&world));
        }
    }
    assert_eq!(seen, [[true, true], [false, true], [false, false]]);
}

/// Up to v1.31 one worker cleans up; later there are five.
#[test]
fn one_worker_cleans_up_orphans_in_old_releases() {
    for (is_one, expected) in [(true, [100, 200, 300]), (false, [100, 100, 100])] {
        let params = MODELLED.with_rule(ReleaseRule::HasOneOrphanWorker, is_one).job_controller;
        let latency = SimDuration::from_millis(100);
        let config = Config { params, api_latency: latency.into(), gc_latency: secs(1_000), ..Config::default() };
        let mut world = World::new(config, Courses(|_| COURSE));
        for n in 0..3 {
            world.add_job(job(&format!("job-{n}"), json!({}), json!({})), at(0));
            world.add_action(Action::DeleteJob(the_job(n), Propagation::Background), at(100));
        }
        let has_finalizer = |world: &World<Courses>, n| pod(world, n).pod.finalizer;
        run_until(&mut world, at(100));
        assert!((0..3).all(|n| has_finalizer(&world, n)), "the Pods exist");
        let freed = (0..3).map(|n| {
            while has_finalizer(&world, n) {
                world.step().expect("orphans lose their finalizers");
            }
            (world.now() - at(100)).as_nanos() / 1_000_000
        });
        assert_eq!(freed.collect::<Vec<_>>(), expected, "one worker: {is_one}");
    }
}
