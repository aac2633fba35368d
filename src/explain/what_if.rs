//! Runs a setup, and the same setup with one thing changed: the source of the numbers in an explanation.

use super::steps::WorstCaseEnd;
use crate::api::{ExitCodeTable, JobSpec};
use crate::experiment::{Exhausted, PlannedJob, Setup, Simulator};
use crate::model::PodModel;
use crate::record::{JobRecord, RecordedRun, Recorder, TimelineChange};
use crate::time::{SimDuration, SimTime};
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// A run stops when its Jobs have created this many Pods in addition to four attempts of each. A Job without limits would
/// never end, and later attempts repeat the earlier ones.
const MOST_PODS: i64 = 1_000;

/// A run goes on for this long, and for the grace period of a Pod, after the end of the Jobs that it is about. Other
/// Jobs may still be busy for days.
const AFTERWARDS: SimDuration = SimDuration::from_secs(60);

/// How many events there are between two calls of a watcher: few, since one scan of an autoscaler can take long.
const EVENTS_BETWEEN_LOOKS: u64 = 16;

/// From this length on a timeline is searched for changes that nobody reads.
const MOST_UNREAD: usize = 10_000;

/// How far an explanation is.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationProgress {
    /// The number of the run, from 1. How many there will be depends on how the Jobs end.
    pub run: u32,
    /// The virtual time that has passed in it.
    pub passed: SimDuration,
    /// Pods that were created in it.
    pub pods: u64,
}

/// Runs a setup and its variants, and tells a watcher how far it is. After a run that would have used more than its
/// budget it makes no other, since there will be no explanation.
pub struct VariantRunner<'a> {
    watcher: &'a dyn Fn(ExplanationProgress),
    runs: Cell<u32>,
    exhausted: Cell<Option<Exhausted>>,
}

impl<'a> VariantRunner<'a> {
    /// A runner that calls `watcher` now and then.
    pub fn new(watcher: &'a dyn Fn(ExplanationProgress)) -> Self {
        VariantRunner { watcher, runs: Cell::new(0), exhausted: Cell::new(None) }
    }

    /// Why there is no explanation, if a run would have used more than its budget.
    pub fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted.get()
    }

    /// Runs the first replication until nothing more happens, and keeps what an explanation of any of its Jobs reads.
    pub fn run_to_the_end(&self, setup: &Setup) -> Option<VariantRun> {
        self.run_while(setup, 0..setup.jobs.len(), |_, _| true)
    }

    /// Runs the first replication until these Jobs have ended, and keeps what an explanation of them reads.
    pub fn run(&self, setup: &Setup, jobs: Range<usize>) -> Option<VariantRun> {
        let grace =
            setup.jobs[jobs.clone()].iter().map(|job| job.object.spec.template.termination_grace_period_seconds);
        let afterwards = SimDuration::from_secs(grace.max().unwrap_or(0)) + AFTERWARDS;
        self.run_while(setup, jobs.clone(), |recorder, now| {
            let is_over = |job: &JobRecord| job.finished.is_some_and(|at| now - at > afterwards);
            !recorder.jobs[jobs.clone()].iter().all(is_over)
        })
    }

    /// How a Job ends in a setup.
    pub fn end_of(&self, job: usize, setup: &Setup) -> Option<WorstCaseEnd> {
        self.run(setup, job..job + 1).map(|ran| WorstCaseEnd::of(job, &ran))
    }

    fn run_while(
        &self,
        setup: &Setup,
        jobs: Range<usize>,
        goes_on: impl Fn(&Recorder, SimTime) -> bool,
    ) -> Option<VariantRun> {
        if self.exhausted.get().is_some() {
            return None;
        }
        self.runs.set(self.runs.get() + 1);
        let mut simulator = Simulator::new(setup);
        let mut recorder = simulator.begin(0, true);
        let mut end = setup.start;
        let at_once = |job: &PlannedJob| {
            let spec = &job.object.spec;
            i64::from(spec.completions.unwrap_or(spec.parallelism).min(spec.parallelism))
        };
        let most_pods = MOST_PODS + 4 * setup.jobs[jobs.clone()].iter().map(at_once).sum::<i64>();
        let created = |recorder: &Recorder| -> i64 {
            recorder.jobs[jobs.clone()].iter().map(|job| i64::from(job.pods_created)).sum()
        };
        let mut most_unread = MOST_UNREAD;
        while created(&recorder) < most_pods
            && let Some(now) = simulator.step(&mut recorder)
        {
            end = now;
            if recorder.timeline.len() >= most_unread {
                recorder
                    .timeline
                    .retain(|entry| entry.job.is_some_and(|id| jobs.contains(&id.ix())) && is_read(&entry.what));
                most_unread = 2 * recorder.timeline.len() + MOST_UNREAD;
            }
            if simulator.world().dispatched.is_multiple_of(EVENTS_BETWEEN_LOOKS) {
                let pods = simulator.world().env.store.pods.len() as u64;
                (self.watcher)(ExplanationProgress { run: self.runs.get(), passed: now - setup.start, pods });
            }
            if !goes_on(&recorder, now) {
                break;
            }
        }
        self.exhausted.set(simulator.exhausted());
        let cut = simulator.is_cut();
        recorder.close(end);
        let ran = VariantRun { recorder, codes: simulator.world().env.codes.clone(), end, cut };
        self.exhausted.get().is_none().then_some(ran)
    }
}

