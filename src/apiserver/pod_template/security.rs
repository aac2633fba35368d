//! Rules about security: contexts of Pods and of containers, and kernel settings.

use super::profiles::{APP_ARMOR, SECCOMP};
use super::windows::WINDOWS;
use crate::apiserver::rules::FieldCheck::{Fields, Judge, OneOf, Range};
use crate::apiserver::rules::formats::sysctl_name;
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, at, flag, judge, members, rule, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// The largest user or group, on every system.
const LARGEST_ID: i64 = i32::MAX as i64;
const ID: crate::apiserver::rules::FieldCheck = Range(0, LARGEST_ID);

/// The security context of a container.
pub(super) const CONTAINER_SECURITY: &[FieldRule] = &[
    rule("privileged", Judge(privileged)),
    rule("runAsUser", ID),
    rule("runAsGroup", ID),
    rule("procMount", OneOf(&["Default", "Unmasked"])),
    rule("procMount", Judge(unmasked)),
    rule("seccompProfile", Fields(SECCOMP)),
    rule("", Judge(escalation)),
    rule("windowsOptions", Fields(WINDOWS)),
    rule("appArmorProfile", Fields(APP_ARMOR)),
];

/// The security context of a Pod.
pub(super) const POD_SECURITY: &[FieldRule] = &[
    rule("fsGroup", ID),
    rule("runAsUser", ID),
    rule("runAsGroup", ID),
    rule("supplementalGroups", Judge(groups)),
    rule("", Judge(shared_processes)),
    rule("sysctls", Judge(sysctls)),
    rule("fsGroupChangePolicy", OneOf(&["Always", "OnRootMismatch"])),
    rule("seccompProfile", Fields(SECCOMP)),
    rule("windowsOptions", Fields(WINDOWS)),
    rule("appArmorProfile", Fields(APP_ARMOR)),
    rule("supplementalGroupsPolicy", OneOf(&["Merge", "Strict"])),
    rule("seLinuxChangePolicy", OneOf(&["MountOption", "Recursive"])),
];

fn privileged(privileged: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if privileged.as_bool() == Some(true) && !scope.options.allow_privileged {
        errors.forbidden(path, "disallowed by cluster policy");
    }
}

fn unmasked(mount: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if mount.as_str() == Some("Unmasked") && scope.host_users() {
        errors.invalid(path, "Unmasked", "`hostUsers` must be false to use `Unmasked`");
    }
}

/// Settings that contradict `allowPrivilegeEscalation: false`.
fn escalation(context: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    if flag(context, "allowPrivilegeEscalation") != Some(false) {
        return;
    }
    let mut contradicts = |other: &str| {
        errors.invalid(path, context.clone(), format!("cannot set `allowPrivilegeEscalation` to false and {other}"));
    };
    if flag(context, "privileged") == Some(true) {
        contradicts("`privileged` to true");
    }
    let added = at(context, &["capabilities", "add"]).map_or(&[][..], members);
    for _ in added.iter().filter(|capability| capability.as_str() == Some("CAP_SYS_ADMIN")) {
        contradicts("`capabilities.Add` CAP_SYS_ADMIN");
    }
}

fn groups(groups: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    for (place, group) in members(groups).iter().enumerate() {
        judge(group, &[rule("", ID)], &path.index(place), scope, errors);
    }
}

fn shared_processes(_: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if flag(scope.spec, "shareProcessNamespace") == Some(true) && flag(scope.spec, "hostPID") == Some(true) {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(path.parent().child("shareProcessNamespace"), true, detail);
    }
}

fn sysctls(sysctls: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (place, sysctl) in members(sysctls).iter().enumerate() {
        let path = path.index(place);
        let path = path.child("name");
        let name = text(sysctl, "name");
        let complaints = sysctl_name(name);
        if name.is_empty() {
            errors.required(path, "");
        } else if !complaints.is_empty() {
            errors.invalid_each(path, name, complaints);
        } else if names.contains(name) {
            errors.duplicate(path, name);
        }
        judge_host_sysctl(name, scope, &path, errors);
        names.insert(name);
    }
}

/// A kernel setting of a namespace that the Pod shares with the node would change the node's.
fn judge_host_sysctl(name: &str, scope: &Scope, path: &Path, errors: &mut Errors) {
    let name_with_dots = name.replace('/', ".");
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name_with_dots.starts_with(prefix));
    let of_network = begins(&["net."]);
    let of_messages = begins(&["kernel.shm", "kernel.msg", "fs.mqueue."]) || name_with_dots == "kernel.sem";
    for (shared, concerned) in [("hostNetwork", of_network), ("hostIPC", of_messages)] {
        if concerned && flag(scope.spec, shared) == Some(true) {
            return errors.invalid(path, name, format!("may not be specified when '{shared}' is true"));
        }
    }
}
