//! Parts of a scenario that can never be used, or that mean something other than one may think: they are reported, not
//! rejected, because one scenario may be used with many manifests.

use super::document::{PodsSpec, ScenarioDocument};
use super::problem::{Problem, Problems};
use super::resolve::Resolver;
use crate::api::{Intervals, JobSpec};
use crate::experiment::Setup;
use crate::model::{ExitCode, PodModel, Stages};
use crate::world::JobRef;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A Job, or a CronJob's Jobs: the name, the model of its Pods, and whether its completions may change.
pub(super) struct ModelUser<'a> {
    pub name: &'a str,
    pub model: &'a PodModel,
    pub spec: Arc<JobSpec>,
    resizes: bool,
}

/// All notices. The keys of `labelled` are the entries of `models` that some Job follows.
pub(super) fn notices(
    setup: &Setup,
    users: &[ModelUser<'_>],
    scenario: &ScenarioDocument,
    labelled: &BTreeMap<usize, usize>,
) -> Vec<String> {
    let is_plain = |model: &PodModel| {
        model.by_index.is_empty() && model.by_attempt.is_empty() && !differs_by_attempt(&model.stages)
    };
    let mut told = Vec::new();
    if !setup.models.iter().all(is_plain) {
        told.extend(attempts(users));
    }
    let unused = (0..scenario.models.len()).filter(|n| !labelled.contains_key(n));
    told.extend(
        unused.map(|n| format!("models[{n}] is never used: no Job has its labels, or an entry before it fits too")),
    );
    told.extend(times(setup, scenario));
    told
}

/// All Jobs and CronJobs.
pub(super) fn users(setup: &Setup) -> Vec<ModelUser<'_>> {
    let model = |place: Option<&usize>| &setup.models[place.copied().unwrap_or(0)];
    let resizes = setup.edits("completions");
    let jobs = setup.jobs.iter().map(|job| {
        let key = (job.object.namespace.clone(), job.object.name.clone());
        let model = model(setup.assignment.jobs.get(&key));
        ModelUser { name: &job.object.name, model, spec: job.object.spec.clone(), resizes }
    });
    let cronjobs = setup.cronjobs.iter().filter_map(|cronjob| {
        let key = (cronjob.object.namespace.clone(), cronjob.object.name.clone());
        let model = model(setup.assignment.cronjobs.get(&key));
        let spec = cronjob.object.job(&format!("{}-1", cronjob.object.name)).ok()?.spec;
        Some(ModelUser { name: &cronjob.object.name, model, spec, resizes })
    });
    jobs.chain(cronjobs).collect()
}

/// The first set of indexes that has a model and that no Pod can have, and a Job with that model.
fn impossible_indexes<'a>(users: &'a [ModelUser<'_>]) -> Option<(&'a Intervals, &'a ModelUser<'a>)> {
    let has_some = |user: &ModelUser<'_>, set: &Intervals| {
        user.spec.is_indexed() && (user.resizes || !set.below(user.spec.completions.unwrap_or(0)).is_empty())
    };
    let mut seen: Vec<(&Intervals, Option<&ModelUser<'_>>, bool)> = Vec::new();
    let (mut places, mut looked_at) = (HashMap::new(), HashSet::new());
    for user in users {
        // Copies of a Job follow one model: it is looked at once.
        let has_indexes = user.spec.is_indexed().then_some((user.spec.completions, user.resizes));
        if !looked_at.insert((std::ptr::from_ref(user.model), has_indexes)) {
            continue;
        }
        for (set, _) in &user.model.by_index {
            let (used, indexed) = (has_some(user, set), user.spec.is_indexed().then_some(user));
            let place = *places.entry(set.iter().collect::<Vec<_>>()).or_insert(seen.len());
            match seen.get_mut(place) {
                Some((_, whose, any)) => (*whose, *any) = (whose.or(indexed), *any || used),
                None => seen.push((set, indexed, used)),
            }
        }
    }
    seen.into_iter().find_map(|(set, whose, used)| whose.filter(|_| !used).map(|user| (set, user)))
}

/// Whether the probability of failing differs between attempts.
fn differs_by_attempt(stages: &Stages) -> bool {
    match &stages.outcome.exit_code {
        ExitCode::Fail(shares) => shares.windows(2).any(|pair| pair[0] != pair[1]),
        ExitCode::Weighted(_) => false,
    }
}

