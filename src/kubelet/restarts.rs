//! Whether a container that has ended is restarted. Source: `pkg/api/v1/pod/util.go` of v1.37, ContainerShouldRestart
//! and FindMatchingContainerRestartRule (feature gates ContainerRestartRules and RestartAllContainersOnContainerExits,
//! both on by default).

use crate::api::{ContainerRestartPolicy, ContainerRestartRule, ExitCodesOperator, PodTemplate, RestartPolicy};

/// What follows the end of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRestart {
    /// Nothing: it has ended for good.
    No,
    /// It is restarted.
    Own,
    /// All containers of the Pod are stopped and start again, init containers first.
    All,
}

/// What follows when the container at a position exits with this code. Its own rules come first, then its own policy,
/// then the Pod's policy.
#[doc(alias = "ContainerShouldRestart")]
pub fn after_exit(template: &PodTemplate, place: usize, code: i32) -> ContainerRestart {
    let own = template.restarts_of(place);
    if let Some((own, policy)) = own.and_then(|own| Some((own, own.policy?))) {
        if let Some(rule) = own.rules.iter().find(|rule| fits(rule, code)) {
            return if rule.restarts_all { ContainerRestart::All } else { ContainerRestart::Own };
        }
        return own_if(match policy {
            ContainerRestartPolicy::Always => true,
            ContainerRestartPolicy::OnFailure => code != 0,
            ContainerRestartPolicy::Never => false,
        });
    }
    own_if(template.restart_policy == RestartPolicy::OnFailure && code != 0)
}

fn own_if(restarts: bool) -> ContainerRestart {
    if restarts { ContainerRestart::Own } else { ContainerRestart::No }
}

#[doc(alias = "FindMatchingContainerRestartRule")]
fn fits(rule: &ContainerRestartRule, code: i32) -> bool {
    rule.values.contains(&code) == (rule.operator == ExitCodesOperator::In)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ContainerRestarts;
    use crate::kubelet::fixtures::template;

    #[test]
    fn own_rules_come_before_the_own_policy_and_that_before_the_pods() {
        use ContainerRestart::{All, No, Own};
        use ContainerRestartPolicy::{Always, Never, OnFailure};
        let rule = |restarts_all, operator, values: &[i32]| ContainerRestartRule {
            restarts_all,
            operator,
            values: values.to_vec(),
        };
        let on_42 = || vec![rule(false, ExitCodesOperator::In, &[42])];
        let all_but_1 = || vec![rule(true, ExitCodesOperator::NotIn, &[1])];
        let cases = [
            (RestartPolicy::Never, None, vec![], [No, No, No]),
            (RestartPolicy::OnFailure, None, vec![], [No, Own, Own]),
            (RestartPolicy::Never, Some(Always), vec![], [Own, Own, Own]),
            (RestartPolicy::Never, Some(OnFailure), vec![], [No, Own, Own]),
            (RestartPolicy::OnFailure, Some(Never), vec![], [No, No, No]),
            (RestartPolicy::Never, Some(Never), on_42(), [No, No, Own]),
            (RestartPolicy::Never, Some(Never), all_but_1(), [All, No, All]),
            (RestartPolicy::OnFailure, Some(Never), [all_but_1(), on_42()].concat(), [All, No, All]),
            (RestartPolicy::OnFailure, Some(Never), [on_42(), all_but_1()].concat(), [All, No, Own]),
            // The server rejects rules of a container without its own policy; they have no effect.
            (RestartPolicy::Never, None, on_42(), [No, No, No]),
        ];
        for (pod, policy, rules, expected) in cases {
            let mut template = template(pod, 1, &[]);
            template.container_restarts = vec![ContainerRestarts { policy, rules: rules.clone() }];
            assert_eq!([0, 1, 42].map(|code| after_exit(&template, 0, code)), expected, "{pod:?} {policy:?} {rules:?}");
        }
    }
}
