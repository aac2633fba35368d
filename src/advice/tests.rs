//! Every rule against its own examples, and the rules as a table.

use super::{AdviceCheck, AdviceRule, Finding, explain, list, markdown, review, rule, rules};
use crate::apiserver::{CronJobObject, JobObject};
use crate::manifest::Manifest;
use crate::text::read_documents;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A manifest in which nothing is special, with these fields laid over it.
fn manifest(rule: &AdviceRule, fragment: &str) -> Manifest {
    let fields = read_documents(fragment).expect("an example is YAML")[0].to_json();
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]});
    let job = json!({"template": {"spec": pod}});
    let is_cron = matches!(rule.check, AdviceCheck::CronJob(_));
    let (kind, spec) = match is_cron {
        true => ("CronJob", json!({"schedule": "0 * * * *", "jobTemplate": {"spec": job}})),
        false => ("Job", job),
    };
    let mut whole = json!({"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": "example"}, "spec": spec});
    lay(&mut whole, fields);
    match is_cron {
        true => Manifest::CronJob(Box::new(CronJobObject::from_value(&whole).expect("a CronJob"))),
        false => Manifest::Job(Box::new(JobObject::from_value(&whole).expect("a Job"))),
    }
}

/// Lays fields over others; null takes one away, lists are replaced.
fn lay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                if value.is_null() {
                    under.remove(&name);
                } else {
                    lay(under.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// What the rule finds in a manifest, beside another one that rules about several can meet.
fn found(rule: &AdviceRule, fragment: &str) -> Vec<Finding> {
    let own = manifest(rule, fragment);
    let other = manifest(
        rules()[0],
        "metadata:\n  name: other\nspec:\n  template:\n    metadata:\n      labels:\n        app: import",
    );
    let of_this = |finding: &Finding| finding.rule.code == rule.code;
    review(&[&own, &other])[0].iter().filter(|finding| of_this(finding)).cloned().collect()
}

#[test]
fn every_rule_finds_its_bad_example_and_no_other() {
    for rule in rules() {
        let bad = found(rule, rule.bad);
        assert!(!bad.is_empty(), "{} does not find anything in\n{}", rule.code, rule.bad);
        assert!(bad.iter().all(|finding| !finding.field.is_empty() && !finding.message.is_empty()), "{bad:?}");
        let good = found(rule, rule.good);
        assert!(good.is_empty(), "{} finds {:?} in\n{}", rule.code, good, rule.good);
    }
}

#[test]
fn codes_are_unique_and_looked_up_in_either_case() {
    let codes: BTreeSet<&str> = rules().iter().map(|rule| rule.code).collect();
    assert_eq!(codes.len(), rules().len());
    for code in codes {
        assert!(code.len() == 4 && code.starts_with(['J', 'C']), "{code}");
        assert_eq!(rule(&code.to_lowercase()).map(|rule| rule.code), Some(code));
        assert!(
            explain(rule(code).expect("a rule")).contains(code) && list().contains(code) && markdown().contains(code)
        );
    }
    assert!(rule("J999").is_none());
}

/// What the rule of a code says about a manifest.
fn said(code: &str, fragment: &str) -> Vec<String> {
    found(rule(code).expect("a rule"), fragment).into_iter().map(|f| format!("{}: {}", f.field, f.message)).collect()
}

#[test]
fn numbers_are_those_of_the_manifest() {
    let cases = [
        (
            "J001",
            "spec: {backoffLimit: 6, activeDeadlineSeconds: 300}",
            "spec.backoffLimit: Pods that fail at once need at \
          least 10 min 30 s to exceed backoffLimit: 6, but the Job ends after 5 min",
        ),
        (
            "J002",
            "spec: {completions: 5, parallelism: 5, activeDeadlineSeconds: 160}",
            "spec.activeDeadlineSeconds: the retry \
          after 5 Pods that fail together waits 2 min 40 s, but the Job ends after 2 min 40 s",
        ),
        (
            "J005",
            "spec: {backoffLimit: 1000}",
            "spec.backoffLimit: a Job that always fails is tried for at least 6 d 21 h \
          (backoffLimit: 1000, no deadline)",
        ),
        (
            "J026",
            "spec: {completions: 1000, parallelism: 430, backoffLimit: 1000}",
            "spec.parallelism: the first 430 Pods \
          appear over about 20 s; all of them take the controller at least 1 min 38 s",
        ),
        (
            "C007",
            "spec: {schedule: '*/10 * * * *', jobTemplate: {spec: {activeDeadlineSeconds: 3000}}}",
            "spec.\
          concurrencyPolicy: starts every 10 min, while a Job may last 50 min: up to 5 side by side",
        ),
        (
            "C009",
            "spec: {schedule: '30 1 * * *', timeZone: Europe/London}",
            "spec.schedule: a start of \"30 1 * * *\" is left \
          out when the clock is put forward, and comes twice when it is put back in Europe/London",
        ),
    ];
    for (code, fragment, expected) in cases {
        assert_eq!(said(code, fragment), [expected], "{code}");
    }
}

#[test]
fn close_cases_are_told_apart() {
    let nothing = [
        ("J001", "spec: {backoffLimit: 6, activeDeadlineSeconds: 631}"),
        ("J002", "spec: {backoffLimit: 0, activeDeadlineSeconds: 5}"),
        ("J003", "spec: {completions: 6, parallelism: 6, backoffLimit: 6}"),
        ("J010", "spec: {podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}}"),
        ("J020", "spec: {parallelism: 1}"),
        ("J030", "spec: {ttlSecondsAfterFinished: 0}"),
        ("J032", "metadata: {labels: {kueue.x-k8s.io/queue-name: q}}\nspec: {suspend: true}"),
        ("J041", "spec: {template: {spec: {containers: [{name: main, image: 'localhost:5000/a@sha256:x'}]}}}"),
        ("C002", "spec: {schedule: '0 3 */1 * 1'}"),
        ("C007", "spec: {schedule: '0 3 * * *'}"),
        ("C008", "spec: {schedule: '*/5 * * * *'}"),
        ("C009", "spec: {schedule: '30 2 * * *', timeZone: Asia/Tokyo}"),
    ];
    for (code, fragment) in nothing {
        assert_eq!(said(code, fragment), Vec::<String>::new(), "{code} {fragment}");
    }
    let something = [
        ("J002", "spec: {completions: 3, completionMode: Indexed, backoffLimitPerIndex: 1, activeDeadlineSeconds: 10}"),
        ("J003", "spec: {completions: 6, parallelism: 6, template: {spec: {restartPolicy: OnFailure}}}"),
        ("J007", "spec: {backoffLimit: 0, template: {spec: {restartPolicy: OnFailure}}}"),
        ("J041", "spec: {template: {spec: {containers: [{name: main, image: 'localhost:5000/a'}]}}}"),
        ("C006", "spec: {successfulJobsHistoryLimit: 0}"),
    ];
    for (code, fragment) in something {
        assert_eq!(said(code, fragment).len(), 1, "{code} {fragment}");
    }
}
