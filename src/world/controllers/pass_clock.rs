//! When a loop that sleeps between its passes comes round. A pass that would find nothing to do is not run; the others come
//! at the instants at which they would come if all were run. What a pass does is its owner's.

use crate::time::{SimDuration, SimTime};

/// The instants of a loop's passes: a period after the end of the last one.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct PassClock {
    period: SimDuration,
    /// The first pass after the last one that was run.
    next: SimTime,
    /// The instant for which the next pass is on the event list.
    planned: Option<SimTime>,
}

impl PassClock {
    /// The clock of a loop whose first pass is at the clock's start.
    pub fn new(period: SimDuration) -> Self {
        PassClock { period, next: SimTime::ZERO, planned: None }
    }

    /// The loop begins, or begins anew.
    pub fn begin(&mut self, now: SimTime) {
        (self.next, self.planned) = (now, None);
    }

    /// A pass has ended.
    pub fn ended(&mut self, now: SimTime) {
        self.next = now + self.period;
    }

    /// The first pass at an instant or later.
    pub fn at_or_after(&self, at: SimTime) -> SimTime {
        if at <= self.next {
            return self.next;
        }
        let (since, period) = ((at - self.next).as_nanos(), self.period.as_nanos());
        at + SimDuration::from_nanos((period - since % period) % period)
    }

    /// Plans a pass; returns the instant, unless an event of that instant or of an earlier one is on the event list.
    pub fn plan(&mut self, at: SimTime) -> Option<SimTime> {
        if self.planned.is_some_and(|planned| planned <= at) {
            return None;
        }
        self.planned = Some(at);
        Some(at)
    }

    /// An event for a pass has come; returns whether it is the one that is planned.
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
