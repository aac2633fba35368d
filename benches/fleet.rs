//! Benchmarks of many Jobs on one throttle: time for each Pod must not grow with the number of Jobs. They measure and
//! assert nothing about time; results are in the README.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jobsim::api::{ExitCodeTable, JobConditionType, JobObject};
use jobsim::id::JobId;
use jobsim::model::{CronStart, Life, PodIdentity, Run, Workload};
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, Throttle, World};
use std::sync::Arc;

/// Pods that start at once, run 60 s and succeed.
struct Steady;

impl Workload for Steady {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, _: usize, codes: &mut ExitCodeTable) -> Life {
        let run = self.run(pod, 0, 1, codes);
        Life {
            bind: Some(SimDuration::ZERO),
            start: SimDuration::ZERO,
            ready: Some(SimDuration::ZERO),
            run,
            stop_after: SimDuration::from_secs(1),
            stop_codes: run.exit_codes,
            stop_succeeds: run.succeeds,
            disruption: None,
        }
    }

    fn run(&mut self, _: PodIdentity, _: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        Run {
            lasts: Some(SimDuration::from_secs(60)),
            exit_codes: codes.intern(&[0]),
            succeeds: true,
            restart_after: SimDuration::ZERO,
        }
    }
}

/// Runs so many Jobs of so many Pods to their end, created within a minute; gives the number of events.
fn run_fleet(jobs: u32, pods: u32, config: Config) -> u64 {
    let mut world = World::new(config, Steady);
    for n in 0..jobs {
        let manifest = serde_json::json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": format!("job-{n}")},
            "spec": {"completions": pods, "parallelism": pods,
                "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}}}
        });
        let job = JobObject::from_value(&manifest).expect("it is a Job");
        let at = SimTime::ZERO + SimDuration::from_micros(i64::from(n) * 60_000_000 / i64::from(jobs));
        world.add_job(Arc::new(job), at);
    }
    while world.step().is_some() {
        world.log.clear();
    }
    for job in &world.store.jobs {
        assert!(job.status.finished().is_some_and(|c| c.condition_type == JobConditionType::Complete));
    }
    world.dispatched
}

fn fleets(c: &mut Criterion) {
    let mut group = c.benchmark_group("many Jobs of 100 Pods, default throttle, 5 workers");
    group.sample_size(10);
    let real = Config {
        throttle: Some(Throttle::default()),
        events_throttled: true,
        api_latency: SimDuration::from_millis(3),
        watch_latency: SimDuration::from_millis(2),
        ..Config::default()
    };
    let crowded = Config { slots: Some(500), ..real.clone() };
    for (name, config) in [("any number of slots", real), ("500 slots", crowded)] {
        for jobs in [100, 1_000, 10_000] {
            group.throughput(Throughput::Elements(u64::from(jobs) * 100));
            group.bench_function(format!("{name}, {jobs} Jobs"), |b| {
                b.iter_batched(|| config.clone(), |config| run_fleet(jobs, 100, config), BatchSize::PerIteration);
            });
        }
    }
    group.finish();
}

criterion_group!(benches, fleets);
criterion_main!(benches);
