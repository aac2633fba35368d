//! The fields of `kubectl get pods,events -o json` that calibration uses, all of them optional, because dumps are often
//! trimmed. A missing field and a time that cannot be parsed are unknown; a field of another type than in Kubernetes is
//! an error.

use crate::text::read_values;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// An instant, in seconds of Unix time.
pub(super) type UnixSeconds = f64;

/// A Pod or an Event; other kinds are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DumpedObject {
    pub(super) kind: String,
    pub(super) metadata: DumpedMetadata,
    pub(super) spec: DumpedSpec,
    pub(super) status: DumpedStatus,
    // Only in Events.
    pub(super) reason: String,
    #[serde(alias = "note")]
    pub(super) message: String,
    #[serde(alias = "regarding")]
    pub(super) involved_object: EventTarget,
    #[serde(deserialize_with = "instant", alias = "deprecatedFirstTimestamp")]
    pub(super) first_timestamp: Option<UnixSeconds>,
    #[serde(deserialize_with = "instant")]
    pub(super) event_time: Option<UnixSeconds>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DumpedMetadata {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub owner_references: Vec<DumpedOwner>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "instant")]
    pub creation_timestamp: Option<UnixSeconds>,
    #[serde(deserialize_with = "instant")]
    pub deletion_timestamp: Option<UnixSeconds>,
    pub deletion_grace_period_seconds: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DumpedOwner {
    pub kind: String,
    pub name: String,
    pub controller: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DumpedSpec {
    pub node_name: String,
    pub containers: Vec<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DumpedStatus {
    pub phase: String,
    pub reason: String,
    pub conditions: Vec<DumpedCondition>,
    pub container_statuses: Vec<DumpedContainer>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DumpedCondition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    pub reason: String,
    #[serde(deserialize_with = "instant")]
    pub last_transition_time: Option<UnixSeconds>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DumpedContainer {
    pub name: String,
    pub restart_count: u32,
    pub state: ContainerState,
    pub last_state: ContainerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContainerState {
    pub running: Option<StateTimes>,
    pub terminated: Option<StateTimes>,
}

/// When a container ran, and how it ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StateTimes {
    #[serde(deserialize_with = "instant")]
    pub started_at: Option<UnixSeconds>,
    #[serde(deserialize_with = "instant")]
    pub finished_at: Option<UnixSeconds>,
    pub exit_code: Option<i32>,
    pub reason: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EventTarget {
    pub name: String,
    pub uid: String,
}

/// Reads a time as Kubernetes writes it. Other text, and the epoch (which stands for "never"), gives none.
fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<UnixSeconds>, D::Error> {
    let value = Value::deserialize(from)?;
    let time: Option<jiff::Timestamp> = value.as_str().and_then(|text| text.parse().ok());
    Ok(time.map(|time| time.as_millisecond() as f64 / 1_000.0).filter(|seconds| *seconds > 0.0))
}

/// Reads the output of `kubectl get … -o json` (a list, an object, or several of them in a row), or the same as YAML.
///
/// # Errors
/// The text is neither, or contains something that is neither an object nor a list of objects.
pub fn read(text: &str) -> Result<Vec<DumpedObject>, String> {
    objects(read_values(text)?)
}

/// The objects of documents that were read.
///
/// # Errors
/// One is neither an object nor a list of objects.
pub fn objects(documents: Vec<Value>) -> Result<Vec<DumpedObject>, String> {
    let mut objects = Vec::new();
    for document in documents {
        let items = match document {
            Value::Array(items) => items,
            Value::Object(mut fields) => match fields.remove("items") {
                Some(Value::Array(items)) => items,
                _ => vec![Value::Object(fields)],
            },
            other => return Err(format!("neither an object nor a list of objects: {other:.20}")),
        };
        for (n, item) in items.into_iter().enumerate() {
            // A field with a type that Kubernetes does not give it means that the text is not from Kubernetes.
            let object =
                DumpedObject::deserialize(without_nulls(item)).map_err(|error| format!("items[{n}]: {error}"))?;
            objects.push(object);
        }
    }
    Ok(objects)
}

/// Removes `null`, which means the same as a missing field.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
