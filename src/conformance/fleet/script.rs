//! The Pods of a recorded cluster: the scripts of each Job, told apart by its name. It reads no records.

use crate::api::{ExitCodeTable, JobObject};
use crate::conformance::jobs::script::Scripts;
use crate::id::JobId;
use crate::model::{Life, PodIdentity, Run, Workload};

/// The scripts of all Jobs of a case.
#[derive(Debug, Default)]
pub struct FleetScripts {
    /// Of the Jobs that the user creates, in the order of the list, which is that of their ids.
    pub jobs: Vec<Scripts>,
}

impl FleetScripts {
    fn of(&mut self, job: JobId) -> &mut Scripts {
        &mut self.jobs[job.ix()]
    }
}

impl Workload for FleetScripts {
    fn admit(&mut self, _: JobId, _: &JobObject) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        self.of(pod.job).life(pod, containers, codes)
    }

    fn run(&mut self, pod: PodIdentity, run: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        self.of(pod.job).run(pod, run, containers, codes)
    }
}
