//! The back-off staircase of a Job: the Pod failure back-off, and the kubelet's restart back-off. Each wait is a line
//! at the height of its length, from the failure that it counts from to its end. It also shows the cap and the
//! successes that reset the count of failures, and in a second panel when Pods were created, failed and succeeded. No
//! back-off is computed here.

use crate::api::PodPhase;
use crate::experiment::{JobTimeline, Wait};
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisScale, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, ReferenceLine, Series, Style};
use crate::plot::number::{count, span};
use crate::plot::theme::{Color, Dash, Marker};
use crate::plot::timelines::{JobView, job_views};
use crate::release::MODELLED;

/// The greatest number of waits that are drawn.
const DRAWN: usize = 600;
/// Up to this number of waits, lines get labels.
const LABELS: usize = 24;

/// A chart for each Job that waited.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    job_views(points, |job| backoffs(job).count() as f64).iter().map(chart).collect()
}

fn backoffs(job: &JobTimeline) -> impl Iterator<Item = &Wait> + Clone {
    job.waits.iter().filter(|w| matches!(&*w.what, "backoff" | "restart") && w.backoff.is_some())
}

/// Whether all waits of the Job are the kubelet's.
fn is_of_kubelet(job: &JobTimeline) -> bool {
    backoffs(job).all(|w| w.what == "restart")
}

/// The cap of the Job's waits, in seconds. A timeline has it if it is not the usual one.
fn cap(view: &JobView) -> f64 {
    let (own, usual) = match is_of_kubelet(view.job) {
        true => (view.timeline.max_restart_backoff, MODELLED.kubelet.max_restart_backoff),
        false => (view.timeline.max_backoff, MODELLED.job_controller.max_pod_failure_backoff),
    };
    own.unwrap_or(usual.as_secs_f64())
}

fn cap_label(cap: f64) -> String {
    match cap % 60.0 == 0.0 && cap < 3_600.0 {
        true => format!("cap: {} min", cap / 60.0),
        false => format!("cap: {}", span(cap)),
    }
}

fn chart(view: &JobView) -> Chart {
    let x = Axis::up_to("time since the Job's creation", AxisUnit::Seconds, view.end);
    let resets = resets(view);
    let longest = backoffs(view.job).filter_map(|w| w.backoff).fold(0.0, f64::max);
    let shortest = backoffs(view.job).filter_map(|w| w.backoff).fold(f64::INFINITY, f64::min);
    let cap = cap(view);
    let (from, to) = ((shortest / 1.6).clamp(1e-3, 8.0), (longest * 1.4).max(cap * 1.5));
    let y = Axis { label: "back-off".to_owned(), unit: AxisUnit::Seconds, scale: AxisScale::Log, from, to };
    let mut reference_lines = Vec::new();
    if longest <= cap {
        reference_lines.push(ReferenceLine::horizontal(cap, cap_label(cap)));
    }
    let mut series = waits(view);
    series.splice(..0, resets_series(&resets, from, to));
    let mut waits = Panel {
        x: Axis { label: String::new(), ..x.clone() },
        y,
        height: 250.0,
        series,
        reference_lines,
        ..Panel::default()
    };
    let mut pods = pods(view, x);
    [&mut waits, &mut pods].into_iter().for_each(|panel| view.mark(panel));
    pods.reference_lines.iter_mut().for_each(|line| line.text.clear());
    Chart {
        kind: "backoff",
        name: view.name.clone(),
        title: view.title("Back-off"),
        caption: caption(view, longest, resets.len()),
        panels: vec![waits, pods],
    }
}

/// Lines where a success reset the count of failures. They are named in the legend, because they are often close
/// together.
fn resets_series(resets: &[f64], from: f64, to: f64) -> Option<Series> {
    let style = Style { color: Color::Series(2), width: 1.2, dash: Dash::Short, ..Style::series(0) };
    let lines = resets.iter().map(|&at| [[at, from], [at, to]]).collect();
    let name = "a success resets the count of failures".to_owned();
    (!resets.is_empty()).then_some(Series { name, style, geometry: Geometry::Segments(lines) })
}

