//! A CronJob's Jobs against its schedule: at the bottom the times at which a start was due, with the skipped ones and
//! why; above them the Jobs, in several lanes if they overlap; and how late they were created. With too many starts,
//! their number in each piece of time is drawn instead.

use crate::experiment::{CronStartEntry, CronTimeline};
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{count, grouped, span};
use crate::plot::theme::{Color, Marker};
use crate::plot::timelines::{ReplicationView, replication_views};
use crate::record::SkipReason;

/// The greatest number of CronJobs of a timeline that are shown.
const CRONJOBS: usize = 4;
/// The greatest number of starts that are drawn one by one.
const STARTS: usize = 400;
/// The number of pieces of time in which more starts are counted.
const PIECES: usize = 120;
/// The shortest delay that counts as late, in seconds.
const LATE: f64 = 1.0;

/// A chart for each CronJob that had starts.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let of_timeline = |view: &ReplicationView| {
        let cronjobs = view.timeline.cron_jobs.iter().filter(|cronjob| !cronjob.starts.is_empty());
        cronjobs.take(CRONJOBS).map(|cronjob| chart(view, cronjob)).collect::<Vec<_>>()
    };
    replication_views(points).iter().flat_map(of_timeline).collect()
}

fn chart(view: &ReplicationView, cronjob: &CronTimeline) -> Chart {
    let end = view.timeline.end.max(1.0);
    let is_each = cronjob.starts.len() <= STARTS;
    let axis = view.time_axis(end / 1.03);
    let unlabelled = Axis { label: String::new(), ..axis.clone() };
    let first =
        if is_each { each(cronjob, end, unlabelled.clone()) } else { counted(cronjob, end, unlabelled.clone()) };
    let mut panels: Vec<Panel> = [Some(first), lateness(cronjob, end, unlabelled)].into_iter().flatten().collect();
    panels.iter_mut().for_each(|panel| view.mark(panel));
    // The texts of the lines are written above the first panel only, and the label of the axis below the last.
    panels.iter_mut().skip(1).flat_map(|panel| &mut panel.reference_lines).for_each(|line| line.text.clear());
    if let Some(last) = panels.last_mut() {
        last.x.label = axis.label;
    }
    let name = if view.name.is_empty() { cronjob.name.clone() } else { format!("{} {}", view.name, cronjob.name) };
    let zone = if cronjob.time_zone.is_empty() { String::new() } else { format!(" {}", cronjob.time_zone) };
    Chart {
        kind: "starts",
        title: format!("Starts of {name} ({}{zone}, {})", cronjob.schedule, cronjob.concurrency_policy),
        name,
        caption: caption(view, cronjob, is_each),
        panels,
    }
}

/// How a Job of a CronJob ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobEnding {
    Over,
    Replaced,
    Open,
}

/// The Jobs that were created, in order: beginning, end, and how each ended.
fn jobs(cronjob: &CronTimeline, end: f64) -> impl Iterator<Item = (f64, f64, JobEnding)> + '_ {
    let of_start = move |start: &CronStartEntry| {
        let how = match (start.over, start.replaced) {
            (None, _) => JobEnding::Open,
            (_, true) => JobEnding::Replaced,
            _ => JobEnding::Over,
        };
        Some((start.started?, start.over.unwrap_or(end), how))
    };
    cronjob.starts.iter().filter_map(of_start)
}

/// The lane of each Job (from 1): the lowest that is free. If no lane is free, the Job is drawn in the last one.
fn lanes(jobs: &[(f64, f64, JobEnding)]) -> Vec<usize> {
    const MOST: usize = 12;
    let mut free_from: Vec<f64> = Vec::new();
    let lane = |&(from, to, _): &(f64, f64, JobEnding)| {
        let lane = free_from.iter().position(|free| *free <= from + 1e-9).unwrap_or(free_from.len()).min(MOST - 1);
        free_from.resize(free_from.len().max(lane + 1), 0.0);
        free_from[lane] = to.max(free_from[lane]);
        lane + 1
    };
    jobs.iter().map(lane).collect()
}

fn skip_style(n: usize) -> Style {
    let (color, marker) = [
        (Color::Series(3), Marker::Cross),
        (Color::Muted, Marker::Square),
        (Color::Series(7), Marker::Triangle),
        (Color::Series(1), Marker::Diamond),
        (Color::Series(5), Marker::Square),
        (Color::Series(4), Marker::Triangle),
    ][n % 6];
    Style { color, marker, ..Style::series(0) }
}

