//! The Job controller's event recorder: Kubernetes Events on their way to the API through client-go's correlator. These
//! Events have nothing to do with the events of the event list. What an Event means is not known here.

use crate::controller::TokenBucket;
use crate::controller::job::Emission;
use crate::id::{Arena, JobId};
use crate::model::Workload;
use crate::record::{Notice, Observation, is_warning};
use crate::release::{RateLimit, ReleaseRule, ReleaseRules};
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::wire::requests::{Request, WireRequests};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// From this number of distinct messages of one reason on, its Events are combined. Source: client-go,
/// `defaultAggregateMaxEvents`.
pub(in crate::world) const COMBINE_FROM: u32 = 10;
/// After this time without an Event of the reason, counting starts again. Source: `defaultAggregateIntervalInSeconds`.
pub(in crate::world) const COMBINE_WITHIN: SimDuration = SimDuration::from_secs(600);
/// The token bucket of each object and Event type. Source: client-go, `defaultSpamBurst` and `defaultSpamQPS` (a
/// float32).
pub(in crate::world) const SPAM: RateLimit = RateLimit { qps: (1.0f32 / 300.0f32) as f64, burst: 25.0 };

/// How many Events of an object are remembered. Source: client-go, `maxLruCacheEntries`.
const REMEMBERED: usize = 4096;

/// The correlator's memory and the recorder's queue.
#[derive(Debug, Default)]
pub(in crate::world) struct JobEventRecorder {
    jobs: Arena<JobId, JobMemory>,
    queue: VecDeque<(JobId, Emission)>,
    /// The Event that is being sent, if Events are sent one by one.
    sending: Option<Notice>,
    /// Whether the Normal and Warning Events of an object share a token bucket.
    shares_bucket: bool,
}

/// What the correlator remembers about one Job.

#[derive(Clone, Debug)]
struct JobMemory {
    normal: TokenBucket,
    warning: TokenBucket,
    created: DistinctMessages,
    deleted: DistinctMessages,
    refused: DistinctMessages,
    seen: SmallVec<[Emission; 4]>,
    /// How many Events have not reached the correlator yet.
    queued: u32,
}

/// Events of one reason whose messages name a Pod, so each message is new.
#[derive(Clone, Copy, Debug, Default)]
struct DistinctMessages {
    last: SimTime,
    distinct: u32,
    combined_before: bool,
}

impl Default for JobMemory {
    fn default() -> Self {
        let bucket = TokenBucket::new(SPAM);
        let none = DistinctMessages::default();
        let (created, deleted, refused) = (none, none, none);
        JobMemory { normal: bucket, warning: bucket, created, deleted, refused, seen: SmallVec::new(), queued: 0 }
    }
}

impl DistinctMessages {
    /// Adds a new message; returns whether the Event raises the count of an earlier one, and whether it is combined.
    fn enter(&mut self, now: SimTime) -> (bool, bool) {
        if now - self.last > COMBINE_WITHIN {
            self.distinct = 0;
        }
        self.last = now;
        self.distinct += 1;
        if self.distinct < COMBINE_FROM {
            return (false, false);
        }
        // The correlator removes one message from its set, so the next new message is the tenth again.
        self.distinct = COMBINE_FROM - 1;
        (std::mem::replace(&mut self.combined_before, true), true)
    }
}

impl JobMemory {
    /// Passes an Event through the correlator; `None` if it is dropped as spam.
    #[doc(alias = "EventCorrelate")]
    fn correlate(&mut self, job: JobId, emission: Emission, shares: bool, now: SimTime) -> Option<Notice> {
        let (repeated, combined) = match emission {
            Emission::SuccessfulCreate(_) => self.created.enter(now),
            Emission::SuccessfulDelete(_) => self.deleted.enter(now),
            _ if self.seen.contains(&emission) => (true, false),
            _ => {
                if self.seen.len() == REMEMBERED {
                    self.seen.remove(0);
                }
                self.seen.push(emission);
                match emission {
                    // A quota's refusal says what is used, so there can be many messages.
                    Emission::FailedCreate(_) => self.refused.enter(now),
                    _ => (false, false),
                }
            }
        };
        let bucket = if is_warning(emission) && !shares { &mut self.warning } else { &mut self.normal };
        bucket.try_accept(now).then_some(Notice { job, emission, repeated, combined })
    }
}

