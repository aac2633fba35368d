//! Single syncs that create and delete Pods: what a sync makes of refusals, of caches that lag, and of more Pods than one
//! sync may enter. Whole lives of Jobs are replayed in `tests/conformance`.

use super::testing::{JOB, SyncBench, at, created, ended, indexed, running, spec};
use super::*;
use crate::api::{
    CompletionIndex, CompletionMode, Intervals, JobConditionType, JobSpec, JobStatus, Pod, PodPhase,
    PodReplacementPolicy,
};
use crate::controller::SyncEnd;
use crate::id::{PodId, RefusalId};
use crate::release::ReleaseRule;
use crate::time::SimDuration;
use std::sync::Arc;

fn refuse(refused: JobCall) -> impl Fn(JobCall) -> Option<JobCallOutcome> {
    move |call| (call == refused).then_some(JobCallOutcome::Refused)
}

/// Source: deleteJobPods of `pkg/controller/job`.
#[test]
fn a_surplus_pod_that_cannot_be_deleted_stays_active_and_ready_and_is_not_waited_for() {
    let spec = JobSpec { completions: Some(5), ..spec() };
    let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[0, 1, 2].map(running));
    use JobCall::{DeletePod, PatchPod, UpdateStatus};
    let (end, calls) = bench.sync(refuse(PatchPod(PodId(1))));
    // The youngest go first; the finalizer is taken off before the Pod is deleted.
    assert_eq!(calls, [PatchPod(PodId(2)), PatchPod(PodId(1)), DeletePod(PodId(2)), UpdateStatus]);
    assert_eq!((end, bench.counts(), bench.outstanding()), (SyncEnd::Failed, (2, Some(2), Some(1), 0, 0), (0, 1)));
    // One that is gone is no failure, and its deletion will not be seen either.
    let spec = JobSpec { completions: Some(5), ..testing::spec() };
    let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[0, 1, 2].map(running));
    let is_gone = |call| (call == PatchPod(PodId(1))).then_some(JobCallOutcome::NotFound);
    let (end, _) = bench.sync(is_gone);
    assert_eq!((end, bench.counts().0, bench.outstanding()), (SyncEnd::Succeeded, 1, (0, 1)));
}

#[test]
fn a_suspended_job_loses_all_its_active_pods() {
    let spec = JobSpec { suspend: true, parallelism: 2, completions: Some(5), ..spec() };
    let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[0, 1].map(running));
    let (end, calls) = bench.sync(|_| None);
    let deleted = calls.iter().filter(|call| matches!(call, JobCall::DeletePod(_))).count();
    assert_eq!((end, deleted, bench.counts()), (SyncEnd::Succeeded, 2, (0, Some(0), Some(2), 0, 0)));
    assert!(bench.has_condition(JobConditionType::Suspended));
    assert_eq!(bench.sync.status().start_time, None, "it has not been allowed to run");
}

/// Source: slowStartBatch, and manageJob, which counts off what it has not tried.
#[test]
fn creations_double_until_one_is_refused_and_the_rest_is_not_expected() {
    let seven = || JobSpec { parallelism: 7, completions: Some(9), ..spec() };
    let mut bench = SyncBench::new(seven(), JobStatus::default());
    let (end, _) = bench.sync(|_| None);
    assert_eq!((bench.batches.clone(), end), (vec![1, 2, 4, 1], SyncEnd::Succeeded));
    assert_eq!((bench.counts().0, bench.outstanding()), (7, (7, 0)));
    // A quota is reached in the second batch.
    let mut bench = SyncBench::new(seven(), JobStatus::default());
    let tried = std::cell::Cell::new(0);
    let (end, _) = bench.sync(|call| {
        let is_creation = matches!(call, JobCall::CreatePod { .. });
        tried.set(tried.get() + i32::from(is_creation));
        (is_creation && tried.get() == 3).then_some(JobCallOutcome::Forbidden(RefusalId(0)))
    });
    assert_eq!((bench.batches.clone(), end), (vec![1, 2, 1], SyncEnd::Failed));
    assert_eq!((bench.counts().0, bench.outstanding()), (2, (2, 0)));
}

