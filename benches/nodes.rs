//! Clusters with nodes: many Pods of many sizes on many nodes, and few nodes with very many Pods. What it costs to schedule
//! a Pod, with and without constraints on spreading.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jobsim::api::{ExitCodeTable, LABEL_ZONE, Node, Resources};
use jobsim::apiserver::JobObject;
use jobsim::id::JobId;
use jobsim::model::{CronStart, Life, PodIdentity, Run, Workload};
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Config, NodeConfig, World};
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;

/// Pods that all run for the same time.
#[derive(Debug)]
struct EqualPods;

impl EqualPods {
    fn run_of(codes: &mut ExitCodeTable) -> Run {
        Run {
            lasts: Some(SimDuration::from_secs(60)),
            exit_codes: codes.intern(&[0]),
            succeeds: true,
            restart_after: SimDuration::ZERO,
        }
    }
}

impl Workload for EqualPods {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, _: PodIdentity, _: usize, codes: &mut ExitCodeTable) -> Life {
        let run = Self::run_of(codes);
        Life {
            bind: None,
            start: Ok(SimDuration::from_secs(1)),
            ready: None,
            run,
            stop_after: SimDuration::ZERO,
            is_killed_after_grace: true,
            stop_codes: run.exit_codes,
            stop_succeeds: false,
            disruption: None,
        }
    }

    fn run(&mut self, _: PodIdentity, _: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        Self::run_of(codes)
    }
}

fn node(n: u32, zones: u32) -> Node {
    let mut node = Node {
        name: format!("node-{n}"),
        allocatable: Resources { milli_cpu: 32_000, memory: 128 << 30, ..Resources::default() },
        allowed_pods: 250,
        ..Node::default()
    };
    node.labels.set(LABEL_ZONE, &format!("zone-{}", n % zones));
    node
}

/// A Job whose Pods have one of twenty sizes.
fn job(n: u32, completions: u32, parallelism: u32, spread: bool) -> Arc<JobObject> {
    let mut spec = json!({
        "restartPolicy": "Never",
        "containers": [{
            "name": "main",
            "image": "app:1",
            "resources": {"requests": {
                "cpu": format!("{}m", 200 + 100 * (n % 20)), "memory": format!("{}Mi", 256 + 128 * (n % 20))
            }}
        }]
    });
    if spread {
        spec["topologySpreadConstraints"] = json!([{
            "maxSkew": 5,
            "topologyKey": LABEL_ZONE,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"job-name": format!("job-{n}")}}
        }]);
    }
    let object = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": format!("job-{n}")},
        "spec": {"completions": completions, "parallelism": parallelism, "template": {"spec": spec}}
    });
    Arc::new(JobObject::from_value(&object).expect("the Job is valid"))
}

/// Runs jobs × completions Pods on so many nodes; gives how many were created.
fn run(nodes: u32, jobs: u32, completions: u32, parallelism: u32, spread: bool) -> usize {
    let config = Config {
        nodes: Some(Box::new(NodeConfig { cycle: SimDuration::from_micros(100), ..NodeConfig::default() })),
        ..Config::default()
    };
    let mut world = World::new(config, EqualPods);
    for n in 0..nodes {
        world.add_node(Arc::new(node(n, 3)), SimTime::ZERO, SimDuration::from_secs(10));
    }
    for n in 0..jobs {
        world.add_job(job(n, completions, parallelism, spread), SimTime::ZERO + SimDuration::from_secs(1));
    }
    while !world.is_settled() && world.step().is_some() {
        world.env.log.clear();
    }
    let pods = world.env.store.pods.len();
    assert_eq!(pods, (jobs * completions) as usize, "every Pod succeeds");
    pods
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("nodes");
    group.sample_size(10);
    let cases = [
        ("100,000 Pods of 20 sizes in 100 Jobs, 1,000 nodes", (1_000, 100, 1_000, 100, false)),
        ("200,000 Pods, 50 nodes", (50, 20, 10_000, 50, false)),
        ("10,000 Pods spread over zones, 1,000 nodes", (1_000, 10, 1_000, 500, true)),
        ("10,000 Pods spread over zones, 5,000 nodes", (5_000, 10, 1_000, 500, true)),
    ];
    for (name, (nodes, jobs, completions, parallelism, spread)) in cases {
        group.bench_function(name, |b| {
            b.iter_batched(
                || (),
                |()| black_box(run(nodes, jobs, completions, parallelism, spread)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
