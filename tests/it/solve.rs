//! Searches: the answer is that of a scan, says how sure it is, and may be that there is none.

use crate::cli::{flat, outcome};
use crate::design::{job, json, on};
use crate::toy::write;
use jobsim::experiment::result::{ResultFile, ResultKind};
use std::path::Path;

fn solve(file: &str, more: &[&str]) -> (String, i32) {
    let (text, talk, code) = on("solve", file, &[more, &["-n", "200"]].concat());
    assert_eq!(talk, "", "{more:?}");
    (text, code)
}

#[test]
fn the_answer_is_that_of_a_scan() {
    let (_, file) = job("solve-scan");
    for (field, goals, largest) in [
        ("spec.backoffLimit=0..12", &["P(Complete) >= 95%"][..], false),
        ("spec.parallelism=1..8", &["p95(duration) <= 15m"], false),
        ("spec.activeDeadlineSeconds=120..1800:120", &["P(Complete) >= 80%"], false),
        ("pods.outcome.fail=0%..40%", &["P(Complete) >= 80%"], true),
        ("pods.run=30s..10m:30s", &["p95(duration) <= 15m", "P(complete within 10m) >= 50%"], true),
        ("cluster.slots=1..6", &["mean(duration) <= 12m"], false),
    ] {
        let mut more = vec!["--field", field];
        goals.iter().for_each(|goal| more.extend(["--goal", goal]));
        more.extend(largest.then_some("--largest"));
        let solved = json("solve", &file, &[&more[..], &["-n", "100"]].concat());
        let scanned = json("solve", &file, &[&more[..], &["-n", "100", "--scan"]].concat());
        let (solved, scanned) = (&solved["solution"], &scanned["solution"]);
        assert!(!solved["value"].is_null(), "{field}");
        assert_eq!(solved["value"], scanned["value"], "{field}");
        assert_eq!(solved["sureValue"], scanned["sureValue"], "{field}");
        let tried = |s: &serde_json::Value| s["tried"].as_array().expect("a list").len();
        assert!(tried(solved) <= tried(scanned));
    }
}

#[test]
fn settings_of_the_cluster_are_solved_for() {
    let (root, _) = job("solve-cluster");
    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml, count: 12}]\n\
                pods: {run: exponential(mean=5s), outcome: {fail: 5%}}\n";
    let scenario = write(root.join("scenario.yaml"), [text]).display().to_string();
    for (field, preset) in
        [("cluster.clientThrottle.qps=1..60", "measured"), ("cluster.controller.concurrentJobSyncs=1..16", "slow")]
    {
        let preset = format!("cluster.preset={preset}");
        let fixed = ["solve", &scenario, "--field", field, "--goal", "p95(duration) <= 100s", "--set", &preset];
        let solved = |more: &[&str]| {
            let (text, talk, code) = outcome(&[&fixed[..], &["-n", "40", "-o", "json"], more].concat());
            assert_eq!((talk.as_str(), code), ("", 0), "{field}");
            serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON")["solution"]["value"].clone()
        };
        assert!(solved(&[]).as_i64().is_some_and(|value| value > 1), "{field}");
        assert_eq!(solved(&[]), solved(&["--scan"]), "{field}");
    }
}

#[test]
fn the_answer_names_the_value_the_estimate_and_how_sure_it_is() {
    let (root, file) = job("solve-words");
    let saved = root.join("solve.json").display().to_string();
    let field = ["--field", "spec.backoffLimit=0..20", "--goal", "P(Complete) >= 98%"];
    let (text, code) = solve(&file, &[&field[..], &["--save", &saved]].concat());
    assert_eq!(code, 0);
    assert!(flat(&text).contains(" is the smallest value for which P(Complete) >= 98% holds."), "{text}");
    assert!(
        flat(&text).contains(&flat("  P(Complete) >= 98%: it is "))
            && flat(&text).contains(&flat("Tried, of 21 values:")),
        "{text}"
    );
    let result: ResultFile = jobsim::report::load(Path::new(&saved)).expect("it is read back");
    let solution = result.solution.as_ref().expect("it has one");
    assert_eq!((result.kind, solution.field.as_str(), solution.values), (ResultKind::Solve, "spec.backoffLimit", 21));
    let value = solution.value.as_ref().and_then(serde_json::Value::as_i64).expect("a number");
    let holds = |v: i64| solution.tried.iter().find(|t| t.value == v).map(|t| t.holds(false));
    assert_eq!((holds(value), holds(value - 1)), (Some(true), Some(false)), "the neighbour was tried");
    // The sure value is no smaller, and --sure makes it the answer.
    let sure = solution.sure_value.as_ref().and_then(serde_json::Value::as_i64);
    assert!(sure.is_none_or(|sure| sure >= value));
    let (text, code) = solve(&file, &[&field[..], &["--sure"]].concat());
    match sure {
        Some(sure) => {
            assert!(code == 0 && flat(&text).starts_with(&format!("Result: spec.backoffLimit = {sure} ")), "{text}");
        }
        None => assert!(code == 1 && flat(&text).starts_with("Result: No value of spec.backoffLimit does"), "{text}"),
    }
    let page = root.join("page.html").display().to_string();
    assert_eq!(outcome(&["report", &saved, "-o", &page]).2, 0);
    assert!(std::fs::read_to_string(page).expect("text").contains("is the smallest value for which"));
    let picture = root.join("solve.png").display().to_string();
    assert_eq!(outcome(&["plot", &saved, "--kind", "sweep", "-o", &picture]).2, 0);
}

