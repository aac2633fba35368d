//! What no rule of the model explains: its size, its direction, and the likely cause. Waits with a known cause are not
//! included.

use super::backoff::MemoryFit;
use super::course::{CourseEnd, JobCourse};
use super::creation::clock;
use super::waits::{ObservedWait, WaitCause};
use crate::time::SimDuration;
use std::collections::BTreeMap;

/// The likely cause of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LikelyCause {
    /// The controller was down, or could not be reached.
    ControllerDown,
    /// The controller process was restarted, and had forgotten failures.
    ControllerRestarted,
    /// The clocks of nodes, controllers and the API server differ.
    ClockSkew,
    /// Somebody else deleted Pods.
    PodsDeleted,
    /// A webhook changed the Pods.
    Webhook,
    /// Another controller or a user changed the Job.
    OtherController,
    /// The cause is unknown.
    Unknown,
}

impl LikelyCause {
    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::ControllerDown => "controllerDown",
            Self::ControllerRestarted => "controllerRestarted",
            Self::ClockSkew => "clockSkew",
            Self::PodsDeleted => "podsDeleted",
            Self::Webhook => "webhook",
            Self::OtherController => "otherController",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that differs from the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseDifference {
    /// A description in one sentence.
    pub what: String,
    /// How much later it was than the model says (negative if earlier); `None` if it is not about time.
    pub by: Option<SimDuration>,
    /// The likely cause.
    pub likely: LikelyCause,
}

fn difference(what: String, by: Option<SimDuration>, likely: LikelyCause) -> CourseDifference {
    CourseDifference { what, by, likely }
}

/// The differences of a course.
pub(super) fn of(course: &JobCourse, waits: &[ObservedWait], early: &[(usize, MemoryFit)]) -> Vec<CourseDifference> {
    let mut all = Vec::new();
    for wait in waits.iter().filter(|wait| wait.cause == WaitCause::ControllerDown) {
        let by = wait.residual().or_else(|| Some(course.taken - wait.expected?));
        let due = clock(wait.expected.unwrap_or(wait.from));
        let what = match wait.to {
            Some(to) => format!("the Job controller did nothing from {due}, when it was due to act, to {}", clock(to)),
            None => format!("the Job controller has done nothing since {due}, when it was due to act"),
        };
        all.push(difference(what, by, LikelyCause::ControllerDown));
    }
    for wait in waits.iter().filter(|wait| wait.cause == WaitCause::Unknown && wait.expected.is_some()) {
        all.push(difference(wait.rule.clone(), wait.residual(), LikelyCause::Unknown));
    }
    all.extend(too_early(course, early));
    all.extend(clocks(course));
    all.extend(deletions(course));
    all.extend(changed_pods(course));
    all.extend(too_many(course));
    all
}

/// Pods that came before their back-off was over.
fn too_early(course: &JobCourse, early: &[(usize, MemoryFit)]) -> Vec<CourseDifference> {
    let mut all = Vec::new();
    let mut by_clock: Vec<SimDuration> = Vec::new();
    for (place, fit) in early {
        let pod = &course.pods[*place];
        match fit {
            MemoryFit::Forgot(backoff, left) => {
                let by = pod.created - backoff.until;
                let what = format!(
                    "Pod {} came at {}, though the back-off after {} failures in a row lasts until {}: it fits {left} failures, as \
                     if the controller had been started anew in between and had forgotten the others",
                    pod.name,
                    clock(pod.created),
                    backoff.failures,
                    clock(backoff.until)
                );
                all.push(difference(what, Some(by), LikelyCause::ControllerRestarted));
            }
            MemoryFit::Early(_, by) => by_clock.push(*by),
            _ => {}
        }
    }
    let (least, most) = (by_clock.iter().min(), by_clock.iter().max());
    if let (Some(&least), Some(&most)) = (least, most) {
        let is_even = most - least <= SimDuration::from_secs(2);
        let likely = if is_even && by_clock.len() > 1 { LikelyCause::ClockSkew } else { LikelyCause::Unknown };
        let what = format!(
            "{} came before their back-off was over, by {least} to {most}",
            if by_clock.len() == 1 { "one Pod".to_owned() } else { format!("{} Pods", by_clock.len()) }
        );
        all.push(difference(what, Some(SimDuration::ZERO - most), likely));
    }
    all
}

/// Clocks that differ.
fn clocks(course: &JobCourse) -> Vec<CourseDifference> {
    let told = course.clocks.iter().map(|clock| {
        let (by, word) = match clock.by < SimDuration::ZERO {
            true => (SimDuration::ZERO - clock.by, "behind"),
            false => (clock.by, "ahead of"),
        };
        let what = format!("the clock of {} is {by} {word} the API server's, or more: {}", clock.whose, clock.shown_by);
        difference(what, Some(clock.by), LikelyCause::ClockSkew)
    });
    told.collect()
}

/// Pods that somebody else deleted.
fn deletions(course: &JobCourse) -> Vec<CourseDifference> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pod in course.pods.iter().filter(|_| !course.lacks_pods) {
        let by_others = pod.deleted_by_controller == Some(false)
            || (pod.deleted_by_controller.is_none() && pod.end == CourseEnd::Deleted);
        let disrupted = pod.seen.as_ref().and_then(|seen| seen.disruption.as_deref());
        match disrupted {
            Some(reason) => by_reason.entry(reason).or_default().push(&pod.name),
            None if by_others => by_reason.entry("").or_default().push(&pod.name),
            None => {}
        }
    }
    let told = by_reason.into_iter().map(|(reason, names)| {
        let few = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(5);
        let names = if more > 0 { format!("{few} and {more} more") } else { few };
        let what = match reason {
            "" => format!("deleted by somebody other than the Job controller (a user, a drained node, another controller): {names}"),
            reason => format!("disrupted ({reason}): {names}"),
        };
        difference(what, None, LikelyCause::PodsDeleted)
    });
    told.collect()
}

/// Pods with containers that the template does not have.
fn changed_pods(course: &JobCourse) -> Option<CourseDifference> {
    let template = &course.spec.template.containers;
    let mut added: BTreeMap<&str, usize> = BTreeMap::new();
    for seen in course.pods.iter().filter_map(|pod| pod.seen.as_ref()) {
        for name in seen.container_names.iter().filter(|name| !template.contains(name)) {
            *added.entry(name).or_default() += 1;
        }
    }
    let (_, most) = added.iter().next().map(|(name, n)| (*name, *n))?;
    let names: Vec<&str> = added.keys().copied().collect();
    let what = format!(
        "{most} Pods have containers that the template does not have ({}): a mutating webhook adds them; a Pod ends only when \
         each of its regular containers has",
        names.join(", ")
    );
    Some(difference(what, None, LikelyCause::Webhook))
}

/// More Pods at once than the Job may have.
fn too_many(course: &JobCourse) -> Option<CourseDifference> {
    let active = course.pods.iter().filter(|pod| pod.end == CourseEnd::Unfinished && pod.deleted.is_none()).count();
    let most = i64::from(course.spec.parallelism);
    (course.finished().is_none() && !course.spec.suspend && active as i64 > most).then(|| {
        let what = format!(
            "{active} Pods are active, and parallelism is {most}: it was lowered a moment ago, or somebody else creates Pods"
        );
        difference(what, None, LikelyCause::OtherController)
    })
}
