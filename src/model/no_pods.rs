//! A workload for worlds in which no Pod is created, such as one without a Job controller.

use super::workload::{CronStart, Life, PodIdentity, Run, Workload};
use crate::api::ExitCodeTable;
use crate::apiserver::JobObject;
use crate::id::JobId;

/// Panics when it is asked about a Pod.
#[derive(Debug, Default)]
pub struct NoPods;

impl Workload for NoPods {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, _: usize, _: &mut ExitCodeTable) -> Life {
        unreachable!("{pod:?} is created")
    }

    fn run(&mut self, pod: PodIdentity, _: u32, _: usize, _: &mut ExitCodeTable) -> Run {
        unreachable!("{pod:?} is created")
    }
}
