//! Failures in a row of Jobs that ran before virtual time begins. The Job controller has them only in memory, and its
//! back-off continues from them. They are derived from the Pods that were read with the Job, or else from its status;
//! notices say what neither reveals.

use super::begun_pods::{PodsByJob, is_to_be_counted};
use super::resolve::{Jobs, Resolver};
use crate::api::{JobSpec, PodFailurePolicyAction, PodPhase, PodReplacementPolicy};
use crate::controller::job::{BackoffRecord, backoff_for};
use crate::manifest::{InitialJobStatus, SeenPod};
use crate::time::{SimTime, WholeSecond};

/// What is known of a Job's failures in a row.
#[derive(Clone, Debug, PartialEq)]
struct Recalled {
    failures: i32,
    /// When the latest of them finished.
    last: Option<SimTime>,
    /// What is unknown, and what is assumed instead.
    doubt: Option<String>,
}

impl Resolver<'_> {
    /// Gives each Job that begins with a status the failures in a row that its controller has in memory. The Pods with
    /// which the Jobs begin have to be known by then.
    pub(super) fn remember_failures(&mut self, start: SimTime) {
        let params = self.release.job_controller;
        let Jobs { begun, planned, manifests, .. } = &mut self.jobs;
        let pods_by_job = PodsByJob::of(&manifests.pods);
        for (place, read) in begun.iter() {
            let job = &mut planned[*place];
            let spec = &job.object.spec;
            let is_over = read.deleting || read.status.finished().is_some();
            // With a limit per index each index has its own back-off, which the Pods themselves carry.
            if is_over || spec.is_managed_elsewhere() || spec.backoff_limit_per_index.is_some() {
                continue;
            }
            // Failures that are not counted yet are left out: the controller remembers them when it counts them in the
            // run.
            let mut pods = pods_by_job.get(job, read);
            pods.retain(|pod| !is_to_be_counted(pod, read));
            let goes_on =
                job.begins.as_ref().is_some_and(|begins| begins.pods.iter().any(|begun| begun.pod.is_active()));
            let Some(recalled) = recall(spec, read, &pods, (start, goes_on)) else { continue };
            let name = &job.object.name;
            let known = match recalled.failures {
                0 => String::new(),
                1 => "its last failure is taken to be in the controller's memory".to_owned(),
                n => format!("{n} failures in a row are taken to be in the controller's memory"),
            };
            let next = backoff_for(recalled.failures.saturating_add(1), &params);
            let text: Vec<String> = [known].into_iter().filter(|text| !text.is_empty()).chain(recalled.doubt).collect();
            manifests.notices.push(format!("Job {name}: {} (the next failure is followed by {next})", text.join("; ")));
            let last_failure_time = recalled.last.map(WholeSecond::from);
            let backoff = BackoffRecord { failures_after_last_success: recalled.failures, last_failure_time };
            if let Some(begins) = &mut job.begins {
                begins.backoff = backoff;
            }
        }
    }
}

/// The failures in a row of a Job that continues; `None` if there were none. `start` is when virtual time begins;
/// `goes_on` says whether an active Pod continues where it was.
///
/// If all Pods that the status counts were read, their times tell the failures after the last success. Without a
/// success all failures are in a row. Otherwise only the failures of the Pods that were read are taken, with a notice.
fn recall(
    spec: &JobSpec,
    read: &InitialJobStatus,
    pods: &[&SeenPod],
    (start, goes_on): (SimTime, bool),
) -> Option<Recalled> {
    let (succeeded, failed) = (read.status.succeeded, read.status.failed);
    let of = |phase: PodPhase| pods.iter().filter(move |pod| pod.ended == Some(phase));
    let last_success = of(PodPhase::Succeeded).filter_map(|pod| pod.finished).max();
    let failures: Vec<SimTime> = pods.iter().filter_map(|pod| failed_at(pod, spec)).collect();
    let later: Vec<SimTime> = failures.iter().copied().filter(|&at| last_success.is_none_or(|s| at > s)).collect();
    let last = later.iter().copied().max();
    let ignores = spec.has_failure_action(PodFailurePolicyAction::Ignore);
    let all_there = failures.len() as i32 >= failed && of(PodPhase::Succeeded).count() as i32 >= succeeded;
    let recalled = match (all_there, succeeded) {
        _ if failed == 0 && failures.is_empty() && !ignores => return None,
        (true, _) => Recalled { failures: later.len() as i32, last, doubt: None },
        (false, 0) => Recalled { failures: failed.max(failures.len() as i32), last, doubt: None },
        _ => {
            let doubt = format!(
                "how many of its {failed} failures came after the last success is not in what was read: {} taken \
                 (`kubectl get jobs,pods -o yaml` tells it while the Pods are there)",
                if later.is_empty() { "none is" } else { "those of the Pods that were read are" }
            );
            Recalled { failures: later.len() as i32, last, doubt: Some(doubt) }
        }
    };
    Some(doubted(recalled, read, ignores && !all_there, (start, goes_on)))
}

/// When the controller considered a Pod failed; `None` if it has not. With the policy `TerminatingOrFailed` a Pod fails
/// when its deletion is requested; while it terminates, only a removed finalizer shows that it was counted.
fn failed_at(pod: &SeenPod, spec: &JobSpec) -> Option<SimTime> {
    let lost = pod.deletion_asked.filter(|_| spec.pod_replacement_policy == PodReplacementPolicy::TerminatingOrFailed);
    match pod.ended {
        Some(PodPhase::Failed) => [lost, pod.finished].into_iter().flatten().min(),
        Some(_) => None,
        None => lost.filter(|_| !pod.has_finalizer),
    }
}

/// Completes what is recalled: the time of the last failure if no Pod tells it, and what cannot be known of failures
/// that the Pod failure policy ignores.
fn doubted(
    mut recalled: Recalled,
    read: &InitialJobStatus,
    ignores: bool,
    (start, goes_on): (SimTime, bool),
) -> Recalled {
    if ignores && recalled.doubt.is_none() {
        recalled.doubt =
            Some("failures that the policy ignores lengthen the back-off too, and no status counts them".to_owned());
    }
    if read.active > 0 && !goes_on {
        // The active Pods were not read, so they are created anew. Their back-off was over when they were first
        // created, and must not delay them again.
        recalled.last = None;
    } else if recalled.failures > 0 && recalled.last.is_none() {
        let at = read.status_written.unwrap_or(start).min(start);
        recalled.last = Some(at);
        let shown = crate::text::rfc3339(at);
        let doubt = format!("when the last one was is not in what was read: {shown} is taken");
        recalled.doubt = Some(recalled.doubt.map_or(doubt.clone(), |first| format!("{first}; {doubt}")));
    }
    recalled
}
