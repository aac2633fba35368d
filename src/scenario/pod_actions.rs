//! Resolves the actions of users on Pods. The Pods are not looked up here: which of them exist is known only when the
//! action happens.

use super::document::{DeletePodSpec, SomePodsSpec};
use super::problem::Problems;
use super::resolve::Resolver;
use crate::world::{Action, JobRef, PodSelection, PodsAction};

/// Why a CronJob's name cannot stand for its Pods.
const OF_CRONJOB: &str = "no Pods of its own: name a Job of it";

impl Resolver<'_> {
    /// Deletes one Pod, gracefully or by force.
    pub(super) fn delete_pod(&mut self, path: &str, pod: &DeletePodSpec) -> Result<Action, Problems> {
        let (whom, key) = self.pod(path, pod)?;
        let is_forced = pod.force == Some(true);
        Ok(if is_forced { Action::ForceDeletePod(whom, key) } else { Action::DeletePod(whom, key) })
    }

    pub(super) fn delete_pods(&mut self, path: &str, pods: &SomePodsSpec) -> Result<Action, Problems> {
        // `act_on_pods` rejects `force` for every action, so it is taken out here.
        let action = PodsAction::Delete { is_forced: pods.force == Some(true) };
        self.act_on_pods(path, &SomePodsSpec { force: None, ..pods.clone() }, action)
    }

    pub(super) fn unreachable(&mut self, path: &str, pods: &SomePodsSpec) -> Result<Action, Problems> {
        // Likewise `for`.
        let action = PodsAction::Unreachable(pods.down.map(|span| span.0));
        self.act_on_pods(path, &SomePodsSpec { down: None, ..pods.clone() }, action)
    }

    /// An action on Pods.
    pub(super) fn act_on_pods(
        &mut self,
        path: &str,
        pods: &SomePodsSpec,
        action: PodsAction,
    ) -> Result<Action, Problems> {
        for (field, given, goes_with) in
            [("force", pods.force.is_some(), "deletePods"), ("for", pods.down.is_some(), "unreachable")]
        {
            if given {
                return Err(self.problem(&format!("{path}.{field}"), format!("{field} goes with {goes_with}")));
            }
        }
        let job: Option<JobRef> = match &pods.job {
            Some(name) => Some(self.job(&format!("{path}.job"), name, OF_CRONJOB)?),
            None => None,
        };
        if let (Some(whom), Some(index)) = (&job, pods.index) {
            self.tell_of_pod(path, whom, Some(index));
        }
        let share = pods.share.map_or(1.0, |share| share.0);
        Ok(Action::Pods(PodSelection { job, index: pods.index, attempt: pods.attempt, share }, action))
    }
}
