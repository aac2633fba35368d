//! The event list: pending events in the order in which they happen. It is not a dispatcher: it neither runs events nor
//! cancels them. An event that no longer applies when its time comes is ignored by its receiver.
//!
//! Events are ordered by time, then by class (small first), then by insertion. So the order of two events depends
//! neither on the shape of the heap nor on the other events in it. Invariant: no event is scheduled before the instant
//! of the event that was taken last. Scheduling into the past is a fault of the model: moving the event to *now* would
//! hide that fault and silently reorder events.
//!
//! Most events are scheduled after one of a few fixed delays: a latency, the period of a batch, a tick. Events with the
//! same delay are scheduled in the order of their times, so they go into a first-in, first-out queue (a *lane*), where
//! inserting and taking cost the same however many events are pending. All others go into a heap.

use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// Children of a heap node. The keys of four children fit into two cache lines.
const ARITY: usize = 4;

/// How many delays have a lane. A change of one lane compares the fronts of all, so there should be few.
const LANES: usize = 8;

/// A key later than that of every event.
const NEVER: u128 = u128::MAX;

/// Pending events of type `E`.
#[derive(Debug)]
pub struct EventList<E> {
    heap: Vec<PendingEvent<E>>,
    lanes: EventLanes<E>,
    inserted: u64,
    now: SimTime,
}

/// Events by their delay.
#[derive(Debug)]
struct EventLanes<E> {
    queues: [VecDeque<PendingEvent<E>>; LANES],
    /// The delay of each lane's events; of an empty lane, the delay that it had last.
    delays: [SimDuration; LANES],
    /// The key of the first event of each lane; [`NEVER`] if it is empty.
    fronts: [u128; LANES],
    /// The smallest key in `fronts`, and the lane that it belongs to.
    first: (u128, usize),
    /// The most recent delays without a lane. A delay gets a lane only when it occurs again while it is listed here:
    /// delays drawn at random do not occur twice, and must not take up lanes.
    missed: [SimDuration; 4],
    misses: usize,
    len: usize,
    /// How many lanes have ever been given to a delay.
    used: usize,
}

impl<E> Default for EventLanes<E> {
    fn default() -> Self {
        EventLanes {
            queues: std::array::from_fn(|_| VecDeque::new()),
            delays: [NO_DELAY; LANES],
            fronts: [NEVER; LANES],
            first: (NEVER, 0),
            missed: [NO_DELAY; 4],
            misses: 0,
            len: 0,
            used: 0,
        }
    }
}

/// The delay of a lane that has never had an event.
const NO_DELAY: SimDuration = SimDuration::from_nanos(-1);

impl<E: Copy> EventLanes<E> {
    fn clear(&mut self) {
        self.queues.iter_mut().for_each(VecDeque::clear);
        (self.delays, self.missed) = ([NO_DELAY; LANES], [NO_DELAY; 4]);
        (self.fronts, self.first) = ([NEVER; LANES], (NEVER, 0));
        (self.misses, self.len, self.used) = (0, 0, 0);
    }

    /// Adds an event to the lane of its delay; `false` if it has no lane.
    #[inline]
    fn take_in(&mut self, delay: SimDuration, entry: PendingEvent<E>) -> bool {
        let Some(lane) = self.lane_of(delay) else { return false };
        let key = entry.key();
        let queue = &mut self.queues[lane];
        match queue.back() {
            // Within one instant smaller classes come first, so this event cannot follow the last one in the lane.
            Some(last) if last.key() > key => return false,
            Some(_) => {}
            None => {
                self.fronts[lane] = key;
                if key < self.first.0 {
                    self.first = (key, lane);
                }
            }
        }
        queue.push_back(entry);
        self.len += 1;
        true
    }

    /// The lane of a delay. A delay that occurs again is given an empty lane, if there is one.
    #[inline]
    fn lane_of(&mut self, delay: SimDuration) -> Option<usize> {
        if let Some(lane) = self.delays.iter().position(|&other| other == delay) {
            return Some(lane);
        }
        if !self.missed.contains(&delay) {
            self.missed[self.misses % self.missed.len()] = delay;
            self.misses += 1;
            return None;
        }
        let lane = self.fronts.iter().position(|&front| front == NEVER)?;
        self.delays[lane] = delay;
        self.used = self.used.max(lane + 1);
        Some(lane)
    }

