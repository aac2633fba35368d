//! The rules of what surrounds the Job controller, as they show in a run: writes of a Job's status, what happens to a Pod
//! between its creation and its end, CronJobs, the controllers' own coming and going. The rules of waits and ends are in
//! [`super::rules`].

use super::rules::AppliedRule;
use super::{count, rounded};
use crate::record::SkipReason;
use crate::release::JobControllerParams;
use crate::report::{StepRule, step_rule};
use crate::time::SimDuration;

const TRACK: &StepRule = step_rule("tracking");
const CONTROLLERS: &StepRule = step_rule("controllers");

/// A Job appears.
pub(super) fn created_rule() -> AppliedRule {
    AppliedRule::new(
        "the Job controller learns of it through its watch, and syncs it at once",
        const { step_rule("created") },
    )
}

/// A Job disappears.
pub(super) fn gone_rule(ttl: Option<i32>, is_finished: bool) -> AppliedRule {
    match ttl.filter(|_| is_finished) {
        Some(ttl) => AppliedRule::new(
            format!("{ttl} s after its end, whether it was Complete or Failed (ttlSecondsAfterFinished)"),
            const { step_rule("ttl") },
        ),
        None => AppliedRule::new("it was deleted, and nothing holds it any more", const { step_rule("gone") }),
    }
}

/// `startTime` is set.
pub(super) fn started_rule(deadline: Option<i64>) -> AppliedRule {
    let then = match deadline {
        Some(seconds) => format!("; activeDeadlineSeconds {seconds} counts from it"),
        None => String::new(),
    };
    let text = format!("the first sync of a Job that is not suspended sets startTime{then}");
    AppliedRule::new(text, const { step_rule("started") })
}

/// The Job is suspended or resumed.
pub(super) fn suspension_rule(is_suspended: bool) -> AppliedRule {
    match is_suspended {
        true => AppliedRule::new(
            "a suspended Job has no active Pod; startTime is cleared, so that the deadline starts anew with the resume",
            const { step_rule("suspended") },
        ),
        false => AppliedRule::new(
            "resumed: startTime is set anew, and a deadline counts from now",
            const { step_rule("resumed") },
        ),
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

/// Numbers of a status that follow the Pods.
pub(super) fn status_rule(params: &JobControllerParams) -> AppliedRule {
    let batch = params.sync_batch_period;
    AppliedRule::new(
        format!("each sync writes what it saw; events of Pods are gathered for {batch} before a sync"),
        const { step_rule("status") },
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
        const { step_rule("grace") },
    )
}

/// A creation was refused.
pub(super) fn create_refused_rule() -> AppliedRule {
    AppliedRule::new(
        "the sync ends in error and is repeated after a requeue back-off; no Pod was created, so nothing counts as failed",
        const { step_rule("create-refused") },
    )
}

/// A sync ended in error.
pub(super) fn sync_failed_rule(params: &JobControllerParams) -> AppliedRule {
    AppliedRule::new(
        format!(
            "repeated after {}, doubled with each error in a row up to {}",
            params.requeue_backoff, params.max_requeue_backoff
        ),
        const { step_rule("sync-failed") },
    )
}

/// What a user did was refused.
pub(super) fn refused_rule() -> AppliedRule {
    AppliedRule::new("the API server refuses it, and nothing changes", const { step_rule("refused") })
}

/// A request waits for its token.
pub(super) fn throttled_rule(wait: SimDuration) -> AppliedRule {
    AppliedRule::new(
        format!(
            "the controller's client may send only so many requests a second, and this one waits {}",
            rounded(wait)
        ),
        const { step_rule("throttle") },
    )
}

/// The controllers die.
pub(super) fn down_rule() -> AppliedRule {
    AppliedRule::new("what is in memory only is lost: back-offs, expectations, Events under way", CONTROLLERS)
}

/// Controllers start.
pub(super) fn up_rule() -> AppliedRule {
    AppliedRule::new(
        "every Job is synced anew from what the API has; failures in a row are forgotten, counted ones are in the status",
        CONTROLLERS,
    )
}

/// An Event of a CronJob, by its reason: the rule as it stands in the table.
pub(super) fn cron_event_rule(reason: &str) -> Option<AppliedRule> {
    let rule = match reason {
        "SuccessfulCreate" => const { step_rule("cron-start") },
        "JobAlreadyActive" => const { step_rule("cron-forbid") },
        "MissSchedule" => const { step_rule("cron-deadline") },
        "TooManyMissedTimes" => const { step_rule("cron-missed") },
        "SuccessfulDelete" | "SawCompletedJob" => const { step_rule("cron-history") },
        "FailedCreate" => const { step_rule("refused") },
        _ => return None,
    };
    Some(AppliedRule::new(rule.says, rule))
}

/// An Event that stands for many.
pub(super) fn combined_rule() -> AppliedRule {
    AppliedRule::new(
        "the tenth and later Events of one reason within ten minutes are combined, and after 25 one in 300 s is let through",
        const { step_rule("events") },
    )
}

/// A Pod waits for room.
pub(super) fn room_rule(running: u32) -> AppliedRule {
    AppliedRule::new(format!("no slot is free: {} run", count(u64::from(running), "Pod")), const { step_rule("room") })
}

/// Why a start of a CronJob was left out.
pub(super) fn skip_rule(reason: SkipReason) -> AppliedRule {
    let rule = match reason {
        SkipReason::Active => const { step_rule("cron-forbid") },
        SkipReason::Suspended => const { step_rule("cron-suspended") },
        SkipReason::ControllersDown => {
            let text =
                "while no controller runs nothing is started; of the missed starts only the most recent is made up for";
            return AppliedRule::new(text, const { step_rule("cron-start") });
        }
        SkipReason::Deadline => const { step_rule("cron-deadline") },
        SkipReason::Refused => const { step_rule("refused") },
        SkipReason::Late => const { step_rule("cron-start") },
    };
    AppliedRule::new(rule.says, rule)
}
