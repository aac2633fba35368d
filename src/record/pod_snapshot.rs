//! A Pod as the recorder saw it last. It is not the Pod's record: what became of Pods is kept by Job.

use super::DeletionCause;
use super::capacity::PodState;
use crate::api::{Containers, Pod, PodPhase};
use crate::id::JobId;
use crate::time::{SimDuration, SimTime, WholeSecond};

/// A Pod as it was last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub pod: Pod,
    pub job: JobId,
    pub gone: bool,
    pub deletion: Option<DeletionCause>,
    pub runs_since: Option<SimTime>,
    pub ran: SimDuration,
    pub state: PodState,
}

/// One that stands for those that are forgotten.
impl Default for Seen {
    fn default() -> Self {
        Seen::new(JobId(u32::MAX), Pod::new(WholeSecond::default(), -1, 0, 0))
    }
}

impl Seen {
    pub fn new(job: JobId, pod: Pod) -> Self {
        let (ran, state) = (SimDuration::ZERO, PodState::Over);
        Seen { pod, job, gone: false, deletion: None, runs_since: None, ran, state }
    }
}

/// Whether a Pod's containers run.
pub fn is_running(pod: &Pod) -> bool {
    pod.phase == PodPhase::Running && pod.containers == Containers::Running
}
