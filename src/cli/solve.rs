//! `jobsim solve`: the smallest (or largest) value of a field for which goals hold. The least of a measure over several
//! fields is in `minimize`.

use super::design::{self, ShownMeasures, TableFormat};
use super::experiment::{self, Replicating, Session, TimelineChoice};
use super::minimize;
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::run::{SimulationArgs, failure};
use crate::experiment::result::{Point, ResultFile, ResultKind, Solution, TriedPoint};
use crate::experiment::search::{self, SearchResult};
use crate::experiment::{Goal, Measure, Setup};
use crate::report::{self, Layout};
use crate::scenario::{Design, DesignFactor, DesignPoint, Input, Levels};
use serde_json::json;
use std::collections::BTreeMap;

const ABOUT: &str = "Find the smallest (largest) value of a field for which goals hold

Values are tried under common random numbers. If the goals hold from some value on, bisection finds it; that is checked
at the neighbours and at all other values that were tried. If they do not, every value is tried. RANGE is as for `jobsim
sweep`; a range of times without a step advances by seconds. A goal holds by its estimate; with --sure only if its whole
interval satisfies it. The answer always names both.

With --minimize the answer is another: of all values, or combinations of several fields' values, for which the goals hold,
the one with the least of a measure, such as the cost. All of them are tried.";

const EXAMPLES: &str = "Examples:
  jobsim solve docs/cookbook/job.yaml --fail 20% --field spec.backoffLimit=0..20 --goal 'P(Complete) >= 99%'
  jobsim solve job.yaml --field spec.activeDeadlineSeconds=60..86400 --goal 'P(Complete) >= 99%' --sure
  jobsim solve scenarios/shared-throttle.yaml --field cluster.clientThrottle.qps=5..200 --goal 'p95(duration) <= 6m'
  jobsim solve job.yaml --field pods.run=1m..4h --largest --goal 'P(complete within 4h) >= 95%' --goal 'max(retries) <= 9'
  jobsim solve scenarios/pool-mix.yaml --field cluster.nodes.spot.max=0..12:4 --field cluster.nodes.standard.max=0..12:4 \
    --goal 'p95(duration) <= 6h' --minimize 'mean(cost)'

Exit status: 0 there is such a value, 1 no value does, 2 an error, 130 interrupted by Ctrl-C.";

/// The flags of `jobsim solve`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Find the smallest (largest) value of a field for which goals hold")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// The field, and the values to search; several fields only with --minimize
    #[arg(long, value_name = "FIELD=RANGE", required = true)]
    pub field: Vec<String>,

    /// What must hold, such as 'P(complete within 1h) >= 0.999'; all goals must hold [default: those of the scenario]
    #[arg(long, value_name = "GOAL")]
    pub goal: Vec<String>,

    /// Of the values for which the goals hold, find the one with the least of this measure, such as 'mean(cost)'
    #[arg(long, value_name = "MEASURE", conflicts_with_all = ["largest", "scan"])]
    pub minimize: Option<String>,

    /// Search for the largest value
    #[arg(long)]
    pub largest: bool,

    /// A goal holds only if its whole interval satisfies it
    #[arg(long)]
    pub sure: bool,

    /// Try every value
    #[arg(long)]
    pub scan: bool,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: TableFormat,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub replicating: Replicating,
}

/// A search in progress.
struct Solver<'a> {
    args: &'a Args,
    input: Input,
    factor: DesignFactor,
    session: Session,
    goals: Vec<Goal>,
    shown: ShownMeasures,
    design: Design,
    tried: BTreeMap<u64, Point>,
    /// The setups of the points that were tried, by the points' names.
    setups: BTreeMap<String, Setup>,
    failure: Option<Failure>,
}