#[test]
fn a_sync_creates_and_deletes_no_more_pods_than_it_may() {
    let spec = JobSpec { parallelism: 7, completions: Some(9), ..spec() };
    let mut bench = SyncBench::new(spec, JobStatus::default());
    bench.params.max_pods_per_sync = 3;
    bench.sync(|_| None);
    assert_eq!((bench.batches.clone(), bench.counts().0), (vec![1, 2, 1], 3));
    let none = JobSpec { parallelism: 0, completions: Some(9), ..testing::spec() };
    let mut bench = SyncBench::new(none, JobStatus::default()).with(&[0, 1, 2, 3].map(running));
    bench.params.max_pods_per_sync = 3;
    let (_, calls) = bench.sync(|_| None);
    assert_eq!((bench.counts().0, bench.outstanding()), (1, (0, 3)), "{calls:?}");
}

/// Source: trackJobStatusAndRemoveFinalizers, which stops at MaxUncountedPods and then writes no end.
#[test]
fn a_sync_enters_no_more_pods_than_it_may_and_does_not_end_the_job_then() {
    for is_indexed in [false, true] {
        let completion_mode = if is_indexed { CompletionMode::Indexed } else { CompletionMode::NonIndexed };
        let spec = JobSpec { completions: Some(4), parallelism: 4, completion_mode, ..spec() };
        let pods = [0, 1, 2, 3].map(|n| {
            let pod = ended(PodPhase::Succeeded, 60);
            if is_indexed { indexed(n, pod) } else { pod }
        });
        let mut bench = SyncBench::new(spec, JobStatus::default()).with(&pods);
        bench.params.max_uncounted_pods = 3;
        let (end, calls) = bench.sync(|_| None);
        let patched = calls.iter().filter(|call| matches!(call, JobCall::PatchPod(_))).count();
        // Of indexes the status names all at once: they need no UIDs.
        let counted = if is_indexed { 4 } else { 3 };
        assert_eq!((end, patched, bench.counts().3), (SyncEnd::Succeeded, 3, counted), "indexed: {is_indexed}");
        assert!(!bench.has_condition(JobConditionType::Complete));
        assert!(bench.has_condition(JobConditionType::SuccessCriteriaMet));
        // The next sync enters the last one. The cache does not show the removed finalizers yet: that counts nobody twice.
        bench.caches.entry(JOB).job.as_mut().expect("it is there").status = Arc::new(bench.sync.status().clone());
        let (end, calls) = bench.sync(|_| None);
        let patched = calls.iter().filter(|call| matches!(call, JobCall::PatchPod(_))).count();
        assert_eq!((end, patched, bench.counts().3), (SyncEnd::Succeeded, 1, 4), "indexed: {is_indexed}");
        assert!(bench.has_condition(JobConditionType::Complete));
    }
}

#[test]
fn a_finalizer_that_cannot_be_removed_holds_up_the_end() {
    let spec = JobSpec { completions: Some(2), parallelism: 2, ..spec() };
    let pods = [ended(PodPhase::Succeeded, 60), ended(PodPhase::Succeeded, 61)];
    let mut bench = SyncBench::new(spec, JobStatus::default()).with(&pods);
    let (end, _) = bench.sync(refuse(JobCall::PatchPod(PodId(0))));
    assert_eq!((end, bench.counts().3), (SyncEnd::Failed, 1));
    assert_eq!(bench.sync.status().uncounted.succeeded[..], [PodId(0)]);
    assert!(!bench.has_condition(JobConditionType::Complete));
    // The removal is tried again by the next sync only if it is not expected to show.
    let is_expected = [0, 1].map(|n| bench.caches.pods[PodId(n)].removal_expected);
    assert_eq!(is_expected, [false, true]);
}

