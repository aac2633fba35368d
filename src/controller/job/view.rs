//! What a sync reads about a Job's Pods, as aggregates. [`View::recount`] computes it from scratch and is its
//! specification; [`super::ledger`] keeps the same by deltas. The Pods themselves are in [`super::cache`].

use super::pod_failure_policy::{is_pod_failed, match_pod_failure_policy};
use crate::api::{CompletionIndex, ExitCodeTable, JobSpec, Pod, PodFailurePolicyAction};
use crate::id::PodId;

/// The aggregates of one Job's cached Pods.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Active Pods, in no order.
    pub active: Vec<PodId>,
    /// Pods with the tracking finalizer that have finished or are being deleted, in no order: those that a sync may
    /// have to account for.
    pub settled: Vec<PodId>,
    /// Active Pods that are ready.
    pub ready: i32,
    /// Pods that are being deleted and have not finished.
    pub terminating: i32,
    /// Sum of the restart counts of the Pods that have not finished.
    pub restarts: i64,
    /// Failed Pods that meet a FailJob rule, in no order.
    pub fail_job: Vec<PodId>,
    /// Completion indexes of the active Pods.
    pub active_indexes: IndexBag,
    /// Completion indexes of the terminating Pods.
    pub terminating_indexes: IndexBag,
}

impl View {
    /// Computes the view from all Pods of the Job that the cache holds, in O(Pods).
    pub fn recount<'a>(pods: impl Iterator<Item = (PodId, &'a Pod)>, spec: &JobSpec, codes: &ExitCodeTable) -> Self {
        let mut view = View::default();
        for (id, pod) in pods {
            match Place::of(pod) {
                Place::Active => view.active.push(id),
                Place::Settled => view.settled.push(id),
                Place::Nowhere => {}
            }
            view.ready += i32::from(pod.is_active() && pod.is_ready());
            view.terminating += i32::from(pod.is_terminating());
            view.restarts += if pod.phase.is_terminal() { 0 } else { i64::from(pod.restarts) };
            if is_fail_job(pod, spec, codes) {
                view.fail_job.push(id);
            }
            if pod.is_active() {
                pod.index.inspect(|&index| view.active_indexes.insert(index));
            }
            if pod.is_terminating() {
                pod.index.inspect(|&index| view.terminating_indexes.insert(index));
            }
        }
        view
    }

    /// Whether both contain the same, in any order.
    pub fn is_equal(&self, other: &View) -> bool {
        let sorted = |v: &[PodId]| {
            let mut v = v.to_vec();
            v.sort_unstable();
            v
        };
        let counts = |v: &View| (v.ready, v.terminating, v.restarts);
        counts(self) == counts(other)
            && sorted(&self.active) == sorted(&other.active)
            && sorted(&self.settled) == sorted(&other.settled)
            && sorted(&self.fail_job) == sorted(&other.fail_job)
            && self.active_indexes.sorted() == other.active_indexes.sorted()
            && self.terminating_indexes.sorted() == other.terminating_indexes.sorted()
    }
}

/// Whether the Pod makes its Job fail by the Pod failure policy.
pub(super) fn is_fail_job(pod: &Pod, spec: &JobSpec, codes: &ExitCodeTable) -> bool {
    spec.pod_failure_policy.is_some()
        && is_pod_failed(pod, spec)
        && match_pod_failure_policy(spec, pod, codes).action() == Some(PodFailurePolicyAction::FailJob)
}

/// The list of a view that a Pod belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Active,
    Settled,
    Nowhere,
}

impl Place {
    #[inline]
    pub(super) fn of(pod: &Pod) -> Place {
        if pod.is_active() {
            Place::Active
        } else if pod.finalizer {
            Place::Settled
        } else {
            Place::Nowhere
        }
    }
}

/// A multiset of completion indexes: a bit set, and a list of repeated members.
#[derive(Clone, Debug, Default)]
pub struct IndexBag {
    bits: Vec<u64>,
    repeats: Vec<CompletionIndex>,
}

impl IndexBag {
    /// Adds an index.
    #[inline]
    pub fn insert(&mut self, index: CompletionIndex) {
        let ix = index.ix();
        if ix / 64 >= self.bits.len() {
            self.bits.resize(ix / 64 + 1, 0);
        }
        let (word, bit) = (&mut self.bits[ix / 64], 1u64 << (ix % 64));
        if *word & bit == 0 {
            *word |= bit;
        } else {
            self.repeats.push(index);
        }
        debug_assert!(self.has(index.get()), "index {index} was put in");
    }

    /// Removes one occurrence of an index.
    ///
    /// # Panics
    /// If the index is not there.
    #[inline]
    pub fn remove(&mut self, index: CompletionIndex) {
        let ix = index.ix();
        assert!(self.has(index.get()), "index {index} is taken out of a bag that does not hold it");
        match self.repeats.iter().position(|&r| r == index) {
            Some(at) => drop(self.repeats.swap_remove(at)),
            None => self.bits[ix / 64] &= !(1u64 << (ix % 64)),
        }
    }

    /// Whether the index of this number is there.
    #[inline]
    pub fn has(&self, index: i32) -> bool {
        usize::try_from(index).is_ok_and(|ix| self.bits.get(ix / 64).is_some_and(|w| w >> (ix % 64) & 1 == 1))
    }

    /// Whether an index occurs twice, or is `completions` or above.
    pub fn has_repeats_or_above(&self, completions: i32) -> bool {
        let first = usize::try_from(completions).unwrap_or(0);
        let above = |(n, &w): (usize, &u64)| if n == first / 64 { w >> (first % 64) != 0 } else { w != 0 };
        !self.repeats.is_empty() || self.bits.iter().enumerate().skip(first / 64).any(above)
    }

    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        self.bits.clear();
        self.repeats.clear();
    }

    /// Every index, as often as it occurs, in increasing order.
    pub fn sorted(&self) -> Vec<i32> {
        let mut all: Vec<i32> = (0..(self.bits.len() * 64) as i32).filter(|&i| self.has(i)).collect();
        all.extend(self.repeats.iter().map(|index| index.get()));
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_counts_repeats() {
        let mut bag = IndexBag::default();
        let index = |number| CompletionIndex::new(number).unwrap();
        for number in [3, 70, 3, 3] {
            bag.insert(index(number));
        }
        assert_eq!(bag.sorted(), [3, 3, 3, 70]);
        bag.remove(index(3));
        assert!(bag.has(3) && bag.has_repeats_or_above(100));
        bag.remove(index(3));
        assert!(bag.has(3) && !bag.has_repeats_or_above(100));
        assert!(bag.has_repeats_or_above(70) && !bag.has_repeats_or_above(71));
        bag.remove(index(3));
        assert_eq!(bag.sorted(), [70]);
    }
}
