//! The CronJob controller's event recorder. The rules are those of [`super::job_events`], but messages are free text
//! here, so texts are compared to find equal ones. What an Event means is not known here.

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
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

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
    seen: HashMap<EventKey, EmittedEvent>,
    /// The keys of `seen` in the order of their last use, which is counted by `uses`.
    by_use: BTreeMap<u64, EventKey>,
    uses: u64,
}

/// The recent messages of Events of one type and reason.
#[derive(Debug)]
struct ReasonMessages {
    warning: bool,
    reason: &'static str,
    last: SimTime,
    /// The distinct messages, the oldest first.
    messages: VecDeque<Arc<str>>,
}

/// What identifies an Event: whether it is a Warning, its reason, and its message; `None` for the combined Event of its
/// reason.
type EventKey = (bool, &'static str, Option<Arc<str>>);

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
            by_use: BTreeMap::new(),
            uses: 0,
        }
    }
}

impl ReasonMessages {
    /// Adds a message; returns whether its Event is combined with others.
    #[doc(alias = "EventAggregate")]
    fn enter(&mut self, message: &Arc<str>, now: SimTime) -> bool {
        if now - self.last > COMBINE_WITHIN {
            self.messages.clear();
        }
        self.last = now;
        if !self.messages.iter().any(|m| m == message) {
            self.messages.push_back(message.clone());
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
        let message = Arc::from(&*emission.message);
        let combined = self.series_of(&emission, now).enter(&message, now);
        let key = (emission.warning, emission.reason, (!combined).then_some(message));
        let (count, first) = self.observe(key, now);
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
    fn observe(&mut self, key: EventKey, now: SimTime) -> (u32, SimTime) {
        self.uses += 1;
        let fresh = || EmittedEvent { count: 0, first: now.truncate_to_seconds(), last_use: 0 };
        let seen = self.seen.entry(key.clone()).or_insert_with(fresh);
        self.by_use.remove(&seen.last_use);
        self.by_use.insert(self.uses, key);
        (seen.count, seen.last_use) = (seen.count + 1, self.uses);
        let result = (seen.count, seen.first);
        if self.seen.len() > REMEMBERED {
            let (_, least_recent) = self.by_use.pop_first().expect("each Event that was seen has a last use");
            self.seen.remove(&least_recent);
        }
        assert_eq!(self.seen.len(), self.by_use.len(), "each Event that was seen has one last use");
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
