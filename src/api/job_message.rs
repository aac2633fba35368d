//! Messages of a Job's conditions as values: which message it is and which objects it names. The text is made when it
//! is shown.

use super::{PodConditionType, WrittenText};
use crate::id::PodId;

/// The message of a Job's condition as a value. The text is made when it is shown, because it may name a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // one for each reason
pub enum JobMessage {
    Suspended,
    Resumed,
    CompletionsReached,
    BackoffLimitExceeded,
    DeadlineExceeded,
    MaxFailedIndexesExceeded,
    FailedIndexes,
    Empty,
    /// A message read from a cluster whose text was not kept.
    AsRead,
    /// A message that somebody other than a Job controller wrote, with the condition's reason, and with its type if the
    /// Job controller does not know it.
    Written {
        /// `type`, if it is [`super::JobConditionType::Custom`].
        condition_type: WrittenText,
        /// `reason`.
        reason: WrittenText,
        /// `message`.
        message: WrittenText,
    },
    /// A rule of the success policy matched.
    SuccessPolicyRule {
        /// The rule's position in the policy.
        rule: u16,
    },
    /// A FailJob rule matched an exit code.
    FailJobExitCode {
        /// The Pod that failed.
        pod: PodId,
        /// The container's position: regular containers first, then init containers.
        container: u16,
        /// Its exit code.
        code: i32,
        /// The rule's position in the policy.
        rule: u16,
    },
    /// A FailJob rule matched a condition of the Pod.
    FailJobCondition {
        /// The Pod that failed.
        pod: PodId,
        /// The type of the condition that matched.
        condition: PodConditionType,
        /// The rule's position in the policy.
        rule: u16,
    },
}

impl JobMessage {
    /// The message that has this text. Messages that name Pods become [`Self::AsRead`].
    pub fn read(text: &str) -> Self {
        let known = [
            Self::Suspended,
            Self::Resumed,
            Self::CompletionsReached,
            Self::BackoffLimitExceeded,
            Self::DeadlineExceeded,
            Self::MaxFailedIndexesExceeded,
            Self::FailedIndexes,
        ];
        let rule = text.strip_prefix("Matched rules at index ").and_then(|rule| rule.parse().ok());
        let by_rule = rule.map(|rule| Self::SuccessPolicyRule { rule });
        by_rule.or(known.into_iter().find(|m| m.as_static() == Some(text))).unwrap_or(Self::AsRead)
    }

    /// The text of a message that names no Pod, container or rule.
    pub fn as_static(self) -> Option<&'static str> {
        Some(match self {
            Self::Suspended => "Job suspended",
            Self::Resumed => "Job resumed",
            Self::CompletionsReached => "Reached expected number of succeeded pods",
            Self::BackoffLimitExceeded => "Job has reached the specified backoff limit",
            Self::DeadlineExceeded => "Job was active longer than specified deadline",
            Self::MaxFailedIndexesExceeded => "Job has exceeded the specified maximal number of failed indexes",
            Self::FailedIndexes => "Job has failed indexes",
            Self::Empty => "",
            Self::AsRead => "(the message that the cluster showed)",
            Self::Written { message, .. } => message.as_str(),
            _ => return None,
        })
    }

    /// The text as the API shows it. `pod_name` gives `namespace/name` of a Pod, `container` the name of a container.
    pub fn text(self, pod_name: impl Fn(PodId) -> String, container: impl Fn(u16) -> String) -> String {
        match self {
            Self::SuccessPolicyRule { rule } => format!("Matched rules at index {rule}"),
            Self::FailJobExitCode { pod, container: c, code, rule } => format!(
                "Container {} for pod {} failed with exit code {code} matching FailJob rule at index {rule}",
                container(c),
                pod_name(pod)
            ),
            Self::FailJobCondition { pod, condition, rule } => format!(
                "Pod {} has condition {} matching FailJob rule at index {rule}",
                pod_name(pod),
                condition.as_str()
            ),
            other => other.as_static().unwrap_or_default().to_owned(),
        }
    }
}
