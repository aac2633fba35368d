//! What the status of a Pod says about its containers. Source: v1.37, getPhase (`pkg/kubelet/kubelet_pods.go`),
//! GenerateContainersReadyCondition (`pkg/kubelet/status/generate.go`), TerminatePod and mergePodStatus
//! (`pkg/kubelet/status/status_manager.go`).

use super::{ContainerRestart, RuntimeState, after_exit, has_started, init_places, is_sidecar};
use crate::api::{Containers, ExitCodeTable, PodPhase, PodTemplate};
use crate::time::WholeSecond;
use smallvec::SmallVec;

/// The exit code of a container that could not be located when its Pod was terminated (ContainerStatusUnknown).
const UNKNOWN: i32 = 137;

/// The phase that follows from the states. `is_terminal` says that no container will be restarted.
///
/// A Pod gets a final phase only when none of its containers is running any more (mergePodStatus); the caller has to
/// ensure that.
#[doc(alias = "getPhase")]
pub fn pod_phase(template: &PodTemplate, states: &[RuntimeState], is_terminal: bool) -> PodPhase {
    let (mut pending_init, mut pending_sidecars) = (0, 0);
    let (mut running, mut waiting, mut stopped, mut for_good, mut succeeded) = (0, 0, 0, 0, 0);
    for place in init_places(template) {
        match (is_sidecar(template, place), states[place]) {
            (true, RuntimeState::Running { .. }) => running += 1,
            (true, RuntimeState::Starting) => (pending_sidecars, running) = (pending_sidecars + 1, running + 1),
            (true, RuntimeState::Waiting) => (pending_sidecars, waiting) = (pending_sidecars + 1, waiting + 1),
            (true, _) => {}
            (false, RuntimeState::Waiting | RuntimeState::Starting | RuntimeState::Running { .. }) => pending_init += 1,
            (false, RuntimeState::Restarting(_) | RuntimeState::Terminated(0)) => {}
            (false, RuntimeState::Terminated(code)) => match after_exit(template, place, code) {
                ContainerRestart::No => return PodPhase::Failed,
                ContainerRestart::Own | ContainerRestart::All => {}
            },
        }
    }
    for state in &states[..template.containers.len()] {
        match state {
            RuntimeState::Waiting => waiting += 1,
            RuntimeState::Starting | RuntimeState::Running { .. } => running += 1,
            RuntimeState::Restarting(_) => stopped += 1,
            RuntimeState::Terminated(code) => {
                (stopped, for_good) = (stopped + 1, for_good + 1);
                succeeded += i32::from(*code == 0);
            }
        }
    }
    let is_pending = pending_init > 0 || pending_sidecars > 0 && !has_started(template, states) || waiting > 0;
    match () {
        () if is_pending => PodPhase::Pending,
        () if running > 0 => PodPhase::Running,
        () if stopped == 0 => PodPhase::Pending,
        () if stopped != for_good && !is_terminal => PodPhase::Running,
        () if stopped == succeeded => PodPhase::Succeeded,
        () => PodPhase::Failed,
    }
}

/// The phase of a Pod in which nothing runs and nothing is restarted any more: a phase that is not final becomes
/// Failed.
#[doc(alias = "TerminatePod")]
pub fn final_phase(template: &PodTemplate, states: &[RuntimeState]) -> PodPhase {
    match pod_phase(template, states, true) {
        PodPhase::Succeeded => PodPhase::Succeeded,
        PodPhase::Pending | PodPhase::Running | PodPhase::Failed => PodPhase::Failed,
    }
}

/// The states when a Pod is terminated. A container that is not known to have ended counts as failed with 137, unless
/// the Pod was not initialized and the container never started.
#[doc(alias = "TerminatePod")]
pub fn given_up(template: &PodTemplate, states: &[RuntimeState]) -> SmallVec<[RuntimeState; 4]> {
    let init = init_places(template);
    let is_last_done = init.clone().last().is_none_or(|last| match states[last] {
        RuntimeState::Running { .. } => is_sidecar(template, last),
        state => !is_sidecar(template, last) && state == RuntimeState::Terminated(0),
    });
    let is_initialized = has_started(template, states) || is_last_done;
    let begun = init.clone().rev().find(|&place| states[place] != RuntimeState::Waiting);
    // The first init container always counts.
    let begun = begun.unwrap_or(init.start);
    let counts = |place: usize| if place < init.start { is_initialized } else { place <= begun };
    let state = |(place, &state): (usize, &RuntimeState)| match state {
        RuntimeState::Terminated(_) => state,
        _ if counts(place) => RuntimeState::Terminated(UNKNOWN),
        _ => state,
    };
    states.iter().enumerate().map(state).collect()
}

