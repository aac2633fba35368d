//! Nodes as lanes over time, with the Pods on them: where each Pod runs, what remains free, and when nodes join and
//! disappear. The height of a Pod is its share of the node's CPU or memory, whichever is larger.

use super::occupancy::{layer_style, layers};
use crate::experiment::{NodeTimeline, PodTimeline, Timeline};
use crate::plot::NamedPoint;
use crate::plot::axis::Axis;
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{count, percent, span};
use crate::plot::theme::Color;
use crate::plot::timelines::{ReplicationView, replication_views};

/// The greatest number of nodes that are drawn.
const LANES: usize = 40;
/// The greatest number of Pods that are drawn one by one.
const PODS: usize = 4_000;
/// The height of a lane, as a share of the distance between lanes.
const FULL: f64 = 0.84;
/// The smallest height of a Pod, for Pods that request very little.
const LEAST: f64 = 0.04;

/// A chart for each point whose cluster has nodes.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    replication_views(points).iter().filter_map(chart).collect()
}

/// A Pod in a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PackedPod {
    layer: usize,
    from: f64,
    to: f64,
    /// Its lower edge, as a share of the lane's height.
    low: f64,
    high: f64,
}

/// Stacks Pods in a lane, each at the lowest position that is free for its whole time on the node.
fn pack(mut pods: Vec<(usize, f64, f64, f64)>) -> Vec<PackedPod> {
    pods.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut placed: Vec<PackedPod> = Vec::with_capacity(pods.len());
    for (layer, from, to, share) in pods {
        let mut beside: Vec<&PackedPod> = placed.iter().filter(|other| other.from < to && from < other.to).collect();
        beside.sort_by(|a, b| a.low.total_cmp(&b.low));
        let mut low = 0.0;
        for other in beside {
            if low + share <= other.low + 1e-9 {
                break;
            }
            low = other.high.max(low);
        }
        // If the free space is fragmented, the Pod is drawn at the top, over others.
        let low = low.min(1.0 - share).max(0.0);
        placed.push(PackedPod { layer, from, to, low, high: low + share });
    }
    placed
}

/// The share of a node that a Pod takes.
fn share(pod: &PodTimeline, node: &NodeTimeline) -> f64 {
    let of = |requested: f64, all: f64| if all > 0.0 { requested / all } else { 0.0 };
    of(pod.cpu, node.cpu).max(of(pod.memory, node.memory)).clamp(LEAST, 1.0)
}

/// The Pods by node: layer of the Job, beginning, end, share of the node.
fn by_node(timeline: &Timeline, places: &[usize]) -> Vec<Vec<(usize, f64, f64, f64)>> {
    let mut pods = vec![Vec::new(); timeline.nodes.len()];
    for (job, &layer) in timeline.jobs.iter().zip(places) {
        for pod in &job.pods {
            if let Some(stay) = &pod.stay
                && stay.to > stay.from
            {
                pods[stay.node].push((layer, stay.from, stay.to, share(pod, &timeline.nodes[stay.node])));
            }
        }
    }
    pods
}

/// The places of the nodes that are drawn, and how many Pods they had: of many nodes the busiest, in the order in which
/// they joined.
fn shown(pods: &[Vec<(usize, f64, f64, f64)>]) -> (Vec<usize>, usize) {
    let work = |node: usize| pods[node].iter().map(|(_, from, to, share)| (to - from) * share).sum::<f64>();
    let mut shown: Vec<usize> = (0..pods.len()).collect();
    shown.sort_by(|&a, &b| work(b).total_cmp(&work(a)));
    shown.truncate(LANES);
    shown.sort_unstable();
    let drawn = shown.iter().map(|&node| pods[node].len()).sum();
    (shown, drawn)
}

/// What is drawn in the lanes.
struct Lanes {
    /// Nodes, while they exist.
    there: Vec<Bar>,
    /// Nodes that were requested and have not joined.
    coming: Vec<Bar>,
    /// Pods, by layer.
    stays: Vec<Vec<Bar>>,
}

impl Lanes {
    fn new(timeline: &Timeline, shown: &[usize], mut pods: Vec<Vec<(usize, f64, f64, f64)>>, end: f64) -> Self {
        let layers = pods.iter().flatten().map(|pod| pod.0 + 1).max().unwrap_or(0);
        let mut lanes = Lanes { there: Vec::new(), coming: Vec::new(), stays: vec![Vec::new(); layers] };
        for (row, &place) in shown.iter().enumerate() {
            let (node, bottom) = (&timeline.nodes[place], (shown.len() - 1 - row) as f64 - FULL / 2.0);
            let bar = |from: f64, to: f64, y: [f64; 2]| Bar { x: [from.max(0.0), to.min(end)], y };
            let whole = [bottom, bottom + FULL];
            lanes.there.push(bar(node.joined, node.gone.unwrap_or(end), whole));
            if node.asked < node.joined {
                lanes.coming.push(bar(node.asked, node.joined, whole));
            }
            for pod in pack(std::mem::take(&mut pods[place])) {
                let y = [bottom + pod.low * FULL, bottom + pod.high * FULL];
                lanes.stays[pod.layer].push(bar(pod.from, pod.to, y));
            }
        }
        lanes
    }