/// Whether an explanation can tell something from a change: a write of a Job, a wait, a new Pod, and what ends or restarts
/// containers.
fn is_read(change: &TimelineChange) -> bool {
    match change {
        TimelineChange::Job(..) | TimelineChange::Wait(_) | TimelineChange::Pod(_, None, ..) => true,
        TimelineChange::Pod(_, Some(before), now, _) => {
            before.phase.is_terminal() != now.phase.is_terminal()
                || before.containers.run() != now.containers.run()
                || before.restarts != now.restarts
        }
        _ => false,
    }
}

/// A run of a setup, with its timeline.
pub struct VariantRun {
    /// What was recorded.
    pub recorder: Recorder,
    /// The exit codes that Pods refer to.
    pub codes: ExitCodeTable,
    /// When it stopped.
    pub end: SimTime,
    /// Whether events were still pending.
    pub cut: bool,
}

impl VariantRun {
    /// The record of a Job.
    pub fn record(&self, job: usize) -> &JobRecord {
        &self.recorder.jobs[job]
    }

    /// The run in the form that reports take.
    pub fn as_run(&self) -> RecordedRun<'_> {
        RecordedRun { recorder: &self.recorder, end: self.end, cut: self.cut }
    }
}

/// The setup with a Job's spec changed.
pub fn with_spec(setup: &Setup, job: usize, change: impl FnOnce(&mut JobSpec)) -> Setup {
    let mut changed = setup.clone();
    let PlannedJob { object, .. } = &mut changed.jobs[job];
    let mut new = (**object).clone();
    change(Arc::make_mut(&mut new.spec));
    *object = Arc::new(new);
    changed
}

/// The setup with the behaviour of all Pods changed.
pub fn with_models(setup: &Setup, change: impl Fn(&mut PodModel)) -> Setup {
    let mut models = setup.models.to_vec();
    models.iter_mut().for_each(change);
    Setup { models: models.into(), ..setup.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::steps::steps;
    use crate::explain::worst_case;
    use crate::scenario::Input;
    use crate::scenario::source::Source;
    use std::path::PathBuf;

    /// A Job that fails, a large one beside it, and one that comes months later.
    const THREE: &str = "apiVersion: jobsim/v1
kind: Scenario
cluster: {preset: ideal}
pods: {run: 1s}
until: 100d
jobs:
- inline: &job
    apiVersion: batch/v1
    kind: Job
    metadata: {name: failing}
    spec: {backoffLimit: 2, template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}
- inline:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: large}
    spec: {parallelism: 400, completions: 400, backoffLimit: 1200, template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}
- inline: *job
  name: late
  at: 99d
";

    #[test]
    fn a_run_is_as_long_as_the_jobs_that_it_is_about() {
        let source = Source { name: "s.yaml".to_owned(), folder: PathBuf::new(), text: THREE.to_owned() };
        let setup = Input::of_sources(vec![source]).and_then(|input| input.resolve()).expect("it is a scenario").setup;
        let worst = worst_case(&setup);
        let latest = Cell::new(None);
        let watcher = |at: ExplanationProgress| latest.set(Some(at));
        let runner = VariantRunner::new(&watcher);
        let all = runner.run_to_the_end(&worst).expect("it is within its budget");
        let one = runner.run(&worst, 0..1).expect("it is within its budget");
        assert!(all.end - setup.start > SimDuration::from_secs(99 * 86_400), "{:?}", all.end);
        assert!(one.end - setup.start < SimDuration::from_secs(3_600), "{:?}", one.end);
        // What is known of the Job is the same; of the others hardly anything is kept.
        let of_first = |ran: &VariantRun| format!("{:?} {:?}", WorstCaseEnd::of(0, ran), steps(0, ran, &worst));
        assert_eq!(of_first(&one), of_first(&all));
        assert!(one.recorder.timeline.len() < MOST_UNREAD + 100, "{}", one.recorder.timeline.len());
        let latest = latest.get().expect("the watcher is called");
        assert_eq!(latest.run, 2);
        assert!(latest.pods >= 400 && latest.passed <= one.end - setup.start, "{latest:?}");
    }
}
