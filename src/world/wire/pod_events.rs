//! The scheduler's event recorder: Kubernetes Events about Pods, in series. An Event that equals an earlier one about
//! the same version of the Pod is not created again, only counted. These Events take no time and no token.
//!
//! Source: client-go, `tools/events/event_broadcaster.go`. Events that differ only in their message count as equal.

use crate::id::{Arena, PodId};
use crate::model::Workload;
use crate::record::{KubeEvent, Observation};
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;

/// A series ends when no Event was added to it for this long. Source: `finishTime`, 6 min.
const FINISH_TIME: SimDuration = SimDuration::from_secs(360);

/// What the recorder remembers.
#[derive(Debug, Default)]
pub(in crate::world) struct PodEventRecorder {
    pods: Arena<PodId, Vec<SeriesEntry>>,
}

/// An Event that was created.
#[derive(Clone, Copy, Debug)]
struct SeriesEntry {
    reason: &'static str,
    /// The Pod's version as the sender knew it.
    version: u64,
    created: SimTime,
    /// When it was last repeated.
    repeated: Option<SimTime>,
}

impl SeriesEntry {
    /// Whether it is still remembered.
    fn is_open(&self, now: SimTime) -> bool {
        match self.repeated {
            Some(last) => now - last <= FINISH_TIME,
            // Real recorders check for old Events every six minutes; here, at multiples of six minutes of the clock.
            None => {
                let span = FINISH_TIME.as_nanos();
                SimTime::from_nanos(now.as_nanos() / span * span) - self.created <= FINISH_TIME
            }
        }
    }
}

impl PodEventRecorder {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.pods.clear();
    }

    /// Sends an Event about this version of a Pod, if the configuration asks for such Events.
    pub fn emit<W: Workload>(&mut self, env: &mut Env<W>, (pod, version): (PodId, u64), event: KubeEvent) {
        if !env.config.has_pod_events {
            return;
        }
        let now = env.now();
        let entries = self.pods.reach(pod);
        entries.retain(|entry| entry.is_open(now));
        match entries.iter_mut().find(|e| (e.reason, e.version) == (event.reason, version)) {
            Some(entry) => entry.repeated = Some(now),
            None => {
                entries.push(SeriesEntry { reason: event.reason, version, created: now, repeated: None });
                env.log.push(Observation::PodEvent(pod, Box::new(event)));
            }
        }
    }

    /// Frees the memory of a Pod that is gone.
    pub fn forget(&mut self, pod: PodId) {
        self.pods.forget(pod);
    }
}
