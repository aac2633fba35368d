//! When a kubelet renews its node's lease. Renewals follow a rule, so they are computed on demand and need no events: a
//! healthy cluster costs nothing. The latency until a renewal reaches a cache is added by the caller.

use crate::time::{SimDuration, SimTime};

/// The time between two renewals. Source: `pkg/kubelet/kubelet.go`, a quarter of the lease's 40 s.
const RENEWED_EVERY: SimDuration = SimDuration::from_secs(10);

/// The renewals of a node's lease.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::world) struct LeaseRenewals {
    /// The last renewal before the kubelet lost the API server.
    before: Option<SimTime>,
    /// The renewal when the node joined, or when its kubelet regained the API server.
    first: SimTime,
    /// The next renewal; from then on they come at regular intervals.
    second: SimTime,
    /// From when on there are no renewals.
    ended: Option<SimTime>,
}

impl LeaseRenewals {
    /// The renewals of a node that joins now: the first now, the second after `heartbeat` (by default the usual
    /// interval), and from then on at regular intervals.
    pub fn begin(now: SimTime, heartbeat: Option<SimDuration>) -> Self {
        LeaseRenewals { before: None, first: now, second: now + heartbeat.unwrap_or(RENEWED_EVERY), ended: None }
    }

    /// The kubelet loses the API server. A renewal that is due at this instant still counts.
    pub fn end(&mut self, now: SimTime) {
        self.ended.get_or_insert(now);
    }

    /// The kubelet regains the API server.
    pub fn resume(&mut self, now: SimTime) {
        *self = LeaseRenewals { before: self.newest_at(now), ..LeaseRenewals::begin(now, None) };
    }

    /// The newest renewal at or before an instant.
    pub fn newest_at(&self, at: SimTime) -> Option<SimTime> {
        let at = self.ended.map_or(at, |ended| at.min(ended));
        match at {
            at if at < self.first => self.before,
            at if at < self.second => Some(self.first),
            at => {
                let since = (at - self.second).as_nanos();
                Some(at - SimDuration::from_nanos(since % RENEWED_EVERY.as_nanos()))
            }
        }
    }

    /// The renewal that comes after the given one.
    pub fn next_after(&self, renewal: Option<SimTime>) -> Option<SimTime> {
        let next = match renewal {
            Some(renewal) if renewal >= self.second => renewal + RENEWED_EVERY,
            Some(renewal) if renewal >= self.first => self.second,
            _ => self.first,
        };
        (self.ended.is_none_or(|ended| next <= ended)).then_some(next)
    }

    /// The last renewal of the regular series that the given one belongs to; `None` if the series never ends.
    pub fn last_of_series(&self, renewal: SimTime) -> Option<SimTime> {
        let is_followed = self.second - self.first <= RENEWED_EVERY;
        match renewal {
            renewal if renewal < self.first || (renewal < self.second && !is_followed) => Some(renewal),
            _ => self.ended.and_then(|ended| self.newest_at(ended)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn renewals(leases: &LeaseRenewals) -> Vec<i64> {
        let next = |renewal: &SimTime| leases.next_after(Some(*renewal));
        std::iter::successors(leases.next_after(None), next).take(5).map(SimTime::as_secs).collect()
    }

    #[test]
    fn renewals_follow_the_rule() {
        let mut leases = LeaseRenewals::begin(at(3), Some(SimDuration::from_secs(4)));
        assert_eq!(renewals(&leases), [3, 7, 17, 27, 37]);
        assert_eq!(leases.last_of_series(at(3)), None);
        for (asked, newest) in [(2, None), (3, Some(3)), (6, Some(3)), (7, Some(7)), (16, Some(7)), (29, Some(27))] {
            assert_eq!(leases.newest_at(at(asked)), newest.map(at), "at {asked} s");
        }
        leases.end(at(27));
        assert_eq!(renewals(&leases), [3, 7, 17, 27]);
        assert_eq!((leases.newest_at(at(90)), leases.last_of_series(at(7))), (Some(at(27)), Some(at(27))));
        leases.resume(at(61));
        assert_eq!(renewals(&leases), [61, 71, 81, 91, 101]);
        assert_eq!((leases.newest_at(at(60)), leases.newest_at(at(80))), (Some(at(27)), Some(at(71))));
    }

    #[test]
    fn a_late_first_heartbeat_is_a_gap() {
        let leases = LeaseRenewals::begin(at(0), Some(SimDuration::from_secs(60)));
        assert_eq!((leases.last_of_series(at(0)), leases.last_of_series(at(60))), (Some(at(0)), None));
    }
}
