//! The event recorder of the controllers around nodes: Kubernetes Events about one kind of object, through client-go's
//! correlator. An Event that equals an earlier one about its object is not created again, only counted. The rules are
//! those of [`super::job_events`], with two differences: these Events take no time and no token, and none are combined,
//! because too few differ only in their message. The scheduler's recorder, which keeps series, is in
//! [`super::pod_events`].

use super::job_events::SPAM;
use crate::controller::TokenBucket;
use crate::record::KubeEvent;
use crate::time::SimTime;
use std::collections::HashMap;
use std::hash::Hash;

/// What the correlator of one controller remembers, by object.
#[derive(Debug)]
pub(in crate::world) struct ObjectEventRecorder<K> {
    memories: HashMap<K, ObjectMemory>,
}

impl<K> Default for ObjectEventRecorder<K> {
    fn default() -> Self {
        ObjectEventRecorder { memories: HashMap::new() }
    }
}

/// What it remembers about one object.
#[derive(Debug)]
struct ObjectMemory {
    seen: Vec<KubeEvent>,
    normal: TokenBucket,
    warning: TokenBucket,
}

impl Default for ObjectMemory {
    fn default() -> Self {
        let bucket = TokenBucket::new(SPAM);
        ObjectMemory { seen: Vec::new(), normal: bucket, warning: bucket }
    }
}

impl<K: Eq + Hash> ObjectEventRecorder<K> {
    /// Forgets everything, as a restart of the controller does.
    pub fn clear(&mut self) {
        self.memories.clear();
    }

    /// Forgets an object about which no Event will be emitted any more.
    pub fn forget(&mut self, object: K) {
        self.memories.remove(&object);
    }

    /// Passes an Event through the correlator; returns whether it is created.
    #[doc(alias = "EventCorrelate")]
    pub fn enter(&mut self, object: K, event: &KubeEvent, now: SimTime) -> bool {
        let memory = self.memories.entry(object).or_default();
        let is_new = !memory.seen.contains(event);
        if is_new {
            memory.seen.push(event.clone());
        }
        let bucket = if event.warning { &mut memory.warning } else { &mut memory.normal };
        bucket.try_accept(now) && is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;
    use crate::time::SimDuration;

    #[test]
    fn an_equal_event_is_counted_and_counting_takes_tokens() {
        let mut recorder = ObjectEventRecorder::default();
        let event = |reason| KubeEvent { warning: false, reason, message: "about it".into() };
        let mut enter = |node, reason, secs| {
            recorder.enter(NodeId(node), &event(reason), SimTime::ZERO + SimDuration::from_secs(secs))
        };
        assert!(enter(0, "NodeNotReady", 0));
        assert!((1..25).all(|n| !enter(0, "NodeNotReady", n)), "25 tokens are used up");
        assert!(!enter(0, "RemovingNode", 30), "no token is left");
        assert!(enter(1, "RemovingNode", 30), "each object has a bucket of its own");
        assert!(!enter(0, "RemovingNode", 999), "what was refused counts as seen");
    }
}
