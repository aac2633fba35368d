//! The ledger: keeps a Job's [`View`] up to date by deltas as watch events arrive, so that a sync costs only what
//! changed. It is not a second definition of the view: it must always equal [`View::recount`].

use super::view::{Place, View, is_fail_job};
use crate::api::{ExitCodeTable, JobSpec, Pod};
use crate::id::{Arena, PodId};

/// The position of each Pod in its list of the view. The lists of a view are disjoint, so one position suffices.
pub type Slots = Arena<PodId, u32>;

/// A view that is kept up to date by deltas.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    view: View,
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

    /// Applies the change of a Pod from `old` (`None`: not in the cache) to `new` (`None`: gone).
    pub fn apply(
        &mut self,
        id: PodId,
        old: Option<&Pod>,
        new: Option<&Pod>,
        spec: &JobSpec,
        codes: &ExitCodeTable,
        slots: &mut Slots,
    ) {
        self.place(id, old.map_or(Place::Nowhere, Place::of), new.map_or(Place::Nowhere, Place::of), slots);
        if let Some(pod) = old {
            self.count(pod, -1);
        }
        if let Some(pod) = new {
            self.count(pod, 1);
        }
        self.index(old, new);
        if spec.pod_failure_policy.is_some() {
            self.policy(id, new.is_some_and(|p| is_fail_job(p, spec, codes)));
        }
        let View { ready, terminating, restarts, .. } = self.view;
        assert!(
            ready >= 0 && terminating >= 0 && restarts >= 0,
            "{id:?} left {ready} ready Pods, {terminating} terminating ones and {restarts} restarts"
        );
    }

    fn place(&mut self, id: PodId, from: Place, to: Place, slots: &mut Slots) {
        if from == to {
            return;
        }
        if let Some(list) = self.list(from) {
            let slot = slots[id] as usize;
            let left = list.swap_remove(slot);
            assert!(left == id, "{left:?} stands where {id:?} should");
            if let Some(moved) = list.get(slot) {
                slots[*moved] = slot as u32;
            }
        }
        if let Some(list) = self.list(to) {
            slots[id] = list.len() as u32;
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

    #[inline]
    fn count(&mut self, pod: &Pod, by: i32) {
        debug_assert!(matches!(by, -1 | 1), "a Pod comes or goes, not {by} of them");
        if pod.phase.is_terminal() {
            return;
        }
        self.view.restarts += i64::from(by * pod.restarts);
        if pod.deleting() {
            self.view.terminating += by;
        } else if pod.is_ready() {
            self.view.ready += by;
        }
    }

    /// Moves the Pod's completion index between the bags.
    fn index(&mut self, old: Option<&Pod>, new: Option<&Pod>) {
        // A Pod without an index is in no bag.
        let Some(index) = old.or(new).and_then(|p| p.index) else { return };
        assert!(new.is_none_or(|p| p.index == Some(index)), "a Pod's index changed from {index}");
        let moved = |was: bool, is: bool| i32::from(is) - i32::from(was);
        let active = moved(old.is_some_and(Pod::is_active), new.is_some_and(Pod::is_active));
        let terminating = moved(old.is_some_and(Pod::is_terminating), new.is_some_and(Pod::is_terminating));
        for (bag, by) in [(&mut self.view.active_indexes, active), (&mut self.view.terminating_indexes, terminating)] {
            match by {
                1 => bag.insert(index),
                -1 => bag.remove(index),
                _ => {}
            }
        }
    }

    fn policy(&mut self, id: PodId, fails_job: bool) {
        let at = self.view.fail_job.iter().position(|&p| p == id);
        match (at, fails_job) {
            (None, true) => self.view.fail_job.push(id),
            (Some(n), false) => drop(self.view.fail_job.swap_remove(n)),
            _ => {}
        }
        debug_assert_eq!(self.view.fail_job.contains(&id), fails_job, "{id:?} is listed once, or not at all");
    }
}
