//! The critical path of a Job: the chain of Pods, and of the waits between them, that leads from the Job's creation to
//! its end. It covers each instant of the Job's life once, so the times of its causes add up to that life. It is not
//! the sum over all Pods: that is in [`super::capacity`].
//!
//! A Pod takes the place of an earlier one: of the last Pod at its index, or without indexes of the Pod whose place has
//! been free the longest. A Pod's path is the path of that predecessor, the wait until the Pod was created, and the
//! Pod's own life. The Job's path is that of the Pod that ended last. Without indexes Pods are interchangeable: if
//! several places are free when a Pod is created, any of them could be its predecessor's. The path then follows the
//! place that has waited most, so that a back-off shows even while other Pods run.
//!
//! Invariant: the spans of a place add up to the time from the Job's creation to the place's last change.

use super::path_cause::PathCause;
use super::stages::{HeldSpans, Stage, StageAccumulator};
use crate::api::CompletionIndex;
use crate::time::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// How much time of a path each cause took, in the order of [`PathCause::ALL`].
pub type PathSpans = [SimDuration; PathCause::ALL.len()];

/// The state of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathPlaceState {
    /// A Pod holds it.
    Taken,
    /// Its Pod is still stopping, and another Pod has already been created in its place.
    Replaced,
    /// Its Pod has ended, and the next may take it.
    Free,
    /// The next Pod has taken it, or none ever will.
    Unused,
}

/// A place for one of the Pods that a Job may have at the same time, and the path that leads to it.
#[derive(Clone, Copy, Debug)]
struct PathPlace {
    /// While the place is free: less the Job's total hold-ups of creations at the time when its Pod ended. So the
    /// totals when it is taken have only to be added. One list is kept, not two, as a run has many places.
    spans: PathSpans,
    /// The instant up to which the spans are added up.
    since: SimTime,
    /// What the time from then on is spent on.
    cause: PathCause,
    index: Option<CompletionIndex>,
    /// Whether its last Pod was lost.
    is_after_loss: bool,
    /// The number of its Pod. An entry in a queue with another number is out of date.
    pod: u32,
    state: PathPlaceState,
}

impl PathPlace {
    fn new(since: SimTime, spans: PathSpans) -> Self {
        let (cause, state) = (PathCause::Starting, PathPlaceState::Taken);
        PathPlace { spans, since, cause, index: None, is_after_loss: false, pod: 0, state }
    }

    /// Whether its Pod has not ended.
    fn has_pod(&self) -> bool {
        matches!(self.state, PathPlaceState::Taken | PathPlaceState::Replaced)
    }

    /// Adds the time until `at`. With `is_lost`, what ran until now ran in vain.
    fn advance(&mut self, at: SimTime, is_lost: bool) {
        let was = if is_lost && self.cause == PathCause::Running { PathCause::Lost } else { self.cause };
        debug_assert!(self.since <= at, "a path goes back from {:?} to {at:?}", self.since);
        self.spans[was as usize] += at - self.since;
        self.since = at;
    }

    /// Its Pod ends: from now on the place is free.
    fn begin_wait(&mut self, held: &HeldSpans) {
        for (cause, held) in HELD_BY.into_iter().zip(held) {
            self.spans[cause as usize] = self.spans[cause as usize] - *held;
        }
    }

    /// Of a free place, the waits on its path, less the Job's total hold-ups when the place became free. Both grow alike
    /// for all free places, so this orders them by their waits at any later instant.
    fn waited(&self) -> SimDuration {
        let [throttle, backoff, suspended, _] = HELD_BY.map(|cause| self.spans[cause as usize]);
        throttle + backoff + suspended
    }

    /// Adds the time until `at` in which the place was free, which is time in which its next Pod was held up.
    fn wait_until(&mut self, at: SimTime, held: &HeldSpans) {
        add_held(&mut self.spans, held);
        self.since = at;
    }
}

