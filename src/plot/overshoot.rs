//! Pods over time: how many were asked for, how many there were and how many really ran; what ran above `parallelism` is
//! shaded by its cause. The causes are those of [`crate::record::OvershootCause`], put down in the same order.

use super::Shown;
use super::axis::{Axis, Unit};
use super::chart::{Chart, Look, Panel, Series, Shape};
use super::number::{percent, span};
use super::steps::{Told, binned, told};
use super::theme::{Dash, Ink};
use crate::experiment::JobTimeline;
use crate::record::{DeletionCause, OvershootCause};

/// Columns: asked for, active, active and terminating, running, then where the excess of each cause ends.
const COLUMNS: usize = 10;
const FIRST_CAUSE: usize = 4;

/// A chart for each Job that had Pods.
pub fn charts(points: &[Shown]) -> Vec<Chart> {
    told(points, |job| job.levels.iter().map(|l| f64::from(l.running) + 1e-3).fold(0.0, f64::max))
        .iter()
        .map(chart)
        .collect()
}

/// Running Pods that are being deleted, by cause, as changes: when, which cause, more or less.
fn stopping(job: &JobTimeline) -> Vec<(f64, usize, i32)> {
    let mut changes = Vec::new();
    for pod in &job.pods {
        let Some(deletion) = pod.deletion else { continue };
        let Some(cause) = DeletionCause::ALL.iter().find(|c| c.as_str() == pod.deletion_cause) else { continue };
        let cause = OvershootCause::of(*cause) as usize;
        for run in &pod.runs {
            let from = run.from.max(deletion);
            if run.to.is_none_or(|to| to > from) {
                changes.push((from, cause, 1));
                changes.extend(run.to.map(|to| (to, cause, -1)));
            }
        }
    }
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    changes
}

/// What each column is from each instant on.
fn columns(told: &Told) -> Vec<(f64, [f64; COLUMNS])> {
    let job = told.job;
    let changes = stopping(job);
    let mut instants: Vec<f64> = job.levels.iter().map(|l| l.at).chain(changes.iter().map(|c| c.0)).collect();
    instants.sort_by(f64::total_cmp);
    instants.dedup();
    let (mut levels, mut changes) = (job.levels.iter().peekable(), changes.into_iter().peekable());
    let (mut level, mut stopping) = (crate::experiment::PodLevels::default(), [0_i32; 6]);
    let mut steps = Vec::with_capacity(instants.len());
    let mut latest = OvershootCause::StaleCache;
    for at in instants {
        while let Some(next) = levels.next_if(|l| l.at <= at) {
            if next.parallelism < level.parallelism {
                latest = OvershootCause::ScaleDown;
            }
            level = *next;
        }
        while let Some((_, cause, by)) = changes.next_if(|c| c.0 <= at) {
            stopping[cause] += by;
        }
        if told.timeline.controllers.iter().any(|(died, up)| !up && *died <= at) && latest == OvershootCause::StaleCache
        {
            latest = OvershootCause::ControllerRestart;
        }
        let asked = f64::from(level.parallelism.max(0));
        let (active, terminating, running) =
            (f64::from(level.active), f64::from(level.terminating), f64::from(level.running));
        let mut values = [0.0; COLUMNS];
        values[..FIRST_CAUSE].copy_from_slice(&[asked, active, active + terminating, running]);
        let mut left = (running - asked).max(0.0);
        let mut height = asked;
        for (cause, &stopping) in stopping.iter().enumerate() {
            let by = left.min(f64::from(stopping.max(0)));
            left -= by;
            height += by;
            values[FIRST_CAUSE + cause] = height;
        }
        // What nobody stops is put down to what happened last, on top.
        if left > 0.0 {
            (latest as usize..6).for_each(|cause| values[FIRST_CAUSE + cause] += left);
        }
        steps.push((at - told.created, values));
    }
    steps
}

