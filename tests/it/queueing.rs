//! Slots, and a node, held against queueing theory: Jobs of one Pod that arrive as a Poisson process and run for
//! exponential times are an M/M/c queue when neither throttle nor latency is in the way. Its mean wait is known in closed
//! form.

use jobsim::api::{ExitCodeTable, Node, Resources};
use jobsim::apiserver::JobObject;
use jobsim::id::JobId;
use jobsim::kernel::{Entity, Purpose, Streams};
use jobsim::model::{CronStart, Life, PodIdentity, Run, Workload};
use jobsim::record::JobRecord;
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, NodeConfig, World};
use std::sync::Arc;

const ARRIVAL: Purpose = Purpose(0);
const SERVICE: Purpose = Purpose(1);
/// Mean run time, in seconds.
const SERVICE_TIME: f64 = 60.0;
/// Independent replications, Jobs in each, and how many of the first are left out while the queue fills.
const REPLICATIONS: u64 = 24;
const JOBS: u32 = 3_000;
const WARM_UP: usize = 300;
/// Student's t for 23 degrees of freedom, two-sided 99 %. Source: NIST/SEMATECH e-Handbook, table 1.3.6.7.2.
const T: f64 = 2.807;

/// Exponential with this mean, by inversion.
fn exponential(mean: f64, uniform: f64) -> SimDuration {
    SimDuration::from_secs_f64(-mean * libm::log(uniform))
}

/// Pods that ask for a slot as soon as they are created, and run for exponential times.
struct Exponential(Streams);

fn entity(job: u32) -> Entity {
    Entity::named(&["queueing"]).member(job)
}

impl Workload for Exponential {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, _: usize, codes: &mut ExitCodeTable) -> Life {
        let run = self.run(pod, 0, 1, codes);
        Life {
            bind: Some(SimDuration::ZERO),
            start: Ok(SimDuration::ZERO),
            ready: None,
            run,
            stop_after: SimDuration::ZERO,
            is_killed_after_grace: true,
            stop_codes: run.exit_codes,
            stop_succeeds: true,
            disruption: None,
        }
    }

    fn run(&mut self, pod: PodIdentity, _: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        let uniform = self.0.draws(entity(pod.job.0), 0).uniform(SERVICE);
        Run {
            lasts: Some(exponential(SERVICE_TIME, uniform)),
            exit_codes: codes.intern(&[0]),
            succeeds: true,
            restart_after: SimDuration::ZERO,
        }
    }
}

/// A Job of one Pod that requests a CPU.
fn job_of_one_pod() -> Arc<JobObject> {
    let manifest = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "one"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
            {"name": "main", "image": "app:1", "resources": {"requests": {"cpu": "1"}}}
        ]}}}
    });
    Arc::new(JobObject::from_value(&manifest).expect("it is a Job"))
}

/// One replication: the mean wait for a slot in seconds, and the mean number of slots taken while Jobs arrived.
fn replicate(slots: u32, load: f64, replication: u64) -> (f64, f64) {
    let streams = Streams::new(20_261_125, replication);
    let job = job_of_one_pod();
    let mut world = World::new(Config { slots: Some(slots), ..Config::default() }, Exponential(streams));
    let mut at = SimTime::ZERO;
    for n in 0..JOBS {
        let uniform = streams.draws(entity(n), 0).uniform(ARRIVAL);
        at = at + exponential(SERVICE_TIME / (load * f64::from(slots)), uniform);
        world.add_job(Arc::new(job.copied(format!("one-{n}"))), at);
    }
    let mut recorder = world.recorder(false);
    world.run(at, &mut recorder);
    let waits = recorder.jobs[WARM_UP..].iter().map(|job| job.capacity.room.total.as_secs_f64());
    let count = recorder.jobs.len() - WARM_UP;
    (waits.sum::<f64>() / count as f64, recorder.capacity.occupancy.mean(at - SimTime::ZERO))
}

