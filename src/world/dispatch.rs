//! The world: the environment, the subsystems, and the dispatcher. The dispatcher takes each event, hands it to its
//! subsystem, and then lets the consequences within the instant happen. It contains no rules of its own.

use super::cluster_watch::ClusterChange;
use super::config::Config;
use super::controllers::NodesAround;
use super::controllers::{Controllers, garbage_collector as gc};
use super::env::Env;
use super::event::Event;
use super::nodes::{ContainerView, Nodes};
use super::reclaim::Reclaim;
use super::store::{ApiCronJob, ApiNode};
use super::users::{self, Action, BeginsWith, Users};
use super::wire::requests::WireRequests;
use crate::api::{InitialCronJobStatus, Node, NodeReady};
use crate::apiserver::{CronJobObject, JobObject};
use crate::id::{CronJobId, JobId, NodeId, PodId};
use crate::model::Workload;
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// A cluster on a virtual clock.
#[derive(Debug)]
pub struct World<W> {
    /// What all subsystems share, including the store and the log.
    pub env: Env<W>,
    requests: WireRequests,
    pub(super) nodes: Nodes,
    pub(super) controllers: Controllers,
    pub(super) users: Users,
    pub(super) reclaim: Reclaim,
    /// Events dispatched so far.
    pub dispatched: u64,
    /// The version of the store after the last write, and the instant of that write.
    last_write: (u64, SimTime),
}

/// A cluster has settled if nothing was written for this long and only periodic checks are pending, unless its
/// autoscaler needs longer. It must exceed the time after which any other check can still act; the longest is 5 min and
/// 30 s, until an unschedulable Pod is tried again. While Pods are still to be tried, the scheduler's next step is
/// pending, which is no periodic check.
const SETTLES_AFTER: SimDuration = SimDuration::from_secs(900);

impl<W: Workload> World<W> {
    /// An empty cluster at the clock's start.
    pub fn new(config: Config, workload: W) -> Self {
        let mut world = World {
            env: Env::new(config, workload),
            requests: WireRequests::default(),
            nodes: Nodes::default(),
            controllers: Controllers::default(),
            users: Users::default(),
            reclaim: Reclaim::default(),
            dispatched: 0,
            last_write: (0, SimTime::ZERO),
        };
        world.reset_subsystems();
        world
    }

    /// Empties the cluster for another run; keeps the allocated memory. The caller restarts the workload.
    pub fn reset(&mut self, config: Config) {
        self.env.reset(config);
        self.reset_subsystems();
    }

    /// Empties all subsystems, for the environment's configuration.
    fn reset_subsystems(&mut self) {
        let World { env, requests, nodes, controllers, users, reclaim, dispatched, last_write } = self;
        requests.reset(&env.config);
        nodes.reset(env);
        controllers.reset(env);
        users.clear();
        reclaim.clear();
        (*dispatched, *last_write) = (0, (0, SimTime::ZERO));
    }

    /// Adds a Job that is created at an instant.
    pub fn add_job(&mut self, object: Arc<JobObject>, at: SimTime) -> JobId {
        self.add_job_that(object, None, at)
    }

    /// Adds a Job that is created at an instant, with a status if it begins with one.
    pub fn add_job_that(&mut self, object: Arc<JobObject>, begins: Option<BeginsWith>, at: SimTime) -> JobId {
        let id = users::add_job(&mut self.env, &mut self.users, (object, begins.as_ref()), at);
        let Some(begins) = begins else { return id };
        if self.env.watch.is_open() {
            self.controllers.jobs.controller.caches.entry(id).records.backoff = begins.backoff;
        }
        if !begins.pods.is_empty() || !begins.pods_before.is_empty() {
            self.users.begins.insert(id, begins);
        }
        id
    }

    /// Adds a CronJob that is created at an instant.
    pub fn add_cronjob(&mut self, object: Arc<CronJobObject>, at: SimTime) -> CronJobId {
        let id = self.admit_cronjob(object);
        self.create_cronjob_at(id, None, at);
        id
    }

    /// Makes a CronJob known to the world; it is not created yet.
    pub fn admit_cronjob(&mut self, object: Arc<CronJobObject>) -> CronJobId {
        self.env.store.cronjobs.push(ApiCronJob::new(object))
    }

    /// Plans the creation of a CronJob, with a status if it begins with one. Add the Jobs that it controls first.
    pub fn create_cronjob_at(&mut self, id: CronJobId, begins: Option<&InitialCronJobStatus>, at: SimTime) {
        users::plan_cronjob(&mut self.env, &mut self.users, (id, begins), at);
    }

