//! What users do: create, edit and delete Jobs, delete Pods, restart controllers. Edits pass through the API's
//! validation, and a refused one is observed.

use super::cronjobs::CronAction;
use crate::apiserver::{PatchOutcome, refusal};
use crate::id::{CronJobId, JobId, PodId};
use crate::model::Workload;
use crate::record::{DeletionCause, Observation};
use crate::time::{SimDuration, SimTime};
use crate::world::dispatch::World;
use crate::world::event::Event;
use crate::world::store::jobs::ApiJob;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Something that a user does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Applies a JSON merge patch to a Job.
    Patch(Target, Arc<serde_json::Value>),
    /// Deletes a Pod gracefully.
    DeletePod(Target, PodKey),
    /// Deletes a Job.
    DeleteJob(Target, Propagation),
    /// Restarts the controllers: they are down for so long.
    RestartControllers(SimDuration),
    /// Does something with CronJobs.
    Cron(Box<CronAction>),
}

/// What becomes of the Pods of a Job that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted first; the Job is there, marked for deletion, until the last is gone.
    Foreground,
    /// The Job is gone at once, and they are deleted after it; what `kubectl delete` does unless told otherwise.
    Background,
}

/// Which Job is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One that was added to the world.
    Job(JobId),
    /// The one that has this name at that instant, where none has, nothing happens. So Jobs are meant that controllers
    /// create.
    Named(Arc<str>),
    /// The so-manieth (from 1) of the Jobs that a CronJob has created, if there were so many.
    Created(CronJobId, u32),
}

impl From<JobId> for Target {
    fn from(id: JobId) -> Self {
        Target::Job(id)
    }
}

/// What users will do, in order: by instant, then as it was added.
#[derive(Debug, Default)]
pub(in crate::world) struct Agenda {
    deeds: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// By the number in `deeds`; done ones are `None`.
    what: Vec<Option<Deed>>,
    /// The instant of the event that is on the event list for the first of them.
    next: Option<SimTime>,
    /// Which Jobs are meant by number in deeds that are still to be done: the number of the deed, and which.
    aims: Vec<(u32, Aim)>,
}

/// Which Jobs a deed means otherwise than by name.
#[derive(Clone, Copy, Debug)]
enum Aim {
    Job(JobId),
    /// The so-manieth (from 1) that the CronJob created.
    Created(CronJobId, u32),
    /// Whichever of the Jobs that the CronJob created.
    AnyOf(CronJobId),
}

impl Aim {
    fn of(action: &Action) -> Option<Aim> {
        match action {
            Action::Patch(target, _) | Action::DeletePod(target, _) | Action::DeleteJob(target, _) => match *target {
                Target::Job(id) => Some(Aim::Job(id)),
                Target::Created(cronjob, n) => Some(Aim::Created(cronjob, n)),
                Target::Named(_) => None,
            },
            Action::Cron(action) => match **action {
                CronAction::WriteStatus(id, _) => Some(Aim::Job(id)),
                CronAction::DeleteCreated(cronjob, _) => Some(Aim::AnyOf(cronjob)),
                _ => None,
            },
            Action::RestartControllers(_) => None,
        }
    }
}

/// Something that a user does.
#[derive(Debug)]
pub(in crate::world) enum Deed {
    /// Creates a Job.
    Create(JobId),
    /// Creates a CronJob.
    CreateCronJob(CronJobId),
    /// Acts.
    Act(Action),
}

impl Agenda {
    /// Forgets everything; keeps the memory.
    pub fn clear(&mut self) {
        self.deeds.clear();
        self.what.clear();
        self.next = None;
        self.aims.clear();
    }

    /// The next thing to do, and its number.
    fn take(&mut self) -> Option<(u32, Deed)> {
        let Reverse((_, n)) = self.deeds.pop()?;
        self.aims.retain(|&(number, _)| number != n);
        Some((n, self.what[n as usize].take()?))
    }
}

/// Which Pod of a Job is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodKey {
    /// Its completion index; `None` for Jobs that are not Indexed.
    pub index: Option<u32>,
    /// The attempt at that index, else the ordinal of creation; from 1.
    pub attempt: u32,
}

impl<W: Workload> World<W> {
    /// The Pod of a Job with a key, if there ever was one.
    pub fn find_pod(&self, job: JobId, key: PodKey) -> Option<PodId> {
        let index = key.index.map_or(-1, i64::from);
        let pods = &self.store.jobs[job].pods;
        pods.iter().copied().find(|id| {
            let pod = &self.store.pods[*id].pod;
            i64::from(pod.index) == index && pod.ordinal == key.attempt
        })
    }

