//! Each Pod's life: a row for each Pod, or for Indexed Jobs for each index, with its stages in colours. Of a Job with too
//! many rows to be seen the number of Pods in each stage is drawn instead, so that the picture stays small.

use super::Shown;
use super::axis::{Axis, Unit};
use super::chart::{Chart, Look, Panel, Range, Series, Shape};
use super::number::{count, span};
use super::steps::{Change, Told, accumulated, binned, highest, stacked, told};
use super::theme::Ink;
use crate::experiment::PodTimeline;

/// Rows that are drawn one by one at the most.
const ROWS: usize = 300;
/// Rows that have a name.
const NAMED: usize = 45;

/// A stage of a Pod's life, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Pending,
    Succeeded,
    Failed,
    Unended,
    Waiting,
    Terminating,
}

const STAGES: [(Stage, &str); 6] = [
    (Stage::Pending, "pending"),
    (Stage::Succeeded, "running, then succeeded"),
    (Stage::Failed, "running, then failed"),
    (Stage::Unended, "running, then stopped"),
    (Stage::Waiting, "waiting for a restart"),
    (Stage::Terminating, "terminating"),
];

fn look(stage: Stage) -> Look {
    match stage {
        Stage::Pending => Look::series(4),
        Stage::Succeeded => Look::series(2),
        Stage::Failed => Look::series(3).hatched(),
        Stage::Unended => Look::series(1),
        Stage::Waiting => Look::series(6),
        Stage::Terminating => Look::series(5).hatched(),
    }
}

/// A chart for each Job that had Pods.
pub fn charts(points: &[Shown]) -> Vec<Chart> {
    told(points, |job| job.pods.len() as f64).iter().map(chart).collect()
}

/// The stages of a Pod: which, from, to.
fn stages(pod: &PodTimeline, end: f64) -> Vec<(Stage, f64, f64)> {
    let over = pod.finished.or(pod.gone).unwrap_or(end);
    let mut stages = Vec::new();
    let mut push = |stage, from: f64, to: f64| {
        if to > from {
            stages.push((stage, from, to));
        }
    };
    let begun = pod.running.unwrap_or(over);
    push(Stage::Pending, pod.created, begun);
    let stops = pod.deletion.unwrap_or(f64::INFINITY);
    let mut before = None;
    for run in &pod.runs {
        if let Some(exit) = before {
            push(Stage::Waiting, exit, run.from);
        }
        let to = run.to.unwrap_or(over);
        let stage = match run.exit_code {
            _ if to > stops => Stage::Unended,
            Some(0) => Stage::Succeeded,
            Some(_) => Stage::Failed,
            None => Stage::Unended,
        };
        push(stage, run.from, to.min(stops.max(run.from)));
        before = Some(to);
    }
    if let Some(exit) = before {
        push(Stage::Waiting, exit, over.min(stops));
    }
    push(Stage::Terminating, stops.max(pod.created).min(over), over);
    stages
}

fn chart(told: &Told) -> Chart {
    let job = told.job;
    let rows = if job.indexed {
        job.pods.iter().filter_map(|p| p.index).max().map_or(0, |n| n as usize + 1)
    } else {
        job.pods.len()
    };
    let mut panel = if rows <= ROWS { rows_panel(told, rows) } else { counts_panel(told) };
    panel.marks = told.marks();
    Chart {
        kind: "gantt",
        name: told.name.clone(),
        title: told.title(if rows <= ROWS { "The lives of its Pods" } else { "Its Pods by stage" }),
        caption: caption(told, rows),
        panels: vec![panel],
    }
}

fn rows_panel(told: &Told, rows: usize) -> Panel {
    let job = told.job;
    let mut spans: [Vec<Range>; 6] = Default::default();
    for (n, pod) in job.pods.iter().enumerate() {
        let row = pod.index.map_or(n, |index| index as usize);
        // The first row is at the top.
        let y = (rows - 1 - row) as f64;
        for (stage, from, to) in stages(pod, told.end + told.created) {
            let x = [from - told.created, to - told.created];
            spans[stage as usize].push(Range { x, y: [y - 0.38, y + 0.38] });
        }
    }
    let mut series = waits(told, rows);
    for ((stage, name), spans) in STAGES.iter().zip(spans) {
        if !spans.is_empty() {
            series.push(Series { name: (*name).to_owned(), look: look(*stage), shape: Shape::Ranges(spans) });
        }
    }
    let name = |row: usize| if job.indexed { row.to_string() } else { job.pods[row].name.clone() };
    let names: Vec<String> = (0..rows).rev().map(name).collect();
    let x = Axis::up_to("time since the Job's creation", Unit::Seconds, told.end / 1.03);
    let label = if job.indexed { "completion index" } else { "" };
    let height = (rows as f64 * if rows <= NAMED { 14.0 } else { 4.0 }).clamp(40.0, 900.0);
    Panel { x, y: Axis::names(label, names), height, series, ..Panel::default() }
}

