//! Rules about containers: regular, init, sidecar and ephemeral ones, with their ports, mounts, devices, probes,
//! handlers and restart rules. Environment, resources and security context are in modules of their own.

use super::env::{ENV, env_from};
use super::mounts::mounts_and_devices;
use super::resources::container_resources;
use super::security::CONTAINER_SECURITY;
use crate::apiserver::rules::FieldCheck::{
    Among, Between, Each, Exactly, Fields, Judge, JudgeAlways, Named, OneOf, Required,
};
use crate::apiserver::rules::formats::{dns_label, header_name, port_name};
use crate::apiserver::rules::{
    Errors, FieldRule, Path, Scope, given, int, judge, list, members, range_words, rule, text,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The largest number of restart rules of a container.
const MOST_RESTART_RULES: usize = 20;
const NO_POLICY: &str = "must specify restartPolicy when restart rules are used";
/// The largest number of exit codes in such a rule.
const MOST_EXIT_CODES: usize = 255;

/// The rules for every kind of container.
const CONTAINER: &[FieldRule] = &[
    rule("name", Named(dns_label)),
    rule("image", Required("")),
    rule("terminationMessagePolicy", Among(&["File", "FallbackToLogsOnError"])),
    rule("ports", Judge(ports)),
    rule("env", Each(ENV)),
    rule("envFrom", Judge(env_from)),
    rule("", Judge(mounts_and_devices)),
    rule("imagePullPolicy", Among(&["Always", "IfNotPresent", "Never"])),
    rule("resources", Judge(container_resources)),
    rule("resizePolicy", Judge(resize_policies)),
    rule("securityContext", Fields(CONTAINER_SECURITY)),
];

/// The rules for containers that may have probes: regular ones and sidecars.
const WATCHED: &[FieldRule] = &[
    rule("lifecycle", Fields(&[rule("postStart", Judge(handler)), rule("preStop", Judge(handler))])),
    rule("livenessProbe", Fields(LIVENESS)),
    rule("readinessProbe", Fields(READINESS)),
    rule("startupProbe", Fields(LIVENESS)),
];

const AT_LEAST_0: &str = "must be greater than or equal to 0";

const PROBE: &[FieldRule] = &[
    rule("", Judge(handler)),
    rule("initialDelaySeconds", Between(0, i64::MAX, AT_LEAST_0)),
    rule("timeoutSeconds", Between(0, i64::MAX, AT_LEAST_0)),
    rule("periodSeconds", Between(0, i64::MAX, AT_LEAST_0)),
    rule("successThreshold", Between(0, i64::MAX, AT_LEAST_0)),
    rule("failureThreshold", Between(0, i64::MAX, AT_LEAST_0)),
    rule("terminationGracePeriodSeconds", Between(1, i64::MAX, "must be greater than 0")),
];
const LIVENESS: &[FieldRule] = &[rule("", Fields(PROBE)), rule("successThreshold", Between(1, 1, "must be 1"))];
const READINESS: &[FieldRule] = &[
    rule("", Fields(PROBE)),
    rule("terminationGracePeriodSeconds", Between(0, -1, "must not be set for readinessProbes")),
];

/// The handlers of probes and lifecycle events; the first one in this order counts.
const HANDLERS: &[(&str, &[FieldRule])] = &[
    ("exec", &[rule("command", Required(""))]),
    (
        "httpGet",
        &[
            rule("path", Required("")),
            rule("port", JudgeAlways(port_number_or_name)),
            rule("scheme", Exactly(&["HTTP", "HTTPS"])),
            rule("httpHeaders", Judge(headers)),
        ],
    ),
    ("tcpSocket", &[rule("port", JudgeAlways(port_number_or_name))]),
    ("grpc", &[rule("port", JudgeAlways(port_number_or_name))]),
    ("sleep", &[rule("", Judge(sleep))]),
];

const RESTART_RULE: &[FieldRule] =
    &[rule("action", Exactly(&["Restart", "RestartAllContainers"])), rule("exitCodes", JudgeAlways(exit_codes))];

/// The regular containers.
pub(super) fn containers(containers: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if members(containers).is_empty() {
        return errors.required(path, "");
    }
    let mut names = BTreeSet::new();
    for (place, container) in members(containers).iter().enumerate() {
        let path = path.index(place);
        judge(container, CONTAINER, &path, scope, errors);
        if !names.insert(text(container, "name")) {
            errors.duplicate(path.child("name"), text(container, "name"));
        }
        judge(container, WATCHED, &path, scope, errors);
        judge_restarts(container, &path, scope, errors);
    }
    judge_host_ports(members(containers), path, errors);
}

/// The init containers; those that always restart are sidecars.
pub(super) fn init_containers(containers: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut names: BTreeSet<&str> = list(scope.spec, "containers").iter().map(|other| text(other, "name")).collect();
    for (place, container) in members(containers).iter().enumerate() {
        let inner = path.index(place);
        judge(container, CONTAINER, &inner, scope, errors);
        judge_init_restarts(container, &inner, scope, errors);
        let name = text(container, "name");
        if names.contains(name) {
            errors.duplicate(inner.child("name"), name);
        } else if !name.is_empty() {
            names.insert(name);
        }
        judge_host_ports(std::slice::from_ref(container), path, errors);
        if text(container, "restartPolicy") == "Always" {
            judge(container, WATCHED, &inner, scope, errors);
        } else {
            forbid_watching(container, &inner, errors);
        }
    }
}

fn forbid_watching(container: &Value, path: &Path, errors: &mut Errors) {
    for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        if given(container, name).is_some() {
            errors.forbidden(path.child(name), "may not be set for init containers without restartPolicy=Always");
        }
    }
}

