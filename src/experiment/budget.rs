//! What one replication may use, and what may be planned and kept. A scenario is a text, and a text can ask for a
//! simulation without end: events that take no time, any number of Pods, a century of schedules. Virtual time and the
//! number of replications are not bounded here; those are the user's choice.

use crate::limits;
use crate::text::thousands;
use crate::time::{SimDuration, SimTime};
use std::fmt;

/// How a refusal tells the user to raise the bound.
pub const RAISED: &str = "--budget raises this bound (docs/limits.md)";

/// The bounds of a replication, and of what an experiment keeps of replications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Events within one millisecond.
    pub at_once: u64,
    /// Events altogether.
    pub events: u64,
    /// Pods at a time, including those of Jobs that still exist.
    pub pods: u64,
    /// Changes that a timeline keeps.
    pub changes: u64,
    /// Starts of CronJobs that are due.
    pub starts: u64,
    /// Records that are kept, over all replications and points.
    pub records: u64,
    /// Jobs that are planned, over all points of a design.
    pub jobs: u64,
    /// Values of manifests, each counted as often as it is read, over all entries and points.
    pub values: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            at_once: limits::EVENTS_AT_ONCE,
            events: limits::EVENTS,
            pods: limits::PODS,
            changes: limits::CHANGES,
            starts: limits::STARTS,
            records: limits::MOST_RECORDS,
            jobs: limits::MOST_JOBS,
            values: limits::MOST_MANIFEST_VALUES,
        }
    }
}

impl Budget {
    /// The default bounds, multiplied by this factor.
    pub fn times(factor: u32) -> Self {
        let times = |bound: u64| bound.saturating_mul(factor.into());
        let Budget { at_once, events, pods, changes, starts, records, jobs, values } = Budget::default();
        // Ids of Jobs have 32 bits, so no factor raises that bound further.
        Budget {
            at_once: times(at_once),
            events: times(events),
            pods: times(pods),
            changes: times(changes),
            starts: times(starts),
            records: times(records),
            jobs: times(jobs).min(u32::MAX.into()),
            values: times(values),
        }
    }
}

/// The bound that a replication would have exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// [`Budget::at_once`].
    AtOnce,
    /// [`Budget::events`].
    Events,
    /// [`Budget::pods`].
    Pods,
    /// [`Budget::changes`].
    Changes,
    /// [`Budget::starts`].
    Starts,
}

/// A replication that was stopped because it would have used more than its budget. Its records are not a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// The bound that it would have exceeded.
    pub bound: Bound,
    /// The bound.
    pub most: u64,
    /// Virtual time since the start.
    pub after: SimDuration,
    /// The instant.
    pub at: SimTime,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason(f)?;
        write!(f, "; {RAISED}")
    }
}

impl Exhausted {
    /// The reason, without how to raise the bound.
    pub fn why(&self) -> String {
        let mut why = String::new();
        // A text may contain any number.
        let _ = self.reason(&mut why);
        why
    }

    fn reason(&self, f: &mut dyn fmt::Write) -> fmt::Result {
        let (most, after) = (thousands(self.most), self.after);
        match self.bound {
            Bound::AtOnce => write!(
                f,
                "virtual time stands still at +{after} ({}): more than {most} events in a millisecond, because something \
                 that repeats takes no time (such as run, start, bind or a back-off of 0s)",
                crate::text::rfc3339(self.at)
            ),
            Bound::Events => write!(f, "more than {most} events up to +{after}, and no end: see until"),
            Bound::Pods => {
                write!(f, "more than {most} Pods at +{after}, those that have ended and were not deleted included")
            }
            Bound::Changes => write!(f, "a timeline of more than {most} changes up to +{after}"),
            Bound::Starts => write!(f, "more than {most} starts of CronJobs are due up to +{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bounds_are_raised_together_and_do_not_overflow() {
        let raised = Budget::times(3);
        assert_eq!((raised.at_once, raised.pods), (3 * limits::EVENTS_AT_ONCE, 3 * limits::PODS));
        assert_eq!(
            (raised.events, raised.changes, raised.starts),
            (3 * limits::EVENTS, 3 * limits::CHANGES, 3 * limits::STARTS)
        );
        assert_eq!(Budget::times(1), Budget::default());
        assert!(Budget::times(u32::MAX).events > Budget::times(limits::MOST_TIMES).events);
    }
}
