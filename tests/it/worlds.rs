//! Random worlds of several Jobs: what must hold in any of them. A failure names the seed of its world; that world
//! alone is run again with `JOBSIM_WORLD=<seed> cargo test --test it worlds`.

use jobsim::api::{ClusterQueue, ExitCodeTable, JobStatus, PodPhase, QUEUE_LABEL, QueueingStrategy, WaitingReason};
use jobsim::apiserver::{CronJobObject, JobObject};
use jobsim::id::{CronJobId, JobId};
use jobsim::model::{
    ContainerLife, CronStart, Disruption, DisruptionKind, DisruptionOrigin, Distribution, Latency, LatencyOf, Life,
    PlannedRun, PodIdentity, Run, Workload,
};
use jobsim::record::{Recorder, Stage};
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{
    Action, BeginsWith, Config, JobRef, KueueConfig, PodKey, PodSelection, PodsAction, Propagation, RateLimit,
    Validation, World,
};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How many worlds are made.
const WORLDS: u64 = 150;

/// What a world is depends on its seed alone.
#[derive(Clone)]
struct Dice(ChaCha8Rng);

impl Dice {
    fn of(seed: u64) -> Self {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Dice of their own, which do not depend on how often these are thrown.
    fn fork(&mut self) -> Self {
        Dice(self.0.fork())
    }

    /// From 0 to `n` − 1.
    fn below(&mut self, n: u64) -> u64 {
        self.0.random_range(0..n)
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.0.random_ratio(1, n)
    }

    fn micros(&mut self, most: u64) -> SimDuration {
        SimDuration::from_micros(self.below(most) as i64)
    }
}

/// Pods whose lives, and requests and changes whose latencies, are as the dice say; those of Jobs with several containers
/// are told apart.
struct Random(Dice, HashMap<JobId, usize>);

impl Random {
    fn new(dice: Dice) -> Self {
        Random(dice, HashMap::new())
    }
}

impl Workload for Random {
    fn admit(&mut self, id: JobId, job: &JobObject, _: Option<CronStart<'_>>) {
        self.1.insert(id, job.spec.template.container_names().count());
    }

    fn containers(&mut self, pod: PodIdentity) -> Vec<ContainerLife> {
        let count = self.1[&pod.job];
        let dice = &mut self.0;
        let mut life = || ContainerLife {
            start: if dice.one_in(2) { SimDuration::ZERO } else { dice.micros(3_000_000) },
            startup: if dice.one_in(2) {
                Some(SimDuration::ZERO)
            } else {
                (!dice.one_in(10)).then(|| dice.micros(2_000_000))
            },
            ready: (!dice.one_in(10)).then(|| dice.micros(2_000_000)),
            stop_after: dice.micros(40_000_000),
            stop_code: if dice.one_in(2) { 143 } else { 0 },
            after_main: dice.one_in(6).then(|| dice.micros(2_000_000)),
        };
        if count > 1 { (0..count).map(|_| life()).collect() } else { Vec::new() }
    }

    fn container_run(&mut self, _: PodIdentity, _: usize, _: u32) -> PlannedRun {
        let code = [0, 0, 0, 1, 3, 42][self.0.below(6) as usize];
        PlannedRun { lasts: (!self.0.one_in(20)).then(|| self.0.micros(50_000_000)), code }
    }

    fn container_restart(&mut self, _: PodIdentity, _: usize, _: u32, _: SimTime) -> SimDuration {
        SimDuration::from_micros(1) + self.0.micros(20_000_000)
    }

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        let run = self.run(pod, 0, containers, codes);
        let dice = &mut self.0;
        let kinds = [DisruptionKind::Delete, DisruptionKind::Eviction, DisruptionKind::Kubelet, DisruptionKind::PodGc];
        let disruption = dice.one_in(8).then(|| Disruption {
            at: dice.micros(60_000_000),
            origin: DisruptionOrigin::Creation,
            kind: *kinds.choose(&mut dice.0).expect("there is a kind"),
        });
        Life {
            bind: (!dice.one_in(40)).then(|| dice.micros(3_000_000)),
            start: Ok(dice.micros(5_000_000)),
            ready: (!dice.one_in(10)).then(|| dice.micros(2_000_000)),
            run,
            stop_after: dice.micros(40_000_000),
            is_killed_after_grace: true,
            stop_codes: codes.intern_repeated(143, containers),
            stop_succeeds: false,
            disruption,
        }
    }