/// Fields that an ephemeral container must not have.
const NOT_EPHEMERAL: [&str; 6] =
    ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy"];

/// Ephemeral containers. A template must not have any, but the server validates them anyway.
pub(super) fn ephemeral_containers(containers: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let others = ["containers", "initContainers"].into_iter().flat_map(|kind| list(scope.spec, kind));
    let others: BTreeSet<&str> = others.map(|other| text(other, "name")).collect();
    let mut names = others.clone();
    for (place, container) in members(containers).iter().enumerate() {
        let path = path.index(place);
        judge(container, CONTAINER, &path, scope, errors);
        let image = text(container, "image");
        if image.trim() != image {
            errors.invalid(path.child("image"), image, "must not have leading or trailing whitespace");
        }
        let (name, target) = (text(container, "name"), text(container, "targetContainerName"));
        if !names.insert(name) {
            errors.duplicate(path.child("name"), name);
        }
        if !target.is_empty() && !others.contains(target) {
            errors.not_found(path.child("targetContainerName"), target, "");
        }
        for name in NOT_EPHEMERAL.into_iter().filter(|name| given(container, name).is_some()) {
            errors.forbidden(path.child(name), "cannot be set for an Ephemeral Container");
        }
    }
}

/// A container's own restart policy and its rules about exit codes.
fn judge_restarts(container: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    judge(container, &[rule("restartPolicy", OneOf(&["Always", "Never", "OnFailure"]))], path, scope, errors);
    let rules = list(container, "restartPolicyRules");
    if rules.is_empty() {
        return;
    }
    if given(container, "restartPolicy").is_none() {
        errors.required(path.child("restartPolicy"), NO_POLICY);
    }
    if rules.len() > MOST_RESTART_RULES {
        errors.too_many(path.child("restartPolicyRules"), rules.len(), MOST_RESTART_RULES);
    }
    judge(container, &[rule("restartPolicyRules", Each(RESTART_RULE))], path, scope, errors);
}

/// The rules of an init container apply only if it has its own restart policy.
fn judge_init_restarts(container: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if given(container, "restartPolicy").is_some() {
        judge_restarts(container, path, scope, errors);
    } else if !list(container, "restartPolicyRules").is_empty() {
        errors.required(path.child("restartPolicy"), NO_POLICY);
    }
}

