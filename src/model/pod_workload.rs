//! A workload that draws each Pod's life from a model. The only state it keeps about Pods is what the kubelet's restart
//! back-off needs: a Pod's life does not depend on what else is in the world.

use super::latency::{LatencyCounts, LatencyOf};
use super::pods::{Outages, PodModel};
use super::purpose;
use super::restart_backoff::RestartBackoff;
use super::restart_schedule::{Beats, RestartSchedule};
use super::workload::{CronStart, Life, PodIdentity, Run, Workload};
use super::{Distribution, NodeDraw};
use crate::api::{ExitCodeTable, RestartPolicy};
use crate::apiserver::JobObject;
use crate::id::{Arena, JobId};
use crate::kernel::{Draws, Entity, Streams};
use crate::time::{SimDuration, SimTime};
use std::collections::HashMap;
use std::sync::Arc;

/// Which model a Job's Pods follow.
#[derive(Clone, Debug, Default)]
pub struct Assignment {
    /// By namespace and name of the Job.
    pub jobs: HashMap<(String, String), usize>,
    /// By namespace and name of the CronJob that creates it.
    pub cronjobs: HashMap<(String, String), usize>,
}

/// Jobs and CronJobs whose random streams are named after another one, that with which it is compared; by namespace and
/// name. So two setups that are compared draw the same random numbers although their Jobs have different names.
#[derive(Clone, Debug, Default)]
pub struct StreamAliases {
    /// Of Jobs.
    pub jobs: HashMap<(String, String), (String, String)>,
    /// Of CronJobs: their Jobs' numbers go by it and the scheduled time.
    pub cronjobs: HashMap<(String, String), (String, String)>,
}

/// Draws lives.
#[derive(Clone, Debug)]
pub struct PodWorkload {
    models: Arc<[PodModel]>,
    assignment: Arc<Assignment>,
    aliases: Arc<StreamAliases>,
    outages: Outages,
    streams: Streams,
    kubelet: RestartSchedule,
    /// Of what belongs to no Job.
    counts: LatencyCounts,
    jobs: Arena<JobId, Admitted>,
    /// Pods whose containers have been restarted, by Job, index and attempt.
    restarted: HashMap<(JobId, Option<u32>, u32), RestartBackoff>,
}

/// A Job that is in the world.
#[derive(Clone, Copy, Debug, Default)]
struct Admitted {
    /// Which model its Pods follow.
    model: usize,
    /// Its name, as a random entity.
    entity: Entity,
    /// Whether containers that fail are restarted.
    restarts: bool,
    counts: LatencyCounts,
}

/// How many random numbers each run has for the kubelet's looks; further looks use the last of them.
const LOOKS: u32 = 64;

impl PodWorkload {
    /// Lives for one replication. The first model is for Jobs that are not in the assignment.
    ///
    /// # Panics
    /// If there is no model.
    pub fn new(models: Arc<[PodModel]>, assignment: Arc<Assignment>, outages: Outages, streams: Streams) -> Self {
        assert!(!models.is_empty(), "there is at least one model");
        PodWorkload {
            models,
            assignment,
            aliases: Arc::default(),
            outages,
            streams,
            kubelet: RestartSchedule::default(),
            counts: LatencyCounts::default(),
            jobs: Arena::new(),
            restarted: HashMap::new(),
        }
    }

    /// The same, with containers restarted on this schedule.
    pub fn with_kubelet(self, kubelet: RestartSchedule) -> Self {
        PodWorkload { kubelet, ..self }
    }

    /// The same, with random numbers that go by other names.
    pub fn with_stream_aliases(self, aliases: Arc<StreamAliases>) -> Self {
        PodWorkload { aliases, ..self }
    }

    /// Begins another replication: Jobs will be admitted anew.
    pub fn restart(&mut self, streams: Streams) {
        self.streams = streams;
        self.counts = LatencyCounts::default();
        self.jobs.clear();
        self.restarted.clear();
    }

    fn draws(&self, pod: PodIdentity) -> Draws {
        let job = self.jobs[pod.job].entity;
        let entity = pod.index.map_or(job, |index| job.member(index));
        self.streams.draws(entity, u64::from(pod.attempt))
    }