/// Reports models by attempt of Jobs without indexes: there an attempt is not a retry, as people expect, but the number
/// of the Pod among all Pods of its Job.
fn attempts(users: &[ModelUser<'_>]) -> Vec<String> {
    let has_several =
        |spec: &JobSpec| !spec.is_indexed() && spec.completions.unwrap_or(spec.parallelism).max(spec.parallelism) > 1;
    let tells = |user: &&ModelUser<'_>| {
        has_several(&user.spec) && (!user.model.by_attempt.is_empty() || differs_by_attempt(&user.model.stages))
    };
    let Some(user) = users.iter().find(tells) else { return Vec::new() };
    let more = if users.iter().filter(tells).nth(1).is_some() { " (and others)" } else { "" };
    vec![format!(
        "Job {}{more}: its Pods have no index, so an attempt is the number of the Pod in the order of creation, over all \
         completions: of byAttempt and of a list of fail the first entry is for the first Pod alone \
         (completionMode: Indexed gives each completion attempts of its own)",
        user.name
    )]
}

/// What comes only after the end of virtual time.
fn times(setup: &Setup, scenario: &ScenarioDocument) -> Vec<String> {
    let until = crate::model::duration::in_full(setup.until.as_secs_f64());
    let mut told = Vec::new();
    for (n, _) in scenario.actions.iter().enumerate().filter(|(_, action)| action.at.0 > setup.until) {
        told.push(format!("actions[{n}] is never done: virtual time ends before it, after {until}"));
    }
    for (n, _) in setup.outages.iter().enumerate().filter(|(_, outage)| outage.from > setup.until) {
        told.push(format!("outages[{n}] never comes: virtual time ends before it, after {until}"));
    }
    // Times of random arrivals are drawn later, so it is not known which Jobs come too late.
    let is_late = |at| at > setup.until && setup.arrivals.is_empty();
    if let Some(job) = setup.jobs.iter().find(|job| is_late(job.at)) {
        let of = &job.object.name;
        told.push(format!("Job {of} is never created: virtual time ends before it would be, after {until}"));
    }
    told
}

/// Where the first `byIndex` of a scenario stands.
fn path_of_by_index(scenario: &ScenarioDocument) -> String {
    let has = |pods: &PodsSpec| !pods.by_index.is_empty() || pods.by_start.values().any(|p| !p.by_index.is_empty());
    let in_jobs = scenario.jobs.iter().position(|entry| has(&entry.pods)).map(|n| format!("jobs[{n}].pods"));
    let in_models = || scenario.models.iter().position(|entry| has(&entry.pods)).map(|n| format!("models[{n}].pods"));
    let of = if has(&scenario.pods) { None } else { in_jobs.or_else(in_models) };
    format!("{}.byIndex", of.unwrap_or_else(|| "pods".to_owned()))
}

impl Resolver<'_> {
    /// Rejects `byIndex` if no Job is Indexed, or if no Pod can have any of the indexes of an entry. If no Job is
    /// Indexed, the notices collected so far come along, because they may say why.
    pub(super) fn indexes_can_apply(&self, users: &[ModelUser<'_>]) -> Result<(), Problems> {
        let has_indexes = |model: &PodModel| {
            !model.by_index.is_empty() || model.by_start.iter().any(|(_, model)| !model.by_index.is_empty())
        };
        if let Some((set, user)) = impossible_indexes(users) {
            let what = format!(
                "it can never apply: no Pod has an index of {set} (Job {} has the indexes 0 to {}; one whose completions \
                 an action raises may have more)",
                user.name,
                user.spec.completions.unwrap_or(0) - 1
            );
            return Err(self.problem(&format!("{}[{set}]", path_of_by_index(self.scenario)), what));
        }
        let any = users.iter().find(|user| has_indexes(user.model));
        let Some(user) = any.filter(|_| !users.iter().any(|user| user.spec.is_indexed())) else { return Ok(()) };
        let what = format!(
            "it can never apply: no Job is Indexed, so no Pod has an index (Job {} is NonIndexed; its Pods differ by \
             byAttempt, in the order of creation)",
            user.name
        );
        let told = self.jobs.manifests.notices.iter();
        let problems = self.problem(&path_of_by_index(self.scenario), what);
        Err(problems.into_iter().chain(told.map(|line| Problem::about("also", line))).collect())
    }

    /// Reports a Pod that an action refers to and that the Job can never have.
    pub(super) fn tell_of_pod(&mut self, path: &str, whom: &JobRef, index: Option<u32>) {
        let JobRef::Id(id) = whom else { return };
        let object = &self.jobs.planned[id.ix()].object;
        let (name, completions) = (&object.name, object.spec.completions.unwrap_or(0));
        let what = match (object.spec.is_indexed(), index) {
            (false, Some(_)) => format!("Pods of Job {name} have no index, so none is meant"),
            (true, None) => format!("Pods of Job {name} have an index, so without one none is meant"),
            (true, Some(index)) if i64::from(index) >= i64::from(completions) => {
                format!("Job {name} has the indexes 0 to {}, so no Pod of it is meant", completions - 1)
            }
            _ => return,
        };
        self.jobs.manifests.notices.push(format!("{path}: {what}"));
    }
}
