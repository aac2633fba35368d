//! Every recording that comes with the source, replayed through the library: all cases are equal, none is skipped.

use jobsim::conformance::{Options, Report, replay, replayer};
use std::fs;
use std::path::Path;

#[test]
fn every_recorded_case_is_equal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    for entry in fs::read_dir(&root).expect("tests/conformance is there") {
        let corpus = entry.expect("it can be read").path();
        let report = replay(&[corpus], replayer, &Options { limit: 1, ..Options::default() });
        assert_all_equal(&report.unwrap_or_else(|error| panic!("{error}")));
    }
}

fn assert_all_equal(report: &Report) {
    assert!(report.passed_over.is_empty(), "not replayed: {:?}", report.passed_over);
    if let Some(first) = report.differing.first() {
        let (equal, total) = (report.all.equal, report.all.total);
        let (file, line) = (first.file.display(), first.line);
        panic!(
            "{equal} of {total} equal; the first that differs is {} ({file}:{line}): {:#?}",
            first.case, first.difference
        );
    }
    assert_eq!(report.all.equal, report.all.total);
    assert!(report.all.total > 0);
}
