//! The number of retries: a histogram over replications, and one over the indexes of Indexed Jobs. What counts as a
//! retry is decided in [`crate::record`].

use super::histogram::{HistogramLabels, histogram};
use crate::plot::NamedPoint;
use crate::plot::axis::AxisUnit;
use crate::plot::chart::Chart;
use crate::plot::number::{count, percent, short};
use std::collections::BTreeMap;

/// The greatest number of points in a picture.
const POINTS: usize = 6;

/// A chart of all points together, if there were any retries.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let per_job = |shown: &NamedPoint| -> Vec<u32> {
        shown.point.records.iter().map(|r| r.all.retries.saturating_add(r.all.container_restarts)).collect()
    };
    let jobs: Vec<(String, Vec<u32>)> = points.iter().take(POINTS).map(|p| (p.name.clone(), per_job(p))).collect();
    if jobs.iter().all(|(_, retries)| retries.iter().all(|&n| n == 0)) {
        return Vec::new();
    }
    let mut panels = Vec::new();
    // A single replication has no distribution.
    if jobs.iter().any(|(_, retries)| retries.len() > 1) {
        let labels =
            HistogramLabels { title: "Per replication", measured: "retries in a replication", of_what: "replications" };
        panels.push(histogram(labels, AxisUnit::Whole, &numbers(&jobs)));
    }
    let indexes: Vec<(String, Vec<u32>)> = points.iter().take(POINTS).map(|p| (p.name.clone(), per_index(p))).collect();
    if indexes.iter().any(|(_, retries)| !retries.is_empty()) {
        let title = "Per index, in the replications with a timeline";
        let labels = HistogramLabels { title, measured: "retries of an index", of_what: "indexes" };
        panels.push(histogram(labels, AxisUnit::Whole, &numbers(&indexes)));
    }
    if panels.is_empty() {
        return Vec::new();
    }
    let caption = caption(&jobs, &indexes, points.len());
    vec![Chart { kind: "retries", title: "Retries".to_owned(), caption, panels, ..Chart::default() }]
}

fn numbers(columns: &[(String, Vec<u32>)]) -> Vec<(String, Vec<f64>)> {
    let number = |(name, values): &(String, Vec<u32>)| (name.clone(), values.iter().map(|&n| f64::from(n)).collect());
    columns.iter().map(number).collect()
}

/// The number of retries of each index, container restarts included, over all timelines of a point.
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

fn caption(jobs: &[(String, Vec<u32>)], indexes: &[(String, Vec<u32>)], points: usize) -> String {
    let mut sentences = Vec::new();
    for (name, retries) in jobs {
        let of = if name.is_empty() { String::new() } else { format!("{name}: ") };
        let total: f64 = retries.iter().map(|&n| f64::from(n)).sum();
        let none = retries.iter().filter(|&&n| n == 0).count() as f64 / retries.len().max(1) as f64;
        sentences.push(format!(
            "{of}Retries in a replication: {} on average, at most {}; none in {} of {}.",
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
        let times = if most == 1 { "once".to_owned() } else { format!("{most} times") };
        sentences.push(format!("{of}{} of the indexes were tried again, one of them {times}.", percent(some)));
    }
    if points > POINTS {
        sentences.push(format!("{} more points are not shown.", points - POINTS));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::chart::Geometry;
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
            "Retries in a replication: 1 on average, at most 3; none in 50\u{a0}% of 4 replications."
        );
    }
}
