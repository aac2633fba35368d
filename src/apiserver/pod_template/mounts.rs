//! Rules about what a container mounts: volumes as file systems, volumes as devices, and that the two do not overlap.

use crate::apiserver::rules::FieldCheck::{Format, OneOf, Required};
use crate::apiserver::rules::formats::{descending_path, no_backsteps};
use crate::apiserver::rules::{Errors, Path, Scope, flag, given, judge, list, rule, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a container mounts.
pub(super) fn mounts_and_devices(container: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let privileged = given(container, "securityContext").and_then(|context| flag(context, "privileged")) == Some(true);
    let (mounts, devices) = (list(container, "volumeMounts"), list(container, "volumeDevices"));
    let mut paths = BTreeSet::new();
    let list_path = path.child("volumeMounts");
    for (place, mount) in mounts.iter().enumerate() {
        let path = list_path.index(place);
        judge_mount(mount, &path, scope, errors);
        let at = text(mount, "mountPath");
        if !paths.insert(at) {
            errors.invalid(path.child("mountPath"), at, "must be unique");
        }
        judge_overlap(mount, "mountPath", devices, "devicePath", "volumeDevices", &path, errors);
        judge_sub_paths(mount, &path, &list_path, scope, errors);
        judge_propagation(mount, privileged, &list_path, scope, errors);
    }
    judge_devices(devices, mounts, &path.child("volumeDevices"), scope, errors);
}

fn judge_mount(mount: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let name = text(mount, "name");
    judge(mount, &[rule("name", Required(""))], path, scope, errors);
    if !scope.volumes.contains_key(name) {
        errors.not_found(path.child("name"), name, "");
    }
    judge(mount, &[rule("mountPath", Required(""))], path, scope, errors);
}

/// A name or path of a mount must not be used for a device, and vice versa.
fn judge_overlap(
    one: &Value,
    own: &str,
    others: &[Value],
    foreign: &str,
    kind: &str,
    path: &Path,
    errors: &mut Errors,
) {
    let (name, at) = (text(one, "name"), text(one, own));
    if others.iter().any(|other| text(other, "name") == name) {
        errors.invalid(path.child("name"), name, format!("must not already exist in {kind}"));
    }
    if others.iter().any(|other| text(other, foreign) == at) {
        errors.invalid(path.child(own), at, format!("must not already exist as a path in {kind}"));
    }
}

fn judge_sub_paths(mount: &Value, path: &Path, list_path: &Path, scope: &Scope, errors: &mut Errors) {
    let (plain, expression) = (text(mount, "subPath"), text(mount, "subPathExpr"));
    let of_image = scope.volumes.get(text(mount, "name")).is_some_and(|volume| given(volume, "image").is_some());
    for name in ["subPath", "subPathExpr"] {
        if of_image && !text(mount, name).is_empty() && !scope.options.allow_image_sub_path {
            errors.invalid(path.child(name), text(mount, name), "not allowed in image volume sources");
        }
    }
    judge(mount, &[rule("subPath", Format(descending_path))], list_path, scope, errors);
    if !plain.is_empty() && !expression.is_empty() {
        errors.invalid(path.child("subPathExpr"), expression, "subPathExpr and subPath are mutually exclusive");
    }
    judge(mount, &[rule("subPathExpr", Format(descending_path))], list_path, scope, errors);
}

fn judge_propagation(mount: &Value, privileged: bool, list_path: &Path, scope: &Scope, errors: &mut Errors) {
    let propagation = text(mount, "mountPropagation");
    let modes = OneOf(&["Bidirectional", "HostToContainer", "None"]);
    judge(mount, &[rule("mountPropagation", modes)], list_path, scope, errors);
    if propagation == "Bidirectional" && !privileged {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        errors.forbidden(list_path.child("mountPropagation"), detail);
    }
    let modes = OneOf(&["Disabled", "Enabled", "IfPossible"]);
    judge(mount, &[rule("recursiveReadOnly", modes)], list_path, scope, errors);
    let path = list_path.child("recursiveReadOnly");
    if matches!(text(mount, "recursiveReadOnly"), "Enabled" | "IfPossible") {
        if flag(mount, "readOnly") != Some(true) {
            errors.forbidden(path, "may only be specified when readOnly is true");
        }
        if !matches!(propagation, "" | "None") {
            errors.forbidden(path, "may only be specified when mountPropagation is None or not specified");
        }
    }
}

fn judge_devices(devices: &[Value], mounts: &[Value], path: &Path, scope: &Scope, errors: &mut Errors) {
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (place, device) in devices.iter().enumerate() {
        let path = path.index(place);
        let (name, at) = (text(device, "name"), text(device, "devicePath"));
        let (name_path, device_path) = (path.child("name"), path.child("devicePath"));
        judge(device, &[rule("name", Required(""))], &path, scope, errors);
        if names.contains(name) {
            errors.invalid(name_path, name, "must be unique");
        }
        match scope.volumes.get(name) {
            None => errors.not_found(name_path, name, ""),
            Some(volume) if ["persistentVolumeClaim", "ephemeral"].iter().all(|kind| given(volume, kind).is_none()) => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(name_path, name, detail);
            }
            Some(_) => {}
        }
        judge(device, &[rule("devicePath", Required(""))], &path, scope, errors);
        if paths.contains(at) {
            errors.invalid(device_path, at, "must be unique");
        }
        if no_backsteps(at).is_empty() {
            paths.insert(at);
        } else {
            errors.invalid(device_path, at, "can not contain backsteps ('..')");
        }
        judge_overlap(device, "devicePath", mounts, "mountPath", "volumeMounts", &path, errors);
        names.extend(Some(name).filter(|name| !name.is_empty()));
    }
}
