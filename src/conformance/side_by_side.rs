//! Two JSON values side by side, as aligned text: only the fields in which they differ.
//! It is not a diff of text: a list is compared member by member, so what follows an inserted member differs too.

use serde_json::Value;
use std::fmt::Write;

/// The greatest width of a recorded value in its column, in characters.
const WIDEST: usize = 72;

/// One differing field: its path, the recorded and the replayed value as text.
type DiffRow = (String, String, String);

/// The differing fields of two values, one per line under a heading, at most `limit` of them; each line ends with a
/// line feed. Null stands for a missing value.
pub fn side_by_side(expected: &Value, got: &Value, limit: usize) -> String {
    let mut rows = Vec::new();
    walk(String::new(), Some(expected), Some(got), &mut rows);
    let hidden = rows.len().saturating_sub(limit);
    rows.truncate(limit);
    rows.insert(0, (String::new(), "expected".to_owned(), "got".to_owned()));
    let mut text = aligned(&rows);
    if hidden > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "… and {hidden} more");
    }
    text
}

fn aligned(rows: &[DiffRow]) -> String {
    let width = |text: &str| text.chars().count();
    let first = rows.iter().map(|row| width(&row.0)).max().unwrap_or(0);
    let second = rows.iter().map(|row| width(&row.1)).max().unwrap_or(0);
    rows.iter().map(|(path, expected, got)| format!("{path:first$}  {expected:second$}  {got}\n")).collect()
}

/// Descends as long as both sides have structure, or one side has structure and the other has nothing.
fn walk(path: String, expected: Option<&Value>, got: Option<&Value>, rows: &mut Vec<DiffRow>) {
    if expected == got {
        return;
    }
    let children = children(expected, got);
    if children.is_empty() {
        rows.push((path, shown(expected), shown(got)));
        return;
    }
    for child in children {
        walk(child.path_below(&path), child.of(expected), child.of(got), rows);
    }
}

/// A step from a value to one inside it.
enum DiffStep {
    Field(String),
    Member(usize),
}

impl DiffStep {
    fn of<'a>(&self, value: Option<&'a Value>) -> Option<&'a Value> {
        match self {
            DiffStep::Field(name) => value?.get(name),
            DiffStep::Member(index) => value?.get(index),
        }
    }

    fn path_below(&self, path: &str) -> String {
        match self {
            DiffStep::Field(name) if path.is_empty() => name.clone(),
            DiffStep::Field(name) => format!("{path}.{name}"),
            DiffStep::Member(index) => format!("{path}[{index}]"),
        }
    }
}

/// The steps into two values of the same shape; `None` if they are to be shown as they are.
fn children(expected: Option<&Value>, got: Option<&Value>) -> Vec<DiffStep> {
    let nothing = |value: Option<&Value>| value.is_none_or(Value::is_null);
    match (expected, got) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let added = right.keys().filter(|name| !left.contains_key(*name));
            left.keys().chain(added).cloned().map(DiffStep::Field).collect()
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => members(left.len().max(right.len())),
        (Some(Value::Object(only)), none) | (none, Some(Value::Object(only))) if nothing(none) => {
            only.keys().cloned().map(DiffStep::Field).collect()
        }
        (Some(Value::Array(only)), none) | (none, Some(Value::Array(only))) if nothing(none) => members(only.len()),
        _ => Vec::new(),
    }
}

fn members(len: usize) -> Vec<DiffStep> {
    (0..len).map(DiffStep::Member).collect()
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(WIDEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::side_by_side;
    use serde_json::{Value, json};

    #[test]
    fn only_differing_fields_are_shown() {
        let expected = json!({"job": {"active": 2, "ready": 1}, "pods": {"1": {"phase": "Running"}}});
        let got = json!({"job": {"active": 3, "ready": 1}, "events": ["a", "b"]});
        let text = side_by_side(&expected, &got, 10);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "              expected   got",
                "job.active    2          3",
                "pods.1.phase  \"Running\"  -",
                "events[0]     -          \"a\"",
                "events[1]     -          \"b\"",
            ]
        );
    }

    #[test]
    fn a_missing_side_is_opened_up_and_long_values_are_cut() {
        let text = side_by_side(&Value::Null, &json!({"a": "x".repeat(200)}), 10);
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("a  ") && line.ends_with('…')), "{text}");
        assert_eq!(side_by_side(&json!([1, 2, 3]), &json!([4, 5, 6]), 1).lines().last(), Some("… and 2 more"));
        assert_eq!(side_by_side(&json!(1), &json!("1"), 1).lines().last(), Some("  1         \"1\""));
    }
}
