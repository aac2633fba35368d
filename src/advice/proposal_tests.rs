//! Whatever a rule proposes, the API server takes: over random Jobs, and over every Job that the scenarios and the cases hold.

use super::tests::lay;
use super::{AdviceCheck, AdviceRule, review};
use crate::apiserver::{CronJobObject, JobObject};
use crate::manifest::Manifest;
use crate::text::read_documents;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Fields of a Job's spec, of which random Jobs have some.
const FIELDS: &[&str] = &[
    "{template: {spec: {restartPolicy: OnFailure}}}",
    "{backoffLimit: 0}",
    "{backoffLimit: 3}",
    "{backoffLimit: 1000}",
    "{completions: 20, parallelism: 10}",
    "{completions: 5, parallelism: 5, completionMode: Indexed}",
    "{parallelism: 4}",
    "{parallelism: 0}",
    "{completionMode: Indexed, completions: 4, backoffLimitPerIndex: 1}",
    "{completionMode: Indexed, completions: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 0}",
    "{completionMode: Indexed, completions: 6, successPolicy: {rules: [{succeededIndexes: '0,2-3', succeededCount: 1}]}}",
    "{podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}}",
    "{podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [1, 42]}}]}}",
    "{podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: NotIn, values: [300]}}]}}",
    "{activeDeadlineSeconds: 5}",
    "{activeDeadlineSeconds: 700}",
    "{ttlSecondsAfterFinished: 0}",
    "{suspend: true}",
    "{podReplacementPolicy: Failed}",
    "{managedBy: example.com/queue}",
    "{manualSelector: true, selector: {matchLabels: {app: import}}, template: {metadata: {labels: {app: import}}}}",
    "{template: {spec: {terminationGracePeriodSeconds: 0}}}",
    "{template: {spec: {terminationGracePeriodSeconds: 3600}}}",
    "{template: {spec: {containers: [{name: main, image: 'x'}, {name: istio-proxy, image: 'istio/proxyv2:1'}]}}}",
    "{template: {spec: {hostNetwork: true, containers: [{name: main, image: 'x:1', ports: [{containerPort: 80, hostPort: 80}]}]}}}",
    "{template: {spec: {containers: [{name: main, image: 'x:1', env: [{name: JOB_COMPLETION_INDEX, value: '1'}]}]}}}",
];

/// Fields of a CronJob's spec.
const CRON_FIELDS: &[&str] = &[
    "{schedule: '* * * * *'}",
    "{schedule: '*/7 * * * *'}",
    "{schedule: '30 2 * * *', timeZone: Europe/Berlin}",
    "{schedule: '0 0 30 2 *'}",
    "{schedule: '0 3 1 * 1'}",
    "{schedule: '@every 90s'}",
    "{startingDeadlineSeconds: 5}",
    "{suspend: true}",
    "{concurrencyPolicy: Forbid}",
    "{concurrencyPolicy: Replace}",
    "{successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0}",
    "{timeZone: America/New_York}",
];

