//! The conditions of a Job: the types and reasons that the Job controller knows, and those that others write. The texts
//! of messages are in [`super::job_message`].

use super::JobMessage;
use crate::time::SimTime;

/// A condition of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCondition {
    /// The type.
    pub condition_type: JobConditionType,
    /// True or False; the controller never sets Unknown.
    pub status: bool,
    /// The reason, in one word.
    pub reason: JobReason,
    /// The message for people.
    pub message: JobMessage,
    /// When the status last changed.
    pub last_transition_time: SimTime,
}

/// Types of a Job's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobConditionType {
    /// The Job is suspended.
    Suspended,
    /// The Job is about to fail.
    FailureTarget,
    /// The Job is about to complete.
    SuccessCriteriaMet,
    /// The Job has failed.
    Failed,
    /// The Job has completed.
    Complete,
    /// A type that the Job controller does not know and leaves alone. Its name is in [`JobMessage::Written`].
    Custom,
}

impl JobConditionType {
    /// Every type that the Job controller knows, in the order of the enum.
    pub const ALL: [JobConditionType; 5] =
        [Self::Suspended, Self::FailureTarget, Self::SuccessCriteriaMet, Self::Failed, Self::Complete];

    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "Suspended",
            Self::FailureTarget => "FailureTarget",
            Self::SuccessCriteriaMet => "SuccessCriteriaMet",
            Self::Failed => "Failed",
            Self::Complete => "Complete",
            Self::Custom => "(not the Job controller's)",
        }
    }
}

impl JobCondition {
    /// The type as the API shows it.
    pub fn type_text(&self) -> &'static str {
        match (self.condition_type, self.message) {
            (JobConditionType::Custom, JobMessage::Written { condition_type, .. }) => condition_type.as_str(),
            (known, _) => known.as_str(),
        }
    }

    /// The reason as the API shows it.
    pub fn reason_text(&self) -> &'static str {
        match (self.reason, self.message) {
            (JobReason::Custom, JobMessage::Written { reason, .. }) => reason.as_str(),
            (known, _) => known.as_str(),
        }
    }
}

/// Reasons of a Job's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the API's own names
pub enum JobReason {
    JobSuspended,
    JobResumed,
    CompletionsReached,
    SuccessPolicy,
    PodFailurePolicy,
    BackoffLimitExceeded,
    DeadlineExceeded,
    MaxFailedIndexesExceeded,
    FailedIndexes,
    /// No reason: Complete up to v1.30.
    Empty,
    /// A reason that somebody else wrote; its text is in [`JobMessage::Written`].
    Custom,
}

impl JobReason {
    /// Every reason that the controller writes and that has a name, in the order of the enum.
    pub const ALL: [JobReason; 9] = [
        Self::JobSuspended,
        Self::JobResumed,
        Self::CompletionsReached,
        Self::SuccessPolicy,
        Self::PodFailurePolicy,
        Self::BackoffLimitExceeded,
        Self::DeadlineExceeded,
        Self::MaxFailedIndexesExceeded,
        Self::FailedIndexes,
    ];

    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JobSuspended => "JobSuspended",
            Self::JobResumed => "JobResumed",
            Self::CompletionsReached => "CompletionsReached",
            Self::SuccessPolicy => "SuccessPolicy",
            Self::PodFailurePolicy => "PodFailurePolicy",
            Self::BackoffLimitExceeded => "BackoffLimitExceeded",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::MaxFailedIndexesExceeded => "MaxFailedIndexesExceeded",
            Self::FailedIndexes => "FailedIndexes",
            Self::Empty | Self::Custom => "",
        }
    }
}
