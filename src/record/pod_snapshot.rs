//! Pods as the recorder last saw them, to compare the next write with. They are not records: Pods are counted in the
//! record of their Job.
//!
//! Most Pods of a run are over at any time. So little is kept of every Pod, and the rest only of Pods that are not
//! over, in places that are reused.

use super::DeletionCause;
use super::capacity::PodOccupancy;
use crate::api::{CompletionIndex, Pod, PodPhase};
use crate::id::{Arena, JobId, PodId, Slab};
use crate::time::{SimDuration, SimTime};

/// A Pod that is not over, as it was last seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodSnapshot {
    pub pod: Pod,
    pub marks: PodMarks,
    pub job: JobId,
    pub gone: bool,
    pub deletion: Option<DeletionCause>,
    /// Whether it was created in place of a lost attempt.
    pub retry: bool,
    pub runs_since: Option<SimTime>,
    pub ran: SimDuration,
    pub state: PodOccupancy,
    /// Its place on the paths of its Job; `None` for a Pod that had ended when it was first seen.
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
    /// The place of its snapshot; [`OVER`] if it has been given up.
    snapshot: u32,
}

/// Stands for the place of a snapshot that has been given up.
const OVER: u32 = u32::MAX;

/// The placeholder for Pods that are forgotten.
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
    /// Forgets all Pods; keeps the allocated memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.snapshots.clear();
    }

    /// How many Pods were seen.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds a Pod that is seen for the first time; returns its id, the next in order.
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

    /// Whether it was created in place of a lost attempt.
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

    /// Gives up the snapshot of a Pod that is over: nothing that still happens to it changes the record.
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

/// The parts of a Pod that the record depends on, packed for a quick comparison: many writes change none of them, such
/// as those that make a Pod ready or remove its finalizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PodMarks {
    restarts: i32,
    flags: u8,
}

impl PodMarks {
    /// The marks of a Pod that has not been seen yet.
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
