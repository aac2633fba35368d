//! The kubelets: they play each Pod's life, and stop Pods that are deleted. They know nothing of Jobs and draw no
//! random numbers: a life is given by the workload.
//!
//! Invariant: a Pod has a life here from its creation until it has finished or disappeared.

use super::containers::KILLED;
use super::deadline::plan_deadline;
use super::pod_containers::PodContainers;
use crate::api::{Containers, ExitCodes, Pod, PodPhase, PodReady, RestartPolicy, WaitingReason};
use crate::id::{NodeId, PodId, Slab};
use crate::model::{ContainerLife, DisruptionOrigin, Life, Run, Workload};
use crate::time::{SimDuration, WholeSecond};
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::store::{Deletion, LifePlace};
use std::collections::HashMap;

/// The lives of all Pods that have not finished.
#[derive(Debug, Default)]
pub(in crate::world) struct Kubelets {
    lives: Slab<RunningPod>,
    /// The containers of Pods whose containers are modelled one by one.
    pub(super) tracked: HashMap<PodId, PodContainers>,
}

/// A Pod that has not finished.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunningPod {
    pub(super) life: Life,
    /// The present run of the containers; between a failure and the restart, the next one.
    run: Run,
    /// The number of that run; the first is 0.
    number: u32,
    /// Whether the present run is ready. The API can show something else while the kubelet has lost the API server.
    pub(super) is_ready: bool,
    /// Whether its containers are modelled one by one, in `tracked`.
    pub(super) is_tracked: bool,
    /// Whether its kubelet stops it, because it is past its deadline or its node shuts down. It then fails whatever its
    /// exit codes are.
    pub(super) must_fail: bool,
    /// The longest time that its containers have to stop, if its node shuts down.
    pub(super) shutdown_grace: Option<SimDuration>,
    /// Whether it is being deleted and its kubelet, which has lost the API server, does not know that yet.
    waits_to_stop: bool,
}

/// What the nodes' clock shows, in whole seconds as the API stores it.
#[inline]
pub(super) fn stamp<W: Workload>(env: &Env<W>) -> WholeSecond {
    WholeSecond::from(env.now() + env.config.clocks.nodes)
}

/// The grace period of a Pod.
pub(super) fn grace_of<W>(env: &Env<W>, id: PodId) -> SimDuration {
    let job = &env.store.jobs[env.store.pods[id].job];
    SimDuration::from_secs(job.spec.template.termination_grace_period_seconds)
}

fn restart_policy<W>(env: &Env<W>, id: PodId) -> RestartPolicy {
    env.store.jobs[env.store.pods[id].job].spec.template.restart_policy
}

impl Kubelets {
    /// Forgets all Pods; keeps the allocated memory.
    pub fn clear(&mut self) {
        self.lives.clear();
        self.tracked.clear();
    }

