//! Common misconceptions about Jobs, if they matter for this Job. Each has numbers from a run of this Job, or of this
//! Job with one thing changed.

use super::limits::end_after_restart;
use super::steps::WorstCaseEnd;
use super::what_if::{VariantRun, VariantRunner, with_models, with_spec};
use super::worst::model_of;
use super::{count, rounded, still_run};
use crate::api::{JobReason, JobSpec, PodFailurePolicyAction, PodReplacementPolicy, RestartPolicy};
use crate::experiment::Setup;
use crate::model::{Distribution, ExitCode};
use crate::time::SimDuration;
use serde::Serialize;

/// A common misconception, the truth, and what it means for this Job.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pitfall {
    /// What many people believe.
    pub belief: &'static str,
    /// What is true.
    pub truth: String,
    /// What it means for this Job.
    pub here: Option<String>,
    /// The source of the rule.
    pub source: &'static str,
}

/// What the checks for pitfalls are given.
struct PitfallCase<'a> {
    job: usize,
    worst: &'a Setup,
    ran: &'a VariantRun,
    end: &'a WorstCaseEnd,
    spec: &'a JobSpec,
    runner: &'a VariantRunner<'a>,
}

/// The pitfalls that matter for this Job, the most important first.
pub fn pitfalls(
    job: usize,
    worst: &Setup,
    ran: &VariantRun,
    end: &WorstCaseEnd,
    runner: &VariantRunner<'_>,
) -> Vec<Pitfall> {
    let spec = &*worst.jobs[job].object.spec;
    if spec.is_managed_elsewhere() {
        return Vec::new();
    }
    let case = PitfallCase { job, worst, ran, end, spec, runner };
    let all = [exponent, one_retry_less, ignored, cap, deadline, success_resets, forgotten, target_first, replacement];
    all.iter().filter_map(|pitfall| pitfall(&case)).collect()
}

/// `Failed (BackoffLimitExceeded) after 9m1s with 8 Pods`, for use in a sentence.
pub fn brief(end: &WorstCaseEnd) -> String {
    let pods = count(u64::from(end.pods), "Pod");
    match end.reason {
        Some(reason) => format!("{} ({reason}) after {} with {pods}", end.status, rounded(end.at)),
        None => format!("no end within {} ({pods})", rounded(end.at)),
    }
}

const BACKOFF_DOCS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy; \
     newBackoffRecord and getRemainingTimeForFailuresCount in pkg/controller/job/backoff_utils.go";

/// The exponent counts failed Pods, not waves.
fn exponent(case: &PitfallCase) -> Option<Pitfall> {
    let PitfallCase { spec, ran, job, .. } = case;
    let first = spec.completions.map_or(spec.parallelism, |c| c.min(spec.parallelism));
    let is_waited = spec.template.restart_policy == RestartPolicy::Never && spec.backoff_limit_per_index.is_none();
    if first < 2 || !is_waited {
        return None;
    }
    let here = match ran.record(*job).waits.first() {
        Some(w) => format!(
            "after the first {} the back-off is {}; if it counted waves it would be {}.",
            count(w.wait.failures.max(0) as u64, "failed Pod"),
            w.wait.backoff,
            case.worst.config.params.pod_failure_backoff
        ),
        None => format!("the first {first} Pods alone end it: {}.", brief(case.end)),
    };
    Some(Pitfall {
        belief: "Each wave of failed Pods doubles the back-off once.",
        truth:
            "The exponent counts failed Pods since the last success, not waves: seven Pods that fail together already \
                bring the cap of ten minutes (with backoffLimit 7 or more; the default 6 ends the Job at once)."
                .to_owned(),
        here: Some(here),
        source: BACKOFF_DOCS,
    })
}

