//! Rules about retries: the back-off limit, the back-off and the deadline.

use super::subject::{Findings, Subject};
use super::times::{backoff, said, until_limit, until_restarts};
use super::{AdviceCheck, AdviceRule, Severity};

const CONTROLLER: &str = "pkg/controller/job (DefaultJobPodFailureBackOff 10 s, MaxJobPodFailureBackOff 10 min)";
const DOCS_RETRIES: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy";

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "J001",
        severity: Severity::Warning,
        title: "The back-off limit can be reached before the deadline.",
        source: CONTROLLER,
        why: "Between two failures in a row the controller waits 10 s, then 20, 40 and so on up to 10 minutes. With \
              activeDeadlineSeconds the Job may be over before it has had the retries that backoffLimit promises: it then \
              fails with DeadlineExceeded, never with BackoffLimitExceeded, and the limit means nothing. The time that is \
              given is the least there is, for Pods that fail in the instant in which they start.",
        bad: "spec:\n  backoffLimit: 6\n  activeDeadlineSeconds: 600",
        good: "spec:\n  backoffLimit: 4\n  activeDeadlineSeconds: 600",
        check: AdviceCheck::Job(limit_beyond_deadline),
    },
    AdviceRule {
        code: "J002",
        severity: Severity::Warning,
        title: "The deadline leaves time for a retry.",
        source: CONTROLLER,
        why: "The replacement of failed Pods waits at least 10 s, and longer if several failed together, as each of them \
              doubles the wait. If activeDeadlineSeconds is not longer than that, a first failure leaves nothing to do but \
              to wait for the deadline. Say backoffLimit: 0 if no retry is wanted, so that the Job fails at once.",
        bad: "spec:\n  activeDeadlineSeconds: 10",
        good: "spec:\n  activeDeadlineSeconds: 900\n  backoffLimit: 4",
        check: AdviceCheck::Job(no_time_to_retry),
    },
    AdviceRule {
        code: "J003",
        severity: Severity::Warning,
        title: "One bad wave does not end the Job.",
        source: DOCS_RETRIES,
        why: "backoffLimit counts failed Pods of the whole Job, not attempts. If more Pods run side by side than the limit \
              allows failures, a single fault that hits them all (a bad image, a database that is down) exhausts the limit before \
              any of them is tried again. Raise the limit with the parallelism, or count by index with backoffLimitPerIndex.",
        bad: "spec:\n  completions: 20\n  parallelism: 10\n  backoffLimit: 6",
        good: "spec:\n  completions: 20\n  parallelism: 10\n  backoffLimit: 30",
        check: AdviceCheck::Job(one_bad_wave),
    },
    AdviceRule {
        code: "J004",
        severity: Severity::Hint,
        title: "Failures of Pods that run side by side lengthen the wait of all.",
        source: CONTROLLER,
        why: "The back-off is the Job's, and doubles with each failed Pod since the last success: when seven Pods fail \
              together, the Job creates no Pod for ten minutes, whichever of them it was. With backoffLimitPerIndex (only \
              Indexed) every index waits for its own failures alone.",
        bad: "spec:\n  completions: 20\n  parallelism: 8\n  backoffLimit: 40",
        good: "spec:\n  completions: 20\n  parallelism: 8\n  completionMode: Indexed\n  backoffLimitPerIndex: 2",
        check: AdviceCheck::Job(shared_wait),
    },
    AdviceRule {
        code: "J005",
        severity: Severity::Warning,
        title: "A large back-off limit has a deadline beside it.",
        source: CONTROLLER,
        why: "After seven failures in a row every further retry waits ten minutes. A limit of hundreds keeps a Job that can \
              never succeed alive for days without a sign of it. Set activeDeadlineSeconds, or a limit that is reached \
              while somebody still watches.",
        bad: "spec:\n  backoffLimit: 1000",
        good: "spec:\n  backoffLimit: 1000\n  activeDeadlineSeconds: 864000",
        check: AdviceCheck::Job(endless_retries),
    },
    AdviceRule {
        code: "J006",
        severity: Severity::Hint,
        title: "A Job without retries tells failures from disruptions.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy",
        why: "A node that is drained, preempted or lost fails its Pods, and they count towards backoffLimit like any \
              other. With a limit of 0 the first drained node ends the Job. A podFailurePolicy with an Ignore rule for the \
              condition DisruptionTarget keeps the limit for failures of the program. (The API server takes such a policy \
              only with restartPolicy: Never, so Jobs with OnFailure are not told.)",
        bad: "spec:\n  backoffLimit: 0",
        good: "spec:\n  backoffLimit: 0\n  podFailurePolicy:\n    rules:\n    - action: Ignore\n      onPodConditions:\n      - type: DisruptionTarget",
        check: AdviceCheck::Job(disruption_ends_job),
    },
    AdviceRule {
        code: "J007",
        severity: Severity::Hint,
        title: "Failed Pods stay to be looked at.",
        source: DOCS_RETRIES,
        why: "With restartPolicy OnFailure containers are restarted in their Pod, and the restarts count towards \
              backoffLimit. When it is reached the controller deletes the Pods that still run, and their logs go with them; \
              while they run, only the log of the last attempt is kept. With Never each failure leaves a Pod with its log, \
              and a podFailurePolicy may tell disruptions from failures.",
        bad: "spec:\n  template:\n    spec:\n      restartPolicy: OnFailure",
        good: "spec:\n  template:\n    spec:\n      restartPolicy: Never",
        check: AdviceCheck::Job(lost_logs),
    },
    AdviceRule {
        code: "J008",
        severity: Severity::Warning,
        title: "The deadline is not shorter than the Pods' grace period.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
        why: "When the deadline passes, the Pods get terminationGracePeriodSeconds to end, and the Job is Failed only when \
              the last has ended. A grace period longer than the deadline makes the Job last more than twice as long as \
              it says.",
        bad: "spec:\n  activeDeadlineSeconds: 60\n  backoffLimit: 0\n  template:\n    spec:\n      terminationGracePeriodSeconds: 120",
        good: "spec:\n  activeDeadlineSeconds: 600\n  backoffLimit: 0\n  template:\n    spec:\n      terminationGracePeriodSeconds: 120",
        check: AdviceCheck::Job(grace_beyond_deadline),
    },
    AdviceRule {
        code: "J009",
        severity: Severity::Warning,
        title: "The deadline is the Job's, not the Pods'.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup",
        why: "activeDeadlineSeconds is a field of Jobs and of Pods. In the Pod template it fails each Pod that runs too long, \
              and the Job tries again, up to backoffLimit times; only in the Job's own spec does it bound the whole.",
        bad: "spec:\n  template:\n    spec:\n      activeDeadlineSeconds: 3600",
        good: "spec:\n  activeDeadlineSeconds: 3600",
        check: AdviceCheck::Job(deadline_of_pods),
    },
];

