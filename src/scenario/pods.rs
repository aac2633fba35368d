//! Models of Pods from what a user wrote. All levels that apply to a Pod are laid over one another, field by field,
//! from the weakest to the strongest; fields that are given nowhere have defaults.
//!
//! | from the weakest to the strongest | |
//! | --- | --- |
//! | `pods` | of the scenario, then of `models` or of the Job's entry |
//! | `byAttempt` | the widest key first |
//! | `byIndex`, each followed by its own `byAttempt` | the widest key first |
//! | `byStart`, each followed by its own `byAttempt` | the widest key first |
//! | `byIndex` in `byStart`, each followed by its own `byAttempt` | the widest key first |
//!
//! The width of a key is how many numbers it covers. Of keys of equal width, that of the Job's entry is stronger; two
//! keys of one map that are equally wide and overlap are rejected.

use super::document::{DisruptionSpec, PodsSpec};
use super::precedence::{KeyRanges, cells, key_size, most_specific_first};
use super::problem::FieldProblem;
use super::stages::StagesPatch;
use crate::api::Intervals;
use crate::experiment::AssumedPods;
use crate::model::{self, DisruptionKind, Distribution, OutcomeModel, PodModel, StageFaults, Stages};
use std::collections::BTreeMap;
use std::path::Path;

/// A constant number of seconds.
fn constant(seconds: f64) -> Distribution {
    Distribution::constant(seconds).expect("a number from 0 on is a time")
}

/// Pods without a model: bound 6 ms after their creation and running 0.5 s later, as measured on a v1.37 control plane.
/// Assumptions: they run for a minute and succeed; after SIGTERM they stop in one second, with exit code 143, which is
/// 128 plus the number of that signal.
pub fn default_stages() -> Stages {
    Stages {
        bind: Some(constant(0.006)),
        pull: constant(0.0),
        start: constant(0.5),
        ready: Some(constant(0.0)),
        run: Some(constant(60.0)),
        outcome: OutcomeModel::success(),
        terminate: constant(1.0),
        terminate_exit_code: 143,
        unschedulable: 0.0,
        disruptions: Vec::new(),
        disrupted_after: None,
        runs: Vec::new(),
        containers: Vec::new(),
        is_together: false,
        outlives_grace: false,
        faults: StageFaults::default(),
    }
}

/// Which parts of the behaviour of some Pods are left open by the levels that are for them. A part counts as given if any
/// level gives it, even for some indexes only.
pub fn left_open(levels: &[&PodsSpec]) -> AssumedPods {
    let is_open = |gives: &dyn Fn(&PodsSpec) -> bool| {
        let tells = |pods: &PodsSpec| {
            let parts = pods.by_index.values().chain(pods.by_attempt.values()).chain(pods.by_start.values());
            gives(pods) || parts.into_iter().any(gives)
        };
        !levels.iter().any(|pods| tells(pods))
    };
    AssumedPods {
        run: is_open(&|pods| {
            let of_containers = pods.containers.values().any(|c| c.run.is_some() || c.runs.is_some());
            pods.run.is_some() || pods.runs.is_some() || of_containers
        }),
        outcome: is_open(&|pods| {
            let of_containers = pods.containers.values().any(|c| c.outcome.is_some() || c.runs.is_some());
            pods.outcome.is_some() || pods.runs.is_some() || of_containers
        }),
    }
}

/// The stages with the disruptions of a scenario.
///
/// # Errors
/// If there are more disruptions than streams of random numbers for them.
pub fn with_disruptions(stages: Stages, disruptions: &[DisruptionSpec]) -> Result<Stages, FieldProblem> {
    let kind = |disruption: &DisruptionSpec| match disruption {
        DisruptionSpec::Eviction(often) | DisruptionSpec::Preemption(often) => (DisruptionKind::Eviction, often.rate.0),
        DisruptionSpec::Kubelet(often) => (DisruptionKind::Kubelet, often.rate.0),
        DisruptionSpec::NodeLoss(often) => (DisruptionKind::PodGc, often.rate.0),
        DisruptionSpec::Deletion(often) => (DisruptionKind::Delete, often.rate.0),
    };
    // A disruption that never comes draws no random number.
    let all: Vec<_> = disruptions.iter().map(kind).filter(|&(_, rate)| rate > 0.0).collect();
    if all.len() > model::purpose::DISRUPTIONS as usize {
        return Err(FieldProblem::new("", format!("at most {} entries", model::purpose::DISRUPTIONS)));
    }
    Ok(Stages { disruptions: all, ..stages })
}

/// The contents of one `pods`, including nested levels.
#[derive(Clone, Debug, Default)]
pub struct PodsLevel {
    stages: StagesPatch,
    by_start: Keyed<PodsLevel>,
    by_index: Keyed<PodsLevel>,
    by_attempt: Keyed<StagesPatch>,
}

/// Entries of a map with the numbers that their keys cover, the most specific first.
type Keyed<T> = Vec<(KeyRanges, T)>;

