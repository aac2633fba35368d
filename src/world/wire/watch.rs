//! Watches: changes on their way from the store to the controllers' caches, in order. They are not the caches.

use crate::time::{SimDuration, SimTime};
use crate::world::event::Event;
use crate::world::store::jobs::Change;
use std::collections::VecDeque;

/// Changes that have not reached the caches.
#[derive(Debug, Default)]
pub struct Watch {
    on_the_way: VecDeque<(SimTime, Change)>,
    last: SimTime,
    sent: u64,
}

impl Watch {
    /// Drops everything, as when the controllers die; keeps the memory.
    pub fn clear(&mut self) {
        self.on_the_way.clear();
        self.last = SimTime::ZERO;
    }

    /// Sends a change; gives the event to be scheduled, unless one of that instant is.
    pub fn send(&mut self, change: Change, now: SimTime, latency: SimDuration) -> Option<(SimTime, Event)> {
        let at = (now + latency.max(SimDuration::TICK)).max(self.last);
        let is_first = self.on_the_way.is_empty() || at > self.last;
        self.last = at;
        self.on_the_way.push_back((at, change));
        self.sent += 1;
        is_first.then_some((at, Event::Watch))
    }

    /// How many changes were sent so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether the first so many changes have arrived, or were dropped.
    pub fn have_arrived(&self, sent: u64) -> bool {
        self.sent - self.on_the_way.len() as u64 >= sent
    }

    /// Whether a change arrives by `now`.
    pub fn is_due(&self, now: SimTime) -> bool {
        self.on_the_way.front().is_some_and(|c| c.0 <= now)
    }

    /// The next change that arrives by `now`.
    pub fn arrive(&mut self, now: SimTime) -> Option<Change> {
        if !self.is_due(now) {
            return None;
        }
        self.on_the_way.pop_front().map(|c| c.1)
    }
}
