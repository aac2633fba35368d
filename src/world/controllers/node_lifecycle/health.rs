//! What the node lifecycle controller knows of a node's health: when it last saw a sign of life, by its own clock. It
//! writes nothing, and sees nodes and leases only as caches show them.
//!
//! Source: `tryUpdateNodeHealth`. Passes of the monitor that would find nothing are not run. So the instant at which a
//! pass would have seen a renewal is computed when it is needed.

use crate::api::NodeReady;
use crate::time::{SimDuration, SimTime, WholeSecond};
use crate::world::cluster_watch::ObservedNode;
use crate::world::controllers::pass_clock::PassClock;
use crate::world::nodes::leases::LeaseRenewals;

/// A node without a sign of life for longer than this is lost. Source: `--node-monitor-grace-period`.
const GRACE_PERIOD: SimDuration = SimDuration::from_secs(50);

/// What is known of a node's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeHealth {
    /// When the controller last saw a sign of life.
    probe: SimTime,
    /// The last heartbeat of the condition Ready that it saw.
    heartbeat: WholeSecond,
    /// The condition Ready that it saw, or wrote, last.
    pub ready: NodeReady,
    /// The last renewal of the lease that it saw.
    lease: Option<SimTime>,
}

/// A node's lease, in the API and in the cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaseView {
    pub renewals: LeaseRenewals,
    /// How long a renewal takes to reach the cache.
    pub lag: SimDuration,
    /// When the cluster began.
    pub begins: SimTime,
    /// Whether the API has the lease.
    pub exists: bool,
}

impl LeaseView {
    /// When a renewal reaches the cache. The renewal at the cluster's beginning is in it at once.
    pub fn arrival(&self, renewal: SimTime) -> SimTime {
        if renewal == self.begins { renewal } else { renewal + self.lag }
    }

    fn newest_in_cache(&self, now: SimTime) -> Option<SimTime> {
        let newest = self.renewals.newest_at(now);
        newest.filter(|&renewal| self.arrival(renewal) <= now).or_else(|| self.renewals.newest_at(now - self.lag))
    }
}

/// The result of a look at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Its condition Ready stays as it is.
    Stays,
    /// There was no sign of life for too long: its condition must become Unknown.
    Lost,
    /// The cache of leases lags behind. Nothing is decided before this instant, at which it has caught up.
    CacheLags(SimTime),
}

impl NodeHealth {
    /// The same health, as if there had been a sign of life now.
    pub fn heard_of(self, now: SimTime) -> Self {
        NodeHealth { probe: now, ..self }
    }

    /// Looks at a node.
    #[doc(alias = "tryUpdateNodeHealth")]
    pub fn look(
        health: &mut Option<NodeHealth>,
        node: &ObservedNode,
        lease: &LeaseView,
        (clock, now): (&PassClock, SimTime),
    ) -> Look {
        let saved_lease = health.and_then(|known| known.lease);
        let known = match health {
            Some(known) if known.heartbeat == node.heartbeat => known,
            // A new heartbeat in the status replaces everything known, including the lease.
            health => {
                health.insert(NodeHealth { probe: now, heartbeat: node.heartbeat, ready: node.ready, lease: None })
            }
        };
        let cached = lease.newest_in_cache(now);
        if cached > saved_lease {
            known.lease = cached;
            known.probe = cached.map_or(now, |renewal| clock.at_or_after(lease.arrival(renewal))).min(now);
        }
        if now <= known.probe + GRACE_PERIOD {
            return Look::Stays;
        }
        match lease.renewals.newest_at(now).filter(|_| lease.exists) {
            live @ Some(renewal) if live != known.lease => Look::CacheLags(lease.arrival(renewal)),
            _ if node.ready == NodeReady::Unknown => Look::Stays,
            _ => Look::Lost,
        }
    }