impl PodsLevel {
    /// Reads a level.
    ///
    /// # Errors
    /// Invalid keys, keys of which neither is more specific, invalid weights, a CSV file that cannot be read, and
    /// levels that must not be nested.
    pub fn read(pods: &PodsSpec, folder: &Path) -> Result<Self, FieldProblem> {
        let starts = |key: &str| {
            let what = || format!("{key:?} is no range of starts: write such as \"1\", \"2-4\" or \"3-\"");
            range(key).map(one_range).ok_or_else(what)
        };
        let by_start = keyed("byStart", &pods.by_start, starts, |below| {
            nothing_inside(&below.by_start, "byStart", "byStart")?;
            Self::below_starts(below, folder)
        })?;
        Ok(PodsLevel { by_start, ..Self::below_starts(pods, folder)? })
    }

    /// A level without its `byStart`.
    fn below_starts(pods: &PodsSpec, folder: &Path) -> Result<Self, FieldProblem> {
        let indexes = |key: &str| {
            let set = Intervals::parse(key).ok().filter(|set| !set.is_empty());
            let ranges = set.map(|set| set.iter().map(|(from, to)| (from.into(), to.into())).collect());
            ranges.ok_or_else(|| format!("{key:?} is no list of completion indexes: write such as \"17\" or \"0-4,9\""))
        };
        let by_index = keyed("byIndex", &pods.by_index, indexes, |below| {
            nothing_inside(&below.by_index, "byIndex", "byIndex")?;
            nothing_inside(&below.by_start, "byStart", "byIndex")?;
            Self::below_indexes(below, folder)
        })?;
        Ok(PodsLevel { by_index, ..Self::below_indexes(pods, folder)? })
    }

    /// A level without its `byStart` and `byIndex`.
    fn below_indexes(pods: &PodsSpec, folder: &Path) -> Result<Self, FieldProblem> {
        let attempts = |key: &str| {
            let what = || format!("{key:?} is no range of attempts: write such as \"1\", \"2-4\" or \"3-\"");
            range(key).map(one_range).ok_or_else(what)
        };
        let by_attempt = keyed("byAttempt", &pods.by_attempt, attempts, |below| {
            if !below.by_index.is_empty() || !below.by_attempt.is_empty() || !below.by_start.is_empty() {
                return Err(FieldProblem::new("", "byStart, byIndex and byAttempt cannot stand inside byAttempt"));
            }
            StagesPatch::read(below, folder)
        })?;
        let stages = StagesPatch::read(pods, folder)?;
        Ok(PodsLevel { stages, by_attempt, ..PodsLevel::default() })
    }
}

/// Reads a map by keys; `field` is its name, `ranges` reads a key and `read` an entry.
fn keyed<T>(
    field: &str,
    map: &BTreeMap<String, PodsSpec>,
    ranges: impl Fn(&str) -> Result<KeyRanges, String>,
    read: impl Fn(&PodsSpec) -> Result<T, FieldProblem>,
) -> Result<Keyed<T>, FieldProblem> {
    let entry = |(key, below): (&String, &PodsSpec)| {
        let ranges = ranges(key).map_err(|what| FieldProblem::new(field, what))?;
        let read = read(below).map_err(|problem| problem.below(&format!("{field}[{key}]")))?;
        Ok((key.clone(), ranges.clone(), (ranges, read)))
    };
    most_specific_first(field, map.iter().map(entry).collect::<Result<_, FieldProblem>>()?)
}

fn nothing_inside(map: &BTreeMap<String, PodsSpec>, field: &str, inside: &str) -> Result<(), FieldProblem> {
    if map.is_empty() {
        return Ok(());
    }
    Err(FieldProblem::new(field, format!("{field} cannot stand inside {inside}")))
}

fn one_range((from, to): (u32, u32)) -> KeyRanges {
    vec![(from.into(), to.into())]
}

/// `3`, `1-3` or `3-`; the first attempt is 1.
fn range(text: &str) -> Option<(u32, u32)> {
    let (from, to) = match text.split_once('-') {
        None => (text.trim().parse().ok()?, text.trim().parse().ok()?),
        Some((from, "")) => (from.trim().parse().ok()?, u32::MAX),
        Some((from, to)) => (from.trim().parse().ok()?, to.trim().parse().ok()?),
    };
    (1 <= from && from <= to).then_some((from, to))
}

/// One layer over the stages.
#[derive(Clone, Copy)]
enum LaidOver<'a> {
    Always(&'a StagesPatch),
    /// Applies only to these attempts.
    At(&'a KeyRanges, &'a StagesPatch),
}

