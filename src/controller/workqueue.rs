//! A controller's work queue: which object is synced next. Workers are elsewhere, and it has no timer of its own: it
//! says when it wants to be woken, and is told when that time has come.
//!
//! Invariants: a key is ready at most once; a key that is being processed is never ready; a key waits at most once.

use crate::controller::{SyncEnd, TokenBucket};
use crate::id::{Arena, ArenaKey, JobId};
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;
use std::fmt::Debug;

/// A rate-limited delaying queue of Jobs or CronJobs.
#[doc(alias = "TypedRateLimitingInterface")]
#[derive(Debug)]
pub struct WorkQueue<K = JobId> {
    keys: Arena<K, KeyState>,
    ready: VecDeque<K>,
    /// Requested wake-ups that the world has not taken yet.
    pub timers: Vec<(SimTime, K)>,
    base: SimDuration,
    cap: SimDuration,
    /// The rate limit that all retries after errors share; `None` for no limit.
    overall: Option<TokenBucket>,
}

#[derive(Clone, Copy, Debug, Default)]
struct KeyState {
    dirty: bool,
    processing: bool,
    waiting: Option<SimTime>,
    failures: u32,
}

impl<K: ArenaKey + Eq + Debug> WorkQueue<K> {
    /// An empty queue with the requeue back-off of `params`.
    pub fn new(params: &JobControllerParams) -> Self {
        Self::with_backoff(params.requeue_backoff, params.max_requeue_backoff, None)
    }

    /// An empty queue whose retries after errors wait for `base`, doubled at each error up to `cap`, and for a token.
    pub fn with_backoff(base: SimDuration, cap: SimDuration, overall: Option<TokenBucket>) -> Self {
        WorkQueue { keys: Arena::new(), ready: VecDeque::new(), timers: Vec::new(), base, cap, overall }
    }

    /// Forgets everything, as a restart does; keeps the memory.
    pub fn clear(&mut self) {
        debug_assert!(self.ready.iter().all(|&key| self.is_ready(key)), "what is ready is to be looked at: {self:?}");
        self.keys.blank();
        self.ready.clear();
        self.timers.clear();
        self.overall.iter_mut().for_each(TokenBucket::fill);
    }

    /// Empties it for another run with these constants; keeps the memory.
    pub fn reset(&mut self, params: &JobControllerParams) {
        self.reset_with_backoff(params.requeue_backoff, params.max_requeue_backoff, None);
    }

    /// The same with these retries after errors.
    pub fn reset_with_backoff(&mut self, base: SimDuration, cap: SimDuration, overall: Option<TokenBucket>) {
        assert!(base >= SimDuration::ZERO && cap >= SimDuration::ZERO, "nothing is repeated in the past");
        self.clear();
        self.keys.clear();
        (self.base, self.cap, self.overall) = (base, cap, overall);
    }

    fn state(&mut self, key: K) -> &mut KeyState {
        self.keys.reach(key)
    }

    /// Whether a key can be taken.
    fn is_ready(&self, key: K) -> bool {
        self.keys.get(key).is_some_and(|state| state.dirty && !state.processing)
    }

    /// Whether a key is ready, processed or waited for.
    pub fn has(&self, key: K) -> bool {
        self.keys.get(key).is_some_and(|s| s.dirty || s.processing || s.waiting.is_some())
    }

    /// Releases the memory of a key that is not in the queue and will not come again.
    pub fn leave(&mut self, key: K) {
        assert!(!self.has(key), "{key:?} is forgotten while the queue has it");
        self.keys.forget(key);
    }

    /// Adds a key now; one that is being processed is added again when that ends.
    pub fn add(&mut self, key: K) {
        let state = self.state(key);
        if state.dirty {
            // It is ready already, or will be when its processing ends: one sync will see all changes until then.
            return;
        }
        state.dirty = true;
        if !state.processing {
            self.make_ready(key);
        }
        debug_assert!(self.has(key), "{key:?} was added");
    }

    fn make_ready(&mut self, key: K) {
        debug_assert!(!self.ready.contains(&key), "{key:?} is ready twice");
        self.ready.push_back(key);
    }

    /// Adds a key after `delay`; a key that waits already is only moved earlier.
    #[doc(alias = "AddAfter")]
    pub fn add_after(&mut self, key: K, now: SimTime, delay: SimDuration) {
        if !delay.is_positive() {
            return self.add(key);
        }
        let at = now + delay;
        assert!(at > now, "{key:?} would wait until {at:?}, now {now:?}");
        let state = self.state(key);
        if state.waiting.is_some_and(|w| w <= at) {
            return;
        }
        state.waiting = Some(at);
        self.timers.push((at, key));
    }

    /// Adds a key after its requeue back-off: the base, doubled at each error, up to the cap.
    #[doc(alias = "AddRateLimited")]
    pub fn add_rate_limited(&mut self, key: K, now: SimTime) {
        let (base, cap) = (self.base.as_nanos(), self.cap.as_nanos());
        let state = self.state(key);
        let failures = state.failures;
        state.failures = failures.checked_add(1).expect("a key fails fewer than 2^32 times in a row");
        let delay = if failures >= 62 || base > cap >> failures { cap } else { (base << failures).min(cap) };
        let token = self.overall.as_mut().map_or(SimDuration::ZERO, |bucket| bucket.reserve(now));
        self.add_after(key, now, SimDuration::from_nanos(delay).max(token));
    }

