//! The containers of a Pod, drawn one by one from a model. The main container is drawn like a Pod with one container.
//! Every other container has its own random numbers, named after it, so that it does not shift those of the main
//! container.

use super::containers::{ContainerModel, numbered};
use super::life_so_far::rest;
use super::pod_workload::PodWorkload;
use super::purpose;
use super::workload::{ContainerLife, PlannedRun, PodIdentity};
use super::{Distribution, OutcomeModel, PodModel};
use crate::api::{ContainerKind, PodTemplate};
use crate::kernel::{Draws, Entity};
use crate::time::{SimDuration, SimTime};

/// A container of a Job's Pods.
#[derive(Clone, Debug)]
pub(super) struct ContainerIdentity {
    name: String,
    kind: ContainerKind,
    /// Its random numbers; `None` for the main container, which uses those of the Pod.
    entity: Option<Entity>,
}

/// The default time from SIGTERM to the exit.
const STOPS_AFTER: SimDuration = SimDuration::from_secs(1);

/// The exit code of a process that SIGTERM ends.
const STOP_CODE: i32 = 143;

/// The containers of a Job's Pods, if they have to be modelled separately: there are several regular ones, one has its
/// own restart settings (sidecars do), or the model describes an init container. `parts` name the Job's random numbers.
pub(super) fn told_apart(template: &PodTemplate, model: &PodModel, parts: &[&str]) -> Option<Box<[ContainerIdentity]>> {
    let is_named = |name: &String| model.any(&|stages| stages.container(name).is_some());
    let is_needed = template.containers.len() > 1
        || !template.container_restarts.is_empty()
        || template.init_containers.iter().any(is_named);
    let identity = |(place, name): (usize, &str)| {
        let parts: Vec<&str> = parts.iter().copied().chain(["container", name]).collect();
        let entity = (place != template.main_container).then(|| Entity::named(&parts));
        ContainerIdentity { name: name.to_owned(), kind: template.kind_of(place), entity }
    };
    is_needed.then(|| template.container_names().enumerate().map(identity).collect())
}

impl PodWorkload {
    /// The random numbers of a container.
    pub(super) fn draws_of(&self, pod: PodIdentity, container: &ContainerIdentity) -> Draws {
        let Some(entity) = container.entity else { return self.draws(pod) };
        let entity = pod.index.map_or(entity, |index| entity.member(index));
        self.streams().draws(entity, u64::from(pod.attempt))
    }

    /// The scenario's settings for a container.
    pub(super) fn container_model(&self, pod: PodIdentity, container: &ContainerIdentity) -> Option<&ContainerModel> {
        self.stages(pod).container(&container.name)
    }

    pub(super) fn container_lives(&self, pod: PodIdentity) -> Vec<ContainerLife> {
        let Some(all) = self.containers_of(pod) else { return Vec::new() };
        all.iter().map(|container| self.container_life(pod, container, [SimDuration::ZERO; 2])).collect()
    }

    /// The life of a container whose turn came so long ago, or that was told to stop so long ago; zero if neither is so.
    pub(super) fn container_life(
        &self,
        pod: PodIdentity,
        container: &ContainerIdentity,
        [waited, stopping]: [SimDuration; 2],
    ) -> ContainerLife {
        let mut draws = self.draws_of(pod, container);
        let (stages, model) = (self.stages(pod), self.container_model(pod, container));
        let given = |of: fn(&ContainerModel) -> Option<&Distribution>| model.and_then(of);
        let mut sample_from = |time: &Distribution, purpose, lasted: SimDuration| match lasted.is_positive() {
            true => rest(time, lasted, draws.uniform(purpose)),
            false => time.draw_duration(|| draws.uniform(purpose)),
        };
        let is_main = container.entity.is_none();
        let start = given(|m| m.start.as_ref()).filter(|_| !is_main).map(|d| sample_from(d, purpose::START, waited));
        let pods_ready = is_main.then_some(&stages.ready);
        let ready = match model.and_then(|m| m.ready.as_ref()).or(pods_ready) {
            Some(ready) => ready.as_ref().map(|d| sample_from(d, purpose::READY, SimDuration::ZERO)),
            None => Some(SimDuration::ZERO),
        };
        let startup = match model.and_then(|m| m.startup.as_ref()).filter(|_| container.kind == ContainerKind::Sidecar)
        {
            Some(startup) => startup.as_ref().map(|d| sample_from(d, purpose::STARTUP, SimDuration::ZERO)),
            None => Some(SimDuration::ZERO),
        };
        let terminate = given(|m| m.terminate.as_ref()).or(is_main.then_some(&stages.terminate));
        let stop_code = model.and_then(|m| m.terminate_exit_code);
        ContainerLife {
            start: start.unwrap_or(SimDuration::ZERO),
            startup,
            ready,
            stop_after: terminate.map_or(STOPS_AFTER, |d| sample_from(d, purpose::TERMINATE, stopping)),
            stop_code: stop_code.unwrap_or(if is_main { stages.terminate_exit_code } else { STOP_CODE }),
            after_main: given(|m| m.ends_after_main.as_ref())
                .map(|d| sample_from(d, purpose::AFTER_MAIN, SimDuration::ZERO)),
        }
    }

