//! A workload for unit tests of parts of the world in which no Pod is created.

use crate::api::ExitCodeTable;
use crate::apiserver::JobObject;
use crate::id::JobId;
use crate::model::{CronStart, Life, PodIdentity, Run, Workload};

/// Panics when it is asked for the life of a Pod.
#[derive(Debug)]
pub(in crate::world) struct UnusedWorkload;

impl Workload for UnusedWorkload {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, _: usize, _: &mut ExitCodeTable) -> Life {
        unreachable!("{pod:?} is created")
    }

    fn run(&mut self, pod: PodIdentity, _: u32, _: usize, _: &mut ExitCodeTable) -> Run {
        unreachable!("{pod:?} is created")
    }
}
