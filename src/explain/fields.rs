//! The fields that matter for a Job, a sentence about each: its value, what it means for this Job, the rule, and the
//! source of the rule. Unset fields without an effect are left out.

use super::steps::WorstCaseEnd;
use super::{count, rounded, still_run};
use crate::api::{
    ExitCodesOperator, JobReason, JobSpec, PodFailurePolicyRule, PodFailureRequirement, PodReplacementPolicy,
    RestartPolicy,
};
use crate::experiment::Setup;
use crate::time::SimDuration;
use serde::Serialize;

/// What a field means for this Job.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldNote {
    /// The field below `spec`.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What follows from it for this Job.
    pub says: String,
    /// The source of the rule.
    pub source: &'static str,
}

const JOB_DOCS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/";

struct FieldCase<'a> {
    spec: &'a JobSpec,
    end: &'a WorstCaseEnd,
    backoff: (SimDuration, SimDuration),
    notes: Vec<FieldNote>,
}

impl FieldCase<'_> {
    fn note(&mut self, field: &'static str, value: impl ToString, source: &'static str, says: String) {
        self.notes.push(FieldNote { field, value: value.to_string(), says, source });
    }

    fn is_end(&self, code: JobReason) -> bool {
        self.end.code == Some(code)
    }
}

/// The notes for a Job with this end in the worst case.
pub fn fields(job: usize, worst: &Setup, end: &WorstCaseEnd) -> Vec<FieldNote> {
    let spec = &worst.jobs[job].object.spec;
    let params = &worst.config.params;
    let backoff = (params.pod_failure_backoff, params.max_pod_failure_backoff);
    let mut case = FieldCase { spec, end, backoff, notes: Vec::new() };
    if let Some(name) = spec.managed_by.as_ref().filter(|_| spec.is_managed_elsewhere()) {
        case.note("managedBy", name, "KEP-4368", "The built-in controller leaves this Job alone.".to_owned());
        return case.notes;
    }
    for notes in [size, restart_policy, backoff_limit, per_index, deadline, policies, replacement, suspend, after_end] {
        notes(&mut case);
    }
    case.notes
}

fn size(case: &mut FieldCase) {
    let spec = case.spec;
    let source = "manageJob in pkg/controller/job/job_controller.go; KEP-2214";
    let says = match spec.completions {
        None => format!(
            "A work queue: {} run until one succeeds; after that none is created, and the Job is complete when the rest have ended.",
            count(spec.parallelism.max(0) as u64, "Pod")
        ),
        Some(c) => format!(
            "At most {} at a time: the smaller of parallelism and of the completions that are missing.",
            count(spec.parallelism.min(c).max(0) as u64, "active Pod")
        ),
    };
    case.note("parallelism", spec.parallelism, source, says);
    match spec.completions {
        Some(completions) if spec.is_indexed() => case.note(
            "completions",
            format!("{completions} (Indexed)"),
            "KEP-2214; firstPendingIndexes in pkg/controller/job/indexed_job_utils.go",
            format!(
                "Each index from 0 to {} must succeed once; the lowest that are missing come first.",
                completions - 1
            ),
        ),
        Some(completions) => case.note(
            "completions",
            completions,
            JOB_DOCS,
            format!("{} must succeed, whichever they are.", count(completions.max(0) as u64, "Pod")),
        ),
        None => {}
    }
}

fn restart_policy(case: &mut FieldCase) {
    let (value, says) = match case.spec.template.restart_policy {
        RestartPolicy::Never => {
            ("Never", "A failed Pod stays as it is and a new one takes its place; failed Pods are counted.")
        }
        RestartPolicy::OnFailure => (
            "OnFailure",
            "The kubelet restarts failed containers in the same Pod (at once, then after 10s, 20s … 5m); restarts are \
             counted, and when the limit is reached the Pods are deleted, with their logs.",
        ),
    };
    case.note("template.spec.restartPolicy", value, JOB_DOCS, says.to_owned());
}

fn backoff_limit(case: &mut FieldCase) {
    let FieldCase { spec, end, backoff: (base, cap), .. } = *case;
    if spec.backoff_limit == i32::MAX {
        return;
    }
    let limit = spec.backoff_limit;
    let bites = if case.is_end(JobReason::BackoffLimitExceeded) {
        format!(
            "here that is at +{} with {}",
            rounded(end.decided.unwrap_or(end.at)),
            count(u64::from(end.pods), "Pod")
        )
    } else {
        "here something else ends the Job first".to_owned()
    };
    let says = match spec.template.restart_policy {
        RestartPolicy::Never => format!(
            "The Job fails when more than {limit} Pods have failed: {bites}. Between failures the next Pods wait {base}, doubled with each further failed Pod up to {cap}."
        ),
        RestartPolicy::OnFailure => format!(
            "The Job fails when the containers of its Pods have been restarted {} in all: {bites}.",
            match limit.max(1) {
                1 => "once".to_owned(),
                n => format!("{n} times"),
            }
        ),
    };
    case.note(
        "backoffLimit",
        limit,
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy; syncJob in pkg/controller/job/job_controller.go",
        says,
    );
}