    /// Adds a new Pod; `containers` is empty unless they are modelled one by one.
    pub fn take_up<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, life: Life, containers: Vec<ContainerLife>) {
        self.enter(env, id, life, 0).is_tracked = !containers.is_empty();
        if !containers.is_empty() {
            self.tracked.insert(id, PodContainers::new(containers));
        }
        // In a cluster with nodes the scheduler binds Pods.
        if let Some(after) = life.bind.filter(|_| env.config.nodes.is_none()) {
            env.schedule_after(after, Event::Bind(id));
        }
        plan_disruption(env, id, &life, DisruptionOrigin::Creation);
    }

    /// Adds the life of a Pod whose containers end together, and have been restarted `restarts` times.
    pub(super) fn enter<W>(&mut self, env: &mut Env<W>, id: PodId, life: Life, restarts: u32) -> &mut RunningPod {
        let stored = &env.store.pods[id].pod;
        let waits = matches!(stored.containers, Containers::Terminated { .. });
        let pod = RunningPod {
            life,
            run: life.run,
            number: restarts + u32::from(waits),
            is_ready: stored.is_ready(),
            is_tracked: false,
            must_fail: false,
            shutdown_grace: None,
            waits_to_stop: false,
        };
        let place = self.lives.insert(pod);
        let before = env.store.pods[id].life.replace(LifePlace::of(place));
        assert!(before.is_none(), "a Pod is taken up once");
        &mut self.lives[place]
    }

    /// Removes the life of a Pod that has finished or disappeared.
    pub(super) fn let_go<W>(&mut self, env: &mut Env<W>, id: PodId) {
        // The life of a finished Pod has been removed before the Pod is deleted.
        if let Some(place) = env.store.pods[id].life.take() {
            self.lives.give_up(place.ix());
            if self.lives[place.ix()].is_tracked {
                self.tracked.remove(&id);
            }
        }
    }

    /// The life of a Pod that has not finished, even if it is being deleted.
    pub(super) fn unfinished<W>(&mut self, env: &Env<W>, id: PodId) -> Option<&mut RunningPod> {
        let place = env.store.pods[id].life?;
        Some(&mut self.lives[place.ix()])
    }

    /// The life of a Pod that continues as planned. A Pod's events can still be pending when its life is over: there is
    /// none for a Pod that has finished, disappeared or is being deleted, unless it was deleted without grace and
    /// nothing kills its containers.
    pub(super) fn living<W>(&mut self, env: &Env<W>, id: PodId) -> Option<&mut RunningPod> {
        let stored = &env.store.pods[id];
        if !stored.is_unfinished() {
            return None;
        }
        let pod = self.unfinished(env, id)?;
        let is_ending = stored.pod.deleting() && (!stored.forced || pod.life.is_killed_after_grace);
        (!is_ending).then_some(pod)
    }

    /// As [`Kubelets::living`], if this run of its containers is the present or the next one.
    fn in_run<W>(&mut self, env: &Env<W>, id: PodId, run: u32) -> Option<&mut RunningPod> {
        self.living(env, id).filter(|pod| pod.number == run && !pod.must_fail)
    }

    /// A copy of the life of a Pod that continues as planned.
    pub fn life<W>(&mut self, env: &Env<W>, id: PodId) -> Option<Life> {
        let pod = self.living(env, id).filter(|_| !env.store.pods[id].pod.deleting());
        pod.map(|pod| pod.life)
    }

    /// Binds a Pod to the node that the scheduler has chosen.
    pub fn bind_to<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, node: NodeId) {
        let pod = self.living(env, id).expect("only a Pod that is neither finished nor being deleted is bound");
        env.store.bind_pod(id, node);
        plan_start(env, id, pod);
    }

    /// Binds a Pod, in a cluster without nodes.
    pub fn bind<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        if env.store.pods[id].pod.deleting() {
            return;
        }
        let Some(pod) = self.living(env, id) else { return };
        assert!(!env.store.pods[id].pod.bound, "a Pod is bound once");
        env.store.update_pod(id, |pod| pod.bound = true);
        plan_start(env, id, pod);
    }

    /// The kubelet reports why the containers do not start.
    pub fn waits<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, reason: WaitingReason) {
        if self.living(env, id).is_some_and(|pod| !pod.must_fail) {
            env.store.update_pod(id, |object| object.waiting = Some(reason));
        }
    }

    /// The containers begin to run.
    pub fn start<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        let Some(pod) = self.living(env, id).filter(|pod| !pod.must_fail) else { return };
        assert!(env.store.pods[id].pod.bound, "containers run only on a node");
        if pod.is_tracked {
            return self.begin_containers(env, id);
        }
        env.store.note_start(id, stamp);
        env.store.update_pod(id, |object| {
            (object.phase, object.waiting) = (PodPhase::Running, None);
            begin_run(object, pod, stamp);
        });
        plan_run(env, id, pod);
    }

    /// The Pod becomes ready, if that run is still under way.
    pub fn ready<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, run: u32) {
        let stamp = stamp(env);
        let Some(pod) = self.in_run(env, id, run) else { return };
        if env.store.pods[id].pod.containers == Containers::Running {
            pod.is_ready = true;
            env.store.update_pod(id, |pod| pod.ready = PodReady::True(stamp));
        }
    }

    /// The kubelet has regained the API server: it reports a Pod as ready that was ready all the time but that the API
    /// shows as unready.
    pub fn say_ready<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        let Some(pod) = self.living(env, id) else { return };
        let stored = &env.store.pods[id].pod;
        if pod.is_ready && stored.containers == Containers::Running && matches!(stored.ready, PodReady::False(_)) {
            env.store.update_pod(id, |pod| pod.ready = PodReady::True(stamp));
        }
    }

    /// The kubelet has regained the API server: it learns that a Pod is being deleted, and begins to stop it.
    pub fn stop_waiting_begins<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        if env.store.pods[id].is_unfinished()
            && let Some(pod) = self.unfinished(env, id)
            && std::mem::take(&mut pod.waits_to_stop)
        {
            self.begin_to_stop(env, id);
        }
    }

    /// The containers exit, if that run is still under way. With restartPolicy OnFailure a failed run is followed by
    /// another.
    pub fn exit<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, run: u32) {
        let Some(pod) = self.in_run(env, id, run) else { return };
        let (now, stamp) = (env.now(), stamp(env));
        let identity = env.store.pods[id].identity();
        let ended = env.workload.ended(identity, run, pod.run, now, &mut env.codes);
        let containers = Containers::Terminated { finished_at: stamp, exit_codes: ended.exit_codes };
        if restart_policy(env, id) == RestartPolicy::OnFailure && !ended.succeeds {
            env.store.update_pod(id, |pod| {
                pod.containers = containers;
                turn_unready(pod, stamp);
            });
            env.schedule_after(ended.restart_after, Event::Restart(id, run + 1));
            let containers = env.store.container_count(id);
            let next = env.workload.run(identity, run + 1, containers, &mut env.codes);
            (pod.run, pod.number, pod.is_ready) = (next, run + 1, false);
            return;
        }
        let phase = if ended.succeeds { PodPhase::Succeeded } else { PodPhase::Failed };
        env.store.update_pod(id, |pod| {
            pod.containers = containers;
            finish(pod, phase, stamp);
        });
        self.let_go(env, id);
    }

    /// The containers run again.
    pub fn restart<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, run: u32) {
        let stamp = stamp(env);
        let Some(pod) = self.in_run(env, id, run) else { return };
        let containers = env.store.container_count(id);
        env.store.update_pod(id, |object| {
            object.restarts = object.restarts.saturating_add(containers as i32);
            begin_run(object, pod, stamp);
        });
        plan_run(env, id, pod);
    }

    /// A Pod that is being deleted has stopped: it gets its final phase and disappears.
    pub fn stopped<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let stamp = stamp(env);
        // A forced deletion or the loss of its node may have come first.
        if !env.store.pods[id].is_unfinished() {
            return;
        }
        let pod = *self.unfinished(env, id).expect("a Pod that has not finished has a life");
        if pod.is_tracked {
            return self.finish_containers(env, id);
        }
        let is_killed = pod.life.is_killed_after_grace && pod.life.stop_after > grace_of(env, id);
        let (codes, succeeds) = match is_killed {
            true => (env.codes.intern_repeated(KILLED, env.store.container_count(id)), false),
            false => (pod.life.stop_codes, pod.life.stop_succeeds),
        };
        env.store.update_pod(id, |pod| {
            if pod.containers == Containers::Running {
                stop_containers(pod, codes, stamp);
                finish(pod, if succeeds { PodPhase::Succeeded } else { PodPhase::Failed }, stamp);
            } else {
                finish(pod, PodPhase::Failed, stamp);
            }
        });
        self.let_go(env, id);
        env.store.let_pod_go(id);
    }

    /// Acts on the deletion of a Pod; `reports`: its kubelet reaches the API server.
    pub fn deleted<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, deletion: Deletion, reports: bool) {
        match deletion {
            Deletion::Graceful if reports => self.begin_to_stop(env, id),
            Deletion::Graceful => {
                let pod = self.unfinished(env, id).expect("only a Pod that has not finished is deleted gracefully");
                pod.waits_to_stop = true;
            }
            // A finalizer may keep the object in the API while the containers still run.
            Deletion::Immediate if env.store.pods[id].is_unfinished() && !self.is_killed_after_grace(env, id) => {}
            Deletion::Immediate => self.let_go(env, id),
            Deletion::NotFound | Deletion::Already => {}
        }
    }

    /// Plans when the containers of a Pod that is deleted gracefully will have stopped: as its life says, and at the
    /// end of the grace period at the latest if SIGKILL ends them then.
    fn begin_to_stop<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let grace = grace_of(env, id);
        let pod = *self.unfinished(env, id).expect("only a Pod that has not finished is deleted gracefully");
        if pod.is_tracked {
            if !self.stop_all_containers(env, id) {
                env.schedule_after(SimDuration::ZERO, Event::Stopped(id));
            }
            return;
        }
        let life = pod.life;
        let after = if life.is_killed_after_grace { life.stop_after.min(grace) } else { life.stop_after };
        env.schedule_after(after, Event::Stopped(id));
    }

    fn is_killed_after_grace<W>(&mut self, env: &Env<W>, id: PodId) -> bool {
        self.unfinished(env, id).is_none_or(|pod| pod.life.is_killed_after_grace)
    }
}

