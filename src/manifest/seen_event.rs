//! A Kubernetes Event in a cluster, in either of its two forms. Reasons are not interpreted here.

use crate::apiserver::rules::{int, member, text};
use crate::text::time_text::instant;
use crate::time::SimTime;
use serde_json::Value;

/// An Event. Times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenEvent {
    /// The namespace of the object that it is about.
    pub namespace: String,
    /// The kind of the object that it is about.
    pub kind: String,
    /// The name of that object.
    pub name: String,
    /// The UID of that object; empty if it is missing.
    pub uid: String,
    /// The reason, in one word.
    pub reason: String,
    /// The message for people.
    pub message: String,
    /// Who sent it.
    pub source: String,
    /// How often it occurred; at least 1.
    pub count: u32,
    /// When it first occurred.
    pub first: Option<SimTime>,
    /// When it last occurred.
    pub last: Option<SimTime>,
}

impl SeenEvent {
    /// Reads an Event of `v1` or `events.k8s.io/v1`.
    pub fn of(event: &Value) -> Self {
        let either =
            |a: &str, b: &str| [text(event, a), text(event, b)].into_iter().find(|t| !t.is_empty()).unwrap_or("");
        let about = ["involvedObject", "regarding"].map(|name| member(event, name));
        let of =
            |name: &str| about.iter().map(|about| text(about, name)).find(|t| !t.is_empty()).unwrap_or("").to_owned();
        let series = member(event, "series");
        let created = text(member(event, "metadata"), "creationTimestamp");
        let first = [either("firstTimestamp", "deprecatedFirstTimestamp"), text(event, "eventTime"), created];
        let first = first.into_iter().find_map(instant);
        let last = [text(series, "lastObservedTime"), either("lastTimestamp", "deprecatedLastTimestamp")];
        let count = int(event, "count").or_else(|| int(event, "deprecatedCount")).or_else(|| int(series, "count"));
        let namespace = Some(of("namespace")).filter(|name| !name.is_empty());
        let source = ["source", "deprecatedSource"].map(|name| text(member(event, name), "component"));
        let source = source.into_iter().chain([text(event, "reportingComponent"), text(event, "reportingController")]);
        SeenEvent {
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            kind: of("kind"),
            name: of("name"),
            uid: of("uid"),
            reason: text(event, "reason").to_owned(),
            message: either("message", "note").to_owned(),
            source: source.into_iter().find(|s| !s.is_empty()).unwrap_or("").to_owned(),
            count: count.and_then(|n| u32::try_from(n).ok()).unwrap_or(1).max(1),
            first,
            last: last.into_iter().find_map(instant).or(first),
        }
    }

    /// Whether it combines several messages with the same reason, of which it shows the latest.
    pub fn is_combined(&self) -> bool {
        self.message.starts_with("(combined from similar events)")
    }

    /// Whether it is about the object with this kind, namespace and name, and with this UID if both have one.
    pub fn is_about(&self, kind: &str, (namespace, name, uid): (&str, &str, &str)) -> bool {
        let is_same = uid.is_empty() || self.uid.is_empty() || self.uid == uid;
        self.kind == kind && self.namespace == namespace && self.name == name && is_same
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_are_read() {
        let old = SeenEvent::of(&json!({
            "involvedObject": {"kind": "Job", "name": "j", "namespace": "n"}, "reason": "FailedCreate", "message": "m",
            "count": 3, "firstTimestamp": "2026-03-01T10:00:00Z", "lastTimestamp": "2026-03-01T10:00:09Z",
            "source": {"component": "job-controller"},
        }));
        let new = SeenEvent::of(&json!({
            "regarding": {"kind": "Job", "name": "j", "namespace": "n"}, "reason": "FailedCreate", "note": "m",
            "eventTime": "2026-03-01T10:00:00.123456Z", "reportingController": "job-controller",
            "series": {"count": 3, "lastObservedTime": "2026-03-01T10:00:09.5Z"}, "firstTimestamp": null,
        }));
        assert_eq!(old, new);
        assert!(old.is_about("Job", ("n", "j", "")) && !old.is_about("Pod", ("n", "j", "")));
        assert_eq!(SeenEvent::of(&json!({})).count, 1);
    }
}
