//! What a Pod template says about each of its containers: its kind and its own restart policy. The kubelet decides what
//! happens to them.

use super::{ExitCodesOperator, PodTemplate};

/// The kind of a container within its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// One of `containers`.
    Regular,
    /// One of `initContainers` that must end before the next one starts.
    Init,
    /// One of `initContainers` with `restartPolicy: Always`.
    Sidecar,
}

/// `restartPolicy` of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRestartPolicy {
    /// Restart on any exit code.
    Always,
    /// Restart unless the exit code is 0.
    OnFailure,
    /// Never restart.
    Never,
}

/// A container's own restart settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerRestarts {
    /// `restartPolicy`; `None` if the Pod's applies.
    pub policy: Option<ContainerRestartPolicy>,
    /// `restartPolicyRules`; the first rule that matches decides.
    pub rules: Vec<ContainerRestartRule>,
}

/// A restart rule on exit codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRestartRule {
    /// Whether all containers of the Pod restart (`RestartAllContainers`) or only this one (`Restart`).
    pub restarts_all: bool,
    /// Whether the exit code must be one of `values`, or none of them.
    pub operator: ExitCodesOperator,
    /// The exit codes.
    pub values: Vec<i32>,
}

impl PodTemplate {
    /// Names of all containers in the order in which their states are kept: regular containers, then init containers.
    pub fn container_names(&self) -> impl Iterator<Item = &str> {
        self.containers.iter().chain(&self.init_containers).map(String::as_str)
    }

    /// The restart settings of the container at this position in that order, if it has any.
    pub fn restarts_of(&self, place: usize) -> Option<&ContainerRestarts> {
        self.container_restarts.get(place)
    }

    /// The kind of the container at this position in that order.
    pub fn kind_of(&self, place: usize) -> ContainerKind {
        let policy = self.restarts_of(place).and_then(|own| own.policy);
        match policy {
            _ if place < self.containers.len() => ContainerKind::Regular,
            Some(ContainerRestartPolicy::Always) => ContainerKind::Sidecar,
            _ => ContainerKind::Init,
        }
    }
}
