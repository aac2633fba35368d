//! The instants of the passes of a loop that sleeps between them. Passes that would find nothing to do are skipped; the
//! others come at the same instants as if none were skipped. What a pass does is decided by the owner of the clock.

use crate::time::{SimDuration, SimTime};

/// The instants of a loop's passes: a period after the end of the last one.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct PassClock {
    period: SimDuration,
    /// The earliest instant of the next pass.
    next: SimTime,
    /// The instant of the pending event for the next pass, if there is one.
    planned: Option<SimTime>,
}

impl PassClock {
    /// A loop whose first pass is at the start of the virtual clock.
    pub fn new(period: SimDuration) -> Self {
        PassClock { period, next: SimTime::ZERO, planned: None }
    }

    /// Starts the loop, or restarts it, with a pass at `now`.
    pub fn begin(&mut self, now: SimTime) {
        (self.next, self.planned) = (now, None);
    }

    /// Records the end of a pass.
    pub fn ended(&mut self, now: SimTime) {
        self.next = now + self.period;
    }

    /// The instant of the first pass at `at` or later.
    pub fn at_or_after(&self, at: SimTime) -> SimTime {
        if at <= self.next {
            return self.next;
        }
        let (since, period) = ((at - self.next).as_nanos(), self.period.as_nanos());
        at + SimDuration::from_nanos((period - since % period) % period)
    }

    /// Plans the first pass at `at` or later. Returns the instant to schedule, or `None` if an event at that instant or
    /// an earlier one is already pending.
    pub fn plan(&mut self, at: SimTime) -> Option<SimTime> {
        if self.planned.is_some_and(|planned| planned <= at) {
            return None;
        }
        self.planned = Some(at);
        Some(at)
    }

    /// Whether the event for a pass that happens now is the planned one; if so, the plan is cleared.
    pub fn is_due(&mut self, now: SimTime) -> bool {
        let is_due = self.planned == Some(now);
        if is_due {
            self.planned = None;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_come_as_if_all_were_run() {
        let at = |millis| SimTime::ZERO + SimDuration::from_millis(millis);
        let mut clock = PassClock::new(SimDuration::from_secs(5));
        for (asked, pass) in [(0, 0), (1, 5_000), (5_000, 5_000), (5_001, 10_000), (99_999, 100_000)] {
            assert_eq!(clock.at_or_after(at(asked)), at(pass));
        }
        clock.ended(at(100_075));
        for (asked, pass) in [(0, 105_075), (105_075, 105_075), (105_076, 110_075)] {
            assert_eq!(clock.at_or_after(at(asked)), at(pass));
        }
        assert_eq!([110, 120, 105].map(|t| clock.plan(at(t)).is_some()), [true, false, true]);
        assert_eq!([110, 105, 105].map(|t| clock.is_due(at(t))), [false, true, false]);
    }
}
