//! The controller's work queue: which Job is synced next. It is not the workers, and it has no timer of its own: it
//! says when it wants to be woken, and is told when that time has come.
//!
//! Invariants: a key is ready at most once; a key that is being processed is never ready; a key waits at most once.

use crate::controller::Params;
use crate::id::JobId;
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// A rate-limited delaying queue of Jobs.
#[doc(alias = "TypedRateLimitingInterface")]
#[derive(Debug)]
pub struct WorkQueue {
    keys: Vec<Key>,
    ready: VecDeque<JobId>,
    /// Wake-ups that were asked for and not yet taken by the world.
    pub timers: Vec<(SimTime, JobId)>,
    base: SimDuration,
    cap: SimDuration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Key {
    dirty: bool,
    processing: bool,
    waiting: Option<SimTime>,
    failures: u32,
}

impl WorkQueue {
    /// An empty queue with the requeue back-off of `params`.
    pub fn new(params: &Params) -> Self {
        WorkQueue {
            keys: Vec::new(),
            ready: VecDeque::new(),
            timers: Vec::new(),
            base: params.requeue_backoff,
            cap: params.max_requeue_backoff,
        }
    }

    /// Forgets everything, as a restart does; keeps the memory.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.ready.clear();
        self.timers.clear();
    }

    /// Empties it for another run with these constants; keeps the memory.
    pub fn reset(&mut self, params: &Params) {
        self.clear();
        (self.base, self.cap) = (params.requeue_backoff, params.max_requeue_backoff);
    }

    fn key(&mut self, job: JobId) -> &mut Key {
        if self.keys.len() <= job.ix() {
            self.keys.resize(job.ix() + 1, Key::default());
        }
        &mut self.keys[job.ix()]
    }

    /// Adds a key now; one that is being processed is added again when that ends.
    pub fn add(&mut self, job: JobId) {
        let key = self.key(job);
        if key.dirty {
            return;
        }
        key.dirty = true;
        if !key.processing {
            self.ready.push_back(job);
        }
    }

    /// Adds a key after `delay`; a key that waits already is only moved earlier.
    #[doc(alias = "AddAfter")]
    pub fn add_after(&mut self, job: JobId, now: SimTime, delay: SimDuration) {
        if !delay.is_positive() {
            return self.add(job);
        }
        let at = now + delay;
        let key = self.key(job);
        if key.waiting.is_some_and(|w| w <= at) {
            return;
        }
        key.waiting = Some(at);
        self.timers.push((at, job));
    }

    /// Adds a key after its requeue back-off: the base, doubled at each error, up to the cap.
    #[doc(alias = "AddRateLimited")]
    pub fn add_rate_limited(&mut self, job: JobId, now: SimTime) {
        let (base, cap) = (self.base.as_nanos(), self.cap.as_nanos());
        let key = self.key(job);
        let failures = key.failures;
        key.failures += 1;
        let delay = if failures >= 62 || base > cap >> failures { cap } else { (base << failures).min(cap) };
        self.add_after(job, now, SimDuration::from_nanos(delay));
    }

    /// Ends the doubling of a key's requeue back-off.
    #[doc(alias = "Forget")]
    pub fn forget(&mut self, job: JobId) {
        self.key(job).failures = 0;
    }

    /// A wake-up has come: adds the key if that is the instant it waits for.
    pub fn due(&mut self, job: JobId, now: SimTime) {
        let key = self.key(job);
        if key.waiting == Some(now) {
            key.waiting = None;
            self.add(job);
        }
    }

    /// Takes the next key to process.
    pub fn get(&mut self) -> Option<JobId> {
        let job = self.ready.pop_front()?;
        let key = self.key(job);
        key.dirty = false;
        key.processing = true;
        Some(job)
    }

    /// Ends the processing of a key.
    pub fn done(&mut self, job: JobId) {
        let key = self.key(job);
        key.processing = false;
        if key.dirty {
            self.ready.push_back(job);
        }
    }

    /// Keys that could be taken now.
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether no key could be taken now.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const J: JobId = JobId(0);

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn a_waiting_key_only_moves_earlier() {
        let mut q = WorkQueue::new(&Params::default());
        q.add_after(J, at(0), SimDuration::from_secs(5));
        q.add_after(J, at(0), SimDuration::from_secs(9));
        q.add_after(J, at(0), SimDuration::from_secs(2));
        assert_eq!(q.timers, [(at(5), J), (at(2), J)]);
        q.due(J, at(2));
        assert_eq!(q.len(), 1);
        q.due(J, at(5));
        assert_eq!(q.len(), 1, "the moved wake-up has lost its meaning");
    }

    #[test]
    fn a_key_is_processed_by_one_at_a_time() {
        let mut q = WorkQueue::new(&Params::default());
        q.add(J);
        q.add(J);
        assert_eq!((q.get(), q.get()), (Some(J), None));
        q.add(J);
        assert_eq!(q.get(), None);
        q.done(J);
        assert_eq!(q.get(), Some(J));
    }

    #[test]
    fn errors_double_the_delay_up_to_the_cap() {
        let mut q = WorkQueue::new(&Params::default());
        for secs in [1, 2, 4, 8, 16, 32, 60, 60] {
            q.timers.clear();
            q.add_rate_limited(J, at(0));
            assert_eq!(q.timers, [(at(secs), J)]);
            q.due(J, at(secs));
        }
        q.forget(J);
        q.timers.clear();
        q.add_rate_limited(J, at(0));
        assert_eq!(q.timers, [(at(1), J)]);
    }
}
