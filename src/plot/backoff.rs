//! The back-off staircase of a Job: each wait as a line at its length, from the failure on which it counts to its end;
//! below it when Pods were created, failed and succeeded; the cap, and where a success set the count back.

use super::Shown;
use super::axis::{Axis, Scale, Unit};
use super::chart::{Chart, Look, Mark, Panel, Series, Shape, Words};
use super::number::{count, span};
use super::steps::{Told, thinned, told};
use super::theme::{Ink, Marker};
use crate::experiment::{JobTimeline, Wait};

/// The cap of v1.37, in seconds: `MaxJobPodFailureBackOff`.
const CAP: f64 = 600.0;
/// Waits that are drawn one by one at the most.
const DRAWN: usize = 600;
/// Waits that have a label at the most.
const LABELS: usize = 12;
/// Marks of resets at the most.
const RESETS: usize = 4;

/// A chart for each Job that waited.
pub fn charts(points: &[Shown]) -> Vec<Chart> {
    told(points, |job| backoffs(job).count() as f64).iter().map(chart).collect()
}

fn backoffs(job: &JobTimeline) -> impl Iterator<Item = &Wait> + Clone {
    job.waits.iter().filter(|w| w.what == "backoff" && w.backoff.is_some())
}

fn chart(told: &Told) -> Chart {
    let x = Axis::up_to("time since the Job's creation", Unit::Seconds, told.end);
    let resets = resets(told);
    let longest = backoffs(told.job).filter_map(|w| w.backoff).fold(0.0, f64::max);
    let shortest = backoffs(told.job).filter_map(|w| w.backoff).fold(f64::INFINITY, f64::min);
    let (from, to) = ((shortest / 1.6).min(8.0), (longest * 1.4).max(CAP * 1.5));
    let y = Axis { label: "back-off".to_owned(), unit: Unit::Seconds, scale: Scale::Log, from: from.max(1e-3), to };
    let mut marks: Vec<Mark> = Vec::new();
    if longest <= CAP {
        marks.push(Mark::horizontal(CAP, "cap: 10 min"));
    }
    let reset = |&at: &f64| Mark::vertical(at, "reset by a success");
    marks.extend(told.marks().into_iter().map(|mark| Mark { words: Words::Bottom, ..mark }));
    marks.extend(resets.iter().take(RESETS).map(reset));
    let waits = Panel {
        x: Axis { label: String::new(), ..x.clone() },
        y,
        height: 250.0,
        series: waits(told),
        marks,
        ..Panel::default()
    };
    Chart {
        kind: "backoff",
        name: told.name.clone(),
        title: told.title("Back-off"),
        caption: caption(told, longest, resets.len()),
        panels: vec![waits, pods(told, x)],
    }
}

