//! The course of a Job as a dump shows it, with a row for each Pod, and behind it the course of the model: the stages
//! that a Pod would have had by the rules, given what had happened before. Where both agree, only the observed course
//! is drawn. What the model says is computed in [`crate::autopsy`].

use super::axis::{Axis, AxisUnit};
use super::calendar::Calendar;
use super::chart::{Bar, Chart, Geometry, Panel, ReferenceLine, Series, Style};
use super::number::count;
use super::theme::Color;
use crate::autopsy::{CourseEnd, CoursePod, JobAutopsy, ObservedWait, WaitCause};
use crate::time::{SimTime, WallClock};

/// The greatest number of rows.
const ROWS: usize = 300;
/// Up to this number of rows, each is high enough for its name.
const NAMED: usize = 45;

/// The stages of a Pod, in the order of the legend: name, colour, and whether it is hatched.
const STAGES: [(&str, usize, bool); 5] = [
    ("pending", 4, false),
    ("running, then succeeded", 2, false),
    ("running, then failed", 3, true),
    ("running, or stopped", 1, false),
    ("terminating", 5, true),
];

/// The chart; none for a Job without Pods.
pub fn autopsy_chart(job: &JobAutopsy) -> Option<Chart> {
    let course = &job.course;
    if course.pods.is_empty() {
        return None;
    }
    let start = course.created;
    let seconds = |at: SimTime| (at - start).as_secs_f64();
    let lasts = course.pods.iter().flat_map(|pod| [pod.ended, pod.deleted, Some(pod.created)]).flatten();
    let waits = job.waits.iter().flat_map(|wait| [wait.to, wait.expected]).flatten();
    let end = lasts.chain(waits).chain(job.end.at).chain(course.finished().is_none().then_some(course.taken)).max()?;
    let end = seconds(end).max(1.0);
    let rows = course.pods.len().min(ROWS);
    let mut panel =
        Panel { height: (rows as f64 * if rows <= NAMED { 14.0 } else { 4.0 }).clamp(40.0, 900.0), ..Panel::default() };
    panel.series.extend(held_up(job, rows, &seconds, end));
    panel.series.extend(model(job, rows, &seconds));
    let mut spans: [Vec<Bar>; STAGES.len()] = Default::default();
    for (n, pod) in course.pods.iter().take(rows).enumerate() {
        for (stage, from, to) in stages(pod, course.taken) {
            let y = (rows - 1 - n) as f64;
            spans[stage].push(Bar { x: [seconds(from), seconds(to)], y: [y - 0.3, y + 0.3] });
        }
    }
    for ((name, color, hatched), bars) in STAGES.into_iter().zip(spans) {
        if !bars.is_empty() {
            let style = Style { hatched, ..Style::series(color) };
            panel.series.push(Series { name: name.to_owned(), style, geometry: Geometry::Bars(bars) });
        }
    }
    let calendar = Calendar::new(WallClock::default().unix(start), "", end * 1.05);
    panel.x = Axis { label: "time".to_owned(), ..Axis::up_to("", AxisUnit::Clock(calendar), end) };
    panel.y = Axis::names("", course.pods.iter().take(rows).rev().map(|pod| pod.name.clone()).collect());
    panel.reference_lines =
        job.end.at.map(|at| ReferenceLine::vertical(seconds(at), job.end.state)).into_iter().collect();
    Some(Chart {
        kind: "autopsy",
        name: course.name.clone(),
        title: format!("What happened: {}", course.name),
        caption: caption(job, rows),
        panels: vec![panel],
    })
}

/// Spans in which the whole Job was held up.
fn held_up(job: &JobAutopsy, rows: usize, seconds: &impl Fn(SimTime) -> f64, end: f64) -> Vec<Series> {
    let y = [-0.5, rows as f64 - 0.5];
    let bars = |cause: WaitCause| -> Vec<Bar> {
        let own = job.waits.iter().filter(|wait| wait.cause == cause);
        own.map(|wait| Bar { x: [seconds(wait.from), wait.to.map_or(end, seconds)], y }).collect()
    };
    let grid = Style { color: Color::Grid, ..Style::series(0) };
    let shade = Style { opacity: 0.3, ..Style::series(5) };
    let each = [
        (WaitCause::Suspended, "suspended", grid),
        (WaitCause::Backoff, "the Job waits (back-off)", grid),
        (WaitCause::ControllerDown, "the controller did nothing", shade),
    ];
    let series = each.into_iter().map(|(cause, name, style)| (bars(cause), name, style));
    let shown = series.filter(|(bars, ..)| !bars.is_empty());
    shown.map(|(bars, name, style)| Series { name: name.to_owned(), style, geometry: Geometry::Bars(bars) }).collect()
}

/// The stages that Pods would have had by the rules, where they differ.
fn model(job: &JobAutopsy, rows: usize, seconds: &impl Fn(SimTime) -> f64) -> Option<Series> {
    let course = &job.course;
    let moved = |wait: &ObservedWait| {
        let by = wait.residual()?;
        // Differences below a few seconds would not be visible.
        (by.as_secs_f64().abs() >= 3.0).then_some(by)
    };
    let mut bars = Vec::new();
    for wait in &job.waits {
        let Some(by) = moved(wait) else { continue };
        for place in wait.pods.iter().filter(|place| **place < rows) {
            let pod = &course.pods[*place];
            let to = pod.ended.or(pod.deleted).unwrap_or(course.taken);
            let y = (rows - 1 - place) as f64;
            let x = [seconds(pod.created - by).max(0.0), seconds(to - by).max(0.1)];
            bars.push(Bar { x, y: [y - 0.48, y + 0.48] });
        }
    }
    let style = Style { opacity: 0.45, ..Style::series(0) };
    let name = "by the rules (the model)".to_owned();
    (!bars.is_empty()).then_some(Series { name, style, geometry: Geometry::Bars(bars) })
}

/// The stages of a Pod: the index in [`STAGES`], the beginning and the end.
fn stages(pod: &CoursePod, now: SimTime) -> Vec<(usize, SimTime, SimTime)> {
    let over = pod.ended.or(pod.deleted.filter(|_| !pod.is_there)).unwrap_or(now);
    let begun = pod.started.unwrap_or(over).min(over);
    let stops = pod.deleted.unwrap_or(SimTime::MAX);
    let running = match pod.end {
        CourseEnd::Succeeded if pod.deleted.is_none() => 1,
        CourseEnd::Failed if pod.deleted.is_none() => 2,
        _ => 3,
    };
    let all = [(0, pod.created, begun.min(stops)), (running, begun, over.min(stops)), (4, stops.min(over), over)];
    all.into_iter().filter(|(_, from, to)| to > from).collect()
}

fn caption(job: &JobAutopsy, rows: usize) -> String {
    let pods = &job.course.pods;
    let ended = |end: CourseEnd| pods.iter().filter(|pod| pod.end == end).count();
    let mut text = format!(
        "{}: {} succeeded, {} failed; {} of 3 s or more.",
        count(pods.len(), "Pod"),
        ended(CourseEnd::Succeeded),
        ended(CourseEnd::Failed),
        count(job.waits.len(), "wait"),
    );
    if rows < pods.len() {
        text += &format!(" The first {rows} are drawn.");
    }
    text + " Times are cut to whole seconds."
}
