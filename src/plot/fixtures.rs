//! Small results for tests of plots. They come from simulations, not from files.

use crate::experiment::result::{
    Comparison, MeasureResult, PairedDifference, Point, PointSetting, ResultFile, ResultKind,
};
use crate::experiment::{
    ContainerRun, CronStartEntry, CronTimeline, EndSummary, JobEnd, JobTimeline, NodeStay, NodeTimeline, Occupancy,
    PendingSpan, PodLevels, PodTimeline, Replication, StageEntry, Timeline, Wait,
};
use serde_json::Value;

type Results = Vec<(String, ResultFile)>;

fn result(points: Vec<Point>) -> Results {
    let mut result = ResultFile::new(ResultKind::Run, "v1.37");
    result.points = points;
    vec![("sample".to_owned(), result)]
}

fn pod(number: u32, [created, running, finished]: [f64; 3], phase: &str) -> PodTimeline {
    PodTimeline {
        name: format!("job-{number}"),
        attempt: number,
        created,
        running: Some(running),
        finished: Some(finished),
        phase: phase.to_owned(),
        runs: vec![ContainerRun { from: running, to: Some(finished), exit_code: Some(i32::from(phase == "Failed")) }],
        ..PodTimeline::default()
    }
}

/// Parallelism 2, backoffLimit 6, Pods that run for half a minute and fail: the example in the documentation.
pub fn failing_in_waves() -> Results {
    let mut job = JobTimeline {
        name: "job".to_owned(),
        end: JobEnd::Failed,
        created: Some(0.0),
        finished: Some(541.5),
        ..JobTimeline::default()
    };
    job.reason = "BackoffLimitExceeded".to_owned();
    for (wave, at) in [0.0, 50.0, 160.0, 510.0].into_iter().enumerate() {
        for n in 1..=2 {
            job.pods.push(pod(2 * wave as u32 + n, [at, at + 0.5, at + 30.5], "Failed"));
        }
    }
    for (from, to, backoff, failures) in [(31.5, 50.0, 20.0, 2), (81.5, 160.0, 80.0, 4), (191.5, 510.0, 320.0, 6)] {
        let what = "backoff".to_owned();
        job.waits.push(Wait { from, to, what, backoff: Some(backoff), failures: Some(failures), index: None });
    }
    let timeline = Timeline { end: 541.5, jobs: vec![job], ..Timeline::default() };
    result(vec![Point { timelines: vec![timeline], records: vec![Replication::default()], ..Point::default() }])
}

/// A Pod that is disrupted at 20 s and runs until 40 s, in parallel with its replacement.
pub fn replaced_while_terminating() -> Results {
    let mut old = pod(1, [0.0, 1.0, 40.0], "Failed");
    (old.deletion, old.deletion_cause) = (Some(20.0), "disrupted".to_owned());
    let new = pod(2, [22.0, 25.0, 90.0], "Succeeded");
    let level = |at, running, active, terminating| PodLevels { at, running, active, terminating, parallelism: 1 };
    let levels = vec![
        level(0.0, 0, 1, 0),
        level(1.0, 1, 1, 0),
        level(20.0, 1, 0, 1),
        level(22.0, 1, 1, 1),
        level(25.0, 2, 1, 1),
        level(40.0, 1, 1, 0),
        level(90.0, 0, 0, 0),
    ];
    let mut job = JobTimeline {
        name: "job".to_owned(),
        created: Some(0.0),
        finished: Some(91.0),
        levels,
        ..JobTimeline::default()
    };
    (job.end, job.reason, job.pods) = (JobEnd::Complete, "CompletionsReached".to_owned(), vec![old, new]);
    let timeline = Timeline { end: 92.0, jobs: vec![job], ..Timeline::default() };
    result(vec![Point { timelines: vec![timeline], records: vec![Replication::default()], ..Point::default() }])
}

