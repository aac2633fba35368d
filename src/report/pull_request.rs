//! A comparison as Markdown for a pull request: the verdict, one table with a row for each thing that is judged
//! (before, after, the paired difference, which is better), and all responses folded below it. Numbers and judgement
//! come from [`verdict`](mod@super::verdict).

use super::comparison::{compared_rows, difference};
use super::points::{footing, in_unit, interrupted, markdown, markdown_cell};
use super::verdict::{Judgement, judged};
use crate::experiment::result::{Comparison, ResultFile};
use crate::text::thousands;

/// A comparison as Markdown; `asked` are the responses in the table of all responses.
pub fn pull_request(result: &ResultFile, asked: &[String]) -> String {
    let mut text = interrupted(&result.points);
    for comparison in &result.comparisons {
        text += &format!("{}\n\n{}\n", markdown_cell(&bold(comparison)), markdown(&rows(comparison)));
    }
    text += &format!(
        "{}\n\n<details><summary>Every response</summary>\n\n{}\n</details>\n",
        markdown_cell(&footing(result)),
        markdown(&compared_rows(result, asked))
    );
    text
}

/// The first sentence of the verdict in bold. Names of variants may contain stars, which would end it.
fn bold(comparison: &Comparison) -> String {
    comparison.verdict.first().map_or(String::new(), |first| format!("**{}**", first.replace('*', "\\*")))
}

/// What is judged, one row each; a row says if all pairs are equal.
fn rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let (base, with) = match comparison.base.as_str() {
        "base" => ("before".to_owned(), format!("after: {}", comparison.with)),
        base => (base.to_owned(), comparison.with.clone()),
    };
    let heading = vec![String::new(), base, with, "difference".to_owned(), String::new()];
    let row = |(words, d, judgement): (&str, &crate::experiment::result::PairedDifference, Judgement)| {
        let show = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, &d.unit));
        let [lower, _, higher] = d.signs;
        let (side, count) = if d.mean.is_some_and(|m| m < 0.0) { ("lower", lower) } else { ("higher", higher) };
        let pairs = format!("{side} in {} of {} pairs", thousands(count), thousands(d.count));
        let (difference, word) = match judgement {
            Judgement::Better => (difference(d), format!("**better**, {pairs}")),
            Judgement::Worse => (difference(d), format!("**worse**, {pairs}")),
            Judgement::Undecided => (difference(d), format!("undecided, {pairs}")),
            Judgement::Same => ("0".to_owned(), "the same in every pair".to_owned()),
        };
        vec![words.to_owned(), show(d.base), show(d.with), difference, word]
    };
    std::iter::once(heading).chain(judged(comparison).into_iter().map(row)).collect()
}
