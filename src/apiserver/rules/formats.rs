//! Formats of texts that only Pod templates have: the errors about a text, in the server's words. Which field has which
//! format is defined elsewhere, and so are the formats of names and labels, which all objects have ([`super::names`]).
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation` and `pkg/api/validate/content`, whose wording is data here.

pub(crate) use super::names::{dns_label_advice as dns_label, dns_subdomain, label_value, qualified_name};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The message for a text that does not match, with one or more examples.
fn mismatch(rule: &str, expression: &str, examples: &[&str]) -> String {
    let examples = examples.iter().map(|example| format!("'{example}'")).collect::<Vec<_>>().join(",  or ");
    format!("{rule} (e.g. {examples}, regex used for validation is '{expression}')")
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Whether the text consists of `inner` bytes and begins and ends with an `outer` one.
fn framed(text: &str, outer: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [first, middle @ ..] => {
            outer(*first)
                && middle.split_last().is_none_or(|(last, rest)| outer(*last) && rest.iter().all(|b| inner(*b)))
        }
    }
}

fn too_long(text: &str, most: usize, unit: &str) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} {unit}"))
}

/// A DNS subdomain as a prefix: it may end in a dash, because more follows.
pub(crate) fn dns_subdomain_prefix(text: &str) -> Vec<String> {
    match text.strip_suffix('-') {
        Some(short) => dns_subdomain(&format!("{short}a")),
        None => dns_subdomain(text),
    }
}

/// A DNS search path, which may contain underscores. It may end in a dot, and may consist of just a dot.
pub(crate) fn dns_search(text: &str) -> Vec<String> {
    if text == "." {
        return Vec::new();
    }
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut complaints = Vec::from_iter(too_long(text, 253, "characters"));
    let part = |part: &str| {
        let part = part.strip_prefix('_').unwrap_or(part);
        framed(part, is_lower_or_digit, |byte| is_lower_or_digit(byte) || b"-_".contains(&byte))
    };
    if !text.split('.').all(part) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or \
                    '.', and must start and end with an alphanumeric character";
        let expression = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
        complaints.push(mismatch(rule, expression, &["example.com"]));
    }
    complaints
}

/// The name of an environment variable.
pub(crate) fn env_name(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=') {
        return Vec::new();
    }
    let words = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    vec![words.to_owned()]
}

/// A key of a ConfigMap or Secret.
pub(crate) fn config_key(text: &str) -> Vec<String> {
    let mut complaints = Vec::from_iter(too_long(text, 253, "characters"));
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        complaints.push(mismatch(rule, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]));
    } else if text == "." {
        complaints.push("must not be '.'".to_owned());
    } else if text == ".." {
        complaints.push("must not be '..'".to_owned());
    } else if text.starts_with("..") {
        complaints.push("must not start with '..'".to_owned());
    }
    complaints
}

/// The name of a port.
pub(crate) fn port_name(text: &str) -> Vec<String> {
    let complaints = [
        (text.len() > 15, "must be no more than 15 characters"),
        (
            text.is_empty() || !text.bytes().all(|byte| is_lower_or_digit(byte) || byte == b'-'),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (!text.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)"),
        (text.contains("--"), "must not contain consecutive hyphens"),
        (text.starts_with('-') || text.ends_with('-'), "must not begin or end with a hyphen"),
    ];
    complaints.into_iter().filter(|complaint| complaint.0).map(|complaint| complaint.1.to_owned()).collect()
}

/// The name of an HTTP header.
pub(crate) fn header_name(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Vec::new();
    }
    let rule = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![mismatch(rule, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// The name of a kernel setting: segments separated by dots or slashes.
pub(crate) fn sysctl_name(text: &str) -> Vec<String> {
    let segment = |part: &str| framed(part, is_lower_or_digit, |byte| is_lower_or_digit(byte) || b"-_".contains(&byte));
    if text.len() <= 253 && text.split(['.', '/']).all(segment) {
        return Vec::new();
    }
    let expression = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    vec![format!("must have at most 253 characters and match regex {expression}")]
}

/// An IP address. Leading zeros have an error of their own.
pub(crate) fn ip_address(text: &str) -> Vec<String> {
    let complaint = match (text.parse::<Ipv4Addr>(), text.parse::<Ipv6Addr>()) {
        (Ok(_), _) => return Vec::new(),
        (_, Ok(address)) if address.to_ipv4_mapped().is_some() => "must not be an IPv4-mapped IPv6 address",
        (_, Ok(_)) => return Vec::new(),
        _ if is_loose_ipv4(text) => "must not have leading 0s",
        _ => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    };
    vec![complaint.to_owned()]
}

/// Four numbers up to 255, with any number of leading zeros.
fn is_loose_ipv4(text: &str) -> bool {
    let number = |part: &str| {
        let digits = part.trim_start_matches('0');
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (digits.is_empty() || digits.parse::<u8>().is_ok())
    };
    text.split('.').count() == 4 && text.split('.').all(number)
}

/// A path without `..` segments.
pub(crate) fn no_backsteps(text: &str) -> Vec<String> {
    let climbs = text.split('/').any(|part| part == "..");
    Vec::from_iter(climbs.then(|| "must not contain '..'".to_owned()))
}

/// A relative path without `..` segments.
pub(crate) fn descending_path(text: &str) -> Vec<String> {
    let absolute = text.starts_with('/').then(|| "must be a relative path".to_owned());
    absolute.into_iter().chain(no_backsteps(text)).collect()
}

/// A relative path that neither contains `..` segments nor begins with `..`.
pub(crate) fn local_path(text: &str) -> Vec<String> {
    let mut complaints = descending_path(text);
    if text.starts_with("..") && !text.starts_with("../") {
        complaints.push("must not start with '..'".to_owned());
    }
    complaints
}

/// An absolute path.
pub(crate) fn absolute_path(text: &str) -> Vec<String> {
    Vec::from_iter((!text.starts_with('/')).then(|| "must be an absolute path".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::TextFormat;
    use super::*;

    #[test]
    fn texts_are_judged_by_their_format() {
        let cases: &[(TextFormat, &str, &[&str])] = &[
            (dns_label, "a-1", &[]),
            (dns_label, "a.b", &["must not contain dots"]),
            (dns_label, "A.b", &["a lowercase RFC 1123 label"]),
            (dns_subdomain, "a.b-c", &[]),
            (dns_subdomain, "a..b", &["a lowercase RFC 1123 subdomain"]),
            (dns_subdomain_prefix, "a-", &[]),
            (dns_search, "_a.b.", &[]),
            (dns_search, ".", &[]),
            (dns_search, "a b", &["a lowercase RFC 1123 subdomain"]),
            (qualified_name, "example.com/My_name", &[]),
            (qualified_name, "/x", &["prefix part must be non-empty"]),
            (qualified_name, "a/b/c", &["a valid label key"]),
            (qualified_name, "", &["name part must be non-empty", "name part must consist"]),
            (label_value, "", &[]),
            (label_value, "a b", &["a valid label must"]),
            (env_name, "a.b-c d", &[]),
            (env_name, "a=b", &["a valid environment variable name"]),
            (config_key, "..a", &["must not start with '..'"]),
            (port_name, "http-2", &[]),
            (port_name, "1--", &["must contain at least", "must not contain", "must not begin or end"]),
            (sysctl_name, "kernel.shm_rmid_forced", &[]),
            (sysctl_name, "a b", &["must have at most 253"]),
            (ip_address, "10.0.0.1", &[]),
            (ip_address, "::1", &[]),
            (ip_address, "010.0.0.1", &["must not have leading 0s"]),
            (ip_address, "::ffff:1.2.3.4", &["must not be an IPv4-mapped"]),
            (ip_address, "1.2.3", &["must be a valid IP address"]),
            (local_path, "..a", &["must not start with"]),
            (local_path, "/a/../b", &["must be a relative path", "must not contain"]),
            (absolute_path, "a", &["must be an absolute path"]),
        ];
        for (format, text, expected) in cases {
            let complaints = format(text);
            assert_eq!(complaints.len(), expected.len(), "{text:?}: {complaints:?}");
            for (complaint, begin) in complaints.iter().zip(*expected) {
                assert!(complaint.starts_with(begin), "{text:?}: {complaint}");
            }
        }
    }

    #[test]
    fn lengths_are_counted_in_bytes() {
        assert_eq!(dns_label(&"a".repeat(64)), ["must be no more than 63 characters"]);
        assert_eq!(label_value(&"a".repeat(64)), ["must be no more than 63 bytes"]);
        assert_eq!(dns_subdomain(&"a".repeat(254)), ["must be no more than 253 characters"]);
    }
}
