//! Rules about remote volumes: disks of networks and clouds, drivers.

use crate::apiserver::rules::FieldCheck::{Between, Required};
use crate::apiserver::rules::formats::dns_subdomain;
use crate::apiserver::rules::{Errors, Path, Scope, entries, flag, given, int, judge, list, range_words, rule, text};
use serde_json::Value;

/// An iSCSI name by one of its three schemes. Source: `iscsiInitiator…Regex` in the server's validation.
fn is_iscsi_name(name: &str) -> Result<bool, ()> {
    let alphanumeric =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if name.starts_with("iqn") {
        return Ok(name.match_indices("iqn.").any(|(at, _)| is_iqn_tail(&name[at + 4..])));
    }
    let after_scheme = |scheme: &str| name.strip_prefix(scheme).map(|rest| rest.get(1..).unwrap_or_default());
    match (after_scheme("eui"), after_scheme("naa")) {
        (Some(rest), _) => Ok(alphanumeric(rest, 16)),
        (_, Some(rest)) => Ok(alphanumeric(rest, 32)),
        _ => Err(()),
    }
}

/// `YYYY-MM.authority:identifier`.
fn is_iqn_tail(tail: &str) -> bool {
    let digits = |text: Option<&str>| text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let dated =
        digits(tail.get(..4)) && tail.get(4..5) == Some("-") && digits(tail.get(5..7)) && tail.get(7..8) == Some(".");
    let Some((authority, identifier)) = tail.get(8..).and_then(|rest| rest.split_once(':')) else { return false };
    let in_authority = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let in_identifier = |c: char| !",;*&$|".contains(c) && !c.is_whitespace();
    dated
        && !authority.is_empty()
        && authority.chars().all(in_authority)
        && !identifier.is_empty()
        && identifier.chars().all(in_identifier)
}

pub(super) fn iscsi(source: &Value, path: &Path, scope: &Scope, errors: &mut Errors) {
    judge(source, &[rule("targetPortal", Required("")), rule("iqn", Required(""))], path, scope, errors);
    let judge_name = |name: &str, path: &Path, errors: &mut Errors| match is_iscsi_name(name) {
        Ok(true) => {}
        Ok(false) => errors.invalid(path, name, "must be valid format"),
        Err(()) => errors.invalid(path, name, "must be valid format starting with iqn, eui, or naa"),
    };
    if !text(source, "iqn").is_empty() {
        judge_name(text(source, "iqn"), &path.child("iqn"), errors);
    }
    judge(source, &[rule("lun", Between(0, 255, "must be between 0 and 255, inclusive"))], path, scope, errors);
    let authenticated = ["chapAuthDiscovery", "chapAuthSession"].iter().any(|name| flag(source, name) == Some(true));
    if authenticated && given(source, "secretRef").is_none() {
        errors.required(path.child("secretRef"), "");
    }
    if given(source, "initiatorName").is_some() {
        judge_name(text(source, "initiatorName"), &path.child("initiatorname"), errors);
    }
}

pub(super) fn judge_portal(volume: &Value, source: &Value, path: &Path, errors: &mut Errors) {
    let name = text(volume, "name");
    if given(source, "initiatorName").is_some() && name.len() + 1 + text(source, "targetPortal").len() > 64 {
        let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                      iscsi.initiatorName is specified.";
        errors.invalid(path.child("name"), name, detail);
    }
}

pub(super) fn flocker(source: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let (name, uuid) = (text(source, "datasetName"), text(source, "datasetUUID"));
    if name.is_empty() && uuid.is_empty() {
        errors.required(path, "one of datasetName and datasetUUID is required");
    }
    if !name.is_empty() && !uuid.is_empty() {
        errors.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously");
    }
    if name.contains('/') {
        errors.invalid(path.child("datasetName"), name, "must not contain '/'");
    }
}

pub(super) fn quobyte(source: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let words = "must be a host:port pair or multiple pairs separated by commas";
    let registry = text(source, "registry");
    if registry.is_empty() {
        errors.required(path.child("registry"), words);
    } else if text(source, "tenant").len() >= 65 {
        errors.required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for pair in registry.split(',').filter(|pair| pair.matches(':').count() != 1) {
            errors.invalid(path.child("registry"), pair, words);
        }
    }
}

pub(super) fn fibre_channel(source: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let (targets, names) = (list(source, "targetWWNs"), list(source, "wwids"));
    let path_of_targets = path.child("targetWWNs");
    if targets.is_empty() && names.is_empty() {
        errors.required(path_of_targets, "must specify either targetWWNs or wwids, but not both");
    }
    if !targets.is_empty() && !names.is_empty() {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        errors.invalid(path_of_targets, source["targetWWNs"].clone(), detail);
    }
    if !targets.is_empty() {
        match int(source, "lun") {
            None => errors.required(path.child("lun"), "lun is required if targetWWNs is specified"),
            Some(lun) if !(0..=255).contains(&lun) => {
                errors.invalid(path.child("lun"), lun, range_words(0, 255));
            }
            Some(_) => {}
        }
    }
}

pub(super) fn flex_options(options: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    for (key, _) in entries(options) {
        let namespace = format!(".{}", key.split('/').next().unwrap_or_default().to_lowercase());
        if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
            errors.invalid(path.key(key), key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

pub(super) fn azure_uri(source: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let uri = text(source, "diskURI");
    let (start, form) = match (given(source, "kind"), text(source, "kind")) {
        (None, _) => return,
        (_, "Managed") => (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ),
        _ => ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"),
    };
    if !uri.starts_with(start) {
        errors.not_supported(path.child("diskURI"), uri, &[form]);
    }
}

pub(super) fn csi_driver(driver: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let name = driver.as_str().unwrap_or_default();
    if name.is_empty() {
        errors.required(path, "");
    }
    if name.len() > 63 {
        errors.too_long(path, 63);
    }
    errors.invalid_each(path, name, dns_subdomain(&name.to_lowercase()));
}

/// If the name is wrong, the server's error names `name` and not `nodePublishSecretRef.name`.
pub(super) fn csi_secret(secret: &Value, path: &Path, _: &Scope, errors: &mut Errors) {
    let name = text(secret, "name");
    if name.is_empty() {
        errors.required(path.child("name"), "");
    } else {
        errors.invalid_each(path.parent().child("name"), name, dns_subdomain(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iscsi_names_have_one_of_three_schemes() {
        let good = ["iqn.2004-01.com.example:disk1", "eui.0123456789abcdef", "naa.0123456789abcdef0123456789abcdef"];
        assert!(good.iter().all(|name| is_iscsi_name(name) == Ok(true)));
        assert!(["iqn.2004", "iqn.04-01.x:y", "eui.1"].iter().all(|name| is_iscsi_name(name) == Ok(false)));
        assert_eq!(is_iscsi_name("disk"), Err(()));
    }
}
