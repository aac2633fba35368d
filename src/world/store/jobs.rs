//! The API server's store: the truth about Jobs and Pods, their versions, finalizers and deletion. It has no clock, it
//! does nothing by itself, and nobody but the dispatcher writes to it.
//!
//! Invariants: times are cut to whole seconds here and nowhere else; every write raises the version and is entered in
//! `changes`, in order.

pub use super::change::Change;
use super::cronjobs::ApiCronJob;
use crate::api::{JobSpec, JobStatus, Pod};
use crate::apiserver::{CronJobObject, JobObject};
use crate::controller::job::CachedJob;
use crate::id::{Arena, CronJobId, JobId, PodId, Table};
use crate::time::{SimTime, WholeSecond};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A Job in the store.
#[derive(Clone, Debug)]
pub struct ApiJob {
    /// The whole object, with defaults; if it was made of a template, that of another Job that was, see [`ApiJob::whole`].
    pub object: Arc<JobObject>,
    /// The CronJob of whose template it was made, as it was then, unless somebody has edited the Job since.
    made_of: Option<Arc<CronJobObject>>,
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
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// Whether it has disappeared.
    pub gone: bool,
    /// How often it was written, creation and disappearance included.
    pub writes: u32,
    /// Pods created so far.
    pub pods_created: u32,
    /// Pods that are there.
    pub pods_live: u32,
    /// Where it stands where an order among Jobs is needed; set at its creation.
    pub order: JobOrder,
    /// Its Pods, in order of creation, gone ones too.
    pub pods: Vec<PodId>,
    /// Pods created so far, by completion index.
    attempts: Vec<u32>,
    /// Its name.
    pub name: Arc<str>,
    /// The CronJob that controls it.
    pub owner: Option<CronJobId>,
    /// The scheduled time for which the CronJob created it, in seconds since the Unix epoch.
    pub scheduled: Option<i64>,
    place: u32,
}

/// The order of Jobs where one is needed: by instant of creation (microseconds); at the same instant users' Jobs before
/// those of CronJobs; then by the place of the Job, or of its CronJob, among those of its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobOrder(i64, u32);

impl JobOrder {
    /// Places from here on are those of CronJobs.
    const OWNED: u32 = 1 << 31;

    /// The order of what is created at an instant, by its place.
    pub(in crate::world) fn at(created: SimTime, place: u32) -> Self {
        JobOrder(created.as_micros_rounded(), place)
    }
}

