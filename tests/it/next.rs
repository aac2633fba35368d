//! `jobsim next`: the coming starts around changes of the clock, and how schedules that cannot be read are refused.

use assert_cmd::Command;
use serde_json::Value;
use std::process::Output;

fn next(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    command.arg("next").args(arguments).write_stdin(input).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("output is text")
}

const NIGHTLY: &str = "apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: '30 2 * * *'
  timeZone: Europe/Berlin
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: busybox}]
";

#[test]
fn a_doubled_time_is_marked() {
    let output = next(&["-", "-n", "3", "--from", "2026-10-24T12:00:00Z"], NIGHTLY);
    assert!(output.status.success());
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    let expected = [
        "nightly: 30 2 * * * (Europe/Berlin)",
        "  Sun 2026-10-25 02:30 +02:00  2026-10-25T00:30:00Z",
        "  -- Sun 2026-10-25: the clock goes back from 03:00 to 02:00",
        "  Sun 2026-10-25 02:30 +01:00  2026-10-25T01:30:00Z  second time",
        "  Mon 2026-10-26 02:30 +01:00  2026-10-26T01:30:00Z",
    ];
    assert_eq!(lines[..5], expected);
    assert!(lines[5].starts_with("  note: When the clock goes forward"));
}

#[test]
fn a_skipped_time_is_told_in_both_forms() {
    let arguments = ["-", "-n", "1", "--from", "2027-03-27T12:00:00Z"];
    let output = next(&arguments, NIGHTLY);
    assert!(text(&output.stdout).contains("the clock goes forward from 02:00 to 03:00; no start at 02:30\n"));
    let output = next(&[&arguments[..], &["-o", "json"]].concat(), NIGHTLY);
    let list: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let start = &list[0]["starts"][0];
    assert_eq!(start["local"], "2027-03-29T02:30:00+02:00");
    assert_eq!(start["clockChanges"][0]["skipped"][0], "2027-03-28T02:30:00");
}

#[test]
fn a_schedule_that_never_fires_is_a_no() {
    let output = next(&["--schedule", "0 0 31 2 *", "--from", "2026-01-01T00:00:00Z"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("never fires"));
}

#[test]
fn other_programs_syntax_is_named_where_it_is_refused() {
    for (schedule, words) in [("@reboot", "classic cron"), ("0 0 3 * * *", "minutes"), ("0 3 * * 7", "Sunday is 0")] {
        let output = next(&["--schedule", schedule], "");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    let output = next(&["--schedule", "@daily", "--time-zone", "europe/berlin"], "");
    assert_eq!(text(&output.stderr), "error: --time-zone: unknown time zone europe/berlin\n");
    let output = next(&["-"], "apiVersion: v1\nkind: List\nitems: []\n");
    assert_eq!(output.status.code(), Some(2));
}
