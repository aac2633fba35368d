//! Latencies of the API server and of its watches that are random. What is the same every time stands in the world's own
//! settings instead.

use super::{Distribution, purpose};
use crate::kernel::{Entity, Purpose, Streams};
use crate::time::SimDuration;

/// Latencies by chance; `None` for one that is always the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latencies {
    /// How long a request takes until it is applied and answered, in seconds.
    pub request: Option<Distribution>,
    /// How long a change takes to reach the controllers' caches, in seconds. A watch keeps the order of changes: one that
    /// would be faster than the change before it arrives with that.
    pub watch: Option<Distribution>,
}

/// How many latencies an entity was given so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    requests: u64,
    changes: u64,
}

impl Latencies {
    /// The latency of the next request that is made for an entity.
    pub(super) fn request(&self, streams: &Streams, entity: Entity, counts: &mut Counts) -> Option<SimDuration> {
        drawn(self.request.as_ref()?, streams, entity, purpose::REQUEST_LATENCY, &mut counts.requests)
    }

    /// The latency of the next change of an entity.
    pub(super) fn watch(&self, streams: &Streams, entity: Entity, counts: &mut Counts) -> Option<SimDuration> {
        drawn(self.watch.as_ref()?, streams, entity, purpose::WATCH_LATENCY, &mut counts.changes)
    }
}

/// Each latency is named by its number, so that what one Job does does not change the random draws of another.
fn drawn(
    distribution: &Distribution,
    streams: &Streams,
    entity: Entity,
    purpose: Purpose,
    number: &mut u64,
) -> Option<SimDuration> {
    *number += 1;
    let u = streams.draws(entity, *number).uniform(purpose);
    Some(distribution.sample_duration(u).max(SimDuration::TICK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_named_by_whose_they_are_and_their_number() {
        let latencies =
            Latencies { request: "exponential(mean=50ms)".parse().ok(), watch: "uniform(1ms, 9ms)".parse().ok() };
        let streams = Streams::new(7, 3);
        let draw = |name: &str, n: usize| {
            let mut counts = Counts::default();
            let entity = Entity::named(&["default", name]);
            (0..n).filter_map(|_| latencies.request(&streams, entity, &mut counts)).collect::<Vec<_>>()
        };
        let (a, longer, b) = (draw("a", 100), draw("a", 200), draw("b", 100));
        assert!(a.len() == 100 && a[..] == longer[..100] && a != b);
        let mut counts = Counts::default();
        let entity = Entity::named(&["default", "a"]);
        assert!(latencies.watch(&streams, entity, &mut counts) < Some(SimDuration::from_millis(9)));
        assert_eq!(Latencies::default().watch(&streams, entity, &mut counts), None);
    }
}