    /// Takes the first event.
    #[inline]
    fn pop(&mut self) -> PendingEvent<E> {
        let lane = self.first.1;
        let queue = &mut self.queues[lane];
        let entry = queue.pop_front().expect("a lane with a front has an event");
        self.fronts[lane] = queue.front().map_or(NEVER, PendingEvent::key);
        self.len -= 1;
        self.first = (self.fronts[0], 0);
        for lane in 1..self.used {
            if self.fronts[lane] < self.first.0 {
                self.first = (self.fronts[lane], lane);
            }
        }
        entry
    }
}

#[derive(Clone, Copy, Debug)]
struct PendingEvent<E> {
    time: SimTime,
    /// The class in the top byte, the sequence number of the insertion in the other 56 bits: no run has 2^56
    /// insertions.
    rank: u64,
    event: E,
}

/// The child with the smaller key, or the first if the keys are equal.
#[inline(always)]
fn lesser(a: (usize, u128), b: (usize, u128)) -> (usize, u128) {
    if b.1 < a.1 { b } else { a }
}

impl<E> PendingEvent<E> {
    #[inline(always)]
    fn key(&self) -> u128 {
        // Times are never negative here, so the unsigned order is the order of times.
        (u128::from(self.time.as_nanos() as u64) << 64) | u128::from(self.rank)
    }
}

impl<E: Copy> Default for EventList<E> {
    fn default() -> Self {
        EventList { heap: Vec::new(), lanes: EventLanes::default(), inserted: 0, now: SimTime::ZERO }
    }
}

impl<E: Copy> EventList<E> {
    /// An empty list at the clock's start.
    pub fn new() -> Self {
        Self::default()
    }

    /// The simulation clock: the instant of the event that was taken last.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.heap.len() + self.lanes.len
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events have been scheduled since the clock's start.
    pub fn scheduled(&self) -> u64 {
        self.inserted
    }

    /// Removes all events and sets the clock back to its start; keeps the allocated memory.
    pub fn clear(&mut self) {
        debug_assert!(self.heap.iter().all(|e| e.time >= self.now), "an event was left in the past");
        self.heap.clear();
        self.lanes.clear();
        self.inserted = 0;
        self.now = SimTime::ZERO;
    }

