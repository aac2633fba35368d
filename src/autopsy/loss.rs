//! Pods that are no longer in the dump, or are being deleted: what Events tell about them, and who deleted them.

use super::course::{CourseEnd, CoursePod, JobCourse};
use super::inactivity::EVENT_TTL;
use crate::api::JobConditionType;
use crate::controller::job::backoff_for;
use crate::manifest::SeenEvent;
use crate::release::JobControllerParams;
use crate::time::{SimDuration, SimTime};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The Pod that a message of the Job controller names.
fn named<'a>(event: &'a SeenEvent, reason: &str, before: &str) -> Option<&'a str> {
    if event.reason != reason {
        return None;
    }
    event.message.rsplit_once(before).map(|(_, name)| name.trim()).filter(|name| !name.is_empty())
}

/// Adds Pods that the Job controller reports as created and that are gone. A combined Event names only the last one.
pub(super) fn add_gone_pods(course: &mut JobCourse) {
    let known: HashSet<&str> = course.pods.iter().map(|pod| pod.name.as_str()).collect();
    let mut gone: Vec<CoursePod> = Vec::new();
    for event in &course.events {
        let Some(name) = named(event, "SuccessfulCreate", "Created pod: ") else { continue };
        let Some(created) = (if event.is_combined() { event.last } else { event.first }) else { continue };
        if known.contains(name) || gone.iter().any(|pod| pod.name == name) {
            continue;
        }
        gone.push(gone_pod(course, name, created));
    }
    course.pods.extend(gone);
}

/// The possible names of a Pod's Job: Pods are named `JOB-SUFFIX`, in Indexed Jobs `JOB-INDEX-SUFFIX`.
pub(super) fn jobs_of(pod: &str) -> impl Iterator<Item = &str> {
    let name = pod.rsplit_once('-').map(|(name, _)| name);
    let indexed = name.and_then(|name| name.rsplit_once('-')).filter(|(_, index)| index.parse::<u32>().is_ok());
    name.into_iter().chain(indexed.map(|(name, _)| name))
}

