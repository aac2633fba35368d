//! How many Pods there should be, and the deletions and creations that follow. It judges no ending.

use super::backoff::{absolute_failure_count, backoff_for, remaining_backoff_per_index};
use super::call::{BackoffWait, Call, Emission, Outcome};
use super::pod_failure_policy::only_replace_failed_pods;
use super::sync::{Begun, Context, Creation, Phase, Seen, Sync};
use crate::api::{Pod, PodPhase, PodReady};
use crate::time::{SimDuration, WholeSecond};
use std::cmp::Reverse;

impl Sync {
    /// Deletes what is too much, or creates what is too little.
    #[doc(alias = "manageJob")]
    pub(super) fn manage(&mut self, ctx: &mut Context) -> Begun {
        if self.spec.suspend {
            let victims = self.active_pods_for_removal(self.active, ctx);
            return self.delete_surplus(victims, ctx);
        }
        let wanted = self.wanted_active();
        let at_least = (self.active - wanted).max(0);
        let view = ctx.caches.jobs[self.id].ledger.view();
        let misplaced =
            self.spec.is_indexed() && view.active_indexes.has_repeats_or_above(self.spec.completions.unwrap_or(0));
        if at_least > 0 || misplaced {
            let mut victims = self.active_pods_for_removal(at_least, ctx);
            victims.truncate(ctx.params.max_pods_per_sync as usize);
            return self.delete_surplus(victims, ctx);
        }
        let terminating = if only_replace_failed_pods(&self.spec) { self.terminating } else { 0 };
        let missing = wanted - terminating - self.active;
        if missing > 0 { self.create(missing, ctx) } else { self.judge_completion(ctx, true) }
    }

    /// How many Pods should be active.
    fn wanted_active(&self) -> i32 {
        match self.spec.completions {
            None if self.succeeded > 0 => self.active,
            None => self.spec.parallelism,
            Some(completions) => (completions - self.succeeded).min(self.spec.parallelism).max(0),
        }
    }

    /// The Pods to delete: misplaced indexes first, then in the order of victims.
    #[doc(alias = "activePodsForRemoval")]
    fn active_pods_for_removal(&mut self, at_least: i32, ctx: &Context) -> Vec<Seen> {
        let view = ctx.caches.jobs[self.id].ledger.view();
        let mut pods: Vec<Seen> = view.active.iter().map(|&id| Seen::of(id, &ctx.caches.pods[id])).collect();
        let mut victims = Vec::new();
        if self.spec.is_indexed() {
            pods.sort_unstable_by_key(|p| (p.pod.index, p.id));
            (victims, pods) = split_misplaced(pods, self.spec.completions.unwrap_or(0));
        } else {
            pods.sort_unstable_by_key(|p| p.id);
        }
        let more = (at_least as usize).saturating_sub(victims.len());
        if more > 0 {
            pods.sort_by_key(|p| victim_order(&p.pod));
            victims.extend(pods.into_iter().take(more));
        }
        victims
    }

    /// Deletes Pods, their finalizers first, so that they never count as failed.
    #[doc(alias = "deleteJobPods")]
    fn delete_surplus(&mut self, victims: Vec<Seen>, ctx: &mut Context) -> Begun {
        (self.phase, self.targets) = (Phase::Deleting, victims.len() as i32);
        self.targets_ready = victims.iter().filter(|v| v.pod.is_ready()).count() as i32;
        if self.targets == self.active && !victims.is_empty() {
            // With no Pod left the Job may turn out complete, and then these too are tracked.
            self.include_active(ctx);
        }
        ctx.caches.entry(self.id).records.expectations.expect_deletions(victims.len(), ctx.now);
        self.outstanding = victims.len();
        ctx.out
            .calls
            .extend(victims.iter().map(|v| if v.pod.finalizer { Call::PatchPod(v.id) } else { Call::DeletePod(v.id) }));
        if self.outstanding > 0 { Begun::Waiting } else { self.after_deletions(ctx) }
    }

    /// One of the two requests of a surplus Pod's deletion was answered.
    pub(super) fn removed_surplus(&mut self, call: Call, outcome: &Outcome, ctx: &mut Context) {
        match (call, outcome) {
            (Call::PatchPod(pod), Outcome::Patched { .. }) => {
                ctx.out.calls.push(Call::DeletePod(pod));
                self.outstanding += 1;
            }
            (Call::DeletePod(pod), Outcome::Deleted) => ctx.out.emissions.push(Emission::SuccessfulDelete(pod)),
            (call, failure) => {
                ctx.caches.entry(self.id).records.expectations.deletion_observed();
                self.refused += i32::from(matches!(failure, Outcome::Refused));
                if let Call::PatchPod(pod) = call {
                    // The cache may have lost the Pod since; its last state is still there.
                    self.targets_ready -= i32::from(ctx.caches.pods[pod].pod.is_ready());
                }
            }
        }
    }

