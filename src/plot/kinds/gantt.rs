//! Each Pod over time: a row for each Pod, or for each index of an Indexed Job, with its stages in colours. With too
//! many rows, the number of Pods in each stage is drawn instead, which keeps the picture small.

use crate::api::PodPhase;
use crate::experiment::{PodTimeline, Wait};
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{count, span};
use crate::plot::staircase::{Change, Stack, accumulated};
use crate::plot::theme::Color;
use crate::plot::timelines::{JobView, job_views};

/// The greatest number of rows that are drawn one by one.
const ROWS: usize = 300;
/// Up to this number of rows, each is high enough for its name.
const NAMED: usize = 45;

/// A stage of a Pod, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PodStage {
    Pending,
    Succeeded,
    Failed,
    Unended,
    Waiting,
    Terminating,
}

const STAGES: [(PodStage, &str); 6] = [
    (PodStage::Pending, "pending"),
    (PodStage::Succeeded, "running, then succeeded"),
    (PodStage::Failed, "running, then failed"),
    (PodStage::Unended, "running, then stopped"),
    (PodStage::Waiting, "waiting for a restart"),
    (PodStage::Terminating, "terminating"),
];

fn style(stage: PodStage) -> Style {
    match stage {
        PodStage::Pending => Style::series(4),
        PodStage::Succeeded => Style::series(2),
        PodStage::Failed => Style::series(3).hatched(),
        PodStage::Unended => Style::series(1),
        PodStage::Waiting => Style::series(6),
        PodStage::Terminating => Style::series(5).hatched(),
    }
}

/// A chart for each Job that had Pods.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    job_views(points, |job| job.pods.len() as f64).iter().map(chart).collect()
}

/// The stages of a Pod, each with its beginning and end.
fn stages(pod: &PodTimeline, end: f64) -> Vec<(PodStage, f64, f64)> {
    let over = pod.finished.or(pod.gone).unwrap_or(end);
    let mut stages = Vec::new();
    let mut push = |stage, from: f64, to: f64| {
        if to > from {
            stages.push((stage, from, to));
        }
    };
    let begun = pod.running.unwrap_or(over);
    push(PodStage::Pending, pod.created, begun);
    let stops = pod.deletion.unwrap_or(f64::INFINITY);
    let mut before = None;
    for run in &pod.runs {
        if let Some(exit) = before {
            push(PodStage::Waiting, exit, run.from);
        }
        let to = run.to.unwrap_or(over);
        let stage = match run.exit_code {
            _ if to > stops => PodStage::Unended,
            Some(0) => PodStage::Succeeded,
            Some(_) => PodStage::Failed,
            None => PodStage::Unended,
        };
        push(stage, run.from, to.min(stops.max(run.from)));
        before = Some(to);
    }
    if let Some(exit) = before {
        push(PodStage::Waiting, exit, over.min(stops));
    }
    push(PodStage::Terminating, stops.max(pod.created).min(over), over);
    stages
}

fn chart(view: &JobView) -> Chart {
    let job = view.job;
    let rows = if job.indexed {
        job.pods.iter().filter_map(|p| p.index).max().map_or(0, |n| n as usize + 1)
    } else {
        job.pods.len()
    };
    let (mut panel, note) = if rows <= ROWS { (rows_panel(view, rows), String::new()) } else { counts_panel(view) };
    view.mark(&mut panel);
    Chart {
        kind: "gantt",
        name: view.name.clone(),
        title: view.title(if rows <= ROWS { "Each Pod over time" } else { "Pods by stage" }),
        caption: format!("{}{note} ({}.)", caption(view), view.which),
        panels: vec![panel],
    }
}

fn rows_panel(view: &JobView, rows: usize) -> Panel {
    let job = view.job;
    let mut spans: [Vec<Bar>; STAGES.len()] = Default::default();
    for (n, pod) in job.pods.iter().enumerate() {
        let row = pod.index.map_or(n, |index| index as usize);
        // The first row is at the top.
        let y = (rows - 1 - row) as f64;
        for (stage, from, to) in stages(pod, view.end + view.created) {
            let x = [from - view.created, to - view.created];
            spans[stage as usize].push(Bar { x, y: [y - 0.38, y + 0.38] });
        }
    }
    let mut series = waits(view, rows);
    for ((stage, name), spans) in STAGES.iter().zip(spans) {
        // A stage that is never half a pixel wide would be visible only in the legend, so it is left out; running Pods
        // are always drawn.
        let is_seen = |bar: &Bar| *stage != PodStage::Pending || bar.x[1] - bar.x[0] > view.end / 1_400.0;
        if spans.iter().any(is_seen) {
            series.push(Series { name: (*name).to_owned(), style: style(*stage), geometry: Geometry::Bars(spans) });
        }
    }
    let name = |row: usize| if job.indexed { row.to_string() } else { job.pods[row].name.clone() };
    let names: Vec<String> = (0..rows).rev().map(name).collect();
    let x = Axis::up_to("time since the Job's creation", AxisUnit::Seconds, view.end / 1.03);
    let label = if job.indexed { "completion index" } else { "" };
    let height = (rows as f64 * if rows <= NAMED { 14.0 } else { 4.0 }).clamp(40.0, 900.0);
    Panel { x, y: Axis::names(label, names), height, series, ..Panel::default() }
}

