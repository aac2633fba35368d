//! The records of the corpus `job-history`, as typed values. It knows the format (tests/conformance/jobs/FORMAT.md) and
//! nothing of how a case is replayed. Unknown fields are errors, so that nothing recorded goes unread.

use crate::conformance::histories::record::{
    PodScript, RecordedCluster, RecordedJob, RecordedKey, RecordedPod, by_name,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;

/// A case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobHistoryRecord<'a> {
    #[serde(rename = "corpus")]
    _corpus: IgnoredAny,
    #[serde(rename = "name")]
    _name: IgnoredAny,
    #[serde(default, rename = "tags")]
    _tags: IgnoredAny,
    /// The release whose controller was recorded; the default release if it is not named.
    #[serde(borrow)]
    pub release: Option<Cow<'a, str>>,
    /// The manifest.
    pub job: Value,
    /// The cluster.
    pub world: RecordedCluster,
    /// Scripts by key.
    #[serde(deserialize_with = "by_name")]
    pub pods: Vec<(RecordedKey, PodScript)>,
    /// The script of all other Pods.
    pub default_pod: PodScript,
    /// What the user does.
    #[serde(default)]
    pub actions: Vec<JobUserAction>,
    /// The longest time recorded, from the Job's creation.
    pub horizon_us: i64,
    /// What was recorded.
    #[serde(borrow)]
    pub history: JobHistory<'a>,
}

/// What a user does: one of the fields beside the instant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct JobUserAction {
    pub at_us: i64,
    pub patch: Option<Value>,
    pub delete_pod: Option<RecordedKey>,
    #[serde(default)]
    pub delete_job: bool,
    pub controller_down_us: Option<i64>,
}

/// What was recorded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct JobHistory<'a> {
    #[serde(borrow)]
    pub instants: Vec<JobInstant<'a>>,
    pub pods_created: u32,
    #[serde(borrow, default)]
    pub patch_errors: Vec<Cow<'a, str>>,
}

/// The state of everything that was written in one instant, after it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct JobInstant<'a> {
    pub t_us: i64,
    #[serde(borrow)]
    pub job: Option<Box<RecordedJob<'a>>>,
    #[serde(default)]
    pub job_writes: u32,
    #[serde(default, deserialize_with = "by_name")]
    pub pods: Vec<(RecordedKey, RecordedPod)>,
    #[serde(borrow, default)]
    pub events: Vec<Cow<'a, str>>,
    /// Hints for people, which are not compared.
    #[serde(default, rename = "notes")]
    _notes: IgnoredAny,
}
