//! `jobsim solve`: the smallest (or largest) value of a field for which goals hold.

use super::design::{self, Form, Shown};
use super::experiment::{self, Replicating, Session};
use super::out::{Answer, Failure, Streams};
use super::run::{What, failure};
use crate::experiment::result::{Kind, Point, ResultFile, Solution, Tried};
use crate::experiment::search::{self, Found};
use crate::experiment::{Goal, Measure};
use crate::report;
use crate::scenario::{Design, DesignFactor, DesignPoint, Input, Levels};
use serde_json::json;
use std::collections::BTreeMap;

const ABOUT: &str = "Find the smallest (largest) value of a field for which goals hold

Values are tried under common random numbers, by bisection where it holds from some value on, which is checked at the
neighbours and wherever else was tried; where it is not so, every value is tried. RANGE is as for `jobsim sweep`; a range
of times without a step goes by seconds. A goal holds by its estimate; with --sure only if the whole interval says so.
The answer always names both.";

const EXAMPLES: &str = "Examples:
  jobsim solve job.yaml --fail 20% --field spec.backoffLimit=0..20 --goal 'P(Complete) >= 99.9%' -n 10000
  jobsim solve job.yaml --field spec.activeDeadlineSeconds=60..86400 --goal 'P(Complete) >= 99%' --sure
  jobsim solve scenarios/shared-throttle.yaml --field cluster.clientThrottle.qps=5..200 --goal 'p95(duration) <= 6m'
  jobsim solve job.yaml --field pods.run=1m..4h --largest --goal 'P(complete within 4h) >= 95%' --goal 'max(retries) <= 9'

Exit status: 0 there is such a value, 1 no value does, 2 an error, 130 interrupted by Ctrl-C.";

/// The flags of `jobsim solve`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Find the smallest (largest) value of a field for which goals hold")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// What is simulated.
    #[command(flatten)]
    pub what: What,

    /// The field, and the values among which the answer is looked for
    #[arg(long, value_name = "FIELD=RANGE")]
    pub field: String,

    /// What must hold, such as 'P(complete within 1h) >= 0.999'; several must hold together [default: what the scenario
    /// expects]
    #[arg(long, value_name = "GOAL")]
    pub goal: Vec<String>,

    /// Look for the largest value
    #[arg(long)]
    pub largest: bool,

    /// A goal holds only if its whole interval says so
    #[arg(long)]
    pub sure: bool,

    /// Try every value
    #[arg(long)]
    pub scan: bool,

    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub replicating: Replicating,
}

/// A search that goes on.
struct Solver<'a> {
    args: &'a Args,
    input: Input,
    factor: DesignFactor,
    session: Session,
    goals: Vec<Goal>,
    shown: Shown,
    design: Design,
    tried: BTreeMap<u64, Point>,
    failure: Option<Failure>,
}

/// Solves.
///
/// # Errors
/// What cannot be read or resolved, goals that are none, values that are refused, output that cannot be written.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    let mut solver = Solver::new(args)?;
    solver.session.listen();
    let found = solver.found(false, None).and_then(|found| Some((found, solver.found(true, Some(found))?)));
    if let Some(failure) = solver.failure.take() {
        return Err(failure);
    }
    design::check(&solver.design, None, streams)?;
    let result = solver.result(found);
    experiment::warn_if_points_partial(&result.points, &solver.session, streams);
    design::show(args.output, &result.points, || report::solved(&result), || answer(&result), streams)?;
    experiment::save(args.replicating.save.as_deref(), &result)?;
    let wanted =
        found.is_some_and(|(by_estimate, sure)| if args.sure { sure.place } else { by_estimate.place }.is_some());
    Ok(experiment::answer(found.is_none(), wanted))
}

