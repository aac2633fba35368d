//! The fuzz targets, run by the stable compiler over their seeds and over variations of them. It is no fuzzing: nothing
//! looks at which code was reached. It keeps the targets compiling, and what a fuzzer once found from coming back.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/targets.rs"]
mod targets;

/// Variations of seeds for each target.
const VARIATIONS: u32 = 200;

/// Bytes that mean something in one of the texts.
const TOKENS: &[&str] = &[
    "-",
    "-1",
    "0",
    "1e308",
    "1e-308",
    "99999999999999999999",
    "NaN",
    "inf",
    "\u{feff}",
    "\0",
    "\u{e9}",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":",
    ": ",
    ", ",
    "\n",
    "\n---\n",
    "\t",
    "\"",
    "'",
    "&a ",
    "*a",
    "!!binary ",
    "%",
    "|",
    "=",
    ">=",
    "~",
    "null",
    "true",
    "never",
    "d",
    "h",
    "µs",
    "spec",
    "status",
];

/// One change of a text. Places are relative, so that a change fits any text.
#[derive(Clone, Debug)]
enum Edit {
    Delete(Index, usize),
    Repeat(Index, usize),
    Overwrite(Index, u8),
    Insert(Index, &'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Repeat(at, length)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Overwrite(at, byte)),
        (any::<Index>(), proptest::sample::select(TOKENS)).prop_map(|(at, token)| Edit::Insert(at, token)),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    let place = |at: &Index| at.index(bytes.len() + 1);
    match edit {
        Edit::Delete(at, length) => {
            let at = place(at);
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Edit::Repeat(at, length) => {
            let at = place(at);
            let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
        Edit::Overwrite(at, byte) => {
            let at = place(at);
            if let Some(old) = bytes.get_mut(at) {
                *old = *byte;
            }
        }
        Edit::Insert(at, token) => {
            let at = place(at);
            bytes.splice(at..at, token.bytes());
        }
    }
}

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fuzz/corpus").join(target)];
    if target == "scenarios" || target == "runs" {
        folders.push(root.join("scenarios"));
    }
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a target has seeds"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), fs::read(file).expect("a seed can be read"))).collect()
}

fn replay(name: &str) {
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).expect("there is such a target");
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|(_, bytes)| target(bytes));
    let mut runner = TestRunner::new_with_rng(
        Config { cases: VARIATIONS, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let cases = (proptest::sample::select(seeds), proptest::collection::vec(edit(), 1..6));
    let outcome = runner.run(&cases, |((_, mut bytes), edits)| {
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        target(&bytes);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn manifests_of_any_kind_are_taken_or_refused() {
    replay("manifests");
}

#[test]
fn scenarios_of_any_kind_are_taken_or_refused() {
    replay("scenarios");
}

#[test]
fn goals_of_any_kind_are_taken_or_refused() {
    replay("goals");
}

#[test]
fn distributions_that_are_taken_are_read_back() {
    replay("distributions");
}

#[test]
fn durations_that_are_taken_are_read_back() {
    replay("durations");
}

#[test]
fn results_that_are_taken_are_written_alike() {
    replay("results");
}

#[test]
fn dumps_of_any_kind_are_explained_or_refused() {
    replay("dumps");
}

#[test]
fn inputs_of_any_kind_run_to_an_end() {
    replay("runs");
}

#[test]
fn every_target_has_a_file_and_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, _) in targets::TARGETS {
        let text = fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs"))).expect("a target has a file");
        assert!(text.contains(&format!("targets::{name}(data)")), "{name}");
        assert!(root.join("corpus").join(name).is_dir(), "{name}");
    }
}
