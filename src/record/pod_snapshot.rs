//! A Pod as the recorder saw it last. It is not a record of the Pod: Pods are counted in the record of their Job.

use super::DeletionCause;
use super::capacity::PodOccupancy;
use crate::api::{Pod, PodPhase};
use crate::id::JobId;
use crate::time::{SimDuration, SimTime, WholeSecond};

/// A Pod as it was seen last.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodSnapshot {
    pub pod: Pod,
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

/// A blank, in the place of Pods that are forgotten.
impl Default for PodSnapshot {
    fn default() -> Self {
        PodSnapshot::new(JobId(u32::MAX), Pod::new(WholeSecond::default(), None, 0, 0))
    }
}

impl PodSnapshot {
    pub fn new(job: JobId, pod: Pod) -> Self {
        let (ran, state) = (SimDuration::ZERO, PodOccupancy::Over);
        PodSnapshot { pod, job, gone: false, deletion: None, retry: false, runs_since: None, ran, state, place: None }
    }
}

/// Whether a Pod's containers run.
pub fn is_running(pod: &Pod) -> bool {
    pod.phase == PodPhase::Running && pod.containers.run()
}