    /// Creates missing Pods, unless a back-off is to be waited for.
    fn create(&mut self, missing: i32, ctx: &mut Context) -> Begun {
        let per_index = self.spec.backoff_limit_per_index.is_some();
        let left = if per_index { SimDuration::ZERO } else { self.backoff.remaining(ctx.now, ctx.params) };
        if left.is_positive() {
            let failures = self.backoff.failures_after_last_success;
            let backoff = backoff_for(failures, ctx.params);
            return self.wait(left, BackoffWait { until: ctx.now + left, backoff, failures, index: None }, ctx);
        }
        let missing = missing.min(ctx.params.max_pods_per_sync) as usize;
        if self.spec.is_indexed() {
            let mut indexes = std::mem::take(&mut self.scratch);
            indexes.clear();
            self.first_pending_indexes(missing, ctx.caches.jobs[self.id].ledger.view(), &mut indexes);
            let wait = if per_index { self.keep_ready_indexes(&mut indexes, ctx) } else { None };
            for &ix in &indexes {
                let creation = self.new_creation(ix, ctx);
                self.creations.push(creation);
            }
            self.scratch = indexes;
            if let Some((left, wait)) = wait {
                return self.wait(left, wait, ctx);
            }
        } else {
            self.creations.resize(missing, Creation { index: -1, failures: 0, ignored: 0 });
        }
        ctx.caches.entry(self.id).records.expectations.expect_creations(self.creations.len(), ctx.now);
        self.active += self.creations.len() as i32;
        self.phase = Phase::Creating;
        self.issue_batch(ctx.params.slow_start_initial_batch.max(1) as usize, ctx)
    }

    /// Syncs again when the back-off is over.
    #[doc(alias = "enqueueSyncJobWithDelay")]
    fn wait(&mut self, left: SimDuration, wait: BackoffWait, ctx: &mut Context) -> Begun {
        ctx.out.add_after.push(left.max(ctx.params.sync_batch_period));
        ctx.out.waits.push(wait);
        self.judge_completion(ctx, true)
    }

    /// Keeps the indexes whose own back-off is over; with none left, the shortest wait.
    #[doc(alias = "getPodCreationInfoForIndependentIndexes")]
    fn keep_ready_indexes(&self, indexes: &mut Vec<i32>, ctx: &Context) -> Option<(SimDuration, BackoffWait)> {
        let left = |ix: i32| {
            self.delayed_pod(ix).map_or(SimDuration::ZERO, |p| remaining_backoff_per_index(ctx.now, &p.pod, ctx.params))
        };
        let shortest = indexes.iter().map(|&ix| (left(ix), ix)).min_by_key(|&(left, _)| left);
        indexes.retain(|&ix| !left(ix).is_positive());
        let (left, index) = shortest.filter(|_| indexes.is_empty())?;
        let failures = self.delayed_pod(index).map_or(0, |p| absolute_failure_count(&p.pod) + 1);
        let (until, backoff) = (ctx.now + left, backoff_for(failures, ctx.params));
        Some((left, BackoffWait { until, backoff, failures, index: Some(index) }))
    }

    /// Gives out the next creations.
    fn issue_batch(&mut self, size: usize, ctx: &mut Context) -> Begun {
        self.batch = size.min(self.creations.len() - self.created);
        self.refused = 0;
        self.outstanding = self.batch;
        let batch = &self.creations[self.created..self.created + self.batch];
        ctx.out.calls.extend(batch.iter().map(|&Creation { index, failures, ignored }| Call::CreatePod {
            index,
            failures,
            ignored,
        }));
        if self.batch > 0 { Begun::Waiting } else { self.judge_completion(ctx, true) }
    }

    /// A Pod was created, or not.
    pub(super) fn pod_created(&mut self, outcome: &Outcome, ctx: &mut Context) {
        match *outcome {
            Outcome::Created { pod, .. } => ctx.out.emissions.push(Emission::SuccessfulCreate(pod)),
            _ => {
                ctx.out.emissions.push(Emission::FailedCreate);
                ctx.caches.entry(self.id).records.expectations.creations_observed(1);
                self.active -= 1;
                self.refused += 1;
                self.manage_failed = true;
            }
        }
    }

    /// A batch is answered: the next is twice as large, unless one of this was refused.
    pub(super) fn next_batch(&mut self, ctx: &mut Context) -> Begun {
        self.created += self.batch;
        let skipped = self.creations.len() - self.created;
        if self.refused > 0 && skipped > 0 {
            ctx.caches.entry(self.id).records.expectations.creations_observed(skipped);
            self.active -= skipped as i32;
            return self.judge_completion(ctx, true);
        }
        self.issue_batch(2 * self.batch, ctx)
    }
}

/// The order of victims: least worth keeping first.
#[doc(alias = "ActivePods")]
fn victim_order(pod: &Pod) -> impl Ord + use<> {
    let ready_since = match pod.ready {
        PodReady::True(since) => Reverse(since),
        _ => Reverse(WholeSecond::default()),
    };
    (
        pod.bound,
        pod.phase != PodPhase::Pending,
        pod.is_ready(),
        ready_since,
        Reverse(pod.restarts),
        Reverse(pod.created),
    )
}

/// Splits Pods, ordered by index, into those whose index is missing, out of range or taken by a better one, and the
/// rest.
#[doc(alias = "appendDuplicatedIndexPodsForRemoval")]
fn split_misplaced(pods: Vec<Seen>, completions: i32) -> (Vec<Seen>, Vec<Seen>) {
    let (mut misplaced, mut left) = (Vec::new(), Vec::with_capacity(pods.len()));
    for group in pods.chunk_by(|a, b| a.pod.index == b.pod.index) {
        let index = group[0].pod.index;
        if index < 0 || index >= completions {
            misplaced.extend_from_slice(group);
            continue;
        }
        let mut group = group.to_vec();
        group.sort_by_key(|p| victim_order(&p.pod));
        left.extend(group.pop());
        misplaced.append(&mut group);
    }
    (misplaced, left)
}
