//! The requests of a sync and their answers: the seam between the controller and the world. Nothing here acts.

use crate::api::{CompletionIndex, JobMessage, JobReason, JobStatus};
use crate::id::{PodId, RefusalId};
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// A request to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobCall {
    /// Create a Pod.
    CreatePod {
        /// Its completion index, in an Indexed Job.
        index: Option<CompletionIndex>,
        /// Annotation `batch.kubernetes.io/job-index-failure-count`.
        failures: i32,
        /// Annotation `batch.kubernetes.io/job-index-ignored-failure-count`; 0 for none.
        ignored: i32,
    },
    /// Remove the tracking finalizer of a Pod.
    PatchPod(PodId),
    /// Delete a Pod gracefully.
    DeletePod(PodId),
    /// Write the Job's status: [`super::JobSync::status`].
    UpdateStatus,
}

/// The answer to a [`JobCall`].
#[derive(Clone, Debug)]
pub enum JobCallOutcome {
    /// The Pod was created.
    Created {
        /// The new Pod.
        pod: PodId,
        /// Its resourceVersion.
        version: u64,
    },
    /// The finalizer is removed (or was not there).
    Patched {
        /// The Pod's resourceVersion.
        version: u64,
    },
    /// The deletion was accepted.
    Deleted,
    /// The status was written, or was equal already.
    Updated {
        /// The status as stored, in whole seconds.
        status: Arc<JobStatus>,
        /// The Job's resourceVersion.
        version: u64,
    },
    /// There is no such object any more.
    NotFound,
    /// Refused: a conflict, an invalid status.
    Refused,
    /// The Pod was not created, for this reason.
    Forbidden(RefusalId),
}

/// A Kubernetes Event that the controller emits, before the correlator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emission {
    /// Normal SuccessfulCreate.
    SuccessfulCreate(PodId),
    /// Normal SuccessfulDelete.
    SuccessfulDelete(PodId),
    /// Warning FailedCreate, with the reason.
    FailedCreate(RefusalId),
    /// Normal Suspended.
    Suspended,
    /// Normal Resumed.
    Resumed,
    /// Normal Completed.
    Completed,
    /// Warning TooManySucceededPods.
    TooManySucceededPods,
    /// Warning with the reason for which the Job failed.
    Failed(JobReason, JobMessage),
}

/// A Pod failure back-off that kept a sync from creating Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffWait {
    /// When it is over.
    pub until: SimTime,
    /// The whole back-off, of which this is the rest.
    pub backoff: SimDuration,
    /// How many failures in a row made it so long.
    pub failures: i32,
    /// The completion index, where each index has its own back-off.
    pub index: Option<i32>,
}

/// Everything that a step of a sync hands out. The world empties it after each step.
#[derive(Debug, Default)]
pub struct JobOutbox {
    /// Requests, to be made in parallel in this order.
    pub calls: Vec<JobCall>,
    /// Delayed additions of the Job's key to the work queue.
    pub add_after: Vec<SimDuration>,
    /// Kubernetes Events.
    pub emissions: Vec<Emission>,
    /// Back-offs that are being waited for.
    pub waits: Vec<BackoffWait>,
}

impl JobOutbox {
    /// Empties it; keeps the memory.
    pub fn clear(&mut self) {
        self.calls.clear();
        self.add_after.clear();
        self.emissions.clear();
        self.waits.clear();
    }
}
