//! Looks up a field of a Job or CronJob by its path: its type, its default, the release that introduced it, and the
//! fields below it. All of this is derived from the schema and from defaulting; what a simulation makes of the field is
//! not known here.

use super::decode::decode;
use super::defaults;
use super::schema::since::minor_of;
use super::schema::{FieldType, ObjectType, Schema, Type};
use crate::release::{OLDEST_MINOR, ReleaseProfile};
use crate::text::tree::TreeNode;
use serde_json::{Map, Value, json};

/// The description of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldReference {
    /// The path as it is usually written, such as `cronjob.spec.schedule`; members of lists have `[]`.
    pub path: String,
    /// The kind of its value, in words.
    pub kind: String,
    /// The unit of a number, if its name says one.
    pub unit: Option<&'static str>,
    /// What the API server fills in if the field is absent, if anything.
    pub default: Option<Value>,
    /// The minor release that introduced it, if that is later than the oldest modelled one.
    pub since: Option<u8>,
    /// The fields below it in the API's order, with names and kinds.
    pub children: Vec<(&'static str, String)>,
}

/// A path that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    /// The part that exists.
    pub at: String,
    /// The name that does not exist below it.
    pub name: String,
    /// The names that do.
    pub known: Vec<&'static str>,
}

/// The field at a path that begins with `job` or `cronjob`; members of lists may be written `[0]`, `[]` or not at all.
///
/// # Errors
/// The first name that does not exist.
pub fn field_reference(path: &str) -> Result<FieldReference, UnknownField> {
    let schema = Schema::get();
    let mut names = path.split('.').map(|name| name.split('[').next().unwrap_or(name));
    let root = names.next().unwrap_or_default();
    let kind = match root.to_ascii_lowercase().as_str() {
        "job" | "jobs" => "Job",
        "cronjob" | "cronjobs" => "CronJob",
        _ => {
            let known = vec!["job", "cronjob"];
            return Err(UnknownField { at: String::new(), name: root.to_owned(), known });
        }
    };
    let mut at = kind.to_ascii_lowercase();
    let mut object = Some(schema.named(kind));
    let mut steps: Vec<FieldStep> = Vec::new();
    let mut found: Option<(&ObjectType, &FieldType)> = None;
    for name in names {
        if let Some(step @ FieldStep { is_map: true, has_name: false, .. }) = steps.last_mut() {
            // The names in a map are the user's.
            step.has_name = true;
            at += &format!(".{name}");
            continue;
        }
        let unknown = |known: Vec<&'static str>| UnknownField { at: at.clone(), name: name.to_owned(), known };
        let below = object.ok_or_else(|| unknown(Vec::new()))?;
        let field = below.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        let field = field.ok_or_else(|| unknown(below.fields.iter().map(|field| field.name).collect()))?;
        let (of, is_list, is_map) = unpacked(&field.of);
        at += &format!(".{}{}", field.name, if is_list { "[]" } else { "" });
        steps.push(FieldStep { name: field.name, is_list, is_map, has_name: false });
        found = Some((below, field));
        object = if let Type::Object(place) = of { Some(schema.object(*place)) } else { None };
    }
    let children = object.map(|object| object.fields.iter().map(|f| (f.name, kind_of(&f.of))).collect());
    let Some((owner, field)) = found else {
        let children = children.unwrap_or_default();
        return Ok(FieldReference {
            path: at,
            kind: "object".to_owned(),
            unit: None,
            default: None,
            since: None,
            children,
        });
    };
    let since = minor_of(owner.name, field.name);
    Ok(FieldReference {
        path: at,
        kind: kind_of(&field.of),
        unit: unit_of(field),
        default: default_of(kind, &steps),
        since: (since > OLDEST_MINOR).then_some(since),
        children: children.unwrap_or_default(),
    })
}

/// A field along the path.
#[derive(Clone, Copy, Debug)]
struct FieldStep {
    name: &'static str,
    is_list: bool,
    is_map: bool,
    /// For a map, whether the path continues to one of its members.
    has_name: bool,
}

/// The element type of lists and maps; whether it is a list, and whether it is a map.
fn unpacked(of: &Type) -> (&Type, bool, bool) {
    match of {
        Type::List(member) => (unpacked(member).0, true, false),
        Type::Map(member) => (unpacked(member).0, false, true),
        of => (of, false, false),
    }
}

fn kind_of(of: &Type) -> String {
    match of {
        Type::Text => "text".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Int32 | Type::Int64 => "whole number".to_owned(),
        Type::Quantity => "amount, such as 500m or 2Gi".to_owned(),
        Type::IntOrString => "whole number or text".to_owned(),
        Type::Time => "time (RFC 3339)".to_owned(),
        Type::Raw => "any value".to_owned(),
        Type::List(member) => format!("list of {}", plural(member)),
        Type::Map(member) => format!("by name: {}", kind_of(member)),
        Type::Object(place) => format!("object ({})", Schema::get().object(*place).name),
    }
}

fn plural(of: &Type) -> String {
    match of {
        Type::Text => "texts".to_owned(),
        Type::Int32 | Type::Int64 => "whole numbers".to_owned(),
        Type::Object(place) => format!("objects ({})", Schema::get().object(*place).name),
        of => kind_of(of),
    }
}

