//! When the recorder looks at a fleet, and when it has seen enough. It writes down nothing.

use crate::conformance::jobs::replay::{LINGER, LOOK_EVERY};
use crate::id::JobId;
use crate::model::Workload;
use crate::time::SimTime;
use crate::world::World;

/// A look beside the regular ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// When.
    pub at: SimTime,
    /// Whether it comes before new controllers begin to work; any other comes after everything of its instant.
    pub is_comeback: bool,
}

/// The looks of one recording.
#[derive(Debug)]
pub struct Looks<'a> {
    next_tick: SimTime,
    /// At creations, actions and when controllers come back, in order of time.
    extra: &'a [Look],
    horizon: SimTime,
    /// By [`JobId`]: the look at which it was first seen finished.
    finished: Vec<Option<SimTime>>,
}

impl<'a> Looks<'a> {
    /// Looks from time zero on, and at the `extra` instants, which are in order.
    pub fn new(zero: SimTime, extra: &'a [Look], horizon: SimTime) -> Self {
        Looks { next_tick: zero, extra, horizon, finished: Vec::new() }
    }

    /// The next look.
    pub fn next(&self) -> Look {
        let tick = Look { at: self.next_tick, is_comeback: false };
        self.extra.first().map_or(tick, |&look| tick.min(look))
    }

    /// Whether the next look comes before what happens at `next`.
    pub fn is_before(&self, next: SimTime) -> bool {
        let look = self.next();
        if look.is_comeback { look.at < next } else { look.at.end_of_micro() < next.end_of_micro() }
    }

    /// Looks at the world; whether the recording is over.
    pub fn look<W: Workload>(&mut self, world: &World<W>) -> bool {
        let Look { at, is_comeback } = self.next();
        if !is_comeback && at >= self.next_tick {
            self.next_tick = self.next_tick + LOOK_EVERY;
        }
        while self.extra.first().is_some_and(|&extra| extra <= Look { at, is_comeback }) {
            self.extra = &self.extra[1..];
        }
        self.finished.resize(world.env.store.jobs.len(), None);
        let mut over = world.env.store.cronjobs.iter().all(|c| c.gone);
        for n in 0..world.env.store.jobs.len() {
            over &= self.has_seen_enough(JobId(n as u32), at, world);
        }
        over || at >= self.horizon
    }

    /// Whether nothing more is to come of a Job.
    fn has_seen_enough<W: Workload>(&mut self, id: JobId, at: SimTime, world: &World<W>) -> bool {
        let job = &world.env.store.jobs[id];
        if job.gone {
            return job.pods_live == 0;
        }
        if job.created.is_none() || job.status.finished().is_none() {
            return false;
        }
        let since = *self.finished[id.ix()].get_or_insert(at);
        job.spec.ttl_seconds_after_finished.is_none() && at - since > LINGER
    }
}
