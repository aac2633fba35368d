//! Rules about the Pod failure policy, the success policy and the replacement of Pods.

use super::subject::{Findings, Subject};
use super::times::said;
use super::{AdviceCheck, AdviceRule, Severity};
use crate::api::PodFailurePolicyAction::{FailIndex, FailJob, Ignore};
use crate::api::PodFailureRequirement::{OnExitCodes, OnPodConditions};
use crate::api::{ExitCodesOperator, JobSpec, PodFailurePolicyRule, PodReplacementPolicy, SuccessPolicyRule};

const DOCS_POLICY: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy";
const DOCS_REPLACEMENT: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/job/#delayed-creation-of-replacement-pods";
/// The exit codes of containers that were ended by a signal: 128 plus the signal's number.
const SIGNALS: [(i32, &str); 2] = [(137, "SIGKILL"), (143, "SIGTERM")];
/// The largest exit code that Linux has.
const LARGEST_EXIT_CODE: i32 = 255;
/// The condition of Pods that are evicted, preempted or lost.
const DISRUPTED: &str = "DisruptionTarget";

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "J010",
        severity: Severity::Warning,
        title: "Failures that are ignored are bounded by a deadline.",
        source: DOCS_POLICY,
        why: "A failure that an Ignore rule matches counts towards no limit, but is tried again: after a while every ten \
              minutes, for ever. For disruptions that is what is wanted; for exit codes (and conditions that do not go \
              away) a Job that fails each time never ends. Set activeDeadlineSeconds, or count the failure.",
        bad: "spec:\n  podFailurePolicy:\n    rules:\n    - action: Ignore\n      onExitCodes:\n        operator: In\n        values: [75]",
        good: "spec:\n  activeDeadlineSeconds: 86400\n  podFailurePolicy:\n    rules:\n    - action: Ignore\n      onExitCodes:\n        operator: In\n        values: [75]",
        check: AdviceCheck::Job(ignored_for_ever),
    },
    AdviceRule {
        code: "J011",
        severity: Severity::Warning,
        title: "Every rule of the Pod failure policy can match.",
        source: DOCS_POLICY,
        why: "The rules are tried in order and the first that matches decides. A rule that only matches what an earlier one \
              matches already never has its turn.",
        bad: "spec:\n  podFailurePolicy:\n    rules:\n    - action: Count\n      onExitCodes:\n        operator: NotIn\n        values: [3]\n    - action: FailJob\n      onExitCodes:\n        operator: In\n        values: [42]",
        good: "spec:\n  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes:\n        operator: In\n        values: [42]\n    - action: Count\n      onExitCodes:\n        operator: NotIn\n        values: [3]",
        check: AdviceCheck::Job(unreachable_rules),
    },
    AdviceRule {
        code: "J012",
        severity: Severity::Warning,
        title: "A drained node does not look like a failure that ends the Job.",
        source: DOCS_POLICY,
        why: "A container that is stopped from outside exits with 143 (SIGTERM) or 137 (SIGKILL, also when memory runs out). \
              A FailJob or FailIndex rule that matches these codes gives up for good when a node is drained, unless a rule \
              for the condition DisruptionTarget stands before it.",
        bad: "spec:\n  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes:\n        operator: NotIn\n        values: [1]",
        good: "spec:\n  podFailurePolicy:\n    rules:\n    - action: Ignore\n      onPodConditions:\n      - type: DisruptionTarget\n    - action: FailJob\n      onExitCodes:\n        operator: NotIn\n        values: [1]",
        check: AdviceCheck::Job(signals_end_job),
    },
    AdviceRule {
        code: "J013",
        severity: Severity::Warning,
        title: "The exit codes of the policy exist.",
        source: "wait(2): an exit status has eight bits",
        why: "A process on Linux exits with a code from 0 to 255. A rule that waits for a larger or negative one waits for \
              ever (on Windows codes have 32 bits).",
        bad: "spec:\n  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes:\n        operator: In\n        values: [300]",
        good: "spec:\n  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes:\n        operator: In\n        values: [44]",
        check: AdviceCheck::Job(impossible_codes),
    },
    AdviceRule {
        code: "J014",
        severity: Severity::Hint,
        title: "A rule of the success policy asks for less than everything.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy",
        why: "A success policy ends a Job before all its indexes have succeeded. A rule that asks for all of them never \
              comes true before the Job is complete anyway.",
        bad: "spec:\n  completions: 5\n  completionMode: Indexed\n  successPolicy:\n    rules:\n    - succeededCount: 5",
        good: "spec:\n  completions: 5\n  completionMode: Indexed\n  successPolicy:\n    rules:\n    - succeededCount: 3",
        check: AdviceCheck::Job(success_of_all),
    },
    AdviceRule {
        code: "J015",
        severity: Severity::Hint,
        title: "Two Pods of one index do not run at the same time.",
        source: DOCS_REPLACEMENT,
        why: "By default a Pod is replaced as soon as it is being deleted (an eviction, a drained node), while the old one \
              still has terminationGracePeriodSeconds to run: two Pods of one index work side by side for that long. If \
              they share a volume or a lock, say podReplacementPolicy: Failed.",
        bad: "spec:\n  completions: 3\n  completionMode: Indexed\n  template:\n    spec:\n      terminationGracePeriodSeconds: 600",
        good: "spec:\n  completions: 3\n  completionMode: Indexed\n  podReplacementPolicy: Failed\n  template:\n    spec:\n      terminationGracePeriodSeconds: 600",
        check: AdviceCheck::Job(two_of_an_index),
    },
    AdviceRule {
        code: "J016",
        severity: Severity::Hint,
        title: "A Pod that cannot end does not hold up the Job for ever.",
        source: DOCS_REPLACEMENT,
        why: "With podReplacementPolicy: Failed (which podFailurePolicy brings with it) a Pod is replaced only when it has \
              ended. One on a node that does not answer stays terminating until the node comes back or is removed, and its \
              index waits that long. With activeDeadlineSeconds at least the Job is marked (FailureTarget) in time.",
        bad: "spec:\n  podReplacementPolicy: Failed",
        good: "spec:\n  podReplacementPolicy: Failed\n  activeDeadlineSeconds: 7200",
        check: AdviceCheck::Job(waits_for_the_lost),
    },
    AdviceRule {
        code: "J017",
        severity: Severity::Warning,
        title: "The back-off limit does not forestall the success policy.",
        source: "pkg/controller/job: syncJob asks for failures before it asks for the success policy",
        why: "When several Pods end together, one sync sees them all, and it asks first whether the Job has failed: with more \
              failed Pods than backoffLimit (or, with backoffLimitPerIndex, when every index is done and one has failed) \
              the Job is Failed, although enough indexes have succeeded for its successPolicy. Set the limit at least as \
              high as the number of Pods that can fail beside those that the policy needs.",
        bad: "spec:\n  completions: 10\n  parallelism: 10\n  completionMode: Indexed\n  backoffLimit: 6\n  successPolicy:\n    rules:\n    - succeededCount: 1",
        good: "spec:\n  completions: 10\n  parallelism: 10\n  completionMode: Indexed\n  backoffLimit: 9\n  successPolicy:\n    rules:\n    - succeededCount: 1",
        check: AdviceCheck::Job(limit_before_success),
    },
];

