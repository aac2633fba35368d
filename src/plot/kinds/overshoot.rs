//! Pods over time: how many were asked for, were active and actually ran. The excess above `parallelism` is shaded by
//! cause: the causes are those of [`crate::record::OvershootCause`], attributed in the same order. With several
//! replications, panels show how often, how long and by how much `parallelism` was exceeded.

use super::overshoot_spread;
use crate::experiment::{JobTimeline, PodLevels};
use crate::plot::NamedPoint;
use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Chart, Geometry, Panel, Series, Style};
use crate::plot::number::{about, count, percent, span};
use crate::plot::staircase::{Pieces, Steps};
use crate::plot::theme::{Color, Dash};
use crate::plot::timelines::{JobView, job_views};
use crate::record::{DeletionCause, OvershootCause};

/// The columns: asked for, active, active and terminating, running, then the upper edges of the excess by cause.
const COLUMNS: usize = FIRST_CAUSE + OvershootCause::ALL.len();
const ASKED: usize = 0;
const ACTIVE: usize = 1;
const PRESENT: usize = 2;
const RUNNING: usize = 3;
const FIRST_CAUSE: usize = 4;
/// The distance in pixels between lines that would coincide.
const APART: f64 = 1.6;

/// A chart for each Job that had Pods.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let interest = |job: &JobTimeline| job.levels.iter().map(|l| f64::from(l.running) + 1e-3).fold(0.0, f64::max);
    let mut charts: Vec<Chart> = job_views(points, interest).iter().map(chart).collect();
    // Panels about all replications follow the course of the one that is shown.
    match (&mut charts[..], points) {
        ([only], [_]) => {
            let (panels, sentence) = overshoot_spread::panels(points);
            if !panels.is_empty() {
                only.panels.extend(panels);
                only.caption += &format!(" In all: {sentence}");
            }
        }
        ([], _) => {}
        _ => charts.extend(overshoot_spread::chart(points)),
    }
    charts
}

/// Changes of the number of running Pods that are being deleted: when, which cause, and by how much.
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

/// The values of all columns from each instant on.
fn columns(view: &JobView) -> Steps<COLUMNS> {
    let job = view.job;
    let changes = stopping(job);
    let mut instants: Vec<f64> = job.levels.iter().map(|l| l.at).chain(changes.iter().map(|c| c.0)).collect();
    instants.sort_by(f64::total_cmp);
    instants.dedup();
    let (mut levels, mut changes) = (job.levels.iter().peekable(), changes.into_iter().peekable());
    let (mut level, mut stopping) = (PodLevels::default(), [0_i32; OvershootCause::ALL.len()]);
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
        if view.timeline.controllers.iter().any(|(died, up)| !up && *died <= at) && latest == OvershootCause::StaleCache
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
        // Excess Pods that are not being deleted are attributed to the latest event, and drawn on top.
        if left > 0.0 {
            (latest as usize..OvershootCause::ALL.len()).for_each(|cause| values[FIRST_CAUSE + cause] += left);
        }
        steps.push((at - view.created, values));
    }
    steps
}

fn chart(view: &JobView) -> Chart {
    let exact = columns(view);
    let pieces = Pieces::new(&exact, view.end);
    let steps = match &pieces {
        Some(pieces) => pieces.means.clone(),
        None => {
            let mut steps = exact.clone();
            steps.extend(exact.last().map(|last| (view.end, last.1)));
            steps
        }
    };
    let mut series = excess(&steps, pieces.is_none());
    series.extend(pieces.as_ref().map(running_range));
    series.extend(lines(&steps));
    let most = exact.iter().flat_map(|(_, v)| v[..FIRST_CAUSE].to_vec()).fold(1.0, f64::max);
    let mut panel = Panel {
        x: Axis::up_to("time since the Job's creation", AxisUnit::Seconds, view.end / 1.03),
        y: Axis::counts("Pods", most),
        height: 300.0,
        series,
        ..Panel::default()
    };
    let note = match &pieces {
        Some(pieces) => format!(" Lines are averages over {}, as there are too many changes.", about(pieces.length)),
        None => " Lines that are equal are drawn side by side.".to_owned(),
    };
    view.mark(&mut panel);
    Chart {
        kind: "overshoot",
        name: view.name.clone(),
        title: view.title("Pods over time"),
        caption: format!("{}{note} ({}.)", caption(view, &exact), view.which),
        panels: vec![panel],
    }
}

