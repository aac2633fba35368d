//! Pods whose containers are modelled one by one: each container runs, ends and is restarted on its own, by the rules
//! in [`crate::kubelet`]. Pods whose containers end together are in [`super::kubelet`], and cost nothing here.
//!
//! Invariant: a Pod has its containers here from its creation until it has finished or is gone.

use super::kubelet::{Kubelets, finish, stamp, turn_unready};
use super::pod_containers::{PodContainers, StopReason};
use crate::api::{JobSpec, PodPhase, PodReady};
use crate::id::PodId;
use crate::kubelet::{
    ContainerRestart, RuntimeState, after_exit, are_ready, containers_as_shown, final_phase, given_up, pod_actions,
    pod_phase, stop_times,
};
use crate::model::Workload;
use crate::time::{SimDuration, WholeSecond};
use crate::world::env::Env;
use crate::world::event::{ContainerStep, Event};
use std::sync::Arc;

/// The exit code of a container that was ended by SIGKILL: 128 + 9.
pub(super) const KILLED: i32 = 137;

pub(super) fn spec_of<W>(env: &Env<W>, id: PodId) -> Arc<JobSpec> {
    env.store.jobs[env.store.pods[id].job].spec.clone()
}

impl Kubelets {
    pub(super) fn containers(&mut self, id: PodId) -> &mut PodContainers {
        self.tracked.get_mut(&id).expect("the containers of a Pod that has not finished are known")
    }

