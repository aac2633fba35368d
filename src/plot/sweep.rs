//! What changes when settings are varied: responses against one factor as lines with intervals (a line for each value of
//! a second factor), and against two factors as heat maps.

use super::Shown;
use super::axis::{Axis, Scale, Unit};
use super::chart::{Chart, Look, Panel, Range, Series, Shape};
use super::number::{count, percent, short, span};
use crate::experiment::result::Point;
use crate::experiment::{self, JobEnd};
use serde_json::Value;

/// Lines in one panel at the most.
const LINES: usize = 7;

/// Responses in one picture at the most.
const PANELS: usize = 6;

/// A response that is drawn: its title, its unit, and where its value and the ends of its interval come from.
struct Response {
    title: String,
    unit: Unit,
    of: Of,
}

/// Where a response comes from.
enum Of {
    Complete,
    Quantile(f64),
    Mean(experiment::Response),
    /// What was asked to be shown of each point.
    Measure(String),
}

/// What was asked to be shown of the points; of those of which nothing was asked, what is always of interest.
fn responses(points: &[Shown]) -> Vec<Response> {
    let asked: Vec<_> = points.iter().flat_map(|p| &p.point.measures).collect();
    if let [_, ..] = asked[..] {
        let mut responses: Vec<Response> = Vec::new();
        for measure in asked {
            if responses.len() < PANELS && !responses.iter().any(|r| r.title == measure.measure) {
                let (title, of) = (measure.measure.clone(), Of::Measure(measure.measure.clone()));
                responses.push(Response { title, unit: unit(&measure.unit), of });
            }
        }
        return responses;
    }
    let response = |title: &str, unit, of| Response { title: title.to_owned(), unit, of };
    vec![
        response("P(Complete)", Unit::Share, Of::Complete),
        response("Time to finish, P50", Unit::Seconds, Of::Quantile(0.5)),
        response("Time to finish, P95", Unit::Seconds, Of::Quantile(0.95)),
        response("Retries, mean", Unit::Number, Of::Mean(experiment::Response::Retries)),
    ]
}

fn unit(name: &str) -> Unit {
    match name {
        "probability" | "share" => Unit::Share,
        "seconds" => Unit::Seconds,
        _ => Unit::Number,
    }
}

impl Response {
    /// The value at a point, and the ends of its interval; none if it is not known or never comes.
    fn at(&self, point: &Point) -> Option<[f64; 3]> {
        match &self.of {
            Of::Complete => complete(point),
            Of::Quantile(p) => quantile(point, experiment::Response::Duration, *p),
            Of::Mean(response) => mean(point, *response),
            Of::Measure(text) => {
                let m = point.measures.iter().find(|m| m.measure == *text)?;
                let value = m.value.filter(|x| x.is_finite())?;
                let end = |x: Option<f64>| x.filter(|x| x.is_finite()).unwrap_or(value);
                Some([value, end(m.low), end(m.high)])
            }
        }
    }
}

fn complete(point: &Point) -> Option<[f64; 3]> {
    let all = &point.summary.all;
    let of = f64::from(point.summary.replications);
    let ends: Vec<_> = all.ends.iter().filter(|e| e.end == JobEnd::Complete).collect();
    match &ends[..] {
        [only] => Some([only.probability, only.interval[0], only.interval[1]]),
        [] if of > 0.0 => {
            // None of n: the interval goes from 0 to what the complement's would leave.
            let high = all.ends.iter().map(|e| 1.0 - e.interval[0]).fold(1.0, f64::min);
            Some([0.0, 0.0, if all.ends.len() == 1 { high } else { 0.0 }])
        }
        many if of > 0.0 => {
            let share = many.iter().map(|e| f64::from(e.count)).sum::<f64>() / of;
            Some([share, share, share])
        }
        _ => None,
    }
}

