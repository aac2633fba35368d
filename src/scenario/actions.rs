//! Resolves the actions of users: the target of each is looked up by name among the Jobs, the CronJobs, and the Jobs
//! that CronJobs will create. The world carries the actions out.

use super::document::{ActionSpec, Cascade, DeletePodSpec, DrainSpec, ScaleSpec, UserActionSpec};
use super::node_actions::NodeNames;
use super::problem::{Problem, Problems};
use super::resolve::Resolver;
use crate::apiserver::decode::decode_as_of;
use crate::cron::Schedule;
use crate::experiment::{PlannedAction, PlannedCronJob, PlannedJob};
use crate::id::{ArenaKey, CronJobId, JobId};
use crate::text::{ReadError, TreeNode};
use crate::time::{SimDuration, SimTime, WallClock};
use crate::world::{Action, JobRef, NodeAction, PodKey, PodSelection, PodsAction, Propagation, Validation};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// How many names an error lists.
pub(super) const LISTED: usize = 20;

/// The object that an action is about.
enum ActionTarget {
    Job(JobRef),
    CronJob(CronJobId),
}

/// The Jobs and CronJobs by name. There may be as many actions as Jobs, so a search through all Jobs for each action
/// would take quadratic time.
#[derive(Default)]
pub(super) struct ActionTargets {
    /// The first Job of a name, and whether a later one of its namespace has the name again.
    jobs: HashMap<String, (usize, bool)>,
    cronjobs: HashMap<String, usize>,
}

impl ActionTargets {
    /// All that are planned, by their names.
    pub fn of(jobs: &[PlannedJob], cronjobs: &[PlannedCronJob]) -> Self {
        let mut targets = ActionTargets::default();
        for (place, job) in jobs.iter().enumerate() {
            let (first, is_again) = targets.jobs.entry(job.object.name.clone()).or_insert((place, false));
            *is_again |= *first != place && jobs[*first].object.namespace == job.object.namespace;
        }
        for (place, cronjob) in cronjobs.iter().enumerate() {
            targets.cronjobs.entry(cronjob.object.name.clone()).or_insert(place);
        }
        targets
    }
}

/// When a Job is due whose name ends in a minute since the Unix epoch, in seconds since the epoch. `None` if no Job
/// ever gets such a name, because it is not written like a number or lies outside the virtual clock.
fn due_in_minute(minute: &str) -> Option<i64> {
    let number: i64 = minute.parse().ok()?;
    let due = number.checked_mul(60)?;
    let clock = WallClock::default();
    let is_of_clock = (clock.unix(SimTime::ZERO)..clock.unix(SimTime::MAX)).contains(&due);
    (is_of_clock && number.to_string() == minute).then_some(due)
}

