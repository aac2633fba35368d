//! The small part of a Pod that Jobs depend on. It is neither a Pod manifest nor a plan of what the Pod will do (that
//! is the kubelet's, in [`crate::world`]). All times are whole seconds, as the API stores them.

use super::CompletionIndex;
use crate::time::WholeSecond;

/// `status.phase` of a Pod. A working kubelet never sets `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodPhase {
    /// Created, but its containers are not running yet.
    Pending,
    /// At least one container is running or waiting for its restart.
    Running,
    /// All containers exited with 0.
    Succeeded,
    /// All containers have stopped, at least one of them in failure, or the Pod was given up.
    Failed,
}

impl PodPhase {
    /// Whether the phase is final: no container will run again.
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

/// The condition Ready of a Pod, with the time of its last transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodReady {
    /// The condition is absent.
    Unset,
    /// Not ready since this time.
    False(WholeSecond),
    /// Ready since this time.
    True(WholeSecond),
}

/// The state of the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containers {
    /// None has started.
    Waiting,
    /// All are running.
    Running,
    /// All have terminated.
    Terminated {
        /// When the last one terminated.
        finished_at: WholeSecond,
        /// Their exit codes.
        exit_codes: ExitCodes,
    },
    /// Their states differ: some are waiting, running or terminated while others are not. Pods whose containers end
    /// together are never in this state.
    Mixed {
        /// Exit codes of the terminated containers; 0 for the others.
        exit_codes: ExitCodes,
        /// Whether any container is running.
        runs: bool,
    },
}

impl Containers {
    /// Whether any container is running.
    #[inline]
    pub fn run(self) -> bool {
        matches!(self, Self::Running | Self::Mixed { runs: true, .. })
    }

    /// Exit codes of the terminated containers, if there are any.
    #[inline]
    pub fn exit_codes(self) -> Option<ExitCodes> {
        match self {
            Self::Terminated { exit_codes, .. } | Self::Mixed { exit_codes, .. } => Some(exit_codes),
            Self::Waiting | Self::Running => None,
        }
    }
}

/// Why the containers of a bound Pod do not start: `state.waiting.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingReason {
    /// Pulling the image has failed.
    ErrImagePull,
    /// Pulling the image has failed, and the kubelet waits before it tries again.
    ImagePullBackOff,
    /// Something that the containers refer to, such as a Secret, does not exist.
    CreateContainerConfigError,
}

impl WaitingReason {
    /// The reason as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrImagePull => "ErrImagePull",
            Self::ImagePullBackOff => "ImagePullBackOff",
            Self::CreateContainerConfigError => "CreateContainerConfigError",
        }
    }
}

/// Exit codes of a Pod's containers, one per container, as a number in an [`ExitCodeTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExitCodes(u32);

/// The lists of exit codes that occur. Each is kept once, so that a Pod can refer to its own in four bytes.
#[derive(Clone, Debug, Default)]
pub struct ExitCodeTable {
    lists: Vec<Box<[i32]>>,
}

impl ExitCodeTable {
    /// The number of a list, which is added if it is new. The search is linear, as there are only a few lists.
    pub fn intern(&mut self, codes: &[i32]) -> ExitCodes {
        let at = self.lists.iter().position(|l| **l == *codes).unwrap_or_else(|| {
            self.lists.push(codes.into());
            self.lists.len() - 1
        });
        ExitCodes(at as u32)
    }

    /// The number of the list that repeats one code `count` times.
    pub fn intern_repeated(&mut self, code: i32, count: usize) -> ExitCodes {
        let is_it = |l: &[i32]| l.len() == count && l.iter().all(|&c| c == code);
        match self.lists.iter().position(|l| is_it(l)) {
            Some(at) => ExitCodes(at as u32),
            None => self.intern(&vec![code; count]),
        }
    }

    /// The list behind a number.
    #[inline]
    pub fn get(&self, codes: ExitCodes) -> &[i32] {
        &self.lists[codes.0 as usize]
    }

    /// Removes all lists. Numbers given out earlier become invalid.
    pub fn clear(&mut self) {
        self.lists.clear();
    }
}

/// A Pod object of a Job, as it is stored and as watch caches hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// `status.phase`.
    pub phase: PodPhase,
    /// Whether it is bound to a node.
    pub bound: bool,
    /// Whether it carries the tracking finalizer.
    pub finalizer: bool,
    /// Whether it has the condition DisruptionTarget with status True.
    pub disruption_target: bool,
    /// The condition Ready.
    pub ready: PodReady,
    /// `metadata.creationTimestamp`.
    pub created: WholeSecond,
    /// When its deletion began (`deletionTimestamp` minus the grace period), if it has begun.
    pub deletion_began: Option<WholeSecond>,
    /// The state of its containers.
    pub containers: Containers,
    /// Why its containers do not start, if they never will.
    pub waiting: Option<WaitingReason>,
    /// Sum of the containers' restart counts.
    pub restarts: i32,
    /// The completion index, in an Indexed Job.
    pub index: Option<CompletionIndex>,
    /// The last part of its name, from 1: the attempt at its index; without an index, its number in order of creation.
    pub ordinal: u32,
    /// Annotation `batch.kubernetes.io/job-index-failure-count`.
    pub index_failure_count: i32,
    /// Annotation `batch.kubernetes.io/job-index-ignored-failure-count`; 0 if it is absent.
    pub index_ignored_failure_count: i32,
}

impl Pod {
    /// A Pod as the controller creates it. `failures` and `ignored` are the values of its index failure annotations.
    pub fn new(created: WholeSecond, index: Option<CompletionIndex>, failures: i32, ignored: i32) -> Self {
        Pod {
            phase: PodPhase::Pending,
            bound: false,
            finalizer: true,
            disruption_target: false,
            ready: PodReady::Unset,
            created,
            deletion_began: None,
            containers: Containers::Waiting,
            waiting: None,
            restarts: 0,
            index,
            ordinal: 0,
            index_failure_count: failures,
            index_ignored_failure_count: ignored,
        }
    }

    /// Whether it is being deleted.
    #[inline]
    pub fn deleting(&self) -> bool {
        self.deletion_began.is_some()
    }

    /// Neither finished nor being deleted.
    #[doc(alias = "IsPodActive")]
    #[inline]
    pub fn is_active(&self) -> bool {
        !self.phase.is_terminal() && !self.deleting()
    }

    /// Being deleted and not finished.
    #[doc(alias = "IsPodTerminating")]
    #[inline]
    pub fn is_terminating(&self) -> bool {
        !self.phase.is_terminal() && self.deleting()
    }

    /// Whether the condition Ready is True.
    #[doc(alias = "IsPodReady")]
    #[inline]
    pub fn is_ready(&self) -> bool {
        matches!(self.ready, PodReady::True(_))
    }
}

/// Types of a Pod's conditions that a Pod failure policy can match here.
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
