//! How full the cluster is: bound and unfinished Pods, stacked by Job, and on top of them the Pods that wait for a
//! slot. The Jobs of a CronJob share a layer, and so do the copies of a Job if there are many Jobs.

use crate::experiment::JobTimeline;
use crate::plot::NamedPoint;
use crate::plot::axis::Axis;
use crate::plot::chart::{Chart, Geometry, Panel, ReferenceLine, Series, Style};
use crate::plot::number::{count, percent, short, span};
use crate::plot::staircase::{Change, Stack, Steps, accumulated};
use crate::plot::theme::Color;
use crate::plot::timelines::{ReplicationView, replication_views};

/// The number of layers for single Jobs; all other Jobs share one more layer.
const LAYERS: usize = 6;
/// The columns of the staircase: the layers, the layer of all other Jobs, and the waiting Pods.
const COLUMNS: usize = LAYERS + 2;
const REST: usize = LAYERS;
const WAITING: usize = LAYERS + 1;

/// A chart for each point in which several Jobs share the cluster, or its slots are counted.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let is_shared = |view: &&ReplicationView| view.timeline.jobs.len() > 1 || view.timeline.slots.is_some();
    replication_views(points).iter().filter(is_shared).filter_map(chart).collect()
}

/// The name of the layer of a Job. With many Jobs, Jobs whose names differ only in a number share a layer.
fn layer(job: &JobTimeline, many: bool) -> &str {
    if !job.cron_job.is_empty() {
        return &job.cron_job;
    }
    match job.name.rsplit_once('-') {
        Some((base, number)) if many && number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty() => base,
        _ => &job.name,
    }
}

/// The Pod-time that a Job took, in seconds.
fn taken(job: &JobTimeline, end: f64) -> f64 {
    let until = job.occupancy.iter().skip(1).map(|o| o.at).chain([end]);
    job.occupancy.iter().zip(until).map(|(o, to)| f64::from(o.taken) * (to - o.at).max(0.0)).sum()
}

/// The names of the layers, by decreasing Pod-time; the column of each Job; and how many layers share the last one.
pub(super) fn layers(jobs: &[JobTimeline], end: f64) -> (Vec<String>, Vec<usize>, usize) {
    let mut sums: Vec<(String, f64)> = Vec::new();
    let many = jobs.len() > LAYERS;
    for job in jobs {
        let name = layer(job, many);
        match sums.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += taken(job, end),
            None => sums.push((name.to_owned(), taken(job, end))),
        }
    }
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names: Vec<String> = sums.into_iter().map(|(name, _)| name).collect();
    let of_job = |job: &JobTimeline| {
        let place = names.iter().position(|name| name == layer(job, many));
        place.expect("each Job is in a layer").min(REST)
    };
    let places = jobs.iter().map(of_job).collect();
    let rest = names.len().saturating_sub(LAYERS);
    (names, places, rest)
}

/// How many Pods of each layer take a slot and how many Pods wait, from each instant on.
fn steps(jobs: &[JobTimeline], places: &[usize]) -> Steps<COLUMNS> {
    let mut changes: Vec<Change> = Vec::new();
    for (job, &place) in jobs.iter().zip(places) {
        let mut before = (0.0, 0.0);
        for step in &job.occupancy {
            let now = (f64::from(step.taken), f64::from(step.waiting));
            changes.push((step.at, place, now.0 - before.0));
            changes.push((step.at, WAITING, now.1 - before.1));
            before = now;
        }
    }
    accumulated(changes)
}

/// The name and the style of a layer.
pub(super) fn layer_style(layer: usize, names: &[String], rest: usize) -> (String, Style) {
    match layer {
        REST => (count(rest, "other"), Style::series(6)),
        layer => (names[layer].clone(), Style::series([0, 1, 2, 4, 5, 3][layer])),
    }
}

fn all_taken(values: &[f64; COLUMNS]) -> f64 {
    values[..WAITING].iter().sum()
}