/// Every wait: dotted from the failure from which it counts, solid while the controller waits.
fn waits(view: &JobView) -> Vec<Series> {
    let all: Vec<&Wait> = backoffs(view.job).collect();
    let every = all.len().div_ceil(DRAWN).max(1);
    // Short waits of long Jobs are drawn at a visible length.
    let shortest = view.end / 300.0;
    let (mut counted, mut waited, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (n, wait) in all.iter().enumerate().step_by(every) {
        let length = wait.backoff.unwrap_or(0.0);
        let [from, to] = [wait.from, over(wait, all.get(n + 1).copied(), view)].map(|t| t - view.created);
        if from - (wait.to - view.created - length) > view.end / 50.0 {
            counted.push([[wait.to - view.created - length, length], [from, length]]);
        }
        let to = to.min(view.end);
        waited.push([[from, length], [to.max(from + shortest), length]]);
        let failures = wait.failures.unwrap_or(0);
        let of = wait.index.map_or(String::new(), |index| format!(", index {index}"));
        labels.push(([(from + to) / 2.0, length], format!("{} after {failures}{of}", span(length))));
    }
    let is_per_index = all.iter().any(|w| w.index.is_some());
    let name = match (is_of_kubelet(view.job), is_per_index) {
        (true, _) => "a Pod waits: the kubelet's back-off before a restart",
        (false, true) => "an index waits: back-off after failures in a row",
        (false, false) => "the Job waits: back-off after failures in a row",
    };
    let mut series = vec![Series {
        name: name.to_owned(),
        style: Style { width: 4.0, ..Style::series(0) },
        geometry: Geometry::Segments(waited),
    }];
    if !counted.is_empty() {
        series.push(Series {
            name: "since the failure from which it counts".to_owned(),
            style: Style { width: 1.4, dash: Dash::Dots, ..Style::series(0) },
            geometry: Geometry::Segments(counted),
        });
    }
    if labels.len() <= LABELS {
        let style = Style { color: Color::Muted, ..Style::series(0) };
        series.push(Series { name: String::new(), style, geometry: Geometry::Labels(labels) });
    }
    series
}

/// When a wait was over: at its end, or earlier if another wait replaced it, or if a Pod was created before its end.
/// The latter happens after a restart, by which the controller forgets its back-offs.
fn over(wait: &Wait, next: Option<&Wait>, view: &JobView) -> f64 {
    if wait.index.is_some() || wait.what == "restart" {
        return wait.to;
    }
    let early = view.job.pods.iter().map(|p| p.created).find(|&t| t > wait.from).unwrap_or(wait.to);
    let next = next.filter(|n| n.index.is_none()).map_or(wait.to, |n| n.from);
    wait.to.min(early).min(next)
}

/// When Pods were created, failed and succeeded.
fn pods(view: &JobView, x: Axis) -> Panel {
    let pods = &view.job.pods;
    let row = |name: &str, row: f64, style: Style, at: Vec<f64>| {
        let at = thinned(at.into_iter().map(|t| t - view.created).collect(), view.end);
        let points = at.into_iter().map(|t| [t, row]).collect();
        Series { name: name.to_owned(), style, geometry: Geometry::Markers(points) }
    };
    let ended =
        |phase: PodPhase| pods.iter().filter(|p| p.ended_as(phase)).filter_map(|p| p.finished).collect::<Vec<_>>();
    let style = |n: usize, marker: Marker| Style { marker, ..Style::series(n) };
    let series = vec![
        row(
            "",
            2.0,
            Style { color: Color::Text, marker: Marker::Triangle, ..Style::series(0) },
            pods.iter().map(|p| p.created).collect(),
        ),
        row("", 1.0, style(3, Marker::Cross), ended(PodPhase::Failed)),
        row("", 0.0, style(2, Marker::Circle), ended(PodPhase::Succeeded)),
    ];
    let names = ["succeeded", "failed", "created"].map(str::to_owned).to_vec();
    Panel { title: "Pods".to_owned(), x, y: Axis::names("", names), height: 60.0, series, ..Panel::default() }
}

/// When a success reset the count of failures, as far as later waits show it. Only for Jobs without a back-off per
/// index.
fn resets(view: &JobView) -> Vec<f64> {
    let waits: Vec<&Wait> = backoffs(view.job).filter(|w| w.index.is_none() && w.what == "backoff").collect();
    let mut resets = Vec::new();
    for pair in waits.windows(2) {
        if pair[1].failures >= pair[0].failures.max(Some(1)) && pair[1].backoff >= pair[0].backoff {
            continue;
        }
        let between = |t: &f64| pair[0].from <= *t && *t <= pair[1].from;
        let succeeded = view.job.pods.iter().filter(|p| p.ended_as(PodPhase::Succeeded)).filter_map(|p| p.finished);
        if let Some(at) = succeeded.filter(between).max_by(f64::total_cmp) {
            resets.push(at - view.created);
        }
    }
    resets
}

fn caption(view: &JobView, longest: f64, resets: usize) -> String {
    let job = view.job;
    let failed = job.pods.iter().filter(|p| p.ended_as(PodPhase::Failed)).count();
    let waits = backoffs(job).count();
    let mut text = format!(
        "{} created, {} failed; {} was waited for {}, the longest is {}",
        count(job.pods.len(), "Pod"),
        failed,
        if is_of_kubelet(job) { "the kubelet's restart back-off" } else { "the back-off" },
        if waits == 1 { "once".to_owned() } else { format!("{waits} times") },
        span(longest)
    );
    if longest >= cap(view) {
        text += " (the cap)";
    }
    if resets > 0 {
        text += &format!(
            "; a success reset it {}",
            if resets == 1 { "once".to_owned() } else { format!("{resets} times") }
        );
    }
    let end = match job.finished {
        Some(t) => format!("{} ({}) after {}", job.end.as_str(), job.reason, span(t - view.created)),
        None => "no end".to_owned(),
    };
    format!("{text}. {end}. ({}.)", view.which)
}

/// The given times, without those that would be drawn on the same pixel as another.
fn thinned(mut at: Vec<f64>, end: f64) -> Vec<f64> {
    let pixel = end / 700.0;
    at.sort_by(f64::total_cmp);
    at.dedup_by(|a, b| *a - *b < pixel);
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn the_staircase_of_a_published_case() {
        let result = fixtures::failing_in_waves();
        let charts = charts(&crate::plot::named_points(&result));
        let [chart] = &charts[..] else { panic!("one chart, not {}", charts.len()) };
        let Geometry::Segments(waited) = &chart.panels[0].series[0].geometry else { panic!("segments") };
        let heights: Vec<f64> = waited.iter().map(|s| s[0][1]).collect();
        assert_eq!(heights, [20.0, 80.0, 320.0]);
        let ends: Vec<f64> = waited.iter().map(|s| s[1][0]).collect();
        assert_eq!(ends, [50.0, 160.0, 510.0]);
        let reference_lines: Vec<&str> = chart.panels[0].reference_lines.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(reference_lines, ["Failed", "cap: 10 min"]);
        assert!(
            chart
                .caption
                .starts_with("8 Pods created, 8 failed; the back-off was waited for 3 times, the longest is 5m20s"),
            "{}",
            chart.caption
        );
        assert!(
            chart.caption.contains("Failed (BackoffLimitExceeded) after 9m1.5s")
                || chart.caption.contains("after 9m1s"),
            "{}",
            chart.caption
        );
    }

    #[test]
    fn the_cap_is_that_of_the_run() {
        let mut result = fixtures::failing_in_waves();
        result[0].1.points[0].timelines[0].max_backoff = Some(360.0);
        let chart = &charts(&crate::plot::named_points(&result))[0];
        let cap = chart.panels[0].reference_lines.iter().find(|line| !line.is_vertical).expect("a cap");
        assert_eq!((cap.at, cap.text.as_str()), (360.0, "cap: 6 min"));
        assert_eq!([90.0, 3_600.0].map(cap_label), ["cap: 1m30s", "cap: 1h"]);
    }

    #[test]
    fn a_success_between_two_waits_is_a_reset() {
        let mut result = fixtures::failing_in_waves();
        let job = &mut result[0].1.points[0].timelines[0].jobs[0];
        job.waits[1].backoff = Some(10.0);
        job.waits[1].failures = Some(1);
        job.pods[2].phase = "Succeeded".to_owned();
        let chart = &charts(&crate::plot::named_points(&result))[0];
        let Geometry::Segments(resets) = &chart.panels[0].series[0].geometry else { panic!("segments") };
        assert_eq!((chart.panels[0].series[0].style.color, resets.len(), resets[0][0][0]), (Color::Series(2), 1, 80.5));
        assert!(chart.caption.contains("a success reset it once"), "{}", chart.caption);
    }

    #[test]
    fn points_on_one_pixel_are_one() {
        assert_eq!(thinned(vec![5.0, 1.0, 1.1, 700.0], 700.0), [1.0, 5.0, 700.0]);
    }
}
