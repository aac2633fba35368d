//! Containers that had begun before a run, where they are told apart: what is left of the run under way of each, given how long
//! it has lasted. As in `life_so_far`, what is drawn is drawn from what is still possible.

use super::Distribution;
use super::life_so_far::rest;
use super::pod_workload::PodWorkload;
use super::purpose;
use super::restart_backoff::RestartBackoff;
use super::workload::{ContainerLife, PlannedRun, PodIdentity};
use crate::time::{SimDuration, SimTime};

/// How far a container had come when a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerSoFar {
    /// What it does.
    pub stage: ContainerStage,
    /// How often it had been started again.
    pub restarts: u32,
}

/// What a container does when a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerStage {
    /// It has not run yet; its turn came so long ago, if it came.
    Waits(SimDuration),
    /// It runs.
    Runs {
        /// Since when.
        lasted: SimDuration,
        /// Whether its startup probe has succeeded.
        has_started: bool,
        /// Whether it is ready.
        is_ready: bool,
    },
    /// It has ended.
    Exited {
        /// Its exit code.
        code: i32,
        /// Since when.
        ago: SimDuration,
        /// Whether for good; else it waits for its next run.
        is_over: bool,
    },
}

/// How far the containers of a Pod had come, and since when it is being deleted, if it is.
pub type ContainersSoFar<'a> = (&'a [ContainerSoFar], Option<SimDuration>);

/// What is left of a container's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestOfRun {
    /// Until its end, and with which code.
    pub run: PlannedRun,
    /// Until its startup probe succeeds; `None`: never.
    pub startup: Option<SimDuration>,
    /// Until it is ready; `None`: never.
    pub ready: Option<SimDuration>,
}

impl RestOfRun {
    /// What is left where nothing is known but the whole.
    pub(super) fn of(life: &ContainerLife, run: PlannedRun, lasted: SimDuration) -> Self {
        let left = |whole: SimDuration| (whole - lasted).max(SimDuration::ZERO);
        RestOfRun {
            run: PlannedRun { lasts: run.lasts.map(left), ..run },
            startup: life.startup.map(left),
            ready: life.ready.map(left),
        }
    }
}

impl PodWorkload {
    /// The lives of a Pod's containers, of which each has come so far.
    pub(super) fn lives_from(
        &mut self,
        pod: PodIdentity,
        (so_far, stopping): ContainersSoFar<'_>,
        now: SimTime,
    ) -> Vec<ContainerLife> {
        let stopping = stopping.unwrap_or_default();
        let mut backoff = RestartBackoff::new(self.kubelet_delays(), None);
        let mut lives = Vec::new();
        for (place, container) in so_far.iter().enumerate() {
            let (waited, last) = match container.stage {
                ContainerStage::Waits(waited) => (waited, SimDuration::ZERO),
                ContainerStage::Runs { lasted, .. } => (SimDuration::ZERO, lasted),
                ContainerStage::Exited { ago, .. } => (SimDuration::ZERO, ago),
            };
            lives.push(self.container_life(pod, self.container(pod, place), [waited, stopping]));
            // Each container has an entry of its own.
            backoff.had_restarted(place as u32, container.restarts, now - last);
        }
        if so_far.iter().any(|container| container.restarts > 0) {
            self.enter_restarts(pod, backoff);
        }
        lives
    }

    /// What is left of a container's run that has lasted so long.
    pub(super) fn rest_of_container(
        &self,
        pod: PodIdentity,
        place: usize,
        number: u32,
        lasted: SimDuration,
    ) -> RestOfRun {
        let container = self.container(pod, place);
        let life = self.container_life(pod, container, [SimDuration::ZERO; 2]);
        let whole = RestOfRun::of(&life, self.run_of_container(pod, place, number), lasted);
        if self.is_told(pod, container, number) {
            return whole;
        }
        let mut draws = self.draws_of(pod, container);
        let (lasts, code) = self.with_run_model(pod, container, |run, outcome| {
            outcome.rest_of_run(run, lasted, (pod.attempt, number), &mut draws)
        });
        let model = self.container_model(pod, container);
        let mut left = |of: Option<&Option<Distribution>>, purpose, whole| match of {
            Some(Some(distribution)) => Some(rest(distribution, lasted, draws.uniform(purpose))),
            _ => whole,
        };
        RestOfRun {
            run: PlannedRun { lasts, code },
            startup: left(model.and_then(|m| m.startup.as_ref()), purpose::STARTUP, whole.startup),
            ready: left(model.and_then(|m| m.ready.as_ref()), purpose::READY, whole.ready),
        }
    }
}
