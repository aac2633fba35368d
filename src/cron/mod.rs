//! Cron schedules as Kubernetes reads them: the grammar, the zones, and the times at which a schedule fires. What
//! happens at such a time is up to the CronJob controller.
//!
//! The parser is a twin of `github.com/robfig/cron/v3` (standard parser), because its exact answers matter: the API
//! shows its error texts, and its behaviour around clock changes decides which Jobs run. All times are whole seconds
//! since the Unix epoch, as no schedule fires within a second.

mod date;
mod dialects;
mod go_text;
mod parse;
mod schedule;
mod search;
mod upcoming;
mod zone;

pub use dialects::{differences, foreign_syntax};
pub use go_text::quote;
pub use schedule::{CronFields, Days, Schedule};
pub use upcoming::{CALENDAR_END, ClockChange, UpcomingStart, UpcomingStarts, upcoming_starts};
pub use zone::{Location, RELEASE, Segment};
