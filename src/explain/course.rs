//! The course of one replication, instant by instant: what changed, why, and what the Job controller saw and remembered
//! at that time. It is what `run --step` and the page show. Everything is read from the running simulation; nothing is
//! computed afterwards.

use super::explainer::{CourseExplainer, has_failed_run};
use super::rules::{AppliedRule, backoff_formula};
use crate::api::{ExitCodeTable, PodPhase};
use crate::controller::job::{BackoffWait, Records, View, backoff_for};
use crate::experiment::{Exhausted, Setup, Simulator};
use crate::id::JobId;
use crate::record::{JobRecord, RecordedRun, Recorder, TimelineChange, TimelineEntry, is_warning};
use crate::release::JobControllerParams;
use crate::report::{change_line, status_word};
use crate::time::{SimDuration, SimTime};
use serde::Serialize;
use std::collections::BTreeMap;

/// The course of a replication.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunCourse {
    /// The instants at which anything changed, in order.
    pub steps: Vec<CourseStep>,
    /// How many changes came after the last step and were not kept.
    pub left_out: u64,
    /// When it stopped, in seconds since the start.
    pub end: f64,
    /// Whether it stopped at the time limit while events were pending.
    pub cut: bool,
}

/// An instant at which something changed.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CourseStep {
    /// When, in seconds since the start.
    pub at: f64,
    /// What changed, in order.
    pub changes: Vec<CourseChange>,
    /// The Jobs that changed, in their state after the step. Other Jobs are as in an earlier step.
    pub jobs: Vec<JobMoment>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CourseChange {
    /// What it is about: `job/import`, `pod/import-3`, `cluster`.
    pub object: String,
    /// What changed.
    pub what: String,
    /// The rule behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<AppliedRule>,
    /// Whether something failed or was refused.
    pub is_failure: bool,
}

/// A Job at an instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobMoment {
    /// Its name.
    pub job: String,
    /// What kubectl shows as STATUS.
    pub status: &'static str,
    /// `status.active`.
    pub active: i32,
    /// `status.ready`.
    pub ready: i32,
    /// `status.terminating`.
    pub terminating: i32,
    /// `status.succeeded`.
    pub succeeded: i32,
    /// `status.failed`.
    pub failed: i32,
    /// Pods in `status.uncountedTerminatedPods`.
    pub uncounted: u32,
    /// What the controller's cache shows, which can be behind; `None` if no controller knows the Job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sees: Option<ControllerSees>,
    /// The back-off that it remembers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<BackoffMoment>,
}

/// What the Job controller sees of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerSees {
    /// Active Pods.
    pub active: u32,
    /// Of these, Pods that are ready.
    pub ready: i32,
    /// Pods that are being deleted and have not finished.
    pub terminating: i32,
    /// Finished Pods that are still to be counted, or still have their finalizer.
    pub unaccounted: u32,
    /// Creations that it has requested and not yet seen.
    pub expected_creations: i64,
    /// Deletions that it has requested and not yet seen.
    pub expected_deletions: i64,
}

/// The clock of a Pod failure back-off.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackoffMoment {
    /// The completion index, if each index has its own back-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<i32>,
    /// Failures in a row.
    pub failures: i32,
    /// The formula: `10s × 2^3`.
    pub formula: String,
    /// The result of the formula, in seconds.
    pub seconds: f64,
    /// When it is over, in seconds since the start.
    pub until: f64,
    /// How much of it is left, in seconds.
    pub left: f64,
}

impl RunCourse {
    /// Runs a replication and keeps its course, up to `most` changes.
    ///
    /// # Errors
    /// A replication that would use more than its budget.
    pub fn of(setup: &Setup, replication: u32, most: usize) -> Result<Self, Exhausted> {
        let mut simulator = Simulator::new(setup);
        let mut recorder = simulator.begin(replication, true);
        let mut course = CourseBuilder::new(setup, most);
        let mut end = setup.start;
        while let Some(now) = simulator.step(&mut recorder) {
            end = now;
            let entries = std::mem::take(&mut recorder.timeline);
            if !entries.is_empty() {
                course.take(&entries, &recorder, &simulator);
            }
        }
        if let Some(why) = simulator.exhausted() {
            return Err(why);
        }
        let RunCourse { steps, left_out, .. } = course.course;
        Ok(RunCourse { steps, left_out, end: (end - setup.start).as_secs_f64(), cut: simulator.is_cut() })
    }

    /// The state of a Job at a step: that of the latest step up to it in which the Job changed.
    pub fn moment(&self, step: usize, job: &str) -> Option<&JobMoment> {
        let until = self.steps.get(..=step)?;
        until.iter().rev().find_map(|step| step.jobs.iter().find(|moment| moment.job == job))
    }
}

struct CourseBuilder {
    course: RunCourse,
    explainer: CourseExplainer,
    params: JobControllerParams,
    start: SimTime,
    most: usize,
    kept: usize,
    /// The pending waits of indexes.
    waits: BTreeMap<(JobId, i32), BackoffWait>,
}

