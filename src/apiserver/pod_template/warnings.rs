//! The API server's warnings about a Pod template that it accepts. They are texts for the user; nothing depends on
//! them.
//!
//! Source: `pkg/api/pod/warnings.go`, whose wording is data here.

use super::overlaps::overlap_warnings;
use super::profiles::{APP_ARMOR_OF_CONTAINER, SECCOMP_OF_CONTAINER, SECCOMP_OF_POD};
use crate::api::Quantity;
use crate::apiserver::rules::formats::label_value;
use crate::apiserver::rules::{Path, at, entries, given, int, list, text, visit_containers};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

/// Deprecated node labels and their warnings.
const OLD_NODE_LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// Annotations without effect, with the release that ended their effect and the field that replaces them.
const OLD_ANNOTATIONS: [(&str, &str, &str); 3] = [
    ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16", "priorityClassName"),
    ("security.alpha.kubernetes.io/sysctls", "v1.11", "sysctls"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11", "sysctls"),
];

/// Deprecated kinds of volumes: the field, its name in errors, and the warning.
const OLD_VOLUMES: [(&str, &str, &str); 9] = [
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// The warnings about a template that has its defaults, in the server's order. `path` is its path.
pub fn pod_template_warnings(template: &Value, path: &str) -> Vec<String> {
    let none = Value::Object(serde_json::Map::new());
    let annotations = at(template, &["metadata", "annotations"]).unwrap_or(&none);
    let spec = given(template, "spec").unwrap_or(&none);
    let path = Path::root(path);
    let spec_path = path.child("spec");
    let metadata_path = path.child("metadata");
    let annotations_path = metadata_path.child("annotations");
    let mut warnings = Vec::new();
    warn_of_placement(spec, &spec_path, &mut warnings);
    for (key, release, successor) in OLD_ANNOTATIONS {
        if annotations.get(key).is_some() {
            let words = format!("non-functional in {release}+; use the {successor:?} field instead");
            warnings.push(format!("{}: {words}", annotations_path.key(key)));
        }
    }
    warn_of_volumes(spec, &spec_path, &mut warnings);
    warn_of_lists(spec, &spec_path, &mut warnings);
    warn_of_fractions(given(spec, "overhead"), &spec_path.child("overhead"), &mut warnings);
    if annotations.get(SECCOMP_OF_POD).is_some() && at(spec, &["securityContext", "seccompProfile"]).is_none() {
        warnings.push(format!("{}: {OLD_SECCOMP}", annotations_path.key(SECCOMP_OF_POD)));
    }
    visit_containers(spec, &spec_path, |container, path| {
        warn_of_profiles(container, spec, annotations, &annotations_path, &mut warnings);
        warn_of_container(container, path, &mut warnings);
    });
    warn_of_ports(spec, &spec_path, &mut warnings);
    warn_of_port_names(spec, &spec_path, &mut warnings);
    if int(spec, "terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        let words = "must be >= 0; negative values are invalid and will be treated as 1";
        warnings.push(format!("{}: {words}", spec_path.child("terminationGracePeriodSeconds")));
    }
    warn_of_selectors(spec, &spec_path, &mut warnings);
    warn_of_addresses(spec, &spec_path, &mut warnings);
    warnings
}

const OLD_SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
const MATCHES_NOTHING: &str = "a null labelSelector results in matching no pod";

/// The warning about a deprecated node label.
fn about_label(label: &str) -> Option<&'static str> {
    OLD_NODE_LABELS.iter().find(|old| old.0 == label).map(|old| old.1)
}

fn warn_of_placement(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    let selector_path = path.child("nodeSelector");
    for (label, _) in given(spec, "nodeSelector").map_or_else(Vec::new, entries) {
        warnings.extend(about_label(label).map(|words| format!("{}: {words}", selector_path.key(label))));
    }
    let affinity_path = path.child("affinity");
    let affinity_path = affinity_path.child("nodeAffinity");
    if let Some(affinity) = at(spec, &["affinity", "nodeAffinity"]) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let terms_path = affinity_path.child(required);
        let terms_path = terms_path.child("nodeSelectorTerms");
        for (place, term) in
            at(affinity, &[required]).map_or(&[][..], |it| list(it, "nodeSelectorTerms")).iter().enumerate()
        {
            warn_of_term(term, false, &terms_path.index(place), warnings);
        }
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        let terms_path = affinity_path.child(preferred);
        for (place, term) in list(affinity, preferred).iter().enumerate() {
            warn_of_term(&term["preference"], true, &terms_path.index(place).child("preference"), warnings);
        }
    }
    let spread_path = path.child("topologySpreadConstraints");
    for (place, constraint) in list(spec, "topologySpreadConstraints").iter().enumerate() {
        let path = spread_path.index(place);
        let key = text(constraint, "topologyKey");
        warnings.extend(about_label(key).map(|words| format!("{}: {key} is {words}", path.child("topologyKey"))));
        if given(constraint, "labelSelector").is_none() {
            warnings.push(format!("{}: {MATCHES_NOTHING}", path.child("labelSelector")));
        }
    }
}

