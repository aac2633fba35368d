//! Replays one case: builds its world, steps it, gathers instants, and stops where the recording stopped.

use super::compare::{Gathered, JOB, is_equal, to_json};
use super::record::{Cluster, History, Record, UserAction};
use super::script::Scripts;
use super::states::event_text;
use crate::apiserver::JobObject;
use crate::conformance::side_by_side::beside;
use crate::conformance::{Difference, Replayer, Verdict, json_error};
use crate::record::Observation;
use crate::release::Throttle;
use crate::time::{SimDuration, SimTime};
use crate::world::{Action, Config, PodKey, Propagation, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// How often the recorder looks whether a history is over.
pub const LOOK_EVERY: SimDuration = SimDuration::from_secs(5);
/// A finished Job without a TTL is watched for so long after the look at which it was seen finished.
pub const LINGER: SimDuration = SimDuration::from_secs(40);

/// A case, read and ready to be replayed any number of times.
#[derive(Debug)]
pub struct Case<'a> {
    history: History<'a>,
    start: SimTime,
    horizon: SimTime,
    job: Arc<JobObject>,
    scripts: Option<Scripts>,
    actions: Vec<(SimTime, Action)>,
    config: Config,
}

impl<'a> Case<'a> {
    /// Reads the case of one line.
    ///
    /// # Errors
    /// Says why the line is no case.
    pub fn parse(line: &'a [u8]) -> Result<Case<'a>, String> {
        let Record { job, world, pods, default_pod, actions, horizon_us, history, .. } =
            serde_json::from_slice(line).map_err(|e| json_error(&e))?;
        let job = JobObject::from_value(&job).map_err(|errors| format!("the Job is invalid: {errors:?}"))?;
        let start = micros(world.start_offset_us);
        let actions = actions.into_iter().map(|a| {
            let at = start + SimDuration::from_micros(a.at_us);
            action(a).map(|action| (at, action))
        });
        let actions = actions.collect::<Result<_, _>>()?;
        let scripts = Some(Scripts::new(pods, default_pod));
        let horizon = start + SimDuration::from_micros(horizon_us);
        Ok(Case { config: config(&world), job: Arc::new(job), scripts, actions, start, horizon, history })
    }
}

/// The instant so many microseconds after the clock's start.
pub fn micros(us: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_micros(us)
}

/// What a world is told of a recorded cluster.
pub fn config(world: &Cluster) -> Config {
    let windows = world.create_failures.iter();
    let at = |us| micros(world.start_offset_us) + SimDuration::from_micros(us);
    Config {
        api_latency: SimDuration::from_micros(world.api_latency_us),
        watch_latency: SimDuration::from_micros(world.watch_latency_us),
        gc_latency: SimDuration::from_micros(world.gc_latency_us),
        throttle: world.qps.zip(world.burst).map(|(qps, burst)| Throttle { qps, burst }),
        events_throttled: world.events_throttled,
        create_failures: windows.map(|w| (at(w.from_us), at(w.to_us))).collect(),
        slots: world.slots,
        ..Config::default()
    }
}

fn action(a: UserAction) -> Result<Action, String> {
    let key = |k: super::record::Key| PodKey { index: u32::try_from(k.index).ok(), attempt: k.attempt };
    match (a.patch, a.delete_pod, a.delete_job, a.controller_down_us) {
        (Some(patch), None, false, None) => Ok(Action::PatchJob(JOB.into(), Arc::new(patch))),
        (None, Some(pod), false, None) => Ok(Action::DeletePod(JOB.into(), key(pod))),
        (None, None, true, None) => Ok(Action::DeleteJob(JOB.into(), Propagation::Foreground)),
        (None, None, false, Some(us)) => Ok(Action::RestartControllers(SimDuration::from_micros(us))),
        _ => Err("an action must have one of patch, delete_pod, delete_job and controller_down_us".into()),
    }
}

/// When the recorder looks, and when it has seen enough.
struct Looks<'a> {
    next_tick: SimTime,
    actions: &'a [(SimTime, Action)],
    finished_at: Option<SimTime>,
    horizon: SimTime,
}

impl Looks<'_> {
    /// The next look.
    #[inline]
    fn next(&self) -> SimTime {
        self.actions.first().map_or(self.next_tick, |a| self.next_tick.min(a.0))
    }

    /// Looks at `at`; whether the history is over.
    fn look(&mut self, at: SimTime, world: &World<Scripts>) -> bool {
        if at >= self.next_tick {
            self.next_tick = self.next_tick + LOOK_EVERY;
        }
        while self.actions.first().is_some_and(|a| a.0 <= at) {
            self.actions = &self.actions[1..];
        }
        let job = &world.env.store.jobs[JOB];
        if job.gone {
            return job.pods_live == 0;
        }
        if job.status.finished().is_none() {
            return false;
        }
        let since = *self.finished_at.get_or_insert(at);
        job.spec.ttl_seconds_after_finished.is_none() && at - since > LINGER
    }
}

/// Replays cases of this corpus; its memory is used again for the next.
#[derive(Debug, Default)]
pub struct JobReplayer {
    world: Option<World<Scripts>>,
    gathered: Gathered,
    refusals: Vec<String>,
}

