//! Benchmarks of the simulator: the kernel alone, the recorded histories, and Jobs of many Pods. They measure and assert
//! nothing about time; results are in the README.

mod common;

use common::{Pods, real};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use jobsim::apiserver::JobObject;
use jobsim::conformance::jobs::{Case, JobReplayer};
use jobsim::kernel::EventList;
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, World};
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Takes an event and schedules another, with a number of events pending: the hold model.
fn kernel(c: &mut Criterion) {
    let mut group = c.benchmark_group("kernel");
    const HOLDS: u64 = 1_000_000;
    group.throughput(Throughput::Elements(HOLDS)).sample_size(20);
    for pending in [16u64, 1_000, 100_000] {
        group.bench_function(format!("hold, {pending} pending"), |b| {
            let mut list = EventList::new();
            let mut x = 88_172_645_463_325_252u64;
            let mut next = move || {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                SimDuration::from_nanos((x % 60_000_000_000) as i64)
            };
            (0..pending).for_each(|n| list.schedule(SimTime::ZERO + next(), (n % 8) as u8, n as u32));
            b.iter(|| {
                for _ in 0..HOLDS {
                    if let Some((now, event)) = list.pop() {
                        list.schedule(now + next(), (event % 8) as u8, black_box(event));
                    }
                }
            });
        });
    }
    group.finish();
}

/// Every recorded Job history that comes with the source, as lines.
fn recorded() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/jobs");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus is there").map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "gz")) {
        let mut text = Vec::new();
        GzDecoder::new(std::fs::File::open(file).expect("it opens")).read_to_end(&mut text).expect("it is gzip");
        lines.extend(text.split(|&b| b == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec));
    }
    lines
}

fn replay(c: &mut Criterion) {
    let lines = recorded();
    let mut cases: Vec<Case> = lines.iter().map(|l| Case::parse(l).expect("it is a case")).collect();
    let mut replayer = JobReplayer::default();
    let mut group = c.benchmark_group("recorded histories");
    group.throughput(Throughput::Elements(cases.len() as u64)).sample_size(20);
    group.bench_function("replay, once parsed", |b| {
        b.iter(|| {
            let equal = cases.iter_mut().filter_map(|case| replayer.is_equal(case).then_some(())).count();
            assert_eq!(equal, lines.len());
        });
    });
    group.finish();
}

/// Runs a Job of so many completions to its end; gives how many Pods it took.
fn run_job(completions: u32, config: Config) -> u32 {
    let manifest = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "large"},
        "spec": {"completions": completions, "parallelism": completions.min(10_000), "backoffLimit": i32::MAX,
            "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}}}
    });
    let job = JobObject::from_value(&manifest).expect("it is a Job");
    let mut world = World::new(config, Pods::failing(60));
    let id = world.add_job(Arc::new(job), SimTime::ZERO);
    while world.step().is_some() {
        world.env.log.clear();
    }
    let job = &world.env.store.jobs[id];
    assert!(job.status.finished().is_some_and(|c| c.condition_type == jobsim::api::JobConditionType::Complete));
    job.pods_created
}

fn large(c: &mut Criterion) {
    let mut group = c.benchmark_group("one Job, parallelism 10,000");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    for (name, config) in [("ideal cluster", Config::default()), ("default throttle and latency", real())] {
        for completions in [10_000, 100_000, 1_000_000] {
            group.throughput(Throughput::Elements(u64::from(completions)));
            group.bench_function(format!("{name}, {completions} completions"), |b| {
                b.iter_batched(|| config.clone(), |config| run_job(completions, config), BatchSize::PerIteration);
            });
        }
    }
    group.finish();
}

criterion_group!(benches, kernel, replay, large);
criterion_main!(benches);
