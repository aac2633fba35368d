//! The lives of Jobs: a row for each, running and what it waits for told apart. Of more Jobs than rows can be seen the
//! number of Jobs at each stage is drawn instead, so that the picture stays small.

use super::Shown;
use super::axis::{Axis, Unit};
use super::chart::{Chart, Look, Panel, Range, Series, Shape};
use super::number::{count, percent};
use super::steps::{Change, Whole, accumulated, binned, highest, stacked, wholes};
use super::theme::{Ink, Marker};
use crate::experiment::{JobEnd, JobTimeline};
use crate::record::Stage;

/// Rows that are drawn one by one at the most.
const ROWS: usize = 120;
/// Rows that have the full height.
const HIGH: usize = 40;
const STAGES: usize = Stage::ALL.len();

/// How a stage looks: what is waited for is hatched.
fn look(stage: Stage) -> Look {
    match stage {
        Stage::Running => Look::series(2),
        Stage::Starting => Look::series(4),
        Stage::Room => Look::series(1).hatched(),
        Stage::Throttle => Look::series(5).hatched(),
        Stage::Backoff => Look::series(3).hatched(),
        Stage::Suspended => Look { ink: Ink::Grid, ..Look::series(0) },
        Stage::Controller => Look::series(6),
    }
}

/// A chart for each point with several Jobs.
pub fn charts(points: &[Shown]) -> Vec<Chart> {
    wholes(points).iter().filter(|whole| whole.timeline.jobs.len() > 1).filter_map(chart).collect()
}

fn chart(whole: &Whole) -> Option<Chart> {
    let mut jobs: Vec<&JobTimeline> = whole.timeline.jobs.iter().filter(|job| !job.stages.is_empty()).collect();
    jobs.sort_by(|a, b| a.created.unwrap_or(0.0).total_cmp(&b.created.unwrap_or(0.0)));
    if jobs.is_empty() {
        return None;
    }
    let is_each = jobs.len() <= ROWS;
    let mut panel = if is_each { rows(whole, &jobs) } else { counts(whole, &jobs) };
    panel.marks = whole.marks();
    Some(Chart {
        kind: "jobs",
        name: whole.name.clone(),
        title: whole.title(if is_each { "The lives of the Jobs" } else { "Jobs by what they are at" }),
        caption: caption(whole, &jobs, is_each),
        panels: vec![panel],
    })
}

/// Stages of all Jobs: which Job, which stage, from, to.
fn spans<'a>(jobs: &'a [&JobTimeline]) -> impl Iterator<Item = (usize, usize, f64, f64)> + 'a {
    let of_job = |(n, job): (usize, &'a &JobTimeline)| {
        let stage = move |span: &'a crate::experiment::StageEntry| {
            let stage = Stage::ALL.iter().position(|stage| stage.key() == span.stage)?;
            (span.to > span.from).then_some((n, stage, span.from, span.to))
        };
        job.stages.iter().filter_map(stage)
    };
    jobs.iter().enumerate().flat_map(of_job)
}

fn rows(whole: &Whole, jobs: &[&JobTimeline]) -> Panel {
    let mut ranges: [Vec<Range>; STAGES] = Default::default();
    // The first row is at the top.
    let y = |n: usize| (jobs.len() - 1 - n) as f64;
    for (n, stage, from, to) in spans(jobs) {
        ranges[stage].push(Range { x: [from, to], y: [y(n) - 0.38, y(n) + 0.38] });
    }
    let mut series: Vec<Series> = Vec::new();
    for (stage, ranges) in Stage::ALL.into_iter().zip(ranges) {
        if !ranges.is_empty() {
            series.push(Series { name: stage.as_str().to_owned(), look: look(stage), shape: Shape::Ranges(ranges) });
        }
    }
    let failed = jobs.iter().enumerate().filter(|(_, job)| job.end == JobEnd::Failed);
    let failed: Vec<[f64; 2]> = failed.filter_map(|(n, job)| Some([job.finished?, y(n)])).collect();
    if !failed.is_empty() {
        let look = Look { ink: Ink::Text, marker: Marker::Cross, ..Look::series(0) };
        series.push(Series { name: "Failed".to_owned(), look, shape: Shape::Marks(failed) });
    }
    let names: Vec<String> = jobs.iter().rev().map(|job| job.name.clone()).collect();
    let height = (jobs.len() as f64 * if jobs.len() <= HIGH { 15.0 } else { 6.0 }).clamp(40.0, 900.0);
    let x = Axis::up_to("time since the start", Unit::Seconds, whole.end() / 1.03);
    Panel { x, y: Axis::names("", names), height, series, ..Panel::default() }
}

/// How many Jobs are at each stage, one above the other.
fn counts(whole: &Whole, jobs: &[&JobTimeline]) -> Panel {
    let mut changes: Vec<Change> = Vec::new();
    for (_, stage, from, to) in spans(jobs) {
        changes.push((from, stage, 1.0));
        changes.push((to, stage, -1.0));
    }
    let steps = binned(accumulated::<STAGES>(changes), whole.end());
    let most = highest(&steps, STAGES);
    let mut series = Vec::new();
    for (n, stage) in Stage::ALL.into_iter().enumerate() {
        if let Some(area) = stacked(&steps, n) {
            let look = Look { hatched: false, ..look(stage) };
            series.push(Series { name: stage.as_str().to_owned(), look, shape: Shape::Area(area) });
        }
    }
    let x = Axis::up_to("time since the start", Unit::Seconds, whole.end() / 1.03);
    Panel { x, y: Axis::counts("Jobs", most), height: 300.0, series, ..Panel::default() }
}

fn caption(whole: &Whole, jobs: &[&JobTimeline], is_each: bool) -> String {
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
    let much = if is_each { "" } else { " There are too many to be drawn one by one." };
    let (jobs, ends, shares) = (count(jobs.len(), "Job"), ends.join(", "), shares.join(", "));
    format!("{jobs}: {ends}. Of their lives: {shares}.{much} ({}.)", whole.which)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn waiting_and_running_are_told_apart() {
        let results = samples::sharing_two_slots();
        let chart = &charts(&super::super::shown(&results))[0];
        let series: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series, ["running", "waiting for room", "Failed"]);
        let Shape::Ranges(waiting) = &chart.panels[0].series[1].shape else { panic!("ranges") };
        assert_eq!(waiting, &[Range { x: [0.0, 10.0], y: [0.62, 1.38] }], "the second of three rows");
        assert!(chart.panels[0].series[1].look.hatched && !chart.panels[0].series[0].look.hatched);
        assert_eq!(
            chart.caption,
            "3 Jobs: 2 Complete, 1 Failed. Of their lives: running 95\u{a0}%, waiting for room 5\u{a0}%. (replication 0.)"
        );
    }

    #[test]
    fn ten_thousand_jobs_are_a_small_picture() {
        let mut results = samples::sharing_two_slots();
        let timeline = &mut results[0].1.points[0].timelines[0];
        let job = timeline.jobs[1].clone();
        let later = |n: usize| {
            let mut job = job.clone();
            job.stages.iter_mut().for_each(|span| (span.from, span.to) = (span.from + n as f64, span.to + n as f64));
            job
        };
        timeline.jobs = (0..10_000).map(later).collect();
        let chart = &charts(&super::super::shown(&results))[0];
        assert!(super::super::svg(&chart.scene()).len() < 100_000);
        assert!(chart.caption.contains("too many to be drawn one by one"), "{}", chart.caption);
    }
}
