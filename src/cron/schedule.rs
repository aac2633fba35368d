//! When a schedule fires next. Parsing is elsewhere, and no state is kept.
//!
//! The search follows `spec.go` of `github.com/robfig/cron/v3` step by step, because around clock changes its steps
//! decide: it walks through months and days on the local calendar, and through hours and minutes by elapsed time. So a
//! time that the clock skips does not fire (unless the schedule includes the hour after it too), and a time that the
//! clock shows twice fires twice.

use super::date::Date;
use super::zone::{Location, Segment};
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

/// How many years the search covers.
const YEARS_SEARCHED: i64 = 5;
/// The instants from which a search may begin: some three billion years, in which arithmetic on days and years is
/// exact.
const IMAGINABLE: RangeInclusive<i64> = -(1 << 56)..=1 << 56;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

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
                search.within_the_hour(spec).or_else(|| search.run(spec))
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

    #[doc(alias = "dayMatches")]
    fn is_day(&self, day: i64, weekday: i64) -> bool {
        let of_month = self.days_of_month & (1 << day) != 0;
        let of_week = self.days_of_week & (1 << weekday) != 0;
        match self.days {
            Days::Both => of_month && of_week,
            Days::Either => of_month || of_week,
        }
    }
}

/// A search: an instant that advances until every field matches.
struct Search<'a> {
    location: &'a Location,
    unix: i64,
    segment: Segment,
    /// Whether the instant has been rounded down to the beginning of a unit of time.
    rounded: bool,
    /// The last local day looked up, with its date.
    known: (i64, Date),
}

/// The result of one step of the search.
#[derive(PartialEq, Eq)]
enum SearchStep {
    /// The field matches.
    Matches,
    /// The next larger unit has changed, so the search starts over.
    Wrapped,
}

impl<'a> Search<'a> {
    fn new(location: &'a Location, unix: i64) -> Self {
        let segment = location.segment(unix);
        let day = (unix + segment.offset).div_euclid(DAY);
        Search { location, unix, segment, rounded: false, known: (day, Date::of_day(day)) }
    }

    fn run(mut self, spec: &CronFields) -> Option<i64> {
        let last_year = self.date().year + YEARS_SEARCHED;
        while self.date().year <= last_year {
            if self.find_month(spec) == SearchStep::Matches
                && self.find_day(spec) == SearchStep::Matches
                && self.find_hour(spec) == SearchStep::Matches
                && self.find_minute(spec) == SearchStep::Matches
                && self.find_second() == SearchStep::Matches
            {
                return Some(self.unix);
            }
        }
        None
    }

    /// The first time in the local hour of the instant, if the schedule fires in it: what the search would find, told
    /// apart for speed, as the controller asks many times for each start. Not across a clock change, and not where the
    /// offset from UTC is not whole minutes.
    fn within_the_hour(&mut self, spec: &CronFields) -> Option<i64> {
        let (date, local) = (self.date(), self.local());
        let weekday = (local.div_euclid(DAY) + 4).rem_euclid(7);
        let fits = spec.months & (1 << date.month) != 0
            && spec.is_day(date.day, weekday)
            && spec.hours & (1 << self.hour()) != 0
            && self.segment.offset % 60 == 0;
        // The instant's own minute counts only if the instant is its beginning.
        let from = (local.rem_euclid(HOUR) + 59) / 60;
        let minutes = spec.minutes.checked_shr(from as u32).filter(|minutes| fits && *minutes != 0)?;
        let minute = from + i64::from(minutes.trailing_zeros());
        let at = self.unix - local.rem_euclid(HOUR) + minute * 60;
        (minute < 60 && self.segment.contains(at)).then_some(at)
    }

    fn find_month(&mut self, spec: &CronFields) -> SearchStep {
        loop {
            let date = self.date();
            if spec.months & (1 << date.month) != 0 {
                return SearchStep::Matches;
            }
            if !self.rounded {
                self.round_to(Date { day: 1, ..date }, 0);
            }
            let (date, clock) = (self.date(), self.clock());
            self.go_to(date.next_month().days(), clock);
            if self.date().month == 1 {
                return SearchStep::Wrapped;
            }
        }
    }

    fn find_day(&mut self, spec: &CronFields) -> SearchStep {
        loop {
            let date = self.date();
            // 1970-01-01 was a Thursday.
            if spec.is_day(date.day, (self.local().div_euclid(DAY) + 4).rem_euclid(7)) {
                return SearchStep::Matches;
            }
            if !self.rounded {
                self.round_to(date, 0);
            }
            let (day, clock) = (self.local().div_euclid(DAY), self.clock());
            self.go_to(day + 1, clock);
            // Where midnight does not exist, the day begins up to an hour away from it.
            let hour = self.hour();
            match hour {
                0 => {}
                13.. => self.move_by((24 - hour) * HOUR),
                _ => self.move_by(-hour * HOUR),
            }
            if self.date().day == 1 {
                return SearchStep::Wrapped;
            }
        }
    }

