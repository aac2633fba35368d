//! The settings of a world's cluster. The defaults are an ideal cluster: no latency, no throttle. Where the settings
//! come from is not known here: a scenario's text is resolved in [`crate::scenario`].

use crate::api::{ClusterQueue, ResourceQuota};
use crate::apiserver::PriorityClass;
use crate::controller::cronjob::{ApiError, CronJobCall};
use crate::limits::EVENTS_AT_ONCE;
use crate::model::{AutoscalerModel, Latency, NodePool};
use crate::release::{CronJobControllerParams, JobControllerParams, MODELLED, RateLimit, SchedulerParams};
use crate::time::{SimDuration, SimTime, WallClock};
use std::sync::Arc;

/// The cluster around the controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The Job controller's constants.
    pub params: JobControllerParams,
    /// How long it takes until a controller's request is applied and answered.
    pub api_latency: Latency,
    /// How long after its application a call of the CronJob controller is answered. All other calls are answered when
    /// they are applied.
    pub answer_latency: SimDuration,
    /// How long a change takes to reach the controllers' caches. A watch keeps the order of changes: a change never
    /// arrives before an earlier one.
    pub watch_latency: Latency,
    /// How long the garbage collector takes to act.
    pub gc_latency: SimDuration,
    /// The token bucket of each controller's client.
    pub throttle: Option<RateLimit>,
    /// Whether Kubernetes Events are sent one after the other, each with a token and latency.
    pub events_throttled: bool,
    /// Windows `[from, to)` in which the creation of Pods is refused.
    pub create_failures: Vec<(SimTime, SimTime)>,
    /// How much the Pods of a namespace may use together.
    pub quotas: Vec<ResourceQuota>,
    /// Kueue, where it is installed.
    pub kueue: Option<Arc<KueueConfig>>,
    /// How many bound and unfinished Pods the cluster has slots for; `None` for any number.
    pub slots: Option<u32>,
    /// The scheduler and the node controllers; `None` in a cluster without nodes, where binding only takes a time.
    pub nodes: Option<Box<NodeConfig>>,
    /// How far other clocks are ahead of the API server's.
    pub clocks: Clocks,
    /// The date at which the virtual clock starts.
    pub clock: WallClock,
    /// When the cluster begins. Nodes that join at that instant are in all caches at once, because the caches are
    /// filled from a list.
    pub begins: SimTime,
    /// The CronJob controller's constants.
    pub cron_params: CronJobControllerParams,
    /// Windows in which calls of the CronJob controller fail.
    pub cron_faults: Vec<CronFault>,
    /// Whether only the CronJob controller runs: no Job and TTL controllers, no garbage collector. Users then write the
    /// status of Jobs.
    pub only_cronjobs: bool,
    /// Whether no controller runs at first.
    pub down_at_first: bool,
    /// How long new controllers wait before they work. Real controllers check every 100 ms whether their caches are
    /// filled, and the first check comes too early.
    pub startup_delay: SimDuration,
    /// Whether every sync checks the ledger against a recount; slow.
    pub paranoid: bool,
    /// Whether Events about Pods are created. They have no effect, and cost a text for each Pod that is bound.
    pub has_pod_events: bool,
    /// How many events and syncs a millisecond of virtual time may have; beyond that the world stops (see
    /// `World::is_stuck`).
    pub most_at_once: u64,
}

/// The settings of Kueue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KueueConfig {
    /// How long Kueue takes to act on a change of a Job.
    pub latency: SimDuration,
    /// The queues.
    pub queues: Vec<ClusterQueue>,
}

/// The settings of the scheduler, the node controllers, the pools and the autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    /// How long one scheduling cycle takes.
    pub cycle: SimDuration,
    /// The constants of the scheduler.
    pub scheduler: SchedulerParams,
    /// The token bucket of the scheduler's client.
    pub throttle: Option<RateLimit>,
    /// Whether the node lifecycle controller runs, and kubelets renew leases.
    pub has_lifecycle_controller: bool,
    /// The priority classes other than those that every cluster has.
    pub priority_classes: Vec<PriorityClass>,
    /// Pools, whose nodes the autoscaler adds and removes.
    pub pools: Vec<NodePool>,
    /// The settings of the autoscaler.
    pub autoscaler: AutoscalerModel,
}

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            cycle: SimDuration::from_millis(1),
            scheduler: MODELLED.scheduler,
            throttle: None,
            has_lifecycle_controller: true,
            priority_classes: Vec::new(),
            pools: Vec::new(),
            autoscaler: AutoscalerModel::default(),
        }
    }
}

/// How far clocks are ahead of the API server's (behind, if negative). The API server stamps creation and deletion.
/// Nodes stamp when containers finish, which the Pod failure back-off counts from, and when Pods become ready.
/// Controllers stamp a Job's start and conditions, and compute back-off, deadline and TTL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The nodes'.
    pub nodes: SimDuration,
    /// The controllers'.
    pub controllers: SimDuration,
}

/// A window in which calls of the CronJob controller fail.
#[derive(Clone, Debug, PartialEq)]
pub struct CronFault {
    /// Which calls.
    pub calls: FaultyCalls,
    /// The first instant at which calls fail.
    pub from: SimTime,
    /// The first instant at which calls succeed again.
    pub to: SimTime,
    /// The error with which they fail.
    pub error: ApiError,
}

/// The kind of calls that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultyCalls {
    /// Creating Jobs.
    CreateJob,
    /// Deleting Jobs.
    DeleteJob,
    /// Reading Jobs.
    GetJob,
    /// Writing the status.
    UpdateStatus,
}

impl FaultyCalls {
    /// Whether a call is of this kind.
    pub(super) fn matches(self, call: &CronJobCall) -> bool {
        match self {
            Self::CreateJob => matches!(call, CronJobCall::CreateJob { .. }),
            Self::DeleteJob => matches!(call, CronJobCall::DeleteJob(..)),
            Self::GetJob => matches!(call, CronJobCall::GetJob(_)),
            Self::UpdateStatus => matches!(call, CronJobCall::UpdateStatus),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            params: MODELLED.job_controller,
            api_latency: Latency::default(),
            answer_latency: SimDuration::ZERO,
            watch_latency: Latency::default(),
            gc_latency: SimDuration::ZERO,
            throttle: None,
            events_throttled: false,
            create_failures: Vec::new(),
            quotas: Vec::new(),
            kueue: None,
            slots: None,
            nodes: None,
            clocks: Clocks::default(),
            clock: WallClock::default(),
            begins: SimTime::ZERO,
            cron_params: MODELLED.cronjob_controller,
            cron_faults: Vec::new(),
            only_cronjobs: false,
            down_at_first: false,
            startup_delay: SimDuration::ZERO,
            paranoid: false,
            has_pod_events: true,
            most_at_once: EVENTS_AT_ONCE,
        }
    }
}

impl Config {
    /// Whether there are no nodes, slots, quotas or queues of Kueue.
    pub(super) fn is_plain(&self) -> bool {
        self.nodes.is_none() && self.slots.is_none() && self.quotas.is_empty() && self.kueue.is_none()
    }

    /// Whether changes are applied, seen and answered without any delay.
    pub(super) fn is_immediate(&self) -> bool {
        let takes_time = self.api_latency.is_positive() || self.watch_latency.is_positive();
        self.throttle.is_none() && !takes_time && !self.answer_latency.is_positive()
    }
}
