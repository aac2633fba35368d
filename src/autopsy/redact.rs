//! The same dump without names: everything that identifies somebody is replaced by a word with a number, the same one
//! wherever it occurs; everything that says what happened stays. An autopsy of the redacted dump gives the same result.
//!
//! Whatever is not known to be harmless is replaced, including fields that Kubernetes introduces in later releases.

use crate::apiserver::rules::{list, member, text};
use crate::text::time_text::instant;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Fields whose text comes from Kubernetes' own vocabulary, or is needed unchanged.
const KEPT: [&str; 34] = [
    "apiVersion",
    "kind",
    "type",
    "status",
    "phase",
    "restartPolicy",
    "completionMode",
    "concurrencyPolicy",
    "podReplacementPolicy",
    "schedule",
    "timeZone",
    "operator",
    "action",
    "effect",
    "completedIndexes",
    "failedIndexes",
    "succeededIndexes",
    "component",
    "reportingComponent",
    "reportingController",
    "operation",
    "subresource",
    "fieldsType",
    "protocol",
    "imagePullPolicy",
    "terminationMessagePolicy",
    "dnsPolicy",
    "preemptionPolicy",
    "qosClass",
    "kubeletVersion",
    "whenUnsatisfiable",
    "resourceVersion",
    "reason",
    "schedulerName",
];

/// Fields that are removed entirely: they have no effect on what happened.
const DROPPED: [&str; 15] = [
    "terminationMessagePath",
    "command",
    "args",
    "volumes",
    "volumeMounts",
    "volumeDevices",
    "securityContext",
    "imagePullSecrets",
    "hostIP",
    "hostIPs",
    "podIP",
    "podIPs",
    "lifecycle",
    "livenessProbe",
    "containerID",
];

/// Labels and annotations that Kubernetes itself sets on Jobs and their Pods.
const OWN_KEYS: [&str; 5] = [
    "batch.kubernetes.io/",
    "job-name",
    "controller-uid",
    "job-completion-index",
    "kubectl.kubernetes.io/default-container",
];

/// Reasons of Events whose messages consist of Kubernetes' own words and names.
const KNOWN_REASONS: [&str; 26] = [
    "SuccessfulCreate",
    "SuccessfulDelete",
    "FailedCreate",
    "Suspended",
    "Resumed",
    "Completed",
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "PodFailurePolicy",
    "FailedIndexes",
    "MaxFailedIndexesExceeded",
    "TooManySucceededPods",
    "SawCompletedJob",
    "JobAlreadyActive",
    "MissSchedule",
    "TooManyMissedTimes",
    "FailedScheduling",
    "Scheduled",
    "Pulling",
    "Pulled",
    "Created",
    "Started",
    "Killing",
    "Failed",
    "BackOff",
    "Preempted",
];

/// The replacements so far.
#[derive(Debug, Default)]
struct Redactor {
    names: HashMap<String, String>,
    counts: HashMap<&'static str, u32>,
    /// The names of Jobs.
    jobs: Vec<String>,
}

/// A List of the same objects without names.
pub fn redacted(documents: &[Value]) -> Value {
    let mut objects = Vec::new();
    documents.iter().for_each(|document| flatten(document, &mut objects));
    let mut redactor = Redactor::default();
    // CronJobs before their Jobs, and Jobs before their Pods: names are derived from the owners' names.
    for kind in ["CronJob", "Job", "Pod", "Node"] {
        objects.iter().filter(|object| text(object, "kind") == kind).for_each(|object| redactor.learn(kind, object));
    }
    let events = objects.iter().filter(|object| text(object, "kind") == "Event");
    events.for_each(|event| redactor.learn_from_event(event));
    let items: Vec<Value> = objects.iter().map(|object| redactor.object(object)).collect();
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
}

fn flatten<'a>(document: &'a Value, objects: &mut Vec<&'a Value>) {
    match document.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().for_each(|item| flatten(item, objects)),
        None => objects.push(document),
    }
}

