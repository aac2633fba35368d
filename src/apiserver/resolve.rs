//! From the object that the API server stores to the values that the controller reads. The object has passed the API
//! server's rules, so impossible values are not checked.

use super::rules::{given, int, list, member, text};
use crate::api::*;
use serde_json::Value;

/// The spec of a Job, defaults included.
pub(crate) fn job_spec(spec: &Value) -> JobSpec {
    let small = |name: &str| int(spec, name).and_then(|n| i32::try_from(n).ok());
    JobSpec {
        parallelism: small("parallelism").unwrap_or(1),
        completions: small("completions"),
        completion_mode: match text(spec, "completionMode") {
            "Indexed" => CompletionMode::Indexed,
            _ => CompletionMode::NonIndexed,
        },
        backoff_limit: small("backoffLimit").unwrap_or(6),
        backoff_limit_per_index: small("backoffLimitPerIndex"),
        max_failed_indexes: small("maxFailedIndexes"),
        active_deadline_seconds: int(spec, "activeDeadlineSeconds"),
        ttl_seconds_after_finished: small("ttlSecondsAfterFinished"),
        suspend: is_true(spec, "suspend"),
        pod_replacement_policy: match text(spec, "podReplacementPolicy") {
            "Failed" => PodReplacementPolicy::Failed,
            _ => PodReplacementPolicy::TerminatingOrFailed,
        },
        pod_failure_policy: given(spec, "podFailurePolicy").map(pod_failure_policy),
        success_policy: given(spec, "successPolicy").map(success_policy),
        managed_by: given(spec, "managedBy").and_then(Value::as_str).map(str::to_owned),
        template: pod_template(member(spec, "template")),
    }
}

pub(crate) fn is_true(object: &Value, name: &str) -> bool {
    object.get(name) == Some(&Value::Bool(true))
}

/// The annotation that names the container that stands for its Pod.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

fn pod_template(template: &Value) -> PodTemplate {
    let pod = member(template, "spec");
    let names = |field: &str| list(pod, field).iter().map(|c| text(c, "name").to_owned()).collect();
    let containers: Vec<String> = names("containers");
    let named = text(member(member(template, "metadata"), "annotations"), DEFAULT_CONTAINER);
    let main_container = containers.iter().position(|name| name == named).unwrap_or(0);
    PodTemplate {
        restart_policy: match text(pod, "restartPolicy") {
            "OnFailure" => RestartPolicy::OnFailure,
            _ => RestartPolicy::Never,
        },
        containers,
        init_containers: names("initContainers"),
        container_restarts: container_restarts(pod),
        main_container,
        active_deadline_seconds: int(pod, "activeDeadlineSeconds"),
        // A negative grace period counts as one second. Source: `pkg/registry/core/pod/strategy.go`.
        termination_grace_period_seconds: match int(pod, "terminationGracePeriodSeconds") {
            Some(seconds) if seconds < 0 => 1,
            Some(seconds) => seconds,
            None => 30,
        },
    }
}

/// The containers' restart settings; empty if no container has any.
fn container_restarts(pod: &Value) -> Vec<ContainerRestarts> {
    let all = || list(pod, "containers").iter().chain(list(pod, "initContainers"));
    if !all().any(|container| given(container, "restartPolicy").is_some()) {
        return Vec::new();
    }
    let policy = |container: &Value| match text(container, "restartPolicy") {
        "Always" => Some(ContainerRestartPolicy::Always),
        "OnFailure" => Some(ContainerRestartPolicy::OnFailure),
        "Never" => Some(ContainerRestartPolicy::Never),
        _ => None,
    };
    let rules = |container| list(container, "restartPolicyRules").iter().map(restart_rule).collect();
    all().map(|container| ContainerRestarts { policy: policy(container), rules: rules(container) }).collect()
}

fn restart_rule(rule: &Value) -> ContainerRestartRule {
    let codes = member(rule, "exitCodes");
    ContainerRestartRule {
        restarts_all: text(rule, "action") == "RestartAllContainers",
        operator: exit_codes_operator(codes),
        values: exit_code_values(codes),
    }
}

fn exit_codes_operator(codes: &Value) -> ExitCodesOperator {
    if text(codes, "operator") == "In" { ExitCodesOperator::In } else { ExitCodesOperator::NotIn }
}

fn exit_code_values(codes: &Value) -> Vec<i32> {
    list(codes, "values").iter().filter_map(|n| i32::try_from(n.as_i64()?).ok()).collect()
}

fn pod_failure_policy(policy: &Value) -> PodFailurePolicy {
    PodFailurePolicy { rules: list(policy, "rules").iter().map(failure_rule).collect() }
}

fn failure_rule(rule: &Value) -> PodFailurePolicyRule {
    let action = match text(rule, "action") {
        "FailJob" => PodFailurePolicyAction::FailJob,
        "FailIndex" => PodFailurePolicyAction::FailIndex,
        "Ignore" => PodFailurePolicyAction::Ignore,
        _ => PodFailurePolicyAction::Count,
    };
    let requirement = match given(rule, "onExitCodes") {
        Some(codes) => PodFailureRequirement::OnExitCodes {
            container_name: given(codes, "containerName").and_then(Value::as_str).map(str::to_owned),
            operator: exit_codes_operator(codes),
            values: exit_code_values(codes),
        },
        None => PodFailureRequirement::OnPodConditions(
            list(rule, "onPodConditions")
                .iter()
                .map(|c| PodConditionPattern {
                    condition_type: text(c, "type").to_owned(),
                    status: text(c, "status").to_owned(),
                })
                .collect(),
        ),
    };
    PodFailurePolicyRule { action, requirement }
}

fn success_policy(policy: &Value) -> SuccessPolicy {
    let rule = |rule: &Value| SuccessPolicyRule {
        succeeded_indexes: given(rule, "succeededIndexes").and_then(Value::as_str).map(indexes),
        succeeded_count: int(rule, "succeededCount").and_then(|n| i32::try_from(n).ok()),
    };
    SuccessPolicy { rules: list(policy, "rules").iter().map(rule).collect() }
}

/// The set of indexes in a text that the API server has accepted.
fn indexes(text: &str) -> Intervals {
    Intervals::parse(text).unwrap_or_default()
}
