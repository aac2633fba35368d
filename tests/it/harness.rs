//! The conformance harness, held by a toy corpus: what is found, counted, named and refused, whatever the threads.

use crate::toy::{self, differing, equal, folder, write, write_bytes};
use jobsim::conformance::value::ByValue;
use jobsim::conformance::{Count, ReplayError, ReplayOptions, ReplayReport, Replayer, replay};
use std::path::{Path, PathBuf};

fn run(paths: &[PathBuf]) -> Result<ReplayReport, ReplayError> {
    replay(paths, toy::registry, &ReplayOptions::default())
}

/// The message with which a file of these lines is refused, without its folder.
fn refusal(test: &str, lines: &[&str]) -> String {
    let folder = folder(test);
    let file = write(folder.join("f.jsonl"), lines);
    message(&folder, run(&[file]))
}

fn message(folder: &Path, outcome: Result<ReplayReport, ReplayError>) -> String {
    let text = outcome.expect_err("it is refused").to_string();
    text.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn folders_are_searched_in_order_and_counted_by_everything() {
    let root = folder("folders");
    write(root.join("b/two.jsonl"), [differing("d1"), equal("e1"), String::new(), "  ".into()]);
    write(root.join("a.jsonl.gz"), [equal("e2"), differing("d2")]);
    write(root.join("c.jsonl"), [r#"{"corpus":"toy","id":"i","name":"n","family":"fam","kind":"k","expected":2}"#]);
    write(root.join("README.md"), ["not a recording"]);
    write(root.join("notes.txt"), ["not a recording either"]);
    let report = run(&[root.clone(), root.join("a.jsonl.gz")]).expect("it is readable");

    assert_eq!(report.all, Count { equal: 2, total: 5 });
    assert_eq!(report.by_corpus["toy"], Count { equal: 2, total: 5 });
    assert_eq!(report.by_tag["bad"], Count { equal: 0, total: 2 });
    assert_eq!(report.by_tag["all"], Count { equal: 2, total: 4 });
    assert_eq!(report.by_tag["fam"], Count { equal: 0, total: 1 });
    assert_eq!(report.by_tag.len(), 4);
    let files: Vec<_> =
        report.by_file.iter().map(|(file, count)| (file.strip_prefix(&root).unwrap(), *count)).collect();
    let half = Count { equal: 1, total: 2 };
    let expected = [("a.jsonl.gz", half), ("b/two.jsonl", half), ("c.jsonl", Count { equal: 0, total: 1 })];
    assert_eq!(files, expected.map(|(name, count)| (Path::new(name), count)));
    let cases: Vec<_> = report.differing.iter().map(|case| (case.case.as_str(), case.line)).collect();
    assert_eq!(cases, [("d2", 2), ("d1", 1), ("i", 1)]);
    assert_eq!(report.passed_over, [root.join("notes.txt")]);
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    let root = folder("threads");
    let case = |i: usize| if i.is_multiple_of(7) { differing(&format!("c{i}")) } else { equal(&format!("c{i}")) };
    write(root.join("big.jsonl.gz"), (0..20_000).map(case));
    (0..40).for_each(|file| drop(write(root.join(format!("small{file}.jsonl")), (0..3).map(case))));
    let reports: Vec<_> = [1, 2, 7]
        .map(|threads| ReplayOptions { threads, limit: 12, case: None })
        .map(|options| replay(std::slice::from_ref(&root), toy::registry, &options).expect("it is readable"))
        .into();
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
    assert_eq!(reports[0].all, Count { equal: 17_142 + 80, total: 20_120 });
    assert_eq!(reports[0].differing.len(), 12);
    assert_eq!(reports[0].differing[11].case, "c77");
}

#[test]
fn the_first_fault_is_named_whatever_the_threads() {
    let root = folder("first-fault");
    write(root.join("a.jsonl"), (0..5_000).map(|i| equal(&format!("a{i}"))));
    write(root.join("b.jsonl"), (0..5_000).map(|i| if i == 4_000 { "oops".into() } else { equal("b") }));
    write(root.join("c.jsonl"), ["oops"]);
    write(root.join("d.jsonl"), [""]);
    for threads in [1, 2, 5] {
        let options = ReplayOptions { threads, ..ReplayOptions::default() };
        let outcome = replay(std::slice::from_ref(&root), toy::registry, &options);
        assert!(message(&root, outcome).starts_with("b.jsonl:4001: not a case: "));
    }
}

#[test]
fn what_is_no_case_is_refused_with_file_and_line() {
    let good = &equal("e");
    assert!(refusal("text", &[good, "hello"]).starts_with("f.jsonl:2: not a case: "));
    assert!(refusal("truncated", &[good, "", &good[..30]]).ends_with("(column 30)"));
    assert_eq!(refusal("list", &["[1]"]), "f.jsonl:1: not a case: a case is a JSON object on one line");
    assert_eq!(refusal("no-corpus", &[r#"{"name":"x"}"#]), "f.jsonl:1: not a case: it has no `corpus`");
    assert_eq!(refusal("no-name", &[r#"{"corpus":"toy"}"#]), "f.jsonl:1: not a case: neither `id` nor `name`");
    assert_eq!(refusal("half", &[r#"{"corpus":"toy","name":"x"}"#]), "f.jsonl:1: a toy needs `expected`");
    let unknown = refusal("unknown", &[good, r#"{"corpus":"ship-history","name":"x"}"#]);
    assert_eq!(unknown, "f.jsonl:2: the corpus \"ship-history\" is not known to this version");
}

#[test]
fn what_is_no_recording_is_refused() {
    let root = folder("no-recording");
    let refused = |path: &Path| message(&root, run(&[path.to_owned()]));
    assert_eq!(refused(&write(root.join("empty.jsonl"), [""; 0])), "empty.jsonl: no case in this file");
    assert_eq!(refused(&write(root.join("blank.jsonl.gz"), ["", " \t"])), "blank.jsonl.gz: no case in this file");
    assert!(refused(&root.join("missing.jsonl")).starts_with("missing.jsonl: No such file"));

    write(root.join("docs/FORMAT.md"), ["text"]);
    assert!(refused(&root.join("docs")).starts_with("docs: no case: "));

    let packed = toy::gzip(equal("e").repeat(1000).as_bytes());
    let cut = root.join("cut.gz");
    std::fs::write(&cut, &packed[..packed.len() / 2]).expect("a file can be written");
    assert!(refused(&cut).starts_with("cut.gz:1: "), "{}", refused(&cut));
    let plain = root.join("plain.gz");
    std::fs::write(&plain, equal("e")).expect("a file can be written");
    assert_eq!(refused(&plain), "plain.gz: not gzip, though it is named .gz");
}

#[test]
fn files_named_outright_may_have_any_name_and_line_ends() {
    let root = folder("any-name");
    let text = format!("\u{feff}{}\r\n{}", equal("first"), equal("last, without a line feed"));
    let odd = write_bytes(root.join("odd.txt"), text.as_bytes());
    let mut twice = toy::gzip(format!("{}\n", equal("one member")).as_bytes());
    twice.extend(toy::gzip(format!("{}\n", equal("another")).as_bytes()));
    let members = root.join("members");
    std::fs::write(&members, twice).expect("a file can be written");
    assert_eq!(run(&[odd, members]).expect("it is readable").all, Count { equal: 4, total: 4 });
}

#[test]
fn a_panic_is_a_difference() {
    let root = folder("panic");
    let file = write(root.join("f.jsonl"), [r#"{"corpus":"toy","name":"p","panic":true}"#.to_owned(), equal("e")]);
    let report = run(std::slice::from_ref(&file)).expect("it is readable");
    assert_eq!(report.all, Count { equal: 1, total: 2 });
    assert_eq!(report.differing[0].difference.got, "the simulator panicked: this case panics");
    let options = ReplayOptions { case: Some("p".into()), ..ReplayOptions::default() };
    let report = replay(&[file], toy::registry, &options).expect("it is readable");
    assert_eq!(
        report.shown.expect("it is shown").text,
        "the whole of {\"corpus\":\"toy\",\"name\":\"p\",\"panic\":true}"
    );
}

#[test]
fn one_case_is_found_by_name_or_id_and_only_it_is_replayed() {
    let root = folder("one-case");
    let elsewhere = r#"{"corpus":"elsewhere","id":"e1","name":"other"}"#.to_owned();
    let named = r#"{"corpus":"toy","id":"t1","name":"twin","expected":1,"got":1}"#.to_owned();
    let twin = differing("twin");
    let file = write(root.join("f.jsonl"), [elsewhere, named, twin]);
    let find = |name: &str| {
        let options = ReplayOptions { case: Some(name.to_owned()), ..ReplayOptions::default() };
        replay(std::slice::from_ref(&file), toy::registry, &options)
    };
    let by_id = find("t1").expect("it is there");
    assert_eq!(by_id.all, Count { equal: 1, total: 1 });
    let by_name = find("twin").expect("they are there");
    assert_eq!(by_name.all, Count { equal: 1, total: 2 });
    assert_eq!(by_name.shown.as_ref().map(|shown| shown.line), Some(2));
    assert_eq!(find("nobody"), Err(ReplayError::NoSuchCase("nobody".to_owned())));
    assert!(matches!(find("e1"), Err(ReplayError::Unreadable(_))), "an unknown corpus is named");
}

#[test]
fn a_circle_of_links_is_walked_once() {
    let root = folder("circle");
    write(root.join("in/f.jsonl"), [equal("e")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(&root, root.join("in/up")).expect("a link can be made");
    assert_eq!(run(&[root]).expect("it is readable").all.total, 1);
}

#[test]
fn a_comparison_of_values_is_a_replayer() {
    let compare = |record: &serde_json::Value| match record.get("n") {
        Some(n) if *n == 1 => Ok(None),
        Some(n) => Ok(Some((1.into(), n.clone()))),
        None => Err("no n".to_owned()),
    };
    let mut replayer = ByValue(compare);
    assert_eq!(replayer.replay(br#"{"n":1}"#).expect("a case").difference, None);
    let difference = replayer.replay(br#"{"n":2}"#).expect("a case").difference.expect("it differs");
    assert_eq!((difference.instant, difference.expected, difference.got), (None, 1.into(), 2.into()));
    assert_eq!(replayer.replay(b"{}"), Err("no n".to_owned()));
    assert_eq!(replayer.replay(b"{"), Err("EOF while parsing an object (column 1)".to_owned()));
    let whole = replayer.show(br#"{"n":2}"#).expect("a case");
    assert!(whole.starts_with("{\n  \"n\": 2\n}\n\n") && whole.contains("expected"), "{whole}");
    assert!(replayer.show(br#"{"n":1}"#).expect("a case").ends_with("\nequal\n"));
}

#[test]
fn deep_records_are_read_and_hostile_ones_refused() {
    let nested = |levels: usize| format!(r#"{{"s":"\"]]","v":{}1{}}}"#, "[\"]]\",".repeat(levels), "]".repeat(levels));
    let mut replayer = ByValue(|record| Ok(Some((record.clone(), serde_json::Value::Null))));
    let verdict = replayer.replay(nested(511).as_bytes()).expect("it is read");
    assert!(verdict.difference.is_some());
    assert!(replayer.show(nested(511).as_bytes()).is_ok());
    let hostile = replayer.replay(nested(1_000_000).as_bytes());
    assert_eq!(hostile, Err("nested deeper than 512 levels".to_owned()));
}
