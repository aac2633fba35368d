//! Replays recorded histories of one CronJob: builds the world, steps it, has its Jobs do what their scripts say, and
//! compares every instant with the record.

use super::gather::{CRONJOB, CronJobGathering, last_state, sorted};
use super::record::{ActKind, CronJobRecord, Fault, FaultKind, FaultyOp, How, JobScript, RecordedAct};
use crate::api::{JobCondition, JobConditionType, JobMessage, JobReason, JobStatus};
use crate::apiserver::{CronJobObject, JobObject};
use crate::conformance::histories::replay::{ReplaySteps, renewed};
use crate::conformance::side_by_side::side_by_side;
use crate::conformance::{FirstDifference, Replayer, Verdict, parsed};
use crate::controller::cronjob::{ApiError, ApiErrorKind};
use crate::id::JobId;
use crate::model::NoPods;
use crate::time::{SimDuration, SimTime, WallClock};
use crate::world::{Action, Config, CronFault, FaultyCalls, JobRef, Propagation, Validation, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// How often a new controller checks whether its caches are filled; the first check is too early.
const STARTUP: SimDuration = SimDuration::from_millis(100);

/// Replays cases of these corpora; the memory of a world is used again for the next case.
#[derive(Debug, Default)]
pub struct HistoryReplayer {
    world: Option<World<NoPods>>,
}

/// The result of a replay.
struct Replayed {
    hist: Vec<(i64, Vec<Value>)>,
    last: Value,
    events: Vec<Value>,
    /// By act.
    rejected: Vec<Option<String>>,
}

/// One case under way.
struct Replay<'a> {
    record: &'a CronJobRecord,
    world: &'a mut World<NoPods>,
    clock: WallClock,
    /// Time 0 of the case.
    start: SimTime,
    /// The number of Jobs that the controller created.
    created: usize,
    gathered: CronJobGathering,
}

impl HistoryReplayer {
    fn run(&mut self, record: &CronJobRecord) -> Result<Replayed, String> {
        let clock = WallClock::starting_at(record.start.unix());
        let micros = record.start.0.subsec_microsecond();
        let start = SimTime::ZERO + SimDuration::from_micros(micros.into());
        let config = config(record, clock, start);
        let world = renewed(&mut self.world, config, NoPods);
        let mut replay = Replay { record, world, clock, start, created: 0, gathered: CronJobGathering::default() };
        let numbers = replay.plan()?;
        let hist = replay.hist()?;
        let refusals = &replay.gathered.refusals;
        let of = |number: &u32| refusals.iter().find(|r| r.0 == *number).map(|r| r.1.clone());
        Ok(Replayed {
            hist,
            last: last_state(&replay.world.env.store, clock),
            events: replay.gathered.event_objects(clock),
            rejected: numbers.iter().map(of).collect(),
        })
    }
}

fn config(record: &CronJobRecord, clock: WallClock, start: SimTime) -> Config {
    let micros = SimDuration::from_micros;
    let lag = record.lag.map_or([0; 3], |lag| [lag.request, lag.response, lag.watch]);
    Config {
        clock,
        only_cronjobs: true,
        down_at_first: true,
        startup_delay: STARTUP,
        api_latency: micros(lag[0]).into(),
        answer_latency: micros(lag[1]),
        watch_latency: micros(lag[2]).into(),
        cron_faults: record.faults.iter().map(|f| fault(f, start)).collect(),
        ..Config::default()
    }
}

fn fault(fault: &Fault, start: SimTime) -> CronFault {
    let calls = match fault.op {
        FaultyOp::JobCreate => FaultyCalls::CreateJob,
        FaultyOp::JobDelete => FaultyCalls::DeleteJob,
        FaultyOp::JobGet => FaultyCalls::GetJob,
        FaultyOp::CronJobStatus => FaultyCalls::UpdateStatus,
    };
    let text = match fault.kind {
        FaultKind::Internal => "Internal error occurred: storage unavailable",
        FaultKind::Forbidden => {
            "jobs.batch is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=1, \
             limited: count/jobs.batch=1"
        }
        FaultKind::NsTerminating => "jobs.batch is forbidden: the namespace is being terminated",
        FaultKind::Conflict => "Operation cannot be fulfilled: the object has been modified",
    };
    let kind = match fault.kind {
        FaultKind::NsTerminating => ApiErrorKind::NamespaceTerminating,
        _ => ApiErrorKind::Other,
    };
    let at = |us| start + SimDuration::from_micros(us);
    CronFault { calls, from: at(fault.from), to: at(fault.to), error: ApiError { kind, text: text.to_owned() } }
}

