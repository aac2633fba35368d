//! The rule behind each thing that happens to a Job: a sentence, and where it is from. It is the one table of them: timelines
//! that are stepped through show its sentences, and [`crate::explain`] says of each rule what it comes to at one place of a
//! run. The table is words; what a rule computes is in the controller.

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRule {
    /// Its name, for those who refer to it.
    pub key: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Where it is from: a function of the Job controller, a KEP or the documentation.
    pub source: &'static str,
}

const fn rule(key: &'static str, says: &'static str, source: &'static str) -> StepRule {
    StepRule { key, says, source }
}

/// Every rule. A line is referred to by its place.
pub const STEP_RULES: &[StepRule] = &[
    rule(
        "first",
        "A sync creates as many Pods as parallelism allows and completions still need.",
        "manageJob (job_controller.go)",
    ),
    rule(
        "replaced",
        "A Pod that was lost is replaced as soon as a sync finds fewer active Pods than wanted.",
        "manageJob (job_controller.go)",
    ),
    rule(
        "after-backoff",
        "The back-off is over: the sync that it had delayed creates the missing Pods.",
        "manageJob, getRemainingTime (backoff_utils.go)",
    ),
    rule(
        "backoff",
        "After n failures since the last success no Pod is created for 10 s × 2^(n − 1), at most 10 min, counted from the last failure. n counts Pods, not rounds.",
        "getRemainingTimeForFailuresCount (backoff_utils.go)",
    ),
    rule(
        "backoff-per-index",
        "With backoffLimitPerIndex each index has a back-off of its own: 10 s × 2^(n − 1) after its n-th failure, at most 10 min.",
        "getRemainingTimePerIndex (backoff_utils.go), KEP-3850",
    ),
    rule(
        "restart",
        "With restartPolicy OnFailure the kubelet restarts containers in the same Pod: at once, then after 10 s, 20 s, 40 s … at most 5 min, counted from the exit.",
        "kubelet: doBackOff (kuberuntime_manager.go)",
    ),
    rule(
        "throttle",
        "Each request of a controller takes a token; without one it waits. The controller's client gets 20 a second, and up to 30 at once, unless it is set otherwise.",
        "client-go: flowcontrol, --kube-api-qps",
    ),
    rule(
        "room",
        "A Pod is bound when there is room for it; until then it is Pending, and active to its Job.",
        "kube-scheduler",
    ),
    rule(
        "failed",
        "A failed Pod counts towards backoffLimit once the Job's status has it; with one more than the limit the Job fails.",
        "trackJobStatusAndRemoveFinalizers, exceedsBackoffLimit (job_controller.go)",
    ),
    rule(
        "succeeded",
        "A Pod that has succeeded is one completion, and ends the row of failures that the back-off counts.",
        "newBackoffRecord (backoff_utils.go)",
    ),
    rule(
        "tracking",
        "A finished Pod is first noted in status.uncountedTerminatedPods, then loses its finalizer, and then is counted: none is counted twice.",
        "trackJobStatusAndRemoveFinalizers (job_controller.go), KEP-2307",
    ),
    rule(
        "status",
        "The status follows what the controller's cache shows; changes of Pods are gathered for a second before a sync.",
        "syncJob, syncJobBatchPeriod (job_controller.go)",
    ),
    rule(
        "failure-target",
        "The end is decided: FailureTarget is written at once, and Failed follows when no Pod of the Job is left running.",
        "enactJobFinished (job_controller.go), KEP-3939",
    ),
    rule(
        "success-criteria",
        "The end is decided: SuccessCriteriaMet is written at once, and Complete follows when no Pod of the Job is left running.",
        "enactJobFinished (job_controller.go), KEP-3998",
    ),
    rule(
        "BackoffLimitExceeded",
        "More Pods failed than backoffLimit allows. With OnFailure restarts of containers are counted, and reaching the limit is enough.",
        "exceedsBackoffLimit, pastBackoffLimitOnFailure (job_controller.go)",
    ),
    rule(
        "DeadlineExceeded",
        "activeDeadlineSeconds have passed since status.startTime, waits included; the Job ends, whatever retries are left.",
        "pastActiveDeadline (job_controller.go)",
    ),
    rule(
        "PodFailurePolicy",
        "A failed Pod matches a rule of podFailurePolicy whose action is FailJob.",
        "matchPodFailurePolicy (pod_failure_policy.go), KEP-3329",
    ),
    rule(
        "MaxFailedIndexesExceeded",
        "More indexes failed than maxFailedIndexes allows.",
        "syncJob (job_controller.go), KEP-3850",
    ),
    rule(
        "FailedIndexes",
        "Every index has ended, and at least one of them failed.",
        "syncJob (job_controller.go), KEP-3850",
    ),
    rule(
        "SuccessPolicy",
        "The indexes that successPolicy asks for have succeeded; Pods that still run are deleted.",
        "matchSuccessPolicy (success_policy.go), KEP-3998",
    ),
    rule(
        "CompletionsReached",
        "As many Pods have succeeded as completions ask for. A work queue is complete when one has succeeded and none is active.",
        "syncJob (job_controller.go)",
    ),
    rule(
        "suspended",
        "A suspended Job has no active Pods: they are deleted, and do not count as failed. startTime is cleared.",
        "syncJob (job_controller.go), KEP-2232",
    ),
    rule(
        "resumed",
        "A resumed Job gets a new startTime, so that its deadline begins anew; failures stay counted.",
        "syncJob (job_controller.go), KEP-2232",
    ),
    rule(
        "scale-down",
        "More Pods are active than wanted: the surplus is deleted, those first that have come least far.",
        "manageJob, ActivePodsWithRanks (controller_utils.go)",
    ),
    rule(
        "job-ends",
        "The Job ends: its active Pods are deleted, and their end does not change the Job's.",
        "deleteActivePods (job_controller.go)",
    ),
    rule(
        "disrupted",
        "Something outside deletes the Pod. It is lost for the Job, counts as failed once it has ended so, and is replaced.",
        "getNewFinishedPods, isPodFailed (job_controller.go)",
    ),
    rule("job-deleted", "The Job is deleted, and the garbage collector deletes its Pods.", "garbage collector"),
    rule(
        "sync-failed",
        "The sync ended in error and is repeated after 1 s, 2 s, 4 s …",
        "DefaultJobApiBackOff (job_controller.go)",
    ),
    rule("refused", "The API server refuses the request; nothing is changed.", "kube-apiserver"),
    rule(
        "controllers",
        "A new controller knows only what the API server holds: counts of failures in a row and open expectations are forgotten.",
        "NewController (job_controller.go)",
    ),
    rule(
        "created",
        "The Job controller learns of a Job through its watch, and syncs it at once.",
        "addJob, enqueueSyncJobImmediately (job_controller.go)",
    ),
    rule("started", "The first sync of a Job that is not suspended sets startTime.", "syncJob (job_controller.go)"),
    rule(
        "end-written",
        "The end that was decided is written when no Pod is terminating and all are counted.",
        "enactJobFinished (job_controller.go), KEP-3939",
    ),
    rule(
        "ttl",
        "A Job is deleted ttlSecondsAfterFinished after its end, whether it was Complete or Failed.",
        "processTTL (ttlafterfinished_controller.go), KEP-592",
    ),
    rule("gone", "What was deleted disappears when no finalizer holds it any more.", "kube-apiserver"),
    rule(
        "policy-rule",
        "Rules of podFailurePolicy are looked at in order; the first that matches a failed Pod says what it counts for. The back-off does not look at them.",
        "matchPodFailurePolicy (pod_failure_policy.go), KEP-3329",
    ),
    rule(
        "let-go",
        "The end of a Pod whose finalizer was removed before counts for nothing: that of a suspension, a scale-down, or a Job that ends.",
        "manageJob, trackJobStatusAndRemoveFinalizers (job_controller.go)",
    ),
    rule(
        "grace",
        "Containers of a Pod that is deleted get SIGTERM, and SIGKILL after terminationGracePeriodSeconds.",
        "kubelet: killContainer (kuberuntime_container.go)",
    ),
    rule(
        "create-refused",
        "Where a creation is refused the sync ends in error and is repeated after a requeue back-off; no Pod was there, so none has failed.",
        "manageJob, slowStartBatch (job_controller.go)",
    ),
    rule(
        "events",
        "The tenth and later Events of one reason within ten minutes are combined, and after 25 one in 300 s is let through.",
        "client-go: EventCorrelator (events_cache.go)",
    ),
    rule(
        "cron-start",
        "Of the times that were due and not yet started the most recent is started, and only that one.",
        "syncCronJob (cronjob_controllerv2.go), mostRecentScheduleTime (utils.go)",
    ),
    rule(
        "cron-forbid",
        "Forbid holds a start back while a Job is active; it is made up for when none is, unless a later one is due by then.",
        "syncCronJob (cronjob_controllerv2.go)",
    ),
    rule(
        "cron-deadline",
        "startingDeadlineSeconds after its time a start is given up.",
        "syncCronJob (cronjob_controllerv2.go)",
    ),
    rule(
        "cron-missed",
        "More than 100 missed starts are a warning; the latest is made all the same.",
        "syncCronJob (cronjob_controllerv2.go), mostRecentScheduleTime (utils.go)",
    ),
    rule(
        "cron-suspended",
        "While a CronJob is suspended nothing is started; what was due counts as missed.",
        "syncCronJob (cronjob_controllerv2.go)",
    ),
    rule(
        "cron-history",
        "Finished Jobs leave status.active, and those beyond the history limits are deleted.",
        "cleanupFinishedJobs, syncCronJob (cronjob_controllerv2.go)",
    ),
];

/// A rule by its name, for constants: a name that is in no line of the table does not compile.
pub const fn step_rule(key: &str) -> &'static StepRule {
    let mut n = 0;
    while n < STEP_RULES.len() {
        if is_same(STEP_RULES[n].key.as_bytes(), key.as_bytes()) {
            return &STEP_RULES[n];
        }
        n += 1;
    }
    panic!("there is no such rule")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut n = 0;
    while n < a.len() && n < b.len() && a[n] == b[n] {
        n += 1;
    }
    n == a.len() && n == b.len()
}