/// Adds Pods that are gone, and that their own Events tell of, but none of the Job's: those were combined, or have expired.
pub(super) fn add_untold_pods<'a>(
    course: &mut JobCourse,
    pods: impl Iterator<Item = (&'a str, &'a [&'a Arc<SeenEvent>])>,
) {
    let mut creations = course.events.iter().filter(|event| event.reason == "SuccessfulCreate");
    if creations.all(|event| !event.is_combined()) && course.taken - course.created < EVENT_TTL {
        return;
    }
    let known: HashSet<&str> = course.pods.iter().map(|pod| pod.name.as_str()).collect();
    let mut gone: Vec<CoursePod> = Vec::new();
    for (name, events) in pods {
        let is_its = jobs_of(name).nth(usize::from(course.spec.is_indexed())) == Some(&course.name);
        // The scheduler is the first to report a Pod, within a moment of its creation.
        let first = events.iter().filter(|event| ["Scheduled", "FailedScheduling"].contains(&event.reason.as_str()));
        let Some(first) = first.filter_map(|event| event.first).min() else { continue };
        let created = first.truncate_to_seconds();
        if is_its && !known.contains(name) && created >= course.created {
            gone.push(gone_pod(course, name, created));
        }
    }
    course.pods.extend(gone);
}

fn gone_pod(course: &JobCourse, name: &str, created: SimTime) -> CoursePod {
    CoursePod {
        name: name.to_owned(),
        uid: String::new(),
        index: index_in(name, &course.name, course.spec.is_indexed()),
        created,
        bound: None,
        started: None,
        deleted: None,
        deleted_by_controller: None,
        ended: None,
        end: CourseEnd::Unknown,
        is_there: false,
        seen: None,
    }
}

/// The completion index in a Pod's name: `JOB-INDEX-SUFFIX`.
fn index_in(name: &str, job: &str, indexed: bool) -> Option<u32> {
    let rest = name.strip_prefix(job)?.strip_prefix('-').filter(|_| indexed)?;
    rest.split('-').next()?.parse().ok()
}

/// Finds out who deleted Pods, and when those that are gone were deleted.
pub(super) fn judge_deletions(course: &mut JobCourse) {
    let mut by_controller: HashMap<String, SimTime> = HashMap::new();
    for event in &course.events {
        if let Some(name) = named(event, "SuccessfulDelete", "Deleted pod: ") {
            let at = if event.is_combined() { event.last } else { event.first };
            by_controller.extend(at.map(|at| (name.to_owned(), at)));
        }
    }
    // Of many deletions only the last one is named; those at the same moment are the controller's too.
    let combined = course.events.iter().filter(|event| event.reason == "SuccessfulDelete" && event.is_combined());
    let moments: Vec<(SimTime, SimTime)> = combined.filter_map(|event| Some((event.first?, event.last?))).collect();
    let ends: Vec<SimTime> =
        [JobConditionType::FailureTarget, JobConditionType::SuccessCriteriaMet, JobConditionType::Failed]
            .into_iter()
            .filter_map(|kind| course.holds(kind))
            .map(|condition| condition.at)
            .chain(course.suspended.iter().map(|(from, _)| *from))
            .collect();
    let is_near = |at: SimTime, other: SimTime| {
        let apart = at - other;
        apart >= SimDuration::from_secs(-5) && apart <= SimDuration::from_secs(5)
    };
    for pod in &mut course.pods {
        let killed = course.pod_events.get(&pod.name).into_iter().flatten();
        let killed = killed.filter(|event| event.reason == "Killing").filter_map(|event| event.last).max();
        if pod.deleted.is_none() {
            pod.deleted = by_controller.get(&pod.name).copied().or(killed.filter(|_| !pod.is_there));
        }
        let Some(deleted) = pod.deleted else { continue };
        let is_ours = by_controller.contains_key(&pod.name)
            || ends.iter().any(|end| is_near(deleted, *end))
            || moments.iter().any(|(first, last)| *first <= deleted && deleted <= *last);
        pod.deleted_by_controller = Some(is_ours);
        if pod.end == CourseEnd::Unknown {
            pod.end = CourseEnd::Deleted;
        }
    }
}

/// If Pods are replaced only after they have ended: when the Pods ended that were deleted and are gone. A dump does not
/// contain that, but the back-off of their replacements counts from it.
pub(super) fn infer_ends(course: &mut JobCourse, params: &JobControllerParams) {
    let grace = SimDuration::from_secs(course.spec.template.termination_grace_period_seconds);
    let slack = SimDuration::from_secs(2);
    if course.spec.backoff_limit_per_index.is_some() {
        infer_ends_of_indexes(course, params, grace + slack);
        return;
    }
    let creations: Vec<SimTime> = course.pods.iter().map(|pod| pod.created).collect();
    for created in creations {
        let is_open =
            |pod: &CoursePod| pod.ended.is_none() && !pod.is_there && pod.deleted.is_some_and(|at| at < created);
        let open: Vec<usize> = (0..course.pods.len()).filter(|place| is_open(&course.pods[*place])).collect();
        let Some(last) = open.iter().filter_map(|place| course.pods[*place].deleted).max() else { continue };
        let ended = |end: CourseEnd| {
            let of_kind = course.pods.iter().filter(move |pod| pod.end == end);
            of_kind.filter_map(|pod| pod.ended).filter(|at| *at <= created).collect::<Vec<SimTime>>()
        };
        let success = ended(CourseEnd::Succeeded).into_iter().max();
        let before = [CourseEnd::Failed, CourseEnd::Deleted].into_iter().flat_map(ended);
        let before = before.filter(|at| success.is_none_or(|success| *at > success)).count();
        let fits = (1..=open.len()).rev().map(|n| created - backoff_for((before + n) as i32, params));
        let fits = fits.into_iter().find(|at| *at + slack >= last && *at <= last + grace + slack);
        if let Some(at) = fits {
            open.iter().for_each(|place| course.pods[*place].ended = Some(at.max(last)));
        }
    }
}

/// The same if each index has its own back-off, whose length its next Pod reveals.
fn infer_ends_of_indexes(course: &mut JobCourse, params: &JobControllerParams, longest: SimDuration) {
    let mut last: HashMap<u32, usize> = HashMap::new();
    for place in 0..course.pods.len() {
        let pod = &course.pods[place];
        let Some(index) = pod.index else { continue };
        let failures = pod.seen.as_ref().map_or(0, |seen| seen.index_failures + seen.index_ignored);
        let ended = pod.created - backoff_for(failures.max(1), params);
        if let Some(before) = last.insert(index, place) {
            let before = &mut course.pods[before];
            if let Some(deleted) = before.deleted.filter(|_| before.ended.is_none() && !before.is_there) {
                // The index may have had to wait for a place after its back-off.
                before.ended = Some(ended.clamp(deleted, deleted + longest));
            }
        }
    }
}

/// A Pod about which nothing is known except that it existed is assumed to have left before a Pod took its place.
pub(super) fn take_for_lost(pod: &mut CoursePod, before: SimTime) {
    pod.ended = Some(before);
    if pod.end == CourseEnd::Unknown {
        pod.end = CourseEnd::Deleted;
    }
}