/// Every wait: dotted from the failure from which it counts, solid while the controller waits.
fn waits(told: &Told) -> Vec<Series> {
    let all: Vec<&Wait> = backoffs(told.job).collect();
    let every = all.len().div_ceil(DRAWN).max(1);
    let (mut counted, mut waited, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (n, wait) in all.iter().enumerate().step_by(every) {
        let length = wait.backoff.unwrap_or(0.0);
        let [from, to] = [wait.from, over(wait, all.get(n + 1).copied(), told)].map(|t| t - told.created);
        if from - (wait.to - told.created - length) > told.end / 50.0 {
            counted.push([[wait.to - told.created - length, length], [from, length]]);
        }
        waited.push([[from, length], [to.min(told.end), length]]);
        let failures = wait.failures.unwrap_or(0);
        let of = wait.index.map_or(String::new(), |index| format!(", index {index}"));
        let words = format!("{} after {failures}{of}", span(length));
        labels.push(([(from + to.min(told.end)) / 2.0, length], words));
    }
    let is_per_index = all.iter().any(|w| w.index.is_some());
    let name = if is_per_index { "an index waits" } else { "the Job waits" };
    let look = Look { width: 4.0, ..Look::series(0) };
    let mut series = vec![Series {
        name: format!("{name}: back-off after failures in a row"),
        look,
        shape: Shape::Segments(waited),
    }];
    if !counted.is_empty() {
        series.push(Series {
            name: "since the failure from which it counts".to_owned(),
            look: Look { width: 1.4, dash: super::theme::Dash::Dots, ..Look::series(0) },
            shape: Shape::Segments(counted),
        });
    }
    if labels.len() <= LABELS {
        let look = Look { ink: Ink::Muted, ..Look::series(0) };
        series.push(Series { name: String::new(), look, shape: Shape::Labels(labels) });
    }
    series
}

/// When a wait was over: another took its place, or a Pod came before its time, as the controllers had forgotten it.
fn over(wait: &Wait, next: Option<&Wait>, told: &Told) -> f64 {
    if wait.index.is_some() {
        return wait.to;
    }
    let early = told.job.pods.iter().map(|p| p.created).find(|&t| t > wait.from).unwrap_or(wait.to);
    let next = next.filter(|n| n.index.is_none()).map_or(wait.to, |n| n.from);
    wait.to.min(early).min(next)
}

/// When Pods were created, failed and succeeded.
fn pods(told: &Told, x: Axis) -> Panel {
    let pods = &told.job.pods;
    let row = |name: &str, row: f64, look: Look, at: Vec<f64>| {
        let at = thinned(at.into_iter().map(|t| t - told.created).collect(), told.end);
        let points = at.into_iter().map(|t| [t, row]).collect();
        Series { name: name.to_owned(), look, shape: Shape::Marks(points) }
    };
    let ended = |phase: &str| pods.iter().filter(|p| p.phase == phase).filter_map(|p| p.finished).collect::<Vec<_>>();
    let look = |n: usize, marker: Marker| Look { marker, ..Look::series(n) };
    let series = vec![
        row(
            "",
            2.0,
            Look { ink: Ink::Text, marker: Marker::Triangle, ..Look::series(0) },
            pods.iter().map(|p| p.created).collect(),
        ),
        row("", 1.0, look(3, Marker::Cross), ended("Failed")),
        row("", 0.0, look(2, Marker::Circle), ended("Succeeded")),
    ];
    let names = ["succeeded", "failed", "created"].map(str::to_owned).to_vec();
    Panel { title: "Pods".to_owned(), x, y: Axis::names("", names), height: 60.0, series, ..Panel::default() }
}

/// When a success set the count of failures back, as far as later waits show it: for the whole Job only.
fn resets(told: &Told) -> Vec<f64> {
    let waits: Vec<&Wait> = backoffs(told.job).filter(|w| w.index.is_none()).collect();
    let mut resets = Vec::new();
    for pair in waits.windows(2) {
        if pair[1].failures >= pair[0].failures.max(Some(1)) && pair[1].backoff >= pair[0].backoff {
            continue;
        }
        let between = |t: &f64| pair[0].from <= *t && *t <= pair[1].from;
        let succeeded = told.job.pods.iter().filter(|p| p.phase == "Succeeded").filter_map(|p| p.finished);
        if let Some(at) = succeeded.filter(between).max_by(f64::total_cmp) {
            resets.push(at - told.created);
        }
    }
    resets
}

fn caption(told: &Told, longest: f64, resets: usize) -> String {
    let job = told.job;
    let failed = job.pods.iter().filter(|p| p.phase == "Failed").count();
    let waits = backoffs(job).count();
    let mut text = format!(
        "{} created, {} failed; the back-off was waited for {}, the longest is {}",
        count(job.pods.len(), "Pod"),
        failed,
        if waits == 1 { "once".to_owned() } else { format!("{waits} times") },
        span(longest)
    );
    if longest >= CAP {
        text += " (the cap)";
    }
    if resets > 0 {
        text += &format!(
            "; a success set it back {}",
            if resets == 1 { "once".to_owned() } else { format!("{resets} times") }
        );
    }
    let end = match job.finished {
        Some(t) => format!("{} ({}) after {}", job.end.as_str(), job.reason, span(t - told.created)),
        None => "no end".to_owned(),
    };
    format!("{text}. {end}. ({}.)", told.which)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_staircase_of_a_published_case() {
        let result = samples::failing_in_waves();
        let charts = charts(&super::super::shown(&result));
        let [chart] = &charts[..] else { panic!("one chart, not {}", charts.len()) };
        let Shape::Segments(waited) = &chart.panels[0].series[0].shape else { panic!("segments") };
        let heights: Vec<f64> = waited.iter().map(|s| s[0][1]).collect();
        assert_eq!(heights, [20.0, 80.0, 320.0]);
        let ends: Vec<f64> = waited.iter().map(|s| s[1][0]).collect();
        assert_eq!(ends, [50.0, 160.0, 510.0]);
        let marks: Vec<&str> = chart.panels[0].marks.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(marks, ["cap: 10 min", "Failed"], "no reset");
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
    fn a_success_between_two_waits_is_a_reset() {
        let mut result = samples::failing_in_waves();
        let job = &mut result[0].1.points[0].timelines[0].jobs[0];
        job.waits[1].backoff = Some(10.0);
        job.waits[1].failures = Some(1);
        job.pods[2].phase = "Succeeded".to_owned();
        let chart = &charts(&super::super::shown(&result))[0];
        assert_eq!(chart.panels[0].marks[2].text, "reset by a success");
        assert!(chart.caption.contains("a success set it back once"), "{}", chart.caption);
    }
}
