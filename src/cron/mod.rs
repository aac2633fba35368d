//! Cron schedules as Kubernetes reads them: the grammar, the zones, and the times at which a schedule fires. It is not
//! the CronJob controller, which decides what is done about a time that has come.
//!
//! The reader is a twin of `github.com/robfig/cron/v3` (standard parser), for its exact answers matter: its error texts
//! are shown by the API, and what it does around changes of the clock decides which Jobs run. Times are whole seconds
//! since the Unix epoch throughout: no schedule fires within a second.

mod date;
mod dialects;
mod go_text;
mod parse;
mod schedule;
mod upcoming;
mod zone;

pub use dialects::{differences, foreign_syntax};
pub use go_text::quote;
pub use schedule::{CronFields, Days, Schedule};
pub use upcoming::{CALENDAR_END, ClockChange, UpcomingStart, UpcomingStarts, upcoming_starts};
pub use zone::{Location, RELEASE, Segment};
