//! Scalars of YAML as Kubernetes reads them: the words and numbers of YAML 1.1, and tags. Structure is handled
//! elsewhere.
//!
//! Source: resolve.go and decode.go of go.yaml.in/yaml/v2 2.4.4, and what sigs.k8s.io/yaml makes of their results.

use super::tree::Value;

/// A scalar as it was written.
#[derive(Clone, Copy)]
pub(super) struct ScalarText<'a> {
    pub text: &'a str,
    /// Whether it is neither quoted nor a block.
    pub is_plain: bool,
    /// The tag in full, such as `tag:yaml.org,2002:str`.
    pub tag: Option<&'a str>,
}

/// The prefix of the tags that YAML itself defines.
const CORE: &str = "tag:yaml.org,2002:";

impl ScalarText<'_> {
    /// Whether it is the key `<<`, which merges in the fields of other maps.
    pub fn is_merge(&self) -> bool {
        let is_implicit = self.tag.map_or(self.is_plain, |tag| tag == "!");
        self.text == "<<" && (is_implicit || self.core_tag() == Some("merge"))
    }

    fn core_tag(&self) -> Option<&str> {
        self.tag?.strip_prefix(CORE)
    }
}

/// The type and value of a scalar.
enum Scalar {
    Null,
    Bool(bool),
    /// From the smallest signed number of 64 bits to the largest unsigned one.
    Int(i128),
    Float(f64),
    Text(String),
}

/// The value of a scalar. Only plain scalars, and those with a tag that says so, are anything other than text.
///
/// # Errors
/// A text that does not fit its tag, or a number that JSON cannot express.
pub(super) fn scalar(scalar: ScalarText<'_>) -> Result<Value, String> {
    Ok(match typed(scalar)? {
        Scalar::Null => Value::Null,
        Scalar::Bool(b) => Value::Bool(b),
        Scalar::Int(n) => i64::try_from(n).map_or_else(|_| Value::Decimal(n.to_string()), Value::Int),
        // What is whole is written without a fraction as soon as the YAML becomes JSON, so it counts as a whole number.
        Scalar::Float(x) if x == libm::trunc(x) && libm::fabs(x) < 9e18 => Value::Int(x as i64),
        Scalar::Float(x) => Value::Float(x),
        Scalar::Text(text) => Value::Text(text),
    })
}

/// The field name that a scalar stands for.
///
/// # Errors
/// As for [`scalar`]; also empty scalars and integers of more than 63 bits, which cannot be names.
pub(super) fn field_name(scalar: ScalarText<'_>) -> Result<String, String> {
    match typed(scalar)? {
        Scalar::Bool(b) => Ok(b.to_string()),
        Scalar::Int(n) if i64::try_from(n).is_ok() => Ok(n.to_string()),
        Scalar::Float(x) => Ok(float_name(x)),
        Scalar::Text(text) => Ok(text),
        Scalar::Int(_) | Scalar::Null => {
            Err(format!("{:?} is no name of a field: put it in quotation marks", scalar.text))
        }
    }
}

/// A number that JSON does not have, as YAML writes it.
pub(super) fn not_finite(x: f64) -> &'static str {
    match () {
        () if x.is_nan() => ".nan",
        () if x > 0.0 => ".inf",
        () => "-.inf",
    }
}

/// A number as sigs.k8s.io/yaml writes it as a name: with 32 bits, and with an exponent if it is a million or more, or
/// less than a ten-thousandth.
fn float_name(x: f64) -> String {
    if !x.is_finite() {
        return not_finite(x).to_owned();
    }
    let short = x as f32;
    let scientific = format!("{short:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or_default() {
        -4..=5 => short.to_string(),
        exponent => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}

fn typed(scalar: ScalarText<'_>) -> Result<Scalar, String> {
    let text = scalar.text;
    let value = match (scalar.tag, scalar.core_tag()) {
        (None, _) if !scalar.is_plain => Scalar::Text(text.to_owned()),
        (None, _) | (Some(_), Some("bool" | "int" | "float" | "null" | "timestamp")) => resolved(text),
        (Some(_), Some("binary")) => {
            Scalar::Text(base64(text).ok_or("!!binary value contains invalid base64 data".to_owned())?)
        }
        // Any other tag, including those of users, has no effect on the text.
        _ => Scalar::Text(text.to_owned()),
    };
    match (scalar.core_tag(), value) {
        (Some("float"), Scalar::Int(n)) => Ok(Scalar::Float(n as f64)),
        (Some("bool"), value @ Scalar::Bool(_))
        | (Some("int"), value @ Scalar::Int(_))
        | (Some("float"), value @ Scalar::Float(_))
        | (Some("null"), value @ Scalar::Null) => Ok(value),
        (Some("timestamp"), value @ Scalar::Text(_)) if is_timestamp(text) => Ok(value),
        (Some(tag @ ("bool" | "int" | "float" | "null" | "timestamp")), _) => {
            Err(format!("cannot decode {text:?} as a !!{tag}"))
        }
        (_, value) => Ok(value),
    }
}

/// What a plain scalar is by its text alone: the words of YAML 1.1 (`yes`, `off`, `~`), a number, or else text.
fn resolved(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes()[0] {
        b'.' => float(text).map_or_else(|| Scalar::Text(text.to_owned()), Scalar::Float),
        b'0'..=b'9' | b'+' | b'-' => {
            let digits = text.replace('_', "");
            let number = int(&digits).map(Scalar::Int).or_else(|| float(&digits).map(Scalar::Float));
            number.unwrap_or_else(|| Scalar::Text(text.to_owned()))
        }
        _ => Scalar::Text(text.to_owned()),
    }
}

/// An integer in one of Go's bases: `0x`, `0o` or `0`, `0b`.
fn int(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let lower = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (base, digits) = match lower.as_str() {
        "0x" => (16, &digits[2..]),
        "0o" => (8, &digits[2..]),
        "0b" => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // Rust's parser would accept a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let number = sign * i128::from_str_radix(digits, base).ok()?;
    // Without a sign it may use all 64 bits.
    let most = if text.starts_with(['-', '+']) { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN) <= number && number <= most).then_some(number)
}

/// A decimal number with a fraction or an exponent; `None` if it is too large.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_number = is_digits(whole)
        && is_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && is_digits(exponent));
    text.parse::<f64>().ok().filter(|x| is_number && x.is_finite())
}

