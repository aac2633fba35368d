//! `jobsim solve --minimize`: of all values of one field, or combinations of values of several fields, for which the
//! goals hold, finds the one with the smallest value of a measure, such as the cost. All are tried, because a cost need
//! not be monotone in a field.

use super::design::{self, ShownMeasures};
use super::experiment;
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::run::failure;
use super::solve::{self, Args};
use crate::experiment::result::{Point, ResultFile, ResultKind, Solution, TriedPoint};
use crate::report::{self, Layout};
use crate::scenario::Design;
use serde_json::{Map, Value};

/// Tries all values, and prints the best.
///
/// # Errors
/// As of [`solve::run`].
pub fn run(args: &Args, measure: &str, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let factors = args.field.iter().map(|text| solve::factor(text)).collect::<Result<Vec<_>, _>>()?;
    let input = args.what.input().map_err(failure)?;
    let mut grid = Design::grid(&input, &factors).map_err(failure)?;
    design::check(&grid, None, streams)?;
    args.replicating.check_outputs(&args.what.files, &grid.files, None, None)?;
    let goals = solve::goals(args, &grid.points[0])?;
    grid.points.iter_mut().for_each(|point| point.expect.clone_from(&goals));
    let first = &grid.points[0].setup;
    let mut session = args.replicating.session(first, design::replications(first.replications))?;
    let measure = design::whole_measure(measure);
    let others = solve::measured(&goals).into_iter().filter(|text| *text != measure);
    let shown: Vec<String> = std::iter::once(measure.clone()).chain(others).collect();
    let shown = ShownMeasures::read(&shown, first)?;
    session.listen();
    let mut result = design::simulate(ResultKind::Solve, &grid, &shown, &session)?;
    experiment::warn_if_points_partial(&result.points, &session, streams);
    let chosen = [false, true].map(|surely| least(&result.points, surely));
    let fields: Vec<&str> = factors.iter().map(|factor| factor.path.as_str()).collect();
    let mut solution = Solution {
        field: fields.join(", "),
        goals: goals.iter().map(|goal| goal.text.clone()).collect(),
        values: result.points.len() as u64,
        sure: args.sure,
        value: chosen[0].map(|place| value(&result.points[place])),
        sure_value: chosen[1].map(|place| value(&result.points[place])),
        certain: true,
        partial: result.partial,
        minimized: Some(measure),
        tried: result.points.iter().enumerate().map(tried).collect(),
        ..Solution::default()
    };
    solution.verdict = report::minimum_words(&solution, &result.points, chosen);
    result.solution = Some(solution);
    let place = chosen[usize::from(args.sure)].unwrap_or(result.points.len().saturating_sub(1));
    let (setup, layout) = (&grid.points[place].setup, Layout::new(streams.columns, false));
    let text = || design::release_line(&result) + &report::solved(&result, (place, setup), layout);
    design::show(args.output, &result.points, text, || solve::answer(&result), streams)?;
    keep_timelines(&mut result, chosen[usize::from(args.sure)]);
    args.replicating.keep(&result)?;
    Ok(experiment::answer(result.partial, chosen[usize::from(args.sure)].is_some()))
}

/// The place of the point with the smallest first measure, among those whose goals all hold (or hold surely). Of equal
/// points the first is taken; infinite measures do not count.
fn least(points: &[Point], surely: bool) -> Option<usize> {
    let holds = |point: &Point| point.goals.iter().all(|goal| goal.holds && (goal.sure || !surely));
    let numbers = points.iter().enumerate().filter(|(_, point)| holds(point) && !point.summary.partial);
    let numbers = numbers.filter_map(|(place, point)| Some((place, point.measures[0].value?)));
    numbers.filter(|(_, number)| number.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(place, _)| place)
}

/// The value of a point's field; with several fields, an object.
fn value(point: &Point) -> Value {
    match &point.settings[..] {
        [only] => only.value.clone(),
        several => Value::Object(several.iter().map(|s| (s.path.clone(), s.value.clone())).collect::<Map<_, _>>()),
    }
}

fn tried((place, point): (usize, &Point)) -> TriedPoint {
    let number = point.settings.first().filter(|_| point.settings.len() == 1).and_then(|setting| setting.number);
    TriedPoint { place: place as u64, value: value(point), number, results: point.goals.clone() }
}

/// Removes all timelines except those of the answer, to keep the saved result small.
fn keep_timelines(result: &mut ResultFile, chosen: Option<usize>) {
    for (place, point) in result.points.iter_mut().enumerate() {
        if Some(place) != chosen {
            point.timelines.clear();
        }
    }
}
