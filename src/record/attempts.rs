//! Lost attempts of a Job, and the Pods that take them up again: these are its retries. It counts; why a Pod was lost is
//! the recorder's to say.
//!
//! A lost attempt is a Pod that has failed, or whose deletion nobody asked for who manages the Job. Pods that a suspension,
//! a scale-down or the end of the Job deletes are not lost: what is created after them is no retry. Where there are
//! indexes each index has attempts of its own; else any new Pod takes up any lost one.

use crate::api::CompletionIndex;
use std::collections::BTreeMap;

/// The attempts of one Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Lost and not yet taken up, by completion index where there are indexes.
    lost: BTreeMap<Option<CompletionIndex>, u32>,
    retries: u32,
}

impl Attempts {
    /// Pods that took up a lost attempt.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// An attempt at this index is lost.
    pub(super) fn lose(&mut self, index: Option<CompletionIndex>) {
        *self.lost.entry(index).or_default() += 1;
    }

    /// A Pod that was being deleted has succeeded after all: its attempt is not lost, unless it was taken up meanwhile.
    pub(super) fn recover(&mut self, index: Option<CompletionIndex>) {
        self.take(index);
    }

    /// A Pod of this index is created; whether it takes up a lost attempt.
    pub(super) fn begin(&mut self, index: Option<CompletionIndex>) -> bool {
        let is_retry = self.take(index);
        self.retries = self.retries.checked_add(u32::from(is_retry)).expect("a Job has fewer than 2^32 Pods");
        is_retry
    }

    /// Takes one of the lost attempts at an index, if there is one.
    fn take(&mut self, index: Option<CompletionIndex>) -> bool {
        let Some(left) = self.lost.get_mut(&index) else { return false };
        assert!(*left > 0, "an index without lost attempts has no entry: {index:?}");
        *left -= 1;
        if *left == 0 {
            self.lost.remove(&index);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lost_attempt_is_taken_up_once_and_by_its_own_index() {
        let index = CompletionIndex::new;
        let mut attempts = Attempts::default();
        assert!(!attempts.begin(index(0)) && !attempts.begin(index(1)));
        attempts.lose(index(1));
        assert!(!attempts.begin(index(0)), "index 0 has lost none");
        assert!(attempts.begin(index(1)) && !attempts.begin(index(1)));
        attempts.lose(None);
        attempts.lose(None);
        assert_eq!([(); 3].map(|()| attempts.begin(None)), [true, true, false]);
        attempts.lose(index(1));
        attempts.recover(index(1));
        attempts.recover(index(1));
        assert!(!attempts.begin(index(1)));
        assert_eq!(attempts, Attempts { lost: BTreeMap::new(), retries: 3 });
    }
}