/// Source: deleteActivePods, and syncJob, which drops the condition when a deletion fails or expectations are open.
#[test]
fn a_job_does_not_end_before_its_pods_can_be_deleted_and_all_are_known() {
    let bench = || {
        let spec = JobSpec { completions: Some(2), parallelism: 2, backoff_limit: 0, ..spec() };
        SyncBench::new(spec, JobStatus::default()).with(&[ended(PodPhase::Failed, 60), running(1)])
    };
    let mut whole = bench();
    let (end, _) = whole.sync(|_| None);
    assert_eq!((end, whole.counts()), (SyncEnd::Succeeded, (0, Some(0), Some(1), 0, 2)));
    assert!(whole.has_condition(JobConditionType::FailureTarget));
    let mut refused = bench();
    let (end, _) = refused.sync(refuse(JobCall::DeletePod(PodId(1))));
    assert_eq!((end, refused.counts().0, refused.counts().4), (SyncEnd::Failed, 1, 1));
    assert!(!refused.has_condition(JobConditionType::FailureTarget));
    let mut early = bench();
    early.caches.entry(JOB).records.expectations.expect_creations(1, at(99));
    early.sync(|_| None);
    assert!(!early.has_condition(JobConditionType::FailureTarget), "a Pod may come that is not seen yet");
}

/// Source: canRemoveFinalizer, and getPodsWithDelayedDeletionPerIndex: of the failed Pods of an index the last one is kept.
#[test]
fn the_last_failed_pod_of_an_index_waits_for_its_replacement() {
    let spec = || JobSpec {
        completions: Some(3),
        parallelism: 3,
        completion_mode: CompletionMode::Indexed,
        backoff_limit_per_index: Some(5),
        ..spec()
    };
    let failed = |index, failures, seconds| Pod {
        index_failure_count: failures,
        ..indexed(index, ended(PodPhase::Failed, seconds))
    };
    // Index 0 has an older and a newer failure, index 1 runs again, index 2 waits for its back-off.
    let pods = [failed(0, 0, 20), failed(0, 1, 40), failed(1, 0, 30), indexed(1, running(3)), failed(2, 2, 95)];
    let mut bench = SyncBench::new(spec(), JobStatus::default()).with(&pods);
    let (_, calls) = bench.sync(|_| None);
    let index = CompletionIndex::new(0);
    assert!(calls.contains(&JobCall::CreatePod { index, failures: 2, ignored: 0 }), "{calls:?}");
    let patched: Vec<u32> =
        calls.iter().filter_map(|call| if let JobCall::PatchPod(pod) = call { Some(pod.0) } else { None }).collect();
    assert_eq!(patched, [0, 2], "the replacement of Pod 1 is not seen yet, and Pod 4 has none");
    // All wait, and the shortest wait is taken: 80 s from 60 s on, and not 160 s from 95 s or 99 s on; now it is 100 s.
    let waiting = [failed(0, 4, 95), failed(1, 3, 60), failed(2, 4, 99)];
    let mut bench = SyncBench::new(spec(), JobStatus::default()).with(&waiting);
    bench.sync(|_| None);
    let wait = bench.out.waits[0];
    let secs = SimDuration::from_secs;
    assert_eq!((wait.until, wait.backoff, wait.failures, wait.index), (at(140), secs(80), 4, Some(1)));
    assert_eq!(bench.out.add_after, [secs(40)]);
}

/// Source: getPodsWithDelayedDeletionPerIndex, which passes over Pods whose finalizer was removed: their count went on to a
/// replacement that is gone by now, or never was to.
#[test]
fn a_failed_pod_that_is_accounted_for_hands_no_count_on() {
    for (is_expected, failures) in [(false, 2), (true, 0)] {
        let spec = JobSpec { completion_mode: CompletionMode::Indexed, backoff_limit_per_index: Some(5), ..spec() };
        let failed = Pod { index_failure_count: 1, ..indexed(0, ended(PodPhase::Failed, 20)) };
        let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[failed]);
        bench.caches.pods[PodId(0)].removal_expected = is_expected;
        let (_, calls) = bench.sync(|_| None);
        let index = CompletionIndex::new(0);
        assert!(calls.contains(&JobCall::CreatePod { index, failures, ignored: 0 }), "{calls:?}");
    }
}

