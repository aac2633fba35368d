//! Kubernetes Events on their way from the controller to the API: the correlator, and the sender that takes tokens. It
//! is not the event list, and it does not know what an Event means.

use crate::controller::TokenBucket;
use crate::controller::job::Emission;
use crate::id::{Arena, JobId};
use crate::record::{Notice, is_warning};
use crate::release::RateLimit;
use crate::time::{SimDuration, SimTime};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Distinct messages of one reason that are combined from this number on. Source: client-go, `defaultAggregateMaxEvents`.
pub(in crate::world) const COMBINE_FROM: u32 = 10;
/// After so long without an Event of its reason the counting starts anew. Source: `defaultAggregateIntervalInSeconds`.
pub(in crate::world) const COMBINE_WITHIN: SimDuration = SimDuration::from_secs(600);
/// Bucket for each object and type. Source: client-go, `defaultSpamBurst` and `defaultSpamQPS` (a float32).
pub(in crate::world) const SPAM: RateLimit = RateLimit { qps: (1.0f32 / 300.0f32) as f64, burst: 25.0 };

/// The correlator's memory and the sender's queue.
#[derive(Debug, Default)]
pub struct Notices {
    jobs: Arena<JobId, JobMemory>,
    queue: VecDeque<(JobId, Emission)>,
    /// The Event that is being sent, if they are sent one by one.
    pub sending: Option<Notice>,
}

#[derive(Clone, Debug)]
struct JobMemory {
    normal: TokenBucket,
    warning: TokenBucket,
    created: Series,
    deleted: Series,
    seen: SmallVec<[Emission; 4]>,
    /// Events that are on their way to the correlator.
    queued: u32,
}

/// Events of one reason whose messages name Pods, so that each is new.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    last: SimTime,
    distinct: u32,
    combined_before: bool,
}

impl Default for JobMemory {
    fn default() -> Self {
        let bucket = TokenBucket::new(SPAM);
        let (created, deleted) = (Series::default(), Series::default());
        JobMemory { normal: bucket, warning: bucket, created, deleted, seen: SmallVec::new(), queued: 0 }
    }
}

impl Series {
    /// Enters a message that was never seen before; gives whether it is a repetition, and whether it is combined.
    fn enter(&mut self, now: SimTime) -> (bool, bool) {
        if now - self.last > COMBINE_WITHIN {
            self.distinct = 0;
        }
        self.last = now;
        self.distinct += 1;
        if self.distinct < COMBINE_FROM {
            return (false, false);
        }
        // The correlator forgets one message of its set, so the next new one is the tenth again.
        self.distinct = COMBINE_FROM - 1;
        (std::mem::replace(&mut self.combined_before, true), true)
    }
}

impl JobMemory {
    /// What the correlator makes of an Event; `None` if it is refused.
    #[doc(alias = "EventCorrelate")]
    fn correlate(&mut self, job: JobId, emission: Emission, now: SimTime) -> Option<Notice> {
        let (repeated, combined) = match emission {
            Emission::SuccessfulCreate(_) => self.created.enter(now),
            Emission::SuccessfulDelete(_) => self.deleted.enter(now),
            _ => {
                let seen = self.seen.contains(&emission);
                if !seen {
                    self.seen.push(emission);
                }
                (seen, false)
            }
        };
        let bucket = if is_warning(emission) { &mut self.warning } else { &mut self.normal };
        bucket.try_accept(now).then_some(Notice { job, emission, repeated, combined })
    }
}

impl Notices {
    /// Forgets everything, as a controller restart does: what is not sent is lost.
    pub fn clear(&mut self) {
        self.jobs.blank();
        self.queue.clear();
        self.sending = None;
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self) {
        self.clear();
        self.jobs.clear();
    }

    /// Takes an Event from the controller.
    pub fn emit(&mut self, job: JobId, emission: Emission) {
        if self.jobs.len() <= job.ix() {
            self.jobs.reach(job);
        }
        self.jobs[job].queued += 1;
        self.queue.push_back((job, emission));
    }

    /// Whether Events about a Job are on their way.
    pub fn has(&self, job: JobId) -> bool {
        self.jobs.get(job).is_some_and(|memory| memory.queued > 0)
            || self.sending.is_some_and(|notice| notice.job == job)
    }

    /// Gives up the memory of a Job about which no Event will come.
    pub fn leave(&mut self, job: JobId) {
        self.jobs.forget(job);
    }

    /// The next Event that passes the correlator.
    pub fn next(&mut self, now: SimTime) -> Option<Notice> {
        while let Some((job, emission)) = self.queue.pop_front() {
            let memory = &mut self.jobs[job];
            memory.queued -= 1;
            if let Some(notice) = memory.correlate(job, emission, now) {
                return Some(notice);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PodId;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn the_tenth_message_is_combined_and_the_twenty_sixth_event_lost() {
        let mut notices = Notices::default();
        (0..40).for_each(|n| notices.emit(JobId(0), Emission::SuccessfulCreate(PodId(n))));
        notices.emit(JobId(0), Emission::Completed);
        notices.emit(JobId(0), Emission::FailedCreate);
        let sent: Vec<Notice> = std::iter::from_fn(|| notices.next(at(1))).collect();
        let kinds: Vec<_> = sent.iter().map(|n| (n.combined, n.repeated)).collect();
        assert_eq!(kinds[..9], [(false, false); 9]);
        assert_eq!(kinds[9], (true, false));
        assert_eq!(kinds[10..25], [(true, true); 15]);
        assert_eq!(sent[25].emission, Emission::FailedCreate, "Completed is refused, a Warning has its own bucket");
        assert_eq!(sent.len(), 26);
        notices.emit(JobId(0), Emission::Completed);
        let late = notices.next(at(301)).unwrap();
        assert!(late.repeated, "what the bucket refused counts as seen");
    }
}
