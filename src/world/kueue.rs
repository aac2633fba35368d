//! Kueue in the world: Jobs that name a queue wait, suspended, until their ClusterQueue admits them; then they are
//! resumed. It is a simplified model, not a copy. Which Jobs are admitted is decided in [`crate::controller::kueue`],
//! which says what is left out. Jobs that name no queue, or one that does not exist, are left alone.
//!
//! Source: `pkg/controller/jobframework/reconciler.go` of kubernetes-sigs/kueue. Divergence: Kueue acts on every change
//! of a Job one latency later, in one cycle for all queues, and its requests take no time and no tokens. A Job is
//! charged for its size when it is admitted, less the Pods that it no longer needs.

use super::config::KueueConfig;
use super::env::Env;
use super::event::Event;
use super::store::{JobOrder, StoreChange};
use crate::api::{ClusterQueue, QUEUE_LABEL, QueueRequest};
use crate::apiserver::rules::{member, text};
use crate::apiserver::{PatchOutcome, refusal, request_amounts};
use crate::controller::job::CachedJob;
use crate::controller::kueue::{Misfit, admit, charge, pods_count, reclaimable_pods};
use crate::id::JobId;
use crate::model::Workload;
use crate::record::{Observation, QueueStep};
use crate::time::SimDuration;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The state of all queues.
#[derive(Debug, Default)]
pub struct KueueState {
    /// The Jobs that name a queue, until they are gone.
    jobs: BTreeMap<JobId, QueuedJob>,
    /// By queue: the waiting Jobs, the oldest first.
    waiting: Vec<BTreeSet<(JobOrder, JobId)>>,
    /// By queue and resource: the charged amount.
    used: Vec<Vec<i64>>,
    /// By queue: the last observation of why its first Job was not admitted.
    told: Vec<Option<(JobId, Misfit)>>,
    /// Jobs that have changed since the last cycle.
    touched: BTreeSet<JobId>,
}

/// A Job that names a queue.
#[derive(Debug)]
struct QueuedJob {
    queue: usize,
    order: JobOrder,
    request: Arc<QueueRequest>,
    state: QueuedState,
}

/// Its state in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QueuedState {
    Waiting,
    /// Admitted, with the number of Pods that are charged.
    Admitted(i64),
    /// Finished: nothing is charged.
    Over,
}

impl KueueState {
    /// Empties it for another run.
    pub(super) fn reset(&mut self, config: Option<&KueueConfig>) {
        let queues = config.map_or(&[][..], |config| &config.queues);
        *self = KueueState {
            waiting: vec![BTreeSet::new(); queues.len()],
            used: queues.iter().map(|queue| vec![0; queue.nominal_quota.len()]).collect(),
            told: vec![None; queues.len()],
            ..KueueState::default()
        };
    }

    /// Returns all quota of a Job and takes it out of its queue.
    fn leave(&mut self, id: JobId, state: QueuedState) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        match std::mem::replace(&mut job.state, state) {
            QueuedState::Waiting => drop(self.waiting[job.queue].remove(&(job.order, id))),
            QueuedState::Admitted(pods) => charge(&mut self.used[job.queue], &job.request, -pods),
            QueuedState::Over => {}
        }
    }
}

impl<W: Workload> Env<W> {
    /// Plans a cycle if the change of a Job concerns Kueue.
    pub(super) fn note_for_kueue(&mut self, change: &StoreChange) {
        match change {
            StoreChange::Job(id, job) => {
                if !self.kueue.jobs.contains_key(id) && !self.enter_queue(*id, job) {
                    return;
                }
                if self.concerns_kueue(*id, job) {
                    self.touch(*id);
                }
            }
            StoreChange::JobGone(id, _) if self.kueue.jobs.contains_key(id) => self.touch(*id),
            _ => {}
        }
    }

    /// Registers a new Job that names a queue; `false` for any other. A Job that is not suspended counts as admitted
    /// before.
    fn enter_queue(&mut self, id: JobId, cached: &CachedJob) -> bool {
        let Some(config) = self.config.kueue.clone() else { return false };
        let stored = &self.store.jobs[id];
        let object = stored.object.shared();
        let name = text(member(member(object, "metadata"), "labels"), QUEUE_LABEL);
        let leads = |queue: &ClusterQueue| queue.local_queues.iter().any(|local| **local == *name);
        let Some(queue) = config.queues.iter().position(leads) else { return false };
        let request = Arc::new(config.queues[queue].request(&request_amounts(&object["spec"]["template"])));
        let order = stored.order;
        let state = match cached.spec.suspend {
            true => QueuedState::Waiting,
            false => {
                let pods = pods_count(&cached.spec);
                charge(&mut self.kueue.used[queue], &request, pods);
                QueuedState::Admitted(pods)
            }
        };
        if state == QueuedState::Waiting {
            self.kueue.waiting[queue].insert((order, id));
            self.log.push(Observation::Queue(id, QueueStep::Waits(queue as u32)));
        }
        self.kueue.jobs.insert(id, QueuedJob { queue, order, request, state });
        true
    }

