//! Watches: changes on their way from the store to caches, in order. Caches are not kept here.
//!
//! Invariant: changes arrive in the order in which they were made, whatever their latencies.

use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// The changes that have not reached the caches yet.
#[derive(Debug)]
pub(in crate::world) struct WatchStream<T> {
    /// Whether the controllers watch: they are up and their caches are filled.
    is_open: bool,
    /// Changes with latency, each with the instant of its arrival.
    on_the_way: VecDeque<(SimTime, T)>,
    /// Changes without latency: they arrive as soon as the handler of this event returns.
    at_once: Vec<T>,
    last: SimTime,
    sent: u64,
}

impl<T> Default for WatchStream<T> {
    fn default() -> Self {
        let (on_the_way, at_once) = (VecDeque::new(), Vec::new());
        WatchStream { is_open: false, on_the_way, at_once, last: SimTime::ZERO, sent: 0 }
    }
}

impl<T> WatchStream<T> {
    /// Empties it for another run; keeps the allocated memory.
    pub fn reset(&mut self, is_open: bool) {
        self.close();
        (self.is_open, self.sent) = (is_open, 0);
    }

    /// Drops everything, as when the controllers die; keeps the allocated memory.
    pub fn close(&mut self) {
        debug_assert!(
            self.on_the_way.iter().is_sorted_by_key(|c| c.0),
            "changes arrive in the order in which they were made"
        );
        self.is_open = false;
        self.on_the_way.clear();
        self.at_once.clear();
        self.last = SimTime::ZERO;
    }

    /// Opens the watch: the controllers have filled their caches.
    pub fn open(&mut self) {
        // An open watch is not closed before: users may start controllers that are up already.
        let is_idle = self.on_the_way.is_empty() && self.at_once.is_empty();
        assert!(self.is_open || is_idle, "nothing is sent while nobody watches");
        self.is_open = true;
    }

    /// Whether the controllers watch.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Sends a change. Returns the instant of its arrival, or `None` if an earlier change arrives at that instant too
    /// and has returned it.
    pub fn send(&mut self, change: T, now: SimTime, latency: SimDuration) -> Option<SimTime> {
        debug_assert!(self.is_open, "nothing is sent while nobody watches");
        // A watch keeps the order of changes: a faster change arrives together with the slower one before it.
        let at = (now + latency.max(SimDuration::TICK)).max(self.last);
        let is_first = self.on_the_way.is_empty() || at > self.last;
        self.last = at;
        self.on_the_way.push_back((at, change));
        self.sent += 1;
        is_first.then_some(at)
    }

    /// Sends a change without latency.
    #[inline]
    pub fn send_at_once(&mut self, change: T) {
        debug_assert!(self.is_open, "nothing is sent while nobody watches");
        self.at_once.push(change);
    }

    /// Sends changes without latency, and leaves `changes` empty. Usually the lists are swapped, because moving large
    /// changes is slow.
    #[inline]
    pub fn send_all_at_once(&mut self, changes: &mut Vec<T>) {
        debug_assert!(self.is_open, "nothing is sent while nobody watches");
        match self.at_once.is_empty() {
            true => std::mem::swap(&mut self.at_once, changes),
            false => self.at_once.append(changes),
        }
    }

    /// Takes all changes without latency, in order. Pass the list to [`WatchStream::give_back`] afterwards, so that its
    /// memory is reused.
    #[inline]
    pub fn take_at_once(&mut self) -> Vec<T> {
        std::mem::take(&mut self.at_once)
    }

    /// Gives back the list of changes that were delivered.
    #[inline]
    pub fn give_back(&mut self, mut delivered: Vec<T>) {
        if self.at_once.is_empty() {
            delivered.clear();
            self.at_once = delivered;
        }
    }

    /// Whether changes without latency wait to be delivered.
    pub fn has_arrived_at_once(&self) -> bool {
        !self.at_once.is_empty()
    }

    /// How many changes have been sent with latency.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether the first `sent` changes with latency have arrived or were dropped.
    pub fn have_arrived(&self, sent: u64) -> bool {
        self.sent - self.on_the_way.len() as u64 >= sent
    }

    /// Whether a change arrives by `now`.
    pub fn is_due(&self, now: SimTime) -> bool {
        self.on_the_way.front().is_some_and(|c| c.0 <= now)
    }

    /// The next change that arrives by `now`.
    pub fn arrive(&mut self, now: SimTime) -> Option<T> {
        if !self.is_due(now) {
            return None;
        }
        assert!(self.is_open, "nothing arrives while nobody watches");
        self.on_the_way.pop_front().map(|c| c.1)
    }
}
