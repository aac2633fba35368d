//! What plots of timelines share: which timeline and which Jobs are shown, and how a long staircase is made short.

use super::Shown;
use super::chart::{Mark, Words};
use crate::experiment::{JobTimeline, Timeline};

/// Restarts of the controllers that are marked at the most.
const RESTARTS: usize = 4;
/// Points of a result whose timelines are shown, at the most.
const POINTS: usize = 4;
/// Jobs of a timeline that are shown, at the most.
const JOBS: usize = 3;
/// Steps of a staircase that are drawn, at the most; a picture has fewer pixels than twice this.
pub const MOST_STEPS: usize = 1_200;

/// A Job's timeline, and where it is from.
pub struct Told<'a> {
    /// The point's name and, if there are several, the Job's.
    pub name: String,
    /// Which replication it is.
    pub which: String,
    /// What happened.
    pub job: &'a JobTimeline,
    /// When the Job was created; times are counted from it.
    pub created: f64,
    /// When the replication was over, counted from the creation.
    pub end: f64,
    /// What else was in the replication.
    pub timeline: &'a Timeline,
}

/// A timeline that is shown, and where it is from.
pub struct Whole<'a> {
    /// The point's name; empty if there is only one.
    pub name: String,
    /// Which replication it is.
    pub which: String,
    /// What happened.
    pub timeline: &'a Timeline,
}

impl Whole<'_> {
    /// A title with the point's name, if it has one.
    pub fn title(&self, what: &str) -> String {
        if self.name.is_empty() { what.to_owned() } else { format!("{what}: {}", self.name) }
    }

    /// Lines at restarts of the controllers.
    pub fn marks(&self) -> Vec<Mark> {
        let died = self.timeline.controllers.iter().filter(|(_, up)| !up).take(RESTARTS);
        died.map(|(at, _)| Mark { words: Words::Above, ..Mark::vertical(*at, "controllers restart") }).collect()
    }

    /// When the last that is known happened; above zero.
    pub fn end(&self) -> f64 {
        let jobs = &self.timeline.jobs;
        let last = |job: &JobTimeline| job.finished.or(job.gone).unwrap_or(self.timeline.end).max(last_of(job));
        jobs.iter().filter(|job| job.created.is_some()).map(last).fold(1.0, f64::max)
    }
}

/// Of each point the replication of median length, else the first.
pub fn wholes<'a>(points: &[Shown<'a>]) -> Vec<Whole<'a>> {
    let of_point = |shown: &Shown<'a>| {
        let timelines = &shown.point.timelines;
        let is_median = |t: &&Timeline| t.chosen_as.iter().any(|c| c == "median");
        let timeline = timelines.iter().find(is_median).or(timelines.first())?;
        Some(Whole { name: shown.name.clone(), which: which(timeline), timeline })
    };
    points.iter().take(POINTS).filter_map(of_point).collect()
}

/// The Jobs that are shown: of each point the replication of median length (else the first), of it the Jobs that
/// have most to show.
pub fn told<'a>(points: &[Shown<'a>], interest: impl Fn(&JobTimeline) -> f64) -> Vec<Told<'a>> {
    let mut all = Vec::new();
    for Whole { name: of_point, which, timeline } in wholes(points) {
        // Of several Jobs those with a single Pod show nothing that the picture of all of them does not.
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
            let end = job.finished.or(job.gone).unwrap_or(timeline.end).max(last_of(job)) - created;
            all.push(Told { name, which: which.clone(), job, created, end: end.max(1.0), timeline });
        }
    }
    all
}

/// When the last of a Job's Pods was done, if that is known.
pub fn last_of(job: &JobTimeline) -> f64 {
    job.pods.iter().filter_map(|p| p.finished).fold(0.0, f64::max)
}

fn which(timeline: &Timeline) -> String {
    match timeline.chosen_as.first().map(String::as_str) {
        Some("median") => format!("replication {}, the one of median length", timeline.replication),
        _ => format!("replication {}", timeline.replication),
    }
}

impl Told<'_> {
    /// A title with the Job's name.
    pub fn title(&self, what: &str) -> String {
        let of = if self.name.is_empty() { self.job.name.clone() } else { self.name.clone() };
        format!("{what}: {of}")
    }
}

