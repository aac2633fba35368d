//! What can be observed of a world: a value for each thing that happened. An observation does not contain the object:
//! its state is read from the world's store.

use super::{QueueStep, RequestKind};
use crate::controller::cronjob::{CronEmission, DeletionReason};
use crate::controller::job::{BackoffWait, Emission};
use crate::controller::kueue::Misfit;
use crate::id::{CronJobId, JobId, NodeId, PodId, RefusalId};
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// Something that was observed.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// A Job was written.
    Job(JobId),
    /// A Pod was written.
    Pod(PodId),
    /// A Pod's deletion was asked for.
    PodDeleted(PodId, DeletionCause),
    /// An Event about a Job was created, or its count raised.
    Notice(Notice),
    /// A sync found that it has to wait for a Pod failure back-off.
    Wait(JobId, BackoffWait),
    /// A user's request about a Job was refused, with the API server's text.
    Refused(JobId, String),
    /// The creation of a Pod was refused: the id of the reason, and its text.
    CreateRefused(JobId, RefusalId, Arc<str>),
    /// A sync ended with an error and is repeated.
    SyncFailed(JobId),
    /// A request waits for its token. The Job is the one on whose behalf it is made; none for Events.
    TokenWait(Client, Option<JobId>, SimDuration),
    /// A Pod asks to be bound while no slot is free: it waits for room.
    RoomWait(PodId),
    /// A CronJob was written.
    CronJob(CronJobId),
    /// The CronJob controller emitted an Event, which has not passed the correlator yet.
    CronEmitted(CronJobId, Box<CronEmission>),
    /// An Event about a CronJob was created, or its count raised.
    CronNotice(Box<CronNotice>),
    /// The CronJob controller deleted a Job.
    JobDeleted(JobId, DeletionReason),
    /// A user's request was refused: the number of the action, and the API server's text.
    ActRefused(u32, String),
    /// A controller's request was applied or refused. Kubernetes Events are observed as notices instead.
    Request(JobId, RequestKind),
    /// A Job has begun to wait in a queue of Kueue, was admitted, or has left.
    Queue(JobId, QueueStep),
    /// Why the first Job of a queue of Kueue (by the queue's place) was not admitted; `None` if all were.
    QueueHead(u32, Option<(JobId, Box<Misfit>)>),
    /// A node was written.
    Node(NodeId),
    /// A node was requested for a pool (by the pool's place).
    NodeAsked(NodeId, u32),
    /// A node was told that it will be reclaimed.
    NodeReclaimed(NodeId),
    /// A Kubernetes Event about a Pod was created.
    PodEvent(PodId, Box<KubeEvent>),
    /// A Kubernetes Event about a node was created.
    NodeEvent(NodeId, Box<KubeEvent>),
    /// The controllers stopped.
    ControllersDown,
    /// New controllers started.
    ControllersUp,
}

/// A Kubernetes Event about a Pod or a node, as its sender made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeEvent {
    /// Whether its type is Warning.
    pub warning: bool,
    /// `reason`.
    pub reason: &'static str,
    /// The message, in which a Pod is written as `<JOB/KEY>`.
    pub message: String,
}

/// A controller's client of the API server. Each has a token bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// The Job controller's.
    Jobs,
    /// The TTL controller's.
    Ttl,
    /// The CronJob controller's.
    CronJobs,
    /// The scheduler's.
    Scheduler,
    /// The taint eviction controller's.
    TaintEviction,
    /// The Pod garbage collector's.
    PodGc,
    /// The node lifecycle controller's.
    NodeLifecycle,
}

impl Client {
    /// Every client.
    pub const ALL: [Client; 7] =
        [Self::Jobs, Self::Ttl, Self::CronJobs, Self::Scheduler, Self::TaintEviction, Self::PodGc, Self::NodeLifecycle];
    /// How many clients there are.
    pub const COUNT: usize = Self::ALL.len();
}

/// A Kubernetes Event as the API has it after the correlator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The Job that it is about.
    pub job: JobId,
    /// What it says.
    pub emission: Emission,
    /// Whether the count of an earlier Event was raised instead of creating a new one.
    pub repeated: bool,
    /// Whether it stands for many of its reason: "(combined from similar events)".
    pub combined: bool,
}

/// A Kubernetes Event about a CronJob as the API has it after the correlator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronNotice {
    /// The CronJob that it is about.
    pub cronjob: CronJobId,
    /// What it says; of a combined Event, what the latest one said.
    pub emission: CronEmission,
    /// Whether it stands for many of its reason: "(combined from similar events)".
    pub combined: bool,
    /// How often it was emitted, including those that never reached the API. Above 1, the count of an earlier Event is
    /// raised.
    pub count: u32,
    /// When it was first emitted.
    pub first: SimTime,
    /// When it was last emitted.
    pub last: SimTime,
}

/// Whether an Event's type is Warning.
pub fn is_warning(emission: Emission) -> bool {
    use Emission::{Completed, Resumed, SuccessfulCreate, SuccessfulDelete, Suspended};
    !matches!(emission, SuccessfulCreate(_) | SuccessfulDelete(_) | Suspended | Resumed | Completed)
}

/// Why a Pod is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionCause {
    /// The controller has too many active Pods.
    ScaleDown,
    /// The Job is suspended.
    Suspended,
    /// The Job ends.
    JobEnds,
    /// A user or something in the cluster deletes it: an eviction, a drained node.
    Disrupted,
    /// The Job is being deleted, in the foreground: it still counts its Pods.
    JobDeleted,
    /// The Job was deleted before its Pods: nothing counts them any more.
    JobGone,
}

impl DeletionCause {
    /// Every cause.
    pub const ALL: [DeletionCause; 6] =
        [Self::ScaleDown, Self::Suspended, Self::JobEnds, Self::Disrupted, Self::JobDeleted, Self::JobGone];

    /// Whether the controller neither counts nor replaces the Pod. It does count Pods of a Job that is being deleted in the
    /// foreground; of a Job that is gone there is no status to count them in.
    pub fn is_removal(self) -> bool {
        matches!(self, Self::ScaleDown | Self::Suspended | Self::JobGone)
    }

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScaleDown => "scale-down",
            Self::Suspended => "Job suspended",
            Self::JobEnds => "Job ends",
            Self::Disrupted => "disrupted",
            Self::JobDeleted => "Job deleted",
            Self::JobGone => "Job gone",
        }
    }
}
