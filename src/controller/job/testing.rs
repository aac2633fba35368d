//! Values that the controller's tests start from, and syncs whose requests are answered by hand. It is not part of the
//! library.

use super::{CachedJob, Caches, JobCall, JobCallOutcome, JobOutbox, JobSync, JobSyncContext};
use crate::api::*;
use crate::controller::{SyncEnd, SyncStep};
use crate::id::{JobId, PodId};
use crate::release::{JobControllerParams, MODELLED};
use crate::time::{SimDuration, SimTime, WholeSecond};
use std::sync::Arc;

/// A table that knows the lists of exit codes that the tests use.
pub fn codes() -> ExitCodeTable {
    let mut table = ExitCodeTable::default();
    for list in [&[0][..], &[1], &[3], &[137]] {
        table.intern(list);
    }
    table
}

/// A Job of one container, with defaults.
pub fn spec() -> JobSpec {
    JobSpec {
        parallelism: 1,
        completions: Some(1),
        completion_mode: CompletionMode::NonIndexed,
        backoff_limit: 6,
        backoff_limit_per_index: None,
        max_failed_indexes: None,
        active_deadline_seconds: None,
        ttl_seconds_after_finished: None,
        suspend: false,
        pod_replacement_policy: PodReplacementPolicy::TerminatingOrFailed,
        pod_failure_policy: None,
        success_policy: None,
        managed_by: None,
        template: PodTemplate {
            restart_policy: RestartPolicy::Never,
            containers: vec!["main".into()],
            init_containers: vec![],
            container_restarts: vec![],
            main_container: 0,
            termination_grace_period_seconds: 30,
            active_deadline_seconds: None,
        },
    }
}

/// The same, which fails on exit code 3.
pub fn spec_with_fail_job_rule() -> JobSpec {
    let requirement =
        PodFailureRequirement::OnExitCodes { container_name: None, operator: ExitCodesOperator::In, values: vec![3] };
    let rule = PodFailurePolicyRule { action: PodFailurePolicyAction::FailJob, requirement };
    JobSpec {
        pod_replacement_policy: PodReplacementPolicy::Failed,
        pod_failure_policy: Some(PodFailurePolicy { rules: vec![rule] }),
        ..spec()
    }
}

pub const JOB: JobId = JobId(0);

pub fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

/// A Pod that runs and is ready; the higher its number, the younger it is.
pub fn running(number: u32) -> Pod {
    let (created, ready) = (WholeSecond::from(at(number.into())), PodReady::True(at(50).into()));
    let (phase, containers) = (PodPhase::Running, Containers::Running);
    Pod { bound: true, phase, containers, ready, ..Pod::new(created, None, 0, 0) }
}

/// A Pod that has ended.
pub fn ended(phase: PodPhase, seconds: i64) -> Pod {
    let exit_codes = codes().intern(&[i32::from(phase == PodPhase::Failed)]);
    let containers = Containers::Terminated { finished_at: at(seconds).into(), exit_codes };
    Pod { phase, containers, ready: PodReady::False(at(seconds).into()), ..running(0) }
}

pub fn indexed(index: i32, pod: Pod) -> Pod {
    Pod { index: CompletionIndex::new(index), ..pod }
}

/// A controller that has one Job, and whose calls are answered by hand.
pub struct SyncBench {
    pub caches: Caches,
    codes: ExitCodeTable,
    pub params: JobControllerParams,
    /// When it syncs.
    pub now: SimTime,
    spec: Arc<JobSpec>,
    pub out: JobOutbox,
    pub sync: JobSync,
    /// How many calls were out at a time.
    pub batches: Vec<usize>,
}

impl SyncBench {
    pub fn new(spec: JobSpec, status: JobStatus) -> Self {
        let spec = Arc::new(spec);
        let mut caches = Caches::default();
        let status = Arc::new(status);
        let job = CachedJob { spec: spec.clone(), status, resource_version: 1, generation: 1, deleting: false };
        caches.entry(JOB).job = Some(job);
        let (out, sync) = (JobOutbox::default(), JobSync::new(spec.clone()));
        let (params, now, batches) = (MODELLED.job_controller, at(100), Vec::new());
        SyncBench { caches, codes: codes(), params, now, spec, out, sync, batches }
    }

    /// The cache sees these Pods, with the numbers from 0 on.
    pub fn with(mut self, pods: &[Pod]) -> Self {
        for (number, pod) in pods.iter().enumerate() {
            self.caches.set_pod(PodId(number as u32), JOB, Some(pod), &self.spec, &self.codes);
        }
        self
    }

    /// A sync, whose calls are answered by `answer`, or succeed where it says nothing. Gives its end and its calls.
    pub fn sync(&mut self, answer: impl Fn(JobCall) -> Option<JobCallOutcome>) -> (SyncEnd, Vec<JobCall>) {
        let SyncBench { caches, codes, params, now, out, sync, batches, .. } = self;
        let (mut made, mut open, mut created) = (Vec::new(), Vec::new(), 900);
        batches.clear();
        let mut ctx = JobSyncContext { caches, codes, params, now: *now, out };
        let mut step = sync.begin(JOB, &mut ctx);
        loop {
            if !ctx.out.calls.is_empty() {
                batches.push(ctx.out.calls.len());
            }
            open.append(&mut ctx.out.calls);
            if let SyncStep::Ended(end) = step {
                assert!(open.is_empty(), "a sync that has ended waits for nothing: {open:?}");
                return (end, made);
            }
            let call = open.remove(0);
            made.push(call);
            let outcome = answer(call).unwrap_or_else(|| match call {
                JobCall::CreatePod { .. } => {
                    created += 1;
                    JobCallOutcome::Created { pod: PodId(created), version: 0 }
                }
                JobCall::PatchPod(_) => JobCallOutcome::Patched { version: 0 },
                JobCall::DeletePod(_) => JobCallOutcome::Deleted,
                JobCall::UpdateStatus => {
                    JobCallOutcome::Updated { status: Arc::new(sync.status().clone()), version: 0 }
                }
            });
            step = sync.resume(call, &outcome, &mut ctx);
        }
    }

    /// The status that was written last: active, ready, terminating, succeeded and failed Pods.
    pub fn counts(&self) -> (i32, Option<i32>, Option<i32>, i32, i32) {
        let status = self.sync.status();
        (status.active, status.ready, status.terminating, status.succeeded, status.failed)
    }

    pub fn outstanding(&self) -> (i64, i64) {
        self.caches.jobs[JOB].records.expectations.outstanding()
    }

    pub fn has_condition(&self, condition: JobConditionType) -> bool {
        self.sync.status().is_true(condition)
    }

    /// The reason of a condition that is true.
    pub fn reason(&self, condition: JobConditionType) -> Option<JobReason> {
        self.sync.status().condition(condition).filter(|found| found.status).map(|found| found.reason)
    }
}

/// The Pods whose finalizer was to be removed.
pub fn patched(calls: &[JobCall]) -> Vec<u32> {
    calls.iter().filter_map(|call| if let JobCall::PatchPod(pod) = call { Some(pod.0) } else { None }).collect()
}

/// How many Pods were to be created.
pub fn created(calls: &[JobCall]) -> usize {
    calls.iter().filter(|call| matches!(call, JobCall::CreatePod { .. })).count()
}