/// The limit that applies: its field, its value, and the shortest time in seconds until it is exceeded.
fn limit(subject: &Subject<'_>) -> (&'static str, i64, i64) {
    let width = i64::from(subject.width());
    match subject.spec.backoff_limit_per_index {
        Some(limit) => ("backoffLimitPerIndex", limit.into(), until_limit(limit.into(), 1)),
        None if subject.restarts_in_place() => {
            let limit = i64::from(subject.spec.backoff_limit);
            ("backoffLimit", limit, until_restarts(limit, width))
        }
        None => {
            let limit = i64::from(subject.spec.backoff_limit);
            ("backoffLimit", limit, until_limit(limit, width))
        }
    }
}

/// How long the first retry waits if all Pods of the first wave fail, in seconds; `None` if there is no such retry.
fn first_wait(subject: &Subject<'_>) -> Option<i64> {
    let (_, limit, _) = limit(subject);
    let width = if subject.counts_by_index() { 1 } else { i64::from(subject.width()) };
    (limit >= width && width > 0 && !subject.restarts_in_place()).then(|| backoff(width))
}

fn limit_beyond_deadline(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(deadline) = subject.spec.active_deadline_seconds else { return };
    let (field, limit, least) = limit(subject);
    let hopeless = first_wait(subject).is_some_and(|wait| wait >= deadline);
    if least >= deadline && limit > 0 && !hopeless {
        let message = format!(
            "Pods that fail at once need at least {} to exceed {field}: {limit}, but the Job ends after {}",
            said(least),
            said(deadline)
        );
        findings.add(subject.path(field), message);
    }
}

