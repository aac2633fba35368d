//! Requests under way to the API server: who asked, for what, and when they are applied. It is not the API server, and
//! it answers nobody.

use crate::controller::TokenBucket;
use crate::controller::job::JobCall;
use crate::id::{JobId, PodId};
use crate::record::Client;
use crate::release::RateLimit;
use crate::time::{SimDuration, SimTime};
use crate::world::event::Event;
use crate::world::store::jobs::JobOrder;

/// A request, and who waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A call of the sync that a worker performs.
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
    /// The Event sender creates an Event or raises its count.
    Notice,
    /// The call of the pass that a worker of the CronJob controller performs.
    CronJob(u8),
    /// The CronJob controller's Event sender creates an Event or raises its count.
    CronNotice,
}

impl Request {
    /// The client through which it is made, each with a token bucket of its own.
    pub fn client(self) -> Client {
        match self {
            Request::Sync { .. } | Request::Orphan(..) | Request::Notice => Client::Jobs,
            Request::TtlGet(_) | Request::TtlDelete(_) => Client::Ttl,
            Request::CronJob(_) | Request::CronNotice => Client::CronJobs,
        }
    }
}

/// The order in which requests of one instant ask for their tokens: the controller's own before the Event sender, Jobs
/// in their order, requests without a Pod first, then Pods by index, else creation.
pub type Rank = (bool, JobOrder, i64);

/// A request that got its token late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delayed {
    /// The request.
    pub request: Request,
    /// How long it waits for its token.
    pub wait: SimDuration,
}

/// Requests under way.
#[derive(Debug)]
pub struct Requests {
    under_way: Vec<(Option<Request>, u32)>,
    free: Vec<u32>,
    /// With the latency of each.
    asking: Vec<(Rank, Request, SimDuration)>,
    /// By [`Client`].
    throttle: Option<[TokenBucket; Client::COUNT]>,
    /// What is to be put onto the event list.
    pub agenda: Vec<(SimTime, Event)>,
}

impl Requests {
    /// Nothing under way; each client's bucket is full.
    pub fn new(throttle: Option<RateLimit>) -> Self {
        Requests {
            under_way: Vec::new(),
            free: Vec::new(),
            asking: Vec::new(),
            throttle: throttle.map(|size| [TokenBucket::new(size); Client::COUNT]),
            agenda: Vec::new(),
        }
    }

    /// Empties it for another run; keeps the memory.
    pub fn reset(&mut self, throttle: Option<RateLimit>) {
        self.drop_all();
        self.agenda.clear();
        self.throttle = throttle.map(|size| [TokenBucket::new(size); Client::COUNT]);
    }

    /// The clients die: nothing that is under way is applied; new ones have full buckets.
    pub fn drop_all(&mut self) {
        self.asking.clear();
        self.free.clear();
        for (slot, (request, generation)) in self.under_way.iter_mut().enumerate() {
            *request = None;
            *generation += 1;
            self.free.push(slot as u32);
        }
        self.throttle.iter_mut().flatten().for_each(TokenBucket::fill);
    }

    /// Makes a request that takes so long. With a throttle it asks for its token a tick later, together with all others of the instant.
    pub fn make(&mut self, request: Request, latency: SimDuration, rank: Rank, now: SimTime) {
        if self.throttle.is_none() {
            return self.send(request, now, latency);
        }
        if self.asking.is_empty() {
            self.agenda.push((now + SimDuration::TICK, Event::TokenRound));
        }
        self.asking.push((rank, request, latency));
    }

    /// The requests of the instant before take their tokens.
    /// Tells of each request that has to wait.
    pub fn token_round(&mut self, now: SimTime, mut delayed: impl FnMut(Delayed)) {
        let mut asking = std::mem::take(&mut self.asking);
        asking.sort_by_key(|a| a.0);
        for &(_, request, latency) in &asking {
            let bucket = self.throttle.as_mut().map(|buckets| &mut buckets[request.client() as usize]);
            let wait = bucket.map_or(SimDuration::ZERO, |bucket| bucket.reserve(now));
            if wait.is_positive() {
                delayed(Delayed { request, wait });
            }
            self.send(request, now + wait, latency);
        }
        asking.clear();
        self.asking = asking;
    }

    /// Sends a request at an instant; it is applied when the latency has passed.
    fn send(&mut self, request: Request, at: SimTime, latency: SimDuration) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.under_way.push((None, 0));
            (self.under_way.len() - 1) as u32
        });
        let entry = &mut self.under_way[slot as usize];
        entry.0 = Some(request);
        self.agenda.push((at + latency, Event::Apply { request: slot, generation: entry.1 }));
    }

    /// Takes the request that is applied now; `None` if it died with its client.
    pub fn take(&mut self, slot: u32, generation: u32) -> Option<Request> {
        let entry = self.under_way.get_mut(slot as usize).filter(|e| e.1 == generation)?;
        entry.1 += 1;
        self.free.push(slot);
        entry.0.take()
    }
}