    /// Plans something for an instant; gives its number.
    pub(in crate::world) fn plan_deed(&mut self, deed: Deed, at: SimTime) -> u32 {
        let users = &mut self.users;
        let number = users.what.len() as u32;
        users.deeds.push(Reverse((at, number)));
        if let Deed::Act(action) = &deed {
            users.aims.extend(Aim::of(action).map(|aim| (number, aim)));
        }
        users.what.push(Some(deed));
        if users.next.is_none_or(|next| at < next) {
            self.wake_user(at);
        }
        number
    }

    /// Whether something that a user will do means a Job otherwise than by its name.
    pub(in crate::world) fn is_aimed_at(&self, id: JobId) -> bool {
        let owner = self.store.jobs[id].owner;
        self.users.aims.iter().any(|&(_, aim)| match aim {
            Aim::Job(job) => job == id,
            Aim::AnyOf(cronjob) => owner == Some(cronjob),
            Aim::Created(cronjob, n) => {
                let jobs = &self.store.cronjobs[cronjob].jobs;
                owner == Some(cronjob) && (n as usize).checked_sub(1).and_then(|n| jobs.get(n)) == Some(&id)
            }
        })
    }

    fn wake_user(&mut self, at: SimTime) {
        let at = at.max(self.events.now());
        self.users.next = Some(at);
        self.events.schedule(at, Event::USER, Event::User);
    }

    /// The user's time has come: does the next thing, unless something else still happens in this instant.
    pub(in crate::world) fn user(&mut self) {
        let now = self.events.now();
        if self.users.next != Some(now) {
            return;
        }
        if let Some(settles) = self.unsettled() {
            return self.wake_user(settles);
        }
        match self.users.take() {
            Some((_, Deed::Create(job))) => self.store.create_job(job, now),
            Some((_, Deed::CreateCronJob(cronjob))) => self.store.create_cronjob(cronjob, now),
            Some((number, Deed::Act(action))) => self.act(number, action),
            None => {}
        }
        self.users.next = None;
        if let Some(&Reverse((at, _))) = self.users.deeds.peek() {
            self.wake_user(at);
        }
    }

    /// The instant of the next event, if it still belongs to this instant as instants are recorded.
    fn unsettled(&self) -> Option<SimTime> {
        let end = self.events.now().end_of_micro();
        let next = self.events.peek_time().filter(|&t| t < end)?;
        (self.events.peek_class()? < Event::USER).then_some(next)
    }

    fn act(&mut self, number: u32, action: Action) {
        match action {
            Action::Patch(target, patch) => {
                if let Some(job) = self.meant(number, &target) {
                    self.patch_job(job, &patch);
                }
            }
            Action::DeletePod(target, key) => {
                if let Some(pod) = self.meant(number, &target).and_then(|job| self.find_pod(job, key)) {
                    self.delete_pod(pod, DeletionCause::Disrupted);
                }
            }
            Action::DeleteJob(target, propagation) => {
                let job = self.meant(number, &target);
                job.map(|job| match propagation {
                    Propagation::Foreground => self.mark_job(job),
                    Propagation::Background => self.delete_job_in_background(job),
                });
            }
            Action::RestartControllers(down) => self.controllers_die(down),
            Action::Cron(action) => self.act_on_cronjob(number, *action),
        }
    }

    /// The Job that an action means; that none has the name is observed.
    fn meant(&mut self, number: u32, target: &Target) -> Option<JobId> {
        let job = self.resolve(target);
        if let (None, Target::Named(name)) = (job, target) {
            self.log.push(Observation::ActRefused(number, format!("jobs.batch {:?} not found", &**name)));
        }
        job
    }

    fn resolve(&self, target: &Target) -> Option<JobId> {
        match target {
            Target::Job(id) => Some(*id),
            Target::Created(cronjob, n) => {
                let jobs = &self.store.cronjobs[*cronjob].jobs;
                (*n as usize).checked_sub(1).and_then(|n| jobs.get(n)).copied()
            }
            Target::Named(name) => {
                let has_name = |(_, job): &(JobId, &ApiJob)| job.exists() && *job.name == **name;
                self.store.jobs.entries().filter(has_name).last().map(|(id, _)| id)
            }
        }
    }

    fn patch_job(&mut self, id: JobId, patch: &serde_json::Value) {
        let job = &self.store.jobs[id];
        if !job.exists() {
            let text = format!("jobs.batch {:?} not found", job.name);
            return self.log.push(Observation::Refused(id, text));
        }
        match job.whole().merge_patch(patch, &job.status) {
            Ok(PatchOutcome::Unchanged) => {}
            Ok(PatchOutcome::Changed(object)) => self.store.edit_job(id, Arc::from(object)),
            Err(errors) => {
                let text = refusal("Job.batch", &job.name, &errors);
                self.log.push(Observation::Refused(id, text));
            }
        }
    }
}