    fn choice(&mut self, _: PodIdentity, _: u32) -> f64 {
        self.0.below(1_000) as f64 / 1_000.0
    }

    fn pull_reports(&mut self, _: PodIdentity) -> Vec<(SimDuration, WaitingReason)> {
        let dice = &mut self.0;
        if dice.one_in(10) { vec![(dice.micros(9_000_000), WaitingReason::ErrImagePull)] } else { Vec::new() }
    }

    fn latency(&mut self, _: LatencyOf, _: Option<JobId>, _: &Distribution) -> SimDuration {
        SimDuration::from_micros(1) + self.0.micros(90_000)
    }

    fn run(&mut self, _: PodIdentity, _: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        let code = [0, 0, 0, 1, 3][self.0.below(5) as usize];
        Run {
            lasts: (!self.0.one_in(30)).then(|| self.0.micros(50_000_000)),
            exit_codes: codes.intern_repeated(code, containers),
            succeeds: code == 0,
            restart_after: self.0.micros(20_000_000),
        }
    }
}

fn config(dice: &mut Dice) -> Config {
    let latency = dice.one_in(2);
    let mut span = |most| if latency { SimDuration::from_micros(1) + dice.micros(most) } else { SimDuration::ZERO };
    let (api_latency, watch_latency) = (span(40_000), span(60_000));
    Config {
        api_latency: api_latency.into(),
        watch_latency: watch_latency.into(),
        gc_latency: dice.micros(300_000),
        throttle: dice
            .one_in(2)
            .then(|| RateLimit { qps: 1.375 + dice.below(12) as f64, burst: 1.0 + dice.below(10) as f64 }),
        events_throttled: dice.one_in(3),
        slots: dice.one_in(2).then(|| dice.below(8) as u32),
        kueue: dice.one_in(3).then(|| Arc::new(kueue(dice))),
        paranoid: true,
        ..Config::default()
    }
}

/// A queue of a few Pods.
fn kueue(dice: &mut Dice) -> KueueConfig {
    let strategy = if dice.one_in(2) { QueueingStrategy::StrictFifo } else { QueueingStrategy::BestEffortFifo };
    let nominal_quota = vec![("pods".into(), 1 + dice.below(8) as i64)];
    let queue = ClusterQueue { name: "q".into(), strategy, nominal_quota, local_queues: vec!["q".into()] };
    KueueConfig { latency: dice.micros(200_000), queues: vec![queue] }
}

/// The spec of a Job; what belongs together in a valid one stays together.
fn spec(dice: &mut Dice) -> Value {
    let policy = if dice.one_in(4) { "OnFailure" } else { "Never" };
    let mut spec = json!({
        "parallelism": dice.below(6),
        "completions": 1 + dice.below(8),
        "backoffLimit": dice.below(5),
        "template": {"spec": {"restartPolicy": policy, "containers": [{"name": "main", "image": "app:1"}]}},
    });
    if dice.one_in(3) {
        let template = &mut spec["template"]["spec"];
        let action = if dice.one_in(2) { "Restart" } else { "RestartAllContainers" };
        let rules = json!([{"action": action, "exitCodes": {"operator": "In", "values": [42]}}]);
        let mut second = json!({"name": "second", "image": "b:1"});
        if dice.one_in(2) {
            second["restartPolicy"] = json!("Never");
            second["restartPolicyRules"] = rules;
        }
        template["containers"] = json!([{"name": "main", "image": "app:1"}, second]);
        let sidecar = json!({"name": "sidecar", "image": "c:1", "restartPolicy": "Always"});
        let init = json!({"name": "init", "image": "d:1"});
        template["initContainers"] =
            [json!([]), json!([init]), json!([sidecar]), json!([init, sidecar])][dice.below(4) as usize].clone();
    }
    if dice.one_in(2) {
        spec["completionMode"] = json!("Indexed");
        if policy == "Never" && dice.one_in(2) {
            spec["backoffLimitPerIndex"] = json!(dice.below(3));
        }
    }
    if policy == "Never" && dice.one_in(3) {
        let on_codes = json!({"operator": "In", "values": [3]});
        let action = ["FailJob", "Ignore", "Count"][dice.below(3) as usize];
        spec["podFailurePolicy"] = json!({"rules": [{"action": action, "onExitCodes": on_codes}]});
    } else if dice.one_in(3) {
        spec["podReplacementPolicy"] = json!("Failed");
    }
    for (field, most) in [("activeDeadlineSeconds", 200), ("ttlSecondsAfterFinished", 40)] {
        if dice.one_in(4) {
            spec[field] = json!(1 + dice.below(most));
        }
    }
    if dice.one_in(6) {
        spec["suspend"] = json!(true);
    }
    spec
}

