//! The record of one CronJob: for each start that was due, whether a Job was created, how late, or why not. It computes
//! the due times from the schedule, as the controller does; everything else comes from observations.
//!
//! Invariant: a due start is started, skipped or open. Only the last one can be open, because the controller never
//! makes up for an earlier start than the latest.

use super::{CronNotice, TimePersistent};
use crate::api::{CronJobSpec, CronJobStatus};
use crate::controller::cronjob::START_DELAY;
use crate::cron::Schedule;
use crate::id::JobId;
use crate::time::{SimDuration, SimTime, WallClock};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How long the API server keeps Kubernetes Events. Source: kube-apiserver, `--event-ttl`, 1 h.
const EVENT_TTL: SimDuration = SimDuration::from_secs(3_600);

/// What the recorder is told when a CronJob is written.
#[derive(Clone, Debug)]
pub struct CronFacts {
    /// Its spec.
    pub spec: Arc<CronJobSpec>,
    /// Its status.
    pub status: CronJobStatus,
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// Whether it has disappeared.
    pub gone: bool,
}

/// Why a start was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// `concurrencyPolicy: Forbid`, and a Job was still active.
    Active,
    /// The CronJob was suspended.
    Suspended,
    /// The controllers were down.
    ControllersDown,
    /// `startingDeadlineSeconds` had passed.
    Deadline,
    /// The Job could not be created.
    Refused,
    /// The controller looked at it only when a later start was due.
    Late,
}

impl SkipReason {
    /// Every reason, in the order in which they are listed.
    pub const ALL: [SkipReason; 6] =
        [Self::Active, Self::Suspended, Self::ControllersDown, Self::Deadline, Self::Refused, Self::Late];

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Forbid, a Job was active",
            Self::Suspended => "suspended",
            Self::ControllersDown => "controllers down",
            Self::Deadline => "starting deadline over",
            Self::Refused => "creation refused",
            Self::Late => "a later start was due",
        }
    }

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::ControllersDown => "controllersDown",
            Self::Deadline => "deadline",
            Self::Refused => "refused",
            Self::Late => "late",
        }
    }
}

/// The outcome of a start that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This Job was created then.
    Started(JobId, SimTime),
    /// No Job was created.
    Skipped(SkipReason),
    /// Neither so far: the Job may still be created.
    Open,
}

/// A start that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// When, by the schedule.
    pub due: SimTime,
    /// Its outcome.
    pub fate: Fate,
}

/// The record of one CronJob.
#[derive(Clone, Debug, Default)]
pub struct CronRecord {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// When it was created; `None` if it was not.
    pub created: Option<SimTime>,
    /// When it was created in the cluster that it was read from, if it was read from one.
    pub created_before: Option<SimTime>,
    /// When it disappeared.
    pub gone: Option<SimTime>,
    /// Its state when it was last written.
    pub facts: Option<CronFacts>,
    /// Starts that were due.
    pub due: u32,
    /// Due starts for which a Job was created.
    pub started: u32,
    /// Of those started, the ones that were late because a Job was active, the CronJob suspended or the controllers
    /// down.
    pub delayed: u32,
    /// Due starts that were skipped, in the order of [`SkipReason::ALL`].
    pub skipped: [u32; SkipReason::ALL.len()],
    /// Jobs that were deleted for a new one (`concurrencyPolicy: Replace`).
    pub replaced: u32,
    /// How often the controller reported too many missed starts (more than a hundred).
    pub too_many_missed: u32,
    /// When its schedule or zone was last edited.
    pub edited: Option<SimTime>,
    /// Jobs created for a time before such an edit: the controller applies the new schedule to the past too.
    pub made_after_edit: u32,
    /// How many Jobs were created with each lateness.
    pub late: BTreeMap<SimDuration, u32>,
    /// Every start that was due, in order; empty unless the recorder lists starts.
    pub starts: Vec<Start>,
    /// Its Events of the last hour.
    pub notices: VecDeque<CronNotice>,
    /// How many of its Jobs beyond the first are under way: Jobs that have not ended, or that still have running Pods.
    pub beyond_first: TimePersistent,
    under_way: u32,
    course: Course,
}

/// How far the schedule has been followed.
#[derive(Clone, Debug, Default)]
struct Course {
    schedule: Option<Schedule>,
    /// When the next start is due, in seconds since the Unix epoch.
    next: Option<i64>,
    current: Option<Current>,
    down: bool,
    keeps: bool,
    /// How many more due starts may still be recorded; `None` once more were due than that.
    left: Option<u64>,
}

/// The start that was due most recently.
#[derive(Clone, Copy, Debug)]
struct Current {
    due: i64,
    started: bool,
    /// Why no Job was created when it was due.
    blocked: Option<SkipReason>,
}

