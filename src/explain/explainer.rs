//! Finds the rule behind an entry of a run's timeline. It takes the entries in order and remembers what explains the
//! creation of a Pod: the wait before it, or the Pods that have ended. The texts are in [`super::rules`].

use super::rules::{
    AppliedRule, CountedFailures, deletion_rule, end_rule, end_waits_rule, end_written_rule, exit_rule, failure_rule,
    let_go_rule, replacement_rule, restart_rule, start_rule, success_rule, wait_rule,
};
use super::rules_of_cluster as around;
use crate::api::{CompletionIndex, ExitCodeTable, JobCondition, JobConditionType, Pod, PodPhase};
use crate::controller::job::{BackoffWait, match_pod_failure_policy};
use crate::experiment::Setup;
use crate::id::JobId;
use crate::model::Delays;
use crate::record::{JobFacts, JobRecord, RecordedRun, TimelineChange, TimelineEntry, message_text};
use crate::release::JobControllerParams;
use crate::time::SimTime;
use std::collections::BTreeMap;

/// Explains the entries of a run's timeline.
#[derive(Debug)]
pub struct CourseExplainer {
    params: JobControllerParams,
    delays: Delays,
    jobs: BTreeMap<JobId, ExplainedJob>,
}

/// What is remembered of a Job.
#[derive(Debug, Default)]
struct ExplainedJob {
    facts: Option<JobFacts>,
    /// The last wait of the Job or of each index, removed when a Pod ends.
    waits: BTreeMap<Option<i32>, BackoffWait>,
    /// Whether any Pod has ended.
    has_ended_pods: bool,
}

impl CourseExplainer {
    /// An explainer for a run of this setup.
    pub fn new(setup: &Setup) -> Self {
        CourseExplainer { params: setup.config.params, delays: setup.kubelet.delays, jobs: BTreeMap::new() }
    }

    /// The rule behind an entry, if there is one. Entries must be given in order.
    pub fn take(&mut self, entry: &TimelineEntry, run: &RecordedRun<'_>, codes: &ExitCodeTable) -> Option<AppliedRule> {
        let Some(id) = entry.job else { return of_cluster(&entry.what) };
        let record = &run.recorder.jobs[id.ix()];
        let memory = self.jobs.entry(id).or_default();
        let rule = match &entry.what {
            TimelineChange::Job(before, now) => {
                memory.facts = Some(now.clone());
                of_job(before.as_ref(), now, record, run, &self.params)
            }
            TimelineChange::Pod(_, before, now, gone) => {
                memory.pod(before.as_ref(), now, *gone, record, (self.params, self.delays), codes)
            }
            TimelineChange::PodDeleted(_, _, cause) => {
                memory.facts.as_ref().map(|facts| deletion_rule(*cause, &facts.spec))
            }
            TimelineChange::Wait(wait) => {
                memory.waits.insert(wait.index, *wait);
                Some(of_wait(wait, record, &self.params))
            }
            TimelineChange::Notice(notice) => notice.combined.then(around::combined_rule),
            TimelineChange::Throttled(wait) => Some(around::throttled_rule(*wait)),
            TimelineChange::RoomWait(_) => Some(around::room_rule(run.recorder.most_running())),
            TimelineChange::Refused(_) => Some(around::refused_rule()),
            TimelineChange::CreateRefused(_) => Some(around::create_refused_rule()),
            TimelineChange::SyncFailed => Some(around::sync_failed_rule(&self.params)),
            other => of_cluster(other),
        };
        if matches!(&entry.what, TimelineChange::Job(_, now) if now.gone) {
            self.jobs.remove(&id);
        }
        rule
    }
}

/// The rule behind a wait of a Job.
pub fn of_wait(wait: &BackoffWait, record: &JobRecord, params: &JobControllerParams) -> AppliedRule {
    let created = record.created.unwrap_or(SimTime::ZERO);
    wait_rule(wait, (wait.until - wait.backoff) - created, params)
}

/// The rule behind the end of a Job, by its last condition; `None` if it has not ended.
pub fn of_end(record: &JobRecord, run: &RecordedRun<'_>) -> Option<AppliedRule> {
    let facts = record.facts.as_ref()?;
    let end = facts.status.finished()?;
    let counted = CountedFailures::of(&facts.status, record.restarts);
    Some(end_rule(end.reason, &message_text(end.message, record, run), &facts.spec, counted))
}

fn of_cluster(what: &TimelineChange) -> Option<AppliedRule> {
    match what {
        TimelineChange::ControllersDown => Some(around::down_rule()),
        TimelineChange::ControllersUp => Some(around::up_rule()),
        TimelineChange::ActRefused(_) => Some(around::refused_rule()),
        TimelineChange::CronNotice(notice) => around::cron_event_rule(notice.emission.reason),
        _ => None,
    }
}