/// Mean wait in an M/M/c queue of `servers` with this load for each, by Erlang's C formula: the probability of waiting
/// is C = B / (1 − ρ (1 − B)), with Erlang's loss B by its recursion B(n) = a B(n−1) / (n + a B(n−1)); the mean wait is
/// C × service time / (servers × (1 − ρ)).
/// Source: Cooper, Introduction to Queueing Theory, 2nd ed., sections 3.3 and 3.4.
fn erlang_wait(servers: u32, load: f64) -> f64 {
    let offered = load * f64::from(servers);
    let loss = (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    let waits = loss / (1.0 - load * (1.0 - loss));
    waits * SERVICE_TIME / (f64::from(servers) * (1.0 - load))
}

fn mean_and_half_width(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, T * (variance / n).sqrt())
}

#[test]
fn erlangs_formula_gives_the_published_values() {
    // M/M/1: ρ / (1 − ρ) service times. M/M/2 with ρ = 0.5: C = 1/3, so a third of a service time.
    assert!((erlang_wait(1, 0.75) - 3.0 * SERVICE_TIME).abs() < 1e-9);
    assert!((erlang_wait(2, 0.5) - SERVICE_TIME / 3.0).abs() < 1e-9);
}

#[test]
fn slots_agree_with_erlang_c() {
    for (slots, load) in [(1, 0.5), (3, 0.7), (10, 0.8)] {
        let runs: Vec<(f64, f64)> = (0..REPLICATIONS).map(|r| replicate(slots, load, r)).collect();
        let (waits, taken): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
        let expected = erlang_wait(slots, load);
        let (mean, half) = mean_and_half_width(&waits);
        assert!((mean - expected).abs() <= half, "{slots} slots: {mean} ± {half} s, Erlang C says {expected} s");
        assert!(half < 0.25 * expected, "{slots} slots: ± {half} s says little about {expected} s");
        let (mean, half) = mean_and_half_width(&taken);
        let expected = load * f64::from(slots);
        assert!((mean - expected).abs() <= half, "{slots} slots: {mean} ± {half} taken, Little's law says {expected}");
    }
}

/// The same on one node with as many CPUs, to which the scheduler binds: the mean wait in seconds.
fn replicate_on_node(cpus: u32, load: f64, replication: u64) -> f64 {
    let streams = Streams::new(20_261_130, replication);
    let job = job_of_one_pod();
    let nodes =
        NodeConfig { cycle: SimDuration::from_micros(1), has_lifecycle_controller: false, ..NodeConfig::default() };
    let mut world = World::new(Config { nodes: Some(Box::new(nodes)), ..Config::default() }, Exponential(streams));
    let allocatable = Resources { milli_cpu: i64::from(cpus) * 1_000, memory: 1 << 40, ..Resources::default() };
    let node = Node { name: "node".to_owned(), allocatable, allowed_pods: 1_000, ..Node::default() };
    world.add_node(Arc::new(node), SimTime::ZERO, SimDuration::from_secs(10));
    let mut at = SimTime::ZERO;
    for n in 0..JOBS {
        let uniform = streams.draws(entity(n), 0).uniform(ARRIVAL);
        at = at + exponential(SERVICE_TIME / (load * f64::from(cpus)), uniform);
        world.add_job(Arc::new(job.copied(format!("one-{n}"))), at);
    }
    let mut recorder = world.recorder(false);
    // Until the last Pod has begun: every wait counts.
    world.run(at + SimDuration::from_secs(100_000), &mut recorder);
    let wait = |job: &JobRecord| (job.first_running.unwrap() - job.created.unwrap()).as_secs_f64();
    recorder.jobs[WARM_UP..].iter().map(wait).sum::<f64>() / (recorder.jobs.len() - WARM_UP) as f64
}

/// Pods in back-off are tried early, and not in the order in which they came; the mean wait does not depend on the order.
#[test]
fn a_node_agrees_with_erlang_c() {
    for (cpus, load) in [(1, 0.5), (4, 0.7)] {
        let waits: Vec<f64> = (0..REPLICATIONS).map(|r| replicate_on_node(cpus, load, r)).collect();
        let expected = erlang_wait(cpus, load);
        let (mean, half) = mean_and_half_width(&waits);
        assert!((mean - expected).abs() <= half, "{cpus} CPUs: {mean} ± {half} s, Erlang C says {expected} s");
        assert!(half < 0.25 * expected, "{cpus} CPUs: ± {half} s says little about {expected} s");
    }
}