impl Redactor {
    /// The replacement of a text of this class; always the same one.
    fn word(&mut self, class: &'static str, original: &str) -> String {
        if original.is_empty() {
            return String::new();
        }
        if let Some(known) = self.names.get(original) {
            return known.clone();
        }
        let count = self.counts.entry(class).or_default();
        *count += 1;
        let word = format!("{class}-{count}");
        self.names.insert(original.to_owned(), word.clone());
        word
    }

    fn learn(&mut self, kind: &str, object: &Value) {
        let meta = member(object, "metadata");
        let name = text(meta, "name");
        self.word("namespace", text(meta, "namespace"));
        self.word("uid", text(meta, "uid"));
        let owner = list(meta, "ownerReferences").iter().map(|owner| text(owner, "name"));
        let owner = owner.into_iter().find(|owner| !owner.is_empty() && name.starts_with(owner));
        self.learn_name(kind, name, owner);
    }

    /// Only Events name Pods and Jobs that are gone.
    fn learn_from_event(&mut self, event: &Value) {
        let about = [member(event, "involvedObject"), member(event, "regarding")];
        let Some(about) = about.into_iter().find(|about| !about.is_null()) else { return };
        let (kind, name) = (text(about, "kind"), text(about, "name"));
        self.word("namespace", text(about, "namespace"));
        let message = [text(event, "message"), text(event, "note")].into_iter().find(|m| !m.is_empty()).unwrap_or("");
        let named = |before: &str| message.rsplit_once(before).map(|(_, name)| name.trim());
        match kind {
            "Job" => {
                self.learn_name("Job", name, None);
                let gone = named("Created pod: ").or_else(|| named("Deleted pod: "));
                gone.into_iter()
                    .for_each(|pod| self.learn_name("Pod", pod, Some(name).filter(|job| pod.starts_with(job))));
            }
            "CronJob" => {
                self.learn_name("CronJob", name, None);
                let gone = named("Created job ").or_else(|| named("Deleted job "));
                gone.into_iter()
                    .for_each(|job| self.learn_name("Job", job, Some(name).filter(|own| job.starts_with(own))));
            }
            "Pod" => {
                let owners = self.jobs.iter().filter(|job| name.starts_with(job.as_str()));
                let owner = owners.max_by_key(|job| job.len()).cloned();
                self.learn_name("Pod", name, owner.as_deref());
            }
            _ => drop(self.word("object", name)),
        }
    }

    fn learn_name(&mut self, kind: &str, name: &str, owner: Option<&str>) {
        if self.names.contains_key(name) || name.is_empty() {
            return;
        }
        match (kind, owner) {
            ("CronJob", _) => drop(self.word("cronjob", name)),
            ("Node", _) => drop(self.word("node", name)),
            ("Job", owner) => {
                self.jobs.push(name.to_owned());
                match owner {
                    // The rest is the scheduled time.
                    Some(owner) => {
                        let word = self.word("cronjob", owner) + &name[owner.len()..];
                        self.names.insert(name.to_owned(), word);
                    }
                    None => drop(self.word("job", name)),
                }
            }
            (_, Some(owner)) => {
                let job = self.word("job", owner);
                let mut parts = name[owner.len()..].trim_start_matches('-').splitn(2, '-');
                let index = parts.next().filter(|part| parts.next().is_some() && part.parse::<u32>().is_ok());
                let index = index.map_or(String::new(), |index| format!("{index}-"));
                let count = self.counts.entry("p").or_default();
                *count += 1;
                let word = format!("{job}-{index}p{count}");
                self.names.insert(name.to_owned(), word);
            }
            (_, None) => drop(self.word("pod", name)),
        }
    }

    fn object(&mut self, object: &Value) -> Value {
        let mut copy = self.value("", object);
        if text(object, "kind") == "Event" {
            let known = KNOWN_REASONS.contains(&text(object, "reason"));
            for field in ["message", "note"] {
                if let Some(message) = object.get(field).and_then(Value::as_str) {
                    copy[field] = if known { self.message(message).into() } else { "redacted".into() };
                }
            }
        }
        copy
    }