impl CronRecord {
    /// The record of a CronJob that is not yet created; `keeps_starts`: each start is listed.
    pub fn new(namespace: &str, name: &str, keeps_starts: bool) -> Self {
        let course = Course { keeps: keeps_starts, left: Some(u64::MAX), ..Course::default() };
        CronRecord { name: name.to_owned(), namespace: namespace.to_owned(), course, ..CronRecord::default() }
    }

    /// Lists each start from now on.
    pub(super) fn keep_starts(&mut self) {
        self.course.keeps = true;
    }

    /// Runs `act`, which may record at most `left` due starts; returns how many are left, or `None` if more were due.
    pub(super) fn within(&mut self, left: u64, act: impl FnOnce(&mut Self)) -> Option<u64> {
        self.course.left = Some(left);
        act(self);
        self.course.left.map(|rest| left - rest)
    }

    /// How many starts were skipped.
    pub fn skipped(&self) -> u32 {
        self.skipped.iter().sum()
    }

    /// How many starts are open: 0 or 1.
    pub fn open(&self) -> u32 {
        self.due - self.started - self.skipped()
    }

    /// The quantile of the lateness of starts: the given share (0 to 1) is at most as late. `None` without starts.
    pub fn lateness(&self, share: f64) -> Option<SimDuration> {
        let rank = (share * f64::from(self.started)).ceil().max(1.0);
        let mut upto = 0.0;
        let reached = self.late.iter().find(|(_, count)| {
            upto += f64::from(**count);
            upto >= rank
        });
        reached.or(self.late.last_key_value()).map(|(late, _)| *late)
    }

    /// For how long more than one of its Jobs was under way.
    pub fn overlap(&self) -> SimDuration {
        self.beyond_first.busy()
    }

    /// The greatest number of its Jobs that were under way at the same time.
    pub fn most_at_once(&self) -> u32 {
        u32::from(self.started > 0) + self.beyond_first.most()
    }

    /// It was written.
    pub(super) fn written(&mut self, at: SimTime, facts: CronFacts, clock: WallClock) {
        self.advance(at, clock);
        self.created.get_or_insert(at);
        let over = facts.gone || facts.deleting;
        let is_new = |old: &CronFacts| !old.spec.has_times_of(&facts.spec);
        if self.facts.as_ref().is_some_and(is_new) {
            self.edited = Some(at);
        }
        if self.facts.as_ref().is_none_or(is_new) {
            let schedule = Schedule::of_cronjob(&facts.spec.schedule, facts.spec.time_zone.as_deref());
            self.course.schedule = schedule.ok();
            self.course.next = self.course.schedule.as_ref().and_then(|s| s.next(clock.unix(at)));
        }
        if facts.gone {
            self.gone.get_or_insert(at);
        }
        self.facts = Some(facts);
        if over && self.course.next.take().is_some() {
            self.settle_last(at, clock);
            self.withdraw();
        }
    }

    /// The CronJob is deleted. An open start is skipped if something held it up; else it no longer counts as due.
    fn withdraw(&mut self) {
        let Some(current) = self.course.current.take().filter(|c| !c.started) else { return };
        match current.blocked {
            Some(reason) => self.skip(reason),
            None => {
                self.due -= 1;
                self.starts.pop();
            }
        }
    }

    /// Moves the clock to `now`: records the starts that have become due.
    fn advance(&mut self, now: SimTime, clock: WallClock) {
        let now = clock.unix(now);
        while let Some(due) = self.course.next.filter(|due| *due <= now) {
            self.course.left = self.course.left.and_then(|left| left.checked_sub(1));
            if self.course.left.is_none() {
                return;
            }
            self.close_current(due);
            let suspended = self.facts.as_ref().is_some_and(|facts| facts.spec.suspend);
            let blocked = match (suspended, self.course.down) {
                (true, _) => Some(SkipReason::Suspended),
                (_, true) => Some(SkipReason::ControllersDown),
                _ => None,
            };
            self.enter(due, clock);
            self.course.current = Some(Current { due, started: false, blocked });
            self.course.next = self.course.schedule.as_ref().and_then(|s| s.next(due));
        }
    }

    fn enter(&mut self, due: i64, clock: WallClock) {
        self.due += 1;
        if self.course.keeps {
            self.starts.push(Start { due: clock.at(due), fate: Fate::Open });
        }
        self.assert_sum();
    }

    /// Asserts that each due start is started, skipped or open, and that at most one is open.
    fn assert_sum(&self) {
        let decided = self.started + self.skipped();
        let due = self.due;
        assert!(decided <= due && due <= decided + 1, "{due} starts were due, {decided} are decided");
    }

    /// Sets the outcome of the last listed start.
    fn decide(&mut self, fate: Fate) {
        if let Some(start) = self.starts.last_mut() {
            assert!(start.fate == Fate::Open, "a start is decided once: {start:?}, {fate:?}");
            start.fate = fate;
        }
    }