/// The starts, drawn one by one.
fn each(cronjob: &CronTimeline, end: f64, x: Axis) -> Panel {
    let jobs: Vec<_> = jobs(cronjob, end).collect();
    let lanes = lanes(&jobs);
    let most = lanes.iter().copied().max().unwrap_or(1);
    // A visible gap between a Job and the next one.
    let gap = end / 400.0;
    let bars = |how: JobEnding| {
        let of = jobs.iter().zip(&lanes).filter(move |(job, _)| job.2 == how);
        let bar = |((from, to, _), lane): (&(f64, f64, JobEnding), &usize)| {
            let x = [*from, (to - gap).max(from + gap / 2.0)];
            Bar { x, y: [*lane as f64 - 0.36, *lane as f64 + 0.36] }
        };
        of.map(bar).collect::<Vec<_>>()
    };
    let mut series = Vec::new();
    let mut add_bars = |name: &str, style: Style, bars: Vec<Bar>| {
        if !bars.is_empty() {
            series.push(Series { name: name.to_owned(), style, geometry: Geometry::Bars(bars) });
        }
    };
    add_bars("a Job that ran to its end", Style::series(2), bars(JobEnding::Over));
    add_bars("a Job that was replaced", Style::series(1).hatched(), bars(JobEnding::Replaced));
    add_bars("a Job that still runs", Style::series(4), bars(JobEnding::Open));
    let due = |start: &CronStartEntry| [[start.due, -0.36], [start.due, 0.36]];
    for (fate, name, color) in [("started", "due, and made", 0), ("open", "due, and still open", 3)] {
        let ticks: Vec<_> = cronjob.starts.iter().filter(|start| start.fate == fate).map(due).collect();
        if !ticks.is_empty() {
            let style = Style { width: 1.2, ..Style::series(color) };
            series.push(Series { name: name.to_owned(), style, geometry: Geometry::Segments(ticks) });
        }
    }
    for (n, reason) in SkipReason::ALL.into_iter().enumerate() {
        let skipped = cronjob.starts.iter().filter(|start| start.reason == reason.key());
        let skipped: Vec<[f64; 2]> = skipped.map(|start| [start.due, 0.0]).collect();
        if !skipped.is_empty() {
            let name = format!("left out: {}", reason.as_str());
            series.push(Series { name, style: skip_style(n), geometry: Geometry::Markers(skipped) });
        }
    }
    let names = (0..=most).map(|n| match n {
        0 => "due".to_owned(),
        1 => "Jobs".to_owned(),
        n => format!("{n} at a time"),
    });
    let height = 26.0 * (most + 1) as f64;
    Panel { x, y: Axis::names("", names.collect()), height, series, ..Panel::default() }
}

/// The numbers of Jobs created and of starts skipped in each piece of time.
fn counted(cronjob: &CronTimeline, end: f64, x: Axis) -> Panel {
    let width = end / PIECES as f64;
    let kinds = SkipReason::ALL.len() + 1;
    let mut counts = vec![vec![0_u32; kinds]; PIECES + 1];
    for start in &cronjob.starts {
        let piece = ((start.due / width) as usize).min(PIECES);
        let kind = SkipReason::ALL.iter().position(|reason| reason.key() == start.reason).map_or(0, |n| n + 1);
        counts[piece][kind] += 1;
    }
    let mut series = Vec::new();
    let mut most: f64 = 0.0;
    for kind in 0..kinds {
        let area: Vec<[f64; 3]> = counts
            .iter()
            .enumerate()
            .map(|(n, counts)| {
                let below: u32 = counts[..kind].iter().sum();
                [n as f64 * width, f64::from(below), f64::from(below + counts[kind])]
            })
            .collect();
        most = area.iter().map(|a| a[2]).fold(most, f64::max);
        if area.iter().any(|a| a[2] > a[1]) {
            let (name, style) = match kind.checked_sub(1) {
                None => ("started".to_owned(), Style::series(2)),
                Some(n) => (format!("left out: {}", SkipReason::ALL[n].as_str()), skip_style(n).unmarked()),
            };
            series.push(Series { name, style, geometry: Geometry::Area(area) });
        }
    }
    let label = format!("starts in {}", span(width));
    Panel { x, y: Axis::counts(&label, most), height: 200.0, series, ..Panel::default() }
}