    /// The pass that will find the node lost if nothing else happens; `None` while its kubelet renews the lease.
    pub fn next_look(&self, lease: &LeaseView, clock: &PassClock) -> Option<SimTime> {
        if self.ready == NodeReady::Unknown {
            return None;
        }
        let (mut seen, mut probe) = (self.lease, self.probe);
        loop {
            let look = clock.at_or_after(probe + GRACE_PERIOD + SimDuration::TICK);
            match lease.renewals.next_after(seen) {
                Some(next) if lease.arrival(next) <= look => {
                    let last = lease.renewals.last_of_series(next)?;
                    (seen, probe) = (Some(last), clock.at_or_after(lease.arrival(last)));
                }
                _ => return Some(look),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn at(millis: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    fn ready(heartbeat: SimTime) -> ObservedNode {
        ObservedNode { node: Arc::default(), ready: NodeReady::True, heartbeat: heartbeat.into(), version: 1 }
    }

    fn five_seconds() -> PassClock {
        PassClock::new(SimDuration::from_secs(5))
    }

    fn view(renewals: LeaseRenewals) -> LeaseView {
        LeaseView { renewals, lag: SimDuration::from_millis(200), begins: SimTime::ZERO, exists: true }
    }

    /// A node whose kubelet renews at 0, 4, 14 and 24 s, and falls silent at 30 s.
    fn silent() -> LeaseView {
        let mut leases = LeaseRenewals::begin(SimTime::ZERO, Some(SimDuration::from_secs(4)));
        leases.end(at(30_000));
        view(leases)
    }

    #[test]
    fn a_silent_node_is_lost_by_the_first_pass_after_the_grace_period() {
        let (lease, clock, node) = (silent(), five_seconds(), ready(SimTime::ZERO));
        let mut every_pass = None;
        let looks: Vec<Look> =
            (0..=16).map(|n| NodeHealth::look(&mut every_pass, &node, &lease, (&clock, at(n * 5_000)))).collect();
        // The renewal of 24 s is seen at 25 s, and at 75 s the 50 s since then are not exceeded yet.
        assert!(looks[..16].iter().all(|look| *look == Look::Stays));
        assert_eq!(looks[16], Look::Lost);
        let mut skipping = None;
        NodeHealth::look(&mut skipping, &node, &lease, (&clock, SimTime::ZERO));
        let next = skipping.and_then(|health: NodeHealth| health.next_look(&lease, &clock));
        assert_eq!(next, Some(at(80_000)));
        NodeHealth::look(&mut skipping, &node, &lease, (&clock, at(80_000)));
        assert_eq!(skipping, every_pass, "passes that were not run make no difference");
    }

    #[test]
    fn a_node_that_reports_is_not_looked_at() {
        let clock = five_seconds();
        let lease = view(LeaseRenewals::begin(SimTime::ZERO, Some(SimDuration::from_secs(9))));
        let mut health = None;
        NodeHealth::look(&mut health, &ready(SimTime::ZERO), &lease, (&clock, SimTime::ZERO));
        assert_eq!(health.and_then(|h| h.next_look(&lease, &clock)), None);
        let late = view(LeaseRenewals::begin(SimTime::ZERO, Some(SimDuration::from_secs(60))));
        assert_eq!(health.and_then(|h| h.next_look(&late, &clock)), Some(at(55_000)));
    }

    #[test]
    fn a_lease_that_the_cache_does_not_have_yet_stops_the_pass() {
        let (mut lease, clock, node) = (silent(), five_seconds(), ready(SimTime::ZERO));
        let mut health = None;
        NodeHealth::look(&mut health, &node, &lease, (&clock, at(25_000)));
        lease.renewals.resume(at(79_900));
        assert_eq!(NodeHealth::look(&mut health, &node, &lease, (&clock, at(80_000))), Look::CacheLags(at(80_100)));
        assert_eq!(NodeHealth::look(&mut health, &node, &lease, (&clock, at(85_000))), Look::Stays);
        lease.exists = false;
        assert_eq!(NodeHealth::look(&mut health, &node, &lease, (&clock, at(999_000))), Look::Stays);
    }

    #[test]
    fn a_heartbeat_of_the_status_is_a_sign_of_life() {
        let (lease, clock) = (silent(), five_seconds());
        let mut health = None;
        NodeHealth::look(&mut health, &ready(SimTime::ZERO), &lease, (&clock, at(25_000)));
        NodeHealth::look(&mut health, &ready(at(60_000)), &lease, (&clock, at(80_000)));
        assert_eq!(health.map(|h| (h.probe, h.lease)), Some((at(80_000), None)));
    }
}