/// A Job's object, as these histories have it.
fn job_manifest(name: &str) -> Value {
    let container = json!({"name": "main", "image": "x"});
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "default"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    })
}

impl Replay<'_> {
    fn at(&self, micros: i64) -> SimTime {
        self.start + SimDuration::from_micros(micros)
    }

    /// Schedules what happens from outside; returns the number of each act.
    fn plan(&mut self) -> Result<Vec<u32>, String> {
        let mut spec = self.record.spec.clone();
        spec["jobTemplate"] = json!({"spec": job_manifest("")["spec"]});
        let manifest = json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": self.record.name, "namespace": "default"},
            "spec": spec,
        });
        let object = CronJobObject::unvalidated(&manifest).map_err(|errors| format!("{errors:?}"))?;
        self.world.add_cronjob(Arc::new(object), self.at(self.record.created));
        let record = self.record;
        record.acts.iter().map(|act| self.plan_act(act)).collect()
    }

    fn plan_act(&mut self, act: &RecordedAct) -> Result<u32, String> {
        let validation = if act.unvalidated { Validation::Off } else { Validation::On };
        let action = match (act.op, &act.set, act.n, &act.name) {
            (ActKind::ControllerStart, ..) => Action::StartControllers,
            (ActKind::ControllerStop, ..) => Action::StopControllers,
            (ActKind::Patch, Some(set), ..) => {
                Action::PatchCronJob(CRONJOB, Arc::new(json!({"spec": set})), validation)
            }
            (ActKind::DeleteJob, _, Some(n), _) => {
                Action::DeleteJob(JobRef::NameOfScheduled(CRONJOB, n as u32 + 1), Propagation::Background)
            }
            (ActKind::CreateJob, _, _, Some(name)) => {
                let object = JobObject::from_value(&job_manifest(name)).map_err(|errors| format!("{errors:?}"))?;
                Action::SubmitJob(Arc::new(object), act.owned.then_some(CRONJOB))
            }
            (ActKind::DeleteCronJob, ..) if act.foreground => Action::DeleteCronJob(CRONJOB, Propagation::Foreground),
            (ActKind::DeleteCronJob, ..) => Action::DeleteCronJob(CRONJOB, Propagation::Background),
            (op, ..) => return Err(format!("the act {op:?} at {} lacks what it needs", act.at)),
        };
        Ok(self.world.add_action(action, self.at(act.at)))
    }

    /// Steps the world to the end of the case; returns its instants.
    ///
    /// # Errors
    /// The case has no end.
    fn hist(&mut self) -> Result<Vec<(i64, Vec<Value>)>, String> {
        let (mut hist, mut steps) = (Vec::new(), ReplaySteps::default());
        let end = self.at(self.record.end).end_of_micro();
        while let Some(next) = self.world.next_time().filter(|t| *t < end) {
            let instant_ends = next.end_of_micro();
            while self.world.next_time().is_some_and(|t| t < instant_ends) {
                self.world.step();
                self.gather();
                steps.count(self.world)?;
            }
            let changes = self.gathered.close(&self.world.env.store, self.clock);
            if !changes.is_empty() {
                hist.push((next.as_micros_rounded() - self.start.as_micros_rounded(), changes));
            }
        }
        Ok(hist)
    }

    fn gather(&mut self) {
        let mut log = std::mem::take(&mut self.world.env.log);
        for observation in log.drain(..) {
            self.gathered.take(observation, &self.world.env.store);
        }
        self.world.env.log = log;
        for job in std::mem::take(&mut self.gathered.born) {
            self.job_born(job);
        }
    }

    /// Schedules the life of a new Job.
    fn job_born(&mut self, id: JobId) {
        let job = &self.world.env.store.jobs[id];
        let born = job.created.unwrap_or_default();
        let after = |micros: i64| born + SimDuration::from_micros(micros);
        if job.scheduled.is_none() {
            let mut acts = self.record.acts.iter().filter(|a| a.op == ActKind::CreateJob && self.at(a.at) == born);
            let act = acts.find(|a| a.name.as_deref() == Some(&*job.name));
            if let Some((micros, how)) = act.and_then(|a| Some((a.finish_after?, a.how?))) {
                self.plan_status(id, after(micros), None, Some(how));
            }
            return;
        }
        let Some(&script) = self.record.jobs.get(self.created % self.record.jobs.len().max(1)) else { return };
        self.created += 1;
        let (JobScript::Starts((start,)) | JobScript::Finishes(start, ..)) = script;
        self.plan_status(id, after(start), Some(after(start)), None);
        if let JobScript::Finishes(_, run, how) = script {
            self.plan_status(id, after(run), Some(after(start)), Some(how));
        }
    }

    fn plan_status(&mut self, id: JobId, at: SimTime, start: Option<SimTime>, how: Option<How>) {
        let (condition_type, reason, message) = match how {
            Some(How::Failed) => {
                (JobConditionType::Failed, JobReason::BackoffLimitExceeded, JobMessage::BackoffLimitExceeded)
            }
            _ => (JobConditionType::Complete, JobReason::CompletionsReached, JobMessage::CompletionsReached),
        };
        let mut status = JobStatus { start_time: start, ..JobStatus::default() };
        if let Some(how) = how {
            let condition = JobCondition { condition_type, status: true, reason, message, last_transition_time: at };
            status.conditions.push(condition);
            status.completion_time = matches!(how, How::Complete).then_some(at);
        }
        self.world.add_action(Action::WriteJobStatus(id, Arc::new(status)), at);
    }
}

