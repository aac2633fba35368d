//! The rules of what surrounds the Job controller that are visible in a run: writes of a Job's status, what happens to
//! a Pod between its creation and its end, CronJobs, and restarts of the controllers. The rules of waits and ends are
//! in [`super::rules`].

use super::rules::AppliedRule;
use super::{count, rounded};
use crate::record::SkipReason;
use crate::release::JobControllerParams;
use crate::time::SimDuration;

const TRACK: &str =
    "trackJobStatusAndRemoveFinalizers in pkg/controller/job/job_controller.go; KEP-2307 (job tracking)";
const CRONJOB: &str = "syncCronJob in pkg/controller/cronjob/cronjob_controllerv2.go";
const MISSED: &str = "mostRecentScheduleTime in pkg/controller/cronjob/utils.go";
const MEMORY: &str = "backoffStore, expectations in pkg/controller/job: caches of the process";

/// A Job appears.
pub(super) fn created_rule() -> AppliedRule {
    AppliedRule::new(
        "the Job controller learns of it through its watch, and syncs it at once",
        "addJob, enqueueSyncJobImmediately in pkg/controller/job/job_controller.go",
    )
}

/// A Job disappears.
pub(super) fn gone_rule(ttl: Option<i32>, is_finished: bool) -> AppliedRule {
    match ttl.filter(|_| is_finished) {
        Some(ttl) => AppliedRule::new(
            format!("{ttl} s after its end, whether it was Complete or Failed (ttlSecondsAfterFinished)"),
            "processTTL in pkg/controller/ttlafterfinished/ttlafterfinished_controller.go; KEP-592",
        ),
        None => {
            AppliedRule::new("it was deleted, and nothing holds it any more", "the API server: no finalizer is left")
        }
    }
}

/// `startTime` is set.
pub(super) fn started_rule(deadline: Option<i64>) -> AppliedRule {
    let then = match deadline {
        Some(seconds) => format!("; activeDeadlineSeconds {seconds} counts from it"),
        None => String::new(),
    };
    let text = format!("the first sync of a Job that is not suspended sets startTime{then}");
    AppliedRule::new(text, "syncJob in pkg/controller/job/job_controller.go")
}

/// The Job is suspended or resumed.
pub(super) fn suspension_rule(is_suspended: bool) -> AppliedRule {
    const SOURCE: &str = "syncJob in pkg/controller/job/job_controller.go; KEP-2232";
    match is_suspended {
        true => AppliedRule::new(
            "a suspended Job has no active Pod; startTime is cleared, so that the deadline starts anew with the resume",
            SOURCE,
        ),
        false => AppliedRule::new("resumed: startTime is set anew, and a deadline counts from now", SOURCE),
    }
}

/// Finished Pods are counted.
pub(super) fn counted_rule(is_first_write: bool) -> AppliedRule {
    match is_first_write {
        true => AppliedRule::new(
            "finished Pods are first put down in uncountedTerminatedPods, then their finalizers are removed, and only then the \
             counters are raised: so none is counted twice or lost",
            TRACK,
        ),
        false => AppliedRule::new("counted: the finalizers of these Pods are gone", TRACK),
    }
}

/// The counts of active, ready and terminating Pods in a status change.
pub(super) fn status_rule(params: &JobControllerParams) -> AppliedRule {
    let batch = params.sync_batch_period;
    AppliedRule::new(
        format!("each sync writes what it saw; events of Pods are gathered for {batch} before a sync"),
        "syncJobBatchPeriod in pkg/controller/job/job_controller.go",
    )
}

/// The tracking finalizer of a Pod is removed.
pub(super) fn finalizer_rule() -> AppliedRule {
    AppliedRule::new(
        "the Job's status has it now, so the Pod need not be kept for counting (batch.kubernetes.io/job-tracking)",
        TRACK,
    )
}

/// A Pod terminates.
pub(super) fn terminating_rule(grace: i64) -> AppliedRule {
    AppliedRule::new(
        format!("its containers get SIGTERM, and SIGKILL after {grace} s (terminationGracePeriodSeconds)"),
        "killContainer in pkg/kubelet/kuberuntime/kuberuntime_container.go",
    )
}

