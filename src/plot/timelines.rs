//! Which parts of a result the plots of timelines show: one replication of each point, and its Jobs with most to show.
//! It does not draw them.

use super::NamedPoint;
use super::axis::{Axis, AxisUnit};
use super::calendar::Calendar;
use super::chart::{Bar, Geometry, Panel, ReferenceLine, Series, Style};
use super::theme::Color;
use crate::experiment::{JobTimeline, Timeline};

/// The greatest number of outages of the controllers that are marked.
const RESTARTS: usize = 20;
/// The greatest number of points whose timelines are shown.
const POINTS: usize = 4;
/// The greatest number of Jobs of a timeline that are shown.
const JOBS: usize = 3;

/// A replication that is shown.
pub struct ReplicationView<'a> {
    /// The point's name; empty if there is only one.
    pub name: String,
    /// Which replication it is, in words.
    pub which: String,
    /// What happened; times are in seconds since the start.
    pub timeline: &'a Timeline,
}

/// A Job that is shown.
pub struct JobView<'a> {
    /// The name of the point and, with several Jobs, of the Job.
    pub name: String,
    /// Which replication it is from, in words.
    pub which: String,
    /// What happened; times are in seconds since the start of the replication.
    pub job: &'a JobTimeline,
    /// When the Job was created; plots count time from here.
    pub created: f64,
    /// When the Job was over, counted from its creation; above zero.
    pub end: f64,
    /// The replication.
    pub timeline: &'a Timeline,
}

/// The replication of median length, or else the first, of each point up to [`POINTS`].
pub fn replication_views<'a>(points: &[NamedPoint<'a>]) -> Vec<ReplicationView<'a>> {
    let of_point = |named: &NamedPoint<'a>| {
        let timelines = &named.point.timelines;
        let is_median = |t: &&Timeline| t.chosen_as.iter().any(|c| c == "median");
        let timeline = timelines.iter().find(is_median).or(timelines.first())?;
        Some(ReplicationView { name: named.name.clone(), which: which(timeline), timeline })
    };
    points.iter().take(POINTS).filter_map(of_point).collect()
}

/// The Jobs of these replications with the greatest `interest`; Jobs with none are left out.
pub fn job_views<'a>(points: &[NamedPoint<'a>], interest: impl Fn(&JobTimeline) -> f64) -> Vec<JobView<'a>> {
    let mut all = Vec::new();
    for ReplicationView { name: of_point, which, timeline } in replication_views(points) {
        // With several Jobs, the plot of all Jobs already shows everything about a Job with a single Pod.
        let least = if timeline.jobs.len() > 1 { 2 } else { 0 };
        let shows = |job: &&JobTimeline| interest(job) > 0.0 && job.pods.len() >= least;
        let mut jobs: Vec<&JobTimeline> = timeline.jobs.iter().filter(shows).collect();
        jobs.sort_by(|a, b| interest(b).total_cmp(&interest(a)));
        for job in jobs.into_iter().take(JOBS) {
            let name = match (of_point.is_empty(), timeline.jobs.len() > 1) {
                (true, false) => String::new(),
                (true, true) => job.name.clone(),
                (false, false) => of_point.clone(),
                (false, true) => format!("{of_point} {}", job.name),
            };
            let created = job.created.unwrap_or(0.0);
            let end = end_of(job, timeline) - created;
            all.push(JobView { name, which: which.clone(), job, created, end: end.max(1.0), timeline });
        }
    }
    all
}

/// When a Job and all its Pods had ended, or else the end of the replication.
fn end_of(job: &JobTimeline, timeline: &Timeline) -> f64 {
    let last_pod = job.pods.iter().filter_map(|p| p.finished).fold(0.0, f64::max);
    job.finished.or(job.gone).unwrap_or(timeline.end).max(last_pod)
}

fn which(timeline: &Timeline) -> String {
    let is = |why: &str| timeline.chosen_as.iter().any(|chosen| chosen == why);
    // With a single replication, "median" would say nothing.
    let which = match (is("median") && !is("first"), is("inFirst")) {
        (true, false) => ", the one of median length",
        (true, true) => ", the one of median length in the first variant",
        _ => "",
    };
    format!("replication {}{which}", timeline.replication)
}

/// The spans in which no controllers ran, with times counted from `start`, up to `end`.
fn outages(timeline: &Timeline, start: f64, end: f64) -> Vec<[f64; 2]> {
    let mut outages: Vec<[f64; 2]> = Vec::new();
    let mut down: Option<f64> = None;
    for &(at, up) in &timeline.controllers {
        match (down, up) {
            (None, false) => down = Some(at),
            (Some(from), true) => {
                outages.push([from - start, at - start]);
                down = None;
            }
            _ => {}
        }
    }
    outages.extend(down.map(|from| [from - start, end]));
    outages.retain(|[from, to]| *to >= 0.0 && *from <= end);
    outages
}