/// Spans in which the whole Job waited for its back-off.
fn waits(view: &JobView, rows: usize) -> Vec<Series> {
    let is_jobs = |w: &&Wait| w.what == "backoff" && w.index.is_none();
    let bar = |w: &Wait| Bar {
        x: [w.from - view.created, (w.to - view.created).min(view.end)],
        y: [-0.5, rows as f64 - 0.5],
    };
    let bars: Vec<Bar> = view.job.waits.iter().filter(is_jobs).map(bar).collect();
    if bars.is_empty() || bars.len() > 500 {
        return Vec::new();
    }
    let style = Style { color: Color::Grid, ..Style::series(0) };
    vec![Series { name: "the Job waits (back-off)".to_owned(), style, geometry: Geometry::Bars(bars) }]
}

/// The number of Pods in each stage, stacked, and a sentence for the caption.
fn counts_panel(view: &JobView) -> (Panel, String) {
    let mut changes: Vec<Change> = Vec::new();
    for pod in &view.job.pods {
        for (stage, from, to) in stages(pod, view.end + view.created) {
            changes.push((from - view.created, stage as usize, 1.0));
            changes.push((to - view.created, stage as usize, -1.0));
        }
    }
    let mut stack = Stack::new(&accumulated::<{ STAGES.len() }>(changes), view.end);
    let mut series = Vec::new();
    for ((stage, name), area) in STAGES.iter().zip(std::mem::take(&mut stack.areas)) {
        if !area.is_empty() {
            // Hatching is illegible in hundreds of narrow pieces.
            let style = Style { hatched: false, ..style(*stage) };
            series.push(Series { name: (*name).to_owned(), style, geometry: Geometry::Area(area) });
        }
    }
    series.extend(stack.peaks());
    let x = Axis::up_to("time since the Job's creation", AxisUnit::Seconds, view.end / 1.03);
    let note =
        format!(" There are too many to draw each; the picture shows how many are in each stage.{}", stack.note());
    (Panel { x, y: Axis::counts("Pods", stack.most), height: 300.0, series, ..Panel::default() }, note)
}

fn caption(view: &JobView) -> String {
    let pods = &view.job.pods;
    let ended = |phase: PodPhase| pods.iter().filter(|p| p.ended_as(phase)).count();
    let (succeeded, failed) = (ended(PodPhase::Succeeded), ended(PodPhase::Failed));
    let mut text = format!("{}: {succeeded} succeeded, {failed} failed", count(pods.len(), "Pod"));
    let other = pods.len() - succeeded - failed;
    if other > 0 {
        text += &format!(", {other} neither");
    }
    // A disruption of a Pod that has succeeded is not visible in the picture.
    let is_disrupted = |p: &&PodTimeline| p.disrupted || p.deletion_cause == "disrupted";
    match pods.iter().filter(is_disrupted).filter(|p| !p.ended_as(PodPhase::Succeeded)).count() {
        0 => {}
        1 => text += "; 1 was disrupted",
        disrupted => text += &format!("; {disrupted} were disrupted"),
    }
    let job = view.job;
    let end = match job.finished {
        Some(t) => format!("{} ({}) after {}", job.end.as_str(), job.reason, span(t - view.created)),
        None => format!("No end within {}", span(view.end)),
    };
    format!("{text}. {end}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn a_life_has_its_stages_in_order() {
        let result = fixtures::replaced_while_terminating();
        let job = &result[0].1.points[0].timelines[0].jobs[0];
        let stages: Vec<_> = stages(&job.pods[0], 100.0);
        assert_eq!(
            stages,
            [(PodStage::Pending, 0.0, 1.0), (PodStage::Unended, 1.0, 20.0), (PodStage::Terminating, 20.0, 40.0)]
        );
        let chart = &charts(&crate::plot::named_points(&result))[0];
        assert_eq!(chart.panels[0].y.unit, AxisUnit::Names(vec!["job-2".to_owned(), "job-1".to_owned()]));
        assert!(
            chart.caption.starts_with("2 Pods: 1 succeeded, 1 failed; 1 was disrupted. Complete"),
            "{}",
            chart.caption
        );
    }

    #[test]
    fn a_hundred_thousand_pods_are_a_small_picture() {
        let mut result = fixtures::replaced_while_terminating();
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
        let chart = &charts(&crate::plot::named_points(&result))[0];
        let svg = crate::plot::svg(&chart.scene());
        assert!(svg.len() < 60_000, "{} bytes", svg.len());
        assert!(chart.caption.contains("too many to draw each"), "{}", chart.caption);
    }
}
