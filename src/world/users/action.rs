//! What a user can do, and how an action refers to its objects. Nothing here acts.

use crate::api::{JobStatus, Taint};
use crate::apiserver::JobObject;
use crate::id::{CronJobId, JobId, NodeId};
use crate::time::SimDuration;
use std::sync::Arc;

/// Something that a user does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Creates a Job that was added to the world.
    CreateJob(JobId),
    /// Creates a CronJob that was added to the world.
    CreateCronJob(CronJobId),
    /// Creates a Job that was not added to the world before, controlled by the CronJob if one is given.
    SubmitJob(Arc<JobObject>, Option<CronJobId>),
    /// Applies a JSON merge patch to a Job.
    PatchJob(JobRef, Arc<serde_json::Value>),
    /// Patches a Job's status through the status subresource; conditions are merged by their type.
    PatchJobStatus(JobRef, Arc<serde_json::Value>),
    /// Deletes a Job.
    DeleteJob(JobRef, Propagation),
    /// Writes a Job's status, if the Job exists.
    WriteJobStatus(JobId, Arc<JobStatus>),
    /// Deletes a Pod gracefully.
    DeletePod(JobRef, PodKey),
    /// Deletes a Pod without grace.
    ForceDeletePod(JobRef, PodKey),
    /// Evicts a Pod.
    EvictPod(JobRef, PodKey),
    /// Does something to Pods.
    Pods(PodSelection, PodsAction),
    /// Applies a JSON merge patch to a Pod; what can be changed are its scheduling gates, which can be taken away.
    PatchPod(JobRef, PodKey, Arc<serde_json::Value>),
    /// Does something to a node.
    Node(NodeRef, NodeAction),
    /// Applies a JSON merge patch to a CronJob.
    PatchCronJob(CronJobId, Arc<serde_json::Value>, Validation),
    /// Deletes a CronJob.
    DeleteCronJob(CronJobId, Propagation),
    /// Deletes a namespace, with the Jobs and CronJobs in it; nothing is created there afterwards.
    DeleteNamespace(Arc<str>),
    /// Stops the controllers; new ones start after this span.
    RestartControllers(SimDuration),
    /// Starts controllers.
    StartControllers,
    /// Stops the controllers.
    StopControllers,
}

/// What is done to a node.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeAction {
    /// It is cordoned, or uncordoned.
    Cordon(bool),
    /// It is cordoned, and its Pods are evicted once.
    Drain,
    /// Its machine will be switched off, and its kubelet stops the Pods within this time.
    ShutDown(SimDuration),
    /// Its machine is gone for good, and the Node object with it.
    Delete,
    /// Its kubelet loses the API server (`false`), or finds it again.
    Report(bool),
    /// Taints are set and taken away. Of a taint that is taken away the value does not matter.
    Taint {
        /// Those that are set.
        set: Vec<Taint>,
        /// Those that are taken away.
        removed: Vec<Taint>,
    },
    /// A JSON merge patch is applied to the Node object: to its labels, its taints, or whether it is unschedulable.
    Patch(Arc<serde_json::Value>),
}

/// Which node is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeRef {
    /// A node that was added to the world.
    Id(NodeId),
    /// The node that has this name when the action is due; where none has, the action is refused.
    Named(Arc<str>),
}

impl From<NodeId> for NodeRef {
    fn from(id: NodeId) -> Self {
        NodeRef::Id(id)
    }
}

/// Which Job is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobRef {
    /// A Job that was added to the world.
    Id(JobId),
    /// The Job that has this name when the action is due; where none has, the action is refused.
    Named(Arc<str>),
    /// The n-th Job (1-based) that the CronJob has owned, if there is one.
    Created(CronJobId, u32),
    /// The Job that now has the name of the n-th Job (1-based) that the CronJob's schedule created; nothing is done if
    /// there was no such Job, and the action is refused if none has the name any more.
    NameOfScheduled(CronJobId, u32),
}

impl From<JobId> for JobRef {
    fn from(id: JobId) -> Self {
        JobRef::Id(id)
    }
}

/// What happens to the dependents of a deleted object: a Job's Pods, or a CronJob's Jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted first. The object remains, marked for deletion, until the last of them is gone.
    Foreground,
    /// The object is gone at once, and they are deleted after it. This is the default of `kubectl delete`.
    Background,
}

/// Which Pod of a Job is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodKey {
    /// Its completion index; `None` for Jobs that are not Indexed.
    pub index: Option<u32>,
    /// The attempt at that index, else the ordinal of creation; 1-based.
    pub attempt: u32,
}

/// Pods that are neither finished nor being deleted when an action is due.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSelection {
    /// Their Job; `None`: any.
    pub job: Option<JobRef>,
    /// Their completion index; `None`: any.
    pub index: Option<u32>,
    /// Their attempt at that index, else the ordinal of creation; `None`: any.
    pub attempt: Option<u32>,
    /// How many of them, from 0 to 1, by chance.
    pub share: f64,
}

/// What is done to Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodsAction {
    /// They are deleted.
    Delete {
        /// Without grace; then those that are being deleted already are meant too.
        is_forced: bool,
    },
    /// They are evicted by the API.
    Evict,
    /// The scheduler preempts them.
    Preempt,
    /// Their kubelets end those that are bound.
    KubeletEvict,
    /// The nodes of those that are bound are lost, and the Pod garbage collector gives them up.
    NodeLost,
    /// Their kubelets do not answer, for this long or for ever.
    Unreachable(Option<SimDuration>),
}

/// Whether the API validates what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// It does.
    On,
    /// It does not, as if the object had been stored by an older release.
    Off,
}

impl Action {
    /// The Job that it concerns, unless it creates that Job.
    pub(super) fn job(&self) -> Option<JobRef> {
        match self {
            Action::PatchJob(job, _) | Action::DeleteJob(job, _) | Action::DeletePod(job, _) => Some(job.clone()),
            Action::PatchJobStatus(job, _) => Some(job.clone()),
            Action::EvictPod(job, _) | Action::ForceDeletePod(job, _) | Action::PatchPod(job, ..) => Some(job.clone()),
            Action::Pods(selection, _) => selection.job.clone(),
            Action::WriteJobStatus(job, _) => Some(JobRef::Id(*job)),
            _ => None,
        }
    }
}
