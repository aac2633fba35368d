//! The starts of a CronJob in a timeline, as the saved result has them. These are the types; `timeline_capacity` fills them.

use super::timeline::EventEntry;
use serde::{Deserialize, Serialize};

/// The starts of a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronTimeline {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `spec.schedule` at the end.
    pub schedule: String,
    /// `spec.timeZone` at the end; empty if unset.
    pub time_zone: String,
    /// `spec.concurrencyPolicy` at the end.
    pub concurrency_policy: String,
    /// When it was created, if it was.
    pub created: Option<f64>,
    /// When it disappeared.
    pub gone: Option<f64>,
    /// Every start that was due by the schedule, in order.
    pub starts: Vec<CronStartEntry>,
    /// Kubernetes Events: one entry each time one was created or its count raised.
    pub events: Vec<EventEntry>,
}

/// A due start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronStartEntry {
    /// The scheduled time.
    pub due: f64,
    /// `started`, `skipped` or `open`.
    pub fate: String,
    /// Why it was skipped: [`crate::record::SkipReason::key`]; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The Job that was created; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub job: String,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<f64>,
    /// When it ended, or was deleted before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<f64>,
    /// Whether it was deleted to start a new one (Replace).
    #[serde(default)]
    pub replaced: bool,
}
