//! From a tree with places to the JSON that a read of the object would return: types are checked, unknown fields are
//! reported, empty values are left out, and amounts and times are brought into their canonical form. No defaults, and
//! no rules beyond types.
//!
//! It accepts what Go's decoder accepts: null means absent, integers must be written as such, names are case-sensitive.
//! All errors are reported, not only the first one.

use super::schema::{FieldType, ObjectType, Schema, Type, since};
use crate::api::Quantity;
use crate::release::KubernetesVersion;
use crate::text::suggest;
use crate::text::time_text;
use crate::text::tree::{Field, ReadError, TreeNode, Value};
use serde_json::{Map, Value as Json};

/// The errors in a tree.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    /// Values whose type is not the field's.
    pub types: Vec<ReadError>,
    /// Fields that do not exist.
    pub unknown: Vec<ReadError>,
}

impl Complaints {
    /// Whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty() && self.unknown.is_empty()
    }
}

/// The object of this type as JSON, and the errors in the tree. Erroneous parts are left out of the JSON.
pub(crate) fn decode(node: &TreeNode, type_name: &str) -> (Json, Complaints) {
    decode_as_of(node, type_name, KubernetesVersion::NEWEST)
}

/// The same with the fields of a release.
pub(crate) fn decode_as_of(node: &TreeNode, type_name: &str, version: KubernetesVersion) -> (Json, Complaints) {
    let mut decoder = Decoder { version, ..Decoder::default() };
    let json = decoder.object(node, Schema::get().named(type_name));
    (json, decoder.complaints)
}

/// A decoded object of this type as a read returns it: every amount in its short form.
pub(crate) fn as_read(object: &Json, type_name: &str) -> Json {
    let mut decoder = Decoder { canonical: true, ..Decoder::default() };
    decoder.object(&TreeNode::from_json(object), Schema::get().named(type_name))
}

/// Fields that people look for in the wrong place: the type into which they write the field, the type that has it, and
/// the hint. A field that two types have counts as that of the nearer one.
const HOMES: [(&str, &str, &str); 15] = [
    ("Job", "JobSpec", "it belongs to spec"),
    ("Job", "ObjectMeta", "it belongs to metadata"),
    ("CronJob", "CronJobSpec", "it belongs to spec"),
    ("CronJob", "ObjectMeta", "it belongs to metadata"),
    ("JobSpec", "PodSpec", "it belongs to the spec of the Pod (template.spec)"),
    ("JobSpec", "CronJobSpec", "that is a CronJob's"),
    ("CronJobSpec", "JobSpec", "it belongs to the spec of the Job (jobTemplate.spec)"),
    ("CronJobSpec", "PodSpec", "it belongs to the spec of the Pod (jobTemplate.spec.template.spec)"),
    ("JobTemplateSpec", "JobSpec", "it belongs to the spec of the Job"),
    ("PodTemplateSpec", "PodSpec", "it belongs to the spec of the Pod"),
    ("PodSpec", "JobSpec", "it belongs to the spec of the Job"),
    ("PodSpec", "Container", "it belongs to a container"),
    ("PodSpec", "CronJobSpec", "that is a CronJob's"),
    ("Container", "PodSpec", "it belongs to the spec of the Pod"),
    ("Container", "JobSpec", "it belongs to the spec of the Job"),
];

fn home_of(schema: &Schema, of: &str, field: &str) -> Option<&'static str> {
    let has = |home: &str| schema.named(home).field(field).is_some();
    HOMES.iter().find(|(wrong, home, _)| *wrong == of && has(home)).map(|(.., words)| *words)
}

struct Decoder {
    schema: &'static Schema,
    /// Whether every amount is brought into its short form.
    canonical: bool,
    /// The release that determines which fields exist.
    version: KubernetesVersion,
    path: String,
    complaints: Complaints,
}

impl Default for Decoder {
    fn default() -> Self {
        let (schema, version) = (Schema::get(), KubernetesVersion::NEWEST);
        Decoder { schema, canonical: false, version, path: String::new(), complaints: Complaints::default() }
    }
}

impl Decoder {
    fn wrong(&mut self, node: &TreeNode, allowed: &str) -> Option<Json> {
        let message = format!("must be {allowed}, not {}", shown(node));
        self.complaints.types.push(node.error(&self.path, message));
        None
    }