fn no_time_to_retry(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(deadline), Some(wait)) = (subject.spec.active_deadline_seconds, first_wait(subject)) else { return };
    if wait >= deadline {
        let width = if subject.counts_by_index() { 1 } else { subject.width() };
        let who = if width == 1 { "a failed Pod".to_owned() } else { format!("{width} Pods that fail together") };
        let message = format!("the retry after {who} waits {}, but the Job ends after {}", said(wait), said(deadline));
        findings.add(subject.path("activeDeadlineSeconds"), message);
    }
}

fn one_bad_wave(subject: &Subject<'_>, findings: &mut Findings) {
    let (limit, width) = (subject.spec.backoff_limit, subject.width());
    let exceeded = if subject.restarts_in_place() { width >= limit } else { width > limit };
    if !subject.counts_by_index() && limit > 0 && width > 1 && exceeded {
        let message = format!("{width} Pods run side by side, and more than {limit} failures end the Job");
        findings.add(subject.path("backoffLimit"), message);
    }
}

fn shared_wait(subject: &Subject<'_>, findings: &mut Findings) {
    let width = i64::from(subject.width());
    let lasts = i64::from(subject.spec.backoff_limit) >= width;
    if !subject.counts_by_index() && !subject.restarts_in_place() && lasts && backoff(width) >= 600 {
        let message = format!("when {width} Pods fail together, the Job creates none for {}", said(backoff(width)));
        findings.add(subject.path("parallelism"), message);
    }
}

fn endless_retries(subject: &Subject<'_>, findings: &mut Findings) {
    const MANY: i32 = 100;
    let unbounded = subject.spec.active_deadline_seconds.is_none() && !subject.counts_by_index();
    if unbounded && subject.spec.backoff_limit >= MANY {
        let (field, limit, least) = limit(subject);
        let message =
            format!("a Job that always fails is tried for at least {} ({field}: {limit}, no deadline)", said(least));
        findings.add(subject.path(field), message);
    }
}

fn disruption_ends_job(subject: &Subject<'_>, findings: &mut Findings) {
    let limit = subject.spec.backoff_limit_per_index.unwrap_or(subject.spec.backoff_limit);
    // With OnFailure the API server refuses a podFailurePolicy, so there is no better alternative to propose.
    if limit == 0 && !subject.restarts_in_place() && !super::policies::sees_disruptions(subject.spec) {
        let field = if subject.counts_by_index() { "backoffLimitPerIndex" } else { "backoffLimit" };
        let what = if subject.counts_by_index() { "its index" } else { "the Job" };
        findings.add(
            subject.path(field),
            format!("a Pod that is evicted or preempted ends {what}, as it is not told from a failure"),
        );
    }
}

fn lost_logs(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.restarts_in_place() {
        let limit = subject.spec.backoff_limit;
        let message =
            format!("with OnFailure the Pods are deleted with their logs when {} restarts are reached", limit.max(1));
        findings.add(subject.path("template.spec.restartPolicy"), message);
    }
}

fn grace_beyond_deadline(subject: &Subject<'_>, findings: &mut Findings) {
    let grace = subject.spec.template.termination_grace_period_seconds;
    let Some(deadline) = subject.spec.active_deadline_seconds.filter(|deadline| *deadline < grace) else { return };
    let message = format!(
        "after {} the Pods still get {} to end, so the Job may last {}",
        said(deadline),
        said(grace),
        said(deadline.saturating_add(grace))
    );
    findings.add(subject.path("activeDeadlineSeconds"), message);
}

fn deadline_of_pods(subject: &Subject<'_>, findings: &mut Findings) {
    let own = subject.pod().get("activeDeadlineSeconds").and_then(serde_json::Value::as_i64);
    if let (Some(seconds), None) = (own, subject.spec.active_deadline_seconds) {
        let message = format!("fails each Pod after {}; the Job itself has no deadline and tries again", said(seconds));
        findings.add(subject.path("template.spec.activeDeadlineSeconds"), message);
    }
}
