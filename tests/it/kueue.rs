//! Queues of Kueue: who is admitted when, with numbers worked out by hand, and what must hold of any queue.

use crate::cli::outcome;
use crate::nodes::resolve_with;
use crate::toy::{folder, write};
use jobsim::api::{ClusterQueue, QueueingStrategy};
use jobsim::experiment::{Outcome, Simulator};
use jobsim::record::QueueRecord;
use jobsim::time::SimTime;
use proptest::prelude::*;

/// A Job: name, when it is created in minutes, Pods, CPUs of each, minutes that they run.
type Asked<'a> = (&'a str, u32, u32, u32, &'a str);

/// A scenario of Jobs in one queue of 9 CPUs.
fn scenario(strategy: &str, jobs: &[Asked<'_>], more: &str) -> String {
    let job = |(name, at, pods, cpu, run): &Asked<'_>| {
        format!(
            "- at: {at}m\n  pods: {run}\n  inline:\n    apiVersion: batch/v1\n    kind: Job\n    metadata: {{name: {name}, \
             labels: {{kueue.x-k8s.io/queue-name: q}}}}\n    spec: {{parallelism: {pods}, completions: {pods}, \
             completionMode: Indexed, template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i, \
             resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}}}\n"
        )
    };
    let jobs: String = jobs.iter().map(job).collect();
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\ncluster: {{preset: ideal, kueue: {{clusterQueues: [{{name: team, \
         queueingStrategy: {strategy}, nominalQuota: {{cpu: 9}}, localQueues: [q]}}]}}}}\njobs:\n{jobs}{more}"
    )
}

