//! Latencies: constant or random. The world's settings define them; the workload draws the random ones, because it
//! names the random numbers.

use super::{Distribution, purpose};
use crate::kernel::{Entity, Streams};
use crate::time::SimDuration;

/// A latency.
#[derive(Clone, Debug, PartialEq)]
pub enum Latency {
    /// Always the same.
    Fixed(SimDuration),
    /// Random, in seconds.
    Random(Distribution),
}

/// No latency.
impl Default for Latency {
    fn default() -> Self {
        Latency::Fixed(SimDuration::ZERO)
    }
}

impl From<SimDuration> for Latency {
    fn from(latency: SimDuration) -> Self {
        Latency::Fixed(latency)
    }
}

impl Latency {
    /// Whether it can be more than zero.
    pub fn is_positive(&self) -> bool {
        match self {
            Latency::Fixed(latency) => latency.is_positive(),
            // A drawn latency is at least one tick.
            Latency::Random(_) => true,
        }
    }

    /// The distribution, if it is random.
    pub fn distribution(&self) -> Option<&Distribution> {
        match self {
            Latency::Fixed(_) => None,
            Latency::Random(distribution) => Some(distribution),
        }
    }
}

/// What a random latency is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyOf {
    /// A request, until it is applied and answered.
    Request,
    /// A change, until it reaches the controllers' caches. A watch keeps changes in order: one that would overtake an
    /// earlier change arrives together with it.
    Change,
}

/// How many random latencies an entity has drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatencyCounts {
    requests: u64,
    changes: u64,
}

impl LatencyCounts {
    /// Draws the next latency of an entity. The number of the draw is part of its name, so what one Job does cannot
    /// change another Job's random numbers.
    pub(super) fn draw(
        &mut self,
        of: LatencyOf,
        distribution: &Distribution,
        streams: &Streams,
        entity: Entity,
    ) -> SimDuration {
        let (number, purpose) = match of {
            LatencyOf::Request => (&mut self.requests, purpose::REQUEST_LATENCY),
            LatencyOf::Change => (&mut self.changes, purpose::WATCH_LATENCY),
        };
        *number += 1;
        let u = streams.draws(entity, *number).uniform(purpose);
        distribution.sample_duration(u).max(SimDuration::TICK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_named_by_their_entity_and_number() {
        let (requests, changes): (Distribution, Distribution) = (
            "exponential(mean=50ms)".parse().expect("it is a distribution"),
            "uniform(1ms, 9ms)".parse().expect("it is a distribution"),
        );
        let streams = Streams::new(7, 3);
        let draw = |name: &str, n: usize| {
            let mut counts = LatencyCounts::default();
            let entity = Entity::named(&["default", name]);
            (0..n).map(|_| counts.draw(LatencyOf::Request, &requests, &streams, entity)).collect::<Vec<_>>()
        };
        let (a, longer, b) = (draw("a", 100), draw("a", 200), draw("b", 100));
        assert!(a[..] == longer[..100] && a != b);
        let mut counts = LatencyCounts::default();
        let entity = Entity::named(&["default", "a"]);
        assert!(counts.draw(LatencyOf::Change, &changes, &streams, entity) < SimDuration::from_millis(9));
        assert!(Latency::Random(changes).is_positive() && !Latency::default().is_positive());
    }
}
