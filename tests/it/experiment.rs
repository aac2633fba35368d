//! Many replications as users meet them: the same bytes whatever the threads, files that are read back, goals that decide
//! the exit code, and refusals that name what is wrong.

use crate::cli::{outcome, scenario};
use crate::design::{JOB, job};
use crate::toy::write;
use jobsim::experiment::result::ResultFile;
use jobsim::experiment::{JobEnd, Replication};
use serde_json::Value;
use std::path::Path;

/// A Job whose Pods fail now and then, with these arguments.
fn run(file: &str, more: &[&str]) -> (String, String, i32) {
    let random = ["--fail", "15%", "--run", "weibull(shape=1.4, scale=3m)", "--terminate", "exponential(mean=5s)"];
    outcome(&[&["run", file], &random[..], more].concat())
}

#[test]
fn the_same_bytes_with_1_2_and_16_threads_and_on_every_machine() {
    let file = scenario("spot-policy.yaml");
    let records = |threads: &str| {
        let (text, talk, code) = outcome(&["run", &file, "-n", "64", "-o", "jsonl", "--threads", threads]);
        assert_eq!((talk.as_str(), code), ("", 0));
        text
    };
    let one = records("1");
    assert_eq!(records("2"), one);
    assert_eq!(records("16"), one);
    // A golden record: of the first ten, as text that is the same on every platform.
    let first: Vec<&str> = one.lines().take(10).collect();
    insta::assert_snapshot!("golden-records", first.join("\n"));

    let summary = |threads: &str| outcome(&["run", &file, "-n", "64", "-o", "json", "--threads", threads]).0;
    assert_eq!(summary("1"), summary("16"));
}

#[test]
fn an_answer_says_how_likely_how_long_and_how_sure() {
    let (_, file) = job("experiment-text");
    let (text, talk, code) = run(&file, &["-n", "200"]);
    assert_eq!((talk.as_str(), code), ("", 0));
    insta::assert_snapshot!("many-replications", text);
}

