//! The share of replications that have finished, by time: split by how and why they ended, or point by point if there are
//! several. Replications that never end never add to it, so the curve may stay below 100 %.

use super::Shown;
use super::axis::{Axis, Unit};
use super::chart::{Chart, Look, Mark, Panel, Series, Shape, Words};
use super::number::{count, percent, span};
use crate::experiment::{JobEnd, Replication};

/// Points that are told apart in one picture.
const POINTS: usize = 7;
/// Steps of a curve at the most.
const STEPS: usize = 400;

/// One chart of all points, if there are replications enough to speak of shares.
pub fn charts(points: &[Shown]) -> Vec<Chart> {
    let shown: Vec<&Shown> = points.iter().filter(|p| p.point.records.len() > 1).take(POINTS).collect();
    let durations: Vec<f64> = shown.iter().flat_map(|p| &p.point.records).filter_map(duration).collect();
    if durations.is_empty() {
        return Vec::new();
    }
    let low = durations.iter().copied().fold(f64::INFINITY, f64::min);
    let high = durations.iter().copied().fold(0.0, f64::max);
    let (series, marks, caption) = match &shown[..] {
        [only] => {
            (by_reason(&only.point.records), quantile_marks(&only.point.records), caption_of_one(&only.point.records))
        }
        many => (by_point(many), Vec::new(), caption_of_many(many, points.len())),
    };
    let mut x = Axis::spread("time to finish", Unit::Seconds, low, high);
    let spread = high - low;
    if x.from == 0.0 && spread > high / 100.0 && spread < high / 3.0 {
        // Close together: only where they are.
        (x.from, x.to) = (low - spread * 0.1, high + spread * 0.05);
    }
    let y =
        Axis { label: "share of replications".to_owned(), unit: Unit::Share, from: 0.0, to: 1.0, ..Axis::default() };
    let panel = Panel { x, y, height: 300.0, series, marks, ..Panel::default() };
    vec![Chart { kind: "ecdf", title: "Time to finish".to_owned(), caption, panels: vec![panel], ..Chart::default() }]
}

fn duration(record: &Replication) -> Option<f64> {
    record.all.duration.map(|d| d.as_secs_f64())
}

/// `Complete`, or `Failed: BackoffLimitExceeded`.
fn reason(record: &Replication) -> String {
    match (record.all.end, record.all.reason) {
        (JobEnd::Failed, Some(reason)) => format!("Failed: {}", reason.as_str()),
        (end, _) => end.as_str().to_owned(),
    }
}

/// The staircase of these times as shares of `of` replications.
fn staircase(mut times: Vec<f64>, of: usize) -> Vec<[f64; 2]> {
    times.sort_by(f64::total_cmp);
    let every = times.len().div_ceil(STEPS).max(1);
    let mut steps = vec![];
    if let Some(&first) = times.first() {
        steps.push([first, 0.0]);
    }
    for (n, &t) in times.iter().enumerate() {
        if (n + 1) % every == 0 || n + 1 == times.len() {
            steps.push([t, (n + 1) as f64 / of as f64]);
        }
    }
    steps
}

