//! The order in which a sync visits its Jobs. The real controller takes them from a Go map, the cache's index of a
//! namespace: with up to eight entries a new one takes the lowest free slot, and iteration starts at a random slot and
//! wraps around. The most likely order is therefore that of the slots, which is used here. It decides only which of two
//! equivalent actions comes first.
//!
//! Divergence: the order is the same each time, and Jobs of all namespaces share one index.

use crate::id::{Arena, JobId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The places of Jobs in the cache's index.
#[derive(Debug, Default)]
pub(super) struct MapOrder {
    of: Arena<JobId, Option<u32>>,
    free: BinaryHeap<Reverse<u32>>,
    used: u32,
}

impl MapOrder {
    /// Empties the index.
    pub fn clear(&mut self) {
        self.of.blank();
        self.free.clear();
        self.used = 0;
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self) {
        self.clear();
        self.of.clear();
    }

    /// The position of a Job in the cache: its present one, or the lowest that is free.
    pub fn take(&mut self, job: JobId) -> u32 {
        if self.of.len() <= job.ix() {
            self.of.reach(job);
        }
        let place = *self.of[job].get_or_insert_with(|| self.free.pop().map_or(self.used, |lowest| lowest.0));
        self.used = self.used.max(place + 1);
        debug_assert!(self.free.iter().all(|free| free.0 != place), "{job:?} takes place {place}, which is free too");
        place
    }

    /// Frees the position of a Job that has left the cache. A Job that was deleted before the cache showed it has none.
    pub fn leave(&mut self, job: JobId) {
        if let Some(place) = self.of.get_mut(job).and_then(Option::take) {
            self.free.push(Reverse(place));
        }
    }

    /// Gives up the memory of a Job that has left the cache for good.
    pub fn forget(&mut self, job: JobId) {
        self.of.forget(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_job_takes_the_lowest_free_place() {
        let mut places = MapOrder::default();
        let take = |places: &mut MapOrder, n| places.take(JobId(n));
        assert_eq!([0, 1, 2].map(|n| take(&mut places, n)), [0, 1, 2]);
        places.leave(JobId(1));
        places.leave(JobId(0));
        places.leave(JobId(0));
        assert_eq!([7, 8, 9, 2, 8].map(|n| take(&mut places, n)), [0, 1, 3, 2, 1]);
    }
}
