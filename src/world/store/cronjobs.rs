//! CronJobs in the API server's store. It does nothing by itself; what their controller does is in
//! [`crate::controller::cronjob`].
//!
//! Invariants as for the rest of the store: every write raises the version and is entered in `changes`, in order.

use super::jobs::{Change, JobOrder, Store};
use crate::api::{CronJobSpec, CronJobStatus};
use crate::apiserver::{CronJobObject, FieldError, JobObject};
use crate::controller::cronjob::CachedCronJob;
use crate::id::{CronJobId, JobId};
use crate::time::SimTime;
use std::sync::Arc;

/// A CronJob in the store.
#[derive(Debug)]
pub struct ApiCronJob {
    /// The whole object, with defaults.
    pub object: Arc<CronJobObject>,
    /// Its spec.
    pub spec: Arc<CronJobSpec>,
    /// Its name.
    pub name: Arc<str>,
    /// Its status.
    pub status: CronJobStatus,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// When it was created; `None` before.
    pub created: Option<SimTime>,
    /// When it was created in the cluster from which it was read, if it was.
    pub before: Option<SimTime>,
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// Whether it has disappeared.
    pub gone: bool,
    /// How often it was written, creation and disappearance included.
    pub writes: u32,
    /// Where it stands where an order among CronJobs is needed; set at its creation.
    pub order: JobOrder,
    /// Its Jobs, in order of creation, gone ones too.
    pub jobs: Vec<JobId>,
    /// The last Job of its template that went through the API's rules.
    taken: Option<Arc<JobObject>>,
}

impl ApiCronJob {
    /// A CronJob that will be created.
    pub fn new(object: Arc<CronJobObject>) -> Self {
        ApiCronJob {
            name: Arc::from(&*object.name),
            spec: Arc::new(object.spec()),
            object,
            status: CronJobStatus::default(),
            version: 0,
            created: None,
            before: None,
            deleting: false,
            gone: false,
            writes: 0,
            order: JobOrder::default(),
            jobs: Vec::new(),
            taken: None,
        }
    }

    /// A Job that the API has taken, for one of that name that the template makes: names of the same length differ in
    /// digits alone, and those are alike to the API's rules.
    ///
    /// # Errors
    /// What the API says against the Job.
    pub(in crate::world) fn take_job(&mut self, name: &str) -> Result<Arc<JobObject>, Vec<FieldError>> {
        match &self.taken {
            Some(taken) if taken.name.len() == name.len() => Ok(taken.clone()),
            _ => Ok(self.taken.insert(Arc::new(self.object.job(name)?)).clone()),
        }
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.created.is_some() && !self.gone
    }

    /// What a watch tells of it, and what the API answers.
    pub fn cached(&self) -> CachedCronJob {
        CachedCronJob {
            name: self.name.clone(),
            spec: self.spec.clone(),
            status: self.status.clone(),
            version: self.version,
            created: self.before.or(self.created).unwrap_or_default().truncate_to_seconds(),
            deleting: self.deleting,
        }
    }
}

/// Why a status was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// There is no such CronJob.
    NotFound,
    /// It was written since.
    Conflict,
}

impl Store {
    fn cronjob_written(&mut self, id: CronJobId) {
        let version = self.next_version();
        let cronjob = &mut self.cronjobs[id];
        cronjob.version = version;
        cronjob.writes += 1;
        let change = match cronjob.gone {
            true => Change::CronJobGone(id),
            false => Change::CronJob(id, Box::new(cronjob.cached())),
        };
        self.changes.push(change);
    }

    /// Creates a CronJob.
    pub fn create_cronjob(&mut self, id: CronJobId, now: SimTime) {
        let cronjob = &mut self.cronjobs[id];
        cronjob.created = Some(now);
        cronjob.order = JobOrder::at(now, id.0);
        self.cronjob_written(id);
    }

    /// Replaces a CronJob's object by an edited one.
    pub fn edit_cronjob(&mut self, id: CronJobId, object: Arc<CronJobObject>) {
        let cronjob = &mut self.cronjobs[id];
        cronjob.spec = Arc::new(object.spec());
        (cronjob.object, cronjob.taken) = (object, None);
        self.cronjob_written(id);
    }

    /// Marks a CronJob for deletion.
    pub fn mark_cronjob(&mut self, id: CronJobId) {
        let cronjob = &mut self.cronjobs[id];
        if !cronjob.deleting {
            cronjob.deleting = true;
            self.cronjob_written(id);
        }
    }

    /// Makes a CronJob disappear.
    pub fn remove_cronjob(&mut self, id: CronJobId) {
        self.cronjobs[id].gone = true;
        self.cronjob_written(id);
    }

    /// Writes a CronJob's status. One that is equal is not written.
    ///
    /// # Errors
    /// The CronJob is gone, or is no longer of that version.
    pub fn update_cronjob_status(
        &mut self,
        id: CronJobId,
        version: u64,
        status: &CronJobStatus,
    ) -> Result<(), NotWritten> {
        let cronjob = &mut self.cronjobs[id];
        if cronjob.gone {
            return Err(NotWritten::NotFound);
        }
        if cronjob.version != version {
            return Err(NotWritten::Conflict);
        }
        if cronjob.status != *status {
            cronjob.status.clone_from(status);
            self.cronjob_written(id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cronjob(name: &str) -> ApiCronJob {
        let manifest = json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
            "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {
                "completions": 1_000_000, "parallelism": 1, "completionMode": "Indexed",
                "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}},
            }}},
        });
        ApiCronJob::new(Arc::new(CronJobObject::from_value(&manifest).expect("it is a CronJob")))
    }

    #[test]
    fn a_job_stands_for_those_whose_names_are_as_long() {
        let mut nightly = cronjob("nightly");
        for name in ["nightly-15778080", "nightly-15778081", "nightly-157780810"] {
            let (taken, own) = (nightly.take_job(name).unwrap(), nightly.object.job(name).unwrap());
            assert_eq!((taken.name.len(), &taken.spec), (name.len(), &own.spec));
        }
        assert!(Arc::ptr_eq(&nightly.take_job("nightly-1").unwrap(), &nightly.take_job("nightly-2").unwrap()));
    }

    #[test]
    fn a_job_that_is_refused_stands_for_none() {
        // With an index behind it, the hostname of its last Pod is too long.
        let mut long = cronjob(&"n".repeat(52));
        let texts = |errors: Vec<FieldError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        for minute in [15_778_080, 15_778_081] {
            let name = format!("{}-{minute}", "n".repeat(52));
            let own = texts(long.object.job(&name).expect_err("the name is too long"));
            assert_eq!(texts(long.take_job(&name).expect_err("the name is too long")), own);
        }
    }
}
