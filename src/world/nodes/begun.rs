//! Pods that exist when a run begins: their kubelets continue their lives from where they are. The rest of each life is
//! drawn by the workload, as for any Pod. How these Pods are created in the store is in [`crate::world::users`].

use super::Nodes;
use super::deadline::plan_rest_of_deadline;
use super::kubelet::{grace_of, plan_disruption, plan_run, plan_start};
use crate::api::{Containers, PodPhase};
use crate::id::PodId;
use crate::model::{ContainerSoFar, ContainerStage, DisruptionOrigin, LifeSoFar, Workload};
use crate::time::SimDuration;
use crate::world::env::Env;
use crate::world::event::Event;

impl Nodes {
    /// Takes up a Pod that existed before the run and has not ended. `each` says how far its containers have come, if
    /// they are modelled one by one. In a cluster with nodes, a Pod that is not bound waits for the scheduler.
    pub fn pod_began<W: Workload>(
        &mut self,
        env: &mut Env<W>,
        id: PodId,
        (so_far, each): (&LifeSoFar, &[ContainerSoFar]),
    ) {
        let containers = env.store.container_count(id);
        let (identity, now) = (env.store.pods[id].identity(), env.now());
        let life = env.workload.life_from(identity, so_far, now, containers, &mut env.codes);
        if env.store.pods[id].pod.bound && env.config.slots.is_some() {
            self.slots.take(env, id);
        }
        let pod = *self.kubelets.enter(env, id, life, so_far.restarts);
        let object = env.store.pods[id].pod;
        let lives = env.workload.containers(identity);
        let is_tracked = !lives.is_empty();
        let has_begun = each.iter().any(|container| !matches!(container.stage, ContainerStage::Waits(_)));
        if is_tracked && (has_begun || so_far.stopping.is_some()) {
            self.kubelets.take_up_containers(env, id, (each, so_far.stopping));
            plan_rest_of_deadline(env, id, so_far);
            plan_disruption(env, id, &life, DisruptionOrigin::Binding);
            return plan_disruption(env, id, &life, DisruptionOrigin::Creation);
        }
        if is_tracked {
            self.kubelets.enter_containers(env, id, lives);
        }
        if let Some(lasted) = so_far.stopping {
            let grace = (grace_of(env, id) - lasted).max(SimDuration::ZERO);
            let after = if life.is_killed_after_grace { life.stop_after.min(grace) } else { life.stop_after };
            return env.schedule_after(after, Event::Stopped(id));
        }
        match object.containers {
            _ if !object.bound => {
                if let Some(after) = life.bind.filter(|_| env.config.nodes.is_none()) {
                    env.schedule_after(after, Event::Bind(id));
                }
            }
            Containers::Running => {
                plan_run(env, id, &pod);
                plan_rest_of_deadline(env, id, so_far);
                plan_disruption(env, id, &life, DisruptionOrigin::Binding);
            }
            Containers::Terminated { .. } if object.phase == PodPhase::Running => {
                env.schedule_after(life.run.restart_after, Event::Restart(id, so_far.restarts + 1));
                plan_rest_of_deadline(env, id, so_far);
                plan_disruption(env, id, &life, DisruptionOrigin::Binding);
            }
            _ => plan_start(env, id, &pod),
        }
        plan_disruption(env, id, &life, DisruptionOrigin::Creation);
    }
}