    /// The run that ends now, failed if an outage makes it fail.
    fn in_outage(&self, pod: PodIdentity, number: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
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

    /// From the failure of a run to the next one: the kubelet's back-off, its next look, and the containers' start (the
    /// image is there).
    fn restart_after(&mut self, pod: PodIdentity, number: u32, now: SimTime) -> SimDuration {
        let mut draws = self.draws(pod);
        let mut number_at = |place| draws.uniform_at(purpose::RESTART_LOOK, place);
        let beats = Beats::new(number_at(0), number_at(1), number_at(2));
        let fresh = || RestartBackoff::new(self.kubelet.delays, Some(beats.housekeeping));
        let backoff = self.restarted.entry((pod.job, pod.index, pod.attempt)).or_insert_with(fresh);
        let look = |look: u32| number_at(3 + number.wrapping_mul(LOOKS).wrapping_add(look.min(LOOKS - 1)));
        let restart = self.kubelet.restart(backoff, &beats, now, look);
        backoff.restarted(0, now, restart);
        let start = &self.model(pod).of(pod).start;
        restart - now + start.sample_duration(draws.uniform_at(purpose::START, number.saturating_add(1)))
    }

    fn model(&self, pod: PodIdentity) -> &PodModel {
        &self.models[self.jobs[pod.job].model]
    }
}

impl Workload for PodWorkload {
    fn admit(&mut self, job: JobId, object: &JobObject, start: Option<CronStart<'_>>) {
        let (name, known, aliases) = match start {
            Some(start) => (start.cronjob, &self.assignment.cronjobs, &self.aliases.cronjobs),
            None => (&*object.name, &self.assignment.jobs, &self.aliases.jobs),
        };
        let name = (object.namespace.clone(), name.to_owned());
        let (namespace, alias) = aliases.get(&name).unwrap_or(&name);
        let entity = match start {
            // By the scheduled time, not by what was created before: the random draws of a start do not depend on whether
            // earlier starts were made or skipped.
            Some(start) => Entity::named(&["cronjob", namespace, alias, &start.scheduled.to_string()]),
            None => Entity::named(&[namespace, alias]),
        };
        let restarts = object.spec.template.restart_policy == RestartPolicy::OnFailure;
        let model = known.get(&name).copied().unwrap_or(0);
        *self.jobs.reach(job) = Admitted { model, entity, restarts, counts: LatencyCounts::default() };
    }

    fn forget(&mut self, job: JobId, pods: &mut dyn Iterator<Item = PodIdentity>) {
        self.jobs.forget(job);
        if !self.restarted.is_empty() {
            pods.for_each(|pod| drop(self.restarted.remove(&(pod.job, pod.index, pod.attempt))));
        }
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
            is_killed_after_grace: true,
            stop_codes: codes.intern_repeated(stop, containers),
            stop_succeeds: stop == 0,
            disruption: stages.disruption(draws),
        }
    }

    fn node_draw(&mut self, of: NodeDraw, name: &str) -> f64 {
        let purpose = match of {
            NodeDraw::Provisioning => purpose::PROVISIONING,
            NodeDraw::Reclaim => purpose::RECLAIM,
            NodeDraw::Expander => purpose::EXPANDER,
        };
        self.streams.draws(Entity::named(&["node", name]), 0).uniform(purpose)
    }

    fn latency(&mut self, of: LatencyOf, job: Option<JobId>, distribution: &Distribution) -> SimDuration {
        let (entity, counts) = match job {
            Some(job) => (self.jobs[job].entity, &mut self.jobs[job].counts),
            None => (Entity::named(&["cluster"]), &mut self.counts),
        };
        counts.draw(of, distribution, &self.streams, entity)
    }

    fn run(&mut self, pod: PodIdentity, number: u32, containers: usize, codes: &mut ExitCodeTable) -> Run {
        let mut draws = self.draws(pod);
        let (lasts, code) = self.model(pod).of(pod).run(pod.attempt, number, &mut draws);
        run_of(lasts, code, containers, codes)
    }

    fn ended(&mut self, pod: PodIdentity, number: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
        let run = self.in_outage(pod, number, planned, now, codes);
        if run.succeeds || !self.jobs[pod.job].restarts {
            return run;
        }
        Run { restart_after: self.restart_after(pod, number, now), ..run }
    }
}

/// A run of `containers` containers that all end with `code`.
fn run_of(lasts: Option<SimDuration>, code: i32, containers: usize, codes: &mut ExitCodeTable) -> Run {
    Run {
        lasts,
        exit_codes: codes.intern_repeated(code, containers),
        succeeds: code == 0,
        restart_after: SimDuration::ZERO,
    }
}
