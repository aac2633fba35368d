//! What held the Job controller up when nothing about the Job itself did: its client had too many requests to make,
//! other indexes used all places, or it did nothing at all.

use super::creation::{ControllerTraffic, WaitExplainer, WaitPart, clock};
use super::waits::{SHORTEST, WaitCause};
use crate::release::RateLimit;
use crate::time::{SimDuration, SimTime};

/// How long the API server keeps Events. Source: kube-apiserver, `--event-ttl`, 1 h.
pub(super) const EVENT_TTL: SimDuration = SimDuration::from_secs(3_600);

/// The rate limit of controllers unless it is configured.
const RATE: RateLimit = RateLimit { qps: 20.0, burst: 30.0 };

impl WaitExplainer<'_> {
    /// What held the controller up when nothing about the Job itself did.
    pub(super) fn afterwards(&self, place: usize, from: SimTime) -> Vec<WaitPart> {
        let created = self.course.pods[place].created;
        let burst = self.burst(from, created);
        let mut parts = Vec::new();
        let first = burst.first().copied().unwrap_or(created);
        if first - from >= SHORTEST {
            parts.push(self.silence(place, from, first));
        }
        if created - first >= SHORTEST {
            let rule = format!(
                "{} Pods were wanted at once, and the controller's client makes 20 requests a second after a burst of 30 (the \
                 defaults; Events count too), at most 500 Pods a sync: this was number {}",
                self.wanted_with(first),
                burst.len()
            );
            parts.push(WaitPart { cause: WaitCause::Throttle, until: created, rule, is_certain: burst.len() >= 10 });
        }
        parts
    }

    /// The creations up to `to` that followed one another without a pause.
    fn burst(&self, from: SimTime, to: SimTime) -> &[SimTime] {
        let end = self.traffic.creations.partition_point(|at| *at <= to);
        let mut begin = end.saturating_sub(1);
        while begin > 0 {
            let (earlier, later) = (self.traffic.creations[begin - 1], self.traffic.creations[begin]);
            if earlier + SimDuration::from_secs(1) < from || later - earlier > SimDuration::from_secs(2) {
                break;
            }
            begin -= 1;
        }
        &self.traffic.creations[begin..end]
    }

    /// How many Pods were created in one go from an instant on.
    fn wanted_with(&self, first: SimTime) -> usize {
        let begin = self.traffic.creations.partition_point(|at| *at < first);
        let pairs = self.traffic.creations[begin..].windows(2);
        pairs.take_while(|pair| pair[1] - pair[0] <= SimDuration::from_secs(2)).count() + 1
    }

    /// The controller did nothing for the Job although it could have.
    fn silence(&self, place: usize, from: SimTime, until: SimTime) -> WaitPart {
        let index = self.course.pods[place].index.filter(|_| self.per_index());
        let is_full = || {
            let active = self.course.pods.iter().filter(|pod| {
                pod.created <= from && pod.left().is_none_or(|left| left > from + SimDuration::from_secs(1))
            });
            active.count() as i64 >= i64::from(self.course.spec.parallelism)
        };
        if index.is_some() && is_full() {
            let n = self.course.spec.parallelism;
            let rule = format!("parallelism {n}: the Pods of other indexes took all places when its turn had come");
            return WaitPart { cause: WaitCause::Parallelism, until, rule, is_certain: true };
        }
        if let Some(rule) = self.traffic.busy(from, until) {
            return WaitPart { cause: WaitCause::Throttle, until, rule, is_certain: true };
        }
        let unknown = |rule: String| WaitPart { cause: WaitCause::Unknown, until, rule, is_certain: false };
        let (due, acted) = (clock(from), clock(until));
        let course = self.course;
        if course.unseen_failures > 0 || course.unseen_successes > 0 {
            return unknown(format!(
                "by the rules a Pod was due at {due}; the status counts Pods that are not in the dump, and one of them may have been \
                 there until shortly before {acted}"
            ));
        }
        let (after, before) = (from + SimDuration::from_secs(1), until - SimDuration::from_secs(1));
        let at = self.traffic.acts.partition_point(|act| *act <= after);
        if self.traffic.acts.get(at).is_some_and(|act| *act < before) {
            let rule = "the controller did other things meanwhile, and no rule says why it did not create this Pod";
            return unknown(rule.to_owned());
        }
        if !course.has_events || course.taken - from > EVENT_TTL {
            return unknown(format!(
                "by the rules the Pod was due at {due}, and the Job controller did nothing for the Job until {acted}: it was down or \
                 cut off, or creating the Pod was refused (a quota, an admission webhook); the Events, which say which, are gone"
            ));
        }
        let rule = format!(
            "by the rules the Pod was due at {due}, and the Job controller did nothing for the Job until {acted}, not even in vain: it \
             was down, without a leader, cut off from the API server or far behind"
        );
        WaitPart { cause: WaitCause::ControllerDown, until, rule, is_certain: false }
    }
}

impl ControllerTraffic {
    /// Whether the controller's client had so many requests to make that they explain the span.
    pub(super) fn busy(&self, from: SimTime, until: SimTime) -> Option<String> {
        let window = |at: SimTime| at + SimDuration::from_secs(2) >= from && at <= until;
        let ended = self.endings.iter().filter(|at| window(**at)).count();
        let created = self.creations.iter().filter(|at| window(**at) && **at < until).count();
        let requests = (ended + 2 * created) as f64;
        let takes = (requests - RATE.burst) / RATE.qps;
        (takes >= 0.5 * (until - from).as_secs_f64()).then(|| {
            format!(
                "the controller's client makes 20 requests a second after a burst of 30 (the defaults), and had about {requests} to \
                 make: the finalizers of {ended} Pods that had ended, {created} creations and their Events"
            )
        })
    }
}
