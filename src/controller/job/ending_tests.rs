//! Single syncs that end a Job: by which limit or policy, and which of several that apply.

use super::testing::{SyncBench, at, ended, indexed, running, spec, spec_with_fail_job_rule};
use super::*;
use crate::api::{
    CompletionMode, Containers, Intervals, JobConditionType, JobMessage, JobReason, JobSpec, JobStatus, Pod, PodPhase,
    RestartPolicy, SuccessPolicy, SuccessPolicyRule,
};
use crate::id::PodId;
use crate::time::SimDuration;

fn failed() -> Pod {
    ended(PodPhase::Failed, 60)
}

/// A Pod that has failed with the exit code for which the Job fails.
fn fails_job() -> Pod {
    let exit_codes = testing::codes().intern(&[3]);
    Pod { containers: Containers::Terminated { finished_at: at(60).into(), exit_codes }, ..failed() }
}

/// The reason for which a Job with these Pods is to fail.
fn why(spec: JobSpec, status: JobStatus, pods: &[Pod]) -> Option<JobReason> {
    let mut bench = SyncBench::new(spec, status).with(pods);
    bench.sync(|_| None);
    bench.reason(JobConditionType::FailureTarget)
}

/// Source: exceedsBackoffLimit and pastBackoffLimitOnFailure.
#[test]
fn a_limit_is_exceeded_by_one_failure_more_or_reached_by_restarts() {
    let of = |backoff_limit| JobSpec { backoff_limit, completions: Some(5), parallelism: 2, ..spec() };
    let exceeded = Some(JobReason::BackoffLimitExceeded);
    for (limit, failures, reason) in [(1, 1, None), (1, 2, exceeded), (0, 1, exceeded)] {
        assert_eq!(why(of(limit), JobStatus::default(), &vec![failed(); failures]), reason, "{limit} {failures}");
    }
    for (limit, restarts, reason) in [(0, 0, None), (0, 1, exceeded), (2, 1, None), (2, 2, exceeded)] {
        let mut spec = of(limit);
        spec.template.restart_policy = RestartPolicy::OnFailure;
        let pods = [Pod { restarts, ..running(0) }];
        assert_eq!(why(spec, JobStatus::default(), &pods), reason, "{limit} {restarts}");
    }
}

/// Source: pastActiveDeadline, which no suspended Job passes.
#[test]
fn a_deadline_passes_at_its_instant_unless_the_job_is_suspended() {
    let of = |seconds, suspend| JobSpec { active_deadline_seconds: Some(seconds), suspend, ..spec() };
    let status = || JobStatus { start_time: Some(at(40)), ..JobStatus::default() };
    for (seconds, suspend, reason) in
        [(61, false, None), (60, false, Some(JobReason::DeadlineExceeded)), (60, true, None)]
    {
        assert_eq!(why(of(seconds, suspend), status(), &[running(0)]), reason, "{seconds} {suspend}");
    }
    let mut bench = SyncBench::new(of(61, false), status()).with(&[running(0)]);
    bench.sync(|_| None);
    assert_eq!(bench.out.add_after, [SimDuration::from_secs(1)]);
}

/// Source: syncJob, which asks for the policy before it asks for the limits, and takes the first Pod.
#[test]
fn a_pod_failure_policy_comes_before_the_limits_and_names_the_first_pod() {
    let spec = JobSpec { backoff_limit: 0, completions: Some(3), parallelism: 3, ..spec_with_fail_job_rule() };
    let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[failed(), fails_job(), fails_job()]);
    bench.sync(|_| None);
    let found = bench.sync.status().condition(JobConditionType::FailureTarget).expect("it fails");
    let message = JobMessage::FailJobExitCode { pod: PodId(1), container: 0, code: 3, rule: 0 };
    assert_eq!((found.reason, found.message), (JobReason::PodFailurePolicy, message));
}

fn of_indexes(completions: i32) -> JobSpec {
    let completion_mode = CompletionMode::Indexed;
    JobSpec { completions: Some(completions), parallelism: completions, completion_mode, ..spec() }
}