    pub(super) fn run_of_container(&self, pod: PodIdentity, place: usize, number: u32) -> PlannedRun {
        let container = self.container(pod, place);
        let mut draws = self.draws_of(pod, container);
        let (stages, model) = (self.stages(pod), self.container_model(pod, container));
        if let Some(told) = model.and_then(|m| numbered(&m.runs, number)) {
            return PlannedRun { lasts: told.lasts, code: told.code() };
        }
        let says_nothing = model.is_none_or(|m| m.run.is_none() && m.outcome.is_none());
        if container.entity.is_none() && says_nothing {
            let (lasts, code) = stages.run(pod.attempt, number, &mut draws);
            return PlannedRun { lasts, code };
        }
        let attempt = pod.attempt.saturating_add(number);
        let (lasts, code) =
            self.with_run_model(pod, container, |run, outcome| outcome.run(run, attempt, number, &mut draws));
        PlannedRun { lasts, code }
    }

    /// Hands over how long a container's runs last (`None`: until they are stopped), and how they end.
    pub(super) fn with_run_model<T>(
        &self,
        pod: PodIdentity,
        container: &ContainerIdentity,
        take: impl FnOnce(Option<&Distribution>, &OutcomeModel) -> T,
    ) -> T {
        let (stages, model) = (self.stages(pod), self.container_model(pod, container));
        let is_main = container.entity.is_none();
        let at_once = Distribution::constant(0.0).ok();
        let run = match model.and_then(|m| m.run.as_ref()) {
            Some(run) => run.as_ref(),
            None if is_main => stages.run.as_ref(),
            None if container.kind == ContainerKind::Init => at_once.as_ref(),
            None => None,
        };
        let succeeds = OutcomeModel::success();
        let outcome = match model.and_then(|m| m.outcome.as_ref()) {
            Some(outcome) => outcome,
            None if is_main => &stages.outcome,
            None => &succeeds,
        };
        take(run, outcome)
    }

    /// Whether a run of a container is told, and not drawn.
    pub(super) fn is_told(&self, pod: PodIdentity, container: &ContainerIdentity, number: u32) -> bool {
        let is_main = container.entity.is_none();
        self.container_model(pod, container).is_some_and(|model| numbered(&model.runs, number).is_some())
            || (is_main && numbered(&self.stages(pod).runs, number).is_some())
    }

    pub(super) fn exit_of_container(
        &self,
        pod: PodIdentity,
        place: usize,
        number: u32,
        planned: i32,
        now: SimTime,
    ) -> i32 {
        let probability = self.outage_probability(now);
        let container = self.container(pod, place);
        let model = self.container_model(pod, container);
        let is_told = model.is_some_and(|m| !m.runs.is_empty());
        if probability == 0.0 || planned != 0 || is_told {
            return planned;
        }
        if self.draws_of(pod, container).uniform_at(purpose::OUTAGE, number) >= probability {
            return planned;
        }
        model.and_then(|m| m.outcome.as_ref()).unwrap_or(&self.stages(pod).outcome).fail_exit_code
    }

    pub(super) fn restart_of_container(
        &mut self,
        pod: PodIdentity,
        place: usize,
        number: u32,
        now: SimTime,
    ) -> SimDuration {
        let container = self.container(pod, place);
        let model = self.container_model(pod, container);
        let own = model.map(|m| &m.runs).filter(|runs| !runs.is_empty());
        let runs = own.unwrap_or_else(|| &self.stages(pod).runs);
        let told = numbered(runs, number).filter(|_| own.is_some() || container.entity.is_none());
        if let Some(after) = told.and_then(|told| told.restart_after) {
            return after;
        }
        let mut draws = self.draws_of(pod, container);
        let start = match model.and_then(|m| m.start.clone()) {
            Some(start) => Some(start),
            None => container.entity.is_none().then(|| self.stages(pod).start.clone()),
        };
        let held = self.held_back(pod, place, (number, now), &mut draws);
        let starts = start.map(|d| d.draw_duration(|| draws.uniform_at(purpose::START, number.saturating_add(1))));
        held + starts.unwrap_or(SimDuration::ZERO)
    }

    pub(super) fn container(&self, pod: PodIdentity, place: usize) -> &ContainerIdentity {
        &self.containers_of(pod).expect("it is asked only where containers are told apart")[place]
    }
}
