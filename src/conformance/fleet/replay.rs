//! Replays histories of fleets: builds the world of a case, with its Jobs, CronJobs and users.

use super::compare::FleetGathering;
use super::parts::{job_of, pod_key};
use super::record::{CreatedPod, FleetHistory, FleetHistoryRecord, FleetUserAction, ListedCronJob, ListedJob};
use super::sampling::{FleetSampling, Sample};
use super::script::{CronScripts, FleetScripts};
use crate::apiserver::{CronJobObject, JobObject};
use crate::conformance::histories::record::CLOCK_START;
use crate::conformance::histories::replay::{
    Gathering, OnInstant, TOTALS, config, first_difference, micros, renewed, replay, shown, verdict,
};
use crate::conformance::{Replayer, Verdict, parsed};
use crate::id::{CronJobId, JobId};
use crate::model::Workload;
use crate::time::{SimDuration, SimTime, WallClock};
use crate::world::{Action, Config, JobRef, Propagation, Store, Validation, World};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// A case, read and ready to be replayed any number of times.
#[derive(Debug)]
pub struct FleetCase<'a> {
    history: FleetHistory<'a>,
    config: Config,
    jobs: Vec<(SimTime, Arc<JobObject>)>,
    cronjobs: Vec<(SimTime, Arc<CronJobObject>)>,
    actions: Vec<(SimTime, Action)>,
    scripts: Option<FleetScripts>,
    zero: SimTime,
    horizon: SimTime,
    /// Samples in addition to the regular ones.
    samples: Vec<Sample>,
}

