//! A saved timeline as steps: each instant at which something happened, in words. Reports step through them. A saved
//! timeline has no rules: [`crate::explain`] tells those while a run goes on.

use super::kubectl::human_duration;
use crate::experiment::{JobChange, JobTimeline, PodTimeline, Timeline, Wait};
use crate::time::SimDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Adds steps to the Jobs of a timeline that is already JSON; returns whether they describe each Pod. A step is an
/// instant, whether something failed then, and what happened, each line with the place of its rule (−1: none).
pub(super) fn add_steps(value: &mut Value, timeline: &Timeline, with_pods: bool) {
    let Some(jobs) = value["jobs"].as_array_mut() else { return };
    for (job, of) in jobs.iter_mut().zip(&timeline.jobs) {
        job["steps"] = steps(of, timeline, with_pods);
    }
}

fn steps(job: &JobTimeline, timeline: &Timeline, with_pods: bool) -> Value {
    let mut steps = StepList::default();
    let mut last: Option<&JobChange> = None;
    for change in &job.changes {
        steps.job(&job.name, last, change);
        last = Some(change);
    }
    // Text about a Job counts from its creation; the steps themselves count from the start of the run.
    let zero = job.created.unwrap_or(0.0);
    job.pods.iter().filter(|_| with_pods).for_each(|pod| steps.pod(pod));
    job.waits.iter().for_each(|wait| steps.wait(&job.name, wait, zero));
    let this = format!("job/{}", job.name);
    for event in &job.events {
        steps.say(event.at, format!("{this}: Event {}: {}", event.reason, event.message));
    }
    for trouble in &job.troubles {
        let words = match &trouble.what[..] {
            "syncFailed" => "a sync ended in error and will be repeated".to_owned(),
            "createRefused" => format!("creating a Pod was refused: {}", trouble.message),
            _ => format!("edit refused: {}", trouble.message),
        };
        steps.say(trouble.at, format!("{this}: {words}"));
        steps.at(trouble.at).fails = true;
    }
    for &(at, is_up) in &timeline.controllers {
        let words = if is_up { "new controllers start" } else { "the controllers die, with all that they knew" };
        steps.say(at, format!("cluster: {words}"));
    }
    if let Some(gone) = job.gone {
        steps.say(gone, format!("{this}: gone"));
    }
    steps.to_json()
}

/// What happened, by instant.
#[derive(Default)]
struct StepList {
    /// By whole nanoseconds: seconds are floating-point numbers, which have no total order and may differ in their last
    /// digit for the same instant.
    steps: BTreeMap<i64, OneStep>,
}

/// What happened at an instant.
#[derive(Default)]
struct OneStep {
    at: f64,
    fails: bool,
    says: Vec<String>,
}

impl StepList {
    fn at(&mut self, at: f64) -> &mut OneStep {
        let step = self.steps.entry(libm::round(at * 1e9) as i64).or_default();
        step.at = at;
        step
    }

    fn say(&mut self, at: f64, words: String) {
        self.at(at).says.push(words);
    }

    fn job(&mut self, name: &str, before: Option<&JobChange>, now: &JobChange) {
        let Some(before) = before else { return self.say(now.at, format!("job/{name}: created")) };
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
            numbers.iter().filter(|(_, b, n)| b != n).map(|(name, _, n)| format!("{name} {n}")).collect();
        for (name, b, n) in [
            ("completedIndexes", &before.completed_indexes, &now.completed_indexes),
            ("failedIndexes", &before.failed_indexes, &now.failed_indexes),
        ] {
            if b != n {
                parts.push(format!("{name} {}", if n.is_empty() { "none" } else { n }));
            }
        }
        if before.suspend != now.suspend {
            parts.push(format!("suspend {} → {}", before.suspend, now.suspend));
        }
        for condition in &now.conditions {
            let (kind, reason) = condition.split_once('/').unwrap_or((condition, ""));
            let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            parts.push(format!("{kind}=True{why}"));
        }
        if !parts.is_empty() {
            self.say(now.at, format!("job/{name}: {}", parts.join(", ")));
        }
    }

    fn pod(&mut self, pod: &PodTimeline) {
        let name = &pod.name;
        let mut then = |at: Option<f64>, words: &str| {
            if let Some(at) = at {
                self.say(at, format!("pod/{name}: {words}"));
            }
        };
        then(Some(pod.created), if pod.is_retry() { "created, a retry" } else { "created" });
        then(pod.bound, "bound to a node");
        then(pod.running, "running");
        then(pod.ready.filter(|_| pod.ready != pod.running), "ready");
        then(pod.deletion, &format!("deletion asked for ({})", pod.deletion_cause));
        for (n, run) in pod.runs.iter().enumerate() {
            then(Some(run.from).filter(|_| n > 0), "restarted");
            let code = run.exit_code.map_or(String::new(), |code| format!(", exit code {code}"));
            then(run.to.filter(|_| run.to != pod.finished), &format!("stopped{code}"));
        }
        let code = pod.runs.last().and_then(|run| run.exit_code);
        let code = code.map_or(String::new(), |code| format!("exit code {code}, "));
        then(pod.finished, &format!("{code}{}", pod.phase));
        then(pod.tracked, "finalizer removed");
        then(pod.gone, "gone");
        // A Pod that was removed (by a suspension, a scale-down, or with its Job) may be Failed, but nothing is amiss.
        let failed = pod.finished.filter(|_| pod.phase == "Failed" && !pod.is_removed());
        let exits = pod.runs.iter().filter(|run| run.exit_code.is_some_and(|code| code != 0)).filter_map(|run| run.to);
        exits.chain(failed).for_each(|at| self.at(at).fails = true);
    }

    /// A wait that begins. Waits of less than a second for tokens and slots are left out: a busy controller has one at
    /// every request.
    fn wait(&mut self, name: &str, wait: &Wait, zero: f64) {
        let span = |seconds: f64| human_duration(SimDuration::from_secs_f64(seconds));
        let exact = |seconds: f64| SimDuration::from_millis(libm::round(seconds * 1e3) as i64);
        let length = wait.to - wait.from;
        let words = match &wait.what[..] {
            "backoff" => {
                let index = wait.index.map_or(String::new(), |index| format!(" of index {index}"));
                let (until, failures) = (exact(wait.to - zero), wait.failures.unwrap_or(0));
                let backoff = exact(wait.backoff.unwrap_or(length));
                format!("waits until +{until} (back-off {backoff} after {failures} in a row{index})")
            }
            "restart" => format!("the kubelet waits {} before it restarts containers", exact(length)),
            "throttle" if length >= 1.0 => format!("requests wait {} for their tokens", span(length)),
            "room" if length >= 1.0 => format!("a Pod waits {} for a free slot", span(length)),
            _ => return,
        };
        self.say(wait.from, format!("job/{name}: {words}"));
    }

    fn to_json(&self) -> Value {
        let says = |step: &OneStep| -> Value { step.says.iter().map(|words| json!([words, -1])).collect() };
        self.steps.values().map(|step| json!([step.at, i32::from(step.fails), says(step)])).collect()
    }
}