    /// Schedules an event for now or later.
    ///
    /// # Panics
    /// If `time` is in the past.
    #[inline]
    pub fn schedule(&mut self, time: SimTime, class: u8, event: E) {
        if time < self.now {
            self.in_the_past(time, class);
        }
        debug_assert!(self.inserted < 1 << 56, "the number of an insertion must leave the class its byte");
        let rank = (u64::from(class) << 56) | self.inserted;
        self.inserted += 1;
        let entry = PendingEvent { time, rank, event };
        if self.lanes.take_in(time - self.now, entry) {
            return;
        }
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1, entry);
    }

    /// Puts `entry` into the gap, or higher up where it belongs, and restores the heap.
    #[inline]
    fn sift_up(&mut self, gap: usize, entry: PendingEvent<E>) {
        debug_assert!(gap < self.heap.len(), "gap {gap} in a heap of {}", self.heap.len());
        let (heap, key) = (self.heap.as_mut_slice(), entry.key());
        let mut at = gap;
        while at > 0 {
            let parent = (at - 1) / ARITY;
            if heap[parent].key() <= key {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = entry;
    }

    #[cold]
    #[inline(never)]
    fn in_the_past(&self, time: SimTime, class: u8) -> ! {
        panic!(
            "an event of class {class} is scheduled for {} ns, before now, {} ns",
            time.as_nanos(),
            self.now.as_nanos()
        )
    }

    /// The key of the next event; [`NEVER`] if there is none.
    #[inline]
    fn first_key(&self) -> u128 {
        self.heap.first().map_or(NEVER, PendingEvent::key).min(self.lanes.first.0)
    }

    /// The instant of the next event; `None` if there is none.
    #[inline]
    pub fn peek_time(&self) -> Option<SimTime> {
        let key = self.first_key();
        (key != NEVER).then(|| SimTime::from_nanos((key >> 64) as i64))
    }

    /// The class of the next event; `None` if there is none.
    #[inline]
    pub fn peek_class(&self) -> Option<u8> {
        let key = self.first_key();
        (key != NEVER).then_some((key as u64 >> 56) as u8)
    }

    /// Takes the next event and moves the clock to its instant; `None` if there is none.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let first = match self.heap.first() {
            Some(root) if root.key() < self.lanes.first.0 => self.pop_root()?,
            None if self.lanes.len == 0 => return None,
            _ => self.lanes.pop(),
        };
        debug_assert!(first.time >= self.now, "the clock would go back from {:?} to {:?}", self.now, first.time);
        self.now = first.time;
        Some((first.time, first.event))
    }

    /// Takes the first event of the heap.
    #[inline]
    fn pop_root(&mut self) -> Option<PendingEvent<E>> {
        let last = self.heap.pop()?;
        let Some(&first) = self.heap.first() else { return Some(last) };
        self.sift_down(last);
        Some(first)
    }

    /// Puts `entry` into the gap at the root and restores the heap.
    ///
    /// The entry was the last of the heap, so it usually belongs near the bottom. Moving the gap down to a leaf without
    /// comparing the entry, and then the entry up from there, saves a comparison at each level.
    #[inline]
    fn sift_down(&mut self, entry: PendingEvent<E>) {
        debug_assert!(!self.heap.is_empty(), "there is no gap in an empty heap");
        let heap = self.heap.as_mut_slice();
        let mut at = 0;
        loop {
            let first = at * ARITY + 1;
            let Some(children) = heap.get(first..).filter(|children| !children.is_empty()) else { break };
            let least = match children.first_chunk::<ARITY>() {
                // The two pairs are compared first, because the processor can do these comparisons at the same time.
                Some([a, b, c, d]) => {
                    let (left, right) = (lesser((0, a.key()), (1, b.key())), lesser((2, c.key()), (3, d.key())));
                    lesser(left, right)
                }
                None => children.iter().map(PendingEvent::key).enumerate().reduce(lesser).expect("there is a child"),
            };
            heap[at] = heap[first + least.0];
            at = first + least.0;
        }
        self.sift_up(at, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_go_by_class_then_insertion() {
        let mut list = EventList::new();
        let at = SimTime::from_nanos;
        for (t, class, name) in [(5, 1, 'c'), (5, 0, 'b'), (3, 9, 'a'), (5, 1, 'd'), (9, 0, 'e')] {
            list.schedule(at(t), class, name);
        }
        let order: String = std::iter::from_fn(|| list.pop()).map(|(_, name)| name).collect();
        assert_eq!(order, "abcde");
        assert_eq!(list.now(), at(9));
    }

    #[test]
    #[should_panic(expected = "scheduled for 2 ns, before now, 7 ns")]
    fn nothing_is_scheduled_into_the_past() {
        let mut list = EventList::new();
        list.schedule(SimTime::from_nanos(7), 0, 1);
        list.pop();
        list.schedule(SimTime::from_nanos(7), 0, 2);
        list.schedule(SimTime::from_nanos(2), 0, 3);
    }

    proptest! {
        /// A few fixed delays, to use lanes, and random times, to use the heap.
        #[test]
        fn takes_out_in_order_while_events_come(
            steps in proptest::collection::vec((any::<bool>(), 0..12i64, 0..1_000i64, 0u8..4), 0..600)
        ) {
            let (mut list, mut pending, mut n) = (EventList::new(), std::collections::BTreeSet::<(i64, u8, u32)>::new(), 0);
            for (takes, fixed, random, class) in steps {
                if takes {
                    let expected = pending.pop_first();
                    prop_assert_eq!(list.peek_time().map(SimTime::as_nanos), expected.map(|(t, ..)| t));
                    prop_assert_eq!(list.peek_class(), expected.map(|(_, class, _)| class));
                    prop_assert_eq!(list.pop().map(|(t, n)| (t.as_nanos(), n)), expected.map(|(t, _, n)| (t, n)));
                } else {
                    let delay = if fixed < 10 { fixed * 7 } else { random };
                    let at = list.now() + SimDuration::from_nanos(delay);
                    list.schedule(at, class, n);
                    pending.insert((at.as_nanos(), class, n));
                    n += 1;
                }
                prop_assert_eq!(list.len(), pending.len());
            }
        }

        #[test]
        fn takes_out_in_order(events in proptest::collection::vec((0i64..50, 0u8..4), 0..400)) {
            let mut list = EventList::new();
            for (n, &(t, class)) in events.iter().enumerate() {
                list.schedule(SimTime::from_nanos(t), class, n);
            }
            let mut expected: Vec<_> = events.iter().enumerate().map(|(n, &(t, c))| (t, c, n)).collect();
            expected.sort_unstable();
            let got: Vec<_> = std::iter::from_fn(|| list.pop()).map(|(t, n)| (t.as_nanos(), n)).collect();
            prop_assert_eq!(got, expected.into_iter().map(|(t, _, n)| (t, n)).collect::<Vec<_>>());
        }
    }
}
