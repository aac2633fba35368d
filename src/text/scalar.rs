//! Scalars of YAML as Kubernetes reads them: the words and numbers of YAML 1.1. It knows no structure.

use super::tree::Value;
use saphyr_parser::{ScalarStyle, Tag};

/// The value of a scalar: only plain ones, and those that a tag says so of, are more than text.
pub(crate) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let tag = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    let is_text = match tag {
        Some("str") => true,
        Some("bool" | "int" | "float" | "null") => false,
        _ => style != ScalarStyle::Plain,
    };
    if tag == Some("binary")
        && let Some(decoded) = base64(text)
    {
        return Value::Text(decoded);
    }
    if is_text {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

/// Text in base 64 (RFC 4648, section 4); none if it is not that.
fn base64(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for c in text.trim_end_matches('=').bytes().filter(|c| !c.is_ascii_whitespace()) {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A plain scalar as a number, with the bases and underscores of YAML 1.1.
fn number(text: &str) -> Option<Value> {
    let digits = text.replace('_', "");
    let (negative, plain) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let based = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)];
    let (rest, base) = match based.iter().find_map(|&(p, base)| plain.strip_prefix(p).map(|r| (r, base))) {
        Some(found) => found,
        None if plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit()) => (plain, 8),
        None => (plain, 10),
    };
    if let Ok(n) = i64::from_str_radix(rest, base)
        && !rest.starts_with(['-', '+'])
    {
        return Some(Value::Int(if negative { -n } else { n }));
    }
    // Of whole numbers, a reader of YAML keeps 64 bits without a sign too.
    if !negative && let Ok(n) = u64::from_str_radix(rest, base) {
        return Some(Value::Decimal(n.to_string()));
    }
    let is_decimal = plain.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let x: f64 = digits.parse().ok().filter(|_| is_decimal)?;
    // What is whole is written without a fraction as soon as the YAML becomes JSON, so it counts as a whole number.
    let whole = x.is_finite() && x == libm::trunc(x) && libm::fabs(x) < 9e18;
    if whole { Some(Value::Int(x as i64)) } else { x.is_finite().then_some(Value::Float(x)) }
}

#[cfg(test)]
mod tests {
    use super::super::tree::read_documents;

    fn one(text: &str) -> serde_json::Value {
        read_documents(text).unwrap()[0].to_json()
    }

    #[test]
    fn scalars_as_kubernetes_reads_them() {
        let cases = [
            ("yes", "true"),
            ("\"yes\"", "\"yes\""),
            ("off", "false"),
            ("12", "12"),
            ("-3", "-3"),
            ("010", "8"),
            ("0x1F", "31"),
            ("1_000", "1000"),
            ("1.5", "1.5"),
            ("1e3", "1000"),
            ("3.0", "3"),
            ("1.2.3", "\"1.2.3\""),
            ("5m", "\"5m\""),
            ("~", "null"),
            ("2026-01-01", "\"2026-01-01\""),
            ("!!str 5", "\"5\""),
            ("!!binary YnVzeWJveA==", "\"busybox\""),
            ("9223372036854775808", "9223372036854775808"),
            ("!!bool \"yes\"", "true"),
        ];
        for (text, json) in cases {
            assert_eq!(one(&format!("a: {text}"))["a"].to_string(), json, "{text}");
        }
    }
}
