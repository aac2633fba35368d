//! CronJobs in the store. What their controller does with them is in [`crate::controller::cronjob`].

use super::{JobOrder, Store, StoreChange, name_key};
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
    /// When it was created in the cluster that it was read from, if it was read from one.
    pub created_before: Option<SimTime>,
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// Whether it has disappeared.
    pub gone: bool,
    /// How often it was written, including creation and disappearance.
    pub writes: u32,
    /// Its rank wherever CronJobs need an order; set when it is created.
    pub order: JobOrder,
    /// Its Jobs, including those that are gone, in the order of creation.
    pub jobs: Vec<JobId>,
    /// The last Job made from its template that has passed validation.
    accepted: Option<Arc<JobObject>>,
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
            created_before: None,
            deleting: false,
            gone: false,
            writes: 0,
            order: JobOrder::default(),
            jobs: Vec::new(),
            accepted: None,
        }
    }

    /// A Job made from the template that has passed validation, possibly under another name. The names of a CronJob's
    /// Jobs differ only in their digits; if the length is the same, validation has the same result, so it need not run
    /// for each start.
    ///
    /// # Errors
    /// Why the API server refuses the Job.
    pub(in crate::world) fn accepted_job(&mut self, name: &str) -> Result<Arc<JobObject>, Vec<FieldError>> {
        match &self.accepted {
            Some(accepted) if accepted.name.len() == name.len() => {
                assert!(
                    accepted.namespace == self.object.namespace,
                    "an accepted Job is one of its CronJob's namespace"
                );
                Ok(accepted.clone())
            }
            _ => Ok(self.accepted.insert(Arc::new(self.object.job(name)?)).clone()),
        }
    }

    /// Whether it exists: created, and not gone.
    pub fn exists(&self) -> bool {
        self.created.is_some() && !self.gone
    }

    /// Its state as a watch delivers it and the API server returns it.
    pub fn cached(&self) -> CachedCronJob {
        CachedCronJob {
            name: self.name.clone(),
            spec: self.spec.clone(),
            status: self.status.clone(),
            version: self.version,
            created: self.created_before.or(self.created).unwrap_or_default().truncate_to_seconds(),
            deleting: self.deleting,
        }
    }
}

/// Why a CronJob's status was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// There is no such CronJob.
    NotFound,
    /// It was written since that version.
    Conflict,
}

impl Store {
    fn cronjob_written(&mut self, id: CronJobId) {
        let version = self.next_version();
        let cronjob = &mut self.cronjobs[id];
        assert!(cronjob.version < version, "{id:?} is written with version {version}, after {}", cronjob.version);
        cronjob.version = version;
        cronjob.writes += 1;
        let change = match cronjob.gone {
            true => StoreChange::CronJobGone(id),
            false => StoreChange::CronJob(id, Box::new(cronjob.cached())),
        };
        self.changes.push(change);
    }

    /// Creates a CronJob.
    pub(in crate::world) fn create_cronjob(&mut self, id: CronJobId, now: SimTime) {
        let cronjob = &mut self.cronjobs[id];
        assert!(cronjob.created.is_none(), "a CronJob is created once");
        cronjob.created = Some(now);
        cronjob.order = JobOrder::at(now, id.0);
        let name = name_key(&cronjob.object.namespace, &cronjob.name);
        let named = self.cronjob_names.entry(name).or_default();
        named.push(id);
        self.has_namesakes |= named.len() > 1;
        self.cronjob_written(id);
    }

    /// The other CronJobs of the same name that have been created so far. Of the CronJobs of one name at most one
    /// exists.
    pub(in crate::world) fn namesakes(&self, id: CronJobId) -> Vec<CronJobId> {
        if !self.has_namesakes {
            return Vec::new();
        }
        let cronjob = &self.cronjobs[id];
        let named = self.cronjob_names.get(&name_key(&cronjob.object.namespace, &cronjob.name));
        named.into_iter().flatten().copied().filter(|&other| other != id).collect()
    }

    /// Replaces a CronJob's object by an edited one.
    pub(in crate::world) fn edit_cronjob(&mut self, id: CronJobId, object: Arc<CronJobObject>) {
        let cronjob = &mut self.cronjobs[id];
        assert!(cronjob.exists(), "only a CronJob that exists is edited");
        cronjob.spec = Arc::new(object.spec());
        (cronjob.object, cronjob.accepted) = (object, None);
        self.cronjob_written(id);
    }

    /// Marks a CronJob for deletion.
    pub(in crate::world) fn mark_cronjob(&mut self, id: CronJobId) {
        let cronjob = &mut self.cronjobs[id];
        assert!(cronjob.exists(), "only a CronJob that exists is marked");
        if !cronjob.deleting {
            cronjob.deleting = true;
            self.cronjob_written(id);
        }
    }

    /// Removes a CronJob.
    pub(in crate::world) fn remove_cronjob(&mut self, id: CronJobId) {
        let cronjob = &mut self.cronjobs[id];
        assert!(cronjob.exists(), "a CronJob disappears once, after it was created");
        cronjob.gone = true;
        self.cronjob_written(id);
    }

    /// Writes a CronJob's status; an equal status is not written.
    ///
    /// # Errors
    /// The CronJob is gone, or has another version.
    pub(in crate::world) fn update_cronjob_status(
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
        assert!(cronjob.exists(), "the version of a CronJob that was never created is known to nobody");
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
            let (accepted, own) = (nightly.accepted_job(name).unwrap(), nightly.object.job(name).unwrap());
            assert_eq!((accepted.name.len(), &accepted.spec), (name.len(), &own.spec));
        }
        assert!(Arc::ptr_eq(&nightly.accepted_job("nightly-1").unwrap(), &nightly.accepted_job("nightly-2").unwrap()));
    }

    #[test]
    fn a_refused_job_stands_for_none() {
        // With the completion index appended, the hostname of its last Pod is too long.
        let mut long = cronjob(&"n".repeat(52));
        let texts = |errors: Vec<FieldError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        for minute in [15_778_080, 15_778_081] {
            let name = format!("{}-{minute}", "n".repeat(52));
            let own = texts(long.object.job(&name).expect_err("the name is too long"));
            assert_eq!(texts(long.accepted_job(&name).expect_err("the name is too long")), own);
        }
    }
}
