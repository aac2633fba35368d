//! The command as its users meet it: exit codes, what goes to which stream, and what happens when nobody listens.

use crate::toy::{self, folder, write};
use assert_cmd::Command;
use jobsim::cli::conformance::{Args, run};
use jobsim::cli::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

/// `jobsim` with these arguments.
pub fn jobsim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    command.args(arguments);
    command
}

/// The file of one of the scenarios that come with the source.
pub fn scenario(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).display().to_string()
}

/// What a run printed: standard output, standard error, exit code.
pub fn outcome(arguments: &[&str]) -> (String, String, i32) {
    let output = jobsim(arguments).output().expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
    (text(output.stdout), text(output.stderr), output.status.code().expect("it exits by itself"))
}

/// A text as one line: lines are broken where a screen ends.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A recording that comes with the source.
fn recorded() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/jobs/basic.jsonl.gz").display().to_string()
}

#[test]
fn version_names_the_release_that_is_modelled() {
    let version =
        format!("jobsim {} (models Kubernetes v1.37; with --kubernetes v1.30 to v1.36)\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(outcome(&["--version"]), (version, String::new(), 0));
}

#[test]
fn help_is_data_and_wrong_usage_is_an_error() {
    let (help, talk, code) = outcome(&["--help"]);
    assert!(help.contains("conformance") && help.contains("Exit status"), "{help}");
    assert_eq!((talk.as_str(), code), ("", 0));
    assert!(outcome(&["conformance", "--help"]).0.contains("Examples:"));

    for wrong in [&["conformance"][..], &["--nonsense"], &["conformance", "x", "--threads", "0"], &["fly"]] {
        let (data, talk, code) = outcome(wrong);
        assert_eq!((data.as_str(), code), ("", 2), "{wrong:?}");
        assert!(talk.contains("--help") || talk.contains("Usage:"), "{talk}");
    }
}

#[test]
fn completions_come_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (script, talk, code) = outcome(&["completions", shell]);
        assert!(script.contains("conformance"), "{shell}");
        assert_eq!((talk.as_str(), code), ("", 0));
    }
    assert_eq!(outcome(&["completions", "cobol"]).2, 2);
}