fn rules(spec: &JobSpec) -> &[PodFailurePolicyRule] {
    spec.pod_failure_policy.as_ref().map_or(&[], |policy| &policy.rules)
}

/// Whether a rule is about disrupted Pods, whichever action it takes.
fn is_of_disruptions(rule: &PodFailurePolicyRule) -> bool {
    match &rule.requirement {
        OnPodConditions(conditions) => conditions.iter().any(|condition| condition.condition_type == DISRUPTED),
        OnExitCodes { .. } => false,
    }
}

/// Whether some rule of the policy is about disruptions.
pub(super) fn sees_disruptions(spec: &JobSpec) -> bool {
    rules(spec).iter().any(is_of_disruptions)
}

fn place(subject: &Subject<'_>, index: usize) -> String {
    subject.path(&format!("podFailurePolicy.rules[{index}]"))
}

fn ignored_for_ever(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.spec.active_deadline_seconds.is_some() {
        return;
    }
    let of_disruptions_only = |rule: &PodFailurePolicyRule| match &rule.requirement {
        OnPodConditions(conditions) => conditions.iter().all(|condition| condition.condition_type == DISRUPTED),
        OnExitCodes { .. } => false,
    };
    for (index, rule) in rules(subject.spec).iter().enumerate() {
        if rule.action == Ignore && !of_disruptions_only(rule) {
            let message = "failures that this rule matches are retried for ever: they count towards no limit, and the Job \
                           has no deadline";
            findings.add(place(subject, index), message);
        }
    }
}

fn unreachable_rules(subject: &Subject<'_>, findings: &mut Findings) {
    let rules = rules(subject.spec);
    for (index, rule) in rules.iter().enumerate() {
        if let Some(earlier) = rules[..index].iter().position(|earlier| covers(earlier, rule)) {
            let message = format!("never has its turn: rule {earlier} matches all that it matches");
            findings.add(place(subject, index), message);
        }
    }
}

/// Whether `one` certainly matches every failure that `other` matches.
fn covers(one: &PodFailurePolicyRule, other: &PodFailurePolicyRule) -> bool {
    match (&one.requirement, &other.requirement) {
        (
            OnExitCodes { container_name, operator, values },
            OnExitCodes { container_name: other_name, operator: other_operator, values: other_values },
        ) => {
            let any_container = container_name.is_none() || container_name == other_name;
            let has = |value: &i32| values.contains(value);
            any_container
                && match (operator, other_operator) {
                    (ExitCodesOperator::In, ExitCodesOperator::In) => other_values.iter().all(has),
                    (ExitCodesOperator::NotIn, ExitCodesOperator::In) => !other_values.iter().any(has),
                    (ExitCodesOperator::NotIn, ExitCodesOperator::NotIn) => {
                        values.iter().all(|value| other_values.contains(value))
                    }
                    (ExitCodesOperator::In, ExitCodesOperator::NotIn) => false,
                }
        }
        (OnPodConditions(conditions), OnPodConditions(others)) => others.iter().all(|other| conditions.contains(other)),
        _ => false,
    }
}