fn quantile(point: &Point, response: experiment::Response, p: f64) -> Option<[f64; 3]> {
    let q = point.summary.all.response(response)?.quantile(p).filter(|q| q.value.is_finite())?;
    let end = |x: Option<f64>| x.filter(|x| x.is_finite()).unwrap_or(q.value);
    Some([q.value, end(q.low), end(q.high)])
}

fn mean(point: &Point, response: experiment::Response) -> Option<[f64; 3]> {
    let s = point.summary.all.response(response)?;
    let mean = s.mean?;
    let [low, high] = s.mean_interval.unwrap_or([mean, mean]);
    Some([mean, low, high])
}

/// A factor and its values, in the order in which they first come.
struct Factor {
    path: String,
    values: Vec<Value>,
    /// The number that each value is, if it is one, and what the numbers count.
    numbers: Vec<Option<f64>>,
    unit: Unit,
}

/// What the points differ in.
fn factors(points: &[Shown]) -> Vec<Factor> {
    let mut factors: Vec<Factor> = Vec::new();
    for setting in points.iter().flat_map(|p| &p.point.settings) {
        let factor = match factors.iter().position(|f| f.path == setting.path) {
            Some(n) => &mut factors[n],
            None => {
                let (path, unit) = (setting.path.clone(), unit(&setting.unit));
                factors.push(Factor { path, values: Vec::new(), numbers: Vec::new(), unit });
                let last = factors.len() - 1;
                &mut factors[last]
            }
        };
        if !factor.values.contains(&setting.value) {
            factor.values.push(setting.value.clone());
            factor.numbers.push(setting.number.or(setting.value.as_f64()));
            if unit(&setting.unit) != factor.unit {
                factor.numbers.fill(None);
            }
        }
    }
    factors.retain(|f| f.values.len() > 1);
    factors
}

impl Factor {
    fn of(&self, point: &Point) -> Option<usize> {
        let setting = point.settings.iter().find(|s| s.path == self.path)?;
        self.values.iter().position(|v| *v == setting.value)
    }

    /// The numbers, if all values are numbers or times.
    fn numbers(&self) -> Option<Vec<f64>> {
        self.numbers.iter().copied().collect()
    }

    fn names(&self) -> Vec<String> {
        self.values.iter().map(shown_value).collect()
    }

    /// The axis, and where each value stands on it.
    fn axis(&self) -> (Axis, Vec<f64>) {
        let Some(numbers) = self.numbers() else {
            let places = (0..self.values.len()).map(|n| n as f64).collect();
            return (Axis::names(&self.path, self.names()), places);
        };
        let (low, high) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        let is_whole = matches!(self.unit, Unit::Number) && numbers.iter().all(|x| x.fract() == 0.0);
        let unit = if is_whole { Unit::Whole } else { self.unit.clone() };
        let label = self.path.clone();
        let axis = if low > 0.0 && high / low > 30.0 {
            Axis { label, unit, scale: Scale::Log, from: low / 1.2, to: high * 1.2 }
        } else {
            let room = (high - low) * 0.04;
            Axis { label, unit, from: low - room, to: high + room, ..Axis::default() }
        };
        (axis, numbers)
    }
}

fn shown_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Lines over the first factor; with a second factor a line for each of its values. Numbers go along the axis rather
/// than names.
pub fn lines(points: &[Shown]) -> Vec<Chart> {
    let mut factors = factors(points);
    let (responses, is_across) = (responses(points), |f: &Factor| f.numbers().is_none());
    if let [first, second] = &factors[..]
        && ((is_across(first) && !is_across(second)) || (second.values.len() > LINES && first.values.len() <= LINES))
    {
        factors.swap(0, 1);
    }
    let Some(first) = factors.first() else { return Vec::new() };
    let second = factors.get(1).filter(|f| f.values.len() <= LINES);
    if factors.len() > 2 || (factors.len() == 2 && second.is_none()) {
        return Vec::new();
    }
    let (x, places) = first.axis();
    // What is the same everywhere is said in the caption.
    let changes = |r: &&Response| r.changes(points);
    let changing: Vec<&Response> = responses.iter().filter(changes).collect();
    let drawn = if changing.is_empty() { responses.iter().collect() } else { changing };
    let mut panels: Vec<Panel> =
        drawn.into_iter().filter_map(|r| panel(points, r, (first, &places, &x), second)).collect();
    let Some((_, all_but_last)) = panels.split_last_mut() else { return Vec::new() };
    all_but_last.iter_mut().for_each(|panel| panel.x.label.clear());
    let title = match second {
        None => format!("What {} changes", first.path),
        Some(second) => format!("What {} and {} change", first.path, second.path),
    };
    vec![Chart {
        kind: "sweep",
        title,
        caption: caption(points, &responses, first, second),
        panels,
        ..Chart::default()
    }]
}

