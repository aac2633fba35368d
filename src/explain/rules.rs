//! The rules that are visible in a run, each in a sentence or two with its source: waits, ends, starts, deletions. The
//! rules of what surrounds the Job controller are in `rules_of_cluster`. Nothing is decided here: numbers come from
//! what was recorded.

use super::{count, rounded};
use crate::api::{
    CompletionIndex, Intervals, JobReason, JobSpec, JobStatus, PodFailurePolicyAction, PodReplacementPolicy,
    RestartPolicy,
};
use crate::controller::job::{BackoffWait, Cause, PolicyMatch};
use crate::model::Delays;
use crate::record::DeletionCause;
use crate::release::JobControllerParams;
use crate::time::SimDuration;
use serde::Serialize;

/// A rule as it applied at one place of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppliedRule {
    /// The rule, with the numbers of this place.
    pub text: String,
    /// Its source: functions of Kubernetes with their files, a KEP, or documentation.
    pub source: &'static str,
}

impl AppliedRule {
    /// A rule and its source.
    pub(super) fn new(text: impl Into<String>, source: &'static str) -> Self {
        AppliedRule { text: text.into(), source }
    }
}

const BACKOFF: &str = "newBackoffRecord, getRemainingTimeForFailuresCount in pkg/controller/job/backoff_utils.go";
const BACKOFF_OF_INDEX: &str = "getRemainingTimePerIndex in pkg/controller/job/backoff_utils.go; KEP-3850";
const SYNC: &str = "syncJob in pkg/controller/job/job_controller.go";
const MANAGE: &str = "manageJob in pkg/controller/job/job_controller.go";
const TRACK: &str =
    "trackJobStatusAndRemoveFinalizers in pkg/controller/job/job_controller.go; KEP-2307 (job tracking)";
const END: &str = "enactJobFinished in pkg/controller/job/job_controller.go; KEP-3939";
const KUBELET: &str = "doBackOff in pkg/kubelet/kuberuntime/kuberuntime_manager.go";

/// The back-off as a formula, such as `10s × 2^3`, with a note if it is cut to the cap.
pub fn backoff_formula(failures: i32, backoff: SimDuration, params: &JobControllerParams) -> String {
    let (base, cap) = (params.pod_failure_backoff, params.max_pod_failure_backoff);
    match failures.max(1) - 1 {
        0 => base.to_string(),
        n if backoff == cap => format!("{base} × 2^{n} is cut to the cap of {cap}"),
        n => format!("{base} × 2^{n}"),
    }
}

/// The rule behind a Pod failure back-off; `counted_from` is the time of the last failure, from the Job's creation.
pub fn wait_rule(wait: &BackoffWait, counted_from: SimDuration, params: &JobControllerParams) -> AppliedRule {
    let failures = wait.failures.max(1);
    let (whose, source) = match wait.index {
        Some(index) => (format!("index {index} has failed {}", times(failures)), BACKOFF_OF_INDEX),
        None => (format!("{} since the last success", count(failures as u64, "failure")), BACKOFF),
    };
    let formula = backoff_formula(failures, wait.backoff, params);
    AppliedRule::new(format!("{whose}: {formula}, counted from +{}", rounded(counted_from)), source)
}

fn times(n: i32) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// The rule behind the restart of a container that has had this many runs; `delays` are those of its kubelet.
pub fn restart_rule(runs: usize, delays: Delays) -> AppliedRule {
    let text = match runs {
        0 | 1 => "the kubelet restarts the container in the same Pod, the first time at once".to_owned(),
        n => {
            let (doublings, Delays { initial, max }) = (n - 2, delays);
            let is_longer = (0..doublings).try_fold(initial, |delay, _| (delay <= max).then(|| delay.doubled()));
            let cut = match is_longer.is_none_or(|delay| delay > max) {
                true => format!(" is more than {max} and is cut to it"),
                false => String::new(),
            };
            format!("the kubelet's restart back-off, {initial} × 2^{doublings}{cut}, counted from the exit")
        }
    };
    AppliedRule::new(text, KUBELET)
}