    /// Adds a node that joins at an instant. Nodes with the same instant join in the order in which they were added.
    /// The kubelet renews the node's lease when it joins, again after `heartbeat`, and from then on at regular
    /// intervals.
    pub fn add_node(&mut self, node: Arc<Node>, at: SimTime, heartbeat: SimDuration) -> NodeId {
        assert!(self.env.config.nodes.is_some(), "the configuration says what surrounds nodes");
        let id = self.env.store.nodes.push(ApiNode::new(node));
        self.nodes.machines.expect(id, heartbeat);
        self.env.schedule_at(at, Event::NodeJoins(id));
        id
    }

    /// Lets the first nodes of the pools join at an instant. Call [`World::add_node`] for other nodes first.
    pub fn begin_pools(&mut self, at: SimTime) {
        self.nodes.autoscaler.begin(&mut self.env, at);
    }

    /// Makes a node that has not joined yet one whose kubelet has already lost the API server.
    pub fn begin_unready(&mut self, id: NodeId, ready: NodeReady) {
        let node = &mut self.env.store.nodes[id];
        assert!(node.created.is_none(), "a node begins before it joins");
        node.ready = ready;
        self.nodes.machines.silence(id, self.env.now());
    }

    /// Adds an action of a user at an instant; returns the action's number, which a refusal refers to.
    pub fn add_action(&mut self, action: Action, at: SimTime) -> u32 {
        self.users.plan(&mut self.env, action, at)
    }

    /// The containers of a Pod that has not finished, first the regular and then the init containers; `None` if the
    /// Pod's containers are not modelled one by one.
    pub fn containers_of(&self, pod: PodId) -> Option<Vec<ContainerView>> {
        self.nodes.containers_of(pod)
    }

    /// The virtual time: the instant of the last event.
    pub fn now(&self) -> SimTime {
        self.env.now()
    }

    /// The instant of the next event; `None` if none is pending, or if the world is stuck ([`World::is_stuck`]).
    pub fn next_time(&self) -> Option<SimTime> {
        self.env.events.peek_time().filter(|_| !self.is_stuck())
    }

    /// Whether virtual time no longer advances: the current millisecond has had more events than
    /// [`Config::most_at_once`], and the world takes no further step.
    pub fn is_stuck(&self) -> bool {
        self.env.is_stuck()
    }

    /// Whether only periodic checks are pending, none of which will find anything to do. Only clusters with nodes have
    /// such checks; in others the event list becomes empty.
    pub fn is_settled(&self) -> bool {
        self.env.housekeeping == self.env.events.len()
            && self.now() - self.last_write.1 > SETTLES_AFTER.max(self.nodes.autoscaler.acts_within(&self.env))
            && !self.nodes.autoscaler.may_lose_nodes(&self.env)
    }

    /// The last instant at which anything was written.
    pub fn last_write(&self) -> SimTime {
        self.last_write.1
    }

    /// How many syncs of Jobs have been begun.
    pub fn syncs(&self) -> u64 {
        self.controllers.jobs.syncs
    }

    /// Dispatches the next event and its consequences within the instant; returns the instant, or `None` if
    /// [`World::next_time`] does.
    pub fn step(&mut self) -> Option<SimTime> {
        if self.is_stuck() {
            return None;
        }
        let event = self.env.next_event()?;
        self.dispatched += 1;
        self.env.housekeeping -= usize::from(event.is_housekeeping());
        self.dispatch(event);
        self.env.publish();
        self.controllers.work(&mut self.env, &mut self.requests, &mut self.nodes);
        self.nodes.take_slots_back(&mut self.env);
        if self.env.config.nodes.is_some() {
            self.work_around_nodes();
            if self.env.store.version() != self.last_write.0 {
                self.last_write = (self.env.store.version(), self.env.now());
            }
        }
        self.controllers.schedule_timers(&mut self.env);
        Some(self.now())
    }