/// Whether the Pod is ready: all regular containers and all sidecars are running and ready.
#[doc(alias = "GenerateContainersReadyCondition")]
pub fn are_ready(template: &PodTemplate, states: &[RuntimeState]) -> bool {
    let counts = |place: usize| place < template.containers.len() || is_sidecar(template, place);
    let mut all = states.iter().enumerate().filter(|(place, _)| counts(*place));
    all.all(|(_, state)| *state == RuntimeState::Running { is_ready: true })
}

/// The containers as the Job controller sees them; `finished_at` is when the last regular one ended. Only containers in
/// the state `terminated` show an exit code, not those that wait for their restart.
pub fn containers_as_shown(
    template: &PodTemplate,
    states: &[RuntimeState],
    finished_at: WholeSecond,
    codes: &mut ExitCodeTable,
) -> Containers {
    let (regular, init) = states.split_at(template.containers.len());
    let code = |state: &RuntimeState| if let RuntimeState::Terminated(code) = state { *code } else { 0 };
    let has_codes = states.iter().any(|state| code(state) != 0);
    let mut list = || codes.intern(&states.iter().map(code).collect::<SmallVec<[i32; 4]>>());
    if regular.iter().all(|state| matches!(state, RuntimeState::Terminated(_))) {
        return Containers::Terminated { finished_at, exit_codes: list() };
    }
    if !has_codes && regular.iter().all(|state| state.is_running()) {
        return Containers::Running;
    }
    let is_fresh = |state: &RuntimeState| *state == RuntimeState::Waiting;
    if !has_codes && regular.iter().all(is_fresh) && !init.iter().any(|state| state.is_running()) {
        return Containers::Waiting;
    }
    Containers::Mixed { exit_codes: list(), runs: states.iter().any(|state| state.is_running()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::RestartPolicy::{self, Never, OnFailure};
    use crate::kubelet::fixtures::template;

    /// The Pod's policy, the number of regular containers, which init containers are sidecars, the states, whether the
    /// Pod is terminal; the phase.
    type PhaseRow<'a> = (RestartPolicy, usize, &'a [bool], &'a [RuntimeState], bool, PodPhase);

    /// The number of regular containers, which init containers are sidecars, the states before and after.
    type StatesRow<'a> = (usize, &'a [bool], &'a [RuntimeState], &'a [RuntimeState]);

    const WAITS: RuntimeState = RuntimeState::Waiting;
    const RUNS: RuntimeState = RuntimeState::Running { is_ready: true };
    const UNREADY: RuntimeState = RuntimeState::Running { is_ready: false };
    const AGAIN: RuntimeState = RuntimeState::Restarting(1);

    fn ended(code: i32) -> RuntimeState {
        RuntimeState::Terminated(code)
    }

    /// Rows of `TestPodPhaseWithRestartNever`, `…OnFailure`, `…InitContainers` and `…RestartableInitContainers`
    /// (`pkg/kubelet/kubelet_pods_test.go` of v1.37), and similar rows for what they leave out.
    #[test]
    fn phases() {
        use PodPhase::{Failed, Pending, Running, Succeeded};
        let cases: &[PhaseRow<'_>] = &[
            (Never, 2, &[], &[WAITS, WAITS], false, Pending),
            (Never, 2, &[], &[RUNS, RUNS], false, Running),
            (Never, 2, &[], &[ended(0), ended(0)], false, Succeeded),
            (Never, 2, &[], &[ended(1), ended(1)], false, Failed),
            (Never, 2, &[], &[RUNS, ended(0)], false, Running),
            (Never, 2, &[], &[RUNS, WAITS], false, Pending),
            (Never, 2, &[], &[ended(0), WAITS], false, Pending),
            (OnFailure, 2, &[], &[AGAIN, AGAIN], false, Running),
            (OnFailure, 2, &[], &[AGAIN, ended(0)], false, Running),
            (OnFailure, 2, &[], &[AGAIN, ended(0)], true, Failed),
            (OnFailure, 2, &[], &[RUNS, AGAIN], false, Running),
            (OnFailure, 2, &[], &[ended(0), ended(0)], false, Succeeded),
            // Init containers.
            (Never, 1, &[false], &[WAITS, WAITS], false, Pending),
            (Never, 1, &[false], &[WAITS, RUNS], false, Pending),
            (Never, 1, &[false], &[WAITS, ended(0)], false, Pending),
            (Never, 1, &[false], &[RUNS, ended(0)], false, Running),
            (Never, 1, &[false], &[WAITS, ended(1)], false, Failed),
            (OnFailure, 1, &[false], &[WAITS, AGAIN], false, Pending),
            (Never, 1, &[false, false], &[WAITS, ended(0), RUNS], false, Pending),
            // Sidecars.
            (Never, 1, &[true], &[WAITS, RUNS], false, Pending),
            (Never, 1, &[true], &[RUNS, RUNS], false, Running),
            (Never, 1, &[true], &[WAITS, RuntimeState::Starting], false, Pending),
            (Never, 1, &[true, true], &[WAITS, RUNS, RuntimeState::Starting], false, Pending),
            // A sidecar that was restarted and is starting does not set the phase back.
            (Never, 1, &[true], &[RUNS, RuntimeState::Starting], false, Running),
            (Never, 1, &[true], &[RUNS, RuntimeState::Restarting(0)], false, Running),
            (Never, 1, &[true], &[ended(0), RUNS], false, Running),
            (Never, 1, &[true], &[ended(0), ended(143)], false, Succeeded),
            (Never, 1, &[true], &[ended(1), ended(0)], false, Failed),
        ];
        for (policy, regular, sidecars, states, is_terminal, phase) in cases {
            let got = pod_phase(&template(*policy, *regular, sidecars), states, *is_terminal);
            assert_eq!(got, *phase, "{policy:?} {regular} {sidecars:?} {states:?} {is_terminal}");
        }
        // Once the Pod is terminated, containers that never started are not waited for.
        assert_eq!(final_phase(&template(Never, 2, &[]), &[ended(0), WAITS]), Failed);
        assert_eq!(final_phase(&template(Never, 1, &[true]), &[ended(0), ended(137)]), Succeeded);
    }

    #[test]
    fn readiness_counts_regular_containers_and_sidecars() {
        let cases: &[(usize, &[bool], &[RuntimeState], bool)] = &[
            (2, &[], &[RUNS, RUNS], true),
            (2, &[], &[RUNS, UNREADY], false),
            (2, &[], &[RUNS, ended(0)], false),
            (1, &[false], &[RUNS, ended(0)], true),
            (1, &[true], &[RUNS, UNREADY], false),
            (1, &[true], &[RUNS, RUNS], true),
        ];
        for (regular, sidecars, states, ready) in cases {
            assert_eq!(are_ready(&template(Never, *regular, sidecars), states), *ready, "{sidecars:?} {states:?}");
        }
    }

    #[test]
    fn what_is_not_known_to_have_ended_counts_as_137() {
        let unknown = ended(137);
        let cases: &[StatesRow<'_>] = &[
            (2, &[], &[ended(0), WAITS], &[ended(0), unknown]),
            (2, &[], &[AGAIN, ended(0)], &[unknown, ended(0)]),
            (1, &[false, false], &[WAITS, ended(1), WAITS], &[WAITS, ended(1), WAITS]),
            (1, &[false, false], &[WAITS, AGAIN, WAITS], &[WAITS, unknown, WAITS]),
            (1, &[false, false], &[WAITS, WAITS, WAITS], &[WAITS, unknown, WAITS]),
            (1, &[false], &[WAITS, ended(0)], &[unknown, ended(0)]),
            (1, &[true], &[ended(0), AGAIN], &[ended(0), unknown]),
        ];
        for (regular, sidecars, states, expected) in cases {
            assert_eq!(&given_up(&template(Never, *regular, sidecars), states)[..], *expected, "{states:?}");
        }
    }

    #[test]
    fn exit_codes_of_containers_that_have_terminated_are_shown() {
        let mut codes = ExitCodeTable::default();
        let at = WholeSecond::default();
        let mut shown = |regular, sidecars: &[bool], states: &[RuntimeState]| {
            let shown = containers_as_shown(&template(OnFailure, regular, sidecars), states, at, &mut codes);
            (shown, shown.exit_codes().map(|list| codes.get(list).to_vec()))
        };
        assert_eq!(shown(2, &[], &[WAITS, WAITS]), (Containers::Waiting, None));
        assert_eq!(shown(2, &[], &[RUNS, UNREADY]), (Containers::Running, None));
        assert_eq!(shown(1, &[true], &[RUNS, RUNS]).0, Containers::Running);
        assert_eq!(shown(2, &[], &[ended(3), RUNS]).1, Some(vec![3, 0]));
        assert_eq!(shown(2, &[], &[AGAIN, RUNS]).1, Some(vec![0, 0]));
        assert_eq!(shown(1, &[false], &[WAITS, ended(4)]).1, Some(vec![0, 4]));
        let (all, list) = shown(1, &[true], &[ended(0), ended(143)]);
        assert_eq!((matches!(all, Containers::Terminated { .. }), list), (true, Some(vec![0, 143])));
        assert!(shown(1, &[false], &[WAITS, RUNS]).0.run());
    }
}
