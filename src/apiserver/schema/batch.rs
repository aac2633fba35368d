//! The fields of `batch/v1` and of the metadata that every object has, as a table. It is parsed elsewhere; the notation
//! is explained in [`super`].
//!
//! Source: `k8s.io/api/batch/v1`, `k8s.io/apimachinery/pkg/apis/meta/v1` and, for workload-aware scheduling,
//! `k8s.io/api/scheduling/v1alpha3`, of Kubernetes v1.37.

/// Job, CronJob and their parts, except for the Pod template.
pub(super) const BATCH: &str = "
Job: kind str, apiVersion str, metadata ObjectMeta, spec JobSpec, status JobStatus
CronJob: kind str, apiVersion str, metadata ObjectMeta, spec CronJobSpec, status CronJobStatus
ObjectMeta: name str, generateName str, namespace str, selfLink str, uid str, resourceVersion str, generation
    i64, creationTimestamp~ Time, deletionTimestamp *Time, deletionGracePeriodSeconds *i64, labels {}str,
    annotations {}str, ownerReferences []OwnerReference, finalizers []str, managedFields []ManagedFieldsEntry
JobSpec: parallelism *i32, completions *i32, activeDeadlineSeconds *i64, podFailurePolicy *PodFailurePolicy,
    successPolicy *SuccessPolicy, backoffLimit *i32, backoffLimitPerIndex *i32, maxFailedIndexes *i32, selector
    *LabelSelector, manualSelector *bool, template! PodTemplateSpec, ttlSecondsAfterFinished *i32,
    completionMode *str, suspend *bool, podReplacementPolicy *str, managedBy *str, scheduling
    *JobSchedulingConfiguration
JobStatus: conditions []JobCondition, startTime *Time, completionTime *Time, active i32, succeeded i32, failed
    i32, terminating *i32, completedIndexes str, failedIndexes *str, uncountedTerminatedPods
    *UncountedTerminatedPods, ready *i32
CronJobSpec: schedule! str, timeZone *str, startingDeadlineSeconds *i64, concurrencyPolicy str, suspend *bool,
    jobTemplate! JobTemplateSpec, successfulJobsHistoryLimit *i32, failedJobsHistoryLimit *i32
CronJobStatus: active []ObjectReference, lastScheduleTime *Time, lastSuccessfulTime *Time
OwnerReference: apiVersion! str, kind! str, name! str, uid! str, controller *bool, blockOwnerDeletion *bool
ManagedFieldsEntry: manager str, operation str, apiVersion str, time *Time, fieldsType str, fieldsV1 *Raw,
    subresource str
PodFailurePolicy: rules! []PodFailurePolicyRule
SuccessPolicy: rules! []SuccessPolicyRule
LabelSelector: matchLabels {}str, matchExpressions []LabelSelectorRequirement
JobSchedulingConfiguration: schedulingPolicy *WorkloadPodGroupSchedulingPolicy, schedulingConstraints
    *WorkloadPodGroupSchedulingConstraints, disruptionMode *WorkloadPodGroupDisruptionMode, resourceClaims
    []WorkloadPodGroupResourceClaim
JobCondition: type! str, status! str, lastProbeTime Time, lastTransitionTime Time, reason str, message str
UncountedTerminatedPods: succeeded []str, failed []str
JobTemplateSpec: metadata ObjectMeta, spec JobSpec
PodFailurePolicyRule: action! str, onExitCodes *PodFailurePolicyOnExitCodesRequirement, onPodConditions
    []PodFailurePolicyOnPodConditionsPattern
SuccessPolicyRule: succeededIndexes *str, succeededCount *i32
LabelSelectorRequirement: key! str, operator! str, values []str
WorkloadPodGroupSchedulingPolicy: basic *WorkloadPodGroupBasicSchedulingPolicy, gang
    *WorkloadPodGroupGangSchedulingPolicy
WorkloadPodGroupSchedulingConstraints: topology []TopologyConstraint
WorkloadPodGroupDisruptionMode: single *WorkloadPodGroupSingleDisruptionMode, all
    *WorkloadPodGroupAllDisruptionMode
WorkloadPodGroupResourceClaim: name! str, resourceClaimName *str, resourceClaimTemplateName *str
PodFailurePolicyOnExitCodesRequirement: containerName *str, operator! str, values! []i32
PodFailurePolicyOnPodConditionsPattern: type! str, status! str
WorkloadPodGroupBasicSchedulingPolicy:
WorkloadPodGroupGangSchedulingPolicy: minCount *i32
TopologyConstraint: key! str
WorkloadPodGroupSingleDisruptionMode:
WorkloadPodGroupAllDisruptionMode:
";