/// The excess above `parallelism`, an area for each cause.
fn excess(steps: &Steps<COLUMNS>, is_exact: bool) -> Vec<Series> {
    let mut series = Vec::new();
    for (n, cause) in OvershootCause::ALL.iter().enumerate() {
        let lower = |v: &[f64; COLUMNS]| if n == 0 { v[ASKED] } else { v[FIRST_CAUSE + n - 1] };
        if steps.iter().all(|(_, v)| v[FIRST_CAUSE + n] <= lower(v)) {
            continue;
        }
        let area = steps.iter().map(|(at, v)| [*at, lower(v), v[FIRST_CAUSE + n].max(lower(v))]).collect();
        // Hatching is illegible in hundreds of narrow pieces.
        let hatched = is_exact && n % 2 == 0;
        let style = Style { hatched, ..Style::series([3, 1, 5, 4, 6, 7][n]) };
        series.push(Series { name: format!("above: {}", cause.as_str()), style, geometry: Geometry::Area(area) });
    }
    series
}

/// The range of the number of running Pods in each piece of time.
fn running_range(pieces: &Pieces<COLUMNS>) -> Series {
    let both = pieces.lowest.iter().zip(&pieces.highest);
    let area = both.map(|((at, low), (_, high))| [*at, low[RUNNING], high[RUNNING]]).collect();
    let name = format!("really running: lowest to highest within {}", about(pieces.length));
    Series { name, style: Style { opacity: 0.3, ..Style::series(4) }, geometry: Geometry::Area(area) }
}

/// The lines, the uppermost first where they coincide.
fn lines(steps: &Steps<COLUMNS>) -> [Series; 4] {
    let lines = [
        ("asked for (parallelism)", ASKED, Color::Text, Dash::Dots),
        ("active + terminating", PRESENT, Color::Series(5), Dash::Short),
        ("active", ACTIVE, Color::Series(2), Dash::Long),
        ("really running", RUNNING, Color::Series(0), Dash::Solid),
    ];
    let mut shift = APART * lines.len() as f64 / 2.0 + APART / 2.0;
    lines.map(|(name, column, color, dash)| {
        shift -= APART;
        Series {
            name: name.to_owned(),
            style: Style { color, dash, shift, width: 1.4, ..Style::series(0) },
            geometry: Geometry::Steps(steps.iter().map(|(at, v)| [*at, v[column]]).collect()),
        }
    })
}

/// Sentences about how many Pods ran, and about the excess.
fn caption(view: &JobView, steps: &Steps<COLUMNS>) -> String {
    let mut above = 0.0;
    let mut most: f64 = 0.0;
    let mut by_cause = [0.0; OvershootCause::ALL.len()];
    for (n, (at, values)) in steps.iter().enumerate() {
        let lasted = steps.get(n + 1).map_or(view.end, |next| next.0) - at;
        let excess = (values[RUNNING] - values[ASKED]).max(0.0);
        if excess > 0.0 && lasted > 0.0 {
            above += lasted;
            most = most.max(excess);
            let mut lower = values[ASKED];
            for (cause, sum) in by_cause.iter_mut().enumerate() {
                *sum += (values[FIRST_CAUSE + cause] - lower).max(0.0) * lasted;
                lower = lower.max(values[FIRST_CAUSE + cause]);
            }
        }
    }
    let peak = count(steps.iter().map(|s| s.1[RUNNING]).fold(0.0, f64::max) as usize, "Pod");
    if above == 0.0 {
        return format!("At most {peak} ran at a time, never more than parallelism asks for.");
    }
    let total: f64 = by_cause.iter().sum();
    let causes = OvershootCause::ALL.iter().zip(by_cause).filter(|(_, by)| *by > 0.0);
    let causes: Vec<String> = causes.map(|(c, by)| format!("{} ({})", c.as_str(), percent(by / total))).collect();
    format!(
        "At most {peak} ran at a time; up to {most} above parallelism, {} of {} ({}). Cause: {}.",
        span(above),
        span(view.end),
        percent(above / view.end),
        causes.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::fixtures;

    #[test]
    fn the_excess_is_put_down_to_what_stops() {
        let result = fixtures::replaced_while_terminating();
        let chart = &charts(&crate::plot::named_points(&result))[0];
        let names: Vec<&str> = chart.panels[0].series.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names[0], "above: old Pod still terminating beside its replacement");
        assert_eq!(names.len(), 5);
        let Geometry::Area(area) = &chart.panels[0].series[0].geometry else { panic!("an area") };
        let above: Vec<&[f64; 3]> = area.iter().filter(|a| a[2] > a[1]).collect();
        assert_eq!(above, [&[25.0, 1.0, 2.0]], "from the start of the replacement on");
        assert!(
            chart.caption.starts_with("At most 2 Pods ran at a time; up to 1 above parallelism, 15s of"),
            "{}",
            chart.caption
        );
    }
}