/// Points of a design in which P(Complete) is a tenth of the parallelism.
pub fn swept(parallelism: &[i32], restart_policies: &[&str]) -> Results {
    let mut points = Vec::new();
    for policy in restart_policies {
        for &p in parallelism {
            let mut point = Point { name: format!("{p} {policy}"), ..Point::default() };
            let setting = |path: &str, value: Value| {
                let (number, unit) = (value.as_f64(), String::new());
                PointSetting { path: path.to_owned(), value, number, unit }
            };
            point.settings = vec![setting("spec.parallelism", p.into()), setting("policy", (*policy).into())];
            let probability = f64::from(p) / 10.0;
            let interval = [probability - 0.05, probability + 0.05];
            point.summary.replications = 100;
            point.summary.all.ends.push(EndSummary {
                end: JobEnd::Complete,
                count: 10 * p as u32,
                probability,
                interval,
                ..EndSummary::default()
            });
            points.push(point);
        }
    }
    result(points)
}

/// Three Jobs on two slots for 100 s: `import`, whose second Pod ends at 10 s, and two Jobs of the CronJob `nightly`.
/// The first of these waits for room until 10 s, and the second replaces it.
pub fn sharing_two_slots() -> Results {
    let stage = |from: f64, to: f64, stage: &str| StageEntry { from, to, stage: stage.to_owned() };
    let occupancy = |at: f64, taken: u32, waiting: u32| Occupancy { at, taken, waiting };
    let job = |name: &str, end, [created, finished]: [f64; 2]| JobTimeline {
        name: name.to_owned(),
        end,
        created: Some(created),
        finished: Some(finished),
        ..JobTimeline::default()
    };
    let mut import = job("import", JobEnd::Complete, [0.0, 50.0]);
    import.stages = vec![stage(0.0, 50.0, "running")];
    import.occupancy = vec![occupancy(0.0, 2, 0), occupancy(10.0, 1, 0), occupancy(40.0, 0, 0)];
    let mut first = job("nightly-1", JobEnd::Failed, [0.0, 90.0]);
    first.stages = vec![stage(0.0, 10.0, "room"), stage(10.0, 90.0, "running")];
    first.occupancy = vec![occupancy(0.0, 0, 1), occupancy(10.0, 1, 0), occupancy(90.0, 0, 0)];
    let mut second = job("nightly-2", JobEnd::Complete, [40.0, 100.0]);
    second.stages = vec![stage(40.0, 100.0, "running")];
    second.occupancy = vec![occupancy(40.0, 1, 0), occupancy(100.0, 0, 0)];
    (first.cron_job, second.cron_job) = ("nightly".to_owned(), "nightly".to_owned());
    let started = |due: f64, at: f64, over: f64, replaced| CronStartEntry {
        due,
        fate: "started".to_owned(),
        started: Some(at),
        over: Some(over),
        replaced,
        ..CronStartEntry::default()
    };
    let skipped = CronStartEntry {
        due: 70.0,
        fate: "skipped".to_owned(),
        reason: "controllersDown".to_owned(),
        ..CronStartEntry::default()
    };
    let cronjob = CronTimeline {
        name: "nightly".to_owned(),
        schedule: "* * * * *".to_owned(),
        concurrency_policy: "Allow".to_owned(),
        starts: vec![started(0.0, 0.0, 90.0, true), started(30.0, 40.0, 100.0, false), skipped],
        ..CronTimeline::default()
    };
    let timeline = Timeline {
        end: 100.0,
        slots: Some(2),
        jobs: vec![import, first, second],
        cron_jobs: vec![cronjob],
        ..Timeline::default()
    };
    result(vec![Point { timelines: vec![timeline], records: vec![Replication::default()], ..Point::default() }])
}

