//! Counts by kind: requests to the API server, and failures by what made Pods fail. What counts when is decided by the
//! recorder.

use super::DeletionCause;
use crate::api::{Containers, Pod, PodPhase};
use serde::{Deserialize, Serialize};

/// A request of a controller to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Creates a Pod.
    CreatePod,
    /// Removes a Pod's tracking finalizer.
    PatchPod,
    /// Deletes a Pod.
    DeletePod,
    /// Writes a Job's status.
    UpdateStatus,
    /// Creates a Kubernetes Event, or raises its count.
    Event,
    /// Deletes a finished Job whose TTL has expired.
    DeleteJob,
}

/// Requests to the API server by kind, whether applied or refused. Requests that only read are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestCounts {
    /// Pods created, refused attempts included.
    pub create_pod: u32,
    /// Finalizers removed.
    pub patch_pod: u32,
    /// Pods deleted.
    pub delete_pod: u32,
    /// Statuses of Jobs written.
    pub update_status: u32,
    /// Kubernetes Events created or raised in count.
    pub event: u32,
    /// Jobs deleted by the TTL controller.
    pub delete_job: u32,
}

impl RequestCounts {
    /// The sum over all kinds.
    pub fn total(&self) -> u32 {
        self.create_pod + self.patch_pod + self.delete_pod + self.update_status + self.event + self.delete_job
    }

    /// Counts a request.
    pub(super) fn count(&mut self, kind: RequestKind) {
        *match kind {
            RequestKind::CreatePod => &mut self.create_pod,
            RequestKind::PatchPod => &mut self.patch_pod,
            RequestKind::DeletePod => &mut self.delete_pod,
            RequestKind::UpdateStatus => &mut self.update_status,
            RequestKind::Event => &mut self.event,
            RequestKind::DeleteJob => &mut self.delete_job,
        } += 1;
    }

    /// Adds those of another Job.
    pub fn add(&mut self, other: &RequestCounts) {
        self.create_pod += other.create_pod;
        self.patch_pod += other.patch_pod;
        self.delete_pod += other.delete_pod;
        self.update_status += other.update_status;
        self.event += other.event;
        self.delete_job += other.delete_job;
    }
}

/// Failed Pods and container restarts, which use up the retry budget, by what made them fail. Pods that the controller
/// itself ended (a scale-down, a suspension, the end of the Job) are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    /// A container failed. Container restarts are included.
    pub application: u32,
    /// Something in the cluster ended the Pod, or a user deleted it.
    pub disruption: u32,
    /// The Pod failed before any container ran.
    pub admission: u32,
    /// Of all these, the failures that the Pod failure policy ignores: they do not use up the budget.
    pub ignored: u32,
}

impl Failures {
    /// Counts a Pod that has ended without success.
    pub(super) fn count(&mut self, pod: &Pod, deletion: Option<DeletionCause>, ignored: bool) {
        let cause = match deletion {
            Some(DeletionCause::Disrupted) => &mut self.disruption,
            Some(_) => return,
            None if pod.disruption_target => &mut self.disruption,
            None if pod.phase == PodPhase::Failed && pod.containers == Containers::Waiting => &mut self.admission,
            None if pod.phase == PodPhase::Failed => &mut self.application,
            None => &mut self.disruption,
        };
        *cause += 1;
        self.ignored += u32::from(ignored);
    }

    /// Adds those of another Job.
    pub fn add(&mut self, other: &Failures) {
        self.application += other.application;
        self.disruption += other.disruption;
        self.admission += other.admission;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::WholeSecond;

    #[test]
    fn requests_add_up_kind_by_kind() {
        let one =
            RequestCounts { create_pod: 1, patch_pod: 2, delete_pod: 3, update_status: 4, event: 5, delete_job: 6 };
        let mut sum = one;
        sum.add(&one);
        let twice =
            RequestCounts { create_pod: 2, patch_pod: 4, delete_pod: 6, update_status: 8, event: 10, delete_job: 12 };
        assert_eq!((sum, sum.total()), (twice, 42));
    }

    #[test]
    fn failures_by_their_cause() {
        let new = || Pod::new(WholeSecond::default(), None, 0, 0);
        let ended = |containers| Pod { phase: PodPhase::Failed, containers, ..new() };
        let exited = Containers::Terminated {
            finished_at: WholeSecond::default(),
            exit_codes: crate::api::ExitCodeTable::default().intern(&[1]),
        };
        let mut failures = Failures::default();
        failures.count(&ended(exited), None, false);
        failures.count(&ended(exited), Some(DeletionCause::ScaleDown), false);
        failures.count(&ended(exited), Some(DeletionCause::Disrupted), true);
        failures.count(&Pod { disruption_target: true, ..ended(exited) }, None, true);
        failures.count(&ended(Containers::Waiting), None, false);
        failures.count(&new(), Some(DeletionCause::Disrupted), false);
        assert_eq!(failures, Failures { application: 1, disruption: 3, admission: 1, ignored: 2 });
    }

    #[test]
    fn failures_add_up_kind_by_kind() {
        let one = Failures { application: 1, disruption: 2, admission: 3, ignored: 4 };
        let mut sum = one;
        sum.add(&one);
        assert_eq!(sum, Failures { application: 2, disruption: 4, admission: 6, ignored: 8 });
    }
}
