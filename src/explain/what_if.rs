//! Runs a setup, and the same setup with one thing changed: the source of the numbers in an explanation.

use super::steps::WorstCaseEnd;
use crate::api::{ExitCodeTable, JobSpec};
use crate::experiment::{PlannedJob, Setup, Simulator};
use crate::model::PodModel;
use crate::record::RecordedRun;
use crate::record::{JobRecord, Recorder};
use crate::time::SimTime;
use std::sync::Arc;

/// A run stops when this many Pods were created in addition to four attempts of each. A Job without limits would never
/// end, and later attempts repeat the earlier ones.
const MOST_PODS: i64 = 1_000;

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
    /// Runs the first replication.
    pub fn of(setup: &Setup) -> Self {
        let mut simulator = Simulator::new(setup);
        let mut recorder = simulator.begin(0, true);
        let mut end = setup.start;
        let at_once = |job: &PlannedJob| {
            let spec = &job.object.spec;
            i64::from(spec.completions.unwrap_or(spec.parallelism).min(spec.parallelism))
        };
        let most = MOST_PODS + 4 * setup.jobs.iter().map(at_once).sum::<i64>();
        while (simulator.world().env.store.pods.len() as i64) < most
            && let Some(now) = simulator.step(&mut recorder)
        {
            end = now;
        }
        let cut = simulator.is_cut();
        recorder.close(end);
        VariantRun { recorder, codes: simulator.world().env.codes.clone(), end, cut }
    }

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

/// How a Job ends in a setup.
pub fn end_of(job: usize, setup: &Setup) -> WorstCaseEnd {
    WorstCaseEnd::of(job, &VariantRun::of(setup))
}