fn per_index(case: &mut FieldCase) {
    let FieldCase { spec, backoff: (base, cap), .. } = *case;
    let Some(limit) = spec.backoff_limit_per_index else { return };
    let says = format!(
        "Each index bears {limit} failed Pods; with one more it has failed for good and the others go on. Each index waits for itself: {base}, doubled up to {cap}; a success elsewhere changes nothing. If any index has failed, the Job fails at its end."
    );
    case.note(
        "backoffLimitPerIndex",
        limit,
        "KEP-3850; getRemainingTimePerIndex in pkg/controller/job/backoff_utils.go",
        says,
    );
    if let Some(most) = spec.max_failed_indexes {
        let here = if case.is_end(JobReason::MaxFailedIndexesExceeded) { "; here it bites" } else { "" };
        let says =
            format!("When more than {most} indexes have failed the Job fails at once and its Pods are deleted{here}.");
        case.note("maxFailedIndexes", most, "KEP-3850", says);
    }
}

fn deadline(case: &mut FieldCase) {
    let Some(seconds) = case.spec.active_deadline_seconds else { return };
    let here = match case.is_end(JobReason::DeadlineExceeded) {
        true => "here it bites".to_owned(),
        false => format!("here the Job is over at +{} already", rounded(case.end.at)),
    };
    let says = format!(
        "{} after startTime the Job fails, whatever it is doing, and its Pods are deleted: {here}. Waits count; a suspension clears startTime, a resume sets it anew.",
        SimDuration::from_secs(seconds)
    );
    case.note(
        "activeDeadlineSeconds",
        seconds,
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
        says,
    );
}

fn policies(case: &mut FieldCase) {
    if let Some(policy) = &case.spec.pod_failure_policy {
        let rules: Vec<String> = policy.rules.iter().enumerate().map(|(n, rule)| rule_text(n, rule)).collect();
        let says = format!(
            "Rules in order, the first that matches decides: {}. A failed Pod that matches none counts towards backoffLimit. A Pod that is being deleted is judged only when it has ended.",
            rules.join("; ")
        );
        let value = count(policy.rules.len() as u64, "rule");
        case.note(
            "podFailurePolicy",
            value,
            "KEP-3329; matchPodFailurePolicy in pkg/controller/job/pod_failure_policy.go",
            says,
        );
    }
    if let Some(policy) = &case.spec.success_policy {
        let value = count(policy.rules.len() as u64, "rule");
        let says = "The Job is a success as soon as one rule is met; Pods that still run are deleted. It never counts against a limit, and in the worst case nothing meets it.";
        case.note(
            "successPolicy",
            value,
            "KEP-3998; matchSuccessPolicy in pkg/controller/job/success_policy.go",
            says.to_owned(),
        );
    }
}

fn rule_text(n: usize, rule: &PodFailurePolicyRule) -> String {
    let what = match &rule.requirement {
        PodFailureRequirement::OnExitCodes { container_name, operator, values } => {
            let whose = container_name.as_ref().map_or(String::new(), |name| format!(" of container {name}"));
            let verb = if *operator == ExitCodesOperator::In { "is" } else { "is not 0 and not" };
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("exit code{whose} {verb} {}", values.join(" or "))
        }
        PodFailureRequirement::OnPodConditions(patterns) => {
            let texts: Vec<String> = patterns.iter().map(|p| format!("{}={}", p.condition_type, p.status)).collect();
            format!("condition {}", texts.join(" or "))
        }
    };
    format!("[{n}] {what}: {}", rule.action.as_str())
}

fn replacement(case: &mut FieldCase) {
    let value = match case.spec.pod_replacement_policy {
        PodReplacementPolicy::Failed => "Failed",
        PodReplacementPolicy::TerminatingOrFailed => return,
    };
    let says = "A Pod that is being deleted is replaced only when it has ended, so that no more than parallelism run; a Pod that stops slowly leaves its place empty meanwhile.";
    case.note(
        "podReplacementPolicy",
        value,
        "KEP-3939; onlyReplaceFailedPods in pkg/controller/job/job_controller.go",
        says.to_owned(),
    );
}

fn suspend(case: &mut FieldCase) {
    if case.spec.suspend {
        let says = "No Pod is created until the Job is resumed; then startTime is set and activeDeadlineSeconds counts from there.";
        case.note("suspend", true, "KEP-2232", says.to_owned());
    }
}

fn after_end(case: &mut FieldCase) {
    let grace = case.spec.template.termination_grace_period_seconds;
    if case.end.stopped > 0 {
        let says = format!(
            "{} when the end is decided: they get SIGTERM and at most {grace} s, and only then is the Job Failed.",
            still_run(case.end.stopped)
        );
        case.note("template.spec.terminationGracePeriodSeconds", grace, "KEP-3939", says);
    }
    match case.spec.ttl_seconds_after_finished {
        Some(ttl) => {
            let says = format!(
                "{} after the end the Job is deleted with its Pods and their logs. After a failure too.",
                SimDuration::from_secs(i64::from(ttl))
            );
            case.note("ttlSecondsAfterFinished", ttl, "KEP-592", says);
        }
        None => {
            let says = "It is not set: a finished Job and its Pods stay until a user deletes them.";
            case.note("ttlSecondsAfterFinished", "unset", "KEP-592", says.to_owned());
        }
    }
}
