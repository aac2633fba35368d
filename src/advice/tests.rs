//! Tests: every rule against its own examples, and the table of rules.

use super::{AdviceCheck, AdviceRule, Finding, explain, list, markdown, review, rule, rules};
use crate::apiserver::{CronJobObject, JobObject};
use crate::manifest::Manifest;
use crate::text::read_documents;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A plain manifest with these fields laid over it.
fn manifest(rule: &AdviceRule, fragment: &str) -> Manifest {
    try_manifest(rule, &[fragment]).unwrap_or_else(|why| panic!("{fragment}: {why}"))
}

/// A plain manifest with several layers of fields over it; an error if the API server refuses the result.
fn try_manifest(rule: &AdviceRule, fragments: &[&str]) -> Result<Manifest, String> {
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]});
    let job = json!({"template": {"spec": pod}});
    let is_cron = matches!(rule.check, AdviceCheck::CronJob(_));
    let (kind, spec) = match is_cron {
        true => ("CronJob", json!({"schedule": "0 * * * *", "jobTemplate": {"spec": job}})),
        false => ("Job", job),
    };
    let mut whole = json!({"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": "example"}, "spec": spec});
    for fragment in fragments {
        lay(&mut whole, read_documents(fragment).expect("an example is YAML")[0].to_json());
    }
    let object = match is_cron {
        true => CronJobObject::from_value(&whole).map(|object| Manifest::CronJob(Box::new(object))),
        false => JobObject::from_value(&whole).map(|object| Manifest::Job(Box::new(object))),
    };
    object.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// Lays fields over others, as a JSON merge patch: null removes a field, lists are replaced.
