//! The API server's defaults for fields of a Pod template. The template has been decoded, so types are right and empty
//! values are already absent. Whether it is valid does not matter here.
//!
//! Source: `pkg/apis/core/v1/defaults.go` of Kubernetes v1.37.

use super::image::tag_of;
use super::volumes;
use crate::api::Quantity;
use serde_json::{Map, Value, json};

type JsonObject = Map<String, Value>;

/// The default of a field.
#[derive(Clone, Copy)]
enum FieldDefault {
    /// This JSON, if the field is absent.
    Value(&'static str),
    /// Amounts of resources by name, each rounded up to a thousandth.
    Amounts,
    /// The defaults of this object's fields, if the object is present.
    Object(DefaultTable),
    /// The defaults of each member's fields.
    Each(DefaultTable),
    /// Defaults that depend on several fields of the object, after those of its single fields.
    Then(fn(&mut JsonObject)),
}

/// The fields of an object that have defaults, or that contain fields with defaults.
type DefaultTable = &'static [(&'static str, FieldDefault)];

use FieldDefault::{Amounts, Each, Object, Then, Value as Json};

/// Fills in the defaults of a decoded Pod template.
pub(crate) fn default_pod_template(template: &mut Value) {
    if let Value::Object(template) = template {
        fill(template, TEMPLATE);
    }
}

fn fill(object: &mut JsonObject, table: DefaultTable) {
    for (name, default) in table {
        match (default, object.get_mut(*name)) {
            (Then(then), _) => then(object),
            (Json(json), None | Some(Value::Null)) => {
                let value = serde_json::from_str(json).expect("the tables hold JSON");
                object.insert((*name).to_owned(), value);
            }
            (Object(table), Some(Value::Object(inner))) => fill(inner, table),
            (Each(table), Some(Value::Array(members))) => {
                members.iter_mut().filter_map(Value::as_object_mut).for_each(|member| fill(member, table));
            }
            (Amounts, Some(Value::Object(amounts))) => amounts.values_mut().for_each(round_up),
            _ => {}
        }
    }
}

fn round_up(amount: &mut Value) {
    let Some(quantity) = Quantity::of(amount) else { return };
    let rounded = quantity.clone().rounded_to_milli();
    if rounded != quantity {
        *amount = rounded.to_string().into();
    }
}

const TEMPLATE: DefaultTable = &[("spec", Object(SPEC))];
const SPEC: DefaultTable = &[
    ("volumes", Each(VOLUME)),
    ("initContainers", Each(CONTAINER)),
    ("containers", Each(CONTAINER)),
    ("ephemeralContainers", Each(CONTAINER)),
    ("restartPolicy", Json("\"Always\"")),
    ("terminationGracePeriodSeconds", Json("30")),
    ("dnsPolicy", Json("\"ClusterFirst\"")),
    ("securityContext", Json("{}")),
    ("schedulerName", Json("\"default-scheduler\"")),
    ("overhead", Amounts),
    ("resources", Object(RESOURCES)),
    ("", Then(same_service_account)),
];
const CONTAINER: DefaultTable = &[
    ("env", Each(&[("valueFrom", Object(ENV_SOURCE))])),
    ("ports", Each(&[("protocol", Json("\"TCP\""))])),
    ("resources", Object(RESOURCES)),
    ("livenessProbe", Object(PROBE)),
    ("readinessProbe", Object(PROBE)),
    ("startupProbe", Object(PROBE)),
    ("lifecycle", Object(&[("postStart", Object(HANDLER)), ("preStop", Object(HANDLER))])),
    ("terminationMessagePath", Json("\"/dev/termination-log\"")),
    ("terminationMessagePolicy", Json("\"File\"")),
    ("", Then(default_pull_policy)),
    ("", Then(no_stop_signal)),
];
const RESOURCES: DefaultTable = &[("limits", Amounts), ("requests", Amounts)];
const ENV_SOURCE: DefaultTable =
    &[("fieldRef", Object(FIELD_REF)), ("fileKeyRef", Object(&[("optional", Json("false"))]))];
const FIELD_REF: DefaultTable = &[("apiVersion", Json("\"v1\""))];
const PROBE: DefaultTable = &[
    ("httpGet", Object(HTTP_GET)),
    ("grpc", Object(&[("service", Json("\"\""))])),
    ("timeoutSeconds", Json("1")),
    ("periodSeconds", Json("10")),
    ("successThreshold", Json("1")),
    ("failureThreshold", Json("3")),
];
const HANDLER: DefaultTable = &[("httpGet", Object(HTTP_GET))];
const HTTP_GET: DefaultTable = &[("path", Json("\"/\"")), ("scheme", Json("\"HTTP\""))];

