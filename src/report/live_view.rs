//! What somebody sees who watches a Job: the Pods as `kubectl get pods` shows them, and what the controller does, with
//! its reasons. It takes a timeline's entries as they come; it knows no terminal and no real clock.

use super::kubectl::human_duration;
use super::timeline::line;
use crate::api::{Containers, ExitCodeTable, Pod, PodPhase};
use crate::id::PodId;
use crate::record::RecordedRun;
use crate::record::{TimelineChange, TimelineEntry, pod_name};
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// Reasons that are remembered.
const REASONS: usize = 200;

/// The state of what is watched.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// Pods that are there, in the order of their creation.
    pub pods: Vec<Row>,
    /// What the controller did last, and why: when, and a line.
    pub reasons: VecDeque<(SimTime, String)>,
}

/// A Pod's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
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

/// Something new on the board.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A Pod's line is new or differs.
    Pod(Row),
    /// A line of what the controller did, or what became of the Job.
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
        (PodPhase::Pending, _) if pod.bound => "ContainerCreating",
        (PodPhase::Pending, _) => "Pending",
    }
}

impl Row {
    /// The cells of the line at an instant: NAME, READY, STATUS, RESTARTS, AGE.
    pub fn cells(&self, now: SimTime) -> [String; 5] {
        let age = human_duration((now - self.created).max(SimDuration::ZERO));
        [self.name.clone(), self.ready.clone(), self.status.to_owned(), self.restarts.to_string(), age]
    }

    /// Whether it will not run any more.
    pub fn is_over(&self) -> bool {
        matches!(self.status, "Completed" | "Error")
    }
}

impl Board {
    /// Takes an entry; gives what is new for who watches.
    pub fn take(&mut self, entry: &TimelineEntry, run: &RecordedRun, codes: &ExitCodeTable) -> Option<News> {
        if let TimelineChange::Pod(id, _, pod, gone) = &entry.what {
            return self.pod(*id, pod, *gone, entry, run, codes);
        }
        if matches!(entry.what, TimelineChange::PodDeleted(..)) {
            return None; // the Pod's own line says it
        }
        let (object, text) = line(entry, run, codes)?;
        let text = format!("{object}: {text}");
        if self.reasons.len() == REASONS {
            self.reasons.pop_front();
        }
        self.reasons.push_back((entry.at, text.clone()));
        Some(News::Reason(text))
    }

    fn pod(
        &mut self,
        id: PodId,
        pod: &Pod,
        gone: bool,
        entry: &TimelineEntry,
        run: &RecordedRun,
        codes: &ExitCodeTable,
    ) -> Option<News> {
        let place = self.pods.iter().rposition(|row| row.id == id);
        if gone {
            place.map(|place| self.pods.remove(place));
            return None;
        }
        let job = &run.recorder.jobs[entry.job?.ix()];
        let containers = job.facts.as_ref().map_or(1, |f| f.spec.template.containers.len());
        let ready = if pod.is_ready() { containers } else { 0 };
        let row = Row {
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
        Some(News::Pod(row))
    }

    /// The `most` lines that matter most: Pods that are not over before those that are, and of each the newest.
    pub fn shown(&self, most: usize) -> Vec<&Row> {
        let mut shown: Vec<&Row> = self.pods.iter().filter(|row| !row.is_over()).rev().take(most).collect();
        let left = most - shown.len();
        shown.extend(self.pods.iter().filter(|row| row.is_over()).rev().take(left));
        shown.sort_by_key(|row| row.id);
        shown
    }
}