/// The unit, with which Kubernetes' names end.
fn unit_of(field: &FieldType) -> Option<&'static str> {
    let is_number = matches!(field.of, Type::Int32 | Type::Int64);
    match field.of {
        _ if is_number && field.name.to_ascii_lowercase().contains("seconds") => Some("seconds"),
        _ if is_number && field.name.ends_with("Percent") => Some("percent"),
        Type::Quantity => Some("as amounts are written: cores, bytes, or pieces"),
        _ => None,
    }
}

/// What defaulting makes of an object in which everything above the field exists, but not the field itself.
fn default_of(kind: &str, steps: &[FieldStep]) -> Option<Value> {
    // A CronJob's template gets its defaults in the Job that is made from it.
    let (kind, steps) = match steps {
        [a, b, c, rest @ ..] if kind == "CronJob" && [a.name, b.name, c.name] == ["spec", "jobTemplate", "spec"] => {
            ("Job", [&[*c][..], rest].concat())
        }
        _ => (kind, steps.to_vec()),
    };
    let template = json!({"spec": {"containers": [{"name": "c", "image": "i"}]}});
    let mut object = match kind {
        "Job" => json!({"metadata": {"name": "x"}, "spec": {"template": template}}),
        _ => {
            json!({"metadata": {"name": "x"}, "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}})
        }
    };
    let (last, above) = steps.split_last()?;
    let mut value = &mut object;
    for step in above {
        let field = value.as_object_mut()?.entry(step.name).or_insert(Value::Null);
        if field.is_null() {
            *field = if step.is_list { json!([{}]) } else { Value::Object(Map::new()) };
        }
        value = if step.is_list { field.get_mut(0)? } else { field };
    }
    // A value that the template must only have to be valid is not a default.
    if value.get(last.name).is_some_and(|own| !own.is_object()) {
        value.as_object_mut()?.remove(last.name);
    }
    let (mut object, _) = decode(&TreeNode::from_json(&object), kind);
    match kind {
        "Job" => defaults::job(&mut object),
        _ => defaults::cron_job(&mut object, ReleaseProfile::of(crate::release::KubernetesVersion::NEWEST).rules),
    }
    let found = steps.iter().try_fold(&object, |value, step| {
        let value = value.get(step.name)?;
        if step.is_list && !std::ptr::eq(step, last) && step.name != last.name { value.get(0) } else { Some(value) }
    })?;
    let is_nothing = match found {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(_) => true,
        _ => false,
    };
    (!is_nothing && !last.has_name).then(|| found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default(path: &str) -> Option<Value> {
        field_reference(path).unwrap_or_else(|e| panic!("{path}: {e:?}")).default
    }

    #[test]
    fn defaults_are_those_of_the_api_server() {
        for (path, value) in [
            ("job.spec.backoffLimit", Some(json!(6))),
            ("job.spec.parallelism", Some(json!(1))),
            ("job.spec.podReplacementPolicy", Some(json!("TerminatingOrFailed"))),
            ("job.spec.backoffLimitPerIndex", None),
            ("cronjob.spec.concurrencyPolicy", Some(json!("Allow"))),
            ("cronjob.spec.successfulJobsHistoryLimit", Some(json!(3))),
            ("cronjob.spec.startingDeadlineSeconds", None),
            ("cronjob.spec.jobTemplate.spec.backoffLimit", Some(json!(6))),
            ("cronjob.spec.jobTemplate.spec.template.spec.terminationGracePeriodSeconds", Some(json!(30))),
            ("job.spec.template.spec.containers[0].imagePullPolicy", Some(json!("Always"))),
            ("job.spec.template.spec.containers.livenessProbe.periodSeconds", Some(json!(10))),
            ("job.spec.template.spec.containers.image", None),
            ("job.spec.template.spec.containers", None),
        ] {
            assert_eq!(default(path), value, "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_names_what_is_there() {
        let unknown = field_reference("cronjob.spec.jobTemplate.spec.backofLimit").unwrap_err();
        assert_eq!((unknown.at.as_str(), unknown.name.as_str()), ("cronjob.spec.jobTemplate.spec", "backofLimit"));
        assert!(unknown.known.contains(&"backoffLimit"));
        assert_eq!(field_reference("pod.spec").unwrap_err().known, ["job", "cronjob"]);
        assert!(field_reference("job.spec.suspend.now").unwrap_err().known.is_empty());
    }

    #[test]
    fn every_field_of_a_cronjob_and_what_is_below_it_can_be_asked() {
        let mut left = vec!["cronjob".to_owned(), "job".to_owned()];
        let mut seen = 0;
        while let Some(path) = left.pop() {
            let field = field_reference(&path).unwrap_or_else(|e| panic!("{path}: {e:?}"));
            assert!(!field.kind.is_empty(), "{path}");
            seen += 1;
            // Some types contain themselves.
            if path.matches('.').count() < 9 {
                left.extend(field.children.iter().map(|(name, _)| format!("{path}.{name}")));
            }
        }
        assert!(seen > 1_000, "{seen} fields");
    }
}
