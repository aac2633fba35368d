//! Why things happened: `run --why` and `run --step`. What is told is held against the record of the same run, so that no rule
//! stands at a wait or an end that it does not explain.

use crate::cli::{flat, jobsim, outcome, scenario};
use jobsim::explain::{CourseChange, RunCourse};
use jobsim::limits::MOST_STEPPED;
use jobsim::{Input, Simulator};

/// Scenarios that between them have every kind of wait and end.
const SCENARIOS: [&str; 9] = [
    "backoff.yaml",
    "controller-restart.yaml",
    "deadline.yaml",
    "drain.yaml",
    "leader-success.yaml",
    "onfailure.yaml",
    "poison-index.yaml",
    "quota.yaml",
    "suspend-resume.yaml",
];

fn resolved(name: &str) -> jobsim::Resolved {
    let input = Input::read(&[scenario(name)]).expect("it can be read");
    input.resolve().expect("it is a scenario")
}

fn changes(course: &RunCourse) -> impl Iterator<Item = &CourseChange> {
    course.steps.iter().flat_map(|step| &step.changes)
}

#[test]
fn each_wait_of_the_record_is_a_step_with_its_formula() {
    let mut seen = 0;
    for name in SCENARIOS {
        let setup = resolved(name).setup;
        let course = RunCourse::of(&setup, 0, MOST_STEPPED).expect("it ends");
        let mut simulator = Simulator::new(&setup);
        simulator.run(0, false);
        let waits: Vec<_> = simulator.recorder().jobs.iter().flat_map(|job| &job.waits).collect();
        let told: Vec<_> = changes(&course).filter(|change| change.what.starts_with("waits until")).collect();
        assert!(told.len() >= waits.len(), "{name}: {} of {} waits", told.len(), waits.len());
        for wait in waits {
            // The sum is made here by hand, not by the crate.
            let seconds = f64::from((10 << (wait.wait.failures - 1)).min(600));
            assert_eq!(wait.wait.backoff.as_secs_f64(), seconds, "{name}");
            let formula = match wait.wait.failures {
                1 => ": 10s, counted".to_owned(),
                n => format!(": 10s × 2^{}", n - 1),
            };
            let whole = format!("back-off {} after {} in a row", wait.wait.backoff, wait.wait.failures);
            let found = told.iter().find(|change| change.what.contains(&whole)).expect("it is a step");
            let why = found.why.as_ref().unwrap_or_else(|| panic!("{name}: {} has a rule", found.what));
            assert!(why.text.contains(&formula) && why.source.contains("getRemainingTime"), "{name}: {why:?}");
            seen += 1;
        }
    }
    assert!(seen >= 12, "the scenarios wait {seen} times");
}

#[test]
fn failures_creations_and_ends_have_rules_with_sources() {
    let mut kinds = std::collections::BTreeSet::new();
    for name in SCENARIOS {
        let course = RunCourse::of(&resolved(name).setup, 0, MOST_STEPPED).expect("it ends");
        for change in changes(&course) {
            let of_pod = change.object.starts_with("pod/");
            let asked = of_pod && (change.is_failure || change.what.starts_with("created"))
                || change.what.contains("FailureTarget=True")
                || change.what.contains("SuccessCriteriaMet=True")
                || change.what.contains("restarted")
                || change.what.starts_with("deletion asked for");
            let Some(why) = &change.why else {
                assert!(!asked, "{name}: {}: {} has no rule", change.object, change.what);
                continue;
            };
            assert!(!why.text.is_empty() && !why.source.is_empty(), "{name}: {why:?}");
            kinds.insert(why.source);
        }
    }
    assert!(kinds.len() >= 15, "{} different sources: {kinds:?}", kinds.len());
}

#[test]
fn the_back_off_clock_is_the_controllers() {
    let course = RunCourse::of(&resolved("backoff.yaml").setup, 0, MOST_STEPPED).expect("it ends");
    let last = course.steps.iter().rposition(|step| step.at < 200.0).expect("it goes on for minutes");
    let moment = course.moment(last, "failing").expect("it is there");
    let clock = moment.backoff.as_ref().expect("it waits");
    // Six failures, the last at 190 s: 10 s × 2^5 = 320 s.
    assert_eq!((clock.failures, clock.seconds, clock.until), (6, 320.0, 510.0));
    assert_eq!(clock.formula, "10s × 2^5");
    assert_eq!((moment.active, moment.failed, moment.uncounted), (0, 6, 0));
    assert!(course.moment(last, "nobody").is_none());
}

#[test]
fn changes_beyond_the_bound_are_counted_and_not_kept() {
    let setup = resolved("backoff.yaml").setup;
    let whole = RunCourse::of(&setup, 0, MOST_STEPPED).expect("it ends");
    let all = changes(&whole).count();
    let cut = RunCourse::of(&setup, 0, 10).expect("it ends");
    assert_eq!((changes(&cut).count(), cut.left_out), (10, all as u64 - 10));
    assert!(jobsim::explain::ending_line(&cut).contains("are not kept"));
}