impl CourseBuilder {
    fn new(setup: &Setup, most: usize) -> Self {
        let params = setup.config.params;
        CourseBuilder {
            course: RunCourse::default(),
            explainer: CourseExplainer::new(setup),
            params,
            start: setup.start,
            most,
            kept: 0,
            waits: BTreeMap::new(),
        }
    }

    fn take(&mut self, entries: &[TimelineEntry], recorder: &Recorder, simulator: &Simulator<'_>) {
        let codes = &simulator.world().env.codes;
        for entry in entries {
            if let (TimelineChange::Wait(wait), Some(job)) = (&entry.what, entry.job)
                && let Some(index) = wait.index
            {
                self.waits.insert((job, index), *wait);
            }
            let run = RecordedRun { recorder, end: entry.at, cut: true };
            let why = self.explainer.take(entry, &run, codes);
            let Some((object, what)) = change_line(entry, &run, codes) else { continue };
            if self.kept == self.most {
                self.course.left_out += 1;
                continue;
            }
            self.kept += 1;
            let change = CourseChange { object, what, why, is_failure: is_failure(&entry.what, codes) };
            self.step(entry.at).changes.push(change);
            let Some(job) = entry.job else { continue };
            let moment = self.moment(job, &recorder.jobs[job.ix()], entry.at, simulator.world().known_of(job));
            let step = self.step(entry.at);
            step.jobs.retain(|known| Some(&known.job) != moment.as_ref().map(|moment| &moment.job));
            step.jobs.extend(moment);
        }
    }

    /// The step of an instant, added if it is new.
    fn step(&mut self, at: SimTime) -> &mut CourseStep {
        let at = (at - self.start).as_secs_f64();
        let steps = &mut self.course.steps;
        if steps.last().is_none_or(|step| step.at != at) {
            steps.push(CourseStep { at, ..CourseStep::default() });
        }
        steps.last_mut().expect("there is one")
    }

    fn moment(
        &mut self,
        id: JobId,
        record: &JobRecord,
        now: SimTime,
        known: Option<(&View, &Records)>,
    ) -> Option<JobMoment> {
        let facts = record.facts.as_ref()?;
        let status = &facts.status;
        let sees = known.map(|(view, records)| {
            let (expected_creations, expected_deletions) = records.expectations.outstanding();
            ControllerSees {
                active: view.active.len() as u32,
                ready: view.ready,
                terminating: view.terminating,
                unaccounted: view.settled.len() as u32,
                expected_creations,
                expected_deletions,
            }
        });
        let of_index = facts.spec.backoff_limit_per_index.is_some();
        let backoff = match known {
            Some(_) if of_index => self.of_indexes(id, now),
            Some((_, records)) if status.finished().is_none() => self.of_record(records, now),
            _ => None,
        };
        Some(JobMoment {
            job: record.name.clone(),
            status: status_word(status, facts.deleting),
            active: status.active,
            ready: status.ready.unwrap_or(0),
            terminating: status.terminating.unwrap_or(0),
            succeeded: status.succeeded,
            failed: status.failed,
            uncounted: (status.uncounted.succeeded.len() + status.uncounted.failed.len()) as u32,
            sees,
            backoff,
        })
    }

    /// The back-off of a Job's record.
    fn of_record(&self, records: &Records, now: SimTime) -> Option<BackoffMoment> {
        let record = records.backoff;
        let since = SimTime::from(record.last_failure_time?);
        let backoff = backoff_for(record.failures_after_last_success, &self.params);
        let wait =
            BackoffWait { until: since + backoff, backoff, failures: record.failures_after_last_success, index: None };
        Some(self.clock(&wait, now))
    }

    /// The back-off of the index whose wait ends first.
    fn of_indexes(&mut self, id: JobId, now: SimTime) -> Option<BackoffMoment> {
        self.waits.retain(|_, wait| wait.until > now);
        let of_job = self.waits.range((id, i32::MIN)..=(id, i32::MAX)).map(|(_, wait)| wait);
        of_job.min_by_key(|wait| wait.until).map(|wait| self.clock(wait, now))
    }

    fn clock(&self, wait: &BackoffWait, now: SimTime) -> BackoffMoment {
        BackoffMoment {
            index: wait.index,
            failures: wait.failures,
            formula: backoff_formula(wait.failures, wait.backoff, &self.params),
            seconds: wait.backoff.as_secs_f64(),
            until: (wait.until - self.start).as_secs_f64(),
            left: (wait.until - now).max(SimDuration::ZERO).as_secs_f64(),
        }
    }
}

/// Whether something failed or was refused.
fn is_failure(what: &TimelineChange, codes: &ExitCodeTable) -> bool {
    match what {
        // The controller had stopped tracking this Pod before, so its failure does not count.
        TimelineChange::Pod(_, Some(before), now, _) => {
            let ends = now.phase == PodPhase::Failed && before.phase != PodPhase::Failed;
            ends && before.finalizer || has_failed_run(before, now, codes)
        }
        TimelineChange::Notice(notice) => is_warning(notice.emission),
        TimelineChange::CronNotice(notice) => notice.emission.warning,
        TimelineChange::Refused(_)
        | TimelineChange::CreateRefused(_)
        | TimelineChange::SyncFailed
        | TimelineChange::ActRefused(_)
        | TimelineChange::ControllersDown => true,
        _ => false,
    }
}
