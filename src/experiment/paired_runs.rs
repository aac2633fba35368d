//! Setups side by side in the same replications, on the same random numbers: whether the outcome of a Job changes, and
//! where two runs diverge. This is not a comparison of means ([`super::replicate()`]): it asks for each replication
//! whether anybody would notice.
//!
//! A timeline can have millions of lines, so at most one is in memory. Of the others a digest remains, and the few lines
//! that are shown come from another run of the same replication.

use super::budget::Exhausted;
use super::setup::Setup;
use super::simulator::Simulator;
use super::upgrade::{JobOutcomes, OutcomeChange, digest, outcome_changes, outcomes};
use crate::api::ExitCodeTable;
use crate::record::RecordedRun;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// A run, with the table of its exit codes.
pub type RunView<'a> = (&'a RecordedRun<'a>, &'a ExitCodeTable);

/// A line of a timeline: when, as text that is ordered as time is, and what happens.
pub type TimelineLine = (String, String);

/// Gives the lines of a run's timeline in order.
pub type TimelineLines = fn(RunView<'_>, &mut dyn FnMut(TimelineLine));

/// The first lines in which two timelines differ. A timeline that has ended has none; one of the two has a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartingLines {
    /// Of the run before.
    pub from: Option<TimelineLine>,
    /// Of the run after.
    pub to: Option<TimelineLine>,
}

/// What two setups do in the same replications.
#[derive(Clone, Debug, Default)]
pub struct PairedRuns {
    /// Replications in which both were run.
    pub replications: u32,
    /// Those in which the outcome of a Job changes.
    pub changed: u32,
    /// The first of these.
    pub first_changed: Option<ChangedRun>,
    /// The first in which anything differs.
    pub first_parting: Option<(u32, PartingLines)>,
}

/// A replication in which the outcome of a Job changes.
#[derive(Clone, Debug)]
pub struct ChangedRun {
    /// The replication.
    pub replication: u32,
    /// Where the two runs diverge.
    pub parting: Option<PartingLines>,
    /// How the outcomes differ; the first differences only.
    pub differences: Vec<OutcomeChange>,
}

/// How much two setups differ in some replications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunDifference {
    /// Not at all.
    Nothing,
    /// In what is written, but in no outcome.
    Written,
    /// In the outcome of a Job.
    Outcome,
}

/// A replication that would use more than its budget, and why.
pub type ExhaustedRun = (u32, Exhausted);

/// A timeline of more changes than this does not keep its memory for the next one.
const KEPT_CHANGES: usize = 1 << 16;

/// What remains of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RunDigest {
    outcomes: u64,
    timeline: u64,
}

/// The runs of one setup. Each is remembered, so that it can be compared with the same replication of many setups.
#[derive(Debug)]
pub struct RememberedRuns<'a> {
    setup: &'a Setup,
    simulator: Simulator<'a>,
    lines: TimelineLines,
    digests: BTreeMap<u32, RunDigest>,
}

impl<'a> RememberedRuns<'a> {
    /// The runs of this setup; none has been made.
    pub fn of(setup: &'a Setup, lines: TimelineLines) -> Self {
        RememberedRuns { setup, simulator: Simulator::new(setup), lines, digests: BTreeMap::new() }
    }

