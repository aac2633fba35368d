//! The corpora about CronJobs: schedules and their times, which start is due, and whole histories of a CronJob. It holds
//! no rules of the controller: those are in [`crate::controller::cronjob`], [`crate::cron`] and [`crate::world`].

mod gather;
mod history;
mod missed;
mod record;
mod schedules;

pub use history::HistoryReplayer;
pub use missed::missed;
pub use schedules::schedules;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;

/// An instant of a record, from RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RecordedTime(Timestamp);

impl RecordedTime {
    /// Whole seconds since the Unix epoch; a fraction is cut.
    fn unix(self) -> i64 {
        self.0.as_nanosecond().div_euclid(1_000_000_000) as i64
    }
}

impl<'de> Deserialize<'de> for RecordedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(RecordedTime).map_err(D::Error::custom)
    }
}

/// An instant as the records write it.
fn text_of(unix: i64) -> String {
    Timestamp::from_second(unix).map_or_else(|_| "never".to_owned(), |t| t.to_string())
}
