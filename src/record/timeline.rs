//! A run's timeline: every change, with its instant. It is kept only on demand, as a large Job has millions.

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
    /// A Job was written: as it was before, if it was there, and as it is now.
    Job(Option<JobFacts>, JobFacts),
    /// A Pod was written: as it was before, if it was there, and as it is now; whether it is gone.
    Pod(PodId, Option<Pod>, Pod, bool),
    /// A Pod's deletion was asked for.
    PodDeleted(PodId, Pod, DeletionCause),
    /// A Kubernetes Event.
    Notice(Notice),
    /// The Job waits for a Pod failure back-off.
    Wait(BackoffWait),
    /// A request waits so long for its token.
    Throttled(SimDuration),
    /// A Pod waits for room.
    RoomWait(PodId),
    /// What a user did was refused.
    Refused(String),
    /// Creating a Pod was refused, for this reason.
    CreateRefused(RefusalId),
    /// A sync ended in error and is repeated.
    SyncFailed,
    /// A CronJob was written: as it was before, if it was there, and as it is now.
    CronJob(CronJobId, Option<CronFacts>, CronFacts),
    /// A Kubernetes Event about a CronJob.
    CronNotice(Box<CronNotice>),
    /// What a user did with a CronJob, or with a Job that is not there, was refused.
    ActRefused(String),
    /// A Kubernetes Event about a Pod, as scheduler and node controllers send them; the Pod as it is then.
    PodEvent(PodId, Pod, Box<KubeEvent>),
    /// A node, by its name, and what happened to it, in words.
    Node(Arc<str>, String),
    /// The controllers died.
    ControllersDown,
    /// The controllers started anew.
    ControllersUp,
}
