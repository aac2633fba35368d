//! The events of the world and their order within one instant. The event list is in [`crate::kernel`]; what an event
//! does is in its subsystem.

use crate::api::WaitingReason;
use crate::id::{CronJobId, JobId, NodeId, PodId};
use crate::model::DisruptionKind;

/// Something that happens at an instant. It may no longer apply by then: the receiving subsystem checks that.
// With a tag of one byte, the other fifteen are copied as two halves that overlap in a byte. A copy of such a copy has to
// wait until both are written, and each event is copied several times on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Event {
    /// A waiting key of the Job controller's queue is due.
    KeyDue(JobId),
    /// A waiting key of the TTL controller's queue is due.
    TtlDue(JobId),
    /// A waiting key of the CronJob controller's queue is due.
    CronDue(CronJobId),
    /// Requests that were made a tick ago take their tokens.
    TokenRound,
    /// A request is applied by the API server, and answered.
    Apply {
        /// Its place among the requests under way.
        request: u32,
        /// Which use of that place is meant: places are reused.
        generation: u32,
    },
    /// The requests of a Job worker that were applied a tick ago are answered.
    Answers(u8),
    /// A call of the CronJob controller that was applied before is answered.
    CronAnswer {
        /// The worker that made it.
        worker: u8,
        /// Which of its calls it was.
        call: u32,
    },
    /// A change reaches the watch caches.
    Watch,
    /// The controllers start again after a restart.
    ControllersUp,
    /// New controllers have found their caches filled, and begin to work.
    WorkBegins,
    /// New controllers list all Jobs.
    ListJobs,
    /// New controllers list all Pods.
    ListPods,
    /// A Pod is bound to a node, or begins to wait for a slot.
    Bind(PodId),
    /// Free slots are given to waiting Pods.
    GiveSlots,
    /// The kubelet reports why a Pod's containers do not start.
    Waits(PodId, WaitingReason),
    /// A Pod's containers begin to run.
    Start(PodId),
    /// A Pod becomes ready, in the given run of its containers.
    Ready(PodId, u32),
    /// A Pod's containers exit, in the given run.
    Exit(PodId, u32),
    /// A Pod's containers begin to run again.
    Restart(PodId, u32),
    /// A step in the life of a container, where containers are modelled one by one: the number of its run, and its
    /// place.
    Container(PodId, u32, u16, ContainerStep),
    /// Something happens to a Pod whose kubelet has lost the API server; the number says which loss is meant.
    Unreachable(PodId, u32, UnreachableStep),
    /// A Pod has been active for as long as its `activeDeadlineSeconds` allows.
    PodDeadline(PodId),
    /// A Pod that its kubelet stops, for its deadline or for a node shutdown, has stopped.
    DeadlineStopped(PodId),
    /// A Pod that is being deleted has stopped.
    Stopped(PodId),
    /// A Pod is disrupted. The event carries the kind because not every disruption is planned in the Pod's life: what
    /// happens to a node disrupts all Pods on it.
    Disrupt(PodId, DisruptionKind),
    /// The garbage collector deletes the Pods of a Job that is marked for deletion.
    CollectPods(JobId),
    /// The garbage collector removes a Job that has no Pods left, if it is marked for deletion.
    CollectJob(JobId),
    /// The garbage collector deletes the Pods of a Job that is gone.
    CollectOrphans(JobId),
    /// The garbage collector deletes a Pod that was created after its Job was gone.
    CollectPod(PodId),
    /// The garbage collector deletes the Jobs of a CronJob that is gone.
    CollectJobs(CronJobId),
    /// The garbage collector deletes the Jobs of a CronJob that is marked for deletion, or the CronJob if it has none.
    CollectCronJob(CronJobId),
    /// The garbage collector deletes a Job that was created after its CronJob was gone.
    CollectOwned(JobId),
    /// A change reaches the scheduler and the node controllers.
    ClusterWatch,
    /// The scheduler takes a Pod, if it is idle and a Pod is ready.
    TakePod,
    /// The scheduler's cycle ends.
    CycleEnds,
    /// Pods whose scheduling back-off is over are moved to the active queue.
    FlushBackoff,
    /// Pods that have been unschedulable for long are moved to be tried again.
    FlushUnschedulable,
    /// The write of the condition of a Pod that was not scheduled is answered.
    ConditionAnswer,
    /// A node joins.
    NodeJoins(NodeId),
    /// A node is told that it will be reclaimed.
    NodeReclaimNotice(NodeId),
    /// A node is reclaimed.
    NodeReclaim(NodeId),
    /// The autoscaler scans Pods and nodes.
    AutoscalerScan,
    /// Something happens in a controller around nodes.
    NodeControllers(NodeControllerEvent),
    /// The quota controller has seen that a Pod has finished, or is gone.
    QuotaReplenished(PodId),
    /// The quota controller recalculates what is used.
    QuotaResync,
    /// Kueue acts on what has happened to Jobs.
    KueueCycle,
    /// A user acts.
    User,
}

/// What happens to a Pod whose kubelet has lost the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreachableStep {
    /// Its node counts as unready, and so does the Pod.
    Unready,
    /// Its toleration of the node's taint ends, and it is evicted.
    TaintEviction,
    /// Its kubelet reaches the API server again.
    Back,
}

