//! The ledger: keeps a Job's [`View`] up to date by deltas as watch events arrive, so that a sync costs only what
//! changed. It is not a second definition of the view: it must always equal [`View::recount`].

use super::cache::CachedPod;
use super::view::{Place, View};
use crate::api::{CompletionIndex, Pod};
use crate::id::{Arena, PodId};

/// A view that is kept up to date by deltas.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    view: View,
}

/// What one Pod adds to a view. Most changes of a Pod leave it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LedgerPart {
    place: Place,
    is_ready: bool,
    is_terminating: bool,
    restarts: i32,
}

impl LedgerPart {
    /// That of a Pod that the cache does not hold.
    pub const NONE: LedgerPart =
        LedgerPart { place: Place::Nowhere, is_ready: false, is_terminating: false, restarts: 0 };

    #[inline]
    pub fn of(pod: &Pod) -> LedgerPart {
        LedgerPart {
            place: Place::of(pod),
            is_ready: pod.is_active() && pod.is_ready(),
            is_terminating: pod.is_terminating(),
            restarts: if pod.phase.is_terminal() { 0 } else { pod.restarts },
        }
    }
}

impl Ledger {
    /// The current view.
    #[inline]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Forgets all Pods; keeps the memory.
    pub fn clear(&mut self) {
        let v = &mut self.view;
        v.active.clear();
        v.settled.clear();
        v.fail_job.clear();
        v.active_indexes.clear();
        v.terminating_indexes.clear();
        (v.ready, v.terminating, v.restarts) = (0, 0, 0);
        debug_assert!(v.is_equal(&View::default()), "a part of the view is not cleared: {v:?}");
    }

    /// Enters that a Pod of this index adds something else to the view than before. `pods` keeps where each Pod stands in its
    /// list of the view; the lists of a view are disjoint, so one place suffices.
    pub(super) fn apply(
        &mut self,
        id: PodId,
        index: Option<CompletionIndex>,
        (before, after): (LedgerPart, LedgerPart),
        pods: &mut Arena<PodId, CachedPod>,
    ) {
        self.place(id, before.place, after.place, pods);
        let v = &mut self.view;
        v.ready += i32::from(after.is_ready) - i32::from(before.is_ready);
        v.terminating += i32::from(after.is_terminating) - i32::from(before.is_terminating);
        v.restarts += i64::from(after.restarts) - i64::from(before.restarts);
        assert!(
            v.ready >= 0 && v.terminating >= 0 && v.restarts >= 0,
            "{id:?} left {} ready Pods, {} terminating ones and {} restarts",
            v.ready,
            v.terminating,
            v.restarts
        );
        // A Pod without an index is in no bag.
        if let Some(index) = index {
            self.index(index, before, after);
        }
    }

    /// Enters whether a Pod meets a rule that fails the Job.
    pub(super) fn apply_policy(&mut self, id: PodId, fails_job: bool) {
        let at = self.view.fail_job.iter().position(|&p| p == id);
        match (at, fails_job) {
            (None, true) => self.view.fail_job.push(id),
            (Some(n), false) => drop(self.view.fail_job.swap_remove(n)),
            _ => {}
        }
    }

    fn place(&mut self, id: PodId, from: Place, to: Place, pods: &mut Arena<PodId, CachedPod>) {
        if from == to {
            return;
        }
        if let Some(list) = self.list(from) {
            let place = pods[id].place as usize;
            let left = list.swap_remove(place);
            assert!(left == id, "{left:?} stands where {id:?} should");
            if let Some(moved) = list.get(place) {
                pods[*moved].place = place as u32;
            }
        }
        if let Some(list) = self.list(to) {
            pods[id].place = list.len() as u32;
            list.push(id);
        }
    }

    fn list(&mut self, place: Place) -> Option<&mut Vec<PodId>> {
        match place {
            Place::Active => Some(&mut self.view.active),
            Place::Settled => Some(&mut self.view.settled),
            Place::Nowhere => None,
        }
    }

    /// Moves the Pod's completion index between the bags.
    fn index(&mut self, index: CompletionIndex, before: LedgerPart, after: LedgerPart) {
        let moved = |was: bool, is: bool| i32::from(is) - i32::from(was);
        let active = moved(before.place == Place::Active, after.place == Place::Active);
        let terminating = moved(before.is_terminating, after.is_terminating);
        for (bag, by) in [(&mut self.view.active_indexes, active), (&mut self.view.terminating_indexes, terminating)] {
            match by {
                1 => bag.insert(index),
                -1 => bag.remove(index),
                _ => {}
            }
        }
    }
}
