//! Explanations and lessons as text for a terminal. What they say is found elsewhere in this module.

use super::{Explanation, TaughtLesson, WorstCaseStep, count, rounded};
use crate::time::SimDuration;

/// The explanation of a Job, in lines of at most `width` characters.
pub fn text(e: &Explanation, width: usize) -> String {
    let mut text = format!("{}: the worst case\n", e.job);
    for sentence in &e.supposes {
        text += &format!("  {sentence}\n");
    }
    text.push('\n');
    text += &steps(&e.steps, e.steps_left_out, &e.end, width);
    text += &ending(e, width);
    text += &limits(e);
    text += "\nThe fields, and where their rules are from\n";
    for note in &e.fields {
        text += &paragraph(&format!("{}: {}", note.field, note.value), &note.says, note.source, width);
    }
    if !e.pitfalls.is_empty() {
        text += "\nWhat people get wrong, and what it means here\n";
    }
    for p in &e.pitfalls {
        let here = p.here.as_ref().map_or(String::new(), |here| format!(" Here: {here}"));
        text += &paragraph(&format!("\"{}\"", p.belief), &format!("{}{here}", p.truth), p.source, width);
    }
    text
}

/// The table of attempts.
fn steps(steps: &[WorstCaseStep], left_out: usize, end: &super::WorstCaseEnd, width: usize) -> String {
    let has_indexes = steps.iter().any(|s| !s.indexes.is_empty());
    let mut head = vec!["ATTEMPT", "WHEN", "PODS", "WAIT", "WHY"];
    if has_indexes {
        head.insert(3, "INDEXES");
    }
    let mut rows = vec![head.iter().map(|&s| s.to_owned()).collect::<Vec<_>>()];
    for (n, step) in steps.iter().enumerate() {
        if left_out > 0 && n + 1 == steps.len() {
            rows.push(vec!["…".to_owned(), format!("{left_out} more")]);
        }
        let wait = step.backoff.map(rounded).filter(|d| d.is_positive()).map_or("-".to_owned(), |d| d.to_string());
        let pods = if step.restarts { format!("{} (same)", step.pods) } else { step.pods.to_string() };
        let mut row = vec![step.attempt.to_string(), since(step.at), pods, wait, step.why.clone()];
        if has_indexes {
            row.insert(3, shortened(&step.indexes));
        }
        rows.push(row);
    }
    if let Some(t) = end.decided.filter(|&t| end.at - t >= SimDuration::from_secs(1)) {
        let mut row = vec!["decided", &since(t), "", "", "FailureTarget: its Pods are deleted"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        if has_indexes {
            row.insert(3, String::new());
        }
        rows.push(row);
    }
    let word = if end.reason.is_some() { "end" } else { "no end" };
    let mut row = vec![word.to_owned(), since(end.at), end.pods.to_string(), String::new(), end.why.clone()];
    if has_indexes {
        row.insert(3, String::new());
    }
    rows.push(row);
    columns(&rows, width)
}

fn since(d: SimDuration) -> String {
    format!("+{}", rounded(d))
}

fn shortened(indexes: &str) -> String {
    match indexes.char_indices().nth(18) {
        None => indexes.to_owned(),
        Some((at, _)) => format!("{}…", &indexes[..at]),
    }
}

/// A table whose last column is wrapped.
fn columns(rows: &[Vec<String>], width_of_all: usize) -> String {
    let last = rows.iter().map(Vec::len).max().unwrap_or(1) - 1;
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..last).map(width).collect();
    let indent = widths.iter().sum::<usize>() + 2 * last;
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().take(last).zip(&widths) {
            line += &format!("{cell:width$}  ");
        }
        let why = row.get(last).map_or("", String::as_str);
        for (n, part) in wrapped(why, width_of_all.saturating_sub(indent).max(24)).iter().enumerate() {
            if n > 0 {
                line += &format!("\n{:indent$}", "");
            }
            line += part;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Lines of at most `width` characters, broken at spaces.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

fn ending(e: &Explanation, width: usize) -> String {
    let end = &e.end;
    let pods = count(u64::from(end.pods), "Pod");
    let text = match end.reason {
        Some(reason) => {
            format!("The Job is {} after {} with {pods}: {reason} ({}).", end.status, rounded(end.at), end.message)
        }
        None => format!("The Job does not end: {} (looked at until +{}, {pods}).", end.message, rounded(end.at)),
    };
    format!("\n{}\n", wrapped(&text, width).join("\n"))
}

fn limits(e: &Explanation) -> String {
    let Some((first, others)) = e.limits.split_first() else { return String::new() };
    let mut text =
        format!("\nWhich limit bites first: {} ({}), at +{}.\n", first.field, first.value, rounded(first.at));
    let mut before = "without it";
    for limit in others {
        text += &format!(
            "  {before}: {} ({}), at +{} with {}\n",
            limit.field,
            limit.value,
            rounded(limit.at),
            count(u64::from(limit.pods), "Pod")
        );
        before = "without these";
    }
    if others.is_empty() {
        text += "  no other limit would end it\n";
    }
    text
}

/// A heading, wrapped text below it, and its source.
fn paragraph(head: &str, body: &str, source: &str, width: usize) -> String {
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!("  {head}\n");
    for line in wrapped(body, width - 4).into_iter().chain(wrapped(&format!("[{source}]"), width - 4)) {
        text += &format!("    {line}\n");
    }
    text
}

/// A lesson, in lines of at most `width` characters.
pub fn lesson_text(t: &TaughtLesson, width: usize) -> String {
    let mut text = format!("{}\n", t.field);
    for sentence in &t.teaches {
        wrapped(sentence, width - 2).iter().for_each(|line| text += &format!("  {line}\n"));
    }
    text += &format!("  [{}]\n", t.source);
    if !t.releases.is_empty() {
        text += "\nReleases of Kubernetes differ (docs/releases.md):\n";
        for line in t.releases.iter().flat_map(|rule| wrapped(rule, width - 2)) {
            text += &format!("  {line}\n");
        }
    }
    text += "\nA small Job whose Pods run ten seconds, run live:\n";
    for example in &t.examples {
        text += &format!("\n{}\n", example.label);
        for setting in &example.settings {
            text += &format!("  --set '{setting}'\n");
        }
        let table = steps(&example.steps, 0, &example.end, width - 2);
        table.lines().for_each(|line| text += &format!("  {line}\n"));
        text += &format!("  → {}\n", example.outcome);
    }
    text
}
