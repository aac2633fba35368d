//! The Pod failure back-off: how long a failed Pod's replacement waits. It is neither the kubelet's restart back-off
//! nor the work queue's requeue back-off.

use crate::api::{Containers, Pod, PodReady};
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime, WholeSecond};

/// A Job's failures since its last success; kept in memory only, so a controller restart loses it.
#[doc(alias = "backoffRecord")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackoffRecord {
    /// Failures in a row.
    pub failures_after_last_success: i32,
    /// When the latest of them finished.
    pub last_failure_time: Option<WholeSecond>,
}

impl BackoffRecord {
    /// The record after these newly finished Pods, given by the instants at which they finished.
    #[doc(alias = "newBackoffRecord")]
    pub fn after(self, succeeded: impl Iterator<Item = WholeSecond>, failed: &[WholeSecond]) -> Self {
        let last_failure_time = failed.iter().copied().max();
        match (succeeded.max(), last_failure_time) {
            (None, None) => self,
            (None, Some(_)) => BackoffRecord {
                failures_after_last_success: self.failures_after_last_success.saturating_add(failed.len() as i32),
                last_failure_time,
            },
            (Some(_), None) => BackoffRecord::default(),
            (Some(success), Some(failure)) => {
                let later = failed.iter().filter(|&&f| f > success).count() as i32;
                let last_failure_time = (later > 0).then_some(failure);
                BackoffRecord { failures_after_last_success: later, last_failure_time }
            }
        }
    }

    /// How much of the back-off is left.
    #[doc(alias = "getRemainingTime")]
    pub fn remaining(&self, now: SimTime, params: &JobControllerParams) -> SimDuration {
        match self.last_failure_time {
            Some(t) => remaining_backoff(now, self.failures_after_last_success, t, params),
            None => SimDuration::ZERO,
        }
    }
}

/// The back-off after `failures` in a row: the base, doubled for each further one, up to the cap.
pub fn backoff_for(failures: i32, params: &JobControllerParams) -> SimDuration {
    if failures <= 0 {
        return SimDuration::ZERO;
    }
    let mut backoff = params.pod_failure_backoff;
    for _ in 1..failures {
        backoff = backoff.doubled();
        if backoff >= params.max_pod_failure_backoff {
            return params.max_pod_failure_backoff;
        }
    }
    backoff
}

/// How much is left of the back-off after `failures`, the latest of which finished at `since`.
#[doc(alias = "getRemainingTimeForFailuresCount")]
pub fn remaining_backoff(now: SimTime, failures: i32, since: WholeSecond, params: &JobControllerParams) -> SimDuration {
    if failures == 0 {
        return SimDuration::ZERO;
    }
    (backoff_for(failures, params) - (now - SimTime::from(since))).max(SimDuration::ZERO)
}

/// How much is left of the back-off of an index whose last failed Pod is given.
#[doc(alias = "getRemainingTimePerIndex")]
pub fn remaining_backoff_per_index(now: SimTime, last_failed: &Pod, params: &JobControllerParams) -> SimDuration {
    remaining_backoff(now, absolute_failure_count(last_failed) + 1, finished_time(last_failed), params)
}

/// Failures of a Pod's index before it, countable or ignored.
#[doc(alias = "getIndexAbsoluteFailureCount")]
pub fn absolute_failure_count(pod: &Pod) -> i32 {
    pod.index_failure_count + pod.index_ignored_failure_count
}

/// When a Pod finished: when its last container did; else when it turned unready; else when its deletion began;
/// else its creation.
#[doc(alias = "getFinishedTime")]
pub fn finished_time(pod: &Pod) -> WholeSecond {
    match (pod.containers, pod.ready, pod.deletion_began) {
        (Containers::Terminated { finished_at, .. }, _, _) => finished_at,
        (_, PodReady::False(since), _) => since,
        (_, _, Some(began)) => began,
        _ => pod.created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::MODELLED;

    fn sec(s: i64) -> WholeSecond {
        WholeSecond::from(SimTime::ZERO + SimDuration::from_secs(s))
    }

    fn record(failures: i32, last: Option<i64>) -> BackoffRecord {
        BackoffRecord { failures_after_last_success: failures, last_failure_time: last.map(sec) }
    }

    #[test]
    fn doubles_from_ten_seconds_to_ten_minutes() {
        let p = MODELLED.job_controller;
        for (failures, secs) in
            [(0, 0), (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 320), (7, 600), (8, 600), (i32::MAX, 600)]
        {
            assert_eq!(backoff_for(failures, &p), SimDuration::from_secs(secs), "{failures} failures");
        }
    }

    #[test]
    fn record_follows_successes_and_failures() {
        let cases: [(_, &[i64], &[i64], _); 6] = [
            (record(2, Some(5)), &[], &[], record(2, Some(5))),
            (record(2, Some(5)), &[], &[7, 6], record(4, Some(7))),
            (record(2, Some(5)), &[9], &[], record(0, None)),
            (record(2, Some(5)), &[9], &[8, 9], record(0, None)),
            (record(2, Some(5)), &[9, 3], &[8, 10, 12], record(2, Some(12))),
            (record(0, None), &[], &[1], record(1, Some(1))),
        ];
        for (before, succeeded, failed, after) in cases {
            let failed: Vec<_> = failed.iter().map(|&s| sec(s)).collect();
            assert_eq!(before.after(succeeded.iter().map(|&s| sec(s)), &failed), after, "{succeeded:?} {failed:?}");
        }
    }

    /// Source: getFinishedTime: its steps, from the most exact one.
    #[test]
    fn a_pod_finished_when_its_last_container_did_or_else_when_it_turned_unready() {
        let exit_codes = crate::controller::job::testing::codes().intern(&[1]);
        let created = Pod::new(sec(1), None, 0, 0);
        let deleted = Pod { deletion_began: Some(sec(5)), ..created };
        let unready = Pod { ready: PodReady::False(sec(7)), ..deleted };
        let ended = Pod { containers: Containers::Terminated { finished_at: sec(9), exit_codes }, ..unready };
        assert_eq!([created, deleted, unready, ended].map(|pod| finished_time(&pod)), [1, 5, 7, 9].map(sec));
    }

    #[test]
    fn remaining_counts_from_the_last_failure() {
        let p = MODELLED.job_controller;
        let now = SimTime::ZERO + SimDuration::from_millis(12_500);
        assert_eq!(record(1, Some(10)).remaining(now, &p), SimDuration::from_millis(7_500));
        assert_eq!(record(1, Some(2)).remaining(now, &p), SimDuration::ZERO);
        assert_eq!(record(0, None).remaining(now, &p), SimDuration::ZERO);
    }
}
