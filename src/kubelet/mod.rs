//! The kubelet's rules for the containers of one Pod: when they are started and restarted, in which order they are
//! stopped, and what the Pod's status says about them. The rules are those of v1.37, each with its source, on values
//! alone: no clock, no random numbers. When a container ends and how long a restart is held back is decided elsewhere.
//!
//! The states of a Pod's containers are kept in one list: regular containers in order, then init containers.

mod actions;
mod restarts;
mod status;
mod stops;

pub use actions::{PodActions, pod_actions};
pub use restarts::{ContainerRestart, after_exit};
pub use status::{are_ready, containers_as_shown, final_phase, given_up, pod_phase};
pub use stops::{ContainerStop, stop_times};

use crate::api::{ContainerKind, PodTemplate};

/// The state of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuntimeState {
    /// It has not run yet.
    Waiting,
    /// It is running, but its startup probe has not succeeded yet. Only sidecars have this state.
    Starting,
    /// It is running.
    Running {
        /// Whether it is ready.
        is_ready: bool,
    },
    /// It ended with this code and will be restarted.
    Restarting(i32),
    /// It ended with this code for good.
    Terminated(i32),
}

impl RuntimeState {
    /// Whether it is running.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Starting | Self::Running { .. })
    }
}

/// The positions of init containers and sidecars in the list of states, in the order of the template.
fn init_places(template: &PodTemplate) -> std::ops::Range<usize> {
    let regular = template.containers.len();
    regular..regular + template.init_containers.len()
}

/// Whether a regular container has ever started.
#[doc(alias = "HasAnyActiveRegularContainerStarted")]
fn has_started(template: &PodTemplate, states: &[RuntimeState]) -> bool {
    states[..template.containers.len()].iter().any(|state| *state != RuntimeState::Waiting)
}

fn is_sidecar(template: &PodTemplate, place: usize) -> bool {
    template.kind_of(place) == ContainerKind::Sidecar
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! Templates for the table tests.

    use crate::api::{ContainerRestartPolicy, ContainerRestarts, PodTemplate, RestartPolicy};

    /// Regular containers a, b …, then init containers i0, i1 …, of which those marked in `sidecars` are sidecars.
    pub fn template(restart_policy: RestartPolicy, regular: usize, sidecars: &[bool]) -> PodTemplate {
        let restarts = |is_sidecar: bool| ContainerRestarts {
            policy: is_sidecar.then_some(ContainerRestartPolicy::Always),
            rules: Vec::new(),
        };
        let of_init = sidecars.iter().map(|&is_sidecar| restarts(is_sidecar));
        PodTemplate {
            restart_policy,
            containers: (0..regular).map(|n| char::from(b'a' + n as u8).to_string()).collect(),
            init_containers: (0..sidecars.len()).map(|n| format!("i{n}")).collect(),
            container_restarts: (0..regular).map(|_| restarts(false)).chain(of_init).collect(),
            main_container: 0,
            termination_grace_period_seconds: 30,
            active_deadline_seconds: None,
        }
    }
}
