//! The replay of a history: steps a world, gathers what was written in each instant, and stops at the first instant
//! that differs from the record. The corpus decides what is gathered, and when the recorder looked ([`Gathering`],
//! [`Sampling`]).

use super::record::RecordedCluster;
use crate::conformance::side_by_side::side_by_side;
use crate::conformance::{FirstDifference, Verdict, parsed};
use crate::limits::CASE_STEPS;
use crate::model::Workload;
use crate::release::RateLimit;
use crate::text::thousands;
use crate::time::{SimDuration, SimTime};
use crate::world::{Config, Store, World};
use serde_json::Value;

/// How often the recorder checks whether a history is over.
pub const SAMPLED_EVERY: SimDuration = SimDuration::from_secs(5);
/// How long a finished Job without a TTL is watched after the sample that first showed it finished.
pub const LINGER: SimDuration = SimDuration::from_secs(40);

/// The world of the next case: if there was a last one, its memory is used again.
pub fn renewed<W: Workload>(world: &mut Option<World<W>>, config: Config, workload: W) -> &mut World<W> {
    match world {
        Some(world) => {
            world.reset(config);
            world.env.workload = workload;
            world
        }
        none => none.insert(World::new(config, workload)),
    }
}

/// What was written in one instant.
pub trait Gathering: Default {
    /// An instant of the record.
    type Recorded<'a>;

