//! Completion indexes: which have succeeded or failed, which comes next, and which failed Pod keeps its finalizer until
//! its replacement carries its failure count on.

use super::backoff::{absolute_failure_count, finished_time};
use super::phase::NewPod;
use super::pod_failure_policy::{is_pod_failed, match_pod_failure_policy, only_replace_failed_pods};
use super::sync::{JobSync, JobSyncContext, SyncIndexes, SyncPod};
use super::view::View;
use crate::api::{CompletionIndex, Intervals, Pod, PodFailurePolicyAction, PodPhase};
use std::mem;

impl JobSync {
    /// Succeeded and failed indexes: those in the status and those of Pods that still carry the finalizer.
    #[doc(alias = "calculateSucceededIndexes")]
    #[doc(alias = "calculateFailedIndexes")]
    pub(super) fn calculate_indexes(&mut self, ctx: &JobSyncContext) {
        let completions = self.spec.completions.unwrap_or(0);
        let previously_succeeded = self.status.completed_indexes.below(completions);
        let mut new = mem::take(&mut self.spare.indexes);
        new.clear();
        let valid = || {
            let indexed = self.pods.iter().filter_map(|p| Some((p.pod.index?.get(), &p.pod)));
            indexed.filter(|&(index, _)| index < completions)
        };
        new.extend(valid().filter(|(_, pod)| pod.phase == PodPhase::Succeeded).map(|(index, _)| index));
        let succeeded = previously_succeeded.with_ordered_indexes(&new);
        let failed = self.spec.backoff_limit_per_index.map(|limit| {
            let failed = valid().filter(|(_, pod)| self.is_index_failed(pod, limit, ctx)).map(|(index, _)| index);
            let failed: Vec<i32> = failed.collect();
            let previous = self.status.failed_indexes.clone().unwrap_or_default();
            previous.below(completions).with_ordered_indexes(&failed)
        });
        self.counts.succeeded = succeeded.total() as i32;
        self.indexes = SyncIndexes { previously_succeeded, succeeded, failed };
        self.spare.indexes = new;
    }

    fn is_index_failed(&self, pod: &Pod, limit: i32, ctx: &JobSyncContext) -> bool {
        if !is_pod_failed(pod, &self.spec) {
            return false;
        }
        let matched = match_pod_failure_policy(&self.spec, pod, ctx.codes);
        matched.action() == Some(PodFailurePolicyAction::FailIndex)
            || (matched.counts() && pod.index_failure_count >= limit)
    }

    /// Finds, for each index without an active Pod, the last failed Pod, whose finalizer stays for now.
    ///
    /// An index's failures are counted nowhere but on its Pods: a new Pod carries the count of the one that it replaces.
    /// If the finalizer went at once, the Pod could be deleted before its replacement exists, and the count with it.
    #[doc(alias = "getPodsWithDelayedDeletionPerIndex")]
    pub(super) fn find_delayed(&mut self, ctx: &JobSyncContext) {
        let Some(failed_indexes) = &self.indexes.failed else { return };
        let active = &ctx.caches.jobs[self.id].ledger.view().active_indexes;
        for &p in &self.pods {
            // Without an index it has no place among the indexes.
            let Some(ix) = p.pod.index.map(CompletionIndex::get) else { continue };
            let settled = self.indexes.succeeded.has(ix) || failed_indexes.has(ix) || active.has(ix);
            if p.removal_expected || settled || !self.has_valid_index(&p.pod) || !is_pod_failed(&p.pod, &self.spec) {
                continue;
            }
            match self.delayed.last_mut() {
                Some(last) if last.0 == ix => {
                    if is_later_failure(&last.1, &p) {
                        last.1 = p;
                    }
                }
                _ => self.delayed.push((ix, p)),
            }
        }
    }

    /// The failed Pod that a new Pod of the index replaces.
    pub(super) fn delayed_pod(&self, index: i32) -> Option<&SyncPod> {
        let at = self.delayed.binary_search_by_key(&index, |d| d.0).ok()?;
        Some(&self.delayed[at].1)
    }