impl ApiJob {
    /// A Job that will be created.
    /// `place`: among all Jobs that users create.
    pub fn new(object: Arc<JobObject>, place: u32) -> Self {
        let spec = object.spec.clone();
        ApiJob {
            name: Arc::from(&*object.name),
            object,
            made_of: None,
            spec,
            status: Arc::default(),
            version: 0,
            generation: 1,
            created: None,
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

    /// The same, with the status that it begins with.
    pub(in crate::world) fn with_status(self, status: Arc<JobStatus>) -> Self {
        ApiJob { status, ..self }
    }

    /// A Job that a CronJob creates for a scheduled time. `like`: a Job that was made of the same template.
    pub(in crate::world) fn scheduled(
        like: Arc<JobObject>,
        name: Arc<str>,
        (owner, template): (CronJobId, Arc<CronJobObject>),
        scheduled: i64,
    ) -> Self {
        ApiJob { name, made_of: Some(template), scheduled: Some(scheduled), ..ApiJob::owned(like, owner) }
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.object.namespace
    }

    /// The whole object under its own name.
    pub fn whole(&self) -> Cow<'_, JobObject> {
        let made = self.made_of.as_ref().and_then(|template| template.job(&self.name).ok());
        made.map_or(Cow::Borrowed(&*self.object), Cow::Owned)
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.created.is_some() && !self.gone
    }

    /// What a watch tells of it.
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

/// One that stands for those that are forgotten.
impl Default for ApiJob {
    fn default() -> Self {
        ApiJob { gone: true, ..ApiJob::new(Arc::default(), 0) }
    }
}

/// A Pod in the store.
#[derive(Clone, Copy, Debug)]
pub struct ApiPod {
    /// The object.
    pub pod: Pod,
    /// The Job that controls it.
    pub job: JobId,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// Its place with the kubelet while it has not finished.
    pub slot: u32,
    /// Whether it has disappeared.
    pub gone: bool,
    /// Whether it disappears as soon as no finalizer is left.
    pub forced: bool,
    /// Whether it takes one of the cluster's slots, where those are counted.
    pub has_slot: bool,
}

/// One that stands for those that are forgotten.
impl Default for ApiPod {
    fn default() -> Self {
        let pod = Pod::new(WholeSecond::default(), -1, 0, 0);
        ApiPod { gone: true, ..ApiPod::new(pod, JobId(u32::MAX)) }
    }
}

impl ApiPod {
    fn new(pod: Pod, job: JobId) -> Self {
        ApiPod { pod, job, version: 0, slot: u32::MAX, gone: false, forced: false, has_slot: false }
    }
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// There is no such Pod.
    NotFound,
    /// It was being deleted already.
    Already,
    /// The kubelet has to stop it first.
    Graceful,
    /// It is gone, or goes with its finalizer.
    Immediate,
}

/// All objects.
#[derive(Debug, Default)]
pub struct Store {
    /// All Jobs, those that will be created too.
    pub jobs: Arena<JobId, ApiJob>,
    /// All Pods.
    pub pods: Arena<PodId, ApiPod>,
    /// All CronJobs, those that will be created too.
    pub cronjobs: Table<CronJobId, ApiCronJob>,
    /// Jobs that are there, by namespace and name.
    names: HashMap<String, JobId>,
    version: u64,
    /// Changes that have not been published yet.
    pub changes: Vec<Change>,
}

impl Store {
    /// Empties it; keeps the memory.
    pub fn clear(&mut self) {
        self.jobs.clear();
        self.pods.clear();
        self.cronjobs.clear();
        self.names.clear();
        self.changes.clear();
        self.version = 0;
    }

    /// The newest resourceVersion.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Raises the version for a write.
    pub(in crate::world) fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// The Job of a name, if there is one.
    pub fn find_job(&self, namespace: &str, name: &str) -> Option<JobId> {
        self.names.get(&format!("{namespace}/{name}")).copied()
    }

    /// Gives up the memory of a Job that is gone, and of its Pods, which are gone too; gives these.
    pub(in crate::world) fn forget_job(&mut self, id: JobId) -> Vec<PodId> {
        let job = self.jobs.forget(id);
        for pod in &job.pods {
            self.pods.forget(*pod);
        }
        job.pods
    }

    fn job_written(&mut self, id: JobId) {
        self.version += 1;
        let job = &mut self.jobs[id];
        job.version = self.version;
        job.writes += 1;
        self.changes.push(match job.gone {
            true => Change::JobGone(id, self.version),
            false => Change::Job(id, job.cached()),
        });
    }

    fn pod_written(&mut self, id: PodId) -> u64 {
        self.version += 1;
        let pod = &mut self.pods[id];
        pod.version = self.version;
        self.changes.push(match pod.gone {
            true => Change::PodGone(id, pod.job, self.version),
            false => Change::Pod(id, pod.job, pod.pod, self.version),
        });
        self.version
    }

    /// Creates a Job.
    pub fn create_job(&mut self, id: JobId, now: SimTime) {
        let job = &mut self.jobs[id];
        job.created = Some(now);
        job.order = JobOrder::at(now, job.place);
        self.names.insert(format!("{}/{}", job.object.namespace, job.name), id);
        self.job_written(id);
    }

    /// Replaces a Job's object by an edited one, which has passed validation.
    pub fn edit_job(&mut self, id: JobId, object: Arc<JobObject>) {
        let job = &mut self.jobs[id];
        if object.spec != job.object.spec {
            job.generation += 1;
            job.spec = object.spec.clone();
        }
        (job.object, job.made_of) = (object, None);
        self.job_written(id);
    }

    /// Marks a Job for deletion in the foreground; `false` if it was, or is gone.
    pub fn mark_job(&mut self, id: JobId) -> bool {
        let job = &mut self.jobs[id];
        if !job.exists() || job.deleting {
            return false;
        }
        job.deleting = true;
        job.generation += 1;
        self.job_written(id);
        true
    }

    /// Makes a Job disappear.
    pub fn remove_job(&mut self, id: JobId) {
        let job = &mut self.jobs[id];
        job.gone = true;
        self.names.remove(&format!("{}/{}", job.object.namespace, job.name));
        self.job_written(id);
    }

    /// Writes a Job's status, whatever its version is; nothing if the Job is not there.
    pub fn write_status(&mut self, id: JobId, status: &JobStatus) {
        if self.jobs[id].exists() {
            self.jobs[id].status = Arc::new(truncated(status));
            self.job_written(id);
        }
    }

    /// Writes a Job's status: the stored one and its version, or `None` on a conflict or an invalid status.
    /// A status that is equal is not written.
    pub fn update_status(&mut self, id: JobId, version: u64, status: &JobStatus) -> Option<(Arc<JobStatus>, u64)> {
        let job = &mut self.jobs[id];
        let invalid = status.finished().is_some() && status.start_time.is_none();
        if job.version != version || invalid {
            return None;
        }
        let status = truncated(status);
        if status != *job.status {
            job.status = Arc::new(status);
            self.job_written(id);
        }
        let job = &self.jobs[id];
        Some((job.status.clone(), job.version))
    }

    /// Creates a Pod of a Job; gives it and its version.
    pub fn create_pod(&mut self, job: JobId, mut pod: Pod) -> (PodId, u64) {
        let owner = &mut self.jobs[job];
        owner.pods_created += 1;
        owner.pods_live += 1;
        pod.ordinal = owner.pods_created;
        if let Ok(ix) = usize::try_from(pod.index) {
            if owner.attempts.len() <= ix {
                owner.attempts.resize(ix + 1, 0);
            }
            owner.attempts[ix] += 1;
            pod.ordinal = owner.attempts[ix];
        }
        let id = self.pods.push(ApiPod::new(pod, job));
        owner.pods.push(id);
        (id, self.pod_written(id))
    }

    /// Changes a Pod that is there.
    #[inline]
    pub fn update_pod(&mut self, id: PodId, change: impl FnOnce(&mut Pod)) {
        change(&mut self.pods[id].pod);
        self.pod_written(id);
    }

    /// Removes a Pod's tracking finalizer; gives its version, or `None` if it is gone.
    pub fn remove_finalizer(&mut self, id: PodId) -> Option<u64> {
        let pod = &mut self.pods[id];
        if pod.gone {
            return None;
        }
        if !pod.pod.finalizer {
            return Some(pod.version);
        }
        pod.pod.finalizer = false;
        if pod.forced {
            return Some(self.remove_pod(id));
        }
        Some(self.pod_written(id))
    }

    /// Deletes a Pod, gracefully unless it is not bound, has finished, has no grace period, or is `forced`.
    pub fn delete_pod(&mut self, id: PodId, forced: bool, now: SimTime) -> Deletion {
        let pod = &mut self.pods[id];
        if pod.gone {
            return Deletion::NotFound;
        }
        let grace = self.jobs[pod.job].spec.template.termination_grace_period_seconds;
        let immediate = forced || !pod.pod.bound || pod.pod.phase.is_terminal() || grace == 0;
        if pod.pod.deleting() && (pod.forced || !immediate) {
            return Deletion::Already;
        }
        pod.forced |= immediate;
        if immediate && !pod.pod.finalizer {
            self.remove_pod(id);
            return Deletion::Immediate;
        }
        if !pod.pod.deleting() {
            pod.pod.deletion_began = Some(WholeSecond::from(now));
            self.pod_written(id);
        }
        if immediate { Deletion::Immediate } else { Deletion::Graceful }
    }

    fn remove_pod(&mut self, id: PodId) -> u64 {
        let pod = &mut self.pods[id];
        pod.gone = true;
        self.jobs[pod.job].pods_live -= 1;
        self.pod_written(id)
    }
}

/// A status as it is stored: all times in whole seconds.
fn truncated(status: &JobStatus) -> JobStatus {
    let mut stored = status.clone();
    stored.start_time = stored.start_time.map(SimTime::truncate_to_seconds);
    stored.completion_time = stored.completion_time.map(SimTime::truncate_to_seconds);
    for condition in &mut stored.conditions {
        condition.last_transition_time = condition.last_transition_time.truncate_to_seconds();
    }
    stored
}