/// OnFailure ends one retry earlier than Never.
fn one_retry_less(case: &PitfallCase) -> Option<Pitfall> {
    let PitfallCase { spec, job, worst, end, runner, .. } = case;
    if end.code != Some(JobReason::BackoffLimitExceeded) {
        return None;
    }
    let other = match spec.template.restart_policy {
        RestartPolicy::Never => RestartPolicy::OnFailure,
        RestartPolicy::OnFailure => RestartPolicy::Never,
    };
    if spec.pod_failure_policy.is_some() {
        return None; // The API server requires Never with it.
    }
    let changed = runner.end_of(*job, &with_spec(worst, *job, |spec| spec.template.restart_policy = other))?;
    let name = |p| if p == RestartPolicy::Never { "Never" } else { "OnFailure" };
    Some(Pitfall {
        belief: "backoffLimit means the same with restartPolicy Never and OnFailure.",
        truth: "Never counts failed Pods and ends when they exceed the limit; OnFailure adds up container restarts of \
                the Pods that run and ends when they reach it: one retry earlier, and over all Pods together."
            .to_owned(),
        here: Some(format!(
            "{} as it is: {}; with {}: {}.",
            name(spec.template.restart_policy),
            brief(end),
            name(other),
            brief(&changed)
        )),
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy; \
                 pastBackoffLimitOnFailure in pkg/controller/job/job_controller.go",
    })
}

/// Ignored failures still lengthen the back-off.
fn ignored(case: &PitfallCase) -> Option<Pitfall> {
    let policy = case.spec.pod_failure_policy.as_ref()?;
    policy.rules.iter().find(|rule| rule.action == PodFailurePolicyAction::Ignore)?;
    let record = case.ran.record(case.job);
    let longest = record.longest_backoff().filter(|_| case.end.failed < record.pods_failed as i32);
    Some(Pitfall {
        belief: "A failure that podFailurePolicy ignores costs nothing.",
        truth: "Ignore keeps a failure out of backoffLimit and of status.failed, but the back-off counts it like any \
                other: the replacement waits, up to ten minutes."
            .to_owned(),
        here: longest.map(|longest| {
            format!(
                "{} failed, status.failed is {}, and the longest back-off is {longest}.",
                count(u64::from(record.pods_failed), "Pod"),
                case.end.failed
            )
        }),
        source: "KEP-3329; newBackoffRecord in pkg/controller/job/backoff_utils.go does not look at the policy",
    })
}

/// The cap is ten minutes.
fn cap(case: &PitfallCase) -> Option<Pitfall> {
    let record = case.ran.record(case.job);
    let cap = case.worst.config.params.max_pod_failure_backoff;
    let longest = record.longest_backoff().filter(|&d| d >= SimDuration::from_secs(160))?;
    let met = record.waits.iter().find(|w| w.wait.backoff >= cap);
    Some(Pitfall {
        belief: "The back-off is capped at six minutes.",
        truth: "Many pages say so; the released controller's cap is ten minutes (MaxJobPodFailureBackOff). After six \
                failures in a row the wait is 5m20s, after seven and more ten minutes."
            .to_owned(),
        here: Some(match met {
            Some(w) => format!("the cap is met after {}.", count(w.wait.failures.max(0) as u64, "failure")),
            None => format!("the longest back-off is {longest}: the cap is not met."),
        }),
        source: "MaxJobPodFailureBackOff in pkg/controller/job/job_controller.go (v1.37); \
                 https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy",
    })
}

/// The deadline includes waits, and takes effect before the limit.
fn deadline(case: &PitfallCase) -> Option<Pitfall> {
    let seconds = case.spec.active_deadline_seconds?;
    let unlimited = with_spec(case.worst, case.job, |spec| spec.active_deadline_seconds = None);
    let without = case.runner.end_of(case.job, &unlimited)?;
    Some(Pitfall {
        belief: "activeDeadlineSeconds is a limit for each Pod, or counts only time in which Pods run.",
        truth: "It counts from status.startTime, for all Pods together, back-offs included, and takes precedence over \
                backoffLimit; a resume starts it anew."
            .to_owned(),
        here: Some(format!(
            "with the deadline of {}: {}; without it: {}.",
            SimDuration::from_secs(seconds),
            brief(case.end),
            brief(&without)
        )),
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup; \
                 pastActiveDeadline in pkg/controller/job/job_controller.go",
    })
}

