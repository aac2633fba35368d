//! Pod failure policies: which rule a failed Pod meets, and what follows from it. Whether the Pod counts as failed at
//! all is decided by [`is_pod_failed`].

use crate::api::{
    ExitCodeTable, ExitCodesOperator, JobMessage, JobSpec, Pod, PodConditionPattern, PodConditionType,
    PodFailurePolicyAction, PodFailureRequirement, PodReady, PodReplacementPolicy,
};
use crate::id::PodId;

/// Whether terminating Pods must end before they are replaced.
#[doc(alias = "onlyReplaceFailedPods")]
#[inline]
pub fn only_replace_failed_pods(spec: &JobSpec) -> bool {
    spec.pod_replacement_policy == PodReplacementPolicy::Failed || spec.pod_failure_policy.is_some()
}

/// Whether the controller considers a Pod failed: its phase is Failed, or it is being deleted and its end need not be
/// waited for.
#[doc(alias = "isPodFailed")]
#[inline]
pub fn is_pod_failed(pod: &Pod, spec: &JobSpec) -> bool {
    use crate::api::PodPhase::{Failed, Succeeded};
    pod.phase == Failed || (pod.deleting() && pod.phase != Succeeded && !only_replace_failed_pods(spec))
}

/// The result of applying a Pod failure policy to a failed Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyMatch {
    /// The rule that matched: its position, its action and what it matched.
    pub rule: Option<(u16, PodFailurePolicyAction, Cause)>,
}

/// What a rule found in a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An exit code.
    ExitCode {
        /// The container's place: regular containers first, then init containers.
        container: u16,
        /// Its exit code.
        code: i32,
    },
    /// A condition.
    Condition(PodConditionType),
}

impl PolicyMatch {
    /// The action of the rule that matched.
    pub fn action(&self) -> Option<PodFailurePolicyAction> {
        self.rule.map(|r| r.1)
    }

    /// Whether the failure counts towards the limits.
    pub fn counts(&self) -> bool {
        self.action() != Some(PodFailurePolicyAction::Ignore)
    }

    /// The message with which a Job fails if the rule is a FailJob rule.
    pub fn fail_job_message(&self, pod: PodId) -> Option<JobMessage> {
        match self.rule? {
            (rule, PodFailurePolicyAction::FailJob, Cause::ExitCode { container, code }) => {
                Some(JobMessage::FailJobExitCode { pod, container, code, rule })
            }
            (rule, PodFailurePolicyAction::FailJob, Cause::Condition(condition)) => {
                Some(JobMessage::FailJobCondition { pod, condition, rule })
            }
            _ => None,
        }
    }
}

/// Applies the Job's policy to a failed Pod. Without a policy nothing matches and the failure counts.
#[doc(alias = "matchPodFailurePolicy")]
pub fn match_pod_failure_policy(spec: &JobSpec, pod: &Pod, codes: &ExitCodeTable) -> PolicyMatch {
    let Some(policy) = &spec.pod_failure_policy else { return PolicyMatch { rule: None } };
    let found = policy.rules.iter().enumerate().find_map(|(n, rule)| {
        let cause = match &rule.requirement {
            PodFailureRequirement::OnExitCodes { container_name, operator, values } => {
                on_exit_codes(spec, pod, codes, container_name.as_deref(), *operator, values)
            }
            PodFailureRequirement::OnPodConditions(patterns) => on_pod_conditions(pod, patterns),
        };
        cause.map(|c| (n as u16, rule.action, c))
    });
    PolicyMatch { rule: found }
}

#[doc(alias = "matchOnExitCodes")]
fn on_exit_codes(
    spec: &JobSpec,
    pod: &Pod,
    codes: &ExitCodeTable,
    only: Option<&str>,
    operator: ExitCodesOperator,
    values: &[i32],
) -> Option<Cause> {
    let exit_codes = pod.containers.exit_codes()?;
    codes.get(exit_codes).iter().zip(spec.template.container_names()).enumerate().find_map(|(n, (&code, name))| {
        let named = only.is_none_or(|o| o == name);
        let listed = values.contains(&code) == (operator == ExitCodesOperator::In);
        (code != 0 && named && listed).then_some(Cause::ExitCode { container: n as u16, code })
    })
}

#[doc(alias = "matchOnPodConditions")]
fn on_pod_conditions(pod: &Pod, patterns: &[PodConditionPattern]) -> Option<Cause> {
    let has = |t: PodConditionType, status: &str| {
        patterns.iter().any(|p| p.condition_type == t.as_str() && p.status == status)
    };
    // In the order in which a kubelet sets them; a disruption is appended.
    let ready = match pod.ready {
        PodReady::Unset => None,
        PodReady::False(_) => Some("False"),
        PodReady::True(_) => Some("True"),
    };
    if ready.is_some_and(|status| has(PodConditionType::Ready, status)) {
        return Some(Cause::Condition(PodConditionType::Ready));
    }
    let disrupted = pod.disruption_target && has(PodConditionType::DisruptionTarget, "True");
    disrupted.then_some(Cause::Condition(PodConditionType::DisruptionTarget))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Containers, PodFailurePolicy, PodFailurePolicyRule, PodPhase, PodTemplate};
    use crate::controller::job::testing;
    use crate::time::WholeSecond;

    #[test]
    fn a_rule_of_one_container_looks_at_no_other_and_success_matches_nothing() {
        let rule = |container: Option<&str>, operator, values: &[i32]| {
            let container_name = container.map(Into::into);
            let requirement = PodFailureRequirement::OnExitCodes { container_name, operator, values: values.to_vec() };
            let rule = PodFailurePolicyRule { action: PodFailurePolicyAction::FailJob, requirement };
            let template = PodTemplate { containers: vec!["a".into(), "b".into()], ..testing::spec().template };
            let pod_failure_policy = Some(PodFailurePolicy { rules: vec![rule] });
            JobSpec { template, pod_failure_policy, ..testing::spec() }
        };
        let mut codes = ExitCodeTable::default();
        let exit_codes = codes.intern(&[3, 0]);
        let containers = Containers::Terminated { finished_at: WholeSecond::default(), exit_codes };
        let pod = Pod { phase: PodPhase::Failed, containers, ..Pod::new(WholeSecond::default(), None, 0, 0) };
        let cause = |spec: &JobSpec| match_pod_failure_policy(spec, &pod, &codes).rule.map(|rule| rule.2);
        let of_a = Some(Cause::ExitCode { container: 0, code: 3 });
        assert_eq!(cause(&rule(None, ExitCodesOperator::In, &[3])), of_a);
        assert_eq!(cause(&rule(Some("a"), ExitCodesOperator::In, &[3])), of_a);
        assert_eq!(cause(&rule(Some("b"), ExitCodesOperator::In, &[3])), None);
        assert_eq!(cause(&rule(Some("b"), ExitCodesOperator::NotIn, &[3])), None, "it exited with 0");
        assert_eq!(cause(&rule(None, ExitCodesOperator::NotIn, &[3])), None);
    }
}
