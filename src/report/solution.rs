//! The answer of `solve` in words, and the values that were tried as a table.

use super::headline::headline_of_points;
use super::layout::Layout;
use super::points::{
    brief_name, estimate, footing, in_unit, interrupted, keys, points_rows, shown_value, with_interval,
};
use crate::experiment::Setup;
use crate::experiment::result::{GoalResult, Point, ResultFile, Solution, TriedPoint};
use crate::text::thousands;

/// The text about a search. `chosen` is the setup of the answer and its place among the points if there is an answer,
/// otherwise that of a point worth looking at.
pub fn solved(result: &ResultFile, chosen: (usize, &Setup), layout: Layout) -> String {
    let mut text = interrupted(&result.points);
    let sentences: Vec<String> = result.solution.iter().flat_map(|s| &s.verdict).cloned().collect();
    let (place, setup) = chosen;
    let point = result.points.get(place).map(|point| (brief_name(point), setup, &point.summary.all));
    text += &headline_of_points(setup, &sentences, point.as_slice(), layout);
    text += &format!("\nTried, of {} values:\n", thousands(result.solution.as_ref().map_or(0, |s| s.values)));
    text += &layout.blocks(&points_rows(&result.points), keys(&result.points), "  ", 2);
    text += &format!("\n{}\n", footing(result));
    text
}

/// The verdict on a search.
pub fn solution_words(solution: &Solution, points: &[Point], interrupted: bool) -> Vec<String> {
    let goals = solution.goals.join(" and ");
    let verb = if solution.goals.len() == 1 { "holds" } else { "hold" };
    if interrupted {
        return vec![format!("Interrupted before there was an answer for {goals}.")];
    }
    let (field, which) = (&solution.field, if solution.largest { "largest" } else { "smallest" });
    let mut sentences = Vec::new();
    let wanted = if solution.sure { &solution.sure_value } else { &solution.value };
    let surely = if solution.sure { "surely " } else { "" };
    match wanted {
        Some(value) if is_first(solution, wanted) && solution.tried.iter().all(|t| t.holds(solution.sure)) => {
            let value = shown_value(value);
            sentences.push(format!("{field} = {value}: all values that were tried do, and this is the {which}."));
        }
        Some(value) => {
            let value = shown_value(value);
            sentences.push(format!("{field} = {value} is the {which} value for which {goals} {surely}{verb}."));
        }
        None => sentences.push(format!("No value of {field} does: {goals} {surely}{verb} nowhere.")),
    }
    sentences.extend(wanted.iter().flat_map(|value| estimates(points, value)));
    if wanted.is_none() && solution.goals.len() > 1 {
        sentences.extend((0..solution.goals.len()).map(|n| alone(solution, n)));
    }
    sentences.extend(other(solution, which));
    if is_first(solution, wanted) && !solution.tried.iter().all(|t| t.holds(solution.sure)) {
        let (other, flag) = if solution.largest { ("smallest", "without") } else { ("largest", "with") };
        sentences.push(format!(
            "It holds where the search begins, and not everywhere: is the {other} looked for ({flag} --largest)?"
        ));
    } else if !solution.monotone {
        let how = if solution.certain {
            "so every value that could be the answer was tried"
        } else {
            "and there are too many values to try them all: there may be a better one (--scan tries all)"
        };
        sentences.push(format!("Whether it holds does not change once and for all along the values, {how}."));
    } else if !solution.certain {
        sentences.push("Not all values were tried: between those that were it may hold (--scan tries all).".to_owned());
    }
    sentences
}

