//! Requested against allocatable resources over time (CPU and memory, stacked by pool), and the Pods that wait to be
//! bound, stacked by what they wait for.

use crate::experiment::{PendingSpan, Timeline};
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{count, percent, span};
use crate::plot::staircase::{Change, Stack, Steps, accumulated};
use crate::plot::theme::Color;
use crate::plot::timelines::{ReplicationView, replication_views};
use crate::record::PendingReason;

/// The number of pools that are drawn; all others share one more layer.
const POOLS: usize = 5;
const COLUMNS: usize = POOLS + 1;
const GIB: f64 = (1_u64 << 30) as f64;

/// A chart for each point whose cluster has nodes.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    replication_views(points).iter().filter_map(chart).collect()
}

/// The names of pools, in the order in which their first nodes joined. Nodes without a pool count as one pool.
fn pools(timeline: &Timeline) -> Vec<&str> {
    let mut pools: Vec<&str> = Vec::new();
    for node in &timeline.nodes {
        if !pools.contains(&node.pool.as_str()) {
            pools.push(&node.pool);
        }
    }
    pools
}

fn pool_name(pools: &[&str], column: usize) -> String {
    match pools.get(column) {
        Some(&"") => "nodes without a pool".to_owned(),
        Some(name) if column < POOLS => (*name).to_owned(),
        _ => count(pools.len() - POOLS, "other pool"),
    }
}

/// A resource: its name, its unit, how much of it a node has, and how much a Pod requests.
struct Resource {
    label: &'static str,
    of_node: fn(&crate::experiment::NodeTimeline) -> f64,
    of_pod: fn(&crate::experiment::PodTimeline) -> f64,
}

const RESOURCES: [Resource; 2] = [
    Resource { label: "CPUs", of_node: |node| node.cpu, of_pod: |pod| pod.cpu },
    Resource { label: "memory (GiB)", of_node: |node| node.memory / GIB, of_pod: |pod| pod.memory / GIB },
];

/// The requested amounts by pool, and the allocatable amount of all nodes, from each instant on.
fn steps(timeline: &Timeline, pools: &[&str], resource: &Resource, end: f64) -> (Steps<COLUMNS>, Steps<1>) {
    let column = |node: usize| {
        let pool = &timeline.nodes[node].pool;
        pools.iter().position(|name| name == pool).expect("each pool was entered").min(POOLS)
    };
    let mut requested: Vec<Change> = Vec::new();
    for pod in timeline.jobs.iter().flat_map(|job| &job.pods) {
        if let Some(stay) = &pod.stay {
            let amount = (resource.of_pod)(pod);
            requested.push((stay.from, column(stay.node), amount));
            requested.push((stay.to, column(stay.node), -amount));
        }
    }
    let mut allocatable: Vec<Change> = Vec::new();
    for node in &timeline.nodes {
        let amount = (resource.of_node)(node);
        allocatable.push((node.joined.max(0.0), 0, amount));
        allocatable.extend(node.gone.map(|gone| (gone, 0, -amount)));
    }
    requested.retain(|change| change.0 <= end);
    allocatable.retain(|change| change.0 <= end);
    (accumulated(requested), accumulated(allocatable))
}

/// The integral of a staircase over time, up to `end`.
fn area<const N: usize>(steps: &Steps<N>, end: f64) -> f64 {
    let until = steps.iter().skip(1).map(|step| step.0).chain([end]);
    steps.iter().zip(until).map(|((at, values), to)| values.iter().sum::<f64>() * (to - at).max(0.0)).sum()
}

fn resource_panel(view: &ReplicationView, pools: &[&str], resource: &Resource, end: f64) -> Option<(Panel, f64)> {
    let timeline = view.timeline;
    let (requested, allocatable) = steps(timeline, pools, resource, end);
    let all = area(&allocatable, end);
    if all <= 0.0 {
        return None;
    }
    let mut stack = Stack::new(&requested, end);
    let areas = std::mem::take(&mut stack.areas).into_iter().enumerate().filter(|(_, area)| !area.is_empty());
    let mut series: Vec<Series> = areas
        .map(|(column, area)| Series {
            name: format!("requested of {}", pool_name(pools, column)),
            style: Style::series([0, 2, 1, 4, 5, 6][column]),
            geometry: Geometry::Area(area),
        })
        .collect();
    series.extend(stack.peaks());
    let mut line: Vec<[f64; 2]> = allocatable.iter().map(|(at, [amount])| [*at, *amount]).collect();
    line.extend(line.last().map(|last| [end, last[1]]));
    let most = line.iter().map(|point| point[1]).fold(stack.most, f64::max);
    let style = Style { width: 2.0, color: Color::Text, ..Style::series(0) };
    series.push(Series { name: "allocatable".to_owned(), style, geometry: Geometry::Steps(line) });
    let x = view.time_axis(end / 1.03);
    let y = Axis::up_to(resource.label, AxisUnit::Number, most);
    Some((Panel { x, y, height: 200.0, series, ..Panel::default() }, area(&requested, end) / all))
}