impl<'a> FleetCase<'a> {
    /// Reads the case of one line.
    ///
    /// # Errors
    /// The line is not a case; the message says why.
    pub fn parse(line: &'a [u8]) -> Result<FleetCase<'a>, String> {
        let FleetHistoryRecord { world, jobs: listed, cronjobs: scheduled, actions, horizon_us, history, .. } =
            parsed(line)?;
        let zero = micros(world.start_offset_us);
        let at = |us| zero + SimDuration::from_micros(us);
        let samples = extra_samples(&listed, &scheduled, &actions).into_iter();
        let samples = samples.map(|(us, is_comeback)| Sample { at: at(us), is_comeback }).collect();
        let names = Names {
            jobs: listed.iter().map(|job| job.name.clone()).collect(),
            cronjobs: scheduled.iter().map(|c| c.name.clone()).collect(),
        };
        let (mut jobs, mut scripts) = (Vec::new(), FleetScripts::default());
        for job in listed {
            let created = at(job.create_at_us);
            let (object, pods) = job_of(job)?;
            jobs.push((created, object));
            scripts.jobs.push(pods);
        }
        let mut cronjobs = Vec::new();
        for ListedCronJob { name, create_at_us, cronjob, pods, default_pod } in scheduled {
            let object = CronJobObject::from_value(&cronjob);
            let object = object.map_err(|errors| format!("the CronJob {name:?} is invalid: {errors:?}"))?;
            cronjobs.push((at(create_at_us), Arc::new(object)));
            let listed = pods.into_iter().map(|(CreatedPod(n, key), script)| ((n, key), script)).collect();
            scripts.cronjobs.push(CronScripts { name, listed, default: default_pod, jobs: 0 });
        }
        let actions = actions.into_iter().map(|a| Ok((at(a.at_us), action(a, &names)?)));
        let actions = actions.collect::<Result<_, String>>()?;
        let config = Config { clock: WallClock::starting_at(CLOCK_START), ..config(&world) };
        let horizon = at(horizon_us);
        Ok(FleetCase { history, config, jobs, cronjobs, actions, scripts: Some(scripts), zero, horizon, samples })
    }
}

/// The instants, in microseconds, of creations and actions, and of controllers that return (`true`); in order.
fn extra_samples(jobs: &[ListedJob], cronjobs: &[ListedCronJob], actions: &[FleetUserAction]) -> Vec<(i64, bool)> {
    let instants = jobs.iter().map(|j| j.create_at_us).chain(cronjobs.iter().map(|c| c.create_at_us));
    let instants = instants.chain(actions.iter().map(|a| a.at_us));
    let mut samples: Vec<(i64, bool)> = instants.map(|us| (us, false)).collect();
    let mut down: Vec<_> = actions.iter().filter_map(|a| Some((a.at_us, a.controller_down_us?))).collect();
    down.sort_unstable();
    let mut back = i64::MIN;
    for (at, lasts) in down {
        // A controller that is already down cannot die again.
        if at >= back {
            back = at.saturating_add(lasts);
            samples.push((back, true));
        }
    }
    samples.sort_unstable();
    samples
}

/// The objects that actions may concern, in the order of the lists.
struct Names {
    jobs: Vec<String>,
    cronjobs: Vec<String>,
}

fn action(a: FleetUserAction, names: &Names) -> Result<Action, String> {
    if let Some(us) = a.controller_down_us {
        return Ok(Action::RestartControllers(SimDuration::from_micros(us)));
    }
    match (&a.job, &a.cronjob) {
        (Some(name), None) => {
            let target = match names.jobs.iter().position(|n| n == name) {
                Some(n) => JobRef::Id(JobId(n as u32)),
                None => JobRef::Named(name.as_str().into()),
            };
            action_on_job(a, target)
        }
        (None, Some(name)) => {
            let n = names.cronjobs.iter().position(|n| n == name);
            action_on_cronjob(CronJobId(n.ok_or_else(|| format!("there is no CronJob {name:?}"))? as u32), a)
        }
        _ => Err("an action must have one of job, cronjob and controller_down_us".into()),
    }
}

const WHAT: &str = "an action must have one of patch, delete_pod and delete";

fn action_on_job(a: FleetUserAction, target: JobRef) -> Result<Action, String> {
    match (a.patch, a.delete_pod, a.delete) {
        (Some(patch), None, false) => Ok(Action::PatchJob(target, Arc::new(patch))),
        (None, Some(pod), false) => Ok(Action::DeletePod(target, pod_key(&pod)?)),
        (None, None, true) => Ok(Action::DeleteJob(target, Propagation::Foreground)),
        _ => Err(WHAT.into()),
    }
}

fn action_on_cronjob(id: CronJobId, a: FleetUserAction) -> Result<Action, String> {
    match (a.patch, a.delete_pod, a.delete) {
        (Some(patch), None, false) => Ok(Action::PatchCronJob(id, Arc::new(patch), Validation::On)),
        (None, Some(pod), false) => {
            let CreatedPod(n, key) = CreatedPod::parse(&pod).ok_or_else(|| format!("{pod:?} is no Pod (N/KEY)"))?;
            Ok(Action::DeletePod(JobRef::Created(id, n), key.into()))
        }
        (None, None, true) => Ok(Action::DeleteCronJob(id, Propagation::Background)),
        _ => Err(WHAT.into()),
    }
}

/// Replays cases of this corpus; the memory of a world is used again for the next case.
#[derive(Debug, Default)]
pub struct FleetReplayer {
    world: Option<World<FleetScripts>>,
    gathering: FleetGathering,
    end: SimTime,
}

impl FleetReplayer {
    /// Replays a case; returns whether every instant is as recorded.
    pub fn is_equal(&mut self, case: &mut FleetCase) -> bool {
        self.first_difference(case).is_ok_and(|difference| difference.is_none())
    }

    fn first_difference(&mut self, case: &mut FleetCase) -> Result<Option<(usize, Value)>, String> {
        let recorded = std::mem::take(&mut case.history.instants);
        let difference = first_difference(&recorded, |on_instant| self.run(case, on_instant));
        case.history.instants = recorded;
        let store = self.world.as_ref().map(|world| &world.env.store);
        Ok(difference?.or_else(|| store.and_then(|store| totals_differ(case, store, &self.gathering, self.end))))
    }

