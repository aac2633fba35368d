//! What must hold of any CronJob beside any other Jobs: the same seed gives the same records, whatever is kept of the run;
//! each start that is due is accounted for; and who else there is changes nobody's luck.

use jobsim::experiment::{Replication, Setup, Simulator};
use jobsim::record::RecordedRun;
use jobsim::scenario::source::Source;
use jobsim::scenario::{Input, Problems};
use jobsim::time::SimDuration;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A CronJob, what is done to it, and the cluster, as fields of a scenario.
#[derive(Clone, Debug)]
struct Any {
    every: u32,
    policy: &'static str,
    deadline: Option<u32>,
    history: u32,
    mean: u32,
    fail: u32,
    actions: Vec<(u32, u8)>,
    cluster: &'static str,
}

fn any() -> impl Strategy<Value = Any> {
    let policy = prop::sample::select(vec!["Allow", "Forbid", "Replace"]);
    let cluster = prop::sample::select(vec!["{preset: ideal}", "{preset: measured}", "{slots: 2}"]);
    let actions = prop::collection::vec((0..360u32, 0..6u8), 0..5);
    let deadline = prop::option::of(prop::sample::select(vec![1, 30, 600]));
    let (every, history, mean, fail) = (1..60u32, 0..4u32, 1..90u32, 0..60u32);
    (every, policy, deadline, history, mean, fail, actions, cluster).prop_map(
        |(every, policy, deadline, history, mean, fail, actions, cluster)| Any {
            every,
            policy,
            deadline,
            history,
            mean,
            fail,
            actions,
            cluster,
        },
    )
}

const OTHERS: &str = "  - {at: 10m, count: 3, every: 7m, inline: {apiVersion: batch/v1, kind: Job, metadata: {name: other}, spec: {completions: 4, template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'app:1'}]}}}}}
  - {inline: {apiVersion: batch/v1, kind: CronJob, metadata: {name: another}, spec: {schedule: '*/9 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'app:1'}]}}}}}}}
";

impl Any {
    fn scenario(&self, others: &str) -> String {
        let action = |(at, kind): &(u32, u8)| match kind {
            0 => format!("  - {{at: {at}m, suspend: any}}\n"),
            1 => format!("  - {{at: {at}m, resume: any}}\n"),
            2 => format!("  - {{at: {at}m, controllerDown: 45m}}\n"),
            3 => format!("  - {{at: {at}m, patch: {{job: any, patch: {{spec: {{schedule: '*/13 * * * *'}}}}}}}}\n"),
            4 => format!("  - {{at: {at}m, delete: any, cascade: foreground}}\n"),
            _ => format!("  - {{at: {at}m, patch: {{job: any, patch: {{spec: {{concurrencyPolicy: Replace}}}}}}}}\n"),
        };
        let actions: String = self.actions.iter().map(action).collect();
        let deadline = self.deadline.map_or(String::new(), |d| format!(", startingDeadlineSeconds: {d}"));
        let Any { every, policy, history, mean, fail, cluster, .. } = self;
        format!(
            "apiVersion: jobsim/v1\nkind: Scenario\nseed: 5\nuntil: 6h\ncluster: {cluster}
pods: {{run: 'exponential(mean={mean}m)', outcome: {{fail: {fail}%}}}}
jobs:
  - inline:
      apiVersion: batch/v1
      kind: CronJob
      metadata: {{name: any}}
      spec:
        schedule: '*/{every} * * * *'
        concurrencyPolicy: {policy}
        successfulJobsHistoryLimit: {history}
        failedJobsHistoryLimit: {history}{}
        jobTemplate: {{spec: {{backoffLimit: 1, template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: 'app:1'}}]}}}}}}}}
{others}{}",
            deadline.replace(", ", "\n        "),
            if actions.is_empty() { String::new() } else { format!("actions:\n{actions}") }
        )
    }

    fn setup(&self, others: &str) -> Setup {
        let source = Source { name: "any.yaml".to_owned(), folder: PathBuf::new(), text: self.scenario(others) };
        let resolved: Result<_, Problems> = Input::of_sources(vec![source]).and_then(|input| input.resolve());
        resolved.unwrap_or_else(|problems| panic!("{problems:?}\n{}", self.scenario(others))).setup
    }
}

fn record(simulator: &mut Simulator<'_>, keep_timeline: bool) -> Replication {
    let simulated = simulator.run(3, keep_timeline);
    simulator.outcome(3, simulated)
}

/// How long the containers of each Pod of the CronJob ran, in milliseconds, and how they ended: its luck. Those that were
/// deleted, or still run, are left out.
fn luck(setup: &Setup) -> BTreeMap<String, (i64, Option<i32>)> {
    let mut simulator = Simulator::new(setup);
    let simulated = simulator.run(3, true);
    let run = RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut };
    let timeline = jobsim::experiment::build_timeline(&run, &simulator.world().env.codes, setup, 3);
    let pods = timeline.jobs.iter().filter(|job| job.cron_job == "any").flat_map(|job| &job.pods);
    let whole = pods.filter(|pod| pod.deletion.is_none() && pod.finished.is_some());
    let of = |pod: &jobsim::experiment::PodTimeline| {
        let run = pod.runs.first()?;
        Some((pod.name.clone(), (((run.to? - run.from) * 1e3).round() as i64, run.exit_code)))
    };
    whole.filter_map(of).collect()
}