/// The model that results from laying levels over stages; a later level is stronger.
pub fn model(stages: &Stages, levels: &[&PodsLevel]) -> PodModel {
    let entries = widest_first(levels.iter().flat_map(|level| &level.by_start));
    let mut model = model_of_start(stages, levels, &[]);
    for (fits, ranges) in cells(&entries.iter().map(|(ranges, _)| *ranges).collect::<Vec<_>>()) {
        let starts: Vec<&PodsLevel> = fits.iter().map(|&n| entries[n].1).collect();
        let of_start = model_of_start(stages, levels, &starts);
        model.by_start.extend(ranges.into_iter().map(|range| (narrow(range), of_start.clone())));
    }
    model
}

/// The model of Jobs to which these entries of `byStart` apply, the widest key first. The order of the layers is that
/// of the table above.
fn model_of_start(stages: &Stages, levels: &[&PodsLevel], starts: &[&PodsLevel]) -> PodModel {
    let mut general: Vec<LaidOver> = levels.iter().map(|level| LaidOver::Always(&level.stages)).collect();
    general.extend(attempts(widest_first(levels.iter().flat_map(|level| &level.by_attempt))));
    let of_levels = widest_first(levels.iter().flat_map(|level| &level.by_index));
    let of_starts = widest_first(starts.iter().flat_map(|level| &level.by_index));
    let all = |indexes: &[usize]| {
        let (general_indexes, start_indexes): (Vec<usize>, Vec<usize>) =
            indexes.iter().partition(|&&n| n < of_levels.len());
        let mut laid = general.clone();
        general_indexes.iter().for_each(|&n| laid.extend(with_attempts(of_levels[n].1)));
        starts.iter().for_each(|start| laid.extend(with_attempts(start)));
        start_indexes.iter().for_each(|&n| laid.extend(with_attempts(of_starts[n - of_levels.len()].1)));
        laid
    };
    let mut model = model_of_index(stages, &all(&[]));
    let keys: Vec<&KeyRanges> = of_levels.iter().chain(&of_starts).map(|(ranges, _)| *ranges).collect();
    let of_part = |(fits, ranges): (Vec<usize>, KeyRanges)| {
        let set = ranges.into_iter().map(|(from, to)| (from as i32, to as i32)).collect::<Vec<_>>();
        (Intervals::of_ranges(&set), model_of_index(stages, &all(&fits)))
    };
    model.set_by_index(cells(&keys).into_iter().map(of_part).collect());
    model
}

/// An entry of `byIndex` or `byStart`, followed by its own attempts.
fn with_attempts(level: &PodsLevel) -> Vec<LaidOver<'_>> {
    let own = attempts(widest_first(level.by_attempt.iter()));
    std::iter::once(LaidOver::Always(&level.stages)).chain(own).collect()
}

fn attempts<'a>(entries: Vec<(&'a KeyRanges, &'a StagesPatch)>) -> impl Iterator<Item = LaidOver<'a>> {
    entries.into_iter().map(|(ranges, stages)| LaidOver::At(ranges, stages))
}

/// The model with all these layers; a later layer is stronger.
fn model_of_index(stages: &Stages, laid: &[LaidOver<'_>]) -> PodModel {
    let with = |fits: &dyn Fn(usize) -> bool| {
        let mut stages = stages.clone();
        for (n, over) in laid.iter().enumerate() {
            match over {
                LaidOver::Always(patch) => patch.lay_over(&mut stages),
                LaidOver::At(_, patch) if fits(n) => patch.lay_over(&mut stages),
                LaidOver::At(..) => {}
            }
        }
        stages
    };
    let mut model = PodModel::plain(with(&|_| false));
    let at = |(n, over): (usize, &LaidOver)| match over {
        LaidOver::At(ranges, _) => Some((n, (*ranges).clone())),
        LaidOver::Always(_) => None,
    };
    let (places, keys): (Vec<usize>, Vec<KeyRanges>) = laid.iter().enumerate().filter_map(at).unzip();
    for (fits, ranges) in cells(&keys.iter().collect::<Vec<_>>()) {
        let of_attempt = with(&|n| fits.iter().any(|&fit| places[fit] == n));
        model.by_attempt.extend(ranges.into_iter().map(|range| (narrow(range), of_attempt.clone())));
    }
    model
}

/// The widest key first; keys of equal width in the order given.
fn widest_first<'a, T>(entries: impl Iterator<Item = &'a (KeyRanges, T)>) -> Vec<(&'a KeyRanges, &'a T)> {
    let mut all: Vec<_> = entries.map(|(ranges, entry)| (ranges, entry)).collect();
    all.sort_by_key(|(ranges, _)| std::cmp::Reverse(key_size(ranges)));
    all
}

/// A range of numbers, all of which fit into 32 bits.
fn narrow((from, to): (i64, i64)) -> (u32, u32) {
    (from as u32, to as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_attempts() {
        for (text, expected) in [
            ("1", Some((1, 1))),
            ("2-4", Some((2, 4))),
            ("3-", Some((3, u32::MAX))),
            ("0", None),
            ("4-2", None),
            ("x", None),
        ] {
            assert_eq!(range(text), expected, "{text}");
        }
    }
}
