//! Cost against another measure: each point of a design, and the Pareto frontier, that is, the points that no other
//! point beats in both.

use crate::experiment::Unit;
use crate::experiment::result::MeasureResult;
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, Series, Style};
use crate::plot::number::count;
use crate::plot::theme::{Color, Marker};

/// Up to this number of points, the frontier's points are named.
const NAMED: usize = 24;

/// A point: its name, the other measure, and the cost.
#[derive(Clone, Debug, PartialEq)]
struct CostPoint<'a> {
    name: &'a str,
    other: f64,
    cost: f64,
}

/// A chart of each design whose points have a cost and another measure.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let Some(first) = points.first().map(|named| named.point) else { return Vec::new() };
    let is_cost = |m: &&MeasureResult| m.unit == Unit::Amount.as_str();
    let Some(cost) = first.measures.iter().find(is_cost) else { return Vec::new() };
    let others = first.measures.iter().filter(|m| !is_cost(m));
    others.take(2).filter_map(|other| chart(points, other, cost)).collect()
}

/// Whether more of a measure is better: true for probabilities, false for times and counts.
fn is_more_better(measure: &MeasureResult) -> bool {
    measure.unit == "probability"
}

/// The points that no other point beats (none is as cheap and better, or as good and cheaper), in the order of their
/// cost.
fn frontier<'a, 'b>(points: &'b [CostPoint<'a>], more_is_better: bool) -> Vec<&'b CostPoint<'a>> {
    let worth = |point: &CostPoint| if more_is_better { point.other } else { -point.other };
    let mut sorted: Vec<&CostPoint> = points.iter().collect();
    sorted.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(worth(b).total_cmp(&worth(a))));
    let mut best = f64::NEG_INFINITY;
    sorted.retain(|point| {
        let is_better = worth(point) > best;
        best = best.max(worth(point));
        is_better
    });
    sorted
}

fn chart(points: &[NamedPoint], other: &MeasureResult, cost: &MeasureResult) -> Option<Chart> {
    let value = |point: &crate::experiment::result::Point, of: &MeasureResult| {
        let measure = point.measures.iter().find(|m| m.measure == of.measure)?;
        measure.value.filter(|value| value.is_finite())
    };
    let of = |named: &&NamedPoint<'_>| value(named.point, other).zip(value(named.point, cost));
    let all: Vec<CostPoint> = points
        .iter()
        .filter_map(|named| of(&named).map(|(other, cost)| CostPoint { name: &named.name, other, cost }))
        .collect();
    if all.len() < 2 {
        return None;
    }
    let best = frontier(&all, is_more_better(other));
    let unit = match other.unit.as_str() {
        "seconds" => AxisUnit::Seconds,
        "probability" | "share" => AxisUnit::Share,
        _ => AxisUnit::Number,
    };
    let most = |of: fn(&CostPoint) -> f64| all.iter().map(of).fold(0.0, f64::max);
    let x = Axis::up_to(&other.measure, unit, most(|point| point.other));
    let y = Axis::up_to(&cost.measure, AxisUnit::Number, most(|point| point.cost));
    let panel = Panel { x, y, height: 320.0, series: series(&all, &best), ..Panel::default() };
    let (cheapest, dearest) = (best.first()?, best.last()?);
    Some(Chart {
        kind: "frontier",
        name: other.measure.clone(),
        title: format!("{} against {}", cost.measure, other.measure),
        caption: format!(
            "{} of {} are on the frontier, where no other is better and as cheap: from {} (the cheapest) to {}.",
            best.len(),
            count(all.len(), "point"),
            cheapest.name,
            dearest.name
        ),
        panels: vec![panel],
    })
}

/// The points that are beaten, and the frontier, with the names of its points if they are few.
fn series(all: &[CostPoint], best: &[&CostPoint]) -> Vec<Series> {
    let place = |point: &CostPoint| [point.other, point.cost];
    let beaten: Vec<[f64; 2]> = all.iter().filter(|point| !best.contains(point)).map(place).collect();
    let line: Vec<[f64; 2]> = best.iter().map(|point| place(point)).collect();
    let style = |n: usize, marker: Marker| Style { marker, ..Style::series(n) };
    let mut series = Vec::new();
    if !beaten.is_empty() {
        let style = Style { color: Color::Muted, ..style(0, Marker::Square) };
        series.push(Series { name: "beaten by another".to_owned(), style, geometry: Geometry::Markers(beaten) });
    }
    series.push(Series { name: String::new(), style: Style::series(0), geometry: Geometry::Line(line.clone()) });
    let on_line = style(0, Marker::Circle);
    series.push(Series { name: "the frontier".to_owned(), style: on_line, geometry: Geometry::Markers(line) });
    if best.len() <= NAMED {
        let labels = best.iter().map(|point| (place(point), point.name.to_owned())).collect();
        series.push(Series {
            name: String::new(),
            style: Style { color: Color::Text, ..Style::series(0) },
            geometry: Geometry::Labels(labels),
        });
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_beats_in_both_is_not_on_the_frontier() {
        let point = |name, other, cost| CostPoint { name, other, cost };
        let points = [point("a", 10.0, 5.0), point("b", 8.0, 5.0), point("c", 4.0, 9.0), point("d", 8.0, 6.0)];
        let names = |more| frontier(&points, more).iter().map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(names(false), ["b", "c"], "less time for more money");
        assert_eq!(names(true), ["a"], "the cheapest is the best");
    }
}
