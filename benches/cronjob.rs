//! Benchmarks of a CronJob that starts every minute: its year must not take more memory than its day, and no more time
//! for each Job. They measure and assert nothing about time; results are in the README.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jobsim::api::{CronJobObject, ExitCodeTable, JobObject};
use jobsim::id::JobId;
use jobsim::model::{CronStart, Life, PodIdentity, Run, Workload};
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, Throttle, World};
use std::sync::Arc;

/// Pods that start at once, run 20 s, and fail one time in ten.
struct Simple(u64);

impl Workload for Simple {
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
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let fails = (self.0 >> 33).is_multiple_of(10);
        Run {
            lasts: Some(SimDuration::from_secs(20)),
            exit_codes: codes.intern(&[i32::from(fails)]),
            succeeds: !fails,
            restart_after: SimDuration::ZERO,
        }
    }
}

/// Runs a CronJob for so many days; gives how many Jobs it made.
fn run_cronjob(days: i64, config: Config) -> u32 {
    let manifest = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "every-minute"},
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"backoffLimit": 2,
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}}}}}
    });
    let cronjob = CronJobObject::from_value(&manifest).expect("it is a CronJob");
    let mut world = World::new(config, Simple(1));
    world.add_cronjob(Arc::new(cronjob), SimTime::ZERO);
    let mut recorder = world.recorder(false);
    recorder.retire_jobs();
    let (until, mut finished) = (SimTime::ZERO + SimDuration::from_secs(days * 86_400), 0);
    while world.next_time().is_some_and(|next| next <= until) {
        world.step();
        world.record(&mut recorder);
        finished += recorder.take_retired().filter(|job| job.finished.is_some()).count();
    }
    let made = world.store.jobs.len();
    assert!(i64::from(made as u32) >= days * 1_440 - 1 && finished + 2_000 > made, "{made} Jobs, {finished} are over");
    made as u32
}

fn years(c: &mut Criterion) {
    let mut group = c.benchmark_group("a CronJob that starts every minute");
    group.sample_size(10);
    let real = Config {
        throttle: Some(Throttle::default()),
        events_throttled: true,
        api_latency: SimDuration::from_millis(3),
        watch_latency: SimDuration::from_millis(2),
        ..Config::default()
    };
    for (name, config) in [("ideal cluster", Config::default()), ("default throttle and latency", real)] {
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
