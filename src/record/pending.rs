//! Why a Pod waits to be bound, as one of a few reasons: what most nodes lack, by the message of its condition
//! PodScheduled. It only reads what the scheduler has decided.

use crate::api::{PodScheduled, UnscheduledReason};
use crate::time::SimDuration;

/// What a Pod waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PendingReason {
    /// Its turn: the scheduler has not tried it yet.
    Queue,
    /// Any node: there is none.
    Nodes,
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
    /// Another resource: storage, GPUs, the number of Pods of a node, ports.
    OtherResources,
    /// A node that has no taint that it does not tolerate, and is not cordoned.
    Taints,
    /// A node that its selector or affinity matches.
    Affinity,
    /// A topology domain that its spread constraints allow.
    Spread,
    /// The removal of its scheduling gates.
    Gates,
    /// Another attempt, after a failed binding.
    Retry,
    /// Something else.
    Other,
}

impl PendingReason {
    /// How many reasons there are.
    pub const COUNT: usize = 11;
    /// Every reason.
    pub const ALL: [PendingReason; Self::COUNT] = [
        Self::Queue,
        Self::Nodes,
        Self::Cpu,
        Self::Memory,
        Self::OtherResources,
        Self::Taints,
        Self::Affinity,
        Self::Spread,
        Self::Gates,
        Self::Retry,
        Self::Other,
    ];

    /// Whether the scheduler has tried the Pod and found no node.
    pub fn is_unschedulable(self) -> bool {
        !matches!(self, Self::Queue | Self::Gates | Self::Retry)
    }

    /// The name in saved results.
    pub fn key(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Nodes => "nodes",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::OtherResources => "otherResources",
            Self::Taints => "taints",
            Self::Affinity => "affinity",
            Self::Spread => "spread",
            Self::Gates => "gates",
            Self::Retry => "retry",
            Self::Other => "other",
        }
    }

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "the scheduler",
            Self::Nodes => "any node",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::OtherResources => "other resources",
            Self::Taints => "a node without a taint",
            Self::Affinity => "a node that matches",
            Self::Spread => "spreading",
            Self::Gates => "scheduling gates",
            Self::Retry => "another try",
            Self::Other => "something else",
        }
    }

    /// The reason with this key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.key() == key)
    }

    /// What a Pod with this condition waits for.
    pub fn of(scheduled: &PodScheduled) -> Self {
        match scheduled {
            PodScheduled::Unset | PodScheduled::True => Self::Queue,
            PodScheduled::False { reason: UnscheduledReason::SchedulingGated, .. } => Self::Gates,
            PodScheduled::False { reason: UnscheduledReason::SchedulerError, .. } => Self::Retry,
            PodScheduled::False { reason: UnscheduledReason::Unschedulable, message, .. } => Self::of_message(message),
        }
    }

    /// The reason that most nodes give, such as `Cpu` in `0/3 nodes are available: 1 Insufficient memory, 2
    /// Insufficient cpu. preemption: …`; of equally frequent ones the first in the enumeration.
    fn of_message(message: &str) -> Self {
        let Some((_, reasons)) = message.split_once(" nodes are available: ") else { return Self::Nodes };
        let reasons = reasons.split_once(". preemption: ").map_or(reasons, |(reasons, _)| reasons);
        let mut counts = [0_u64; Self::COUNT];
        for part in reasons.split(", ") {
            // A part without a number continues the reason before it, which contains a comma.
            let Some((count, text)) = part.split_once(' ') else { continue };
            if let Ok(count) = count.parse::<u64>() {
                counts[Self::of_reason(text) as usize] += count;
            }
        }
        let most = counts.into_iter().max().unwrap_or(0);
        Self::ALL.into_iter().find(|reason| counts[*reason as usize] == most).unwrap_or(Self::Other)
    }

    /// The kind of a node's reason. The texts are those of the scheduler's plugins.
    fn of_reason(text: &str) -> Self {
        const KINDS: [(&str, PendingReason); 10] = [
            ("Insufficient cpu", PendingReason::Cpu),
            ("Insufficient memory", PendingReason::Memory),
            ("Insufficient ", PendingReason::OtherResources),
            ("Too many pods", PendingReason::OtherResources),
            ("free ports", PendingReason::OtherResources),
            ("untolerated taint", PendingReason::Taints),
            ("were unschedulable", PendingReason::Taints),
            ("topology spread", PendingReason::Spread),
            ("affinity", PendingReason::Affinity),
            ("[NodeAffinity]", PendingReason::Affinity),
        ];
        KINDS.into_iter().find(|(part, _)| text.contains(part)).map_or(Self::Other, |(_, reason)| reason)
    }
}

/// How long Pods waited to be bound, by [`PendingReason`], summed over Pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PendingTimes(pub [SimDuration; PendingReason::COUNT]);

impl PendingTimes {
    /// The time for this reason.
    pub fn of(&self, reason: PendingReason) -> SimDuration {
        self.0[reason as usize]
    }

    /// Adds a wait.
    pub fn add(&mut self, reason: PendingReason, wait: SimDuration) {
        self.0[reason as usize] += wait;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_their_own_order() {
        assert!(PendingReason::ALL.iter().enumerate().all(|(n, reason)| *reason as usize == n));
        assert!(PendingReason::ALL.iter().all(|reason| PendingReason::of_key(reason.key()) == Some(*reason)));
    }

    #[test]
    fn what_most_nodes_lack_is_the_reason() {
        use PendingReason as P;
        for (message, reason) in [
            ("0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. preemption: 0/3 …", P::Cpu),
            (
                "0/5 nodes are available: 2 Insufficient memory, 3 Insufficient cpu. preemption: 0/5 nodes are available: 1 \
                 No preemption victims found for incoming pod, 4 Preemption is not helpful for scheduling.",
                P::Cpu,
            ),
            ("0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory.", P::Cpu),
            ("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.", P::OtherResources),
            ("0/5 nodes are available: 1 Too many pods, 4 node(s) had untolerated taint(s).", P::Taints),
            ("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", P::Affinity),
            ("0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints.", P::Spread),
            ("no nodes available to schedule pods", P::Nodes),
        ] {
            let scheduled = PodScheduled::False {
                reason: UnscheduledReason::Unschedulable,
                message: message.into(),
                since: Default::default(),
            };
            assert_eq!(P::of(&scheduled), reason, "{message}");
        }
        assert_eq!(P::of(&PodScheduled::Unset), P::Queue);
    }
}
