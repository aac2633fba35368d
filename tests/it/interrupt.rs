//! Ctrl-C, SIGTERM and SIGHUP: what is done is shown and saved, marked as partial, without gaps; the exit status is 130.
#![cfg(unix)]

use crate::design::job;
use jobsim::experiment::result::ResultFile;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command that would take hours, and interrupts it after a while: a longer one if it had not begun by then.
fn interrupted(args: &[&str]) -> (String, String, Option<i32>) {
    let waits = [2, 8, 30].map(Duration::from_secs);
    let has_begun = |ended: &(String, String, Option<i32>)| ended.2.is_some() && !ended.0.contains("of 0 replications");
    let mut all = waits.into_iter().map(|wait| interrupted_after(wait, args));
    all.find(has_begun).expect("it begins within half a minute")
}

fn interrupted_after(wait: Duration, args: &[&str]) -> (String, String, Option<i32>) {
    interrupted_by("-INT", wait, args)
}

/// Runs a command and sends it a signal after a while.
fn interrupted_by(signal: &str, wait: Duration, args: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(wait);
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().expect("there is kill").success());
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(asked.elapsed() < Duration::from_secs(60), "it ends soon after");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
    (text(output.stdout), text(output.stderr), output.status.code())
}

const MANY: [&str; 6] = ["-n", "100000000", "--threads", "2", "--budget", "1000"];

#[test]
fn a_run_that_is_interrupted_gives_what_there_is() {
    let (root, file) = job("interrupt-run");
    let saved = root.join("r.json").display().to_string();
    let (text, talk, code) = interrupted(&[&["run", &file, "--fail", "15%", "--save", &saved], &MANY[..]].concat());
    assert_eq!(code, Some(130), "{talk}");
    assert!(text.starts_with("Incomplete: this is of "), "{text}");
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
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.starts_with("Incomplete: ") && flat.contains("worse in the time to complete"), "{text}");

    let solve = ["solve", &file, "--fail", "15%", "--field", "spec.backoffLimit=0..9", "--goal", "P(Complete) >= 90%"];
    let (text, _, code) = interrupted(&[&solve[..], &MANY].concat());
    assert_eq!(code, Some(130));
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("Interrupted before there was an answer"), "{text}");
}

/// The case 16-solve-interrupted: the saved result said that it was certain.
#[test]
fn a_search_that_is_interrupted_says_so_in_every_form() {
    let (root, file) = job("interrupt-solve");
    let saved = root.join("s.json").display().to_string();
    let solve = ["solve", &file, "--fail", "15%", "--field", "spec.backoffLimit=0..12", "--goal", "P(Complete) >= 90%"];
    let (text, talk, code) = interrupted(&[&solve[..], &MANY, &["--save", &saved, "-o", "json"]].concat());
    assert_eq!(code, Some(130), "{talk}");
    let answer: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(
        (&answer["solution"]["partial"], &answer["solution"]["certain"]),
        (&true.into(), &false.into()),
        "{text}"
    );
    let result: ResultFile = jobsim::report::load(Path::new(&saved)).expect("it was saved");
    let solution = result.solution.expect("it searched");
    assert!(result.partial && solution.partial && !solution.certain && solution.value.is_none());
    assert!(!result.points.is_empty(), "the replications that are done are kept");
    assert!(result.points.iter().all(|point| point.summary.partial && point.summary.replications > 0), "and marked");
    let points = answer["points"].as_array().expect("there are points");
    assert!(
        points.iter().all(|p| p["summary"]["replications"].as_u64() > Some(0) && p["measures"][0]["value"].is_number()),
        "{text}"
    );
}

#[test]
fn sigterm_and_sighup_are_as_ctrl_c_in_every_command() {
    let (root, file) = job("interrupt-signals");
    let saved = root.join("r.json").display().to_string();
    let run = [&["run", &file, "--fail", "15%", "--save", &saved, "-o", "jsonl"], &MANY[..]].concat();
    let limited: Vec<&str> = run.iter().map(|arg| if *arg == "100000000" { "3000000" } else { arg }).collect();
    for signal in ["-TERM", "-HUP"] {
        let (text, talk, code) = interrupted_by(signal, Duration::from_secs(5), &limited);
        assert_eq!(code, Some(130), "{talk}");
        let last = text.lines().last().expect("there are lines");
        assert!(last.starts_with("{\"partial\":true"), "{last}");
        assert!(jobsim::report::load(Path::new(&saved)).expect("it was saved").partial);
    }
    let watch = ["watch", &file, "--speed", "0.001x"];
    let (text, talk, code) = interrupted_by("-TERM", Duration::from_secs(3), &watch);
    assert_eq!(code, Some(130), "{talk}");
    assert!(talk.contains("what is shown is not the end") && text.contains("NAME"), "{text}{talk}");
}

/// A CronJob whose days take minutes to simulate.
fn endless(test: &str) -> String {
    let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: often}\nspec: {schedule: \"* * * * *\", jobTemplate: {spec: \
                {template: {spec: {restartPolicy: Never, containers: [{name: main, image: x}]}}}}}\n";
    crate::toy::write(crate::toy::folder(test).join("often.yaml"), [text]).display().to_string()
}

const YEARS: [&str; 6] = ["--days", "36500", "--budget", "1000", "--run", "20s"];

/// One long replication that is stopped shows how far it has come, and says so on both streams and to machines.
#[test]
fn a_single_run_that_is_interrupted_shows_what_there_is() {
    let file = endless("interrupt-single");
    for (signal, form) in [("-INT", "plain"), ("-TERM", "json")] {
        let run = [&["run", &file, "-o", form], &YEARS[..]].concat();
        let (text, talk, code) = interrupted_by(signal, Duration::from_secs(6), &run);
        assert_eq!(code, Some(130), "{talk}");
        assert!(talk.contains("interrupted at +") && talk.contains("of virtual time"), "{talk}");
        if form == "json" {
            let answer: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
            assert_eq!(answer["partial"], true);
            assert!(answer["record"]["ends"]["complete"].as_u64() > Some(0), "{}", answer["record"]["ends"]);
        } else {
            assert!(text.starts_with("Interrupted at +") && text.contains("this is what there is"), "{text}");
            assert!(text.contains("\nResult:") && text.contains(" Jobs Complete"), "{text}");
        }
    }
}

/// On a terminal a single run that takes longer than a second says how far it is; on a pipe it does not.
#[test]
fn a_long_single_run_shows_virtual_time_and_pods_on_the_terminal() {
    let file = endless("interrupt-progress");
    let run = [&["run", &file], &YEARS[..]].concat();
    let words: Vec<String> = run.iter().map(|word| format!("'{word}'")).collect();
    let command = format!("{} {}", env!("CARGO_BIN_EXE_jobsim"), words.join(" "));
    // `script` gives the command a terminal of its own; `timeout` sends it the signal.
    let on_terminal = format!("timeout -s INT 8 {command} > /dev/null");
    let output = Command::new("script")
        .args(["-qec", &on_terminal, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("there is script");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("simulating") && shown.contains("of virtual time") && shown.contains(" Pods, "), "{shown}");
    let (_, talk, _) = interrupted_by("-INT", Duration::from_secs(4), &run);
    assert!(!talk.contains("simulating"), "{talk}");
}
