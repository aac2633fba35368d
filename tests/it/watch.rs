//! `jobsim watch`: lines where output is no terminal, and a screen that takes keys where it is one.

use crate::cli::{flat, scenario};
use assert_cmd::Command;
use std::io::Write;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

#[test]
fn where_nobody_looks_every_change_is_a_line_and_nobody_waits() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_jobsim")).args(["watch", &scenario("backoff.yaml")]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let of_first: Vec<_> =
        text.lines().map(words).filter(|w| w.get(1).is_some_and(|name| name == "failing-1")).collect();
    let statuses: Vec<&str> = of_first.iter().map(|w| w[3].as_str()).collect();
    assert_eq!(statuses, ["Pending", "ContainerCreating", "Running", "Error"]);
    assert_eq!(of_first[3][5], "30s", "its age");
    for part in
        ["(back-off 5m20s after 6 in a row)", "# job/failing: ", "FailureTarget=True", "Outcome: Failed after 9m"]
    {
        assert!(flat(&text).contains(part), "{part}\nis not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours and cursors in lines");
}

#[test]
fn with_a_speed_lines_come_in_their_time() {
    // 541 s of virtual time in about half a second.
    let began = Instant::now();
    let arguments = ["watch", &scenario("backoff.yaml"), "--speed", "1000x"];
    assert!(Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).output().unwrap().status.success());
    assert!(began.elapsed() >= Duration::from_millis(530), "{:?}", began.elapsed());
    let wrong = Command::new(env!("CARGO_BIN_EXE_jobsim")).args(["watch", "x.yaml", "--speed", "-3"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_there_is_a_screen_that_takes_keys_and_is_given_back() {
    let script = "/usr/bin/script";
    if !Path::new(script).exists() {
        eprintln!("watch: SKIPPED on a terminal, as {script} is not installed");
        return;
    }
    let command = format!("'{}' watch '{}' --speed 10x", env!("CARGO_BIN_EXE_jobsim"), scenario("backoff.yaml"));
    let mut process = Process::new(script);
    process.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = process.spawn().expect("it runs");
    let mut keys = child.stdin.take().expect("its input is ours");
    // A pause, the next two changes, faster; then enough.
    for key in [" ", ".", ".", "+", "q"] {
        std::thread::sleep(Duration::from_millis(250));
        keys.write_all(key.as_bytes()).expect("it listens");
        keys.flush().expect("it listens");
    }
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let (screen, after) = text.rsplit_once("\u{1b}[?1049l").expect("the screen is given back");
    assert!(screen.contains("\u{1b}[?1049h"), "the screen is taken");
    for part in ["jobsim watch  +", "paused", "  20x", "NAME", "space pause"] {
        assert!(screen.contains(part), "{part}\nis not in\n{screen:?}");
    }
    assert!(after.contains("failing   Running"), "what was seen last stays: {after:?}");
}
