//! The event list: what will happen, in order. It is not a dispatcher: it neither runs events nor cancels them. An event
//! that no longer applies when it is taken is ignored by its receiver.
//!
//! Order: by time, then by class (small first), then by insertion. So a run never depends on the heap's shape.
//! Invariant: no event is scheduled before the instant of the last one that was taken. An event in the past is a fault
//! of the model: moving it to *now* would hide the fault, and reorder events without a word.

use crate::time::SimTime;

/// How many children a node of the heap has; four keep a node's children in two cache lines.
const ARITY: usize = 4;

/// Pending events of type `E` as a 4-ary heap.
#[derive(Debug)]
pub struct EventList<E> {
    heap: Vec<PendingEvent<E>>,
    inserted: u64,
    now: SimTime,
}

#[derive(Clone, Copy, Debug)]
struct PendingEvent<E> {
    time: SimTime,
    /// The class in the top byte, the number of the insertion below it: 2^56 insertions are more than any run has.
    rank: u64,
    event: E,
}

/// The one of two children with the lesser key, the first if they are equal.
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
        EventList { heap: Vec::new(), inserted: 0, now: SimTime::ZERO }
    }
}

impl<E: Copy> EventList<E> {
    /// An empty list at the clock's start.
    pub fn new() -> Self {
        Self::default()
    }

    /// The instant of the event that was taken last.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are pending.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// How many events were ever scheduled.
    pub fn scheduled(&self) -> u64 {
        self.inserted
    }

    /// Forgets everything and sets the clock back to its start; keeps the memory.
    pub fn clear(&mut self) {
        debug_assert!(self.heap.iter().all(|e| e.time >= self.now), "an event was left in the past");
        self.heap.clear();
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
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1, entry);
    }

    /// Puts `entry` in where there is a gap, or above it, and restores the heap.
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

    /// The instant of the next event.
    #[inline]
    pub fn peek_time(&self) -> Option<SimTime> {
        self.heap.first().map(|e| e.time)
    }

    /// The class of the next event.
    #[inline]
    pub fn peek_class(&self) -> Option<u8> {
        self.heap.first().map(|e| (e.rank >> 56) as u8)
    }

    /// Takes the next event and moves the clock to its instant.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let last = self.heap.pop()?;
        let first = match self.heap.first() {
            Some(&first) => {
                self.sift_down(last);
                first
            }
            None => last,
        };
        debug_assert!(first.time >= self.now, "the clock would go back from {:?} to {:?}", self.now, first.time);
        self.now = first.time;
        Some((first.time, first.event))
    }

    /// Puts `entry` in at the root's place and restores the heap.
    ///
    /// The entry was the last of the heap, so it mostly belongs near the bottom: the gap is moved down to a leaf without
    /// asking where the entry fits, and the entry comes up from there. That saves a comparison at each level.
    #[inline]
    fn sift_down(&mut self, entry: PendingEvent<E>) {
        debug_assert!(!self.heap.is_empty(), "there is no gap in an empty heap");
        let heap = self.heap.as_mut_slice();
        let mut at = 0;
        loop {
            let first = at * ARITY + 1;
            let Some(children) = heap.get(first..).filter(|children| !children.is_empty()) else { break };
            let least = match children.first_chunk::<ARITY>() {
                // Pairs are compared first, so that the comparisons do not wait for one another.
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
