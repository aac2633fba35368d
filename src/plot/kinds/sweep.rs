//! Responses against a factor that was varied, as lines with confidence intervals; with a second factor, a line for
//! each of its values. More factors are not drawn.

use super::design::{PlottedFactor, PlottedResponse, factors, responses, value_text};
use crate::experiment::result::Point;
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, Series, Style};

/// The greatest number of lines in a panel.
const LINES: usize = 7;

/// The distance between lines that would coincide, as a share of the horizontal axis.
const APART: f64 = 0.008;

/// One chart with a panel for each response, if one or two factors were varied and there are not too many lines. Of two
/// factors, one with numbers goes on the axis rather than one with names.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let mut factors = factors(points);
    let (responses, is_across) = (responses(points), |f: &PlottedFactor| f.numbers().is_none());
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
    // Responses that do not differ between points appear only in the caption.
    let changes = |r: &&PlottedResponse| r.changes(points);
    let changing: Vec<&PlottedResponse> = responses.iter().filter(changes).collect();
    let drawn = if changing.is_empty() { responses.iter().collect() } else { changing };
    let mut caption = caption(points, &responses, first, second);
    if drawn.iter().any(|r| are_any_equal(&lines(points, r, (first, &places), second))) {
        caption.push_str(" Lines that are equal are drawn side by side.");
    }
    let mut panels: Vec<Panel> =
        drawn.into_iter().filter_map(|r| panel(points, r, (first, &places, &x), second)).collect();
    let Some((_, all_but_last)) = panels.split_last_mut() else { return Vec::new() };
    all_but_last.iter_mut().for_each(|panel| panel.x.label.clear());
    let title = match second {
        None => format!("What {} changes", first.name),
        Some(second) => format!("What {} and {} change", first.name, second.name),
    };
    vec![Chart { kind: "sweep", title, caption, panels, ..Chart::default() }]
}

fn panel(
    points: &[NamedPoint],
    r: &PlottedResponse,
    (first, places, x): (&PlottedFactor, &[f64], &Axis),
    second: Option<&PlottedFactor>,
) -> Option<Panel> {
    let lines = lines(points, r, (first, places), second);
    let mut series = Vec::new();
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for &[_, _, from, to] in lines.iter().flatten() {
        (low, high) = (low.min(from), high.max(to));
    }
    let apart = if are_any_equal(&lines) { APART * (x.to - x.from) } else { 0.0 };
    let middle = (lines.len() - 1) as f64 / 2.0;
    for (line, mut values) in lines.into_iter().enumerate() {
        values.iter_mut().for_each(|value| value[0] += (line as f64 - middle) * apart);
        let style = Style::nth(line);
        let name = second.map_or(String::new(), |s| format!("{} = {}", s.name, value_text(&s.values[line])));
        series.push(Series { name: String::new(), style, geometry: Geometry::Points(values.clone()) });
        let points = values.iter().map(|v| [v[0], v[1]]).collect();
        series.push(Series { name, style, geometry: Geometry::Line(points) });
    }
    if !low.is_finite() || (matches!(r.unit, AxisUnit::Number) && high == 0.0) {
        return None;
    }
    let y = match r.unit {
        AxisUnit::Share => Axis { label: String::new(), unit: AxisUnit::Share, from: 0.0, to: 1.0, ..Axis::default() },
        _ => Axis::up_to("", r.unit.clone(), high),
    };
    let y = Axis { label: if matches!(r.unit, AxisUnit::Seconds) { "time".to_owned() } else { String::new() }, ..y };
    Some(Panel {
        title: format!("{}, with intervals", r.title),
        x: x.clone(),
        y,
        height: 150.0,
        series,
        reference_lines: Vec::new(),
    })
}

/// The points for each value of the second factor, in the order of the axis: place, value, and the ends of the
/// interval.
fn lines(
    points: &[NamedPoint],
    r: &PlottedResponse,
    (first, places): (&PlottedFactor, &[f64]),
    second: Option<&PlottedFactor>,
) -> Vec<Vec<[f64; 4]>> {
    let line = |line: usize| {
        let is_on = |p: &&NamedPoint| second.is_none_or(|s| s.of(p.point) == Some(line));
        let point = |p: &NamedPoint| {
            let [y, from, to] = r.at(p.point)?;
            Some([places[first.of(p.point)?], y, from, to])
        };
        let mut values: Vec<[f64; 4]> = points.iter().filter(is_on).filter_map(point).collect();
        values.sort_by(|a, b| a[0].total_cmp(&b[0]));
        values
    };
    (0..second.map_or(1, |s| s.values.len())).map(line).collect()
}

/// Whether two of the lines coincide, so that one would hide the other.
fn are_any_equal(lines: &[Vec<[f64; 4]>]) -> bool {
    lines.iter().enumerate().any(|(n, line)| !line.is_empty() && lines[..n].contains(line))
}

/// A sentence for each response that says where it is lowest and highest.
fn caption(
    points: &[NamedPoint],
    responses: &[PlottedResponse],
    first: &PlottedFactor,
    second: Option<&PlottedFactor>,
) -> String {
    let place = |p: &Point| {
        let value =
            |f: &PlottedFactor| f.of(p).map_or(String::new(), |n| format!("{} = {}", f.name, value_text(&f.values[n])));
        match second {
            None => value(first),
            Some(second) => format!("{}, {}", value(first), value(second)),
        }
    };
    let sentence = |r: &PlottedResponse| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{fixtures, named_points};

    #[test]
    fn each_value_of_a_second_factor_is_a_line() {
        let result = fixtures::swept(&[2, 4, 8], &["Never"]);
        let charts = charts(&named_points(&result));
        let [chart] = &charts[..] else { panic!("one chart") };
        let Geometry::Points(points) = &chart.panels[0].series[0].geometry else { panic!("points") };
        assert_eq!(points.iter().map(|p| (p[0], p[1])).collect::<Vec<_>>(), [(2.0, 0.2), (4.0, 0.4), (8.0, 0.8)]);
        assert!(points.iter().all(|p| p[2] < p[1] && p[1] < p[3]), "intervals hold the estimate");
        assert!(
            chart
                .caption
                .starts_with("P(Complete): from 20\u{a0}% (spec.parallelism = 2) to 80\u{a0}% (spec.parallelism = 8)."),
            "{}",
            chart.caption
        );

        let result = fixtures::swept(&[2, 4], &["Never", "OnFailure"]);
        let charts = super::charts(&named_points(&result));
        assert_eq!(charts[0].panels[0].series.len(), 4, "points and a line for each second value");
        assert!(charts[0].caption.ends_with("Lines that are equal are drawn side by side."), "{}", charts[0].caption);
        let places = |series: usize| match &charts[0].panels[0].series[series].geometry {
            Geometry::Points(points) => points.iter().map(|p| p[0]).collect::<Vec<_>>(),
            _ => panic!("points"),
        };
        let (never, on_failure) = (places(0), places(2));
        assert!(never.iter().zip(&on_failure).all(|(a, b)| a < b && b - a < 0.1), "{never:?} {on_failure:?}");
    }
}
