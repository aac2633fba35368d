//! The records of the corpus `fleet-history`, as typed values. It knows the format (tests/conformance/fleet/FORMAT.md) and
//! nothing of how a case is replayed. Unknown fields are errors, so that nothing recorded goes unread.

use crate::conformance::histories::record::{
    PodScript, RecordedCluster, RecordedJob, RecordedKey, RecordedPod, Second, by_name,
};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};
use serde_json::Value;
use std::borrow::Cow;

/// A case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetHistoryRecord<'a> {
    #[serde(rename = "corpus")]
    _corpus: IgnoredAny,
    #[serde(rename = "name")]
    _name: IgnoredAny,
    #[serde(default, rename = "tags")]
    _tags: IgnoredAny,
    /// The cluster.
    pub world: RecordedCluster,
    /// Jobs that the user creates.
    pub jobs: Vec<ListedJob>,
    /// CronJobs that the user creates.
    #[serde(default)]
    pub cronjobs: Vec<ListedCronJob>,
    /// What the user does.
    #[serde(default)]
    pub actions: Vec<FleetUserAction>,
    /// The longest time recorded, from time zero.
    pub horizon_us: i64,
    /// What was recorded.
    #[serde(borrow)]
    pub history: FleetHistory<'a>,
}

/// A Job of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the format's own names
pub struct ListedJob {
    pub name: String,
    pub create_at_us: i64,
    pub job: Value,
    #[serde(deserialize_with = "by_name")]
    pub pods: Vec<(RecordedKey, PodScript)>,
    pub default_pod: PodScript,
}

/// A CronJob of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ListedCronJob {
    pub name: String,
    pub create_at_us: i64,
    pub cronjob: Value,
    #[serde(deserialize_with = "by_name")]
    pub pods: Vec<(CreatedPod, PodScript)>,
    pub default_pod: PodScript,
}

/// A Pod of a Job that a CronJob created: `N/KEY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CreatedPod(pub u32, pub RecordedKey);

impl CreatedPod {
    /// Reads it.
    pub fn parse(text: &str) -> Option<CreatedPod> {
        let (ordinal, key) = text.split_once('/')?;
        Some(CreatedPod(ordinal.parse().ok()?, RecordedKey::parse(key)?))
    }
}

impl<'de> Deserialize<'de> for CreatedPod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        CreatedPod::parse(text).ok_or_else(|| D::Error::custom(format!("{text:?} is no Pod (N/KEY)")))
    }
}

/// What a user does: one of the fields beside the instant and the object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FleetUserAction {
    pub at_us: i64,
    pub job: Option<String>,
    pub cronjob: Option<String>,
    pub patch: Option<Value>,
    pub delete_pod: Option<String>,
    #[serde(default)]
    pub delete: bool,
    pub controller_down_us: Option<i64>,
}

/// What was recorded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FleetHistory<'a> {
    #[serde(borrow)]
    pub instants: Vec<FleetInstant<'a>>,
    pub pods_created: u32,
    pub end_us: i64,
    #[serde(borrow, default)]
    pub patch_errors: Vec<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub cronjob_jobs: Vec<(&'a str, Vec<Cow<'a, str>>)>,
}

/// The state of everything that was written in one instant, after it. All lists are ordered by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FleetInstant<'a> {
    pub t_us: i64,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub jobs: Vec<(&'a str, RecordedJob<'a>)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub job_writes: Vec<(&'a str, u32)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub cronjobs: Vec<(&'a str, RecordedCronJob<'a>)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub cronjob_writes: Vec<(&'a str, u32)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub pods: Vec<(PodName<'a>, RecordedPod)>,
    #[serde(borrow, default, deserialize_with = "by_name")]
    pub events: Vec<(&'a str, Vec<Cow<'a, str>>)>,
    /// Hints for people, which are not compared.
    #[serde(default, rename = "notes")]
    _notes: IgnoredAny,
}

/// A CronJob's status.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct RecordedCronJob<'a> {
    #[serde(borrow, default)]
    pub active: Vec<Cow<'a, str>>,
    pub last_schedule_time: Option<Second>,
    pub last_successful_time: Option<Second>,
    #[serde(default)]
    pub gone: bool,
}

/// A Pod: its Job's name, and its key there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodName<'a>(pub &'a str, pub RecordedKey);

impl<'de: 'a, 'a> Deserialize<'de> for PodName<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let parts = text.split_once('/').and_then(|(job, key)| Some(PodName(job, RecordedKey::parse(key)?)));
        parts.ok_or_else(|| D::Error::custom(format!("{text:?} is no Pod (JOB/KEY)")))
    }
}
