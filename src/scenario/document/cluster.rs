//! What a user writes about the cluster around the Jobs.

use super::kueue::KueueSpec;
use super::nodes::{AutoscalerSpec, NodePoolsSpec, PriorityClassSpec, SchedulerSpec};
use crate::scenario::scalars::{Dist, Offset, Span};
use schemars::JsonSchema;
use serde::Deserialize;

/// The cluster around the Jobs. What is not given is as the preset has it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Cluster")]
pub struct ClusterSpec {
    /// A named set of values. [default: measured]
    pub preset: Option<Preset>,
    /// How long each request of a controller takes.
    pub api_latency: Option<Dist>,
    /// How long a change takes to reach the controllers' caches.
    pub watch_latency: Option<Dist>,
    /// How long the garbage collector takes to act.
    pub gc_latency: Option<Span>,
    /// The token bucket of each controller's client.
    pub client_throttle: Option<ThrottleSpec>,
    /// Clocks that are ahead of the API server's, or (`-3s`) behind.
    #[serde(default)]
    pub clocks: ClocksSpec,
    /// How many Pods can be bound and unfinished at a time. [default: no limit]
    pub slots: Option<u32>,
    /// Kueue: queues of Jobs with quotas. [default: not installed]
    pub kueue: Option<KueueSpec>,
    /// Pools of nodes, on which the scheduler of Kubernetes places Pods by what they request. [default: no nodes; binding a
    /// Pod is a time]
    pub nodes: Option<NodePoolsSpec>,
    /// Nodes as a cluster has them: a file of `kubectl get nodes -o json` (or yaml), as seen from the scenario's file.
    pub nodes_from: Option<String>,
    /// What runs on the nodes already: a file of `kubectl get pods -A -o json` (or yaml). Its Pods take the room that they
    /// request, as those of Deployments, StatefulSets and DaemonSets among the manifests do; they never end.
    pub pods_from: Option<String>,
    /// Priority classes, beside those in the manifests and the two that every cluster has.
    #[serde(default)]
    pub priority_classes: Vec<PriorityClassSpec>,
    /// The scheduler.
    pub scheduler: Option<SchedulerSpec>,
    /// The autoscaler of pools that have `max` or `min`.
    pub autoscaler: Option<AutoscalerSpec>,
    /// Windows in which creating Pods is refused, as by a quota.
    #[serde(default)]
    pub create_failures: Vec<WindowSpec>,
    /// The Job controller's constants.
    #[serde(default)]
    pub controller: ControllerSpec,
    /// The kubelets' settings.
    #[serde(default)]
    pub kubelet: KubeletSpec,
}

/// Named clusters.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// A v1.37 control plane as measured: requests 3 ms, watch 2 ms, 20 requests/s with a burst of 30 (the defaults of
    /// kube-controller-manager's --kube-api-qps and --kube-api-burst), Events included.
    #[default]
    Measured,
    /// Nothing takes time and nothing is throttled.
    Ideal,
    /// OpenShift: as `measured`, with its controllers' 150 requests/s and a burst of 300 (bindata/assets/config/
    /// defaultconfig.yaml of openshift/cluster-kube-controller-manager-operator).
    Openshift,
    /// Huawei Cloud CCE: as `measured`, with its controllers' 100 requests/s and a burst of 100, the defaults up to 1,000
    /// nodes (its configuration reference, kube-api-qps and kube-api-burst of the controllers).
    Cce,
    /// A busy control plane at the limit of Kubernetes' own objective for latency: requests 1 s (SIG Scalability, API call
    /// latency of mutating requests, 99th percentile); watch 1 s is an assumption.
    Slow,
}

/// Clocks that differ from the API server's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Clocks")]
pub struct ClocksSpec {
    /// The nodes', which stamp when containers finish: the back-off moves with them. [default: 0s]
    pub nodes: Option<Offset>,
    /// The controllers', by which back-off, deadline and TTL are reckoned. [default: 0s]
    pub controllers: Option<Offset>,
}

/// A token bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Throttle")]
pub struct ThrottleSpec {
    /// Requests a second (`--kube-api-qps`); 0 for no throttle.
    pub qps: Option<f64>,
    /// Requests at once (`--kube-api-burst`).
    pub burst: Option<u32>,
    /// Whether Kubernetes Events take tokens and time too. [default: true]
    pub events: Option<bool>,
}

/// A span of virtual time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Window")]
pub struct WindowSpec {
    /// When it begins.
    pub from: Span,
    /// When it is over.
    pub to: Span,
}

/// The Job controller's constants, by default those of the release that is modelled.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Controller")]
pub struct ControllerSpec {
    /// Pod failure back-off after the first failure. [default: 10s]
    pub pod_failure_backoff: Option<Span>,
    /// Longest Pod failure back-off (6m in older releases). [default: 10m]
    pub max_pod_failure_backoff: Option<Span>,
    /// How long Pod events are gathered into one sync. [default: 1s]
    pub sync_batch_period: Option<Span>,
    /// Pods created or deleted by one sync at the most. [default: 500]
    pub max_pods_per_sync: Option<u32>,
    /// Finished Pods accounted for by one sync at the most. [default: 500]
    pub max_uncounted_pods: Option<u32>,
    /// Size of the first batch of creations. [default: 1]
    pub slow_start_initial_batch: Option<u32>,
    /// Jobs that are synced at a time (`--concurrent-job-syncs`), at most 256. [default: 5]
    pub concurrent_job_syncs: Option<u32>,
    /// Requeue back-off after the first error. [default: 1s]
    pub requeue_backoff: Option<Span>,
    /// Longest requeue back-off. [default: 60s]
    pub max_requeue_backoff: Option<Span>,
    /// After this, unmet expectations are given up. [default: 5m]
    pub expectations_timeout: Option<Span>,
}

/// The kubelets' settings.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "KubeletSettings")]
pub struct KubeletSpec {
    /// Restart back-off after the second exit. [default: 10s]
    pub restart_backoff: Option<Span>,
    /// Longest restart back-off (`crashLoopBackOff.maxContainerRestartPeriod`). [default: 300s]
    pub max_restart_backoff: Option<Span>,
    /// Whether the kubelet looks at waiting containers only now and then, as a real one does. [default: true]
    pub jitter: Option<bool>,
}
