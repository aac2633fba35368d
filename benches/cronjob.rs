//! Benchmarks of a CronJob that starts every minute: its year must not take more memory than its day, and no more time
//! for each Job. They measure and assert nothing about time; results are in the README.

mod common;

use common::{Pods, real};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jobsim::apiserver::CronJobObject;
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, World};
use std::sync::Arc;

/// Runs a CronJob for so many days; gives how many Jobs it made.
fn run_cronjob(days: i64, config: Config) -> u32 {
    let manifest = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "every-minute"},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"backoffLimit": 2,
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}}}}}
    });
    let cronjob = CronJobObject::from_value(&manifest).expect("it is a CronJob");
    let mut world = World::new(config, Pods::failing(20));
    world.add_cronjob(Arc::new(cronjob), SimTime::ZERO);
    let mut recorder = world.recorder(false);
    recorder.retire_jobs();
    let (until, mut finished) = (SimTime::ZERO + SimDuration::from_secs(days * 86_400), 0);
    while world.next_time().is_some_and(|next| next <= until) {
        world.step();
        world.record(&mut recorder);
        finished += recorder.take_retired().filter(|job| job.finished.is_some()).count();
    }
    let made = world.env.store.jobs.len();
    assert!(i64::from(made as u32) >= days * 1_440 - 1 && finished + 2_000 > made, "{made} Jobs, {finished} are over");
    made as u32
}

fn years(c: &mut Criterion) {
    let mut group = c.benchmark_group("a CronJob that starts every minute");
    group.sample_size(10);
    for (name, config) in [("ideal cluster", Config::default()), ("default throttle and latency", real())] {
        for days in [30, 365] {
            group.throughput(Throughput::Elements(days as u64 * 1_440));
            group.bench_function(format!("{name}, {days} days"), |b| {
                b.iter_batched(|| config.clone(), |config| run_cronjob(days, config), BatchSize::PerIteration);
            });
        }
    }
    group.finish();
}

criterion_group!(benches, years);
criterion_main!(benches);