fn signals_end_job(subject: &Subject<'_>, findings: &mut Findings) {
    for (index, rule) in rules(subject.spec).iter().enumerate() {
        if is_of_disruptions(rule) {
            return;
        }
        let OnExitCodes { operator, values, .. } = &rule.requirement else { continue };
        let matches = |code: i32| values.contains(&code) == (*operator == ExitCodesOperator::In);
        let codes: Vec<String> =
            SIGNALS.iter().filter(|signal| matches(signal.0)).map(|(code, name)| format!("{code} ({name})")).collect();
        if matches!(rule.action, FailJob | FailIndex) && !codes.is_empty() {
            let message = format!(
                "{} on exit code {}, with which containers also end when a node is drained, and no rule for {DISRUPTED} \
                 comes first",
                rule.action.as_str(),
                codes.join(" and ")
            );
            findings.add(place(subject, index), message);
        }
    }
}

fn impossible_codes(subject: &Subject<'_>, findings: &mut Findings) {
    let on_windows = subject.pod().pointer("/os/name").is_some_and(|name| name == "windows");
    for (index, rule) in rules(subject.spec).iter().enumerate().filter(|_| !on_windows) {
        let OnExitCodes { values, .. } = &rule.requirement else { continue };
        let beyond: Vec<String> =
            values.iter().filter(|code| !(0..=LARGEST_EXIT_CODE).contains(*code)).map(ToString::to_string).collect();
        if !beyond.is_empty() {
            let field = format!("{}.onExitCodes.values", place(subject, index));
            findings.add(
                field,
                format!("no container exits with {}: codes go up to {LARGEST_EXIT_CODE}", beyond.join(", ")),
            );
        }
    }
}

/// How many indexes a rule of the success policy needs.
fn needed(rule: &SuccessPolicyRule, completions: i32) -> i64 {
    let indexes = rule.succeeded_indexes.as_ref().map_or(i64::from(completions), |set| set.below(completions).total());
    rule.succeeded_count.map_or(indexes, i64::from)
}

fn limit_before_success(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(policy), Some(completions)) = (&subject.spec.success_policy, subject.spec.completions) else { return };
    let Some(least) = policy.rules.iter().map(|rule| needed(rule, completions)).min() else { return };
    let width = i64::from(subject.width());
    // The number of Pods that can fail at the same time as the last success that is needed.
    let others = width - least.min(width);
    let message = match subject.spec.backoff_limit_per_index {
        Some(0) if others > 0 && width >= i64::from(completions) => format!(
            "when all {width} Pods end together and one has failed, the Job fails (FailedIndexes), although {least} \
             succeeded indexes are enough"
        ),
        None if others > i64::from(subject.spec.backoff_limit) => format!(
            "when {others} of the {width} Pods that run side by side fail together, that exceeds backoffLimit: {}, and the \
             Job fails in that sync even if the other {least} fulfil the policy",
            subject.spec.backoff_limit
        ),
        _ => return,
    };
    findings.add(subject.path("successPolicy"), message);
}

fn success_of_all(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(policy), Some(completions)) = (&subject.spec.success_policy, subject.spec.completions) else { return };
    for (index, rule) in policy.rules.iter().enumerate() {
        if needed(rule, completions) >= i64::from(completions) {
            let field = subject.path(&format!("successPolicy.rules[{index}]"));
            findings.add(field, format!("asks for all {completions} indexes, which completes the Job anyway"));
        }
    }
}

fn two_of_an_index(subject: &Subject<'_>, findings: &mut Findings) {
    const LONG: i64 = 60;
    let grace = subject.spec.template.termination_grace_period_seconds;
    let shares = subject.of_pod("volumes").iter().any(|volume| volume.get("persistentVolumeClaim").is_some());
    let soon = subject.spec.pod_replacement_policy == PodReplacementPolicy::TerminatingOrFailed;
    if soon && subject.spec.is_indexed() && (grace >= LONG || shares && grace > 0) {
        let claim = if shares { ", with the same volume" } else { "" };
        let message =
            format!("while a Pod is being deleted its replacement runs beside it for up to {}{claim}", said(grace));
        findings.add(subject.path("podReplacementPolicy"), message);
    }
}

fn waits_for_the_lost(subject: &Subject<'_>, findings: &mut Findings) {
    let waits = subject.spec.pod_replacement_policy == PodReplacementPolicy::Failed;
    if waits && subject.spec.active_deadline_seconds.is_none() {
        let message = "a Pod that never ends (its node is lost) is never replaced, and the Job has no deadline";
        findings.add(subject.path("podReplacementPolicy"), message);
    }
}
