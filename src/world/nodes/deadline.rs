//! `activeDeadlineSeconds` of Pods: the kubelet stops a Pod that has been active for that long, and the Pod fails.
//! Source: kubelet v1.37, `pkg/kubelet/active_deadline.go` (pastActiveDeadline, ShouldEvict): the time counts from the
//! Pod's startTime, which is set when the kubelet sees the Pod; the phase becomes Failed whatever the exit codes are.
//! The deadline of a Job is the Job controller's concern.

use super::containers::KILLED;
use super::kubelet::{Kubelets, finish, stamp, stop_containers};
use crate::api::{Containers, PodPhase};
use crate::id::PodId;
use crate::model::{LifeSoFar, Workload};
use crate::time::SimDuration;
use crate::world::env::Env;
use crate::world::event::Event;

/// Plans the deadline of a Pod that is bound now, if its spec has one.
pub(super) fn plan_deadline<W: Workload>(env: &mut Env<W>, id: PodId) {
    let spec = &env.store.jobs[env.store.pods[id].job].spec;
    if let Some(seconds) = spec.template.active_deadline_seconds {
        env.schedule_after(SimDuration::from_secs(seconds), Event::PodDeadline(id));
    }
}

/// Plans the deadline of a Pod that was bound before the run, if its spec has one.
pub(super) fn plan_rest_of_deadline<W: Workload>(env: &mut Env<W>, id: PodId, so_far: &LifeSoFar) {
    let spec = &env.store.jobs[env.store.pods[id].job].spec;
    if let Some((seconds, lasted)) = spec.template.active_deadline_seconds.zip(so_far.bound) {
        let left = SimDuration::from_secs(seconds) - lasted;
        env.schedule_after(left.max(SimDuration::ZERO), Event::PodDeadline(id));
    }
}

impl Kubelets {
    /// Stops the containers of a Pod that has reached its deadline.
    pub fn deadline<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        self.stop_to_fail(env, id);
    }

    /// The kubelet stops a Pod on its own decision; the Pod will fail.
    pub(super) fn stop_to_fail<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let grace = self.stop_grace(env, id);
        let Some(pod) = self.living(env, id) else { return };
        pod.must_fail = true;
        let (is_tracked, life) = (pod.is_tracked, pod.life);
        if is_tracked {
            if !self.stop_all_containers(env, id) {
                self.finish_containers(env, id);
            }
            return;
        }
        let runs = env.store.pods[id].pod.containers == Containers::Running;
        let after = match runs {
            true if life.is_killed_after_grace => life.stop_after.min(grace),
            true => life.stop_after,
            false => SimDuration::ZERO,
        };
        env.schedule_after(after, Event::DeadlineStopped(id));
    }

    /// Fails a Pod that its kubelet has stopped on its own decision.
    pub fn deadline_stopped<W: Workload>(&mut self, env: &mut Env<W>, id: PodId) {
        let (grace, stamp) = (self.stop_grace(env, id), stamp(env));
        if !env.store.pods[id].is_unfinished() {
            return;
        }
        let life = self.unfinished(env, id).expect("a Pod that has not finished has a life").life;
        let is_killed = life.is_killed_after_grace && life.stop_after > grace;
        let killed = env.codes.intern_repeated(KILLED, env.store.container_count(id));
        self.tell_of_shutdown(env, id);
        env.store.update_pod(id, |pod| {
            if pod.containers == Containers::Running {
                stop_containers(pod, if is_killed { killed } else { life.stop_codes }, stamp);
            }
            finish(pod, PodPhase::Failed, stamp);
        });
        let is_deleted = env.store.pods[id].pod.deleting();
        self.let_go(env, id);
        if is_deleted {
            env.store.let_pod_go(id);
        }
    }
}
