//! The tables of a Pod template's metadata and of a Pod's spec, with the rules that concern the Pod as a whole.

use super::claims::{annotations_of, labels_of, resource_claims};
use super::containers::{containers, ephemeral_containers, init_containers};
use super::profiles::judge_profile_annotations;
use super::resources::{overhead, pod_resources};
use super::scheduling::{AFFINITY, scheduling_gates, spread_constraints, tolerations};
use super::security::POD_SECURITY;
use super::windows::{host_processes, linux, windows};
use crate::apiserver::rules::FieldCheck::{Always, Among, Each, Fields, Format, Judge, JudgeAlways, Range, Set};
use crate::apiserver::rules::formats::{dns_label, dns_search, dns_subdomain, ip_address, qualified_name};
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, flag, given, int, judge, list, members, rule, text};
use serde_json::Value;

/// Errors about metadata do not contain `metadata` in their path.
pub(super) const METADATA: &[FieldRule] = &[
    rule("labels", Judge(labels_of)),
    rule("annotations", Judge(annotations_of)),
    rule("annotations", Judge(special_annotations)),
];

/// A Pod's spec without its volumes, which are validated before.
pub(super) const SPEC: &[FieldRule] = &[
    rule("resourceClaims", Judge(resource_claims)),
    rule("containers", JudgeAlways(containers)),
    rule("initContainers", Judge(init_containers)),
    rule("ephemeralContainers", Judge(ephemeral_containers)),
    rule("resources", Judge(pod_resources)),
    rule("", Judge(host_network)),
    rule("restartPolicy", Among(&["Always", "OnFailure", "Never"])),
    rule("dnsPolicy", Among(&["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])),
    rule("nodeSelector", Judge(labels_of)),
    rule("securityContext", Fields(POD_SECURITY)),
    rule("affinity", Fields(AFFINITY)),
    rule("dnsConfig", JudgeAlways(dns_config)),
    rule("readinessGates", Each(&[rule("conditionType", Always(qualified_name))])),
    rule("schedulingGates", Judge(scheduling_gates)),
    rule("topologySpreadConstraints", Judge(spread_constraints)),
    rule("", Judge(host_processes)),
    rule("", Judge(host_users)),
    rule("serviceAccountName", Format(dns_subdomain)),
    rule("nodeName", Format(dns_subdomain)),
    rule("activeDeadlineSeconds", Range(1, i32::MAX as i64)),
    rule("hostname", Format(dns_label)),
    rule("subdomain", Format(dns_label)),
    rule("hostnameOverride", Judge(hostname_override)),
    rule("tolerations", Judge(tolerations)),
    rule("hostAliases", Each(&[rule("ip", Always(ip_address)), rule("hostnames", Judge(host_names))])),
    rule("priorityClassName", Format(dns_subdomain)),
    rule("runtimeClassName", Set(dns_subdomain)),
    rule("preemptionPolicy", Judge(preemption_policy)),
    rule("overhead", Judge(overhead)),
    rule("os", Judge(operating_system)),
];

/// The largest number of name servers and search paths, and the largest length of search paths, that the C library
/// accepts.
const MOST_NAME_SERVERS: usize = 3;
const MOST_SEARCH_PATHS: usize = 32;
const MOST_SEARCH_BYTES: usize = 2048;
/// The longest host name that Linux accepts.
const LONGEST_HOST_NAME: usize = 64;

fn special_annotations(annotations: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    if given(annotations, MIRROR).is_some() && text(scope.spec, "nodeName").is_empty() {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.invalid(path.key(MIRROR), text(annotations, MIRROR), detail);
    }
    if let Some(cost) = given(annotations, DELETION_COST) {
        let cost = cost.as_str().unwrap_or_default();
        // Go accepts a plus sign, but this annotation must not have one, nor leading zeros.
        let odd = cost.starts_with('+') || cost.trim_start_matches('-').starts_with('0') && cost != "0";
        if odd || cost.parse::<i32>().is_err() {
            errors.invalid(path.key(DELETION_COST), cost, "must be a 32bit integer");
        }
    }
    judge_profile_annotations(annotations, scope.spec, path, errors);
}

/// On the node's network, a port of the node is the same as that of the container.
fn host_network(spec: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    if flag(spec, "hostNetwork") != Some(true) {
        return;
    }
    let path = path.child("containers");
    for (place, container) in list(spec, "containers").iter().enumerate() {
        let path = path.index(place);
        let path = path.child("ports");
        for (place, port) in list(container, "ports").iter().enumerate() {
            let own = int(port, "hostPort").unwrap_or_default();
            if own != 0 && own != int(port, "containerPort").unwrap_or_default() {
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.invalid(path.index(place).child("hostPort"), own, detail);
            }
        }
    }
}

fn dns_config(config: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let (servers, searches) = (list(config, "nameservers"), list(config, "searches"));
    let (servers_path, searches_path) = (path.child("nameservers"), path.child("searches"));
    if text(scope.spec, "dnsPolicy") == "None" {
        if config.is_null() {
            return errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return errors.required(servers_path, detail);
        }
    }
    if servers.len() > MOST_NAME_SERVERS {
        let detail = format!("must not have more than {MOST_NAME_SERVERS} nameservers");
        errors.invalid(servers_path, servers.to_vec(), detail);
    }
    judge_texts(servers, ip_address, &servers_path, errors);
    if searches.len() > MOST_SEARCH_PATHS {
        let detail = format!("must not have more than {MOST_SEARCH_PATHS} search paths");
        errors.invalid(searches_path, searches.to_vec(), detail);
    }
    let bytes = searches.iter().filter_map(Value::as_str).map(|search| search.len() + 1).sum::<usize>();
    if bytes > MOST_SEARCH_BYTES + 1 {
        let detail =
            format!("must not have more than {MOST_SEARCH_BYTES} characters (including spaces) in the search list");
        errors.invalid(searches_path, searches.to_vec(), detail);
    }
    judge_texts(searches, dns_search, &searches_path, errors);
    let options_path = path.child("options");
    for (place, option) in list(config, "options").iter().enumerate() {
        if text(option, "name").is_empty() {
            errors.required(options_path.index(place), "must not be empty");
        }
    }
}

fn judge_texts(texts: &[Value], format: crate::apiserver::rules::TextFormat, path: &Path, errors: &mut Errors) {
    for (place, text) in texts.iter().enumerate() {
        let text = text.as_str().unwrap_or_default();
        errors.invalid_each(path.index(place), text, format(text));
    }
}

fn host_names(names: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    judge_texts(members(names), dns_subdomain, path, errors);
}

/// A Pod with its own user namespace cannot share the node's namespaces. The server capitalizes two of the names.
fn host_users(spec: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    if scope.host_users() {
        return;
    }
    for (name, shown) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if flag(spec, name) == Some(true) {
            errors.forbidden(path.child(shown), "when `pod.Spec.HostUsers` is false");
        }
    }
}

fn hostname_override(name: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    let text = name.as_str().unwrap_or_default();
    errors.invalid_each(path, text, dns_subdomain(text));
    if text.len() > LONGEST_HOST_NAME {
        errors.too_long(path, LONGEST_HOST_NAME);
    }
    if flag(scope.spec, "setHostnameAsFQDN") == Some(true) {
        errors.forbidden(path, "may not be specified when setHostnameAsFQDN is true");
    }
    if flag(scope.spec, "hostNetwork") == Some(true) {
        errors.forbidden(path, "may not be specified when hostNetwork is true");
    }
}

fn preemption_policy(policy: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    judge(policy, &[rule("", Among(&["PreemptLowerPriority", "Never"]))], path, scope, errors);
}

fn operating_system(system: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    match text(system, "name") {
        "" => errors.required(path.child("name"), ""),
        "linux" => linux(scope.spec, path.parent(), errors),
        "windows" => windows(scope.spec, path.parent(), errors),
        other => errors.not_supported(path, other, &["linux", "windows"]),
    }
}
