//! The search for the next time at which a schedule fires. Which fields a schedule has is in [`super::schedule`].
//!
//! It follows `spec.go` of `github.com/robfig/cron/v3` step by step, because around clock changes its steps
//! decide: it walks through months and days on the local calendar, and through hours and minutes by elapsed time. So a
//! time that the clock skips does not fire (unless the schedule includes the hour after it too), and a time that the
//! clock shows twice fires twice.

use super::date::Date;
use super::schedule::CronFields;
use super::zone::{Location, Segment};

/// How many years the search covers.
const YEARS_SEARCHED: i64 = 5;
pub(super) const HOUR: i64 = 3_600;
pub(super) const DAY: i64 = 86_400;

/// A search: an instant that advances until every field matches.
pub(super) struct Search<'a> {
    location: &'a Location,
    unix: i64,
    segment: Segment,
    /// Whether the instant has been rounded down to the beginning of a unit of time.
    rounded: bool,
    /// The last local day looked up, with its date. None is looked up for schedules that allow all days.
    known: Option<(i64, Date)>,
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
    pub fn new(location: &'a Location, unix: i64) -> Self {
        let segment = location.segment(unix);
        Search { location, unix, segment, rounded: false, known: None }
    }

    pub fn run(mut self, spec: &CronFields) -> Option<i64> {
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

    /// The first time in what is left of the local day, if the schedule fires in it. It is what the search would find, and
    /// is there for speed, as the controller asks many times for each start. Not across a clock change, and not where the
    /// offset from UTC is not whole minutes.
    pub fn within_the_day(&mut self, spec: &CronFields) -> Option<i64> {
        let (local, hour) = (self.local(), self.hour());
        if self.segment.offset % 60 != 0 || !(spec.is_any_day() || self.is_day(spec)) {
            return None;
        }
        // The instant's own minute counts only if the instant is its beginning.
        let from = (local.rem_euclid(HOUR) + 59) / 60;
        let in_this_hour = match spec.hours & (1 << hour) {
            0 => 0,
            _ => spec.minutes.checked_shr(from as u32).unwrap_or(0),
        };
        let (hour, minute) = match in_this_hour {
            0 => {
                // The search goes from the beginning of this hour, by elapsed time.
                let later = spec.hours >> (hour + 1);
                if later == 0 || !self.segment.contains(self.unix - local.rem_euclid(HOUR)) {
                    return None;
                }
                (hour + 1 + i64::from(later.trailing_zeros()), i64::from(spec.minutes.trailing_zeros()))
            }
            minutes => (hour, from + i64::from(minutes.trailing_zeros())),
        };
        let at = self.unix - local.rem_euclid(DAY) + hour * HOUR + minute * 60;
        self.segment.contains(at).then_some(at)
    }

    /// Whether the schedule fires on the local day of the instant.
    fn is_day(&mut self, spec: &CronFields) -> bool {
        let date = self.date();
        spec.months & (1 << date.month) != 0 && spec.is_day(date.day, self.weekday())
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
            if spec.is_day(date.day, self.weekday()) {
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
            self.move_by(self.minutes_at_once(spec) * 60);
            if self.minute() == 0 {
                return SearchStep::Wrapped;
            }
        }
        SearchStep::Matches
    }

    /// How many minutes to advance from one that does not match: to the next that does or to the end of the hour, which is
    /// where single steps would lead; one across a clock change, and where the offset from UTC is not whole minutes.
    fn minutes_at_once(&self, spec: &CronFields) -> i64 {
        let minute = self.minute();
        let later = spec.minutes >> minute;
        let to = if later == 0 { 60 - minute } else { i64::from(later.trailing_zeros()) };
        let is_plain = self.segment.offset % 60 == 0 && self.segment.contains(self.unix + to * 60);
        if is_plain { to } else { 1 }
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
        match self.known {
            Some((known, date)) if known == day => date,
            _ => self.known.insert((day, Date::of_day(day))).1,
        }
    }

    /// The local day of the week, from Sunday as 0. 1970-01-01 was a Thursday.
    fn weekday(&self) -> i64 {
        (self.local().div_euclid(DAY) + 4).rem_euclid(7)
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
