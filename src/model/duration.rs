//! Durations as people write them: `90s`, `1.5m`, `1h30m`, `250ms`. Units are mandatory, and durations are neither
//! negative nor longer than [`LONGEST_DURATION`]. Also rates: `0.02/h`. How reports round durations is elsewhere.
//!
//! Invariant: the output of [`in_full`] parses back to the same number.

use crate::limits::LONGEST_DURATION;
use crate::time::SimDuration;
use std::fmt::Write as _;

/// A unit: its name, its length as a whole number of seconds, and a power of ten by which that is multiplied.
type DurationUnit = (&'static str, u64, i32);

/// From longest to shortest, the order in which they appear in a duration of several parts.
const UNITS: &[DurationUnit] = &[
    ("d", 86_400, 0),
    ("h", 3_600, 0),
    ("m", 60, 0),
    ("s", 1, 0),
    ("ms", 1, -3),
    ("us", 1, -6),
    ("µs", 1, -6),
    ("μs", 1, -6),
    ("ns", 1, -9),
];

/// The units as messages list them.
const ALLOWED: &str = "ns, us, ms, s, m, h or d";

/// Parses a duration.
///
/// # Errors
/// What is wrong: a missing or unknown unit, a negative number, or a duration that is too long.
pub fn parse(text: &str) -> Result<SimDuration, String> {
    parse_seconds(text).map(SimDuration::from_secs_f64)
}

/// Parses a duration as seconds, to the float nearest to what is written.
///
/// # Errors
/// As [`parse`].
pub fn parse_seconds(text: &str) -> Result<f64, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("a duration is missing: a number with a unit ({ALLOWED})"));
    }
    if rest.starts_with('-') {
        return Err(format!("{text:?} is negative; a duration is zero or longer"));
    }
    let (mut total, mut allowed) = (0.0, UNITS);
    while !rest.is_empty() {
        let (seconds, units, after) = part(text, rest, allowed)?;
        total += seconds;
        (rest, allowed) = (after.trim_start(), units);
    }
    if total > LONGEST_DURATION as f64 {
        return Err(format!("{text:?} is longer than 100 years, the longest duration"));
    }
    Ok(total)
}

/// One number with its unit: seconds, the units that may still follow, and the rest of the text.
fn part<'a>(
    text: &str,
    rest: &'a str,
    allowed: &'static [DurationUnit],
) -> Result<(f64, &'static [DurationUnit], &'a str), String> {
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, after) = rest.split_at(digits);
    let after = after.trim_start();
    let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
    let (name, after) = after.split_at(letters);
    if number.parse::<f64>().is_err() {
        return Err(format!("{text:?} is not a duration: a number with a unit ({ALLOWED}), such as 90s or 1h30m"));
    }
    if name.is_empty() {
        return Err(format!("{text:?} has no unit: {number}s, {number}m or {number}ms? (units: {ALLOWED})"));
    }
    let Some(&(_, length, shift)) = UNITS.iter().find(|unit| unit.0 == name) else {
        return Err(format!("{text:?}: {name:?} is not a unit of time; allowed are {ALLOWED}"));
    };
    let Some(place) = allowed.iter().position(|unit| unit.0 == name) else {
        return Err(format!("{text:?}: units go from long to short, each once, as in 1h30m"));
    };
    // The exponent is appended to the digits, so that 30ms gives the same float as 0.03.
    let value: f64 = format!("{number}e{shift}").parse().expect("it was a number");
    Ok((value * length as f64, &allowed[place + 1..], after))
}

/// Parses a rate such as `0.02/h` or `3/1h30m`. The result is per second.
///
/// # Errors
/// What is wrong.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    let example = "a rate is a number per duration, such as 0.02/h";
    let (number, per) = text.split_once('/').ok_or_else(|| format!("{text:?} is not a rate: {example}"))?;
    let count: f64 = number.trim().parse().map_err(|_| format!("{text:?} is not a rate: {example}"))?;
    if !(count >= 0.0 && count.is_finite()) {
        return Err(format!("{text:?}: a rate is zero or more, and finite"));
    }
    let per = per.trim();
    let bare = per.starts_with(|c: char| c.is_alphabetic());
    let seconds = parse_seconds(&if bare { format!("1{per}") } else { per.to_owned() })?;
    if seconds <= 0.0 {
        return Err(format!("{text:?}: the duration of a rate must be longer than zero"));
    }
    Ok(count / seconds)
}