fn panel(
    points: &[Shown],
    r: &Response,
    (first, places, x): (&Factor, &[f64], &Axis),
    second: Option<&Factor>,
) -> Option<Panel> {
    let lines = second.map_or(1, |s| s.values.len());
    let mut series = Vec::new();
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for line in 0..lines {
        let is_on = |p: &&Shown| second.is_none_or(|s| s.of(p.point) == Some(line));
        let mut values: Vec<[f64; 4]> = Vec::new();
        for shown in points.iter().filter(is_on) {
            let (Some(place), Some([y, from, to])) = (first.of(shown.point), r.at(shown.point)) else { continue };
            values.push([places[place], y, from, to]);
            (low, high) = (low.min(from), high.max(to));
        }
        values.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let look = Look::nth(line);
        let name = second.map_or(String::new(), |s| format!("{} = {}", s.path, shown_value(&s.values[line])));
        series.push(Series { name: String::new(), look, shape: Shape::Points(values.clone()) });
        let points = values.iter().map(|v| [v[0], v[1]]).collect();
        series.push(Series { name, look, shape: Shape::Line(points) });
    }
    if !low.is_finite() || (matches!(r.unit, Unit::Number) && high == 0.0) {
        return None;
    }
    let y = match r.unit {
        Unit::Share => Axis { label: String::new(), unit: Unit::Share, from: 0.0, to: 1.0, ..Axis::default() },
        _ => Axis::up_to("", r.unit.clone(), high),
    };
    let y = Axis { label: if matches!(r.unit, Unit::Seconds) { "time".to_owned() } else { String::new() }, ..y };
    Some(Panel {
        title: format!("{}, with intervals", r.title),
        x: x.clone(),
        y,
        height: 150.0,
        series,
        marks: Vec::new(),
    })
}

/// A sentence for each response: where it is lowest and highest.
fn caption(points: &[Shown], responses: &[Response], first: &Factor, second: Option<&Factor>) -> String {
    let place = |p: &Point| {
        let value =
            |f: &Factor| f.of(p).map_or(String::new(), |n| format!("{} = {}", f.path, shown_value(&f.values[n])));
        match second {
            None => value(first),
            Some(second) => format!("{}, {}", value(first), value(second)),
        }
    };
    let sentence = |r: &Response| {
        let known = points.iter().filter_map(|p| Some((p.point, r.at(p.point)?[0])));
        let low = known.clone().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let high = known.max_by(|a, b| a.1.total_cmp(&b.1))?;
        if low.1 == high.1 {
            return Some(format!("{} is {} everywhere.", r.title, r.text(low.1)));
        }
        Some(format!(
            "{}: from {} ({}) to {} ({}).",
            r.title,
            r.text(low.1),
            place(low.0),
            r.text(high.1),
            place(high.0)
        ))
    };
    responses.iter().filter_map(sentence).collect::<Vec<_>>().join(" ")
}

impl Response {
    /// Whether it differs between points.
    fn changes(&self, points: &[Shown]) -> bool {
        let mut values = points.iter().filter_map(|p| Some(self.at(p.point)?[0]));
        values.next().is_some_and(|first| values.any(|value| value != first))
    }

