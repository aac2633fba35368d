//! The placement of a new Pod in a cluster with nodes: what its Job's template, as the controller's cache has it, says
//! about scheduling, and the priority that admission gives it. Which node it gets is the scheduler's decision.

use crate::api::{GATED_MESSAGE, JobSpec, PodPlacement, PodScheduled, UnscheduledReason};
use crate::apiserver::{admit_priority, pod_scheduling_spec};
use crate::id::{JobId, PodId, PodSpecId};
use crate::model::Workload;
use crate::world::env::Env;
use std::sync::Arc;

/// The placement of a new Pod of a Job.
///
/// # Errors
/// Admission refuses the Pod, because its priority class does not exist.
pub(in crate::world) fn of_new_pod<W: Workload>(
    env: &mut Env<W>,
    job: JobId,
    spec: &Arc<JobSpec>,
) -> Result<PodPlacement, String> {
    let spec = spec_of(env, job, spec)?;
    let is_gated = !env.store.pod_specs[spec].scheduling_gates.is_empty();
    let scheduled = match is_gated {
        false => PodScheduled::Unset,
        true => PodScheduled::False {
            reason: UnscheduledReason::SchedulingGated,
            message: GATED_MESSAGE.into(),
            since: env.now().into(),
        },
    };
    Ok(PodPlacement { spec, is_gated, scheduled, ..PodPlacement::default() })
}

/// What the template in this version of a Job's spec says about scheduling.
fn spec_of<W>(env: &mut Env<W>, job: JobId, spec: &Arc<JobSpec>) -> Result<PodSpecId, String> {
    let stored = &env.store.jobs[job];
    if let Some((_, id)) = stored.pod_specs.iter().find(|(known, _)| Arc::ptr_eq(known, spec)) {
        return Ok(*id);
    }
    let object = stored.whole_of(spec);
    let mut scheduling = pod_scheduling_spec(&object.namespace, &object.object["spec"]["template"]);
    let classes = &env.config.nodes.as_ref().expect("the cluster has nodes").priority_classes;
    admit_priority(&mut scheduling, classes, &stored.name)?;
    let id = env.store.intern_pod_spec(scheduling);
    env.store.jobs[job].pod_specs.push((spec.clone(), id));
    Ok(id)
}

/// How messages name a Pod: by its Job and its key within the Job.
pub(in crate::world) fn pod_name<W>(env: &Env<W>, id: PodId) -> String {
    let pod = &env.store.pods[id];
    let job = &env.store.jobs[pod.job].name;
    match pod.pod.index {
        Some(index) => format!("<{job}/{index}/{}>", pod.pod.ordinal),
        None => format!("<{job}/{}>", pod.pod.ordinal),
    }
}