/// Two Pods, each requesting half of a node with 4 CPUs. The first is bound at 1 s; the second waits for CPU until a
/// second node, requested at 10 s, joins at 40 s.
pub fn on_two_nodes() -> Results {
    let node = |name: &str, asked: f64, joined: f64| NodeTimeline {
        name: name.to_owned(),
        pool: "spot".to_owned(),
        asked,
        joined,
        cpu: 4.0,
        memory: 8.0 * f64::from(1 << 30),
        ..NodeTimeline::default()
    };
    let span = |from: f64, to: f64, reason: &str| PendingSpan { from, to, reason: reason.to_owned() };
    let mut first = pod(1, [0.0, 2.0, 61.0], "Succeeded");
    first.stay = Some(NodeStay { node: 0, from: 1.0, to: 61.0 });
    first.pending = vec![span(0.0, 1.0, "queue")];
    let mut second = pod(2, [0.0, 41.0, 101.0], "Succeeded");
    second.stay = Some(NodeStay { node: 1, from: 40.0, to: 101.0 });
    second.pending = vec![span(0.0, 1.0, "queue"), span(1.0, 39.0, "cpu")];
    for pod in [&mut first, &mut second] {
        (pod.cpu, pod.memory) = (2.0, f64::from(1 << 30));
    }
    let job = JobTimeline {
        name: "import".to_owned(),
        end: JobEnd::Complete,
        created: Some(0.0),
        finished: Some(102.0),
        pods: vec![first, second],
        ..JobTimeline::default()
    };
    let nodes = vec![node("spot-1", 0.0, 0.0), node("spot-2", 10.0, 40.0)];
    let timeline = Timeline { end: 102.0, jobs: vec![job], nodes, ..Timeline::default() };
    result(vec![Point { timelines: vec![timeline], records: vec![Replication::default()], ..Point::default() }])
}

/// A CronJob whose run begins at 2026-10-24T22:00:00Z and whose controllers were down from 35 s to 75 s. There are two
/// replications; in the second one more Pods ran than `parallelism`.
pub fn controllers_down() -> Results {
    let mut results = sharing_two_slots();
    let point = &mut results[0].1.points[0];
    point.timelines[0].start = Some(1_792_879_200);
    point.timelines[0].controllers = vec![(35.0, false), (75.0, true), (90.0, false), (90.2, true)];
    point.timelines[0].jobs[0].pods = replaced_while_terminating()[0].1.points[0].timelines[0].jobs[0].pods.clone();
    let mut above = Replication::default();
    (above.all.overshoot.total.most, above.all.overshoot.total.episodes) = (1, 2);
    (above.all.retries, above.all.failures.application) = (3, 3);
    point.records.push(above);
    results
}

/// Four points of a design with two factors, each with a cost and a time, and a comparison of the points.
pub fn priced() -> Results {
    let mut results = swept(&[2, 4], &["Never", "OnFailure"]);
    let measure = |measure: &str, unit: &str, value: f64| MeasureResult {
        measure: measure.to_owned(),
        unit: unit.to_owned(),
        value: Some(value),
        ..MeasureResult::default()
    };
    for (n, point) in results[0].1.points.iter_mut().enumerate() {
        let n = n as f64;
        let cost = measure("mean(cost)", crate::experiment::Unit::Amount.as_str(), 5.0 - n);
        point.measures = vec![measure("p95(duration)", "seconds", 3_000.0 + 700.0 * n), cost];
        let ended = |secs: i64| {
            let mut record = Replication::default();
            record.all.duration = Some(crate::time::SimDuration::from_secs(secs));
            record
        };
        point.records = vec![ended(3_000), ended(3_700)];
    }
    let difference = PairedDifference {
        name: "duration".to_owned(),
        unit: "seconds".to_owned(),
        mean: Some(-60.0),
        interval: Some([-90.0, -30.0]),
        ..PairedDifference::default()
    };
    let names = ["2 Never", "4 Never"].map(str::to_owned);
    let [base, with] = names;
    results[0].1.comparisons = vec![Comparison { base, with, differences: vec![difference], verdict: Vec::new() }];
    results
}