impl<'a> Solver<'a> {
    fn new(args: &'a Args) -> Result<Self, Failure> {
        let mut factor = DesignFactor::ranges(&args.field).map_err(|problem| failure(vec![problem]))?;
        if let Levels::Range(range) = factor.levels {
            factor.levels = Levels::Range(range.by_seconds());
        }
        factor.levels.check().map_err(|why| experiment::flag("field", &format!("{}: {why}", factor.path)))?;
        factor.levels.sort();
        if args.scan && factor.levels.count() > crate::scenario::MOST_POINTS {
            let (count, most) = (factor.levels.count(), crate::scenario::MOST_POINTS);
            return Err(experiment::flag("scan", &format!("{count} values: at most {most}")));
        }
        let input = args.what.input().map_err(failure)?;
        let mut design = Design::default();
        // The end at which it begins says what the Jobs are, and whether the field is one.
        let first = value(&mut design, &input, &factor, 0)?;
        let setup = &first.setup;
        let session = args.replicating.session(setup, design::replications(setup.replications))?;
        let goals = match &args.goal[..] {
            [] => first.expect.clone(),
            texts => {
                let read = |text: &String| Goal::parse(text, &setup.series).map_err(|e| experiment::flag("goal", &e));
                texts.iter().map(read).collect::<Result<_, _>>()?
            }
        };
        if goals.is_empty() {
            return Err(Failure::Error("command line: nothing must hold: give --goal 'P(Complete) >= 99%'".to_owned()));
        }
        goals.iter().try_for_each(|goal| experiment::check_mean("goal", &goal.measure, setup))?;
        let mut measured: Vec<String> = goals.iter().map(|goal| goal.measured().to_owned()).collect();
        measured.dedup();
        let shown = Shown::read(&measured, setup)?;
        let (tried, failure) = (BTreeMap::new(), None);
        design.points.push(first);
        Ok(Solver { args, input, factor, session, goals, shown, design, tried, failure })
    }

    /// The first value, from the end that is wanted, for which all goals hold, or surely hold. What surely holds, holds:
    /// so it is not looked for before the place that estimates give.
    fn found(&mut self, surely: bool, by_estimate: Option<Found>) -> Option<Found> {
        let (count, scan) = (self.factor.levels.count(), self.args.scan || self.factor.levels.is_short_list());
        let largest = self.args.largest;
        let turned = |place: u64| if largest { count - 1 - place } else { place };
        let from = match by_estimate {
            Some(Found { place: None, .. }) => return by_estimate,
            Some(Found { place: Some(place), is_monotone: true, .. }) => turned(place),
            _ => 0,
        };
        // What is beside the question is not searched for at any cost.
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

    /// What comes of a value; nothing if it was interrupted or refused.
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
            let mut alone = self.session.replicate_each(&[(&point.setup, &measures)], &point.name);
            let alone = alone.pop().filter(|_| !self.session.is_stopped())?;
            self.tried.insert(place, design::point(&point, &self.shown, alone, &self.session, true));
        }
        self.tried.get(&place)
    }

    fn result(&mut self, found: Option<(Found, Found)>) -> ResultFile {
        let at = |found: Option<u64>| found.and_then(|place| Some(self.tried.get(&place)?.settings[0].value.clone()));
        let tried = |(&place, point): (&u64, &Point)| Tried {
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
            certain: by.is_none_or(|f| f.is_certain),
            tried: self.tried.iter().map(tried).collect(),
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
        let mut result = design::result_file(Kind::Solve, &self.design);
        (result.points, result.solution) = (points, Some(solution));
        result
    }
}

/// The design point at a place of the values.
fn value(design: &mut Design, input: &Input, factor: &DesignFactor, place: u64) -> Result<DesignPoint, Failure> {
    let Some(level) = factor.levels.at(place) else { return Err(experiment::flag("field", &"it has no value")) };
    design.add(input, &[(factor.path.as_str(), &level)]);
    match (design.refused.pop(), design.points.pop()) {
        (Some(refused), _) => Err(failure(refused.problems)),
        (None, Some(point)) => Ok(point),
        (None, None) => Err(experiment::flag("field", &"it has no value")),
    }
}

fn answer(result: &ResultFile) -> serde_json::Value {
    let point = |p: &Point| json!({"name": p.name, "settings": p.settings, "goals": p.goals, "summary": p.summary});
    let points: Vec<_> = result.points.iter().map(point).collect();
    json!({"seed": result.seed, "question": result.question, "solution": result.solution, "points": points})
}