#[test]
fn records_that_are_no_longer_kept_are_not_lost() {
    let any = Any {
        every: 1,
        policy: "Replace",
        deadline: None,
        history: 2,
        mean: 1,
        fail: 20,
        actions: vec![(100, 2)],
        cluster: "{preset: measured}",
    };
    let setup = Setup { until: SimDuration::from_secs(2 * 86_400), ..any.setup(OTHERS) };
    let mut simulator = Simulator::new(&setup);
    let kept = record(&mut simulator, true);
    assert!(kept.series[0].outcome.jobs > 2_500, "{} Jobs", kept.series[0].outcome.jobs);
    let mut simulator = Simulator::new(&setup);
    assert_eq!(record(&mut simulator, false), kept);
    let recorder = simulator.recorder();
    assert!(recorder.jobs.len() < 1_100, "{} records are kept", recorder.jobs.len());
    assert!(recorder.jobs.windows(2).all(|pair| pair[0].id < pair[1].id), "they stand in their order");
}

/// Jobs of one Pod that come at random to a cluster with one slot are an M/M/1 queue: at half load each waits for one
/// service time on average, ρ / (1 − ρ) of them, and half of the slot's time is taken.
/// Source: Cooper, Introduction to Queueing Theory, 2nd ed., section 3.3.
#[test]
fn waits_for_room_are_those_of_a_queue() {
    let text = "apiVersion: jobsim/v1\nkind: Scenario\nseed: 3\ncluster: {preset: ideal, slots: 1}
pods: {bind: 0s, start: 0s, run: 'exponential(mean=60s)'}
jobs:
  - arrivals: {poisson: 30/h, until: 40h}
    inline: {apiVersion: batch/v1, kind: Job, metadata: {name: one}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'app:1'}]}}}}
";
    let source = Source { name: "queue.yaml".to_owned(), folder: PathBuf::new(), text: text.to_owned() };
    let setup = Input::of_sources(vec![source]).and_then(|input| input.resolve()).expect("it is a scenario").setup;
    let mut simulator = Simulator::new(&setup);
    let mut of = |n: u32| {
        let simulated = simulator.run(n, false);
        let all = simulator.outcome(n, simulated).all;
        (all.shared.room_wait.as_secs_f64() / f64::from(all.jobs), all.shared.utilisation() as f64 * 1e-9)
    };
    let (waits, taken): (Vec<f64>, Vec<f64>) = (0..20).map(&mut of).unzip();
    for (values, expected) in [(waits, 60.0), (taken, 0.5)] {
        let mean = values.iter().sum::<f64>() / 20.0;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 19.0;
        // Student's t for 19 degrees of freedom and 95 %.
        let half = 2.093 * (variance / 20.0).sqrt();
        assert!((mean - expected).abs() <= half, "{mean} ± {half}, expected {expected}");
        assert!(half < 0.1 * expected, "± {half} says little about {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn the_same_seed_gives_the_same_record_whatever_is_kept(any in any()) {
        let setup = any.setup(OTHERS);
        let mut simulator = Simulator::new(&setup);
        let first = record(&mut simulator, true);
        let timeline = format!("{:?}", simulator.recorder().timeline);
        prop_assert_eq!(&record(&mut simulator, false), &first, "without a timeline");
        prop_assert_eq!(&record(&mut Simulator::new(&setup), true), &first, "in a fresh world");
        prop_assert_eq!(record(&mut simulator, true), first);
        prop_assert!(format!("{:?}", simulator.recorder().timeline) == timeline, "the timeline differs");
    }

    #[test]
    fn every_start_and_every_job_is_accounted_for(any in any()) {
        let setup = any.setup("");
        let mut simulator = Simulator::new(&setup);
        let all = record(&mut simulator, true).all;
        let (starts, ends, cronjob) = (&all.starts, &all.ends, &simulator.recorder().cronjobs[0]);
        prop_assert_eq!(starts.due, starts.started + starts.skipped() + cronjob.open());
        prop_assert!(cronjob.open() <= 1);
        prop_assert_eq!(starts.due as usize, cronjob.starts.len());
        prop_assert_eq!(starts.started, all.jobs);
        prop_assert_eq!(ends.complete + ends.failed + ends.deleted + ends.unfinished, all.jobs);
        prop_assert!(cronjob.starts.windows(2).all(|pair| pair[0].due < pair[1].due) || !any.actions.is_empty());
        let lives: i64 = simulator.recorder().jobs.iter().map(|job| {
            let over = job.finished.or(job.gone).unwrap_or(setup.start + setup.until);
            (over - job.created.expect("it was created")).as_nanos()
        }).sum();
        let cut = simulator.world().next_time().is_some();
        prop_assert!(!cut || all.shared.stages.life().as_nanos() == lives, "stages do not sum up to lives");
        if any.policy == "Forbid" && any.actions.is_empty() {
            prop_assert_eq!(starts.most_at_once.max(1), 1);
        }
    }

    #[test]
    fn who_else_there_is_changes_nobodys_luck(any in any()) {
        let (alone, together) = (luck(&any.setup("")), luck(&any.setup(OTHERS)));
        let mut common = 0;
        for (pod, ran) in &alone {
            if let Some(other) = together.get(pod) {
                prop_assert_eq!(ran, other, "{}", pod);
                common += 1;
            }
        }
        // In a cluster that is not ideal the others take room and tokens, so that other starts are made.
        prop_assert!(any.cluster != "{preset: ideal}" || common * 10 >= 9 * alone.len(), "{common} of {} and {}", alone.len(), together.len());
    }
}