/// A curve for each reason, and one for all together if there are several; they end where the last replication does.
fn by_reason(records: &[Replication]) -> Vec<Series> {
    let mut reasons: Vec<String> = Vec::new();
    for record in records.iter().filter(|r| r.all.duration.is_some()) {
        let reason = reason(record);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.sort();
    let last = records.iter().filter_map(duration).fold(0.0, f64::max);
    let curve = |name: String, look: Look, times: Vec<f64>| {
        let mut steps = staircase(times, records.len());
        if let Some(&[at, share]) = steps.last()
            && at < last
        {
            steps.push([last, share]);
        }
        Series { name, look, shape: Shape::Steps(steps) }
    };
    let mut series = Vec::new();
    if reasons.len() > 1 {
        let look = Look { ink: super::theme::Ink::Muted, width: 1.2, ..Look::series(0) };
        series.push(curve("any end".to_owned(), look, records.iter().filter_map(duration).collect()));
    }
    for (n, name) in reasons.into_iter().enumerate() {
        let times = records.iter().filter(|r| reason(r) == name).filter_map(duration).collect();
        series.push(curve(name, Look { width: 2.2, ..Look::nth(n).unmarked() }, times));
    }
    series
}

fn by_point(points: &[&Shown]) -> Vec<Series> {
    let last = points.iter().flat_map(|p| &p.point.records).filter_map(duration).fold(0.0, f64::max);
    let curve = |(n, shown): (usize, &&Shown)| {
        let records = &shown.point.records;
        let mut steps = staircase(records.iter().filter_map(duration).collect(), records.len());
        if let Some(&[_, share]) = steps.last() {
            steps.push([last, share]);
        }
        Series {
            name: shown.name.clone(),
            look: Look { width: 2.0, ..Look::nth(n).unmarked() },
            shape: Shape::Steps(steps),
        }
    };
    points.iter().enumerate().map(curve).collect()
}

/// The time by which a share of replications has finished; infinite if it is not reached.
fn quantile(records: &[Replication], p: f64) -> f64 {
    let mut times: Vec<f64> = records.iter().filter_map(duration).collect();
    times.sort_by(f64::total_cmp);
    let rank = (p * records.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    times.get(rank - 1).copied().unwrap_or(f64::INFINITY)
}

fn quantile_marks(records: &[Replication]) -> Vec<Mark> {
    let mark = |(p, name): (f64, &str)| {
        let at = quantile(records, p);
        at.is_finite().then(|| Mark { words: Words::Above, ..Mark::vertical(at, format!("{name} {}", span(at))) })
    };
    [(0.5, "P50"), (0.9, "P90"), (0.99, "P99")].into_iter().filter_map(mark).collect()
}

fn quantiles(records: &[Replication]) -> String {
    let texts =
        [(0.5, "P50"), (0.9, "P90"), (0.99, "P99")].map(|(p, name)| format!("{name} {}", span(quantile(records, p))));
    texts.join(", ")
}

fn shares(records: &[Replication]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for record in records {
        let reason = reason(record);
        match counts.iter_mut().find(|(name, _)| *name == reason) {
            Some((_, n)) => *n += 1,
            None => counts.push((reason, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let texts: Vec<String> =
        counts.iter().map(|(name, n)| format!("{name} {}", percent(*n as f64 / records.len() as f64))).collect();
    texts.join(", ")
}

fn caption_of_one(records: &[Replication]) -> String {
    format!(
        "{}: {}. Time to finish, over all of them: {}.",
        count(records.len(), "replication"),
        shares(records),
        quantiles(records)
    )
}

fn caption_of_many(points: &[&Shown], all: usize) -> String {
    let one = |shown: &&Shown| {
        format!("{}: {} ({}).", shown.name, quantiles(&shown.point.records), shares(&shown.point.records))
    };
    let mut text = points.iter().map(one).collect::<Vec<_>>().join(" ");
    if all > points.len() {
        text += &format!(" {} more points are not shown.", all - points.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::api::JobReason;
    use crate::time::SimDuration;

    #[test]
    fn curves_are_shares_of_all_replications() {
        let mut result = samples::failing_in_waves();
        let records = &mut result[0].1.points[0].records;
        let record = records[0].clone();
        let ended = |end, reason, secs: Option<i64>| {
            let mut r = record.clone();
            (r.all.end, r.all.reason, r.all.duration) = (end, reason, secs.map(SimDuration::from_secs));
            r
        };
        *records = vec![
            ended(JobEnd::Complete, Some(JobReason::CompletionsReached), Some(100)),
            ended(JobEnd::Complete, Some(JobReason::CompletionsReached), Some(200)),
            ended(JobEnd::Failed, Some(JobReason::DeadlineExceeded), Some(300)),
            ended(JobEnd::Unfinished, None, None),
        ];
        let chart = &charts(&super::super::shown(&result))[0];
        let curve = |n: usize| match &chart.panels[0].series[n].shape {
            Shape::Steps(steps) => (chart.panels[0].series[n].name.as_str(), steps.clone()),
            _ => panic!("steps"),
        };
        assert_eq!(curve(0), ("any end", vec![[100.0, 0.0], [100.0, 0.25], [200.0, 0.5], [300.0, 0.75]]));
        assert_eq!(curve(1), ("Complete", vec![[100.0, 0.0], [100.0, 0.25], [200.0, 0.5], [300.0, 0.5]]));
        assert_eq!(curve(2).1, [[300.0, 0.0], [300.0, 0.25]]);
        let marks: Vec<&str> = chart.panels[0].marks.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(marks, ["P50 3m20s"], "nine in ten do not end");
        let caption = "4 replications: Complete 50\u{a0}%, Failed: DeadlineExceeded 25\u{a0}%, Unfinished 25\u{a0}%. Time to finish, over \
                       all of them: P50 3m20s, P90 never, P99 never.";
        assert_eq!(chart.caption, caption);
    }

    #[test]
    fn a_curve_of_many_replications_is_short() {
        let steps = staircase((0..100_000).map(f64::from).collect(), 100_000);
        assert!(steps.len() <= STEPS + 2);
        assert_eq!(steps.last(), Some(&[99_999.0, 1.0]));
    }
}