/// Whether a text is a date, or a date and a time. Source: parseTimestamp of resolve.go, and time.Parse of Go with its
/// layouts: numbers of one or two digits, a fraction of seconds, and a zone only behind `T`.
fn is_timestamp(text: &str) -> bool {
    let number = |text: &str, most: i16| {
        let is_short = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i16>().ok().filter(|n| is_short && *n <= most)
    };
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(text[at..].split_at(1))),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let &[year, month, day] = parts.as_slice() else { return false };
    let year = year.parse().ok().filter(|_| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()));
    let (Some(year), Some(month), Some(day)) = (year, number(month, 12), number(day, 31)) else { return false };
    let is_date = jiff::civil::Date::new(year, month as i8, day as i8).is_ok();
    let Some((before, time)) = time else { return is_date };
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], Some(&time[at..])),
        None => (time, None),
    };
    let is_zone = match zone {
        Some("Z") => true,
        Some(zone) => {
            zone.len() == 6
                && zone[1..].split_once(':').is_some_and(|(hours, minutes)| {
                    hours.len() == 2 && number(hours, 24).is_some() && number(minutes, 60).is_some()
                })
        }
        None => false,
    };
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let is_clock = parts.len() == 3 && parts.iter().zip([23, 59, 59]).all(|(part, most)| number(part, most).is_some());
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    is_date && is_clock && is_fraction && if before == " " { zone.is_none() } else { is_zone }
}

/// Text encoded in base 64 (RFC 4648, section 4), padded, ignoring line breaks; `None` if it is invalid.
fn base64(text: &str) -> Option<String> {
    let text: Vec<u8> = text.bytes().filter(|c| !matches!(c, b'\r' | b'\n')).collect();
    let padding = text.iter().rev().take_while(|c| **c == b'=').count();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for c in &text[..text.len() - padding] {
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
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::read_documents;

    fn one(text: &str) -> String {
        match read_documents(&format!("a: {text}")) {
            Ok(documents) => documents[0].to_json()["a"].to_string(),
            Err(error) => error.message,
        }
    }

    #[test]
    fn scalars_as_kubernetes_reads_them() {
        let cases = [
            ("yes", "true"),
            ("\"yes\"", "\"yes\""),
            ("off", "false"),
            ("12", "12"),
            ("-3", "-3"),
            ("+3", "3"),
            ("010", "8"),
            ("08", "8"),
            ("0x1F", "31"),
            ("-0b11", "-3"),
            ("1_000", "1000"),
            ("1.5", "1.5"),
            (".5", "0.5"),
            ("._5", "\"._5\""),
            ("1e3", "1000"),
            ("1e999", "\"1e999\""),
            ("3.0", "3"),
            ("1.2.3", "\"1.2.3\""),
            ("5m", "\"5m\""),
            ("~", "null"),
            ("2026-01-01", "\"2026-01-01\""),
            ("!!str 5", "\"5\""),
            ("! 5", "\"5\""),
            ("!mine 5", "\"5\""),
            ("!!binary YnVzeWJveA==", "\"busybox\""),
            ("!!binary YnVzeWJveA", "not valid YAML: !!binary value contains invalid base64 data"),
            ("9223372036854775808", "9223372036854775808"),
            ("!!bool \"yes\"", "true"),
            ("!!int 1.5", "not valid YAML: cannot decode \"1.5\" as a !!int"),
            ("!!float 1", "1"),
            (".inf", "not valid YAML: .inf is a number that JSON does not have"),
        ];
        for (text, json) in cases {
            assert_eq!(one(text), json, "{text}");
        }
    }
}
