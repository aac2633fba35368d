//! House rules of names and lengths: a type name means one thing, words are those of the field, functions are short.

use crate::source_text::{assert_none, is_word, sources, word};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The longest a function may be, in lines, tests and their tables excepted.
const LONGEST_FUNCTION: usize = 70;

/// Type names that several files may define: what clap reads, one for each subcommand.
const COMMON_TYPES: &[&str] = &["Args"];

/// Names that once stood for something in a whimsical way, and what to write instead.
const BANNED_NAMES: &[(&str, &str)] = &[
    ("Begun", "SyncStep"),
    ("Being", "RunningPod"),
    ("CronSide", "CronJobWorkers"),
    ("Deed", "UserOp"),
    ("Luck", "StreamAliases"),
    ("Whom", "JobRef"),
    ("no_mean", "undefined_mean"),
];

/// The same of phrases in comments and in sentences for users.
const BANNED_PHRASES: &[(&str, &str)] = &[
    ("the luck of", "the random draws of"),
    ("so-manieth", "n-th"),
    ("Whoever", "what it is"),
    ("without a word", "silently"),
    ("'s to say", " decides"),
    ("beside one another", "in parallel"),
];

/// The name of the type that a line at the left margin defines.
fn defined_type(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let kinds = ["struct ", "enum ", "union ", "trait ", "type "];
    kinds.iter().find_map(|kind| line.strip_prefix(kind)).map(word)
}

/// The functions in formatted code: name and number of lines. A function ends with the brace that stands as far in as
/// its first line, or on that line.
fn functions(code: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        let Some((before, after)) = text.split_once("fn ") else { continue };
        let is_definition = before.split_whitespace().all(|part| part.starts_with("pub") || part == "const");
        if !is_definition || text.ends_with(['}', ';']) {
            continue;
        }
        let margin = &line[..line.len() - text.len()];
        // A declaration without a body ends with a semicolon on a line that begins no further in than it does.
        let is_end = |line: &&str| match line.strip_prefix(margin) {
            Some(rest) => rest == "}" || !rest.starts_with(' ') && rest.ends_with(';'),
            None => false,
        };
        let length = lines[at..].iter().position(is_end).map_or(1, |end| end + 1);
        found.push((word(after), length));
    }
    found
}

/// Whether the text says this, and not only as a part of longer words.
fn says_word(text: &str, phrase: &str) -> bool {
    let is_whole = |at: usize| !text[..at].ends_with(is_word) && !text[at + phrase.len()..].starts_with(is_word);
    text.match_indices(phrase).any(|(at, _)| is_whole(at))
}

#[test]
fn a_type_name_means_one_thing() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for name in source.code.lines().filter_map(defined_type) {
            places.entry(name.to_owned()).or_default().push(source.path.display().to_string());
        }
    }
    let is_allowed = |name: &str| COMMON_TYPES.contains(&name);
    let several = places.iter().filter(|(name, at)| at.len() > 1 && !is_allowed(name));
    assert_none(several.map(|(name, at)| format!("{name} is defined {} times: {}", at.len(), at.join(", "))).collect());
}

#[test]
fn words_are_those_of_the_field() {
    let mut complaints = Vec::new();
    for source in sources() {
        let names = BANNED_NAMES.iter().filter(|(banned, _)| says_word(&source.code, banned));
        let phrases = BANNED_PHRASES.iter().filter(|(banned, _)| says_word(&source.text, banned));
        complaints.extend(
            names.chain(phrases).map(|(banned, better)| source.complain(format!("`{banned}`: better `{better}`"))),
        );
    }
    assert_none(complaints);
}

#[test]
fn functions_are_short() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| !source.path.ends_with("tests.rs")) {
        let code = source.code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let long = functions(code).into_iter().filter(|(_, lines)| *lines > LONGEST_FUNCTION);
        complaints.extend(
            long.map(|(name, lines)| {
                source.complain(format!("{name} has {lines} lines; {LONGEST_FUNCTION} are allowed"))
            }),
        );
    }
    assert_none(complaints);
}

#[test]
fn documents_name_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src/", "tests/", "docs/", "scenarios/", "fuzz/", "examples/", "benches/"];
    let mut complaints = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = fs::read_to_string(root.join(document)).expect("the document is text");
        let quoted = text.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|quoted| folders.iter().any(|folder| quoted.starts_with(folder)));
        let is_plain = |path: &&str| !path.contains(['*', ' ', '{', '<']);
        let missing = paths.filter(is_plain).filter(|path| !root.join(path).exists());
        complaints.extend(missing.map(|path| format!("{document}: there is no {path}")));
    }
    assert_none(complaints);
}

#[test]
fn definitions_are_read_rightly() {
    let lines =
        ["pub struct A;", "pub(super) enum B<T> {", "struct C(u32);", "type D = u32;", "    struct E;", "impl F {"];
    let names: Vec<_> = lines.iter().filter_map(|line| defined_type(line)).collect();
    assert_eq!(names, ["A", "B", "C", "D"]);
    assert!(says_word("a Deed.", "Deed") && !says_word("Indeed, Deeds", "Deed"));
    let code =
        "fn one() {}\nimpl A {\n    pub fn two(\n        x: u8,\n    ) {\n        x\n    }\n\n    fn three();\n}\n";
    assert_eq!(functions(code), [("two", 5)]);
}
