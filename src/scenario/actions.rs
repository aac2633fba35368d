//! What users do, from what was written: each action is one thing, and whoever it is done to is looked up by name, among
//! Jobs, CronJobs, and the Jobs that CronJobs will create.

use super::document::{Action, Cascade};
use super::problem::Problems;
use super::resolve::{Resolver, problem_at};
use crate::cron::Schedule;
use crate::experiment::{PlannedAction, Task, Whom};
use crate::world::{PodKey, Propagation};
use serde_json::{Value, json};
use std::sync::Arc;

/// How many names a refusal lists.
const LISTED: usize = 20;

/// Who is meant.
enum Named {
    Job(Whom),
    CronJob(usize),
}

impl Resolver<'_> {
    /// The Job or CronJob of that name: a Job, else a CronJob, else a Job that a CronJob will create. `job/NAME` and
    /// `cronjob/NAME` say which.
    fn named(&mut self, path: &str, text: &str) -> Result<Named, Problems> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (Some(kind), name),
            None => (None, text),
        };
        let (jobs, cronjobs) = match kind {
            None => (true, true),
            Some("job" | "jobs") => (true, false),
            Some("cronjob" | "cronjobs" | "cj") => (false, true),
            Some(kind) => {
                let what = format!("{kind:?} is no kind that is simulated: job/NAME, cronjob/NAME, or the name alone");
                return Err(self.problem(path, what));
            }
        };
        if let Some(place) = self.jobs.planned.iter().position(|job| jobs && job.object.name == name) {
            return Ok(Named::Job(Whom::Planned(place)));
        }
        if let Some(place) = self.jobs.cronjobs.iter().position(|c| cronjobs && c.object.name == name) {
            return Ok(Named::CronJob(place));
        }
        if jobs && let Some(whom) = self.created_by_cronjob(name) {
            return Ok(Named::Job(whom));
        }
        Err(self.nobody(path, name))
    }

    /// The Job `CRONJOB-MINUTE`, where the minute (since the Unix epoch) is that of the scheduled time.
    fn created_by_cronjob(&mut self, name: &str) -> Option<Whom> {
        let (cronjob, minute) = name.rsplit_once('-')?;
        let minute: i64 = minute.parse().ok()?;
        let object = &self.jobs.cronjobs.iter().find(|c| c.object.name == cronjob)?.object;
        let schedule = Schedule::of_cronjob(&object.schedule, object.time_zone.as_deref());
        let due = minute.saturating_mul(60);
        let next = schedule.ok().and_then(|s| s.next(due - 1)).filter(|next| *next >= due + 60).map(|next| next / 60);
        if let Some(next) = next {
            let notice = format!(
                "actions: by its schedule CronJob {cronjob:?} creates no Job {name:?}; the next one is {cronjob}-{next}"
            );
            self.jobs.manifests.notices.push(notice);
        }
        Some(Whom::Named(Arc::from(name)))
    }

    fn nobody(&self, path: &str, name: &str) -> Problems {
        let jobs = self.jobs.planned.iter().map(|job| &*job.object.name);
        let cronjobs = self.jobs.cronjobs.iter().map(|c| &*c.object.name);
        let names: Vec<&str> = jobs.chain(cronjobs).take(LISTED).collect();
        let created = match self.jobs.cronjobs.first() {
            Some(c) => format!(", and the Jobs that CronJobs create, such as {}-MINUTE", c.object.name),
            None => String::new(),
        };
        let kinds = if self.jobs.cronjobs.is_empty() { "Job" } else { "Job or CronJob" };
        let what = format!("there is no {kinds} {name:?}; there are {}{created}", names.join(", "));
        let problem = problem_at(&self.input.scenario, path, what);
        vec![problem.suggesting(crate::text::suggest(name, names.iter().copied()))]
    }

    /// A Job, for what cannot be done to a CronJob.
    fn job(&mut self, path: &str, name: &str, instead: &str) -> Result<Whom, Problems> {
        match self.named(path, name)? {
            Named::Job(whom) => Ok(whom),
            Named::CronJob(_) => Err(self.problem(path, format!("{name:?} is a CronJob, which has {instead}"))),
        }
    }

    fn edit(&mut self, path: &str, name: &str, patch: Value) -> Result<Task, Problems> {
        Ok(match self.named(path, name)? {
            Named::Job(whom) => Task::Patch(whom, Arc::new(patch)),
            Named::CronJob(place) => Task::PatchCronJob(place, Arc::new(patch)),
        })
    }

    pub(super) fn action(&mut self, n: usize, action: &Action) -> Result<PlannedAction, Problems> {
        let path = format!("actions[{n}]");
        let at = |field: &str| format!("{path}.{field}");
        let mut tasks = Vec::new();
        for (field, name, suspend) in [("suspend", &action.suspend, true), ("resume", &action.resume, false)] {
            if let Some(name) = name {
                tasks.push(self.edit(&at(field), name, json!({"spec": {"suspend": suspend}}))?);
            }
        }
        if let Some(scale) = &action.scale {
            let fields = [("parallelism", scale.parallelism), ("completions", scale.completions)];
            let spec: serde_json::Map<_, _> =
                fields.iter().filter_map(|(name, n)| Some(((*name).to_owned(), (*n)?.into()))).collect();
            let instead = "no parallelism of its own: patch its spec.jobTemplate, or scale a Job of it";
            let whom = self.job(&at("scale.job"), &scale.job, instead)?;
            tasks.push(Task::Patch(whom, Arc::new(json!({"spec": spec}))));
        }
        if let Some(patch) = &action.patch {
            tasks.push(self.edit(&at("patch.job"), &patch.job, patch.patch.clone())?);
        }
        if let Some(name) = &action.delete {
            let propagation = match action.cascade {
                Some(Cascade::Foreground) => Propagation::Foreground,
                _ => Propagation::Background,
            };
            tasks.push(match self.named(&at("delete"), name)? {
                Named::Job(whom) => Task::DeleteJob(whom, propagation),
                Named::CronJob(place) => Task::DeleteCronJob(place, propagation),
            });
        }
        if let Some(pod) = &action.delete_pod {
            let key = PodKey { index: pod.index, attempt: pod.attempt.unwrap_or(1) };
            let whom = self.job(&at("deletePod.job"), &pod.job, "no Pods of its own: name a Job of it")?;
            tasks.push(Task::DeletePod(whom, key));
        }
        tasks.extend(action.controller_down.as_ref().map(|down| Task::ControllerDown(down.0)));
        if action.cascade.is_some() && action.delete.is_none() {
            return Err(self.problem(&at("cascade"), "cascade goes with delete"));
        }
        match (tasks.pop(), tasks.is_empty()) {
            (Some(task), true) => Ok(PlannedAction { at: action.at.0, task }),
            _ => {
                let known = "suspend, resume, scale, patch, delete, deletePod, controllerDown";
                Err(self.problem(&path, format!("an action is `at` and exactly one of {known}")))
            }
        }
    }
}