    /// Runs `work` one step further down the path.
    fn below<T>(&mut self, step: std::fmt::Arguments<'_>, work: impl FnOnce(&mut Self) -> T) -> T {
        use std::fmt::Write;
        let length = self.path.len();
        // Writing to a String cannot fail.
        let _ = self.path.write_fmt(step);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    fn object(&mut self, node: &TreeNode, of: &'static ObjectType) -> Json {
        let Value::Map(fields) = &node.value else {
            if node.value != Value::Null {
                self.wrong(node, "an object");
            }
            return zero_object(self.schema, of);
        };
        let mut values: Vec<Option<Json>> = of.fields.iter().map(|_| None).collect();
        for (name, value) in fields {
            let dot = if self.path.is_empty() { "" } else { "." };
            self.below(format_args!("{dot}{}", name.name), |decoder| match of.field(&name.name) {
                Some(_) if !since::is_known(of.name, &name.name, decoder.version) => {
                    let error = since::complaint(of.name, name, &decoder.path, decoder.version);
                    decoder.complaints.unknown.push(error);
                }
                Some((place, field)) => values[place] = decoder.value(value, &field.of),
                None => decoder.unknown(name, of),
            });
        }
        let written = of.fields.iter().zip(values).filter_map(|(field, value)| written(self.schema, field, value));
        Json::Object(written.collect())
    }

    fn unknown(&mut self, name: &Field, of: &ObjectType) {
        let home = home_of(self.schema, of.name, &name.name);
        let names = of.fields.iter().map(|f| f.name);
        let suggestion = suggest(&name.name, names).filter(|_| home.is_none()).map(str::to_owned);
        let home = home.map_or(String::new(), |home| format!(": {home}"));
        self.complaints.unknown.push(ReadError {
            line: name.line,
            column: name.column,
            field: self.path.clone(),
            message: format!("there is no such field in {}{home}", of.name),
            suggestion,
        });
    }

    fn value(&mut self, node: &TreeNode, of: &'static Type) -> Option<Json> {
        match (of, &node.value) {
            (_, Value::Null) => None,
            (Type::Text, Value::Text(text)) => Some(Json::from(text.as_str())),
            (Type::Bool, Value::Bool(b)) => Some(Json::from(*b)),
            (Type::Int64, Value::Int(n)) => Some(Json::from(*n)),
            (Type::Int32, Value::Int(n)) => match i32::try_from(*n) {
                Ok(n) => Some(Json::from(n)),
                Err(_) => self.wrong(node, "a whole number of 32 bits"),
            },
            (Type::Object(place), Value::Map(_)) => Some(self.object(node, self.schema.object(*place))),
            (Type::List(member), Value::List(list)) => Some(self.list(list, member)),
            (Type::Map(member), Value::Map(fields)) => {
                let mut map = Map::new();
                for (name, node) in fields {
                    let value = self.below(format_args!("[{}]", name.name), |decoder| decoder.value(node, member));
                    map.insert(name.name.clone(), value.unwrap_or_else(|| zero(self.schema, member)));
                }
                Some(Json::Object(map))
            }
            (Type::IntOrString, Value::Text(text)) => Some(Json::from(text.as_str())),
            (Type::IntOrString, Value::Int(n)) if i32::try_from(*n).is_ok() => Some(Json::from(*n)),
            (Type::Quantity, Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(_)) => {
                self.quantity(node)
            }
            (Type::Time, Value::Text(text)) => match time_text::normalized(text) {
                // Go's zero time is shown as nothing.
                Some(text) if text == "0001-01-01T00:00:00Z" => Some(Json::Null),
                Some(text) => Some(Json::from(text)),
                None => self.wrong(node, "a time such as 2026-01-31T12:00:00Z"),
            },
            (Type::Raw, _) => Some(node.to_json()),
            _ => self.wrong(node, allowed(of)),
        }
    }

    fn list(&mut self, list: &[TreeNode], member: &'static Type) -> Json {
        let value = |(n, node): (usize, &TreeNode)| {
            let value = self.below(format_args!("[{n}]"), |decoder| decoder.value(node, member));
            value.unwrap_or_else(|| zero(self.schema, member))
        };
        list.iter().enumerate().map(value).collect()
    }

    fn quantity(&mut self, node: &TreeNode) -> Option<Json> {
        let text = match &node.value {
            Value::Text(text) => text.trim().to_owned(),
            Value::Decimal(text) => text.clone(),
            Value::Float(x) => go_number(*x),
            _ => node.to_json().to_string(),
        };
        let Ok(amount) = Quantity::parse(&text) else {
            return self.wrong(node, &Quantity::expected(&text));
        };
        // The server judges the amount as it was read; a few enormous ones would overflow in their short form.
        let short = amount.to_string();
        let is_alike = Quantity::parse(&short).is_ok_and(|again| again.thousandths() == amount.thousandths());
        Some(Json::from(if is_alike || self.canonical { short } else { text }))
    }
}

/// A YAML number as it becomes JSON on its way to the server.
#[doc(alias = "json.Marshal")]
fn go_number(x: f64) -> String {
    let size = libm::fabs(x);
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{x:e}");
        return if text.contains("e-") { text } else { text.replace('e', "e+") };
    }
    x.to_string()
}

