//! Dates and times of the day along an axis: ticks at whole hours, midnights, Mondays and first days of months, in a
//! time zone with its clock changes. Axes that count time from the start of a run are in `axis`.

use crate::cron::Location;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

const DAY: i64 = 86_400;
/// The first Monday, in seconds since 1970-01-01, which was a Thursday.
const MONDAY: i64 = 4 * DAY;
/// Distances between ticks, in seconds.
const STEPS: [i64; 17] = [
    1,
    5,
    15,
    60,
    300,
    900,
    1_800,
    3_600,
    7_200,
    3 * 3_600,
    6 * 3_600,
    12 * 3_600,
    DAY,
    2 * DAY,
    3 * DAY,
    7 * DAY,
    14 * DAY,
];
/// Larger distances between ticks, in months.
const MONTHS: [i64; 6] = [1, 2, 3, 6, 12, 60];

/// The wall clock along an axis of seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calendar {
    /// The instant at 0 on the axis, in seconds since 1970-01-01T00:00:00Z.
    start: i64,
    /// The name of the zone.
    zone: String,
    /// Offsets from UTC in seconds, each with the place on the axis from which on it holds.
    offsets: Vec<(i64, i64)>,
}

impl Calendar {
    /// The clock of a zone from `start` (seconds since 1970) for a number of seconds; UTC if the zone is not known.
    pub fn new(start: i64, zone: &str, seconds: f64) -> Self {
        let location = Location::load(zone).unwrap_or_else(|_| Location::utc());
        let end = start.saturating_add(seconds.clamp(0.0, 1e11) as i64);
        let mut offsets: Vec<(i64, i64)> = Vec::new();
        let mut from = start;
        loop {
            let segment = location.segment(from);
            offsets.push((from - start, segment.offset));
            if segment.until > end || segment.until <= from || offsets.len() > 1_000 {
                break;
            }
            from = segment.until;
        }
        Calendar { start, zone: location.name().to_owned(), offsets }
    }

    /// What the local clock shows at a place on the axis, as seconds since 1970-01-01T00:00:00 on that clock.
    fn local(&self, at: f64) -> i64 {
        let at = at.round() as i64;
        let offset = self.offsets.iter().rev().find(|(from, _)| *from <= at).or(self.offsets.first());
        self.start + at + offset.map_or(0, |(_, offset)| *offset)
    }

    /// At most about `most` ticks from one place of the axis to another.
    pub fn ticks(&self, from: f64, to: f64, most: usize) -> Vec<f64> {
        let least = (to - from) / most.max(1) as f64;
        let mut ticks: Vec<f64> = match STEPS.into_iter().find(|step| *step as f64 >= least) {
            Some(step) => self.every(from, to, step),
            None => self.first_days(from, to, least),
        };
        ticks.dedup_by(|later, earlier| *later - *earlier < least / 2.0);
        ticks
    }

