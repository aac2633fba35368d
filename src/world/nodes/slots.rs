//! Room in the cluster, as slots: a bound and unfinished Pod takes one, and Pods that find none wait. First come, first
//! served. It binds no Pod itself, and it does not know why a Pod lets its slot go.

use crate::id::PodId;
use crate::model::Workload;
use crate::record::Observation;
use crate::time::{SimDuration, SimTime};
use crate::world::dispatch::World;
use crate::world::event::Event;
use crate::world::store::jobs::JobOrder;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The slots of a cluster and who waits for one.
#[derive(Debug, Default)]
pub(in crate::world) struct Room {
    taken: u32,
    waiting: BinaryHeap<Reverse<Ask>>,
    /// Whether the scheduler will look in this instant.
    looks: bool,
}

/// A Pod that asks to be bound. The order of asks: by instant; then the Pod that was created earlier; then by Job; then
/// by index, else ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ask {
    at: SimTime,
    created: SimTime,
    job: JobOrder,
    number: i64,
    pod: PodId,
}

impl Room {
    /// Frees everything; keeps the memory.
    pub fn clear(&mut self) {
        (self.taken, self.looks) = (0, false);
        self.waiting.clear();
    }
}

impl<W: Workload> World<W> {
    /// The scheduler comes to a Pod: it is bound if there is room for any number, else it asks for a slot.
    pub(in crate::world) fn bind(&mut self, pod: PodId) {
        let now = self.events.now();
        let Some(slots) = self.config.slots else { return self.kubelet.bind(pod, &mut self.store, now) };
        let Some(life) = self.kubelet.life(pod, &self.store) else { return };
        let created = now - life.bind.unwrap_or(SimDuration::ZERO);
        let job = self.store.jobs[self.store.pods[pod].job].order;
        let ask = Ask { at: now, created, job, number: self.number_of(pod), pod };
        if self.room.waiting.len() as u64 + u64::from(self.room.taken) >= u64::from(slots) {
            self.log.push(Observation::RoomWait(pod));
        }
        self.room.waiting.push(Reverse(ask));
        self.look_for_room();
    }

    /// A Pod that had a slot has finished, or is gone.
    pub(in crate::world) fn free_slot(&mut self, pod: PodId) {
        self.store.pods[pod].has_slot = false;
        self.room.taken -= 1;
        if !self.room.waiting.is_empty() {
            self.look_for_room();
        }
    }

    fn look_for_room(&mut self) {
        if !self.room.looks {
            self.room.looks = true;
            self.schedule_after(SimDuration::ZERO, Event::Room);
        }
    }

    /// Binds waiting Pods while there is room. One that is finished, gone or being deleted has lost its turn.
    pub(in crate::world) fn give_room(&mut self) {
        self.room.looks = false;
        let (now, slots) = (self.events.now(), self.config.slots.unwrap_or(u32::MAX));
        while self.room.taken < slots
            && let Some(Reverse(ask)) = self.room.waiting.pop()
        {
            if self.kubelet.life(ask.pod, &self.store).is_some() {
                self.room.taken += 1;
                self.store.pods[ask.pod].has_slot = true;
                self.kubelet.bind(ask.pod, &mut self.store, now);
            }
        }
    }
}
