//! Benchmarks of many Jobs on one throttle: time for each Pod must not grow with the number of Jobs. They measure and
//! assert nothing about time; results are in the README.

mod common;

use common::{Pods, real};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jobsim::api::JobConditionType;
use jobsim::apiserver::JobObject;
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, World};
use std::sync::Arc;

/// Runs so many Jobs of so many Pods to their end, created within a minute; gives the number of events.
fn run_fleet(jobs: u32, pods: u32, config: Config) -> u64 {
    let mut world = World::new(config, Pods::steady(60));
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
        world.env.log.clear();
    }
    for job in &world.env.store.jobs {
        assert!(job.status.finished().is_some_and(|c| c.condition_type == JobConditionType::Complete));
    }
    world.dispatched
}

fn fleets(c: &mut Criterion) {
    let mut group = c.benchmark_group("many Jobs of 100 Pods, default throttle, 5 workers");
    group.sample_size(10);
    let crowded = Config { slots: Some(500), ..real() };
    for (name, config) in [("any number of slots", real()), ("500 slots", crowded)] {
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