/// Source: getNewIndexFailureCounts, and isIndexFailed: ignored failures are handed on beside the others.
#[test]
fn ignored_failures_of_an_index_have_a_count_of_their_own() {
    use crate::api::{
        ExitCodesOperator, PodFailurePolicy, PodFailurePolicyAction, PodFailurePolicyRule, PodFailureRequirement,
    };
    let requirement =
        PodFailureRequirement::OnExitCodes { container_name: None, operator: ExitCodesOperator::In, values: vec![1] };
    let rule = PodFailurePolicyRule { action: PodFailurePolicyAction::Ignore, requirement };
    let spec = JobSpec {
        completion_mode: CompletionMode::Indexed,
        backoff_limit_per_index: Some(1),
        pod_failure_policy: Some(PodFailurePolicy { rules: vec![rule] }),
        ..spec()
    };
    let failed = Pod { index_failure_count: 1, ..indexed(0, ended(PodPhase::Failed, 20)) };
    let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[failed]);
    let (_, calls) = bench.sync(|_| None);
    let index = CompletionIndex::new(0);
    assert!(calls.contains(&JobCall::CreatePod { index, failures: 1, ignored: 1 }), "{calls:?}");
    assert_eq!(bench.sync.status().failed_indexes, Some(Intervals::new()), "an ignored failure fails no index");
}

/// Source: activePodsForRemoval: surplus Pods of indexes come before all others, and they count.
#[test]
fn pods_of_misplaced_indexes_are_deleted_before_others_and_instead_of_them() {
    let spec = || JobSpec { completions: Some(2), parallelism: 2, completion_mode: CompletionMode::Indexed, ..spec() };
    let of = |indexes: &[i32]| -> Vec<Pod> {
        indexes.iter().zip(0..).map(|(&index, number)| indexed(index, running(number))).collect()
    };
    let cases: [(&[i32], &[u32]); 4] = [
        // Index 2 is out of range, and there is one Pod too many: it is that one.
        (&[0, 1, 2], &[2]),
        // There are not too many, but one is out of range.
        (&[0, 2], &[1]),
        // Of two Pods of one index the younger one has done less.
        (&[0, 0], &[1]),
        (&[0, 1], &[]),
    ];
    for (indexes, victims) in cases {
        let mut bench = SyncBench::new(spec(), JobStatus::default()).with(&of(indexes));
        let (_, calls) = bench.sync(|_| None);
        let deleted: Vec<u32> = calls
            .iter()
            .filter_map(|call| if let JobCall::DeletePod(pod) = call { Some(pod.0) } else { None })
            .collect();
        assert_eq!(deleted, victims, "{indexes:?}");
    }
}

/// Source: firstPendingIndexes, which passes over indexes whose Pods still stop where their end is waited for.
#[test]
fn an_index_whose_pod_still_stops_is_pending_unless_its_end_is_waited_for() {
    for (pod_replacement_policy, made) in
        [(PodReplacementPolicy::TerminatingOrFailed, &[1, 2][..]), (PodReplacementPolicy::Failed, &[2][..])]
    {
        let completion_mode = CompletionMode::Indexed;
        let spec = JobSpec { completions: Some(3), parallelism: 3, completion_mode, pod_replacement_policy, ..spec() };
        let stops = Pod { deletion_began: Some(at(90).into()), ..running(1) };
        let pods = [indexed(0, running(0)), indexed(1, stops)];
        let mut bench = SyncBench::new(spec, JobStatus::default()).with(&pods);
        let (_, calls) = bench.sync(|_| None);
        let index = |call: &JobCall| {
            if let JobCall::CreatePod { index, .. } = call { index.map(|index| index.get()) } else { None }
        };
        assert_eq!(calls.iter().filter_map(index).collect::<Vec<_>>(), made);
    }
}

