//! Success policies: whether the indexes that have succeeded suffice. The ending itself is elsewhere.

use crate::api::{Intervals, SuccessPolicy, SuccessPolicyRule};

/// The first rule that the succeeded indexes meet.
#[doc(alias = "matchSuccessPolicy")]
pub fn match_success_policy(policy: &SuccessPolicy, completions: i32, succeeded: &Intervals) -> Option<u16> {
    if succeeded.is_empty() {
        return None;
    }
    policy.rules.iter().position(|rule| matches(rule, completions, succeeded)).map(|n| n as u16)
}

fn matches(rule: &SuccessPolicyRule, completions: i32, succeeded: &Intervals) -> bool {
    match &rule.succeeded_indexes {
        Some(indexes) => {
            let wanted = indexes.below(completions);
            let met = wanted.overlap(succeeded);
            met >= rule.succeeded_count.map_or(wanted.total(), i64::from)
        }
        None => rule.succeeded_count.is_some_and(|n| succeeded.total() >= i64::from(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_rule_that_is_met() {
        let set = |t: &str| Intervals::parse(t).unwrap();
        let rule = |indexes: Option<&str>, count| SuccessPolicyRule {
            succeeded_indexes: indexes.map(set),
            succeeded_count: count,
        };
        let cases = [
            (vec![rule(Some("0-2"), None)], "0,1", None),
            (vec![rule(Some("0-2"), None)], "0-3", Some(0)),
            (vec![rule(Some("0-2"), Some(2))], "0,2", Some(0)),
            (vec![rule(None, Some(3))], "0,2,4", Some(0)),
            (vec![rule(None, Some(4)), rule(Some("4"), None)], "0,2,4", Some(1)),
            (vec![rule(Some("0-20"), None)], "0-9", Some(0)),
        ];
        for (rules, succeeded, expected) in cases {
            let policy = SuccessPolicy { rules };
            assert_eq!(match_success_policy(&policy, 10, &set(succeeded)), expected, "{policy:?} {succeeded}");
        }
        assert_eq!(match_success_policy(&SuccessPolicy { rules: vec![rule(Some("0"), Some(0))] }, 1, &set("")), None);
    }
}