/// Searches.
///
/// # Errors
/// Input or goals that cannot be read, values that are refused, output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if let Some(measure) = &args.minimize {
        return minimize::run(args, measure, streams);
    }
    let mut solver = Solver::new(args)?;
    solver.session.listen();
    let found = solver.found(false, None).and_then(|found| Some((found, solver.found(true, Some(found))?)));
    if let Some(failure) = solver.failure.take() {
        return Err(failure);
    }
    design::check(&solver.design, None, streams)?;
    let result = solver.result(found);
    experiment::warn_if_points_partial(&result.points, &solver.session, streams);
    let layout = Layout::new(streams.columns, false);
    let first = &solver.design.points[0].setup;
    let chosen =
        result.solution.as_ref().and_then(|s| if args.sure { s.sure_value.as_ref() } else { s.value.as_ref() });
    let is_chosen = |point: &Point| chosen.is_some_and(|value| point.settings[0].value == *value);
    let place = result.points.iter().position(is_chosen).unwrap_or(result.points.len().saturating_sub(1));
    let setup = result.points.get(place).and_then(|point| solver.setups.get(&point.name)).unwrap_or(first);
    let text = || design::release_line(&result) + &report::solved(&result, (place, setup), layout);
    design::show(args.output, &result.points, text, || answer(&result), streams)?;
    args.replicating.keep(&result)?;
    let wanted =
        found.is_some_and(|(by_estimate, sure)| if args.sure { sure.place } else { by_estimate.place }.is_some());
    Ok(experiment::answer(found.is_none(), wanted))
}

impl<'a> Solver<'a> {
    fn new(args: &'a Args) -> Result<Self, Failure> {
        let [field] = &args.field[..] else {
            return Err(experiment::flag("field", &"several fields are searched only with --minimize MEASURE"));
        };
        let factor = factor(field)?;
        if args.scan && factor.levels.count() > crate::limits::MOST_POINTS {
            let (count, most) = (factor.levels.count(), crate::limits::MOST_POINTS);
            return Err(experiment::flag("scan", &format!("{count} values: at most {most}")));
        }
        let input = args.what.input().map_err(failure)?;
        let mut design = Design::default();
        // Resolving the first value shows what the Jobs are, and whether the field exists.
        let first = value(&mut design, &input, &factor, 0)?;
        let setup = &first.setup;
        args.replicating.check_outputs(&args.what.files, &design.files, None, None)?;
        let session = args.replicating.session(setup, design::replications(setup.replications))?;
        let goals = goals(args, &first)?;
        if goals.is_empty() {
            return Err(Failure::Error("command line: nothing must hold: give --goal 'P(Complete) >= 99%'".to_owned()));
        }
        let shown = ShownMeasures::read(&measured(&goals), setup)?;
        let (tried, setups, failure) = (BTreeMap::new(), BTreeMap::new(), None);
        design.points.push(first);
        Ok(Solver { args, input, factor, session, goals, shown, design, tried, setups, failure })
    }

    /// The first value, from the preferred end, for which all goals hold, or hold surely. Goals that hold surely also
    /// hold by their estimates, so the search for the former begins at the answer to the latter.
    fn found(&mut self, surely: bool, by_estimate: Option<SearchResult>) -> Option<SearchResult> {
        let (count, scan) = (self.factor.levels.count(), self.args.scan || self.factor.levels.is_short_list());
        let largest = self.args.largest;
        let turned = |place: u64| if largest { count - 1 - place } else { place };
        let from = match by_estimate {
            Some(SearchResult { place: None, .. }) => return by_estimate,
            Some(SearchResult { place: Some(place), is_monotone: true, .. }) => turned(place),
            _ => 0,
        };
        // The second answer is only additional information, so its search is not exhaustive.
        let thorough = surely == self.args.sure || by_estimate.is_none_or(|found| !found.is_monotone);
        let mut at = |place: u64| {
            let place = turned(from + place);
            let point = self.try_value(place)?;
            Some(point.goals.iter().all(|goal| goal.holds && (goal.sure || !surely)))
        };
        let mut found = match scan {
            true => search::scan(count - from, &mut at),
            false => search::first(count - from, thorough, &mut at),
        }?;
        found.place = found.place.map(|place| turned(from + place));
        Some(found)
    }

    /// The results of a value; none if it was interrupted or refused.
    fn try_value(&mut self, place: u64) -> Option<&Point> {
        if !self.tried.contains_key(&place) {
            let mut point = match value(&mut self.design, &self.input, &self.factor, place) {
                Ok(point) => point,
                Err(why) => {
                    self.failure = Some(why);
                    return None;
                }
            };
            point.expect.clone_from(&self.goals);
            let measures: Vec<Measure> = self.shown.measures(&point);
            let alone = match self.session.replicate_each(&[(&point, &measures)], &point.name) {
                Ok(mut alone) => alone.pop().expect("one setup has one result"),
                Err(why) => {
                    self.failure = Some(why);
                    return None;
                }
            };
            // An interrupted value is shown if it has replications, but does not decide the search.
            if alone.replications > 0 {
                self.tried
                    .insert(place, design::point(&point, &self.shown, alone, &self.session, TimelineChoice::ByLength));
                self.setups.insert(point.name, point.setup);
            }
        }
        self.tried.get(&place).filter(|point| !point.summary.partial && !self.session.is_stopped())
    }