    /// As series, from back to front.
    fn series(self, names: &[String], rest: usize) -> Vec<Series> {
        let free = Style { color: Color::Grid, ..Style::series(0) };
        let coming = Style { color: Color::Muted, opacity: 0.5, ..Style::series(0) }.hatched();
        let behind = [("free room", free, self.there), ("on its way", coming, self.coming)];
        let behind = behind.into_iter().map(|(name, style, bars)| (name.to_owned(), style, bars));
        let pods = self.stays.into_iter().enumerate().map(|(layer, bars)| {
            let (name, style) = layer_style(layer, names, rest);
            (name, style, bars)
        });
        let all = behind.chain(pods).filter(|(_, _, bars)| !bars.is_empty());
        all.map(|(name, style, bars)| Series { name, style, geometry: Geometry::Bars(bars) }).collect()
    }
}

fn chart(view: &ReplicationView) -> Option<Chart> {
    let timeline = view.timeline;
    let end = view.end();
    let (names, places, rest) = layers(&timeline.jobs, end);
    let pods = by_node(timeline, &places);
    let (shown, drawn) = shown(&pods);
    if drawn == 0 || drawn > PODS {
        return None;
    }
    let rows = shown.len();
    let lanes: Vec<String> = shown.iter().rev().map(|&node| timeline.nodes[node].name.clone()).collect();
    let mut panel = Panel {
        x: view.time_axis(end / 1.03),
        y: Axis::names("", lanes),
        height: (rows as f64 * if rows <= 12 { 34.0 } else { 20.0 }).clamp(60.0, 860.0),
        series: Lanes::new(timeline, &shown, pods, end).series(&names, rest),
        ..Panel::default()
    };
    view.mark(&mut panel);
    Some(Chart {
        kind: "nodes",
        name: view.name.clone(),
        title: view.title("Who runs on which node"),
        caption: format!("{} ({}.)", caption(timeline, &shown, drawn, end), view.which),
        panels: vec![panel],
    })
}

fn caption(timeline: &Timeline, shown: &[usize], drawn: usize, end: f64) -> String {
    let (all, rows) = (timeline.nodes.len(), shown.len());
    let left_out = match all - rows {
        0 => String::new(),
        _ => format!(" The {rows} nodes with most work are shown, with {} on them.", count(drawn, "Pod")),
    };
    let there: f64 =
        timeline.nodes.iter().map(|node| (node.gone.unwrap_or(end) - node.joined).max(0.0) * node.cpu).sum();
    let pods = timeline.jobs.iter().flat_map(|job| &job.pods);
    let stays: Vec<(&PodTimeline, f64)> =
        pods.filter_map(|pod| Some((pod, pod.stay.as_ref().map(|stay| stay.to - stay.from)?))).collect();
    let requested: f64 = stays.iter().map(|(pod, time)| pod.cpu * time).sum();
    let used = if there > 0.0 {
        format!("; {} of their CPU time was requested", percent(requested / there))
    } else {
        String::new()
    };
    let later =
        timeline.nodes.iter().filter(|node| node.joined > 0.0).map(|node| node.joined).fold(f64::INFINITY, f64::min);
    let first = if later.is_finite() {
        format!(" The first that came later joined after {}.", span(later))
    } else {
        String::new()
    };
    format!("{}, {} on them{used}.{first}{left_out}", count(all, "node"), count(stays.len(), "Pod"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::axis::AxisUnit;
    use crate::plot::fixtures;

    #[test]
    fn pods_are_packed_without_overlap_where_there_is_room() {
        let placed = pack(vec![(0, 0.0, 10.0, 0.5), (1, 5.0, 15.0, 0.25), (2, 10.0, 20.0, 0.5), (3, 10.0, 12.0, 0.25)]);
        let lows: Vec<f64> = placed.iter().map(|pod| pod.low).collect();
        assert_eq!(lows, [0.0, 0.5, 0.0, 0.75]);
        for (n, a) in placed.iter().enumerate() {
            for b in &placed[..n] {
                let is_apart = a.to <= b.from || b.to <= a.from || a.high <= b.low + 1e-9 || b.high <= a.low + 1e-9;
                assert!(is_apart, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn each_node_is_a_lane_and_one_that_is_on_its_way_is_told_apart() {
        let results = fixtures::on_two_nodes();
        let chart = &charts(&crate::plot::named_points(&results))[0];
        let panel = &chart.panels[0];
        let AxisUnit::Names(names) = &panel.y.unit else { panic!("lanes have names") };
        assert_eq!(names[..], ["spot-2", "spot-1"]);
        let series: Vec<&str> = panel.series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(series, ["free room", "on its way", "import"]);
        let Geometry::Bars(pods) = &panel.series[2].geometry else { panic!("bars") };
        assert_eq!(pods.len(), 2);
        assert_eq!(pods[0].x, [1.0, 61.0]);
        assert!((pods[0].y[1] - pods[0].y[0] - 0.5 * FULL).abs() < 1e-9, "half of the node");
        assert!(chart.caption.starts_with("2 nodes, 2 Pods on them"), "{}", chart.caption);
    }
}