/// A status that a Job may have had.
fn status(dice: &mut Dice, job: &JobObject) -> JobStatus {
    let counted = if job.spec.is_indexed() { 0 } else { dice.below(2) as i32 };
    JobStatus {
        ready: Some(0),
        terminating: Some(0),
        succeeded: counted,
        failed: dice.below(2) as i32,
        start_time: (!job.spec.suspend).then_some(SimTime::ZERO),
        ..JobStatus::default()
    }
}

fn action(dice: &mut Dice, jobs: &[JobId]) -> Action {
    let job = *jobs.choose(&mut dice.0).expect("a world has a Job");
    let (index, attempt) = (dice.one_in(2).then(|| dice.below(4) as u32), 1 + dice.below(4) as u32);
    let types = ["example.com/Held", "Suspended", "SuccessCriteriaMet", "FailureTarget", "Failed", "Complete"];
    let kind = *types.choose(&mut dice.0).expect("there is a type");
    let status = if dice.one_in(3) { "False" } else { "True" };
    let selection = |dice: &mut Dice| {
        let share = [1.0, 0.5][dice.below(2) as usize];
        PodSelection { job: dice.one_in(2).then(|| job.into()), index: None, attempt: None, share }
    };
    match dice.below(14) {
        8 | 9 => Action::PatchJobStatus(
            job.into(),
            Arc::new(json!({"conditions": [{"type": kind, "status": status, "reason": "Dice"}]})),
        ),
        10 => Action::Pods(selection(dice), PodsAction::Evict),
        11 => Action::Pods(selection(dice), PodsAction::Delete { is_forced: dice.one_in(2) }),
        12 => Action::Pods(selection(dice), PodsAction::Unreachable(dice.one_in(2).then(|| dice.micros(400_000_000)))),
        13 => Action::Pods(selection(dice), PodsAction::NodeLost),
        0 => Action::RestartControllers(dice.micros(5_000_000)),
        1 => Action::DeleteJob(job.into(), Propagation::Foreground),
        2 => Action::DeleteJob(job.into(), Propagation::Background),
        3 | 4 => Action::DeletePod(job.into(), PodKey { index, attempt }),
        5 => Action::PatchJob(job.into(), Arc::new(json!({"spec": {"suspend": dice.one_in(2)}}))),
        _ => Action::PatchJob(job.into(), Arc::new(json!({"spec": {"parallelism": dice.below(7)}}))),
    }
}

/// A CronJob that starts often.
fn cronjob(dice: &mut Dice, n: u64) -> CronJobObject {
    let pick = |dice: &mut Dice, of: &[&str]| (*of.choose(&mut dice.0).expect("there is a choice")).to_owned();
    let mut manifest = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": format!("cronjob-{n}")},
        "spec": {
            "schedule": pick(dice, &["* * * * *", "*/2 * * * *", "5-55/5 * * * *"]),
            "concurrencyPolicy": pick(dice, &["Allow", "Forbid", "Replace"]),
            "successfulJobsHistoryLimit": dice.below(4),
            "failedJobsHistoryLimit": dice.below(3),
            "jobTemplate": {"spec": spec(dice)},
        },
    });
    if dice.one_in(3) {
        manifest["spec"]["startingDeadlineSeconds"] = json!(10 + dice.below(100));
    }
    CronJobObject::from_value(&manifest).unwrap_or_else(|errors| panic!("{manifest}: {errors:?}"))
}

