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
    /// When the last Job had all Pods that it may have at the same time, and when all of these had run; whether any Job
    /// never got that far.
    all_created: AllReached,
    all_running: AllReached,
    /// Whether all Jobs belong to CronJobs that go on when virtual time is over, which says nothing about how they end.
    is_open: bool,
}

/// The last instant at which something was reached, if every Job reached it.
#[derive(Clone, Copy, Debug, Default)]
struct AllReached {
    last: Option<SimTime>,
    is_missed: bool,
}

impl AllReached {
    fn of(at: Option<SimTime>) -> Self {
        AllReached { last: at, is_missed: at.is_none() }
    }

    fn join(&mut self, other: AllReached) {
        self.last = self.last.max(other.last);
        self.is_missed |= other.is_missed;
    }

    fn reached(self) -> Option<SimTime> {
        self.last.filter(|_| !self.is_missed)
    }
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
            // The Jobs of a CronJob have no common beginning.
            all_created: AllReached::of(job.all_created.filter(|_| job.owner.is_none())),
            all_running: AllReached::of(job.all_running.filter(|_| job.owner.is_none())),
            is_open: job.owner.is_some() && !job.is_over(),
        });
    }

    /// Adds all Jobs of another sum.
    pub fn join(&mut self, other: &Aggregate) {
        if other.sum.jobs == 0 {
            return;
        }
        // The Jobs of a CronJob follow one another, and one is usually under way when virtual time is over. It says
        // nothing about how they end, so it decides the end only if no other Job does.
        let is_first = self.sum.jobs == 0;
        let before = (self.sum.end, self.sum.reason);
        self.sum.add(&other.sum);
        match (is_first, self.is_open, other.is_open) {
            (false, false, true) => (self.sum.end, self.sum.reason) = before,
            (false, true, false) => (self.sum.end, self.sum.reason) = (other.sum.end, other.sum.reason),
            _ => {}
        }
        self.is_open = other.is_open && (is_first || self.is_open);
        self.all_created.join(other.all_created);
        self.all_running.join(other.all_running);
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
        self.sum.all_created = since_creation(self.all_created.reached());
        self.sum.all_running = since_creation(self.all_running.reached());
        self.sum.shared.span = since_creation(self.over).unwrap_or_default();
        self.sum.shared.slots = slots;
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimDuration;

    /// A Job of the times of its creation, of all its Pods' creation, and of its end.
    fn job(created: i64, all_created: Option<i64>, finished: i64) -> JobRecord {
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let mut record = JobRecord::default();
        (record.created, record.finished) = (Some(at(created)), Some(at(finished)));
        (record.all_created, record.first_running) = (all_created.map(at), Some(at(created + 1)));
        record
    }

    #[test]
    fn several_jobs_last_from_the_first_creation_to_the_last_end() {
        let (early, late) = (job(5, None, 20), job(10, Some(12), 30));
        for (one, other) in [(&early, &late), (&late, &early)] {
            let mut all = Aggregate::default();
            [one, other].into_iter().for_each(|record| all.add(record, SimTime::ZERO + SimDuration::from_secs(40)));
            let all = all.finish(0);
            assert_eq!(all.duration, Some(SimDuration::from_secs(25)));
            // All Pods of one of them never ran at the same time, so those of both never did.
            assert_eq!(all.all_created, None);
            assert_eq!(all.shared.span, SimDuration::from_secs(25));
        }
        let mut all = Aggregate::default();
        [&job(5, Some(9), 20), &late]
            .into_iter()
            .for_each(|record| all.add(record, SimTime::ZERO + SimDuration::from_secs(40)));
        assert_eq!(all.finish(0).all_created, Some(SimDuration::from_secs(7)));
    }
}