/// A success resets the back-off.
fn success_resets(case: &PitfallCase) -> Option<Pitfall> {
    let PitfallCase { spec, worst, job, ran, end, .. } = case;
    let waits = &ran.record(*job).waits;
    let has_room = spec.completions.is_some_and(|c| c > 1) && spec.backoff_limit_per_index.is_none();
    if !has_room || waits.len() < 2 || spec.template.restart_policy != RestartPolicy::Never {
        return None;
    }
    // Every second attempt of each index succeeds, or every fourth Pod: few enough that the success does not end the
    // Job.
    let mild = with_models(worst, |model| {
        let shares =
            if spec.is_indexed() { vec![1.0, 0.0] } else { (0..64).map(|n| f64::from(u8::from(n % 4 != 3))).collect() };
        model.stages.outcome.exit_code = ExitCode::Fail(shares);
        model.set_by_index(Vec::new());
        model.by_attempt.clear();
    });
    let mild = case.runner.run(&mild, *job..job + 1)?;
    let longest = mild.record(*job).longest_backoff().unwrap_or_default();
    let worst_longest = waits.iter().map(|w| w.wait.backoff).max().unwrap_or_default();
    let mild_end = WorstCaseEnd::of(*job, &mild);
    Some(Pitfall {
        belief: "The back-off only ever grows.",
        truth:
            "A success sets the count of failures back to zero, for the whole Job: failures that finished before the \
                latest success are forgotten. They still count towards backoffLimit."
                .to_owned(),
        here: Some(format!(
            "all attempts fail: longest back-off {worst_longest}, {}; if {} succeeds: longest back-off {longest}, {}.",
            brief(end),
            if spec.is_indexed() { "the second attempt of each index" } else { "every fourth Pod" },
            brief(&mild_end)
        )),
        source: BACKOFF_DOCS,
    })
}

/// A restart of the controllers loses the back-off.
fn forgotten(case: &PitfallCase) -> Option<Pitfall> {
    if case.spec.backoff_limit_per_index.is_some() {
        return None;
    }
    let (at, after) = end_after_restart(case.job, case.worst, case.ran, case.runner)?;
    Some(Pitfall {
        belief: "The back-off is kept in the Job.",
        truth: "It is in the controller's memory only: after a restart or a change of leader of \
                kube-controller-manager the next Pod comes at once. Counted failures stay in the status."
            .to_owned(),
        here: Some(format!("a restart at +{}: {}; without: {}.", rounded(at), brief(&after), brief(case.end))),
        source: "backoffStore in pkg/controller/job/backoff_utils.go is a cache of the process",
    })
}

/// FailureTarget comes long before Failed.
fn target_first(case: &PitfallCase) -> Option<Pitfall> {
    let PitfallCase { spec, worst, job, end, .. } = case;
    let grace = spec.template.termination_grace_period_seconds;
    if end.stopped == 0 || grace < 2 {
        return None;
    }
    let slow = with_models(worst, |model| {
        let all = Distribution::constant(1e6);
        if let Ok(never) = all {
            model.stages.terminate = never;
        }
    });
    let slow = case.runner.end_of(*job, &slow)?;
    let gap = |end: &WorstCaseEnd| end.decided.map_or(SimDuration::ZERO, |t| end.at - t);
    Some(Pitfall {
        belief: "A Job that has hit its limit is Failed.",
        truth:
            "First it gets FailureTarget and its Pods are deleted; Failed (with its Event) follows only when no Pod \
                is terminating any more, up to terminationGracePeriodSeconds later."
                .to_owned(),
        here: Some(format!(
            "{} when the end is decided: {} from FailureTarget to Failed; {} if they use up the grace period of {grace}s.",
            still_run(end.stopped),
            rounded(gap(end)),
            rounded(gap(&slow))
        )),
        source: "KEP-3939, KEP-3998; enactJobFinished in pkg/controller/job/job_controller.go",
    })
}

/// A terminating Pod is replaced before it is gone.
fn replacement(case: &PitfallCase) -> Option<Pitfall> {
    let PitfallCase { spec, worst, job, .. } = case;
    if spec.pod_replacement_policy == PodReplacementPolicy::Failed || spec.pod_failure_policy.is_some() {
        return None;
    }
    model_of(*job, worst).stages.run.as_ref()?;
    Some(Pitfall {
        belief: "No more than parallelism Pods run at a time.",
        truth:
            "With podReplacementPolicy TerminatingOrFailed (the default) a Pod that is evicted or deleted is replaced \
                as soon as it is terminating, so that both run side by side until the old one has stopped. Failed \
                waits for its end."
                .to_owned(),
        here: None,
        source: "KEP-3939; onlyReplaceFailedPods and isPodFailed in pkg/controller/job/job_controller.go",
    })
}
