//! `jobsim next`: the upcoming starts around changes of the clock, and how schedules that cannot be read are refused.

use crate::cli::flat;
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
    assert!(flat(text(&output.stdout)).contains("the clock goes forward from 02:00 to 03:00; no start at 02:30"));
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

/// The case 01-next-year-9999-panic.txt.
#[test]
fn the_list_ends_with_the_calendar() {
    let output = next(&["--schedule", "30 2 * * *", "--from=9999-12-30T00:00:00Z"], "");
    assert!(output.status.success());
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines[1], "  Thu 9999-12-30 02:30 +00:00  9999-12-30T02:30:00Z");
    assert_eq!(lines[2], "  note: the calendar ends here, at 9999-12-30T22:00:00Z; the schedule goes on");
    for zone in ["Asia/Tokyo", "America/New_York"] {
        for form in ["plain", "json"] {
            let from = "--from=9999-12-30T21:59:59Z";
            let output = next(&["--schedule", "* * * * *", "--time-zone", zone, from, "-o", form], "");
            assert!(output.status.success(), "{zone} {form}");
        }
    }
}

#[test]
fn the_zone_local_is_refused_as_the_server_refuses_it() {
    let output = next(&["--schedule", "@daily", "--time-zone", "Local"], "");
    assert_eq!(output.status.code(), Some(2));
    let why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    assert_eq!(text(&output.stderr), format!("error: --time-zone: {why}\n"));
}

#[test]
fn the_cronjobs_of_a_scenario_are_listed() {
    let nightly: String = NIGHTLY.lines().map(|line| format!("    {line}\n")).collect();
    let scenario = format!("apiVersion: jobsim/v1\nkind: Scenario\njobs:\n- inline:\n{nightly}");
    let output = next(&["-", "-n", "1", "--from", "2026-10-24T12:00:00Z"], &scenario);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("nightly: 30 2 * * * (Europe/Berlin)\n"), "{}", text(&output.stdout));
    // What is expected of a simulation, here of a time that there is not, does not matter to a list.
    let output = next(&["-", "-n", "1"], &format!("{scenario}expect: [P(complete within 4h) >= 95%]\n"));
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_time_beyond_the_calendar_is_refused_with_its_end() {
    for from in ["--from=9999-12-31T00:00:00Z", "--from=tomorrow"] {
        let output = next(&["--schedule", "@daily", from], "");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("at most 9999-12-30T22:00:00Z"), "{}", text(&output.stderr));
    }
}
