//! Replays histories of single Jobs: builds the world of a case, and knows when its recorder looked.

use super::compare::{JOB, JobGathering};
use super::record::{JobHistory, JobHistoryRecord, JobUserAction};
use crate::apiserver::JobObject;
use crate::conformance::histories::replay::{
    Gathering, LINGER, OnInstant, SAMPLED_EVERY, Sampling, TOTALS, config, first_difference, micros, renewed, replay,
    shown, verdict,
};
use crate::conformance::histories::script::Scripts;
use crate::conformance::{Replayer, Verdict, parsed};
use crate::model::Workload;
use crate::release::{MODELLED, Release};
use crate::time::{SimDuration, SimTime};
use crate::world::{Action, Config, Propagation, Store, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// A case, read and ready to be replayed any number of times.
#[derive(Debug)]
pub struct JobCase<'a> {
    history: JobHistory<'a>,
    start: SimTime,
    horizon: SimTime,
    job: Arc<JobObject>,
    scripts: Option<Scripts>,
    actions: Vec<(SimTime, Action)>,
    config: Config,
}

impl<'a> JobCase<'a> {
    /// Reads the case of one line.
    ///
    /// # Errors
    /// The line is not a case; the message says why.
    pub fn parse(line: &'a [u8]) -> Result<JobCase<'a>, String> {
        let JobHistoryRecord { release, job, world, pods, default_pod, actions, horizon_us, history, .. } =
            parsed(line)?;
        let release = recorded_release(release.as_deref())?;
        let job = JobObject::in_release(&job, release.profile);
        let job = job.map_err(|errors| format!("the Job is invalid: {errors:?}"))?;
        let start = micros(world.start_offset_us);
        let actions = actions.into_iter().map(|a| {
            let at = start + SimDuration::from_micros(a.at_us);
            action(a).map(|action| (at, action))
        });
        let actions = actions.collect::<Result<_, _>>()?;
        let scripts = Some(Scripts::new(pods, default_pod));
        let horizon = start + SimDuration::from_micros(horizon_us);
        let config = Config { params: release.job_controller, ..config(&world) };
        Ok(JobCase { config, job: Arc::new(job), scripts, actions, start, horizon, history })
    }
}

/// The release that a record names.
fn recorded_release(name: Option<&str>) -> Result<Release, String> {
    let Some(name) = name else { return Ok(MODELLED) };
    match Release::named(name)?.0 {
        release if release.profile.version.is_for_teaching() => {
            Err(format!("{name:?} is no release that was recorded"))
        }
        release => Ok(release),
    }
}

fn action(a: JobUserAction) -> Result<Action, String> {
    match (a.patch, a.delete_pod, a.delete_job, a.controller_down_us) {
        (Some(patch), None, false, None) => Ok(Action::PatchJob(JOB.into(), Arc::new(patch))),
        (None, Some(pod), false, None) => Ok(Action::DeletePod(JOB.into(), pod.into())),
        (None, None, true, None) => Ok(Action::DeleteJob(JOB.into(), Propagation::Foreground)),
        (None, None, false, Some(us)) => Ok(Action::RestartControllers(SimDuration::from_micros(us))),
        _ => Err("an action must have one of patch, delete_pod, delete_job and controller_down_us".into()),
    }
}

/// When the recorder looks, and when it stops.
struct JobSampling<'a> {
    next_tick: SimTime,
    actions: &'a [(SimTime, Action)],
    finished_at: Option<SimTime>,
    horizon: SimTime,
}

impl JobSampling<'_> {
    #[inline]
    fn next(&self) -> SimTime {
        self.actions.first().map_or(self.next_tick, |a| self.next_tick.min(a.0))
    }
}

impl<W: Workload> Sampling<W> for JobSampling<'_> {
    #[inline]
    fn is_before(&self, next: SimTime) -> bool {
        self.next().end_of_micro() < next.end_of_micro()
    }

    fn sample(&mut self, world: &World<W>) -> Option<SimTime> {
        let at = self.next();
        if at >= self.next_tick {
            self.next_tick = self.next_tick + SAMPLED_EVERY;
        }
        while self.actions.first().is_some_and(|a| a.0 <= at) {
            self.actions = &self.actions[1..];
        }
        let job = &world.env.store.jobs[JOB];
        let is_over = if job.gone {
            job.pods_live == 0
        } else if job.status.finished().is_some() {
            let since = *self.finished_at.get_or_insert(at);
            job.spec.ttl_seconds_after_finished.is_none() && at - since > LINGER
        } else {
            false
        };
        (is_over || at >= self.horizon).then_some(at)
    }

    fn is_over(&self, next: SimTime) -> bool {
        next >= self.horizon.end_of_micro()
    }
}