/// Whether a Pod that is bound now will have finished before its disruption. The disruption is then not scheduled: it
/// could be days away, and would only fill the event list.
fn ends_before_disruption<W>(env: &Env<W>, id: PodId, pod: &RunningPod) -> bool {
    let ends = pod.life.start.ok().zip(pod.run.lasts).map(|(start, lasts)| start + lasts);
    restart_policy(env, id) == RestartPolicy::Never
        && pod.life.disruption.zip(ends).is_some_and(|(disruption, ends)| disruption.at > ends)
}

/// Plans the disruption in a Pod's life, if its time counts from this origin.
pub(super) fn plan_disruption<W: Workload>(env: &mut Env<W>, id: PodId, life: &Life, origin: DisruptionOrigin) {
    if let Some(disruption) = life.disruption.filter(|d| d.origin == origin) {
        env.schedule_after(disruption.at, Event::Disrupt(id, disruption.kind));
    }
}

/// Plans the start of a Pod that is bound now.
pub(super) fn plan_start<W: Workload>(env: &mut Env<W>, id: PodId, pod: &RunningPod) {
    match pod.life.start {
        Ok(after) => env.schedule_after(after, Event::Start(id)),
        Err(WaitingReason::ErrImagePull | WaitingReason::ImagePullBackOff) => {}
        Err(reason) => env.store.update_pod(id, |object| object.waiting = Some(reason)),
    }
    let identity = env.store.pods[id].identity();
    for (after, reason) in env.workload.pull_reports(identity) {
        env.schedule_after(after, Event::Waits(id, reason));
    }
    plan_deadline(env, id);
    if !ends_before_disruption(env, id, pod) {
        plan_disruption(env, id, &pod.life, DisruptionOrigin::Binding);
    }
}

