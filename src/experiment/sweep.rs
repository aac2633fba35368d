//! Many setups, each replicated independently: the points of a sweep, or the values that `solve` tries. Unlike
//! [`replicate`](super::replicate()) it takes no differences, so threads can share points and replications freely, and
//! there are never more worlds than threads.
//!
//! A point has the same result as it would have alone: random numbers are named by seed and replication, and each point
//! stops by its own precision. All points advance together, so that an experiment that is stopped has about the same
//! number of replications of each.

use super::budget::{Budget, Exhausted};
use super::goal::Measure;
use super::pool::{self, WorkerPool, WorldSize};
use super::precision::next_look;
use super::replicate::{Plan, PointTally, RunControl};
use super::setup::Setup;
use super::simulator::Simulator;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The result of one of many setups.
#[derive(Clone, Debug, Default)]
pub struct PointResult {
    /// Its tally.
    pub tally: PointTally,
    /// How many replications were done; they are numbered from 0.
    pub replications: u32,
    /// Whether it was stopped early.
    pub partial: bool,
    /// The first replication that would have used more than its budget, if any did: then the rest is no result.
    pub exhausted: Option<(u32, Exhausted)>,
}

/// A point in progress.
struct PointSlot<'a> {
    setup: &'a Setup,
    plan: Plan<'a>,
    tally: Mutex<PointTally>,
    exhausted: Mutex<Option<(u32, Exhausted)>>,
    replications: u32,
    is_done: bool,
}

impl PointSlot<'_> {
    fn is_precise(&mut self) -> bool {
        let plan = self.plan;
        let tally = self.tally.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut all = plan.precision.iter().zip(&tally.measures[plan.measures.len()..]);
        !plan.precision.is_empty() && all.all(|(precision, tally)| precision.is_reached(tally, plan.confidence))
    }
}

/// Replicates each setup, together with its measures.
pub fn replicate_each(points: &[(&Setup, &[Measure])], plan: &Plan, watch: RunControl) -> Vec<PointResult> {
    let slot = |&(setup, measures)| {
        let plan = Plan { measures, ..*plan };
        let (tally, exhausted) = (Mutex::new(PointTally::empty(&plan)), Mutex::default());
        PointSlot { setup, plan, tally, exhausted, replications: 0, is_done: false }
    };
    let mut slots: Vec<PointSlot> = points.iter().map(slot).collect();
    let work = plan.replications as usize * slots.len();
    let size = points.iter().map(|(setup, _)| WorldSize::of(setup)).fold(WorldSize::default(), WorldSize::max);
    let budget = points.first().map_or_else(Budget::default, |(setup, _)| setup.budget);
    let threads = pool::threads(plan.threads, size, &budget).min(work.max(1));
    let pool = WorkerPool::new(threads);
    let mut done = 0;
    while done < plan.replications && slots.iter().any(|slot| !slot.is_done) {
        let end = round_end(done).min(plan.replications);
        let stopped = round(&mut slots, (done, end), watch, &pool);
        done = end;
        // Only where `replicate` looks: a point must stop at the same number of replications as it would alone.
        if end >= next_look(0) {
            slots.iter_mut().filter(|s| s.replications == end).for_each(|s| s.is_done = s.is_precise());
        }
        if stopped {
            break;
        }
    }
    let most = plan.replications;
    let alone = |slot: PointSlot| {
        let mut tally = slot.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        tally.records.sort_by_key(|record| record.replication);
        tally.measures.truncate(slot.plan.measures.len());
        let partial = !slot.is_done && slot.replications < most;
        let exhausted = slot.exhausted.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_kept = slot.plan.keep_records && exhausted.is_none();
        debug_assert!(!is_kept || tally.records.len() == slot.replications as usize);
        PointResult { tally, replications: slot.replications, partial, exhausted }
    };
    slots.into_iter().map(alone).collect()
}

/// After how many replications per point the next round ends: early at first, so that a sweep of very many points that
/// is interrupted has something of each; then where precision is checked.
fn round_end(done: u32) -> u32 {
    [5, 50, next_look(0)].into_iter().find(|end| done < *end).unwrap_or_else(|| next_look(done))
}

/// Runs replications from `from` up to `end` of every point that is not done; returns whether it was stopped, or one of
/// them. A number that a thread has taken is always finished, so that there are no gaps.
fn round(slots: &mut [PointSlot], (from, end): (u32, u32), watch: RunControl, pool: &WorkerPool) -> bool {
    let active: Vec<&PointSlot> = slots.iter().filter(|slot| !slot.is_done).collect();
    let each = u64::from(end - from);
    let all = each * active.len() as u64;
    let (next, is_exhausted) = (AtomicU64::new(0), AtomicBool::new(false));
    pool.all(|| work(&active, (from, each), (&next, &is_exhausted), watch));
    let taken = next.into_inner().min(all);
    for (place, slot) in slots.iter_mut().filter(|slot| !slot.is_done).enumerate() {
        slot.replications = from + taken.saturating_sub(place as u64 * each).min(each) as u32;
    }
    taken < all || is_exhausted.into_inner()
}

/// The work of one thread: one replication after the other, point by point.
fn work(
    active: &[&PointSlot],
    (from, each): (u32, u64),
    (next, is_exhausted): (&AtomicU64, &AtomicBool),
    watch: RunControl,
) {
    let mut place = 0;
    let mut at: Option<(Simulator, PointTally)> = None;
    while !watch.is_stopped() && !is_exhausted.load(Ordering::Relaxed) {
        let taken = next.fetch_add(1, Ordering::Relaxed);
        let (point, replication) = ((taken / each) as usize, from + (taken % each) as u32);
        if point != place {
            hand_in(active.get(place).copied(), at.take());
            place = point;
        }
        let Some(slot) = active.get(point) else { break };
        let (simulator, tally) = at.get_or_insert_with(|| {
            let simulator = Simulator::new(slot.setup).count_shares(slot.plan.all_measures());
            (simulator, PointTally::empty(&slot.plan))
        });
        let simulated = simulator.run(replication, false);
        if let Some(why) = simulated.exhausted {
            is_exhausted.store(true, Ordering::Relaxed);
            let mut first = slot.exhausted.lock().unwrap_or_else(PoisonError::into_inner);
            if first.is_none_or(|(number, _)| replication < number) {
                *first = Some((replication, why));
            }
            break;
        }
        tally.add(simulator.outcome(replication, simulated), &slot.plan);
        (watch.done)();
    }
    hand_in(active.get(place).copied(), at.take());
}

/// Merges what a thread did of a point into the point's tally.
fn hand_in(slot: Option<&PointSlot>, at: Option<(Simulator, PointTally)>) {
    if let (Some(slot), Some((_, mut tally))) = (slot, at) {
        slot.tally.lock().unwrap_or_else(PoisonError::into_inner).merge(&mut tally);
    }
}
