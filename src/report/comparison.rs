//! Comparisons as tables: each response of the base and of a variant, their paired difference with its interval, the
//! number of pairs in which it is lower and higher, and how much pairing helped. `verdict` puts them into words.

use super::headline::headline_of_points;
use super::layout::Layout;
use super::points::{footing, in_unit, interrupted, keys, points_rows};
use super::verdict::{signed, signed_with_interval};
use crate::experiment::result::{Comparison, PairedDifference, ResultFile};
use crate::experiment::{P_COMPLETE, Response, Setup, ShownWhen};
use crate::text::thousands;
use std::io;

/// The headline says of at most this many points, the first ones, where their time went.
const MOST_VARIANTS: usize = 3;

/// Whether a response is shown: it differs, or the user asked for it.
pub fn is_shown(d: &PairedDifference, asked: &[String]) -> bool {
    let name = d.name.as_str();
    match asked {
        [] => {
            let response = Response::named(name);
            if name == P_COMPLETE || matches!(response, Some(Response::Duration | Response::TimeToComplete)) {
                return true;
            }
            // A result that another version saved may have responses that this version does not know.
            let shown = response.map_or(ShownWhen::Nonzero, Response::shown);
            let is_general = matches!(shown, ShownWhen::Always | ShownWhen::Nonzero);
            (is_general || response == Some(Response::OvershootPodTime)) && d.signs[0] + d.signs[2] > 0
        }
        [all] if all == "all" => true,
        asked => asked.iter().any(|a| a == name),
    }
}

/// The text about all comparisons; `setups` are those of the variants.
pub fn compared(result: &ResultFile, setups: &[&Setup], asked: &[String], layout: Layout) -> String {
    let points = &result.points;
    let mut text = interrupted(points);
    let about = |c: &Comparison| format!("{} against {}\n", c.with, c.base);
    let firsts: Vec<String> = result.comparisons.iter().filter_map(|c| c.verdict.first().cloned()).collect();
    let of = |n: usize| (points[n].name.clone(), setups[n], &points[n].summary.all);
    let shown: Vec<_> = (0..points.len().min(MOST_VARIANTS)).map(of).collect();
    if let Some(first) = setups.first() {
        text += &headline_of_points(first, &firsts, &shown, layout);
        text.push('\n');
    }
    for comparison in &result.comparisons {
        text += &layout.fold(&about(comparison));
        comparison.verdict.iter().skip(1).for_each(|sentence| text += &layout.fold(&format!("  {sentence}\n")));
        text.push('\n');
    }
    text += &layout.blocks(&points_rows(points), keys(points), "", 2);
    for comparison in &result.comparisons {
        text += &layout.fold(&format!("\n{}", about(comparison)));
        text += &layout.blocks(&rows(comparison, asked, false), 1, "  ", 2);
    }
    text += &format!("\n{}\n", footing(result));
    text
}

/// All comparisons as one table for documents.
pub fn compared_rows(result: &ResultFile, asked: &[String]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for comparison in &result.comparisons {
        let rows = rows(comparison, asked, true);
        let from = usize::from(!all.is_empty());
        all.extend(rows.into_iter().skip(from));
    }
    all
}

fn rows(comparison: &Comparison, asked: &[String], is_one_table: bool) -> Vec<Vec<String>> {
    let heading = ["response", "base", "variant", "difference", "lower, same, higher", "variance"];
    let mut heading = heading.map(str::to_owned).to_vec();
    if is_one_table {
        heading.insert(0, "against the base".to_owned());
    }
    let row = |d: &PairedDifference| {
        let show = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, &d.unit));
        let [lower, same, higher] = d.signs;
        let mut row = vec![
            d.name.clone(),
            show(d.base),
            show(d.with),
            difference(d),
            [lower, same, higher].map(thousands).join(", "),
            d.variance_reduction.map_or(String::new(), |x| format!("÷ {x:.1}")),
        ];
        if is_one_table {
            row.insert(0, comparison.with.clone());
        }
        row
    };
    let duration = comparison.differences.iter().find(|d| d.name == Response::Duration.name());
    // The time to complete counts only pairs in which both complete. If that is every pair, both responses are the
    // same.
    let again = |d: &&PairedDifference| {
        asked.is_empty() && d.name == Response::TimeToComplete.name() && duration.is_some_and(|x| x.count == d.count)
    };
    let shown = comparison.differences.iter().filter(|d| d.count > 0 && is_shown(d, asked) && !again(d));
    std::iter::once(heading).chain(shown.map(row)).collect()
}

/// The mean difference, with its interval if that has a width.
pub(super) fn difference(d: &PairedDifference) -> String {
    match (d.mean, d.interval) {
        (None, _) => "–".to_owned(),
        (Some(mean), Some(ends)) if ends[0] < ends[1] => signed_with_interval(mean, ends, &d.unit),
        (Some(0.0), _) => "0".to_owned(),
        (Some(mean), _) => signed(mean, &d.unit),
    }
}

/// Every difference as CSV. Times are seconds, probabilities are shares, unknown values are empty.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn compared_csv(result: &ResultFile) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "base",
        "variant",
        "response",
        "unit",
        "pairs",
        "baseMean",
        "variantMean",
        "difference",
        "low",
        "high",
        "lower",
        "same",
        "higher",
        "varianceReduction",
    ])?;
    let number = |x: Option<f64>| x.map_or(String::new(), super::points::digits);
    for comparison in &result.comparisons {
        for d in &comparison.differences {
            let [lower, same, higher] = d.signs.map(|n| n.to_string());
            let [low, high] = d.interval.map_or([None; 2], |ends| ends.map(Some));
            writer.write_record([
                comparison.base.clone(),
                comparison.with.clone(),
                d.name.clone(),
                d.unit.clone(),
                d.count.to_string(),
                number(d.base),
                number(d.with),
                number(d.mean),
                number(low),
                number(high),
                lower,
                same,
                higher,
                number(d.variance_reduction),
            ])?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error())
}
