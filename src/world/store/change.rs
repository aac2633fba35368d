//! Changes of stored objects, as watches deliver them. How they travel to caches is in [`super::watch`].

use crate::api::Pod;
use crate::controller::cronjob::CachedCronJob;
use crate::controller::job::CachedJob;
use crate::id::{CronJobId, JobId, NodeId, PodId};

/// A change that watches deliver.
#[derive(Clone, Debug)]
pub enum StoreChange {
    /// A Job as it is now.
    Job(JobId, CachedJob),
    /// A Job is gone, with the version of its removal.
    JobGone(JobId, u64),
    /// A Pod as it is now, and its version.
    Pod(PodId, JobId, Pod, u64),
    /// A Pod is gone, with the version of its removal.
    PodGone(PodId, JobId, u64),
    /// A CronJob as it is now.
    CronJob(CronJobId, Box<CachedCronJob>),
    /// A CronJob is gone.
    CronJobGone(CronJobId),
    /// A node was written. The Job and CronJob controllers do not watch nodes.
    Node(NodeId),
    /// A node is gone.
    NodeGone(NodeId),
}

impl StoreChange {
    /// Whether it is a change of a node, which the Job and CronJob controllers do not watch.
    #[inline]
    pub fn is_of_node(&self) -> bool {
        matches!(self, StoreChange::Node(_) | StoreChange::NodeGone(_))
    }

    /// The Job that was changed, or whose Pod was changed.
    pub fn job(&self) -> Option<JobId> {
        match *self {
            StoreChange::Job(job, _)
            | StoreChange::JobGone(job, _)
            | StoreChange::Pod(_, job, ..)
            | StoreChange::PodGone(_, job, _) => Some(job),
            StoreChange::CronJob(..) | StoreChange::CronJobGone(_) => None,
            StoreChange::Node(_) | StoreChange::NodeGone(_) => None,
        }
    }
}