/// A creation was refused.
pub(super) fn create_refused_rule() -> AppliedRule {
    AppliedRule::new(
        "the sync ends in error and is repeated after a requeue back-off; no Pod was created, so nothing counts as failed",
        "manageJob, slowStartBatch in pkg/controller/job/job_controller.go",
    )
}

/// A sync ended with an error.
pub(super) fn sync_failed_rule(params: &JobControllerParams) -> AppliedRule {
    AppliedRule::new(
        format!(
            "repeated after {}, doubled with each error in a row up to {}",
            params.requeue_backoff, params.max_requeue_backoff
        ),
        "DefaultJobApiBackOff, MaxJobApiBackOff in pkg/controller/job/job_controller.go",
    )
}

/// A user's request was refused.
pub(super) fn refused_rule() -> AppliedRule {
    AppliedRule::new("the API server refuses it, and nothing changes", "pkg/apis/batch/validation/validation.go")
}

/// A request waits for its token.
pub(super) fn throttled_rule(wait: SimDuration) -> AppliedRule {
    AppliedRule::new(
        format!(
            "the controller's client may send only so many requests a second, and this one waits {}",
            rounded(wait)
        ),
        "--kube-api-qps, --kube-api-burst of kube-controller-manager",
    )
}

/// The controllers die.
pub(super) fn down_rule() -> AppliedRule {
    AppliedRule::new("what is in memory only is lost: back-offs, expectations, Events under way", MEMORY)
}

/// Controllers start.
pub(super) fn up_rule() -> AppliedRule {
    AppliedRule::new(
        "every Job is synced anew from what the API has; failures in a row are forgotten, counted ones are in the status",
        MEMORY,
    )
}

/// An Event of a CronJob, by its reason.
pub(super) fn cron_event_rule(reason: &str) -> Option<AppliedRule> {
    let text = match reason {
        "SuccessfulCreate" => "the most recent time that was due and not yet started is started, and only that one",
        "JobAlreadyActive" => {
            "Forbid holds the start back: it is made up for when no Job is active, unless a later one is due by then"
        }
        "MissSchedule" => "startingDeadlineSeconds after its time a start is given up",
        "TooManyMissedTimes" => "more than 100 starts were missed; the latest is made all the same, with this warning",
        "SuccessfulDelete" => "beyond the history limits, or replaced (concurrencyPolicy Replace)",
        "SawCompletedJob" => "a finished Job leaves status.active",
        "FailedCreate" => "the Job could not be created: the pass is repeated",
        _ => return None,
    };
    Some(AppliedRule::new(text, CRONJOB))
}

/// An Event that stands for many.
pub(super) fn combined_rule() -> AppliedRule {
    AppliedRule::new(
        "the tenth and later Events of one reason within ten minutes are combined, and after 25 one in 300 s is let through",
        "EventCorrelator in client-go/tools/record/events_cache.go",
    )
}

/// A Pod waits for room.
pub(super) fn room_rule(running: u32) -> AppliedRule {
    AppliedRule::new(
        format!("no slot is free: {} run", count(u64::from(running), "Pod")),
        "cluster.slots of the scenario stands for what the scheduler would find",
    )
}

/// Why a start of a CronJob was skipped.
pub(super) fn skip_rule(reason: SkipReason) -> AppliedRule {
    let (text, source) = match reason {
        SkipReason::Active => (
            "Forbid: while a Job is active no other is started; the start was held back until a later one was due, and only \
             the most recent is made up for",
            CRONJOB,
        ),
        SkipReason::Suspended => ("while a CronJob is suspended nothing is started", CRONJOB),
        SkipReason::ControllersDown => (
            "while no controller runs nothing is started; of the missed starts only the most recent is made up for",
            MISSED,
        ),
        SkipReason::Deadline => ("startingDeadlineSeconds after its time a start is given up", CRONJOB),
        SkipReason::Refused => ("the API server refused the Job", CRONJOB),
        SkipReason::Late => ("when the controller looked, a later start was due: only the most recent is made", MISSED),
    };
    AppliedRule::new(text, source)
}
