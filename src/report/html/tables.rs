//! Tables of ends and responses, each number with its interval.

use crate::experiment::result::{Point, ResultFile};
use crate::experiment::{EndSummary, Response, SeriesSummary, Statistics};
use crate::plot::named_points;
use crate::report::batch_prose;
use crate::report::points::{ShownEstimate, in_unit};
use crate::report::{percent, thousands};
use maud::{Markup, html};

/// Up to this many points, the tables of points are unfolded.
const OPEN: usize = 2;
/// The most series of Jobs that have tables of their own.
const SERIES: usize = 20;

/// The section.
pub fn section(results: &[(String, ResultFile)]) -> Markup {
    let points = named_points(results);
    html! {
        h2 id="tables" { "Numbers" }
        "\n"
        @for (n, one) in points.iter().enumerate() {
            @if one.name.is_empty() {
                (of_point(one.point))
            } @else {
                details open[points.len() <= OPEN] { summary { (one.name) } (of_point(one.point)) }
                "\n"
            }
            p {
                button type="button" data-save={ "csv:" (n) } {
                    "Save the records" @if !one.name.is_empty() { " of " (one.name) } " as CSV"
                }
            }
            "\n"
        }
        p { button type="button" data-save="json:0" { "Save all data of this page as JSON" } }
        "\n"
    }
}

fn of_point(point: &Point) -> Markup {
    let summary = &point.summary;
    html! {
        p class="meta" {
            (thousands(summary.replications.into())) " replications; intervals at " (percent(summary.confidence))
            ": Wilson's for shares, Student's for means, of order statistics for quantiles."
        }
        "\n"
        (of_series(&summary.all))
        @for series in summary.series.iter().take(SERIES) {
            details { summary { (series.job) } (of_series(series)) }
            "\n"
        }
    }
}

fn of_series(series: &SeriesSummary) -> Markup {
    let is_shown = |s: &&Statistics| s.name == Response::Duration.name() || s.max.is_some_and(|max| max != 0.0);
    html! {
        // A CronJob never ends; how its Jobs ended is among the responses.
        @if !batch_prose::has_starts(series) { div class="scroll" {
            table {
                thead { (heads(&["end", "reason", "replications", "probability", "time to finish, P50", "P95"])) }
                tbody { @for summary in &series.ends { (end(summary)) "\n" } }
            }
        } }
        "\n"
        div class="scroll" {
            table {
                thead { (heads(&["response", "mean", "P50", "P95", "P99", "least", "most"])) }
                tbody { @for statistics in series.responses.iter().filter(is_shown) { (response(statistics)) "\n" } }
            }
        }
        "\n"
    }
}

fn heads(names: &[&str]) -> Markup {
    html! { tr { @for name in names { th { (name) } } } }
}

fn end(end: &EndSummary) -> Markup {
    let quantile = |p: f64| end.duration.as_ref().and_then(|d| d.quantile(p));
    let probability = ShownEstimate::new(end.probability, end.interval.map(Some), "probability", 0.0);
    html! {
        tr {
            td { (end.end.as_str()) }
            td data-head="reason" { (end.reason) }
            td data-head="replications" { (thousands(end.count.into())) }
            td data-head="probability" { (shown(&probability)) }
            @for (p, head) in [(0.5, "time, P50"), (0.95, "P95")] {
                td data-head=(head) {
                    @if let Some(q) = quantile(p) { (shown(&ShownEstimate::new(q.value, [q.low, q.high], "seconds", 0.0))) }
                }
            }
        }
    }
}

/// An estimate, with the ends of its interval in smaller type.
fn shown(estimate: &ShownEstimate) -> Markup {
    html! {
        (estimate.value)
        @if let Some([low, high]) = &estimate.ends { " " span class="i" { "[" (low) ", " (high) "]" } }
    }
}

fn response(s: &Statistics) -> Markup {
    let plain = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, &s.unit));
    let (mean, quantiles) = ShownEstimate::of_row(s);
    html! {
        tr {
            td { (s.name) }
            td data-head="mean" { @if let Some(mean) = mean { (shown(&mean)) } @else { "–" } }
            @for (n, head) in ["P50", "P95", "P99"].into_iter().enumerate() {
                td data-head=(head) { @if let Some(quantile) = quantiles.get(n) { (shown(quantile)) } }
            }
            td data-head="least" { (plain(s.min)) }
            td data-head="most" { (plain(s.max)) }
        }
    }
}
