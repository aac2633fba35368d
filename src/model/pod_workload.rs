//! A workload that draws each Pod's life from a model. It keeps no state of Pods but what the kubelet's restart back-off
//! needs: the same Pod gets the same life whatever else there is.

use super::pods::{Outages, PodModel};
use super::purpose;
use super::workload::{Life, PodIdentity, Run, Workload};
use crate::api::{ExitCodeTable, JobObject};
use crate::id::JobId;
use crate::kernel::{Draws, Entity, Streams};
use crate::time::{SimDuration, SimTime};
use std::collections::HashMap;
use std::sync::Arc;

/// Which model a Job's Pods follow, by namespace and name.
pub type Assignment = HashMap<(String, String), usize>;

/// Draws lives.
#[derive(Clone, Debug)]
pub struct PodWorkload {
    models: Arc<[PodModel]>,
    assignment: Arc<Assignment>,
    outages: Outages,
    streams: Streams,
    /// By [`JobId`]: the model and the Job's name as a random entity.
    jobs: Vec<(usize, Entity)>,
}

impl PodWorkload {
    /// Lives for one replication. The first model is for Jobs that are not in the assignment.
    ///
    /// # Panics
    /// If there is no model.
    pub fn new(models: Arc<[PodModel]>, assignment: Arc<Assignment>, outages: Outages, streams: Streams) -> Self {
        assert!(!models.is_empty(), "there is at least one model");
        PodWorkload { models, assignment, outages, streams, jobs: Vec::new() }
    }

    /// Begins another replication: Jobs will be admitted anew.
    pub fn restart(&mut self, streams: Streams) {
        self.streams = streams;
        self.jobs.clear();
    }

    fn draws(&self, pod: PodIdentity) -> Draws {
        let job = self.jobs[pod.job.ix()].1;
        let entity = pod.index.map_or(job, |index| job.member(index));
        self.streams.draws(entity, u64::from(pod.attempt))
    }

    fn model(&self, pod: PodIdentity) -> &PodModel {
        &self.models[self.jobs[pod.job.ix()].0]
    }
}

impl Workload for PodWorkload {
    fn admit(&mut self, job: JobId, object: &JobObject) {
        let name = (object.namespace.clone(), object.name.clone());
        let entity = Entity::named(&[&name.0, &name.1]);
        let model = self.assignment.get(&name).copied().unwrap_or(0);
        if self.jobs.len() <= job.ix() {
            self.jobs.resize(job.ix() + 1, (0, entity));
        }
        self.jobs[job.ix()] = (model, entity);
    }

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        let mut draws = self.draws(pod);
        let draws = &mut draws;
        let stages = self.model(pod).of(pod);
        let (lasts, code) = stages.run(pod.attempt, 0, draws);
        let stop = stages.terminate_exit_code;
        Life {
            bind: stages.bind(draws),
            start: stages.start(draws),
            ready: stages.ready(draws),
            run: run_of(lasts, code, containers, codes),
            stop_after: stages.terminate(draws),
            stop_codes: codes.intern_repeated(stop, containers),
            stop_succeeds: stop == 0,
            disruption: stages.disruption(draws),
        }
    }

    fn run(&mut self, pod: PodIdentity, number: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        let mut draws = self.draws(pod);
        let (lasts, code) = self.model(pod).of(pod).run(pod.attempt, number, &mut draws);
        run_of(lasts, code, containers, codes)
    }

    fn ended(&mut self, pod: PodIdentity, number: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
        let probability = self.outages.probability(now);
        if probability == 0.0 || !planned.succeeds {
            return planned;
        }
        if self.draws(pod).uniform_at(purpose::OUTAGE, number) >= probability {
            return planned;
        }
        let code = self.model(pod).of(pod).outcome.fail_exit_code;
        let containers = codes.get(planned.exit_codes).len();
        Run { exit_codes: codes.intern_repeated(code, containers), succeeds: code == 0, ..planned }
    }
}

/// A run of so many containers that end alike.
fn run_of(lasts: Option<SimDuration>, code: i32, containers: usize, codes: &mut ExitCodeTable) -> Run {
    Run {
        lasts,
        exit_codes: codes.intern_repeated(code, containers),
        succeeds: code == 0,
        restart_after: SimDuration::ZERO,
    }
}
