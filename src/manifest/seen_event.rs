//! A Kubernetes Event as a cluster showed it, in either of its two forms. It gives no reason a meaning.

use crate::apiserver::rules::{int, member, text};
use crate::text::time_text::instant;
use crate::time::SimTime;
use serde_json::Value;

/// An Event. Times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenEvent {
    /// The namespace of what it is about.
    pub namespace: String,
    /// The kind of what it is about.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its UID; empty if it is not given.
    pub uid: String,
    /// Why, in a word.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Who sent it.
    pub source: String,
    /// How often; at least 1.
    pub count: u32,
    /// When it was first sent.
    pub first: Option<SimTime>,
    /// When it was last sent.
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

    /// Whether it stands for several messages of its reason, of which it shows the latest.
    pub fn is_combined(&self) -> bool {
        self.message.starts_with("(combined from similar events)")
    }

    /// Whether it is about an object of this kind, namespace and name; where both have a UID, of that UID.
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