/// The rule behind a write of a Job: that of its most important change.
fn of_job(
    before: Option<&JobFacts>,
    now: &JobFacts,
    record: &JobRecord,
    run: &RecordedRun<'_>,
    params: &JobControllerParams,
) -> Option<AppliedRule> {
    let Some(before) = before else { return Some(around::created_rule()) };
    let (old, new) = (&before.status, &now.status);
    if now.gone {
        let is_finished = old.finished().is_some();
        return Some(around::gone_rule(now.spec.ttl_seconds_after_finished, is_finished));
    }
    let is_new = |c: &&JobCondition| {
        old.condition(c.condition_type).is_none_or(|was| (was.status, was.reason) != (c.status, c.reason))
    };
    let fresh: Vec<&JobCondition> = new.conditions.iter().filter(is_new).collect();
    let named = |wanted: JobConditionType| fresh.iter().find(|c| c.condition_type == wanted && c.status);
    let decided = named(JobConditionType::FailureTarget).or_else(|| named(JobConditionType::SuccessCriteriaMet));
    if let Some(end) = decided {
        let message = message_text(end.message, record, run);
        let mut rule = end_rule(end.reason, &message, &now.spec, CountedFailures::of(new, record.restarts));
        if new.finished().is_none() {
            rule.text += &format!("; {}", end_waits_rule(new.terminating.unwrap_or(0)).text);
        }
        return Some(rule);
    }
    if new.finished().is_some() && old.finished().is_none() {
        return Some(end_written_rule());
    }
    if let Some(c) = fresh.iter().find(|c| c.condition_type == JobConditionType::Suspended) {
        return Some(around::suspension_rule(c.status));
    }
    if new.start_time.is_some() && old.start_time.is_none() {
        return Some(around::started_rule(now.spec.active_deadline_seconds));
    }
    let (counted, uncounted) = (new.succeeded + new.failed, new.uncounted.succeeded.len() + new.uncounted.failed.len());
    let was = old.uncounted.succeeded.len() + old.uncounted.failed.len();
    if counted != old.succeeded + old.failed || uncounted != was {
        return Some(around::counted_rule(uncounted > was));
    }
    let numbers = |s: &crate::api::JobStatus| (s.active, s.ready.unwrap_or(0), s.terminating.unwrap_or(0));
    (numbers(old) != numbers(new)).then(|| around::status_rule(params))
}

impl ExplainedJob {
    /// The rule behind a write of a Pod: that of its most important change.
    fn pod(
        &mut self,
        before: Option<&Pod>,
        now: &Pod,
        gone: bool,
        record: &JobRecord,
        (params, delays): (JobControllerParams, Delays),
        codes: &ExitCodeTable,
    ) -> Option<AppliedRule> {
        let facts = self.facts.as_ref()?;
        let Some(before) = before else {
            let of_index = now.index.and_then(|index| self.waits.get(&Some(index.get())));
            let wait = of_index.or_else(|| self.waits.get(&None));
            return Some(match wait {
                Some(wait) => over(of_wait(wait, record, &params)),
                None if self.has_ended_pods => replacement_rule(&facts.spec, &facts.status),
                None => start_rule(&facts.spec),
            });
        };
        if gone && before.phase.is_terminal() {
            return None;
        }
        let ends = now.phase.is_terminal() && !before.phase.is_terminal();
        let spec = &facts.spec;
        let rule = if ends && !before.finalizer {
            Some(let_go_rule())
        } else if ends && now.phase == PodPhase::Failed {
            Some(failure_rule(spec, &match_pod_failure_policy(spec, now, codes), now.index, now.disruption_target))
        } else if ends {
            Some(success_rule(spec))
        } else if now.restarts > before.restarts {
            Some(restart_rule(now.restarts.max(0) as usize, delays))
        } else if has_failed_run(before, now, codes) {
            Some(exit_rule())
        } else if now.deleting() && !before.deleting() {
            Some(around::terminating_rule(spec.template.termination_grace_period_seconds))
        } else if before.finalizer && !now.finalizer {
            Some(around::finalizer_rule())
        } else {
            None
        };
        if ends || now.deleting() && !before.deleting() {
            self.has_ended_pods = true;
            self.waits.remove(&now.index.map(CompletionIndex::get));
            self.waits.remove(&None);
        }
        rule
    }
}

/// Whether containers of a Pod have failed and will be restarted.
pub(super) fn has_failed_run(before: &Pod, now: &Pod, codes: &ExitCodeTable) -> bool {
    let failed = now.containers.exit_codes().is_some_and(|exits| codes.get(exits).iter().any(|&code| code != 0));
    failed && now.containers != before.containers && !now.phase.is_terminal() && !now.containers.run()
}

/// The rule of a wait, once the wait is over.
fn over(rule: AppliedRule) -> AppliedRule {
    AppliedRule { text: format!("the back-off is over: {}", rule.text), ..rule }
}