fn exit_codes(codes: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if codes.is_null() {
        return errors.required(path, "must be specified");
    }
    judge(codes, &[rule("operator", Exactly(&["In", "NotIn"]))], path, scope, errors);
    let count = list(codes, "values").len();
    if count > MOST_EXIT_CODES {
        errors.too_many(path.child("values"), count, MOST_EXIT_CODES);
    }
}

fn handler(holder: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut found = false;
    for (name, rules) in HANDLERS {
        let Some(handler) = given(holder, name) else { continue };
        let path = path.child(name);
        if found {
            errors.forbidden(path, "may not specify more than 1 handler type");
        } else {
            judge(handler, rules, &path, scope, errors);
        }
        found = true;
    }
    if !found {
        errors.required(path, "must specify a handler type");
    }
}

fn sleep(sleep: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let seconds = int(sleep, "seconds").unwrap_or_default();
    let Some(grace) = int(scope.spec, "terminationGracePeriodSeconds") else { return };
    if seconds < 0 || seconds > grace {
        let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.invalid(path, seconds, detail);
    }
}

fn headers(headers: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    for header in members(headers) {
        errors.invalid_each(path, text(header, "name"), header_name(text(header, "name")));
    }
}

fn port_number_or_name(port: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    match port.as_str() {
        Some(name) => errors.invalid_each(path, name, port_name(name)),
        None => judge_port_number(port.as_i64().unwrap_or_default(), path, errors),
    }
}

fn judge_port_number(port: i64, path: &Path, errors: &mut Errors) {
    if !(1..=65535).contains(&port) {
        errors.invalid(path, port, range_words(1, 65535));
    }
}

fn ports(ports: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (place, port) in members(ports).iter().enumerate() {
        let path = path.index(place);
        let name = text(port, "name");
        let complaints = if name.is_empty() { Vec::new() } else { port_name(name) };
        let repeated = !name.is_empty() && complaints.is_empty() && !names.insert(name);
        errors.invalid_each(path.child("name"), name, complaints);
        if repeated {
            errors.duplicate(path.child("name"), name);
        }
        match int(port, "containerPort").unwrap_or_default() {
            0 => errors.required(path.child("containerPort"), ""),
            port => judge_port_number(port, &path.child("containerPort"), errors),
        }
        if let Some(port) = int(port, "hostPort").filter(|port| *port != 0) {
            judge_port_number(port, &path.child("hostPort"), errors);
        }
        judge(port, &[rule("protocol", Among(&["SCTP", "TCP", "UDP"]))], &path, scope, errors);
    }
}

/// Containers that run together must not use the same port of the node.
fn judge_host_ports(containers: &[Value], path: &Path, errors: &mut Errors) {
    let mut taken = BTreeSet::new();
    for (place, container) in containers.iter().enumerate() {
        let path = path.index(place);
        let path = path.child("ports");
        for (place, port) in list(container, "ports").iter().enumerate() {
            let Some(number) = int(port, "hostPort").filter(|number| *number != 0) else { continue };
            let key = format!("{}/{}/{number}", text(port, "protocol"), text(port, "hostIP"));
            if !taken.insert(key.clone()) {
                errors.duplicate(path.index(place).child("hostPort"), key);
            }
        }
    }
}

fn resize_policies(policies: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (place, policy) in members(policies).iter().enumerate() {
        let restart = text(policy, "restartPolicy");
        if !seen.insert(text(policy, "resourceName")) {
            errors.duplicate(path.index(place), text(policy, "resourceName"));
        }
        // Errors about a member point at the list.
        judge(&policy["resourceName"], &[rule("", Among(&["cpu", "memory"]))], path, scope, errors);
        judge(&policy["restartPolicy"], &[rule("", Among(&["NotRequired", "RestartContainer"]))], path, scope, errors);
        if text(scope.spec, "restartPolicy") == "Never" && restart != "NotRequired" {
            errors.invalid(path, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}
