//! The formats of names, label keys and label values, with the API server's errors for each, in its words. Which field
//! has which format is defined elsewhere.
//!
//! Source: `k8s.io/apimachinery/pkg/api/validate/content` and `k8s.io/apimachinery/pkg/util/validation`.

use super::{Errors, Path};

const LABEL_FORM: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_FORM: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const KEY_FORM: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_FORM: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
    and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
    validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Whether the text consists of letters and of bytes in `between`, and begins and ends with a letter. `letter` says
/// what counts as a letter.
fn is_word(text: &str, letter: fn(u8) -> bool, between: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(|&b| letter(b)) && bytes.last().is_some_and(|&b| letter(b));
    ends && bytes.iter().all(|&b| letter(b) || between.contains(&b))
}

fn is_lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn is_any_case(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn is_label_form(text: &str) -> bool {
    is_word(text, is_lower, b"-")
}

fn is_subdomain_form(text: &str) -> bool {
    text.split('.').all(is_label_form)
}

/// Complaints about a DNS label (RFC 1123).
pub(crate) fn dns_label(text: &str) -> Vec<String> {
    complaints(&[(text.len() > 63, "must be no more than 63 characters"), (!is_label_form(text), LABEL_FORM)])
}

/// Complaints about a name that should be a DNS label; a subdomain is told only about its dots.
pub(crate) fn dns_label_advice(text: &str) -> Vec<String> {
    let is_dotted = !is_label_form(text) && is_subdomain_form(text);
    complaints(&[
        (text.len() > 63, "must be no more than 63 characters"),
        (is_dotted, "must not contain dots"),
        (!is_dotted && !is_label_form(text), LABEL_FORM),
    ])
}

/// Complaints about a DNS subdomain (RFC 1123).
pub(crate) fn dns_subdomain(text: &str) -> Vec<String> {
    complaints(&[(text.len() > 253, "must be no more than 253 characters"), (!is_subdomain_form(text), SUBDOMAIN_FORM)])
}

/// Complaints about a label value.
pub(crate) fn label_value(text: &str) -> Vec<String> {
    let is_value = text.is_empty() || is_word(text, is_any_case, b"-_.");
    complaints(&[(text.len() > 63, "must be no more than 63 bytes"), (!is_value, VALUE_FORM)])
}

/// Complaints about a qualified name, which is also what a label key is.
pub(crate) fn qualified_name(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts[..] {
        [name] => name,
        ["", name] => {
            found.push("prefix part must be non-empty".to_owned());
            name
        }
        [prefix, name] => {
            // Within a key the same limit is given in bytes.
            let complaints =
                dns_subdomain(prefix).into_iter().map(|complaint| complaint.replace("253 characters", "253 bytes"));
            found.extend(complaints.map(|complaint| format!("prefix part {complaint}")));
            name
        }
        _ => {
            return vec![format!(
                "a valid label key {KEY_FORM} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        found.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        found.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_word(name, is_any_case, b"-_.") {
        found.push(format!("name part {KEY_FORM}"));
    }
    found
}

fn complaints(checks: &[(bool, &str)]) -> Vec<String> {
    checks.iter().filter(|(broken, _)| *broken).map(|(_, text)| (*text).to_owned()).collect()
}

/// Checks `managedBy`: a domain, `/`, and a path.
pub(crate) fn domain_prefixed_path(path: &Path, text: &str, errors: &mut Errors) {
    if text.is_empty() {
        return errors.required(path, "");
    }
    let Some((host, rest)) = text.split_once('/').filter(|(host, rest)| !host.is_empty() && !rest.is_empty()) else {
        return errors.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    };
    errors.invalid_each(path, host, dns_subdomain(host));
    if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b)) {
        errors.invalid(path, rest, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
    }
}

#[cfg(test)]
mod tests {
    use super::super::TextFormat;
    use super::*;

    #[test]
    fn names_of_each_format() {
        let long = "a".repeat(64);
        let cases: [(TextFormat, &str, usize); 21] = [
            (dns_label, "a", 0),
            (dns_label, "a-1", 0),
            (dns_label, "", 1),
            (dns_label, "-a", 1),
            (dns_label, "a.b", 1),
            (dns_label, &long, 1),
            (dns_subdomain, "a.b-c.1", 0),
            (dns_subdomain, "a..b", 1),
            (dns_subdomain, &long, 0),
            (label_value, "", 0),
            (label_value, "A_b.c", 0),
            (label_value, "a b", 1),
            (label_value, &long, 1),
            (qualified_name, "a", 0),
            (qualified_name, "example.com/a", 0),
            (qualified_name, "", 2),
            (qualified_name, "/a", 1),
            (qualified_name, "a/", 2),
            (qualified_name, "A/b", 1),
            (qualified_name, "a/b/c", 1),
            (qualified_name, "é", 1),
        ];
        for (format, text, count) in cases {
            assert_eq!(format(text).len(), count, "{text}: {:?}", format(text));
        }
    }

    #[test]
    fn domain_prefixed_paths() {
        for (text, count) in [("acme.io/foo", 0), ("", 1), ("foo", 1), ("/x", 1), ("A/b", 1), ("a/b c", 1), ("A/ ", 2)]
        {
            let mut errors = Errors::default();
            domain_prefixed_path(&Path::root("p"), text, &mut errors);
            assert_eq!(errors.0.len(), count, "{text}");
        }
    }
}
