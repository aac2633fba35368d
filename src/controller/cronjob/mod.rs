//! The CronJob controller.

mod due;

pub use due::{Due, InvalidSchedule, Missed, Since, most_recent, next_look};