/// What is done with each instant.
type Reader<'r> = dyn FnMut(i64, &Gathered, &World<Scripts>) -> bool + 'r;

impl JobReplayer {
    /// Replays a case; whether every instant is as recorded.
    pub fn is_equal(&mut self, case: &mut Case) -> bool {
        self.first_difference(case).is_none()
    }

    /// Events dispatched and syncs begun by the last replay.
    pub fn counts(&self) -> (u64, u64) {
        self.world.as_ref().map_or((0, 0), |w| (w.dispatched, w.syncs()))
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

    /// Whether the numbers beside the instants differ.
    fn totals_differ(&self, case: &Case) -> Option<(usize, Value)> {
        let history = &case.history;
        let created = self.world.as_ref().map_or(0, |w| w.env.store.jobs[JOB].pods_created);
        let refusals = self.refusals.iter().map(|r| if r.ends_with("not found") { "not found" } else { r });
        if created == history.pods_created && refusals.eq(history.patch_errors.iter().map(|e| &**e)) {
            return None;
        }
        Some((usize::MAX, json!({"pods_created": created, "patch_errors": self.refusals})))
    }

    /// Replays a case and gives each instant to `reader` until it has seen enough.
    fn run(&mut self, case: &mut Case, reader: &mut Reader) {
        let scripts = case.scripts.take().unwrap_or_default();
        let start = case.start;
        let world = match &mut self.world {
            Some(world) => {
                world.reset(case.config.clone());
                world.env.workload = scripts;
                world
            }
            none => none.insert(World::new(case.config.clone(), scripts)),
        };
        world.add_job(case.job.clone(), start);
        for (at, action) in &case.actions {
            world.add_action(action.clone(), *at);
        }
        let mut looks =
            Looks { next_tick: start + LOOK_EVERY, actions: &case.actions, finished_at: None, horizon: case.horizon };
        self.refusals.clear();
        step_all(world, &mut looks, &mut self.gathered, &mut self.refusals, reader);
        case.scripts = Some(std::mem::take(&mut world.env.workload));
    }
}

/// Steps the world to the end of the history.
fn step_all(
    world: &mut World<Scripts>,
    looks: &mut Looks,
    gathered: &mut Gathered,
    refusals: &mut Vec<String>,
    reader: &mut Reader,
) {
    gathered.clear();
    while let Some(next) = world.next_time() {
        let end = next.end_of_micro();
        // A look comes after everything of its microsecond.
        while looks.next().end_of_micro() < end {
            let at = looks.next();
            if looks.look(at, world) {
                return;
            }
        }
        if next >= looks.horizon.end_of_micro() {
            return;
        }
        while world.next_time().is_some_and(|t| t < end) {
            world.step();
            gather(world, gathered, refusals);
        }
        if !gathered.is_empty() {
            gathered.close(&world.env.store);
            if !reader(next.as_micros_rounded(), gathered, world) {
                return;
            }
            gathered.clear();
        }
    }
}

/// Takes what the world observed into the instant.
fn gather(world: &mut World<Scripts>, gathered: &mut Gathered, refusals: &mut Vec<String>) {
    for observation in world.env.log.drain(..) {
        match observation {
            Observation::Job(_) => {
                gathered.job = true;
                gathered.job_writes += 1;
            }
            Observation::Pod(id) => gathered.pods.push(id),
            Observation::Notice(n) if !n.repeated => {
                gathered.events.extend(event_text(JOB, n.emission, &world.env.store))
            }
            Observation::Refused(_, text) => refusals.push(text),
            _ => {}
        }
    }
}

impl Replayer for JobReplayer {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let mut case = Case::parse(line)?;
        let Some((place, got)) = self.first_difference(&mut case) else { return Ok(Verdict::default()) };
        let recorded: Value = serde_json::from_slice(line).map_err(|e| json_error(&e))?;
        let history = &recorded["history"];
        if place == usize::MAX {
            let (created, errors) = (&history["pods_created"], &history["patch_errors"]);
            let expected = json!({"pods_created": created, "patch_errors": errors});
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
        let fields = ["job", "world", "pods", "default_pod", "actions", "horizon_us"];
        Ok(lay_out(&recorded, &fields, &replayed))
    }
}

/// The case, then every instant: once where both agree, field by field where they do not.
pub fn lay_out(recorded: &Value, fields: &[&str], replayed: &[Value]) -> String {
    let mut text = String::new();
    for field in fields {
        if let Some(value) = recorded.get(*field) {
            text += &format!("{field}: {value}\n");
        }
    }
    let none = Vec::new();
    let expected = recorded["history"]["instants"].as_array().unwrap_or(&none);
    for n in 0..expected.len().max(replayed.len()) {
        let (e, g) = (expected.get(n).unwrap_or(&Value::Null), replayed.get(n).unwrap_or(&Value::Null));
        match e == g {
            true => text += &format!("\n= {e}\n"),
            false => text += &format!("\n≠ {}", beside(e, g, 40)),
        }
    }
    text
}