    fn result(&mut self, found: Option<(SearchResult, SearchResult)>) -> ResultFile {
        let at = |found: Option<u64>| found.and_then(|place| Some(self.tried.get(&place)?.settings[0].value.clone()));
        let tried = |(&place, point): (&u64, &Point)| TriedPoint {
            place,
            value: point.settings[0].value.clone(),
            number: point.settings[0].number,
            results: point.goals.clone(),
        };
        let by = found.map(|(by_estimate, sure)| if self.args.sure { sure } else { by_estimate });
        let values = self.factor.levels.count();
        let mut solution = Solution {
            field: self.factor.path.clone(),
            goals: self.goals.iter().map(|goal| goal.text.clone()).collect(),
            values,
            largest: self.args.largest,
            sure: self.args.sure,
            value: at(found.and_then(|f| f.0.place)),
            sure_value: at(found.and_then(|f| f.1.place)),
            end: if self.args.largest { values - 1 } else { 0 },
            monotone: by.is_none_or(|f| f.is_monotone),
            certain: by.is_some_and(|f| f.is_certain),
            partial: by.is_none(),
            minimized: None,
            tried: self.tried.iter().filter(|(_, point)| !point.summary.partial).map(tried).collect(),
            verdict: Vec::new(),
        };
        let chosen = by.and_then(|f| f.place);
        for (place, point) in &mut self.tried {
            if Some(*place) != chosen {
                point.timelines.clear();
            }
        }
        let points: Vec<Point> = std::mem::take(&mut self.tried).into_values().collect();
        solution.verdict = report::solution_words(&solution, &points, found.is_none());
        let mut result = design::result_file(ResultKind::Solve, &self.design, &self.session);
        (result.partial, result.points, result.solution) = (found.is_none(), points, Some(solution));
        result
    }
}

/// A field and its values, in rising order.
pub(super) fn factor(text: &str) -> Result<DesignFactor, Failure> {
    let mut factor = DesignFactor::ranges(text).map_err(|problem| failure(vec![problem]))?;
    if let Levels::Range(range) = factor.levels {
        factor.levels = Levels::Range(range.by_seconds());
    }
    factor.levels.check().map_err(|why| experiment::flag("field", &format!("{}: {why}", factor.path)))?;
    factor.levels.sort();
    Ok(factor)
}

/// What must hold: the goals of the command line, or else those of the scenario.
pub(super) fn goals(args: &Args, first: &DesignPoint) -> Result<Vec<Goal>, Failure> {
    let setup = &first.setup;
    let read = |text: &String| Goal::parse(text, &setup.series).map_err(|e| experiment::flag("goal", &e));
    let goals = match &args.goal[..] {
        [] => first.expect.clone(),
        texts => texts.iter().map(read).collect::<Result<Vec<_>, _>>()?,
    };
    goals.iter().try_for_each(|goal| experiment::check_measure("goal", &goal.measure, setup))?;
    Ok(goals)
}

/// The distinct measures in goals.
pub(super) fn measured(goals: &[Goal]) -> Vec<String> {
    let mut measured: Vec<String> = goals.iter().map(|goal| goal.measured().to_owned()).collect();
    measured.dedup();
    measured
}

/// The design point of the value with this index.
fn value(design: &mut Design, input: &Input, factor: &DesignFactor, place: u64) -> Result<DesignPoint, Failure> {
    let Some(level) = factor.levels.at(place) else { return Err(experiment::flag("field", &"it has no value")) };
    design.add(input, &[(factor.path.as_str(), &level)]);
    match (design.refused.pop(), design.points.pop()) {
        (Some(refused), _) => Err(failure(refused.problems)),
        (None, Some(point)) => Ok(point),
        (None, None) => Err(experiment::flag("field", &"it has no value")),
    }
}

pub(super) fn answer(result: &ResultFile) -> serde_json::Value {
    let point = |p: &Point| json!({"name": p.name, "settings": p.settings, "measures": p.measures, "goals": p.goals, "summary": p.summary});
    let points: Vec<_> = result.points.iter().map(point).collect();
    let mut answer = report::answer_json(result);
    answer["solution"] = json!(result.solution);
    answer["points"] = points.into();
    answer
}
