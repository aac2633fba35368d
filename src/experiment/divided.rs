//! An experiment in units that can be done anywhere, at any time and in any order, and that together give exactly the
//! result of [`replicate`](super::replicate()) or [`replicate_each`](super::replicate_each). Shards, checkpoints of a
//! killed process, and merging are built on units.
//!
//! A unit is the smallest independent part: if setups are paired, a replication of all of them, so that differences can
//! be taken; otherwise a replication of one setup. Units are numbered replication by replication, so that shards of a
//! design have about the same amount of work. The result of a unit is the records of its replications; tallies are
//! computed from records and need not be kept.

use super::budget::{Budget, Exhausted};
use super::differences::Differences;
use super::digest::digest_of;
use super::goal::Measure;
use super::job_share::{CountedShare, ShareCounter};
use super::outcome::Replication;
use super::pool::{self, WorkerPool, WorldSize};
use super::record_codec::{read_record, write_record};
use super::replicate::{ExhaustedReplication, Plan, PointTally, Replicated, RunControl};
use super::setup::Setup;
use super::simulator::Simulator;
use super::sweep::PointResult;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The records of units as bytes, which take a tenth of the memory, by the units' numbers.
pub type Units = BTreeMap<u64, Box<[u8]>>;

/// An experiment that is done in units.
#[derive(Clone, Debug)]
pub struct DividedExperiment<'a> {
    /// The setups, each with its measures.
    pub setups: Vec<(&'a Setup, &'a [Measure])>,
    /// The number of replications of each.
    pub replications: u32,
    /// Whether all setups are replicated side by side, so that differences can be taken.
    pub is_paired: bool,
}

/// The results of several threads.
#[derive(Default)]
struct FoundUnits {
    units: Units,
    exhausted: Option<ExhaustedReplication>,
}

