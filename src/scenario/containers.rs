//! Checks what a scenario says about containers against the containers of its Jobs: names that no Job has are rejected,
//! and containers without a model are reported. No model is changed.

use super::document::{ContainerSpec, PodsSpec, ScenarioDocument};
use super::problem::Problems;
use super::resolve::Resolver;
use super::unused::ModelUser;
use crate::api::{ContainerKind, JobSpec};
use crate::model::Stages;
use crate::text::suggest;
use std::collections::BTreeSet;

impl Resolver<'_> {
    /// Rejects containers that no Job has.
    pub(super) fn containers_exist(&self, users: &[ModelUser<'_>]) -> Result<(), Problems> {
        let known: BTreeSet<&str> = users.iter().flat_map(|user| user.spec.template.container_names()).collect();
        let is_sidecar = |name: &str| {
            let places = |user: &ModelUser<'_>| user.spec.template.container_names().position(|other| other == name);
            let of = |user: &ModelUser<'_>| places(user).map(|place| user.spec.template.kind_of(place));
            users.iter().any(|user| of(user) == Some(ContainerKind::Sidecar))
        };
        for (path, name, container) in named_containers(self.scenario) {
            if !known.contains(name) {
                let names: Vec<&str> = known.iter().copied().collect();
                let what = format!("no Job has a container {name:?}; there are {}", names.join(", "));
                let problem = self.input.scenario.problem(&path, what);
                return Err(vec![problem.suggesting(suggest(name, known.iter().copied()))]);
            }
            if container.startup.is_some() && !is_sidecar(name) {
                let what =
                    "startup goes with sidecars (init containers with restartPolicy Always): of others say ready";
                return Err(self.problem(&format!("{path}.startup"), what));
            }
        }
        Ok(())
    }
}

/// The containers that a scenario names, each with its path.
fn named_containers(scenario: &ScenarioDocument) -> Vec<(String, &str, &ContainerSpec)> {
    let mut all = Vec::new();
    named_below("pods", &scenario.pods, &mut all);
    for (n, entry) in scenario.jobs.iter().enumerate() {
        named_below(&format!("jobs[{n}].pods"), &entry.pods, &mut all);
    }
    for (n, entry) in scenario.models.iter().enumerate() {
        named_below(&format!("models[{n}].pods"), &entry.pods, &mut all);
    }
    all
}

fn named_below<'a>(path: &str, pods: &'a PodsSpec, all: &mut Vec<(String, &'a str, &'a ContainerSpec)>) {
    all.extend(pods.containers.iter().map(|(name, spec)| (format!("{path}.containers.{name}"), name.as_str(), spec)));
    for (field, map) in [("byStart", &pods.by_start), ("byIndex", &pods.by_index), ("byAttempt", &pods.by_attempt)] {
        map.iter().for_each(|(key, below)| named_below(&format!("{path}.{field}[{key}]"), below, all));
    }
}

/// Reports Pods that usually take longer to stop than their grace period. The median decides: a rare longer stop needs
/// no notice, because cutting it short is what the grace period is for.
pub(super) fn cut_terminations(users: &[ModelUser<'_>]) -> Vec<String> {
    let is_cut = |user: &&ModelUser<'_>| {
        let grace = user.spec.template.termination_grace_period_seconds as f64;
        let is_long = |stages: &Stages| !stages.outlives_grace && stages.terminate.quantile(0.5) > grace;
        user.model.any(&is_long)
    };
    let mut cut = users.iter().filter(is_cut);
    let Some(first) = cut.next() else { return Vec::new() };
    let more = match cut.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    vec![format!(
        "Job {}{more}: pods.terminate is longer than the grace period, {} s: the kubelet kills the containers then (exit \
         code 137); pods.outlivesGrace: true says that it cannot",
        first.name, first.spec.template.termination_grace_period_seconds
    )]
}

/// Reports containers other than the main one that have no model.
pub(super) fn unsaid(users: &[ModelUser<'_>]) -> Vec<String> {
    let mut told: Vec<(String, usize, &str)> = Vec::new();
    for user in users {
        let unsaid = unsaid_of(&user.spec, &user.model.stages);
        if unsaid.is_empty() {
            continue;
        }
        // Copies of a Job, and Jobs of one shape, are reported once.
        match told.iter_mut().find(|(known, ..)| *known == unsaid) {
            Some((_, jobs, _)) => *jobs += 1,
            None => told.push((unsaid, 1, user.name)),
        }
    }
    let line = |(unsaid, jobs, name): (String, usize, &str)| {
        let more = if jobs > 1 { format!(" (and {} more)", jobs - 1) } else { String::new() };
        format!("Job {name}{more}: {unsaid}")
    };
    told.into_iter().map(line).collect()
}

fn unsaid_of(spec: &JobSpec, stages: &Stages) -> String {
    if stages.is_together {
        return String::new();
    }
    let template = &spec.template;
    let is_unsaid = |name: &str| {
        stages.container(name).is_none_or(|c| c.run.is_none() && c.runs.is_empty() && c.ends_after_main.is_none())
    };
    let of_kind = |kind: ContainerKind| {
        let all = template.container_names().enumerate();
        let unsaid = all.filter(|(place, _)| *place != template.main_container && template.kind_of(*place) == kind);
        unsaid.map(|(_, name)| name).filter(|name| is_unsaid(name)).collect::<Vec<_>>()
    };
    let (regular, init) = (of_kind(ContainerKind::Regular), of_kind(ContainerKind::Init));
    let mut parts = Vec::new();
    if let Some(first) = regular.first() {
        let many = if regular.len() > 1 { "containers" } else { "container" };
        parts.push(format!(
            "nothing is said of when {many} {} will end, so Pods run until they are stopped: say \
             pods.containers.{first}.run (a time, a distribution, or never), endsAfterMain, or pods.together: true if all \
             containers end with {}",
            regular.join(", "),
            template.containers[template.main_container]
        ));
    }
    if let Some(first) = init.first() {
        let many = if init.len() > 1 { "init containers" } else { "init container" };
        let takes = if init.len() > 1 { "take no time and succeed" } else { "takes no time and succeeds" };
        parts.push(format!("{many} {} {takes}: pods.containers.{first}.run says otherwise", init.join(", ")));
    }
    parts.join("; ")
}
