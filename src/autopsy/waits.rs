//! A wait of a Job or of its Pods, with the rule that explains it. The files about creation, pending Pods and endings
//! find waits.

use crate::time::{SimDuration, SimTime};

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitCause {
    /// The Pod failure back-off.
    Backoff,
    /// The Job was suspended.
    Suspended,
    /// Pods that were still terminating.
    Terminating,
    /// The client's rate limit, or the size of a sync.
    Throttle,
    /// Creations were refused.
    Refused,
    /// Other Pods of the Job used all places that `parallelism` allows.
    Parallelism,
    /// The Job controller did nothing.
    ControllerDown,
    /// A control plane that is slow every time.
    SlowControlPlane,
    /// Somebody has to remove the Pod's scheduling gates.
    SchedulingGates,
    /// A node on which it fits.
    Room,
    /// The image.
    ImagePull,
    /// The containers' configuration, a volume, or an init container.
    Starting,
    /// The kubelet's back-off before it restarted containers.
    Restart,
    /// An earlier Job of a CronJob that forbids a second one.
    Forbid,
    /// The dump does not reveal the cause.
    Unknown,
}

impl WaitCause {
    /// All, in their order.
    pub const ALL: [WaitCause; 15] = [
        Self::Backoff,
        Self::Suspended,
        Self::Terminating,
        Self::Throttle,
        Self::Refused,
        Self::Parallelism,
        Self::ControllerDown,
        Self::SlowControlPlane,
        Self::SchedulingGates,
        Self::Room,
        Self::ImagePull,
        Self::Starting,
        Self::Restart,
        Self::Forbid,
        Self::Unknown,
    ];

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Backoff => "backoff",
            Self::Suspended => "suspended",
            Self::Terminating => "terminating",
            Self::Throttle => "throttle",
            Self::Refused => "refused",
            Self::Parallelism => "parallelism",
            Self::ControllerDown => "controllerDown",
            Self::SlowControlPlane => "slowControlPlane",
            Self::SchedulingGates => "schedulingGates",
            Self::Room => "room",
            Self::ImagePull => "imagePull",
            Self::Starting => "starting",
            Self::Restart => "restart",
            Self::Forbid => "forbid",
            Self::Unknown => "unknown",
        }
    }

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backoff => "Pod failure back-off",
            Self::Suspended => "suspended",
            Self::Terminating => "terminating Pods",
            Self::Throttle => "client's rate limit",
            Self::Refused => "creation refused",
            Self::Parallelism => "parallelism",
            Self::ControllerDown => "controller inactive",
            Self::SlowControlPlane => "slow control plane",
            Self::SchedulingGates => "scheduling gates",
            Self::Room => "room on nodes",
            Self::ImagePull => "image pull",
            Self::Starting => "containers starting",
            Self::Restart => "restart back-off",
            Self::Forbid => "Forbid",
            Self::Unknown => "not known",
        }
    }
}

/// A wait.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedWait {
    /// When it began.
    pub from: SimTime,
    /// When it ended; `None` if it is still going on.
    pub to: Option<SimTime>,
    /// The cause of most of it.
    pub cause: WaitCause,
    /// The Pods that came late or waited, by their positions in the course; empty if the Job as a whole waited.
    pub pods: Vec<usize>,
    /// The rule, with its numbers.
    pub rule: String,
    /// When it is over by the rule; `None` if no rule says so.
    pub expected: Option<SimTime>,
    /// Whether no other cause fits; if not, this one is only likely.
    pub is_certain: bool,
    /// The cause of another part of it.
    pub also: Vec<(WaitCause, SimDuration)>,
}

impl ObservedWait {
    /// A wait with a rule, without Pods.
    pub(super) fn new(from: SimTime, to: Option<SimTime>, cause: WaitCause, rule: String) -> Self {
        let (pods, also) = (Vec::new(), Vec::new());
        ObservedWait { from, to, cause, pods, rule, expected: None, is_certain: true, also }
    }

    /// How long it has lasted until now.
    pub fn lasted(&self, now: SimTime) -> SimDuration {
        (self.to.unwrap_or(now) - self.from).max(SimDuration::ZERO)
    }

    /// How much later it ended than the rule says (negative if earlier); `None` if no rule says so, or if it is still
    /// going on.
    pub fn residual(&self) -> Option<SimDuration> {
        Some(self.to? - self.expected?)
    }
}

/// Anything shorter is not a wait: events are collected for a second, and times are truncated to whole seconds.
pub(super) const SHORTEST: SimDuration = SimDuration::from_secs(3);

/// How much later than the rule says something may happen without a reason of its own.
pub(super) const SLACK: SimDuration = SimDuration::from_secs(3);

/// One second, by which every time of the API may be truncated.
pub(super) const RESOLUTION: SimDuration = SimDuration::from_secs(1);
