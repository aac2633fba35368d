//! The answer in sentences, and whether the goals hold. Verdicts of comparisons and searches are in the result already;
//! here they are only shown.

use crate::experiment::result::{GoalResult, Point, ResultFile};
use crate::experiment::{JobEnd, Response, SeriesSummary, Summary};
use crate::plot::{NamedPoint, named_points};
use crate::report::alike::alike;
use crate::report::batch_prose;
use crate::report::points_rows;
use crate::report::{Layout, estimates, number, percent, thousands};
use maud::{Markup, html};

/// The most points that get sentences of their own; with more points, a table shows all of them.
const POINTS: usize = 3;

/// The section.
pub fn section(results: &[(String, ResultFile)]) -> Markup {
    let points = named_points(results);
    let is_table = points.len() > POINTS || results.iter().any(|(_, r)| !r.comparisons.is_empty());
    html! {
        section class="words" {
            "\n"
            @for solution in results.iter().filter_map(|(_, result)| result.solution.as_ref()) {
                (list(&solution.verdict))
                "\n"
            }
            @for one in points.iter().filter(|one| one.point.summary.partial && is_table) {
                p { "Incomplete: " (one.name) " has only " (thousands(one.point.summary.replications.into())) " replications." }
            }
            @if is_table {
                (overview(&points))
            } @else {
                @for one in &points {
                    @if !one.name.is_empty() { h3 { (one.name) } "\n" }
                    (of_point(one.point))
                }
            }
            @for comparison in results.iter().flat_map(|(_, r)| &r.comparisons) {
                h3 { (comparison.with) " against " (comparison.base) }
                (list(&comparison.verdict))
                "\n"
            }
        }
        "\n"
    }
}

fn list(sentences: &[String]) -> Markup {
    html! { ul { @for sentence in sentences { li { (sentence) } } } }
}

/// One row per point, with the measures that the user asked for, or else those that are always of interest.
fn overview(points: &[NamedPoint]) -> Markup {
    if points.iter().all(|one| !one.point.measures.is_empty()) {
        let all: Vec<Point> = points.iter().map(|one| bare(one.point, &one.name)).collect();
        return html_table(&points_rows(&all));
    }
    let heads = [
        "point",
        "Complete",
        "time, P50",
        "time, P95",
        "Pods created",
        "retries",
        "back-off waited",
        "most Pods above",
    ];
    html! {
        div class="scroll" {
            table {
                thead { tr { @for head in heads { th { (head) } } } }
                tbody {
                    @for one in points {
                        tr { @for (cell, head) in overview_row(one).iter().zip(heads) { td data-head=(head) { (cell) } } }
                        "\n"
                    }
                }
            }
        }
        "\n"
    }
}

fn overview_row(one: &NamedPoint) -> [String; 8] {
    let summary = &one.point.summary;
    let complete = f64::from(summary.all.count_of(JobEnd::Complete)) / f64::from(summary.replications.max(1));
    let duration = |p: f64| {
        let known = summary.all.response(Response::Duration).and_then(|s| s.quantile(p));
        known.map_or("–".to_owned(), |q| number(q.value, true))
    };
    let rounded = |response: Response| number((mean(&summary.all, response) * 100.0).round() / 100.0, false);
    let most = summary.all.response(Response::Overshoot).and_then(|s| s.max).unwrap_or(0.0);
    [
        one.name.clone(),
        percent(complete),
        duration(0.5),
        duration(0.95),
        rounded(Response::PodsCreated),
        rounded(Response::Retries),
        number(mean(&summary.all, Response::BackoffWait), true),
        number(most, false),
    ]
}

/// A point without its replications, under another name, and with only what a table of points shows.
fn bare(point: &Point, name: &str) -> Point {
    let summary = Summary { replications: point.summary.replications, ..Summary::default() };
    let (settings, measures, goals) = (point.settings.clone(), point.measures.clone(), point.goals.clone());
    Point { name: name.to_owned(), settings, measures, goals, summary, ..Point::default() }
}

/// A table; the first row is the heading.
fn html_table(rows: &[Vec<String>]) -> Markup {
    let Some((heading, rows)) = rows.split_first() else { return Markup::default() };
    html! {
        div class="scroll" {
            table {
                thead { tr { @for cell in heading { th { (cell) } } } }
                tbody {
                    @for (n, row) in rows.iter().enumerate() {
                        @if n > 0 { "\n" }
                        tr { @for (cell, head) in row.iter().zip(heading) { td data-head=(head) { (cell) } } }
                    }
                }
            }
        }
        "\n"
    }
}

/// How it ended, in a sentence without a full stop.
pub fn answer(point: &Point) -> String {
    let job = &point.summary.all.job;
    if let ([only], 1) = (&point.records[..], point.summary.replications) {
        if let Some(starts) = batch_prose::starts_of_one(&only.all) {
            return format!("{job}: {starts}");
        }
        let reason = only.all.reason.map_or(String::new(), |reason| format!(" ({})", reason.as_str()));
        let after = only.all.duration.map_or(String::new(), |d| format!(" after {}", number(d.as_secs_f64(), true)));
        return format!("{job}: {}{reason}{after}, with {} Pods", only.all.end.as_str(), only.all.pods_created);
    }
    // The text for terminals up to its first empty line, after which its table begins.
    let text = estimates(&point.summary, Layout::document());
    let done = thousands(point.summary.replications.into());
    let partial = point.summary.partial.then(|| format!("Incomplete: this is of {done} replications only."));
    let said = text.lines().take_while(|line| !line.is_empty()).map(|line| line.trim().to_owned());
    partial.into_iter().chain(said).collect::<Vec<_>>().join("; ")
}

