//! Why Pods ran when they did: from creation to a node, from there to running containers, and from one run to the next.
//! Objects tell how long it took; only Events and the reasons of waiting containers tell why.

use super::course::{CoursePod, JobCourse};
use super::waits::{ObservedWait, SHORTEST, WaitCause};
use crate::manifest::SeenEvent;
use crate::model::duration::parse_seconds;
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// A start without any explanation is a wait only if it takes longer than this: present images, sandboxes and probes
/// take some seconds.
const PLAIN_START: SimDuration = SimDuration::from_secs(5);

/// The waits of all Pods of a course; equal ones are combined.
pub(super) fn waits(course: &JobCourse) -> Vec<ObservedWait> {
    let mut waits: Vec<ObservedWait> = Vec::new();
    for (place, pod) in course.pods.iter().enumerate() {
        let events = course.pod_events.get(&pod.name).map_or(&[][..], Vec::as_slice);
        let of_pod = [for_node(course, pod, events), for_start(course, pod, events), for_restart(course, pod)];
        for wait in of_pod.into_iter().flatten() {
            join(&mut waits, ObservedWait { pods: vec![place], ..wait });
        }
    }
    waits
}

/// Adds a wait to an equal one, or to the list.
pub(super) fn join(waits: &mut Vec<ObservedWait>, wait: ObservedWait) {
    let near = |a: SimTime, b: SimTime| {
        let apart = if a > b { a - b } else { b - a };
        apart <= SimDuration::from_secs(2)
    };
    let is_like = |other: &&mut ObservedWait| {
        let ends = match (other.to, wait.to) {
            (Some(a), Some(b)) => near(a, b),
            (None, None) => true,
            _ => false,
        };
        other.cause == wait.cause && ends && near(other.from, wait.from) && other.is_certain == wait.is_certain
    };
    match waits.iter_mut().rev().take(64).find(is_like) {
        Some(other) => {
            other.from = other.from.min(wait.from);
            other.to = other.to.max(wait.to);
            other.pods.extend(wait.pods);
        }
        None => waits.push(wait),
    }
}

/// How long a Pod waited for a node.
fn for_node(course: &JobCourse, pod: &CoursePod, events: &[Arc<SeenEvent>]) -> Option<ObservedWait> {
    let seen = pod.seen.as_ref()?;
    if pod.bound.is_none() && !seen.node.is_empty() {
        return None;
    }
    let to = pod.bound.or(pod.left());
    if to.unwrap_or(course.taken) - pod.created < SHORTEST {
        return None;
    }
    let said = events.iter().rev().find(|event| event.reason == "FailedScheduling").map(|event| event.message.clone());
    let said = said.or(seen.unschedulable.clone());
    let is_gated = said.as_deref().is_some_and(|said| said.contains("gate") || said.contains("Gate"));
    let (cause, rule, is_certain) = match said {
        _ if is_gated => {
            let rule = "held by scheduling gates: the scheduler does not look at it before somebody takes them away";
            (WaitCause::SchedulingGates, rule.to_owned(), true)
        }
        Some(said) => (WaitCause::Room, format!("no node had room for it: {}", short(&said)), true),
        None => {
            let rule =
                "it was not bound to a node for so long; the scheduler's Events, which say why, are not in the dump";
            (WaitCause::Room, rule.to_owned(), false)
        }
    };
    Some(ObservedWait { is_certain, ..ObservedWait::new(pod.created, to, cause, rule) })
}

/// The first sentence of a message of the scheduler.
fn short(message: &str) -> String {
    let first = message.split(". ").next().unwrap_or(message).trim_end_matches('.');
    first.chars().take(160).collect()
}

/// How long a Pod took from its binding to running.
fn for_start(course: &JobCourse, pod: &CoursePod, events: &[Arc<SeenEvent>]) -> Option<ObservedWait> {
    let (seen, bound) = (pod.seen.as_ref()?, pod.bound?);
    let started = pod.started.or(pod.left());
    let lasted = started.unwrap_or(course.taken) - bound;
    if lasted < SHORTEST || (pod.started.is_none() && seen.restarts > 0) {
        return None;
    }
    // For a Pod that has started, what it waits for now is another wait.
    let waiting = seen.waiting.as_deref().filter(|_| pod.started.is_none());
    let (cause, rule, is_certain) = match image(events, waiting) {
        Some(rule) => (WaitCause::ImagePull, rule, true),
        None => match trouble(events, waiting) {
            Some(rule) => (WaitCause::Starting, rule, true),
            None if lasted <= PLAIN_START => return None,
            None => {
                let told =
                    if events.is_empty() { "no Event about it is in the dump" } else { "its Events do not say why" };
                let rule =
                    format!("from its node to running containers (image, volumes, sandbox, init containers): {told}");
                (WaitCause::Unknown, rule, false)
            }
        },
    };
    Some(ObservedWait { is_certain, ..ObservedWait::new(bound, started, cause, rule) })
}