/// An object that the API server takes; else why it does not.
fn accepted(object: &Value) -> Result<Manifest, String> {
    let taken = match object["kind"].as_str() {
        Some("CronJob") => CronJobObject::from_value(object).map(|object| Manifest::CronJob(Box::new(object))),
        _ => JobObject::from_value(object).map(|object| Manifest::Job(Box::new(object))),
    };
    taken.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// Takes away what is the same in both examples of a rule: that is where it stands, and not what is proposed.
fn take_common(good: &mut Value, bad: &Value) {
    let (Value::Object(good), Value::Object(bad)) = (good, bad) else { return };
    good.retain(|name, value| bad.get(name) != Some(value));
    good.iter_mut().for_each(|(name, value)| take_common(value, &bad.get(name).cloned().unwrap_or_default()));
}

/// The proposal of a rule, for this object: what is said of the container `main` is meant for its first one.
fn proposed(rule: &AdviceRule, object: &Value) -> Value {
    let example = |text: &str| read_documents(text).expect("an example is YAML")[0].to_json();
    let mut good = example(rule.good);
    take_common(&mut good, &example(rule.bad));
    let template = match object["kind"].as_str() {
        Some("CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let is_of_job = matches!(rule.check, AdviceCheck::Job(_) | AdviceCheck::Several(_));
    if is_of_job && object["kind"] == "CronJob" {
        // A rule about Jobs speaks of the CronJob's template.
        let spec = good["spec"].take();
        good = json!({"spec": {"jobTemplate": {"spec": spec}}});
    }
    let mut better = object.clone();
    let of_first = object.pointer(&format!("{template}/containers/0/name")).cloned().unwrap_or_default();
    for list in ["containers", "initContainers"] {
        let Some(theirs) = good.pointer_mut(&format!("{template}/{list}")).and_then(Value::as_array_mut) else {
            continue;
        };
        let mut containers =
            object.pointer(&format!("{template}/{list}")).and_then(Value::as_array).cloned().unwrap_or_default();
        for mut container in std::mem::take(theirs) {
            if container["name"] == "main" {
                container["name"] = of_first.clone();
            }
            match containers.iter_mut().find(|own| own["name"] == container["name"]) {
                Some(own) => lay(own, container),
                None => containers.push(container),
            }
        }
        // A container is either a regular one or an init container.
        if list == "initContainers"
            && let Some(regular) = better.pointer_mut(&format!("{template}/containers")).and_then(Value::as_array_mut)
        {
            regular.retain(|own| containers.iter().all(|init| init["name"] != own["name"]));
        }
        *theirs = containers;
    }
    lay(&mut better, good);
    better
}

/// Each proposal for an object that the server refuses, and how many there were in all.
fn refused(object: &Value) -> (usize, Vec<String>) {
    let Ok(manifest) = accepted(object) else { return (0, Vec::new()) };
    let found: BTreeMap<&str, &AdviceRule> =
        review(&[&manifest])[0].iter().map(|finding| (finding.rule.code, finding.rule)).collect();
    let refused = found.values().filter_map(|rule| {
        let better = proposed(rule, object);
        let why = accepted(&better).err()?;
        Some(format!("{}: {why}\nlaid over {object}", rule.code))
    });
    (found.len(), refused.collect())
}

/// Jobs and CronJobs anywhere in a text.
fn objects_in(value: &Value, all: &mut Vec<Value>) {
    let is_object = value["apiVersion"] == "batch/v1" && matches!(value["kind"].as_str(), Some("Job" | "CronJob"));
    if is_object {
        all.push(value.clone());
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| objects_in(value, all)),
        Value::Object(fields) => fields.values().for_each(|value| objects_in(value, all)),
        _ => {}
    }
}

#[test]
fn what_is_proposed_for_the_scenarios_and_cases_is_accepted() {
    let mut objects = Vec::new();
    for folder in ["scenarios", "tests/cases", "tests/numbers", "tests/nodes"] {
        let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("it is there");
        for path in entries.map(|entry| entry.expect("it can be read").path()) {
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                read_documents(&text).into_iter().flatten().for_each(|node| objects_in(&node.to_json(), &mut objects));
            }
        }
    }
    let (counts, wrong): (Vec<usize>, Vec<Vec<String>>) = objects.iter().map(refused).unzip();
    assert!(
        objects.len() > 40 && counts.iter().sum::<usize>() > 60,
        "{} {}",
        objects.len(),
        counts.iter().sum::<usize>()
    );
    assert_eq!(wrong.concat(), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_proposed_for_any_job_is_accepted(
        fields in proptest::collection::vec(0..FIELDS.len(), 0..6),
        cron in proptest::option::of(proptest::collection::vec(0..CRON_FIELDS.len(), 0..4)),
    ) {
        let mut spec = json!({"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x:1"}]}}});
        let field = |text: &str| read_documents(text).expect("a field is YAML")[0].to_json();
        fields.iter().for_each(|&n| lay(&mut spec, field(FIELDS[n])));
        let object = match cron {
            None => json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": spec}),
            Some(cron) => {
                let mut whole = json!({"schedule": "0 * * * *", "jobTemplate": {"spec": spec}});
                cron.iter().for_each(|&n| lay(&mut whole, field(CRON_FIELDS[n])));
                json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": whole})
            }
        };
        let (_, wrong) = refused(&object);
        prop_assert!(wrong.is_empty(), "{}", wrong.concat());
    }
}