/// Plans the readiness and the exit of the run that begins now.
pub(super) fn plan_run<W: Workload>(env: &mut Env<W>, id: PodId, pod: &RunningPod) {
    if let Some(after) = pod.life.ready.filter(|d| d.is_positive()) {
        env.schedule_after(after, Event::Ready(id, pod.number));
    }
    if let Some(after) = pod.run.lasts {
        env.schedule_after(after, Event::Exit(id, pod.number));
    }
}

fn begin_run(object: &mut Pod, pod: &mut RunningPod, stamp: WholeSecond) {
    object.containers = Containers::Running;
    pod.is_ready = pod.life.ready == Some(SimDuration::ZERO);
    if pod.is_ready {
        object.ready = PodReady::True(stamp);
    } else {
        turn_unready(object, stamp);
    }
}

pub(super) fn stop_containers(pod: &mut Pod, exit_codes: ExitCodes, stamp: WholeSecond) {
    pod.containers = Containers::Terminated { finished_at: stamp, exit_codes };
}

pub(super) fn finish(pod: &mut Pod, phase: PodPhase, stamp: WholeSecond) {
    assert!(!pod.phase.is_terminal(), "a Pod finishes once");
    pod.phase = phase;
    turn_unready(pod, stamp);
}

pub(super) fn turn_unready(pod: &mut Pod, stamp: WholeSecond) {
    if !matches!(pod.ready, PodReady::False(_)) {
        pod.ready = PodReady::False(stamp);
    }
}