/// What a Job counted when its end was decided.
#[derive(Clone, Copy, Debug)]
pub struct CountedFailures<'a> {
    /// Failed Pods.
    pub failed: i64,
    /// Container restarts.
    pub restarts: u32,
    /// `status.failedIndexes`.
    pub indexes: Option<&'a Intervals>,
}

impl<'a> CountedFailures<'a> {
    /// The failures in a status, including uncounted Pods.
    pub fn of(status: &'a JobStatus, restarts: u32) -> Self {
        let failed = i64::from(status.failed) + status.uncounted.failed.len() as i64;
        CountedFailures { failed, restarts, indexes: status.failed_indexes.as_ref() }
    }
}

/// The rule behind the end of a Job for a reason; `message` is that of the condition.
pub fn end_rule(reason: JobReason, message: &str, spec: &JobSpec, counted: CountedFailures<'_>) -> AppliedRule {
    let indexes = counted.indexes.map_or(0, |set| set.total().max(0) as u64);
    match reason {
        JobReason::BackoffLimitExceeded if spec.template.restart_policy == RestartPolicy::OnFailure => {
            AppliedRule::new(
                format!(
                    "{} in its Pods, which reaches backoffLimit {}: with OnFailure restarts are counted, and the limit itself is too many",
                    count(u64::from(counted.restarts), "container restart"),
                    spec.backoff_limit
                ),
                "pastBackoffLimitOnFailure in pkg/controller/job/job_controller.go",
            )
        }
        JobReason::BackoffLimitExceeded => AppliedRule::new(
            format!(
                "{}, more than backoffLimit {}",
                count(counted.failed.max(0) as u64, "failed Pod"),
                spec.backoff_limit
            ),
            "exceedsBackoffLimit in syncJob, pkg/controller/job/job_controller.go",
        ),
        JobReason::DeadlineExceeded => AppliedRule::new(
            format!(
                "{} after the start, waits included (activeDeadlineSeconds)",
                SimDuration::from_secs(spec.active_deadline_seconds.unwrap_or(0))
            ),
            "pastActiveDeadline in pkg/controller/job/job_controller.go",
        ),
        JobReason::MaxFailedIndexesExceeded => AppliedRule::new(
            format!(
                "{}, more than maxFailedIndexes {}",
                count(indexes, "failed index"),
                spec.max_failed_indexes.unwrap_or(0)
            ),
            "syncJob in pkg/controller/job/job_controller.go; KEP-3850",
        ),
        JobReason::FailedIndexes => AppliedRule::new(
            format!(
                "every index has succeeded or failed, and {} failed (more than backoffLimitPerIndex {} failures each)",
                count(indexes, "index"),
                spec.backoff_limit_per_index.unwrap_or(0)
            ),
            "syncJob in pkg/controller/job/job_controller.go; KEP-3850",
        ),
        JobReason::PodFailurePolicy => {
            let text = format!("a FailJob rule of podFailurePolicy matches, whatever backoffLimit says: {message}");
            AppliedRule::new(text, "matchPodFailurePolicy in pkg/controller/job/pod_failure_policy.go; KEP-3329")
        }
        JobReason::SuccessPolicy => {
            let text = format!("successPolicy: {message}; the Pods that still run are deleted");
            AppliedRule::new(text, "matchSuccessPolicy in pkg/controller/job/success_policy.go; KEP-3998")
        }
        JobReason::CompletionsReached => match spec.completions {
            Some(all) => AppliedRule::new(format!("{} of {all} succeeded, and none is active", count_of(all)), SYNC),
            None => AppliedRule::new("a work queue: one Pod has succeeded, and none is active any more", SYNC),
        },
        _ => AppliedRule::new(message, SYNC),
    }
}

