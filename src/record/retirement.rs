//! The records of Jobs by [`JobId`], of which some are taken out before the run is over: a CronJob may make millions of
//! Jobs, and those that are long gone are of interest in sum only.
//!
//! Invariant: `places[id]` is where the record of that Job stands, or [`TAKEN`].

use super::JobRecord;
use crate::id::{JobId, PodId};
use std::collections::VecDeque;

/// The place of a record that was taken out.
const TAKEN: u32 = u32::MAX;

/// So many records are kept in any case.
const KEPT: usize = 1_000;

/// Which Jobs are taken out, and those that were.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    places: Vec<u32>,
    /// Whether Jobs are taken out at all.
    pub retires: bool,
    /// Jobs of CronJobs that the world has forgotten, and their Pods, the first first.
    leaving: VecDeque<(JobId, Vec<PodId>)>,
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

    /// The world has forgotten a Job of a CronJob.
    pub fn leaves(&mut self, id: JobId, pods: Vec<PodId>) {
        if self.retires {
            self.leaving.push_back((id, pods));
        }
    }

    /// Takes out the first Job that the world has forgotten, if there are many records; gives its Pods.
    pub fn retire(&mut self, jobs: &mut Vec<JobRecord>) -> Option<Vec<PodId>> {
        if jobs.len() <= KEPT { None } else { self.take_out(jobs) }
    }

    fn take_out(&mut self, jobs: &mut Vec<JobRecord>) -> Option<Vec<PodId>> {
        let (id, pods) = self.leaving.pop_front()?;
        let place = self.place(id)?;
        let record = jobs.swap_remove(place);
        self.places[id.ix()] = TAKEN;
        if let Some(moved) = jobs.get(place) {
            self.places[moved.id.ix()] = place as u32;
        }
        self.retired.push(record);
        Some(pods)
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

    #[test]
    fn jobs_that_are_forgotten_are_taken_out_and_the_others_stay_in_order() {
        let mut shelf = Shelf { retires: true, ..Shelf::default() };
        let mut jobs = Vec::new();
        for _ in 0..5 {
            let id = shelf.add(jobs.len());
            jobs.push(JobRecord { id, ..JobRecord::default() });
        }
        [1, 0].into_iter().for_each(|n| shelf.leaves(JobId(n), vec![PodId(n)]));
        assert_eq!(shelf.retire(&mut jobs), None, "they are few");
        assert_eq!([1, 0].map(|n| shelf.take_out(&mut jobs) == Some(vec![PodId(n)])), [true; 2]);
        assert_eq!(shelf.take_out(&mut jobs), None);
        let ids = |jobs: &[JobRecord]| jobs.iter().map(|job| job.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&shelf.retired), [1, 0]);
        shelf.sort(&mut jobs);
        assert_eq!(ids(&jobs), [2, 3, 4]);
        assert_eq!([0, 2, 4].map(|n| shelf.place(JobId(n))), [None, Some(0), Some(2)]);
        assert_eq!(shelf.known(), 5);
    }
}
