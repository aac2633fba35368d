//! The CronJob controller's event recorder. The rules are those of [`super::job_events`], but messages are free text
//! here. Equal ones are found by a digest of 64 bits, which a few thousand different messages never share in practice. What
//! an Event means is not known here.

use super::job_events::{COMBINE_FROM, COMBINE_WITHIN, SPAM};
use crate::controller::TokenBucket;
use crate::controller::cronjob::CronEmission;
use crate::id::{CronJobId, Table};
use crate::model::Workload;
use crate::record::{CronNotice, Observation};
use crate::release::{ReleaseRule, ReleaseRules};
use crate::time::SimTime;
use crate::world::env::Env;
use crate::world::wire::requests::{Request, WireRequests};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// How many Events a correlator remembers; here, of each CronJob. Source: client-go, `maxLruCacheEntries`.
const REMEMBERED: usize = 4_096;

/// The correlator's memory and the recorder's queue.
#[derive(Debug, Default)]
pub(in crate::world) struct CronJobEventRecorder {
    memories: Table<CronJobId, CronJobMemory>,
    queue: VecDeque<(CronJobId, CronEmission)>,
    /// The Event that is being sent, if Events are sent one by one.
    sending: Option<CronNotice>,
    /// Whether the Normal and Warning Events of an object share a token bucket.
    shares_bucket: bool,
}

/// What the correlator remembers about one CronJob.
#[derive(Debug)]
struct CronJobMemory {
    normal: TokenBucket,
    warning: TokenBucket,
    /// The messages of each type and reason.
    series: Vec<ReasonMessages>,
    /// The Events that were emitted before.
    seen: HashMap<EventDigest, EmittedEvent>,
    /// The uses of the Events of `seen`, numbered and in order. Only the last use of each Event counts; earlier ones are
    /// removed when there are many.
    by_use: VecDeque<(u64, EventDigest)>,
    uses: u64,
}

/// The recent messages of Events of one type and reason.
#[derive(Debug)]
struct ReasonMessages {
    warning: bool,
    reason: &'static str,
    last: SimTime,
    /// Digests of the distinct messages, the oldest first.
    messages: VecDeque<u64>,
}

/// What identifies an Event: a digest of its type, its reason and its message. The combined Event of a reason has no
/// message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct EventDigest(u64);

fn digest_of(what: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(what)
}

/// An Event that was emitted before.
#[derive(Debug)]
struct EmittedEvent {
    count: u32,
    first: SimTime,
    last_use: u64,
}

impl Default for CronJobMemory {
    fn default() -> Self {
        let bucket = TokenBucket::new(SPAM);
        CronJobMemory {
            normal: bucket,
            warning: bucket,
            series: Vec::new(),
            seen: HashMap::new(),
            by_use: VecDeque::new(),
            uses: 0,
        }
    }
}

impl ReasonMessages {
    /// Adds a message; returns whether its Event is combined with others.
    #[doc(alias = "EventAggregate")]
    fn enter(&mut self, message: u64, now: SimTime) -> bool {
        if now - self.last > COMBINE_WITHIN {
            self.messages.clear();
        }
        self.last = now;
        if !self.messages.contains(&message) {
            self.messages.push_back(message);
        }
        if self.messages.len() < COMBINE_FROM as usize {
            return false;
        }
        // The real correlator removes an arbitrary message from its set; here it is the oldest.
        self.messages.pop_front();
        true
    }
}

impl CronJobMemory {
    /// Passes an Event through the correlator; `None` if it is dropped as spam.
    #[doc(alias = "EventCorrelate")]
    fn correlate(
        &mut self,
        cronjob: CronJobId,
        emission: CronEmission,
        shares: bool,
        now: SimTime,
    ) -> Option<CronNotice> {
        let message = digest_of(&emission.message);
        let combined = self.series_of(&emission, now).enter(message, now);
        let event = EventDigest(digest_of((emission.warning, emission.reason, (!combined).then_some(message))));
        let (count, first) = self.observe(event, now);
        let bucket = if emission.warning && !shares { &mut self.warning } else { &mut self.normal };
        let notice = CronNotice { cronjob, emission, combined, count, first, last: now };
        bucket.try_accept(now).then_some(notice)
    }

    fn series_of(&mut self, emission: &CronEmission, now: SimTime) -> &mut ReasonMessages {
        let (warning, reason) = (emission.warning, emission.reason);
        let place = self.series.iter().position(|s| (s.warning, s.reason) == (warning, reason));
        let place = place.unwrap_or_else(|| {
            self.series.push(ReasonMessages { warning, reason, last: now, messages: VecDeque::new() });
            self.series.len() - 1
        });
        &mut self.series[place]
    }

