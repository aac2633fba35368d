//! Several Jobs as one outcome: counts and times of Pods are sums, longest and most are the largest, and times since
//! creation count from the first creation to the last end. Jobs are added one by one, so that their records need not be
//! kept.

use super::outcome::{End, Outcome};
use crate::record::JobRecord;
use crate::time::SimTime;

/// What became of several Jobs.
#[derive(Clone, Debug, Default)]
pub struct Several {
    sum: Outcome,
    created: Option<SimTime>,
    /// The last end, while all have ended.
    finished: Option<SimTime>,
    unfinished: bool,
}

impl Several {
    /// Adds a Job as it was recorded until `end`. One that was never created, as its arrival would have come too late,
    /// is none of them.
    pub fn add(&mut self, job: &JobRecord, end: SimTime) {
        let Some(created) = job.created else { return };
        let outcome = Outcome::of(job, end);
        let one = Several {
            sum: outcome,
            created: Some(created),
            finished: job.finished,
            unfinished: job.finished.is_none(),
        };
        self.join(&one);
    }

    /// Adds all of another.
    pub fn join(&mut self, other: &Several) {
        if other.sum.jobs == 0 {
            return;
        }
        self.sum.add(&other.sum);
        self.created = self.created.into_iter().chain(other.created).min();
        self.finished = self.finished.max(other.finished);
        self.unfinished |= other.unfinished;
    }

    /// What they come to; of none of them [`End::NotCreated`].
    pub fn finish(mut self) -> Outcome {
        debug_assert!(self.sum.jobs > 0 || self.sum.end == End::NotCreated, "no Job has an end");
        let last = self.finished.filter(|_| !self.unfinished);
        self.sum.duration = last.zip(self.created).map(|(last, created)| last - created);
        self.sum
    }
}
