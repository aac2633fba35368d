//! The table of rules and releases. Each row says where a rule holds and what a user should know about it;
//! `docs/releases.md` and `jobsim upgrade` print it. Nothing is decided here.
//!
//! Sources: the released modules `k8s.io/kubernetes` v1.30.0 to v1.37.2 and the CHANGELOG of each, checked against
//! recordings of v1.30.14, v1.31.14, v1.32.13, v1.33.13, v1.34.12, v1.35.8 and v1.36.5.

use super::rules::Holds::{self, Always, From, Never, UpTo};
use super::rules::ReleaseRule::*;
use super::rules::RuleRow;

const NO: Holds = Never;
const YES: Holds = Always;

/// All rules, in the order of [`super::ReleaseRule`].
pub const ROWS: &[RuleRow] = &[
    RuleRow {
        rule: ChecksCachesBeforeSync,
        id: "STALE",
        title: "a sync is put off while its caches are behind its own writes",
        holds: [NO, NO, NO, NO, NO, NO, YES, YES],
        with: "a sync that begins before the caches show its own last writes does nothing and comes again 1 s later \
               (then 2 s, 4 s and so on)",
        without: "a sync works with what its caches hold, however old; a status that it writes from an old Job is \
                  refused as a conflict, and the sync comes again 1 s later",
        fields: &[],
        source: "syncJob, pkg/controller/util/consistency; gate StaleControllerConsistencyJob",
        is_recorded: true,
    },
    RuleRow {
        rule: ClearsStartTimeOnSuspension,
        id: "STARTNIL",
        title: "startTime is cleared when a Job is suspended",
        holds: [NO, NO, NO, NO, NO, NO, YES, YES],
        with: "status.startTime is cleared when the Job is suspended, and set anew when it is resumed",
        without: "status.startTime stays when the Job is suspended, until it is set anew when it is resumed; so a Job whose \
                  activeDeadlineSeconds have passed by then fails the moment it is resumed, and a suspended Job that had \
                  started can end as Failed",
        fields: &["suspend", "activeDeadlineSeconds"],
        source: "syncJob, pastActiveDeadline; gate MutableSchedulingDirectivesForSuspendedJobs",
        is_recorded: true,
    },
    RuleRow {
        rule: ReportsNoActivePodsInBackoff,
        id: "ZERO",
        title: "active is written as 0 while a back-off is waited out",
        holds: [YES, YES, YES, YES, UpTo(9), UpTo(6), UpTo(2), NO],
        with: "while a sync waits out a Pod failure back-off it writes status.active as 0 though Pods run; where the \
               API server checks that and a Pod is ready, the write is refused and no Pod is counted until the \
               back-off is over",
        without: "status.active is the true number of active Pods also while a Pod failure back-off is waited out",
        fields: &["backoffLimit", "backoffLimitPerIndex"],
        source: "manageJob",
        is_recorded: true,
    },
    RuleRow {
        rule: RemembersWrittenEnd,
        id: "FINEXP",
        title: "nothing is done between the write of a Job's end and its event",
        holds: [NO, NO, NO, NO, YES, YES, YES, YES],
        with: "between the write of a Job's end and its event no sync does anything",
        without: "a sync that begins between the write of a Job's end and its event works on the unfinished Job: it \
                  may create Pods again, and its own write is refused as a conflict",
        fields: &[],
        source: "syncJob, finishedJobExpectations",
        is_recorded: false,
    },
    RuleRow {
        rule: ValidatesStatusWrites,
        id: "VALID",
        title: "the API server checks the status that the controller writes",
        holds: [NO, NO, YES, YES, YES, YES, YES, YES],
        with: "the API server refuses a status that contradicts itself, such as more Pods ready than active; the sync \
               fails and is repeated",
        without: "the API server stores whatever status the controller writes",
        fields: &["managedBy", "backoffLimit"],
        source: "getStatusValidationOptions, pkg/registry/batch/job/strategy.go; gate JobManagedBy",
        is_recorded: true,
    },
    RuleRow {
        rule: RefusesStartTimeOnResume,
        id: "RESUME",
        title: "the new startTime of a resumed Job is refused",
        holds: [NO, NO, UpTo(9), UpTo(5), UpTo(1), NO, NO, NO],
        with: "the API server refuses the new startTime of a Job that is resumed after it had started: its Pods run, \
               but nothing is counted until a sync ends the Job or it is suspended again",
        without: "a Job that is resumed after it had started gets a new startTime",
        fields: &["suspend"],
        source: "RejectStartTimeUpdateForUnsuspendedJob, pkg/apis/batch/validation",
        is_recorded: false,
    },
    RuleRow {
        rule: AcceptsEndWithoutStart,
        id: "NOSTART",
        title: "a suspended Job of no completions may end without startTime",
        holds: [NO, NO, From(7), From(3), YES, YES, YES, YES],
        with: "a suspended Job with completions 0 becomes Complete, though it has no startTime",
        without: "a suspended Job with completions 0 never becomes Complete where the API server checks the status: \
                  it has no startTime",
        fields: &["suspend"],
        source: "isSuspendedWithZeroCompletions, pkg/registry/batch/job/strategy.go",
        is_recorded: false,
    },
    RuleRow {
        rule: SharesEventBudget,
        id: "SPAM",
        title: "Normal and Warning Events of an object share one budget of 25",
        holds: [YES, YES, NO, NO, NO, NO, NO, NO],
        with: "Normal and Warning Events of a Job share one budget of 25 (one more every 300 s), so a Job of 25 Pods \
               or more mostly loses the Warning that says why it failed",
        without: "Normal and Warning Events of a Job have a budget of 25 each (one more every 300 s)",
        fields: &[],
        source: "getSpamKey, client-go tools/record/events_cache.go",
        is_recorded: true,
    },
    RuleRow {
        rule: HasOneOrphanWorker,
        id: "ORPH1",
        title: "orphan Pods are cleaned up one by one, and finished Jobs are synced",
        holds: [YES, YES, NO, NO, NO, NO, NO, NO],
        with: "one worker removes the finalizers of orphan Pods, a key for each Pod; an update of a finished Job \
               brings a sync that only drops its back-off record",
        without: "five workers remove the finalizers of orphan Pods, with one key for all Pods of a Job; an update of \
                  a finished Job brings no sync",
        fields: &[],
        source: "updateJob, Run, cleanupPodFinalizers",
        is_recorded: false,
    },
    RuleRow {
        rule: EndWaitsForTerminatingPods,
        id: "TERM",
        title: "a Job's end is announced, and waits until no Pod is terminating",
        holds: [NO, YES, YES, YES, YES, YES, YES, YES],
        with: "each end is announced by a condition (FailureTarget, SuccessCriteriaMet); Failed and Complete come \
               when no Pod is terminating any more, and Complete has the reason CompletionsReached",
        without: "a Job becomes Failed or Complete at once, while its Pods may still be terminating; only \
                  podFailurePolicy announces it (FailureTarget), and Complete has no reason",
        fields: &["backoffLimit", "activeDeadlineSeconds", "completions"],
        source: "newFailureCondition, newSuccessCondition, enactJobFinished",
        is_recorded: true,
    },
    RuleRow {
        rule: CountsItsOwnDeletions,
        id: "DELCNT",
        title: "ready and terminating follow the sync's own deletions",
        holds: [NO, YES, YES, YES, YES, YES, YES, YES],
        with: "status.ready and status.terminating follow the deletions of the sync that writes them",
        without: "status.ready and status.terminating are as the caches showed them when the sync began: a Job that \
                  failed may say ready 1 beside active 0 for good",
        fields: &["parallelism", "suspend"],
        source: "deleteActivePods, deleteJobPods",
        is_recorded: true,
    },
    RuleRow {
        rule: KeepsSuccessPolicy,
        id: "SUCC",
        title: "successPolicy is kept",
        holds: [NO, YES, YES, YES, YES, YES, YES, YES],
        with: "spec.successPolicy is kept: the Job succeeds as soon as its rules are met",
        without: "spec.successPolicy is dropped when the Job is created: the Job must complete as if it had none",
        fields: &["successPolicy"],
        source: "PrepareForCreate, pkg/registry/batch/job/strategy.go; gate JobSuccessPolicy",
        is_recorded: true,
    },
    RuleRow {
        rule: KeepsManagedBy,
        id: "MANAGED",
        title: "managedBy is kept",
        holds: [NO, NO, YES, YES, YES, YES, YES, YES],
        with: "spec.managedBy is kept: the Job controller leaves the Job to the controller that it names",
        without: "spec.managedBy is dropped when the Job is created: the Job controller runs the Job itself",
        fields: &["managedBy"],
        source: "PrepareForCreate, pkg/registry/batch/job/strategy.go; gate JobManagedBy",
        is_recorded: false,
    },
    RuleRow {
        rule: EditsTemplateAfterStart,
        id: "TMPLRUN",
        title: "the template of a suspended Job can be edited after it had started",
        holds: [NO, NO, NO, NO, NO, NO, YES, YES],
        with: "scheduling directives of a suspended Job's template can be edited once its condition Suspended is True \
               and no Pod is active",
        without: "scheduling directives of a suspended Job's template can be edited only while the Job never had a \
                  startTime",
        fields: &["suspend", "template"],
        source: "validationOptionsForJob, pkg/registry/batch/job/strategy.go; gate \
                 MutableSchedulingDirectivesForSuspendedJobs",
        is_recorded: false,
    },
    RuleRow {
        rule: EditsTemplateBeforeCondition,
        id: "TMPLNEW",
        title: "the template of a suspended Job can be edited at once",
        holds: [YES, YES, YES, YES, YES, YES, From(2), YES],
        with: "the template of a Job that was created suspended can be edited at once",
        without: "the template of a Job that was created suspended cannot be edited before the controller has set the \
                  condition Suspended",
        fields: &["suspend", "template"],
        source: "shouldAllowMutablePodTemplate, pkg/registry/batch/job/strategy.go",
        is_recorded: false,
    },
    RuleRow {
        rule: EditsResources,
        id: "TMPLRES",
        title: "resources of a suspended Job's template can be edited",
        holds: [NO, NO, NO, NO, NO, NO, YES, YES],
        with: "resources of the containers of a suspended Job can be edited while none of its Pods is active",
        without: "resources of the containers of a Job can never be edited",
        fields: &["suspend", "template"],
        source: "validationOptionsForJob, pkg/registry/batch/job/strategy.go; gate \
                 MutablePodResourcesForSuspendedJobs",
        is_recorded: false,
    },
    RuleRow {
        rule: DefaultsConditionsInCronJobs,
        id: "CONDTRUE",
        title: "an empty onPodConditions[].status in a CronJob means True",
        holds: [NO, NO, NO, NO, YES, YES, YES, YES],
        with: "an empty status in onPodConditions of a CronJob's jobTemplate means True, as in a Job",
        without: "an empty status in onPodConditions of a CronJob's jobTemplate is refused",
        fields: &["podFailurePolicy", "jobTemplate"],
        source: "pkg/apis/batch/v1/defaults.go",
        is_recorded: false,
    },
    RuleRow {
        rule: SetsLastSuccessAtOnce,
        id: "CRONLST",
        title: "lastSuccessfulTime is set in the pass that sees the Job finish",
        holds: [NO, YES, YES, YES, YES, YES, YES, YES],
        with: "lastSuccessfulTime of a CronJob is set in the pass in which its Job leaves status.active, and the \
               Event says `condition: Complete`",
        without: "lastSuccessfulTime of a CronJob is set only in a pass after that in which its Job left \
                  status.active, and the Event says `status: Complete`",
        fields: &["jobTemplate", "schedule"],
        source: "syncCronJob",
        is_recorded: false,
    },
    RuleRow {
        rule: FindsJobsByOwnerUid,
        id: "CRONUID",
        title: "Jobs of a CronJob are found by its UID, and a silent pass resets the repeats",
        holds: [NO, NO, NO, NO, NO, NO, NO, YES],
        with: "the Jobs of a CronJob are those with its UID as their controller; a pass without an error or a wake-up \
               resets the waits of repeats",
        without: "the Jobs of a CronJob are those whose controller has its name, so Jobs of a deleted CronJob of the \
                  same name count; repeats after errors go on doubling; a Job that exists already is looked for in \
                  the namespace of the jobTemplate",
        fields: &["schedule", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "concurrencyPolicy"],
        source: "getCronJobJobsByIndexer, processNextWorkItem",
        is_recorded: false,
    },
    RuleRow {
        rule: LooksWhenBackoffEnds,
        id: "KEXACT",
        title: "the kubelet looks again when the restart back-off is over",
        holds: [NO, NO, NO, NO, NO, YES, YES, YES],
        with: "after a refused restart the kubelet looks again when the back-off is over, at most a minute later, \
               times 1.0 to 1.5",
        without: "after a refused restart the kubelet looks again every 10 to 15 s, so that a restart comes up to 15 \
                  s late",
        fields: &["restartPolicy"],
        source: "doBackOff, pkg/kubelet/kuberuntime; completeWork, pkg/kubelet/pod_workers.go",
        is_recorded: false,
    },
    RuleRow {
        rule: ConfiguresRestartBackoff,
        id: "CRASHMAX",
        title: "the longest restart back-off of a kubelet can be configured",
        holds: [NO, NO, NO, NO, NO, YES, YES, YES],
        with: "a kubelet may be configured with another longest restart back-off \
               (crashLoopBackOff.maxContainerRestartPeriod)",
        without: "the longest restart back-off of a kubelet is fixed at 300 s",
        fields: &["restartPolicy"],
        source: "pkg/kubelet; gate KubeletCrashLoopBackOffMax",
        is_recorded: false,
    },
    RuleRow {
        rule: ShortensRestartBackoff,
        id: "CRASHMIN",
        title: "the restart back-off begins with 1 s and ends with 60 s",
        holds: [NO, NO, NO, NO, NO, NO, NO, NO],
        with: "the restart back-off of containers begins with 1 s and ends with 60 s",
        without: "the restart back-off of containers begins with 10 s and ends with 300 s",
        fields: &["restartPolicy"],
        source: "pkg/kubelet; gate ReduceDefaultCrashLoopBackOffDecay",
        is_recorded: false,
    },
    RuleRow {
        rule: KeepsBackoffLimitPerIndex,
        id: "PERINDEX",
        title: "backoffLimitPerIndex is kept",
        holds: [YES, YES, YES, YES, YES, YES, YES, YES],
        with: "spec.backoffLimitPerIndex is kept",
        without: "spec.backoffLimitPerIndex, spec.maxFailedIndexes and FailIndex rules are dropped when the Job is \
                  created",
        fields: &["backoffLimitPerIndex", "maxFailedIndexes"],
        source: "PrepareForCreate, pkg/registry/batch/job/strategy.go; gate JobBackoffLimitPerIndex",
        is_recorded: false,
    },
    RuleRow {
        rule: KeepsPodFailurePolicy,
        id: "POLICY",
        title: "podFailurePolicy is kept",
        holds: [YES, YES, YES, YES, YES, YES, YES, YES],
        with: "spec.podFailurePolicy is kept",
        without: "spec.podFailurePolicy is dropped when the Job is created",
        fields: &["podFailurePolicy"],
        source: "PrepareForCreate, pkg/registry/batch/job/strategy.go; gate JobPodFailurePolicy",
        is_recorded: false,
    },
    RuleRow {
        rule: ScalesIndexedJobs,
        id: "ELASTIC",
        title: "completions of an Indexed Job can be edited",
        holds: [YES, YES, YES, YES, YES, YES, YES, YES],
        with: "completions of an Indexed Job can be edited together with its parallelism",
        without: "completions of a Job can never be edited",
        fields: &["completions", "parallelism"],
        source: "validateCompletions, pkg/apis/batch/validation; gate ElasticIndexedJob",
        is_recorded: false,
    },
    RuleRow {
        rule: KeepsContainerRestartRules,
        id: "RULES",
        title: "restart rules of single containers are kept",
        holds: [NO, NO, NO, NO, NO, YES, YES, YES],
        with: "restartPolicy and restartPolicyRules of a single container are kept: the kubelet restarts it as they say",
        without: "restartPolicy and restartPolicyRules of a container that is no sidecar are dropped when the Job is created: \
                  the restartPolicy of the Pod holds for all",
        fields: &["restartPolicy"],
        source: "dropContainerRestartRules, pkg/api/pod; gate ContainerRestartRules",
        is_recorded: false,
    },
];
