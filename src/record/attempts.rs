//! Counts a Job's lost attempts, and its retries: the Pods created in their place. Which Pods count as lost is decided
//! by the recorder.
//!
//! A lost attempt is a Pod that failed, or that something other than the Job controller deleted. Pods deleted by a
//! suspension, a scale-down or the end of the Job are not lost, and Pods created after them are no retries. In an
//! Indexed Job a retry has the index of the lost attempt; otherwise any new Pod is the retry of any lost attempt.

use crate::api::CompletionIndex;
use std::collections::BTreeMap;

/// The attempts of one Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts that were lost and not yet retried, by completion index (`None` without indexes).
    lost: BTreeMap<Option<CompletionIndex>, u32>,
    retries: u32,
}

impl Attempts {
    /// Pods created in place of a lost attempt.
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// Records the loss of an attempt at this index.
    pub(super) fn lose(&mut self, index: Option<CompletionIndex>) {
        *self.lost.entry(index).or_default() += 1;
    }

    /// A Pod that was being deleted has succeeded after all: its attempt is not lost, unless it has already been
    /// retried.
    pub(super) fn recover(&mut self, index: Option<CompletionIndex>) {
        self.take(index);
    }

    /// Records the creation of a Pod of this index; returns whether it is a retry.
    pub(super) fn begin(&mut self, index: Option<CompletionIndex>) -> bool {
        let is_retry = self.take(index);
        self.retries = self.retries.checked_add(u32::from(is_retry)).expect("a Job has fewer than 2^32 Pods");
        is_retry
    }

    /// Removes one of the lost attempts at an index; `false` if there is none.
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