    fn dispatch(&mut self, event: Event) {
        let World { env, requests, nodes, controllers, .. } = self;
        let now = env.now();
        match event {
            Event::KeyDue(job) => controllers.jobs.controller.queue.due(job, now),
            Event::TtlDue(job) => controllers.ttl.queue.due(job, now),
            Event::CronDue(cronjob) => controllers.cronjobs.controller.queue.due(cronjob, now),
            Event::TokenRound => requests.token_round(env),
            Event::Apply { request, generation } => {
                // A request whose client has died is never applied.
                if let Some(request) = requests.take(request, generation) {
                    controllers.apply(env, requests, nodes, request);
                }
            }
            Event::Answers(worker) => controllers.jobs.answer_all(env, requests, nodes, worker),
            Event::CronAnswer { worker, call } => controllers.cronjobs.answer(env, requests, worker, call),
            Event::Watch => controllers.deliver_due(env),
            Event::ControllersUp => controllers.start(env),
            Event::WorkBegins => {}
            Event::ListJobs => controllers.list_jobs(env),
            Event::ListPods => controllers.list_pods(env),
            Event::Bind(pod) => nodes.bind(env, pod),
            Event::GiveSlots => nodes.give_slots(env),
            Event::Waits(pod, _)
            | Event::Start(pod)
            | Event::Ready(pod, _)
            | Event::Exit(pod, _)
            | Event::Restart(pod, _)
            | Event::Stopped(pod)
            | Event::PodDeadline(pod)
            | Event::DeadlineStopped(pod)
            | Event::Container(pod, ..) => nodes.step(env, pod, event),
            Event::ClusterWatch => self.deliver_due(),
            Event::NodeControllers(event) => {
                controllers.around_nodes.dispatch(NodesAround { env, requests, nodes }, event);
            }
            Event::TakePod => nodes.scheduler.take(env),
            Event::CycleEnds => nodes.scheduler.end_cycle(env, requests),
            Event::ConditionAnswer => nodes.scheduler.condition_answered(),
            Event::FlushBackoff => nodes.scheduler.flush_backoff(env),
            Event::FlushUnschedulable => nodes.scheduler.flush_unschedulable(env),
            Event::NodeJoins(node) => nodes.join(env, node),
            Event::NodeReclaimNotice(node) => nodes.reclaim_notice(env, node),
            Event::NodeReclaim(node) => nodes.reclaim(env, node),
            Event::AutoscalerScan => nodes.scan(env),
            Event::Disrupt(pod, kind) => nodes.disrupt(env, pod, kind),
            Event::Unreachable(pod, loss, step) => nodes.unreachable_step(env, pod, (loss, step)),
            Event::CollectPods(job) => gc::collect_pods(env, nodes, job),
            Event::CollectJob(job) => gc::collect_job(env, job),
            Event::CollectOrphans(job) => gc::collect_orphans(env, nodes, job),
            Event::CollectPod(pod) => gc::collect_pod(env, nodes, pod),
            Event::CollectJobs(owner) => gc::collect_jobs(env, owner),
            Event::CollectCronJob(cronjob) => gc::collect_cronjob(env, cronjob),
            Event::CollectOwned(job) => gc::collect_owned(env, job),
            Event::QuotaReplenished(pod) => env.quota_replenished(pod),
            Event::QuotaResync => env.quota_resync(),
            Event::KueueCycle => env.kueue_cycle(),
            Event::User => self.user(),
        }
    }

    /// Performs the next action of a user, if it is due.
    fn user(&mut self) {
        let World { env, requests, nodes, controllers, users, .. } = self;
        // The action may have been done already, or other events of the instant are still pending.
        let Some((number, action)) = users.take_due(env) else { return };
        match action {
            Action::RestartControllers(down) => controllers.restart(env, requests, down),
            Action::StartControllers => controllers.start(env),
            Action::StopControllers => drop(controllers.stop(env, requests)),
            Action::CreateJob(id) => {
                users::perform(env, nodes, number, Action::CreateJob(id));
                if let Some(begins) = users.begins.remove(&id) {
                    users::begin_pods(env, nodes, id, &begins);
                }
            }
            action => users::perform(env, nodes, number, action),
        }
    }

    /// Delivers changes that have reached the scheduler and the controllers around nodes by now.
    fn deliver_due(&mut self) {
        while let Some(change) = self.env.cluster_watch.arrive(self.env.now()) {
            self.deliver(change);
        }
    }

    fn deliver(&mut self, change: ClusterChange) {
        let World { env, requests, nodes, controllers, .. } = self;
        nodes.scheduler.deliver(env, &change);
        controllers.around_nodes.deliver(NodesAround { env, requests, nodes }, change);
        env.publish();
    }

    /// Delivers changes that reach the scheduler and the controllers around nodes without latency, and plans their next
    /// steps.
    fn work_around_nodes(&mut self) {
        self.env.publish();
        while self.env.cluster_watch.has_arrived_at_once() {
            let mut changes = self.env.cluster_watch.take_at_once();
            for change in changes.drain(..) {
                self.deliver(change);
                // The writes of one of these controllers may concern the others.
                if self.env.watch.has_arrived_at_once() {
                    self.controllers.work(&mut self.env, &mut self.requests, &mut self.nodes);
                    self.env.publish();
                }
            }
            self.env.cluster_watch.give_back(changes);
        }
        let World { env, requests, nodes, controllers, .. } = self;
        nodes.plan(env);
        controllers.around_nodes.plan(NodesAround { env, requests, nodes });
    }
}
