//! Replays one case: builds its world, steps it, gathers instants, and stops where the recording stopped.

use super::compare::{Gathered, is_equal, to_json};
use super::record::{CreatedPod, History, ListedCronJob, ListedJob, Record, UserAction};
use super::sampling::{Look, Looks};
use super::script::{CronScripts, FleetScripts};
use crate::apiserver::{CronJobObject, JobObject};
use crate::conformance::jobs::record::{CLOCK_START, Key};
use crate::conformance::jobs::replay::{config, lay_out, micros};
use crate::conformance::jobs::script::Scripts;
use crate::conformance::{Difference, Replayer, Verdict, json_error};
use crate::id::{CronJobId, JobId};
use crate::record::Observation;
use crate::time::{SimDuration, SimTime, WallClock};
use crate::world::{Action, Config, JobRef, PodKey, Propagation, Validation, World};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// A case, read and ready to be replayed any number of times.
#[derive(Debug)]
pub struct Case<'a> {
    history: History<'a>,
    config: Config,
    jobs: Vec<(SimTime, Arc<JobObject>)>,
    cronjobs: Vec<(SimTime, Arc<CronJobObject>)>,
    actions: Vec<(SimTime, Action)>,
    scripts: Option<FleetScripts>,
    zero: SimTime,
    horizon: SimTime,
    /// Looks beside the regular ones.
    looks: Vec<Look>,
}

