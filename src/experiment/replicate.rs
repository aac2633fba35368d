//! Many replications on many threads. The result depends on the setups and the number of replications alone: each
//! replication has its own random numbers, tallies hold whole numbers, and records are sorted.
//!
//! Several setups are replicated side by side. One thread does a replication of all of them, so that their differences
//! can be taken pair by pair without keeping records.

use super::budget::Exhausted;
use super::differences::Differences;
use super::goal::{Measure, MeasureTally};
use super::outcome::Replication;
use super::pool::{self, WorkerPool, WorldSize};
use super::precision::{Precision, next_look};
use super::setup::Setup;
use super::simulator::Simulator;
use super::summary::Summary;
use super::tally::Tallies;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How an experiment is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The maximum number of replications.
    pub replications: u32,
    /// Number of threads; 0 means one per core, or fewer for so many Jobs that they would take too much memory together.
    pub threads: usize,
    /// Whether a record of each replication is kept.
    pub keep_records: bool,
    /// What is measured in addition to the summary.
    pub measures: &'a [Measure],
    /// Stop as soon as all of these are reached; if there are none, all replications are done.
    pub precision: &'a [Precision],
    /// The confidence of intervals.
    pub confidence: f64,
}

impl Default for Plan<'_> {
    /// One replication, on all cores, with intervals at 95 %.
    fn default() -> Self {
        Plan { replications: 1, threads: 0, keep_records: false, measures: &[], precision: &[], confidence: 0.95 }
    }
}

impl Plan<'_> {
    /// What is measured, and then what stopping rules measure.
    pub(super) fn all_measures(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter().chain(self.precision.iter().map(|p| &p.measure))
    }
}

/// How a caller follows an experiment and stops it.
#[derive(Clone, Copy)]
pub struct RunControl<'a> {
    /// Once it is set, no further replication begins.
    pub stop: Option<&'a AtomicBool>,
    /// Called after every replication, from any thread.
    pub done: &'a (dyn Fn() + Sync),
}

impl RunControl<'_> {
    /// No progress is reported and nothing stops the experiment.
    pub const NOBODY: RunControl<'static> = RunControl { stop: None, done: &|| {} };

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

/// The result of an experiment.
#[derive(Clone, Debug, Default)]
pub struct Replicated {
    /// The tally of each setup.
    pub points: Vec<PointTally>,
    /// Differences between each further setup and the first.
    pub differences: Vec<Differences>,
    /// How many replications were done; they are numbered from 0.
    pub replications: u32,
    /// Whether it was stopped early.
    pub partial: bool,
    /// The first replication that would have used more than its budget, if any did: then the rest is no result.
    pub exhausted: Option<ExhaustedReplication>,
}

/// A replication that was stopped because it would have used more than its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExhaustedReplication {
    /// Its number.
    pub replication: u32,
    /// The place of its setup among those that were replicated.
    pub setup: usize,
    /// Why it was stopped.
    pub why: Exhausted,
}

/// The tally of one setup.
#[derive(Clone, Debug, Default)]
pub struct PointTally {
    /// The source of summaries.
    pub tallies: Tallies,
    /// One for each measure of the plan.
    pub measures: Vec<MeasureTally>,
    /// A record of each replication, in order, if the plan keeps them.
    pub records: Vec<Replication>,
}

impl PointTally {
    /// A tally of no replications.
    pub(super) fn empty(plan: &Plan) -> Self {
        let measures = vec![MeasureTally::default(); plan.measures.len() + plan.precision.len()];
        PointTally { measures, ..PointTally::default() }
    }

    /// A tally of one replication, which is kept.
    pub fn of_record(record: Replication, measures: &[Measure]) -> Self {
        let plan = Plan { keep_records: true, measures, ..Plan::default() };
        let mut tally = PointTally::empty(&plan);
        tally.add(record, &plan);
        tally
    }

    /// Its summary; means of times that have none are left out.
    pub fn summary(&self, setup: &Setup, confidence: f64, partial: bool) -> Summary {
        let mut summary = self.tallies.summary(setup.series.iter().map(|name| &**name), confidence);
        summary.partial = partial;
        if setup.stage_without_mean().is_some() {
            summary.drop_mean_times();
        }
        summary
    }

