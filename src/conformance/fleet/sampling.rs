//! When the recorder of a fleet took its samples, and when it stopped. It records nothing itself.

use crate::conformance::histories::replay::{LINGER, SAMPLED_EVERY, Sampling};
use crate::id::JobId;
use crate::model::Workload;
use crate::time::SimTime;
use crate::world::World;

/// A sample in addition to the regular ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Its instant.
    pub at: SimTime,
    /// Whether it comes before new controllers begin to work; otherwise it comes after everything else in its instant.
    pub is_comeback: bool,
}

/// The samples of one recording.
#[derive(Debug)]
pub struct FleetSampling<'a> {
    next_tick: SimTime,
    /// At creations, at actions and when controllers return, in order of time.
    extra: &'a [Sample],
    horizon: SimTime,
    /// By [`JobId`]: the sample in which it was first seen finished.
    finished: Vec<Option<SimTime>>,
}

impl<'a> FleetSampling<'a> {
    /// Samples from time zero on, and at the `extra` instants, which are in order.
    pub fn new(zero: SimTime, extra: &'a [Sample], horizon: SimTime) -> Self {
        FleetSampling { next_tick: zero, extra, horizon, finished: Vec::new() }
    }

    fn next(&self) -> Sample {
        let tick = Sample { at: self.next_tick, is_comeback: false };
        self.extra.first().map_or(tick, |&sample| tick.min(sample))
    }

    /// Whether nothing more will happen to a Job.
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

impl<W: Workload> Sampling<W> for FleetSampling<'_> {
    fn is_before(&self, next: SimTime) -> bool {
        let sample = self.next();
        if sample.is_comeback { sample.at < next } else { sample.at.end_of_micro() < next.end_of_micro() }
    }

    fn sample(&mut self, world: &World<W>) -> Option<SimTime> {
        let Sample { at, is_comeback } = self.next();
        if !is_comeback && at >= self.next_tick {
            self.next_tick = self.next_tick + SAMPLED_EVERY;
        }
        while self.extra.first().is_some_and(|&extra| extra <= Sample { at, is_comeback }) {
            self.extra = &self.extra[1..];
        }
        self.finished.resize(world.env.store.jobs.len(), None);
        let mut is_over = world.env.store.cronjobs.iter().all(|c| c.gone);
        for n in 0..world.env.store.jobs.len() {
            is_over &= self.has_seen_enough(JobId(n as u32), at, world);
        }
        (is_over || at >= self.horizon).then_some(at)
    }

    /// A fleet is recorded up to its last sample.
    fn is_over(&self, _: SimTime) -> bool {
        false
    }
}