#[test]
fn replication_number_n_is_the_same_alone() {
    let (_, file) = job("experiment-alone");
    let (records, _, _) = run(&file, &["-n", "5", "-o", "jsonl"]);
    let records: Vec<Replication> =
        records.lines().map(|line| serde_json::from_str(line).expect("it is a record")).collect();
    assert_eq!(records.iter().map(|r| r.replication).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    let (alone, _, code) = run(&file, &["--replication", "3", "-o", "json"]);
    let alone: Value = serde_json::from_str(&alone).expect("it is JSON");
    assert_eq!(code, 0);
    let lasted = records[3].all.duration.expect("it ended").as_secs_f64();
    assert_eq!(alone["jobs"][0]["finishedSeconds"].as_f64(), Some(lasted));
    assert_eq!(alone["jobs"][0]["pods"]["created"], records[3].all.pods_created);
}

#[test]
fn a_saved_result_holds_everything() {
    let (root, file) = job("experiment-save");
    for name in ["result.json", "result.json.gz"] {
        let path = root.join(name);
        let (_, talk, code) = run(&file, &["-n", "50", "--save", &path.display().to_string()]);
        assert_eq!((talk.as_str(), code), ("", 0));
        let result: ResultFile = jobsim::report::load(&path).expect("it is read back");
        assert_eq!((result.kubernetes.as_str(), result.seed, result.points.len()), ("v1.37", 1, 1));
        assert_eq!(result.files[0].text.trim(), JOB.trim());
        let point = &result.points[0];
        assert_eq!((point.records.len(), point.summary.replications), (50, 50));
        let chosen: Vec<&String> = point.timelines.iter().flat_map(|t| &t.chosen_as).collect();
        assert_eq!(chosen, ["first", "median", "longest"]);
        for timeline in &point.timelines {
            let (record, job) = (&point.records[timeline.replication as usize].all, &timeline.jobs[0]);
            assert_eq!(job.pods.len(), record.pods_created as usize);
            assert_eq!(job.end, record.end);
            let ran: f64 = job.pods.iter().flat_map(|p| &p.runs).filter_map(|r| Some(r.to? - r.from)).sum();
            assert!((ran - record.pod_time.as_secs_f64()).abs() < 1e-6, "{ran}");
            assert_eq!(job.levels.iter().map(|l| l.running).max(), Some(record.most_running));
            assert_eq!(job.levels.last().map(|l| (l.running, l.active, l.terminating)), Some((0, 0, 0)));
        }
    }
    let left: Vec<_> = std::fs::read_dir(&root).expect("it is there").map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing half-written is left: {left:?}");
}

#[test]
fn records_come_as_csv_and_json_lines() {
    let (root, file) = job("experiment-records");
    let path = |name: &str| root.join(name).display().to_string();
    for name in ["r.csv", "r.jsonl"] {
        let (_, talk, code) = run(&file, &["-n", "40", "--records", &path(name)]);
        assert_eq!((talk.as_str(), code), ("", 0));
    }
    let lines = std::fs::read_to_string(path("r.jsonl")).expect("it is text");
    let nested: Vec<Replication> = lines.lines().map(|l| serde_json::from_str(l).expect("a record")).collect();
    assert_eq!(nested.len(), 40);

    let mut csv = csv::Reader::from_path(path("r.csv")).expect("it opens");
    let names = csv.headers().expect("it has names").clone();
    let column = |name: &str| names.iter().position(|n| n == name).expect("it has the column");
    let flat: Vec<csv::StringRecord> = csv.records().map(|r| r.expect("a row")).collect();
    assert_eq!(flat.len(), 40);
    for (record, csv) in nested.iter().zip(&flat) {
        let duration = record.all.duration.expect("each ends").as_secs_f64();
        // A duration in seconds keeps its nanoseconds, not every bit.
        let is_it = |seconds: f64| (seconds - duration).abs() < 1e-9;
        assert!(is_it(csv[column("duration")].parse().expect("a number")), "{}", &csv[column("duration")]);
        assert_eq!(csv[column("podsCreated")], record.all.pods_created.to_string());
        let complete = record.all.end == JobEnd::Complete;
        assert_eq!(csv[column("timeToComplete")].is_empty(), !complete);
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_says_the_same_as_json_lines() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    let (root, file) = job("experiment-parquet");
    let path = |name: &str| root.join(name).display().to_string();
    for name in ["r.jsonl", "r.parquet"] {
        let (_, talk, code) = run(&file, &["-n", "40", "--records", &path(name)]);
        assert_eq!((talk.as_str(), code), ("", 0));
    }
    let lines = std::fs::read_to_string(path("r.jsonl")).expect("it is text");
    let nested: Vec<Replication> = lines.lines().map(|l| serde_json::from_str(l).expect("a record")).collect();
    let parquet = SerializedFileReader::new(std::fs::File::open(path("r.parquet")).expect("it opens"));
    let parquet = parquet.expect("it is Parquet");
    let schema = parquet.metadata().file_metadata().schema_descr();
    let column = |name: &str| schema.columns().iter().position(|c| c.name() == name).expect("it has the column");
    let rows: Vec<_> = parquet.get_row_iter(None).expect("rows").map(|r| r.expect("a row")).collect();
    assert_eq!((nested.len(), rows.len()), (40, 40));
    for (record, row) in nested.iter().zip(&rows) {
        let duration = record.all.duration.expect("each ends").as_secs_f64();
        let seconds = row.get_double(column("duration")).expect("a number");
        assert!((seconds - duration).abs() < 1e-9, "{seconds}");
        assert_eq!(row.get_string(column("end")).expect("text"), record.all.end.as_str());
        let complete = record.all.end == JobEnd::Complete;
        assert_eq!(row.get_double(column("timeToComplete")).is_ok(), complete);
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_the_feature_parquet_is_refused_by_name() {
    let (root, file) = job("experiment-no-parquet");
    let records = root.join("r.parquet").display().to_string();
    let (data, talk, code) = run(&file, &["-n", "4", "--records", &records]);
    assert_eq!((data.as_str(), code), ("", 2));
    assert!(talk.contains("--features parquet"), "{talk}");
}

/// A scenario around the Job with these expectations.
fn expecting(root: &Path, goals: &str) -> String {
    let text = format!(
        "apiVersion: jobsim/v1\nkind: Scenario\nreplications: 200\njobs: [{{manifest: job.yaml}}]\n\
         pods: {{outcome: {{fail: 15%}}}}\nexpect:\n{goals}"
    );
    write(root.join("scenario.yaml"), [text.as_str()]).display().to_string()
}

#[test]
fn goals_decide_the_exit_code_and_say_by_how_much() {
    let (root, _) = job("experiment-goals");
    let file = expecting(&root, "  - P(Complete) >= 50%\n  - max(overshoot) == 0\n");
    let (text, talk, code) = outcome(&["run", &file]);
    assert_eq!((talk.as_str(), code), ("", 0), "{text}");
    assert!(text.contains("\nExpected:  holds  P(Complete) >= 50%  it is 90.5 % [85.6, 93.9]\n"), "{text}");
    assert!(text.contains("\n           holds  max(overshoot) == 0  it is 0 [0, …]; "), "{text}");

    let file = expecting(&root, "  - P(Complete) >= 99.9%\n  - \"import: p95(duration) <= 1s\"\n");
    let (text, _, code) = outcome(&["run", &file]);
    assert_eq!(code, 1);
    assert!(text.contains("misses  P(Complete) >= 99.9%") && text.contains(", off by "), "{text}");

    // A single replication is held against them too.
    let (text, _, code) = outcome(&["run", &file, "-n", "1"]);
    assert_eq!(code, 1);
    assert!(text.contains("misses  import: p95(duration) <= 1s"), "{text}");
}

#[test]
fn goals_that_cannot_be_read_name_their_place() {
    let (root, _) = job("experiment-wrong-goals");
    let file = expecting(&root, "  - P(Complete) >= 99%\n  - p95(duratoin) <= 1h\n");
    let (data, talk, code) = outcome(&["run", &file]);
    assert_eq!((data.as_str(), code), ("", 2));
    assert!(talk.contains("scenario.yaml:8:5: expect[1]:") && talk.contains("did you mean \"duration\"?"), "{talk}");
}

#[test]
fn it_replicates_until_it_is_precise() {
    let (_, file) = job("experiment-precision");
    let json = |more: &[&str]| -> Value {
        let (text, talk, code) = run(&file, &[&["-o", "json"], more].concat());
        assert_eq!((talk.as_str(), code), ("", 0));
        serde_json::from_str(&text).expect("it is JSON")
    };
    let rule = ["--precision", "mean(duration)=3%"];
    let done = json(&rule);
    let summary = &done["summary"];
    let replications = summary["replications"].as_u64().expect("a count");
    assert!((400..5_000).contains(&replications), "{replications}");
    let duration = &summary["all"]["responses"][0];
    let mean = duration["mean"].as_f64().expect("it has one");
    let half = (duration["meanInterval"][1].as_f64().expect("it has one") - mean) / mean;
    assert!(half <= 0.03 && half > 0.02, "{half}");
    assert_eq!(json(&[&rule[..], &["--threads", "3"]].concat()), done);
    let capped = json(&[&rule[..], &["-n", "250"]].concat());
    assert_eq!(capped["summary"]["replications"], 250);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (root, file) = job("experiment-refusals");
    for (more, why) in [
        (&["--precision", "p95(duration)"][..], "--precision: \"p95(duration)\" says no half-width"),
        (&["--precision", "p95(speed)=1s"], "is no response"),
        (&["--confidence", "1"], "--confidence"),
        (&["-n", "10", "--records", "runs.txt"], ".csv, .jsonl or .parquet"),
        (&["-n", "10", "--timeline"], "--replication"),
        (&["-n", "0"], "0 is not in 1.."),
    ] {
        let (data, talk, code) = run(&file, more);
        assert_eq!((data.as_str(), code), ("", 2), "{more:?}");
        assert!(talk.contains(why), "{talk}");
    }
    let nowhere = root.join("no/such/folder/r.json").display().to_string();
    let (_, talk, code) = run(&file, &["-n", "10", "--save", &nowhere]);
    assert_eq!(code, 2);
    assert!(talk.contains("r.json: cannot be written"), "{talk}");
}

#[test]
fn a_mean_that_there_is_not_is_refused_where_it_is_asked_for_and_left_out_elsewhere() {
    let (root, file) = job("experiment-no-mean");
    let heavy = ["run", &file, "--run", "pareto(shape=0.9, min=10s)", "-n", "60"];
    let (text, talk, code) = outcome(&[&heavy[..], &["-o", "json"]].concat());
    assert_eq!((talk.as_str(), code), (NO_MEAN, 0));
    let summary: Value = serde_json::from_str::<Value>(&text).expect("it is JSON")["summary"]["all"].clone();
    let response = |name: &str| {
        let all = summary["responses"].as_array().expect("a list");
        all.iter().find(|r| r["name"] == name).expect("it is there").clone()
    };
    assert!(response("duration")["mean"].is_null() && response("duration")["quantiles"][1]["value"].is_number());
    assert!(response("podsCreated")["mean"].is_number());
    let (_, talk, code) = outcome(&[&heavy[..], &["--precision", "mean(duration)=1m"]].concat());
    assert_eq!(code, 2);
    assert!(talk.contains("--precision: pods.run has no mean") && talk.contains("ask for a quantile"), "{talk}");
    let with = ["--with", "spec.parallelism=1", "-n", "60", "-o", "csv"];
    let (text, ..) = outcome(&[&["compare", &file, "--run", "pareto(shape=0.9, min=10s)"], &with[..]].concat());
    assert!(text.contains(",podsCreated,") && !text.contains(",duration,"), "{text}");

    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml}]\n\
                pods: {run: \"pareto(shape=1, min=10s)\"}\nexpect: [mean(duration) <= 1h]\n";
    let scenario = write(root.join("scenario.yaml"), [text]).display().to_string();
    let (_, talk, code) = outcome(&["run", &scenario]);
    assert_eq!(code, 2);
    assert!(talk.contains("scenario.yaml:5:10: expect[0]: pods.run has no mean"), "{talk}");

    // What bounds the times gives them a mean.
    for bounded in [
        ["--run", "truncated(pareto(shape=0.9, min=10s), max=1d)", "--set", "spec.parallelism=3"],
        ["--run", "pareto(shape=0.9, min=10s)", "--set", "spec.activeDeadlineSeconds=3600"],
        ["--run", "pareto(shape=1.1, min=10s)", "--set", "spec.parallelism=3"],
    ] {
        let (_, talk, code) = outcome(&[&["run", &file, "-n", "20"], &bounded[..]].concat());
        assert_eq!((talk.as_str(), code), ("", 0), "{bounded:?}");
    }
}

const NO_MEAN: &str =
    "warning: pods.run has no mean: means of times are left out, quantiles and probabilities are not\n";
