//! Why Pods were created when they were. Between the time at which a Pod was wanted and its creation, the controller
//! may have had to wait for several things in turn. Each part of the wait gets its cause, and the wait gets the cause
//! of its longest part.

use super::backoff::{FailureMemory, MemoryFit, RecalledBackoff};
use super::course::JobCourse;
use super::loss::infer_ends;
use super::pace::Reactions;
use super::pending::join;
use super::vacancy::{self, Vacancy, VacancyOrigin};
use super::waits::{ObservedWait, SHORTEST, SLACK, WaitCause};
use crate::controller::job::backoff_for;
use crate::release::JobControllerParams;
use crate::text::rfc3339;
use crate::time::{SimDuration, SimTime};

/// The findings about creations.
#[derive(Clone, Debug, Default)]
pub(super) struct CreationFindings {
    pub waits: Vec<ObservedWait>,
    /// Creations that came before a back-off was over: the Pod, and what would explain it.
    pub early: Vec<(usize, MemoryFit)>,
    /// What the next Pods are waiting for.
    pub open: Vec<ObservedWait>,
    /// How long the controller took when nothing held it up.
    pub reactions: Reactions,
}

/// A part of a wait.
pub(super) struct WaitPart {
    pub cause: WaitCause,
    pub until: SimTime,
    pub rule: String,
    pub is_certain: bool,
}

pub(super) struct WaitExplainer<'a> {
    pub course: &'a JobCourse,
    pub params: &'a JobControllerParams,
    pub traffic: &'a ControllerTraffic,
}

/// What the Job controller did for all Jobs of a dump, in order: it has one client for all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct ControllerTraffic {
    /// When Pods were created.
    pub creations: Vec<SimTime>,
    /// When Pods had ended.
    pub endings: Vec<SimTime>,
    /// When it is known to have done something.
    pub acts: Vec<SimTime>,
}

impl ControllerTraffic {
    /// The activity for these Jobs.
    pub fn of(courses: &[JobCourse]) -> Self {
        let pods = || courses.iter().flat_map(|course| &course.pods);
        let mut traffic = ControllerTraffic {
            creations: pods().map(|pod| pod.created).collect(),
            endings: pods().filter_map(|pod| pod.left()).collect(),
            acts: pods().map(|pod| pod.created).collect(),
        };
        for course in courses {
            traffic.acts.extend(course.events.iter().flat_map(|event| event.first.into_iter().chain(event.last)));
            traffic.acts.extend(course.conditions.iter().map(|condition| condition.at));
        }
        traffic.creations.sort_unstable();
        traffic.endings.sort_unstable();
        traffic.acts.sort_unstable();
        traffic
    }
}

/// What ended a back-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BackoffEnd {
    /// Its time was over.
    Over,
    /// A success ended the failures in a row.
    Success,
    /// The controller was restarted.
    Forgotten,
}

/// Finds the waits for creations. Pods that are gone without a trace get the time at which they must have left.
pub(super) fn waits(
    course: &mut JobCourse,
    params: &JobControllerParams,
    traffic: &ControllerTraffic,
) -> CreationFindings {
    if course.waits_for_terminating() {
        infer_ends(course, params);
    }
    let vacancies = vacancy::replay(course);
    let course = &*course;
    let mut memory = FailureMemory::of(course);
    let explainer = WaitExplainer { course, params, traffic };
    let mut found = CreationFindings { waits: suspensions(course), ..CreationFindings::default() };
    let per_index = course.spec.backoff_limit_per_index.is_some();
    for (place, pod) in course.pods.iter().enumerate() {
        let fit = match per_index {
            true => MemoryFit::Nothing,
            false => memory.fit(pod.created + course.controllers_ahead, params).by_the_server(course.controllers_ahead),
        };
        if matches!(fit, MemoryFit::Early(..) | MemoryFit::Forgot(..)) {
            found.early.push((place, fit));
        }
        let cut = memory.cut_short(pod.created, params).filter(|_| !per_index && fit == MemoryFit::Nothing);
        if cut.is_none() {
            found.reactions.extend(explainer.reaction(place, vacancies.taken[place], fit));
        }
        let Some(vacancy) = vacancies.taken[place].filter(|vacancy| pod.created - vacancy.since >= SHORTEST) else {
            continue;
        };
        let (backoff, ended) = match fit {
            MemoryFit::Over(backoff) | MemoryFit::Early(backoff, _) => (Some(backoff), BackoffEnd::Over),
            // It was waited for until a new process forgot it.
            MemoryFit::Forgot(backoff, _) => (Some(backoff), BackoffEnd::Forgotten),
            MemoryFit::Nothing if per_index => (explainer.of_index(place, vacancy), BackoffEnd::Over),
            MemoryFit::Nothing => (cut, BackoffEnd::Success),
        };
        if let Some(wait) = explainer.explain(place, vacancy, (backoff, ended)) {
            join_late(&mut found.waits, wait);
        }
    }
    found.open = explainer.open(&vacancies.open, &memory);
    let is_wait = |wait: &&ObservedWait| {
        wait.lasted(course.taken) >= SHORTEST || wait.expected.is_some_and(|until| until - course.taken >= SHORTEST)
    };
    found.waits.extend(found.open.iter().filter(is_wait).cloned());
    found
}

