//! Hands the world's observations to a recorder, with the present state of the objects. It keeps nothing itself.

use super::dispatch::World;
use super::env::Env;
use crate::controller::job::{Records, View};
use crate::id::{ArenaKey, JobId, NodeId, PodId};
use crate::model::Workload;
use crate::record::{CronFacts, JobFacts, NodeFacts, Observation, PendingReason, PlacementFacts, PoolPrice, Recorder};
use crate::time::SimTime;

impl<W: Workload> World<W> {
    /// A recorder for the Jobs of this world.
    pub fn recorder(&self, keep_timeline: bool) -> Recorder {
        let mut recorder = Recorder::default();
        self.restart_recorder(&mut recorder, keep_timeline);
        recorder
    }

    /// Prepares a recorder for the Jobs of this world; keeps its allocated memory.
    pub fn restart_recorder(&self, recorder: &mut Recorder, keep_timeline: bool) {
        let names = self.env.store.jobs.iter().map(|j| (j.namespace(), &*j.name));
        recorder.restart(names, keep_timeline, self.env.config.clock);
        if let Some(nodes) = &self.env.config.nodes {
            let ledger = recorder.nodes.insert(Box::default());
            let pools = nodes.pools.iter();
            let pools = pools.map(|pool| PoolPrice { name: pool.name.clone(), per_hour: pool.price_per_hour });
            ledger.restart(pools, keep_timeline);
        }
        recorder.keep_queues(self.env.config.kueue.as_ref().map_or(0, |kueue| kueue.queues.len()));
        // The recorder has just been restarted, so the record of each Job is at the Job's index.
        for (id, job) in self.env.store.jobs.entries() {
            let record = &mut recorder.jobs[id.ix()];
            record.owner = job.owner.map(|owner| (owner, job.scheduled));
            record.created_before = job.created_before;
        }
        for (n, cronjob) in self.env.store.cronjobs.iter().enumerate() {
            recorder.add_cronjob(&cronjob.object.namespace, &cronjob.name, keep_timeline);
            recorder.cronjobs[n].created_before = cronjob.created_before;
        }
    }

    /// Steps the world until nothing is pending or `until` is reached, and records what happens. Returns the instant at
    /// which it stopped: that of the last event, or `until`.
    pub fn run(&mut self, until: SimTime, recorder: &mut Recorder) -> SimTime {
        while self.next_time().is_some_and(|t| t <= until) {
            self.step();
            self.record(recorder);
        }
        let end = if self.next_time().is_some() { until } else { self.now() };
        recorder.close(end);
        end
    }

    /// Moves the observations in the log to a recorder.
    #[inline]
    pub fn record(&mut self, recorder: &mut Recorder) {
        if !self.env.log.is_empty() {
            self.record_all(recorder);
        }
    }

    fn record_all(&mut self, recorder: &mut Recorder) {
        let mut log = std::mem::take(&mut self.env.log);
        for observation in &mut log {
            self.record_one(recorder, observation);
        }
        log.clear();
        self.env.log = log;
        self.forget_gone(|id, pods| {
            if let Some(nodes) = &mut recorder.nodes {
                nodes.forget(&pods);
            }
            recorder.forget(id, pods);
        });
    }

    /// Records an observation. The frequent ones are read where they are; the others are taken out.
    fn record_one(&self, recorder: &mut Recorder, observation: &mut Observation) {
        let now = self.now();
        match *observation {
            Observation::Job(id) => {
                self.introduce_jobs(recorder);
                let job = &self.env.store.jobs[id];
                let (spec, status) = (job.spec.clone(), job.status.clone());
                recorder.job_written(now, id, JobFacts { spec, status, deleting: job.deleting, gone: job.gone });
            }
            Observation::CronJob(id) => {
                let cronjob = &self.env.store.cronjobs[id];
                let (spec, status) = (cronjob.spec.clone(), cronjob.status.clone());
                let (deleting, gone) = (cronjob.deleting, cronjob.gone);
                recorder.cronjob_written(now, id, CronFacts { spec, status, deleting, gone });
            }
            Observation::Pod(id) => {
                let pod = &self.env.store.pods[id];
                recorder.pod_written(now, id, pod.job, (&pod.pod, pod.gone), &self.env.codes);
                if let Some(nodes) = &mut recorder.nodes {
                    nodes.pod_written(now, id, placement_facts(&self.env, id));
                }
            }
            Observation::Node(id) => {
                recorder.node_written(now, id, node_facts(&self.env, id));
            }
            Observation::Request(job, kind) => recorder.request(job, kind),
            _ => recorder.observe(now, std::mem::replace(observation, Observation::ControllersUp)),
        }
    }

    /// What the Job controller knows of a Job now: the aggregates of its cached Pods, and its records; `None` while the
    /// Job is not in its cache. For views of a run: nothing in the world depends on it.
    pub fn known_of(&self, job: JobId) -> Option<(&View, &Records)> {
        let caches = &self.controllers.jobs.controller.caches;
        caches.job(job)?;
        caches.jobs.get(job).map(|entry| (entry.ledger.view(), &entry.records))
    }

    /// Adds the Jobs to the recorder that were added to the world since the last call.
    fn introduce_jobs(&self, recorder: &mut Recorder) {
        for n in recorder.known_jobs()..self.env.store.jobs.len() {
            let job = &self.env.store.jobs[JobId::from_ix(n)];
            recorder.add_job(job.namespace(), &job.name, job.owner.map(|owner| (owner, job.scheduled)));
        }
    }
}

fn node_facts<W>(env: &Env<W>, id: NodeId) -> NodeFacts {
    let node = &env.store.nodes[id];
    NodeFacts { gone: node.gone, node: node.node.clone(), ready: node.ready }
}

fn placement_facts<W>(env: &Env<W>, id: PodId) -> PlacementFacts {
    let stored = &env.store.pods[id];
    let (placement, requests) = (env.store.placement(id), &env.store.pod_spec(id).requests);
    let is_there = !stored.gone && !stored.pod.phase.is_terminal();
    let waits = is_there && !stored.pod.bound && !stored.pod.deleting();
    PlacementFacts {
        node: placement.node.filter(|_| is_there),
        pending: waits.then(|| PendingReason::of(&placement.scheduled)),
        disruption: placement.disruption,
        milli_cpu: requests.milli_cpu,
        memory: requests.memory,
    }
}
