//! What used up the retry budget: failed Pods and container restarts by cause, as means over replications. The causes
//! are attributed in [`crate::record`].

use crate::experiment::Outcome;
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{percent, short};

/// The greatest number of rows.
const ROWS: usize = 24;

/// The causes, in the order of [`means`].
const CAUSES: [&str; 3] = [
    "application: a container failed",
    "disruption: evicted, deleted, node lost",
    "admission: failed before any container ran",
];

/// One chart with a row for each point and series of Jobs, if anything failed.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let rows = rows(points);
    if rows.iter().all(|row| row.1.iter().all(|&mean| mean == 0.0)) {
        return Vec::new();
    }
    let left_out = rows.len().saturating_sub(ROWS);
    let rows = &rows[..rows.len().min(ROWS)];
    let mut series: Vec<Series> = Vec::new();
    for (n, name) in CAUSES.iter().enumerate() {
        let bar = |(row, (_, means)): (usize, &(String, [f64; 4]))| {
            let before: f64 = means[..n].iter().sum();
            let y = (rows.len() - 1 - row) as f64;
            Bar { x: [before, before + means[n]], y: [y - 0.36, y + 0.2] }
        };
        let bars: Vec<Bar> = rows.iter().enumerate().map(bar).filter(|b| b.x[1] > b.x[0]).collect();
        if !bars.is_empty() {
            let style = Style::series([3, 0, 6][n]);
            let style = if n == 1 { style.hatched() } else { style };
            series.push(Series { name: (*name).to_owned(), style, geometry: Geometry::Bars(bars) });
        }
    }
    let ignored = |(row, (_, means)): (usize, &(String, [f64; 4]))| {
        let y = (rows.len() - 1 - row) as f64;
        Bar { x: [0.0, means[3]], y: [y + 0.24, y + 0.4] }
    };
    let bars: Vec<Bar> = rows.iter().enumerate().map(ignored).filter(|b| b.x[1] > 0.0).collect();
    if !bars.is_empty() {
        let name = "of these ignored by podFailurePolicy (no budget used)".to_owned();
        series.push(Series { name, style: Style::series(4), geometry: Geometry::Bars(bars) });
    }
    let most = rows.iter().map(|(_, means)| means[..3].iter().sum()).fold(0.0, f64::max);
    let x = Axis::up_to("failed Pods and restarts, mean", AxisUnit::Number, most);
    let names = rows.iter().rev().map(|(name, _)| name.clone()).collect();
    let height = (rows.len() as f64 * 34.0).max(56.0);
    let panel = Panel { x, y: Axis::names("", names), height, series, ..Panel::default() };
    let title = "What used up the retry budget".to_owned();
    vec![Chart { kind: "budget", title, caption: caption(rows, left_out), panels: vec![panel], ..Chart::default() }]
}

/// The name and the [`means`] of each point; with several Jobs, of each Job that the user defined.
fn rows(points: &[NamedPoint]) -> Vec<(String, [f64; 4])> {
    let mut rows = Vec::new();
    for shown in points {
        let records = &shown.point.records;
        let series = records.first().map_or(0, |r| r.series.len());
        if series == 0 {
            let name = if shown.name.is_empty() { "all Pods".to_owned() } else { shown.name.clone() };
            rows.push((name, means(records.iter().map(|r| &r.all))));
            continue;
        }
        for n in 0..series {
            let name = records[0].series[n].job.to_string();
            let name = if shown.name.is_empty() { name } else { format!("{} {name}", shown.name) };
            rows.push((name, means(records.iter().filter_map(|r| r.series.get(n).map(|s| &s.outcome)))));
        }
    }
    rows
}

/// The mean numbers of failures in a replication: by application, by disruption, by admission, and how many of them the
/// Pod failure policy ignored.
fn means<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> [f64; 4] {
    let (mut sums, mut count) = ([0.0; 4], 0.0_f64);
    for outcome in outcomes {
        let f = &outcome.failures;
        for (sum, part) in sums.iter_mut().zip([f.application, f.disruption, f.admission, f.ignored]) {
            *sum += f64::from(part);
        }
        count += 1.0;
    }
    sums.map(|sum| sum / count.max(1.0))
}

fn caption(rows: &[(String, [f64; 4])], left_out: usize) -> String {
    let words = ["application", "disruption", "admission"];
    let row = |(name, means): &(String, [f64; 4])| {
        let total: f64 = means[..3].iter().sum();
        if total == 0.0 {
            return format!("{name}: nothing failed.");
        }
        let parts = words.iter().zip(means).filter(|(_, mean)| **mean > 0.0);
        let parts: Vec<String> = parts.map(|(word, mean)| format!("{word} {}", percent(mean / total))).collect();
        let ignored =
            if means[3] > 0.0 { format!("; {} of all ignored", percent(means[3] / total)) } else { String::new() };
        format!("{name}: {} failures a replication on average: {}{ignored}.", short(total), parts.join(", "))
    };
    let mut text = rows.iter().take(6).map(row).collect::<Vec<_>>().join(" ");
    if rows.len() > 6 {
        text += " (The first six.)";
    }
    if left_out > 0 {
        text += &format!(" {left_out} more rows are not shown.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;
    use crate::record::Failures;

    #[test]
    fn parts_stand_one_behind_the_other() {
        let mut result = fixtures::failing_in_waves();
        let failures = &mut result[0].1.points[0].records[0].all.failures;
        *failures = Failures { application: 6, disruption: 2, admission: 0, ignored: 2 };
        let chart = &charts(&crate::plot::named_points(&result))[0];
        let bars = |n: usize| match &chart.panels[0].series[n].geometry {
            Geometry::Bars(bars) => bars[0].x,
            _ => panic!("bars"),
        };
        assert_eq!((bars(0), bars(1), bars(2)), ([0.0, 6.0], [6.0, 8.0], [0.0, 2.0]));
        let caption = "all Pods: 8 failures a replication on average: application 75\u{a0}%, disruption 25\u{a0}%; 25\u{a0}% of all ignored.";
        assert_eq!(chart.caption, caption);
    }
}
