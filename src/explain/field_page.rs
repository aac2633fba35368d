//! One field of a Job or CronJob for people and machines: what it is in the API, and what a simulation makes of it. Lessons,
//! with small Jobs run live, are in [`super::lessons`]; what a field is in the API is read from the schema.

use crate::apiserver::{FieldReference, UnknownField, field_reference};
use crate::manifest::why_unmodelled;
use crate::text::suggest;
use serde_json::{Value, json};

/// The path of the Pod's `spec` in each kind.
const POD_SPECS: [&str; 2] = ["job.spec.template.spec", "cronjob.spec.jobTemplate.spec.template.spec"];

/// Fields of a Pod's `spec` on which a simulation depends, whatever the cluster has.
const OF_PODS: [&str; 8] = [
    "restartPolicy",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "containers[].name",
    "containers[].restartPolicy",
    "containers[].restartPolicyRules",
    "initContainers[].name",
    "initContainers[].restartPolicy",
];

/// Fields of a Pod's `spec` on which a simulation depends if the cluster has nodes or ResourceQuotas.
const OF_ROOM: [&str; 8] = [
    "containers[].resources",
    "initContainers[].resources",
    "resources",
    "overhead",
    "tolerations",
    "priority",
    "preemptionPolicy",
    "affinity",
];

/// The effect of a field on a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldEffect {
    /// What happens to the Job depends on it.
    Modelled,
    /// What happens to the Job depends on it if the cluster has nodes or ResourceQuotas.
    WithNodes(String),
    /// It has an effect in Kubernetes, and none here.
    Absent(String),
    /// It is decoded, defaulted and validated, but what happens to the Job does not depend on it.
    Checked,
    /// A status: read with `--from-status`.
    Status,
    /// Only fields below it have an effect.
    Below,
}

impl FieldEffect {
    /// A sentence about it.
    pub fn words(&self) -> String {
        match self {
            FieldEffect::Modelled => "yes".to_owned(),
            FieldEffect::WithNodes(why) if why.is_empty() => {
                "where the cluster has nodes (cluster.nodes) or ResourceQuotas".to_owned()
            }
            FieldEffect::WithNodes(why) => format!("where the cluster has nodes (cluster.nodes): {why}"),
            FieldEffect::Absent(why) => format!("no; in Kubernetes {why}"),
            FieldEffect::Checked => {
                "it is checked as the API server checks it; nothing that happens here depends on it".to_owned()
            }
            FieldEffect::Status => "a run begins with it if --from-status is given".to_owned(),
            FieldEffect::Below => "see the fields below it".to_owned(),
        }
    }
}

/// A field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldPage {
    /// Its description in the API.
    pub field: FieldReference,
    /// Its effect on a simulation.
    pub effect: FieldEffect,
}

/// Whether a name is a path from the root, such as `cronjob.spec.schedule`, and not the name of a lesson.
pub fn is_path(name: &str) -> bool {
    let root = name.split(['.', '[']).next().unwrap_or_default().to_ascii_lowercase();
    ["job", "jobs", "cronjob", "cronjobs"].contains(&root.as_str())
}

/// The field at a path.
///
/// # Errors
/// There is no such field; the message suggests what was probably meant.
pub fn field_page(path: &str) -> Result<FieldPage, String> {
    let field = field_reference(path).map_err(|unknown| nowhere(&unknown))?;
    let effect = effect_of(&field);
    Ok(FieldPage { field, effect })
}

fn nowhere(unknown: &UnknownField) -> String {
    let UnknownField { at, name, known } = unknown;
    if known.is_empty() {
        return format!("{at} has no fields below it, and no {name:?}");
    }
    let meant = suggest(name, known.iter().copied());
    let meant = meant.map_or(String::new(), |word| format!(" (did you mean {:?}?)", format!("{at}.{word}")));
    format!("{at} has no field {name:?}{meant}; it has {}", known.join(", "))
}

