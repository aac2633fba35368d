//! Pods that exist when a run begins and whose containers are modelled one by one: each container continues from where
//! it is. All other Pods that exist then are in [`super::begun`].

use super::containers::spec_of;
use super::containers_seen::EndedRun;
use super::kubelet::{Kubelets, grace_of};
use super::pod_containers::{PodContainers, StopReason};
use crate::id::PodId;
use crate::kubelet::{ContainerRestart, RuntimeState, after_exit};
use crate::model::{ContainerLife, ContainerSoFar, ContainerStage, ContainersSoFar, Workload};
use crate::time::{SimDuration, SimTime, WholeSecond};
use crate::world::env::Env;
use crate::world::event::{ContainerStep, Event};

impl Kubelets {
    /// Adds the containers of a Pod none of which has started. The Pod's life must have been added.
    pub(super) fn enter_containers<W>(&mut self, env: &Env<W>, id: PodId, lives: Vec<ContainerLife>) {
        self.unfinished(env, id).expect("its life was entered").is_tracked = true;
        self.tracked.insert(id, PodContainers::new(lives));
    }

    /// Adds the containers of a Pod in their present states; `stopping` says for how long the Pod has been deleted. The
    /// Pod's life must have been added.
    pub(super) fn take_up_containers<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        id: PodId,
        (so_far, stopping): ContainersSoFar<'_>,
    ) {
        let (spec, now) = (spec_of(env, id), env.now());
        let identity = env.store.pods[id].identity();
        let mut pod = PodContainers::new(env.workload.containers_from(identity, (so_far, stopping), now));
        let regular = spec.template.containers.len();
        for (place, container) in so_far.iter().enumerate() {
            let at = |ago: SimDuration| WholeSecond::from(now - ago);
            pod.each[place].restarts = i32::try_from(container.restarts).unwrap_or(i32::MAX);
            pod.each[place].number = container.restarts;
            match container.stage {
                ContainerStage::Waits(_) => {}
                ContainerStage::Runs { lasted, has_started, is_ready } => {
                    pod.each[place].began = at(lasted);
                    pod.states[place] = match has_started {
                        true => RuntimeState::Running { is_ready },
                        false => RuntimeState::Starting,
                    };
                }
                ContainerStage::Exited { code, ago, is_over } => {
                    pod.each[place].ended = Some(EndedRun { from: at(ago), to: at(ago), code });
                    // A container that will be restarted counts as waiting for that, even if the status shows it as
                    // terminated.
                    let is_over = is_over && after_exit(&spec.template, place, code) == ContainerRestart::No;
                    if !is_over {
                        pod.states[place] = RuntimeState::Restarting(code);
                        continue;
                    }
                    pod.states[place] = RuntimeState::Terminated(code);
                    if place < regular {
                        pod.finished_at = pod.finished_at.max(at(ago));
                    }
                    if place == spec.template.main_container {
                        pod.main_ended = Some(now - ago);
                    }
                }
            }
        }
        self.unfinished(env, id).expect("its life was entered").is_tracked = true;
        self.tracked.insert(id, pod);
        for (place, container) in so_far.iter().enumerate() {
            self.plan_rest(env, id, (place, container), now);
        }
        match stopping {
            None => self.go_on(env, id),
            Some(lasted) => self.go_on_stopping(env, id, lasted),
        }
    }

    /// Plans the rest of a container's run, or its next run.
    fn plan_rest<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        id: PodId,
        (place, container): (usize, &ContainerSoFar),
        now: SimTime,
    ) {
        let identity = env.store.pods[id].identity();
        let pod = self.containers(id);
        let main_ended = pod.main_ended;
        let tracked = &mut pod.each[place];
        match container.stage {
            ContainerStage::Runs { lasted, has_started, is_ready } => {
                let rest = env.workload.rest_of_container_run(identity, place, tracked.number, lasted);
                tracked.code = rest.run.code;
                let event = |step| Event::Container(id, tracked.number, place as u16, step);
                let ends = match (tracked.life.after_main, main_ended) {
                    (Some(after), Some(ended)) => Some((ended + after).max(now) - now),
                    (Some(_), None) => None,
                    _ => rest.run.lasts,
                };
                let steps = [
                    (rest.startup.filter(|_| !has_started), ContainerStep::Started),
                    (rest.ready.filter(|_| !is_ready), ContainerStep::Ready),
                    (ends, ContainerStep::Exit),
                ];
                for (after, step) in steps {
                    if let Some(after) = after {
                        env.schedule_after(after, event(step));
                    }
                }
            }
            ContainerStage::Exited { ago, .. } if matches!(pod.states[place], RuntimeState::Restarting(_)) => {
                let after = env.workload.container_restart(identity, place, tracked.number, now - ago);
                (tracked.number, tracked.is_planned) = (tracked.number + 1, true);
                let event = Event::Container(id, tracked.number, place as u16, ContainerStep::Start);
                env.schedule_after((after - ago).max(SimDuration::ZERO), event);
            }
            _ => {}
        }
    }

    /// Continues the deletion of a Pod whose containers have been told to stop, `lasted` ago.
    fn go_on_stopping<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, lasted: SimDuration) {
        let (spec, grace) = (spec_of(env, id), (grace_of(env, id) - lasted).max(SimDuration::ZERO));
        self.containers(id).stop = StopReason::End;
        self.stop_containers_within(env, id, (&spec, grace));
        if !self.containers(id).any_runs() {
            env.schedule_after(SimDuration::ZERO, Event::Stopped(id));
        }
        self.report(env, id);
    }
}