fn of_point(point: &Point) -> Markup {
    let mut sentences: Vec<String> = Vec::new();
    if point.summary.replications > 0 {
        sentences.push(format!("{}.", answer(point)));
    }
    if point.summary.replications > 1 && !batch_prose::has_starts(&point.summary.all) {
        sentences.extend(times(&point.summary.all));
    }
    sentences.extend(pods(&point.summary.all));
    sentences.extend(waits(&point.summary.all));
    sentences.extend(batch_prose::shared(&point.summary.all));
    sentences.extend(overshoot(&point.summary.all));
    // A CronJob has no end, so with CronJobs virtual time always cuts something off.
    if point.summary.cut > 0 && !batch_prose::has_starts(&point.summary.all) {
        let (cut, of) = (thousands(point.summary.cut.into()), thousands(point.summary.replications.into()));
        sentences.push(format!("{cut} of {of} replications were cut off by the longest virtual time."));
    }
    html! {
        ul {
            @for (n, sentence) in sentences.iter().enumerate() {
                @if n > 0 { "\n" }
                li { (sentence) }
            }
            @for (n, result) in point.goals.iter().enumerate() {
                @if n > 0 { "\n" }
                (goal(result))
            }
        }
        "\n"
    }
}

/// The quantiles of a response in words.
fn times(all: &SeriesSummary) -> Option<String> {
    let duration = all.response(Response::Duration)?;
    let at = |p: f64| duration.quantile(p).map(|q| number(q.value, true));
    if duration.quantile(0.5)?.value.is_infinite() {
        return Some("Fewer than half of the replications come to an end.".to_owned());
    }
    Some(match (at(0.5)?, at(0.95)?, at(0.99)?) {
        (p50, p95, p99) if p50 == p95 && p95 == p99 => format!("The time to finish is always about {p50}."),
        (p50, p95, p99) => {
            format!("Half of the replications finish within {p50}, 95 % within {p95}, 99 % within {p99}.")
        }
    })
}

fn mean(all: &SeriesSummary, response: Response) -> f64 {
    all.response(response).and_then(|s| s.mean).unwrap_or(0.0)
}

fn pods(all: &SeriesSummary) -> Option<String> {
    let created = all.response(Response::PodsCreated)?.mean?;
    let shown = |x: f64| number((x * 100.0).round() / 100.0, false);
    let mut text =
        format!("On average {} Pods are created and {} fail", shown(created), shown(mean(all, Response::PodsFailed)));
    let parts = [
        (Response::ApplicationFailures, "of the application"),
        (Response::DisruptionFailures, "by disruption"),
        (Response::AdmissionFailures, "at admission"),
    ];
    let parts = parts.map(|(response, words)| (mean(all, response), words));
    let parts: Vec<String> =
        parts.iter().filter(|(x, _)| *x > 0.0).map(|(x, words)| format!("{} {words}", shown(*x))).collect();
    if !parts.is_empty() {
        text += &format!(" ({})", parts.join(", "));
    }
    let retries = mean(all, Response::Retries);
    if retries > 0.0 {
        text += &format!("; {} are retries", shown(retries));
    }
    let (time, wasted) = (mean(all, Response::PodTime), mean(all, Response::WastedPodTime));
    if time > 0.0 && wasted > 0.0 {
        text += &format!("; {} of the Pods' running time is lost in Pods that do not succeed", percent(wasted / time));
    }
    Some(format!("{text}."))
}

fn waits(all: &SeriesSummary) -> Option<String> {
    let waited = all.response(Response::BackoffWait).filter(|s| s.max.is_some_and(|max| max > 0.0))?;
    let longest = all.response(Response::LongestBackoff)?.max?;
    let shown = alike(&[waited.mean?, longest, waited.quantile(0.95).map_or(0.0, |q| q.value)], "seconds");
    let p95 = waited.quantile(0.95).map_or(String::new(), |_| format!(" (P95 {})", shown[2]));
    Some(format!("Pod failure back-offs take {} on average{p95}; the longest is {}.", shown[0], shown[1]))
}

fn overshoot(all: &SeriesSummary) -> Option<String> {
    let most = all.response(Response::Overshoot)?.max?;
    if most == 0.0 {
        return Some("Never do more Pods run than parallelism asks for.".to_owned());
    }
    let causes: Vec<String> = all
        .overshoot_by_cause
        .iter()
        .map(|c| {
            let known = crate::record::OvershootCause::ALL.into_iter().find(|known| known.key() == c.cause);
            format!("{} (in {})", known.map_or(c.cause.as_str(), |k| k.as_str()), percent(c.probability))
        })
        .collect();
    let time = number(mean(all, Response::OvershootTime), true);
    Some(format!("Up to {most} Pods above parallelism run, {time} on average: {}.", causes.join(", ")))
}

fn goal(goal: &GoalResult) -> Markup {
    let (class, word) = match (goal.holds, goal.sure) {
        (true, true) => ("yes", "holds"),
        (true, false) => ("yes", "holds, but the interval leaves it open"),
        (false, true) => ("no", "does not hold"),
        (false, false) => ("no", "does not hold, but the interval leaves it open"),
    };
    html! { li { "Goal " code { (goal.goal) } ": " b class=(class) { (word) } } }
}