/// Values that no label can have are an error in a requirement, but only a warning in a preference.
fn warn_of_term(term: &Value, is_preference: bool, path: &Path, warnings: &mut Vec<String>) {
    let path = path.child("matchExpressions");
    for (place, expression) in list(term, "matchExpressions").iter().enumerate() {
        let key = text(expression, "key");
        let path = path.index(place);
        warnings.extend(about_label(key).map(|words| format!("{}: {key} is {words}", path.child("key"))));
        let values_path = path.child("values");
        for (place, value) in list(expression, "values").iter().enumerate().filter(|_| is_preference) {
            let value = value.as_str().unwrap_or_default();
            let complaints = label_value(value).into_iter();
            warnings.extend(complaints.map(|why| format!("{}: {value} is invalid, {why}", values_path.index(place))));
        }
    }
}

fn warn_of_volumes(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    let path = path.child("volumes");
    for (place, volume) in list(spec, "volumes").iter().enumerate() {
        let path = path.index(place);
        for (name, shown, words) in OLD_VOLUMES {
            if given(volume, name).is_some() {
                warnings.push(format!("{}: {words}", path.child(shown)));
            }
        }
        let resources = at(volume, &["ephemeral", "volumeClaimTemplate", "spec", "resources"]);
        for part in ["requests", "limits"] {
            let amount = resources.and_then(|resources| at(resources, &[part, "storage"])).and_then(Quantity::of);
            if let Some(amount) = amount.filter(|amount| !amount.is_whole()) {
                let place = format!("ephemeral.volumeClaimTemplate.spec.resources.{part}");
                warnings.push(format!("{}: {}", path.child(&place).key("storage"), fractional(&amount)));
            }
        }
    }
    warnings.extend(overlap_warnings(spec));
}

fn warn_of_lists(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    for (kind, name, what) in [("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")] {
        let mut seen = BTreeSet::new();
        let list_path = path.child(kind);
        for (place, member) in list(spec, kind).iter().enumerate() {
            let value = text(member, name);
            if !seen.insert(value) {
                warnings.push(format!("{}: duplicate {what} {value:?}", list_path.index(place).child(name)));
            }
        }
    }
    let list_path = path.child("imagePullSecrets");
    for (place, secret) in list(spec, "imagePullSecrets").iter().enumerate() {
        if text(secret, "name").is_empty() {
            warnings.push(format!("{}: invalid empty name \"\"", list_path.index(place).child("name")));
        }
    }
}

fn fractional(amount: &Quantity) -> String {
    format!("fractional byte value \"{amount}\" is invalid, must be an integer")
}

