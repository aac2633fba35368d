//! A saved timeline as steps: each instant at which something happened, in words, with the rule behind it. Pages step
//! through them. It reads what was saved and computes no rule a second time.

use super::kubectl::human_duration;
use super::step_rules::{STEP_RULES, place};
use crate::experiment::{JobChange, JobTimeline, PodTimeline, Timeline, Wait};
use crate::record::DeletionCause;
use crate::release::MODELLED;
use crate::time::SimDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A timeline as JSON, each of its Jobs with its steps.
pub fn stepped(timeline: &Timeline) -> Value {
    let mut value = serde_json::to_value(timeline).unwrap_or_default();
    add_steps(&mut value, timeline, true);
    value
}

/// Adds steps to the Jobs of a timeline that is JSON already; whether they tell of each Pod.
pub(super) fn add_steps(value: &mut Value, timeline: &Timeline, with_pods: bool) {
    let Some(jobs) = value["jobs"].as_array_mut() else { return };
    for (job, of) in jobs.iter_mut().zip(&timeline.jobs) {
        job["steps"] = steps(of, timeline, with_pods);
    }
}

/// The rules to which steps refer, by their places.
pub fn step_rules_json() -> Value {
    STEP_RULES.iter().map(|rule| json!([rule.says, rule.source])).collect()
}

/// The steps of a Job: when, whether something failed there, and what happened: words, and the place of the rule or -1.
fn steps(job: &JobTimeline, timeline: &Timeline, with_pods: bool) -> Value {
    let mut steps = StepList::default();
    let mut last: Option<&JobChange> = None;
    for change in &job.changes {
        steps.job(last, change);
        last = Some(change);
    }
    let zero = job.created.unwrap_or(0.0);
    job.pods.iter().filter(|_| with_pods).for_each(|pod| steps.pod(pod, job));
    job.waits.iter().for_each(|wait| steps.wait(wait, zero));
    for event in &job.events {
        let rule = place(&event.reason);
        steps.say(event.at, format!("Event {}: {}", event.reason, event.message), rule);
    }
    for trouble in &job.troubles {
        let (words, rule) = match &trouble.what[..] {
            "syncFailed" => ("A sync ended in error and will be repeated".to_owned(), "sync-failed"),
            "createRefused" => (format!("Creating a Pod was refused: {}", trouble.message), "refused"),
            _ => (format!("What a user did was refused: {}", trouble.message), "refused"),
        };
        steps.say(trouble.at, words, place(rule));
    }
    for &(at, is_up) in &timeline.controllers {
        let words = if is_up { "New controllers start" } else { "The controllers die, with all that they knew" };
        steps.say(at, words.to_owned(), place("controllers"));
    }
    if let Some(gone) = job.gone {
        steps.say(gone, "The Job is gone".to_owned(), None);
    }
    steps.to_json()
}

/// What happened, by the instant.
#[derive(Default)]
struct StepList {
    /// By nanoseconds: instants in seconds are no keys.
    steps: BTreeMap<i64, OneStep>,
}

/// What happened at an instant.
#[derive(Default)]
struct OneStep {
    at: f64,
    fails: bool,
    says: Vec<(String, Option<usize>)>,
}

impl StepList {
    fn at(&mut self, at: f64) -> &mut OneStep {
        let step = self.steps.entry(libm::round(at * 1e9) as i64).or_default();
        step.at = at;
        step
    }

    fn say(&mut self, at: f64, words: String, rule: Option<usize>) {
        self.at(at).says.push((words, rule));
    }

    fn job(&mut self, before: Option<&JobChange>, now: &JobChange) {
        let Some(before) = before else {
            return self.say(now.at, format!("The Job is created: parallelism {}", now.parallelism), None);
        };
        let numbers = [
            ("parallelism", before.parallelism, now.parallelism),
            ("active", before.active, now.active),
            ("ready", before.ready, now.ready),
            ("terminating", before.terminating, now.terminating),
            ("succeeded", before.succeeded, now.succeeded),
            ("failed", before.failed, now.failed),
            ("uncounted", before.uncounted as i32, now.uncounted as i32),
        ];
        let mut parts: Vec<String> =
            numbers.iter().filter(|(_, b, n)| b != n).map(|(name, b, n)| format!("{name} {b} → {n}")).collect();
        for (name, b, n) in [
            ("completedIndexes", &before.completed_indexes, &now.completed_indexes),
            ("failedIndexes", &before.failed_indexes, &now.failed_indexes),
        ] {
            if b != n {
                parts.push(format!("{name} {}", if n.is_empty() { "none" } else { n }));
            }
        }
        let mut rule = place(if before.uncounted != now.uncounted { "tracking" } else { "status" });
        if before.suspend != now.suspend {
            parts.push(format!("suspend {}", now.suspend));
            rule = place(if now.suspend { "suspended" } else { "resumed" });
        }
        if !parts.is_empty() {
            self.say(now.at, format!("Job: {}", parts.join(", ")), rule);
        }
        for condition in &now.conditions {
            let (kind, reason) = condition.split_once('/').unwrap_or((condition, ""));
            let rule = match kind {
                "FailureTarget" => place("failure-target"),
                "SuccessCriteriaMet" => place("success-criteria"),
                "Suspended" => place("suspended"),
                _ => place(reason),
            };
            let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            self.say(now.at, format!("Condition {kind}=True{why}"), rule);
            self.at(now.at).fails |= matches!(kind, "FailureTarget" | "Failed");
        }
    }

