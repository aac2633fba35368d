//! The fields of a Node, a PriorityClass, a ResourceQuota, and of workloads without a Job, as a table. It is parsed
//! elsewhere; the notation is explained in [`super`]. Fields that are never read are `Raw`, so that Nodes of any
//! cluster are accepted.
//!
//! Source: `k8s.io/api/core/v1` and `k8s.io/api/scheduling/v1` of Kubernetes v1.37.

/// Node and its parts, PriorityClass, ResourceQuota, and the fields that are read of Pods, Deployments and other
/// workloads of `apps/v1`.
pub(super) const NODES: &str = "
Node: kind str, apiVersion str, metadata ObjectMeta, spec NodeSpec, status NodeStatus
NodeSpec: podCIDR str, podCIDRs []str, providerID str, unschedulable bool, taints []Taint, configSource *Raw,
    externalID str
Taint: key! str, value str, effect! str, timeAdded *Time
NodeStatus: capacity {}Quantity, allocatable {}Quantity, phase str, conditions []NodeCondition, addresses Raw,
    daemonEndpoints Raw, nodeInfo Raw, images Raw, volumesInUse []str, volumesAttached Raw, config *Raw,
    runtimeHandlers Raw, features *Raw, declaredFeatures []str
NodeCondition: type! str, status! str, lastHeartbeatTime~ Time, lastTransitionTime~ Time, reason str, message str
PriorityClass: kind str, apiVersion str, metadata ObjectMeta, value! i32, globalDefault bool, description str,
    preemptionPolicy *str
ResourceQuota: kind str, apiVersion str, metadata ObjectMeta, spec ResourceQuotaSpec, status Raw
ResourceQuotaSpec: hard {}Quantity, scopes []str, scopeSelector *ScopeSelector
ScopeSelector: matchExpressions []ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement: scopeName! str, operator! str, values []str
Pod: kind str, apiVersion str, metadata ObjectMeta, spec PodSpec, status PodStatus
PodStatus: phase str
Workload: kind str, apiVersion str, metadata ObjectMeta, spec WorkloadSpec, status Raw
WorkloadSpec: replicas *i32, template PodTemplateSpec
";
