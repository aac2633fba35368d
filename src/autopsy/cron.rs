//! Which starts of a CronJob were made, late or not at all, and why. Little is known about the past: Jobs that are
//! cleaned up disappear, Events are kept for an hour, and only the last scheduled time is stored. Starts that may have
//! been made and cleaned up are reported as such.

use super::JobAutopsy;
use super::dump::Dump;
use super::essence::loaded;
use super::waits::{SHORTEST, WaitCause};
use crate::api::ConcurrencyPolicy;
use crate::apiserver::CronJobObject;
use crate::apiserver::rules::{list, member, text};
use crate::cron::Schedule;
use crate::limits::MOST_LISTED_STARTS;
use crate::manifest::{Manifest, SeenEvent};
use crate::release::Release;
use crate::text::time_text::instant;
use crate::time::{SimDuration, SimTime, WallClock};
use serde_json::Value;
use std::sync::Arc;

/// What became of a start that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFate {
    /// Its Job was created in time.
    InTime,
    /// Its Job was created late, for this reason.
    Late(WaitCause),
    /// An earlier Job was active, and the policy is Forbid.
    Forbidden,
    /// The CronJob is suspended.
    Suspended,
    /// `startingDeadlineSeconds` was over.
    Deadline,
    /// The controller did nothing, and when it next looked, a later start was due.
    ControllerDown,
    /// Its Job could not be created.
    Refused,
    /// Its Job may have been created and cleaned up, or not.
    Unknown,
    /// It may still be made.
    Open,
}

impl StartFate {
    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::InTime => "inTime",
            Self::Late(_) => "late",
            Self::Forbidden => "forbidden",
            Self::Suspended => "suspended",
            Self::Deadline => "deadline",
            Self::ControllerDown => "controllerDown",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Open => "open",
        }
    }
}

/// A start that was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueStart {
    /// When, by the schedule.
    pub due: SimTime,
    /// What became of it.
    pub fate: StartFate,
    /// Its Job.
    pub job: Option<String>,
    /// When that was created.
    pub created: Option<SimTime>,
    /// The rule, with its numbers; empty for a start that was made in time.
    pub rule: String,
    /// Whether no other explanation fits.
    pub is_certain: bool,
}

/// What is known about a CronJob.
#[derive(Clone, Debug)]
pub struct CronAutopsy {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// What its controller reads.
    pub object: CronJobObject,
    /// The starts since the first one about which anything is known.
    pub starts: Vec<DueStart>,
    /// When the next one is due, unless it is suspended.
    pub next: Option<SimTime>,
}

/// A Job of a CronJob, whether it still exists or not.
struct MadeStart {
    name: String,
    scheduled: SimTime,
    created: SimTime,
    /// When it ended; `None` if it is still going on or its end is unknown.
    ended: Option<SimTime>,
    /// Whether it is still going on.
    is_active: bool,
    is_there: bool,
    failed: bool,
}

struct StartFinder<'a> {
    object: &'a CronJobObject,
    made: Vec<MadeStart>,
    events: Vec<&'a SeenEvent>,
    jobs: &'a [JobAutopsy],
    last_schedule: Option<SimTime>,
    taken: SimTime,
}

impl CronAutopsy {
    /// All CronJobs of a dump.
    ///
    /// # Errors
    /// If there are CronJobs that no API server would have stored.
    pub(super) fn all(
        dump: &Dump,
        jobs: &[JobAutopsy],
        release: &Release,
        taken: SimTime,
    ) -> Result<Vec<Self>, Vec<String>> {
        dump.cronjobs.iter().map(|cronjob| Self::new(cronjob, (dump, jobs), release, taken)).collect()
    }

