//! Ctrl-C: what is done is shown and saved, marked as partial, without gaps; the exit status is 130.
#![cfg(unix)]

use crate::design::job;
use jobsim::experiment::result::ResultFile;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command that would take hours, and interrupts it after a while: a longer one if it had not begun by then.
fn interrupted(args: &[&str]) -> (String, String, Option<i32>) {
    let waits = [2, 8, 30].map(Duration::from_secs);
    let has_begun =
        |ended: &(String, String, Option<i32>)| ended.2.is_some() && !ended.0.contains("first 0 replications");
    let mut all = waits.into_iter().map(|wait| interrupted_after(wait, args));
    all.find(has_begun).expect("it begins within half a minute")
}

fn interrupted_after(wait: Duration, args: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(wait);
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("there is kill").success());
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(asked.elapsed() < Duration::from_secs(60), "it ends soon after");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (text(output.stdout), text(output.stderr), output.status.code())
}

const MANY: [&str; 4] = ["-n", "100000000", "--threads", "2"];

#[test]
fn a_run_that_is_interrupted_gives_what_there_is() {
    let (root, file) = job("interrupt-run");
    let saved = root.join("r.json").display().to_string();
    let (text, talk, code) = interrupted(&[&["run", &file, "--fail", "15%", "--save", &saved], &MANY[..]].concat());
    assert_eq!(code, Some(130), "{talk}");
    assert!(text.starts_with("Interrupted: this is of the first "), "{text}");
    assert!(talk.contains("of 100000000 replications are done, and the answer is of these"), "{talk}");
    let result: ResultFile = jobsim::report::load(Path::new(&saved)).expect("it was saved");
    let point = &result.points[0];
    assert!(point.summary.partial && point.summary.replications > 0);
    assert_eq!(point.records.len(), point.summary.replications as usize);
    assert!(point.records.iter().enumerate().all(|(n, record)| record.replication == n as u32), "there are no gaps");
}

#[test]
fn a_sweep_and_a_comparison_that_are_interrupted_give_what_there_is() {
    let (_, file) = job("interrupt-sweep");
    let sweep = ["sweep", &file, "--fail", "15%", "-P", "spec.backoffLimit=0..3", "-o", "csv"];
    let (text, talk, code) = interrupted(&[&sweep[..], &MANY].concat());
    assert_eq!(code, Some(130), "{talk}");
    assert!(talk.contains("interrupted: 4 of 4 points have less than 100000000 replications"), "{talk}");
    assert_eq!(text.lines().skip(1).filter(|line| line.split(',').nth(2) == Some("true")).count(), 4, "{text}");

    let compare = ["compare", &file, "--fail", "15%", "--with", "spec.parallelism=1"];
    let (text, _, code) = interrupted(&[&compare[..], &MANY].concat());
    assert_eq!(code, Some(130));
    assert!(text.starts_with("Interrupted: ") && text.contains("worse in the time to complete"), "{text}");

    let solve = ["solve", &file, "--fail", "15%", "--field", "spec.backoffLimit=0..9", "--goal", "P(Complete) >= 90%"];
    let (text, _, code) = interrupted(&[&solve[..], &MANY].concat());
    assert_eq!(code, Some(130));
    assert!(text.contains("Interrupted before there was an answer"), "{text}");
}