impl<'a> Case<'a> {
    /// Reads the case of one line.
    ///
    /// # Errors
    /// Says why the line is no case.
    pub fn parse(line: &'a [u8]) -> Result<Case<'a>, String> {
        let Record { world, jobs: listed, cronjobs: scheduled, actions, horizon_us, history, .. } =
            serde_json::from_slice(line).map_err(|e| json_error(&e))?;
        let zero = micros(world.start_offset_us);
        let at = |us| zero + SimDuration::from_micros(us);
        let looks = extra_looks(&listed, &scheduled, &actions).into_iter();
        let looks = looks.map(|(us, is_comeback)| Look { at: at(us), is_comeback }).collect();
        let names = Names {
            jobs: listed.iter().map(|job| job.name.clone()).collect(),
            cronjobs: scheduled.iter().map(|c| c.name.clone()).collect(),
        };
        let (mut jobs, mut scripts) = (Vec::new(), FleetScripts::default());
        for job in listed {
            let object = JobObject::from_value(&job.job);
            let object = object.map_err(|errors| format!("the Job {:?} is invalid: {errors:?}", job.name))?;
            jobs.push((at(job.create_at_us), Arc::new(object)));
            scripts.jobs.push(Scripts::new(job.pods, job.default_pod));
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
        Ok(Case { history, config, jobs, cronjobs, actions, scripts: Some(scripts), zero, horizon, looks })
    }
}

/// The instants, in microseconds, of creations and actions, and of controllers that come back (`true`); in order.
fn extra_looks(jobs: &[ListedJob], cronjobs: &[ListedCronJob], actions: &[UserAction]) -> Vec<(i64, bool)> {
    let instants = jobs.iter().map(|j| j.create_at_us).chain(cronjobs.iter().map(|c| c.create_at_us));
    let instants = instants.chain(actions.iter().map(|a| a.at_us));
    let mut looks: Vec<(i64, bool)> = instants.map(|us| (us, false)).collect();
    let mut down: Vec<_> = actions.iter().filter_map(|a| Some((a.at_us, a.controller_down_us?))).collect();
    down.sort_unstable();
    let mut back = i64::MIN;
    for (at, lasts) in down {
        // A second death while down does nothing.
        if at >= back {
            back = at + lasts;
            looks.push((back, true));
        }
    }
    looks.sort_unstable();
    looks
}

/// Whom actions may concern, in the order of the lists.
struct Names {
    jobs: Vec<String>,
    cronjobs: Vec<String>,
}

fn action(a: UserAction, names: &Names) -> Result<Action, String> {
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

fn action_on_job(a: UserAction, target: JobRef) -> Result<Action, String> {
    match (a.patch, a.delete_pod, a.delete) {
        (Some(patch), None, false) => Ok(Action::PatchJob(target, Arc::new(patch))),
        (None, Some(pod), false) => {
            let key = Key::parse(&pod).ok_or_else(|| format!("{pod:?} is no Pod key (INDEX/ATTEMPT or ORDINAL)"))?;
            Ok(Action::DeletePod(target, pod_key(key)))
        }
        (None, None, true) => Ok(Action::DeleteJob(target, Propagation::Foreground)),
        _ => Err(WHAT.into()),
    }
}

fn action_on_cronjob(id: CronJobId, a: UserAction) -> Result<Action, String> {
    match (a.patch, a.delete_pod, a.delete) {
        (Some(patch), None, false) => Ok(Action::PatchCronJob(id, Arc::new(patch), Validation::On)),
        (None, Some(pod), false) => {
            let CreatedPod(n, key) = CreatedPod::parse(&pod).ok_or_else(|| format!("{pod:?} is no Pod (N/KEY)"))?;
            Ok(Action::DeletePod(JobRef::Created(id, n), pod_key(key)))
        }
        (None, None, true) => Ok(Action::DeleteCronJob(id, Propagation::Background)),
        _ => Err(WHAT.into()),
    }
}

fn pod_key(key: Key) -> PodKey {
    PodKey { index: u32::try_from(key.index).ok(), attempt: key.attempt }
}

/// Replays cases of this corpus; its memory is used again for the next.
#[derive(Debug, Default)]
pub struct FleetReplayer {
    world: Option<World<FleetScripts>>,
    gathered: Gathered,
    refusals: Refusals,
    end: SimTime,
}

/// Edits that were refused.
#[derive(Debug, Default)]
struct Refusals {
    /// As the records have them.
    texts: Vec<String>,
    /// Numbers of edits of CronJobs, and the CronJobs.
    edits: Vec<(u32, CronJobId)>,
}

impl Refusals {
    fn clear(&mut self) {
        self.texts.clear();
        self.edits.clear();
    }

    fn enter(&mut self, kind: &str, name: &str, text: &str) {
        let text = if text.ends_with("not found") { "not found" } else { text };
        self.texts.push(format!("{kind}/{name}: {text}"));
    }
}

/// What is done with each instant.
type Reader<'r> = dyn FnMut(i64, &Gathered, &World<FleetScripts>) -> bool + 'r;

impl FleetReplayer {
    /// Replays a case; whether every instant is as recorded.
    pub fn is_equal(&mut self, case: &mut Case) -> bool {
        self.first_difference(case).is_none()
    }

    /// Replays a case up to the first instant that is not as recorded: its place in the record, and the replayed
    /// instant, if there is one.
    fn first_difference(&mut self, case: &mut Case) -> Option<(usize, Value)> {
        let expected = std::mem::take(&mut case.history.instants);
        let (mut place, mut difference) = (0, None);
        self.run(case, &mut |t, gathered, world| {
            let is_same = expected.get(place).is_some_and(|e| is_equal(t, gathered, e, &world.env.store));
            if is_same {
                place += 1;
            } else {
                difference = Some((place, to_json(t, gathered, &world.env.store)));
            }
            is_same
        });
        if difference.is_none() && place < expected.len() {
            difference = Some((place, Value::Null));
        }
        case.history.instants = expected;
        difference.or_else(|| self.totals_differ(case))
    }

    /// Whether what stands beside the instants differs.
    fn totals_differ(&self, case: &Case) -> Option<(usize, Value)> {
        let history = &case.history;
        let created = self.world.as_ref().map_or(0, |w| w.env.store.pods.len() as u32);
        let end = self.end.as_micros_rounded() - case.zero.as_micros_rounded();
        let is_same = created == history.pods_created
            && end == history.end_us
            && self.are_jobs_of_cronjobs(&history.cronjob_jobs)
            && self.refusals.texts.iter().eq(history.patch_errors.iter().map(|e| &**e));
        let got = || json!({"pods_created": created, "patch_errors": self.refusals.texts, "end_us": end});
        (!is_same).then(|| (usize::MAX, got()))
    }

    /// Whether the CronJobs have created these Jobs, in this order.
    fn are_jobs_of_cronjobs(&self, expected: &[(&str, Vec<Cow<str>>)]) -> bool {
        let Some(store) = self.world.as_ref().map(|w| &w.env.store) else { return false };
        let mut cronjobs: Vec<_> = store.cronjobs.iter().collect();
        cronjobs.sort_unstable_by_key(|c| &c.name);
        cronjobs.len() == expected.len()
            && cronjobs.iter().zip(expected).all(|(cronjob, (name, jobs))| {
                let got = cronjob.jobs.iter().map(|job| &*store.jobs[*job].name);
                *cronjob.name == **name && got.eq(jobs.iter().map(|job| &**job))
            })
    }

    /// Replays a case and gives each instant to `reader` until it has seen enough.
    fn run(&mut self, case: &mut Case, reader: &mut Reader) {
        let mut scripts = case.scripts.take().unwrap_or_default();
        scripts.restart();
        let world = match &mut self.world {
            Some(world) => {
                world.reset(case.config.clone());
                world.env.workload = scripts;
                world
            }
            none => none.insert(World::new(case.config.clone(), scripts)),
        };
        for (at, job) in &case.jobs {
            world.add_job(job.clone(), *at);
        }
        for (at, cronjob) in &case.cronjobs {
            world.add_cronjob(cronjob.clone(), *at);
        }
        self.refusals.clear();
        for (at, action) in &case.actions {
            let number = world.add_action(action.clone(), *at);
            if let Action::PatchCronJob(id, ..) = action {
                self.refusals.edits.push((number, *id));
            }
        }
        self.gathered.clear();
        let looks = Looks::new(case.zero, &case.looks, case.horizon);
        self.end = step_all(world, looks, &mut self.gathered, &mut self.refusals, reader);
        case.scripts = Some(std::mem::take(&mut world.env.workload));
    }
}

/// Steps the world to the end of the history; gives the closing look.
fn step_all(
    world: &mut World<FleetScripts>,
    mut looks: Looks,
    gathered: &mut Gathered,
    refusals: &mut Refusals,
    reader: &mut Reader,
) -> SimTime {
    loop {
        let next = world.next_time();
        // A look comes after everything of its microsecond.
        while next.is_none_or(|next| looks.is_before(next)) {
            let at = looks.next().at;
            if looks.look(world) {
                return at;
            }
        }
        let Some(next) = next else { continue };
        let end = next.end_of_micro();
        while let Some(at) = world.next_time().filter(|&at| at < end) {
            if looks.is_before(at) {
                break;
            }
            world.step();
            gather(world, gathered, refusals);
        }
        if world.next_time().is_some_and(|at| at < end) {
            // A look comes within the microsecond.
            continue;
        }
        if !gathered.is_empty() {
            gathered.close(&world.env.store);
            if !reader(next.as_micros_rounded(), gathered, world) {
                return next;
            }
            gathered.clear();
        }
    }
}

/// Takes what the world observed into the instant.
fn gather(world: &mut World<FleetScripts>, gathered: &mut Gathered, refusals: &mut Refusals) {
    for observation in world.env.log.drain(..) {
        match observation {
            Observation::Job(id) => gathered.job(id),
            Observation::Pod(id) => gathered.pods.push(id),
            Observation::Notice(n) if !n.repeated => gathered.notice(n, &world.env.store),
            Observation::CronJob(id) => gathered.cronjob(id),
            Observation::CronNotice(notice) if notice.count == 1 => gathered.cron_notice(&notice, &world.env.store),
            Observation::Refused(id, text) => refusals.enter("Job", &world.env.store.jobs[id].name, &text),
            Observation::ActRefused(number, text) => {
                if let Some(&(_, id)) = refusals.edits.iter().find(|(edit, _)| *edit == number) {
                    refusals.enter("CronJob", &world.env.store.cronjobs[id].name, &text);
                }
            }
            _ => {}
        }
    }
}

impl Replayer for FleetReplayer {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let mut case = Case::parse(line)?;
        let Some((place, got)) = self.first_difference(&mut case) else { return Ok(Verdict::default()) };
        let recorded: Value = serde_json::from_slice(line).map_err(|e| json_error(&e))?;
        let history = &recorded["history"];
        if place == usize::MAX {
            let fields =
                ["pods_created", "patch_errors", "end_us"].map(|name| (name.to_owned(), history[name].clone()));
            let expected = Value::Object(fields.into_iter().collect());
            return Ok(Verdict { difference: Some(Difference { instant: None, expected, got }) });
        }
        let expected = history["instants"].get(place).cloned().unwrap_or_default();
        let instant = [&expected, &got].iter().filter_map(|v| v["t_us"].as_i64()).min();
        Ok(Verdict { difference: Some(Difference { instant, expected, got }) })
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let recorded: Value = serde_json::from_slice(line).map_err(|e| json_error(&e))?;
        let mut case = Case::parse(line)?;
        let mut replayed = Vec::new();
        self.run(&mut case, &mut |t, gathered, world| {
            replayed.push(to_json(t, gathered, &world.env.store));
            true
        });
        Ok(lay_out(&recorded, &["world", "jobs", "cronjobs", "actions", "horizon_us"], &replayed))
    }
}