fn count_of(all: i32) -> String {
    count(all.max(0) as u64, "completion")
}

/// Why the end of a Job comes later than its decision: FailureTarget and SuccessCriteriaMet.
pub fn end_waits_rule(terminating: i32) -> AppliedRule {
    let pods = count(terminating.max(0) as u64, "Pod");
    let text = format!(
        "the end is decided, and is written when no Pod is terminating and all are counted ({pods} still terminating)"
    );
    AppliedRule::new(text, END)
}

/// The end of a Job is written.
pub fn end_written_rule() -> AppliedRule {
    AppliedRule::new("no Pod is terminating and all are counted, so the end that was decided is written", END)
}

/// The first Pods of a Job.
pub fn start_rule(spec: &JobSpec) -> AppliedRule {
    let text = match spec.completions {
        None => format!("the Job starts: a work queue of parallelism {}", spec.parallelism),
        Some(c) if c < spec.parallelism => {
            format!("the Job starts: completions {c} are fewer than parallelism {}", spec.parallelism)
        }
        Some(c) => format!("the Job starts: parallelism {}, completions {c}", spec.parallelism),
    };
    AppliedRule::new(text, MANAGE)
}

/// A Pod that is created without a wait.
pub fn replacement_rule(spec: &JobSpec, status: &JobStatus) -> AppliedRule {
    let text = match spec.completions {
        None => {
            format!("a work queue without a success yet has {} active", count(spec.parallelism.max(0) as u64, "Pod"))
        }
        Some(all) => {
            let missing = (all - status.succeeded).max(0);
            let wanted = count(i64::from(spec.parallelism.min(missing).max(0)) as u64, "Pod");
            let missing = count(missing as u64, "completion");
            let parallelism = spec.parallelism;
            format!(
                "{wanted} are to be active, the less of parallelism {parallelism} and of {missing} that are missing, and fewer are"
            )
        }
    };
    AppliedRule::new(text, MANAGE)
}

/// A Pod that has ended after the controller had stopped tracking it.
pub fn let_go_rule() -> AppliedRule {
    AppliedRule::new("its finalizer was gone before, so its end counts for nothing", TRACK)
}

/// A container has exited and will be restarted in the same Pod.
pub fn exit_rule() -> AppliedRule {
    AppliedRule::new(
        "restartPolicy OnFailure: the Pod stays, and the kubelet restarts the container after its own back-off",
        KUBELET,
    )
}

/// A Pod has failed: which limits it counts towards.
pub fn failure_rule(
    spec: &JobSpec,
    matched: &PolicyMatch,
    index: Option<CompletionIndex>,
    is_disrupted: bool,
) -> AppliedRule {
    const POLICY: &str = "matchPodFailurePolicy in pkg/controller/job/pod_failure_policy.go; KEP-3329";
    if let Some((rule, action, cause)) = matched.rule {
        let found = match cause {
            Cause::ExitCode { code, .. } => format!("exit code {code}"),
            Cause::Condition(condition) => format!("the condition {}", condition.as_str()),
        };
        let then = match action {
            PodFailurePolicyAction::FailJob => "the Job fails at once",
            PodFailurePolicyAction::FailIndex => "the index fails at once",
            PodFailurePolicyAction::Ignore => {
                "it counts neither towards the limits nor in status.failed, but the back-off grows all the same"
            }
            PodFailurePolicyAction::Count => "it counts towards the limits",
        };
        let text = format!("rule {rule} of podFailurePolicy ({}) matches {found}: {then}", action.as_str());
        return AppliedRule::new(text, POLICY);
    }
    let why = match (&spec.pod_failure_policy, is_disrupted) {
        (Some(_), _) => "no rule of podFailurePolicy matches, so it counts",
        (None, true) => "a disruption counts like any other failure where no podFailurePolicy ignores it",
        (None, false) => "it counts",
    };
    let limit = match (spec.backoff_limit_per_index, index) {
        (Some(limit), Some(index)) => format!("towards backoffLimitPerIndex {limit} of index {index}"),
        (Some(limit), None) => format!("towards backoffLimitPerIndex {limit}"),
        (None, _) => format!("towards backoffLimit {}", spec.backoff_limit),
    };
    AppliedRule::new(format!("{why} {limit}, and the back-off grows"), TRACK)
}

