//! Pictures of results. A plot is a pure function from results to a [`Chart`], which is data and is tested as data
//! (`kinds`); plotters draws a chart on a [`Scene`] of lines, surfaces and texts, which is written as SVG or PNG
//! (`render`). It simulates nothing, reads no files, and needs neither fonts nor a display on the machine, because it
//! has its own font.
//!
//! Invariants: the same result gives the same bytes on every machine; the size of a picture is bounded however large
//! the Job is (details too fine to be seen are aggregated); colours can be told apart with the common kinds of colour
//! blindness, and dashes, markers and hatching distinguish series in black and white.

mod autopsy;
mod axis;
mod calendar;
mod chart;
#[cfg(test)]
mod fixtures;
mod kinds;
mod number;
mod render;
mod staircase;
mod theme;
mod timelines;

pub use autopsy::autopsy_chart;
pub use axis::{Axis, AxisScale, AxisUnit};
pub use calendar::Calendar;
pub use chart::{Bar, Chart, Geometry, Panel, ReferenceLine, Series, Style};
pub use number::{percent, span};
pub use render::{NARROW, STYLE, Scene, WIDTH, WIDTHS, png, svg, svg_inline};
pub use theme::{Color, Dash, Marker};

use crate::experiment::result::{Point, ResultFile};
use kinds::{
    backoff, budget, compare, ecdf, frontier, gantt, heatmap, jobs, nodes, occupancy, overshoot, retries, room, starts,
    sweep,
};

/// A kind of plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotKind {
    /// Slots taken over time, by Job, and Pods that wait for one.
    Occupancy,
    /// Nodes as lanes over time, with the Pods on them.
    Nodes,
    /// Requested against allocatable resources, and Pods that wait to be bound.
    Room,
    /// Each Job over time: running, and what it waits for.
    Jobs,
    /// The Jobs of a CronJob against its schedule, and the starts that were skipped.
    Starts,
    /// The back-off staircase: each wait, with the attempts and the cap.
    Backoff,
    /// How many retries there were, per Job and per index.
    Retries,
    /// Pods asked for, active, terminating and running over time, and the excess by cause.
    Overshoot,
    /// Each Pod over time, by stage and outcome.
    Gantt,
    /// The share of replications that have finished, by time.
    Ecdf,
    /// Responses against a factor that was varied.
    Sweep,
    /// A response against two factors that were varied.
    Heatmap,
    /// What used up the retry budget.
    Budget,
    /// Paired differences between points.
    Compare,
    /// Cost against another measure.
    Frontier,
}

impl PlotKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [PlotKind; 15] = [
        Self::Occupancy,
        Self::Nodes,
        Self::Room,
        Self::Jobs,
        Self::Starts,
        Self::Backoff,
        Self::Retries,
        Self::Overshoot,
        Self::Gantt,
        Self::Ecdf,
        Self::Sweep,
        Self::Heatmap,
        Self::Budget,
        Self::Compare,
        Self::Frontier,
    ];

    /// The name on the command line and of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backoff => "backoff",
            Self::Retries => "retries",
            Self::Overshoot => "overshoot",
            Self::Gantt => "gantt",
            Self::Occupancy => "occupancy",
            Self::Jobs => "jobs",
            Self::Starts => "starts",
            Self::Ecdf => "ecdf",
            Self::Sweep => "sweep",
            Self::Heatmap => "heatmap",
            Self::Budget => "budget",
            Self::Compare => "compare",
            Self::Nodes => "nodes",
            Self::Room => "room",
            Self::Frontier => "frontier",
        }
    }

    /// What it shows, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Backoff => "the back-off staircase: each wait, the attempts, the cap",
            Self::Retries => "retries per replication and per index",
            Self::Overshoot => "asked for, active, terminating and running Pods over time",
            Self::Gantt => "each Pod over time, by stage and outcome",
            Self::Occupancy => "slots taken over time, by Job, and Pods that wait for one",
            Self::Jobs => "each Job over time: running, and what it waits for",
            Self::Starts => "a CronJob's Jobs against its schedule",
            Self::Ecdf => "the share of replications that have finished, by time",
            Self::Sweep => "responses against one factor (or two)",
            Self::Heatmap => "responses against two factors",
            Self::Budget => "what used up the retry budget",
            Self::Compare => "paired differences between points",
            Self::Nodes => "nodes over time, with the Pods on them",
            Self::Room => "what Pods request of the nodes, and Pods that wait to be bound",
            Self::Frontier => "cost against another measure, over the points of a design",
        }
    }
}

impl PlotKind {
    /// What a result must contain for it, and how to get such a result.
    pub fn needs(self) -> &'static str {
        match self {
            Self::Backoff => {
                "a Job with a Pod failure back-off, or containers that the kubelet restarts, in a replication of \
                              which the timeline is kept"
            }
            Self::Retries => "a retry in some of several replications (-n), or of an index",
            Self::Overshoot | Self::Gantt => "a Job with Pods in a replication of which the timeline is kept",
            Self::Occupancy => "several Jobs, or slots (cluster.slots)",
            Self::Nodes | Self::Room => "nodes (cluster.nodes) in a replication of which the timeline is kept",
            Self::Frontier => "several points of a design, with nodes that have a price (pricePerHour)",
            Self::Jobs => "several Jobs",
            Self::Starts => "a CronJob",
            Self::Ecdf => {
                "results of at least two replications (-n) in which a Job finishes, without CronJobs, whose runs end with their days"
            }
            Self::Sweep => "the points of a sweep or a search, with one or two fields that vary",
            Self::Heatmap => "the points of a sweep with two fields that vary",
            Self::Budget => "a failed Pod in some replication",
            Self::Compare => "a result of jobsim compare",
        }
    }
}