pub(super) fn lay(under: &mut Value, over: Value) {
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

/// What the rule finds in a manifest that is reviewed together with another one.
fn found(rule: &AdviceRule, fragment: &str) -> Vec<Finding> {
    findings(rule, &manifest(rule, fragment))
}

fn findings(rule: &AdviceRule, own: &Manifest) -> Vec<Finding> {
    let other = manifest(
        rules()[0],
        "metadata:\n  name: other\nspec:\n  template:\n    metadata:\n      labels:\n        app: import",
    );
    let of_this = |finding: &Finding| finding.rule.code == rule.code;
    review(&[own, &other])[0].iter().filter(|finding| of_this(finding)).cloned().collect()
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

/// Fields that change what the API server allows, in the spec of a Job.
const VARIANTS: [&str; 8] = [
    "template: {spec: {restartPolicy: OnFailure}}",
    "template: {spec: {restartPolicy: OnFailure}}\nbackoffLimit: 0",
    "completionMode: Indexed\ncompletions: 5\nparallelism: 5",
    "completionMode: Indexed\ncompletions: 5\nbackoffLimitPerIndex: 0",
    "completionMode: Indexed\ncompletions: 5\nsuccessPolicy: {rules: [{succeededCount: 1}]}",
    "podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [1]}}]}",
    "suspend: true\nttlSecondsAfterFinished: 0\nactiveDeadlineSeconds: 5",
    "podReplacementPolicy: Failed\nmanagedBy: example.com/queue",
];

/// The API server must accept each rule's correction, laid over every manifest in which the rule finds something.
#[test]
fn what_is_proposed_is_accepted() {
    let mut proposed = 0;
    for rule in rules() {
        let is_cron = matches!(rule.check, AdviceCheck::CronJob(_));
        let place = if is_cron { "spec: {jobTemplate: {spec: {}}}" } else { "spec: {}" };
        for variant in VARIANTS {
            let indent =
                |by: usize| variant.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect::<String>();
            let variant = match is_cron {
                true => format!("spec:\n  jobTemplate:\n    spec:\n{}", indent(6)),
                false => format!("spec:\n{}", indent(2)),
            };
            for bad in [place, rule.bad] {
                // Some variants contradict some examples.
                let Ok(manifest) = try_manifest(rule, &[&variant, bad]) else { continue };
                if !findings(rule, &manifest).is_empty() {
                    proposed += 1;
                    let better = try_manifest(rule, &[&variant, bad, rule.good]);
                    assert!(better.is_ok(), "{} proposes what is refused: {better:?}\n{variant}\n{bad}", rule.code);
                }
            }
        }
    }
    assert!(proposed > 200, "{proposed}");
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
pub(super) fn said(code: &str, fragment: &str) -> Vec<String> {
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
            "J002",
            "spec: {completions: 2, parallelism: 2, activeDeadlineSeconds: 9}",
            "spec.activeDeadlineSeconds: the retry after \
          2 Pods that fail together waits 20 s, but the Job ends after 9 s",
        ),
        (
            "J002",
            "spec: {activeDeadlineSeconds: 9}",
            "spec.activeDeadlineSeconds: the retry after a failed Pod waits 10 s, but \
          the Job ends after 9 s",
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
        // The case onfailure-policy-advice.yaml.
        ("J006", "spec: {backoffLimit: 0, template: {spec: {restartPolicy: OnFailure}}}"),
        (
            "J017",
            "spec: {completions: 4, parallelism: 4, backoffLimit: 3, completionMode: Indexed, successPolicy: {rules: \
             [{succeededCount: 1}]}}",
        ),
        (
            "J027",
            "spec: {completions: 3, completionMode: Indexed, template: {spec: {containers: [{name: main, image: 'x:1', env: \
             [{name: JOB_COMPLETION_INDEX, valueFrom: {fieldRef: {fieldPath: \
             \"metadata.annotations['batch.kubernetes.io/job-completion-index']\"}}}]}]}}}",
        ),
        (
            "J027",
            "spec: {template: {spec: {containers: [{name: main, image: 'x:1', env: [{name: JOB_COMPLETION_INDEX, value: \
             '1'}]}]}}}",
        ),
        ("J044", "spec: {template: {spec: {containers: [{name: proxy-test, image: 'x:1'}]}}}"),
        ("J032", "metadata: {labels: {kueue.x-k8s.io/queue-name: q}}\nspec: {suspend: true}"),
        ("J032", "spec: {suspend: true, managedBy: example.com/queue}"),
        (
            "J011",
            "spec: {podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: NotIn, values: [3]}}, {action: FailJob, \
             onExitCodes: {operator: In, values: [3, 4]}}]}}",
        ),
        ("J041", "spec: {template: {spec: {containers: [{name: main, image: 'localhost:5000/a@sha256:x'}]}}}"),
        (
            "J043",
            "spec: {completions: 2, parallelism: 2, template: {spec: {containers: [{name: main, image: 'x:1', ports: \
             [{containerPort: 80}]}]}}}",
        ),
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
        (
            "J043",
            "spec: {completions: 2, parallelism: 2, template: {spec: {hostNetwork: true, containers: [{name: main, image: \
             'x:1', ports: [{containerPort: 80}]}]}}}",
        ),
        ("J041", "spec: {template: {spec: {containers: [{name: main, image: 'localhost:5000/a'}]}}}"),
        ("C006", "spec: {successfulJobsHistoryLimit: 0}"),
        // The case success-policy-vs-limit.yaml.
        (
            "J017",
            "spec: {parallelism: 10, completions: 10, completionMode: Indexed, successPolicy: {rules: [{succeededIndexes: \
             '0,2-3', succeededCount: 1}]}}",
        ),
        (
            "J017",
            "spec: {parallelism: 5, completions: 5, completionMode: Indexed, backoffLimitPerIndex: 0, successPolicy: \
             {rules: [{succeededCount: 1}]}}",
        ),
        (
            "J044",
            "spec: {template: {spec: {containers: [{name: main, image: 'x:1'}, {name: mesh, image: 'istio/proxyv2:1'}]}}}",
        ),
    ];
    for (code, fragment) in something {
        assert_eq!(said(code, fragment).len(), 1, "{code} {fragment}");
    }
}

#[test]
fn what_a_cronjob_sees_to_is_not_said_of_its_jobs() {
    let said = |code: &str, fragment: &str| {
        let cron_job = manifest(rule("C001").expect("a rule about CronJobs"), fragment);
        findings(rule(code).expect("a rule"), &cron_job).len()
    };
    // The history limits clean its Jobs up.
    assert_eq!(said("J030", "spec: {schedule: '@daily'}"), 0);
    let template =
        |metadata: &str| format!("spec: {{jobTemplate: {{metadata: {{{metadata}}}, spec: {{suspend: true}}}}}}");
    assert_eq!(said("J032", &template("labels: {app: a}")), 1);
    assert_eq!(said("J032", &template("labels: {kueue.x-k8s.io/queue-name: q}")), 0);
}