/// Pods that wait to be bound, by what they wait for.
fn pending_panel(view: &ReplicationView, end: f64) -> Option<(Panel, f64)> {
    let timeline = view.timeline;
    let spans = || timeline.jobs.iter().flat_map(|job| &job.pods).flat_map(|pod| &pod.pending);
    let reason = |span: &PendingSpan| PendingReason::of_key(&span.reason).unwrap_or(PendingReason::Other) as usize;
    let mut waited = [0.0; PendingReason::COUNT];
    spans().for_each(|span| waited[reason(span)] += span.to - span.from);
    // Reasons with less than a second in total only show the scheduler's own latency.
    let seen = spans().filter(|span| waited[reason(span)] >= 1.0);
    let changes = seen.flat_map(|span| [(span.from, reason(span), 1.0), (span.to, reason(span), -1.0)]);
    let steps: Steps<{ PendingReason::COUNT }> = accumulated(changes.collect());
    let waited = area(&steps, end);
    if waited == 0.0 {
        return None;
    }
    let mut stack = Stack::new(&steps, end);
    let areas =
        std::mem::take(&mut stack.areas).into_iter().zip(PendingReason::ALL).filter(|(area, _)| !area.is_empty());
    let mut series: Vec<Series> = areas
        .enumerate()
        .map(|(n, (area, reason))| Series {
            name: format!("for {}", reason.as_str()),
            style: Style::series([3, 1, 5, 4, 2, 0, 6, 7][n % 8]),
            geometry: Geometry::Area(area),
        })
        .collect();
    series.extend(stack.peaks());
    let x = view.time_axis(end / 1.03);
    let y = Axis::counts("Pods", stack.most);
    let title = "Pods that wait to be bound".to_owned();
    Some((Panel { title, x, y, height: 160.0, series, ..Panel::default() }, waited))
}

fn chart(view: &ReplicationView) -> Option<Chart> {
    let (timeline, end) = (view.timeline, view.end());
    let pools = pools(timeline);
    let resources = RESOURCES.iter().map(|resource| resource_panel(view, &pools, resource, end));
    let [cpu, memory]: [Option<(Panel, f64)>; 2] = resources.collect::<Vec<_>>().try_into().ok()?;
    let pending = pending_panel(view, end);
    let share = |panel: &Option<(Panel, f64)>| panel.as_ref().map(|(_, share)| percent(*share));
    let used: Vec<String> = [("CPU", share(&cpu)), ("memory", share(&memory))]
        .into_iter()
        .filter_map(|(what, share)| Some(format!("{} of the {what}", share?)))
        .collect();
    if used.is_empty() {
        return None;
    }
    let waited = match &pending {
        Some((_, waited)) => format!(" Pods waited {} to be bound, summed over Pods.", span(*waited)),
        None => " No Pod waited to be bound.".to_owned(),
    };
    let mut panels: Vec<Panel> = [cpu, memory, pending].into_iter().flatten().map(|(panel, _)| panel).collect();
    panels.iter_mut().for_each(|panel| view.mark(panel));
    let (_, all_but_last) = panels.split_last_mut()?;
    all_but_last.iter_mut().for_each(|panel| panel.x.label.clear());
    Some(Chart {
        kind: "room",
        name: view.name.clone(),
        title: view.title("Requested and allocatable"),
        caption: format!("{} that was there was requested.{waited} ({}.)", used.join(" and "), view.which),
        panels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn requests_are_held_against_what_is_allocatable() {
        let results = fixtures::on_two_nodes();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        assert_eq!(chart.panels.len(), 3);
        let series: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series, ["requested of spot", "allocatable"]);
        let Geometry::Steps(allocatable) = &chart.panels[0].series[1].geometry else { panic!("steps") };
        assert_eq!(allocatable[..2], [[0.0, 4.0], [40.0, 8.0]]);
        let waits: Vec<&str> = chart.panels[2].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(waits, ["for the scheduler", "for CPU"]);
        assert!(chart.caption.contains("Pods waited 40s to be bound"), "{}", chart.caption);
    }
}
