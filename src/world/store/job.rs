//! Jobs in the store: creation, edits, the mark for deletion, and the status subresource. What the Job controller does
//! with them is in [`crate::controller::job`].

use super::{Store, StoreChange, name_key};
use crate::api::{JobSpec, JobStatus};
use crate::apiserver::status_may_replace;
use crate::apiserver::{CronJobObject, JobObject};
use crate::controller::job::CachedJob;
use crate::id::{CronJobId, JobId, PodId, PodSpecId};
use crate::release::ReleaseRules;
use crate::time::SimTime;
use std::borrow::Cow;
use std::sync::Arc;

/// A Job in the store.
#[derive(Clone, Debug)]
pub struct ApiJob {
    /// The whole object, with defaults. Jobs made from the same template of a CronJob share one: [`ApiJob::whole`]
    /// gives a Job its own.
    pub object: Arc<JobObject>,
    /// The CronJob whose template it was made from, in its state at that time; `None` once the Job has been edited.
    made_from: Option<Arc<CronJobObject>>,
    /// The objects before each edit: the controller's cache may still hold one of them.
    earlier: Vec<Arc<JobObject>>,
    /// By version of the spec, what the Pods' specs say about scheduling; only in clusters with nodes.
    pub(in crate::world) pod_specs: Vec<(Arc<JobSpec>, PodSpecId)>,
    /// Its spec.
    pub spec: Arc<JobSpec>,
    /// Its status.
    pub status: Arc<JobStatus>,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// `metadata.generation`.
    pub generation: u64,
    /// When it was created; `None` before.
    pub created: Option<SimTime>,
    /// When it was created in the cluster that it was read from, if it was read from one.
    pub created_before: Option<SimTime>,
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// Whether it has disappeared.
    pub gone: bool,
    /// How often it was written, including creation and disappearance.
    pub writes: u32,
    /// Pods created so far.
    pub pods_created: u32,
    /// How many of its Pods exist.
    pub pods_live: u32,
    /// Its rank wherever Jobs need an order; set when it is created.
    pub order: JobOrder,
    /// Its Pods, including those that are gone, in the order of creation.
    pub pods: Vec<PodId>,
    /// Pods created so far, by completion index.
    attempts: Vec<u32>,
    /// Its name.
    pub name: Arc<str>,
    /// The CronJob that controls it, if one does.
    pub owner: Option<CronJobId>,
    /// The scheduled time for which the CronJob controller created it, in seconds since the Unix epoch.
    pub scheduled: Option<i64>,
    place: u32,
}

/// The order of Jobs: by instant of creation (in microseconds); within an instant, users' Jobs before those of
/// CronJobs; then by the place of the Job among users' Jobs, or of its CronJob among CronJobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobOrder(i64, u32);

impl JobOrder {
    /// Places from here on are those of CronJobs.
    const OWNED: u32 = 1 << 31;

    /// After all Jobs.
    pub(in crate::world) const LAST: JobOrder = JobOrder(i64::MAX, u32::MAX);

    /// The order of an object that is created at an instant, by its place.
    pub(in crate::world) fn at(created: SimTime, place: u32) -> Self {
        JobOrder(created.as_micros_rounded(), place)
    }
}

impl ApiJob {
    /// A Job that will be created; `place` is its place among the Jobs that users create.
    pub fn new(object: Arc<JobObject>, place: u32) -> Self {
        let spec = object.spec.clone();
        ApiJob {
            name: Arc::from(&*object.name),
            object,
            earlier: Vec::new(),
            pod_specs: Vec::new(),
            made_from: None,
            spec,
            status: Arc::default(),
            version: 0,
            generation: 1,
            created: None,
            created_before: None,
            deleting: false,
            gone: false,
            writes: 0,
            pods_created: 0,
            pods_live: 0,
            order: JobOrder::default(),
            pods: Vec::new(),
            attempts: Vec::new(),
            owner: None,
            scheduled: None,
            place,
        }
    }

    /// A Job that a CronJob controls.
    pub fn owned(object: Arc<JobObject>, owner: CronJobId) -> Self {
        ApiJob { owner: Some(owner), ..ApiJob::new(object, JobOrder::OWNED + owner.0) }
    }

    /// This Job with the state that it has when the run begins: its status, when it was created in its cluster, and
    /// whether it is being deleted.
    pub(in crate::world) fn that_began(
        self,
        status: Arc<JobStatus>,
        created_before: Option<SimTime>,
        deleting: bool,
    ) -> Self {
        ApiJob { status, created_before, deleting, ..self }
    }

    /// A Job that a CronJob creates for a scheduled time. `like` is a Job that was made from the same template.
    pub(in crate::world) fn scheduled(
        like: Arc<JobObject>,
        name: Arc<str>,
        (owner, template): (CronJobId, Arc<CronJobObject>),
        scheduled: i64,
    ) -> Self {
        ApiJob { name, made_from: Some(template), scheduled: Some(scheduled), ..ApiJob::owned(like, owner) }
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.object.namespace
    }

