//! A run's timeline: every change, with its instant. It is kept only on demand, because a large Job has millions of
//! changes. It makes no text.

use super::{CronFacts, CronNotice, DeletionCause, JobFacts, KubeEvent, Notice};
use crate::api::Pod;
use crate::controller::job::BackoffWait;
use crate::id::{CronJobId, JobId, PodId, RefusalId};
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// One change.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// When.
    pub at: SimTime,
    /// Which Job it concerns; `None` for CronJobs and the whole cluster.
    pub job: Option<JobId>,
    /// What.
    pub what: TimelineChange,
}

/// What changed.
#[derive(Clone, Debug)]
pub enum TimelineChange {
    /// A Job was written: its state before, if it existed, and now.
    Job(Option<JobFacts>, JobFacts),
    /// A Pod was written: its state before, if it existed, and now, and whether it is gone.
    Pod(PodId, Option<Pod>, Pod, bool),
    /// A Pod's deletion was asked for.
    PodDeleted(PodId, Pod, DeletionCause),
    /// A Kubernetes Event.
    Notice(Notice),
    /// The Job waits for a Pod failure back-off.
    Wait(BackoffWait),
    /// A request waits for its token, for this long.
    Throttled(SimDuration),
    /// A Pod waits for room.
    RoomWait(PodId),
    /// A user's request about the Job was refused, with the API server's text.
    Refused(String),
    /// The creation of a Pod was refused, for this reason.
    CreateRefused(RefusalId),
    /// A sync ended with an error and is repeated.
    SyncFailed,
    /// A CronJob was written: its state before, if it existed, and now.
    CronJob(CronJobId, Option<CronFacts>, CronFacts),
    /// A Kubernetes Event about a CronJob.
    CronNotice(Box<CronNotice>),
    /// A user's request about a CronJob, or about an object that does not exist, was refused.
    ActRefused(String),
    /// A Kubernetes Event about a Pod from the scheduler or a node controller, with the Pod's state at that time.
    PodEvent(PodId, Pod, Box<KubeEvent>),
    /// A node, by its name, and what happened to it, in words.
    Node(Arc<str>, String),
    /// The controllers stopped.
    ControllersDown,
    /// New controllers started.
    ControllersUp,
}
