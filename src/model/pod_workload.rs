//! A workload that draws each Pod's life from a model. Its only state about Pods is what the kubelet's restart back-off
//! needs: a Pod's life does not depend on anything else in the world.

use super::container_workload::{ContainerIdentity, told_apart};
use super::containers::numbered;
use super::latency::{LatencyCounts, LatencyOf};
use super::pods::{Outages, PodModel, Stages};
use super::purpose;
use super::restart_backoff::RestartBackoff;
use super::restart_schedule::{Beats, RestartSchedule};
use super::workload::{ContainerLife, CronStart, Life, PlannedRun, PodIdentity, Run, Workload};
use super::{ContainersSoFar, Delays, Distribution, LifeSoFar, NodeDraw, RestOfRun};
use crate::api::{ExitCodeTable, RestartPolicy, WaitingReason};
use crate::apiserver::JobObject;
use crate::id::{Arena, JobId};
use crate::kernel::{Draws, Entity, Streams};
use crate::time::{SimDuration, SimTime};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Which model a Job's Pods follow. The maps are ordered because the digest of a setup iterates over them.
#[derive(Clone, Debug, Default)]
pub struct Assignment {
    /// By namespace and name of the Job.
    pub jobs: BTreeMap<(String, String), usize>,
    /// The same for Jobs that are created again under the same name: the second, the third and so on.
    pub again: BTreeMap<(String, String), Vec<usize>>,
    /// By namespace and name of the CronJob that creates the Job.
    pub cronjobs: BTreeMap<(String, String), usize>,
}

/// Jobs and CronJobs whose random streams are named after another one, with which they are compared; by namespace and
/// name. So the setups of a comparison draw the same random numbers even if their Jobs have different names.
#[derive(Clone, Debug, Default)]
pub struct StreamAliases {
    /// Of Jobs.
    pub jobs: BTreeMap<(String, String), (String, String)>,
    /// Of CronJobs. The numbers of their Jobs also depend on the scheduled time.
    pub cronjobs: BTreeMap<(String, String), (String, String)>,
}

/// Draws the lives of Pods from models.
#[derive(Clone, Debug)]
pub struct PodWorkload {
    models: Arc<[PodModel]>,
    assignment: Arc<Assignment>,
    aliases: Arc<StreamAliases>,
    outages: Outages,
    streams: Streams,
    kubelet: RestartSchedule,
    /// For what belongs to no Job.
    counts: LatencyCounts,
    jobs: Arena<JobId, Admitted>,
    /// How many Jobs each CronJob has created, by namespace and name, if starts differ.
    starts: HashMap<(String, String), u32>,
    /// How often Jobs of a name were admitted, if some are created again.
    admitted: HashMap<(String, String), usize>,
    /// Pods whose containers have been restarted, by Job, index and attempt.
    restarted: HashMap<(JobId, Option<u32>, u32), RestartBackoff>,
}

/// A Job that is in the world.
#[derive(Clone, Debug, Default)]
struct Admitted {
    /// The model that its Pods follow.
    model: usize,
    /// Its number among the Jobs of its CronJob, from 1; 0 for other Jobs, and if starts do not differ.
    start: u32,
    /// Its name, as an entity of random numbers.
    entity: Entity,
    /// Whether failed containers are restarted.
    restarts: bool,
    /// Its containers, if they are modelled separately.
    containers: Option<Box<[ContainerIdentity]>>,
    counts: LatencyCounts,
}

/// How many random numbers each run has for the kubelet's syncs; later syncs use the last of them.
const LOOKS: u32 = 64;