/// Warns about fractions of bytes.
fn warn_of_fractions(amounts: Option<&Value>, path: &Path, warnings: &mut Vec<String>) {
    for name in ["memory", "ephemeral-storage"] {
        warn_of_fraction(amounts, name, path, warnings);
    }
}

fn warn_of_fraction(amounts: Option<&Value>, name: &str, path: &Path, warnings: &mut Vec<String>) {
    let amount = amounts.and_then(|amounts| given(amounts, name)).and_then(Quantity::of);
    if let Some(amount) = amount.filter(|amount| !amount.is_whole()) {
        warnings.push(format!("{}: {}", path.key(name), fractional(&amount)));
    }
}

/// Annotations of a container that have been replaced by fields.
fn warn_of_profiles(container: &Value, spec: &Value, annotations: &Value, path: &Path, warnings: &mut Vec<String>) {
    let name = text(container, "name");
    let key = format!("{SECCOMP_OF_CONTAINER}{name}");
    if annotations.get(&key).is_some() && at(container, &["securityContext", "seccompProfile"]).is_none() {
        warnings.push(format!("{}: {OLD_SECCOMP}", path.key(&key)));
    }
    let key = format!("{APP_ARMOR_OF_CONTAINER}{name}");
    let has_profile = [spec, container].iter().any(|it| at(it, &["securityContext", "appArmorProfile"]).is_some());
    if annotations.get(&key).is_some() && !has_profile {
        let words = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
        warnings.push(format!("{}: {words}", path.key(&key)));
    }
}

fn warn_of_container(container: &Value, path: &Path, warnings: &mut Vec<String>) {
    let resources_path = path.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        for part in ["limits", "requests"] {
            let amounts = at(container, &["resources", part]);
            warn_of_fraction(amounts, name, &resources_path.child(part), warnings);
        }
    }
    let env_path = path.child("env");
    let mut seen = BTreeSet::new();
    for (place, variable) in list(container, "env").iter().enumerate() {
        let (name, value) = (text(variable, "name"), text(variable, "value"));
        let reference = format!("$({name})");
        // A value that builds on the one before it does not hide it.
        let builds_on = given(variable, "valueFrom").is_none() && value != reference && value.contains(&reference);
        if !seen.insert(name) && !builds_on {
            let words = format!("hides previous definition of {name:?}, which may be dropped when using apply");
            warnings.push(format!("{}: {words}", env_path.index(place)));
        }
    }
}

/// A port that has been seen: its path, and the address and port of the node.
struct SeenPort {
    path: String,
    host_ip: String,
    host_port: i64,
}

/// Definitions of one port, and the positions of those that use each port of the node.
#[derive(Default)]
struct SeenPorts {
    all: Vec<SeenPort>,
    by_host_port: BTreeMap<i64, Vec<usize>>,
}

/// The largest number of warnings about ports. There can be one per pair, and no client shows that many.
const MOST_PORT_WARNINGS: usize = 1000;

impl SeenPorts {
    /// Adds a definition and the warnings about it, in the order of the earlier ones.
    fn add(&mut self, port: SeenPort, warnings: &mut Vec<String>) {
        let at = |host_port: i64| self.by_host_port.get(&host_port).map_or(&[][..], Vec::as_slice);
        let mut near: Vec<usize> = match port.host_port {
            0 => (0..self.all.len().min(MOST_PORT_WARNINGS)).collect(),
            other => at(0).iter().chain(at(other)).copied().take(MOST_PORT_WARNINGS).collect(),
        };
        near.sort_unstable();
        let room = MOST_PORT_WARNINGS.saturating_sub(warnings.len());
        warnings.extend(near.into_iter().filter_map(|other| clash(&port, &self.all[other])).take(room));
        self.by_host_port.entry(port.host_port).or_default().push(self.all.len());
        self.all.push(port);
    }
}