/// What users do with a CronJob and its Jobs.
fn cron_action(dice: &mut Dice, id: CronJobId) -> Action {
    let created = JobRef::Created(id, 1 + dice.below(20) as u32);
    let suspend = Arc::new(json!({"spec": {"suspend": dice.one_in(2)}}));
    match dice.below(6) {
        0 => Action::DeleteJob(created, Propagation::Foreground),
        1 => Action::DeletePod(created, PodKey { index: None, attempt: 1 }),
        2 => Action::PatchJob(created, suspend),
        3 => Action::DeleteCronJob(id, if dice.one_in(2) { Propagation::Background } else { Propagation::Foreground }),
        4 => Action::DeleteJob(JobRef::NameOfScheduled(id, 1 + dice.below(20) as u32), Propagation::Background),
        _ => Action::PatchCronJob(id, suspend, Validation::On),
    }
}

fn make(seed: u64) -> World<Random> {
    let mut dice = Dice::of(seed);
    let mut config = config(&mut dice);
    let pods = Random::new(dice.fork());
    if dice.one_in(3) && config.api_latency.is_positive() {
        // The dice decide how long each takes.
        let random: Distribution = "exponential(mean=50ms)".parse().expect("it is a distribution");
        config.api_latency = Latency::Random(random.clone());
        config.watch_latency = Latency::Random(random);
    }
    let mut world = World::new(config, pods);
    // Some worlds begin with all Jobs at one instant.
    let spread = if dice.one_in(3) { 1 } else { 60_000_000 };
    let mut jobs = Vec::new();
    for n in 0..1 + dice.below(7) {
        let mut manifest = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": format!("job-{n}")}, "spec": spec(&mut dice),
        });
        if dice.one_in(2) {
            manifest["metadata"]["labels"] = json!({QUEUE_LABEL: "q"});
            manifest["spec"]["suspend"] = json!(!dice.one_in(4));
        }
        let job = JobObject::from_value(&manifest).unwrap_or_else(|errors| panic!("{manifest}: {errors:?}"));
        // Some were at work before.
        let begins = dice.one_in(4).then(|| BeginsWith {
            status: Arc::new(status(&mut dice, &job)),
            deleting: dice.one_in(6),
            ..BeginsWith::default()
        });
        jobs.push(world.add_job_that(Arc::new(job), begins, SimTime::ZERO + dice.micros(spread)));
    }
    for _ in 0..dice.below(8) {
        let at = SimTime::ZERO + dice.micros(200_000_000);
        let action = action(&mut dice, &jobs);
        world.add_action(action, at);
    }
    for n in 0..dice.below(3) {
        let id = world.add_cronjob(Arc::new(cronjob(&mut dice, n)), SimTime::ZERO + dice.micros(spread));
        for _ in 0..dice.below(4) {
            let at = SimTime::ZERO + dice.micros(3_000_000_000);
            let action = cron_action(&mut dice, id);
            world.add_action(action, at);
        }
    }
    world
}

/// Runs a world for an hour; every sync holds the ledger against the recount, and every step the slots. A world that is
/// recorded forgets what is gone.
fn run(seed: u64, recorded: bool) -> (World<Random>, Recorder, String) {
    let mut world = make(seed);
    let slots = config(&mut Dice::of(seed)).slots;
    let mut recorder = world.recorder(false);
    let (until, mut course) = (SimTime::ZERO + SimDuration::from_secs(3_600), String::new());
    while let Some(now) = world.next_time().filter(|&now| now <= until) {
        world.step();
        course += &format!("{} {:?}\n", now.as_nanos(), world.env.log);
        if recorded {
            world.record(&mut recorder);
        }
        world.env.log.clear();
        let takes = |phase: PodPhase, bound: bool| bound && !phase.is_terminal();
        let taken = world.env.store.pods.iter().filter(|p| !p.gone && takes(p.pod.phase, p.pod.bound)).count();
        assert!(slots.is_none_or(|slots| taken <= slots as usize), "{taken} Pods are bound, {slots:?} slots are there");
    }
    recorder.close(until);
    (world, recorder, course)
}

