//! Which records of Jobs are taken out before the run is over, to save memory: a CronJob can create millions of Jobs,
//! and those that are long gone matter only in totals. The other records are in the recorder.
//!
//! Invariant: `places[id]` is the place of that Job's record in the recorder, or [`TAKEN`].

use super::JobRecord;
use crate::id::{JobId, PodId};
use std::collections::VecDeque;

/// Stands for the place of a record that was taken out.
const TAKEN: u32 = u32::MAX;

/// Records are taken out only when there are more than this many.
const KEPT: usize = 1_000;

/// The place of each Job's record, and the records that were taken out.
#[derive(Clone, Debug, Default)]
pub(super) struct Retirement {
    places: Vec<u32>,
    /// Whether Jobs are taken out at all.
    pub retires: bool,
    /// Jobs of CronJobs that the world has forgotten, with their Pods, in the order in which it forgot them.
    leaving: VecDeque<(JobId, Vec<PodId>)>,
    /// Records that were taken out and not yet fetched.
    pub retired: Vec<JobRecord>,
}

impl Retirement {
    /// Forgets everything; keeps the allocated memory.
    pub fn clear(&mut self) {
        self.places.clear();
        self.leaving.clear();
        self.retired.clear();
        self.retires = false;
    }

    /// How many Jobs have been added.
    pub fn known(&self) -> usize {
        self.places.len()
    }

    /// Adds the next Job, whose record is at this place; returns its id.
    pub fn add(&mut self, place: usize) -> JobId {
        assert!(place < TAKEN as usize, "a run has fewer than 2^32 Jobs");
        self.places.push(place as u32);
        JobId(self.places.len() as u32 - 1)
    }

    /// The place of the record of a Job that is known and not taken out. Nothing is observed of other Jobs: the world
    /// introduces a Job first, and forgets it only when nothing more can happen to it.
    #[inline]
    pub fn place_of(&self, id: JobId) -> usize {
        self.place(id).unwrap_or_else(|| panic!("{id:?} is observed, but its record was taken out or never begun"))
    }

    /// The place of a Job's record; `None` if it was taken out.
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

    /// Takes out the first Job that the world has forgotten, if there are many records; returns its Pods.
    pub fn retire(&mut self, jobs: &mut Vec<JobRecord>) -> Option<Vec<PodId>> {
        if jobs.len() <= KEPT { None } else { self.take_out(jobs) }
    }

    fn take_out(&mut self, jobs: &mut Vec<JobRecord>) -> Option<Vec<PodId>> {
        let (id, pods) = self.leaving.pop_front()?;
        let place = self.place_of(id);
        let record = jobs.swap_remove(place);
        assert!(record.id == id, "the record of {:?} stands where that of {id:?} should", record.id);
        self.places[id.ix()] = TAKEN;
        if let Some(moved) = jobs.get(place) {
            self.places[moved.id.ix()] = place as u32;
        }
        self.retired.push(record);
        Some(pods)
    }

    /// Sorts the remaining records by id.
    pub fn sort(&mut self, jobs: &mut [JobRecord]) {
        // No two ids are equal, and a stable sort would take as much memory again as all records.
        if !jobs.is_sorted_by_key(|job| job.id) {
            jobs.sort_unstable_by_key(|job| job.id);
        }
        for (place, job) in jobs.iter().enumerate() {
            assert!(self.place(job.id).is_some(), "the record of {:?} was taken out", job.id);
            self.places[job.id.ix()] = place as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_that_are_forgotten_are_taken_out_and_the_others_stay_in_order() {
        let mut retirement = Retirement { retires: true, ..Retirement::default() };
        let mut jobs = Vec::new();
        for _ in 0..5 {
            let id = retirement.add(jobs.len());
            jobs.push(JobRecord { id, ..JobRecord::default() });
        }
        [1, 0].into_iter().for_each(|n| retirement.leaves(JobId(n), vec![PodId(n)]));
        assert_eq!(retirement.retire(&mut jobs), None, "they are few");
        assert_eq!([1, 0].map(|n| retirement.take_out(&mut jobs) == Some(vec![PodId(n)])), [true; 2]);
        assert_eq!(retirement.take_out(&mut jobs), None);
        let ids = |jobs: &[JobRecord]| jobs.iter().map(|job| job.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&retirement.retired), [1, 0]);
        retirement.sort(&mut jobs);
        assert_eq!(ids(&jobs), [2, 3, 4]);
        assert_eq!([0, 2, 4].map(|n| retirement.place(JobId(n))), [None, Some(0), Some(2)]);
        assert_eq!(retirement.known(), 5);
    }
}