fn chart(told: &Told) -> Chart {
    let whole = columns(told);
    let last = whole.last().map_or([0.0; COLUMNS], |s| s.1);
    let mut steps = binned(whole.clone(), told.end);
    steps.push((told.end, last));
    let line = |column: usize| steps.iter().map(|(at, v)| [*at, v[column]]).collect::<Vec<_>>();
    let mut series = Vec::new();
    for (n, cause) in OvershootCause::ALL.iter().enumerate() {
        let lower = |v: &[f64; COLUMNS]| if n == 0 { v[0] } else { v[FIRST_CAUSE + n - 1] };
        if steps.iter().all(|(_, v)| v[FIRST_CAUSE + n] <= lower(v)) {
            continue;
        }
        let area = steps.iter().map(|(at, v)| [*at, lower(v), v[FIRST_CAUSE + n].max(lower(v))]).collect();
        let look = Look::series([3, 1, 5, 4, 6, 7][n]);
        let look = if n % 2 == 0 { look.hatched() } else { look };
        series.push(Series { name: format!("above: {}", cause.as_str()), look, shape: Shape::Area(area) });
    }
    let styled = |name: &str, column: usize, ink: Ink, width: f64, dash: Dash| Series {
        name: name.to_owned(),
        look: Look { ink, width, dash, ..Look::series(0) },
        shape: Shape::Steps(line(column)),
    };
    series.push(styled("active + terminating", 2, Ink::Series(5), 1.4, Dash::Short));
    series.push(styled("active", 1, Ink::Series(2), 1.4, Dash::Long));
    series.push(styled("really running", 3, Ink::Series(0), 1.6, Dash::Solid));
    series.push(styled("asked for (parallelism)", 0, Ink::Text, 1.4, Dash::Dots));
    let most = steps.iter().flat_map(|(_, v)| v[..FIRST_CAUSE].to_vec()).fold(1.0, f64::max);
    let x = Axis::up_to("time since the Job's creation", Unit::Seconds, told.end / 1.03);
    let panel =
        Panel { x, y: Axis::counts("Pods", most), height: 300.0, series, marks: told.marks(), ..Panel::default() };
    Chart {
        kind: "overshoot",
        name: told.name.clone(),
        title: told.title("Pods over time"),
        caption: caption(told, &whole),
        panels: vec![panel],
    }
}

fn caption(told: &Told, steps: &[(f64, [f64; COLUMNS])]) -> String {
    let mut above = 0.0;
    let mut most: f64 = 0.0;
    let mut by_cause = [0.0; 6];
    for (n, (at, values)) in steps.iter().enumerate() {
        let lasted = steps.get(n + 1).map_or(told.end, |next| next.0) - at;
        let excess = (values[3] - values[0]).max(0.0);
        if excess > 0.0 && lasted > 0.0 {
            above += lasted;
            most = most.max(excess);
            let mut lower = values[0];
            for (cause, sum) in by_cause.iter_mut().enumerate() {
                *sum += (values[FIRST_CAUSE + cause] - lower).max(0.0) * lasted;
                lower = lower.max(values[FIRST_CAUSE + cause]);
            }
        }
    }
    let peak = steps.iter().map(|s| s.1[3]).fold(0.0, f64::max);
    if above == 0.0 {
        return format!("At most {peak} Pods ran at a time, never more than parallelism asks for. ({}.)", told.which);
    }
    let total: f64 = by_cause.iter().sum();
    let causes = OvershootCause::ALL.iter().zip(by_cause).filter(|(_, by)| *by > 0.0);
    let causes: Vec<String> = causes.map(|(c, by)| format!("{} ({})", c.as_str(), percent(by / total))).collect();
    format!(
        "At most {peak} Pods ran at a time; up to {most} above parallelism, {} of {} ({}). Cause: {}. ({}.)",
        span(above),
        span(told.end),
        percent(above / told.end),
        causes.join(", "),
        told.which
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_excess_is_put_down_to_what_stops() {
        let result = samples::replaced_while_terminating();
        let chart = &charts(&super::super::shown(&result))[0];
        let names: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names[0], "above: old Pod still terminating beside its replacement");
        assert_eq!(names.len(), 5);
        let Shape::Area(area) = &chart.panels[0].series[0].shape else { panic!("an area") };
        let above: Vec<&[f64; 3]> = area.iter().filter(|a| a[2] > a[1]).collect();
        assert_eq!(above, [&[25.0, 1.0, 2.0]], "from the start of the replacement on");
        assert!(
            chart.caption.starts_with("At most 2 Pods ran at a time; up to 1 above parallelism, 15s of"),
            "{}",
            chart.caption
        );
    }
}
