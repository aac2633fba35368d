//! Rules about selectors, and about Jobs that interfere with each other.

use super::subject::{Findings, ReviewedObjects, Subject};
use super::{AdviceCheck, AdviceRule, Severity};
use serde_json::Value;

const DOCS_SELECTOR: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector";

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "J050",
        severity: Severity::Warning,
        title: "The selector is left to the server.",
        source: DOCS_SELECTOR,
        why: "Normally the server gives each Job a selector by its uid, which no other Pods have. With manualSelector: true \
              nobody checks that the labels are this Job's alone: it may count the Pods of another Job, or of a Deployment, \
              as its own, and delete them.",
        bad: "spec:\n  manualSelector: true\n  selector:\n    matchLabels:\n      app: import\n  template:\n    metadata:\n      labels:\n        app: import",
        good: "spec:\n  template:\n    metadata:\n      labels:\n        app: import",
        check: AdviceCheck::Job(own_selector),
    },
    AdviceRule {
        code: "J051",
        severity: Severity::Warning,
        title: "No selector catches another Job's Pods.",
        source: DOCS_SELECTOR,
        why: "Two Jobs of one namespace, of which one selects the Pods of the other: each believes that the other's Pods are \
              its own. They are counted twice, deleted as surplus, or keep a Job from completing.",
        bad: "spec:\n  manualSelector: true\n  selector:\n    matchLabels:\n      app: import\n  template:\n    metadata:\n      labels:\n        app: import\n        step: first",
        good: "spec:\n  manualSelector: true\n  selector:\n    matchLabels:\n      step: second\n  template:\n    metadata:\n      labels:\n        app: import\n        step: second",
        check: AdviceCheck::Several(catches_others),
    },
    AdviceRule {
        code: "J052",
        severity: Severity::Warning,
        title: "Every object has a name of its own.",
        source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
        why: "Two manifests of one kind, namespace and name are one object: the second is refused by `kubectl create`, and \
              with `kubectl apply` is an edit of the first, which a Job mostly does not allow.",
        bad: "metadata:\n  name: other",
        good: "metadata:\n  name: another",
        check: AdviceCheck::Several(same_name),
    },
];

fn is_manual(subject: &Subject<'_>) -> bool {
    subject.json.get("manualSelector") == Some(&Value::Bool(true))
}

fn own_selector(subject: &Subject<'_>, findings: &mut Findings) {
    if is_manual(subject) {
        let message = "nobody checks that this selector catches no Pods but the Job's own";
        findings.add(subject.path("manualSelector"), message);
    }
}

fn catches_others(subject: &Subject<'_>, objects: &ReviewedObjects<'_>, findings: &mut Findings) {
    if !is_manual(subject) {
        return;
    }
    let selector = subject.json.get("selector").unwrap_or(&Value::Null);
    for other in objects.others_in_namespace(subject) {
        let labels = other.json.pointer("/template/metadata/labels").unwrap_or(&Value::Null);
        if selects(selector, labels) {
            let message = format!("catches the Pods of {:?} too", other.name);
            findings.add(subject.path("selector"), message);
        }
    }
}

/// Whether a label selector matches labels. An empty selector matches nothing here: the API server does not accept it.
fn selects(selector: &Value, labels: &Value) -> bool {
    let pairs = selector.get("matchLabels").and_then(Value::as_object);
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let says_something = pairs.is_some_and(|pairs| !pairs.is_empty()) || !expressions.is_empty();
    let fits = |expression: &Value| {
        let label = expression.get("key").and_then(Value::as_str).and_then(|key| labels.get(key));
        let values = expression.get("values").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        match expression.get("operator").and_then(Value::as_str) {
            Some("In") => label.is_some_and(|label| values.contains(label)),
            Some("NotIn") => label.is_none_or(|label| !values.contains(label)),
            Some("Exists") => label.is_some(),
            Some("DoesNotExist") => label.is_none(),
            _ => false,
        }
    };
    says_something
        && pairs.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
        && expressions.iter().all(fits)
}

fn same_name(subject: &Subject<'_>, objects: &ReviewedObjects<'_>, findings: &mut Findings) {
    if objects.shares_its_name(subject) {
        findings.add("metadata.name".to_owned(), format!("{:?} is the name of another object here", subject.name));
    }
}

#[cfg(test)]
mod tests {
    use super::selects;
    use serde_json::json;

    #[test]
    fn selectors_select() {
        let labels = json!({"a": "1", "b": "2"});
        for (selector, expected) in [
            (json!({}), false),
            (json!({"matchLabels": {"a": "1"}}), true),
            (json!({"matchLabels": {"a": "2"}}), false),
            (json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "3"]}]}), true),
            (json!({"matchExpressions": [{"key": "c", "operator": "Exists"}]}), false),
            (json!({"matchExpressions": [{"key": "c", "operator": "NotIn", "values": ["1"]}]}), true),
            (json!({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}), false),
        ] {
            assert_eq!(selects(&selector, &labels), expected, "{selector}");
        }
    }
}