    fn run(&mut self, case: &mut FleetCase, on_instant: &mut OnInstant<'_, FleetGathering>) -> Result<(), String> {
        let mut scripts = case.scripts.take().unwrap_or_default();
        scripts.restart();
        let world = renewed(&mut self.world, case.config.clone(), scripts);
        for (at, job) in &case.jobs {
            world.add_job(job.clone(), *at);
        }
        for (at, cronjob) in &case.cronjobs {
            world.add_cronjob(cronjob.clone(), *at);
        }
        self.gathering.refusals.clear();
        self.gathering.edits.clear();
        for (at, action) in &case.actions {
            let number = world.add_action(action.clone(), *at);
            if let Action::PatchCronJob(id, ..) = action {
                self.gathering.edits.push((number, *id));
            }
        }
        let end = step_through(case, world, &mut self.gathering, on_instant);
        case.scripts = Some(std::mem::take(&mut world.env.workload));
        self.end = end?;
        Ok(())
    }
}

/// Steps a world in which a case is set up to the end of its recording, and returns that end.
fn step_through<W: Workload>(
    case: &FleetCase<'_>,
    world: &mut World<W>,
    gathering: &mut FleetGathering,
    on_instant: &mut OnInstant<'_, FleetGathering>,
) -> Result<SimTime, String> {
    let mut sampling = FleetSampling::new(case.zero, &case.samples, case.horizon);
    replay(world, &mut sampling, gathering, on_instant)
}

/// Compares a world in which nothing has happened yet with the record of a case that was set up in it by other means.
/// Its Jobs, CronJobs and actions were added in this order.
///
/// # Errors
/// The line is not a case.
pub fn hold_against<W: Workload>(line: &[u8], world: &mut World<W>) -> Result<Verdict, String> {
    let mut case = FleetCase::parse(line)?;
    let recorded = std::mem::take(&mut case.history.instants);
    let mut gathering = FleetGathering::default();
    // Creations are actions too, and come before those of the record.
    let created = (case.jobs.len() + case.cronjobs.len()) as u32;
    for ((_, action), number) in case.actions.iter().zip(created..) {
        if let Action::PatchCronJob(id, ..) = action {
            gathering.edits.push((number, *id));
        }
    }
    let mut end = SimTime::ZERO;
    let difference = first_difference(&recorded, |on_instant| {
        end = step_through(&case, world, &mut gathering, on_instant)?;
        Ok(())
    })?;
    let difference = difference.or_else(|| totals_differ(&case, &world.env.store, &gathering, end));
    verdict(line, difference, &TOTAL_FIELDS)
}

/// The fields of a history other than its instants.
const TOTAL_FIELDS: [&str; 3] = ["pods_created", "patch_errors", "end_us"];

/// Whether the fields other than the instants differ.
fn totals_differ(
    case: &FleetCase<'_>,
    store: &Store,
    gathering: &FleetGathering,
    end: SimTime,
) -> Option<(usize, Value)> {
    let (history, refusals) = (&case.history, &gathering.refusals);
    let created = store.pods.len() as u32;
    let end = end.as_micros_rounded() - case.zero.as_micros_rounded();
    let is_same = created == history.pods_created
        && end == history.end_us
        && are_jobs_of_cronjobs(store, &history.cronjob_jobs)
        && refusals.iter().eq(history.patch_errors.iter().map(|e| &**e));
    (!is_same).then(|| (TOTALS, json!({"pods_created": created, "patch_errors": refusals, "end_us": end})))
}

/// Whether the CronJobs have created these Jobs, in this order.
fn are_jobs_of_cronjobs(store: &Store, expected: &[(&str, Vec<Cow<'_, str>>)]) -> bool {
    let mut cronjobs: Vec<_> = store.cronjobs.iter().collect();
    cronjobs.sort_unstable_by_key(|c| &c.name);
    cronjobs.len() == expected.len()
        && cronjobs.iter().zip(expected).all(|(cronjob, (name, jobs))| {
            let got = cronjob.jobs.iter().map(|job| &*store.jobs[*job].name);
            *cronjob.name == **name && got.eq(jobs.iter().map(|job| &**job))
        })
}

impl Replayer for FleetReplayer {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let difference = self.first_difference(&mut FleetCase::parse(line)?)?;
        verdict(line, difference, &TOTAL_FIELDS)
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let mut replayed = Vec::new();
        self.run(&mut FleetCase::parse(line)?, &mut |t, gathered, store| {
            replayed.push(gathered.to_json(t, store));
            true
        })?;
        shown(line, &["world", "jobs", "cronjobs", "actions", "horizon_us"], &replayed)
    }
}