/// A Pod that has succeeded.
pub fn success_rule(spec: &JobSpec) -> AppliedRule {
    match (spec.completions, spec.backoff_limit_per_index) {
        (None, _) => {
            AppliedRule::new("the first success of a work queue: no further Pod is created, those that run end", MANAGE)
        }
        (Some(_), Some(_)) => AppliedRule::new("its index is done", TRACK),
        (Some(_), None) => AppliedRule::new("a success sets the count of failures in a row back to zero", BACKOFF),
    }
}

/// A Pod whose deletion was requested.
pub fn deletion_rule(cause: DeletionCause, spec: &JobSpec) -> AppliedRule {
    match cause {
        DeletionCause::ScaleDown => AppliedRule::new(
            "more Pods are active than are to be: Pending ones go first, then those that are not ready, then the youngest; \
             they do not count as failed",
            "manageJob, activePodsForRemoval in pkg/controller/job; ActivePodsWithRanks in pkg/controller/controller_utils.go",
        ),
        DeletionCause::Suspended => AppliedRule::new(
            "a suspended Job has no active Pod: each is deleted, and does not count as failed",
            "manageJob in pkg/controller/job/job_controller.go; KEP-2232",
        ),
        DeletionCause::JobEnds => AppliedRule::new(
            "the end of the Job is decided: every active Pod is deleted",
            "deleteActivePods in pkg/controller/job/job_controller.go",
        ),
        DeletionCause::JobDeleted => AppliedRule::new(
            "the Job is being deleted, and its Pods with it",
            "the garbage collector: ownerReferences with blockOwnerDeletion",
        ),
        DeletionCause::JobGone => AppliedRule::new(
            "the Job is gone, and its Pods are deleted after it; none of them counts as failed",
            "the garbage collector, attemptToDeleteItem; syncOrphanPod in pkg/controller/job/job_controller.go",
        ),
        DeletionCause::Disrupted => {
            let waits =
                spec.pod_replacement_policy == PodReplacementPolicy::Failed || spec.pod_failure_policy.is_some();
            let text = if waits {
                "it is replaced only when it has ended (podReplacementPolicy Failed)"
            } else {
                "it counts as failed and is replaced as soon as it terminates, so that both run side by side for a while \
                 (podReplacementPolicy TerminatingOrFailed)"
            };
            AppliedRule::new(text, "isPodFailed, onlyReplaceFailedPods in pkg/controller/job; KEP-3939")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_a_restart_has_the_delays_of_its_kubelet() {
        let said = |runs, first, longest| {
            let delays = Delays { initial: SimDuration::from_secs(first), max: SimDuration::from_secs(longest) };
            restart_rule(runs, delays).text
        };
        let formula = |text: String| text.split_once(", ").map(|(_, formula)| formula.to_owned());
        assert_eq!(formula(said(6, 10, 300)).as_deref(), Some("10s × 2^4, counted from the exit"));
        let cut = "10s × 2^5 is more than 5m and is cut to it, counted from the exit";
        assert_eq!(formula(said(7, 10, 300)).as_deref(), Some(cut));
        let cut = "1s × 2^6 is more than 1m and is cut to it, counted from the exit";
        assert_eq!(formula(said(8, 1, 60)).as_deref(), Some(cut));
        assert!(said(usize::MAX, 1, 60).ends_with("is more than 1m and is cut to it, counted from the exit"));
        assert_eq!(
            formula(said(3, 10, 20)).as_deref(),
            Some("10s × 2^1, counted from the exit"),
            "as long, not longer"
        );
    }
}