    /// The spans of a range in which the offset is constant: beginning, end, and what must be added to local seconds to
    /// get a place on the axis.
    fn spans(&self, from: f64, to: f64) -> impl Iterator<Item = (i64, i64, i64)> + '_ {
        let ends = self.offsets.iter().skip(1).map(|(at, _)| *at).chain([i64::MAX]);
        self.offsets.iter().zip(ends).enumerate().filter_map(move |(n, ((begin, offset), end))| {
            let begin = if n == 0 { i64::MIN } else { *begin };
            let (low, high) = (begin.max(from.ceil() as i64), end.min(to.floor() as i64 + 1));
            (low < high).then_some((low, high, self.start + offset))
        })
    }

    fn every(&self, from: f64, to: f64, step: i64) -> Vec<f64> {
        let phase = if step % (7 * DAY) == 0 { MONDAY } else { 0 };
        let in_span = |(low, high, shift): (i64, i64, i64)| {
            let first = (low + shift - phase + step - 1).div_euclid(step) * step + phase - shift;
            (0..).map(move |n| first + n * step).take_while(move |at| *at < high).map(|at| at as f64)
        };
        self.spans(from, to).flat_map(in_span).collect()
    }

    fn first_days(&self, from: f64, to: f64, least: f64) -> Vec<f64> {
        let months = MONTHS.into_iter().find(|m| *m as f64 * 30.0 * DAY as f64 >= least).unwrap_or(MONTHS[5]);
        let first = self.date_time(from).date();
        let mut ticks = Vec::new();
        let place = i64::from(first.year()) * 12 + i64::from(first.month()) - 1;
        let mut place = place.div_euclid(months) * months;
        while let (Ok(year), month) = (i16::try_from(place.div_euclid(12)), place.rem_euclid(12) + 1) {
            let Ok(date) = Date::new(year, month as i8, 1) else { break };
            let Ok(local) = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)) else { break };
            let local = local.as_second();
            let span =
                self.spans(from, to).find(|(low, high, shift)| (*low..*high).contains(&(local.saturating_sub(*shift))));
            ticks.extend(span.map(|(_, _, shift)| (local - shift) as f64));
            if local.saturating_sub(self.start) as f64 > to + 2.0 * DAY as f64 || ticks.len() > 100 {
                break;
            }
            place += months;
        }
        ticks
    }

    fn date_time(&self, at: f64) -> DateTime {
        let local = jiff::Timestamp::from_second(self.local(at)).unwrap_or(jiff::Timestamp::MAX);
        TimeZone::UTC.to_datetime(local)
    }

    /// The text of a tick: the day at midnight, else the time of day.
    pub fn text(&self, at: f64) -> String {
        let local = self.date_time(at);
        match (local.hour(), local.minute(), local.second()) {
            (0, 0, 0) => day(local.date()),
            (hour, minute, 0) => format!("{hour:02}:{minute:02}"),
            (hour, minute, second) => format!("{hour:02}:{minute:02}:{second:02}"),
        }
    }

    /// The label of the axis: the year or the day, if its ticks do not show it, and the zone.
    pub fn label(&self, from: f64, to: f64) -> String {
        let (first, last) = (self.date_time(from).date(), self.date_time(to).date());
        let when = match (first == last, first.year() == last.year()) {
            (true, _) => format!("{} {}", day(first), first.year()),
            (_, true) => first.year().to_string(),
            _ => format!("{} to {}", first.year(), last.year()),
        };
        format!("{when}, {}", self.zone)
    }
}

fn day(date: Date) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!("{} {}", date.day(), NAMES[usize::from(date.month().unsigned_abs()) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    fn texts(calendar: &Calendar, to: f64, most: usize) -> Vec<String> {
        calendar.ticks(0.0, to, most).into_iter().map(|at| calendar.text(at)).collect()
    }

    #[test]
    fn hours_and_days_have_their_names() {
        let calendar = Calendar::new(unix("2026-03-02T08:00:00Z"), "", 5_400.0);
        assert_eq!(texts(&calendar, 5_400.0, 6), ["08:00", "08:15", "08:30", "08:45", "09:00", "09:15", "09:30"]);
        assert_eq!(calendar.label(0.0, 5_400.0), "2 Mar 2026, UTC");
        let week = 7.0 * 86_400.0;
        assert_eq!(texts(&calendar, week, 8), ["3 Mar", "4 Mar", "5 Mar", "6 Mar", "7 Mar", "8 Mar", "9 Mar"]);
        assert_eq!(calendar.label(0.0, week), "2026, UTC");
        assert_eq!(texts(&calendar, 90_000.0, 4), ["12:00", "3 Mar"], "a day, in halves");
    }

    #[test]
    fn midnights_stay_midnights_when_the_clock_goes_back() {
        let calendar = Calendar::new(unix("2026-10-23T22:00:00Z"), "Europe/Madrid", 4.0 * 86_400.0);
        assert_eq!(calendar.ticks(0.0, 4.0 * 86_400.0, 6), [0.0, 86_400.0, 176_400.0, 262_800.0]);
        assert_eq!(texts(&calendar, 4.0 * 86_400.0, 6), ["24 Oct", "25 Oct", "26 Oct", "27 Oct"]);
        assert!(calendar.label(0.0, 1.0).ends_with("Europe/Madrid"));
    }

    #[test]
    fn years_have_ticks_at_first_days_of_months() {
        let calendar = Calendar::new(unix("2025-12-15T00:00:00Z"), "", 366.0 * 86_400.0);
        assert_eq!(texts(&calendar, 366.0 * 86_400.0, 5), ["1 Jan", "1 Apr", "1 Jul", "1 Oct"]);
        assert_eq!(calendar.label(0.0, 366.0 * 86_400.0), "2025 to 2026, UTC");
    }
}
