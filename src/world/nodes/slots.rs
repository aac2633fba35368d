//! Capacity as slots, in clusters without nodes: a bound and unfinished Pod takes one, and Pods that find none wait,
//! first come, first served. It does not bind Pods, and does not know why a Pod gives up its slot.
//!
//! Invariant: at most as many slots are taken as there are.

use crate::id::PodId;
use crate::model::{Life, Workload};
use crate::record::Observation;
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::store::JobOrder;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The slots of a cluster, and the Pods that wait for one.
#[derive(Debug, Default)]
pub(super) struct ClusterSlots {
    taken: u32,
    waiting: BinaryHeap<Reverse<SlotRequest>>,
    /// Whether the event that gives out slots is pending.
    is_round_planned: bool,
}

/// A Pod that asks to be bound. Requests are served in the order of their instants; then of the Pods' creation; then of
/// the Jobs; then of index, or ordinal without indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SlotRequest {
    at: SimTime,
    created: SimTime,
    job: JobOrder,
    number: i64,
    pod: PodId,
}

impl ClusterSlots {
    /// Frees everything; keeps the allocated memory.
    pub fn clear(&mut self) {
        (self.taken, self.is_round_planned) = (0, false);
        self.waiting.clear();
    }

    /// Queues a Pod for a slot. If none is free, the wait is observed.
    pub fn ask<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId, life: Life) {
        let now = env.now();
        let slots = env.config.slots.expect("Pods ask for slots only where slots are counted");
        let created = now - life.bind.unwrap_or(SimDuration::ZERO);
        let job = env.store.jobs[env.store.pods[pod].job].order;
        if self.waiting.len() as u64 + u64::from(self.taken) >= u64::from(slots) {
            env.log.push(Observation::RoomWait(pod));
        }
        let number = env.store.number_of(pod);
        self.waiting.push(Reverse(SlotRequest { at: now, created, job, number, pod }));
        self.plan_round(env);
    }

    /// Takes back the slots that Pods have given up.
    pub fn take_back<W: Workload>(&mut self, env: &mut Env<W>) {
        let freed = std::mem::take(&mut env.freed_slots);
        self.taken = self.taken.checked_sub(freed).expect("a Pod gives up a slot that it has taken");
        if !self.waiting.is_empty() {
            self.plan_round(env);
        }
    }

    /// Plans that slots are given out at the end of the instant, when all its requests and freed slots are known.
    fn plan_round<W: Workload>(&mut self, env: &mut Env<W>) {
        if !self.is_round_planned {
            self.is_round_planned = true;
            env.schedule_after(SimDuration::ZERO, Event::GiveSlots);
        }
    }

    /// The next Pod that gets a slot, if one is free.
    pub fn next(&mut self, slots: u32) -> Option<PodId> {
        self.is_round_planned = false;
        assert!(self.taken <= slots, "{} of {slots} slots are taken", self.taken);
        if self.taken == slots {
            return None;
        }
        self.waiting.pop().map(|Reverse(request)| request.pod)
    }

    /// The Pod takes a slot.
    pub fn take<W: Workload>(&mut self, env: &mut Env<W>, pod: PodId) {
        let pod = &mut env.store.pods[pod];
        assert!(!pod.has_slot, "a Pod takes one slot");
        pod.has_slot = true;
        self.taken += 1;
    }
}