    /// Whether at `now` the starting deadline of the start that was due at `due` has passed (both in seconds since the
    /// Unix epoch).
    fn is_too_late(&self, due: i64, now: i64) -> bool {
        let deadline = self.facts.as_ref().and_then(|facts| facts.spec.starting_deadline_seconds);
        deadline.is_some_and(|seconds| due.saturating_add(seconds) < now)
    }

    /// A later start is due at `next`: an open one is skipped.
    fn close_current(&mut self, next: i64) {
        let Some(current) = self.course.current.take().filter(|c| !c.started) else { return };
        let otherwise = if self.is_too_late(current.due, next) { SkipReason::Deadline } else { SkipReason::Late };
        self.skip(current.blocked.unwrap_or(otherwise));
    }

    fn skip(&mut self, reason: SkipReason) {
        self.skipped[reason as usize] += 1;
        self.assert_sum();
        self.decide(Fate::Skipped(reason));
    }

    /// No later start will come due: the last one is skipped if its Job can no longer be created.
    fn settle_last(&mut self, now: SimTime, clock: WallClock) {
        let Some(current) = self.course.current.filter(|c| !c.started) else { return };
        if self.is_too_late(current.due, clock.unix(now)) {
            self.course.current = None;
            self.skip(current.blocked.unwrap_or(SkipReason::Deadline));
        }
    }

    /// The controller emitted an Event, whose reason can say why no Job was created.
    pub(super) fn emitted(&mut self, at: SimTime, reason: &str, clock: WallClock) {
        self.advance(at, clock);
        self.too_many_missed += u32::from(reason == "TooManyMissedTimes");
        let Some(current) = self.course.current.as_mut().filter(|c| !c.started) else { return };
        match reason {
            "JobAlreadyActive" => current.blocked = Some(SkipReason::Active),
            "FailedCreate" => current.blocked = Some(SkipReason::Refused),
            "MissSchedule" => drop(current.blocked.get_or_insert(SkipReason::Deadline)),
            _ => {}
        }
    }

    /// A Job was created for a scheduled time.
    pub(super) fn job_started(&mut self, at: SimTime, job: JobId, scheduled: i64, clock: WallClock) {
        self.advance(at, clock);
        match self.course.current.as_mut().filter(|c| c.due == scheduled && !c.started) {
            Some(current) => {
                current.started = true;
                self.delayed += u32::from(current.blocked.is_some());
            }
            // The start was due before the schedule was edited, or before the run began.
            None => {
                self.made_after_edit += u32::from(self.edited.is_some_and(|edited| clock.at(scheduled) < edited));
                self.close_current(clock.unix(at));
                self.enter(scheduled, clock);
            }
        }
        self.started += 1;
        self.assert_sum();
        self.decide(Fate::Started(job, at));
        *self.late.entry((at - clock.at(scheduled)).max(SimDuration::ZERO)).or_default() += 1;
    }

    /// The number of its Jobs under way changes by `by`.
    pub(super) fn under_way_changed(&mut self, at: SimTime, by: i32) {
        let beyond = |jobs: u32| jobs.saturating_sub(1) as i32;
        let before = beyond(self.under_way);
        self.under_way = self.under_way.checked_add_signed(by).expect("a Job that ends was under way");
        self.beyond_first.change(at, beyond(self.under_way) - before);
    }

    /// The controllers stopped (`down`), or new ones started.
    pub(super) fn controllers(&mut self, at: SimTime, down: bool, clock: WallClock) {
        self.advance(at, clock);
        self.course.down = down;
        if let Some(current) = self.course.current.as_mut().filter(|c| down && !c.started) {
            current.blocked.get_or_insert(SkipReason::ControllersDown);
        }
    }

    /// An Event reached the API.
    pub(super) fn notice(&mut self, at: SimTime, notice: CronNotice) {
        while self.notices.front().is_some_and(|n| at - n.last > EVENT_TTL) {
            self.notices.pop_front();
        }
        let is_same = |n: &CronNotice| {
            (n.combined, n.emission.reason) == (notice.combined, notice.emission.reason)
                && (n.combined || n.emission.message == notice.emission.message)
        };
        let place = if notice.count > 1 { self.notices.iter().rposition(is_same) } else { None };
        place.and_then(|place| self.notices.remove(place));
        self.notices.push_back(notice);
    }

    /// The run ends.
    pub(super) fn close(&mut self, at: SimTime, clock: WallClock) {
        if self.created.is_some() && self.gone.is_none() {
            // The controller acts START_DELAY after a start is due, so it has not come to later ones yet.
            self.advance(at - START_DELAY, clock);
        }
        self.settle_last(at, clock);
        self.beyond_first.advance(at);
    }
}
