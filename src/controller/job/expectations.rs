//! What the controller has requested and not yet seen: creations and deletions of Pods. Removed finalizers are
//! remembered elsewhere, by a mark on each cached Pod.
//!
//! Race: a watch shows the controller's own writes late. A sync that counted Pods in the meantime would create or delete
//! them a second time; so it manages Pods only when all that was asked for has been seen, or was refused, or is older than
//! a timeout, in case an event was lost.

use crate::time::{SimDuration, SimTime};

/// Expected creations and deletions of one Job.
#[doc(alias = "ControlleeExpectations")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Expectations {
    creations: i64,
    deletions: i64,
    set_at: Option<SimTime>,
}

impl Expectations {
    /// Expects `n` creations in place of whatever was expected.
    #[doc(alias = "ExpectCreations")]
    pub fn expect_creations(&mut self, n: usize, now: SimTime) {
        self.assert_order(now);
        *self = Expectations { creations: n as i64, deletions: 0, set_at: Some(now) };
    }

    /// Expects `n` deletions in place of whatever was expected.
    #[doc(alias = "ExpectDeletions")]
    pub fn expect_deletions(&mut self, n: usize, now: SimTime) {
        self.assert_order(now);
        *self = Expectations { creations: 0, deletions: n as i64, set_at: Some(now) };
    }

    fn assert_order(&self, now: SimTime) {
        assert!(self.set_at.is_none_or(|t| t <= now), "expectations of {:?} are replaced at {now:?}", self.set_at);
    }

    /// `n` creations were seen, or will never be. They may be more than were expected: a Pod that was created before a
    /// restart, or before its expectation timed out, is observed too.
    #[doc(alias = "CreationObserved")]
    pub fn creations_observed(&mut self, n: usize) {
        assert!(n > 0, "an observation of nothing");
        self.creations -= n as i64;
    }

    /// A deletion was seen, or will never be. Not every deletion was expected: users and nodes delete Pods too.
    #[doc(alias = "DeletionObserved")]
    pub fn deletion_observed(&mut self) {
        self.deletions -= 1;
    }

    /// How many creations and deletions are still expected; more may have been seen than were.
    pub fn outstanding(&self) -> (i64, i64) {
        (self.creations.max(0), self.deletions.max(0))
    }

    /// Whether nothing is expected any more, or it was expected longer ago than `timeout`.
    #[doc(alias = "SatisfiedExpectations")]
    pub fn are_satisfied(&self, now: SimTime, timeout: SimDuration) -> bool {
        let fulfilled = self.creations <= 0 && self.deletions <= 0;
        fulfilled || self.set_at.is_none_or(|t| now - t > timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn met_by_observation_or_by_time() {
        let timeout = SimDuration::from_secs(300);
        let t = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let mut e = Expectations::default();
        assert!(e.are_satisfied(t(0), timeout));
        e.expect_creations(2, t(0));
        e.creations_observed(1);
        assert!(!e.are_satisfied(t(300), timeout));
        assert!(e.are_satisfied(t(301), timeout));
        e.creations_observed(1);
        assert!(e.are_satisfied(t(1), timeout));
        e.expect_deletions(1, t(2));
        assert!(!e.are_satisfied(t(2), timeout), "a new expectation replaces the surplus of the old one");
        e.deletion_observed();
        assert!(e.are_satisfied(t(2), timeout));
    }
}
