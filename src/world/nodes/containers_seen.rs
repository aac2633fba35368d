//! The containers of Pods that exist, as their status would show each: for those who look at a cluster, and nobody else.

use super::Nodes;
use super::pod_containers::TrackedContainer;
use crate::id::PodId;
use crate::kubelet::RuntimeState;
use crate::time::WholeSecond;

/// A run of a container that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedRun {
    /// When it began.
    pub from: WholeSecond,
    /// When it ended.
    pub to: WholeSecond,
    /// With which exit code.
    pub code: i32,
}

/// A container as a Pod's status shows it. Times are those of the node's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Its state.
    pub state: RuntimeState,
    /// When its last run began, if one has.
    pub began: Option<WholeSecond>,
    /// Its last run that has ended.
    pub ended: Option<EndedRun>,
    /// How often it was started again.
    pub restarts: i32,
}

impl Nodes {
    /// The containers of a Pod that has not finished, the regular ones first and then the init containers; `None` where they are
    /// not told apart.
    pub fn containers_of(&self, pod: PodId) -> Option<Vec<ContainerView>> {
        let containers = self.kubelets.several.get(&pod)?;
        let view = |(state, tracked): (&RuntimeState, &TrackedContainer)| ContainerView {
            state: *state,
            began: Some(tracked.began).filter(|began| *began != WholeSecond::default()),
            ended: tracked.ended,
            restarts: tracked.restarts,
        };
        Some(containers.states.iter().zip(&containers.each).map(view).collect())
    }
}