/// A design point of a result, with the name under which it is shown.
#[derive(Clone, Debug)]
pub struct NamedPoint<'a> {
    /// The name; empty if there is only one.
    pub name: String,
    /// The point.
    pub point: &'a Point,
}

/// Paths of fields, each with the shortest ending that distinguishes it from the others, because whole paths are too
/// long for a picture. A path that is part of another one comes after it.
fn short_paths(paths: &[&str]) -> Vec<(String, String)> {
    if paths.len() < 2 {
        return Vec::new();
    }
    let short = |path: &&str| {
        let starts = path.match_indices('.').map(|(at, _)| at + 1).rev().chain([0]);
        let is_alone = |end: &&str| paths.iter().filter(|other| other.ends_with(end)).count() == 1;
        let end = starts.map(|at| &path[at..]).find(is_alone).unwrap_or(path);
        ((*path).to_owned(), end.to_owned())
    };
    let mut all: Vec<(String, String)> = paths.iter().map(short).collect();
    all.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    all
}

/// The distinct paths of fields that are set at points of results.
fn paths(results: &[(String, ResultFile)]) -> Vec<&str> {
    let mut paths: Vec<&str> = Vec::new();
    for setting in results.iter().flat_map(|(_, result)| &result.points).flat_map(|point| &point.settings) {
        if !paths.contains(&setting.path.as_str()) {
            paths.push(&setting.path);
        }
    }
    paths
}

/// The points of results, named by the point, by the result or by both, as needed to distinguish them.
pub fn named_points<'a>(results: &'a [(String, ResultFile)]) -> Vec<NamedPoint<'a>> {
    let is_single = results.len() == 1;
    let short = short_paths(&paths(results));
    let shown = |name: &str| short.iter().fold(name.to_owned(), |name, (path, short)| name.replace(path, short));
    let of_result = |(name, result): &'a (String, ResultFile)| {
        result.points.iter().map(move |point| NamedPoint {
            name: match (is_single, point.name.is_empty()) {
                (true, _) => shown(&point.name),
                (false, true) => name.clone(),
                (false, false) => format!("{name}: {}", shown(&point.name)),
            },
            point,
        })
    };
    results.iter().flat_map(of_result).collect()
}

/// The plots of one kind for these results; empty if there is nothing to show.
pub fn charts(kind: PlotKind, results: &[(String, ResultFile)]) -> Vec<Chart> {
    let points = named_points(results);
    match kind {
        PlotKind::Backoff => backoff::charts(&points),
        PlotKind::Retries => retries::charts(&points),
        PlotKind::Overshoot => overshoot::charts(&points),
        PlotKind::Gantt => gantt::charts(&points),
        PlotKind::Occupancy => occupancy::charts(&points),
        PlotKind::Jobs => jobs::charts(&points),
        PlotKind::Starts => starts::charts(&points),
        PlotKind::Ecdf => ecdf::charts(&points),
        PlotKind::Sweep => sweep::charts(&points),
        PlotKind::Heatmap => heatmap::charts(&points),
        PlotKind::Budget => budget::charts(&points),
        PlotKind::Compare => compare::charts(results),
        PlotKind::Nodes => nodes::charts(&points),
        PlotKind::Room => room::charts(&points),
        PlotKind::Frontier => frontier::charts(&points),
    }
}

/// All plots for these results. For a design, plots of what it changes come first; with more than `LINES` points, plots
/// that could show only some of the points are left out.
pub fn all_charts(results: &[(String, ResultFile)]) -> Vec<Chart> {
    let points = named_points(results);
    let is_design = points.iter().any(|one| !one.point.settings.is_empty());
    let is_first = |kind: &PlotKind| {
        is_design && matches!(kind, PlotKind::Frontier | PlotKind::Sweep | PlotKind::Heatmap | PlotKind::Compare)
    };
    let is_shown = |kind: &PlotKind| points.len() <= LINES || !matches!(kind, PlotKind::Retries | PlotKind::Ecdf);
    let (first, others): (Vec<PlotKind>, Vec<PlotKind>) =
        PlotKind::ALL.into_iter().filter(is_shown).partition(is_first);
    first.into_iter().chain(others).flat_map(|kind| charts(kind, results)).collect()
}

/// The greatest number of lines that a reader can distinguish in a picture.
const LINES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_by_their_last_parts() {
        let short = |paths: &[&str]| short_paths(paths).into_iter().map(|(_, short)| short).collect::<Vec<_>>();
        assert_eq!(
            short(&["cluster.nodes.a.max", "cluster.nodes.b.max", "spec.parallelism"]),
            ["a.max", "b.max", "parallelism"]
        );
        assert!(short(&["spec.parallelism"]).is_empty(), "one path is no trouble");
    }
}
