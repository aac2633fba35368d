//! The times at which a schedule fires. Parsing is elsewhere, the search for the next time is in [`super::search`], and no
//! state is kept.

use super::search::Search;
use super::zone::Location;
use std::ops::RangeInclusive;

/// A schedule in its zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    kind: ScheduleKind,
    location: Location,
}

#[derive(Clone, Copy, Debug)]
enum ScheduleKind {
    Fields(CronFields),
    /// An interval in seconds since the last start.
    Every(i64),
}

/// The values that the five fields allow, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CronFields {
    /// Minutes, from bit 0.
    pub minutes: u64,
    /// Hours, from bit 0.
    pub hours: u64,
    /// Days of the month, from bit 1.
    pub days_of_month: u64,
    /// Months, from bit 1.
    pub months: u64,
    /// Days of the week, from Sunday at bit 0.
    pub days_of_week: u64,
    /// How the two kinds of days are combined.
    pub days: Days,
}

/// How days of the month and days of the week are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// One of the two fields is unrestricted (it has a `*` or `?` without a step above 1): a day must match both.
    Both,
    /// Both are restricted: a day must match one of them.
    Either,
}

/// The instants from which a search may begin: some three billion years, in which arithmetic on days and years is
/// exact.
const IMAGINABLE: RangeInclusive<i64> = -(1 << 56)..=1 << 56;

impl Schedule {
    /// A schedule of five fields.
    pub(super) fn of_spec(spec: CronFields, location: Location) -> Self {
        Schedule { kind: ScheduleKind::Fields(spec), location }
    }

    /// A schedule of a fixed interval in seconds.
    pub(super) fn every(seconds: i64, location: Location) -> Self {
        Schedule { kind: ScheduleKind::Every(seconds), location }
    }

    /// The zone in which the fields are read.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The values that the five fields allow; `None` for `@every`.
    pub fn spec(&self) -> Option<&CronFields> {
        match &self.kind {
            ScheduleKind::Fields(spec) => Some(spec),
            ScheduleKind::Every(_) => None,
        }
    }

    /// The interval of `@every`, in seconds.
    pub fn interval(&self) -> Option<i64> {
        match self.kind {
            ScheduleKind::Fields(_) => None,
            ScheduleKind::Every(seconds) => Some(seconds),
        }
    }

    /// The first time after `unix` at which it fires; `None` if there is none within five years, or if it lies beyond
    /// what the calendar can express.
    #[doc(alias = "Next")]
    pub fn next(&self, unix: i64) -> Option<i64> {
        match &self.kind {
            ScheduleKind::Every(seconds) => unix.checked_add(*seconds),
            ScheduleKind::Fields(spec) if spec.is_empty() => None,
            ScheduleKind::Fields(_) if !IMAGINABLE.contains(&unix) => None,
            ScheduleKind::Fields(spec) => {
                let mut search = Search::new(&self.location, unix + 1);
                search.within_the_day(spec).or_else(|| search.run(spec))
            }
        }
    }

    /// The times at which it fires after `unix`, in order.
    pub fn after(&self, unix: i64) -> impl Iterator<Item = i64> + '_ {
        std::iter::successors(self.next(unix), |&last| self.next(last))
    }
}

impl CronFields {
    /// Whether some field allows nothing, so that a search cannot succeed.
    fn is_empty(&self) -> bool {
        self.minutes == 0 || self.hours == 0 || self.months == 0
    }

    /// Whether it allows all days of all months, as most schedules do.
    pub(super) fn is_any_day(&self) -> bool {
        const MONTHS: u64 = (1 << 13) - (1 << 1);
        const DAYS: u64 = (1 << 32) - (1 << 1);
        const WEEKDAYS: u64 = (1 << 7) - 1;
        self.months & MONTHS == MONTHS && self.days_of_month & DAYS == DAYS && self.days_of_week & WEEKDAYS == WEEKDAYS
    }

