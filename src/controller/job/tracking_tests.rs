//! Single syncs that account for finished Pods: which finalizers go, what is counted, and when the Job ends.

use super::testing::{JOB, SyncBench, at, created, ended, indexed, patched, running, spec};
use super::*;
use crate::api::{
    CompletionMode, ExitCodesOperator, Intervals, JobConditionType, JobMessage, JobReason, JobSpec, JobStatus, Pod,
    PodFailurePolicy, PodFailurePolicyAction, PodFailurePolicyRule, PodFailureRequirement, PodPhase,
};
use crate::controller::SyncEnd;
use crate::id::PodId;
use smallvec::smallvec;

/// The status of a Job none of whose Pods is there.
fn idle() -> JobStatus {
    JobStatus { ready: Some(0), terminating: Some(0), start_time: Some(at(1)), ..JobStatus::default() }
}

#[test]
fn a_suspension_is_written_even_if_nothing_else_changes() {
    let spec = JobSpec { suspend: true, ..spec() };
    let mut bench = SyncBench::new(spec, idle());
    let (_, calls) = bench.sync(|_| None);
    assert_eq!(calls, [JobCall::UpdateStatus]);
    assert!(bench.has_condition(JobConditionType::Suspended));
    // The next sync has nothing to write.
    let status = bench.sync.status().clone();
    let mut bench = SyncBench::new(JobSpec { suspend: true, ..testing::spec() }, status);
    assert_eq!(bench.sync(|_| None), (SyncEnd::Succeeded, vec![]));
    assert_eq!(bench.sync.status().start_time, None, "it does not run");
    // The Job is resumed: its time begins now.
    let status = bench.sync.status().clone();
    let mut bench =
        SyncBench::new(JobSpec { suspend: false, ..testing::spec() }, JobStatus { start_time: Some(at(1)), ..status });
    bench.sync(|_| None);
    assert!(!bench.has_condition(JobConditionType::Suspended));
    assert_eq!(bench.sync.status().start_time, Some(at(100)));
}

/// Race: the cache shows a Pod as it was before an earlier sync removed its finalizer and counted it.
#[test]
fn a_pod_whose_removed_finalizer_has_not_been_seen_is_counted_once() {
    let spec = JobSpec { completions: Some(2), parallelism: 1, ..spec() };
    let status = JobStatus { succeeded: 1, ..idle() };
    let mut bench = SyncBench::new(spec, status).with(&[ended(PodPhase::Succeeded, 60)]);
    bench.caches.pods[PodId(0)].removal_expected = true;
    let (_, calls) = bench.sync(|_| None);
    assert_eq!((patched(&calls), created(&calls), bench.counts().3), (vec![], 1, 1));
}

/// A UID that is listed as uncounted is counted when its finalizer was removed, seen or not.
#[test]
fn what_a_controller_left_uncounted_when_it_died_is_counted() {
    for (is_expected, succeeded) in [(true, 1), (false, 1)] {
        let spec = JobSpec { completions: Some(3), parallelism: 0, ..spec() };
        let mut status = idle();
        status.uncounted.succeeded = smallvec![PodId(0)];
        let mut bench = SyncBench::new(spec, status).with(&[ended(PodPhase::Succeeded, 60)]);
        bench.caches.pods[PodId(0)].removal_expected = is_expected;
        let (_, calls) = bench.sync(|_| None);
        assert_eq!(bench.counts().3, succeeded);
        assert_eq!(patched(&calls), if is_expected { vec![] } else { vec![0] });
        assert!(bench.sync.status().uncounted.succeeded.is_empty());
    }
}

#[test]
fn the_pods_of_a_job_that_is_being_deleted_lose_their_finalizers_and_get_no_successors() {
    let spec = JobSpec { completions: Some(3), parallelism: 3, ..spec() };
    let mut bench = SyncBench::new(spec, idle()).with(&[running(0)]);
    bench.caches.entry(JOB).job.as_mut().expect("it is there").deleting = true;
    let (_, calls) = bench.sync(|_| None);
    assert_eq!((patched(&calls), created(&calls)), (vec![0], 0));
}

/// Source: the type of the condition decides whether the Pods that are still there have failed.
#[test]
fn pods_that_run_when_their_job_succeeds_have_not_failed() {
    for (condition_type, failed) in [(JobConditionType::SuccessCriteriaMet, 0), (JobConditionType::FailureTarget, 1)] {
        let (reason, message) = (JobReason::SuccessPolicy, JobMessage::SuccessPolicyRule { rule: 0 });
        let condition = JobSync::condition(condition_type, reason, message, at(90));
        let status = JobStatus { conditions: smallvec![condition], ..idle() };
        let spec = JobSpec { completions: Some(3), ..spec() };
        let mut bench = SyncBench::new(spec, status).with(&[running(0)]);
        let (_, calls) = bench.sync(|_| None);
        assert_eq!((patched(&calls), bench.counts().4), (vec![0], failed), "{condition_type:?}");
    }
}

#[test]
fn a_pod_that_is_listed_as_failed_does_not_succeed_too() {
    let spec = JobSpec { completions: Some(3), parallelism: 0, ..spec() };
    let mut status = idle();
    status.uncounted.failed = smallvec![PodId(0)];
    let mut bench = SyncBench::new(spec, status).with(&[ended(PodPhase::Succeeded, 60)]);
    bench.sync(|_| None);
    let counts = bench.counts();
    assert_eq!((counts.3, counts.4), (0, 1));
}

