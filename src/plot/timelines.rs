//! Which parts of a result the plots of timelines show: of each point one replication, of it the Jobs with most to show.

use super::NamedPoint;
use super::chart::ReferenceLine;
use crate::experiment::{JobTimeline, Timeline};

/// Restarts of the controllers that are marked, at most.
const RESTARTS: usize = 20;
/// Points of a result whose timelines are shown, at most.
const POINTS: usize = 4;
/// Jobs of a timeline that are shown, at most.
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
    /// The point's name and, if there are several Jobs, the Job's.
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

/// Of each point, up to [`POINTS`], the replication of median length, or else the first.
pub fn replication_views<'a>(points: &[NamedPoint<'a>]) -> Vec<ReplicationView<'a>> {
    let of_point = |named: &NamedPoint<'a>| {
        let timelines = &named.point.timelines;
        let is_median = |t: &&Timeline| t.chosen_as.iter().any(|c| c == "median");
        let timeline = timelines.iter().find(is_median).or(timelines.first())?;
        Some(ReplicationView { name: named.name.clone(), which: which(timeline), timeline })
    };
    points.iter().take(POINTS).filter_map(of_point).collect()
}

/// The Jobs of these replications that have most to show, by a measure of interest; those with none are left out.
pub fn job_views<'a>(points: &[NamedPoint<'a>], interest: impl Fn(&JobTimeline) -> f64) -> Vec<JobView<'a>> {
    let mut all = Vec::new();
    for ReplicationView { name: of_point, which, timeline } in replication_views(points) {
        // Among several Jobs, one with a single Pod shows nothing that the plot of all Jobs does not.
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

/// When a Job and its Pods were over, or else the end of the replication.
fn end_of(job: &JobTimeline, timeline: &Timeline) -> f64 {
    let last_pod = job.pods.iter().filter_map(|p| p.finished).fold(0.0, f64::max);
    job.finished.or(job.gone).unwrap_or(timeline.end).max(last_pod)
}

fn which(timeline: &Timeline) -> String {
    match timeline.chosen_as.first().map(String::as_str) {
        Some("median") => format!("replication {}, the one of median length", timeline.replication),
        _ => format!("replication {}", timeline.replication),
    }
}

/// Lines at restarts of the controllers, with times counted from `start`.
fn restarts(timeline: &Timeline, start: f64) -> Vec<ReferenceLine> {
    let died = timeline.controllers.iter().filter(|(_, up)| !up).take(RESTARTS);
    died.map(|(at, _)| ReferenceLine::vertical(at - start, "controllers restart")).collect()
}

impl ReplicationView<'_> {
    /// A title with the point's name, if it has one.
    pub fn title(&self, what: &str) -> String {
        if self.name.is_empty() { what.to_owned() } else { format!("{what}: {}", self.name) }
    }

    /// Lines at restarts of the controllers.
    pub fn reference_lines(&self) -> Vec<ReferenceLine> {
        restarts(self.timeline, 0.0)
    }

    /// When the last Job was over, in seconds since the start; above zero.
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

    /// Lines at restarts of the controllers and at the end of the Job.
    pub fn reference_lines(&self) -> Vec<ReferenceLine> {
        let mut lines = restarts(self.timeline, self.created);
        if let Some(at) = self.job.finished {
            lines.push(ReferenceLine::vertical(at - self.created, self.job.end.as_str()));
        }
        lines
    }
}
