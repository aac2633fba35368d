//! The course of a run, attempt by attempt. Pods (or restarts of containers) that start together are one step, with the
//! wait before them and the rule behind it. Waits are read from the timeline; none is computed here.

use super::explainer::{of_end, of_wait};
use super::rules::{restart_rule, start_rule};
use super::what_if::VariantRun;
use super::{rounded, seconds, seconds_or_null};
use crate::api::{CompletionIndex, Intervals, JobConditionType, JobReason, Pod};
use crate::controller::job::BackoffWait;
use crate::experiment::Setup;
use crate::record::message_text;
use crate::record::{JobRecord, TimelineChange};
use crate::report::status_word;
use crate::time::{SimDuration, SimTime};
use serde::Serialize;

/// The greatest number of steps that are shown before the last one.
const SHOWN: usize = 11;

/// Pods that were created together, or containers that were restarted together.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorstCaseStep {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When they were created or restarted, counted from the Job's creation.
    #[serde(rename = "atSeconds", serialize_with = "seconds")]
    pub at: SimDuration,
    /// How many Pods (or restarted containers).
    pub pods: u32,
    /// Their completion indexes; empty if there are none.
    pub indexes: String,
    /// Whether containers were restarted in Pods that remained.
    pub restarts: bool,
    /// The back-off before it. Part of it may have passed while other Pods were running.
    #[serde(rename = "backoffSeconds", serialize_with = "seconds_or_null")]
    pub backoff: Option<SimDuration>,
    /// The rule behind it.
    pub why: String,
}

/// How a Job ends.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorstCaseEnd {
    /// What kubectl shows as STATUS.
    pub status: &'static str,
    /// The reason of the last condition; `None` if the Job does not end.
    pub reason: Option<&'static str>,
    /// The condition's message, or why there is no end.
    pub message: String,
    /// When the end was written (or the run was stopped), counted from the Job's creation.
    #[serde(rename = "atSeconds", serialize_with = "seconds")]
    pub at: SimDuration,
    /// When it was decided: FailureTarget or SuccessCriteriaMet.
    #[serde(rename = "decidedSeconds", serialize_with = "seconds_or_null")]
    pub decided: Option<SimDuration>,
    /// How many Pods were created in total.
    pub pods: u32,
    /// Of these, Pods that were still running or pending when the end was decided.
    pub stopped: u32,
    /// `status.failed`.
    pub failed: i32,
    /// How many container restarts there were in total.
    pub restarts: u32,
    /// The rule behind the end.
    pub why: String,
    /// The reason as in the API.
    #[serde(skip)]
    pub code: Option<JobReason>,
}

impl WorstCaseEnd {
    /// How a Job of a run ended.
    pub fn of(job: usize, ran: &VariantRun) -> Self {
        let record = ran.record(job);
        let created = record.created.unwrap_or(SimTime::ZERO);
        let Some(facts) = &record.facts else {
            return Self { message: "the Job is never created".to_owned(), ..Self::nothing() };
        };
        let status = &facts.status;
        let target = [JobConditionType::FailureTarget, JobConditionType::SuccessCriteriaMet];
        let decided = target.into_iter().find_map(|t| status.condition(t).filter(|c| c.status));
        let finished = status.finished();
        let message = match finished {
            Some(c) => message_text(c.message, record, &ran.as_run()),
            None => no_end(record, ran).to_owned(),
        };
        let code = finished.map(|c| c.reason);
        let (written, stopped) = decision(job, ran);
        let mut end = WorstCaseEnd {
            status: status_word(status, facts.deleting),
            reason: code.map(JobReason::as_str),
            message,
            at: record.finished.unwrap_or(ran.end) - created,
            decided: decided.and(written).map(|t| t - created),
            pods: record.pods_created,
            stopped,
            failed: status.failed,
            restarts: record.restarts,
            why: String::new(),
            code,
        };
        end.why = of_end(record, &ran.as_run()).map_or_else(|| end.message.clone(), |rule| rule.text);
        end
    }

    fn nothing() -> Self {
        WorstCaseEnd {
            status: "",
            reason: None,
            message: String::new(),
            at: SimDuration::ZERO,
            decided: None,
            pods: 0,
            stopped: 0,
            failed: 0,
            restarts: 0,
            why: String::new(),
            code: None,
        }
    }
}

/// When FailureTarget or SuccessCriteriaMet was first written, and how many Pods had not finished by then.
fn decision(job: usize, ran: &VariantRun) -> (Option<SimTime>, u32) {
    let is_decided = |s: &crate::api::JobStatus| {
        s.is_true(JobConditionType::FailureTarget) || s.is_true(JobConditionType::SuccessCriteriaMet)
    };
    let mut unfinished: u32 = 0;
    for entry in ran.recorder.timeline.iter().filter(|e| e.job.is_some_and(|id| id.ix() == job)) {
        match &entry.what {
            TimelineChange::Job(_, now) if is_decided(&now.status) => return (Some(entry.at), unfinished),
            TimelineChange::Pod(_, None, ..) => unfinished += 1,
            TimelineChange::Pod(_, Some(before), now, _) if now.phase.is_terminal() && !before.phase.is_terminal() => {
                unfinished = unfinished.saturating_sub(1);
            }
            _ => {}
        }
    }
    (None, 0)
}