/// How late Jobs were created; `None` if none was late.
fn lateness(cronjob: &CronTimeline, end: f64, x: Axis) -> Option<Panel> {
    let pixel = end / 700.0;
    let mut late: Vec<[f64; 2]> = Vec::new();
    for (due, by) in cronjob.starts.iter().filter_map(|start| Some((start.due, start.started? - start.due))) {
        match late.last_mut().filter(|last| due - last[0] < pixel) {
            Some(last) => last[1] = last[1].max(by),
            None => late.push([due, by]),
        }
    }
    let most = late.iter().map(|l| l[1]).fold(0.0, f64::max);
    if most < LATE {
        return None;
    }
    let style = Style { marker: Marker::Circle, ..Style::series(0) };
    let series = vec![Series { name: String::new(), style, geometry: Geometry::Markers(late) }];
    let title = "how late Jobs were created".to_owned();
    Some(Panel {
        title,
        x,
        y: Axis::up_to("late", AxisUnit::Seconds, most),
        height: 110.0,
        series,
        reference_lines: vec![],
    })
}

fn caption(view: &ReplicationView, cronjob: &CronTimeline, is_each: bool) -> String {
    let starts = &cronjob.starts;
    let started = starts.iter().filter(|start| start.fate == "started").count();
    let mut parts = vec![format!("{} due: {} made", count(starts.len(), "start"), grouped(started as f64))];
    for reason in SkipReason::ALL {
        let n = starts.iter().filter(|start| start.reason == reason.key()).count();
        if n > 0 {
            parts.push(format!("{} left out ({})", grouped(n as f64), reason.as_str()));
        }
    }
    let open = starts.iter().filter(|start| start.fate == "open").count();
    if open > 0 {
        parts.push(format!("{} still open", grouped(open as f64)));
    }
    let replaced = starts.iter().filter(|start| start.replaced).count();
    if replaced > 0 {
        parts.push(format!("{} replaced", count(replaced, "Job")));
    }
    let late = starts.iter().filter_map(|start| Some(start.started? - start.due)).fold(0.0, f64::max);
    let late = if late >= LATE { format!(" The latest came {} late.", span(late)) } else { String::new() };
    let most = most_at_once(cronjob, view.timeline.end);
    let most = if most > 1 { format!(" Up to {most} of its Jobs run at a time.") } else { String::new() };
    let much = if is_each { "" } else { " There are too many to draw each; the picture shows how many there are." };
    format!("{}.{late}{most}{much} ({}.)", parts.join(", "), view.which)
}

fn most_at_once(cronjob: &CronTimeline, end: f64) -> usize {
    let mut changes: Vec<(f64, i32)> = jobs(cronjob, end).flat_map(|(from, to, _)| [(from, 1), (to, -1)]).collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut now, mut most) = (0, 0);
    for (_, by) in changes {
        now += by;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn jobs_stand_against_the_schedule() {
        let results = fixtures::sharing_two_slots();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        assert_eq!(chart.title, "Starts of nightly (* * * * *, Allow)");
        let series: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(
            series,
            ["a Job that ran to its end", "a Job that was replaced", "due, and made", "left out: controllers down"]
        );
        let Geometry::Bars(bars) = &chart.panels[0].series[0].geometry else { panic!("add_bars") };
        let [Bar { x: [40.0, _], y: [low, high] }] = bars[..] else { panic!("{bars:?}") };
        assert_eq!(((low + high) / 2.0).round(), 2.0, "it overlaps, and stands in the second lane");
        let Geometry::Markers(skipped) = &chart.panels[0].series[3].geometry else { panic!("reference_lines") };
        assert_eq!(skipped, &[[70.0, 0.0]]);
        assert_eq!(chart.panels[1].title, "how late Jobs were created");
        assert_eq!(
            chart.caption,
            "3 starts due: 2 made, 1 left out (controllers down), 1 Job replaced. The latest came 10s late. Up to 2 of \
             its Jobs run at a time. (replication 0.)"
        );
    }

    #[test]
    fn a_year_of_every_minute_is_a_small_picture() {
        let mut results = fixtures::sharing_two_slots();
        let timeline = &mut results[0].1.points[0].timelines[0];
        timeline.end = 525_600.0 * 60.0;
        let start = |n: usize| {
            let due = n as f64 * 60.0;
            let (started, over) = (Some(due + 2.0), Some(due + 30.0));
            CronStartEntry { due, fate: "started".to_owned(), started, over, ..CronStartEntry::default() }
        };
        timeline.cron_jobs[0].starts = (0..525_600).map(start).collect();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        assert!(crate::plot::svg(&chart.scene()).len() < 100_000);
        assert!(chart.caption.starts_with("525,600 starts due: 525,600 made"), "{}", chart.caption);
    }
}
