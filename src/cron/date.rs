//! Dates of the proleptic Gregorian calendar as day numbers. Neither times of day nor zones are known here.

/// A date of the local calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

impl Date {
    /// The date `days` days after 1970-01-01. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    pub fn of_day(days: i64) -> Date {
        let days = days + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months are counted from March, which makes the leap day the last day of the year.
        let shifted = (5 * of_year + 2) / 153;
        let (day, month) =
            (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
        Date { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// Days since 1970-01-01. A day beyond the end of the month falls in the next month.
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
    }

    pub fn next_month(self) -> Date {
        match self.month {
            12 => Date { year: self.year + 1, month: 1, ..self },
            month => Date { month: month + 1, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let mut expected = jiff::civil::date(1, 1, 1);
        for days in -719_162..400_000 {
            let date = Date::of_day(days);
            let got = (date.year, date.month, date.day);
            assert_eq!(got, (expected.year().into(), expected.month().into(), expected.day().into()));
            assert_eq!(date.days(), days);
            expected = expected.tomorrow().unwrap();
        }
    }
}
