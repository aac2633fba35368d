//! Controller restarts: the controllers die with everything that they hold in memory, and new ones read everything
//! again. When this happens is decided by users' actions.

use super::Controllers;
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::record::Observation;
use crate::time::SimDuration;
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::store::{ApiJob, StoreChange};
use crate::world::wire::requests::WireRequests;

impl Controllers {
    /// The controllers die; new ones start after `down`. No effect while they are down already.
    pub fn restart<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, down: SimDuration) {
        if self.stop(env, requests) {
            env.schedule_after(down, Event::ControllersUp);
        }
    }

    /// The controllers stop; `false` if they are down already.
    pub fn stop<W>(&mut self, env: &mut Env<W>, requests: &mut WireRequests) -> bool {
        if !env.watch.is_open() {
            return false;
        }
        env.log.push(Observation::ControllersDown);
        env.watch.close();
        requests.drop_all();
        let Controllers { jobs, orphans, ttl, cronjobs, around_nodes, works_from: _ } = self;
        jobs.stop();
        orphans.clear();
        ttl.stop();
        cronjobs.stop();
        around_nodes.stop();
        true
    }

    /// Starts new controllers. They list all objects, one kind after the other, a tick apart, and begin to work when
    /// all caches are filled. They treat each listed object as new.
    pub fn start<W: Workload>(&mut self, env: &mut Env<W>) {
        env.log.push(Observation::ControllersUp);
        self.list_cronjobs(env);
        self.works_from = env.now() + env.config.startup_delay;
        if env.config.startup_delay.is_positive() {
            // The event itself has no handler: after each event the controllers work if they may.
            env.schedule_after(env.config.startup_delay, Event::WorkBegins);
        }
        env.schedule_after(SimDuration::TICK, Event::ListJobs);
    }

    /// New controllers list all CronJobs, by namespace and name.
    fn list_cronjobs<W: Workload>(&mut self, env: &mut Env<W>) {
        let existing = env.store.cronjobs.entries().filter(|(_, cronjob)| cronjob.exists());
        let mut ids: Vec<CronJobId> = existing.map(|(id, _)| id).collect();
        ids.sort_by_key(|&id| {
            let object = &env.store.cronjobs[id].object;
            (&object.namespace, &object.name)
        });
        for id in ids {
            let cached = env.store.cronjobs[id].cached();
            self.deliver(env, &StoreChange::CronJob(id, Box::new(cached)));
        }
    }

    /// New controllers list all Jobs.
    pub fn list_jobs<W: Workload>(&mut self, env: &mut Env<W>) {
        for id in jobs_by_name(env) {
            if env.store.jobs[id].exists() {
                let job = env.store.jobs[id].cached();
                self.deliver(env, &StoreChange::Job(id, job));
            }
        }
        env.schedule_after(SimDuration::TICK, Event::ListPods);
    }

    /// New controllers list all Pods, and watch from then on.
    pub fn list_pods<W: Workload>(&mut self, env: &mut Env<W>) {
        env.watch.open();
        self.around_nodes.start(env.now());
        let version = env.store.version();
        for id in jobs_by_name(env) {
            for n in 0..env.store.jobs[id].pods.len() {
                let pod = env.store.jobs[id].pods[n];
                let stored = &env.store.pods[pod];
                if !stored.gone {
                    self.deliver(env, &StoreChange::Pod(pod, id, stored.pod, version));
                }
            }
        }
    }
}

/// Jobs that exist or have Pods, in the order of a list: by namespace and name.
fn jobs_by_name<W>(env: &Env<W>) -> Vec<JobId> {
    let is_listed = |job: &ApiJob| job.exists() || job.pods_live > 0;
    let jobs = env.store.jobs.entries().filter(|(_, job)| is_listed(job));
    let mut ids: Vec<JobId> = jobs.map(|(id, _)| id).collect();
    ids.sort_by_key(|&id| {
        let job = &env.store.jobs[id];
        (job.namespace(), &*job.name)
    });
    ids
}
