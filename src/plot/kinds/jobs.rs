//! Jobs over time: a row for each Job, with its stages in colours. With too many Jobs, the number of Jobs in each stage
//! is drawn instead, which keeps the picture small.

use crate::experiment::{JobEnd, JobTimeline, StageEntry};
use crate::plot::NamedPoint;
use crate::plot::axis::Axis;
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{count, percent};
use crate::plot::staircase::{Change, Stack, accumulated};
use crate::plot::theme::{Color, Marker};
use crate::plot::timelines::{ReplicationView, replication_views};
use crate::record::Stage;

/// The greatest number of rows that are drawn one by one.
const ROWS: usize = 120;
/// Up to this number of rows, each is high enough for its name.
const HIGH: usize = 40;
const STAGES: usize = Stage::ALL.len();

/// The style of a stage: waiting is hatched.
fn style(stage: Stage) -> Style {
    match stage {
        Stage::Running => Style::series(2),
        Stage::Starting => Style::series(4),
        Stage::Room => Style::series(1).hatched(),
        Stage::Throttle => Style::series(5).hatched(),
        Stage::Backoff => Style::series(3).hatched(),
        Stage::Suspended => Style { color: Color::Grid, ..Style::series(0) },
        Stage::Controller => Style::series(6),
    }
}

/// A chart for each point with several Jobs.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    replication_views(points).iter().filter(|view| view.timeline.jobs.len() > 1).filter_map(chart).collect()
}

fn chart(view: &ReplicationView) -> Option<Chart> {
    let mut jobs: Vec<&JobTimeline> = view.timeline.jobs.iter().filter(|job| !job.stages.is_empty()).collect();
    jobs.sort_by(|a, b| a.created.unwrap_or(0.0).total_cmp(&b.created.unwrap_or(0.0)));
    if jobs.is_empty() {
        return None;
    }
    let is_each = jobs.len() <= ROWS;
    let (mut panel, note) = if is_each { (rows(view, &jobs), String::new()) } else { counts(view, &jobs) };
    view.mark(&mut panel);
    Some(Chart {
        kind: "jobs",
        name: view.name.clone(),
        title: view.title(if is_each { "Each Job over time" } else { "Jobs by stage" }),
        caption: format!("{}{note} ({}.)", caption(&jobs), view.which),
        panels: vec![panel],
    })
}

/// The stages of all Jobs: place of the Job, stage, beginning, end.
fn spans<'a>(jobs: &'a [&JobTimeline]) -> impl Iterator<Item = (usize, usize, f64, f64)> + 'a {
    let of_job = |(n, job): (usize, &'a &JobTimeline)| {
        let stage = move |span: &'a StageEntry| {
            let stage = Stage::ALL.iter().position(|stage| stage.key() == span.stage)?;
            (span.to > span.from).then_some((n, stage, span.from, span.to))
        };
        job.stages.iter().filter_map(stage)
    };
    jobs.iter().enumerate().flat_map(of_job)
}

fn rows(view: &ReplicationView, jobs: &[&JobTimeline]) -> Panel {
    let mut bars: [Vec<Bar>; STAGES] = Default::default();
    // The first row is at the top.
    let y = |n: usize| (jobs.len() - 1 - n) as f64;
    for (n, stage, from, to) in spans(jobs) {
        bars[stage].push(Bar { x: [from, to], y: [y(n) - 0.38, y(n) + 0.38] });
    }
    let mut series: Vec<Series> = Vec::new();
    for (stage, bars) in Stage::ALL.into_iter().zip(bars) {
        // A stage that is never half a pixel wide would be visible only in the legend, so it is left out; running Jobs
        // are always drawn.
        let is_seen = |bar: &Bar| stage == Stage::Running || bar.x[1] - bar.x[0] > view.end() / 1_400.0;
        if bars.iter().any(is_seen) {
            series.push(Series {
                name: stage.as_str().to_owned(),
                style: style(stage),
                geometry: Geometry::Bars(bars),
            });
        }
    }
    let failed = jobs.iter().enumerate().filter(|(_, job)| job.end == JobEnd::Failed);
    let failed: Vec<[f64; 2]> = failed.filter_map(|(n, job)| Some([job.finished?, y(n)])).collect();
    if !failed.is_empty() {
        let style = Style { color: Color::Text, marker: Marker::Cross, ..Style::series(0) };
        series.push(Series { name: "Failed".to_owned(), style, geometry: Geometry::Markers(failed) });
    }
    let names: Vec<String> = jobs.iter().rev().map(|job| job.name.clone()).collect();
    let height = (jobs.len() as f64 * if jobs.len() <= HIGH { 15.0 } else { 6.0 }).clamp(40.0, 900.0);
    let x = view.time_axis(view.end() / 1.03);
    Panel { x, y: Axis::names("", names), height, series, ..Panel::default() }
}