/// Marks the controllers' outages in a panel over time: each is shaded in the background and has a line at its
/// beginning. `lines` are added too.
fn mark(panel: &mut Panel, outages: Vec<[f64; 2]>, lines: Vec<ReferenceLine>) {
    let Axis { from, to, .. } = panel.x;
    let words =
        |[down, up]: &[f64; 2]| if up - down < (to - from) / 50.0 { "controllers restart" } else { "controllers down" };
    let began = outages.iter().take(RESTARTS).map(|outage| ReferenceLine::vertical(outage[0], words(outage)));
    panel.reference_lines = began.chain(lines).chain(std::mem::take(&mut panel.reference_lines)).collect();
    let y = [panel.y.from, panel.y.to];
    let bar = |[down, up]: [f64; 2]| Bar { x: [down.max(from), up.min(to)], y };
    let bars: Vec<Bar> = outages.into_iter().map(bar).filter(|bar| bar.x[1] > bar.x[0]).collect();
    if !bars.is_empty() {
        let style = Style { opacity: 0.3, ..Style::series(5) };
        let shade = Series { name: "controllers down".to_owned(), style, geometry: Geometry::Bars(bars) };
        // In front of other background series, behind everything else.
        let is_background = |series: &&Series| series.style.color == Color::Grid;
        let place = panel.series.iter().take_while(is_background).count();
        panel.series.insert(place, shade);
    }
}

impl ReplicationView<'_> {
    /// A title with the point's name, if it has one.
    pub fn title(&self, what: &str) -> String {
        if self.name.is_empty() { what.to_owned() } else { format!("{what}: {}", self.name) }
    }

    /// Marks the times in which the controllers were down.
    pub fn mark(&self, panel: &mut Panel) {
        mark(panel, outages(self.timeline, 0.0, panel.x.to), Vec::new());
    }

    /// An axis of time from 0 to a little more than `most`. With CronJobs it shows dates and times of the day, in their
    /// zone if they share one; else it counts from the start.
    pub fn time_axis(&self, most: f64) -> Axis {
        let since_start = Axis::up_to("time since the start", AxisUnit::Seconds, most);
        let (Some(start), Some(first)) = (self.timeline.start, self.timeline.cron_jobs.first()) else {
            return since_start;
        };
        let has_one_zone = self.timeline.cron_jobs.iter().all(|cronjob| cronjob.time_zone == first.time_zone);
        let zone = if has_one_zone { first.time_zone.as_str() } else { "" };
        let unit = AxisUnit::Clock(Calendar::new(start, zone, since_start.to));
        Axis { label: "time".to_owned(), unit, ..since_start }
    }

    /// When the last Job had ended, in seconds since the start; positive.
    pub fn end(&self) -> f64 {
        let created = self.timeline.jobs.iter().filter(|job| job.created.is_some());
        created.map(|job| end_of(job, self.timeline)).fold(1.0, f64::max)
    }
}

impl JobView<'_> {
    /// A title with the Job's name.
    pub fn title(&self, what: &str) -> String {
        let of = if self.name.is_empty() { &self.job.name } else { &self.name };
        format!("{what}: {of}")
    }

    /// Marks the times in which the controllers were down, and the end of the Job.
    pub fn mark(&self, panel: &mut Panel) {
        let finished = self.job.finished;
        let end = finished.map(|at| ReferenceLine::vertical(at - self.created, self.job.end.as_str()));
        mark(panel, outages(self.timeline, self.created, panel.x.to), end.into_iter().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{fixtures, named_points};

    #[test]
    fn times_without_controllers_are_shaded_and_begin_with_a_line() {
        let results = fixtures::controllers_down();
        let points = named_points(&results);
        let view = &replication_views(&points)[0];
        let grid = Style { color: Color::Grid, ..Style::series(0) };
        let background = Series { name: String::new(), style: grid, geometry: Geometry::Bars(Vec::new()) };
        let bars = Series { style: Style::series(0), ..background.clone() };
        let (x, y) = (view.time_axis(100.0), Axis::counts("Pods", 2.0));
        let mut panel = Panel { x, y, series: vec![background, bars], ..Panel::default() };
        view.mark(&mut panel);
        let Geometry::Bars(shades) = &panel.series[1].geometry else { panic!("bars") };
        assert_eq!(panel.series[1].name, "controllers down");
        assert_eq!(shades.iter().map(|bar| bar.x).collect::<Vec<_>>(), [[35.0, 75.0], [90.0, 90.2]]);
        let lines: Vec<(f64, &str)> = panel.reference_lines.iter().map(|line| (line.at, line.text.as_str())).collect();
        assert_eq!(lines, [(35.0, "controllers down"), (90.0, "controllers restart")], "a short one is a restart");
        assert_eq!(panel.x.full_label(), "time (24 Oct 2026, UTC)");
        assert_eq!(outages(view.timeline, 80.0, 15.0), [[10.0, 10.200_000_000_000_003]], "only those that are seen");
    }
}
