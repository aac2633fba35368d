//! Pods as the recorder saw them last. They are not records: Pods are counted in the record of their Job.
//!
//! A run has many more Pods that are over than Pods that are not. So what is kept of every Pod is small, and the rest stands in
//! a place that is used again when the Pod is over.

use super::DeletionCause;
use super::capacity::PodOccupancy;
use crate::api::{CompletionIndex, Pod, PodPhase};
use crate::id::{Arena, JobId, PodId, Slab};
use crate::time::{SimDuration, SimTime};

/// A Pod that is not over, as it was seen last.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodSnapshot {
    pub pod: Pod,
    pub marks: PodMarks,
    pub job: JobId,
    pub gone: bool,
    pub deletion: Option<DeletionCause>,
    /// Whether it takes up a lost attempt.
    pub retry: bool,
    pub runs_since: Option<SimTime>,
    pub ran: SimDuration,
    pub state: PodOccupancy,
    /// Its place on the paths of its Job; `None` for one that had ended when it was first seen.
    pub place: Option<u32>,
}

impl PodSnapshot {
    pub fn new(job: JobId, pod: Pod) -> Self {
        PodSnapshot {
            pod,
            marks: PodMarks::NONE,
            job,
            gone: false,
            deletion: None,
            retry: false,
            runs_since: None,
            ran: SimDuration::ZERO,
            state: PodOccupancy::Over,
            place: None,
        }
    }
}

/// What is kept of every Pod.
#[derive(Clone, Copy, Debug)]
struct SnapshotEntry {
    index: Option<CompletionIndex>,
    ordinal: u32,
    retry: bool,
    /// Where its snapshot stands; [`OVER`] if it is not kept any more.
    snapshot: u32,
}

/// The place of the snapshot of a Pod that is over.
const OVER: u32 = u32::MAX;

/// A blank, in the place of Pods that are forgotten.
impl Default for SnapshotEntry {
    fn default() -> Self {
        SnapshotEntry { index: None, ordinal: 0, retry: false, snapshot: OVER }
    }
}

/// All Pods that were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenPods {
    entries: Arena<PodId, SnapshotEntry>,
    snapshots: Slab<PodSnapshot>,
}

impl SeenPods {
    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.snapshots.clear();
    }

    /// How many were seen.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// A Pod is seen for the first time.
    pub fn push(&mut self, seen: PodSnapshot) -> PodId {
        let snapshot = self.snapshots.insert(seen);
        let PodSnapshot { pod: Pod { index, ordinal, .. }, retry, .. } = seen;
        self.entries.push(SnapshotEntry { index, ordinal, retry, snapshot })
    }

    /// Whether a Pod was seen before.
    pub fn knows(&self, id: PodId) -> bool {
        id.ix() < self.entries.len()
    }

    /// Its completion index and its ordinal, which are in its name.
    pub fn name_of(&self, id: PodId) -> Option<(Option<CompletionIndex>, u32)> {
        self.entries.get(id).map(|entry| (entry.index, entry.ordinal))
    }

    /// Whether it takes up a lost attempt.
    pub fn is_retry(&self, id: PodId) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.retry)
    }

    /// The snapshot of a Pod, unless it is over and was given up.
    pub fn get(&self, id: PodId) -> Option<&PodSnapshot> {
        self.snapshots.get(self.entries.get(id)?.snapshot)
    }

    /// The same, to be changed.
    #[inline]
    pub fn get_mut(&mut self, id: PodId) -> Option<&mut PodSnapshot> {
        self.snapshots.get_mut(self.entries.get(id)?.snapshot)
    }

    /// The snapshots of Pods that are not over, in no order.
    pub fn not_over_mut(&mut self) -> impl Iterator<Item = &mut PodSnapshot> {
        self.snapshots.iter_mut().filter(|seen| seen.state != PodOccupancy::Over)
    }

    /// Gives up the snapshot of a Pod that is over: nothing that happens to it counts any more.
    pub fn give_up(&mut self, id: PodId) {
        let place = std::mem::replace(&mut self.entries[id].snapshot, OVER);
        assert!(self.snapshots[place].state == PodOccupancy::Over, "{id:?} is not over");
        self.snapshots.give_up(place);
    }

    /// Forgets a Pod.
    pub fn forget(&mut self, id: PodId) {
        let entry = self.entries.forget(id);
        if entry.snapshot != OVER {
            self.snapshots.give_up(entry.snapshot);
        }
    }
}

/// What of a Pod counts here, packed, so that a write which changes nothing of it is seen at once: a Pod that becomes ready,
/// or loses its finalizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PodMarks {
    restarts: i32,
    flags: u8,
}

impl PodMarks {
    /// Those of a Pod that was not seen yet.
    const NONE: PodMarks = PodMarks { restarts: -1, flags: u8::MAX };

    #[inline]
    pub fn of(pod: &Pod, gone: bool) -> Self {
        let flags = [pod.bound, pod.deleting(), pod.containers.run(), gone];
        let flags = flags.iter().fold(pod.phase as u8, |flags, &flag| flags << 1 | u8::from(flag));
        PodMarks { restarts: pod.restarts, flags }
    }
}

/// Whether a Pod's containers run.
pub fn is_running(pod: &Pod) -> bool {
    pod.phase == PodPhase::Running && pod.containers.run()
}
