//! The critical path of a Job: a chain of Pods and of what was waited for between them, from the Job's creation to its
//! end. Each span of the Job's life is on it once, so its causes add up to the life. It is not what all Pods did or waited
//! for in sum: that is in [`super::capacity`].
//!
//! A Pod takes the place of another: of the last Pod at its index, or without indexes of the one whose place has been free
//! the longest. So a Pod's path is that of the Pod before it, what was waited for until it was created, and its own life.
//! The Job's is the path of the Pod that ended last. Pods without indexes are alike: of several whose places are free when one
//! is created, each could be the one before it. Then the path goes by the one that has waited most, so that a back-off shows
//! also while other Pods run.
//!
//! Invariant: the spans of a place add up to the time from the Job's creation to the place's last change.

use super::path_cause::PathCause;
use super::stages::{HeldSpans, Stage, StageAccumulator};
use crate::api::CompletionIndex;
use crate::time::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// How much of a path each cause took, in the order of [`PathCause::ALL`].
pub type PathSpans = [SimDuration; PathCause::ALL.len()];

/// The state of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathPlaceState {
    /// A Pod holds it.
    Taken,
    /// A Pod holds it, but another was created in its place while this one was still stopping.
    Replaced,
    /// Its Pod has ended, and the next may take it.
    Free,
    /// It has been taken, or never will be.
    Unused,
}

/// One of the Pods that a Job has at the same time, and the path to it.
#[derive(Clone, Copy, Debug)]
struct PathPlace {
    spans: PathSpans,
    /// The instant up to which they are added up.
    since: SimTime,
    /// What time is spent on from then on.
    cause: PathCause,
    /// What had held up creations by the time the Pod ended.
    held: HeldSpans,
    index: Option<CompletionIndex>,
    /// Whether its last Pod was lost.
    is_after_loss: bool,
    /// The number of its Pod, by which queues know whether it is still theirs.
    pod: u32,
    state: PathPlaceState,
}

impl PathPlace {
    fn new(since: SimTime, spans: PathSpans) -> Self {
        let (cause, held, state) = (PathCause::Starting, HeldSpans::default(), PathPlaceState::Taken);
        PathPlace { spans, since, cause, held, index: None, is_after_loss: false, pod: 0, state }
    }

    /// Whether a Pod holds it that has not ended.
    fn has_pod(&self) -> bool {
        matches!(self.state, PathPlaceState::Taken | PathPlaceState::Replaced)
    }

    /// The clock has come to `at`; `is_lost`: what ran until now, ran in vain.
    fn advance(&mut self, at: SimTime, is_lost: bool) {
        let was = if is_lost && self.cause == PathCause::Running { PathCause::Lost } else { self.cause };
        debug_assert!(self.since <= at, "a path goes back from {:?} to {at:?}", self.since);
        self.spans[was as usize] += at - self.since;
        self.since = at;
    }

    /// What was waited for on its path, less what creations had been held up by in all when it became free: of places that
    /// are free this orders them by their waits until any later instant.
    fn waited(&self) -> SimDuration {
        let on_path = [PathCause::Throttle, PathCause::Backoff, PathCause::Suspended].map(|c| self.spans[c as usize]);
        let [throttle, backoff, suspended, _] = self.held;
        let [a, b, c] = on_path;
        (a + b + c) - (throttle + backoff + suspended)
    }

    /// Time in which the place was free is time in which its next Pod was held up.
    fn wait_until(&mut self, at: SimTime, held: &HeldSpans) {
        add_held(&mut self.spans, &self.held, held);
        self.since = at;
    }
}

/// Adds what creations were held up by between two instants.
fn add_held(spans: &mut PathSpans, from: &HeldSpans, to: &HeldSpans) {
    const CAUSES: [PathCause; 4] =
        [PathCause::Throttle, PathCause::Backoff, PathCause::Suspended, PathCause::Controller];
    for ((cause, from), to) in CAUSES.into_iter().zip(from).zip(to) {
        spans[cause as usize] += *to - *from;
    }
}

/// The stages of a Job as a path, for Pods that take nobody's place.
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

/// A place, and the number of the Pod that left it.
type Left = (u32, u32);

/// The Pods of one Job, and what the next ones come after. A Job that is over needs none of this.
#[derive(Clone, Debug, Default)]
pub(super) struct PathLists {
    places: Vec<PathPlace>,
    unused: Vec<u32>,
    /// Places of Pods that succeeded, and of those that did not, in the order in which they became free.
    after_success: VecDeque<Left>,
    after_loss: VecDeque<Left>,
    /// Places of Pods that are being deleted.
    leaving: VecDeque<Left>,
    /// The place of the last Pod at an index that was lost.
    lost_at: BTreeMap<CompletionIndex, u32>,
}

impl PathLists {
    /// Empties them; keeps the memory.
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
    /// Without indexes: the place that had waited most when places were taken last, and when that was.
    waited_most: Option<(PathPlace, SimTime)>,
    /// The path to the end that came last.
    last_end: Option<PathPlace>,
    pods: u32,
    whole: Option<PathSpans>,
}

impl CriticalPath {
    /// Empties it; keeps the memory.
    pub(super) fn reset(&mut self) {
        self.lists.clear();
        (self.waited_most, self.last_end, self.pods, self.whole) = (None, None, 0, None);
    }

    /// Takes the lists of another Job that is over, for their memory. Only a Job that has no Pod yet may do so.
    pub(super) fn use_lists(&mut self, lists: PathLists) {
        assert!(self.lists.places.is_empty(), "lists that are in use are not replaced");
        self.lists = lists;
    }

    /// Whether the first Pod is still to come.
    pub(super) fn has_not_begun(&self) -> bool {
        self.pods == 0
    }

    /// Gives up the lists of a Job that is over, emptied; `None` while it has Pods, which can outlive it.
    pub(super) fn give_up_lists(&mut self) -> Option<PathLists> {
        if self.whole.is_none() || self.lists.places.iter().any(PathPlace::has_pod) {
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

    /// A Pod is created; returns its place. `at_once` is how many Pods the Job may have at the same time.
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
                add_held(&mut spans, &HeldSpans::default(), held);
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
            None => {
                // Most Jobs have one Pod at a time, for which a list would make room for four.
                if self.lists.places.capacity() == 0 {
                    self.lists.places.reserve_exact(at_once.clamp(1, 4) as usize);
                }
                self.lists.places.push(place);
                self.lists.places.len() as u32 - 1
            }
        }
    }

    /// The path up to now of the Pod in whose place another is created.
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
        // A retry comes after a Pod that was lost, or is being lost; any other after one that succeeded.
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
            // The place is taken now, but the next Pod at that index still comes after the one that was lost.
            place.wait_until(at, held);
            return Some(place);
        }
    }

    /// Which of Pods that are alike the next one comes after, when this place is taken: those that were free then are alike
    /// until another becomes free.
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

    /// Of the places that are as free as this one, that which has waited most; of equal ones the first, after this one.
    fn with_longest_waits(&self, place: PathPlace) -> PathPlace {
        // Free places without an index stand in their queue, which is much shorter than the list of all places.
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

    /// The path to a Pod that is being deleted, when the next is created before it has ended.
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

    /// A Pod comes to a state in which its time is spent with something else; `is_lost`: what ran, ran in vain. Gives what
    /// its time was spent with before, and since when.
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
        (place.held, place.is_after_loss) = (*held, !succeeded);
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

    /// The Job is over, or the run has ended: what comes later is not on its path. `is_finished`: it has come to its end,
    /// with its last Pod.
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
            add_held(&mut spans, &HeldSpans::default(), held);
            spans
        }));
    }
}
