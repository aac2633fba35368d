//! The API server's store: the authoritative state of Jobs, Pods, CronJobs and nodes, with versions, finalizers and
//! deletion. It has no clock, does not validate objects, and does nothing on its own.
//!
//! Invariants: times that the API stores in whole seconds are truncated here, as the API server's encoding does; every
//! write raises the version and is added to `changes`, in order.

mod change;
mod cronjob;
mod job;
mod node;
mod pod;
mod watch;

pub use change::StoreChange;
pub use cronjob::ApiCronJob;
pub(in crate::world) use cronjob::NotWritten;
pub use job::{ApiJob, JobOrder};
pub use node::ApiNode;
pub(in crate::world) use pod::LifePlace;
pub use pod::{ApiPod, Deletion};
pub(in crate::world) use watch::WatchStream;

use crate::api::{PodPlacement, PodSchedulingSpec};
use crate::id::{Arena, CronJobId, JobId, NodeId, PodId, PodSpecId, Table};
use std::collections::HashMap;
use std::sync::Arc;

/// All objects.
#[derive(Debug, Default)]
pub struct Store {
    /// All Jobs, including those that will be created later.
    pub jobs: Arena<JobId, ApiJob>,
    /// All Pods.
    pub pods: Arena<PodId, ApiPod>,
    /// All CronJobs, including those that will be created later.
    pub cronjobs: Table<CronJobId, ApiCronJob>,
    /// All nodes, including those that will be created later.
    pub nodes: Table<NodeId, ApiNode>,
    /// Where Pods are; only in clusters with nodes.
    placements: Arena<PodId, PodPlacement>,
    /// What Pods' specs say about scheduling, without duplicates.
    pub pod_specs: Table<PodSpecId, Arc<PodSchedulingSpec>>,
    pod_spec_ids: HashMap<Arc<PodSchedulingSpec>, PodSpecId>,
    /// Existing Jobs, by namespace and name.
    names: HashMap<String, JobId>,
    /// Namespaces that were deleted.
    pub(in crate::world) closed_namespaces: Vec<Arc<str>>,
    /// All CronJobs that have been created, by namespace and name.
    cronjob_names: HashMap<String, Vec<CronJobId>>,
    /// Whether two of them have the same name.
    has_namesakes: bool,
    version: u64,
    /// Changes that have not been published yet.
    pub(in crate::world) changes: Vec<StoreChange>,
}

impl Store {
    /// Empties it; keeps the allocated memory.
    pub(in crate::world) fn clear(&mut self) {
        let Store {
            jobs,
            pods,
            cronjobs,
            nodes,
            placements,
            pod_specs,
            pod_spec_ids,
            names,
            closed_namespaces,
            cronjob_names,
            has_namesakes,
            version,
            changes,
        } = self;
        let every = [0, pods.len()].contains(&placements.len());
        assert!(every, "every Pod has a placement, or none has");
        nodes.clear();
        placements.clear();
        pod_specs.clear();
        pod_spec_ids.clear();
        jobs.clear();
        pods.clear();
        cronjobs.clear();
        names.clear();
        closed_namespaces.clear();
        cronjob_names.clear();
        *has_namesakes = false;
        changes.clear();
        *version = 0;
    }

    /// The latest `resourceVersion`.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Raises the version for a write, and returns it.
    fn next_version(&mut self) -> u64 {
        self.version = self.version.checked_add(1).expect("there are fewer than 2^64 writes");
        self.version
    }

    /// The Job with this name, if it exists.
    pub fn find_job(&self, namespace: &str, name: &str) -> Option<JobId> {
        self.names.get(&name_key(namespace, name)).copied()
    }

    /// The n-th Job (1-based) that a CronJob has owned, if there is one.
    pub fn nth_job_of(&self, cronjob: CronJobId, n: u32) -> Option<JobId> {
        let n = (n as usize).checked_sub(1)?;
        self.cronjobs[cronjob].jobs.get(n).copied()
    }

    /// The rank of a Job in the order of requests. A Job that is gone comes first, whatever its rank was: requests
    /// about it no longer refer to an object that has a rank.
    pub(in crate::world) fn order_of(&self, job: JobId) -> JobOrder {
        let job = &self.jobs[job];
        if job.gone { JobOrder::default() } else { job.order }
    }

    /// The number of a Pod among those of its Job: its completion index or, without indexes, the ordinal of its
    /// creation.
    pub(in crate::world) fn number_of(&self, pod: PodId) -> i64 {
        let pod = &self.pods[pod].pod;
        i64::from(pod.index.map_or(pod.ordinal, u32::from))
    }

    /// How many containers a Pod runs.
    pub(in crate::world) fn container_count(&self, pod: PodId) -> usize {
        self.jobs[self.pods[pod].job].spec.template.containers.len()
    }

    /// Frees the memory of a Job that is gone, and of its Pods, which must be gone too; returns the Pods.
    pub(in crate::world) fn forget_job(&mut self, id: JobId) -> Vec<PodId> {
        assert!(
            self.jobs[id].gone && self.jobs[id].pods_live == 0,
            "only Jobs that are gone with their Pods are forgotten"
        );
        let job = self.jobs.forget(id);
        for pod in &job.pods {
            if !self.placements.is_empty() {
                self.placements.forget(*pod);
            }
            let pod = self.pods.forget(*pod);
            debug_assert!(pod.gone, "no Pod outlives the memory of its Job");
        }
        job.pods
    }
}

/// The key of an object's name. Concatenated, not formatted: a CronJob's start looks names up several times.
fn name_key(namespace: &str, name: &str) -> String {
    [namespace, "/", name].concat()
}