    fn pod(&mut self, pod: &PodTimeline, job: &JobTimeline) {
        let name = &pod.name;
        let has_waited =
            |wait: &Wait| wait.what == "backoff" && (wait.to - pod.created).abs() < 0.5 && wait.to <= pod.created;
        let (words, rule) = if !pod.is_retry() {
            (format!("Pod {name} is created"), "first")
        } else if job.waits.iter().any(has_waited) {
            (format!("Pod {name} is created, a retry"), "after-backoff")
        } else {
            (format!("Pod {name} is created, a retry"), "replaced")
        };
        self.say(pod.created, words, place(rule));
        let mut then = |at: Option<f64>, words: &str, rule: Option<usize>| {
            if let Some(at) = at {
                self.say(at, format!("Pod {name} {words}"), rule);
            }
        };
        then(pod.bound, "is bound to a node", None);
        then(pod.running, "runs", None);
        then(pod.ready.filter(|_| pod.ready != pod.running), "is ready", None);
        then(pod.tracked, "is counted: its finalizer is removed", place("tracking"));
        let cause = DeletionCause::ALL.into_iter().find(|cause| cause.as_str() == pod.deletion_cause);
        let rule = cause.map(|cause| match cause {
            DeletionCause::ScaleDown => "scale-down",
            DeletionCause::Suspended => "suspended",
            DeletionCause::JobEnds => "job-ends",
            DeletionCause::Disrupted => "disrupted",
            DeletionCause::JobDeleted => "job-deleted",
        });
        then(pod.deletion, &format!("is to be deleted ({})", pod.deletion_cause), rule.and_then(place));
        for (n, run) in pod.runs.iter().enumerate() {
            then(Some(run.from).filter(|_| n > 0), &format!("restarts its containers, restart {n}"), place("restart"));
            let code = run.exit_code.map_or(String::new(), |code| format!(", exit code {code}"));
            let is_last = run.to == pod.finished;
            then(run.to.filter(|_| !is_last), &format!("stops{code}"), None);
        }
        if let Some(at) = pod.finished {
            let code = pod.runs.last().and_then(|run| run.exit_code);
            let code = code.map_or(String::new(), |code| format!(", exit code {code}"));
            let failed = pod.phase == "Failed";
            let rule = if failed { "failed" } else { "succeeded" };
            then(Some(at), &format!("is {}{code}", pod.phase), place(rule));
            self.at(at).fails |= failed && !pod.is_removed();
        }
        if let Some(gone) = pod.gone {
            self.say(gone, format!("Pod {name} is gone"), None);
        }
        let has_failed = |code: Option<i32>| code.is_some_and(|code| code != 0);
        for run in pod.runs.iter().filter(|run| has_failed(run.exit_code)) {
            if let Some(to) = run.to {
                self.at(to).fails = true;
            }
        }
    }

    fn wait(&mut self, wait: &Wait, zero: f64) {
        let span = |seconds: f64| human_duration(SimDuration::from_secs_f64(seconds));
        let length = wait.to - wait.from;
        match &wait.what[..] {
            "backoff" => {
                let whose = wait.index.map_or("The Job waits".to_owned(), |index| format!("Index {index} waits"));
                let rule = if wait.index.is_some() { "backoff-per-index" } else { "backoff" };
                let words = format!("{whose} {}, until +{}: {}", span(length), exact(wait.to - zero), formula(wait));
                self.say(wait.from, words, place(rule));
            }
            "restart" => {
                let words = format!("The kubelet waits {} before it restarts containers", exact(length));
                self.say(wait.from, words, place("restart"));
            }
            "throttle" if length >= 1.0 => {
                self.say(wait.from, format!("Requests wait {} for their tokens", span(length)), place("throttle"));
            }
            "room" if length >= 1.0 => {
                self.say(wait.from, format!("A Pod waits {} for a free slot", span(length)), place("room"));
            }
            _ => {}
        }
    }

    fn to_json(&self) -> Value {
        let says = |step: &OneStep| -> Value {
            step.says.iter().map(|(words, rule)| json!([words, rule.map_or(-1, |n| n as i64)])).collect()
        };
        self.steps.values().map(|step| json!([step.at, i32::from(step.fails), says(step)])).collect()
    }
}

/// Seconds as they are, to the millisecond.
fn exact(seconds: f64) -> String {
    SimDuration::from_millis(libm::round(seconds * 1e3) as i64).to_string()
}

/// The formula of a back-off, with its numbers; the bare numbers where the scenario has other constants.
fn formula(wait: &Wait) -> String {
    let (Some(backoff), Some(failures)) = (wait.backoff, wait.failures) else { return String::new() };
    let params = MODELLED.job_controller;
    let (base, cap) = (params.pod_failure_backoff.as_secs_f64(), params.max_pod_failure_backoff.as_secs_f64());
    let doublings = (failures - 1).max(0);
    let uncut = base * libm::exp2(f64::from(doublings));
    let rule = match doublings {
        0 if uncut == backoff => format!("back-off {}", exact(backoff)),
        _ if uncut == backoff => format!("back-off {} × 2^{doublings} = {}", exact(base), exact(backoff)),
        _ if backoff == cap && uncut > cap => format!("{} × 2^{doublings} is cut to {}", exact(base), exact(cap)),
        _ => format!("back-off {}", exact(backoff)),
    };
    format!("{rule} after {failures} failure{} in a row", if failures == 1 { "" } else { "s" })
}
