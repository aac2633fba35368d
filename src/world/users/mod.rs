//! Users: what they will do and when, and objects that exist when a run begins. They can also start and stop the
//! controllers; the dispatcher performs that, because it concerns all controllers.
//!
//! Invariant: while actions are left, an event of class [`Event::USER`] is pending for the first of them.

mod action;
mod initial_state;
mod perform;
mod pods;
mod references;
mod status;

pub use action::{Action, JobRef, NodeAction, NodeRef, PodKey, PodSelection, PodsAction, Propagation, Validation};
pub use initial_state::{BeginsWith, BegunPod};
pub(in crate::world) use initial_state::{add_job, begin_pods, plan_cronjob};
pub(in crate::world) use perform::perform;

use self::references::JobReferences;
use super::env::Env;
use super::event::Event;
use crate::id::JobId;
use crate::model::Workload;
use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// What users will do, ordered by instant and then by insertion.
#[derive(Debug, Default)]
pub(in crate::world) struct Users {
    agenda: BinaryHeap<Reverse<(SimTime, u32)>>,
    /// Actions by their number; `None` once done.
    actions: Vec<Option<Action>>,
    /// The instant of the pending event for the first action.
    next: Option<SimTime>,
    /// The initial states of Jobs that begin with Pods; removed when the Job is created.
    pub begins: HashMap<JobId, BeginsWith>,
    /// Jobs that pending actions refer to other than by name.
    references: JobReferences,
}

impl Users {
    /// Forgets everything; keeps the allocated memory.
    pub fn clear(&mut self) {
        let Users { agenda, actions, next, begins, references } = self;
        begins.clear();
        agenda.clear();
        actions.clear();
        *next = None;
        references.clear();
    }

    /// Plans an action for an instant, or for now if the instant has passed; returns the action's number.
    pub fn plan<W: Workload>(&mut self, env: &mut Env<W>, action: Action, at: SimTime) -> u32 {
        let number = self.actions.len() as u32;
        self.agenda.push(Reverse((at, number)));
        if let Some(job) = action.job() {
            self.references.add(&job);
        }
        self.actions.push(Some(action));
        if self.next.is_none_or(|next| at < next) {
            self.wake(env, at);
        }
        number
    }

    fn wake<W: Workload>(&mut self, env: &mut Env<W>, at: SimTime) {
        let at = at.max(env.now());
        self.next = Some(at);
        env.schedule_at(at, Event::User);
    }

    /// The next action and its number, if it is due and no other event of this instant is pending.
    pub fn take_due<W: Workload>(&mut self, env: &mut Env<W>) -> Option<(u32, Action)> {
        // This event is out of date if an action for an earlier instant was planned after it was scheduled.
        if self.next != Some(env.now()) {
            return None;
        }
        if let Some(settles) = unsettled(env) {
            self.wake(env, settles);
            return None;
        }
        let Reverse((at, number)) = self.agenda.pop().expect("an event is on the event list while actions are left");
        assert!(at <= env.now(), "nothing is done before its time");
        let action = self.actions[number as usize].take().expect("an action is done once");
        if let Some(job) = action.job() {
            self.references.remove(&job);
        }
        self.next = None;
        if let Some(&Reverse((at, _))) = self.agenda.peek() {
            self.wake(env, at);
        }
        Some((number, action))
    }

    /// Whether a pending action can refer to a Job other than by its name.
    pub fn refer_to<W>(&self, env: &Env<W>, id: JobId) -> bool {
        self.references.have(&env.store, id)
    }
}

/// The instant of the next event, if in microseconds, the unit of recordings, it equals the present instant. A user
/// acts only after all other events of the instant.
fn unsettled<W: Workload>(env: &Env<W>) -> Option<SimTime> {
    let end = env.now().end_of_micro();
    let next = env.events.peek_time().filter(|&t| t < end)?;
    (env.events.peek_class()? < Event::USER).then_some(next)
}
