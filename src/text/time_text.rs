//! Dates and times as the API writes them: RFC 3339, whole seconds, UTC. This is not the clock of a run.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1.Time`, which is parsed with `time.RFC3339` and written in UTC without
//! a fraction.

use crate::time::{SimTime, WallClock};

/// The time in the API's canonical form (UTC, truncated to whole seconds); `None` if the text is not a time.
pub(crate) fn normalized(text: &str) -> Option<String> {
    seconds(text).map(shown)
}

/// The time on the virtual clock in whole seconds; `None` if the text is not a time or the clock does not reach it.
pub(crate) fn instant(text: &str) -> Option<SimTime> {
    let clock = WallClock::default();
    let unix = seconds(text)?;
    Some(clock.at(unix)).filter(|&t| t >= SimTime::ZERO && clock.unix(t) == unix)
}

/// The instant as the API writes it, truncated to whole seconds.
pub fn rfc3339(t: SimTime) -> String {
    shown(WallClock::default().unix(t))
}

/// The time of day; with the date if it differs from that of `other`.
pub fn clock_beside(t: SimTime, other: SimTime) -> String {
    let (text, other) = (rfc3339(t), rfc3339(other));
    let is_same_day = text.get(..10) == other.get(..10);
    let shown = if is_same_day { text.get(11..19) } else { text.get(..19) };
    shown.unwrap_or_default().replace('T', " ")
}

/// Seconds since the Unix epoch, truncated.
fn seconds(text: &str) -> Option<i64> {
    // Go also accepts an hour of one digit.
    let padded = (text.get(10..11) == Some("T") && text.get(12..13) == Some(":"))
        .then(|| format!("{}0{}", &text[..11], &text[11..]));
    let text = padded.as_deref().unwrap_or(text);
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|&(at, mark)| bytes.get(at) != Some(&mark)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let of_day = hour < 24 && minute < 60 && second < 60;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || !of_day {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == fraction.len() {
            return None;
        }
        rest = after;
    }
    let offset = offset_minutes(rest)?;
    Some(days_from_civil(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second)
}

fn offset_minutes(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let number = |digits: &str, most: i64| {
        let n: i64 = digits.parse().ok()?;
        (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()) && n <= most).then_some(n)
    };
    Some(sign * (number(hours, 24)? * 60 + number(minutes, 60)?))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds since the Unix epoch as the API writes them. The date is computed by `civil_from_days` of the same source.
fn shown(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let part = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * part + 2) / 5 + 1, if part < 10 { part + 3 } else { part - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn times_are_read_and_brought_to_utc() {
        for (text, time) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00.999999Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
            ("2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("2026-01-01T1:00:00+01:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01T01:00:00.5+23:59", "2025-12-31T01:01:00Z"),
        ] {
            assert_eq!(normalized(text).as_deref(), Some(time), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let texts = [
            "",
            "2026-01-01",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+1:00",
            "２026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Zé",
            "2026-01-01T00:00:0Z",
        ];
        for text in texts {
            assert_eq!(normalized(text), None, "{text}");
        }
    }
}