/// The first difference between a record and its replay.
fn first_difference(record: &CronJobRecord, got: &Replayed) -> Option<FirstDifference> {
    let recorded = expected_hist(record);
    for place in 0..recorded.len().max(got.hist.len()) {
        let (e, g) = (recorded.get(place), got.hist.get(place));
        if e != g {
            let instant = [e, g].iter().flatten().map(|i| i.0).min();
            let value =
                |side: Option<&(i64, Vec<Value>)>| side.map_or(Value::Null, |(t, c)| json!({"t": t, "changes": c}));
            return Some(FirstDifference { instant, expected: value(e), got: value(g) });
        }
    }
    let rejected: Vec<Option<String>> = record.acts.iter().map(|a| a.rejected.clone()).collect();
    let events = record.event_objects.clone().map(sorted);
    let parts = [
        (record.last.clone(), got.last.clone()),
        (json!({"rejected": rejected}), json!({"rejected": got.rejected})),
        (json!({"eventObjects": events}), json!({"eventObjects": events.as_ref().map(|_| &got.events)})),
    ];
    let (expected, got) = parts.into_iter().find(|(expected, got)| expected != got)?;
    Some(FirstDifference { instant: None, expected, got })
}

fn expected_hist(record: &CronJobRecord) -> Vec<(i64, Vec<Value>)> {
    let instants = record.hist.iter().filter_map(|instant| instant.split_first());
    instants.map(|(t, changes)| (t.as_i64().unwrap_or_default(), sorted(changes.to_vec()))).collect()
}

impl Replayer for HistoryReplayer {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let record: CronJobRecord = parsed(line)?;
        let got = self.run(&record)?;
        Ok(Verdict { difference: first_difference(&record, &got) })
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let whole: Value = parsed(line)?;
        let record: CronJobRecord = parsed(line)?;
        let got = self.run(&record)?;
        let mut text = String::new();
        for field in ["start", "spec", "created", "end", "jobs", "acts", "faults", "lag"] {
            if let Some(value) = whole.get(field) {
                text += &format!("{field}: {value}\n");
            }
        }
        text += &lay_out(&expected_hist(&record), &got.hist);
        if let Some(difference) = first_difference(&record, &got) {
            text += &format!("\n≠ {}", side_by_side(&difference.expected, &difference.got, usize::MAX));
        }
        Ok(text)
    }
}

/// Every instant: once where the two agree, one after the other where they do not.
fn lay_out(recorded: &[(i64, Vec<Value>)], replayed: &[(i64, Vec<Value>)]) -> String {
    let mut text = String::new();
    let mut times: Vec<i64> = recorded.iter().chain(replayed).map(|i| i.0).collect();
    times.sort_unstable();
    times.dedup();
    for t in times {
        let of = |side: &[(i64, Vec<Value>)]| side.iter().find(|i| i.0 == t).map(|i| json!(i.1));
        let (expected, got) = (of(recorded), of(replayed));
        let shown = |side: &Option<Value>| side.as_ref().map_or("nothing".to_owned(), Value::to_string);
        match expected == got {
            true => text += &format!("= {t} {}\n", shown(&expected)),
            false => text += &format!("≠ {t} expected {}\n  {t} got      {}\n", shown(&expected), shown(&got)),
        }
    }
    text
}