impl JobEventRecorder {
    /// Forgets everything, as a controller restart does: Events that are not sent yet are lost.
    pub fn clear(&mut self) {
        self.jobs.blank();
        self.queue.clear();
        self.sending = None;
    }

    /// Empties it for another run under the rules of a release; keeps the allocated memory.
    pub fn reset(&mut self, rules: ReleaseRules) {
        self.shares_bucket = rules.has(ReleaseRule::SharesEventBudget);
        self.clear();
        self.jobs.clear();
    }

    /// Takes an Event from the controller.
    pub fn emit(&mut self, job: JobId, emission: Emission) {
        if self.jobs.get(job).is_none() {
            self.jobs.reach(job);
        }
        self.jobs[job].queued += 1;
        self.queue.push_back((job, emission));
    }

    /// Whether Events about a Job have not been sent yet.
    pub fn has(&self, job: JobId) -> bool {
        self.jobs.get(job).is_some_and(|memory| memory.queued > 0)
            || self.sending.is_some_and(|notice| notice.job == job)
    }

    /// Frees the memory of a Job about which no Event will be emitted any more.
    pub fn leave(&mut self, job: JobId) {
        debug_assert!(!self.has(job), "a Job with Events on their way is not forgotten");
        self.jobs.forget(job);
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
                env.log.push(Observation::Notice(notice));
            }
        } else if self.sending.is_none()
            && let Some(notice) = self.next(now)
        {
            self.sending = Some(notice);
            let rank = (true, env.store.order_of(notice.job), 0);
            requests.make(env, Request::JobEvent, Some(notice.job), rank);
        }
    }

    /// The Event that is being sent has reached the API.
    pub fn sent<W>(&mut self, env: &mut Env<W>) {
        let notice = self.sending.take().expect("a request for an Event dies when its recorder does");
        env.log.push(Observation::Notice(notice));
    }

    /// The next Event that passes the correlator, if any.
    fn next(&mut self, now: SimTime) -> Option<Notice> {
        while let Some((job, emission)) = self.queue.pop_front() {
            let memory = &mut self.jobs[job];
            memory.queued = memory.queued.checked_sub(1).expect("each Event in the queue was counted for its Job");
            if let Some(notice) = memory.correlate(job, emission, self.shares_bucket, now) {
                return Some(notice);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{PodId, RefusalId};
    use crate::release::Release;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn the_tenth_message_is_combined_and_the_twenty_sixth_event_lost() {
        let mut recorder = JobEventRecorder::default();
        (0..40).for_each(|n| recorder.emit(JobId(0), Emission::SuccessfulCreate(PodId(n))));
        recorder.emit(JobId(0), Emission::Completed);
        recorder.emit(JobId(0), Emission::FailedCreate(RefusalId(0)));
        let sent: Vec<Notice> = std::iter::from_fn(|| recorder.next(at(1))).collect();
        let kinds: Vec<_> = sent.iter().map(|n| (n.combined, n.repeated)).collect();
        assert_eq!(kinds[..9], [(false, false); 9]);
        assert_eq!(kinds[9], (true, false));
        assert_eq!(kinds[10..25], [(true, true); 15]);
        assert_eq!(
            sent[25].emission,
            Emission::FailedCreate(RefusalId(0)),
            "Completed is refused, a Warning has its own bucket"
        );
        assert_eq!(sent.len(), 26);
        recorder.emit(JobId(0), Emission::Completed);
        let late = recorder.next(at(301)).unwrap();
        assert!(late.repeated, "what the bucket refused counts as seen");
    }

    #[test]
    fn up_to_v1_31_a_warning_draws_on_the_bucket_of_all_events() {
        for (release, is_lost) in [("1.31", true), ("1.32", false)] {
            let mut recorder = JobEventRecorder::default();
            recorder.reset(Release::named(release).unwrap().0.profile.rules);
            (0..25).for_each(|n| recorder.emit(JobId(0), Emission::SuccessfulCreate(PodId(n))));
            recorder.emit(JobId(0), Emission::FailedCreate(RefusalId(0)));
            let sent = std::iter::from_fn(|| recorder.next(at(1))).count();
            assert_eq!(sent, if is_lost { 25 } else { 26 }, "{release}");
        }
    }
}