/// The number of Jobs in each stage, stacked, and a sentence for the caption.
fn counts(view: &ReplicationView, jobs: &[&JobTimeline]) -> (Panel, String) {
    let mut changes: Vec<Change> = Vec::new();
    for (_, stage, from, to) in spans(jobs) {
        changes.push((from, stage, 1.0));
        changes.push((to, stage, -1.0));
    }
    let mut stack = Stack::new(&accumulated::<STAGES>(changes), view.end());
    let mut series = Vec::new();
    for (stage, area) in Stage::ALL.into_iter().zip(std::mem::take(&mut stack.areas)) {
        if !area.is_empty() {
            let style = Style { hatched: false, ..style(stage) };
            series.push(Series { name: stage.as_str().to_owned(), style, geometry: Geometry::Area(area) });
        }
    }
    series.extend(stack.peaks());
    let x = view.time_axis(view.end() / 1.03);
    let note =
        format!(" There are too many to draw each; the picture shows how many are in each stage.{}", stack.note());
    (Panel { x, y: Axis::counts("Jobs", stack.most), height: 300.0, series, ..Panel::default() }, note)
}

fn caption(jobs: &[&JobTimeline]) -> String {
    let ends = JobEnd::ALL.into_iter().filter_map(|end| {
        let n = jobs.iter().filter(|job| job.end == end).count();
        (n > 0).then(|| format!("{n} {}", end.as_str()))
    });
    let ends: Vec<String> = ends.collect();
    let mut sums = [0.0; STAGES];
    spans(jobs).for_each(|(_, stage, from, to)| sums[stage] += to - from);
    let all: f64 = sums.iter().sum::<f64>().max(1e-9);
    let shares = Stage::ALL.into_iter().zip(sums).filter(|(_, sum)| *sum > 0.0);
    let shares: Vec<String> = shares.map(|(stage, sum)| format!("{} {}", stage.as_str(), percent(sum / all))).collect();
    let (jobs, ends, shares) = (count(jobs.len(), "Job"), ends.join(", "), shares.join(", "));
    format!("{jobs}: {ends}. Shares of their time: {shares}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn waiting_and_running_are_told_apart() {
        let results = fixtures::sharing_two_slots();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        let series: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series, ["running", "waiting for room", "Failed"]);
        let Geometry::Bars(waiting) = &chart.panels[0].series[1].geometry else { panic!("bars") };
        assert_eq!(waiting, &[Bar { x: [0.0, 10.0], y: [0.62, 1.38] }], "the second of three rows");
        assert!(chart.panels[0].series[1].style.hatched && !chart.panels[0].series[0].style.hatched);
        assert_eq!(
            chart.caption,
            "3 Jobs: 2 Complete, 1 Failed. Shares of their time: running 95\u{a0}%, waiting for room 5\u{a0}%. (replication 0.)"
        );
    }

    #[test]
    fn ten_thousand_jobs_are_a_small_picture() {
        let mut results = fixtures::sharing_two_slots();
        let timeline = &mut results[0].1.points[0].timelines[0];
        let job = timeline.jobs[1].clone();
        let later = |n: usize| {
            let mut job = job.clone();
            job.stages.iter_mut().for_each(|span| (span.from, span.to) = (span.from + n as f64, span.to + n as f64));
            job
        };
        timeline.jobs = (0..10_000).map(later).collect();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        assert!(crate::plot::svg(&chart.scene()).len() < 100_000);
        assert!(chart.caption.contains("too many to draw each"), "{}", chart.caption);
    }
}