impl Resolver<'_> {
    /// The Job or CronJob with this name: a Job, otherwise a CronJob, otherwise a Job that a CronJob will create.
    /// `job/NAME` and `cronjob/NAME` select one kind.
    fn target(&mut self, path: &str, text: &str) -> Result<ActionTarget, Problems> {
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
        if let Some(&(place, is_again)) = self.jobs.targets.jobs.get(name).filter(|_| jobs) {
            // A name that is used again refers to the Job that has it at that time.
            let id = JobRef::Id(JobId::from_ix(place));
            return Ok(ActionTarget::Job(if is_again { JobRef::Named(name.into()) } else { id }));
        }
        if let Some(&place) = self.jobs.targets.cronjobs.get(name).filter(|_| cronjobs) {
            return Ok(ActionTarget::CronJob(CronJobId::from_ix(place)));
        }
        if jobs && let Some(whom) = self.created_by_cronjob(name) {
            return Ok(ActionTarget::Job(whom));
        }
        Err(self.no_target(path, name))
    }

    /// The Job `CRONJOB-MINUTE`, where the minute (since the Unix epoch) is that of the scheduled time.
    fn created_by_cronjob(&mut self, name: &str) -> Option<JobRef> {
        let (cronjob, minute) = name.rsplit_once('-')?;
        let due = due_in_minute(minute)?;
        let object = &self.jobs.cronjobs[*self.jobs.targets.cronjobs.get(cronjob)?].object;
        let schedule = Schedule::of_cronjob(&object.schedule, object.time_zone.as_deref());
        let next = schedule.ok().and_then(|s| s.next(due - 1)).filter(|next| *next >= due + 60).map(|next| next / 60);
        if let Some(next) = next {
            let notice = format!(
                "actions: by its schedule CronJob {cronjob:?} creates no Job {name:?}; the next one is {cronjob}-{next}"
            );
            self.jobs.manifests.notices.push(notice);
        }
        Some(JobRef::Named(Arc::from(name)))
    }

    fn no_target(&self, path: &str, name: &str) -> Problems {
        let jobs = self.jobs.planned.iter().map(|job| &*job.object.name);
        let cronjobs = self.jobs.cronjobs.iter().map(|c| &*c.object.name);
        let names: Vec<&str> = jobs.chain(cronjobs).take(LISTED).collect();
        let created = match self.jobs.cronjobs.first() {
            Some(c) => format!(", and the Jobs that CronJobs create, such as {}-MINUTE", c.object.name),
            None => String::new(),
        };
        let kinds = if self.jobs.cronjobs.is_empty() { "Job" } else { "Job or CronJob" };
        let what = format!("there is no {kinds} {name:?}; there are {}{created}", names.join(", "));
        let problem = self.input.scenario.problem(path, what);
        vec![problem.suggesting(crate::text::suggest(name, names.iter().copied()))]
    }

    /// A Job, for actions that are impossible on a CronJob.
    pub(super) fn job(&mut self, path: &str, name: &str, instead: &str) -> Result<JobRef, Problems> {
        match self.target(path, name)? {
            ActionTarget::Job(whom) => Ok(whom),
            ActionTarget::CronJob(_) => Err(self.problem(path, format!("{name:?} is a CronJob, which has {instead}"))),
        }
    }

    fn edit(&mut self, path: &str, name: &str, patch: Value) -> Result<Action, Problems> {
        Ok(match self.target(path, name)? {
            ActionTarget::Job(whom) => Action::PatchJob(whom, Arc::new(patch)),
            ActionTarget::CronJob(place) => Action::PatchCronJob(place, Arc::new(patch), Validation::On),
        })
    }

    /// The effects of an action: one, and a second one later if a node comes back (`for`) or is switched off after its
    /// grace period.
    pub(super) fn action(
        &mut self,
        n: usize,
        action: &ActionSpec,
        names: &NodeNames<'_>,
    ) -> Result<Vec<PlannedAction>, Problems> {
        let at = |field: &str| format!("actions[{n}].{field}");
        let mut later = None;
        let planned = match &action.what {
            UserActionSpec::Suspend(name) => self.edit(&at("suspend"), name, json!({"spec": {"suspend": true}}))?,
            UserActionSpec::Resume(name) => self.edit(&at("resume"), name, json!({"spec": {"suspend": false}}))?,
            UserActionSpec::Scale(scale) => self.scale(&at("scale.job"), scale)?,
            UserActionSpec::Patch(patch) => {
                let task = self.edit(&at("patch.job"), &patch.job, patch.patch.to_json())?;
                self.patch_has_known_fields(&at("patch.patch"), &task, &patch.patch)?;
                task
            }
            UserActionSpec::PatchStatus(patch) => self.patch_status(&at("patchStatus"), patch)?,
            UserActionSpec::SetCondition(condition) => self.set_condition(&at("setCondition"), condition)?,
            UserActionSpec::Delete(name) => self.delete(&at("delete"), name, action.cascade)?,
            UserActionSpec::DeletePod(pod) => self.delete_pod(&at("deletePod"), pod)?,
            UserActionSpec::EvictPod(pod) => {
                let (whom, key) = self.pod(&at("evictPod"), pod)?;
                Action::EvictPod(whom, key)
            }
            UserActionSpec::DeleteNamespace(name) => Action::DeleteNamespace(name.as_str().into()),
            UserActionSpec::DeletePods(pods) => self.delete_pods(&at("deletePods"), pods)?,
            UserActionSpec::Evict(pods) => self.act_on_pods(&at("evict"), pods, PodsAction::Evict)?,
            UserActionSpec::Preempt(pods) => self.act_on_pods(&at("preempt"), pods, PodsAction::Preempt)?,
            UserActionSpec::KubeletEvict(pods) => {
                self.act_on_pods(&at("kubeletEvict"), pods, PodsAction::KubeletEvict)?
            }
            UserActionSpec::NodeLost(pods) => self.act_on_pods(&at("nodeLost"), pods, PodsAction::NodeLost)?,
            UserActionSpec::Unreachable(pods) => self.unreachable(&at("unreachable"), pods)?,
            UserActionSpec::Drain(DrainSpec::Node(node)) => {
                self.to_node(&at("drain"), node, names, NodeAction::Drain)?
            }
            UserActionSpec::Drain(DrainSpec::Pods(pods)) => self.act_on_pods(&at("drain"), pods, PodsAction::Evict)?,
            UserActionSpec::Cordon(node) => self.to_node(&at("cordon"), node, names, NodeAction::Cordon(true))?,
            UserActionSpec::Uncordon(node) => self.to_node(&at("uncordon"), node, names, NodeAction::Cordon(false))?,
            UserActionSpec::ShutDownNode(shutdown) => {
                let (begins, off) = self.shut_down(&at("shutDownNode"), shutdown, names)?;
                later = off;
                begins
            }
            UserActionSpec::DeleteNode(node) => self.to_node(&at("deleteNode"), node, names, NodeAction::Delete)?,
            UserActionSpec::Taint(taint) => self.taint(&at("taint"), taint, names)?,
            UserActionSpec::Label(label) => self.label(&at("label"), label, names)?,
            UserActionSpec::Lose(lose) => {
                let (lost, back) = self.lose(&at("lose"), lose, names)?;
                later = back;
                lost
            }
            UserActionSpec::ControllerDown(down) => Action::RestartControllers(down.0),
        };
        if action.cascade.is_some() && !matches!(action.what, UserActionSpec::Delete(_)) {
            return Err(self.problem(&at("cascade"), "cascade goes with delete"));
        }
        self.tell_of_time(&at("at"), action.at.0, &planned);
        let mut all = vec![PlannedAction { at: action.at.0, action: planned }];
        all.extend(later.map(|(after, action_later)| PlannedAction { at: action.at.0 + after, action: action_later }));
        Ok(all)
    }

    fn delete(&mut self, path: &str, name: &str, cascade: Option<Cascade>) -> Result<Action, Problems> {
        let propagation = match cascade {
            Some(Cascade::Foreground) => Propagation::Foreground,
            _ => Propagation::Background,
        };
        Ok(match self.target(path, name)? {
            ActionTarget::Job(whom) => Action::DeleteJob(whom, propagation),
            ActionTarget::CronJob(place) => Action::DeleteCronJob(place, propagation),
        })
    }

    /// The Pod of a Job that an action refers to.
    pub(super) fn pod(&mut self, path: &str, pod: &DeletePodSpec) -> Result<(JobRef, PodKey), Problems> {
        if pod.force.is_some() && !path.ends_with("deletePod") {
            return Err(self.problem(&format!("{path}.force"), "force goes with deletePod"));
        }
        let key = PodKey { index: pod.index, attempt: pod.attempt.unwrap_or(1) };
        let whom = self.job(&format!("{path}.job"), &pod.job, "no Pods of its own: name a Job of it")?;
        self.tell_of_pod(path, &whom, pod.index);
        Ok((whom, key))
    }

    /// Rejects a patch with unknown fields: the API server would accept it and drop them, so a misspelt name would have
    /// no effect.
    fn patch_has_known_fields(&self, path: &str, action: &Action, patch: &TreeNode) -> Result<(), Problems> {
        let kind = if matches!(action, Action::PatchCronJob(..)) { "CronJob" } else { "Job" };
        let unknown = decode_as_of(patch, kind, self.release.profile.version).1.unknown;
        let problem = |error: ReadError| {
            let field = format!("{path}.{}", error.field);
            Problem::of(&self.input.scenario.file, ReadError { field, ..error })
        };
        if unknown.is_empty() { Ok(()) } else { Err(unknown.into_iter().map(problem).collect()) }
    }

    /// Adds a notice about an action that comes before its Job is created, and so has no effect.
    fn tell_of_time(&mut self, path: &str, at: SimDuration, action: &Action) {
        let (Action::PatchJob(JobRef::Id(id), _)
        | Action::PatchJobStatus(JobRef::Id(id), _)
        | Action::DeleteJob(JobRef::Id(id), _)
        | Action::DeletePod(JobRef::Id(id), _)
        | Action::ForceDeletePod(JobRef::Id(id), _)
        | Action::EvictPod(JobRef::Id(id), _)
        | Action::Pods(PodSelection { job: Some(JobRef::Id(id)), .. }, _)) = action
        else {
            return;
        };
        let job = &self.jobs.planned[id.ix()];
        if at < job.at && job.begins.is_none() {
            let created = crate::model::duration::in_full(job.at.as_secs_f64());
            let what = format!("{path}: Job {} is created only at {created}, so this meets nothing", job.object.name);
            self.jobs.manifests.notices.push(what);
        }
    }

    fn scale(&mut self, path: &str, scale: &ScaleSpec) -> Result<Action, Problems> {
        let fields = [("parallelism", scale.parallelism), ("completions", scale.completions)];
        let spec: Map<_, _> = fields.iter().filter_map(|(name, n)| Some(((*name).to_owned(), (*n)?.into()))).collect();
        let instead = "no parallelism of its own: patch its spec.jobTemplate, or scale a Job of it";
        let whom = self.job(path, &scale.job, instead)?;
        Ok(Action::PatchJob(whom, Arc::new(json!({"spec": spec}))))
    }
}
