//! What the kubelet does next with the containers of a Pod. Source: `pkg/kubelet/kuberuntime` of v1.37,
//! computePodActions (kuberuntime_manager.go) and computeInitContainerActions (kuberuntime_container.go). Restarts of a
//! sidecar whose startup probe has failed for good and changes of the Pod's sandbox are not modelled.

use super::{ContainerRestart, RuntimeState, after_exit, has_started, init_places, is_sidecar};
use crate::api::PodTemplate;
use smallvec::SmallVec;

/// What to do next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodActions {
    /// The positions of containers to start, in order; some may already wait for their restart.
    pub start: SmallVec<[usize; 4]>,
    /// Whether the Pod has come to its end: what is still running is stopped.
    pub ends: bool,
}

/// Decides what to do next.
#[doc(alias = "computePodActions")]
pub fn pod_actions(template: &PodTemplate, states: &[RuntimeState]) -> PodActions {
    let Some((init, is_initialized)) = init_actions(template, states) else {
        return PodActions { start: SmallVec::new(), ends: true };
    };
    if !is_initialized {
        return PodActions { start: init, ends: false };
    }
    let regular = 0..template.containers.len();
    let starts = |place: &usize| matches!(states[*place], RuntimeState::Waiting | RuntimeState::Restarting(_));
    let to_start: SmallVec<[usize; 4]> = regular.clone().filter(starts).collect();
    if to_start.is_empty() && !regular.clone().any(|place| states[place].is_running()) {
        // Sidecars are not restarted, so that they do not keep the Pod alive.
        return PodActions { start: SmallVec::new(), ends: true };
    }
    PodActions { start: init.into_iter().chain(to_start).collect(), ends: false }
}

/// The init containers and sidecars to start, and whether initialization is over; `None` if it has failed for good.
#[doc(alias = "computeInitContainerActions")]
fn init_actions(template: &PodTemplate, states: &[RuntimeState]) -> Option<(SmallVec<[usize; 4]>, bool)> {
    let places = init_places(template);
    let (Some(first), Some(last)) = (places.clone().next(), places.clone().last()) else {
        return Some((SmallVec::new(), true));
    };
    let mut is_initialized = has_started(template, states);
    // Whether a later container has started, so that this one must have been initialized.
    let mut was_initialized = is_initialized;
    let mut start = SmallVec::<[usize; 4]>::new();
    for place in places.rev() {
        let sidecar = is_sidecar(template, place);
        match states[place] {
            RuntimeState::Waiting => {
                if was_initialized && sidecar {
                    start.push(place);
                }
                continue;
            }
            _ if was_initialized && !sidecar => continue,
            RuntimeState::Running { .. } if !sidecar => {}
            // The startup probe has to succeed first.
            RuntimeState::Starting => {}
            RuntimeState::Terminated(_) if sidecar => start.push(place),
            RuntimeState::Terminated(0) | RuntimeState::Running { .. } if place == last => is_initialized = true,
            RuntimeState::Terminated(0) => start.push(place + 1),
            RuntimeState::Running { .. } if !was_initialized => start.push(place + 1),
            RuntimeState::Running { .. } => {}
            RuntimeState::Restarting(_) => start.push(place),
            RuntimeState::Terminated(code) => {
                debug_assert_eq!(after_exit(template, place, code), ContainerRestart::No, "else it would be restarted");
                return None;
            }
        }
        was_initialized = true;
    }
    if !was_initialized {
        start.push(first);
    }
    start.reverse();
    Some((start, is_initialized))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::RestartPolicy::{self, Never, OnFailure};
    use crate::kubelet::fixtures::template;

    /// The Pod's policy, the number of regular containers, which init containers are sidecars, the states; what is
    /// started, and whether the Pod ends.
    type Row<'a> = (RestartPolicy, usize, &'a [bool], &'a [RuntimeState], &'a [usize], bool);

    const WAITS: RuntimeState = RuntimeState::Waiting;
    const RUNS: RuntimeState = RuntimeState::Running { is_ready: true };

    fn ended(code: i32) -> RuntimeState {
        RuntimeState::Terminated(code)
    }

    #[test]
    fn what_is_done_next() {
        let again = RuntimeState::Restarting(1);
        let cases: &[Row<'_>] = &[
            (Never, 1, &[], &[WAITS], &[0], false),
            (Never, 2, &[], &[WAITS, WAITS], &[0, 1], false),
            (Never, 2, &[], &[RUNS, WAITS], &[1], false),
            (Never, 2, &[], &[RUNS, ended(0)], &[], false),
            (Never, 2, &[], &[ended(1), RUNS], &[], false),
            (Never, 2, &[], &[ended(1), ended(0)], &[], true),
            (OnFailure, 2, &[], &[again, ended(0)], &[0], false),
            // Init containers run one after the other.
            (Never, 1, &[false, false], &[WAITS, WAITS, WAITS], &[1], false),
            (Never, 1, &[false, false], &[WAITS, RUNS, WAITS], &[], false),
            (Never, 1, &[false, false], &[WAITS, ended(0), WAITS], &[2], false),
            (Never, 1, &[false, false], &[WAITS, ended(0), ended(0)], &[0], false),
            (Never, 1, &[false, false], &[WAITS, ended(1), WAITS], &[], true),
            (OnFailure, 1, &[false, false], &[WAITS, again, WAITS], &[1], false),
            // Sidecars: the next container starts once they run; they do not count at the end.
            (Never, 1, &[true, true], &[WAITS, WAITS, WAITS], &[1], false),
            (Never, 1, &[true, false], &[WAITS, RUNS, WAITS], &[2], false),
            (Never, 1, &[false, true], &[WAITS, ended(0), RUNS], &[0], false),
            (Never, 1, &[true], &[RUNS, RUNS], &[], false),
            (Never, 1, &[true], &[RUNS, RuntimeState::Restarting(0)], &[1], false),
            (Never, 1, &[true], &[ended(0), RUNS], &[], true),
            (Never, 1, &[true], &[ended(0), RuntimeState::Restarting(1)], &[], true),
            // The next container waits for a sidecar that has not passed its startup probe.
            (Never, 1, &[true, false], &[WAITS, RuntimeState::Starting, WAITS], &[], false),
            (Never, 1, &[false, true], &[WAITS, ended(0), RuntimeState::Starting], &[], false),
            (Never, 1, &[true], &[WAITS, RuntimeState::Starting], &[], false),
            (Never, 1, &[true], &[ended(0), RuntimeState::Starting], &[], true),
            // A sidecar that fails during a later init container is restarted; the init container goes on.
            (Never, 1, &[true, false], &[WAITS, RuntimeState::Restarting(2), RUNS], &[1], false),
        ];
        for (policy, regular, sidecars, states, start, ends) in cases {
            let got = pod_actions(&template(*policy, *regular, sidecars), states);
            assert_eq!((&got.start[..], got.ends), (*start, *ends), "{policy:?} {regular} {sidecars:?} {states:?}");
        }
    }
}
