//! The containers of a dumped Pod, as its status shows each.

use super::dump::{DumpedPodCourse, DumpedRun};
use crate::api::{Containers, ExitCodeTable};
use crate::kubelet::RuntimeState;
use crate::text::rfc3339;
use crate::world::ContainerView;
use serde_json::{Value, json};

/// A container that starts and ends on its own: of a Pod with sidecars, init containers or models for single
/// containers.
pub(super) fn container_of_view(name: &str, view: &ContainerView) -> Value {
    let over = view.ended.map(|run| {
        let (code, reason) = (run.code, if run.code == 0 { "Completed" } else { "Error" });
        json!({"terminated": {
            "startedAt": rfc3339(run.from.into()), "finishedAt": rfc3339(run.to.into()), "exitCode": code, "reason": reason,
        }})
    });
    let over = over.unwrap_or_else(|| json!({}));
    let runs = || json!({"running": {"startedAt": view.began.map(|at| rfc3339(at.into()))}});
    let (state, last, started, ready) = match view.state {
        RuntimeState::Waiting if view.ended.is_some() => {
            (json!({"waiting": {"reason": "PodInitializing"}}), over, false, false)
        }
        RuntimeState::Waiting => (json!({"waiting": {"reason": "PodInitializing"}}), json!({}), false, false),
        RuntimeState::Starting => (runs(), over, false, false),
        RuntimeState::Running { is_ready } => (runs(), over, true, is_ready),
        RuntimeState::Restarting(_) => (json!({"waiting": {"reason": "CrashLoopBackOff"}}), over, false, false),
        RuntimeState::Terminated(code) => (over, json!({}), false, code == 0),
    };
    json!({
        "name": name, "image": "app", "ready": ready, "started": started, "restartCount": view.restarts,
        "state": state, "lastState": last,
    })
}

/// A container of a Pod whose containers end together. Terminated containers of a Pod that is not over are about to be
/// restarted, which the kubelet shows as CrashLoopBackOff, with the end of the last run below it.
pub(super) fn container_of_course(course: &DumpedPodCourse, place: usize, name: &str, codes: &ExitCodeTable) -> Value {
    let pod = &course.pod;
    let terminated = |(from, end): &DumpedRun| {
        let (finished, exits) = end.as_ref()?;
        let code = exits.get(place).or(exits.first()).copied().unwrap_or(0);
        let reason = if code == 0 { "Completed" } else { "Error" };
        Some(json!({"terminated": {
            "startedAt": rfc3339(*from), "finishedAt": rfc3339((*finished).into()), "exitCode": code, "reason": reason,
        }}))
    };
    let last = course.runs.last();
    let before = course.runs.len().checked_sub(2).and_then(|n| terminated(&course.runs[n]));
    let restarts = course.runs.len().saturating_sub(1);
    let (state, last_state) = match pod.containers {
        Containers::Waiting => {
            let reason = pod.waiting.map_or("ContainerCreating", |reason| reason.as_str());
            (json!({"waiting": {"reason": reason}}), json!({}))
        }
        Containers::Running | Containers::Mixed { .. } => {
            let started = last.map(|(from, _)| rfc3339(*from));
            (json!({"running": {"startedAt": started}}), before.unwrap_or_else(|| json!({})))
        }
        Containers::Terminated { finished_at, exit_codes } => {
            let over = last.and_then(terminated).unwrap_or_else(|| {
                let code = codes.get(exit_codes).get(place).copied().unwrap_or(0);
                json!({"terminated": {"finishedAt": rfc3339(finished_at.into()), "exitCode": code}})
            });
            match pod.phase.is_terminal() {
                true => (over, before.unwrap_or_else(|| json!({}))),
                false => (json!({"waiting": {"reason": "CrashLoopBackOff"}}), over),
            }
        }
    };
    json!({
        "name": name, "image": "app", "ready": pod.is_ready(), "restartCount": restarts,
        "state": state, "lastState": last_state,
    })
}