const DEFAULT_MODE: (&str, FieldDefault) = ("defaultMode", Json("420"));
const FILES: (&str, FieldDefault) = ("items", Each(&[("fieldRef", Object(FIELD_REF))]));
const VOLUME: DefaultTable = &[
    ("hostPath", Object(&[("type", Json("\"\""))])),
    ("secret", Object(&[DEFAULT_MODE])),
    ("configMap", Object(&[DEFAULT_MODE])),
    ("downwardAPI", Object(&[DEFAULT_MODE, FILES])),
    ("projected", Object(&[DEFAULT_MODE, ("sources", Each(PROJECTION))])),
    ("iscsi", Object(&[("iscsiInterface", Json("\"default\""))])),
    (
        "rbd",
        Object(&[("pool", Json("\"rbd\"")), ("user", Json("\"admin\"")), ("keyring", Json("\"/etc/ceph/keyring\""))]),
    ),
    (
        "azureDisk",
        Object(&[
            ("cachingMode", Json("\"ReadWrite\"")),
            ("fsType", Json("\"ext4\"")),
            ("readOnly", Json("false")),
            ("kind", Json("\"Shared\"")),
        ]),
    ),
    ("scaleIO", Object(&[("storageMode", Json("\"ThinProvisioned\"")), ("fsType", Json("\"xfs\""))])),
    ("ephemeral", Object(&[("volumeClaimTemplate", Object(&[("spec", Object(CLAIM))]))])),
    ("", Then(empty_directory)),
    ("", Then(default_image_policy)),
];
const PROJECTION: DefaultTable =
    &[("downwardAPI", Object(&[FILES])), ("serviceAccountToken", Object(&[("expirationSeconds", Json("3600"))]))];
const CLAIM: DefaultTable = &[("resources", Object(RESOURCES)), ("volumeMode", Json("\"Filesystem\""))];

/// A volume without a kind is an empty directory.
fn empty_directory(volume: &mut JsonObject) {
    if volumes::has_no_kind(volume) {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
}

/// The service account also has an older name, under which it appears too.
fn same_service_account(spec: &mut JsonObject) {
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).cloned();
    if let Some(account) = account {
        spec.insert("serviceAccountName".to_owned(), account.clone());
        spec.insert("serviceAccount".to_owned(), account);
    }
}

/// Images without a tag, or with the tag `latest`, are always pulled.
fn default_pull_policy(container: &mut JsonObject) {
    put_pull_policy(container, "imagePullPolicy", "image");
}

fn default_image_policy(volume: &mut JsonObject) {
    if let Some(Value::Object(image)) = volume.get_mut("image") {
        put_pull_policy(image, "pullPolicy", "reference");
    }
}

fn put_pull_policy(holder: &mut JsonObject, policy: &str, image: &str) {
    if !holder.contains_key(policy) {
        let image = holder.get(image).and_then(Value::as_str).unwrap_or_default();
        let word = if tag_of(image) == Some("latest") { "Always" } else { "IfNotPresent" };
        holder.insert(policy.to_owned(), word.into());
    }
}

/// Stop signals are behind a feature gate that is off. A lifecycle that is empty without them is removed too.
fn no_stop_signal(container: &mut JsonObject) {
    if let Some(Value::Object(lifecycle)) = container.get_mut("lifecycle") {
        lifecycle.shift_remove("stopSignal");
        if lifecycle.is_empty() {
            container.shift_remove("lifecycle");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::decode::decode;
    use crate::text::TreeNode;

    #[test]
    fn a_template_gets_its_defaults_and_loses_what_is_empty() {
        let template = json!({"spec": {
            "containers": [{"name": "c", "image": "busybox", "command": [], "tty": false,
                "resources": {"limits": {"cpu": 0.5}},
                "readinessProbe": {"httpGet": {"port": "web"}, "periodSeconds": 0}}],
            "volumes": [{"name": "v"}, {"name": "w", "hostPath": {"path": "/x"}}],
            "hostNetwork": false, "nodeName": "", "nodeSelector": {}, "serviceAccount": "sa"}});
        let (mut template, complaints) = decode(&TreeNode::from_json(&template), "PodTemplateSpec");
        assert!(complaints.is_empty());
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
