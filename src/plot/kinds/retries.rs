//! How many retries there were: a histogram over replications, and one over the indexes of Indexed Jobs.

use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{count, percent, short};
use std::collections::BTreeMap;

/// Bars of a histogram, at most.
const BARS: usize = 40;
/// Points in one picture, at most.
const POINTS: usize = 6;

/// A chart of all points together, if there was any retry.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let per_job = |shown: &NamedPoint| -> Vec<u32> {
        shown.point.records.iter().map(|r| r.all.retries.saturating_add(r.all.container_restarts)).collect()
    };
    let jobs: Vec<(String, Vec<u32>)> = points.iter().take(POINTS).map(|p| (p.name.clone(), per_job(p))).collect();
    if jobs.iter().all(|(_, retries)| retries.iter().all(|&n| n == 0)) {
        return Vec::new();
    }
    let mut panels = vec![histogram("Per replication", "retries in a replication", "replications", &jobs)];
    let indexes: Vec<(String, Vec<u32>)> = points.iter().take(POINTS).map(|p| (p.name.clone(), per_index(p))).collect();
    if indexes.iter().any(|(_, retries)| !retries.is_empty()) {
        panels.push(histogram(
            "Per index, in the replications with a timeline",
            "retries of an index",
            "indexes",
            &indexes,
        ));
    }
    let caption = caption(&jobs, &indexes, points.len());
    vec![Chart { kind: "retries", title: "Retries".to_owned(), caption, panels, ..Chart::default() }]
}

/// For each index its attempts in the place of a lost one and its container restarts, over all timelines of a point.
fn per_index(shown: &NamedPoint) -> Vec<u32> {
    let mut all = Vec::new();
    for job in shown.point.timelines.iter().flat_map(|t| &t.jobs) {
        let mut retries: BTreeMap<u32, u32> = BTreeMap::new();
        for pod in &job.pods {
            let Some(index) = pod.index else { continue };
            let restarts = (pod.runs.len() as u32).saturating_sub(1);
            *retries.entry(index).or_default() += restarts + u32::from(pod.is_retry());
        }
        all.extend(retries.into_values());
    }
    all
}

fn histogram(title: &str, label: &str, of_what: &str, columns: &[(String, Vec<u32>)]) -> Panel {
    let most = columns.iter().flat_map(|(_, values)| values).copied().max().unwrap_or(0);
    let least = columns.iter().flat_map(|(_, values)| values).copied().min().unwrap_or(0);
    let width = (most - least + 1).div_ceil(BARS as u32).max(1);
    let bars = ((most - least) / width + 1) as usize;
    let shares = |values: &[u32]| {
        let mut counts = vec![0_u32; bars];
        values.iter().for_each(|v| counts[((v - least) / width) as usize] += 1);
        counts.into_iter().map(|c| f64::from(c) / values.len().max(1) as f64).collect::<Vec<f64>>()
    };
    let edge = |bar: usize| f64::from(least) + bar as f64 * f64::from(width) - 0.5;
    let mut highest: f64 = 0.0;
    let mut series = Vec::new();
    for (n, (name, values)) in columns.iter().enumerate() {
        let shares = shares(values);
        highest = shares.iter().copied().fold(highest, f64::max);
        let geometry = if columns.len() == 1 {
            let gap = f64::from(width) * 0.06;
            let bar = |(b, &share): (usize, &f64)| Bar { x: [edge(b) + gap, edge(b + 1) - gap], y: [0.0, share] };
            Geometry::Bars(shares.iter().enumerate().filter(|(_, s)| **s > 0.0).map(bar).collect())
        } else {
            let mut steps: Vec<[f64; 2]> = shares.iter().enumerate().map(|(b, &share)| [edge(b), share]).collect();
            steps.insert(0, [edge(0), 0.0]);
            steps.push([edge(bars), 0.0]);
            Geometry::Steps(steps)
        };
        let style = if columns.len() == 1 { Style::series(0) } else { Style::nth(n).unmarked() };
        series.push(Series { name: name.clone(), style, geometry });
    }
    let label = if width > 1 { format!("{label} (bars of {width})") } else { label.to_owned() };
    let x = Axis { label, unit: AxisUnit::Whole, from: edge(0), to: edge(bars), ..Axis::default() };
    let y = Axis::up_to(&format!("share of {of_what}"), AxisUnit::Share, highest);
    Panel { title: title.to_owned(), x, y, height: 190.0, series, reference_lines: Vec::new() }
}

fn caption(jobs: &[(String, Vec<u32>)], indexes: &[(String, Vec<u32>)], points: usize) -> String {
    let mut sentences = Vec::new();
    for (name, retries) in jobs {
        let of = if name.is_empty() { String::new() } else { format!("{name}: ") };
        let total: f64 = retries.iter().map(|&n| f64::from(n)).sum();
        let none = retries.iter().filter(|&&n| n == 0).count() as f64 / retries.len().max(1) as f64;
        sentences.push(format!(
            "{of}On average {} retries in a replication, at most {}; none in {} of {}.",
            short(total / retries.len().max(1) as f64),
            retries.iter().max().copied().unwrap_or(0),
            percent(none),
            count(retries.len(), "replication")
        ));
    }
    for (name, retries) in indexes.iter().filter(|(_, retries)| !retries.is_empty()) {
        let of = if name.is_empty() { String::new() } else { format!("{name}: ") };
        let some = retries.iter().filter(|&&n| n > 0).count() as f64 / retries.len() as f64;
        let most = retries.iter().max().copied().unwrap_or(0);
        sentences.push(format!("{of}{} of the indexes were tried again, one of them {most} times.", percent(some)));
    }
    if points > POINTS {
        sentences.push(format!("{} more points are not shown.", points - POINTS));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn each_bar_is_a_share() {
        let mut result = fixtures::failing_in_waves();
        let records = &mut result[0].1.points[0].records;
        let record = records[0].clone();
        *records = [0, 0, 3, 1]
            .map(|retries| {
                let mut r = record.clone();
                r.all.retries = retries;
                r
            })
            .to_vec();
        let charts = charts(&crate::plot::named_points(&result));
        let Geometry::Bars(bars) = &charts[0].panels[0].series[0].geometry else { panic!("bars") };
        assert_eq!(bars.iter().map(|b| b.y[1]).collect::<Vec<_>>(), [0.5, 0.25, 0.25]);
        assert_eq!(charts[0].panels.len(), 1, "the Job has no indexes");
        assert_eq!(
            charts[0].caption,
            "On average 1 retries in a replication, at most 3; none in 50\u{a0}% of 4 replications."
        );
    }

    #[test]
    fn many_values_share_bars() {
        let values: Vec<u32> = (0..1_000).collect();
        let panel = histogram("", "retries", "replications", &[(String::new(), values)]);
        let Geometry::Bars(bars) = &panel.series[0].geometry else { panic!("bars") };
        assert_eq!((bars.len(), panel.x.label.as_str()), (40, "retries (bars of 25)"));
    }
}