    /// The whole object under its own name.
    pub fn whole(&self) -> Cow<'_, JobObject> {
        let made = self.made_from.as_ref().and_then(|template| template.job(&self.name).ok());
        made.map_or_else(|| self.object.whole(), Cow::Owned)
    }

    /// The whole object that this spec belongs to: the present object, or an earlier one.
    pub(in crate::world) fn whole_of(&self, spec: &Arc<JobSpec>) -> Cow<'_, JobObject> {
        match self.earlier.iter().rev().find(|object| Arc::ptr_eq(&object.spec, spec)) {
            Some(object) if !Arc::ptr_eq(&self.spec, spec) => Cow::Borrowed(object),
            _ => self.whole(),
        }
    }

    /// The attempt number (1-based) of a new Pod of this completion index.
    pub(super) fn next_attempt(&mut self, index: usize) -> u32 {
        if self.attempts.len() <= index {
            self.attempts.resize(index + 1, 0);
        }
        let attempts = &mut self.attempts[index];
        *attempts = attempts.checked_add(1).expect("an index has fewer than 2^32 Pods");
        *attempts
    }

    /// Whether it exists: created, and not gone.
    pub fn exists(&self) -> bool {
        self.created.is_some() && !self.gone
    }

    /// Its state as a watch delivers it.
    pub fn cached(&self) -> CachedJob {
        CachedJob {
            spec: self.spec.clone(),
            status: self.status.clone(),
            resource_version: self.version,
            generation: self.generation,
            deleting: self.deleting,
        }
    }
}

/// The placeholder for Jobs that are forgotten.
impl Default for ApiJob {
    fn default() -> Self {
        ApiJob { gone: true, ..ApiJob::new(Arc::default(), 0) }
    }
}

impl Store {
    fn job_written(&mut self, id: JobId) {
        let version = self.next_version();
        let job = &mut self.jobs[id];
        assert!(job.version < version, "{id:?} is written with version {version}, after {}", job.version);
        assert!(job.created.is_some(), "{id:?} is written before it is created");
        job.version = version;
        job.writes += 1;
        self.changes.push(match job.gone {
            true => StoreChange::JobGone(id, version),
            false => StoreChange::Job(id, job.cached()),
        });
    }

    /// Creates a Job.
    pub(in crate::world) fn create_job(&mut self, id: JobId, now: SimTime) {
        let job = &mut self.jobs[id];
        assert!(job.created.is_none(), "a Job is created once");
        job.created = Some(now);
        job.order = JobOrder::at(now, job.place);
        self.names.insert(name_key(&job.object.namespace, &job.name), id);
        self.job_written(id);
    }

    /// Replaces a Job's object by an edited one, which has passed validation.
    pub(in crate::world) fn edit_job(&mut self, id: JobId, object: Arc<JobObject>) {
        let job = &mut self.jobs[id];
        assert!(job.exists(), "only a Job that exists is edited");
        // Every edit of the spec raises the generation, even of fields that the controller does not read.
        job.generation += 1;
        job.spec = object.spec.clone();
        let before = std::mem::replace(&mut job.object, object);
        job.earlier.push(before);
        job.made_from = None;
        self.job_written(id);
    }

    /// Marks a Job for deletion in the foreground; `false` if it is marked already, or does not exist.
    pub(in crate::world) fn mark_job(&mut self, id: JobId) -> bool {
        let job = &mut self.jobs[id];
        if !job.exists() || job.deleting {
            return false;
        }
        job.deleting = true;
        job.generation += 1;
        self.job_written(id);
        assert!(self.jobs[id].version == self.version, "the last write has the newest version");
        true
    }

    /// Removes a Job.
    pub(in crate::world) fn remove_job(&mut self, id: JobId) {
        let job = &mut self.jobs[id];
        assert!(job.exists(), "a Job disappears once, after it was created");
        job.gone = true;
        self.names.remove(&name_key(&job.object.namespace, &job.name));
        self.job_written(id);
    }

    /// Writes a Job's status regardless of its version; does nothing if the Job does not exist.
    pub(in crate::world) fn write_status(&mut self, id: JobId, status: &JobStatus) {
        if self.jobs[id].exists() {
            self.jobs[id].status = Arc::new(truncated(status));
            self.job_written(id);
            assert!(self.jobs[id].version == self.version, "the last write has the newest version");
        }
    }

    /// Writes a status that has passed validation; an equal status is not written.
    pub(in crate::world) fn patch_status(&mut self, id: JobId, status: &JobStatus) {
        let status = truncated(status);
        assert!(self.jobs[id].exists(), "only the status of a Job that exists is patched");
        if status != *self.jobs[id].status {
            self.jobs[id].status = Arc::new(status);
            self.job_written(id);
        }
    }

    /// Writes a Job's status; returns the stored status and its version, or `None` if the version is stale or the
    /// status invalid by these rules. An equal status is not written: the API server does not raise the version for it.
    pub(in crate::world) fn update_status(
        &mut self,
        id: JobId,
        version: u64,
        status: &JobStatus,
        rules: ReleaseRules,
    ) -> Option<(Arc<JobStatus>, u64)> {
        let job = &mut self.jobs[id];
        // A removal raises the version too, so a write to a Job that is gone is refused here.
        if job.version != version {
            return None;
        }
        assert!(job.exists(), "the version of a Job that is gone is known to nobody");
        let status = truncated(status);
        if !status_may_replace(&job.spec, &job.status, &status, rules) {
            return None;
        }
        if status != *job.status {
            job.status = Arc::new(status);
            self.job_written(id);
        }
        let job = &self.jobs[id];
        Some((job.status.clone(), job.version))
    }
}

/// The status as it is stored, with all times truncated to whole seconds.
fn truncated(status: &JobStatus) -> JobStatus {
    let mut stored = status.clone();
    stored.start_time = stored.start_time.map(SimTime::truncate_to_seconds);
    stored.completion_time = stored.completion_time.map(SimTime::truncate_to_seconds);
    for condition in &mut stored.conditions {
        condition.last_transition_time = condition.last_transition_time.truncate_to_seconds();
    }
    stored
}