    fn text(&self, x: f64) -> String {
        match self.unit {
            Unit::Share => percent(x),
            Unit::Seconds => span(x),
            _ => short(x),
        }
    }
}

/// A heat map for each response that differs, over two factors.
pub fn heat_maps(points: &[Shown]) -> Vec<Chart> {
    let factors = factors(points);
    let [first, second] = &factors[..] else { return Vec::new() };
    responses(points).iter().filter_map(|r| heat_map(points, r, first, second)).collect()
}

fn heat_map(points: &[Shown], r: &Response, first: &Factor, second: &Factor) -> Option<Chart> {
    let mut known = Vec::new();
    for shown in points {
        let (Some(a), Some(b), Some(value)) = (first.of(shown.point), second.of(shown.point), r.at(shown.point)) else {
            continue;
        };
        known.push((a as f64, b as f64, value));
    }
    let low = known.iter().map(|k| k.2[0]).fold(f64::INFINITY, f64::min);
    let high = known.iter().map(|k| k.2[0]).fold(f64::NEG_INFINITY, f64::max);
    if known.is_empty() || low == high {
        return None;
    }
    let cell = |&(a, b, [value, from, to]): &(f64, f64, [f64; 3])| {
        let range = Range { x: [a - 0.48, a + 0.48], y: [b - 0.47, b + 0.47] };
        let interval = if from < to { format!("\n{} to {}", r.text(from), r.text(to)) } else { String::new() };
        (range, (value - low) / (high - low), r.text(value) + &interval)
    };
    let shape = Shape::Cells(known.iter().map(cell).collect());
    let series = vec![Series { name: String::new(), look: Look::series(0), shape }];
    let height = (second.values.len() as f64 * 38.0).clamp(60.0, 600.0);
    let (x, y) = (Axis::names(&first.path, first.names()), Axis::names(&second.path, second.names()));
    let missing = points.len() - known.len();
    let missing = if missing > 0 {
        format!(" At {} it is not known: an empty cell.", count(missing, "point"))
    } else {
        String::new()
    };
    Some(Chart {
        kind: "heatmap",
        name: r.title.replace(['(', ','], " ").replace(')', ""),
        title: format!("{} by {} and {}", r.title, first.path, second.path),
        caption: format!(
            "From {} (dark) to {} (light), with intervals where there is room.{missing}",
            r.text(low),
            r.text(high)
        ),
        panels: vec![Panel { x, y, height, series, ..Panel::default() }],
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn one_factor_gives_lines_and_two_give_a_map() {
        let result = samples::swept(&[2, 4, 8], &["Never"]);
        let charts = lines(&super::super::shown(&result));
        let [chart] = &charts[..] else { panic!("one chart") };
        let Shape::Points(points) = &chart.panels[0].series[0].shape else { panic!("points") };
        assert_eq!(points.iter().map(|p| (p[0], p[1])).collect::<Vec<_>>(), [(2.0, 0.2), (4.0, 0.4), (8.0, 0.8)]);
        assert!(points.iter().all(|p| p[2] < p[1] && p[1] < p[3]), "intervals hold the estimate");
        assert!(
            chart
                .caption
                .starts_with("P(Complete): from 20\u{a0}% (spec.parallelism = 2) to 80\u{a0}% (spec.parallelism = 8)."),
            "{}",
            chart.caption
        );
        assert!(heat_maps(&super::super::shown(&result)).is_empty());

        let result = samples::swept(&[2, 4], &["Never", "OnFailure"]);
        let maps = heat_maps(&super::super::shown(&result));
        let Shape::Cells(cells) = &maps[0].panels[0].series[0].shape else { panic!("cells") };
        assert_eq!(cells.len(), 4);
        assert_eq!((cells[0].1, cells[3].1, cells[3].2.as_str()), (0.0, 1.0, "40\u{a0}%\n35\u{a0}% to 45\u{a0}%"));
        assert_eq!(lines(&super::super::shown(&result))[0].panels[0].series.len(), 4, "a line for each second value");
    }
}
