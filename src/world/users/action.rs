//! What a user can do, and how an action refers to its objects. Actions are performed in [`perform`](mod@super::perform).

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
    /// Creates a Job that is not known to the world yet, controlled by the CronJob if one is given.
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
    /// Does something to several Pods.
    Pods(PodSelection, PodsAction),
    /// Applies a JSON merge patch to a Pod. It can only remove scheduling gates.
    PatchPod(JobRef, PodKey, Arc<serde_json::Value>),
    /// Does something to a node.
    Node(NodeRef, NodeAction),
    /// Applies a JSON merge patch to a CronJob.
    PatchCronJob(CronJobId, Arc<serde_json::Value>, Validation),
    /// Deletes a CronJob.
    DeleteCronJob(CronJobId, Propagation),
    /// Deletes a namespace, with the Jobs and CronJobs in it; nothing can be created there afterwards.
    DeleteNamespace(Arc<str>),
    /// Stops the controllers; new ones start after this time.
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
    /// Its machine will be switched off, and its kubelet stops its Pods within this time.
    ShutDown(SimDuration),
    /// Its machine disappears for good, with the Node object.
    Delete,
    /// Its kubelet loses the API server (`false`) or regains it (`true`).
    Report(bool),
    /// Taints are added and removed. The value of a removed taint does not matter.
    Taint {
        /// The taints to add.
        set: Vec<Taint>,
        /// The taints to remove.
        removed: Vec<Taint>,
    },
    /// A JSON merge patch is applied to the Node object: to its labels, its taints, or `unschedulable`.
    Patch(Arc<serde_json::Value>),
}

/// Which node is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeRef {
    /// A node that was added to the world.
    Id(NodeId),
    /// The node with this name when the action is due. If there is none, the action is refused.
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
    /// The Job with this name when the action is due. If there is none, the action is refused.
    Named(Arc<str>),
    /// The n-th Job (1-based) that the CronJob has owned, if there is one.
    Created(CronJobId, u32),
    /// The Job that, when the action is due, has the name of the n-th Job (1-based) created by the CronJob's schedule.
    /// Nothing is done if the schedule has not created that many; the action is refused if no Job has the name any
    /// more.
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
    /// They are deleted first. The object is marked for deletion and remains until the last of them is gone.
    Foreground,
    /// The object is gone at once, and they are deleted after it. This is the default of `kubectl delete`.
    Background,
}

/// Which Pod of a Job is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodKey {
    /// Its completion index; `None` for Jobs that are not Indexed.
    pub index: Option<u32>,
    /// The attempt at that index or, without indexes, the ordinal of creation; 1-based.
    pub attempt: u32,
}

/// A selection of the Pods that are neither finished nor being deleted when an action is due.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSelection {
    /// Their Job; `None` for any.
    pub job: Option<JobRef>,
    /// Their completion index; `None` for any.
    pub index: Option<u32>,
    /// Their attempt at that index or, without indexes, the ordinal of creation; `None` for any.
    pub attempt: Option<u32>,
    /// The share of them, from 0 to 1, that is chosen at random.
    pub share: f64,
}

/// What is done to Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodsAction {
    /// They are deleted.
    Delete {
        /// Whether they are deleted without grace. Pods that are being deleted already are then included.
        is_forced: bool,
    },
    /// They are evicted by the API.
    Evict,
    /// The scheduler preempts them.
    Preempt,
    /// Their kubelets end those that are bound.
    KubeletEvict,
    /// The nodes of those that are bound are lost, and the Pod garbage collector deletes them.
    NodeLost,
    /// Their kubelets lose the API server, for this long or for ever.
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
    /// The Job that it refers to; `None` for an action that creates a Job.
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
