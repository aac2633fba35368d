//! The scheduler and the kubelets: they follow each Pod's life, and stop Pods that are deleted. They know nothing of
//! Jobs, and decide nothing by chance: a life is given.

use crate::api::{Containers, ExitCodeTable, Pod, PodPhase, PodReady, RestartPolicy};
use crate::id::PodId;
use crate::model::{DisruptionKind, DisruptionOrigin, Life, PodIdentity, Run};
use crate::time::{SimDuration, SimTime, WholeSecond};
use crate::world::Event;
use crate::world::store::jobs::{Deletion, Store};

/// Lives of the Pods that have not finished.
#[derive(Debug, Default)]
pub struct Kubelet {
    lives: Vec<Being>,
    free: Vec<u32>,
    /// How far the nodes' clock is ahead of the API server's.
    pub clock: SimDuration,
    /// What the kubelet wants to happen, not yet on the event list.
    pub agenda: Vec<(SimTime, Event)>,
}

#[derive(Clone, Copy, Debug)]
struct Being {
    life: Life,
    /// The run under way.
    run: Run,
    number: u32,
}

/// A run that has to be asked for: the Pod, and which run.
pub type NextRun = (PodIdentity, u32);

impl Kubelet {
    /// Kubelets whose clock is so far ahead of the API server's.
    pub fn new(clock: SimDuration) -> Self {
        Kubelet { clock, ..Kubelet::default() }
    }

    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        self.lives.clear();
        self.free.clear();
        self.agenda.clear();
    }

    /// What a node's clock shows, as it is stored.
    #[inline]
    fn stamp(&self, now: SimTime) -> WholeSecond {
        WholeSecond::from(now + self.clock)
    }

    fn plan(&mut self, now: SimTime, after: SimDuration, event: Event) {
        self.agenda.push((now + after, event));
    }

    /// Takes up a new Pod.
    pub fn take_up(&mut self, id: PodId, life: Life, store: &mut Store, now: SimTime) {
        let being = Being { life, run: life.run, number: 0 };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.lives[slot as usize] = being;
                slot
            }
            None => {
                self.lives.push(being);
                (self.lives.len() - 1) as u32
            }
        };
        store.pods[id].slot = slot;
        if let Some(after) = life.bind {
            self.plan(now, after, Event::Bind(id));
        }
        self.plan_disruption(id, life, DisruptionOrigin::Creation, now);
    }

    /// Whether a Pod that is bound now will have finished before its disruption comes, so that the event list need not
    /// hold it for days.
    fn ends_before_disruption(&self, id: PodId, being: Being, store: &Store) -> bool {
        let policy = store.jobs[store.pods[id].job].spec.template.restart_policy;
        let ends = being.run.lasts.map(|lasts| being.life.start + lasts);
        policy == RestartPolicy::Never && being.life.disruption.zip(ends).is_some_and(|(d, ends)| d.at > ends)
    }

    fn plan_disruption(&mut self, id: PodId, life: Life, origin: DisruptionOrigin, now: SimTime) {
        if let Some(d) = life.disruption.filter(|d| d.origin == origin) {
            self.plan(now, d.at, Event::Disrupt(id));
        }
    }

    /// Forgets the life of a Pod that has finished or is gone.
    fn let_go(&mut self, id: PodId, store: &mut Store) {
        let slot = std::mem::replace(&mut store.pods[id].slot, u32::MAX);
        if slot != u32::MAX {
            self.free.push(slot);
        }
    }

    fn being(&mut self, id: PodId, store: &Store) -> Option<&mut Being> {
        self.lives.get_mut(store.pods[id].slot as usize)
    }

    /// The life of a Pod whose script goes on: it is neither finished, nor gone, nor being deleted.
    fn living(&mut self, id: PodId, store: &Store) -> Option<Being> {
        let pod = &store.pods[id];
        if pod.gone || !pod.pod.is_active() {
            return None;
        }
        self.being(id, store).copied()
    }

    /// The life of a Pod whose script goes on.
    pub fn life(&mut self, id: PodId, store: &Store) -> Option<Life> {
        self.living(id, store).map(|being| being.life)
    }

    /// The Pod is bound to a node.
    pub fn bind(&mut self, id: PodId, store: &mut Store, now: SimTime) {
        let Some(being) = self.living(id, store) else { return };
        store.update_pod(id, |pod| pod.bound = true);
        self.plan(now, being.life.start, Event::Start(id));
        if !self.ends_before_disruption(id, being, store) {
            self.plan_disruption(id, being.life, DisruptionOrigin::Binding, now);
        }
    }

    /// The containers begin to run.
    pub fn start(&mut self, id: PodId, store: &mut Store, now: SimTime) {
        let stamp = self.stamp(now);
        let Some(being) = self.living(id, store) else { return };
        store.update_pod(id, |pod| {
            pod.phase = PodPhase::Running;
            begin_run(pod, &being, stamp);
        });
        self.plan_run(id, being, now);
    }

    /// Plans the readiness and the exit of the run that begins now.
    fn plan_run(&mut self, id: PodId, being: Being, now: SimTime) {
        if let Some(after) = being.life.ready.filter(|d| d.is_positive()) {
            self.plan(now, after, Event::Ready(id, being.number));
        }
        if let Some(after) = being.run.lasts {
            self.plan(now, after, Event::Exit(id, being.number));
        }
    }

    /// The Pod becomes ready, if that run is still under way.
    pub fn ready(&mut self, id: PodId, run: u32, store: &mut Store, now: SimTime) {
        let stamp = self.stamp(now);
        let Some(being) = self.living(id, store) else { return };
        if being.number == run && store.pods[id].pod.containers == Containers::Running {
            store.update_pod(id, |pod| pod.ready = PodReady::True(stamp));
        }
    }

    /// The containers exit; gives the Pod's next run if they are to be restarted.
    pub fn exit(&mut self, id: PodId, run: u32, store: &mut Store, now: SimTime) -> Option<NextRun> {
        let stamp = self.stamp(now);
        let being = self.living(id, store).filter(|b| b.number == run)?;
        let job = store.pods[id].job;
        let policy = store.jobs[job].spec.template.restart_policy;
        let terminated = Containers::Terminated { finished_at: stamp, exit_codes: being.run.exit_codes };
        if policy == RestartPolicy::OnFailure && !being.run.succeeds {
            store.update_pod(id, |pod| {
                pod.containers = terminated;
                turn_unready(pod, stamp);
            });
            self.plan(now, being.run.restart_after, Event::Restart(id, run + 1));
            return Some((identity(id, store), run + 1));
        }
        let phase = if being.run.succeeds { PodPhase::Succeeded } else { PodPhase::Failed };
        store.update_pod(id, |pod| {
            pod.containers = terminated;
            finish(pod, phase, stamp);
        });
        self.let_go(id, store);
        None
    }

    /// The run of that number, if it is under way.
    pub fn run_under_way(&mut self, id: PodId, run: u32, store: &Store) -> Option<(PodIdentity, Run)> {
        let being = self.living(id, store).filter(|b| b.number == run)?;
        Some((identity(id, store), being.run))
    }

    /// Sets what the run under way is.
    pub fn set_run(&mut self, id: PodId, run: Run, store: &Store) {
        if let Some(being) = self.being(id, store) {
            being.run = run;
        }
    }

    /// Sets what the next run of a Pod will be.
    pub fn set_next_run(&mut self, id: PodId, run: Run, store: &Store) {
        if let Some(being) = self.being(id, store) {
            being.run = run;
            being.number += 1;
        }
    }

    /// The containers run again.
    pub fn restart(&mut self, id: PodId, run: u32, store: &mut Store, now: SimTime) {
        let stamp = self.stamp(now);
        let Some(being) = self.living(id, store).filter(|b| b.number == run) else { return };
        let containers = container_count(id, store);
        store.update_pod(id, |pod| {
            pod.restarts = pod.restarts.saturating_add(containers as i32);
            begin_run(pod, &being, stamp);
        });
        self.plan_run(id, being, now);
    }

    /// A graceful deletion has begun: the containers will stop, by SIGKILL when the grace period is over.
    pub fn deletion_began(&mut self, id: PodId, store: &Store, now: SimTime) {
        let job = &store.jobs[store.pods[id].job];
        let grace = SimDuration::from_secs(job.spec.template.termination_grace_period_seconds);
        if let Some(&mut Being { life, .. }) = self.being(id, store) {
            self.plan(now, life.stop_after.min(grace), Event::Stopped(id));
        }
    }

    /// A Pod that is being deleted has stopped: its final phase, then it is deleted for good.
    pub fn stopped(&mut self, id: PodId, store: &mut Store, now: SimTime) {
        let stamp = self.stamp(now);
        let pod = &store.pods[id];
        if pod.gone || pod.pod.phase.is_terminal() {
            return;
        }
        let Some(&mut Being { life, .. }) = self.being(id, store) else { return };
        store.update_pod(id, |pod| {
            if pod.containers == Containers::Running {
                stop_containers(pod, life.stop_codes, stamp);
                finish(pod, if life.stop_succeeds { PodPhase::Succeeded } else { PodPhase::Failed }, stamp);
            } else {
                finish(pod, PodPhase::Failed, stamp);
            }
        });
        self.let_go(id, store);
        store.delete_pod(id, true, now);
    }

    /// The Pod's disruption comes. `true` if a graceful deletion is to follow.
    pub fn disrupt(&mut self, id: PodId, store: &mut Store, codes: &mut ExitCodeTable, now: SimTime) -> bool {
        let stamp = self.stamp(now);
        let Some(being) = self.living(id, store) else { return false };
        let Some(disruption) = being.life.disruption else { return false };
        match disruption.kind {
            DisruptionKind::Delete => return true,
            DisruptionKind::Eviction => {
                store.update_pod(id, |pod| pod.disruption_target = true);
                return true;
            }
            DisruptionKind::Kubelet => {
                if store.pods[id].pod.bound {
                    let killed = codes.intern_repeated(137, container_count(id, store));
                    store.update_pod(id, |pod| {
                        pod.disruption_target = true;
                        if pod.containers == Containers::Running {
                            stop_containers(pod, killed, stamp);
                        }
                        finish(pod, PodPhase::Failed, stamp);
                    });
                    self.let_go(id, store);
                }
            }
            DisruptionKind::PodGc => {
                store.update_pod(id, |pod| {
                    pod.disruption_target = true;
                    finish(pod, PodPhase::Failed, stamp);
                });
                self.let_go(id, store);
                store.delete_pod(id, true, now);
            }
        }
        false
    }

    /// The Pod was deleted; what follows depends on how.
    pub fn deleted(&mut self, id: PodId, deletion: Deletion, store: &mut Store, now: SimTime) {
        match deletion {
            Deletion::Graceful => self.deletion_began(id, store, now),
            Deletion::Immediate => self.let_go(id, store),
            Deletion::NotFound | Deletion::Already => {}
        }
    }
}