/// Replays cases of this corpus; the memory of a world is used again for the next case.
#[derive(Debug, Default)]
pub struct JobReplayer {
    world: Option<World<Scripts>>,
    gathering: JobGathering,
}

impl JobReplayer {
    /// Replays a case; returns whether every instant is as recorded.
    pub fn is_equal(&mut self, case: &mut JobCase) -> bool {
        self.first_difference(case).is_ok_and(|difference| difference.is_none())
    }

    /// Events dispatched and syncs begun by the last replay.
    pub fn counts(&self) -> (u64, u64) {
        self.world.as_ref().map_or((0, 0), |w| (w.dispatched, w.syncs()))
    }

    fn first_difference(&mut self, case: &mut JobCase) -> Result<Option<(usize, Value)>, String> {
        let recorded = std::mem::take(&mut case.history.instants);
        let difference = first_difference(&recorded, |on_instant| self.run(case, on_instant));
        case.history.instants = recorded;
        let store = self.world.as_ref().map(|world| &world.env.store);
        Ok(difference?.or_else(|| store.and_then(|store| totals_differ(case, store, &self.gathering))))
    }

    fn run(&mut self, case: &mut JobCase, on_instant: &mut OnInstant<'_, JobGathering>) -> Result<(), String> {
        let scripts = case.scripts.take().unwrap_or_default();
        let world = renewed(&mut self.world, case.config.clone(), scripts);
        world.add_job(case.job.clone(), case.start);
        for (at, action) in &case.actions {
            world.add_action(action.clone(), *at);
        }
        self.gathering.refusals.clear();
        let end = step_through(case, world, &mut self.gathering, on_instant);
        case.scripts = Some(std::mem::take(&mut world.env.workload));
        end
    }
}

/// Steps a world in which a case is set up, to the end of its recording.
fn step_through<W: Workload>(
    case: &JobCase<'_>,
    world: &mut World<W>,
    gathering: &mut JobGathering,
    on_instant: &mut OnInstant<'_, JobGathering>,
) -> Result<(), String> {
    let (next_tick, horizon) = (case.start + SAMPLED_EVERY, case.horizon);
    let mut sampling = JobSampling { next_tick, actions: &case.actions, finished_at: None, horizon };
    replay(world, &mut sampling, gathering, on_instant).map(drop)
}

/// Compares a world in which nothing has happened yet with the record of a case that was set up in it by other means.
///
/// # Errors
/// The line is not a case.
pub fn hold_against<W: Workload>(line: &[u8], world: &mut World<W>) -> Result<Verdict, String> {
    let mut case = JobCase::parse(line)?;
    let recorded = std::mem::take(&mut case.history.instants);
    let mut gathering = JobGathering::default();
    let difference = first_difference(&recorded, |on_instant| step_through(&case, world, &mut gathering, on_instant))?;
    let difference = difference.or_else(|| totals_differ(&case, &world.env.store, &gathering));
    verdict(line, difference, &TOTAL_FIELDS)
}

/// The fields of a history other than its instants.
const TOTAL_FIELDS: [&str; 2] = ["pods_created", "patch_errors"];

/// Whether the fields other than the instants differ.
fn totals_differ(case: &JobCase<'_>, store: &Store, gathering: &JobGathering) -> Option<(usize, Value)> {
    let (created, refusals) = (store.jobs[JOB].pods_created, &gathering.refusals);
    let errors = case.history.patch_errors.iter().map(|error| &**error);
    let is_same = created == case.history.pods_created && refusals.iter().eq(errors);
    (!is_same).then(|| (TOTALS, json!({"pods_created": created, "patch_errors": refusals})))
}

impl Replayer for JobReplayer {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let difference = self.first_difference(&mut JobCase::parse(line)?)?;
        verdict(line, difference, &TOTAL_FIELDS)
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let mut replayed = Vec::new();
        self.run(&mut JobCase::parse(line)?, &mut |t, gathered, store| {
            replayed.push(gathered.to_json(t, store));
            true
        })?;
        shown(line, &["job", "world", "pods", "default_pod", "actions", "horizon_us"], &replayed)
    }
}