/// Times in which the whole Job waited for its back-off.
fn waits(told: &Told, rows: usize) -> Vec<Series> {
    let is_jobs = |w: &&crate::experiment::Wait| w.what == "backoff" && w.index.is_none();
    let range = |w: &crate::experiment::Wait| Range {
        x: [w.from - told.created, (w.to - told.created).min(told.end)],
        y: [-0.5, rows as f64 - 0.5],
    };
    let ranges: Vec<Range> = told.job.waits.iter().filter(is_jobs).map(range).collect();
    if ranges.is_empty() || ranges.len() > 500 {
        return Vec::new();
    }
    let look = Look { ink: Ink::Grid, ..Look::series(0) };
    vec![Series { name: "the Job waits (back-off)".to_owned(), look, shape: Shape::Ranges(ranges) }]
}

/// How many Pods are in each stage, one above the other.
fn counts_panel(told: &Told) -> Panel {
    let mut changes: Vec<Change> = Vec::new();
    for pod in &told.job.pods {
        for (stage, from, to) in stages(pod, told.end + told.created) {
            changes.push((from - told.created, stage as usize, 1.0));
            changes.push((to - told.created, stage as usize, -1.0));
        }
    }
    let steps = binned(accumulated::<6>(changes), told.end);
    let most = highest(&steps, STAGES.len());
    let mut series = Vec::new();
    for (n, (stage, name)) in STAGES.iter().enumerate() {
        if let Some(area) = stacked(&steps, n) {
            // Hatching of a thousand narrow pieces would be a grey mess.
            let look = Look { hatched: false, ..look(*stage) };
            series.push(Series { name: (*name).to_owned(), look, shape: Shape::Area(area) });
        }
    }
    let x = Axis::up_to("time since the Job's creation", Unit::Seconds, told.end / 1.03);
    Panel { x, y: Axis::counts("Pods", most), height: 300.0, series, ..Panel::default() }
}

fn caption(told: &Told, rows: usize) -> String {
    let pods = &told.job.pods;
    let ended = |phase: &str| pods.iter().filter(|p| p.phase == phase && p.finished.is_some()).count();
    let (succeeded, failed) = (ended("Succeeded"), ended("Failed"));
    let mut text = format!("{}: {succeeded} succeeded, {failed} failed", count(pods.len(), "Pod"));
    let other = pods.len() - succeeded - failed;
    if other > 0 {
        text += &format!(", {other} neither");
    }
    let disrupted = pods.iter().filter(|p| p.disrupted || p.deletion_cause == "disrupted").count();
    if disrupted > 0 {
        text += &format!("; {disrupted} were disrupted");
    }
    let job = told.job;
    let end = match job.finished {
        Some(t) => format!("{} ({}) after {}", job.end.as_str(), job.reason, span(t - told.created)),
        None => format!("No end within {}", span(told.end)),
    };
    let much = if rows > ROWS {
        " There are too many to be drawn one by one: drawn is how many are in each stage."
    } else {
        ""
    };
    format!("{text}. {end}.{much} ({}.)", told.which)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_life_has_its_stages_in_order() {
        let result = samples::replaced_while_terminating();
        let job = &result[0].1.points[0].timelines[0].jobs[0];
        let stages: Vec<_> = stages(&job.pods[0], 100.0);
        assert_eq!(stages, [(Stage::Pending, 0.0, 1.0), (Stage::Unended, 1.0, 20.0), (Stage::Terminating, 20.0, 40.0)]);
        let chart = &charts(&super::super::shown(&result))[0];
        assert_eq!(chart.panels[0].y.unit, Unit::Names(vec!["job-2".to_owned(), "job-1".to_owned()]));
        assert!(
            chart.caption.starts_with("2 Pods: 1 succeeded, 1 failed; 1 were disrupted. Complete"),
            "{}",
            chart.caption
        );
    }

    #[test]
    fn a_hundred_thousand_pods_are_a_small_picture() {
        let mut result = samples::replaced_while_terminating();
        let job = &mut result[0].1.points[0].timelines[0].jobs[0];
        let pod = job.pods[1].clone();
        let moved = |n: usize| {
            let mut pod = pod.clone();
            let by = n as f64 / 20.0;
            pod.created += by;
            pod.running = pod.running.map(|t| t + by);
            pod.finished = pod.finished.map(|t| t + by);
            pod.runs[0].from += by;
            pod.runs[0].to = pod.runs[0].to.map(|t| t + by);
            pod
        };
        job.pods = (0..100_000).map(moved).collect();
        job.finished = Some(5_100.0);
        let chart = &charts(&super::super::shown(&result))[0];
        let svg = super::super::svg(&chart.scene());
        assert!(svg.len() < 60_000, "{} bytes", svg.len());
        assert!(chart.caption.contains("too many to be drawn one by one"), "{}", chart.caption);
    }
}