    #[doc(alias = "dayMatches")]
    pub(super) fn is_day(&self, day: i64, weekday: i64) -> bool {
        let of_month = self.days_of_month & (1 << day) != 0;
        let of_week = self.days_of_week & (1 << weekday) != 0;
        match self.days {
            Days::Both => of_month && of_week,
            Days::Either => of_month || of_week,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::date::Date;
    use super::super::search::{DAY, HOUR};
    use super::*;
    use proptest::prelude::*;

    fn times(schedule: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::of_cronjob(schedule, Some(zone)).unwrap();
        let from: jiff::Timestamp = from.parse().unwrap();
        let times = schedule.after(from.as_second()).take(count);
        times.map(|t| jiff::Timestamp::from_second(t).unwrap().to_string()).collect()
    }

    #[test]
    fn a_skipped_time_is_skipped_and_a_doubled_one_fires_twice() {
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2025-03-29T00:00:00Z", 2),
            ["2025-03-29T01:30:00Z", "2025-03-31T00:30:00Z"]
        );
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2025-10-25T12:00:00Z", 3),
            ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z", "2025-10-27T01:30:00Z"]
        );
    }

    #[test]
    fn a_search_without_end_ends() {
        for never in ["0 0 31 2 *", "0 0 30 2 ?", ",, * * * *", "* ,, * * *", "* * * ,, *", "* * ,, * *", "* * * * ,,"]
        {
            assert_eq!(Schedule::parse(never).unwrap().next(0), None, "{never}");
        }
    }

    const ZONES: [&str; 5] = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Monrovia"];
    const SCHEDULES: [&str; 9] = [
        "* * * * *",
        "*/7 * * * *",
        "5,35 1-3 * * *",
        "59 * * * 0",
        "0 2 * 3,10 *",
        "30 2 1 * 1",
        "0 * * * *",
        "0 1,3,22 * * *",
        "15,30 */2 * * *",
    ];

    fn assert_short_way(zone: &str, schedule: &str, unix: i64) {
        let schedule = Schedule::of_cronjob(schedule, Some(zone)).unwrap();
        let fields = schedule.spec().unwrap();
        if let Some(found) = Search::new(&schedule.location, unix).within_the_day(fields) {
            let expected = Search::new(&schedule.location, unix).run(fields);
            assert_eq!(Some(found), expected, "{schedule:?} from {unix}");
        }
    }

    /// The clocks of Berlin changed at the first two instants, those of Lord Howe at the others, by half an hour.
    #[test]
    fn around_a_clock_change_the_short_way_finds_what_the_search_finds() {
        for change in [1_743_296_400, 1_761_440_400, 1_743_865_200, 1_759_591_800] {
            for (zone, schedule) in ZONES.iter().flat_map(|zone| SCHEDULES.iter().map(move |schedule| (zone, schedule)))
            {
                (change - 90_000..change + 90_000).step_by(450).for_each(|unix| assert_short_way(zone, schedule, unix));
            }
        }
    }

    proptest! {
        #[test]
        fn any_instant_can_be_asked_for(unix in any::<i64>(), near in -100_000_000..100_000_000_i64, edge in 0..4_usize) {
            let edges = [i64::MIN, i64::MAX, *IMAGINABLE.start(), *IMAGINABLE.end()];
            for unix in [unix, edges[edge].saturating_add(near)] {
                for schedule in ["30 2 * * *", "0 0 30 2 *", "@every 24h"] {
                    let schedule = Schedule::of_cronjob(schedule, Some("Europe/Berlin")).unwrap();
                    prop_assert!(schedule.next(unix).is_none_or(|next| next > unix));
                }
            }
        }

        /// The short way finds what the search finds.
        #[test]
        fn within_a_day_it_is_what_the_search_finds(zone in 0..ZONES.len(), schedule in 0..SCHEDULES.len(), from in 0..2_500_000_000_i64) {
            assert_short_way(ZONES[zone], SCHEDULES[schedule], from);
        }

        /// Times that fire match the fields, and no matching time lies between them (without clock changes).
        #[test]
        fn times_match_and_none_is_left_out(
            minute in 0..60i64, hour in 0..24i64, day in 1..29i64, weekday in 0..7i64, from in 0..4_000_000_000i64
        ) {
            let schedule = Schedule::parse(&format!("{minute} {hour} {day} * {weekday}")).unwrap();
            let next = schedule.next(from).unwrap();
            prop_assert!(next > from && next % 60 == 0);
            let matches = |t: i64| {
                let days = t.div_euclid(DAY);
                t % DAY == hour * HOUR + minute * 60 && (Date::of_day(days).day == day || (days + 4) % 7 == weekday)
            };
            prop_assert!(matches(next));
            let first = from + 60 - from % 60;
            prop_assert!((first..next).step_by(60).all(|t| !matches(t)));
        }
    }
}
