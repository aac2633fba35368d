//! Tables of endings and responses, each number with its interval.

use super::escaped;
use crate::experiment::result::{Point, ResultFile};
use crate::experiment::{EndSummary, Quantile, Response, SeriesSummary, Statistics};
use crate::plot::shown;
use crate::report::points::in_unit;
use crate::report::{percent, thousands};
use std::fmt::Write as _;

/// Up to so many points their tables are open.
const OPEN: usize = 2;
/// Series of Jobs that have tables of their own at the most.
const SERIES: usize = 20;

/// The section.
pub fn section(results: &[(String, ResultFile)]) -> String {
    let points = shown(results);
    let mut text = "<h2 id=\"tables\">Numbers</h2>\n".to_owned();
    for (n, one) in points.iter().enumerate() {
        let tables = of_point(one.point);
        if one.name.is_empty() {
            text += &tables;
        } else {
            let open = if points.len() <= OPEN { " open" } else { "" };
            let _ = writeln!(text, "<details{open}><summary>{}</summary>{tables}</details>", escaped(&one.name));
        }
        let of = if one.name.is_empty() { String::new() } else { format!(" of {}", escaped(&one.name)) };
        let _ =
            writeln!(text, "<p><button type=\"button\" data-save=\"csv:{n}\">Save the records{of} as CSV</button></p>");
    }
    text + "<p><button type=\"button\" data-save=\"json:0\">Save all data of this page as JSON</button></p>\n"
}

fn of_point(point: &Point) -> String {
    let summary = &point.summary;
    let level = percent(summary.confidence);
    let mut text = format!(
        "<p class=\"meta\">{} replications; intervals at {level}: Wilson's for shares, Student's for means, of order statistics for quantiles.</p>\n",
        thousands(summary.replications.into())
    );
    text += &of_series(&summary.all);
    for series in summary.series.iter().take(SERIES) {
        let _ = writeln!(text, "<details><summary>{}</summary>{}</details>", escaped(&series.job), of_series(series));
    }
    text
}

fn of_series(series: &SeriesSummary) -> String {
    let ends: Vec<String> = series.ends.iter().map(end).collect();
    let is_shown = |s: &&Statistics| s.name == Response::Duration.name() || s.max.is_some_and(|max| max != 0.0);
    let responses: Vec<String> = series.responses.iter().filter(is_shown).map(response).collect();
    format!(
        "<div class=\"scroll\"><table><thead><tr><th>end</th><th>reason</th><th>replications</th><th>probability</th>\
         <th>time to finish, P50</th><th>P95</th></tr></thead><tbody>{}</tbody></table></div>\n\
         <div class=\"scroll\"><table><thead><tr><th>response</th><th>mean</th><th>P50</th><th>P95</th><th>P99</th><th>least</th>\
         <th>most</th></tr></thead><tbody>{}</tbody></table></div>\n",
        ends.join(""),
        responses.join("")
    )
}

fn end(end: &EndSummary) -> String {
    let quantile = |p: f64| {
        let known = end.duration.as_ref().and_then(|d| d.quantile(p));
        known.map_or(String::new(), |q| with_interval(q, "seconds"))
    };
    let [low, high] = end.interval;
    format!(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{} <span class=\"i\">[{}, {}]</span></td><td>{}</td><td>{}</td></tr>\n",
        end.end.as_str(),
        escaped(&end.reason),
        thousands(end.count.into()),
        percent(end.probability),
        percent(low),
        percent(high),
        quantile(0.5),
        quantile(0.95)
    )
}

fn with_interval(q: &Quantile, unit: &str) -> String {
    let bound = |x: Option<f64>| x.map_or("…".to_owned(), |x| in_unit(x, unit));
    match (q.low, q.high) {
        (low, high) if low == high => in_unit(q.value, unit),
        (low, high) => {
            format!("{} <span class=\"i\">[{}, {}]</span>", in_unit(q.value, unit), bound(low), bound(high))
        }
    }
}

fn response(s: &Statistics) -> String {
    let unit = s.unit.as_str();
    let plain = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, unit));
    let mean = match s.mean_interval {
        Some([low, high]) if low < high => {
            format!("{} <span class=\"i\">[{}, {}]</span>", plain(s.mean), in_unit(low, unit), in_unit(high, unit))
        }
        _ => plain(s.mean),
    };
    let quantile = |p: f64| s.quantile(p).map_or(String::new(), |q| with_interval(q, unit));
    format!(
        "<tr><td>{}</td><td>{mean}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped(&s.name),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
        plain(s.min),
        plain(s.max)
    )
}