    fn new(
        cronjob: &Value,
        (dump, jobs): (&Dump, &[JobAutopsy]),
        release: &Release,
        taken: SimTime,
    ) -> Result<Self, Vec<String>> {
        let (meta, status) = (member(cronjob, "metadata"), member(cronjob, "status"));
        let name = text(meta, "name");
        let Manifest::CronJob(object) = loaded(cronjob, "CronJob", release)? else {
            return Err(vec![format!("CronJob {name}: it is no CronJob")]);
        };
        let schedule = Schedule::of_cronjob(&object.schedule, object.time_zone.as_deref());
        let schedule = schedule.map_err(|why| vec![format!("CronJob {name}: spec.schedule: {why}")])?;
        let (namespace, uid) = (object.namespace.clone(), text(meta, "uid"));
        let events = dump.events.iter().filter(|event| event.is_about("CronJob", (&namespace, name, uid)));
        let active: Vec<&str> = list(status, "active").iter().map(|reference| text(reference, "name")).collect();
        let mut finder = StartFinder {
            object: &object,
            made: Vec::new(),
            events: events.map(Arc::as_ref).collect(),
            jobs,
            last_schedule: instant(text(status, "lastScheduleTime")),
            taken,
        };
        finder.find_made(&active);
        let created = instant(text(meta, "creationTimestamp")).unwrap_or(taken);
        let from = finder.known_since(created);
        let due = due_times(&schedule, from, taken);
        let starts = due.iter().enumerate().map(|(n, at)| finder.start(*at, due.get(n + 1).copied())).collect();
        let clock = WallClock::default();
        let next = schedule.next(clock.unix(taken)).map(|unix| clock.at(unix)).filter(|_| !object.suspend);
        Ok(CronAutopsy { name: name.to_owned(), namespace, starts, next, object: *object })
    }
}

/// The latest starts that were due after an instant, up to the number that is examined.
fn due_times(schedule: &Schedule, from: SimTime, to: SimTime) -> Vec<SimTime> {
    let clock = WallClock::default();
    let mut due = std::collections::VecDeque::new();
    let mut at = clock.unix(from) - 1;
    while let Some(next) = schedule.next(at).filter(|next| *next <= clock.unix(to)) {
        due.push_back(clock.at(next));
        if due.len() > MOST_LISTED_STARTS as usize {
            due.pop_front();
        }
        at = next;
    }
    due.into()
}