impl Told<'_> {
    /// Lines at restarts of the controllers and at the end of the Job.
    pub fn marks(&self) -> Vec<Mark> {
        let died = self.timeline.controllers.iter().filter(|(_, up)| !up).take(RESTARTS);
        let mut marks: Vec<Mark> =
            died.map(|(at, _)| Mark::vertical(at - self.created, "controllers restart")).collect();
        if let Some(at) = self.job.finished {
            marks.push(Mark::vertical(at - self.created, self.job.end.as_str()));
        }
        marks
    }
}

/// A staircase of at most [`MOST_STEPS`] steps: where there are more, time is cut into equal pieces and of each the
/// highest value of every column is kept.
pub fn binned<const N: usize>(steps: Vec<(f64, [f64; N])>, end: f64) -> Vec<(f64, [f64; N])> {
    if steps.len() <= MOST_STEPS {
        return steps;
    }
    let width = end / MOST_STEPS as f64;
    let mut bins: Vec<(f64, [f64; N])> = Vec::with_capacity(MOST_STEPS);
    let mut held = [0.0; N];
    for (at, values) in steps {
        let start = (at / width).floor() * width;
        match bins.last_mut().filter(|bin| bin.0 >= start) {
            Some(bin) => (0..N).for_each(|n| bin.1[n] = bin.1[n].max(values[n])),
            // What held before holds at the beginning of the piece too.
            None => bins.push((start, std::array::from_fn(|n| values[n].max(held[n])))),
        }
        held = values;
    }
    bins.push((end, held));
    bins
}

/// A change of a column: when, which, by how much.
pub type Change = (f64, usize, f64);

/// What every column comes to from each instant on, all being 0 at first.
pub fn accumulated<const N: usize>(mut changes: Vec<Change>) -> Vec<(f64, [f64; N])> {
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut now = [0.0; N];
    let mut steps: Vec<(f64, [f64; N])> = Vec::new();
    for (at, column, by) in changes {
        now[column] += by;
        match steps.last_mut().filter(|step| step.0 == at) {
            Some(step) => step.1 = now,
            None => steps.push((at, now)),
        }
    }
    steps
}

/// A column as the surface on top of those before it; `None` if it is nowhere above zero.
pub fn stacked<const N: usize>(steps: &[(f64, [f64; N])], column: usize) -> Option<Vec<[f64; 3]>> {
    let area: Vec<[f64; 3]> =
        steps.iter().map(|(at, v)| [*at, v[..column].iter().sum(), v[..=column].iter().sum()]).collect();
    area.iter().any(|a| a[2] > a[1]).then_some(area)
}

/// The highest sum of the first columns.
pub fn highest<const N: usize>(steps: &[(f64, [f64; N])], columns: usize) -> f64 {
    steps.iter().map(|(_, v)| v[..columns].iter().sum()).fold(0.0, f64::max)
}

/// Places of points of which no two would be drawn on the same pixel.
pub fn thinned(mut at: Vec<f64>, end: f64) -> Vec<f64> {
    let pixel = end / 700.0;
    at.sort_by(f64::total_cmp);
    at.dedup_by(|a, b| *a - *b < pixel);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_staircases_keep_their_peaks() {
        let steps: Vec<_> = (0..10_000).map(|n| (f64::from(n), [if n == 5_003 { 9.0 } else { 1.0 }])).collect();
        let binned = binned(steps, 10_000.0);
        assert!(binned.len() <= MOST_STEPS + 1);
        assert_eq!(binned.iter().filter(|b| b.1[0] == 9.0).count(), 1);
        assert!(binned.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn changes_add_up_and_columns_stand_on_one_another() {
        let steps = accumulated::<2>(vec![(5.0, 1, 2.0), (0.0, 0, 1.0), (5.0, 0, -1.0), (5.0, 0, 3.0)]);
        assert_eq!(steps, [(0.0, [1.0, 0.0]), (5.0, [3.0, 2.0])]);
        assert_eq!(stacked(&steps, 1), Some(vec![[0.0, 1.0, 1.0], [5.0, 3.0, 5.0]]));
        assert_eq!((stacked(&steps[..1], 1), highest(&steps, 2), highest(&steps, 1)), (None, 5.0, 3.0));
    }

    #[test]
    fn points_on_one_pixel_are_one() {
        assert_eq!(thinned(vec![5.0, 1.0, 1.1, 700.0], 700.0), [1.0, 5.0, 700.0]);
    }
}
