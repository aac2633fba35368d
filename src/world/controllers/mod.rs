//! The controllers in the world: workers that carry out what the controllers decide, the TTL controller, the garbage
//! collector, the controllers around nodes, and restarts. What the Job and CronJob controllers decide is in
//! [`crate::controller`].

mod cronjob;
mod cronjob_calls;
pub(in crate::world) mod garbage_collector;
mod job;
mod node_controllers;
mod node_lifecycle;
mod orphan_finalizers;
mod pass_clock;
mod pod_gc;
mod restart;
mod shared_informers;
mod taint_eviction;
mod ttl;

use super::env::Env;
use super::event::Event;
use super::nodes::Nodes;
use super::store::StoreChange;
use super::wire::requests::{Request, WireRequests};
use crate::controller::cronjob::CachedCronJob;
use crate::controller::job::OrphanKey;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::time::SimTime;
use cronjob::CronJobWorkers;
use job::JobWorkers;
pub(in crate::world) use node_controllers::{NodeControllers, NodesAround};
use orphan_finalizers::OrphanWorkers;
use ttl::TtlWorkers;

/// All controllers of the kube-controller-manager, which start and stop together.
#[derive(Debug, Default)]
pub(in crate::world) struct Controllers {
    pub jobs: JobWorkers,
    pub orphans: OrphanWorkers,
    pub ttl: TtlWorkers,
    pub cronjobs: CronJobWorkers,
    pub around_nodes: NodeControllers,
    /// From when on the controllers work, if their watches are open.
    works_from: SimTime,
}

impl Controllers {
    /// Empties them for another run with the environment's configuration; keeps the allocated memory.
    pub fn reset<W>(&mut self, env: &Env<W>) {
        let Controllers { jobs, orphans, ttl, cronjobs, around_nodes, works_from } = self;
        around_nodes.reset(env);
        jobs.reset(&env.config.params);
        orphans.clear();
        ttl.reset(&env.config.params);
        cronjobs.reset(&env.config.cron_params, env.config.clock);
        *works_from = SimTime::ZERO;
    }

    /// Lets the controllers do what can be done at once: deliver changes, and give ready keys to idle workers.
    pub fn work<W: Workload>(&mut self, env: &mut Env<W>, requests: &mut WireRequests, nodes: &mut Nodes) {
        self.deliver_at_once(env);
        if self.is_idle(env) {
            return;
        }
        let now = env.now();
        if !env.watch.is_open() || now < self.works_from || env.watch.is_due(now) {
            // Syncs must see what reaches the caches in this instant, so the watch's event or the next list comes
            // first.
            return;
        }
        loop {
            let before = (self.jobs.syncs, self.cronjobs.syncs);
            if !env.config.only_cronjobs {
                while self.jobs.start_next(env, requests, nodes) {
                    self.deliver_at_once(env);
                }
                self.ttl.start(env, requests, &self.jobs.controller.caches);
            }
            while self.cronjobs.start_next(env, requests) {
                self.deliver_at_once(env);
            }
            env.publish();
            self.deliver_at_once(env);
            while self.orphans.start_next(env, requests, &mut self.jobs.controller) {
                self.deliver_at_once(env);
            }
            self.jobs.events.send(env, requests);
            self.cronjobs.events.send(env, requests);
            if (self.jobs.syncs, self.cronjobs.syncs) == before {
                break;
            }
        }
    }

    /// Whether no key is ready, no Event can be sent and no change is to be delivered, which is so after most events.
    fn is_idle<W>(&self, env: &Env<W>) -> bool {
        self.jobs.controller.queue.is_empty()
            && self.ttl.queue.is_empty()
            && self.cronjobs.controller.queue.is_empty()
            && !self.jobs.controller.orphans.is_ready()
            && !self.jobs.events.can_send()
            && !self.cronjobs.events.can_send()
            && env.store.changes.is_empty()
    }

    /// Schedules the wake-ups that the queues ask for.
    #[inline]
    pub fn schedule_timers<W: Workload>(&mut self, env: &mut Env<W>) {
        schedule_all(env, &mut self.jobs.controller.queue.timers, Event::KeyDue);
        schedule_all(env, &mut self.ttl.queue.timers, Event::TtlDue);
        schedule_all(env, &mut self.cronjobs.controller.queue.timers, Event::CronDue);
    }