/// How long each Job waited in the queue, in whole minutes, and how it ended.
fn waits(text: &str) -> Vec<(i64, String)> {
    let resolved = resolve_with(text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut simulator = Simulator::new(&resolved.setup);
    let simulated = simulator.run(0, false);
    let jobs = &simulator.recorder().jobs;
    let minutes = |queue: &QueueRecord| (queue.waited(simulated.end).as_secs_f64() / 60.0).round() as i64;
    jobs.iter().map(|job| (minutes(&job.queue), Outcome::of(job, simulated.end).end.as_str().to_owned())).collect()
}

const FOUR: [Asked<'_>; 4] = [
    ("a", 0, 6, 1, "{run: 10m}"),
    ("b", 1, 5, 1, "{run: 10m}"),
    ("c", 2, 2, 1, "{run: 5m}"),
    ("d", 3, 3, 1, "{run: 10m}"),
];

/// a takes 6 of 9 until 10 min. Strictly b, then c, wait for it; with 5 + 2 in use d waits until c ends at 15 min. Else c
/// passes b at once, d finds 3 free when c ends at 7 min, and b 6 when a ends at 10 min.
#[test]
fn both_strategies_by_hand() {
    let minutes = |strategy: &str| waits(&scenario(strategy, &FOUR, "")).iter().map(|(m, _)| *m).collect::<Vec<_>>();
    assert_eq!(minutes("StrictFIFO"), [0, 9, 8, 12]);
    assert_eq!(minutes("BestEffortFIFO"), [0, 9, 0, 4]);
}

/// Of a Job of 4 Pods that end after 1, 2, 3 and 4 min the quota comes back one by one.
#[test]
fn quota_of_pods_that_are_not_needed_any_more_comes_back() {
    let pods = "{byIndex: {\"0\": {run: 1m}, \"1\": {run: 2m}, \"2\": {run: 3m}, \"3\": {run: 4m}}}";
    let jobs = [("a", 0, 4, 2, pods), ("b", 0, 1, 5, "{run: 1m}"), ("c", 0, 1, 9, "{run: 1m}")];
    let minutes: Vec<i64> = waits(&scenario("StrictFIFO", &jobs, "")).iter().map(|(m, _)| *m).collect();
    // b needs 5 of 9: two Pods of 2 CPUs are left then; c needs all of it, when a has ended.
    assert_eq!(minutes, [0, 2, 4]);
}

/// Whoever suspends or resumes a Job besides is overruled; a Job that is deleted gives its quota back, and one that asks for
/// too much stays.
#[test]
fn users_are_overruled_and_a_deleted_job_gives_its_quota_back() {
    let jobs = [("a", 0, 9, 1, "{run: never}"), ("b", 1, 2, 1, "{run: 10m}"), ("c", 1, 1, 10, "{run: 1m}")];
    let more = "actions:\n- {at: 2m, suspend: a}\n- {at: 3m, resume: b}\n- {at: 20m, delete: a}\nuntil: 2h\n";
    let ends = waits(&scenario("BestEffortFIFO", &jobs, more));
    assert_eq!(ends[0].1, "Deleted");
    assert_eq!(ends[1], (19, "Complete".to_owned()));
    assert_eq!(ends[2], (29, "Unfinished".to_owned()));
    let told = resolve_with(&scenario("StrictFIFO", &jobs, more), &[]).expect("it is a scenario").notices.join("\n");
    let why = "never admitted to ClusterQueue team, and with StrictFIFO holds up all Jobs behind it: insufficient quota \
               for cpu: requests 10 > maximum capacity 9";
    assert!(told.contains(why), "{told}");
}

#[test]
fn the_answer_says_what_waits_and_what_is_wrong() {
    let root = folder("kueue");
    let file = |name: &str, text: String| write(root.join(name), [text]).display().to_string();
    let more = "until: 10m\nexpect: [mean(longestQueueTime) <= 1m]\n";
    let (text, _, code) = outcome(&["run", &file("a.yaml", scenario("StrictFIFO", &FOUR, more))]);
    assert_eq!(code, 1, "{text}");
    for part in [
        "Kueue (a model):  team (StrictFIFO): 1 Job admitted",
        "at most 3 Jobs waited at a time",
        "3 still wait",
        "the first is b: insufficient unused quota for cpu, 2 more",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let plain = scenario("StrictFIFO", &FOUR, "");
    let refused = |from: &str, to: &str| resolve_with(&plain.replace(from, to), &[]).err().unwrap_or_default();
    assert!(refused("localQueues: [q]", "localQueues: []").is_empty(), "it is told, not refused");
    let told = resolve_with(&plain.replace("localQueues: [q]", "localQueues: [qu]"), &[]).expect("it is one").notices;
    assert!(
        told.join("\n").contains("names a queue that there is not, \"q\": it stays suspended (did you mean \"qu\"?)")
    );
    assert!(refused("kueue.x-k8s.io/queue-name", "other").contains("no Job names a queue"));
    assert!(refused("{cpu: 9}", "{}").contains("there is no quota"));
    assert!(refused("StrictFIFO", "Fifo").contains("StrictFIFO"));
}

/// Steps through a run: what is charged never passes the quota, nobody who fits is left waiting, and strictly nobody
/// passes an older Job.
fn hold(jobs: &[(u32, u32, u32, u32)], strategy: QueueingStrategy) {
    let runs: Vec<String> = jobs.iter().map(|(.., run)| format!("{{run: {run}m}}")).collect();
    let names: Vec<String> = (0..jobs.len()).map(|n| format!("j{n}")).collect();
    let asked: Vec<Asked<'_>> =
        jobs.iter().enumerate().map(|(n, &(at, pods, cpu, _))| (&*names[n], at, pods, cpu, &*runs[n])).collect();
    let text = scenario(strategy.as_str(), &asked, "until: 6h\n");
    let resolved = resolve_with(&text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let queue: &ClusterQueue = &resolved.setup.config.kueue.as_ref().expect("there is Kueue").queues[0];
    assert_eq!(queue.nominal_quota[0].1, 9_000);
    let mut simulator = Simulator::new(&resolved.setup);
    let mut recorder = simulator.begin(0, false);
    let mut last = SimTime::ZERO;
    while let Some(now) = simulator.step(&mut recorder) {
        if simulator.next_time() == Some(now) {
            continue;
        }
        last = now;
        let store = &simulator.world().env.store;
        let all = store.jobs.iter().zip(jobs).filter(|(job, _)| job.exists() && job.status.finished().is_none());
        let (mut used, mut waiting) = (0, Vec::new());
        for (job, &(_, pods, cpu, _)) in all {
            // Of a single Pod nothing comes back before the Job has finished.
            let done = u32::try_from(job.status.completed_indexes.total()).unwrap_or(0);
            let left = if pods == 1 { pods } else { pods - done };
            match job.spec.suspend {
                true => waiting.push((job.order, pods * cpu)),
                false => used += left * cpu,
            }
        }
        assert!(used <= 9, "{used} of 9 CPUs are in use at {now:?}\n{text}");
        waiting.sort_unstable();
        let fits = waiting.iter().find(|(_, asked)| used + asked <= 9);
        match strategy {
            QueueingStrategy::StrictFifo => {
                assert!(waiting.first().is_none_or(|(_, asked)| used + asked > 9), "the first fits at {now:?}\n{text}");
            }
            QueueingStrategy::BestEffortFifo => assert_eq!(fits, None, "one fits at {now:?}\n{text}"),
        }
    }
    assert!(last > SimTime::ZERO);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_must_hold_of_any_queue(
        jobs in proptest::collection::vec((0_u32..30, 1_u32..5, 1_u32..4, 1_u32..20), 1..8),
        is_strict in any::<bool>(),
    ) {
        hold(&jobs, if is_strict { QueueingStrategy::StrictFifo } else { QueueingStrategy::BestEffortFifo });
    }
}
