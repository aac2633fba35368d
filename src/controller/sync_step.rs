//! How a step of a sync ends. Both controllers have the same shape, so the world's workers look alike: a sync begins
//! with what the caches hold and *now*; while it returns [`SyncStep::Waiting`], its calls are in its outbox; it is
//! resumed with the outcome of each of them until it has ended. Neither sync waits, reads a clock or performs a call.

use crate::time::SimDuration;

/// How a step of a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncStep {
    /// Calls are out; the sync goes on with their outcomes.
    Waiting,
    /// The sync is over.
    Ended(SyncEnd),
}

impl SyncStep {
    /// The sync is over without an error.
    pub const SUCCEEDED: SyncStep = SyncStep::Ended(SyncEnd::Succeeded);
    /// The sync is over with an error.
    pub const FAILED: SyncStep = SyncStep::Ended(SyncEnd::Failed);
}

/// What the end of a sync means for its key in the work queue: see [`super::WorkQueue::finish`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncEnd {
    /// No error: the requeue back-off starts afresh.
    Succeeded,
    /// No error, and the key is added again after this time.
    WakeAfter(SimDuration),
    /// An error: the key is added again after its requeue back-off.
    Failed,
}
