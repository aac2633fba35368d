//! What the records of several corpora of histories contain: the cluster, the scripts of Pods, and the states of Jobs
//! and Pods. It knows the format (tests/conformance/jobs/FORMAT.md) and nothing of how a case is replayed. Unknown
//! fields are errors, so that nothing recorded goes unread.

use crate::api::Intervals;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The cluster of a case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the format's own names
pub struct RecordedCluster {
    pub start_offset_us: i64,
    pub api_latency_us: i64,
    pub watch_latency_us: i64,
    pub gc_latency_us: i64,
    pub qps: Option<f64>,
    pub burst: Option<f64>,
    #[serde(default)]
    pub events_throttled: bool,
    #[serde(default)]
    pub create_failures: Vec<RefusalWindow>,
    /// Only in the corpus `fleet-history`.
    pub slots: Option<u32>,
}

/// A window in which creating Pods is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RefusalWindow {
    pub from_us: i64,
    pub to_us: i64,
}

/// A Pod's script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PodScript {
    pub schedule_us: Option<i64>,
    pub start_us: i64,
    pub ready_us: Option<i64>,
    pub runs: Vec<ScriptRun>,
    pub on_delete: OnDelete,
    pub disruption: Option<ScriptDisruption>,
}

/// One run of a script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ScriptRun {
    pub run_us: Option<i64>,
    #[serde(default)]
    pub exit_codes: Vec<i32>,
    #[serde(default)]
    pub restart_after_us: i64,
}

/// How a Pod stops when it is deleted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct OnDelete {
    pub after_us: i64,
    pub exit_code: i32,
}

/// A disruption.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ScriptDisruption {
    pub at_us: i64,
    pub kind: ScriptDisruptionKind,
}

/// Kinds of disruptions.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum ScriptDisruptionKind {
    Delete,
    Eviction,
    Kubelet,
    Podgc,
}

/// A Job's status.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct RecordedJob<'a> {
    pub active: i32,
    pub ready: Option<i32>,
    pub terminating: Option<i32>,
    pub succeeded: i32,
    pub failed: i32,
    #[serde(deserialize_with = "indexes")]
    pub completed_indexes: Intervals,
    #[serde(deserialize_with = "some_indexes")]
    pub failed_indexes: Option<Intervals>,
    pub uncounted_succeeded: Vec<RecordedKey>,
    pub uncounted_failed: Vec<RecordedKey>,
    pub start_time: Option<Second>,
    pub completion_time: Option<Second>,
    #[serde(borrow)]
    pub conditions: Vec<RecordedCondition<'a>>,
    pub deleting: bool,
    pub gone: bool,
}

/// A Job's condition.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RecordedCondition<'a> {
    #[serde(rename = "type")]
    pub condition_type: &'a str,
    pub status: &'a str,
    #[serde(default)]
    pub reason: &'a str,
    #[serde(borrow, default)]
    pub message: Cow<'a, str>,
    pub since: Second,
}

/// A Pod's state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RecordedPod {
    pub phase: RecordedPhase,
    #[serde(default)]
    pub deleting: bool,
    #[serde(default)]
    pub finalizer: bool,
    /// Only in the corpus `fleet-history`.
    #[serde(default)]
    pub bound: bool,
    #[serde(default, deserialize_with = "number_in_text")]
    pub index_failure_count: Option<i32>,
    #[serde(default, deserialize_with = "number_in_text")]
    pub index_ignored_failure_count: Option<i32>,
    #[serde(default)]
    pub gone: bool,
}

/// A Pod's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub enum RecordedPhase {
    Pending,
    Running,
    Succeeded,
    Failed,
}

/// A Pod's key: `INDEX/ATTEMPT`, or its ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedKey {
    /// Its completion index, if it has one.
    pub index: Option<u32>,
    /// The attempt at that index, or the ordinal.
    pub attempt: u32,
}

impl RecordedKey {
    /// Reads a key.
    pub fn parse(text: &str) -> Option<RecordedKey> {
        match text.split_once('/') {
            Some((index, attempt)) => {
                Some(RecordedKey { index: Some(index.parse().ok()?), attempt: attempt.parse().ok()? })
            }
            None => Some(RecordedKey { index: None, attempt: text.parse().ok()? }),
        }
    }
}

/// The rank of a number when numbers are ordered as text: 1, 10, 11, 2.
fn text_order(n: u32) -> (u64, u32) {
    let digits = n.checked_ilog10().unwrap_or(0);
    (u64::from(n) * 10u64.pow(9 - digits), digits)
}

impl RecordedKey {
    /// The rank of the key when keys are ordered as text.
    pub fn text_order(&self) -> impl Ord + use<> {
        // '/' comes before every digit, so a short index comes before a longer one that begins with it.
        (self.index.map(text_order), text_order(self.attempt))
    }
}

impl fmt::Display for RecordedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            None => write!(f, "{}", self.attempt),
            Some(index) => write!(f, "{index}/{}", self.attempt),
        }
    }
}

impl<'de> Deserialize<'de> for RecordedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        RecordedKey::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no Pod key (INDEX/ATTEMPT or ORDINAL)")))
    }
}

/// A whole second of the histories' clock, from RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Second(pub i64);

/// Seconds from the Unix epoch to 2000-01-01T00:00:00Z, at which the histories' clock starts.
pub const CLOCK_START: i64 = 946_684_800;

impl<'de> Deserialize<'de> for Second {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Second(time.as_second() - CLOCK_START))
    }
}

/// Reads indexes in the API's text form, and in no other: a history with another form could never be reproduced.
fn indexes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Intervals, D::Error> {
    let text = <&str>::deserialize(deserializer)?;
    let set = Intervals::parse(text).ok().filter(|set| set.to_string() == text);
    set.ok_or_else(|| D::Error::custom(format!("{text:?} are no indexes in the API's text form")))
}

fn some_indexes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Intervals>, D::Error> {
    indexes(deserializer).map(Some)
}

/// Reads a number from a text.
pub fn number_in_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
    let text = <&str>::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// Reads an object as a list of its members, ordered by name.
pub fn by_name<'de, D, K, T>(deserializer: D) -> Result<Vec<(K, T)>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + Copy,
    T: Deserialize<'de>,
{
    struct ByName<K, T>(PhantomData<(K, T)>);
    impl<'de, K: Deserialize<'de> + Ord + Copy, T: Deserialize<'de>> Visitor<'de> for ByName<K, T> {
        type Value = Vec<(K, T)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with names")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(entry) = map.next_entry()? {
                list.push(entry);
            }
            list.sort_by_key(|e: &(K, T)| e.0);
            Ok(list)
        }
    }
    deserializer.deserialize_map(ByName(PhantomData))
}
