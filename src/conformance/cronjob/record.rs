//! The records of the corpora `cronjob-history` and `cronjob-history-lagged`, as typed values. It knows the format
//! (tests/conformance/cronjob/FORMAT.md) and nothing of how a case is replayed. Unknown fields are errors, so that
//! nothing recorded goes unread.

use super::RecordedTime;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct CronJobRecord {
    #[serde(rename = "corpus")]
    _corpus: IgnoredAny,
    #[serde(rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "family")]
    _family: IgnoredAny,
    #[serde(rename = "unvalidated", default)]
    _unvalidated: IgnoredAny,
    pub start: RecordedTime,
    pub name: String,
    pub spec: Value,
    pub created: i64,
    pub end: i64,
    pub jobs: Vec<JobScript>,
    pub acts: Vec<RecordedAct>,
    #[serde(default)]
    pub faults: Vec<Fault>,
    pub lag: Option<Lag>,
    pub hist: Vec<Vec<Value>>,
    #[serde(rename = "final")]
    pub last: Value,
    pub event_objects: Option<Vec<Value>>,
}

/// What a Job does: when it starts, and perhaps when and how it finishes; microseconds after its creation.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum JobScript {
    /// It never finishes.
    Starts((i64,)),
    /// It finishes.
    Finishes(i64, i64, How),
}

/// How a Job finishes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) enum How {
    #[serde(rename = "C")]
    Complete,
    #[serde(rename = "F")]
    Failed,
}

/// What happens from outside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RecordedAct {
    pub at: i64,
    pub op: ActKind,
    pub set: Option<Value>,
    #[serde(default)]
    pub unvalidated: bool,
    pub n: Option<usize>,
    pub name: Option<String>,
    #[serde(default)]
    pub owned: bool,
    pub finish_after: Option<i64>,
    pub how: Option<How>,
    #[serde(default)]
    pub foreground: bool,
    pub rejected: Option<String>,
}

/// Kinds of acts.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ActKind {
    ControllerStart,
    ControllerStop,
    Patch,
    DeleteJob,
    CreateJob,
    DeleteCronJob,
}

/// Calls that fail for a while.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    pub op: FaultyOp,
    pub kind: FaultKind,
    pub from: i64,
    pub to: i64,
}

/// Calls that can fail.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FaultyOp {
    JobCreate,
    JobDelete,
    JobGet,
    CronJobStatus,
}

/// How they fail.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FaultKind {
    Internal,
    Forbidden,
    NsTerminating,
    Conflict,
}

/// How long things take, in microseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lag {
    pub request: i64,
    pub response: i64,
    pub watch: i64,
}