    /// Takes what the world has observed since the last call.
    fn gather<W: Workload>(&mut self, world: &mut World<W>);
    /// Whether nothing was written.
    fn is_empty(&self) -> bool;
    /// Ends the instant: sorts everything into the order of the records.
    fn close(&mut self, store: &Store);
    /// Begins the next instant.
    fn clear(&mut self);
    /// Whether this is the recorded instant.
    fn is_equal(&self, t_us: i64, recorded: &Self::Recorded<'_>, store: &Store) -> bool;
    /// The instant in the form of the records.
    fn to_json(&self, t_us: i64, store: &Store) -> Value;
}

/// When the recorder looked, and when it stopped.
pub trait Sampling<W: Workload> {
    /// Whether the next sample comes before what happens at `next`.
    fn is_before(&self, next: SimTime) -> bool;
    /// Takes the next sample; returns its instant if the recording ended with it.
    fn sample(&mut self, world: &World<W>) -> Option<SimTime>;
    /// Whether what happens at `next` is no longer recorded.
    fn is_over(&self, next: SimTime) -> bool;
}

/// What is done with each instant (its microsecond, what was written, the store); `false` stops the replay.
pub type OnInstant<'r, G> = dyn FnMut(i64, &G, &Store) -> bool + 'r;

/// The bound on a replay: a record whose history has no end is not a case.
#[derive(Debug, Default)]
pub struct ReplaySteps(u64);

impl ReplaySteps {
    /// Counts an event or a sample.
    ///
    /// # Errors
    /// There are too many of them, or time stands still.
    #[inline]
    pub fn count<W: Workload>(&mut self, world: &World<W>) -> Result<(), String> {
        self.0 += 1;
        if self.0 > CASE_STEPS {
            return Err(format!("no recorded case has more than {} events and samples", thousands(CASE_STEPS)));
        }
        if world.is_stuck() {
            return Err("time stands still: there is no end of events in one instant".to_owned());
        }
        Ok(())
    }
}

/// Steps a world to the end of its history; returns the instant of the last sample.
///
/// # Errors
/// The history has no end.
pub fn replay<G: Gathering, W: Workload>(
    world: &mut World<W>,
    sampling: &mut impl Sampling<W>,
    gathering: &mut G,
    on_instant: &mut OnInstant<'_, G>,
) -> Result<SimTime, String> {
    gathering.clear();
    let mut steps = ReplaySteps::default();
    loop {
        let next = world.next_time();
        // A sample comes after everything of its microsecond.
        while next.is_none_or(|next| sampling.is_before(next)) {
            steps.count(world)?;
            if let Some(end) = sampling.sample(world) {
                return Ok(end);
            }
        }
        let Some(next) = next else { continue };
        if sampling.is_over(next) {
            return Ok(next);
        }
        let end = next.end_of_micro();
        while let Some(at) = world.next_time().filter(|&at| at < end) {
            if sampling.is_before(at) {
                break;
            }
            world.step();
            gathering.gather(world);
            steps.count(world)?;
        }
        if world.next_time().is_some_and(|at| at < end) {
            // A sample comes within the microsecond: the instant is not over yet.
            continue;
        }
        if !gathering.is_empty() {
            gathering.close(&world.env.store);
            if !on_instant(next.as_micros_rounded(), gathering, &world.env.store) {
                return Ok(next);
            }
            gathering.clear();
        }
    }
}

/// Compares the instants of a replay with the recorded ones. Returns the place of the first that differs, and the
/// replayed instant (null if the replay ended before it).
///
/// # Errors
/// Those of the replay.
pub fn first_difference<G: Gathering>(
    recorded: &[G::Recorded<'_>],
    run: impl FnOnce(&mut OnInstant<'_, G>) -> Result<(), String>,
) -> Result<Option<(usize, Value)>, String> {
    let (mut place, mut difference) = (0, None);
    run(&mut |t, gathered, store| {
        let is_same = recorded.get(place).is_some_and(|instant| gathered.is_equal(t, instant, store));
        if is_same {
            place += 1;
        } else {
            difference = Some((place, gathered.to_json(t, store)));
        }
        is_same
    })?;
    Ok(difference.or_else(|| (place < recorded.len()).then_some((place, Value::Null))))
}

/// The place that stands for the fields of a record other than its instants.
pub const TOTALS: usize = usize::MAX;

/// The verdict on a case, from its first difference; `totals` are the fields of the history other than the instants.
///
/// # Errors
/// The line is not JSON.
pub fn verdict(line: &[u8], difference: Option<(usize, Value)>, totals: &[&str]) -> Result<Verdict, String> {
    let Some((place, got)) = difference else { return Ok(Verdict::default()) };
    let recorded: Value = parsed(line)?;
    let history = &recorded["history"];
    if place == TOTALS {
        let fields = totals.iter().map(|name| ((*name).to_owned(), history[*name].clone()));
        let expected = Value::Object(fields.collect());
        return Ok(Verdict { difference: Some(FirstDifference { instant: None, expected, got }) });
    }
    let expected = history["instants"].get(place).cloned().unwrap_or_default();
    let instant = [&expected, &got].iter().filter_map(|v| v["t_us"].as_i64()).min();
    Ok(Verdict { difference: Some(FirstDifference { instant, expected, got }) })
}

/// A case for people: its fields, then every instant, once where the two agree, field by field where they do not.
///
/// # Errors
/// The line is not JSON.
pub fn shown(line: &[u8], fields: &[&str], replayed: &[Value]) -> Result<String, String> {
    let recorded: Value = parsed(line)?;
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
            false => text += &format!("\n≠ {}", side_by_side(e, g, 40)),
        }
    }
    Ok(text)
}

/// The text of a refusal, as the records have it.
pub fn refusal_text(text: &str) -> &str {
    if text.ends_with("not found") { "not found" } else { text }
}

/// The instant this many microseconds after the clock's start.
pub fn micros(us: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_micros(us)
}

/// The configuration of a world that stands for a recorded cluster.
pub fn config(world: &RecordedCluster) -> Config {
    let windows = world.create_failures.iter();
    let at = |us| micros(world.start_offset_us) + SimDuration::from_micros(us);
    Config {
        api_latency: SimDuration::from_micros(world.api_latency_us).into(),
        watch_latency: SimDuration::from_micros(world.watch_latency_us).into(),
        gc_latency: SimDuration::from_micros(world.gc_latency_us),
        throttle: world.qps.zip(world.burst).map(|(qps, burst)| RateLimit { qps, burst }),
        events_throttled: world.events_throttled,
        create_failures: windows.map(|w| (at(w.from_us), at(w.to_us))).collect(),
        slots: world.slots,
        ..Config::default()
    }
}