#[test]
fn a_sync_fails_while_the_caches_lag_behind_what_was_written() {
    for (pods, jobs, end) in [(5, 5, true), (6, 5, false), (5, 6, false)] {
        let mut bench = SyncBench::new(spec(), JobStatus::default());
        bench.caches.seen = NewestVersions { pods: 5, jobs: 5 };
        bench.caches.entry(JOB).records.written = NewestVersions { pods, jobs };
        let (ended, _) = bench.sync(|_| None);
        assert_eq!(ended == SyncEnd::Succeeded, end, "{pods} {jobs}");
    }
}

/// Source: manageJob: what is wanted less what is there.
#[test]
fn as_many_pods_are_created_as_are_missing() {
    use PodReplacementPolicy::{Failed, TerminatingOrFailed};
    let done = ended(PodPhase::Succeeded, 60);
    let stops = Pod { deletion_began: Some(at(90).into()), ..running(1) };
    let cases = [
        (Some(3), 3, TerminatingOrFailed, &[running(0)][..], 2),
        // One has succeeded: two are left.
        (Some(3), 3, TerminatingOrFailed, &[done, running(1)], 1),
        (Some(9), 3, TerminatingOrFailed, &[done, running(1)], 2),
        // A Pod that still stops is replaced, unless its end is waited for.
        (Some(2), 2, TerminatingOrFailed, &[running(0), stops], 1),
        (Some(2), 2, Failed, &[running(0), stops], 0),
        // Without completions nothing is created after the first success.
        (None, 3, TerminatingOrFailed, &[done, running(1)], 0),
    ];
    for (completions, parallelism, pod_replacement_policy, pods, missing) in cases {
        let spec = JobSpec { completions, parallelism, pod_replacement_policy, ..spec() };
        let mut bench = SyncBench::new(spec, JobStatus::default()).with(pods);
        let (_, calls) = bench.sync(|_| None);
        assert_eq!(created(&calls), missing, "{completions:?} {parallelism} {pod_replacement_policy:?} {pods:?}");
    }
}

/// Source: deleteJobPods and trackJobStatusAndRemoveFinalizers: the last surplus Pod of a Job that is complete is accounted
/// for in the sync that deletes it.
#[test]
fn surplus_pods_of_a_job_that_turns_out_complete_are_accounted_for_at_once() {
    let pods = [ended(PodPhase::Succeeded, 60), running(1)];
    let mut bench = SyncBench::new(spec(), JobStatus::default()).with(&pods);
    let (end, calls) = bench.sync(|_| None);
    use JobCall::{DeletePod, PatchPod, UpdateStatus};
    let (first, second) = (PodId(0), PodId(1));
    let expected = [PatchPod(second), DeletePod(second), UpdateStatus, PatchPod(first), PatchPod(second), UpdateStatus];
    assert_eq!((&calls[..], end, bench.counts()), (&expected[..], SyncEnd::Succeeded, (0, Some(0), Some(1), 1, 0)));
    assert!(!bench.has_condition(JobConditionType::Complete), "it waits until no Pod of it runs");
    assert!(bench.has_condition(JobConditionType::SuccessCriteriaMet));
}

/// Source: enqueueSyncJobWithDelay; up to v1.31 manageJob returned no active Pods while it waited.
#[test]
fn a_back_off_is_waited_for_by_batches_and_reported_as_the_release_does() {
    for (reports_none, active) in [(false, 1), (true, 0)] {
        let spec = JobSpec { completions: Some(3), parallelism: 2, ..spec() };
        let pods = [running(0), ended(PodPhase::Failed, 90)];
        let mut bench = SyncBench::new(spec, JobStatus::default()).with(&pods);
        bench.params.rules = bench.params.rules.with(ReleaseRule::ReportsNoActivePodsInBackoff, reports_none);
        // 10 s from 90 s on are over in 400 ms, but syncs come a second apart.
        bench.now = at(99) + SimDuration::from_millis(600);
        let (_, calls) = bench.sync(|_| None);
        assert_eq!((created(&calls), bench.counts().0), (0, active), "{reports_none}");
        assert_eq!(bench.out.add_after, [SimDuration::from_secs(1)]);
        assert_eq!(bench.caches.jobs[JOB].records.backoff.failures_after_last_success, 1, "it is remembered");
    }
}
