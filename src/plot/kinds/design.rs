//! What the plots of a design share: the responses that they show and the factors that were varied. It draws nothing.

use crate::experiment::result::Point;
use crate::experiment::{JobEnd, Response};
use crate::plot::axis::{Axis, AxisScale, AxisUnit};
use crate::plot::number::{percent, short, span};
use crate::plot::{NamedPoint, short_paths};
use serde_json::Value;

/// The longest path that is written in full at an axis, in characters.
const LONG: usize = 20;
/// The greatest number of responses in a picture.
const PANELS: usize = 6;

/// A response that is drawn.
pub struct PlottedResponse {
    /// Its title.
    pub title: String,
    /// Its unit.
    pub unit: AxisUnit,
    source: ResponseSource,
}

/// Where the value and the interval of a response come from.
enum ResponseSource {
    /// The probability of `Complete`.
    Complete,
    /// A quantile of the duration.
    Quantile(f64),
    /// A mean of the summary, by name.
    Mean(Response),
    /// A measure that the user asked for (`--show`).
    Measure(String),
}

/// The measures that the user asked for, or else a default selection.
pub fn responses(points: &[NamedPoint]) -> Vec<PlottedResponse> {
    let asked: Vec<_> = points.iter().flat_map(|p| &p.point.measures).collect();
    if let [_, ..] = asked[..] {
        let mut responses: Vec<PlottedResponse> = Vec::new();
        for measure in asked {
            if responses.len() < PANELS && !responses.iter().any(|r| r.title == measure.measure) {
                let (title, source) = (measure.measure.clone(), ResponseSource::Measure(measure.measure.clone()));
                responses.push(PlottedResponse { title, unit: unit(&measure.unit), source });
            }
        }
        return responses;
    }
    let response = |title: &str, unit, source| PlottedResponse { title: title.to_owned(), unit, source };
    vec![
        response("P(Complete)", AxisUnit::Share, ResponseSource::Complete),
        response("Time to finish, P50", AxisUnit::Seconds, ResponseSource::Quantile(0.5)),
        response("Time to finish, P95", AxisUnit::Seconds, ResponseSource::Quantile(0.95)),
        response("Retries, mean", AxisUnit::Number, ResponseSource::Mean(Response::Retries)),
    ]
}

fn unit(name: &str) -> AxisUnit {
    match name {
        "probability" | "share" => AxisUnit::Share,
        "seconds" => AxisUnit::Seconds,
        _ => AxisUnit::Number,
    }
}

impl PlottedResponse {
    /// The value at a point, and the ends of its interval; `None` if it is unknown or infinite.
    pub fn at(&self, point: &Point) -> Option<[f64; 3]> {
        match &self.source {
            ResponseSource::Complete => complete(point),
            ResponseSource::Quantile(p) => quantile(point, Response::Duration, *p),
            ResponseSource::Mean(response) => mean(point, *response),
            ResponseSource::Measure(text) => {
                let m = point.measures.iter().find(|m| m.measure == *text)?;
                let value = m.value.filter(|x| x.is_finite())?;
                let end = |x: Option<f64>| x.filter(|x| x.is_finite()).unwrap_or(value);
                Some([value, end(m.low), end(m.high)])
            }
        }
    }

    /// Whether it differs between points.
    pub fn changes(&self, points: &[NamedPoint]) -> bool {
        let mut values = points.iter().filter_map(|p| Some(self.at(p.point)?[0]));
        values.next().is_some_and(|first| values.any(|value| value != first))
    }

    /// A value of it as text.
    pub fn text(&self, x: f64) -> String {
        match self.unit {
            AxisUnit::Share => percent(x),
            AxisUnit::Seconds => span(x),
            _ => short(x),
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
            // No replication completed: the upper end follows from the intervals of the other ends.
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

fn quantile(point: &Point, response: Response, p: f64) -> Option<[f64; 3]> {
    let q = point.summary.all.response(response)?.quantile(p).filter(|q| q.value.is_finite())?;
    let end = |x: Option<f64>| x.filter(|x| x.is_finite()).unwrap_or(q.value);
    Some([q.value, end(q.low), end(q.high)])
}

fn mean(point: &Point, response: Response) -> Option<[f64; 3]> {
    let s = point.summary.all.response(response)?;
    let mean = s.mean?;
    let [low, high] = s.mean_interval.unwrap_or([mean, mean]);
    Some([mean, low, high])
}

/// A factor and its values, in the order in which they first appear.
pub struct PlottedFactor {
    /// The path of the field.
    path: String,
    /// The name under which it is shown: the path, or its last parts if the paths are long.
    pub name: String,
    /// Its values.
    pub values: Vec<Value>,
    /// Each value as a number in the factor's unit, if it is a number.
    numbers: Vec<Option<f64>>,
    unit: AxisUnit,
}

/// The factors in which the points differ.
pub fn factors(points: &[NamedPoint]) -> Vec<PlottedFactor> {
    let mut factors: Vec<PlottedFactor> = Vec::new();
    for setting in points.iter().flat_map(|p| &p.point.settings) {
        let factor = match factors.iter().position(|f| f.path == setting.path) {
            Some(n) => &mut factors[n],
            None => {
                let (path, unit) = (setting.path.clone(), unit(&setting.unit));
                factors.push(PlottedFactor { name: path.clone(), path, values: Vec::new(), numbers: Vec::new(), unit });
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
    let paths: Vec<&str> = factors.iter().map(|f| f.path.as_str()).collect();
    if paths.iter().any(|path| path.len() > LONG) {
        let short = short_paths(&paths);
        let name = |path: &str| short.iter().find(|(whole, _)| whole == path).map(|(_, short)| short.clone());
        let names: Vec<Option<String>> = paths.iter().map(|path| name(path)).collect();
        factors.iter_mut().zip(names).for_each(|(f, name)| f.name = name.unwrap_or_else(|| f.path.clone()));
    }
    factors
}

impl PlottedFactor {
    /// The index of its value at a point.
    pub fn of(&self, point: &Point) -> Option<usize> {
        let setting = point.settings.iter().find(|s| s.path == self.path)?;
        self.values.iter().position(|v| *v == setting.value)
    }

    /// Its values as numbers, if all are numbers or times.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.numbers.iter().copied().collect()
    }

    /// Its values as text.
    pub fn names(&self) -> Vec<String> {
        self.values.iter().map(value_text).collect()
    }

    /// Its axis, and the place of each value on it.
    pub fn axis(&self) -> (Axis, Vec<f64>) {
        let Some(numbers) = self.numbers() else {
            let places = (0..self.values.len()).map(|n| n as f64).collect();
            return (Axis::names(&self.name, self.names()), places);
        };
        let (low, high) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        let is_whole = matches!(self.unit, AxisUnit::Number) && numbers.iter().all(|x| x.fract() == 0.0);
        let unit = if is_whole { AxisUnit::Whole } else { self.unit.clone() };
        let label = self.name.clone();
        let axis = if low > 0.0 && high / low > 30.0 {
            Axis { label, unit, scale: AxisScale::Log, from: low / 1.2, to: high * 1.2 }
        } else {
            // All values can be equal as numbers, such as 60s and 1m.
            let room = if low < high { (high - low) * 0.04 } else { 1.0 };
            Axis { label, unit, from: low - room, to: high + room, ..Axis::default() }
        };
        (axis, numbers)
    }
}

/// A value of a factor as text.
pub fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