#[test]
fn no_value_and_all_values_are_answers() {
    let (_, file) = job("solve-none");
    let (text, code) = solve(&file, &["--field", "spec.backoffLimit=0..3", "--goal", "P(Complete) >= 99.99%"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        flat(&text).starts_with("Result: No value of spec.backoffLimit does: P(Complete) >= 99.99% holds nowhere."),
        "{text}"
    );
    let (text, code) = solve(&file, &["--field", "spec.backoffLimit=2..9", "--goal", "P(Complete) >= 10%"]);
    assert_eq!(code, 0);
    assert!(
        flat(&text)
            .starts_with("Result: spec.backoffLimit = 2: all values that were tried do, and this is the smallest."),
        "{text}"
    );
}

#[test]
fn what_a_scenario_expects_is_the_goal_unless_another_is_given() {
    let (root, _) = job("solve-expect");
    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml}]\npods: {outcome: {fail: 15%}}\n\
                expect: [P(Complete) >= 95%]\n";
    let scenario = write(root.join("scenario.yaml"), [text]).display().to_string();
    let (text, talk, code) = outcome(&["solve", &scenario, "--field", "spec.backoffLimit=0..9", "-n", "200"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    assert!(flat(&text).contains("is the smallest value for which P(Complete) >= 95% holds."), "{text}");
}

#[test]
fn the_threads_make_no_difference_to_an_answer() {
    let (_, file) = job("solve-threads");
    let field = ["--field", "pods.outcome.fail=0%..50%", "--largest", "--goal", "P(Complete) >= 70%", "-o", "csv"];
    let one = solve(&file, &[&field[..], &["--threads", "1"]].concat());
    assert_eq!(solve(&file, &[&field[..], &["--threads", "2"]].concat()), one);
    assert_eq!(solve(&file, &[&field[..], &["--threads", "16"]].concat()), one);
}

#[test]
fn what_cannot_be_solved_is_refused_with_the_reason() {
    let (_, file) = job("solve-refusals");
    let goal = ["--goal", "P(Complete) >= 99%"];
    for (more, why) in [
        (&["--field", "spec.backoffLimit=0..9"][..], "nothing must hold"),
        (&["--field", "spec.backoffLimit=0..9", "--goal", "p95(duratoin) <= 1h"], "did you mean \"duration\"?"),
        (&["--field", "spec.backoffLimit=9..0", goal[0], goal[1]], "it ends before it begins"),
        (&["--field", "spec.backofLimit=0..9", goal[0], goal[1]], "did you mean \"backoffLimit\"?"),
        (&["--field", "spec.backoffLimit=-9..9", goal[0], goal[1]], "must be greater than or equal to 0"),
        (&["--field", "spec.backoffLimit", goal[0], goal[1]], "varies nothing"),
        (&["--field", "pods.outcome.fail=0.1..0.9", goal[0], goal[1]], "has no step"),
        (&["--field", "spec.backoffLimit=0..1000000", "--scan", goal[0], goal[1]], "at most 10000"),
        (&["--field", "spec.backoffLimit=0..9", "--field", "spec.parallelism=1..2", goal[0], goal[1]], "--minimize"),
        (&["--field", "spec.backoffLimit=0..9", "--minimize", "cost", goal[0], goal[1]], "cost"),
    ] {
        let (data, talk, code) = on("solve", &file, more);
        assert_eq!((data.as_str(), code), ("", 2), "{more:?}");
        assert!(talk.contains(why), "{more:?}: {talk}");
    }
}

/// The cheapest of all combinations for which the goals hold: of the same numbers that `sweep` gives.
#[test]
fn the_least_of_a_measure_is_found_among_all_that_hold() {
    let (root, file) = job("solve-minimize");
    let fields = ["--field", "spec.parallelism=1..4", "--field", "spec.backoffLimit=0..6:3"];
    let asked = [&fields[..], &["--goal", "P(Complete) >= 60%", "--minimize", "podTime"]].concat();
    let solved = json("solve", &file, &[&asked[..], &["-n", "100"]].concat());
    let points = solved["points"].as_array().expect("a list");
    assert_eq!(points.len(), 12);
    let holds = |p: &&serde_json::Value| p["goals"][0]["holds"].as_bool().expect("a flag");
    let least = points
        .iter()
        .filter(holds)
        .map(|p| p["measures"][0]["value"].as_f64().expect("a number"))
        .fold(f64::MAX, f64::min);
    let solution = &solved["solution"];
    assert_eq!((&solution["minimized"], &solution["values"]), (&"mean(podTime)".into(), &12.into()));
    let is_answer = |p: &&serde_json::Value| {
        p["settings"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|s| solution["value"][s["path"].as_str().expect("text")] == s["value"])
    };
    let answer = points.iter().find(is_answer).expect("the answer is a point");
    assert_eq!(answer["measures"][0]["value"].as_f64(), Some(least));
    assert!(points.iter().any(|p| !holds(&p)), "the goal decides too");

    let saved = root.join("least.json").display().to_string();
    let (text, code) = solve(&file, &[&asked[..], &["--save", &saved]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(flat(&text).contains(&flat("it has the least mean(podTime) of the ")), "{text}");
    assert!(
        jobsim::report::load(Path::new(&saved)).expect("it is read back").solution.expect("one").minimized.is_some()
    );
    let (text, code) =
        solve(&file, &[&fields[..], &["--goal", "p95(duration) <= 1s", "--minimize", "podTime"]].concat());
    assert_eq!(code, 1, "{text}");
    assert!(flat(&text).starts_with("Result: No value of spec.parallelism, spec.backoffLimit does: "), "{text}");
}