/// The value as messages show it: shortened.
fn shown(node: &TreeNode) -> String {
    match &node.value {
        Value::Text(text) if text.len() > 40 => {
            format!("{} ({:?}…)", node.kind(), text.chars().take(40).collect::<String>())
        }
        Value::Decimal(text) if text.len() > 40 => format!("{} ({}…)", node.kind(), &text[..40]),
        Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(_) | Value::Bool(_) => {
            format!("{} ({})", node.kind(), node.to_json())
        }
        _ => node.kind().to_owned(),
    }
}

fn allowed(of: &Type) -> &'static str {
    match of {
        Type::Text => "a string",
        Type::Bool => "true or false",
        Type::Int32 | Type::Int64 => "a whole number",
        Type::Quantity => "an amount such as 500m, 1.5 or 2Gi",
        Type::IntOrString => "a whole number of 32 bits or a string",
        Type::Time => "a time such as 2026-01-31T12:00:00Z",
        Type::Raw => "a value",
        Type::List(_) => "a list",
        Type::Map(_) | Type::Object(_) => "an object",
    }
}

/// The field as it is written; `None` if it is left out.
fn written(schema: &'static Schema, field: &FieldType, value: Option<Json>) -> Option<(String, Json)> {
    let empty = match &value {
        None => true,
        Some(_) if field.pointer => false,
        Some(Json::Object(map)) => map.is_empty() && !matches!(field.of, Type::Object(_)),
        Some(Json::Array(list)) => list.is_empty(),
        Some(Json::String(text)) => text.is_empty() && field.of != Type::IntOrString,
        Some(value) => value.as_bool() == Some(false) || value.as_i64() == Some(0) && field.of != Type::IntOrString,
    };
    let is_object = matches!(field.of, Type::Object(_) | Type::Time | Type::Quantity) && !field.pointer;
    let value = match value {
        _ if empty && is_object && !field.sparse => zero(schema, &field.of),
        _ if empty && !field.kept => return None,
        _ if empty && field.pointer => Json::Null,
        _ if empty => zero(schema, &field.of),
        Some(value) => value,
        None => return None,
    };
    Some((field.name.to_owned(), value))
}

/// The zero value of a type as it is written.
fn zero(schema: &'static Schema, of: &Type) -> Json {
    match of {
        Type::Text => Json::from(""),
        Type::Bool => Json::from(false),
        Type::Int32 | Type::Int64 | Type::IntOrString => Json::from(0),
        Type::Quantity => Json::from("0"),
        Type::Time | Type::Raw | Type::List(_) | Type::Map(_) => Json::Null,
        Type::Object(place) => zero_object(schema, schema.object(*place)),
    }
}

