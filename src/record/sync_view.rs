//! What a sync of the Job controller goes by: its caches and its memory, as they are when it begins. It is not what the API
//! server holds.

use crate::time::SimTime;

/// What the controller sees of a Job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncView {
    /// Active Pods.
    pub active: u32,
    /// Of these, ready ones.
    pub ready: i32,
    /// Pods that are being deleted and have not finished.
    pub terminating: i32,
    /// Finished Pods whose finalizer is still there: they are to be counted.
    pub finished: u32,
    /// Pods in `status.uncountedTerminatedPods`.
    pub uncounted: u32,
    /// Failures since the last success, as the Pod failure back-off counts them.
    pub failures: i32,
    /// When the latest of them finished.
    pub last_failure: Option<SimTime>,
    /// Creations and deletions that were asked for and not yet seen.
    pub expected: (i64, i64),
}
