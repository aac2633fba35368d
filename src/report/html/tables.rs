//! Tables of ends and responses, each number with its interval.

use crate::experiment::result::{Point, ResultFile};
use crate::experiment::{EndSummary, Quantile, Response, SeriesSummary, Statistics};
use crate::plot::named_points;
use crate::report::points::in_unit;
use crate::report::{percent, thousands};
use maud::{Markup, html};

/// Up to this many points, their tables are unfolded.
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
        div class="scroll" {
            table {
                thead { (heads(&["end", "reason", "replications", "probability", "time to finish, P50", "P95"])) }
                tbody { @for summary in &series.ends { (end(summary)) "\n" } }
            }
        }
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
    let [low, high] = end.interval;
    html! {
        tr {
            td { (end.end.as_str()) }
            td data-head="reason" { (end.reason) }
            td data-head="replications" { (thousands(end.count.into())) }
            td data-head="probability" { (percent(end.probability)) " " (interval(&percent(low), &percent(high))) }
            @for (p, head) in [(0.5, "time, P50"), (0.95, "P95")] {
                td data-head=(head) { @if let Some(q) = quantile(p) { (with_interval(q, "seconds")) } }
            }
        }
    }
}

/// The ends of an interval, smaller than the estimate.
fn interval(low: &str, high: &str) -> Markup {
    html! { span class="i" { "[" (low) ", " (high) "]" } }
}

fn with_interval(q: &Quantile, unit: &str) -> Markup {
    let bound = |x: Option<f64>| x.map_or("…".to_owned(), |x| in_unit(x, unit));
    html! {
        (in_unit(q.value, unit))
        @if q.low != q.high { " " (interval(&bound(q.low), &bound(q.high))) }
    }
}

fn response(s: &Statistics) -> Markup {
    let unit = s.unit.as_str();
    let plain = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, unit));
    html! {
        tr {
            td { (s.name) }
            td data-head="mean" {
                (plain(s.mean))
                @if let Some([low, high]) = s.mean_interval.filter(|[low, high]| low < high) {
                    " " (interval(&in_unit(low, unit), &in_unit(high, unit)))
                }
            }
            @for (p, head) in [(0.5, "P50"), (0.95, "P95"), (0.99, "P99")] {
                td data-head=(head) { @if let Some(q) = s.quantile(p) { (with_interval(q, unit)) } }
            }
            td data-head="least" { (plain(s.min)) }
            td data-head="most" { (plain(s.max)) }
        }
    }
}