    /// Applies and answers a request.
    pub fn apply<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        requests: &mut WireRequests,
        nodes: &mut Nodes,
        request: Request,
    ) {
        match request {
            Request::Sync { worker, call } => self.jobs.apply(env, requests, nodes, (worker, call)),
            Request::Orphan(worker, pod) => {
                self.orphans.apply(env, requests, &mut self.jobs.controller, (worker, pod));
            }
            Request::TtlGet(job) => self.ttl.apply_get(env, requests, job),
            Request::TtlDelete(job) => self.ttl.apply_delete(env, job),
            Request::JobEvent => self.jobs.events.sent(env),
            Request::CronJob(worker) => self.cronjobs.apply(env, requests, worker),
            Request::CronJobEvent => self.cronjobs.events.sent(env),
            Request::Bind(pod) => nodes.apply_binding(env, requests, pod),
            Request::PodCondition(pod) => nodes.scheduler.apply_condition(env, pod),
            Request::Preempt(place, pod, call) => nodes.apply_preemption(env, requests, (place, pod, call)),
            Request::Evict(..) | Request::GcGetNode(_) | Request::GcPod(..) | Request::NodeUnknown(_) => {
                self.around_nodes.apply(NodesAround { env, requests, nodes }, request);
            }
        }
    }

    /// Delivers all changes that have arrived by now.
    pub fn deliver_due<W: Workload>(&mut self, env: &mut Env<W>) {
        while let Some(change) = env.watch.arrive(env.now()) {
            self.deliver(env, &change);
        }
    }

    /// Delivers all changes that were sent without latency.
    #[inline]
    fn deliver_at_once<W: Workload>(&mut self, env: &mut Env<W>) {
        while env.watch.has_arrived_at_once() {
            let changes = env.watch.take_at_once();
            changes.iter().filter(|change| !change.is_of_node()).for_each(|change| self.deliver(env, change));
            env.watch.give_back(changes);
        }
    }

    /// A change reaches the controllers' caches.
    fn deliver<W: Workload>(&mut self, env: &mut Env<W>, change: &StoreChange) {
        let now = env.now();
        match *change {
            StoreChange::Job(id, ref job) => {
                self.cronjobs.job_changed(env, id, &job.status);
                self.ttl.job_changed(env, id, job);
                self.jobs.controller.job_changed(id, job.clone(), now);
            }
            StoreChange::JobGone(id, version) => {
                self.cronjobs.controller.job_gone(id, env.store.jobs[id].owner);
                self.jobs.controller.job_gone(id, version);
            }
            StoreChange::CronJob(id, ref cronjob) => {
                self.cronjobs.controller.cronjob_changed(id, CachedCronJob::clone(cronjob), now);
            }
            StoreChange::CronJobGone(id) => self.cronjobs.controller.cronjob_gone(id),
            StoreChange::Node(_) | StoreChange::NodeGone(_) => {
                unreachable!("nodes are sent to the scheduler and the node controllers only")
            }
            StoreChange::Pod(id, job, ref pod, version) => {
                let about = (&*env.store.jobs[job].spec, &env.codes);
                self.jobs.controller.pod_changed(id, job, (pod, version), about, now);
            }
            StoreChange::PodGone(id, job, version) => {
                let about = (&*env.store.jobs[job].spec, &env.codes);
                self.jobs.controller.pod_gone(id, job, version, about, now);
            }
        }
    }

    /// Whether a controller still has work to do about a Job that is gone.
    pub fn have<W>(&self, env: &Env<W>, id: JobId) -> bool {
        let orphans = &self.jobs.controller.orphans;
        let mut pods = env.store.jobs[id].pods.iter();
        self.jobs.controller.queue.has(id)
            || self.ttl.queue.has(id)
            || self.jobs.events.has(id)
            || orphans.has(OrphanKey::PodsOf(id))
            || pods.any(|&pod| orphans.has(OrphanKey::Pod(pod)))
    }

    /// Frees the memory of a Job and its Pods, which no controller needs any more.
    pub fn forget(&mut self, id: JobId, pods: &[PodId]) {
        self.jobs.controller.caches.leave(id, pods);
        self.jobs.controller.queue.leave(id);
        self.ttl.queue.leave(id);
        self.cronjobs.controller.leave(id);
        self.jobs.events.leave(id);
    }
}

/// Schedules wake-ups. It is called at every step of the world, usually with none.
#[inline]
fn schedule_all<W: Workload, K: Copy>(env: &mut Env<W>, timers: &mut Vec<(SimTime, K)>, event: impl Fn(K) -> Event) {
    for &(at, key) in &*timers {
        env.schedule_at(at, event(key));
    }
    timers.clear();
}
