//! Rules about the Pods of a Job: what in their template keeps the Job from ending, or makes retries behave
//! differently.

use super::subject::{Findings, Subject};
use super::{AdviceCheck, AdviceRule, Severity};
use serde_json::Value;

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "J040",
        severity: Severity::Warning,
        title: "Every container can end.",
        source: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#individual-container-restart-policy-and-rules",
        why: "A container may have a restartPolicy of its own. With Always it is started again whenever it ends, also after \
              a success, so its Pod never finishes and neither does the Job. A helper that is to run beside the work \
              belongs among the initContainers with restartPolicy: Always, where it ends with the Pod.",
        bad: "spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n      - name: proxy\n        image: busybox:1.36\n        restartPolicy: Always",
        good: "spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n      initContainers:\n      - name: proxy\n        image: busybox:1.36\n        restartPolicy: Always",
        check: AdviceCheck::Job(endless_containers),
    },
    AdviceRule {
        code: "J041",
        severity: Severity::Hint,
        title: "A retry runs the same image.",
        source: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
        why: "An image without a tag, or with latest, is pulled again for each Pod. A retry an hour later, or the next \
              index, may run another program than the first.",
        bad: "spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox",
        good: "spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36",
        check: AdviceCheck::Job(changing_images),
    },
    AdviceRule {
        code: "J042",
        severity: Severity::Warning,
        title: "The Pods get time to stop.",
        source: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
        why: "With terminationGracePeriodSeconds: 0 Pods are killed without a warning and forgotten before they have ended: \
              their successors may run beside them, and what they hold is left as it is.",
        bad: "spec:\n  template:\n    spec:\n      terminationGracePeriodSeconds: 0",
        good: "spec:\n  template:\n    spec:\n      terminationGracePeriodSeconds: 30",
        check: AdviceCheck::Job(no_grace_period),
    },
    AdviceRule {
        code: "J043",
        severity: Severity::Warning,
        title: "Pods that run side by side do not claim the same port of a node.",
        source: "https://kubernetes.io/docs/concepts/configuration/overview/#services",
        why: "Two Pods with the same hostPort cannot be on one node. Of a parallel Job no more Pods run than there are \
              nodes; the others stay Pending, which no back-off limit ends.",
        bad: "spec:\n  completions: 4\n  parallelism: 4\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n        ports:\n        - containerPort: 8080\n          hostPort: 8080",
        good: "spec:\n  completions: 4\n  parallelism: 4\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n        ports:\n        - containerPort: 8080",
        check: AdviceCheck::Job(shared_host_ports),
    },
    AdviceRule {
        code: "J044",
        severity: Severity::Warning,
        title: "A helper that runs until it is stopped is a sidecar.",
        source: "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#jobs-with-sidecar-containers",
        why: "A Pod of a Job has finished when all of its regular containers have. A proxy or a log shipper among them runs on \
              after the work is done, so the Pod stays Running and the Job never completes. Among the initContainers with \
              restartPolicy: Always it starts before the work, runs beside it and is stopped after it. (The rule judges by \
              the names of containers and images.)",
        bad: "spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n      - name: cloud-sql-proxy\n        image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1",
        good: "spec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox:1.36\n      initContainers:\n      - name: cloud-sql-proxy\n        image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.1\n        restartPolicy: Always",
        check: AdviceCheck::Job(helper_among_containers),
    },
];

/// Parts of the names of containers and images that run until they are stopped.
const HELPERS: [&str; 12] = [
    "proxy",
    "envoy",
    "sidecar",
    "daprd",
    "pgbouncer",
    "fluent-bit",
    "fluentd",
    "filebeat",
    "promtail",
    "otel-collector",
    "opentelemetry-collector",
    "vault-agent",
];

fn helper_among_containers(subject: &Subject<'_>, findings: &mut Findings) {
    let containers = subject.of_pod("containers");
    let looks_like = |container: &Value| {
        let image = text(container, "image").rsplit('/').next().unwrap_or_default().to_lowercase();
        let name = text(container, "name");
        HELPERS.iter().find(|helper| name.contains(*helper) || image.contains(*helper)).copied()
    };
    // If all containers look like helpers, one of them must do the work.
    if containers.iter().all(|container| looks_like(container).is_some()) {
        return;
    }
    for (index, container) in containers.iter().enumerate() {
        // J040 covers containers with a restart policy of their own.
        let Some(helper) = looks_like(container).filter(|_| container.get("restartPolicy").is_none()) else { continue };
        let name = text(container, "name");
        let message = format!(
            "container {name:?} looks like one that runs until it is stopped ({helper}): the Pod never finishes, and \
             neither does the Job"
        );
        findings.add(subject.path(&format!("template.spec.containers[{index}]")), message);
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn endless_containers(subject: &Subject<'_>, findings: &mut Findings) {
    for (index, container) in subject.of_pod("containers").iter().enumerate() {
        if text(container, "restartPolicy") == "Always" {
            let name = text(container, "name");
            let field = format!("template.spec.containers[{index}].restartPolicy");
            findings.add(
                subject.path(&field),
                format!("container {name:?} is started again whenever it ends, so no Pod ever finishes"),
            );
        }
    }
}

fn changing_images(subject: &Subject<'_>, findings: &mut Findings) {
    for (index, container) in subject.of_pod("containers").iter().enumerate() {
        let image = text(container, "image");
        let last = image.rsplit('/').next().unwrap_or_default();
        let is_fixed = image.contains('@') || last.split_once(':').is_some_and(|(_, tag)| tag != "latest");
        if !is_fixed {
            let field = format!("template.spec.containers[{index}].image");
            findings.add(subject.path(&field), format!("{image:?} may be another image for each Pod"));
        }
    }
}

fn no_grace_period(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.spec.template.termination_grace_period_seconds <= 0 {
        let field = subject.path("template.spec.terminationGracePeriodSeconds");
        findings.add(field, "Pods are killed at once and forgotten before they have ended");
    }
}

fn shared_host_ports(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.width() < 2 {
        return;
    }
    let on_host = subject.pod().get("hostNetwork") == Some(&Value::Bool(true));
    for (index, container) in subject.of_pod("containers").iter().enumerate() {
        let ports = container.get("ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (place, port) in ports.iter().enumerate() {
            let own = port.get("hostPort").and_then(Value::as_i64).filter(|number| *number > 0);
            let taken = own.or_else(|| port.get("containerPort").and_then(Value::as_i64).filter(|_| on_host));
            if let Some(number) = taken {
                let field = format!("template.spec.containers[{index}].ports[{place}]");
                let message = format!("at most one Pod per node: port {number} of a node can be used only once");
                findings.add(subject.path(&field), message);
            }
        }
    }
}
