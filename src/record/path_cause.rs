//! What a Job's time can be spent on: the causes of the spans of a critical path. How a path is found is in
//! [`super::critical_path`].

/// What a span of a critical path was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathCause {
    /// A Pod ran, and was not lost.
    Running,
    /// A Pod ran in vain: it failed or was deleted, or its containers were restarted.
    Lost,
    /// A Pod was scheduled, started or stopped.
    Starting,
    /// A Pod's containers had exited, and the kubelet's back-off delayed their restart.
    Restart,
    /// A Pod waited for room: a free slot, or a node that it fits on.
    Room,
    /// The client's throttle held up the next Pod.
    Throttle,
    /// A Pod failure back-off held up the next Pod.
    Backoff,
    /// The Job was suspended.
    Suspended,
    /// None of these: changes or requests were on their way, the controller was batching events, or it was down.
    Controller,
}

impl PathCause {
    /// All, in their order.
    pub const ALL: [PathCause; 9] = [
        Self::Running,
        Self::Lost,
        Self::Starting,
        Self::Restart,
        Self::Room,
        Self::Throttle,
        Self::Backoff,
        Self::Suspended,
        Self::Controller,
    ];

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Lost => "running in vain",
            Self::Starting => "starting and stopping Pods",
            Self::Restart => "restart back-off of the kubelet",
            Self::Room => "waiting for room",
            Self::Throttle => "waiting for the client's throttle",
            Self::Backoff => "Pod failure back-off",
            Self::Suspended => "suspended",
            Self::Controller => "the controller's own pace",
        }
    }

    /// The heading of its column in tables.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Lost => "IN VAIN",
            Self::Starting => "STARTING",
            Self::Restart => "RESTART",
            Self::Room => "ROOM",
            Self::Throttle => "THROTTLE",
            Self::Backoff => "BACK-OFF",
            Self::Suspended => "SUSPENDED",
            Self::Controller => "CONTROLLER",
        }
    }
}
