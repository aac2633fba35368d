//! Translates changes of a Pod's state into changes of its place on the critical paths of its Job. The paths themselves
//! are in [`super::critical_path`].

use super::capacity::PodOccupancy;
use super::job::{JobRecord, RestartWaitRecord};
use super::path_cause::PathCause;
use super::pod_snapshot::PodSnapshot;
use crate::api::{Containers, Pod, PodPhase};
use crate::time::SimTime;

/// Moves the place of a Pod on the paths of its Job after the Pod has changed its state.
pub(super) fn follow(
    at: SimTime,
    record: &mut JobRecord,
    seen: &mut PodSnapshot,
    (before, now): (PodOccupancy, PodOccupancy),
    (has_left, has_nodes): (bool, bool),
) {
    let (stages, pod) = (&record.capacity.stages, &seen.pod);
    let is_over = now == PodOccupancy::Over;
    if before != now {
        let place = match seen.place {
            None if is_over => return,
            None => {
                let at_once = record.at_once();
                *seen.place.insert(record.path.pod_begins(at, (pod.index, seen.retry), at_once, stages))
            }
            Some(place) => place,
        };
        if is_over {
            record.path.pod_ends(at, place, pod.phase == PodPhase::Succeeded, stages.held());
        } else {
            let (was, since) = record.path.pod_moves(at, place, cause_of(pod, now, has_nodes), true);
            if was == PathCause::Restart && now == PodOccupancy::Running {
                record.restart_waits.enter(RestartWaitRecord { since, until: at, pod: *pod });
            }
        }
    }
    if let Some(place) = seen.place.filter(|_| has_left && !is_over) {
        record.path.pod_leaves(place);
    }
}

/// What a Pod's time is spent on. In a cluster with nodes an unbound Pod waits for room.
fn cause_of(pod: &Pod, state: PodOccupancy, has_nodes: bool) -> PathCause {
    let is_restarting =
        !pod.deleting() && (pod.restarts > 0 || matches!(pod.containers, Containers::Terminated { .. }));
    match state {
        PodOccupancy::Unbound if has_nodes => PathCause::Room,
        PodOccupancy::Waiting(_) => PathCause::Room,
        PodOccupancy::Running => PathCause::Running,
        PodOccupancy::Bound if is_restarting => PathCause::Restart,
        PodOccupancy::Unbound | PodOccupancy::Bound | PodOccupancy::Over => PathCause::Starting,
    }
}
