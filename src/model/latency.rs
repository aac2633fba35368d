//! How long something takes on its way: always the same, or random. The world's settings say which; the workload draws
//! the random ones, as it names the random numbers.

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

/// None.
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
    /// Whether it is ever more than nothing.
    pub fn is_positive(&self) -> bool {
        match self {
            Latency::Fixed(latency) => latency.is_positive(),
            // A draw takes a tick at least.
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

/// What takes a random latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyOf {
    /// A request, until it is applied and answered.
    Request,
    /// A change, until it reaches the controllers' caches. A watch keeps the order of changes: one that would be faster
    /// than the change before it arrives with that.
    Change,
}

/// How many random latencies an entity has been given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatencyCounts {
    requests: u64,
    changes: u64,
}

impl LatencyCounts {
    /// Draws the next latency of an entity. Each is named by its number, so that what one Job does changes no other
    /// Job's random numbers.
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