impl PodWorkload {
    /// A workload for one replication. Jobs that are not in the assignment follow the first model.
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
            starts: HashMap::new(),
            admitted: HashMap::new(),
            restarted: HashMap::new(),
        }
    }

    /// The same workload with containers restarted on this schedule.
    pub fn with_kubelet(self, kubelet: RestartSchedule) -> Self {
        PodWorkload { kubelet, ..self }
    }

    /// The same workload with random numbers under other names.
    pub fn with_stream_aliases(self, aliases: Arc<StreamAliases>) -> Self {
        PodWorkload { aliases, ..self }
    }

    /// Starts another replication, for which Jobs are admitted again.
    pub fn restart(&mut self, streams: Streams) {
        self.streams = streams;
        self.counts = LatencyCounts::default();
        self.jobs.clear();
        self.starts.clear();
        self.admitted.clear();
        self.restarted.clear();
    }

    pub(super) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// The probability that a run that ends now fails in an outage.
    pub(super) fn outage_probability(&self, now: SimTime) -> f64 {
        self.outages.probability(now)
    }

    /// The containers of a Pod, if they are modelled separately.
    pub(super) fn containers_of(&self, pod: PodIdentity) -> Option<&[ContainerIdentity]> {
        let all = self.jobs[pod.job].containers.as_deref()?;
        (!self.stages(pod).is_together).then_some(all)
    }

    /// The entity that a Pod's random numbers belong to.
    pub(super) fn entity_of(&self, pod: PodIdentity) -> Entity {
        let job = self.jobs[pod.job].entity;
        pod.index.map_or(job, |index| job.member(index))
    }

    pub(super) fn draws(&self, pod: PodIdentity) -> Draws {
        self.streams.draws(self.entity_of(pod), u64::from(pod.attempt))
    }

    /// The delays of the kubelets' restart back-off.
    pub(super) fn kubelet_delays(&self) -> Delays {
        self.kubelet.delays
    }

    /// Adds the restart back-off of a Pod whose containers had been restarted before the run.
    pub(super) fn enter_restarts(&mut self, pod: PodIdentity, backoff: RestartBackoff) {
        self.restarted.insert((pod.job, pod.index, pod.attempt), backoff);
    }

    /// The run that ends now; it fails if an outage makes it fail.
    fn in_outage(&self, pod: PodIdentity, number: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
        let probability = self.outages.probability(now);
        if probability == 0.0 || !planned.succeeds || !self.stages(pod).runs.is_empty() {
            return planned;
        }
        if self.draws(pod).uniform_at(purpose::OUTAGE, number) >= probability {
            return planned;
        }
        let code = self.stages(pod).outcome.fail_exit_code;
        let containers = codes.get(planned.exit_codes).len();
        Run { exit_codes: codes.intern_repeated(code, containers), succeeds: code == 0, ..planned }
    }

    /// From the failure of a run to the next run: the kubelet's back-off, its next sync, and the start of the
    /// containers (the image is present).
    fn restart_after(&mut self, pod: PodIdentity, number: u32, now: SimTime) -> SimDuration {
        if let Some(after) = numbered(&self.stages(pod).runs, number).and_then(|told| told.restart_after) {
            return after;
        }
        let mut draws = self.draws(pod);
        let held = self.held_back(pod, 0, (number, now), &mut draws);
        held + self.stages(pod).start.draw_duration(|| draws.uniform_at(purpose::START, number.saturating_add(1)))
    }

    /// From the failure of a container's run to the kubelet's sync that restarts it. `draws` are the container's.
    pub(super) fn held_back(
        &mut self,
        pod: PodIdentity,
        place: usize,
        (number, now): (u32, SimTime),
        draws: &mut Draws,
    ) -> SimDuration {
        let mut number_at = |place| draws.uniform_at(purpose::RESTART_LOOK, place);
        let beats = Beats::new(number_at(0), number_at(1), number_at(2));
        let fresh = || RestartBackoff::new(self.kubelet.delays, Some(beats.housekeeping));
        let backoff = self.restarted.entry((pod.job, pod.index, pod.attempt)).or_insert_with(fresh);
        let look = |look: u32| number_at(3 + number.wrapping_mul(LOOKS).wrapping_add(look.min(LOOKS - 1)));
        // Each container has its own entry in the back-off.
        let image = place as u32;
        let restart = self.kubelet.restart((backoff, image), &beats, now, look);
        backoff.restarted(image, now, restart);
        restart - now
    }

    /// The stages of a Pod.
    pub(super) fn stages(&self, pod: PodIdentity) -> &Stages {
        self.model(pod).of(pod, self.jobs[pod.job].start)
    }

    /// The number of a Job among those with the same name, from 0, if some are created again.
    fn number_of_name(&mut self, name: &(String, String)) -> usize {
        if !self.assignment.again.contains_key(name) {
            return 0;
        }
        let admitted = self.admitted.entry(name.clone()).or_default();
        *admitted += 1;
        *admitted - 1
    }

    /// The number of a Job among those of its CronJob, if it matters.
    fn number_of_start(&mut self, name: &(String, String), model: usize, is_start: bool) -> u32 {
        if !is_start || self.models[model].by_start.is_empty() {
            return 0;
        }
        let started = self.starts.entry(name.clone()).or_default();
        *started += 1;
        *started
    }

    fn model(&self, pod: PodIdentity) -> &PodModel {
        &self.models[self.jobs[pod.job].model]
    }
}

