//! The sliver of a Pod that Jobs depend on. It is not a Pod manifest: what a Pod will do is in [`crate::world`].

/// `status.phase` of a Pod. `Unknown` is never set by a kubelet that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodPhase {
    /// Created, its containers not yet running.
    Pending,
    /// At least one container runs, or waits for its restart.
    Running,
    /// All containers exited with 0.
    Succeeded,
    /// All containers have stopped, at least one in failure; or the Pod was given up.
    Failed,
}

impl PodPhase {
    /// Whether no container will run again.
    #[inline]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// Types of a Pod's conditions that a Pod failure policy can meet here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the API's own names
pub enum PodConditionType {
    DisruptionTarget,
    Ready,
    ContainersReady,
    PodScheduled,
    Initialized,
}

impl PodConditionType {
    /// The name as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisruptionTarget => "DisruptionTarget",
            Self::Ready => "Ready",
            Self::ContainersReady => "ContainersReady",
            Self::PodScheduled => "PodScheduled",
            Self::Initialized => "Initialized",
        }
    }
}