    /// Ends the doubling of a key's requeue back-off.
    #[doc(alias = "Forget")]
    pub fn forget(&mut self, key: K) {
        self.state(key).failures = 0;
    }

    /// A wake-up has come: adds the key if that is the instant it waits for. It is not if the wake-up was moved earlier
    /// after the world took this one, or if a restart has emptied the queue since.
    pub fn due(&mut self, key: K, now: SimTime) {
        debug_assert!(
            self.keys.get(key).and_then(|state| state.waiting).is_none_or(|waiting| waiting >= now),
            "{key:?} was not woken before {now:?}"
        );
        if self.keys.get(key).is_some_and(|state| state.waiting == Some(now)) {
            self.state(key).waiting = None;
            self.add(key);
        }
    }

    /// Takes the next key to process.
    pub fn get(&mut self) -> Option<K> {
        let key = self.ready.pop_front()?;
        let state = self.state(key);
        assert!(state.dirty && !state.processing, "{key:?} is ready but {state:?}");
        (state.dirty, state.processing) = (false, true);
        Some(key)
    }

    /// Ends the processing of a key.
    pub fn done(&mut self, key: K) {
        let state = self.state(key);
        assert!(state.processing, "{key:?} is done but was not processed");
        state.processing = false;
        if state.dirty {
            self.make_ready(key);
        }
    }

    /// Ends the processing of a key as its sync ended: an error counts towards the key's requeue back-off, a success
    /// ends it.
    #[doc(alias = "processNextWorkItem")]
    pub fn finish(&mut self, key: K, end: SyncEnd, now: SimTime) {
        match end {
            SyncEnd::Succeeded => self.forget(key),
            SyncEnd::WakeAfter(delay) => {
                self.forget(key);
                self.add_after(key, now, delay);
            }
            SyncEnd::Failed => self.add_rate_limited(key, now),
        }
        self.done(key);
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
    use crate::id::CronJobId;
    use crate::release::MODELLED;
    use crate::release::RateLimit;

    const J: JobId = JobId(0);

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn a_waiting_key_only_moves_earlier() {
        let mut q = WorkQueue::new(&MODELLED.job_controller);
        q.add_after(J, at(0), SimDuration::from_secs(5));
        q.add_after(J, at(0), SimDuration::from_secs(9));
        q.add_after(J, at(0), SimDuration::from_secs(2));
        assert_eq!(q.timers, [(at(5), J), (at(2), J)]);
        q.due(J, at(2));
        assert_eq!(q.len(), 1);
        q.due(J, at(5));
        assert_eq!(q.len(), 1, "the moved wake-up has lost its meaning");
        // It has none for a later one either.
        assert_eq!(q.get(), Some(J));
        q.done(J);
        q.add_after(J, at(3), SimDuration::from_secs(9));
        q.due(J, at(5));
        assert!(q.is_empty());
        q.due(J, at(12));
        assert_eq!(q.len(), 1);
    }

    #[test]
    fn a_key_is_processed_by_one_at_a_time() {
        let mut q = WorkQueue::new(&MODELLED.job_controller);
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
        let mut q = WorkQueue::new(&MODELLED.job_controller);
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

    /// So it is in `processNextWorkItem` of both controllers of v1.37.
    #[test]
    fn every_end_without_an_error_resets_the_back_off() {
        for end in [SyncEnd::Succeeded, SyncEnd::WakeAfter(SimDuration::from_secs(1_000))] {
            let mut q = WorkQueue::new(&MODELLED.job_controller);
            for (now, end, repeated) in
                [(0, SyncEnd::Failed, 1), (10, SyncEnd::Failed, 12), (20, end, 0), (30, SyncEnd::Failed, 31)]
            {
                q.add(J);
                assert_eq!(q.get(), Some(J));
                q.timers.clear();
                q.finish(J, end, at(now));
                if end == SyncEnd::Failed {
                    assert_eq!(q.timers, [(at(repeated), J)]);
                    q.due(J, at(repeated));
                    assert_eq!(q.get(), Some(J));
                    q.done(J);
                }
            }
        }
    }

    #[test]
    fn repeats_share_a_bucket_where_there_is_one() {
        let bucket = TokenBucket::new(RateLimit { qps: 10.0, burst: 2.0 });
        let millis = SimDuration::from_millis;
        let mut q = WorkQueue::with_backoff(millis(5), millis(1_000_000), Some(bucket));
        (0..4).for_each(|n| q.add_rate_limited(CronJobId(n), at(0)));
        let waits: Vec<_> = q.timers.iter().map(|t| t.0 - at(0)).collect();
        assert_eq!(waits, [millis(5), millis(5), millis(100), millis(200)]);
        // A new controller has a full bucket.
        q.clear();
        q.add_rate_limited(CronJobId(0), at(0));
        assert_eq!(q.timers, [(at(0) + millis(5), CronJobId(0))]);
    }
}
