//! Controller restarts: the controllers die with all they know, and new ones read everything afresh.

use crate::id::JobId;
use crate::model::Workload;
use crate::record::Observation;
use crate::time::SimDuration;
use crate::world::dispatch::World;
use crate::world::event::Event;
use crate::world::store::jobs::{ApiJob, ApiPod, Change};

impl<W: Workload> World<W> {
    /// The controllers die; new ones start after `down`. A second death while they are down does nothing.
    pub(in crate::world) fn controllers_die(&mut self, down: SimDuration) {
        if self.controllers_stop() {
            self.schedule_after(down, Event::ControllersUp);
        }
    }

    /// The controllers end; `false` if they are down.
    pub(in crate::world) fn controllers_stop(&mut self) -> bool {
        if !self.up {
            return false;
        }
        self.up = false;
        self.log.push(Observation::ControllersDown);
        self.controller.clear();
        self.requests.drop_all();
        self.watch.clear();
        self.notices.clear();
        self.ttl_queue.clear();
        self.ttl_busy = 0;
        self.orphans.clear();
        self.cron.clear();
        self.rest();
        true
    }

    /// New controllers start. They list everything, one kind of objects after the other, a tick apart, and begin to work
    /// when all caches are filled. Everything that they list is new to them.
    pub(in crate::world) fn controllers_start(&mut self) {
        self.log.push(Observation::ControllersUp);
        self.list_cronjobs();
        self.works_from = self.events.now() + self.config.startup_delay;
        if self.config.startup_delay.is_positive() {
            self.schedule_after(self.config.startup_delay, Event::WorkBegins);
        }
        self.schedule_after(SimDuration::TICK, Event::ListJobs);
    }

    /// New controllers list all Jobs.
    pub(in crate::world) fn list_jobs(&mut self) {
        for id in self.jobs_by_name() {
            if self.store.jobs[id].exists() {
                let job = self.store.jobs[id].cached();
                self.deliver(Change::Job(id, job));
            }
        }
        self.schedule_after(SimDuration::TICK, Event::ListPods);
    }

    /// New controllers list all Pods; from then on they work.
    pub(in crate::world) fn list_pods(&mut self) {
        self.up = true;
        for id in self.jobs_by_name() {
            for n in 0..self.store.jobs[id].pods.len() {
                let pod = self.store.jobs[id].pods[n];
                let ApiPod { pod: object, gone, .. } = self.store.pods[pod];
                if !gone {
                    self.deliver(Change::Pod(pod, id, object, self.store.version()));
                }
            }
        }
    }

    /// Jobs that are there or have Pods, in the order in which a list gives them: by namespace and name.
    fn jobs_by_name(&self) -> Vec<JobId> {
        let is_known = |job: &ApiJob| job.exists() || job.pods_live > 0;
        let jobs = self.store.jobs.entries().filter(|(_, job)| is_known(job));
        let mut ids: Vec<JobId> = jobs.map(|(id, _)| id).collect();
        ids.sort_by_key(|id| {
            let job = &self.store.jobs[*id];
            (job.namespace(), &*job.name)
        });
        ids
    }
}
