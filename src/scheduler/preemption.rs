//! Preemption: on which node the fewest and least important Pods would have to leave, so that a Pod that fits nowhere
//! fits there. It only decides; the world makes the patches and deletions.
//!
//! Source: `pkg/scheduler/framework/preemption/preemption.go` and `…/plugins/defaultpreemption/default_preemption.go`.
//! There are no PodDisruptionBudgets here. Divergence: Go's scheduler begins its search among many nodes at a random
//! one; here it begins at the first, and of equal nodes the first is chosen.

use super::cache::{NodeInfo, SchedulerCache};
use super::cycle::CycleState;
use super::fit_error::ReasonCounts;
use super::nominator::Nominator;
use super::plugins::{NodeRefusal, Plugin, Reason};
use crate::api::{DisruptionReason, PodSchedulingSpec};
use crate::id::{NodeId, PodId};
use crate::time::SimTime;

/// At least this many candidates are looked for. Source: `MinCandidateNodesAbsolute`.
const LEAST_CANDIDATES: usize = 100;
/// At least this percentage of the nodes is looked for. Source: `MinCandidateNodesPercentage`.
const CANDIDATE_PERCENTAGE: usize = 10;

/// A node, and the Pods that would have to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: NodeId,
    /// The Pods, the most important first.
    pub victims: Vec<PodId>,
}

/// The outcome of the search for a candidate.
#[derive(Debug)]
pub(super) enum Evaluation {
    /// The Pod is no longer in the cache.
    PodGone,
    /// The Pod may not preempt, for this reason.
    NotEligible(&'static str),
    /// No node is a candidate: how many have each reason.
    NoCandidate(ReasonCounts),
    /// The best node.
    Found(Candidate),
}

/// The nodes' rejections, and what the search for a candidate needs to know.
pub(super) struct Evaluator<'a> {
    pub cache: &'a SchedulerCache,
    pub nominator: &'a Nominator,
    pub state: &'a CycleState<'a>,
    pub now: SimTime,
}

