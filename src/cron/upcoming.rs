//! The upcoming times of a schedule, with the clock changes of its zone between them, so that people see the effect of
//! a change to summer time before it comes. Nothing is started here.

use super::schedule::Schedule;
use super::zone::{Location, Segment};

/// A time at which a schedule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpcomingStart {
    /// When, in seconds since the Unix epoch.
    pub unix: i64,
    /// The offset of the local clock from UTC at that instant, in seconds.
    pub offset: i64,
    /// Whether the local clock shows this time for the second time and the schedule fired the first time.
    pub again: bool,
    /// Clock changes since the previous start (or since the beginning).
    pub changes: Vec<ClockChange>,
}

/// A change of a local clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockChange {
    /// The first second after the change, in seconds since the Unix epoch.
    pub at: i64,
    /// The offset from UTC before it, in seconds.
    pub before: i64,
    /// The offset from UTC after it, in seconds.
    pub after: i64,
    /// Times that the schedule includes and the clock skips, in seconds since 1970-01-01T00:00:00 on the local clock.
    pub skipped: Vec<i64>,
}

/// The upcoming starts of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpcomingStarts {
    /// The starts, in order.
    pub starts: Vec<UpcomingStart>,
    /// Whether the calendar ended before the requested number of starts was found: there are more.
    pub is_cut: bool,
}

/// The last second that can be written as a date on any clock: the end of the calendar (9999-12-30T22:00:00Z).
pub const CALENDAR_END: i64 = 253_402_207_200;

/// The most skipped times that are listed.
const MOST_SKIPPED: usize = 60;

/// The first `count` times after `from`, up to the end of the calendar.
pub fn upcoming_starts(schedule: &Schedule, from: i64, count: usize) -> UpcomingStarts {
    let (mut last, mut starts) = (from, Vec::new());
    for unix in schedule.after(from).take(count) {
        let segment = schedule.location().segment(unix);
        if unix + segment.offset.max(0) > CALENDAR_END {
            return UpcomingStarts { starts, is_cut: true };
        }
        starts.push(UpcomingStart {
            unix,
            offset: segment.offset,
            again: is_again(schedule, unix, segment),
            changes: changes(schedule, last, unix),
        });
        last = unix;
    }
    UpcomingStarts { starts, is_cut: false }
}

/// Whether the schedule fired when the clock showed this local time for the first time.
fn is_again(schedule: &Schedule, unix: i64, segment: Segment) -> bool {
    if schedule.spec().is_none() || segment.from == i64::MIN {
        return false;
    }
    let before = schedule.location().segment(segment.from - 1);
    let first = unix + segment.offset - before.offset;
    // If the clock went forward, the same local time lies after the change and is a different one.
    segment.offset < before.offset && first < segment.from && schedule.next(first - 1) == Some(first)
}

/// Clock changes after `from`, up to and including `to`.
fn changes(schedule: &Schedule, from: i64, to: i64) -> Vec<ClockChange> {
    let location = schedule.location();
    let (mut list, mut segment) = (Vec::new(), location.segment(from));
    while segment.until <= to {
        let next = location.segment(segment.until);
        if next.offset != segment.offset {
            let skipped = skipped(schedule, segment.until, segment.offset, next.offset);
            list.push(ClockChange { at: segment.until, before: segment.offset, after: next.offset, skipped });
        }
        segment = next;
    }
    list
}

/// The local times that a schedule includes among those that the clock skips.
fn skipped(schedule: &Schedule, at: i64, before: i64, after: i64) -> Vec<i64> {
    let Some(spec) = schedule.spec() else { return Vec::new() };
    let in_local_time = Schedule::of_spec(*spec, Location::utc());
    let (first, end) = (at + before, at + after);
    in_local_time.after(first - 1).take_while(|local| *local < end).take(MOST_SKIPPED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin(schedule: &str, from: &str, count: usize) -> Vec<UpcomingStart> {
        let schedule = Schedule::of_cronjob(schedule, Some("Europe/Berlin")).unwrap();
        upcoming_starts(&schedule, from.parse::<jiff::Timestamp>().unwrap().as_second(), count).starts
    }

    #[test]
    fn a_time_that_the_clock_shows_twice_comes_again() {
        let list = berlin("30 2 * * *", "2026-10-24T12:00:00Z", 3);
        let seen: Vec<_> = list.iter().map(|c| (c.again, c.offset, c.changes.len())).collect();
        assert_eq!(seen, [(false, 7_200, 0), (true, 3_600, 1), (false, 3_600, 0)]);
    }

    #[test]
    fn a_time_that_the_clock_skips_is_told() {
        let list = berlin("0,30 2,3 * * *", "2027-03-27T12:00:00Z", 2);
        let change = &list[0].changes[0];
        let clock: Vec<i64> = change.skipped.iter().map(|local| local.rem_euclid(86_400) / 60).collect();
        assert_eq!((clock, change.after - change.before), (vec![120, 150], 3_600));
        assert!(!list[0].again && list[1].changes.is_empty());
    }

    #[test]
    fn starts_end_with_the_calendar() {
        assert_eq!(CALENDAR_END, jiff::Timestamp::MAX.as_second());
        for zone in ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"] {
            for schedule in ["30 2 * * *", "0 0 1 1 *", "@every 2400h"] {
                let schedule = Schedule::of_cronjob(schedule, Some(zone)).unwrap();
                let found = upcoming_starts(&schedule, CALENDAR_END - 2 * 86_400, 10);
                assert!(found.is_cut && found.starts.len() <= 2);
            }
        }
    }

    #[test]
    fn intervals_care_about_no_clock() {
        let list = berlin("@every 24h", "2026-10-24T12:00:00Z", 2);
        assert!(list.iter().all(|c| !c.again && c.changes.iter().all(|change| change.skipped.is_empty())));
    }
}
