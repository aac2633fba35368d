//! Rules about operating systems: Windows options, host processes, and what Pods of each system must not set.

use crate::apiserver::rules::FieldCheck::Set;
use crate::apiserver::rules::formats::dns_subdomain;
use crate::apiserver::rules::{Errors, FieldRule, Path, Scope, at, flag, given, rule, visit_containers};
use serde_json::Value;

/// The Windows options of a Pod or container.
pub(super) const WINDOWS: &[FieldRule] = &[
    rule("gmsaCredentialSpecName", Set(dns_subdomain)),
    rule("gmsaCredentialSpec", Set(credential_spec)),
    rule("runAsUserName", Set(windows_user)),
];

fn credential_spec(spec: &str) -> Vec<String> {
    let complaint = match spec.len() {
        0 => "gmsaCredentialSpec cannot be an empty string",
        length if length > 64 * 1024 => "gmsaCredentialSpec size must be under 64 KiB",
        _ => return Vec::new(),
    };
    vec![complaint.to_owned()]
}

/// `DOMAIN\USER` or `USER`. Source: `validateWindowsSecurityContextOptions`.
fn windows_user(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('\\').collect();
    let whole = match &parts[..] {
        _ if name.is_empty() => Some("runAsUserName cannot be an empty string"),
        _ if name.chars().any(|c| c.is_ascii_control()) => Some("runAsUserName cannot contain control characters"),
        [_] | [_, _] => None,
        _ => Some("runAsUserName cannot contain more than one backslash"),
    };
    if let Some(complaint) = whole {
        return vec![complaint.to_owned()];
    }
    let user = parts[parts.len() - 1];
    let domain = (parts.len() == 2).then_some(parts[0]);
    let complaints = [
        (
            domain.is_some_and(|domain| domain.len() >= 256),
            "runAsUserName's Domain length must be under 256 characters",
        ),
        (
            domain.is_some_and(|domain| !is_net_bios(domain) && !is_dns(domain)),
            "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
        ),
        (user.is_empty(), "runAsUserName's User cannot be empty"),
        (user.len() > 104, "runAsUserName's User length must not be longer than 104 characters"),
        (
            !user.is_empty() && user.chars().all(|c| c == '.' || c == ' '),
            "runAsUserName's User cannot contain only periods or spaces",
        ),
        (
            user.contains(|c| "\"/\\:;|=,+*?<>@[]".contains(c)),
            r#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#,
        ),
    ];
    complaints.into_iter().filter(|complaint| complaint.0).map(|complaint| complaint.1.to_owned()).collect()
}

fn is_net_bios(domain: &str) -> bool {
    (1..=15).contains(&domain.chars().count())
        && !domain.starts_with('.')
        && !domain.contains(|c| "\\/:*?\"<>|".contains(c))
}

fn is_dns(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

/// Host processes on Windows: all containers must be host processes or none, and they use the host's network.
pub(super) fn host_processes(spec: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    const PROCESS: [&str; 3] = ["securityContext", "windowsOptions", "hostProcess"];
    let own = at(spec, &PROCESS).and_then(Value::as_bool);
    let (mut count, mut on_host) = (0, 0);
    visit_containers(spec, path, |container, path| {
        let container = at(container, &PROCESS).and_then(Value::as_bool);
        count += 1;
        on_host += usize::from(container.or(own) == Some(true));
        if let (Some(own), Some(other)) = (own, container)
            && own != other
        {
            let (context, options) = (path.child(PROCESS[0]), PROCESS[1]);
            let options = context.child(options);
            let detail = format!("pod hostProcess value must be identical if both are specified, was {own}");
            errors.invalid(options.child(PROCESS[2]), other, detail);
        }
    });
    if on_host == 0 {
        return;
    }
    if on_host != count {
        let detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.invalid(path, "", detail);
    }
    if flag(spec, "hostNetwork") != Some(true) {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.invalid(path.child("hostNetwork"), false, detail);
    }
    if !scope.options.allow_privileged {
        errors.forbidden(path, "hostProcess containers are disallowed by cluster policy");
    }
}

/// Fields that a Linux Pod must not set.
pub(super) fn linux(spec: &Value, path: &Path, errors: &mut Errors) {
    let mut judge = |holder: &Value, path: &Path| {
        if at(holder, &["securityContext", "windowsOptions"]).is_some() {
            let path = path.child("securityContext");
            errors.forbidden(path.child("windowsOptions"), "windows options cannot be set for a linux pod");
        }
    };
    judge(spec, path);
    visit_containers(spec, path, judge);
}

/// Fields that a Windows Pod must not set, in the order of the server. A leading `.` denotes a field of the Pod itself.
const NOT_WINDOWS_POD: [&str; 15] = [
    "appArmorProfile",
    "seLinuxOptions",
    ".hostUsers",
    ".hostPID",
    ".hostIPC",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    ".shareProcessNamespace",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const NOT_WINDOWS_CONTAINER: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// Checks the fields that a Windows Pod must not set.
pub(super) fn windows(spec: &Value, path: &Path, errors: &mut Errors) {
    let detail = "cannot be set for a windows pod";
    for name in NOT_WINDOWS_POD {
        let own = name.strip_prefix('.');
        let value = own.map_or_else(|| at(spec, &["securityContext", name]), |name| given(spec, name));
        let off = value.and_then(Value::as_bool) == Some(false) && matches!(name, ".hostPID" | ".hostIPC");
        if value.is_some_and(|value| !off && value.as_array().is_none_or(|members| !members.is_empty())) {
            let context = path.child("securityContext");
            errors.forbidden(own.map_or_else(|| context.child(name), |name| path.child(name)), detail);
        }
    }
    visit_containers(spec, path, |container, path| {
        let path = path.child("securityContext");
        for name in NOT_WINDOWS_CONTAINER {
            if at(container, &["securityContext", name]).is_some() {
                errors.forbidden(path.child(name), detail);
            }
        }
    });
}