/// A step in the life of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerStep {
    /// It begins to run.
    Start,
    /// Its startup probe succeeds.
    Started,
    /// It becomes ready.
    Ready,
    /// It ends by itself.
    Exit,
    /// It has stopped after it was told to.
    Stop,
}

/// Something that happens in a controller around nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeControllerEvent {
    /// A waiting eviction of a Pod is due.
    EvictionDue(PodId),
    /// An eviction under way (by its place) continues.
    EvictionGoesOn(u32),
    /// The Pod garbage collector begins a pass.
    GcPass,
    /// A request of the Pod garbage collector about a Pod is answered.
    GcAnswer(PodId),
    /// The Pod garbage collector has read a node.
    GcNodeRead,
    /// The node lifecycle controller begins to look at all nodes.
    MonitorPass,
    /// The node lifecycle controller continues a write of a node's status.
    StatusGoesOn(NodeId),
    /// The node lifecycle controller taints nodes that wait for their taint.
    TaintingPass,
}

impl NodeControllerEvent {
    fn class(self) -> u8 {
        match self {
            Self::EvictionGoesOn(_) | Self::GcAnswer(_) | Self::GcNodeRead | Self::StatusGoesOn(_) => 3,
            Self::EvictionDue(_) | Self::GcPass | Self::MonitorPass | Self::TaintingPass => 7,
        }
    }

    fn is_pass(self) -> bool {
        matches!(self, Self::GcPass | Self::MonitorPass | Self::TaintingPass)
    }
}

impl Event {
    /// The class of user actions.
    pub const USER: u8 = 9;

    /// Whether it is a periodic check, or the notice that a node will be reclaimed. Once nothing else is pending and
    /// nothing changes, such events alone do not keep a run going. The flush of back-offs is one of them: in a cluster
    /// without nodes the scheduler tries a waiting Pod again after each back-off, for ever.
    pub fn is_housekeeping(self) -> bool {
        match self {
            Event::FlushBackoff | Event::FlushUnschedulable => true,
            Event::AutoscalerScan | Event::NodeReclaimNotice(_) => true,
            Event::NodeControllers(event) => event.is_pass(),
            _ => false,
        }
    }

    /// The Pod whose life this is a step of, if it is one.
    pub fn pod(self) -> Option<PodId> {
        match self {
            Event::Start(pod) | Event::Ready(pod, _) | Event::Exit(pod, _) => Some(pod),
            Event::Restart(pod, _) | Event::Stopped(pod) | Event::Container(pod, ..) => Some(pod),
            Event::PodDeadline(pod) | Event::DeadlineStopped(pod) | Event::Waits(pod, _) => Some(pod),
            _ => None,
        }
    }

    /// The class of the event: within one instant, smaller classes come first.
    ///
    /// | class | events | reason |
    /// |---|---|---|
    /// | 0 | due keys | a key that is due is synced before changes of the instant reach the caches |
    /// | 1 | tokens | requests of the tick before get their tokens before anything new happens |
    /// | 2 | requests applied, quotas | |
    /// | 3 | answers | |
    /// | 4 | watch | a sync that is answered now continues before the caches change |
    /// | 5 | restart | a controller that starts lists what the instant has changed so far |
    /// | 6 | binding, kubelets, disruptions | |
    /// | 7 | slots, the scheduler, passes | all Pods that ask in the instant are known, and all slots that are freed; all changes have reached the caches |
    /// | 8 | garbage collector, Kueue | what has changed in the instant is known |
    /// | 9 | users | everything else of the instant settles first |
    #[inline]
    pub fn class(self) -> u8 {
        match self {
            Event::KeyDue(_) | Event::TtlDue(_) | Event::CronDue(_) => 0,
            Event::TokenRound => 1,
            Event::Apply { .. } | Event::QuotaReplenished(_) | Event::QuotaResync => 2,
            Event::Answers(_) | Event::CronAnswer { .. } => 3,
            Event::Watch => 4,
            Event::ControllersUp | Event::ListJobs | Event::ListPods | Event::WorkBegins => 5,
            Event::Bind(_) | Event::Start(_) | Event::Ready(..) | Event::Exit(..) => 6,
            Event::Restart(..) | Event::Stopped(_) | Event::Container(..) | Event::Disrupt(..) => 6,
            Event::PodDeadline(_) | Event::DeadlineStopped(_) | Event::Unreachable(..) | Event::Waits(..) => 6,
            Event::ClusterWatch => 4,
            Event::GiveSlots => 7,
            Event::CycleEnds | Event::FlushBackoff | Event::FlushUnschedulable | Event::TakePod => 7,
            Event::ConditionAnswer => 3,
            Event::NodeJoins(_) | Event::NodeReclaimNotice(_) | Event::NodeReclaim(_) => 6,
            Event::AutoscalerScan | Event::KueueCycle => 8,
            Event::CollectPods(_) | Event::CollectJob(_) | Event::CollectOrphans(_) | Event::CollectPod(_) => 8,
            Event::CollectJobs(_) | Event::CollectCronJob(_) | Event::CollectOwned(_) => 8,
            Event::NodeControllers(event) => event.class(),
            Event::User => Self::USER,
        }
    }
}

const _: () = assert!(size_of::<Option<Event>>() == 16, "the event list holds two entries in a cache line");