impl StartFinder<'_> {
    fn find_made(&mut self, active: &[&str]) {
        let own = self.jobs.iter().filter(|job| {
            job.course.cronjob.as_deref() == Some(&self.object.name) && job.course.namespace == self.object.namespace
        });
        for job in own {
            let course = &job.course;
            let by_name = scheduled_in(&course.name, &self.object.name);
            let Some(scheduled) = course.scheduled.or(by_name) else { continue };
            let ended = course.finished();
            self.made.push(MadeStart {
                name: course.name.clone(),
                scheduled,
                created: course.created,
                ended: ended.map(|end| end.at),
                is_active: ended.is_none(),
                is_there: true,
                failed: ended.is_some_and(|end| end.kind == "Failed"),
            });
        }
        for event in self.events.iter().filter(|event| event.reason == "SuccessfulCreate") {
            let Some((_, name)) = event.message.rsplit_once("Created job ") else { continue };
            let created = if event.is_combined() { event.last } else { event.first };
            let known = self.made.iter().any(|made| made.name == name);
            if let (false, Some(created), Some(scheduled)) = (known, created, scheduled_in(name, &self.object.name)) {
                let done = self.events.iter().find(|e| e.reason == "SawCompletedJob" && e.message.contains(name));
                self.made.push(MadeStart {
                    name: name.to_owned(),
                    scheduled,
                    created,
                    ended: done.and_then(|event| event.first),
                    is_active: active.contains(&name),
                    is_there: false,
                    failed: false,
                });
            }
        }
        self.made.sort_by_key(|made| (made.scheduled, made.created));
    }

    /// The time from which on anything is known.
    fn known_since(&self, created: SimTime) -> SimTime {
        let made = self.made.iter().map(|made| made.scheduled).min();
        let said = self.events.iter().filter_map(|event| event.first).min();
        let first = made.into_iter().chain(said).chain(self.last_schedule).min();
        first.unwrap_or(created).max(created)
    }

    fn start(&self, due: SimTime, next: Option<SimTime>) -> DueStart {
        if let Some(made) = self.made.iter().find(|made| made.scheduled == due) {
            return self.made_start(due, made);
        }
        let (fate, rule, is_certain) = self.missing(due, next);
        DueStart { due, fate, job: None, created: None, rule, is_certain }
    }

    fn made_start(&self, due: SimTime, made: &MadeStart) -> DueStart {
        let late = made.created - due;
        let (mut fate, mut rule, mut is_certain) = (StartFate::InTime, String::new(), true);
        if late >= SHORTEST {
            let before = self.active_at(due, Some(&made.name));
            let freed = before.and_then(|before| before.ended).filter(|ended| *ended <= made.created);
            (fate, rule, is_certain) = match (self.object.concurrency_policy, before, freed) {
                (ConcurrencyPolicy::Forbid, Some(before), Some(_)) => (
                    StartFate::Late(WaitCause::Forbid),
                    format!("concurrencyPolicy Forbid: Job {} was active until then", before.name),
                    true,
                ),
                _ => {
                    let refused = self.event_in("FailedCreate", due, made.created);
                    match refused {
                        Some(event) => (
                            StartFate::Late(WaitCause::Refused),
                            format!("creating it was refused: {}", event.message),
                            true,
                        ),
                        None => {
                            (StartFate::Late(WaitCause::ControllerDown), self.silent(due, Some(made.created)), false)
                        }
                    }
                }
            };
        }
        let (job, created) = (Some(made.name.clone()), Some(made.created));
        DueStart { due, fate, job, created, rule, is_certain }
    }

    /// The Job that was active at an instant.
    fn active_at(&self, at: SimTime, but: Option<&str>) -> Option<&MadeStart> {
        let is_there = |made: &&MadeStart| {
            let ended_later = made.ended.map_or(made.is_active, |ended| ended > at);
            made.created <= at && ended_later && Some(made.name.as_str()) != but
        };
        self.made.iter().rev().find(is_there)
    }

    fn event_in(&self, reason: &str, from: SimTime, to: SimTime) -> Option<&SeenEvent> {
        let is_it = |event: &&&SeenEvent| event.reason == reason && event.last >= Some(from) && event.first <= Some(to);
        self.events.iter().find(is_it).copied()
    }

    /// Why no Job was created for a start.
    fn missing(&self, due: SimTime, next: Option<SimTime>) -> (StartFate, String, bool) {
        let until = next.unwrap_or(self.taken);
        let deadline = self.object.starting_deadline_seconds;
        let missed = self.events.iter().find(|event| event.reason == "MissSchedule" && names(&event.message, due));
        let active = self.active_at(due, None);
        let forbids = self.object.concurrency_policy == ConcurrencyPolicy::Forbid;
        let forbidden = active.filter(|_| forbids).map(|before| {
            let until =
                before.ended.map_or("still is".to_owned(), |at| format!("was until {}", super::creation::clock(at)));
            format!("concurrencyPolicy Forbid: Job {} was active when it was due, and {until}", before.name)
        });
        let too_late = |at: SimTime| deadline.is_some_and(|seconds| at - due > SimDuration::from_secs(seconds));
        if let Some(rule) = forbidden {
            let open = next.is_none() && !too_late(self.taken);
            let ended = active.and_then(|before| before.ended);
            return match (open, ended.filter(|ended| too_late(*ended) && *ended < until)) {
                (true, _) => (StartFate::Open, format!("{rule}; it is made when that has ended"), true),
                (false, Some(_)) => {
                    let seconds = deadline.unwrap_or_default();
                    (StartFate::Forbidden, format!("{rule}; then startingDeadlineSeconds {seconds} was over"), true)
                }
                (false, None) => (StartFate::Forbidden, rule, true),
            };
        }
        // A repeated Event proves only what happened at its first and at its last time.
        let said = self.events.iter().filter(|event| event.reason == "JobAlreadyActive");
        let near = |at: SimTime| at >= due && at - due <= SimDuration::from_secs(10);
        if forbids && said.flat_map(|event| event.first.into_iter().chain(event.last)).any(near) {
            let rule = "concurrencyPolicy Forbid: an earlier Job was active, by the controller's Event".to_owned();
            return (StartFate::Forbidden, rule, true);
        }
        if self.event_in("FailedCreate", due, until).is_some() {
            return (StartFate::Refused, "creating its Job was refused, by the controller's Event".to_owned(), true);
        }
        if let Some(seconds) = deadline.filter(|_| missed.is_some()) {
            let rule = format!(
                "startingDeadlineSeconds {seconds}: the controller came to it later than that (its Event MissSchedule says so)"
            );
            return (StartFate::Deadline, rule, true);
        }
        if self.object.suspend && self.made.iter().all(|made| made.created < due) {
            let sure = self.last_schedule.is_none_or(|last| last < due);
            return (StartFate::Suspended, "the CronJob is suspended (spec.suspend)".to_owned(), sure);
        }
        if next.is_none() && self.taken - due < SHORTEST {
            return (StartFate::Open, "it was due a moment before the dump was taken".to_owned(), true);
        }
        if self.may_be_cleaned_up(due) && !self.events_cover(due) {
            let rule = "its Job is not there: it was cleaned up (history limits), or was never made".to_owned();
            return (StartFate::Unknown, rule, false);
        }
        let later = self.made.iter().find(|made| made.scheduled > due).map(|made| made.created);
        match deadline {
            Some(seconds) if later.unwrap_or(self.taken) - due > SimDuration::from_secs(seconds) => {
                let rule = format!(
                    "startingDeadlineSeconds {seconds}: nothing came from the controller within it, and then it was too late; {}",
                    self.silent(due, later)
                );
                (StartFate::Deadline, rule, false)
            }
            _ => (StartFate::ControllerDown, self.silent(due, later), false),
        }
    }

    /// What fits a controller that did nothing.
    fn silent(&self, from: SimTime, to: Option<SimTime>) -> String {
        let to = to.unwrap_or(self.taken);
        let acted =
            self.jobs.iter().flat_map(|job| &job.course.pods).any(|pod| {
                pod.created > from + SimDuration::from_secs(1) && pod.created < to - SimDuration::from_secs(1)
            });
        if acted {
            "the controller manager worked on other objects meanwhile: the CronJob was suspended then, or edited (the dump does \
             not say)"
                .to_owned()
        } else {
            "nothing came from the controller manager meanwhile: it was down or without a leader, or the CronJob was suspended \
             then (the dump does not say which)"
                .to_owned()
        }
    }

    /// Whether the Event of a Job created at that time would still exist: those of earlier and later Jobs do, each as a
    /// separate Event.
    fn events_cover(&self, due: SimTime) -> bool {
        let made = self.events.iter().filter(|event| event.reason == "SuccessfulCreate");
        let is_combined = made.clone().any(|event| event.is_combined() && event.last >= Some(due));
        let is_recent = self.taken - due < SimDuration::from_secs(3_600);
        is_recent
            && !is_combined
            && made.clone().any(|e| e.first < Some(due))
            && made.clone().any(|e| e.last > Some(due))
    }

    /// Whether a Job for that time may have been created and cleaned up since.
    fn may_be_cleaned_up(&self, due: SimTime) -> bool {
        let is_full = |failed: bool, limit: i32| {
            let kept = self.made.iter().filter(|made| made.is_there && made.ended.is_some() && made.failed == failed);
            let times: Vec<SimTime> = kept.map(|made| made.scheduled).collect();
            times.len() as i64 >= i64::from(limit) && times.iter().min().is_none_or(|oldest| due < *oldest)
        };
        is_full(false, self.object.successful_jobs_history_limit)
            || is_full(true, self.object.failed_jobs_history_limit)
    }
}

/// The scheduled time in the name that a CronJob gives to a Job, which ends in minutes since 1970.
fn scheduled_in(name: &str, cronjob: &str) -> Option<SimTime> {
    let minutes: i64 = name.strip_prefix(cronjob)?.strip_prefix('-')?.parse().ok()?;
    Some(WallClock::default().at(minutes.checked_mul(60)?))
}

/// Whether a message contains a time, in the RFC 1123 format that the controller uses.
fn names(message: &str, at: SimTime) -> bool {
    let time = jiff::Timestamp::from_second(WallClock::default().unix(at));
    time.is_ok_and(|time| message.contains(&time.strftime("%d %b %Y %H:%M:%S").to_string()))
}