fn chart(view: &ReplicationView) -> Option<Chart> {
    let jobs = &view.timeline.jobs;
    let end = view.end();
    let (names, places, rest) = layers(jobs, end);
    let exact = steps(jobs, &places);
    if exact.iter().all(|(_, v)| v.iter().all(|x| *x == 0.0)) {
        return None;
    }
    let mut stack = Stack::new(&exact, end);
    let mut series = Vec::new();
    for (column, area) in std::mem::take(&mut stack.areas).into_iter().enumerate().filter(|(_, area)| !area.is_empty())
    {
        let (name, style) = match column {
            WAITING => ("waiting for room".to_owned(), Style { color: Color::Grid, ..Style::series(0) }),
            layer => layer_style(layer, &names, rest),
        };
        series.push(Series { name, style, geometry: Geometry::Area(area) });
    }
    series.extend(stack.peaks());
    let slots = view.timeline.slots;
    let most = stack.most.max(slots.map_or(0.0, f64::from));
    let line = |slots: u32| ReferenceLine::horizontal(f64::from(slots), count(slots as usize, "slot"));
    let reference_lines = slots.map(line).into_iter().collect();
    let x = view.time_axis(end / 1.03);
    let mut panel =
        Panel { x, y: Axis::counts("Pods", most), height: 300.0, series, reference_lines, ..Panel::default() };
    view.mark(&mut panel);
    Some(Chart {
        kind: "occupancy",
        name: view.name.clone(),
        title: view.title("Pods that take room, by Job"),
        caption: format!("{}{} ({}.)", caption(view, &exact, end), stack.note(), view.which),
        panels: vec![panel],
    })
}

fn caption(view: &ReplicationView, steps: &Steps<COLUMNS>, end: f64) -> String {
    let from = steps.first().map_or(0.0, |s| s.0);
    let until = steps.iter().skip(1).map(|s| s.0).chain([end]);
    let (mut area, mut full, mut waited, mut longest_queue): (f64, f64, f64, f64) = (0.0, 0.0, 0.0, 0.0);
    let mut most: f64 = 0.0;
    let slots = view.timeline.slots.map(f64::from);
    for ((at, values), to) in steps.iter().zip(until) {
        let (taken, lasted) = (all_taken(values), (to - at).max(0.0));
        area += taken * lasted;
        waited += values[WAITING] * lasted;
        if lasted > 0.0 {
            most = most.max(taken);
            longest_queue = longest_queue.max(values[WAITING]);
            full += if slots.is_some_and(|slots| taken >= slots) { lasted } else { 0.0 };
        }
    }
    let lasted = (end - from).max(1e-9);
    let jobs = count(view.timeline.jobs.iter().filter(|job| job.created.is_some()).count(), "Job");
    let mean = area / lasted;
    let taken = match slots {
        Some(slots) => format!(
            "{jobs} on {}: on average {} are taken ({}), all of them {} of the time.",
            count(slots as usize, "slot"),
            short(mean),
            percent(mean / slots),
            percent(full / lasted)
        ),
        None => format!("{jobs}: on average {} Pods take room, at most {most}.", short(mean)),
    };
    let waiting = if waited > 0.0 {
        format!(" Pods wait for room {} in all, up to {longest_queue} at a time.", span(waited))
    } else if slots.is_some() {
        " No Pod waits for room.".to_owned()
    } else {
        String::new()
    };
    format!("{taken}{waiting}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn jobs_are_stacked() {
        let results = fixtures::sharing_two_slots();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        let series: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series, ["nightly", "import", "waiting for room"]);
        let Geometry::Area(nightly) = &chart.panels[0].series[0].geometry else { panic!("an area") };
        let Geometry::Area(import) = &chart.panels[0].series[1].geometry else { panic!("an area") };
        assert_eq!(nightly[..3], [[0.0, 0.0, 0.0], [10.0, 0.0, 1.0], [40.0, 0.0, 2.0]]);
        assert_eq!(import[..3], [[0.0, 0.0, 2.0], [10.0, 1.0, 2.0], [40.0, 2.0, 2.0]]);
        let Geometry::Area(waiting) = &chart.panels[0].series[2].geometry else { panic!("an area") };
        assert_eq!(waiting[..2], [[0.0, 2.0, 3.0], [10.0, 2.0, 2.0]]);
        assert_eq!(chart.panels[0].reference_lines[0].text, "2 slots");
        assert_eq!(
            chart.caption,
            "3 Jobs on 2 slots: on average 1.9 are taken (95\u{a0}%), all of them 90\u{a0}% of the time. Pods wait for \
             room 10s in all, up to 1 at a time. (replication 0.)"
        );
    }

    #[test]
    fn many_copies_are_one_layer_and_a_few_are_told_apart() {
        let mut results = fixtures::sharing_two_slots();
        let timeline = &mut results[0].1.points[0].timelines[0];
        let job = timeline.jobs[0].clone();
        timeline.jobs = (0..40).map(|n| JobTimeline { name: format!("copy-{n}"), ..job.clone() }).collect();
        timeline.jobs.extend((0..9).map(|n| JobTimeline { name: format!("one{n}"), ..job.clone() }));
        let chart = &charts(&crate::plot::named_points(&results))[0];
        let series: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series[0], "copy");
        assert_eq!(series[6], "4 others");
    }
}