    /// Begins the containers of a Pod that has just been started.
    pub(super) fn begin_containers<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        env.store.note_start(id, stamp);
        self.go_on(env, id);
    }

    /// Handles a step of a container's life.
    pub fn container_step<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        id: PodId,
        (place, number, step): (u16, u32, ContainerStep),
    ) {
        let place = usize::from(place);
        let is_there = match step {
            ContainerStep::Stop => env.store.pods[id].is_unfinished() && self.tracked.contains_key(&id),
            _ => self.living(env, id).is_some(),
        };
        if !is_there || self.containers(id).each[place].number != number {
            return;
        }
        let runs = self.containers(id).states[place].is_running();
        match step {
            ContainerStep::Start if self.containers(id).stop == StopReason::None => {
                self.begin_container(env, id, place);
                self.go_on(env, id);
            }
            ContainerStep::Started if runs => {
                let life = self.containers(id).each[place].life;
                let is_ready = life.ready.zip(life.startup).is_some_and(|(ready, startup)| ready <= startup);
                self.containers(id).states[place] = RuntimeState::Running { is_ready };
                self.go_on(env, id);
            }
            ContainerStep::Ready if runs => {
                self.containers(id).states[place] = RuntimeState::Running { is_ready: true };
                self.report(env, id);
            }
            ContainerStep::Exit if runs => self.container_exits(env, id, place),
            ContainerStep::Stop if runs => {
                let code = self.containers(id).each[place].code;
                self.container_stopped(env, id, place, code);
            }
            _ => {}
        }
    }

    /// Starts the containers that are to be started now, or ends the Pod; then writes the status.
    pub(super) fn go_on<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let spec = spec_of(env, id);
        loop {
            let pod = self.containers(id);
            if pod.stop != StopReason::None {
                break;
            }
            let actions = pod_actions(&spec.template, &pod.states);
            if actions.ends {
                pod.stop = StopReason::End;
                if !pod.any_runs() {
                    return self.finish_containers(env, id);
                }
                self.stop_containers(env, id, &spec);
                break;
            }
            // Containers of a Pod are started one after the other.
            let (mut turn, mut begun) = (SimDuration::ZERO, false);
            for place in actions.start {
                let tracked = &mut self.containers(id).each[place];
                if std::mem::replace(&mut tracked.is_planned, true) {
                    continue;
                }
                turn += tracked.life.start;
                if turn.is_positive() {
                    let event = Event::Container(id, tracked.number, place as u16, ContainerStep::Start);
                    env.schedule_after(turn, event);
                } else {
                    self.begin_container(env, id, place);
                    begun = true;
                }
            }
            if !begun {
                break;
            }
        }
        self.report(env, id);
    }

    /// Begins a run of a container.
    fn begin_container<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, place: usize) {
        let run = {
            let number = self.containers(id).each[place].number;
            env.workload.container_run(env.store.pods[id].identity(), place, number)
        };
        let (now, stamp) = (env.now(), stamp(env));
        let pod = self.containers(id);
        let was_restarting = matches!(pod.states[place], RuntimeState::Restarting(_));
        let tracked = &mut pod.each[place];
        (tracked.code, tracked.is_planned, tracked.began) = (run.code, false, stamp);
        tracked.restarts = tracked.restarts.saturating_add(i32::from(was_restarting));
        let life = tracked.life;
        let has_started = life.startup == Some(SimDuration::ZERO);
        pod.states[place] = match has_started {
            true => RuntimeState::Running { is_ready: life.ready == Some(SimDuration::ZERO) },
            false => RuntimeState::Starting,
        };
        let lasts = match life.after_main {
            Some(after) => pod.main_ended.map(|ended| (ended + after).max(now) - now),
            None => run.lasts,
        };
        let event = |step| Event::Container(id, tracked.number, place as u16, step);
        if let Some(after) = life.startup.filter(|_| !has_started) {
            env.schedule_after(after, event(ContainerStep::Started));
        }
        // A container becomes ready only after its startup probe has succeeded.
        let ready = life.ready.zip(life.startup).filter(|(ready, startup)| ready > startup);
        if let Some((after, _)) = ready {
            env.schedule_after(after, event(ContainerStep::Ready));
        }
        if let Some(after) = lasts {
            env.schedule_after(after, event(ContainerStep::Exit));
        }
    }

    /// A container ends by itself.
    fn container_exits<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, place: usize) {
        let (spec, now, stamp) = (spec_of(env, id), env.now(), stamp(env));
        let (identity, pod) = (env.store.pods[id].identity(), self.containers(id));
        let (number, planned) = (pod.each[place].number, pod.each[place].code);
        let code = env.workload.container_ended(identity, place, number, planned, now);
        if pod.stop != StopReason::None {
            return self.container_stopped(env, id, place, code);
        }
        match after_exit(&spec.template, place, code) {
            ContainerRestart::No => {
                pod.end(place, code, (place < spec.template.containers.len(), stamp));
                if place == spec.template.main_container {
                    self.main_has_ended(env, id);
                }
                return self.go_on(env, id);
            }
            ContainerRestart::Own => {
                let after = env.workload.container_restart(identity, place, number, now);
                pod.states[place] = RuntimeState::Restarting(code);
                pod.note_end(place, code, stamp);
                let tracked = &mut pod.each[place];
                (tracked.number, tracked.is_planned) = (number + 1, true);
                env.schedule_after(after, Event::Container(id, number + 1, place as u16, ContainerStep::Start));
            }
            ContainerRestart::All => {
                pod.states[place] = RuntimeState::Restarting(code);
                pod.note_end(place, code, stamp);
                pod.stop = StopReason::Restart;
                if !pod.any_runs() {
                    pod.begin_anew();
                    return self.go_on(env, id);
                }
                self.stop_containers(env, id, &spec);
            }
        }
        // If a container still waits for its restart, the Pod is not over.
        self.go_on(env, id);
    }

    /// The main container has ended for good: plans the ends of the containers that end after it.
    fn main_has_ended<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let now = env.now();
        let pod = self.containers(id);
        pod.main_ended = Some(now);
        for (place, (state, tracked)) in pod.states.iter().zip(&pod.each).enumerate() {
            if let Some(after) = tracked.life.after_main.filter(|_| state.is_running()) {
                let event = Event::Container(id, tracked.number, place as u16, ContainerStep::Exit);
                env.schedule_after(after, event);
            }
        }
    }

    /// Tells all running containers to stop, within the Pod's grace period.
    fn stop_containers<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, spec: &JobSpec) {
        let grace = self.stop_grace(env, id);
        self.stop_containers_within(env, id, (spec, grace));
    }

    /// Tells all running containers to stop, within this time.
    pub(super) fn stop_containers_within<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        id: PodId,
        (spec, grace): (&JobSpec, SimDuration),
    ) {
        let pod = self.containers(id);
        let takes = |place: usize| pod.each[place].life.stop_after;
        for stop in stop_times(&spec.template, &pod.states, takes, grace) {
            let tracked = &mut pod.each[stop.place];
            tracked.code = if stop.is_killed { KILLED } else { tracked.life.stop_code };
            let event = Event::Container(id, tracked.number, stop.place as u16, ContainerStep::Stop);
            env.schedule_after(stop.after, event);
        }
    }

    /// Tells the containers of a Pod that is being deleted to stop; `false` if none of them runs.
    pub(super) fn stop_all_containers<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) -> bool {
        let spec = spec_of(env, id);
        let pod = self.containers(id);
        let was_stopping = std::mem::replace(&mut pod.stop, StopReason::End) != StopReason::None;
        if pod.any_runs() && !was_stopping {
            self.stop_containers(env, id, &spec);
        }
        self.containers(id).any_runs()
    }

    /// A container that was told to stop has ended.
    fn container_stopped<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, place: usize, code: i32) {
        let (spec, stamp) = (spec_of(env, id), stamp(env));
        let pod = self.containers(id);
        pod.end(place, code, (place < spec.template.containers.len(), stamp));
        match pod.stop {
            _ if pod.any_runs() => self.report(env, id),
            StopReason::Restart => {
                pod.begin_anew();
                self.go_on(env, id);
            }
            StopReason::None | StopReason::End => self.finish_containers(env, id),
        }
    }

    /// Kills the containers at once; the Pod is not finished by this.
    pub(super) fn kill_containers<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let (spec, stamp) = (spec_of(env, id), stamp(env));
        let pod = self.containers(id);
        pod.stop = StopReason::End;
        for place in 0..pod.states.len() {
            if pod.states[place].is_running() {
                pod.end(place, KILLED, (place < spec.template.containers.len(), stamp));
            }
        }
        pod.states = given_up(&spec.template, &pod.states);
        let (states, finished_at) = (pod.states.clone(), pod.finished_at);
        let shown = containers_as_shown(&spec.template, &states, finished_at, &mut env.codes);
        env.store.update_pod(id, |object| object.containers = shown);
    }

    /// Gives the Pod its final phase, because no container runs or will run again. A Pod that is being deleted then
    /// disappears.
    pub(super) fn finish_containers<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let (spec, stamp) = (spec_of(env, id), stamp(env));
        let pod = self.containers(id);
        let by_states = final_phase(&spec.template, &pod.states);
        let states = given_up(&spec.template, &pod.states);
        let has_ended = pod.finished_at != WholeSecond::default();
        let finished_at = if has_ended { pod.finished_at } else { stamp };
        let containers = containers_as_shown(&spec.template, &states, finished_at, &mut env.codes);
        // A Pod that its kubelet stopped for a deadline or a shutdown has failed, whatever its exit codes are.
        let must_fail = self.unfinished(env, id).is_some_and(|pod| pod.must_fail);
        let phase = if must_fail { PodPhase::Failed } else { by_states };
        self.tell_of_shutdown(env, id);
        env.store.update_pod(id, |object| {
            object.containers = containers;
            finish(object, phase, stamp);
        });
        let is_deleted = env.store.pods[id].pod.deleting();
        self.let_go(env, id);
        if is_deleted {
            env.store.let_pod_go(id);
        }
    }

    /// Writes what the Pod's status says about its containers, if that has changed.
    pub(super) fn report<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let (spec, stamp) = (spec_of(env, id), stamp(env));
        let pod = self.containers(id);
        let (states, finished_at) = (pod.states.clone(), pod.finished_at);
        let restarts = pod.each.iter().fold(0_i32, |sum, tracked| sum.saturating_add(tracked.restarts));
        let is_ready = are_ready(&spec.template, &states);
        if let Some(running) = self.unfinished(env, id) {
            running.is_ready = is_ready;
        }
        let before = env.store.pods[id].pod;
        let mut after = before;
        after.containers = containers_as_shown(&spec.template, &states, finished_at, &mut env.codes);
        (after.restarts, after.waiting) = (restarts, None);
        // The phase becomes final only when no container runs any more.
        let phase = pod_phase(&spec.template, &states, false);
        after.phase = if phase.is_terminal() { before.phase } else { phase };
        match is_ready {
            true if !before.is_ready() => after.ready = PodReady::True(stamp),
            true => {}
            false => turn_unready(&mut after, stamp),
        }
        if after != before {
            env.store.update_pod(id, |object| *object = after);
        }
    }
}
