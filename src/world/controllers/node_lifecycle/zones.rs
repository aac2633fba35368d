//! Zones of nodes, for the node lifecycle controller: which nodes wait for their NoExecute taint, at what rate they get
//! it, and whether so many are not ready that the rate changes. It writes no taints.
//!
//! Source: `pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go`, and `handleDisruption` of the controller.

use crate::api::Node;
use crate::controller::TokenBucket;
use crate::id::NodeId;
use crate::release::RateLimit;
use crate::time::SimTime;
use std::collections::{BTreeSet, VecDeque};

/// How many nodes of a zone are tainted per second. Source: `--node-eviction-rate`.
const RATE: f32 = 0.1;
/// The rate in a large zone with a partial disruption. Source: `--secondary-node-eviction-rate`.
const SECONDARY_RATE: f32 = 0.01;
/// A zone with more nodes than this is large. Source: `--large-cluster-size-threshold`.
const LARGE_ZONE: usize = 50;
/// A zone is partially disrupted if at least this share of its nodes, and at least three, are not ready. Source:
/// `--unhealthy-zone-threshold`.
const UNHEALTHY: f32 = 0.55;

/// How many nodes of a zone are ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZoneState {
    /// No pass has looked yet.
    Initial,
    Normal,
    /// Too many are not ready for independent failures of nodes: it may be the network.
    PartialDisruption,
    /// None is ready.
    FullDisruption,
}

/// How many nodes of a zone a pass has found ready, and how many not ready.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadyCounts {
    pub ready: usize,
    pub not_ready: usize,
}

impl ReadyCounts {
    /// The state of a zone with these nodes.
    #[doc(alias = "ComputeZoneState")]
    fn state(self) -> ZoneState {
        let ReadyCounts { ready, not_ready } = self;
        match (ready, not_ready) {
            (0, 1..) => ZoneState::FullDisruption,
            (_, 3..) if not_ready as f32 / (ready + not_ready) as f32 >= UNHEALTHY => ZoneState::PartialDisruption,
            _ => ZoneState::Normal,
        }
    }
}

/// The rate at which nodes of a zone are tainted.
#[derive(Clone, Debug)]
enum ZoneLimiter {
    Never,
    Bucket(f32, TokenBucket),
}

impl ZoneLimiter {
    fn new(rate: f32) -> Self {
        if rate <= 0.0 {
            return ZoneLimiter::Never;
        }
        ZoneLimiter::Bucket(rate, TokenBucket::new(RateLimit { qps: f64::from(rate), burst: 1.0 }))
    }

    fn try_accept(&mut self, now: SimTime) -> bool {
        match self {
            ZoneLimiter::Never => false,
            ZoneLimiter::Bucket(_, bucket) => bucket.try_accept(now),
        }
    }

    /// When the next token is available; `None` if there will never be one.
    fn next_token(&self, now: SimTime) -> Option<SimTime> {
        match self {
            ZoneLimiter::Never => None,
            ZoneLimiter::Bucket(_, bucket) => Some(now + bucket.clone().reserve(now)),
        }
    }

    /// Changes the rate. The new bucket begins empty if the old one was empty.
    #[doc(alias = "SwapLimiter")]
    fn swap(&mut self, rate: f32, now: SimTime) -> bool {
        // In client-go, a limiter that never gives a token reports a rate of one per second.
        let old = if let ZoneLimiter::Bucket(rate, _) = self { *rate } else { 1.0 };
        if old == rate {
            return false;
        }
        let mut new = ZoneLimiter::new(rate);
        if rate > 0.0 && !self.try_accept(now) {
            new.try_accept(now);
        }
        *self = new;
        true
    }
}

/// A zone.
#[derive(Clone, Debug)]
pub(super) struct TaintedZone {
    region: String,
    name: String,
    /// `None` if the last pass found no node there.
    state: Option<ZoneState>,
    /// Nodes that wait for their taint, in order.
    queue: VecDeque<NodeId>,
    /// The nodes in `queue`, and those that have had their turn and must not be queued again.
    queued: BTreeSet<NodeId>,
    limiter: ZoneLimiter,
}

impl TaintedZone {
    /// Queues a node, unless it is queued or has had its turn; returns whether it was queued.
    pub fn add(&mut self, node: NodeId) -> bool {
        let is_new = self.queued.insert(node);
        if is_new {
            self.queue.push_back(node);
        }
        is_new
    }