    fn value(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(key, fields)),
            Value::Array(list) => list.iter().map(|item| self.value(key, item)).collect(),
            Value::String(text) => self.string(key, text).into(),
            other => other.clone(),
        }
    }

    fn fields(&mut self, key: &str, fields: &Map<String, Value>) -> Map<String, Value> {
        let mut copy = Map::new();
        for (name, value) in fields {
            match (key, name.as_str()) {
                (_, dropped) if DROPPED.contains(&dropped) || dropped.ends_with("Probe") => {}
                (_, "managedFields") => {
                    let kept = value.as_array().into_iter().flatten().map(|entry| {
                        let kept = ["operation", "subresource", "time"]
                            .into_iter()
                            .filter_map(|name| Some((name.to_owned(), entry.get(name)?.clone())));
                        Value::Object(kept.collect())
                    });
                    copy.insert(name.clone(), kept.collect());
                }
                ("annotations" | "labels" | "matchLabels" | "nodeSelector", own) => {
                    let is_own = OWN_KEYS.iter().any(|prefix| own.starts_with(prefix));
                    if is_own {
                        copy.insert(name.clone(), self.value("label", value));
                    } else if key != "annotations" {
                        let label = self.word("label", name);
                        copy.insert(label, self.value("label", value));
                    }
                }
                ("requests" | "limits" | "allocatable" | "capacity" | "hard" | "used", _) => {
                    copy.insert(name.clone(), value.clone());
                }
                _ => {
                    copy.insert(name.clone(), self.value(name, value));
                }
            }
        }
        copy
    }

    fn string(&mut self, key: &str, text: &str) -> String {
        let is_plain = text.is_empty()
            || KEPT.contains(&key)
            || instant(text).is_some()
            || text.parse::<f64>().is_ok()
            || ["true", "false", "True", "False", "Unknown"].contains(&text);
        if is_plain {
            return text.to_owned();
        }
        match key {
            "message" => self.message(text),
            "image" | "imageID" => self.word("image", text),
            "namespace" => self.word("namespace", text),
            "uid" => self.word("uid", text),
            "nodeName" => self.word("node", text),
            "finalizers" if text.starts_with("batch.kubernetes.io/") => text.to_owned(),
            "managedBy" if text == "kubernetes.io/job-controller" => text.to_owned(),
            "name" | "containerName" => self.word("name", text),
            "label" => self.word("value", text),
            _ => self.word("text", text),
        }
    }

    /// A message of Kubernetes: names are replaced; quoted text, text in braces, and words that look like addresses,
    /// paths or names are left out.
    fn message(&mut self, message: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut quoted = false;
        for word in message.split(' ') {
            let marks = word.matches(['"', '{', '}']).count();
            let bare = word.trim_matches(|c: char| "\"(){}[],:;.".contains(c));
            let (namespace, name) = bare.split_once('/').unwrap_or(("", bare));
            let known = self.names.get(name).or_else(|| self.names.get(bare)).cloned();
            let space = self.names.get(namespace).cloned();
            let is_time = bare.ends_with(|c: char| c.is_ascii_digit() || "smh%".contains(c))
                && bare.chars().all(|c| c.is_ascii_digit() || ".:+-mshµn/%".contains(c));
            let odd = bare.contains(['/', '.', '@', '_', '=', '\\', '<']) || bare.split('-').count() > 2;
            let shown = match (known, space) {
                (Some(known), Some(space)) => word.replace(bare, &format!("{space}/{known}")),
                (Some(known), None) => word.replace(bare, &known),
                (None, _) if quoted || marks > 0 => word.replace(bare, "x"),
                (None, _) if odd && !is_time && !bare.is_empty() => word.replace(bare, "x"),
                _ => word.to_owned(),
            };
            if marks % 2 == 1 {
                quoted = !quoted;
            }
            words.push(shown);
        }
        words.join(" ")
    }
}
