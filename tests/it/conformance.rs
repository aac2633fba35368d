//! Every recording that comes with the source, replayed through the library: none is skipped, and all cases are equal but
//! for those that the corpus' own list (`DIFFERENCES.md`) names with a reason. A listed case that has become equal fails
//! too.

use jobsim::conformance::{ReplayOptions, ReplayReport, replay, replayer};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of `tests/conformance`, each with a test of its name.
macro_rules! corpora {
    ($($corpus:ident),*) => {
        const CORPORA: &[&str] = &[$(stringify!($corpus)),*];
        $(
            #[test]
            fn $corpus() {
                every_case_is_equal(stringify!($corpus));
            }
        )*
    };
}

corpora!(cronjob, fleet, jobs, kubelet, nodes, releases, validation);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn every_case_is_equal(corpus: &str) {
    let corpus = root().join(corpus);
    let listed = listed(&corpus);
    let report = replay(&[corpus], replayer, &ReplayOptions::default());
    assert_equal_but_for(&listed, &report.unwrap_or_else(|error| panic!("{error}")));
}

#[test]
fn no_recording_is_left_out() {
    let entries = fs::read_dir(root()).expect("tests/conformance is there");
    let names = entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned());
    assert_eq!(names.collect::<BTreeSet<_>>(), CORPORA.iter().map(|name| (*name).to_owned()).collect());
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