/// Which Pod of its Job it is.
pub fn identity(id: PodId, store: &Store) -> PodIdentity {
    let pod = &store.pods[id];
    PodIdentity { job: pod.job, index: u32::try_from(pod.pod.index).ok(), attempt: pod.pod.ordinal }
}

/// How many containers a Pod runs.
pub fn container_count(id: PodId, store: &Store) -> usize {
    store.jobs[store.pods[id].job].spec.template.containers.len()
}

fn begin_run(pod: &mut Pod, being: &Being, stamp: WholeSecond) {
    pod.containers = Containers::Running;
    if being.life.ready == Some(SimDuration::ZERO) {
        pod.ready = PodReady::True(stamp);
    } else {
        turn_unready(pod, stamp);
    }
}

fn stop_containers(pod: &mut Pod, exit_codes: crate::api::ExitCodes, stamp: WholeSecond) {
    pod.containers = Containers::Terminated { finished_at: stamp, exit_codes };
}

fn finish(pod: &mut Pod, phase: PodPhase, stamp: WholeSecond) {
    pod.phase = phase;
    turn_unready(pod, stamp);
}

fn turn_unready(pod: &mut Pod, stamp: WholeSecond) {
    if !matches!(pod.ready, PodReady::False(_)) {
        pod.ready = PodReady::False(stamp);
    }
}
