//! Actions on several Pods at once. The Pods are selected when the action is due; then each is treated like a single
//! one.

use super::action::{PodSelection, PodsAction};
use super::perform::find;
use crate::api::DisruptionReason;
use crate::id::{JobId, PodId};
use crate::model::{DisruptionKind, Workload};
use crate::record::DeletionCause;
use crate::world::env::Env;
use crate::world::nodes::Nodes;
use crate::world::nodes::operations::mark_disrupted;

/// Performs an action on the selected Pods. `number` is the number of the action, which names the random numbers that
/// choose a share.
///
/// # Errors
/// There is no such Job, or no Pod is selected: nothing is done.
pub(super) fn act<W: Workload>(
    env: &mut Env<W>,
    nodes: &mut Nodes,
    number: u32,
    selection: &PodSelection,
    action: PodsAction,
) -> Result<(), String> {
    let jobs: Vec<JobId> = match &selection.job {
        Some(job) => find(env, job)?.into_iter().collect(),
        None => env.store.jobs.entries().map(|(id, _)| id).collect(),
    };
    let is_meant = |&id: &PodId| is_meant(env, id, selection, action);
    let mut pods: Vec<PodId> =
        jobs.iter().flat_map(|&job| env.store.jobs[job].pods.iter().copied()).filter(is_meant).collect();
    if pods.is_empty() {
        let bound = if needs_node(action) { " on a node" } else { "" };
        return Err(format!("no active Pod{bound} is meant: nothing is done"));
    }
    if selection.share < 1.0 {
        choose(env, number, selection.share, &mut pods);
    }
    pods.into_iter().for_each(|pod| act_on(env, nodes, pod, action));
    Ok(())
}

/// Whether an action concerns only Pods that are bound.
fn needs_node(action: PodsAction) -> bool {
    matches!(action, PodsAction::KubeletEvict | PodsAction::NodeLost | PodsAction::Unreachable(_))
}

fn is_meant<W>(env: &Env<W>, id: PodId, selection: &PodSelection, action: PodsAction) -> bool {
    let stored = &env.store.pods[id];
    let is_there = match action {
        PodsAction::Delete { is_forced: true } => stored.is_unfinished(),
        _ => !stored.gone && stored.pod.is_active(),
    };
    let identity = stored.identity();
    is_there
        && (stored.pod.bound || !needs_node(action))
        && selection.index.is_none_or(|index| identity.index == Some(index))
        && selection.attempt.is_none_or(|attempt| identity.attempt == attempt)
}

/// Keeps a share of the Pods, rounded to a whole number: those with the smallest random numbers.
fn choose<W: Workload>(env: &mut Env<W>, number: u32, share: f64, pods: &mut Vec<PodId>) {
    let kept = (pods.len() as f64 * share).round() as usize;
    let mut drawn: Vec<(f64, PodId)> =
        pods.iter().map(|&pod| (env.workload.choice(env.store.pods[pod].identity(), number), pod)).collect();
    drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
    let chosen: Vec<PodId> = drawn.into_iter().take(kept).map(|(_, pod)| pod).collect();
    pods.retain(|pod| chosen.contains(pod));
}

fn act_on<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, pod: PodId, action: PodsAction) {
    match action {
        PodsAction::Delete { is_forced: false } => drop(nodes.delete_pod(env, pod, DeletionCause::Disrupted)),
        PodsAction::Delete { is_forced: true } => nodes.force_delete_pod(env, pod, DeletionCause::Disrupted),
        PodsAction::Evict => nodes.evict(env, pod),
        PodsAction::Preempt => {
            mark_disrupted(env, pod, DisruptionReason::Preemption);
            nodes.delete_pod(env, pod, DeletionCause::Disrupted);
        }
        PodsAction::KubeletEvict => nodes.disrupt(env, pod, DisruptionKind::Kubelet),
        PodsAction::NodeLost => nodes.disrupt(env, pod, DisruptionKind::PodGc),
        PodsAction::Unreachable(lasts) => nodes.lose_pod(env, pod, lasts),
    }
}
