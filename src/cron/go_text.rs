//! How Go parses numbers and durations, and how it words its errors: those words are part of the API's error texts. For
//! durations elsewhere see [`crate::time::SimDuration`].

use std::fmt::Write;

/// Parses a decimal number as `strconv.Atoi` does.
///
/// # Errors
/// The text of Go's error.
#[doc(alias = "strconv.Atoi")]
pub fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fault = |what| Err(format!("strconv.Atoi: parsing {}: {what}", quote(text)));
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return fault("invalid syntax");
    }
    text.parse().or_else(|_| fault("value out of range"))
}

/// A text in quotation marks, as `%q` writes it.
#[doc(alias = "strconv.Quote")]
pub fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\x07' => write!(out, "\\a"),
            '\x08' => write!(out, "\\b"),
            '\x0c' => write!(out, "\\f"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\x0b' => write!(out, "\\v"),
            c if c < ' ' || c == '\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
            c if is_printable(c) => write!(out, "{c}"),
            c if u32::from(c) < 0x1_0000 => write!(out, "\\u{:04x}", u32::from(c)),
            c => write!(out, "\\U{:08x}", u32::from(c)),
        };
    }
    out.push('"');
    out
}

/// Whether Go prints a character unescaped. Characters that Unicode has not assigned count as printable.
fn is_printable(c: char) -> bool {
    let is_format = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    c.is_ascii() || !(c.is_control() || c.is_whitespace() || is_format || is_private)
}

/// A text in quotation marks as package `time` writes it: everything but printable ASCII as escaped bytes.
fn quote_bytes(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        if c < ' ' || !c.is_ascii() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "\\x{byte:02x}");
            }
            continue;
        }
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// The largest magnitude of a duration in nanoseconds: that of the most negative one.
const LARGEST: u64 = 1 << 63;

/// Units of durations in nanoseconds. The micro sign has two code points.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Parses a duration such as `1h30m` or `-1.5s` to nanoseconds.
///
/// # Errors
/// The text of Go's error.
#[doc(alias = "time.ParseDuration")]
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote_bytes(text));
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, fraction) = take_number(&mut rest).ok_or_else(invalid)?;
        let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at(end);
        rest = after;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote_bytes(text)));
        }
        let Some(&(_, nanos)) = UNITS.iter().find(|u| u.0 == unit) else {
            return Err(format!("time: unknown unit {} in duration {}", quote_bytes(unit), quote_bytes(text)));
        };
        let part = whole.checked_mul(nanos).filter(|n| *n <= LARGEST).ok_or_else(invalid)?;
        let part = part + (fraction.0 as f64 * (nanos as f64 / fraction.1)) as u64;
        total = total.checked_add(part).filter(|n| *n <= LARGEST).ok_or_else(invalid)?;
    }
    match (negative, i64::try_from(total)) {
        (false, Ok(nanos)) => Ok(nanos),
        (false, Err(_)) => Err(invalid()),
        (true, _) => Ok((total as i64).wrapping_neg()),
    }
}

/// Takes a decimal number off the front: its whole part, and its fraction as digits with their power of ten. `None` if
/// there is no number, or if it is too large.
fn take_number(rest: &mut &str) -> Option<(u64, (u64, f64))> {
    let digits = take_digits(rest);
    let mut whole: u64 = 0;
    for digit in digits.bytes() {
        whole = whole.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|n| *n <= LARGEST)?;
    }
    let (mut fraction, mut scale) = (0u64, 1.0);
    let mut behind = "";
    if let Some(after) = rest.strip_prefix('.') {
        *rest = after;
        behind = take_digits(rest);
        for digit in behind.bytes() {
            // Digits beyond 64 bits cannot change the result.
            let longer = fraction.checked_mul(10).and_then(|f| f.checked_add(u64::from(digit - b'0')));
            let Some(longer) = longer.filter(|f| *f <= LARGEST) else { break };
            fraction = longer;
            scale *= 10.0;
        }
    }
    (!digits.is_empty() || !behind.is_empty()).then_some((whole, (fraction, scale)))
}

fn take_digits<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let cases = [
            ("1h30m", Ok(5_400_000_000_000)),
            ("1m0.5s", Ok(60_500_000_000)),
            ("-1.5s", Ok(-1_500_000_000)),
            (".5s", Ok(500_000_000)),
            ("+0", Ok(0)),
            ("3us4µs5μs", Ok(12_000)),
            ("-9223372036854775808ns", Ok(i64::MIN)),
            ("", Err("time: invalid duration \"\"")),
            ("-", Err("time: invalid duration \"-\"")),
            (".s", Err("time: invalid duration \".s\"")),
            ("1", Err("time: missing unit in duration \"1\"")),
            ("1d", Err("time: unknown unit \"d\" in duration \"1d\"")),
            ("9223372036854775808ns", Err("time: invalid duration \"9223372036854775808ns\"")),
            ("9999999h", Err("time: invalid duration \"9999999h\"")),
            ("1ä", Err("time: unknown unit \"\\xc3\\xa4\" in duration \"1\\xc3\\xa4\"")),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_duration(text), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (text, expected) in [("+07", Ok(7)), ("-3", Ok(-3)), ("9223372036854775807", Ok(i64::MAX))] {
            assert_eq!(atoi(text), expected);
        }
        for text in ["", "+", "1_0", "0x1", "1.0", "٣"] {
            assert_eq!(atoi(text), Err(format!("strconv.Atoi: parsing \"{text}\": invalid syntax")));
        }
        let long = "9223372036854775808";
        assert_eq!(atoi(long), Err(format!("strconv.Atoi: parsing \"{long}\": value out of range")));
    }

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        for (text, quoted) in [
            ("a\"b\\", r#""a\"b\\""#),
            ("\t\x01\x7f", r#""\t\x01\x7f""#),
            ("é５\u{301}", "\"é５\u{301}\""),
            ("\u{a0}\u{200b}\u{e0001}", r#""\u00a0\u200b\U000e0001""#),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }
}