fn check(seed: u64) {
    let (world, recorder, course) = run(seed, true);
    assert_eq!(course, run(seed, false).2, "the same seed must give the same course, and nothing forgotten be missed");
    let end = SimTime::ZERO + SimDuration::from_secs(3_600);
    for (n, record) in recorder.jobs.iter().enumerate() {
        let over = [record.finished, record.gone, Some(end)].into_iter().flatten().min().unwrap_or(end);
        let life = over - record.created.expect("every Job was created");
        let sum = Stage::ALL.iter().fold(SimDuration::ZERO, |sum, &stage| sum + record.capacity.stages.span(stage));
        assert_eq!(sum, life, "the stages of Job {n} do not sum up to its life");
        let path = record.path.spans().into_iter().fold(SimDuration::ZERO, |sum, span| sum + span);
        assert_eq!(path, life, "the critical path of Job {n} does not sum up to its life: {:?}", record.path.spans());
    }
    for pod in &world.env.store.pods {
        let job = &world.env.store.jobs[pod.job];
        if pod.pod.phase == PodPhase::Succeeded {
            let codes = pod.pod.containers.exit_codes().map(|codes| world.env.codes.get(codes));
            let regular = job.spec.template.containers.len();
            let is_zero = |codes: &[i32]| codes.iter().take(regular).all(|&code| code == 0);
            assert!(codes.is_some_and(is_zero), "a Pod succeeds only if its regular containers do: {codes:?}");
        }
        let over = job.gone || job.status.finished().is_some();
        assert!(pod.gone || !over || !pod.pod.finalizer, "a Pod of a Job that is over still carries its finalizer");
    }
}

/// Whatever it made, a world is as large as what is in it.
#[test]
fn a_cronjobs_week_takes_no_more_room_than_its_day() {
    let mut dice = Dice::of(7);
    let config = Config { throttle: Some(RateLimit::default()), ..Config::default() };
    let mut world = World::new(config, Random::new(dice.clone()));
    let manifest = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "often"},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {
            "activeDeadlineSeconds": 600, "backoffLimit": 1, "template": spec(&mut dice)["template"],
        }}},
    });
    world.add_cronjob(Arc::new(CronJobObject::from_value(&manifest).expect("it is a CronJob")), SimTime::ZERO);
    let mut recorder = world.recorder(false);
    recorder.retire_jobs();
    let mut footprint = |days: i64| {
        let mut retired = 0;
        while world.next_time().is_some_and(|next| next <= SimTime::ZERO + SimDuration::from_secs(days * 86_400)) {
            world.step();
            world.record(&mut recorder);
            retired += recorder.take_retired().filter(|job| job.created.is_some()).count();
        }
        let store = &world.env.store;
        assert!(recorder.spare_path_lists() <= 16, "{} path lists are spare", recorder.spare_path_lists());
        (retired, store.jobs.len(), [store.jobs.footprint(), store.pods.footprint()])
    };
    let (_, _, day) = footprint(1);
    let (retired, made, week) = footprint(7);
    assert!(made > 10_000 && retired > 8_000, "{made} Jobs were made, {retired} were retired since the first day");
    // Memory comes in pages of some thousand objects.
    assert!(week.iter().all(|&room| room <= 2_048), "{week:?} after a week, {day:?} after a day");
}

#[test]
fn what_must_hold_in_any_world() {
    let only = std::env::var("JOBSIM_WORLD").ok().map(|seed| seed.parse().expect("JOBSIM_WORLD is a number"));
    for seed in only.map_or(0..WORLDS, |seed: u64| seed..seed + 1) {
        let outcome = catch_unwind(AssertUnwindSafe(|| check(seed)));
        assert!(outcome.is_ok(), "world {seed} fails; again: JOBSIM_WORLD={seed} cargo test --test it worlds");
    }
}
