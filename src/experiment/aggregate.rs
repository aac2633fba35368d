//! Several Jobs as one outcome: counts and times of Pods are summed, longest and most are maxima, and times since
//! creation count from the first creation to the last end. Jobs are added one at a time, so that their records need not
//! be kept.

use super::outcome::{JobEnd, Outcome};
use crate::record::JobRecord;
use crate::time::SimTime;

/// The sum over several Jobs.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    sum: Outcome,
    created: Option<SimTime>,
    /// The last end.
    finished: Option<SimTime>,
    /// The end of the last Job: its condition, its deletion, or the end of the replication.
    over: Option<SimTime>,
    unfinished: bool,
}

impl Aggregate {
    /// Adds a Job as it was recorded until `end`. A Job that was never created is left out: its arrival would have come
    /// after the process had ended.
    pub fn add(&mut self, job: &JobRecord, end: SimTime) {
        let Some(created) = job.created else { return };
        self.join(&Aggregate {
            sum: Outcome::of(job, end),
            created: Some(created),
            finished: job.finished,
            over: job.finished.or(job.gone).or(Some(end)),
            unfinished: job.finished.is_none(),
        });
    }

    /// Adds all Jobs of another sum.
    pub fn join(&mut self, other: &Aggregate) {
        if other.sum.jobs == 0 {
            return;
        }
        self.sum.add(&other.sum);
        self.created = self.created.into_iter().chain(other.created).min();
        self.finished = self.finished.max(other.finished);
        self.over = self.over.max(other.over);
        self.unfinished |= other.unfinished;
        assert!(self.created <= self.over, "a Job does not end before it is created");
        assert!(self.finished <= self.over);
    }

    /// The outcome in a cluster with this many slots (0 for no limit); [`JobEnd::NotCreated`] if there was no Job.
    pub fn finish(mut self, slots: u32) -> Outcome {
        debug_assert!(self.sum.jobs > 0 || self.sum.end == JobEnd::NotCreated, "no Job has an end");
        let since_creation = |t: Option<SimTime>| t.zip(self.created).map(|(last, created)| last - created);
        self.sum.duration = since_creation(self.finished.filter(|_| !self.unfinished));
        self.sum.shared.span = since_creation(self.over).unwrap_or_default();
        self.sum.shared.slots = slots;
        self.sum
    }
}
