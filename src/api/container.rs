//! What a Pod template says about its containers one by one: which kind each is, and its own restarts. What becomes of them
//! is the kubelet's.

use super::{ExitCodesOperator, PodTemplate};

/// What a container is among those of its Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// One of `containers`.
    Regular,
    /// One of `initContainers` that is to end before the next begins.
    Init,
    /// One of `initContainers` with `restartPolicy: Always`.
    Sidecar,
}

/// `restartPolicy` of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRestartPolicy {
    /// Whatever its exit code is.
    Always,
    /// Unless it exits with 0.
    OnFailure,
    /// Never.
    Never,
}

/// What a container says of its own restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerRestarts {
    /// `restartPolicy`; `None`: the Pod's counts.
    pub policy: Option<ContainerRestartPolicy>,
    /// `restartPolicyRules`; the first that fits decides.
    pub rules: Vec<ContainerRestartRule>,
}

/// A rule by exit codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRestartRule {
    /// Whether all containers begin anew (`RestartAllContainers`), and not this one alone (`Restart`).
    pub restarts_all: bool,
    /// Whether the code must be among `values` or must not.
    pub operator: ExitCodesOperator,
    /// Exit codes.
    pub values: Vec<i32>,
}

impl PodTemplate {
    /// Names of all containers in the order in which their states are kept: the regular ones, then the init containers.
    pub fn container_names(&self) -> impl Iterator<Item = &str> {
        self.containers.iter().chain(&self.init_containers).map(String::as_str)
    }

    /// What the container at a place in that order says of its restarts, if it says anything.
    pub fn restarts_of(&self, place: usize) -> Option<&ContainerRestarts> {
        self.container_restarts.get(place)
    }

    /// The kind of the container at a place in that order.
    pub fn kind_of(&self, place: usize) -> ContainerKind {
        let policy = self.restarts_of(place).and_then(|own| own.policy);
        match policy {
            _ if place < self.containers.len() => ContainerKind::Regular,
            Some(ContainerRestartPolicy::Always) => ContainerKind::Sidecar,
            _ => ContainerKind::Init,
        }
    }
}
