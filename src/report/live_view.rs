//! The state behind `jobsim watch`: the Pods as `kubectl get pods` shows them, and what the controller does, with its
//! reasons. It takes a timeline's entries one by one; it knows neither the terminal nor the real clock.

use super::kubectl::human_duration;
use super::timeline::line;
use crate::api::{Containers, ExitCodeTable, Pod, PodPhase, WaitingReason};
use crate::id::PodId;
use crate::record::RecordedRun;
use crate::record::{TimelineChange, TimelineEntry, pod_name};
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// How many reasons are kept: more than any terminal has lines.
const REASONS: usize = 200;

/// What is shown.
#[derive(Clone, Debug, Default)]
pub struct LiveView {
    /// Pods that exist, in the order of their creation.
    pub pods: Vec<PodRow>,
    /// What the controller did most recently, and why: the instant and a line.
    pub reasons: VecDeque<(SimTime, String)>,
}

/// A Pod's line.
#[derive(Clone, Debug, PartialEq)]
pub struct PodRow {
    /// Which Pod.
    pub id: PodId,
    /// NAME.
    pub name: String,
    /// READY: containers that are ready, and all.
    pub ready: String,
    /// STATUS.
    pub status: &'static str,
    /// RESTARTS.
    pub restarts: i32,
    /// When it was created.
    pub created: SimTime,
}

/// Something new to show.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveUpdate {
    /// A Pod's line is new or has changed.
    Pod(PodRow),
    /// A line about the controller or the Job.
    Reason(String),
}

/// STATUS as kubectl has it.
fn status(pod: &Pod, codes: &ExitCodeTable) -> &'static str {
    let failed = |exit_codes| codes.get(exit_codes).iter().any(|&code| code != 0);
    match (pod.phase, pod.containers) {
        _ if pod.deleting() => "Terminating",
        (PodPhase::Succeeded, _) => "Completed",
        (PodPhase::Failed, _) => "Error",
        (PodPhase::Running, Containers::Terminated { exit_codes, .. }) if failed(exit_codes) => "CrashLoopBackOff",
        (PodPhase::Running, _) => "Running",
        (PodPhase::Pending, _) if pod.waiting.is_some() => pod.waiting.map_or("Pending", WaitingReason::as_str),
        (PodPhase::Pending, _) if pod.bound => "ContainerCreating",
        (PodPhase::Pending, _) => "Pending",
    }
}

impl PodRow {
    /// The cells of the line at an instant: NAME, READY, STATUS, RESTARTS, AGE.
    pub fn cells(&self, now: SimTime) -> [String; 5] {
        let age = human_duration((now - self.created).max(SimDuration::ZERO));
        [self.name.clone(), self.ready.clone(), self.status.to_owned(), self.restarts.to_string(), age]
    }

    /// Whether it will never run again.
    pub fn is_over(&self) -> bool {
        matches!(self.status, "Completed" | "Error")
    }
}

impl LiveView {
    /// Takes an entry; returns what is new.
    pub fn take(&mut self, entry: &TimelineEntry, run: &RecordedRun, codes: &ExitCodeTable) -> Option<LiveUpdate> {
        if let TimelineChange::Pod(id, _, pod, gone) = &entry.what {
            return self.pod(*id, pod, *gone, entry, run, codes);
        }
        if matches!(entry.what, TimelineChange::PodDeleted(..)) {
            return None; // The Pod's own line says it.
        }
        let (object, text) = line(entry, run, codes)?;
        let text = format!("{object}: {text}");
        if self.reasons.len() == REASONS {
            self.reasons.pop_front();
        }
        self.reasons.push_back((entry.at, text.clone()));
        Some(LiveUpdate::Reason(text))
    }

    /// Takes a change of a Pod. A write that changes nothing in the Pod's line is no news.
    fn pod(
        &mut self,
        id: PodId,
        pod: &Pod,
        gone: bool,
        entry: &TimelineEntry,
        run: &RecordedRun,
        codes: &ExitCodeTable,
    ) -> Option<LiveUpdate> {
        let place = self.pods.iter().rposition(|row| row.id == id);
        if gone {
            place.map(|place| self.pods.remove(place));
            return None;
        }
        let job = &run.recorder.jobs[entry.job?.ix()];
        let containers = job.facts.as_ref().map_or(1, |f| f.spec.template.containers.len());
        let ready = if pod.is_ready() { containers } else { 0 };
        let row = PodRow {
            id,
            name: pod_name(&job.name, pod),
            ready: format!("{ready}/{containers}"),
            status: status(pod, codes),
            restarts: pod.restarts,
            created: place.map_or(entry.at, |place| self.pods[place].created),
        };
        match place {
            Some(place) if self.pods[place] == row => return None,
            Some(place) => self.pods[place] = row.clone(),
            None => self.pods.push(row.clone()),
        }
        Some(LiveUpdate::Pod(row))
    }

    /// The `most` most important lines: unfinished Pods before finished ones, and of each the newest.
    pub fn shown(&self, most: usize) -> Vec<&PodRow> {
        let mut shown: Vec<&PodRow> = self.pods.iter().filter(|row| !row.is_over()).rev().take(most).collect();
        let left = most - shown.len();
        shown.extend(self.pods.iter().filter(|row| row.is_over()).rev().take(left));
        shown.sort_by_key(|row| row.id);
        shown
    }
}