/// The causes of hold-ups, in the order of [`HeldSpans`].
const HELD_BY: [PathCause; 4] = [PathCause::Throttle, PathCause::Backoff, PathCause::Suspended, PathCause::Controller];

/// Adds what has held up creations since the Job's creation.
fn add_held(spans: &mut PathSpans, held: &HeldSpans) {
    for (cause, held) in HELD_BY.into_iter().zip(held) {
        spans[cause as usize] += *held;
    }
}

/// The stages of a Job as a path, for Pods without a predecessor.
fn of_stages(stages: &StageAccumulator) -> PathSpans {
    let mut spans = PathSpans::default();
    for stage in Stage::ALL {
        let cause = match stage {
            Stage::Running => PathCause::Running,
            Stage::Starting => PathCause::Starting,
            Stage::Room => PathCause::Room,
            Stage::Throttle => PathCause::Throttle,
            Stage::Backoff => PathCause::Backoff,
            Stage::Suspended => PathCause::Suspended,
            Stage::Controller => PathCause::Controller,
        };
        spans[cause as usize] += stages.span(stage);
    }
    spans
}

/// A place in [`CriticalPath`], and the number of the Pod that left it.
type Left = (u32, u32);

/// The places of one Job, and which of them its next Pods take. A Job that is over needs none of this.
#[derive(Clone, Debug, Default)]
pub(super) struct PathLists {
    places: Vec<PathPlace>,
    unused: Vec<u32>,
    /// Places of Pods that succeeded, in the order in which they became free; `after_loss` has those of Pods that were
    /// lost.
    after_success: VecDeque<Left>,
    after_loss: VecDeque<Left>,
    /// Places of Pods that are being deleted.
    leaving: VecDeque<Left>,
    /// The place of the last Pod at an index that was lost.
    lost_at: BTreeMap<CompletionIndex, u32>,
}

impl PathLists {
    /// Adds a place; returns its number. Memory is doubled, but not beyond the places that the Job may need at once.
    fn add_place(&mut self, place: PathPlace, at_once: u32) -> u32 {
        let (count, needed) = (self.places.len(), at_once as usize);
        if count == self.places.capacity() && count < needed {
            // Most Jobs have one Pod at a time, for which a list would make room for four.
            self.places.reserve_exact(count.max(4).min(needed - count));
        }
        self.places.push(place);
        count as u32
    }

    /// Empties them; keeps the allocated memory.
    fn clear(&mut self) {
        let PathLists { places, unused, after_success, after_loss, leaving, lost_at } = self;
        places.clear();
        unused.clear();
        after_success.clear();
        after_loss.clear();
        leaving.clear();
        lost_at.clear();
    }
}

/// The critical path of one Job, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct CriticalPath {
    lists: PathLists,
    /// Without indexes: the place that had waited most when a place was last taken, and that instant.
    waited_most: Option<(PathPlace, SimTime)>,
    /// The place whose Pod ended last.
    last_end: Option<PathPlace>,
    pods: u32,
    whole: Option<PathSpans>,
}

impl CriticalPath {
    /// Empties it; keeps the allocated memory.
    pub(super) fn reset(&mut self) {
        self.lists.clear();
        (self.waited_most, self.last_end, self.pods, self.whole) = (None, None, 0, None);
    }

    /// Reuses the memory of the lists of a Job that is over. Only a Job without Pods may do so.
    pub(super) fn use_lists(&mut self, lists: PathLists) {
        assert!(self.lists.places.is_empty(), "lists that are in use are not replaced");
        self.lists = lists;
    }

    /// Whether the Job has had no Pod yet.
    pub(super) fn has_not_begun(&self) -> bool {
        self.pods == 0
    }

    /// Gives up the lists of a Job that is over, emptied; `None` while it still has Pods, because Pods can outlive
    /// their Job, and once the lists are given up: a Job that is over is still written.
    pub(super) fn give_up_lists(&mut self) -> Option<PathLists> {
        let places = &self.lists.places;
        if self.whole.is_none() || places.is_empty() || places.iter().any(PathPlace::has_pod) {
            return None;
        }
        let mut lists = std::mem::take(&mut self.lists);
        lists.clear();
        Some(lists)
    }

