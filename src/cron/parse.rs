//! From text to schedule: the grammar and its error texts. Nothing here depends on time.
//!
//! Source: `parser.go` of `github.com/robfig/cron/v3`, and Kubernetes' `ParseSchedule`, which turns the parser's panic
//! on a zone without a schedule into an error.

use super::go_text::{atoi, parse_duration};
use super::schedule::{CronFields, Days, Schedule};
use super::zone::Location;
use std::borrow::Cow;

/// A field of a schedule: the range of its numbers, and the names that stand for them.
struct Bounds {
    min: u64,
    max: u64,
    /// Names for the numbers from `min` up.
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { min: 0, max: 59, names: &[] };
const HOURS: Bounds = Bounds { min: 0, max: 23, names: &[] };
const DAYS: Bounds = Bounds { min: 1, max: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds = Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The schedules that descriptors stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The values that a field allows, as bits, and whether it allows all values because it is unrestricted.
#[derive(Clone, Copy, Default)]
struct Allowed {
    bits: u64,
    unrestricted: bool,
}

impl Schedule {
    /// Parses a schedule: five fields, a descriptor or `@every`, optionally preceded by `TZ=` or `CRON_TZ=`.
    ///
    /// # Errors
    /// The parser's own text.
    #[doc(alias = "ParseStandard")]
    pub fn parse(text: &str) -> Result<Schedule, String> {
        if text.is_empty() {
            return Err("empty spec string".to_owned());
        }
        if !text.starts_with("TZ=") && !text.starts_with("CRON_TZ=") {
            return parse_without_zone(text, Location::utc());
        }
        let (zone, rest) = match text.split_once(' ') {
            Some((zone, rest)) => (zone, rest),
            None => return Err("invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned()),
        };
        let name = zone.split_once('=').map_or("", |(_, name)| name);
        let location = Location::load(name).map_err(|why| format!("provided bad location {name}: {why}"))?;
        parse_without_zone(rest.trim(), location)
    }

    /// Parses the schedule of a CronJob. Its zone is prepended, unless it is unknown or the schedule contains `TZ`.
    ///
    /// # Errors
    /// The parser's own text.
    #[doc(alias = "formatSchedule")]
    pub fn of_cronjob(schedule: &str, time_zone: Option<&str>) -> Result<Schedule, String> {
        let zone = time_zone.filter(|name| !schedule.contains("TZ") && Location::load(name).is_ok());
        let text = zone.map_or(Cow::Borrowed(schedule), |name| Cow::Owned(format!("TZ={name} {schedule}")));
        Schedule::parse(&text)
    }
}

fn parse_without_zone(text: &str, location: Location) -> Result<Schedule, String> {
    if text.starts_with('@') {
        return parse_descriptor(text, location);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    };
    let (minute, hour) = (parse_field(minute, &MINUTES)?, parse_field(hour, &HOURS)?);
    let (day, month) = (parse_field(day, &DAYS)?, parse_field(month, &MONTHS)?);
    let weekday = parse_field(weekday, &WEEKDAYS)?;
    let days = match day.unrestricted || weekday.unrestricted {
        true => Days::Both,
        false => Days::Either,
    };
    let spec = CronFields {
        minutes: minute.bits,
        hours: hour.bits,
        days_of_month: day.bits,
        months: month.bits,
        days_of_week: weekday.bits,
        days,
    };
    Ok(Schedule::of_spec(spec, location))
}

fn parse_descriptor(text: &str, location: Location) -> Result<Schedule, String> {
    if let Some((_, fields)) = DESCRIPTORS.iter().find(|d| d.0 == text) {
        return parse_without_zone(fields, location);
    }
    let Some(duration) = text.strip_prefix("@every ") else {
        return Err(format!("unrecognized descriptor: {text}"));
    };
    match parse_duration(duration) {
        // Less than a second counts as one second, and fractions of seconds are truncated.
        Ok(nanos) => Ok(Schedule::every((nanos / 1_000_000_000).max(1), location)),
        Err(why) => Err(format!("failed to parse duration {text}: {why}")),
    }
}

/// A comma-separated list of ranges; an empty list allows nothing.
#[doc(alias = "getField")]
fn parse_field(text: &str, bounds: &Bounds) -> Result<Allowed, String> {
    let mut allowed = Allowed::default();
    for range in text.split(',').filter(|range| !range.is_empty()) {
        let range = parse_range(range, bounds)?;
        allowed.bits |= range.bits;
        allowed.unrestricted |= range.unrestricted;
    }
    Ok(allowed)
}

/// `number | number "-" number [ "/" number ]`, where `*` and `?` are the whole range.
#[doc(alias = "getRange")]
fn parse_range(text: &str, bounds: &Bounds) -> Result<Allowed, String> {
    let mut parts = text.split('/');
    let mut ends = parts.next().unwrap_or_default().split('-');
    let (first, last) = (ends.next().unwrap_or_default(), ends.next());
    let mut unrestricted = matches!(first, "*" | "?");
    let (start, mut end) = match last {
        _ if unrestricted => (bounds.min, bounds.max),
        None => {
            let n = parse_value(first, bounds)?;
            (n, n)
        }
        Some(last) if ends.next().is_none() => (parse_value(first, bounds)?, parse_value(last, bounds)?),
        Some(_) => {
            parse_value(first, bounds)?;
            return Err(format!("too many hyphens: {text}"));
        }
    };
    let step = match parts.next() {
        None => 1,
        Some(step) if parts.next().is_none() => {
            let step = parse_number(step)?;
            if last.is_none() {
                end = bounds.max;
            }
            unrestricted &= step <= 1;
            step
        }
        Some(_) => return Err(format!("too many slashes: {text}")),
    };
    check_range(text, bounds, (start, end, step))?;
    let bits = (start..=end).step_by(usize::try_from(step).unwrap_or(usize::MAX)).fold(0, |bits, n| bits | 1 << n);
    Ok(Allowed { bits, unrestricted })
}

fn check_range(text: &str, bounds: &Bounds, (start, end, step): (u64, u64, u64)) -> Result<(), String> {
    if start < bounds.min {
        return Err(format!("beginning of range ({start}) below minimum ({}): {text}", bounds.min));
    }
    if end > bounds.max {
        return Err(format!("end of range ({end}) above maximum ({}): {text}", bounds.max));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(())
}

#[doc(alias = "parseIntOrName")]
fn parse_value(text: &str, bounds: &Bounds) -> Result<u64, String> {
    // Minutes, hours and days of the month have no names, so there is nothing to compare.
    let lower = (!bounds.names.is_empty()).then(|| text.to_lowercase());
    match lower.and_then(|lower| bounds.names.iter().position(|name| *name == lower)) {
        Some(place) => Ok(bounds.min + place as u64),
        None => parse_number(text),
    }
}

#[doc(alias = "mustParseInt")]
fn parse_number(text: &str) -> Result<u64, String> {
    let number = atoi(text).map_err(|why| format!("failed to parse int from {text}: {why}"))?;
    u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
}