/// The verdict on a search for the smallest value of a measure. `chosen` are the places of the points that have it,
/// among those whose goals hold and among those whose goals surely hold.
pub fn minimum_words(solution: &Solution, points: &[Point], chosen: [Option<usize>; 2]) -> Vec<String> {
    let goals = solution.goals.join(" and ");
    let measure = solution.minimized.as_deref().unwrap_or_default();
    if solution.partial {
        return vec![format!("Interrupted before there was an answer for the least {measure}.")];
    }
    let surely = if solution.sure { "surely " } else { "" };
    let verb = if solution.goals.len() == 1 { "holds" } else { "hold" };
    let Some(place) = chosen[usize::from(solution.sure)] else {
        let mut sentences = vec![format!("No value of {} does: {goals} {surely}{verb} nowhere.", solution.field)];
        if solution.goals.len() > 1 {
            sentences.extend((0..solution.goals.len()).map(|n| alone(solution, n)));
        }
        return sentences;
    };
    let holding: Vec<&Point> =
        points.iter().zip(&solution.tried).filter(|(_, tried)| tried.holds(solution.sure)).map(|(p, _)| p).collect();
    let (best, count) = (&points[place], holding.len());
    let least = &best.measures[0];
    let of_those = match (count, goals.is_empty()) {
        (1, true) => "it is the only value that was tried".to_owned(),
        (_, true) => format!("it has the least {measure} of all {count}"),
        (1, false) => format!("it is the only value for which {goals} {surely}{verb}"),
        (_, false) => format!("it has the least {measure} of the {count} for which {goals} {surely}{verb}"),
    };
    let mut sentences = vec![format!("{}: {of_those}.", best.name), format!("  {measure}: it is {}.", estimate(least))];
    sentences.extend(goal_lines(best));
    let overlaps =
        |p: &&&Point| !std::ptr::eq(**p, best) && p.measures[0].low.is_some_and(|low| Some(low) <= least.high);
    let close: Vec<&str> = holding.iter().filter(overlaps).map(|p| p.name.as_str()).collect();
    if let [first, others @ ..] = &close[..] {
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        sentences.push(format!(
            "Its interval overlaps that of {first}{more}: more replications (-n) would tell them apart."
        ));
    }
    if chosen[0] != chosen[1] {
        sentences.push(match (solution.sure, chosen) {
            (false, [_, Some(sure)]) => {
                format!("The least of those whose whole interval says so is {}.", points[sure].name)
            }
            (true, [Some(other), _]) => format!("By the estimates alone it is {}.", points[other].name),
            _ => "For none does the whole interval say so: more replications (-n) would tell more.".to_owned(),
        });
    }
    sentences
}

/// Where each of several goals holds.
fn alone(solution: &Solution, n: usize) -> String {
    let holds = |t: &&TriedPoint| t.results.get(n).is_some_and(|goal| goal.holds && (goal.sure || !solution.sure));
    let values: Vec<String> = solution.tried.iter().filter(holds).map(|t| shown_value(&t.value)).collect();
    match &values[..] {
        [] => format!("  {} alone holds nowhere.", solution.goals[n]),
        [only] => format!("  {} alone holds at {only}.", solution.goals[n]),
        [first, .., last] => {
            let (goal, count) = (&solution.goals[n], values.len());
            format!("  {goal} alone holds at {count} of those that were tried, between {first} and {last}.")
        }
    }
}

/// Whether this is the value at which the search begins. An answer there may mean that the search began at the wrong
/// end.
fn is_first(solution: &Solution, value: &Option<serde_json::Value>) -> bool {
    let end = if solution.largest { solution.tried.last() } else { solution.tried.first() };
    end.is_some_and(|tried| Some(&tried.value) == value.as_ref() && tried.place == solution.end)
}

/// The results of the goals at a value.
fn estimates(points: &[Point], value: &serde_json::Value) -> Vec<String> {
    let at = |p: &&Point| p.settings.first().is_some_and(|s| s.value == *value);
    points.iter().find(at).map(goal_lines).unwrap_or_default()
}

/// The results of the goals at a point.
fn goal_lines(point: &Point) -> Vec<String> {
    let sure = |goal: &GoalResult| if goal.sure { "" } else { "; the interval leaves it open" };
    let line = |goal: &GoalResult| {
        let estimate = goal.value.map_or("–".to_owned(), |x| with_interval(x, goal.low, goal.high, &goal.unit));
        format!("  {}: it is {estimate}, {} is asked for{}.", goal.goal, in_unit(goal.bound, &goal.unit), sure(goal))
    };
    point.goals.iter().map(line).collect()
}

/// The answer by the other rule: by whole intervals if the search decides by estimates, and vice versa.
fn other(solution: &Solution, which: &str) -> Option<String> {
    if solution.value == solution.sure_value {
        return solution.value.as_ref().map(|_| "The whole interval says so: it is sure.".to_owned());
    }
    Some(match (solution.sure, &solution.value, &solution.sure_value) {
        (false, _, Some(sure)) => {
            format!("The {which} value for which the whole interval says so, and it is sure: {}.", shown_value(sure))
        }
        (false, _, None) => {
            "For no value that was tried does the whole interval say so: more replications (-n) would tell more."
                .to_owned()
        }
        (true, Some(value), None) => {
            let value = shown_value(value);
            format!("By the estimates alone the {which} is {value}: more replications (-n) may make one sure.")
        }
        (true, Some(value), _) => format!("By the estimates alone the {which} is {}.", shown_value(value)),
        (true, None, _) => "By the estimates alone no value does either.".to_owned(),
    })
}

impl TriedPoint {
    /// Whether all goals hold, by their estimates or surely.
    pub fn holds(&self, surely: bool) -> bool {
        self.results.iter().all(|goal| goal.holds && (goal.sure || !surely))
    }
}