fn no_end(record: &JobRecord, ran: &VariantRun) -> &'static str {
    let Some(facts) = &record.facts else { return "" };
    if facts.spec.is_managed_elsewhere() {
        "another controller manages this Job, so nothing is simulated"
    } else if facts.status.is_true(JobConditionType::Suspended) {
        "the Job is suspended, and no user resumes it"
    } else if facts.spec.parallelism == 0 {
        "parallelism is 0, so no Pod is created"
    } else if ran.cut {
        "no limit ends it; the run was stopped here"
    } else if record.unbound_pods() > 0 {
        "Pods are never bound to a node, and no limit ends it"
    } else {
        "its Pods never end and no limit ends them"
    }
}

/// The steps of a Job, and how many are left out before the last.
pub fn steps(job: usize, ran: &VariantRun, setup: &Setup) -> (Vec<WorstCaseStep>, usize) {
    let mut gatherer = StepCollector::new(ran.record(job), setup);
    for entry in ran.recorder.timeline.iter().filter(|e| e.job.is_some_and(|id| id.ix() == job)) {
        match &entry.what {
            TimelineChange::Wait(wait) => gatherer.waits(*wait),
            TimelineChange::Pod(_, None, pod, _) => gatherer.created(entry.at, pod),
            TimelineChange::Pod(_, Some(before), now, _) => gatherer.changed(entry.at, before, now),
            _ => {}
        }
    }
    let mut steps = gatherer.finish();
    let left_out = steps.len().saturating_sub(SHOWN + 1);
    steps.drain(steps.len().min(SHOWN)..steps.len().min(SHOWN) + left_out);
    (steps, left_out)
}

struct StepCollector<'a> {
    record: &'a JobRecord,
    setup: &'a Setup,
    steps: Vec<CollectedSteps>,
    /// The wait since the last creation.
    wait: Option<BackoffWait>,
    /// The index of the latest step of created Pods, while further Pods can join it.
    open: Option<usize>,
    /// Pods that have not finished.
    unfinished: u32,
    /// When containers last exited.
    exited: SimTime,
}

struct CollectedSteps {
    step: WorstCaseStep,
    last: SimTime,
    indexes: Vec<i32>,
}

impl<'a> StepCollector<'a> {
    fn new(record: &'a JobRecord, setup: &'a Setup) -> Self {
        StepCollector { record, setup, steps: Vec::new(), wait: None, open: None, unfinished: 0, exited: SimTime::ZERO }
    }

    fn since(&self, t: SimTime) -> SimDuration {
        t - self.record.created.unwrap_or(SimTime::ZERO)
    }

    fn waits(&mut self, wait: BackoffWait) {
        self.wait = Some(wait);
        self.open = None;
    }

    fn created(&mut self, at: SimTime, pod: &Pod) {
        self.open = self.open.filter(|_| self.unfinished > 0);
        self.unfinished += 1;
        let open = match self.open {
            Some(open) => open,
            None => self.begin(at),
        };
        let gathered = &mut self.steps[open];
        gathered.step.pods += 1;
        gathered.last = at;
        gathered.indexes.extend(pod.index.map(CompletionIndex::get));
    }

    fn begin(&mut self, at: SimTime) -> usize {
        let why = match self.wait {
            Some(wait) => of_wait(&wait, self.record, &self.setup.config.params).text,
            None if self.steps.is_empty() => self.why_first(),
            None => "Pods that have ended are replaced at once".to_owned(),
        };
        let backoff = self.wait.take().map(|wait| wait.backoff);
        self.push(at, false, backoff, why)
    }

    fn push(&mut self, at: SimTime, restarts: bool, backoff: Option<SimDuration>, why: String) -> usize {
        let attempt = self.steps.len() as u32 + 1;
        let step =
            WorstCaseStep { attempt, at: self.since(at), pods: 0, indexes: String::new(), restarts, backoff, why };
        self.steps.push(CollectedSteps { step, last: at, indexes: Vec::new() });
        if !restarts {
            self.open = Some(self.steps.len() - 1);
        }
        self.steps.len() - 1
    }

    fn changed(&mut self, at: SimTime, before: &Pod, now: &Pod) {
        if now.phase.is_terminal() && !before.phase.is_terminal() {
            self.unfinished = self.unfinished.saturating_sub(1);
        }
        if before.containers.run() && !now.containers.run() {
            self.exited = at;
        }
        if now.restarts > before.restarts {
            let attempt = now.restarts as usize + 1;
            while self.steps.len() < attempt {
                self.push(
                    at,
                    true,
                    Some(at - self.exited),
                    restart_rule(self.steps.len(), self.setup.kubelet.delays).text,
                );
            }
            let gathered = &mut self.steps[attempt - 1];
            gathered.step.pods += 1;
            gathered.last = at;
        }
    }

    fn why_first(&self) -> String {
        self.record.facts.as_ref().map_or(String::new(), |facts| start_rule(&facts.spec).text)
    }

    fn finish(self) -> Vec<WorstCaseStep> {
        let finish = |gathered: CollectedSteps| {
            let CollectedSteps { mut step, last, indexes } = gathered;
            if !indexes.is_empty() {
                let mut indexes = indexes;
                indexes.sort_unstable();
                indexes.dedup();
                step.indexes = Intervals::default().with_ordered_indexes(&indexes).to_string();
            }
            let created = self.record.created.unwrap_or(SimTime::ZERO);
            let took = (last - created) - step.at;
            if took >= SimDuration::from_secs(2) && !step.restarts {
                step.why += &format!("; their creation takes {} (slow start, client throttle)", rounded(took));
            }
            step
        };
        self.steps.into_iter().map(finish).collect()
    }
}
