//! The API server's defaults in a Pod template, and the form in which it keeps one: what is empty is left out, amounts are
//! written in their shortest form, from the tables in `shapes`. It says nothing about whether the template is allowed.

use super::Quantity;
use super::image::tag_of;
use super::shapes::{FieldShape, FieldShapes, TEMPLATE};
use super::volumes;
use serde_json::{Map, Value, json};

pub(super) type JsonObject = Map<String, Value>;

/// Puts the API server's defaults into a decoded Pod template and leaves out what it does not keep.
pub fn default_pod_template(template: &mut Value) {
    if template.is_null() {
        *template = json!({});
    }
    if let Value::Object(template) = template {
        settle(template, TEMPLATE);
    }
}

fn settle(object: &mut JsonObject, kind: FieldShapes) {
    for (name, shape) in kind {
        settle_field(object, name, *shape);
    }
    let is_listed = |name: &str| kind.iter().any(|(listed, _)| *listed == name);
    object.retain(|name, value| is_listed(name) || keep_plain(value));
}

/// A plain field: whether it is kept. Objects are, even without fields.
fn keep_plain(value: &mut Value) -> bool {
    match value {
        Value::Object(object) => settle(object, &[]),
        Value::Array(members) => members.iter_mut().for_each(settle_member),
        _ => {}
    }
    !is_zero(value)
}

fn settle_member(member: &mut Value) {
    if let Value::Object(object) = member {
        settle(object, &[]);
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

fn settle_field(object: &mut JsonObject, name: &str, shape: FieldShape) {
    let value = object.get_mut(name);
    match (shape, value) {
        (FieldShape::Then(then), _) => then(object),
        (FieldShape::Always(json), None | Some(Value::Null)) => put(object, name, json),
        (FieldShape::Default(json), None) => put(object, name, json),
        (FieldShape::Default(json), Some(value)) if is_zero(value) => put(object, name, json),
        (FieldShape::AlwaysObject(kind), None | Some(Value::Null)) => {
            let mut inner = JsonObject::new();
            settle(&mut inner, kind);
            object.insert(name.to_owned(), Value::Object(inner));
        }
        (_, Some(Value::Null)) => remove(object, name),
        (FieldShape::AlwaysObject(kind) | FieldShape::Object(kind), Some(Value::Object(inner))) => settle(inner, kind),
        (FieldShape::Each(kind), Some(Value::Array(members))) if !members.is_empty() => settle_each(members, kind),
        (FieldShape::Amount, Some(value)) => shorten(value),
        (FieldShape::Amounts, Some(Value::Object(amounts))) if !amounts.is_empty() => {
            amounts.values_mut().for_each(round)
        }
        (FieldShape::Each(_) | FieldShape::Amounts | FieldShape::Map, Some(value)) if is_empty_collection(value) => {
            remove(object, name)
        }
        _ => {}
    }
}

/// A member that is null is an object without fields.
fn settle_each(members: &mut [Value], kind: FieldShapes) {
    for member in members {
        if member.is_null() {
            *member = json!({});
        }
        if let Value::Object(object) = member {
            settle(object, kind);
        }
    }
}

fn is_empty_collection(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

fn put(object: &mut JsonObject, name: &str, json: &str) {
    let value = serde_json::from_str(json).expect("the tables hold JSON");
    object.insert(name.to_owned(), value);
}

/// Keeps the order of the other fields.
fn remove(object: &mut JsonObject, name: &str) {
    object.shift_remove(name);
}

fn shorten(amount: &mut Value) {
    if let Some(quantity) = Quantity::of(amount) {
        *amount = quantity.to_string().into();
    }
}

fn round(amount: &mut Value) {
    let quantity = if amount.is_null() { Some(Quantity::zero()) } else { Quantity::of(amount) };
    if let Some(quantity) = quantity {
        *amount = quantity.rounded_to_milli().to_string().into();
    }
}

/// A volume of no kind is an empty directory.
pub(super) fn empty_directory(volume: &mut JsonObject) {
    if volumes::has_no_kind(volume) {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
}

/// The sources are always written.
pub(super) fn null_sources(projected: &mut JsonObject) {
    projected.entry("sources").or_insert(Value::Null);
}

/// The account has an older name, under which it is shown too.
pub(super) fn same_service_account(spec: &mut JsonObject) {
    let named = |spec: &JsonObject, name: &str| spec.get(name).filter(|name| !is_zero(name)).cloned();
    let account = named(spec, "serviceAccountName").or_else(|| named(spec, "serviceAccount"));
    if let Some(account) = account {
        spec.insert("serviceAccountName".to_owned(), account.clone());
        spec.insert("serviceAccount".to_owned(), account);
    }
}

/// Images without a tag, or with `latest`, are pulled each time.
pub(super) fn default_pull_policy(container: &mut JsonObject) {
    put_pull_policy(container, "imagePullPolicy", "image");
}

pub(super) fn default_image_policy(volume: &mut JsonObject) {
    if let Some(Value::Object(image)) = volume.get_mut("image") {
        put_pull_policy(image, "pullPolicy", "reference");
    }
}

fn put_pull_policy(holder: &mut JsonObject, policy: &str, image: &str) {
    if holder.get(policy).is_none_or(is_zero) {
        let image = holder.get(image).and_then(Value::as_str).unwrap_or_default();
        let word = if tag_of(image) == Some("latest") { "Always" } else { "IfNotPresent" };
        holder.insert(policy.to_owned(), word.into());
    }
}

/// Stop signals are behind a feature gate that is off; a lifecycle of which nothing is left goes with them.
pub(super) fn no_stop_signal(container: &mut JsonObject) {
    if let Some(Value::Object(lifecycle)) = container.get_mut("lifecycle") {
        remove(lifecycle, "stopSignal");
        if lifecycle.is_empty() {
            remove(container, "lifecycle");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_gets_its_defaults_and_loses_what_is_empty() {
        let mut template = json!({"spec": {
            "containers": [{"name": "c", "image": "busybox", "command": [], "tty": false,
                "resources": {"limits": {"cpu": 0.5}},
                "readinessProbe": {"httpGet": {"port": "web"}, "periodSeconds": 0}}],
            "volumes": [{"name": "v"}, {"name": "w", "hostPath": {"path": "/x"}}],
            "hostNetwork": false, "nodeName": "", "nodeSelector": {}, "serviceAccount": "sa"}});
        default_pod_template(&mut template);
        let expected = json!({"metadata": {}, "spec": {
            "containers": [{"name": "c", "image": "busybox", "imagePullPolicy": "Always",
                "resources": {"limits": {"cpu": "500m"}},
                "readinessProbe": {"httpGet": {"port": "web", "path": "/", "scheme": "HTTP"}, "periodSeconds": 10,
                    "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}],
            "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "hostPath": {"path": "/x", "type": ""}}],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "securityContext": {}, "schedulerName": "default-scheduler",
            "serviceAccount": "sa", "serviceAccountName": "sa"}});
        assert_eq!(template, expected);
    }
}