    /// Whether Kueue has to act on the change of a Job.
    fn concerns_kueue(&self, id: JobId, cached: &CachedJob) -> bool {
        let is_over = cached.status.finished().is_some();
        match self.kueue.jobs[&id].state {
            QueuedState::Waiting => true,
            QueuedState::Admitted(pods) => {
                let left = pods_count(&cached.spec) - reclaimable_pods(&cached.spec, &cached.status);
                is_over || cached.spec.suspend || left < pods
            }
            QueuedState::Over => false,
        }
    }

    fn touch(&mut self, id: JobId) {
        if self.kueue.touched.is_empty() {
            let latency = self.config.kueue.as_ref().map_or(SimDuration::ZERO, |config| config.latency);
            self.schedule_after(latency, Event::KueueCycle);
        }
        self.kueue.touched.insert(id);
    }

    /// A cycle of Kueue: takes back quota, admits Jobs that fit, and suspends or resumes Jobs accordingly.
    pub(super) fn kueue_cycle(&mut self) {
        let Some(config) = self.config.kueue.clone() else { return };
        let mut touched = std::mem::take(&mut self.kueue.touched);
        touched.iter().for_each(|id| self.kueue_take_back(*id));
        for (n, queue) in config.queues.iter().enumerate() {
            touched.extend(self.kueue_admit(n, queue));
        }
        touched.into_iter().for_each(|id| self.kueue_start_or_stop(id));
    }

    /// Takes back the quota of a Job that is over, or of Pods that it no longer needs.
    fn kueue_take_back(&mut self, id: JobId) {
        let stored = self.store.jobs.get(id).filter(|job| job.exists());
        let Some(stored) = stored else {
            self.log_if_waiting(id);
            self.kueue.leave(id, QueuedState::Over);
            self.kueue.jobs.remove(&id);
            return;
        };
        if stored.status.finished().is_some() {
            self.log_if_waiting(id);
            return self.kueue.leave(id, QueuedState::Over);
        }
        let left = pods_count(&stored.spec) - reclaimable_pods(&stored.spec, &stored.status);
        let Some(job) = self.kueue.jobs.get_mut(&id) else { return };
        if let QueuedState::Admitted(pods) = job.state
            && left < pods
        {
            charge(&mut self.kueue.used[job.queue], &job.request, left - pods);
            job.state = QueuedState::Admitted(left);
        }
    }

    fn log_if_waiting(&mut self, id: JobId) {
        if self.kueue.jobs.get(&id).is_some_and(|job| job.state == QueuedState::Waiting) {
            self.log.push(Observation::Queue(id, QueueStep::Leaves));
        }
    }

    /// Admits the waiting Jobs that fit into a queue's quota; returns them.
    fn kueue_admit(&mut self, n: usize, queue: &ClusterQueue) -> Vec<JobId> {
        let KueueState { jobs, waiting, used, .. } = &mut self.kueue;
        let store = &self.store;
        let asking = waiting[n].iter().map(|&(_, id)| (id, &*jobs[&id].request, pods_count(&store.jobs[id].spec)));
        let (admitted, first) = admit(queue, &mut used[n], asking);
        for &id in &admitted {
            let job = jobs.get_mut(&id).expect("a Job that waits is known");
            job.state = QueuedState::Admitted(pods_count(&store.jobs[id].spec));
            waiting[n].remove(&(job.order, id));
            self.log.push(Observation::Queue(id, QueueStep::Admitted));
        }
        if self.kueue.told[n] != first {
            self.kueue.told[n].clone_from(&first);
            let why = first.map(|(id, misfit)| (id, Box::new(misfit)));
            self.log.push(Observation::QueueHead(n as u32, why));
        }
        admitted
    }

    /// Suspends a Job that waits, and resumes one that is admitted, even against a user's change of `suspend`.
    fn kueue_start_or_stop(&mut self, id: JobId) {
        let Some(queued) = self.kueue.jobs.get(&id) else { return };
        let suspend = match queued.state {
            QueuedState::Waiting => true,
            QueuedState::Admitted(_) => false,
            QueuedState::Over => return,
        };
        let job = &self.store.jobs[id];
        if job.spec.suspend == suspend || job.deleting {
            return;
        }
        match job.whole().merge_patch(&json!({"spec": {"suspend": suspend}}), &job.status) {
            Ok(PatchOutcome::Changed(object)) => self.store.edit_job(id, Arc::from(object)),
            Ok(PatchOutcome::Unchanged) => {}
            Err(errors) => {
                let refused = refusal("Job.batch", &job.name, &errors);
                self.log.push(Observation::Refused(id, refused));
            }
        }
    }
}
