//! The containers of existing Pods as a Pod's status would show them, for views of a run. Nothing in the world depends
//! on them.

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
    /// Its exit code.
    pub code: i32,
}

/// A container as a Pod's status shows it. Times are those of the node's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Its state.
    pub state: RuntimeState,
    /// When its last run began, if one has.
    pub began: Option<WholeSecond>,
    /// Its last completed run, if any.
    pub ended: Option<EndedRun>,
    /// How often it was restarted.
    pub restarts: i32,
}

impl Nodes {
    /// The containers of a Pod that has not finished, first the regular and then the init containers; `None` if the
    /// Pod's containers are not modelled one by one.
    pub fn containers_of(&self, pod: PodId) -> Option<Vec<ContainerView>> {
        let containers = self.kubelets.tracked.get(&pod)?;
        let view = |(state, tracked): (&RuntimeState, &TrackedContainer)| ContainerView {
            state: *state,
            began: Some(tracked.began).filter(|began| *began != WholeSecond::default()),
            ended: tracked.ended,
            restarts: tracked.restarts,
        };
        Some(containers.states.iter().zip(&containers.each).map(view).collect())
    }
}