fn effect_of(field: &FieldReference) -> FieldEffect {
    let path = field.path.as_str();
    let below = |root: &str| path.strip_prefix(root).and_then(|rest| rest.strip_prefix('.'));
    if let Some(in_pod) = POD_SPECS.into_iter().find_map(below) {
        return effect_in_pod(in_pod, !field.children.is_empty());
    }
    let is_status = ["job.status", "cronjob.status"].into_iter().any(|root| path == root || below(root).is_some());
    let last = path.rsplit('.').next().unwrap_or_default();
    match path {
        _ if is_status => FieldEffect::Status,
        _ if path.contains(".metadata.") => match last {
            "name" | "namespace" | "labels" | "ownerReferences[]" | "deletionTimestamp" | "creationTimestamp" => {
                FieldEffect::Modelled
            }
            "finalizers[]" => FieldEffect::Absent("an object stays until its finalizers are removed".to_owned()),
            _ => FieldEffect::Checked,
        },
        _ if path.contains(".spec.scheduling") => {
            FieldEffect::Absent("Pods of one workload are scheduled together".to_owned())
        }
        // Selectors have no effect, because no Pod is adopted or released: each is created by its Job.
        _ if path.contains(".spec.selector") || last == "manualSelector" => FieldEffect::Checked,
        _ if last == "kind" || last == "apiVersion" => FieldEffect::Checked,
        _ if !path.contains(".spec.") || path.ends_with(".jobTemplate") || path.ends_with(".template") => {
            FieldEffect::Below
        }
        _ if path.ends_with(".jobTemplate.spec") || path.ends_with(".template.spec") => FieldEffect::Below,
        _ => FieldEffect::Modelled,
    }
}

fn effect_in_pod(path: &str, has_children: bool) -> FieldEffect {
    let is_in = |fields: &[&str]| fields.iter().any(|field| path == *field || path.starts_with(&format!("{field}.")));
    match why_unmodelled(path) {
        Some((false, why)) => FieldEffect::Absent(why.to_owned()),
        Some((true, why)) => FieldEffect::WithNodes(why.to_owned()),
        None if is_in(&OF_PODS) || path.starts_with("containers[].restartPolicyRules[]") => FieldEffect::Modelled,
        None if is_in(&OF_ROOM) || path.starts_with("tolerations[]") => FieldEffect::WithNodes(String::new()),
        None if has_children && (path == "containers[]" || path == "initContainers[]") => FieldEffect::Below,
        None => FieldEffect::Checked,
    }
}

/// The field for people, in lines of at most `width` characters: `columns` lays out a table of names and texts.
pub fn field_text(page: &FieldPage, columns: impl Fn(&[Vec<String>], &str) -> String) -> String {
    let FieldReference { path, kind, unit, default, since, children } = &page.field;
    let mut rows = vec![vec!["value:".to_owned(), kind.clone()]];
    let mut line = |name: &str, text: String| rows.push(vec![format!("{name}:"), text]);
    if let Some(unit) = unit {
        line("unit", (*unit).to_owned());
    }
    if children.is_empty() || default.is_some() {
        line("default", default.as_ref().map_or("unset".to_owned(), shown));
    }
    if let Some(minor) = since {
        line("since", format!("v1.{minor}"));
    }
    line("modelled", page.effect.words());
    let mut text = format!("{path}\n{}", columns(&rows, "  "));
    if !children.is_empty() {
        let below: Vec<Vec<String>> =
            children.iter().map(|(name, kind)| vec![(*name).to_owned(), kind.clone()]).collect();
        text += &format!("\nBelow it (--field {path}.NAME):\n{}", columns(&below, "  "));
    }
    text
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The field as JSON.
pub fn field_json(page: &FieldPage) -> Value {
    let FieldReference { path, kind, unit, default, since, children } = &page.field;
    let children: Vec<Value> = children.iter().map(|(name, kind)| json!({"name": name, "value": kind})).collect();
    json!({
        "path": path, "value": kind, "unit": unit, "default": default, "since": since.map(|minor| format!("v1.{minor}")),
        "modelled": page.effect.words(), "fields": children,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_simulation_makes_of_fields() {
        for (path, words) in [
            ("cronjob.spec.schedule", "yes"),
            ("job.spec.backoffLimit", "yes"),
            ("job.spec.template.spec.restartPolicy", "yes"),
            ("job.spec.template.spec.containers[0].resources.requests.cpu", "where the cluster has nodes"),
            ("job.spec.template.spec.nodeSelector", "where the cluster has nodes (cluster.nodes): it restricts"),
            ("cronjob.spec.jobTemplate.spec.template.spec.containers.livenessProbe", "no; in Kubernetes a container"),
            ("job.spec.template.spec.containers.livenessProbe.periodSeconds", "no; in Kubernetes a container"),
            ("job.spec.template.spec.containers.image", "it is checked"),
            ("job.status.failed", "a run begins with it"),
            ("job.spec.scheduling", "no; in Kubernetes"),
            ("job.spec", "see the fields below"),
        ] {
            let page = field_page(path).unwrap_or_else(|e| panic!("{e}"));
            assert!(page.effect.words().starts_with(words), "{path}: {}", page.effect.words());
        }
        let unknown = field_page("cronjob.spec.shedule").unwrap_err();
        assert!(unknown.contains("did you mean \"cronjob.spec.schedule\""), "{unknown}");
    }
}
