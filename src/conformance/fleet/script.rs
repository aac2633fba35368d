//! The Pods of a recorded cluster: the scripts of each Job, told apart by its place in the list or by the CronJob that
//! created it. It reads no records.

use crate::api::ExitCodeTable;
use crate::apiserver::JobObject;
use crate::conformance::histories::record::{PodScript, RecordedKey};
use crate::conformance::histories::script::{Scripts, key_of, life_of, numbered_run};
use crate::id::JobId;
use crate::model::{CronStart, Life, PodIdentity, Run, Workload};

/// The scripts of all Jobs of a case.
#[derive(Debug, Default)]
pub struct FleetScripts {
    /// Of the Jobs that the user creates, in the order of the list, which is that of their ids.
    pub jobs: Vec<Scripts>,
    /// Of the Jobs that CronJobs create, in the order of the list of CronJobs.
    pub cronjobs: Vec<CronScripts>,
    /// To whom the later Jobs belong: the place of the CronJob, and the number of the Job among its own, from 1.
    created: Vec<Option<(usize, u32)>>,
}

/// The scripts of one CronJob's Jobs.
#[derive(Debug)]
pub struct CronScripts {
    /// The CronJob's name.
    pub name: String,
    /// By ordinal of the Job and key of the Pod, in order.
    pub listed: Vec<((u32, RecordedKey), PodScript)>,
    /// The script of all other Pods.
    pub default: PodScript,
    /// Jobs created so far.
    pub jobs: u32,
}

impl FleetScripts {
    /// Forgets what was created, before another replay.
    pub fn restart(&mut self) {
        self.created.clear();
        self.cronjobs.iter_mut().for_each(|c| c.jobs = 0);
    }

    /// The script of a Pod of a Job that a CronJob created.
    fn created(&self, pod: PodIdentity) -> Option<&PodScript> {
        let (place, ordinal) = (*self.created.get(pod.job.ix() - self.jobs.len())?)?;
        let scripts = &self.cronjobs[place];
        match scripts.listed.binary_search_by_key(&(ordinal, key_of(pod)), |e| e.0) {
            Ok(at) => Some(&scripts.listed[at].1),
            Err(_) => Some(&scripts.default),
        }
    }
}

impl Workload for FleetScripts {
    /// The Jobs of the list come first; the name of any other ends in its scheduled minute.
    fn admit(&mut self, id: JobId, job: &JobObject, _: Option<CronStart<'_>>) {
        if id.ix() < self.jobs.len() {
            return;
        }
        let owner = job.name.rsplit_once('-').and_then(|(owner, _)| self.cronjobs.iter().position(|c| c.name == owner));
        self.created.push(owner.map(|place| {
            self.cronjobs[place].jobs += 1;
            (place, self.cronjobs[place].jobs)
        }));
    }

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        match self.jobs.get_mut(pod.job.ix()) {
            Some(scripts) => scripts.life(pod, containers, codes),
            None => life_of(self.created(pod), containers, codes),
        }
    }

    fn run(&mut self, pod: PodIdentity, run: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        match self.jobs.get_mut(pod.job.ix()) {
            Some(scripts) => scripts.run(pod, run, containers, codes),
            None => numbered_run(self.created(pod), run, codes),
        }
    }
}