/// A duration in seconds with all its digits: `1h30m`, `90.5s`, `30ms`. It parses back to the same number.
pub fn in_full(seconds: f64) -> String {
    if seconds == 0.0 || !seconds.is_finite() {
        return format!("{seconds}s");
    }
    if seconds >= 60.0 && seconds.fract() == 0.0 && seconds <= LONGEST_DURATION as f64 {
        return in_parts(seconds as u64);
    }
    if seconds >= 1.0 {
        return format!("{seconds}s");
    }
    let (_, exponent) = scientific(seconds);
    let (shift, name) = match exponent {
        -3.. => (3, "ms"),
        -6..=-4 => (6, "us"),
        _ => (9, "ns"),
    };
    format!("{}{name}", shifted(seconds, shift))
}

fn in_parts(mut seconds: u64) -> String {
    let mut text = String::new();
    for &(name, length, shift) in UNITS {
        let count = if shift == 0 { seconds / length } else { 0 };
        if count > 0 {
            let _ = write!(text, "{count}{name}");
            seconds %= length;
        }
    }
    text
}

/// The shortest digits that represent a number, and the power of ten of the first digit.
fn scientific(x: f64) -> (String, i32) {
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').expect("that is how it is written");
    (digits.replace('.', ""), exponent.parse().expect("an exponent is a number"))
}

/// `x` × 10^`shift`, written without an exponent and without rounding; `x` must be positive.
pub(super) fn shifted(x: f64, shift: i32) -> String {
    let (digits, exponent) = scientific(x);
    let point = exponent + shift + 1;
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    let point = point as usize;
    if point >= digits.len() {
        return format!("{digits}{}", "0".repeat(point - digits.len()));
    }
    format!("{}.{}", &digits[..point], &digits[point..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("0s", 0),
            ("5s", 5_000_000_000),
            ("5 s", 5_000_000_000),
            ("1.5m", 90_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1h 30m", 5_400_000_000_000),
            ("30ms", 30_000_000),
            ("2us", 2_000),
            ("2µs", 2_000),
            ("7ns", 7),
            (" 1d ", 86_400_000_000_000),
            ("36525d", LONGEST_DURATION * 1_000_000_000),
        ];
        for (text, nanos) in cases {
            assert_eq!(parse(text), Ok(SimDuration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        let cases = [
            ("5", "has no unit: 5s, 5m or 5ms?"),
            ("", "a duration is missing"),
            ("-5s", "is negative"),
            ("5sec", "\"sec\" is not a unit of time"),
            ("5M", "\"M\" is not a unit of time"),
            ("1m1h", "units go from long to short"),
            ("1s1s", "units go from long to short"),
            ("fast", "is not a duration"),
            ("NaNs", "is not a duration"),
            ("infs", "is not a duration"),
            ("1..5s", "is not a duration"),
            ("1e9s", "\"e\" is not a unit of time"),
            ("36526d", "longer than 100 years"),
            ("99999999999999999999999999h", "longer than 100 years"),
        ];
        for (text, why) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn rates_are_read() {
        for (text, rate) in
            [("0.02/h", 0.02 / 3600.0), ("3/1h30m", 3.0 / 5400.0), ("0/s", 0.0), ("1 / d", 1.0 / 86_400.0)]
        {
            assert_eq!(parse_rate(text), Ok(rate), "{text}");
        }
        for text in ["0.02", "x/h", "-1/h", "inf/h", "NaN/h", "1/0s", "1/", "1/hour"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        let cases = [
            (0.0, "0s"),
            (0.03, "30ms"),
            (0.0005, "500us"),
            (1.5e-8, "15ns"),
            (1e-12, "0.001ns"),
            (1.5, "1.5s"),
            (60.0, "1m"),
            (90.5, "90.5s"),
            (5400.0, "1h30m"),
            (90_061.0, "1d1h1m1s"),
        ];
        for (seconds, text) in cases {
            assert_eq!(in_full(seconds), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(mantissa in 1_u64..1 << 53, scale in -80_i32..-20) {
            let seconds = (mantissa as f64 * libm::pow(2.0, f64::from(scale))).min(LONGEST_DURATION as f64);
            prop_assert_eq!(parse_seconds(&in_full(seconds)), Ok(seconds));
        }
    }
}
