//! Kubernetes Events about CronJobs on their way to the API: the correlator and the sender. The rules are those of
//! [`super::job_events`]; here messages are free text, so that equal ones are told by comparing.

use super::job_events::{COMBINE_FROM, COMBINE_WITHIN, SPAM};
use crate::controller::TokenBucket;
use crate::controller::cronjob::CronEmission;
use crate::id::{CronJobId, Table};
use crate::record::CronNotice;
use crate::time::SimTime;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// How many Events a correlator remembers, of all objects together. Source: client-go, `maxLruCacheEntries`.
const REMEMBERED: usize = 4_096;

/// The correlator's memory and the sender's queue.
#[derive(Debug, Default)]
pub(in crate::world) struct CronNotices {
    memories: Table<CronJobId, Memory>,
    queue: VecDeque<(CronJobId, CronEmission)>,
    /// The Event that is being sent, if they are sent one by one.
    pub sending: Option<CronNotice>,
}

/// What is remembered of one CronJob.
#[derive(Debug)]
struct Memory {
    normal: TokenBucket,
    warning: TokenBucket,
    /// By type and reason.
    series: Vec<Series>,
    /// Events that were emitted before.
    seen: HashMap<SeenKey, Seen>,
    /// The same by their last use, each a number of `uses`.
    by_use: BTreeMap<u64, SeenKey>,
    uses: u64,
}

/// Events of one type and reason.
#[derive(Debug)]
struct Series {
    warning: bool,
    reason: &'static str,
    last: SimTime,
    /// Distinct messages.
    messages: VecDeque<String>,
}

/// Which Event it is: whether a Warning, its reason, and its message, `None` for the combined one of its reason.
type SeenKey = (bool, &'static str, Option<Arc<str>>);

/// An Event that was emitted before.
#[derive(Debug)]
struct Seen {
    count: u32,
    first: SimTime,
    last_use: u64,
}

impl Default for Memory {
    fn default() -> Self {
        let bucket = TokenBucket::new(SPAM);
        Memory {
            normal: bucket,
            warning: bucket,
            series: Vec::new(),
            seen: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
        }
    }
}

impl Series {
    /// Enters a message; gives whether it is combined with others.
    #[doc(alias = "EventAggregate")]
    fn enter(&mut self, message: &str, now: SimTime) -> bool {
        if now - self.last > COMBINE_WITHIN {
            self.messages.clear();
        }
        self.last = now;
        if !self.messages.iter().any(|m| m == message) {
            self.messages.push_back(message.to_owned());
        }
        if self.messages.len() < COMBINE_FROM as usize {
            return false;
        }
        // The correlator forgets any one message of its set; here it is the oldest.
        self.messages.pop_front();
        true
    }
}

impl Memory {
    /// What the correlator makes of an Event; `None` if it is refused.
    #[doc(alias = "EventCorrelate")]
    fn correlate(&mut self, cronjob: CronJobId, emission: CronEmission, now: SimTime) -> Option<CronNotice> {
        let combined = self.series_of(&emission, now).enter(&emission.message, now);
        let (count, first) = self.observe(&emission, combined, now);
        let bucket = if emission.warning { &mut self.warning } else { &mut self.normal };
        let notice = CronNotice { cronjob, emission, combined, count, first, last: now };
        bucket.try_accept(now).then_some(notice)
    }

    fn series_of(&mut self, emission: &CronEmission, now: SimTime) -> &mut Series {
        let (warning, reason) = (emission.warning, emission.reason);
        let place = self.series.iter().position(|s| (s.warning, s.reason) == (warning, reason));
        let place = place.unwrap_or_else(|| {
            self.series.push(Series { warning, reason, last: now, messages: VecDeque::new() });
            self.series.len() - 1
        });
        &mut self.series[place]
    }

    /// Counts an Event; gives how often it was emitted, and when first.
    #[doc(alias = "eventObserve")]
    fn observe(&mut self, emission: &CronEmission, combined: bool, now: SimTime) -> (u32, SimTime) {
        let message = (!combined).then(|| Arc::from(&*emission.message));
        let key: SeenKey = (emission.warning, emission.reason, message);
        self.uses += 1;
        let fresh = || Seen { count: 0, first: now.truncate_to_seconds(), last_use: 0 };
        let seen = self.seen.entry(key.clone()).or_insert_with(fresh);
        self.by_use.remove(&seen.last_use);
        self.by_use.insert(self.uses, key);
        (seen.count, seen.last_use) = (seen.count + 1, self.uses);
        let result = (seen.count, seen.first);
        if self.seen.len() > REMEMBERED
            && let Some((_, longest_unused)) = self.by_use.pop_first()
        {
            self.seen.remove(&longest_unused);
        }
        result
    }
}

impl CronNotices {
    /// Forgets everything, as a controller restart does: what is not sent is lost.
    pub fn clear(&mut self) {
        self.memories.clear();
        self.queue.clear();
        self.sending = None;
    }

    /// Takes an Event from the controller.
    pub fn emit(&mut self, cronjob: CronJobId, emission: CronEmission) {
        self.queue.push_back((cronjob, emission));
    }

    /// The next Event that passes the correlator.
    pub fn next(&mut self, now: SimTime) -> Option<CronNotice> {
        while let Some((cronjob, emission)) = self.queue.pop_front() {
            let notice = self.memories.reach(cronjob).correlate(cronjob, emission, now);
            if notice.is_some() {
                return notice;
            }
        }
        None
    }
}