/// Adds the wait of a Pod to that of others created at the same time for the same reason.
fn join_late(waits: &mut Vec<ObservedWait>, wait: ObservedWait) {
    let like = waits.iter_mut().rev().take(4).find(|other| {
        let streams = wait.cause == WaitCause::Throttle && wait.from - other.from <= SLACK;
        let apart = wait.to.zip(other.to).map(|(a, b)| a - b).unwrap_or_default();
        // Pods that were due at different times were held up by one outage.
        let alike = other.expected == wait.expected || wait.cause == WaitCause::ControllerDown;
        let together = apart <= SimDuration::from_secs(2) && alike;
        other.cause == wait.cause && !other.pods.is_empty() && (streams || together)
    });
    match like {
        Some(other) => {
            if wait.from < other.from {
                (other.from, other.expected, other.rule) = (wait.from, wait.expected, wait.rule);
            }
            other.to = other.to.max(wait.to);
            other.pods.extend(wait.pods);
        }
        None => waits.push(wait),
    }
}

/// The waits of the whole Job.
fn suspensions(course: &JobCourse) -> Vec<ObservedWait> {
    let wait = |(from, to): &(SimTime, Option<SimTime>)| {
        let rule = match to {
            Some(to) => format!("suspended (spec.suspend) until {}: it has no Pods meanwhile", clock(*to)),
            None => "suspended (spec.suspend): it has no Pods until somebody resumes it".to_owned(),
        };
        ObservedWait { expected: *to, ..ObservedWait::new(*from, *to, WaitCause::Suspended, rule) }
    };
    course.suspended.iter().filter(|(from, to)| to.is_none_or(|to| to - *from >= SHORTEST)).map(wait).collect()
}

/// The time of day.
pub(super) fn clock(at: SimTime) -> String {
    rfc3339(at).get(11..19).unwrap_or_default().to_owned()
}

