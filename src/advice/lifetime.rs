//! Rules about the beginning and the end of a Job: suspension, TTL, names.

use super::subject::{Findings, Subject};
use super::times::said;
use super::{AdviceCheck, AdviceRule, Severity};

const DOCS_TTL: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/";

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "J030",
        severity: Severity::Hint,
        title: "A finished Job is cleaned up.",
        source: DOCS_TTL,
        why: "Finished Jobs stay with their Pods until somebody deletes them, and thousands of them slow down a cluster. \
              With ttlSecondsAfterFinished the Job deletes itself. (The Jobs of a CronJob are cleaned up by its history \
              limits.)",
        bad: "spec:\n  backoffLimit: 2",
        good: "spec:\n  ttlSecondsAfterFinished: 86400",
        check: AdviceCheck::Job(no_ttl),
    },
    AdviceRule {
        code: "J031",
        severity: Severity::Warning,
        title: "A finished Job stays long enough to be seen.",
        source: DOCS_TTL,
        why: "With a TTL of a few seconds the Job, its status and the logs of its Pods are gone before anybody, or \
              `kubectl wait`, has looked at them; a script that waits for it sees it vanish and cannot tell success from failure.",
        bad: "spec:\n  ttlSecondsAfterFinished: 0",
        good: "spec:\n  ttlSecondsAfterFinished: 3600",
        check: AdviceCheck::Job(short_ttl),
    },
    AdviceRule {
        code: "J032",
        severity: Severity::Warning,
        title: "The Job is not left suspended.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job",
        why: "A Job with suspend: true creates nothing until somebody sets it to false. That is right if a queue controller \
              (such as Kueue, which reads the label kueue.x-k8s.io/queue-name) starts it; otherwise it was forgotten. \
              The Jobs of a CronJob stay suspended one by one, and with Forbid the first holds up all others.",
        bad: "spec:\n  suspend: true",
        good: "spec:\n  suspend: false",
        check: AdviceCheck::Job(left_suspended),
    },
    AdviceRule {
        code: "J033",
        severity: Severity::Hint,
        title: "A controller reconciles the Job.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#delegation-of-managing-a-job-object-to-external-controller",
        why: "A Job whose managedBy names another controller is not touched by Kubernetes' own: if that controller is not \
              there, nothing happens and nothing is reported.",
        bad: "spec:\n  managedBy: example.com/queue",
        good: "spec:\n  managedBy: kubernetes.io/job-controller",
        check: AdviceCheck::Job(managed_elsewhere),
    },
    AdviceRule {
        code: "J034",
        severity: Severity::Hint,
        title: "The manifest can be applied.",
        source: "https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values",
        why: "`kubectl apply` needs a name and refuses generateName; such a manifest is for `kubectl create`. A Job with a \
              fixed name, on the other hand, can be applied once only: its template cannot be changed.",
        bad: "metadata:\n  name: null\n  generateName: import-",
        good: "metadata:\n  name: import-1",
        check: AdviceCheck::Job(generated_name),
    },
];

fn no_ttl(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.cron_job.is_none() && subject.spec.ttl_seconds_after_finished.is_none() {
        let message = "the finished Job and its Pods stay until somebody deletes them";
        findings.add(subject.path("ttlSecondsAfterFinished"), message);
    }
}

fn short_ttl(subject: &Subject<'_>, findings: &mut Findings) {
    const SHORT: i32 = 30;
    if let Some(ttl) = subject.spec.ttl_seconds_after_finished.filter(|ttl| *ttl < SHORT) {
        let message = format!("the Job and the logs of its Pods are deleted {} after its end", said(ttl.into()));
        findings.add(subject.path("ttlSecondsAfterFinished"), message);
    }
}

fn left_suspended(subject: &Subject<'_>, findings: &mut Findings) {
    let queued = |metadata: Option<&serde_json::Value>| {
        metadata.and_then(|metadata| metadata.pointer("/labels/kueue.x-k8s.io~1queue-name")).is_some()
    };
    let template = subject.cron_job.and_then(|cron_job| cron_job.object.pointer("/spec/jobTemplate/metadata"));
    if subject.spec.suspend
        && !queued(Some(subject.metadata))
        && !queued(template)
        && !subject.spec.is_managed_elsewhere()
    {
        findings.add(subject.path("suspend"), "no Pod is created until somebody sets this to false");
    }
}

fn managed_elsewhere(subject: &Subject<'_>, findings: &mut Findings) {
    if let Some(name) = subject.spec.managed_by.as_ref().filter(|_| subject.spec.is_managed_elsewhere()) {
        findings.add(subject.path("managedBy"), format!("nothing happens unless a controller called {name} runs"));
    }
}

fn generated_name(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.metadata.get("generateName").is_some() {
        findings.add("metadata.generateName".to_owned(), "`kubectl apply` refuses this; use `kubectl create`");
    }
}