fn warn_of_ports(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    let mut seen: BTreeMap<(i64, String), SeenPorts> = BTreeMap::new();
    visit_containers(spec, path, |container, path| {
        let path = path.child("ports");
        for (place, port) in list(container, "ports").iter().enumerate() {
            let path = path.index(place).to_string();
            let number = |name| int(port, name).unwrap_or_default();
            let (host_ip, protocol) = (text(port, "hostIP").to_owned(), text(port, "protocol"));
            let (host_port, container_port) = (number("hostPort"), number("containerPort"));
            if !host_ip.is_empty() && host_port == 0 {
                let name = text(port, "name");
                warnings.push(format!(
                    "{path}: hostIP set without hostPort: {{Name:{name} HostPort:0 ContainerPort:{container_port} \
                     Protocol:{protocol} HostIP:{host_ip}}}"
                ));
            }
            let others = seen.entry((container_port, protocol.to_owned())).or_default();
            others.add(SeenPort { path, host_ip, host_port }, warnings);
        }
    });
}

/// Warns about a port name that two ports share: a lookup by name always finds the first one.
fn warn_of_port_names(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    visit_containers(spec, path, |container, path| {
        let path = path.child("ports");
        for (place, port) in list(container, "ports").iter().enumerate() {
            let (name, path) = (text(port, "name"), path.index(place).to_string());
            match first.get(name) {
                _ if name.is_empty() => {}
                Some(other) => warnings.push(format!(
                    "{path}: duplicate port name {name:?} with {other}, services and probes that select ports by name will \
                     use {other}"
                )),
                None => drop(first.insert(name.to_owned(), path)),
            }
        }
    });
}

/// How two definitions of a port conflict.
fn clash(port: &SeenPort, other: &SeenPort) -> Option<String> {
    let same_address = port.host_ip == other.host_ip;
    let one_is_open = port.host_ip.is_empty() != other.host_ip.is_empty();
    let how = match port.host_port == other.host_port {
        true if same_address => "duplicate",
        _ if port.host_port == 0 || other.host_port == 0 => "overlapping",
        true if one_is_open => "dangerously ambiguous",
        _ => return None,
    };
    Some(format!("{}: {how} port definition with {}", port.path, other.path))
}

fn warn_of_selectors(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    let affinity_path = path.child("affinity");
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = at(spec, &["affinity", kind]) else { continue };
        let kind_path = affinity_path.child(kind);
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        for (place, term) in list(affinity, required).iter().enumerate() {
            if given(term, "labelSelector").is_none() {
                let path = kind_path.child(required);
                warnings.push(format!("{}: {MATCHES_NOTHING}", path.index(place).child("labelSelector")));
            }
        }
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        for (place, term) in list(affinity, preferred).iter().enumerate() {
            if at(term, &["podAffinityTerm", "labelSelector"]).is_none() {
                let path = kind_path.child(preferred);
                let path = path.index(place);
                warnings.push(format!("{}: {MATCHES_NOTHING}", path.child("podAffinityTerm").child("labelSelector")));
            }
        }
    }
}

fn warn_of_addresses(spec: &Value, path: &Path, warnings: &mut Vec<String>) {
    let mut warn = |address: &str, path: String| {
        let canonical = address.parse::<Ipv6Addr>().map(|address| address.to_string());
        if let Some(canonical) = canonical.ok().filter(|canonical| canonical != address) {
            let words = format!("should be in RFC 5952 canonical format ({canonical:?})");
            warnings.push(format!("{path}: IPv6 address {address:?} {words}"));
        }
    };
    let (config_path, aliases_path) = (path.child("dnsConfig"), path.child("hostAliases"));
    let servers_path = config_path.child("nameservers");
    let servers = given(spec, "dnsConfig").map_or(&[][..], |config| list(config, "nameservers"));
    for (place, server) in servers.iter().enumerate() {
        warn(server.as_str().unwrap_or_default(), servers_path.index(place).to_string());
    }
    for (place, alias) in list(spec, "hostAliases").iter().enumerate() {
        warn(text(alias, "ip"), aliases_path.index(place).child("ip").to_string());
    }
}
