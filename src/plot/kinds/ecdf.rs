//! The share of replications that have finished, by time (the empirical distribution function): by reason of the end,
//! or by point if there are several. A replication that does not end is never counted as finished, so a curve may stay
//! below 100 %.

use crate::experiment::{JobEnd, Replication};
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, ReferenceLine, Series, Style};
use crate::plot::number::{count, percent, span};
use crate::plot::theme::Color;

/// The greatest number of curves in a picture.
const POINTS: usize = 7;
/// The greatest number of steps in a curve.
const STEPS: usize = 400;

/// One chart of all points with more than one replication.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    // A run with CronJobs ends at the time limit, which is not a time to finish.
    let has_end =
        |p: &&NamedPoint| p.point.records.len() > 1 && p.point.timelines.iter().all(|t| t.cron_jobs.is_empty());
    let shown: Vec<&NamedPoint> = points.iter().filter(has_end).take(POINTS).collect();
    let durations: Vec<f64> = shown.iter().flat_map(|p| &p.point.records).filter_map(duration).collect();
    if durations.is_empty() {
        return Vec::new();
    }
    let low = durations.iter().copied().fold(f64::INFINITY, f64::min);
    let high = durations.iter().copied().fold(0.0, f64::max);
    // If some replications fail, an early end may be a failure: with several points, only complete replications count.
    let is_failed = |r: &Replication| duration(r).is_some() && r.all.end != JobEnd::Complete;
    let of_complete = shown.len() > 1 && shown.iter().flat_map(|p| &p.point.records).any(is_failed);
    let when: fn(&Replication) -> Option<f64> = if of_complete { completed } else { duration };
    let (series, reference_lines, caption) = match &shown[..] {
        [only] => {
            (by_reason(&only.point.records), quantile_marks(&only.point.records), caption_of_one(&only.point.records))
        }
        many => (by_point(many, when), Vec::new(), caption_of_many(many, points.len(), when)),
    };
    let mut x = Axis::spread("time to finish", AxisUnit::Seconds, low, high);
    let spread = high - low;
    if x.from == 0.0 && spread > high / 100.0 && spread < high / 3.0 {
        // The times are close together, so the axis shows only their range.
        (x.from, x.to) = (low - spread * 0.1, high + spread * 0.05);
    }
    let y = Axis {
        label: if of_complete { "share that is Complete" } else { "share of replications" }.to_owned(),
        unit: AxisUnit::Share,
        from: 0.0,
        to: 1.0,
        ..Axis::default()
    };
    let panel = Panel { x, y, height: 300.0, series, reference_lines, ..Panel::default() };
    let title = if of_complete { "Time to Complete" } else { "Time to finish" }.to_owned();
    vec![Chart { kind: "ecdf", title, caption, panels: vec![panel], ..Chart::default() }]
}

fn duration(record: &Replication) -> Option<f64> {
    record.all.duration.map(|d| d.as_secs_f64())
}

/// When a replication was Complete.
fn completed(record: &Replication) -> Option<f64> {
    duration(record).filter(|_| record.all.end == JobEnd::Complete)
}

/// `Complete`, or `Failed: BackoffLimitExceeded`.
fn reason(record: &Replication) -> String {
    match (record.all.end, record.all.reason) {
        (JobEnd::Failed, Some(reason)) => format!("Failed: {}", reason.as_str()),
        (end, _) => end.as_str().to_owned(),
    }
}

/// The empirical distribution function of these times, as shares of `of` replications.
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

/// A curve for each reason, and one for all if there are several. All curves extend to the end of the last replication.
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
    let curve = |name: String, style: Style, times: Vec<f64>| {
        let mut steps = staircase(times, records.len());
        if let Some(&[at, share]) = steps.last()
            && at < last
        {
            steps.push([last, share]);
        }
        Series { name, style, geometry: Geometry::Steps(steps) }
    };
    let mut series = Vec::new();
    if reasons.len() > 1 {
        let style = Style { color: Color::Muted, width: 1.2, ..Style::series(0) };
        series.push(curve("any end".to_owned(), style, records.iter().filter_map(duration).collect()));
    }
    for (n, name) in reasons.into_iter().enumerate() {
        let times = records.iter().filter(|r| reason(r) == name).filter_map(duration).collect();
        series.push(curve(name, Style { width: 2.2, ..Style::nth(n).unmarked() }, times));
    }
    series
}