    /// The path of a Job that is over or whose run has ended, in the order of [`PathCause::ALL`]; zero before.
    pub fn spans(&self) -> PathSpans {
        self.whole.unwrap_or_default()
    }

    /// Records the creation of a Pod; returns its place. `at_once` is how many Pods the Job may have at the same time.
    pub(super) fn pod_begins(
        &mut self,
        at: SimTime,
        (index, is_retry): (Option<CompletionIndex>, bool),
        at_once: u32,
        stages: &StageAccumulator,
    ) -> u32 {
        let held = stages.held();
        let before = self.predecessor(at, index, is_retry, held);
        let place = before.unwrap_or_else(|| {
            let mut spans = PathSpans::default();
            if self.pods < at_once {
                add_held(&mut spans, held);
            } else {
                spans = of_stages(stages);
            }
            PathPlace::new(at, spans)
        });
        self.pods += 1;
        let (cause, state) = (PathCause::Starting, PathPlaceState::Taken);
        let place = PathPlace { index, cause, state, pod: self.pods, ..place };
        match self.lists.unused.pop() {
            Some(n) => {
                self.lists.places[n as usize] = place;
                n
            }
            None => self.lists.add_place(place, at_once),
        }
    }

    /// The path, up to now, of the Pod whose place a new Pod takes.
    fn predecessor(
        &mut self,
        at: SimTime,
        index: Option<CompletionIndex>,
        is_retry: bool,
        held: &HeldSpans,
    ) -> Option<PathPlace> {
        if let Some(n) = index.and_then(|index| self.lists.lost_at.remove(&index)) {
            return Some(self.give_up(n, at, held));
        }
        // A retry follows a Pod that was lost or is being lost; any other Pod follows one that succeeded.
        let place = if is_retry {
            let lost = self.next_free(true, at, held);
            lost.or_else(|| self.next_leaving(at)).or_else(|| self.next_free(false, at, held))
        } else {
            self.next_free(false, at, held).or_else(|| self.next_free(true, at, held))
        };
        place.or_else(|| self.next_leaving(at))
    }

    /// The place that has been free the longest.
    fn next_free(&mut self, is_after_loss: bool, at: SimTime, held: &HeldSpans) -> Option<PathPlace> {
        loop {
            let left = if is_after_loss { &mut self.lists.after_loss } else { &mut self.lists.after_success };
            let (n, pod) = left.pop_front()?;
            let mut place = self.lists.places[n as usize];
            if place.pod != pod || place.state != PathPlaceState::Free {
                continue;
            }
            if place.index.and_then(|index| self.lists.lost_at.get(&index)) != Some(&n) {
                let alone = self.give_up(n, at, held);
                return Some(if place.index.is_none() { self.waited_most(place, at, held) } else { alone });
            }
            // The place is taken now, but the next Pod at the lost index still follows the Pod that was lost there.
            place.wait_until(at, held);
            return Some(place);
        }
    }

    /// The predecessor of a Pod without an index that takes this place. The places that were free then are
    /// interchangeable until another becomes free.
    fn waited_most(&mut self, place: PathPlace, at: SimTime, held: &HeldSpans) -> PathPlace {
        let mut most = match self.waited_most {
            Some((most, taken)) if place.since <= taken && most.is_after_loss == place.is_after_loss => most,
            _ => {
                let most = self.with_longest_waits(place);
                self.waited_most = Some((most, at));
                most
            }
        };
        most.wait_until(at, held);
        most
    }