/// Source: syncJob: exceedsMaxFailedIndexes, and FailedIndexes once every index is done.
#[test]
fn failed_indexes_end_a_job_when_there_are_too_many_or_all_are_done() {
    let (max, all) = (Some(JobReason::MaxFailedIndexesExceeded), Some(JobReason::FailedIndexes));
    let done = ended(PodPhase::Succeeded, 60);
    let cases: [(Option<i32>, &[Pod], Option<JobReason>); 6] = [
        (Some(1), &[failed()], None),
        (Some(1), &[failed(), failed()], max),
        (None, &[failed(), failed()], None),
        (None, &[failed(), done], None),
        (None, &[failed(), done, done], all),
        (None, &[done, done, done], None),
    ];
    for (max_failed_indexes, pods, reason) in cases {
        let spec = JobSpec { backoff_limit_per_index: Some(0), max_failed_indexes, ..of_indexes(3) };
        let pods: Vec<Pod> = pods.iter().zip(0..).map(|(pod, index)| indexed(index, *pod)).collect();
        assert_eq!(why(spec, JobStatus::default(), &pods), reason, "{max_failed_indexes:?} {pods:?}");
    }
}

/// Source: isIndexFailed: an index fails with the failure that exceeds its limit.
#[test]
fn an_index_fails_with_the_failure_that_exceeds_its_limit() {
    for (failures, is_failed) in [(0, false), (1, true)] {
        let spec = JobSpec { backoff_limit_per_index: Some(1), ..of_indexes(3) };
        let pod = Pod { index_failure_count: failures, ..indexed(1, failed()) };
        let mut bench = SyncBench::new(spec, JobStatus::default()).with(&[pod]);
        bench.sync(|_| None);
        let expected = if is_failed { Intervals::of_ranges(&[(1, 1)]) } else { Intervals::new() };
        assert_eq!(bench.sync.status().failed_indexes, Some(expected));
    }
}

/// Indexes at or above completions count for nothing, in the status (which an edit of completions may leave behind) and on
/// Pods.
#[test]
fn indexes_beyond_completions_do_not_count() {
    let spec = JobSpec { backoff_limit_per_index: Some(0), ..of_indexes(3) };
    let (succeeded, failed_then) = (Intervals::of_ranges(&[(0, 0), (5, 5)]), Intervals::of_ranges(&[(1, 1), (4, 6)]));
    let status = JobStatus {
        completed_indexes: succeeded,
        failed_indexes: Some(failed_then),
        succeeded: 2,
        ..JobStatus::default()
    };
    let pods = [indexed(3, ended(PodPhase::Succeeded, 60)), indexed(3, failed())];
    let mut bench = SyncBench::new(spec, status).with(&pods);
    let (_, calls) = bench.sync(|_| None);
    let status = bench.sync.status();
    assert_eq!(status.completed_indexes, Intervals::of_ranges(&[(0, 0)]));
    assert_eq!(status.failed_indexes, Some(Intervals::of_ranges(&[(1, 1)])));
    let made: Vec<_> = calls
        .iter()
        .filter_map(
            |call| if let JobCall::CreatePod { index, .. } = call { index.map(|index| index.get()) } else { None },
        )
        .collect();
    assert_eq!(made, [2]);
}

/// Source: syncJob: the success policy is asked for only when no failure was found.
#[test]
fn a_failure_comes_before_the_success_policy() {
    let rules = vec![SuccessPolicyRule { succeeded_indexes: None, succeeded_count: Some(1) }];
    let of = |backoff_limit| JobSpec {
        backoff_limit,
        success_policy: Some(SuccessPolicy { rules: rules.clone() }),
        ..of_indexes(3)
    };
    let pods = [indexed(0, ended(PodPhase::Succeeded, 60)), indexed(1, failed())];
    assert_eq!(why(of(0), JobStatus::default(), &pods), Some(JobReason::BackoffLimitExceeded));
    let mut bench = SyncBench::new(of(1), JobStatus::default()).with(&pods);
    bench.sync(|_| None);
    assert_eq!(bench.reason(JobConditionType::SuccessCriteriaMet), Some(JobReason::SuccessPolicy));
}