fn by_point(points: &[&NamedPoint], when: fn(&Replication) -> Option<f64>) -> Vec<Series> {
    let last = points.iter().flat_map(|p| &p.point.records).filter_map(when).fold(0.0, f64::max);
    let curve = |(n, shown): (usize, &&NamedPoint)| {
        let records = &shown.point.records;
        let mut steps = staircase(records.iter().filter_map(when).collect(), records.len());
        if let Some(&[_, share]) = steps.last() {
            steps.push([last, share]);
        }
        Series {
            name: shown.name.clone(),
            style: Style { width: 2.0, ..Style::nth(n).unmarked() },
            geometry: Geometry::Steps(steps),
        }
    };
    points.iter().enumerate().map(curve).collect()
}

/// The time by which a share of replications has finished; infinite if that share is never reached.
fn quantile(records: &[Replication], p: f64, when: fn(&Replication) -> Option<f64>) -> f64 {
    let mut times: Vec<f64> = records.iter().filter_map(when).collect();
    times.sort_by(f64::total_cmp);
    let rank = (p * records.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    times.get(rank - 1).copied().unwrap_or(f64::INFINITY)
}

fn quantile_marks(records: &[Replication]) -> Vec<ReferenceLine> {
    let mark = |(p, name): (f64, &str)| {
        let at = quantile(records, p, duration);
        at.is_finite().then(|| ReferenceLine::vertical(at, format!("{name} {}", span(at))))
    };
    [(0.5, "P50"), (0.9, "P90"), (0.99, "P99")].into_iter().filter_map(mark).collect()
}

fn quantiles(records: &[Replication], when: fn(&Replication) -> Option<f64>) -> String {
    let text = |(p, name)| match quantile(records, p, when) {
        at if at.is_finite() => format!("{name} {}", span(at)),
        _ => format!("{name} not reached"),
    };
    [(0.5, "P50"), (0.9, "P90"), (0.99, "P99")].map(text).join(", ")
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
        quantiles(records, duration)
    )
}

fn caption_of_many(points: &[&NamedPoint], all: usize, when: fn(&Replication) -> Option<f64>) -> String {
    let one = |shown: &&NamedPoint| {
        format!("{}: {} ({}).", shown.name, quantiles(&shown.point.records, when), shares(&shown.point.records))
    };
    let mut text = points.iter().map(one).collect::<Vec<_>>().join(" ");
    if all > points.len() {
        text += &format!(" {} more points are not shown.", all - points.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::JobReason;
    use crate::plot::fixtures;
    use crate::time::SimDuration;

    #[test]
    fn curves_are_shares_of_all_replications() {
        let mut result = fixtures::failing_in_waves();
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
        let chart = &charts(&crate::plot::named_points(&result))[0];
        let curve = |n: usize| match &chart.panels[0].series[n].geometry {
            Geometry::Steps(steps) => (chart.panels[0].series[n].name.as_str(), steps.clone()),
            _ => panic!("steps"),
        };
        assert_eq!(curve(0), ("any end", vec![[100.0, 0.0], [100.0, 0.25], [200.0, 0.5], [300.0, 0.75]]));
        assert_eq!(curve(1), ("Complete", vec![[100.0, 0.0], [100.0, 0.25], [200.0, 0.5], [300.0, 0.5]]));
        assert_eq!(curve(2).1, [[300.0, 0.0], [300.0, 0.25]]);
        let reference_lines: Vec<&str> = chart.panels[0].reference_lines.iter().map(|m| m.text.as_str()).collect();
        assert_eq!(reference_lines, ["P50 3m20s"], "nine in ten do not end");
        let caption = "4 replications: Complete 50\u{a0}%, Failed: DeadlineExceeded 25\u{a0}%, Unfinished 25\u{a0}%. Time to finish, over \
                       all of them: P50 3m20s, P90 not reached, P99 not reached.";
        assert_eq!(chart.caption, caption);
    }

    #[test]
    fn of_several_points_an_early_failure_is_no_early_end() {
        let mut results = fixtures::priced();
        let points = &mut results[0].1.points;
        for record in points.iter_mut().flat_map(|point| &mut point.records) {
            record.all.end = JobEnd::Complete;
        }
        points[0].records[0].all.end = JobEnd::Failed;
        let chart = &charts(&crate::plot::named_points(&results))[0];
        assert_eq!(chart.title, "Time to Complete");
        let last = |n: usize| match &chart.panels[0].series[n].geometry {
            Geometry::Steps(steps) => steps.last().copied(),
            _ => panic!("steps"),
        };
        assert_eq!((last(0), last(1)), (Some([3_700.0, 0.5]), Some([3_700.0, 1.0])));
        assert!(chart.caption.contains("P90 not reached"), "{}", chart.caption);
    }

    #[test]
    fn a_curve_of_many_replications_is_short() {
        let steps = staircase((0..100_000).map(f64::from).collect(), 100_000);
        assert!(steps.len() <= STEPS + 2);
        assert_eq!(steps.last(), Some(&[99_999.0, 1.0]));
    }
}
