//! Pods that exist when a run begins: their kubelets take them up where they are. What happens to them from now on is given by the
//! workload, as for any Pod.

use super::Nodes;
use super::kubelet::{grace_of, plan_disruption, plan_run, plan_start};
use crate::api::{Containers, PodPhase};
use crate::id::PodId;
use crate::model::{DisruptionOrigin, LifeSoFar, Workload};
use crate::time::SimDuration;
use crate::world::env::Env;
use crate::world::event::Event;

impl Nodes {
    /// A Pod that has not ended existed before the run; the cluster has no nodes.
    pub fn pod_began<W: Workload>(&mut self, env: &mut Env<W>, id: PodId, so_far: &LifeSoFar) {
        let containers = env.store.container_count(id);
        let (identity, now) = (env.store.pods[id].identity(), env.now());
        let life = env.workload.life_from(identity, so_far, now, containers, &mut env.codes);
        if env.store.pods[id].pod.bound && env.config.slots.is_some() {
            self.slots.take(env, id);
        }
        let pod = *self.kubelets.enter(env, id, life, so_far.restarts);
        let object = env.store.pods[id].pod;
        if let Some(lasted) = so_far.stopping {
            let grace = (grace_of(env, id) - lasted).max(SimDuration::ZERO);
            let after = if life.is_killed_after_grace { life.stop_after.min(grace) } else { life.stop_after };
            return env.schedule_after(after, Event::Stopped(id));
        }
        match object.containers {
            _ if !object.bound => {
                if let Some(after) = life.bind {
                    env.schedule_after(after, Event::Bind(id));
                }
            }
            Containers::Running => {
                plan_run(env, id, &pod);
                plan_disruption(env, id, &life, DisruptionOrigin::Binding);
            }
            Containers::Terminated { .. } if object.phase == PodPhase::Running => {
                env.schedule_after(life.run.restart_after, Event::Restart(id, so_far.restarts + 1));
                plan_disruption(env, id, &life, DisruptionOrigin::Binding);
            }
            _ => plan_start(env, id, &pod),
        }
        plan_disruption(env, id, &life, DisruptionOrigin::Creation);
    }
}