    fn find_hour(&mut self, spec: &CronFields) -> SearchStep {
        while spec.hours & (1 << self.hour()) == 0 {
            if !self.rounded {
                let date = self.date();
                self.round_to(date, self.hour());
            }
            self.move_by(HOUR);
            if self.hour() == 0 {
                return SearchStep::Wrapped;
            }
        }
        SearchStep::Matches
    }

    fn find_minute(&mut self, spec: &CronFields) -> SearchStep {
        while spec.minutes & (1 << self.minute()) == 0 {
            if !self.rounded {
                // Minutes are truncated in UTC; apart from historic times, offsets are whole minutes.
                self.rounded = true;
                self.move_by(-self.unix.rem_euclid(60));
            }
            self.move_by(self.minutes_to_skip(spec).max(1) * 60);
            if self.minute() == 0 {
                return SearchStep::Wrapped;
            }
        }
        SearchStep::Matches
    }

    /// How many minutes single steps would pass, up to one that matches or to the end of the hour, told at once for speed;
    /// 0 across a clock change, and where the offset from UTC is not whole minutes.
    fn minutes_to_skip(&self, spec: &CronFields) -> i64 {
        let minute = self.minute();
        let later = spec.minutes >> minute;
        let to = if later == 0 { 60 - minute } else { i64::from(later.trailing_zeros()) };
        let is_plain = self.segment.offset % 60 == 0 && self.segment.contains(self.unix + to * 60);
        if is_plain { to } else { 0 }
    }

    /// Schedules fire at the beginning of a minute only.
    fn find_second(&mut self) -> SearchStep {
        let second = self.local().rem_euclid(60);
        if second == 0 {
            return SearchStep::Matches;
        }
        self.rounded = true;
        self.move_by(60 - second);
        SearchStep::Wrapped
    }

    /// Seconds since 1970-01-01T00:00:00 on the local clock.
    #[inline]
    fn local(&self) -> i64 {
        self.unix + self.segment.offset
    }

    fn date(&mut self) -> Date {
        let day = self.local().div_euclid(DAY);
        if day != self.known.0 {
            self.known = (day, Date::of_day(day));
        }
        self.known.1
    }

    /// Seconds since local midnight, as the clock shows them.
    fn clock(&self) -> i64 {
        self.local().rem_euclid(DAY)
    }

    fn hour(&self) -> i64 {
        self.clock() / HOUR
    }

    fn minute(&self) -> i64 {
        self.local().rem_euclid(HOUR) / 60
    }

    /// Advances by elapsed time.
    #[inline]
    fn move_by(&mut self, seconds: i64) {
        self.unix += seconds;
        if !self.segment.contains(self.unix) {
            self.segment = self.location.segment(self.unix);
        }
    }

    /// Moves to a time of a local day.
    fn go_to(&mut self, days: i64, clock: i64) {
        let unix = self.location.instant(days * DAY + clock);
        self.move_by(unix - self.unix);
    }

    fn round_to(&mut self, date: Date, hour: i64) {
        self.rounded = true;
        self.go_to(date.days(), hour * HOUR);
    }
}

#[cfg(test)]
mod tests {
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

        /// The short way finds what the search finds, in hours with and without a clock change.
        #[test]
        fn within_an_hour_it_is_what_the_search_finds(
            zone in 0..5_usize, schedule in 0..6_usize, from in 0..2_500_000_000_i64, near in -7_200..7_200_i64
        ) {
            let zone = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Monrovia"][zone];
            let schedule = ["* * * * *", "*/7 * * * *", "5,35 1-3 * * *", "59 * * * 0", "0 2 * 3,10 *", "30 2 1 * 1"][schedule];
            let schedule = Schedule::of_cronjob(schedule, Some(zone)).unwrap();
            let fields = schedule.spec().unwrap();
            // The clocks of Berlin changed at 1743296400 and 1761440400, those of Lord Howe at 1743865200.
            for unix in [from, 1_743_296_400 + near, 1_761_440_400 + near, 1_743_865_200 + near] {
                let mut short = Search::new(&schedule.location, unix);
                if let Some(found) = short.within_the_hour(fields) {
                    prop_assert_eq!(Some(found), Search::new(&schedule.location, unix).run(fields), "from {}", unix);
                }
            }
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