fn rule(action: PodFailurePolicyAction, code: i32) -> PodFailurePolicyRule {
    let (container_name, operator, values) = (None, ExitCodesOperator::In, vec![code]);
    PodFailurePolicyRule {
        action,
        requirement: PodFailureRequirement::OnExitCodes { container_name, operator, values },
    }
}

#[test]
fn an_ignored_failure_loses_its_finalizer_and_is_not_counted() {
    let policy = PodFailurePolicy { rules: vec![rule(PodFailurePolicyAction::Ignore, 1)] };
    let spec = JobSpec { pod_failure_policy: Some(policy), backoff_limit: 0, ..spec() };
    let mut bench = SyncBench::new(spec, idle()).with(&[ended(PodPhase::Failed, 60)]);
    let (_, calls) = bench.sync(|_| None);
    assert_eq!((patched(&calls), bench.counts().4), (vec![0], 0));
    assert!(!bench.has_condition(JobConditionType::FailureTarget));
    assert_eq!(created(&calls), 1, "it is tried again");
}

#[test]
fn an_index_that_is_counted_already_is_not_written_again() {
    let spec = JobSpec { completions: Some(2), parallelism: 0, completion_mode: CompletionMode::Indexed, ..spec() };
    let completed_indexes = Intervals::of_ranges(&[(0, 0)]);
    let status = JobStatus { succeeded: 1, completed_indexes, ..idle() };
    let mut bench = SyncBench::new(spec, status).with(&[indexed(0, ended(PodPhase::Succeeded, 60))]);
    let (_, calls) = bench.sync(|_| None);
    assert_eq!(calls, [JobCall::PatchPod(PodId(0))], "only the finalizer is left to remove");
}

/// Two writes of the status: with the uncounted Pods, and with the counters. Nothing is written between or after.
#[test]
fn a_finished_pod_costs_two_writes() {
    let spec = JobSpec { completions: Some(3), parallelism: 0, ..spec() };
    let mut bench = SyncBench::new(spec, idle()).with(&[ended(PodPhase::Failed, 60)]);
    let (_, calls) = bench.sync(|_| None);
    assert_eq!(calls, [JobCall::UpdateStatus, JobCall::PatchPod(PodId(0)), JobCall::UpdateStatus]);
    let records = &bench.caches.jobs[JOB].records;
    assert_eq!(
        (records.backoff.failures_after_last_success, records.backoff.last_failure_time),
        (1, Some(at(60).into()))
    );
    // A write that is refused counts nobody: the next sync does.
    let spec = JobSpec { completions: Some(3), parallelism: 0, ..testing::spec() };
    let mut refused = SyncBench::new(spec, idle()).with(&[ended(PodPhase::Failed, 60)]);
    let (end, _) = refused.sync(|_| Some(JobCallOutcome::Refused));
    assert_eq!(end, SyncEnd::Failed);
    assert_eq!(refused.caches.jobs[JOB].records.backoff.failures_after_last_success, 0);
}

#[test]
fn a_job_is_complete_when_no_pod_of_it_terminates_and_too_many_successes_are_told() {
    let done = ended(PodPhase::Succeeded, 60);
    let stops = Pod { deletion_began: Some(at(90).into()), ..running(1) };
    let cases: [(&[Pod], bool, bool); 3] =
        [(&[done, stops], false, false), (&[done], true, false), (&[done, done], true, true)];
    for (pods, is_complete, too_many) in cases {
        let mut bench = SyncBench::new(spec(), idle()).with(pods);
        bench.sync(|_| None);
        assert!(bench.has_condition(JobConditionType::SuccessCriteriaMet));
        assert_eq!(bench.has_condition(JobConditionType::Complete), is_complete, "{pods:?}");
        assert_eq!(bench.out.emissions.contains(&Emission::TooManySucceededPods), too_many, "{pods:?}");
        assert_eq!(bench.out.emissions.contains(&Emission::Completed), is_complete, "{pods:?}");
        assert_eq!(bench.caches.jobs[JOB].records.finish_written, is_complete);
        // Once the end is written, nothing is done until it is seen.
        let (_, calls) = bench.sync(|_| None);
        assert!(!is_complete || calls.is_empty(), "{calls:?}");
    }
}

/// Source: newBackoffRecord: failures before the latest success do not count, in whatever order the Pods are read.
#[test]
fn the_latest_success_resets_the_back_off() {
    let spec = JobSpec { completions: Some(9), parallelism: 0, ..spec() };
    let (succeeded, failed) = (PodPhase::Succeeded, PodPhase::Failed);
    let pods = [ended(succeeded, 80), ended(succeeded, 60), ended(failed, 70), ended(failed, 90)];
    let mut bench = SyncBench::new(spec, idle()).with(&pods);
    bench.sync(|_| None);
    let record = bench.caches.jobs[JOB].records.backoff;
    assert_eq!((record.failures_after_last_success, record.last_failure_time), (1, Some(at(90).into())));
}

/// Without completions one success is enough, once the other Pods have ended.
#[test]
fn a_work_queue_is_complete_when_no_pod_of_it_is_active() {
    let of = || JobSpec { completions: None, parallelism: 2, ..spec() };
    for (other, is_complete) in [(running(1), false), (ended(PodPhase::Failed, 70), true)] {
        let mut bench = SyncBench::new(of(), idle()).with(&[ended(PodPhase::Succeeded, 60), other]);
        bench.sync(|_| None);
        assert_eq!(bench.has_condition(JobConditionType::Complete), is_complete);
        assert_eq!(bench.has_condition(JobConditionType::SuccessCriteriaMet), is_complete);
    }
}
