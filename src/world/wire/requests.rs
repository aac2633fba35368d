//! Requests on their way to the API server: which client made each, and when it is applied. What a request does is in
//! the subsystem of its client.
//!
//! Invariants: a place holds at most one request; each use of a place has its own generation, so the event of a request
//! that died with its client finds no request.

use crate::controller::TokenBucket;
use crate::controller::job::JobCall;
use crate::id::{JobId, NodeId, PodId};
use crate::model::{LatencyOf, Workload};
use crate::record::{Client, Observation};
use crate::time::{SimDuration, SimTime};
use crate::world::config::Config;
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::store::JobOrder;

/// A request, and which client waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum Request {
    /// A call of the sync of a Job worker.
    Sync {
        /// The worker.
        worker: u8,
        /// The call.
        call: JobCall,
    },
    /// A worker of the orphan clean-up removes a finalizer.
    Orphan(u8, PodId),
    /// The TTL controller reads a Job.
    TtlGet(JobId),
    /// The TTL controller deletes a Job.
    TtlDelete(JobId),
    /// The Job controller's event recorder creates a Kubernetes Event, or raises its count.
    JobEvent,
    /// The call of the sync of a worker of the CronJob controller.
    CronJob(u8),
    /// The CronJob controller's event recorder creates a Kubernetes Event, or raises its count.
    CronJobEvent,
    /// The scheduler binds a Pod to the node on which it has assumed the Pod.
    Bind(PodId),
    /// The scheduler writes the condition of a Pod that it did not schedule, and waits for the answer.
    PodCondition(PodId),
    /// A preemption (by its place) makes a request about a Pod.
    Preempt(u32, PodId, PreemptionCall),
    /// An eviction of the taint eviction controller (by its place) makes a request about its Pod.
    Evict(u32, EvictionCall),
    /// The Pod garbage collector reads a node.
    GcGetNode(NodeId),
    /// The Pod garbage collector makes a request about a Pod.
    GcPod(PodId, GcCall),
    /// The node lifecycle controller sets a node's condition Ready to Unknown.
    NodeUnknown(NodeId),
}

/// A request of an eviction because of taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum EvictionCall {
    /// Reads the Pod.
    Get,
    /// Gives the Pod the condition DisruptionTarget.
    Patch,
    /// Deletes the Pod.
    Delete,
}

/// A request of the Pod garbage collector about a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum GcCall {
    /// Sets the Pod's phase to Failed.
    Fail,
    /// Sets the Pod's phase to Failed because its node is gone, with the condition DisruptionTarget.
    FailOrphan,
    /// Deletes the Pod without grace.
    Delete,
}

/// A request of a preemption about a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum PreemptionCall {
    /// Removes the Pod's nomination.
    ClearNomination,
    /// Gives the Pod the condition DisruptionTarget.
    Patch,
    /// Deletes the Pod.
    Delete,
}

impl Request {
    /// The client that makes it; each has a token bucket of its own.
    fn client(self) -> Client {
        match self {
            Request::Sync { .. } | Request::Orphan(..) | Request::JobEvent => Client::Jobs,
            Request::TtlGet(_) | Request::TtlDelete(_) => Client::Ttl,
            Request::CronJob(_) | Request::CronJobEvent => Client::CronJobs,
            Request::Bind(_) | Request::PodCondition(_) | Request::Preempt(..) => Client::Scheduler,
            Request::Evict(..) => Client::TaintEviction,
            Request::GcGetNode(_) | Request::GcPod(..) => Client::PodGc,
            Request::NodeUnknown(_) => Client::NodeLifecycle,
        }
    }
}

/// The order in which requests of one instant ask for their tokens: those of workers before those of event recorders;
/// then by Job; then requests without a Pod, then by the Pod's index or, without indexes, its ordinal.
pub(in crate::world) type RequestRank = (bool, JobOrder, i64);

/// A request that asks for its token.
#[derive(Clone, Copy, Debug)]
struct Asking {
    rank: RequestRank,
    request: Request,
    /// The Job on whose behalf it is made, if any.
    job: Option<JobId>,
    latency: SimDuration,
}

/// A place for a request that has not been applied yet.
#[derive(Debug, Default)]
struct RequestPlace {
    request: Option<Request>,
    generation: u32,
}

