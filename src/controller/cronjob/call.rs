//! The requests of a sync and their answers: the seam between the controller and the world. Nothing here acts.

use super::cache::CachedCronJob;
use crate::id::JobId;
use std::sync::Arc;

/// A request to the API server. Jobs are identified by name, as in the API; by the time of the request a name may
/// belong to another Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronJobCall {
    /// Read the CronJob.
    GetCronJob,
    /// Read a Job.
    GetJob(Arc<str>),
    /// Delete a Job in the background.
    DeleteJob(Arc<str>, DeletionReason),
    /// Create a Job.
    CreateJob {
        /// Its name.
        name: Arc<str>,
        /// Its scheduled time, in seconds since the Unix epoch.
        scheduled: i64,
    },
    /// Write the CronJob's status: [`super::CronJobSync::status`].
    UpdateStatus,
}

/// Why a Job is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionReason {
    /// More finished Jobs than the history limit keeps.
    History,
    /// A new Job replaces it.
    Replace,
}

/// The answer to a [`CronJobCall`].
#[derive(Clone, Debug)]
pub enum CronJobCallOutcome {
    /// The CronJob as it is.
    CronJob(CachedCronJob),
    /// A Job that exists, or has just been created.
    Job {
        /// The Job; its id stands for the UID.
        job: JobId,
        /// Whether this CronJob controls it.
        is_owned: bool,
    },
    /// Success.
    Done,
    /// Failure.
    Failed(ApiError),
}

/// An error that the API server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What kind of error it is.
    pub kind: ApiErrorKind,
    /// Its text.
    pub text: String,
}

/// Kinds of errors that the controller distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// There is no such object.
    NotFound,
    /// There is an object of that name.
    AlreadyExists,
    /// The namespace is being deleted.
    NamespaceTerminating,
    /// Anything else.
    Other,
}

/// A Kubernetes Event about a CronJob, before the correlator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronEmission {
    /// Whether its type is Warning.
    pub warning: bool,
    /// Its reason.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
}

/// Everything that a step of a sync hands out. The world empties it after each step.
#[derive(Debug, Default)]
pub struct CronJobOutbox {
    /// The request to make, if the sync waits.
    pub call: Option<CronJobCall>,
    /// Kubernetes Events.
    pub emissions: Vec<CronEmission>,
}

impl CronJobOutbox {
    /// Empties it; keeps the memory.
    pub fn clear(&mut self) {
        self.call = None;
        self.emissions.clear();
    }
}
