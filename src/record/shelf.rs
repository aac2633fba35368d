//! The records of Jobs by [`JobId`], of which some are taken out before the run is over: a CronJob may make millions of
//! Jobs, and those that are long gone are of interest in sum only.
//!
//! Invariant: `places[id]` is where the record of that Job stands, or [`TAKEN`].

use super::JobRecord;
use crate::id::JobId;
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// The place of a record that was taken out.
const TAKEN: u32 = u32::MAX;

/// A Job that is gone for so long is taken out: what was still under way for it then (Events that wait for their token,
/// Pods that stop) has come.
const LINGERS: SimDuration = SimDuration::from_secs(3_600);

/// So many records are kept in any case.
const KEPT: usize = 1_000;

/// Which Jobs are taken out, and those that were.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    places: Vec<u32>,
    /// Whether Jobs are taken out at all.
    pub retires: bool,
    /// Jobs of CronJobs that are gone, the first first.
    leaving: VecDeque<(SimTime, JobId)>,
    /// Records that were taken out and that nobody has fetched yet.
    pub retired: Vec<JobRecord>,
}

impl Shelf {
    /// Forgets everything; keeps the memory.
    pub fn clear(&mut self) {
        self.places.clear();
        self.leaving.clear();
        self.retired.clear();
        self.retires = false;
    }

    /// How many Jobs there were so far.
    pub fn known(&self) -> usize {
        self.places.len()
    }

    /// The next Job's record stands at this place; gives its id.
    pub fn add(&mut self, place: usize) -> JobId {
        self.places.push(place as u32);
        JobId(self.places.len() as u32 - 1)
    }

    /// Where a Job's record stands.
    #[inline]
    pub fn place(&self, id: JobId) -> Option<usize> {
        self.places.get(id.ix()).filter(|place| **place != TAKEN).map(|place| *place as usize)
    }

    /// A Job of a CronJob is gone since `at`.
    pub fn leaves(&mut self, at: SimTime, id: JobId) {
        if self.retires {
            self.leaving.push_back((at, id));
        }
    }

    /// Takes out Jobs that are long gone and have no Pod left, once there are many records.
    pub fn retire(&mut self, now: SimTime, jobs: &mut Vec<JobRecord>) {
        if jobs.len() > KEPT {
            self.take_out(now, jobs);
        }
    }

    fn take_out(&mut self, now: SimTime, jobs: &mut Vec<JobRecord>) {
        while let Some(&(since, id)) = self.leaving.front().filter(|(since, _)| now - *since > LINGERS) {
            self.leaving.pop_front();
            let Some(place) = self.place(id) else { continue };
            if jobs[place].pods_live > 0 {
                self.leaving.push_back((since + LINGERS, id));
                continue;
            }
            let record = jobs.swap_remove(place);
            self.places[id.ix()] = TAKEN;
            if let Some(moved) = jobs.get(place) {
                self.places[moved.id.ix()] = place as u32;
            }
            self.retired.push(record);
        }
    }

    /// Puts the records that are left in the order of their ids.
    pub fn sort(&mut self, jobs: &mut [JobRecord]) {
        jobs.sort_by_key(|job| job.id);
        for (place, job) in jobs.iter().enumerate() {
            self.places[job.id.ix()] = place as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn jobs_that_are_long_gone_are_taken_out_and_the_others_stay_in_order() {
        let mut shelf = Shelf { retires: true, ..Shelf::default() };
        let mut jobs = Vec::new();
        for _ in 0..5 {
            let id = shelf.add(jobs.len());
            jobs.push(JobRecord { id, ..JobRecord::default() });
        }
        jobs[2].pods_live = 1;
        [1, 2, 0].into_iter().for_each(|n| shelf.leaves(at(i64::from(n)), JobId(n)));
        shelf.retire(at(9_999), &mut jobs);
        assert!(shelf.retired.is_empty(), "they are few");
        shelf.take_out(at(3_601), &mut jobs);
        assert!(shelf.retired.is_empty(), "they linger");
        shelf.take_out(at(3_700), &mut jobs);
        let ids = |jobs: &[JobRecord]| jobs.iter().map(|job| job.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&shelf.retired), [1, 0], "a Job with a Pod left stays");
        shelf.sort(&mut jobs);
        assert_eq!(ids(&jobs), [2, 3, 4]);
        assert_eq!([0, 2, 4].map(|n| shelf.place(JobId(n))), [None, Some(0), Some(2)]);
        jobs[0].pods_live = 0;
        shelf.take_out(at(9_000), &mut jobs);
        assert_eq!((ids(&jobs).len(), shelf.known()), (2, 5));
    }
}
