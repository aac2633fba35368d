//! Comparisons as tables: each response of the base and of a variant, their paired difference with its interval, in how
//! many pairs it is lower and higher, and how much pairing helped. The words are in `verdict`.

use super::points::{footing, in_unit, interrupted, points_rows};
use super::table::table;
use super::verdict::{interval, signed};
use crate::experiment::result::{Comparison, PairedDifference, ResultFile};
use crate::experiment::{P_COMPLETE, Response, ShownWhen};
use std::io;

/// Whether a response is shown: it differs, or the user asked for it.
pub fn is_shown(d: &PairedDifference, asked: &[String]) -> bool {
    let name = d.name.as_str();
    match asked {
        [] => {
            let response = Response::named(name);
            if name == P_COMPLETE || matches!(response, Some(Response::Duration | Response::TimeToComplete)) {
                return true;
            }
            // A result that another version saved may have responses that this one does not know.
            let shown = response.map_or(ShownWhen::Nonzero, Response::shown);
            let is_general = matches!(shown, ShownWhen::Always | ShownWhen::Nonzero);
            (is_general || response == Some(Response::OvershootPodTime)) && d.signs[0] + d.signs[2] > 0
        }
        [all] if all == "all" => true,
        asked => asked.iter().any(|a| a == name),
    }
}

/// The text about all comparisons.
pub fn compared(result: &ResultFile, asked: &[String]) -> String {
    let mut text = interrupted(&result.points);
    let about = |c: &Comparison| format!("{} against {}\n", c.with, c.base);
    for comparison in &result.comparisons {
        text += &about(comparison);
        comparison.verdict.iter().for_each(|sentence| text += &format!("  {sentence}\n"));
        text.push('\n');
    }
    text += &table(&points_rows(&result.points), "", 2);
    for comparison in &result.comparisons {
        text += &format!("\n{}", about(comparison));
        text += &table(&rows(comparison, asked, false), "  ", 2);
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
    let heading = ["response", "base", "variant", "difference", "", "lower, same, higher", "variance"];
    let mut heading = heading.map(str::to_owned).to_vec();
    if is_one_table {
        heading[4] = "interval".to_owned();
        heading.insert(0, "against the base".to_owned());
    }
    let row = |d: &PairedDifference| {
        let show = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, &d.unit));
        let [lower, same, higher] = d.signs;
        let mut row = vec![
            d.name.clone(),
            show(d.base),
            show(d.with),
            d.mean.map_or("–".to_owned(), |x| if x == 0.0 { "0".to_owned() } else { signed(x, &d.unit) }),
            d.interval.filter(|[low, high]| low < high).map_or(String::new(), |ends| interval(ends, &d.unit)),
            format!("{lower}, {same}, {higher}"),
            d.variance_reduction.map_or(String::new(), |x| format!("÷ {x:.1}")),
        ];
        if is_one_table {
            row.insert(0, comparison.with.clone());
        }
        row
    };
    let duration = comparison.differences.iter().find(|d| d.name == Response::Duration.name());
    // If every replication completes, both responses are the same.
    let again = |d: &&PairedDifference| {
        asked.is_empty() && d.name == Response::TimeToComplete.name() && duration.is_some_and(|x| x.count == d.count)
    };
    let shown = comparison.differences.iter().filter(|d| d.count > 0 && is_shown(d, asked) && !again(d));
    std::iter::once(heading).chain(shown.map(row)).collect()
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