fn zero_object(schema: &'static Schema, of: &ObjectType) -> Json {
    Json::Object(of.fields.iter().filter_map(|field| written(schema, field, None)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_documents;

    fn read(text: &str, type_name: &str) -> (String, Vec<String>) {
        let (json, complaints) = decode(&read_documents(text).unwrap()[0], type_name);
        let all = complaints.types.iter().chain(&complaints.unknown);
        (json.to_string(), all.map(ToString::to_string).collect())
    }

    #[test]
    fn values_are_brought_into_their_canonical_form() {
        let cases = [
            (
                "JobStatus",
                "{active: 0, ready: 0, startTime: 2026-01-01T01:00:00+01:00}",
                r#"{"startTime":"2026-01-01T00:00:00Z","ready":0}"#,
            ),
            (
                "ResourceRequirements",
                "{limits: {cpu: 1000m, memory: 1024Mi, gpu: 1.5}, claims: []}",
                r#"{"limits":{"cpu":"1","memory":"1Gi","gpu":"1500m"}}"#,
            ),
            (
                "PodFailurePolicy",
                "{rules: [null, {action: Count, onPodConditions: []}]}",
                r#"{"rules":[{"action":""},{"action":"Count"}]}"#,
            ),
            ("PodFailurePolicy", "{rules: []}", r#"{"rules":null}"#),
            ("PodTemplateSpec", "{}", r#"{"metadata":{},"spec":{"containers":null}}"#),
            ("HTTPGetAction", "{port: 80}", r#"{"port":80}"#),
            ("ObjectMeta", "{labels: {a: null}, creationTimestamp: null}", r#"{"labels":{"a":""}}"#),
            ("JobStatus", "{startTime: '0001-01-01T00:00:00Z'}", r#"{"startTime":null}"#),
            (
                "CronJobStatus",
                "{lastScheduleTime: '2026-01-01T1:00:00.5+02:00'}",
                r#"{"lastScheduleTime":"2025-12-31T23:00:00Z"}"#,
            ),
            // In YAML a number is converted to 64 bits before it becomes an amount; in JSON its text is kept.
            ("ResourceRequirements", "limits: {m: 1e3}", r#"{"limits":{"m":"1k"}}"#),
            ("ResourceRequirements", r#"{"limits":{"m":1e3}}"#, r#"{"limits":{"m":"1e3"}}"#),
            // An amount this large would overflow in its short form: see [`as_read`].
            ("ResourceRequirements", "limits: {m: 1e18}", r#"{"limits":{"m":"1000000000000000000"}}"#),
            ("ResourceRequirements", "limits: {m: 1e21}", r#"{"limits":{"m":"1e+21"}}"#),
            ("ResourceRequirements", "limits: {m: 1e400}", r#"{"limits":{"m":"10e399"}}"#),
            ("ResourceRequirements", r#"{"limits":{"m":1e400}}"#, r#"{"limits":{"m":"10e399"}}"#),
            ("ResourceRequirements", r#"{"limits":{"m":1.10}}"#, r#"{"limits":{"m":"1100m"}}"#),
            ("ResourceRequirements", "limits: {m: 12345678901234567890}", r#"{"limits":{"m":"12345678901234567890"}}"#),
            (
                "ResourceRequirements",
                r#"{"limits":{"m":12345678901234567890}}"#,
                r#"{"limits":{"m":"12345678901234567890"}}"#,
            ),
        ];
        for (type_name, text, json) in cases {
            assert_eq!(read(text, type_name), (json.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn a_read_shows_every_amount_in_its_short_form() {
        let object = serde_json::json!({"limits": {"m": "1000000000000000000", "n": "1024Ki"}});
        let shown = as_read(&object, "ResourceRequirements");
        assert_eq!(shown.to_string(), r#"{"limits":{"m":"1E","n":"1Mi"}}"#);
    }

    #[test]
    fn what_is_wrong_has_a_place_and_a_path() {
        let cases = [
            (
                "JobSpec",
                "paralellism: 1",
                "1:1: paralellism: there is no such field in JobSpec (did you mean \"parallelism\"?)",
            ),
            ("JobSpec", "schedule: x", "1:1: schedule: there is no such field in JobSpec: that is a CronJob's"),
            (
                "PodSpec",
                "backoffLimit: 1",
                "1:1: backoffLimit: there is no such field in PodSpec: it belongs to the spec of the Job",
            ),
            (
                "CronJobSpec",
                "activeDeadlineSeconds: 1",
                "1:1: activeDeadlineSeconds: there is no such field in CronJobSpec: it belongs to the spec of the Job \
                 (jobTemplate.spec)",
            ),
            (
                "JobSpec",
                "template:\n  spec:\n    containers:\n    - name: 5",
                "4:13: template.spec.containers[0].name: must be a string, not a whole number (5)",
            ),
            (
                "JobSpec",
                "parallelism: 3000000000",
                "1:14: parallelism: must be a whole number of 32 bits, not a whole number (3000000000)",
            ),
            ("JobSpec", "suspend: 'yes'", "1:10: suspend: must be true or false, not a string (\"yes\")"),
            (
                "ResourceRequirements",
                "limits: {cpu: 1K}",
                "1:15: limits[cpu]: must be an amount such as 500m, 1.5 or 2Gi, not a string (\"1K\")",
            ),
            (
                "JobStatus",
                "startTime: today",
                "1:12: startTime: must be a time such as 2026-01-31T12:00:00Z, not a string (\"today\")",
            ),
            ("JobSpec", "[]", "1:1: must be an object, not a list"),
        ];
        for (type_name, text, error) in cases {
            assert_eq!(read(text, type_name).1, [error], "{text}");
        }
    }
}