    /// Of the free places of the same kind, the one that has waited most; of equal ones this place, or else the first.
    fn with_longest_waits(&self, place: PathPlace) -> PathPlace {
        // Free places without an index are in a queue, which is much shorter than the list of all places.
        let queue = if place.is_after_loss { &self.lists.after_loss } else { &self.lists.after_success };
        let is_free = |&&(n, pod): &&Left| {
            let other = &self.lists.places[n as usize];
            other.pod == pod && other.state == PathPlaceState::Free
        };
        let others = queue.iter().filter(is_free).map(|&(n, _)| (self.lists.places[n as usize].waited(), Reverse(n)));
        match others.max() {
            Some((waited, Reverse(n))) if waited > place.waited() => self.lists.places[n as usize],
            _ => place,
        }
    }

    fn give_up(&mut self, n: u32, at: SimTime, held: &HeldSpans) -> PathPlace {
        let place = &mut self.lists.places[n as usize];
        debug_assert!(place.state == PathPlaceState::Free, "only a place that is free is taken: {place:?}");
        place.wait_until(at, held);
        place.state = PathPlaceState::Unused;
        self.lists.unused.push(n);
        *place
    }

    /// The path to a Pod that is still being deleted when the next one is created.
    fn next_leaving(&mut self, at: SimTime) -> Option<PathPlace> {
        loop {
            let (n, pod) = self.lists.leaving.pop_front()?;
            let place = &mut self.lists.places[n as usize];
            if place.pod == pod && place.state == PathPlaceState::Taken {
                place.state = PathPlaceState::Replaced;
                let mut copy = *place;
                copy.advance(at, true);
                return Some(copy);
            }
        }
    }

    /// A Pod begins to spend its time on `cause`. With `is_lost`, what ran until now ran in vain. Returns what its time
    /// was spent on before, and since when.
    pub(super) fn pod_moves(&mut self, at: SimTime, n: u32, cause: PathCause, is_lost: bool) -> (PathCause, SimTime) {
        let place = &mut self.lists.places[n as usize];
        debug_assert!(place.has_pod(), "a Pod moves that has no place: {place:?}");
        let before = (place.cause, place.since);
        place.advance(at, is_lost);
        place.cause = cause;
        before
    }

    /// The deletion of a Pod has begun.
    pub(super) fn pod_leaves(&mut self, n: u32) {
        let place = &self.lists.places[n as usize];
        debug_assert!(place.state == PathPlaceState::Taken, "a Pod is replaced before it leaves: {place:?}");
        self.lists.leaving.push_back((n, place.pod));
    }

    /// A Pod has ended.
    pub(super) fn pod_ends(&mut self, at: SimTime, n: u32, succeeded: bool, held: &HeldSpans) {
        let place = &mut self.lists.places[n as usize];
        debug_assert!(place.has_pod(), "a Pod ends that has no place: {place:?}");
        place.advance(at, !succeeded);
        place.is_after_loss = !succeeded;
        place.begin_wait(held);
        self.last_end = Some(*place);
        if place.state == PathPlaceState::Replaced {
            place.state = PathPlaceState::Unused;
            return self.lists.unused.push(n);
        }
        place.state = PathPlaceState::Free;
        let left = (n, place.pod);
        if succeeded {
            return self.lists.after_success.push_back(left);
        }
        self.lists.after_loss.push_back(left);
        if let Some(index) = place.index {
            self.lists.lost_at.insert(index, n);
        }
    }

    /// Ends the path, because the Job is over or the run has ended. `is_finished`: the Job has finished, with its last
    /// Pod.
    pub(super) fn close(&mut self, at: SimTime, is_finished: bool, held: &HeldSpans) {
        if self.whole.is_some() {
            return;
        }
        let ended = self.last_end.map(|mut place| {
            place.wait_until(at, held);
            place.spans
        });
        let mut taken = self.lists.places.iter().filter(|place| place.state == PathPlaceState::Taken);
        let under_way = taken.next().map(|place| {
            let mut place = *place;
            place.advance(at, false);
            place.spans
        });
        let path = if is_finished { ended.or(under_way) } else { under_way.or(ended) };
        self.whole = Some(path.unwrap_or_else(|| {
            let mut spans = PathSpans::default();
            add_held(&mut spans, held);
            spans
        }));
    }
}
