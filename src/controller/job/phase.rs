//! The phases of a sync in which it waits for calls, each with its own data. It decides nothing.

use crate::api::{CompletionIndex, JobCondition};
use crate::id::PodId;

/// Where a sync stands: which calls are out.
#[derive(Debug)]
pub(super) enum JobSyncPhase {
    /// No call is out: the sync has not begun, is between two phases, or is over.
    Idle,
    /// Active Pods are being deleted because the Job ends.
    DeleteActive(Deletions),
    /// Surplus Pods are being deleted.
    DeleteSurplus(Deletions),
    /// A batch of Pods is being created.
    Create(Creations),
    /// The status with the uncounted Pods is being written; their finalizers go next.
    WriteUncounted(Removals),
    /// Finalizers are being removed.
    RemoveFinalizers(Removals),
    /// The status is being written after some finalizers could not be removed.
    WritePartial,
    /// The status with the counters is being written, and the condition with which the Job is finished, if it is.
    WriteCounters(Option<JobCondition>),
}

/// Pods that are being deleted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deletions {
    /// How many.
    pub targets: i32,
    /// How many of them count as ready.
    pub ready: i32,
    /// How many deletions were refused so far.
    pub refused: i32,
}

/// A Pod to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NewPod {
    pub index: Option<CompletionIndex>,
    pub failures: i32,
    pub ignored: i32,
}

/// Pods that are being created, batch by batch.
#[derive(Debug)]
pub(super) struct Creations {
    pub pods: Vec<NewPod>,
    /// How many were asked for in batches that are answered.
    pub answered: usize,
    /// How many are in the batch that is out.
    pub batch: usize,
    /// How many of that batch were refused.
    pub refused: usize,
}

/// Finished Pods that are entered in the status, and whose finalizers go when it is written.
#[derive(Debug)]
pub(super) struct Removals {
    pub pods: Vec<PodId>,
    /// Those whose finalizer is gone.
    pub removed: Vec<PodId>,
    /// How many finalizers could not be removed.
    pub refused: usize,
    /// The status holds as many uncounted Pods as it may: others wait for the next sync.
    pub reached_max: bool,
}