    /// The annotations of a new Pod of the index.
    #[doc(alias = "getNewIndexFailureCounts")]
    pub(super) fn new_pod(&self, index: i32, ctx: &JobSyncContext) -> NewPod {
        let Some(replaced) = self.delayed_pod(index) else {
            return NewPod { index: CompletionIndex::new(index), failures: 0, ignored: 0 };
        };
        let counts = match_pod_failure_policy(&self.spec, &replaced.pod, ctx.codes).counts();
        let (failures, ignored) = (replaced.pod.index_failure_count, replaced.pod.index_ignored_failure_count);
        NewPod {
            index: CompletionIndex::new(index),
            failures: failures + i32::from(counts),
            ignored: ignored + i32::from(!counts),
        }
    }

    /// The lowest `count` indexes that are not active, succeeded or failed (nor terminating, if that is waited for).
    #[doc(alias = "firstPendingIndexes")]
    pub(super) fn first_pending_indexes(&self, count: usize, view: &View, into: &mut Vec<i32>) {
        let completions = self.spec.completions.unwrap_or(0);
        let wait = only_replace_failed_pods(&self.spec);
        let none = Intervals::new();
        let mut succeeded = Skip::new(&self.indexes.succeeded);
        let mut failed = Skip::new(self.indexes.failed.as_ref().unwrap_or(&none));
        let mut candidate = 0;
        while candidate < completions && into.len() < count {
            if let Some(next) = succeeded.past(candidate).or_else(|| failed.past(candidate)) {
                candidate = next;
                continue;
            }
            if !(view.active_indexes.has(candidate) || wait && view.terminating_indexes.has(candidate)) {
                into.push(candidate);
            }
            candidate += 1;
        }
    }
}

/// Whether `p` takes the place of `last` as the last failure of their index.
fn is_later_failure(last: &SyncPod, p: &SyncPod) -> bool {
    absolute_failure_count(&last.pod) <= absolute_failure_count(&p.pod)
        && finished_time(&p.pod) >= finished_time(&last.pod)
}

/// Walks through intervals beside an increasing candidate.
struct Skip<I: Iterator<Item = (i32, i32)>> {
    rest: std::iter::Peekable<I>,
}

impl Skip<std::iter::Empty<(i32, i32)>> {
    fn new(set: &Intervals) -> Skip<impl Iterator<Item = (i32, i32)> + '_> {
        Skip { rest: set.iter().peekable() }
    }
}

impl<I: Iterator<Item = (i32, i32)>> Skip<I> {
    /// The first index past the interval that holds the candidate, if one does.
    fn past(&mut self, candidate: i32) -> Option<i32> {
        while self.rest.next_if(|i| i.1 < candidate).is_some() {}
        self.rest.peek().filter(|i| i.0 <= candidate).map(|i| i.1 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Containers;
    use crate::api::{CompletionIndex, ExitCodeTable};
    use crate::id::PodId;
    use crate::time::{SimDuration, SimTime, WholeSecond};

    #[test]
    fn of_two_failures_of_an_index_the_later_one_with_no_fewer_before_it_counts() {
        let sec = |seconds| WholeSecond::from(SimTime::ZERO + SimDuration::from_secs(seconds));
        let exit_codes = ExitCodeTable::default().intern(&[1]);
        let failed = |failures, finished| {
            let containers = Containers::Terminated { finished_at: sec(finished), exit_codes };
            let pod = Pod { containers, ..Pod::new(sec(0), CompletionIndex::new(0), failures, 0) };
            SyncPod { id: PodId(0), pod, removal_expected: false }
        };
        let cases = [((1, 5), (1, 5), true), ((1, 5), (2, 4), false), ((2, 5), (1, 9), false), ((1, 5), (2, 6), true)];
        for ((failures, finished), (other, later), is_later) in cases {
            assert_eq!(is_later_failure(&failed(failures, finished), &failed(other, later)), is_later, "{later}");
        }
    }
}
