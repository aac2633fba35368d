//! Designs as users meet them: sweeps, comparisons, searches. A point is what a single run is; common random numbers make
//! differences sharp; refusals name what is wrong.

use crate::cli::{flat, outcome};
use crate::toy::{folder, write};
use jobsim::experiment::result::{ResultFile, ResultKind};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  completions: 6
  parallelism: 3
  completionMode: Indexed
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox}]
";

/// How Pods behave in these tests.
pub const RANDOM: [&str; 4] = ["--fail", "15%", "--run", "weibull(shape=1.4, scale=3m)"];

/// A folder with the Job, and the Job's file.
pub fn job(test: &str) -> (PathBuf, String) {
    let root = folder(test);
    let file = write(root.join("job.yaml"), [JOB]);
    (root, file.display().to_string())
}

/// Runs a command on the Job with random Pods.
pub fn on(command: &str, file: &str, more: &[&str]) -> (String, String, i32) {
    outcome(&[&[command, file], &RANDOM[..], more].concat())
}

/// The answer as JSON.
pub fn json(command: &str, file: &str, more: &[&str]) -> Value {
    let (text, talk, code) = on(command, file, &[more, &["-o", "json"]].concat());
    assert_eq!((talk.as_str(), code), ("", 0));
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_point_is_what_a_run_with_that_set_is() {
    let (_, file) = job("design-points");
    let limits = ["-P", "spec.backoffLimit=0..4:2", "-n", "60"];
    let policies = ["-L", "spec.podReplacementPolicy=Failed,TerminatingOrFailed"];
    let swept =
        json("sweep", &file, &[&limits[..], &policies, &["-L", "pods.terminate=5s,exponential(mean=40s)"]].concat());
    let points = swept["points"].as_array().expect("points");
    assert_eq!(points.len(), 12);
    for point in points {
        let set = |s: &Value| {
            let value = s["value"].as_str().map_or_else(|| s["value"].to_string(), str::to_owned);
            format!("--set={}={value}", s["path"].as_str().expect("a path"))
        };
        let sets: Vec<String> = point["settings"].as_array().expect("settings").iter().map(set).collect();
        let sets: Vec<&str> = sets.iter().map(String::as_str).chain(["-n", "60"]).collect();
        assert_eq!(json("run", &file, &sets)["summary"], point["summary"], "{sets:?}");
    }
    // More points change nothing in those that there were.
    let more = json("sweep", &file, &["-P", "spec.backoffLimit=0..4", "-L", "pods.terminate=5s", "-n", "60"]);
    let same = |p: &&Value| p["settings"][0]["value"] == 4;
    let four = more["points"].as_array().expect("points").iter().find(same).expect("it is there");
    let before = points.iter().find(|p| p["name"].as_str().is_some_and(|n| n.contains("=4, ") && n.contains("5s")));
    let before = before.expect("it was there");
    assert_eq!(four["summary"], before["summary"]);
}

#[test]
fn one_job_of_several_may_vary_and_the_other_stays_as_it_is() {
    let (root, _) = job("design-several");
    let two = [JOB, &JOB.replace("import", "load")].join("---\n");
    let two = write(root.join("two.yaml"), [two]).display().to_string();
    let varied = json("sweep", &two, &["-P", "load:spec.backoffLimit=0..2:2", "-n", "40"]);
    let series = |point: usize, name: &str| {
        let all = varied["points"][point]["summary"]["series"].as_array().expect("series");
        all.iter().find(|s| s["job"] == name).expect("it is there").clone()
    };
    assert_eq!(series(0, "import"), series(1, "import"));
    assert_ne!(series(0, "load"), series(1, "load"));
    let measured = json("sweep", &two, &["-P", "load:spec.backoffLimit=0..2:2", "-n", "40", "--show", "load.retries"]);
    assert_eq!(measured["points"][0]["measures"][0]["value"], 0.0);
}

#[test]
fn the_threads_make_no_difference_to_a_sweep() {
    let (_, file) = job("design-threads");
    let sweep = |threads: &str, more: &[&str]| {
        let factors = ["-P", "spec.backoffLimit=0..3", "-P", "pods.outcome.fail=5%..15%:5%"];
        on("sweep", &file, &[&factors[..], more, &["-o", "csv", "--threads", threads]].concat())
    };
    for more in [&["-n", "30"][..], &["--precision", "mean(duration)=8%"]] {
        let one = sweep("1", more);
        assert_eq!((one.1.as_str(), one.2), ("", 0));
        assert_eq!(sweep("2", more), one);
        assert_eq!(sweep("16", more), one);
    }
    // Each point stops by its own precision, as a run does.
    let precise = ["--precision", "mean(duration)=8%"];
    let swept = json("sweep", &file, &[&["-P", "spec.backoffLimit=0..2:2"][..], &precise].concat());
    for (point, set) in [(0, "spec.backoffLimit=0"), (1, "spec.backoffLimit=2")] {
        let alone = json("run", &file, &[&["--set", set][..], &precise].concat());
        assert_eq!(swept["points"][point]["summary"], alone["summary"]);
    }
    let csv = sweep("2", &["--precision", "mean(duration)=8%"]).0;
    let counts: std::collections::BTreeSet<&str> = csv.lines().skip(1).filter_map(|l| l.split(',').nth(2)).collect();
    assert!(counts.len() > 1, "{counts:?}");
}

#[test]
fn a_sweep_reads_well_in_every_form() {
    let (_, file) = job("design-forms");
    let sweep = |form: &str| {
        let more =
            ["-P", "spec.backoffLimit=0..2", "--show", "P(Complete)", "--show", "retries", "-n", "40", "-o", form];
        let (text, talk, code) = on("sweep", &file, &more);
        assert_eq!((talk.as_str(), code), ("", 0));
        text
    };
    let table = sweep("table");
    assert!(table.starts_with("Result:  P(Complete): from 47.5 % (spec.backoffLimit=0) to 95.0 %\n"), "{table}");
    assert!(
        table.contains("\n\nspec.backoffLimit  P(Complete)          mean(retries)\n0                  47.5 % "),
        "{table}"
    );
    assert!(flat(&table).ends_with("random numbers (seed 1); intervals at 95 %."), "{table}");
    let markdown = sweep("markdown");
    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!(lines[..2], ["| spec.backoffLimit | P(Complete) | mean(retries) |", "| --- | --- | --- |"]);
    assert_eq!(lines.len(), 5);
    let csv = sweep("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().expect("they are there").iter().nth(4), Some("P(Complete) low"));
    for row in reader.records() {
        let row = row.expect("a row");
        let number = |n: usize| row[n].parse::<f64>().expect("a number");
        assert!(number(4) <= number(3) && number(3) <= number(5), "{row:?}");
    }
    let answer: Value = serde_json::from_str(&sweep("json")).expect("it is JSON");
    assert_eq!(answer["points"][2]["measures"][1]["measure"], "mean(retries)");
}

#[test]
fn a_saved_sweep_is_drawn_and_reported() {
    let (root, file) = job("design-saved");
    let saved = root.join("sweep.json.gz").display().to_string();
    let factors = ["-P", "spec.backoffLimit=0..2", "-P", "pods.run=1m..3m:1m", "-n", "20", "--save", &saved];
    assert_eq!(on("sweep", &file, &factors).2, 0);
    let result: ResultFile = jobsim::report::load(Path::new(&saved)).expect("it is read back");
    assert_eq!((result.kind, result.points.len()), (ResultKind::Sweep, 9));
    assert!(result.points.iter().all(|p| p.records.len() == 20 && p.measures.len() == 5));
    assert_eq!(result.points[1].settings[1].number, Some(120.0));
    for kind in ["sweep", "heatmap"] {
        let pictures = root.join(kind).display().to_string();
        let (data, talk, code) = outcome(&["plot", &saved, "--kind", kind, "-o", &pictures, "--format", "png"]);
        assert_eq!((talk.as_str(), code), ("", 0));
        assert!(data.contains(kind), "{data}");
    }
    let page = root.join("page.html").display().to_string();
    assert_eq!(outcome(&["report", &saved, "-o", &page]).2, 0);
    let page = std::fs::read_to_string(page).expect("it is text");
    assert!(page.contains("\"backoffLimit=2, run=3m\""), "points are named, with as much of their fields as is needed");
    assert!(page.contains("spec.backoffLimit") && page.contains("pods.run"), "the whole fields are named too");
}

#[test]
fn what_cannot_be_swept_is_refused_with_the_reason() {
    let (_, file) = job("design-refusals");
    for (more, why) in [
        (&[][..], "nothing varies"),
        (&["-P", "spec.backofLimit=0..3"], "did you mean \"backoffLimit\"?"),
        (&["-P", "cluster.slotss=1..3"], "did you mean \"slots\"?"),
        (
            &["-P", "imprt:spec.backoffLimit=1..3"],
            "there is no Job \"imprt\"; there are import (did you mean \"import\"?)",
        ),
        (&["-P", "spec.backoffLimit=5..3"], "it ends before it begins"),
        (&["-P", "pods.run=1m..1h"], "has no step"),
        (&["-P", "spec.backoffLimit=0..1000000"], "1000001 points"),
        (&["-P", "spec.backoffLimit=0..200", "-P", "spec.parallelism=0..200"], "at most 10000"),
        (&["-P", "spec.backoffLimit=0..3", "-L", "spec.backoffLimit=7"], "varies twice"),
        (&["-P", "spec.backoffLimit=0..3", "--show", "p95(duratoin)"], "did you mean \"duration\"?"),
        (&["-P", "spec.backoffLimit=-1..1"], "spec.backoffLimit=-1: "),
    ] {
        let (data, talk, code) = on("sweep", &file, more);
        assert_eq!((data.as_str(), code), ("", 2), "{more:?}");
        assert!(talk.contains(why), "{more:?}: {talk}");
    }
    let (data, talk, code) = on("sweep", &file, &["-P", "spec.backoffLimit=-1..1", "--skip-refused", "-n", "5"]);
    assert_eq!(code, 0);
    assert!(talk.contains("1 of 3 points are refused and left out") && talk.contains("greater than or equal to 0"));
    let points = |start: &str| {
        let table = data.lines().skip_while(|line| !line.starts_with(start)).skip(1);
        table.take_while(|line| !line.is_empty()).map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(points("spec.backoffLimit  P(Complete)"), ["0", "1"], "{data}");
    assert_eq!(points("spec.backoffLimit  mean(podsCreated)"), ["0", "1"], "what does not fit stands below:\n{data}");
    assert!(data.contains("\n5 replications of each of 2 points, "), "{data}");
}
