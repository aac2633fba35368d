//! The order in which a sync meets its Jobs. The real one takes them as they come out of a hash map, the cache's index of
//! a namespace: of up to eight entries a new one takes the lowest free slot, and iteration begins at a random slot and
//! goes round. So the likeliest order is that of the slots, and that is the one here; nothing rests on it but which of
//! two equally good things happens first.
//!
//! Divergence: the order is the same each time, and Jobs of all namespaces share one index.

use crate::id::{Arena, JobId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The places of Jobs in the cache's index.
#[derive(Debug, Default)]
pub(super) struct Places {
    of: Arena<JobId, Option<u32>>,
    free: BinaryHeap<Reverse<u32>>,
    used: u32,
}

impl Places {
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

    /// The place of a Job that is in the cache, its old one or the lowest that is free.
    pub fn take(&mut self, job: JobId) -> u32 {
        if self.of.len() <= job.ix() {
            self.of.reach(job);
        }
        let place = *self.of[job].get_or_insert_with(|| self.free.pop().map_or(self.used, |lowest| lowest.0));
        self.used = self.used.max(place + 1);
        place
    }

    /// Frees the place of a Job that has left the cache.
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
        let mut places = Places::default();
        let take = |places: &mut Places, n| places.take(JobId(n));
        assert_eq!([0, 1, 2].map(|n| take(&mut places, n)), [0, 1, 2]);
        places.leave(JobId(1));
        places.leave(JobId(0));
        places.leave(JobId(0));
        assert_eq!([7, 8, 9, 2, 8].map(|n| take(&mut places, n)), [0, 1, 3, 2, 1]);
    }
}
