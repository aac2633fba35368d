//! Differences between points, paired by replication: the mean difference of each response, with its confidence
//! interval. The intervals come with the result.

use crate::experiment::result::{Comparison, PairedDifference, ResultFile};
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, ReferenceLine, Series, Style};
use crate::plot::number::{percent, short, span};

use crate::experiment::{P_COMPLETE, Response};

/// Responses that are shown if they differ between points; `None` is the probability to complete.
const SHOWN: [Option<Response>; 8] = [
    None,
    Some(Response::Duration),
    Some(Response::Retries),
    Some(Response::PodsCreated),
    Some(Response::BackoffWait),
    Some(Response::OvershootPodTime),
    Some(Response::RoomWait),
    Some(Response::SkippedStarts),
];

/// The names of the responses that are shown.
fn shown() -> impl Iterator<Item = &'static str> {
    SHOWN.iter().map(|response| response.map_or(P_COMPLETE, Response::name))
}

/// A chart for each result that compares.
pub fn charts(results: &[(String, ResultFile)]) -> Vec<Chart> {
    let is_single = results.len() == 1;
    let chart = |(name, result): &(String, ResultFile)| {
        let base = &result.comparisons.first()?.base;
        let panels: Vec<Panel> = shown().filter_map(|response| panel(&result.comparisons, response)).collect();
        if panels.is_empty() {
            return None;
        }
        Some(Chart {
            kind: "compare",
            name: if is_single { String::new() } else { name.clone() },
            title: format!("Differences to {base}, paired by replication"),
            caption: caption(&result.comparisons),
            panels,
        })
    };
    results.iter().filter_map(chart).collect()
}

fn find<'a>(comparison: &'a Comparison, response: &str) -> Option<&'a PairedDifference> {
    comparison.differences.iter().find(|d| d.name == response)
}

fn panel(comparisons: &[Comparison], response: &str) -> Option<Panel> {
    let mut points = Vec::new();
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    let mut unit = AxisUnit::Number;
    for (n, comparison) in comparisons.iter().enumerate() {
        let Some(difference) = find(comparison, response) else { continue };
        let Some(mean) = difference.mean else { continue };
        let [from, to] = difference.interval.unwrap_or([mean, mean]);
        unit = match difference.unit.as_str() {
            "seconds" => AxisUnit::Seconds,
            "probability" | "share" => AxisUnit::Share,
            _ => AxisUnit::Number,
        };
        points.push([mean, (comparisons.len() - 1 - n) as f64, from, to]);
        (low, high) = (low.min(from), high.max(to));
    }
    if low == high {
        return None;
    }
    let room = (high - low) * 0.08;
    let x = Axis { label: "difference".to_owned(), unit, from: low - room, to: high + room, ..Axis::default() };
    let names = comparisons.iter().rev().map(|c| c.with.clone()).collect();
    Some(Panel {
        title: response.to_owned(),
        x,
        y: Axis::names("", names),
        height: (comparisons.len() as f64 * 24.0).max(30.0),
        series: vec![Series { name: String::new(), style: Style::series(0), geometry: Geometry::PointsAcross(points) }],
        reference_lines: vec![ReferenceLine::vertical(0.0, "")],
    })
}

fn caption(comparisons: &[Comparison]) -> String {
    let mut sentences = Vec::new();
    for comparison in comparisons {
        let mut parts = Vec::new();
        for response in shown() {
            let Some(d) = find(comparison, response) else { continue };
            let (Some(mean), Some([low, high])) = (d.mean, d.interval) else { continue };
            if low <= 0.0 && 0.0 <= high {
                continue;
            }
            parts.push(format!("{response} {} [{}, {}]", text(mean, &d.unit), text(low, &d.unit), text(high, &d.unit)));
        }
        let what = if parts.is_empty() { "no sure difference".to_owned() } else { parts.join(", ") };
        sentences.push(format!("{}: {what}.", comparison.with));
    }
    sentences.join(" ")
}

fn text(x: f64, unit: &str) -> String {
    let sign = if x < 0.0 { "-" } else { "+" };
    let size = match unit {
        "seconds" => span(x.abs()),
        "probability" | "share" => percent(x.abs()),
        _ => short(x.abs()),
    };
    format!("{sign}{size}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn differences_have_intervals_and_a_line_at_zero() {
        let mut result = fixtures::failing_in_waves();
        let difference = |name: &str, unit: &str, mean: f64, interval: [f64; 2]| PairedDifference {
            name: name.to_owned(),
            unit: unit.to_owned(),
            mean: Some(mean),
            interval: Some(interval),
            ..PairedDifference::default()
        };
        let differences = vec![
            difference("duration", "seconds", -60.0, [-90.0, -30.0]),
            difference("retries", "", 0.5, [-1.0, 2.0]),
            difference("podsCreated", "", 0.0, [0.0, 0.0]),
        ];
        let comparison = Comparison { base: "a".to_owned(), with: "b".to_owned(), differences, verdict: Vec::new() };
        result[0].1.comparisons.push(comparison);
        let chart = &charts(&result)[0];
        assert_eq!(chart.panels.len(), 2, "what does not differ is left out");
        let Geometry::PointsAcross(points) = &chart.panels[0].series[0].geometry else { panic!("points") };
        assert_eq!(points, &[[-60.0, 0.0, -90.0, -30.0]]);
        assert_eq!(chart.panels[0].reference_lines[0].at, 0.0);
        assert_eq!(chart.caption, "b: duration -1m [-1m30s, -30s].");
    }
}
