//! The CronJob controller. Its folder is the twin of the real one, with the same order of evaluation; `doc(alias)`
//! carries the Go names.
//!
//! A pass ([`Pass`]) performs nothing: it is begun with what the caches hold and *now*, gives out one call after the
//! other, and is resumed with their outcomes. What is left out, with the reason:
//! - adoption of Jobs: the controller has none, it goes by the owner reference alone;
//! - the periodic resync of the caches: its period is random, 12 to 24 hours, and it changes nothing but when a missed
//!   wake-up would be made up for;
//! - metrics and logging.

mod cache;
mod call;
mod due;
mod handlers;
mod pass;
mod places;
mod start;

pub use cache::{CachedCronJob, Finished, OwnedJob, Timetable};
pub use call::{ApiError, ApiErrorKind, Call, CronEmission, DeletionReason, Outcome};
pub use due::{Due, InvalidSchedule, Missed, Since, most_recent, next_look};
pub use handlers::CronJobController;
pub use pass::{Context, End, Pass, Step};

use crate::controller::Throttle;
use crate::time::SimDuration;

/// How long after a scheduled time the controller looks, for clocks that differ. Source: `nextScheduleDelta`, 100 ms.
#[doc(alias = "nextScheduleDelta")]
pub const START_DELAY: SimDuration = SimDuration::from_millis(100);

/// The constants of the CronJob controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// How many CronJobs are looked at at a time. Source: `--concurrent-cron-job-syncs`, 5.
    pub workers: usize,
    /// Requeue back-off after the first error. Source: client-go, `DefaultTypedControllerRateLimiter`, 5 ms.
    pub requeue_backoff: SimDuration,
    /// Longest requeue back-off. Source: the same, 1000 s.
    pub max_requeue_backoff: SimDuration,
    /// What all repeats after errors share. Source: the same, 10 a second, 100 at once.
    pub overall_repeats: Throttle,
}

impl Default for Params {
    fn default() -> Self {
        Params {
            workers: 5,
            requeue_backoff: SimDuration::from_millis(5),
            max_requeue_backoff: SimDuration::from_secs(1_000),
            overall_repeats: Throttle { qps: 10.0, burst: 100.0 },
        }
    }
}
