//! Rules about the number of Pods: completions, parallelism, indexes and their limits.

use super::subject::{Findings, Subject};
use super::times::said;
use super::{AdviceCheck, AdviceRule, Severity};
use crate::api::LABEL_COMPLETION_INDEX;
use serde_json::Value;

/// Requests per second of the controller's client. Source: `--kube-api-qps` and `--kube-api-burst` of
/// kube-controller-manager.
const REQUESTS_PER_SECOND: i64 = 20;
const BURST: i64 = 30;
/// The requests for each Pod: its creation, and the removal of its finalizer.
const REQUESTS_OF_POD: i64 = 2;

const DOCS_PARALLEL: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#parallel-jobs";
const DOCS_INDEX_LIMIT: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#backoff-limit-per-index";

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "J020",
        severity: Severity::Warning,
        title: "completions is said where several Pods run side by side.",
        source: DOCS_PARALLEL,
        why: "With parallelism but without completions a Job is a work queue: the Pods are to agree among themselves. As \
              soon as one has succeeded no Pod is created any more, not even for one that fails, and the Job is complete \
              when the others have ended, however they ended. If every one of N Pods is to succeed, say completions: N.",
        bad: "spec:\n  parallelism: 5",
        good: "spec:\n  parallelism: 5\n  completions: 5",
        check: AdviceCheck::Job(work_queue),
    },
    AdviceRule {
        code: "J021",
        severity: Severity::Hint,
        title: "parallelism is not above completions.",
        source: DOCS_PARALLEL,
        why: "No more Pods are created than completions are missing. What parallelism says beyond has no effect, and often \
              shows that the two numbers were mixed up.",
        bad: "spec:\n  completions: 3\n  parallelism: 10",
        good: "spec:\n  completions: 10\n  parallelism: 3",
        check: AdviceCheck::Job(idle_parallelism),
    },
    AdviceRule {
        code: "J022",
        severity: Severity::Warning,
        title: "The Job may create Pods at all.",
        source: DOCS_PARALLEL,
        why: "A Job with parallelism: 0 stands still until the number is raised, as if it were suspended, but nothing in its \
              status says so. A deadline runs on meanwhile. To hold a Job back, use suspend.",
        bad: "spec:\n  parallelism: 0\n  completions: 3",
        good: "spec:\n  parallelism: 1\n  completions: 3",
        check: AdviceCheck::Job(no_parallelism),
    },
    AdviceRule {
        code: "J023",
        severity: Severity::Warning,
        title: "The Job has something to do.",
        source: DOCS_PARALLEL,
        why: "A Job with completions: 0 is complete as soon as it is created and runs nothing.",
        bad: "spec:\n  completions: 0",
        good: "spec:\n  completions: 1",
        check: AdviceCheck::Job(no_completions),
    },
    AdviceRule {
        code: "J024",
        severity: Severity::Warning,
        title: "maxFailedIndexes can be exceeded.",
        source: DOCS_INDEX_LIMIT,
        why: "The Job fails early when more than maxFailedIndexes indexes have failed. There are only as many indexes as \
              completions, so a limit that is as large is never exceeded.",
        bad: "spec:\n  completions: 5\n  completionMode: Indexed\n  backoffLimitPerIndex: 1\n  maxFailedIndexes: 5",
        good: "spec:\n  completions: 5\n  completionMode: Indexed\n  backoffLimitPerIndex: 1\n  maxFailedIndexes: 2",
        check: AdviceCheck::Job(unbinding_index_limit),
    },
    AdviceRule {
        code: "J025",
        severity: Severity::Hint,
        title: "A failed index is meant to fail the Job in the end.",
        source: DOCS_INDEX_LIMIT,
        why: "With backoffLimitPerIndex the other indexes go on when one has failed, but when all are done the Job is Failed \
              (FailedIndexes), however few have failed. If the Job should count as succeeded all the same, a successPolicy \
              says how many indexes are enough; if not, maxFailedIndexes: 0 says so and ends it with the first.",
        bad: "spec:\n  completions: 5\n  completionMode: Indexed\n  backoffLimitPerIndex: 1",
        good: "spec:\n  completions: 5\n  completionMode: Indexed\n  backoffLimitPerIndex: 1\n  successPolicy:\n    rules:\n    - succeededCount: 4",
        check: AdviceCheck::Job(failed_in_the_end),
    },
    AdviceRule {
        code: "J026",
        severity: Severity::Hint,
        title: "The controller can create the Pods as fast as they are wanted.",
        source: "kube-controller-manager --kube-api-qps 20, --kube-api-burst 30",
        why: "All Jobs of a cluster share a client that sends 20 requests a second after a burst of 30. Each Pod costs two, \
              for its creation and for the removal of its finalizer. So hundreds of Pods appear over many seconds, and a \
              Job of many short Pods takes as long as its requests, regardless of its parallelism.",
        bad: "spec:\n  completions: 2000\n  parallelism: 1000\n  backoffLimit: 2000",
        good: "spec:\n  completions: 20\n  parallelism: 10\n  backoffLimit: 20",
        check: AdviceCheck::Job(throttled),
    },
    AdviceRule {
        code: "J027",
        severity: Severity::Warning,
        title: "The completion index is left to the controller.",
        source: "pkg/controller/job: addCompletionIndexEnvVariable leaves a container alone that has the variable",
        why: "The controller gives each container of an Indexed Job the variable JOB_COMPLETION_INDEX, unless the container \
              sets it already. What the manifest says then wins for every Pod: all indexes do the same work, and the other \
              indexes' work is never done.",
        bad: "spec:\n  completions: 3\n  completionMode: Indexed\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n        env:\n        - name: JOB_COMPLETION_INDEX\n          value: '0'",
        good: "spec:\n  completions: 3\n  completionMode: Indexed\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n        env:\n        - name: FIRST_INDEX\n          value: '0'",
        check: AdviceCheck::Job(index_by_hand),
    },
];