impl DividedExperiment<'_> {
    /// The number of units.
    pub fn units(&self) -> u64 {
        let each = if self.is_paired { 1 } else { self.setups.len() as u64 };
        u64::from(self.replications) * each
    }

    /// A digest of everything that determines the records: setups and measures, but not the number of replications.
    pub fn digest(&self) -> String {
        digest_of(&(&self.setups, self.is_paired))
    }

    /// The replication of a unit and its setups.
    fn place(&self, unit: u64) -> (u32, std::ops::Range<usize>) {
        if self.is_paired {
            return (unit as u32, 0..self.setups.len());
        }
        let each = self.setups.len() as u64;
        let setup = (unit % each) as usize;
        ((unit / each) as u32, setup..setup + 1)
    }

    /// Simulates units on several threads (0 means one per core) until all are done or `watch` stops it; then returns
    /// those that are done.
    ///
    /// # Errors
    /// The first replication that would use more than its budget.
    pub fn simulate(
        &self,
        units: impl Iterator<Item = u64>,
        threads: usize,
        watch: RunControl,
        until: &(dyn Fn() -> bool + Sync),
    ) -> Result<Units, ExhaustedReplication> {
        let mut tasks: Vec<u64> = units.collect();
        // One setup after the other, so that a thread keeps its worlds from one unit to the next.
        tasks.sort_by_key(|unit| (self.place(*unit).1.start, *unit));
        let join = if self.is_paired { WorldSize::plus } else { WorldSize::max };
        let size = self.setups.iter().map(|(setup, _)| WorldSize::of(setup)).fold(WorldSize::default(), join);
        let budget = self.setups.first().map_or_else(Budget::default, |(setup, _)| setup.budget);
        let threads = pool::threads(threads, size, &budget).min(tasks.len()).max(1);
        let (next, is_over, found) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(FoundUnits::default()));
        let is_stopped = || watch.is_stopped() || until() || is_over.load(Ordering::Relaxed);
        let work = || {
            let own = self.work(&tasks, &next, &is_stopped, watch);
            is_over.fetch_or(own.exhausted.is_some(), Ordering::Relaxed);
            let mut all = found.lock().unwrap_or_else(PoisonError::into_inner);
            all.units.extend(own.units);
            all.exhausted = all.exhausted.into_iter().chain(own.exhausted).min_by_key(|e| (e.replication, e.setup));
        };
        WorkerPool::new(threads).all(work);
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.exhausted.map_or(Ok(found.units), Err)
    }

    /// The work of one thread.
    fn work(&self, tasks: &[u64], next: &AtomicUsize, is_stopped: &dyn Fn() -> bool, watch: RunControl) -> FoundUnits {
        let mut found = FoundUnits::default();
        let mut simulators: Vec<Simulator> = Vec::new();
        let mut of = 0..0;
        while !is_stopped() {
            let Some(&unit) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let (replication, setups) = self.place(unit);
            if of != setups {
                let chosen = self.setups[setups.clone()].iter();
                simulators = chosen.map(|(setup, m)| Simulator::new(setup).count_shares(m.iter())).collect();
                of = setups;
            }
            let mut bytes = Vec::new();
            for (place, simulator) in simulators.iter_mut().enumerate() {
                let simulated = simulator.run(replication, false);
                if let Some(why) = simulated.exhausted {
                    found.exhausted = Some(ExhaustedReplication { replication, setup: of.start + place, why });
                    return found;
                }
                write_record(&simulator.outcome(replication, simulated), &mut bytes);
            }
            found.units.insert(unit, bytes.into());
            (watch.done)();
        }
        found
    }

    /// The result of units of paired setups, with the records of all replications.
    ///
    /// # Errors
    /// The number of a unit whose bytes are not records of this experiment.
    pub fn replicated(&self, units: Units) -> Result<Replicated, u64> {
        let (done, all) = (units.len() as u64, self.units());
        let mut tally = UnitTally::new(self);
        let mut differences = vec![Differences::default(); self.setups.len() - 1];
        for (unit, bytes) in units {
            let records = tally.read(unit, &bytes).ok_or(unit)?;
            let (base, others) = records.split_first().ok_or(unit)?;
            differences.iter_mut().zip(others).for_each(|(paired, record)| paired.add(&base.all, &record.all));
            tally.add(unit, records);
        }
        let points = tally.points;
        Ok(Replicated { points, differences, replications: done as u32, partial: done < all, exhausted: None })
    }

    /// The results of units of independently replicated setups, with the records of all replications.
    ///
    /// # Errors
    /// As for [`Self::replicated`].
    pub fn each_replicated(&self, units: Units) -> Result<Vec<PointResult>, u64> {
        let mut tally = UnitTally::new(self);
        for (unit, bytes) in units {
            let records = tally.read(unit, &bytes).ok_or(unit)?;
            tally.add(unit, records);
        }
        let alone = |tally: PointTally| {
            let replications = tally.records.len() as u32;
            let exhausted: Option<(u32, Exhausted)> = None;
            PointResult { tally, replications, partial: replications < self.replications, exhausted }
        };
        Ok(tally.points.into_iter().map(alone).collect())
    }
}

/// Collects units in the order of their numbers, which is that of replications within a point. So records need no
/// sorting.
struct UnitTally<'a> {
    experiment: &'a DividedExperiment<'a>,
    plans: Vec<Plan<'a>>,
    shares: Vec<Vec<CountedShare>>,
    points: Vec<PointTally>,
}

impl<'a> UnitTally<'a> {
    fn new(experiment: &'a DividedExperiment) -> Self {
        let plan = |&(_, measures): &(_, &'a [Measure])| Plan { measures, keep_records: true, ..Plan::default() };
        let plans: Vec<Plan> = experiment.setups.iter().map(plan).collect();
        let shares = |(setup, measures): &(&Setup, &[Measure])| ShareCounter::of(setup, measures.iter()).counts(true);
        UnitTally {
            experiment,
            shares: experiment.setups.iter().map(shares).collect(),
            points: plans.iter().map(PointTally::empty).collect(),
            plans,
        }
    }

    /// The records of a unit; `None` if the bytes are invalid.
    fn read(&self, unit: u64, mut bytes: &[u8]) -> Option<Vec<Replication>> {
        let (replication, setups) = self.experiment.place(unit);
        let read = |place: usize| {
            let names = &self.experiment.setups[place].0.series;
            read_record(&mut bytes, replication, names, &self.shares[place])
        };
        let records = setups.map(read).collect::<Option<Vec<_>>>()?;
        bytes.is_empty().then_some(records)
    }

    fn add(&mut self, unit: u64, records: Vec<Replication>) {
        let (_, setups) = self.experiment.place(unit);
        for (place, record) in setups.zip(records) {
            self.points[place].add(record, &self.plans[place]);
        }
    }
}