/// The requests that have not been applied yet.
#[derive(Debug, Default)]
pub(in crate::world) struct WireRequests {
    under_way: Vec<RequestPlace>,
    free: Vec<u32>,
    asking: Vec<Asking>,
    /// By [`Client`]; `None` for a client that is not throttled.
    buckets: [Option<TokenBucket>; Client::COUNT],
    /// Whether requests wait a tick for others of their instant, which is needed to order them.
    asks_in_order: bool,
    /// Whether a client's requests of one instant are sent a tick apart.
    is_spread: bool,
}

impl WireRequests {
    /// Empties it for another run, with full buckets; keeps the allocated memory.
    pub fn reset(&mut self, config: &Config) {
        self.drop_where(|_| true);
        self.buckets = [None; Client::COUNT];
        for client in [Client::Jobs, Client::Ttl, Client::CronJobs] {
            self.buckets[client as usize] = config.throttle.map(TokenBucket::new);
        }
        let scheduler = config.nodes.as_ref().and_then(|nodes| nodes.throttle);
        self.buckets[Client::Scheduler as usize] = scheduler.map(TokenBucket::new);
        self.is_spread = config.nodes.is_some();
        self.asks_in_order = config.throttle.is_some() || self.is_spread;
    }

    /// The controllers' clients die: none of their pending requests is applied, and new clients have full buckets. The
    /// scheduler is not affected.
    pub fn drop_all(&mut self) {
        self.drop_where(|client| client != Client::Scheduler);
    }

    fn drop_where(&mut self, dies: impl Fn(Client) -> bool) {
        self.asking.retain(|asking| !dies(asking.request.client()));
        for (place, under_way) in self.under_way.iter_mut().enumerate() {
            if under_way.request.is_some_and(|request| dies(request.client())) {
                under_way.request = None;
                under_way.generation += 1;
                self.free.push(place as u32);
            }
        }
        for client in Client::ALL.into_iter().filter(|&client| dies(client)) {
            self.buckets[client as usize].iter_mut().for_each(TokenBucket::fill);
        }
    }

    /// Makes a request on behalf of a Job, or of none. With a throttle it asks for its token a tick later, together
    /// with all others of the instant. In the real controllers it is random which of several goroutines asks first;
    /// here the rank decides.
    pub fn make<W: Workload>(&mut self, env: &mut Env<W>, request: Request, job: Option<JobId>, rank: RequestRank) {
        let latency = env.latency(LatencyOf::Request, job);
        if !self.asks_in_order {
            return self.send(env, request, env.now(), latency);
        }
        if self.asking.is_empty() {
            env.schedule_after(SimDuration::TICK, Event::TokenRound);
        }
        self.asking.push(Asking { rank, request, job, latency });
    }

    /// Takes the tokens for the requests of the previous tick. Waits are observed.
    pub fn token_round<W: Workload>(&mut self, env: &mut Env<W>) {
        let now = env.now();
        let mut asking = std::mem::take(&mut self.asking);
        asking.sort_by_key(|a| a.rank);
        let mut next = [now; Client::COUNT];
        for &Asking { request, job, latency, .. } in &asking {
            let client = request.client();
            let wait = self.buckets[client as usize].as_mut().map_or(SimDuration::ZERO, |bucket| bucket.reserve(now));
            if wait.is_positive() {
                // No Job waits for a Kubernetes Event.
                let held_up = job.filter(|_| request != Request::JobEvent);
                env.log.push(Observation::TokenWait(client, held_up, wait));
            }
            let mut at = now + wait;
            if self.is_spread {
                at = at.max(next[client as usize]);
                next[client as usize] = at + SimDuration::TICK;
            }
            self.send(env, request, at, latency);
        }
        asking.clear();
        self.asking = asking;
    }

    /// Sends a request at an instant; it is applied after the latency.
    fn send<W: Workload>(&mut self, env: &mut Env<W>, request: Request, at: SimTime, latency: SimDuration) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.under_way.push(RequestPlace::default());
            (self.under_way.len() - 1) as u32
        });
        let entry = &mut self.under_way[place as usize];
        let before = entry.request.replace(request);
        assert!(before.is_none(), "a free place holds no request");
        env.schedule_at(at + latency, Event::Apply { request: place, generation: entry.generation });
    }

    /// Takes the request that is to be applied now; `None` if it died with its client.
    pub fn take(&mut self, place: u32, generation: u32) -> Option<Request> {
        let entry = &mut self.under_way[place as usize];
        if entry.generation != generation {
            return None;
        }
        let request = entry.request.take();
        assert!(request.is_some(), "a place of this generation holds its request until it is applied");
        entry.generation += 1;
        self.free.push(place);
        request
    }
}