    /// Takes a node out, so that it may be queued again; returns whether it was waiting.
    pub fn remove(&mut self, node: NodeId) -> bool {
        if !self.queued.remove(&node) {
            return false;
        }
        let place = self.queue.iter().position(|&n| n == node);
        place.is_some_and(|place| self.queue.remove(place).is_some())
    }

    /// Whether a node waits.
    pub fn waits(&self, node: NodeId) -> bool {
        self.queue.contains(&node)
    }

    /// The next node, if one waits and there is a token for it, which is taken.
    #[doc(alias = "Try")]
    pub fn take_token(&mut self, now: SimTime) -> Option<NodeId> {
        let &next = self.queue.front()?;
        self.limiter.try_accept(now).then_some(next)
    }

    /// The next node has had its turn.
    pub fn done(&mut self) {
        self.queue.pop_front();
    }

    /// The next node is to be tried again.
    pub fn again(&mut self) {
        self.queue.rotate_left(1);
    }
}

/// All zones.
#[derive(Clone, Debug, Default)]
pub(super) struct TaintedZones(Vec<TaintedZone>);

/// How the states of the zones have changed in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DisruptionChange {
    /// Nothing has changed.
    Unchanged,
    /// The state of a zone has changed.
    Changed,
    /// From now on no node of any zone is ready.
    Begins,
    /// Some node is ready again.
    Ends,
}

impl TaintedZones {
    /// The place of a node's zone, if it is known.
    pub fn place(&self, node: &Node) -> Option<usize> {
        self.0.iter().position(|zone| (&*zone.region, &*zone.name) == node.zone())
    }

    /// The zone of a node.
    pub fn of(&mut self, node: &Node) -> Option<&mut TaintedZone> {
        let place = self.place(node)?;
        Some(&mut self.0[place])
    }

    /// Adds the zone of a node; returns whether it was unknown, or the last pass found no node in it.
    #[doc(alias = "addPodEvictorForNewZone")]
    pub fn add(&mut self, node: &Node) -> bool {
        let (region, name) = node.zone();
        let fresh = TaintedZone {
            region: region.to_owned(),
            name: name.to_owned(),
            state: Some(ZoneState::Initial),
            queue: VecDeque::new(),
            queued: BTreeSet::new(),
            limiter: ZoneLimiter::new(RATE),
        };
        match self.of(node) {
            Some(zone) if zone.state.is_some() => return false,
            Some(zone) => *zone = fresh,
            None => self.0.push(fresh),
        }
        true
    }

    /// When the next node gets its turn; `None` if no node waits, or none will get a turn.
    pub fn next_turn(&self, now: SimTime) -> Option<SimTime> {
        let waiting = self.0.iter().filter(|zone| !zone.queue.is_empty());
        waiting.filter_map(|zone| zone.limiter.next_token(now)).min()
    }