impl Evaluator<'_> {
    /// Searches for the best node.
    pub fn evaluate(&self, refused: &[(NodeId, NodeRefusal)]) -> Evaluation {
        let Some(pod) = self.cache.pod(self.state.pod) else { return Evaluation::PodGone };
        if self.state.spec.never_preempts {
            return Evaluation::NotEligible("not eligible due to preemptionPolicy=Never.");
        }
        if let Some(node) = pod.placement.nominated
            && self.waits_for_victims(node, refused)
        {
            return Evaluation::NotEligible("not eligible due to a terminating pod on the nominated node.");
        }
        let potential: Vec<NodeId> = refused.iter().filter(|(_, r)| !r.is_unresolvable).map(|(id, _)| *id).collect();
        let wanted = (potential.len() * CANDIDATE_PERCENTAGE / 100).max(LEAST_CANDIDATES);
        let (mut candidates, mut reasons) = (Vec::new(), ReasonCounts::default());
        reasons.add(&Reason::PreemptionNotHelpful, self.cache.node_list().len() - potential.len());
        if self.cache.is_lowest(self.state.spec.priority) {
            reasons.add(&Reason::NoVictims, potential.len());
            return Evaluation::NoCandidate(reasons);
        }
        for id in potential {
            match self.victims_on(id) {
                Ok(victims) => candidates.push(Candidate { node: id, victims }),
                Err(refusal) => refusal.reasons.iter().for_each(|reason| reasons.add(reason, 1)),
            }
            if candidates.len() >= wanted {
                break;
            }
        }
        match self.best_of(candidates) {
            Some(candidate) => Evaluation::Found(candidate),
            None => Evaluation::NoCandidate(reasons),
        }
    }

    /// Whether Pods that were preempted are still ending on the nominated node. If that node has become useless, the
    /// Pod may preempt again.
    #[doc(alias = "PodEligibleToPreemptOthers")]
    fn waits_for_victims(&self, node: NodeId, refused: &[(NodeId, NodeRefusal)]) -> bool {
        let refusal = refused.iter().find(|(id, _)| *id == node).map(|(_, refusal)| refusal);
        // A node that was not checked counts as unresolvable.
        if refusal.is_none_or(|r| r.is_unresolvable) {
            return false;
        }
        let is_victim = |&&pod: &&PodId| {
            let seen = self.cache.pod(pod);
            self.cache.spec_of(pod).priority < self.state.spec.priority
                && seen.is_some_and(|p| p.deleting && p.placement.disruption == Some(DisruptionReason::Preemption))
        };
        self.cache.node(node).pods.iter().any(|pod| is_victim(&pod))
    }

    /// The Pods that have to leave a node.
    #[doc(alias = "SelectVictimsOnNode")]
    fn victims_on(&self, id: NodeId) -> Result<Vec<PodId>, NodeRefusal> {
        let is_lower = |&&pod: &&PodId| self.cache.spec_of(pod).priority < self.state.spec.priority;
        let mut lower: Vec<PodId> = self.cache.node(id).pods.iter().filter(is_lower).copied().collect();
        if lower.is_empty() {
            return Err(NodeRefusal::unresolvable(Plugin::NodeResourcesFit, Reason::NoVictims));
        }
        let (mut info, mut state) = (self.cache.node(id).clone(), self.state.clone());
        let shift = |info: &mut NodeInfo, state: &mut CycleState<'_>, pod: PodId, by: i64| {
            let spec = self.cache.spec_of(pod);
            if by > 0 {
                info.add(pod, spec)
            } else {
                info.remove(pod, spec)
            }
            state.update(self.cache, self.cache.node(id).object(), pod, by);
        };
        lower.iter().for_each(|&pod| shift(&mut info, &mut state, pod, -1));
        state.filter_with_nominated(self.cache, self.nominator, (id, &info))?;
        // Equal ones stay in the order of the node's list.
        lower.sort_by_key(|&pod| self.importance(pod));
        let mut victims = Vec::new();
        for pod in lower {
            shift(&mut info, &mut state, pod, 1);
            if state.filter_with_nominated(self.cache, self.nominator, (id, &info)).is_err() {
                shift(&mut info, &mut state, pod, -1);
                victims.push(pod);
            }
        }
        assert!(!victims.is_empty(), "a node that refuses the Pod has a Pod that must go, if any going helps");
        Ok(victims)
    }

    /// Smaller is more important: by priority, then by how long the Pod has been running.
    #[doc(alias = "MoreImportantVictim")]
    fn importance(&self, pod: PodId) -> impl Ord + use<> {
        (-i64::from(self.cache.spec_of(pod).priority), self.start_time(pod))
    }

    /// `status.startTime`, in whole seconds; a Pod that has not started counts as starting now.
    #[doc(alias = "GetPodStartTime")]
    fn start_time(&self, pod: PodId) -> SimTime {
        let started = self.cache.pod(pod).and_then(|p| p.placement.start_time);
        started.map_or(self.now, SimTime::from)
    }

    /// The candidate with the lowest cost.
    #[doc(alias = "pickOneNodeForPreemption")]
    fn best_of(&self, candidates: Vec<Candidate>) -> Option<Candidate> {
        let priority = |pod: PodId| -> i64 { self.cache.spec_of(pod).priority.into() };
        let cost = |candidate: &Candidate| {
            let victims = &candidate.victims;
            let highest = priority(victims[0]);
            // Shifted above 0, so that many victims of negative priority do not count less than a few.
            let sum: i64 = victims.iter().map(|&pod| priority(pod) + (1 << 31)).sum();
            let of_highest = victims.iter().filter(|&&pod| priority(pod) == highest);
            let earliest = of_highest.map(|&pod| self.start_time(pod)).min().expect("a candidate has victims");
            (highest, sum, victims.len(), std::cmp::Reverse(earliest))
        };
        candidates.into_iter().min_by_key(cost)
    }
}

/// Pods of lower priority that are nominated to a node.
#[doc(alias = "getLowerPriorityNominatedPods")]
pub(super) fn lower_nominated(
    cache: &SchedulerCache,
    nominator: &Nominator,
    node: NodeId,
    spec: &PodSchedulingSpec,
) -> Vec<PodId> {
    nominator.on(node).iter().filter(|&&pod| cache.spec_of(pod).priority < spec.priority).copied().collect()
}
