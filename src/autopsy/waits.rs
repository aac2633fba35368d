//! A wait of a Job or of its Pods, and the rule that explains it. How waits are found is in the files about creation,
//! pending Pods and endings.

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
    /// Other Pods of the Job took all places that `parallelism` allows.
    Parallelism,
    /// The Job controller did nothing.
    ControllerDown,
    /// A control plane that takes long each time.
    SlowControlPlane,
    /// Somebody who takes the Pod's scheduling gates away.
    SchedulingGates,
    /// A node with room.
    Room,
    /// The image.
    ImagePull,
    /// The containers' configuration, a volume, or an init container.
    Starting,
    /// The kubelet's back-off before it restarted containers.
    Restart,
    /// An earlier Job of a CronJob that forbids a second one.
    Forbid,
    /// What it was cannot be told from the dump.
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

/// A wait as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedWait {
    /// Since when somebody waited.
    pub from: SimTime,
    /// Until when; `None`: it goes on.
    pub to: Option<SimTime>,
    /// Most of it was spent with this.
    pub cause: WaitCause,
    /// The Pods that came late, or waited: their places in the course. Empty where the Job as a whole waited.
    pub pods: Vec<usize>,
    /// The rule, with its numbers.
    pub rule: String,
    /// When it is over by the rule; `None` where no rule says it.
    pub expected: Option<SimTime>,
    /// Whether nothing but this cause fits what is there; if not, it is likely.
    pub is_certain: bool,
    /// What else a part of it was spent with.
    pub also: Vec<(WaitCause, SimDuration)>,
}

impl ObservedWait {
    /// A wait with a rule, of nobody in particular.
    pub(super) fn new(from: SimTime, to: Option<SimTime>, cause: WaitCause, rule: String) -> Self {
        let (pods, also) = (Vec::new(), Vec::new());
        ObservedWait { from, to, cause, pods, rule, expected: None, is_certain: true, also }
    }

    /// How long it lasted until now.
    pub fn lasted(&self, now: SimTime) -> SimDuration {
        (self.to.unwrap_or(now) - self.from).max(SimDuration::ZERO)
    }

    /// How much later it was over than the rule says (negative: earlier); `None` where no rule says it, or it goes on.
    pub fn residual(&self) -> Option<SimDuration> {
        Some(self.to? - self.expected?)
    }
}

/// What takes less is no wait: events are gathered for a second, and times are cut to whole seconds.
pub(super) const SHORTEST: SimDuration = SimDuration::from_secs(3);

/// How much later than a rule says something may happen without a reason of its own.
pub(super) const SLACK: SimDuration = SimDuration::from_secs(3);

/// A second: by so much every time of the API is cut.
pub(super) const RESOLUTION: SimDuration = SimDuration::from_secs(1);
