//! Values that the controller's table tests start from. It is not part of the library.

use crate::api::*;

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
