//! The list of mistakes that the tests have to find (`tests/mutations`) does not rot: each entry stands in its file, exactly
//! once. Whether the tests find them is not tried here, as that takes hours.

use crate::source_text::assert_none;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The text with one space for any white space.
fn with_single_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with an entry, if anything is.
fn fault(entry: &[&str], numbers: &mut BTreeSet<u32>, sources: &mut BTreeMap<String, String>) -> Option<String> {
    let Some((number, path)) = entry[0].split_once(' ') else { return Some("has no file".to_owned()) };
    let Ok(number) = number.parse() else { return Some("has no number".to_owned()) };
    if !numbers.insert(number) {
        return Some("has the number of another".to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(source) = fs::read_to_string(root.join(path)) else { return Some("names no file".to_owned()) };
    let source = sources.entry(path.to_owned()).or_insert_with(|| with_single_spaces(&source));
    let field = |name: &str| entry.iter().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let (Some(old), Some(new)) = (field("old:"), field("new:")) else { return Some("changes nothing".to_owned()) };
    if with_single_spaces(old) == with_single_spaces(new) {
        return Some("changes nothing".to_owned());
    }
    let around = field("in:").unwrap_or("@");
    match source.matches(&with_single_spaces(&around.replacen('@', old, 1))).count() {
        1 => None,
        count => Some(format!("stands there {count} times: {old}")),
    }
}

#[test]
fn each_mutant_stands_in_its_file_once() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutations/mutants.txt");
    let text = fs::read_to_string(path).expect("the list of mutants is there");
    let (mut numbers, mut sources) = (BTreeSet::new(), BTreeMap::new());
    let mut complaints = Vec::new();
    for block in text.split("\n\n") {
        let entry: Vec<&str> = block.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        if entry.is_empty() {
            continue;
        }
        complaints.extend(fault(&entry, &mut numbers, &mut sources).map(|what| format!("{} {what}", entry[0])));
    }
    assert!(numbers.len() > 250, "the list holds {} mutants", numbers.len());
    assert_none(complaints);
}