#[test]
fn unreadable_input_is_an_error_that_names_the_file() {
    let root = folder("cli-unreadable");
    let text = write(root.join("text.jsonl"), ["hello"]).display().to_string();
    let unknown = write(root.join("unknown.jsonl"), [r#"{"corpus":"ship-history","name":"x"}"#]).display().to_string();
    let empty = write(root.join("empty.jsonl"), [""; 0]).display().to_string();
    for (path, why) in [
        (text.as_str(), "text.jsonl:1: not a case"),
        (&unknown, "unknown.jsonl:1: the corpus \"ship-history\" is not known"),
        (&empty, "empty.jsonl: no case"),
        ("/no/such/file", "/no/such/file: No such file"),
    ] {
        let (data, talk, code) = outcome(&["conformance", path]);
        assert_eq!((data.as_str(), code), ("", 2), "{talk}");
        assert!(talk.starts_with("error: ") && talk.contains(why), "{talk}");
    }
}

#[test]
fn a_recording_is_replayed_by_the_command() {
    let (data, talk, code) = outcome(&["conformance", &recorded()]);
    assert_eq!((data.lines().last(), talk.as_str(), code), (Some("148 of 148 equal"), "", 0), "{data}");

    let (data, _, code) = outcome(&["conformance", &recorded(), "-o", "json", "--threads", "1"]);
    let report: Value = serde_json::from_str(&data).expect("it is JSON");
    assert_eq!(code, 0);
    assert_eq!((&report["equal"], &report["byCorpus"]["job-history"]["total"]), (&148.into(), &148.into()));

    let (data, _, code) = outcome(&["conformance", &recorded(), "--case", "basic-11-00000"]);
    assert!(data.contains("basic.jsonl.gz:1") && data.ends_with("1 of 1 equal\n"), "{data}");
    assert_eq!(code, 0);
    let (data, talk, code) = outcome(&["conformance", &recorded(), "--case", "nobody"]);
    assert_eq!((data.as_str(), code), ("", 2));
    assert!(talk.contains("no case has the name or id \"nobody\""), "{talk}");
}

/// What `jobsim conformance` would print if it knew the toy corpus.
fn toy_run(args: &Args) -> (String, String, Result<CommandAnswer, Failure>) {
    let (mut data, mut talk) = (Vec::new(), Vec::new());
    let answer = run(args, toy::registry, &mut OutputStreams { data: &mut data, talk: &mut talk, columns: None });
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
    (text(data), text(talk), answer)
}

/// A folder with an equal case, twelve that differ and a file that is no recording.
fn toys(test: &str) -> PathBuf {
    let root = folder(test);
    write(root.join("a.jsonl"), [toy::equal("fine")]);
    write(root.join("b.jsonl"), (0..12).map(|i| toy::differing(&format!("d{i}"))));
    write(root.join("notes.txt"), [""]);
    root
}

#[test]
fn differences_are_shown_for_people() {
    let root = toys("cli-plain");
    let args = Args { paths: vec![root.clone()], ..Args::default() };
    let (data, talk, answer) = toy_run(&args);
    assert!(matches!(answer, Ok(CommandAnswer::No)));
    assert_eq!(talk.lines().count(), 1);
    assert!(talk.contains("notes.txt: passed over"), "{talk}");
    let data = data.replace(&root.display().to_string(), "ROOT");
    for part in [
        "\nROOT/a.jsonl        1        1\nROOT/b.jsonl        0       12  differs\n",
        "corpus    equal    total\ntoy           1       13  differs\n",
        "tag     equal    total\nall         1       13  differs\nbad         0       12  differs\ngood        1        1\n",
        "d0 differs, first at 1500000 µs (1.500000 s): ROOT/b.jsonl:1\n     expected  got\n  a  1         2\n",
        "… and 2 more differing",
    ] {
        assert!(data.contains(part), "{part}\nis not in\n{data}");
    }
    assert!(data.contains("\nd9 differs") && !data.contains("\nd10 differs"));
    assert!(data.ends_with("\n1 of 13 equal\n"));
}

#[test]
fn json_is_exactly_what_was_promised() {
    let args = Args { paths: vec![toys("cli-json")], output: OutputFormat::Json, ..Args::default() };
    let (data, _, answer) = toy_run(&args);
    assert!(matches!(answer, Ok(CommandAnswer::No)));
    let report: Value = serde_json::from_str(&data).expect("it is JSON");
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["equal", "total", "byCorpus", "byRelease", "byTag", "differing"]);
    assert_eq!(report["byTag"]["bad"], serde_json::json!({"equal": 0, "total": 12}));
    assert_eq!(report["differing"].as_array().map(Vec::len), Some(12));
    let first = &report["differing"][0];
    assert_eq!(keys(first), ["file", "case", "instant", "expected", "got"]);
    assert_eq!((&first["case"], &first["instant"], &first["got"]["a"]), (&"d0".into(), &1_500_000.into(), &2.into()));
}

#[test]
fn one_case_is_shown_whole() {
    let args = Args { paths: vec![toys("cli-case")], case: Some("fine".to_owned()), ..Args::default() };
    let (data, _, answer) = toy_run(&args);
    assert!(matches!(answer, Ok(CommandAnswer::Yes)));
    let lines: Vec<_> = data.lines().collect();
    assert!(lines[0].ends_with("a.jsonl:1"));
    assert!(lines[1].starts_with("the whole of {"));
    assert_eq!(lines.last(), Some(&"1 of 1 equal"));
}

/// The exit code and standard error of a command whose standard output was closed before it wrote anything.
pub fn with_closed_output(arguments: &[&str]) -> (Option<i32>, String) {
    let mut process = Process::new(env!("CARGO_BIN_EXE_jobsim"));
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    drop(reader);
    let output = process.args(arguments).stdout(writer).stderr(Stdio::piped()).output().expect("the command runs");
    (output.status.code(), String::from_utf8(output.stderr).expect("output is text"))
}

#[test]
fn who_closes_our_output_has_seen_enough() {
    for arguments in [&["--help"][..], &["--version"], &["completions", "bash"], &["conformance", "--help"]] {
        assert_eq!(with_closed_output(arguments), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full is there");
    let mut process = Process::new(env!("CARGO_BIN_EXE_jobsim"));
    let output = process.args(["completions", "bash"]).stdout(full).output().expect("the command runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the output"));
}

/// A reader that has gone.
struct Gone;

impl std::io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.write(&[]).map(drop)
    }
}

#[test]
fn a_broken_pipe_is_known_as_such_in_every_form() {
    let root = toys("cli-pipe");
    for output in [OutputFormat::Plain, OutputFormat::Json] {
        let args = Args { paths: vec![root.clone()], output, ..Args::default() };
        let answer = run(&args, toy::registry, &mut OutputStreams { data: &mut Gone, talk: &mut Gone, columns: None });
        let broken = matches!(&answer, Err(Failure::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe);
        assert!(broken, "{output:?}: {answer:?}");
    }
}
