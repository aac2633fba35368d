//! Controller restarts: the controllers die with all they know, and new ones read everything afresh.

use super::dispatch::World;
use super::event::Event;
use super::store::Change;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::record::Observation;
use crate::time::SimDuration;

impl<W: Workload> World<W> {
    /// The controllers die; new ones start after `down`. A second death while they are down does nothing.
    pub(super) fn controllers_die(&mut self, down: SimDuration) {
        if !self.up {
            return;
        }
        self.up = false;
        self.log.push(Observation::ControllersDown);
        self.controller.clear();
        self.requests.drop_all();
        self.watch.clear();
        self.notices.clear();
        self.ttl_queue.clear();
        (self.ttl_busy, self.orphan) = (0, None);
        self.rest();
        self.schedule_after(down, Event::ControllersUp);
    }

    /// New controllers list everything: every Job and Pod is new to them.
    pub(super) fn controllers_start(&mut self) {
        self.up = true;
        self.log.push(Observation::ControllersUp);
        for n in 0..self.store.jobs.len() {
            if self.store.jobs[n].exists() {
                let job = self.store.jobs[n].cached();
                self.deliver(Change::Job(JobId(n as u32), job));
            }
        }
        for n in 0..self.store.pods.len() {
            let pod = &self.store.pods[n];
            if !pod.gone {
                self.deliver(Change::Pod(PodId(n as u32), pod.job, pod.pod, self.store.version()));
            }
        }
    }
}