    /// All zones.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut TaintedZone> {
        self.0.iter_mut()
    }

    /// Stores what a pass has counted, by the zone's place. A zone without nodes counts as not found.
    #[doc(alias = "handleDisruption")]
    pub fn found(&mut self, counts: &[ReadyCounts], now: SimTime) -> DisruptionChange {
        let count = |place: usize| counts.get(place).copied().unwrap_or_default();
        let is_found = |place: usize| count(place).ready + count(place).not_ready > 0;
        let mut is_changed = false;
        for (place, zone) in self.0.iter_mut().enumerate() {
            is_changed |= zone.state.is_some() && !is_found(place);
            zone.state = is_found(place).then(|| zone.state.unwrap_or(ZoneState::Initial));
        }
        let found = || (0..self.0.len()).filter(|&place| is_found(place));
        let all_are_down = found().all(|place| count(place).state() == ZoneState::FullDisruption);
        let all_were_down = found().all(|place| self.0[place].state == Some(ZoneState::FullDisruption));
        if all_are_down && all_were_down {
            return if is_changed { DisruptionChange::Changed } else { DisruptionChange::Unchanged };
        }
        for (place, zone) in self.0.iter_mut().enumerate().filter(|(place, _)| is_found(*place)) {
            let state = count(place).state();
            let is_same = zone.state == Some(state);
            zone.state = Some(state);
            if is_same && !all_are_down && !all_were_down {
                continue;
            }
            let size = count(place).ready + count(place).not_ready;
            let rate = match state {
                _ if all_are_down => 0.0,
                ZoneState::PartialDisruption if size > LARGE_ZONE => SECONDARY_RATE,
                ZoneState::PartialDisruption => 0.0,
                _ => RATE,
            };
            is_changed = true;
            zone.limiter.swap(rate, now);
        }
        match (all_are_down, all_were_down) {
            (true, _) => DisruptionChange::Begins,
            (_, true) => DisruptionChange::Ends,
            _ if is_changed => DisruptionChange::Changed,
            _ => DisruptionChange::Unchanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{LABEL_ZONE, Labels};
    use crate::time::SimDuration;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    fn zones(names: &[&str]) -> TaintedZones {
        let mut zones = TaintedZones::default();
        for &name in names {
            assert!(zones.add(&Node { labels: Labels::from_iter([(LABEL_ZONE, name)]), ..Node::default() }));
        }
        zones
    }

    fn counts(of_zones: &[(usize, usize)]) -> Vec<ReadyCounts> {
        of_zones.iter().map(|&(ready, not_ready)| ReadyCounts { ready, not_ready }).collect()
    }

    #[test]
    fn states_go_by_share_and_number() {
        for (ready, not_ready, state) in [
            (0, 0, ZoneState::Normal),
            (0, 1, ZoneState::FullDisruption),
            (1, 2, ZoneState::Normal),
            (2, 3, ZoneState::PartialDisruption),
            (3, 3, ZoneState::Normal),
            (9, 11, ZoneState::PartialDisruption),
        ] {
            assert_eq!(ReadyCounts { ready, not_ready }.state(), state, "{ready} ready, {not_ready} not");
        }
    }

    #[test]
    fn one_node_of_a_zone_in_ten_seconds_and_each_once() {
        let mut zones = zones(&["a"]);
        let zone = &mut zones.0[0];
        assert!((0..3).all(|n| zone.add(NodeId(n))) && !zone.add(NodeId(1)));
        assert_eq!(zone.take_token(at(1)), Some(NodeId(0)));
        zone.done();
        assert_eq!((zone.take_token(at(10)), zone.take_token(at(11))), (None, Some(NodeId(1))));
        zone.again();
        assert_eq!(zone.take_token(at(21)), Some(NodeId(2)));
        assert!(!zone.add(NodeId(0)), "it has had its turn");
        assert!(!zone.remove(NodeId(0)) && zone.remove(NodeId(2)) && zone.add(NodeId(0)));
        assert_eq!(zones.next_turn(at(25)).map(SimTime::as_secs), Some(30));
    }

    #[test]
    fn disruption_stops_tainting_and_its_end_starts_it_again() {
        let mut zones = zones(&["a", "b"]);
        assert_eq!(zones.found(&counts(&[(3, 0), (2, 3)]), at(0)), DisruptionChange::Changed);
        zones.iter_mut().for_each(|zone| assert!(zone.add(NodeId(0))));
        let tokens =
            |zones: &mut TaintedZones, t| zones.0.iter_mut().map(|z| z.take_token(t).is_some()).collect::<Vec<_>>();
        assert_eq!(tokens(&mut zones, at(1)), [true, false], "a small zone that is disrupted in part waits");
        assert_eq!(zones.found(&counts(&[(3, 0), (2, 3)]), at(5)), DisruptionChange::Unchanged);
        assert_eq!(zones.found(&counts(&[(3, 0), (0, 5)]), at(10)), DisruptionChange::Changed);
        assert_eq!(tokens(&mut zones, at(12)), [true, false], "a bucket that replaces one without a token is empty");
        assert_eq!(zones.found(&counts(&[(0, 3), (0, 5)]), at(15)), DisruptionChange::Begins);
        assert_eq!((tokens(&mut zones, at(99)), zones.next_turn(at(99))), (vec![false, false], None));
        assert_eq!(zones.found(&counts(&[(1, 2), (0, 5)]), at(100)), DisruptionChange::Ends);
        assert_eq!((tokens(&mut zones, at(109)), tokens(&mut zones, at(110))), (vec![false; 2], vec![true; 2]));
    }

    #[test]
    fn a_large_zone_goes_on_slowly_and_an_empty_one_is_forgotten() {
        let mut zones = zones(&["a"]);
        zones.found(&counts(&[(20, 40)]), at(0));
        zones.iter_mut().for_each(|zone| assert!(zone.add(NodeId(0))));
        let turn = zones.0[0].take_token(at(0)).zip(zones.next_turn(at(0)));
        assert_eq!(turn.map(|(_, next)| next.as_secs()), Some(100));
        assert_eq!(zones.found(&[], at(5)), DisruptionChange::Changed);
        assert!(zones.add(&Node { labels: Labels::from_iter([(LABEL_ZONE, "a")]), ..Node::default() }));
        assert_eq!(zones.next_turn(at(5)), None, "a new zone has a new queue");
    }
}
