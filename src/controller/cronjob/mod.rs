//! The CronJob controller. Its folder is the twin of the real one, with the same order of evaluation; `doc(alias)`
//! carries the Go names.
//!
//! A sync ([`CronJobSync`]) performs nothing: it begins with what the caches hold and *now*, hands out one call after
//! the other, and is resumed with their outcomes. What is left out, with the reason:
//! - adoption of Jobs: the controller does not adopt, it relies on the owner reference alone;
//! - the periodic resync of the caches: its period is random, 12 to 24 hours, and it changes nothing but when a missed
//!   wake-up would be made up for;
//! - metrics and logging.

mod cache;
mod call;
mod due;
mod handlers;
mod map_order;
mod start;
mod sync;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
mod testing;

pub use cache::{CachedCronJob, Finished, OwnedJob, Timetable};
pub use call::{ApiError, ApiErrorKind, CronEmission, CronJobCall, CronJobCallOutcome, CronJobOutbox, DeletionReason};
pub use due::{Due, InvalidSchedule, Missed, Since, most_recent, next_look};
pub use handlers::CronJobController;
pub use sync::{CronJobSync, CronJobSyncContext};

use crate::time::SimDuration;

/// How long after a scheduled time the controller looks, for clocks that differ. Source: `nextScheduleDelta`, 100 ms.
#[doc(alias = "nextScheduleDelta")]
pub const START_DELAY: SimDuration = SimDuration::from_millis(100);
