//! Every recording that comes with the source, replayed through the library: none is skipped, and all cases are equal but
//! for those that the corpus' own list (`DIFFERENCES.md`) names with a reason. A listed case that has become equal fails
//! too.

use jobsim::conformance::{ReplayOptions, ReplayReport, replay, replayer};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_recorded_case_is_equal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    for entry in fs::read_dir(&root).expect("tests/conformance is there") {
        let corpus = entry.expect("it can be read").path();
        let listed = listed(&corpus);
        let report = replay(&[corpus], replayer, &ReplayOptions::default());
        assert_equal_but_for(&listed, &report.unwrap_or_else(|error| panic!("{error}")));
    }
}

/// The cases that a corpus' list of differences names: the first column of its table.
fn listed(corpus: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(corpus.join("DIFFERENCES.md")).unwrap_or_default();
    let cases = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cases.map(|(case, _)| case.to_owned()).collect()
}

fn assert_equal_but_for(listed: &BTreeSet<String>, report: &ReplayReport) {
    assert!(report.passed_over.is_empty(), "not replayed: {:?}", report.passed_over);
    if let Some(first) = report.differing.iter().find(|case| !listed.contains(&case.case)) {
        let (equal, total) = (report.all.equal, report.all.total);
        let (file, line) = (first.file.display(), first.line);
        panic!(
            "{equal} of {total} equal; the first that differs is {} ({file}:{line}): {:#?}",
            first.case, first.difference
        );
    }
    let differing: BTreeSet<String> = report.differing.iter().map(|case| case.case.clone()).collect();
    assert_eq!(&differing, listed, "a listed difference is equal now");
    assert!(report.all.total > 0);
}