    /// Counts an Event; returns how often it has been emitted, and when first.
    #[doc(alias = "eventObserve")]
    fn observe(&mut self, event: EventDigest, now: SimTime) -> (u32, SimTime) {
        self.uses += 1;
        let fresh = || EmittedEvent { count: 0, first: now.truncate_to_seconds(), last_use: 0 };
        let seen = self.seen.entry(event).or_insert_with(fresh);
        (seen.count, seen.last_use) = (seen.count + 1, self.uses);
        let result = (seen.count, seen.first);
        self.by_use.push_back((self.uses, event));
        let is_last = |seen: &HashMap<EventDigest, EmittedEvent>, (number, event): (u64, EventDigest)| {
            seen.get(&event).is_some_and(|seen| seen.last_use == number)
        };
        while self.seen.len() > REMEMBERED {
            let oldest = self.by_use.pop_front().expect("each Event that was seen has a last use");
            if is_last(&self.seen, oldest) {
                self.seen.remove(&oldest.1);
            }
        }
        if self.by_use.len() > 2 * REMEMBERED {
            self.by_use.retain(|&used| is_last(&self.seen, used));
            assert_eq!(self.seen.len(), self.by_use.len(), "each Event that was seen has one last use");
        }
        assert!(self.seen.len() <= self.by_use.len(), "each Event that was seen has a last use");
        result
    }
}

impl CronJobEventRecorder {
    /// Forgets everything, as a controller restart does: Events that are not sent yet are lost.
    pub fn clear(&mut self) {
        self.memories.clear();
        self.queue.clear();
        self.sending = None;
    }

    /// Empties it for another run under the rules of a release.
    pub fn reset(&mut self, rules: ReleaseRules) {
        self.shares_bucket = rules.has(ReleaseRule::SharesEventBudget);
        self.clear();
    }

    /// Takes an Event from the controller.
    pub fn emit(&mut self, cronjob: CronJobId, emission: CronEmission) {
        self.queue.push_back((cronjob, emission));
    }

    /// Whether an Event can be sent now.
    #[inline]
    pub fn can_send(&self) -> bool {
        !self.queue.is_empty() && self.sending.is_none()
    }

    /// Sends Events: all at once, or one by one if they take tokens.
    pub fn send<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests) {
        if !self.can_send() {
            return;
        }
        let now = env.now();
        if !env.config.events_throttled {
            while let Some(notice) = self.next(now) {
                env.log.push(Observation::CronNotice(Box::new(notice)));
            }
        } else if self.sending.is_none()
            && let Some(notice) = self.next(now)
        {
            let order = env.store.cronjobs[notice.cronjob].order;
            self.sending = Some(notice);
            requests.make(env, Request::CronJobEvent, None, (true, order, 0));
        }
    }

    /// The Event that is being sent has reached the API.
    pub fn sent<W>(&mut self, env: &mut Env<W>) {
        let notice = self.sending.take().expect("a request for an Event dies when its recorder does");
        env.log.push(Observation::CronNotice(Box::new(notice)));
    }

    /// The next Event that passes the correlator, if any.
    fn next(&mut self, now: SimTime) -> Option<CronNotice> {
        while let Some((cronjob, emission)) = self.queue.pop_front() {
            let notice = self.memories.reach(cronjob).correlate(cronjob, emission, self.shares_bucket, now);
            if notice.is_some() {
                return notice;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimDuration;

    #[test]
    fn the_event_that_was_used_least_recently_is_forgotten() {
        let (mut memory, now) = (CronJobMemory::default(), SimTime::ZERO);
        let mut count =
            |n: usize, after: i64| memory.observe(EventDigest(n as u64), now + SimDuration::from_secs(after));
        for n in 0..REMEMBERED {
            assert_eq!(count(n, 0), (1, now));
        }
        // The first one is used again and again, so the second one has to go.
        for uses in 2..(3 * REMEMBERED as u32) {
            assert_eq!(count(0, 1), (uses, now));
        }
        let later = now + SimDuration::from_secs(2);
        assert_eq!(count(REMEMBERED, 2), (1, later));
        assert_eq!(count(0, 2), (3 * REMEMBERED as u32, now));
        assert_eq!(count(1, 2), (1, later), "it was forgotten, and in its place the third one goes");
        assert_eq!(count(3, 2), (2, now));
        assert_eq!(count(2, 2), (1, later));
        assert!(memory.by_use.len() <= 2 * REMEMBERED + 1, "{}", memory.by_use.len());
    }
}