impl Workload for PodWorkload {
    fn admit(&mut self, job: JobId, object: &JobObject, start: Option<CronStart<'_>>) {
        let (assignment, aliases) = (self.assignment.clone(), self.aliases.clone());
        let (name, known, aliases) = match start {
            Some(start) => (start.cronjob, &assignment.cronjobs, &aliases.cronjobs),
            None => (&*object.name, &assignment.jobs, &aliases.jobs),
        };
        let name = (object.namespace.clone(), name.to_owned());
        let (namespace, alias) = aliases.get(&name).unwrap_or(&name);
        let scheduled = start.map(|start| start.scheduled.to_string());
        let before = if start.is_none() { self.number_of_name(&name) } else { 0 };
        let again = before.to_string();
        let parts: &[&str] = match &scheduled {
            // A later Job with the same name is another Job.
            None if before > 0 => &[namespace, alias, "again", &again],
            // By the scheduled time, not by what was created before: the random numbers of a start do not depend on
            // whether earlier starts were made or skipped.
            Some(scheduled) => &["cronjob", namespace, alias, scheduled],
            None => &[namespace, alias],
        };
        let template = &object.spec.template;
        let of_name = match before.checked_sub(1) {
            None => known.get(&name),
            Some(n) => assignment.again.get(&name).and_then(|models| models.get(n)),
        };
        let model = of_name.copied().unwrap_or(0);
        let entity = Entity::named(parts);
        let containers = told_apart(template, &self.models[model], parts);
        let restarts = template.restart_policy == RestartPolicy::OnFailure;
        let start = self.number_of_start(&name, model, scheduled.is_some());
        *self.jobs.reach(job) =
            Admitted { model, start, entity, restarts, containers, counts: LatencyCounts::default() };
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
        let stages = self.stages(pod);
        let run = match self.containers_of(pod) {
            // The containers' own runs decide when the Pod ends.
            Some(all) => run_of((None, 0), all.len(), codes),
            None => run_of_stages(stages, (pod.attempt, 0), draws, containers, codes),
        };
        let stop = stages.terminate_exit_code;
        Life {
            bind: stages.bind(draws),
            start: stages.start(draws),
            ready: stages.ready(draws),
            run,
            stop_after: stages.terminate(draws),
            is_killed_after_grace: !stages.outlives_grace,
            stop_codes: codes.intern_repeated(stop, containers),
            stop_succeeds: stop == 0,
            disruption: stages.disruption(draws),
        }
    }

    fn life_from(
        &mut self,
        pod: PodIdentity,
        so_far: &LifeSoFar,
        now: SimTime,
        containers: usize,
        codes: &mut ExitCodeTable,
    ) -> Life {
        self.rest_of_life(pod, so_far, now, containers, codes)
    }

    fn pull_reports(&mut self, pod: PodIdentity) -> Vec<(SimDuration, WaitingReason)> {
        let stages = self.stages(pod);
        if stages.faults.pull > 0.0 { stages.pull_reports(&mut self.draws(pod)) } else { Vec::new() }
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
        run_of_stages(self.stages(pod), (pod.attempt, number), &mut draws, containers, codes)
    }

    fn ended(&mut self, pod: PodIdentity, number: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
        let run = self.in_outage(pod, number, planned, now, codes);
        if run.succeeds || !self.jobs[pod.job].restarts {
            return run;
        }
        Run { restart_after: self.restart_after(pod, number, now), ..run }
    }

    fn choice(&mut self, pod: PodIdentity, action: u32) -> f64 {
        self.draws(pod).uniform_at(purpose::CHOICE, action)
    }

    fn containers(&mut self, pod: PodIdentity) -> Vec<ContainerLife> {
        self.container_lives(pod)
    }

    fn container_run(&mut self, pod: PodIdentity, place: usize, run: u32) -> PlannedRun {
        self.run_of_container(pod, place, run)
    }

    fn containers_from(&mut self, pod: PodIdentity, so_far: ContainersSoFar, now: SimTime) -> Vec<ContainerLife> {
        self.lives_from(pod, so_far, now)
    }

    fn rest_of_container_run(&mut self, pod: PodIdentity, place: usize, run: u32, lasted: SimDuration) -> RestOfRun {
        self.rest_of_container(pod, place, run, lasted)
    }

    fn container_ended(&mut self, pod: PodIdentity, place: usize, run: u32, planned: i32, now: SimTime) -> i32 {
        self.exit_of_container(pod, place, run, planned, now)
    }

    fn container_restart(&mut self, pod: PodIdentity, place: usize, run: u32, now: SimTime) -> SimDuration {
        self.restart_of_container(pod, place, run, now)
    }
}

/// The run with this number of a Pod whose containers end together.
fn run_of_stages(
    stages: &Stages,
    (attempt, number): (u32, u32),
    draws: &mut Draws,
    containers: usize,
    codes: &mut ExitCodeTable,
) -> Run {
    match numbered(&stages.runs, number) {
        Some(told) if told.codes.len() != 1 => Run {
            lasts: told.lasts,
            exit_codes: codes.intern(&told.codes),
            succeeds: told.code() == 0,
            restart_after: SimDuration::ZERO,
        },
        _ => run_of(stages.run(attempt, number, draws), containers, codes),
    }
}

/// A run of `containers` containers that all end with the same code.
fn run_of((lasts, code): (Option<SimDuration>, i32), containers: usize, codes: &mut ExitCodeTable) -> Run {
    Run {
        lasts,
        exit_codes: codes.intern_repeated(code, containers),
        succeeds: code == 0,
        restart_after: SimDuration::ZERO,
    }
}
