//! Rules about volumes: one table of the kinds, each with its own table of rules, in the API server's order.

use super::claims::CLAIM_TEMPLATE;
use super::projected::{downward_api, projected};
use super::remote::{
    azure_uri, csi_driver, csi_secret, fibre_channel, flex_options, flocker, iscsi, judge_portal, quobyte,
};
use crate::api::Quantity;
use crate::apiserver::rules::FieldCheck::{
    Always, Among, Between, Each, Fields, Format, Judge, JudgeAlways, Named, OneOf, Required,
};
use crate::apiserver::rules::formats::{absolute_path, descending_path, dns_label, local_path, no_backsteps};
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, given, judge, rule, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// A kind of volume: the field, its name in errors about too many kinds, its name in other errors, and its rules.
struct VolumeKind(&'static str, &'static str, &'static str, &'static [FieldRule]);

/// A kind whose name in errors is that of its field.
const fn kind(name: &'static str, rules: &'static [FieldRule]) -> VolumeKind {
    VolumeKind(name, name, name, rules)
}

/// The kinds; the first one in this order counts. The odd names are the server's own.
const KINDS: &[VolumeKind] = &[
    kind("emptyDir", &[rule("sizeLimit", Judge(size_limit))]),
    kind("hostPath", &[rule("", Judge(host_path))]),
    kind("gitRepo", &[rule("repository", Required("")), rule("directory", Format(descending_path))]),
    VolumeKind("gcePersistentDisk", "gcePersistentDisk", "persistentDisk", &[rule("pdName", Required("")), PARTITION]),
    kind("awsElasticBlockStore", &[rule("volumeID", Required("")), PARTITION]),
    kind("secret", &[rule("secretName", Required("")), DEFAULT_MODE, ITEMS]),
    kind("nfs", &[rule("server", Required("")), rule("path", Required("")), rule("path", Always(absolute_path))]),
    kind("iscsi", &[rule("", Judge(iscsi))]),
    kind("glusterfs", &[rule("endpoints", Required("")), rule("path", Required(""))]),
    kind("flocker", &[rule("", Judge(flocker))]),
    kind("persistentVolumeClaim", &[rule("claimName", Required(""))]),
    kind("rbd", &[rule("monitors", Required("")), rule("image", Required(""))]),
    kind("cinder", &[rule("volumeID", Required("")), rule("secretRef", Fields(SECRET_REF))]),
    VolumeKind("cephfs", "cephFS", "cephfs", &[rule("monitors", Required(""))]),
    kind("quobyte", &[rule("", Judge(quobyte)), rule("volume", Required(""))]),
    VolumeKind("downwardAPI", "downwarAPI", "downwardAPI", &[DEFAULT_MODE, rule("", Judge(downward_api))]),
    kind("fc", &[rule("", Judge(fibre_channel))]),
    kind("flexVolume", &[rule("driver", Required("")), rule("options", Judge(flex_options))]),
    kind("configMap", &[rule("name", Required("")), DEFAULT_MODE, ITEMS]),
    kind("azureFile", &[rule("secretName", Required("")), rule("shareName", Required(""))]),
    kind("vsphereVolume", &[rule("volumePath", Required(""))]),
    kind("photonPersistentDisk", &[rule("pdID", Required(""))]),
    kind("portworxVolume", &[rule("volumeID", Required(""))]),
    kind("azureDisk", AZURE_DISK),
    kind(
        "storageos",
        &[
            rule("volumeName", Named(dns_label)),
            rule("volumeNamespace", Format(dns_label)),
            rule("secretRef", Fields(SECRET_REF)),
        ],
    ),
    kind("projected", &[DEFAULT_MODE, rule("", Judge(projected))]),
    kind("scaleIO", &[rule("gateway", Required("")), rule("system", Required("")), rule("volumeName", Required(""))]),
    kind("csi", &[rule("driver", JudgeAlways(csi_driver)), rule("nodePublishSecretRef", Judge(csi_secret))]),
    kind(
        "ephemeral",
        &[rule("volumeClaimTemplate", Required("")), rule("volumeClaimTemplate", Fields(CLAIM_TEMPLATE))],
    ),
    kind("image", &[rule("reference", Required("")), rule("pullPolicy", Among(&["Always", "IfNotPresent", "Never"]))]),
];

const SECRET_REF: &[FieldRule] = &[rule("name", Required(""))];
const PARTITION: FieldRule = rule("partition", Between(0, 255, "must be between 1 and 255, inclusive"));
const MODE_WORDS: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const DEFAULT_MODE: FieldRule = rule("defaultMode", Between(0, 0o777, MODE_WORDS));
pub(super) const MODE: FieldRule = rule("mode", Between(0, 0o777, MODE_WORDS));
const ITEMS: FieldRule = rule("items", Each(KEY_TO_PATH));
pub(super) const KEY_TO_PATH: &[FieldRule] =
    &[rule("key", Required("")), rule("path", Required("")), rule("path", Format(local_path)), MODE];
const AZURE_DISK: &[FieldRule] = &[
    rule("diskName", Required("")),
    rule("diskURI", Required("")),
    rule("cachingMode", OneOf(&["None", "ReadOnly", "ReadWrite"])),
    rule("kind", OneOf(&["Dedicated", "Managed", "Shared"])),
    rule("", Judge(azure_uri)),
];
const TYPES_OF_HOST_PATHS: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// Validates the volumes and returns the valid ones by name.
pub(super) fn judge_volumes<'a>(
    volumes: &'a [Value],
    path: &Path,
    scope: &Scope,
    errors: &mut Errors,
) -> BTreeMap<&'a str, &'a Value> {
    let mut good = BTreeMap::new();
    for (place, volume) in volumes.iter().enumerate() {
        let path = path.index(place);
        let before = errors.0.len();
        judge_volume(volume, &path, scope, errors);
        judge(volume, &[rule("name", Named(dns_label))], &path, scope, errors);
        let name = text(volume, "name");
        if good.contains_key(name) {
            errors.duplicate(path.child("name"), name);
        }
        if errors.0.len() == before {
            good.insert(name, volume);
        }
    }
    good
}

fn judge_volume(volume: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut found = false;
    for VolumeKind(name, surplus, shown, rules) in KINDS {
        let Some(source) = given(volume, name) else { continue };
        if found {
            errors.forbidden(path.child(surplus), "may not specify more than 1 volume type");
        } else {
            judge(source, rules, &path.child(shown), scope, errors);
        }
        if *name == "iscsi" {
            judge_portal(volume, source, path, errors);
        }
        found = true;
    }
    if !found {
        errors.required(path, "must specify a volume type");
    }
}

fn size_limit(limit: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    if Quantity::of(limit).is_some_and(|limit| limit.is_negative()) {
        errors.forbidden(path, "SizeLimit field must be a valid resource quantity");
    }
}

fn host_path(source: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if text(source, "path").is_empty() {
        return errors.required(path.child("path"), "");
    }
    let rules = &[rule("path", Format(no_backsteps)), rule("type", OneOf(&TYPES_OF_HOST_PATHS))];
    judge(source, rules, path, scope, errors);
}

/// Whether a volume has no kind, which makes it an empty directory.
pub(super) fn has_no_kind(volume: &serde_json::Map<String, Value>) -> bool {
    KINDS.iter().all(|kind| volume.get(kind.0).is_none_or(Value::is_null))
}