/// The environment variable with the completion index.
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";

fn index_by_hand(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.spec.is_indexed() {
        return;
    }
    for kind in ["containers", "initContainers"] {
        for (place, container) in subject.of_pod(kind).iter().enumerate() {
            let variables = container.get("env").and_then(Value::as_array).into_iter().flatten().enumerate();
            let by_hand = |variable: &Value| {
                let path = variable.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str);
                variable["name"] == INDEX_VARIABLE && !path.is_some_and(|path| path.contains(LABEL_COMPLETION_INDEX))
            };
            for (n, _) in variables.filter(|(_, variable)| by_hand(variable)) {
                let field = format!("template.spec.{kind}[{place}].env[{n}]");
                let message = format!("{INDEX_VARIABLE} is set by hand, so every index does the same work");
                findings.add(subject.path(&field), message);
            }
        }
    }
}

fn work_queue(subject: &Subject<'_>, findings: &mut Findings) {
    let parallelism = subject.spec.parallelism;
    if subject.spec.completions.is_none() && parallelism > 1 {
        let message = format!(
            "without completions the Job is complete when one of its {parallelism} Pods has succeeded and the others have \
             ended, even failed"
        );
        findings.add(subject.path("completions"), message);
    }
}

fn idle_parallelism(subject: &Subject<'_>, findings: &mut Findings) {
    let parallelism = subject.spec.parallelism;
    if let Some(completions) =
        subject.spec.completions.filter(|&completions| completions > 0 && completions < parallelism)
    {
        let message =
            format!("no more than {completions} Pods ever run side by side, as there are {completions} completions");
        findings.add(subject.path("parallelism"), message);
    }
}

fn no_parallelism(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.spec.parallelism == 0 && subject.spec.completions != Some(0) {
        findings.add(subject.path("parallelism"), "0: no Pod is created until this is raised");
    }
}

fn no_completions(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.spec.completions == Some(0) {
        findings.add(subject.path("completions"), "0: the Job is complete at once and runs nothing");
    }
}

fn unbinding_index_limit(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(most), Some(completions)) = (subject.spec.max_failed_indexes, subject.spec.completions) else { return };
    if most >= completions {
        let message = format!("cannot be exceeded: there are {completions} indexes, so at most {completions} fail");
        findings.add(subject.path("maxFailedIndexes"), message);
    }
}

fn failed_in_the_end(subject: &Subject<'_>, findings: &mut Findings) {
    let several = subject.spec.completions.is_some_and(|completions| completions > 1);
    // With a limit of 0 it is intended that the first failed index ends the Job.
    let is_meant = subject.spec.max_failed_indexes == Some(0);
    if subject.counts_by_index() && several && subject.spec.success_policy.is_none() && !is_meant {
        let message = "one failed index makes the whole Job Failed (FailedIndexes) once the others are done";
        findings.add(subject.path("backoffLimitPerIndex"), message);
    }
}

fn throttled(subject: &Subject<'_>, findings: &mut Findings) {
    const LONG: i64 = 10;
    let seconds = |requests: i64| (requests - BURST).max(0) / REQUESTS_PER_SECOND;
    let width = i64::from(subject.width());
    let all = subject.spec.completions.map_or(0, |completions| seconds(i64::from(completions) * REQUESTS_OF_POD));
    if seconds(width) >= LONG || all >= 60 {
        let mut message = format!("the first {width} Pods appear over about {}", said(seconds(width)));
        if all > 0 {
            message += &format!("; all of them take the controller at least {}", said(all));
        }
        findings.add(subject.path("parallelism"), message);
    }
}