    pub(super) fn add(&mut self, record: Replication, plan: &Plan) {
        self.tallies.add(&record);
        for (tally, measure) in self.measures.iter_mut().zip(plan.all_measures()) {
            measure.add(tally, &record);
        }
        if plan.keep_records {
            self.records.push(record);
        }
    }

    pub(super) fn merge(&mut self, other: &mut PointTally) {
        assert_eq!(self.measures.len(), other.measures.len(), "both are of the same plan");
        self.tallies.merge(&other.tallies);
        self.measures.iter_mut().zip(&other.measures).for_each(|(into, tally)| into.merge(tally));
        self.records.append(&mut other.records);
    }
}

/// The simulators and tallies of one thread.
struct ReplicationWorker<'a> {
    simulators: Vec<Simulator<'a>>,
    points: Vec<PointTally>,
    differences: Vec<Differences>,
    exhausted: Option<ExhaustedReplication>,
}

impl<'a> ReplicationWorker<'a> {
    fn new(setups: &[&'a Setup], plan: &Plan) -> Self {
        let simulator = |setup: &&'a Setup| Simulator::new(setup).count_shares(plan.all_measures());
        ReplicationWorker {
            simulators: setups.iter().map(simulator).collect(),
            points: vec![PointTally::empty(plan); setups.len()],
            differences: vec![Differences::default(); setups.len() - 1],
            exhausted: None,
        }
    }

    /// Runs replication number `n` of every setup; false if one would use more than its budget.
    fn replicate(&mut self, n: u32, plan: &Plan) -> bool {
        let mut records = Vec::with_capacity(self.simulators.len());
        for (setup, simulator) in self.simulators.iter_mut().enumerate() {
            let simulated = simulator.run(n, false);
            if let Some(why) = simulated.exhausted {
                self.exhausted = Some(ExhaustedReplication { replication: n, setup, why });
                return false;
            }
            records.push(simulator.outcome(n, simulated));
        }
        let mut records = records.into_iter();
        let base = records.next().expect("there is at least one setup");
        for (point, (record, differences)) in records.zip(&mut self.differences).enumerate() {
            differences.add(&base.all, &record.all);
            self.points[point + 1].add(record, plan);
        }
        self.points[0].add(base, plan);
        true
    }
}

/// Replicates setups under common random numbers; each must have the same seed.
///
/// # Panics
/// If there is no setup.
pub fn replicate(setups: &[&Setup], plan: &Plan, watch: RunControl) -> Replicated {
    assert!(!setups.is_empty(), "there is something to replicate");
    let size = setups.iter().map(|setup| WorldSize::of(setup)).fold(WorldSize::default(), WorldSize::plus);
    let threads = pool::threads(plan.threads, size, &setups[0].budget);
    let threads = threads.min(plan.replications.max(1) as usize);
    let pool = WorkerPool::new(threads);
    let mut workers: Vec<ReplicationWorker> =
        (0..pool.threads()).map(|_| ReplicationWorker::new(setups, plan)).collect();
    let mut done = 0;
    loop {
        let end = if plan.precision.is_empty() { plan.replications } else { next_look(done).min(plan.replications) };
        done = batch(&mut workers, done, end, plan, watch, &pool);
        let stopped = done < end;
        let is_exhausted = workers.iter().any(|worker| worker.exhausted.is_some());
        if stopped || is_exhausted || done == plan.replications || is_precise(&workers, plan) {
            return gather(workers, plan, (done, stopped));
        }
    }
}

/// Runs replications from `from` up to `end`; returns how many are done. A number that a thread has taken is always
/// finished, so that there are no gaps, even after a stop.
fn batch(
    workers: &mut [ReplicationWorker],
    from: u32,
    end: u32,
    plan: &Plan,
    watch: RunControl,
    pool: &WorkerPool,
) -> u32 {
    let (next, is_exhausted) = (AtomicU32::new(from), AtomicBool::new(false));
    let is_stopped = || watch.is_stopped() || is_exhausted.load(Ordering::Relaxed);
    let work = |worker: &mut ReplicationWorker| {
        while !is_stopped() {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= end {
                break;
            }
            if !worker.replicate(n, plan) {
                // Those before it are under way, and will be finished: the first of all is found in any case.
                is_exhausted.store(true, Ordering::Relaxed);
                break;
            }
            (watch.done)();
        }
    };
    pool.each(workers, work);
    next.into_inner().min(end)
}

/// Whether every setup has reached all half-widths.
fn is_precise(workers: &[ReplicationWorker], plan: &Plan) -> bool {
    let setups = workers.first().map_or(0, |worker| worker.points.len());
    (0..setups).all(|point| {
        plan.precision.iter().enumerate().all(|(n, precision)| {
            let place = plan.measures.len() + n;
            let mut tally = MeasureTally::default();
            workers.iter().for_each(|worker| tally.merge(&worker.points[point].measures[place]));
            precision.is_reached(&tally, plan.confidence)
        })
    })
}

fn gather(workers: Vec<ReplicationWorker>, plan: &Plan, (replications, partial): (u32, bool)) -> Replicated {
    let exhausted = workers.iter().filter_map(|worker| worker.exhausted).min_by_key(|e| (e.replication, e.setup));
    let mut workers = workers.into_iter();
    let first = workers.next().expect("there is at least one thread");
    let (mut points, mut differences) = (first.points, first.differences);
    for mut worker in workers {
        points.iter_mut().zip(&mut worker.points).for_each(|(into, point)| into.merge(point));
        differences.iter_mut().zip(&worker.differences).for_each(|(into, other)| into.merge(other));
    }
    for point in &mut points {
        point.records.sort_by_key(|record| record.replication);
        point.measures.truncate(plan.measures.len());
        let is_whole = |records: &[Replication]| (0..replications).eq(records.iter().map(|record| record.replication));
        let is_kept = plan.keep_records && exhausted.is_none();
        debug_assert!(!is_kept || is_whole(&point.records), "replications are done once each, without gaps");
    }
    Replicated { points, differences, replications, partial, exhausted }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Bound;
    use super::super::outcome::Outcome;
    use super::*;
    use crate::time::{SimDuration, SimTime};

    /// A thread that has simulated one setup: replications with this many Pods each.
    fn worker<'a>(plan: &Plan, pods: &[u32]) -> ReplicationWorker<'a> {
        let mut point = PointTally::empty(plan);
        for (replication, &pods_created) in (0..).zip(pods) {
            let all = Outcome { pods_created, ..Outcome::default() };
            point.add(Replication { replication, all, ..Replication::default() }, plan);
        }
        ReplicationWorker { simulators: Vec::new(), points: vec![point], differences: Vec::new(), exhausted: None }
    }

    #[test]
    fn each_precision_is_judged_by_its_own_measure() {
        let measures = [Measure::parse("P(Failed)", &[]).expect("a measure")];
        let precision = |text| [Precision::parse(text, &[]).expect("a precision")];
        for (text, is_reached) in [("mean(podsCreated)=1", true), ("mean(podsCreated)=0.1", false)] {
            let precision = precision(text);
            let plan = Plan { measures: &measures, precision: &precision, ..Plan::default() };
            // Of 3, 4, 3 and 4: a half-width of 0.92.
            let workers = [worker(&plan, &[3, 4]), worker(&plan, &[3, 4])];
            assert_eq!(is_precise(&workers, &plan), is_reached, "{text}");
            let [first, second] = workers;
            let gathered = gather(vec![first, second], &plan, (4, false));
            assert_eq!(gathered.points[0].measures.len(), 1, "those of precision are not asked for");
        }
    }

    #[test]
    fn the_first_replication_that_exhausts_its_budget_is_named_whatever_its_thread() {
        let plan = Plan::default();
        let exhausted = |replication| {
            let why = Exhausted { bound: Bound::Events, most: 1, after: SimDuration::ZERO, at: SimTime::ZERO };
            let exhausted = Some(ExhaustedReplication { replication, setup: 0, why });
            ReplicationWorker { exhausted, ..worker(&plan, &[]) }
        };
        for order in [[7, 3], [3, 7]] {
            let named = gather(order.map(exhausted).into(), &plan, (2, false)).exhausted;
            assert_eq!(named.map(|exhausted| exhausted.replication), Some(3));
        }
    }
}