impl WaitExplainer<'_> {
    /// The back-off of a Pod's own index.
    fn of_index(&self, place: usize, vacancy: Vacancy) -> Option<RecalledBackoff> {
        let VacancyOrigin::Left(before) = vacancy.origin else { return None };
        let (pod, before) = (&self.course.pods[place], &self.course.pods[before]);
        let failures = pod.seen.as_ref().map(|seen| seen.index_failures + seen.index_ignored).filter(|n| *n > 0)?;
        let last = if self.course.waits_for_terminating() { before.ended } else { before.left() }?;
        let until = last + backoff_for(failures, self.params);
        Some(RecalledBackoff { failures, last, until, is_certain: true })
    }

    /// How long the controller took to replace a Pod that had left, if no back-off held it up.
    fn reaction(&self, place: usize, vacancy: Option<Vacancy>, fit: MemoryFit) -> Option<(SimTime, SimDuration)> {
        let vacancy = vacancy.filter(|vacancy| matches!(vacancy.origin, VacancyOrigin::Left(_)))?;
        let created = self.course.pods[place].created;
        let is_free = match fit {
            MemoryFit::Nothing => !self.per_index() && !self.course.waits_for_terminating(),
            MemoryFit::Over(backoff) => backoff.until <= vacancy.since,
            _ => false,
        };
        is_free.then(|| (created, created - vacancy.since))
    }

    /// Why a Pod came later than it was wanted.
    fn explain(
        &self,
        place: usize,
        vacancy: Vacancy,
        (backoff, ended): (Option<RecalledBackoff>, BackoffEnd),
    ) -> Option<ObservedWait> {
        let created = self.course.pods[place].created;
        let mut parts: Vec<WaitPart> = Vec::new();
        if let VacancyOrigin::Left(before) = vacancy.origin
            && self.course.waits_for_terminating()
            && let Some(ended) = self.course.pods[before].ended.filter(|ended| *ended > vacancy.since)
        {
            let rule = format!(
                "podReplacementPolicy Failed: a Pod is replaced when it has ended, and the one before was terminating until {}",
                clock(ended)
            );
            parts.push(WaitPart { cause: WaitCause::Terminating, until: ended, rule, is_certain: true });
        }
        if let Some(backoff) = backoff {
            let mut rule =
                backoff_rule(&backoff, self.params, self.course.pods[place].index.filter(|_| self.per_index()));
            match ended {
                BackoffEnd::Over => {}
                BackoffEnd::Success => rule += &format!("; a Pod that succeeded at {} ended it", clock(backoff.until)),
                BackoffEnd::Forgotten => {
                    rule += &format!(
                        ", which lasts until {}: the Pod came before, as the controller was started anew meanwhile and had forgotten \
                         the failures",
                        clock(backoff.until)
                    );
                }
            }
            parts.push(WaitPart {
                cause: WaitCause::Backoff,
                until: backoff.until,
                rule,
                is_certain: backoff.is_certain,
            });
        }
        parts.extend(self.refused(vacancy.since, created));
        let expected = parts.iter().map(|part| part.until).max().unwrap_or(vacancy.since).max(vacancy.since);
        if created - expected >= SHORTEST {
            parts.extend(self.afterwards(place, expected));
        }
        self.longest(place, vacancy.since, parts, expected)
    }

    pub(super) fn per_index(&self) -> bool {
        self.course.spec.backoff_limit_per_index.is_some()
    }

    /// Creations that were refused while the Pod was wanted.
    fn refused(&self, since: SimTime, created: SimTime) -> Option<WaitPart> {
        let failed = self.course.events.iter().filter(|event| event.reason == "FailedCreate");
        let event = failed.rev().find(|e| e.last >= Some(since) && e.first <= Some(created))?;
        let last = event.last.filter(|last| *last <= created).unwrap_or(created);
        // After a refused creation the sync is retried, with growing delays.
        let until = if created - last <= self.params.max_requeue_backoff + SLACK { created } else { last };
        let rule = format!(
            "creating Pods was refused {}: {}; the controller tries again after 1 s, then twice as long each time up to 60 s",
            times(event.count),
            event.message.chars().take(200).collect::<String>()
        );
        Some(WaitPart { cause: WaitCause::Refused, until, rule, is_certain: true })
    }

    /// The wait, with the cause of its longest part.
    fn longest(&self, place: usize, since: SimTime, parts: Vec<WaitPart>, expected: SimTime) -> Option<ObservedWait> {
        let created = self.course.pods[place].created;
        let mut spans: Vec<(WaitPart, SimDuration)> = Vec::new();
        let mut cursor = since;
        let mut parts = parts;
        parts.sort_by_key(|part| part.until);
        for part in parts {
            let until = part.until.min(created);
            spans.push((part, (until - cursor).max(SimDuration::ZERO)));
            cursor = cursor.max(until);
        }
        let (at, _) = spans.iter().enumerate().max_by_key(|(_, (_, span))| *span)?;
        let (main, _) = spans.remove(at);
        let also =
            spans.into_iter().filter(|(_, span)| *span >= SHORTEST).map(|(part, span)| (part.cause, span)).collect();
        let by_rule = matches!(main.cause, WaitCause::Backoff | WaitCause::Terminating).then_some(main.until);
        let is_idle = matches!(main.cause, WaitCause::ControllerDown | WaitCause::Unknown);
        let expected = by_rule.or(is_idle.then_some(expected));
        let wait = ObservedWait::new(since, Some(created), main.cause, main.rule);
        Some(ObservedWait { pods: vec![place], expected, is_certain: main.is_certain, also, ..wait })
    }

    /// What the places that are still free are waiting for.
    fn open(&self, vacancies: &[Vacancy], memory: &FailureMemory) -> Vec<ObservedWait> {
        let (course, now) = (self.course, self.course.taken);
        if course.suspended.iter().any(|(_, to)| to.is_none()) || course.finished().is_some() || course.deleting {
            return Vec::new();
        }
        let mut open = Vec::new();
        for vacancy in vacancies {
            let wait = match self.per_index() {
                true => continue,
                false => self.open_one(vacancy, memory.at(now, self.params)),
            };
            open.extend(wait);
        }
        if self.per_index() {
            open.extend(self.open_indexes());
        }
        let mut joined = Vec::new();
        open.into_iter().for_each(|wait| join(&mut joined, wait));
        joined
    }

    fn open_one(&self, vacancy: &Vacancy, backoff: Option<RecalledBackoff>) -> Option<ObservedWait> {
        let (course, now) = (self.course, self.course.taken);
        let terminating = match vacancy.origin {
            VacancyOrigin::Left(before) if course.waits_for_terminating() => course.pods[before].ended.is_none(),
            _ => false,
        };
        if terminating {
            let rule =
                "podReplacementPolicy Failed: it is created when the Pod before it, which is terminating, has ended";
            return Some(ObservedWait::new(vacancy.since, None, WaitCause::Terminating, rule.to_owned()));
        }
        if let Some(backoff) = backoff.filter(|backoff| backoff.until > now) {
            let (rule, expected) = (backoff_rule(&backoff, self.params, None), Some(backoff.until));
            let wait = ObservedWait::new(vacancy.since, None, WaitCause::Backoff, rule);
            return Some(ObservedWait { expected, is_certain: backoff.is_certain, ..wait });
        }
        if let Some(part) = self.refused(vacancy.since, now) {
            return Some(ObservedWait::new(vacancy.since, None, part.cause, part.rule));
        }
        let due = backoff.map_or(vacancy.since, |backoff| backoff.until.max(vacancy.since));
        if now - due < SLACK {
            return None;
        }
        if !course.has_events {
            let rule = format!(
                "by the rules a Pod has been due since {}: the controller is down or cut off, or creating the Pod is refused (a quota, an \
                 admission webhook); the Events, which say which, are not in the dump",
                clock(due)
            );
            let wait = ObservedWait::new(vacancy.since, None, WaitCause::Unknown, rule);
            return Some(ObservedWait { is_certain: false, ..wait });
        }
        let rule = format!(
            "by the rules a Pod has been due since {}, and the Job controller has done nothing since: it is down, without a \
             leader, cut off from the API server, or the dump is older than it looks",
            clock(due)
        );
        let wait = ObservedWait::new(vacancy.since, None, WaitCause::ControllerDown, rule);
        Some(ObservedWait { expected: Some(due), is_certain: false, ..wait })
    }

    /// Indexes whose last Pod has failed and that have not failed for good.
    fn open_indexes(&self) -> Vec<ObservedWait> {
        let (course, now) = (self.course, self.course.taken);
        let limit = course.spec.backoff_limit_per_index.unwrap_or(i32::MAX);
        let mut last = std::collections::BTreeMap::new();
        for (place, pod) in course.pods.iter().enumerate() {
            last.extend(pod.index.map(|index| (index, place)));
        }
        let open = last.into_iter().filter_map(|(index, place)| {
            let (pod, ix) = (&course.pods[place], i32::try_from(index).ok()?);
            let seen = pod.seen.as_ref()?;
            let left = pod.left().filter(|_| pod.end != super::course::CourseEnd::Succeeded)?;
            if course.indexes[1].has(ix) || seen.index_failures >= limit {
                return None;
            }
            if course.waits_for_terminating() && pod.ended.is_none() {
                let rule = "podReplacementPolicy Failed: the index is tried again when its Pod, which is terminating, has ended";
                return Some(ObservedWait::new(left, None, WaitCause::Terminating, rule.to_owned()));
            }
            let failures = seen.index_failures + seen.index_ignored + 1;
            let until = left + backoff_for(failures, self.params);
            let backoff = RecalledBackoff { failures, last: left, until, is_certain: true };
            let rule = backoff_rule(&backoff, self.params, Some(index));
            let wait = ObservedWait::new(left, None, WaitCause::Backoff, rule);
            (until > now).then_some(ObservedWait { expected: Some(until), ..wait })
        });
        open.collect()
    }
}

/// The back-off in words.
fn backoff_rule(backoff: &RecalledBackoff, params: &JobControllerParams, index: Option<u32>) -> String {
    let n = backoff.failures;
    let span = backoff_for(n, params);
    let whose = index.map_or(String::new(), |index| format!(" of index {index}"));
    let failures = if n == 1 { format!("1 failure{whose}") } else { format!("{n} failures in a row{whose}") };
    let cap = if span == params.max_pod_failure_backoff { ", the longest there is" } else { "" };
    let sure = if backoff.is_certain { "" } else { " (the number of failures is the one that fits best)" };
    format!("back-off of {span}{cap} after {failures}, counted from {}{sure}", clock(backoff.last))
}

fn times(n: u32) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}