/// What is known about the images.
fn image(events: &[Arc<SeenEvent>], waiting: Option<&str>) -> Option<String> {
    if let Some(reason) = waiting.filter(|reason| reason.contains("Image")) {
        let failed = events.iter().rev().find(|event| event.reason == "Failed").map(|event| short(&event.message));
        let failed = failed.map_or(String::new(), |message| format!(" ({message})"));
        return Some(format!(
            "the image cannot be pulled: {reason}{failed}; the kubelet tries again after 10 s to 5 min"
        ));
    }
    let failures: u32 = events
        .iter()
        .filter(|event| event.reason == "Failed" && event.message.contains("pull image"))
        .map(|event| event.count)
        .sum();
    let pulled = events.iter().filter(|event| event.reason == "Pulled").filter_map(|event| pull_time(&event.message));
    let pulled = pulled.fold(0.0, |sum: f64, seconds| sum + seconds);
    let has = |reason: &str| events.iter().any(|event| event.reason == reason);
    match failures {
        0 if pulled >= 2.0 => {
            let took = SimDuration::from_millis((pulled * 1e3) as i64);
            Some(format!("pulling the image took {took}, by the kubelet's Event"))
        }
        0 if !has("Pulled") && has("Pulling") => Some("the image is being pulled".to_owned()),
        0 => None,
        n => Some(format!(
            "pulling the image failed {n} times; the kubelet waits from 10 s to 5 min before it tries again"
        )),
    }
}

/// How long a pull took, including its wait, according to the kubelet.
fn pull_time(message: &str) -> Option<f64> {
    let (_, after) = message.split_once("Successfully pulled image")?;
    let (_, times) = after.split_once(" in ")?;
    let (first, rest) = times.split_once(' ').unwrap_or((times, ""));
    let whole = rest.strip_prefix('(').and_then(|rest| rest.split_once(" including waiting")).map(|(time, _)| time);
    parse_seconds(whole.unwrap_or(first).trim_end_matches('.')).ok()
}

/// What else is known about containers that do not start.
fn trouble(events: &[Arc<SeenEvent>], waiting: Option<&str>) -> Option<String> {
    let reasons = ["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedCreatePodContainer"];
    if let Some(event) = events.iter().rev().find(|event| reasons.contains(&event.reason.as_str())) {
        return Some(format!("{}: {}", event.reason, short(&event.message)));
    }
    match waiting? {
        "ContainerCreating" => None,
        "PodInitializing" => Some("init containers were not over".to_owned()),
        reason => {
            let failed = events.iter().rev().find(|event| event.reason == "Failed").map(|event| short(&event.message));
            Some(format!("{reason}{}", failed.map_or(String::new(), |message| format!(": {message}"))))
        }
    }
}

/// How long the kubelet waited before it restarted containers.
fn for_restart(course: &JobCourse, pod: &CoursePod) -> Option<ObservedWait> {
    let seen =
        pod.seen.as_ref().filter(|seen| seen.restarts > 0 || seen.waiting.as_deref() == Some("CrashLoopBackOff"))?;
    let exited = seen.last_run_ended?;
    let waits_now = seen.waiting.as_deref() == Some("CrashLoopBackOff");
    let to = if waits_now { None } else { seen.runs_since };
    let to = to.or(pod.left()).filter(|to| *to >= exited);
    if to.unwrap_or(course.taken) - exited < SHORTEST || (to.is_none() && !waits_now) {
        return None;
    }
    let n = seen.restarts.max(1);
    let rule = format!(
        "the kubelet waits before it restarts containers: 10 s, then twice as long each time up to 5 min (restart {n}); it \
         looks only now and then"
    );
    Some(ObservedWait::new(exited, to, WaitCause::Restart, rule))
}