    /// The setup that is run.
    pub fn setup(&self) -> &'a Setup {
        self.setup
    }

    /// Makes a run, and gives the lines of its timeline to `visit`.
    fn visit(&mut self, replication: u32, visit: &mut dyn FnMut(TimelineLine)) -> Result<JobOutcomes, ExhaustedRun> {
        let end = self.simulator.run(replication, true);
        if let Some(why) = end.exhausted {
            return Err((replication, why));
        }
        let run = RecordedRun { recorder: self.simulator.recorder(), end: end.end, cut: end.cut };
        (self.lines)((&run, &self.simulator.world().env.codes), visit);
        let outcomes = outcomes(&run);
        self.simulator.drop_timeline(KEPT_CHANGES);
        Ok(outcomes)
    }

    /// Makes a run and remembers it.
    fn run(&mut self, replication: u32) -> Result<(JobOutcomes, RunDigest), ExhaustedRun> {
        let mut timeline = DefaultHasher::new();
        let outcomes = self.visit(replication, &mut |line| line.hash(&mut timeline))?;
        let of_run = RunDigest { outcomes: digest(&outcomes), timeline: timeline.finish() };
        let known = self.digests.insert(replication, of_run);
        assert!(known.is_none_or(|known| known == of_run), "replication {replication} was another one the second time");
        Ok((outcomes, of_run))
    }

    /// What is remembered of a run, which is made now if it was not before.
    fn remembered(&mut self, replication: u32) -> Result<RunDigest, ExhaustedRun> {
        match self.digests.get(&replication) {
            Some(&known) => Ok(known),
            None => self.run(replication).map(|(_, digest)| digest),
        }
    }

    /// How much another setup differs in the first replications. The first change of an outcome decides. `done` is called
    /// after each replication.
    ///
    /// # Errors
    /// If a replication would use more than its budget.
    pub fn difference(
        &mut self,
        other: &Setup,
        replications: u32,
        done: &dyn Fn(),
    ) -> Result<RunDifference, ExhaustedRun> {
        let mut others = RememberedRuns::of(other, self.lines);
        let mut difference = RunDifference::Nothing;
        for replication in 0..replications {
            let known = self.remembered(replication)?;
            let (after, digest) = others.run(replication)?;
            if digest.outcomes != known.outcomes {
                let (before, _) = self.run(replication)?;
                if !outcome_changes(&before, &after).is_empty() {
                    return Ok(RunDifference::Outcome);
                }
            }
            if digest.timeline != known.timeline {
                difference = RunDifference::Written;
            }
            done();
        }
        Ok(difference)
    }

    /// A line of a run's timeline, by its place.
    fn line(&mut self, replication: u32, place: usize) -> Result<Option<TimelineLine>, ExhaustedRun> {
        let (mut at, mut found) = (0, None);
        self.visit(replication, &mut |line| {
            if at == place {
                found = Some(line);
            }
            at += 1;
        })?;
        Ok(found)
    }
}

/// Runs two setups in the same replications. `done` is called after each.
///
/// # Errors
/// If a replication would use more than its budget.
pub fn paired_runs(
    before: &mut RememberedRuns<'_>,
    after: &mut RememberedRuns<'_>,
    replications: u32,
    done: &dyn Fn(),
) -> Result<PairedRuns, ExhaustedRun> {
    let mut paired = PairedRuns { replications, ..PairedRuns::default() };
    for replication in 0..replications {
        let ((from, from_digest), (to, to_digest)) = (before.run(replication)?, after.run(replication)?);
        let differences = outcome_changes(&from, &to);
        let is_first_change = !differences.is_empty() && paired.first_changed.is_none();
        let diverges = from_digest.timeline != to_digest.timeline;
        let parting = match diverges && (is_first_change || paired.first_parting.is_none()) {
            true => Some(parting(before, after, replication)?),
            false => None,
        };
        if let (None, Some(at)) = (&paired.first_parting, &parting) {
            paired.first_parting = Some((replication, at.clone()));
        }
        paired.changed += u32::from(!differences.is_empty());
        if is_first_change {
            paired.first_changed = Some(ChangedRun { replication, parting, differences });
        }
        done();
    }
    Ok(paired)
}

/// Where two runs that differ diverge.
fn parting(
    before: &mut RememberedRuns<'_>,
    after: &mut RememberedRuns<'_>,
    replication: u32,
) -> Result<PartingLines, ExhaustedRun> {
    let of_line = |line: &TimelineLine| BuildHasherDefault::<DefaultHasher>::default().hash_one(line);
    let mut known = Vec::new();
    before.visit(replication, &mut |line| known.push(of_line(&line)))?;
    let (mut place, mut to) = (0, None);
    after.visit(replication, &mut |line| match to {
        Some(_) => {}
        None if known.get(place) == Some(&of_line(&line)) => place += 1,
        None => to = Some(line),
    })?;
    Ok(PartingLines { from: before.line(replication, place)?, to })
}