#[test]
fn without_a_terminal_all_steps_are_printed() {
    for name in SCENARIOS {
        let (text, talk, code) = outcome(&["run", &scenario(name), "--step"]);
        assert_eq!((talk.as_str(), code), ("", 0), "{name}");
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{name}");
        let steps = text.lines().filter(|line| line.contains("(step ")).count();
        let course = RunCourse::of(&resolved(name).setup, 0, MOST_STEPPED).expect("it ends");
        assert_eq!(steps, course.steps.len(), "{name}");
    }
}

#[test]
fn why_gives_the_rule_of_each_wait_and_of_the_end() {
    let (text, _, code) = outcome(&["run", &scenario("backoff.yaml"), "--why"]);
    let (_, why) = text.split_once("\nWhy\n").expect("there is a section");
    let why = flat(why);
    for part in [
        "wait at +31.5s: 18.5s until +50s 2 failures since the last success: 10s × 2^1, counted from +30s",
        "wait at +3m11s: 5m18s until +8m30s 6 failures since the last success: 10s × 2^5, counted from +3m10s",
        "Failed at +9m1s: BackoffLimitExceeded 8 failed Pods, more than backoffLimit 6 [exceedsBackoffLimit in syncJob",
    ] {
        assert!(why.contains(part), "{part}\n{why}");
    }
    assert_eq!(code, 0);
    let (text, _, _) = outcome(&["run", &scenario("controller-down.yaml"), "--why"]);
    assert!(flat(&text).contains("cronjob/patient: 2 starts left out: controllers down"), "{text}");
}

#[test]
fn one_replication_is_explained_and_no_other_format() {
    let backoff = scenario("backoff.yaml");
    for (arguments, says) in [
        (&["--why", "-n", "5"][..], "--why: shows one replication"),
        (&["--why", "-o", "json"][..], "--why: is for reading"),
        (&["--step", "-o", "jsonl"][..], "--step: is one document"),
    ] {
        let arguments = [&["run", &backoff], arguments].concat();
        let (_, talk, code) = outcome(&arguments);
        assert!(code == 2 && talk.contains(says), "{talk}");
    }
    let output = jobsim(&["run", &backoff, "--step", "-n", "5"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "clap refuses both together");
}

/// Keys on a terminal: the next failure, back, and away.
#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_keys_step_forth_and_back() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let script = "/usr/bin/script";
    if !std::path::Path::new(script).exists() {
        eprintln!("why: SKIPPED on a terminal, as {script} is not installed");
        return;
    }
    let command = format!("'{}' run '{}' --step", env!("CARGO_BIN_EXE_jobsim"), scenario("backoff.yaml"));
    let mut process = Command::new(script);
    process.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = process.spawn().expect("it runs");
    let mut keys = child.stdin.take().expect("its input is ours");
    for key in ["f", "b", "G", "q"] {
        std::thread::sleep(std::time::Duration::from_millis(250));
        keys.write_all(key.as_bytes()).expect("it listens");
        keys.flush().expect("it listens");
    }
    let output = child.wait_with_output().expect("it ends");
    let screen = String::from_utf8_lossy(&output.stdout);
    let course = RunCourse::of(&resolved("backoff.yaml").setup, 0, MOST_STEPPED).expect("it ends");
    let all = course.steps.len();
    let first = course.steps.iter().position(|step| step.changes.iter().any(|change| change.is_failure));
    let first = first.expect("it fails") + 1;
    let mut rest = &*screen;
    for step in [1, first, first - 1, all] {
        let head = format!("(step {step} of {all})");
        let at = rest.find(&head).unwrap_or_else(|| panic!("{head} comes in its turn: {screen:?}"));
        rest = &rest[at + head.len()..];
    }
    assert!(screen.contains("nothing more happens after") && screen.contains("\u{1b}[?1049l"), "{screen:?}");
}

#[test]
fn the_course_is_a_document_for_machines_too() {
    let (text, talk, code) = outcome(&["run", &scenario("poison-index.yaml"), "--step", "-o", "json"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let answer: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!((answer["format"].as_str(), answer["formatVersion"].as_u64()), (Some("jobsim/course"), Some(1)));
    let steps = answer["course"]["steps"].as_array().expect("a list");
    assert!(steps.is_sorted_by(|a, b| a["at"].as_f64() < b["at"].as_f64()), "each instant once, in order");
    let backoffs =
        steps.iter().flat_map(|step| step["jobs"].as_array().expect("a list")).filter(|job| job["backoff"].is_object());
    let mut count = 0;
    for job in backoffs {
        let clock = &job["backoff"];
        // Index 17 fails again and again: its own clock, by its own formula.
        assert_eq!(clock["index"], 17);
        let failures = clock["failures"].as_u64().expect("a number");
        assert_eq!(clock["seconds"].as_f64(), Some(f64::from((10 << (failures - 1)).min(600))));
        count += 1;
    }
    assert!(count > 5, "{count}");
}
