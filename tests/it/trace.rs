//! `run --trace`: what is written is what the documentation of the format allows, and what happened.
//!
//! "Trace Event Format" (Chromium project): a trace is an object with `traceEvents`; every event has `ph`, `pid` and `tid`; X has `ts`
//! and `dur`, i has `ts` and a scope `s` of g, p or t, C has `ts` and numbers in `args`, M has one of a few names and `args`.
//! Times are microseconds. Complete events of one thread are to be nested or apart.

use crate::cli::{outcome, scenario};
use crate::toy::folder;
use serde_json::Value;
use std::collections::BTreeMap;

fn trace(file: &str, more: &[&str], name: &str) -> Value {
    let path = folder(&format!("trace-{name}")).join(name).display().to_string();
    let (_, talk, code) = outcome(&[&["run", file, "--trace", &path], more].concat());
    assert!(code < 2, "{talk}");
    let bytes = std::fs::read(&path).expect("it was written");
    let text = match name.ends_with(".gz") {
        true => {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text)
                .expect("it is gzip");
            text
        }
        false => String::from_utf8(bytes).expect("it is text"),
    };
    serde_json::from_str(&text).expect("it is JSON")
}

/// Holds a trace against the documentation of the format.
fn is_by_the_format(trace: &Value, of: &str) {
    let events = trace["traceEvents"].as_array().expect("traceEvents is a list");
    assert!(
        !events.is_empty() && ["ms", "ns"].contains(&trace["displayTimeUnit"].as_str().unwrap_or_default()),
        "{of}"
    );
    // Whole microseconds: of fractions readers make nanoseconds each in its way.
    let number =
        |event: &Value, field: &str| event[field].as_u64().unwrap_or_else(|| panic!("{of}: {field} of {event}"));
    let mut slices: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let (mut named, mut used) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for event in events {
        let at = (event["pid"].as_u64().expect("pid"), event["tid"].as_u64().expect("tid"));
        assert!(event["name"].as_str().is_some_and(|name| !name.is_empty()), "{of}: {event}");
        // Perfetto shares the thread 0 among all processes.
        assert!(at.1 > 0, "{of}: {event}");
        match event["ph"].as_str().expect("ph") {
            "M" => {
                let name = event["name"].as_str().expect("name");
                assert!(["process_name", "thread_name", "thread_sort_index"].contains(&name), "{of}: {event}");
                let key = if name == "thread_sort_index" { "sort_index" } else { "name" };
                assert!(!event["args"][key].is_null(), "{of}: {event}");
                if name == "thread_name" {
                    assert!(named.insert(at), "{of}: a thread has one name: {event}");
                }
                continue;
            }
            "X" => {
                let (ts, dur) = (number(event, "ts"), number(event, "dur"));
                assert!(dur > 0 && event["cat"].is_string() && event["args"].is_object(), "{of}: {event}");
                slices.entry(at).or_default().push((ts, ts + dur));
            }
            "i" => assert!(["g", "p", "t"].contains(&event["s"].as_str().unwrap_or_default()), "{of}: {event}"),
            "C" => {
                let values = event["args"].as_object().expect("args");
                assert!(!values.is_empty() && values.values().all(Value::is_number), "{of}: {event}");
            }
            other => panic!("{of}: the phase {other} is not written"),
        }
        number(event, "ts");
        used.insert(at);
    }
    assert!(used.is_subset(&named), "{of}: every thread has a name");
    for (at, mut slices) in slices {
        slices.sort_by_key(|slice| (slice.0, std::cmp::Reverse(slice.1)));
        let mut open: Vec<u64> = Vec::new();
        for (from, to) in slices {
            open.retain(|until| *until > from);
            assert!(open.iter().all(|until| to <= *until), "{of}: slices of {at:?} cross at {from}");
            open.push(to);
        }
    }
}

#[test]
fn traces_of_all_scenarios_are_by_the_format() {
    for name in [
        "backoff.yaml",
        "poison-index.yaml",
        "replace.yaml",
        "drain.yaml",
        "suspend-resume.yaml",
        "onfailure.yaml",
        "slots.yaml",
    ] {
        is_by_the_format(&trace(&scenario(name), &["--replication", "0"], &format!("{name}.json")), name);
    }
    is_by_the_format(&trace(&scenario("backoff.yaml"), &[], "packed.json.gz"), "packed");
}

#[test]
fn a_trace_says_what_happened() {
    let trace = trace(&scenario("backoff.yaml"), &[], "said.json");
    let events = trace["traceEvents"].as_array().expect("a list");
    let count = |ph: &str, name: &str| {
        events.iter().filter(|e| e["ph"] == ph && e["name"].as_str().is_some_and(|n| n.contains(name))).count()
    };
    let (json, _, _) = outcome(&["run", &scenario("backoff.yaml"), "-o", "json"]);
    let run: Value = serde_json::from_str(&json).expect("it is JSON");
    let (job, pods) = (&run["jobs"][0], run["jobs"][0]["pods"]["created"].as_u64().expect("a number") as usize);
    assert_eq!((count("X", "running"), count("M", "thread_name")), (pods + count_stage(events, "running"), pods + 1));
    assert!(
        count("X", "backoff") > 0 && count("C", "Pods") > 0 && count("i", "BackoffLimitExceeded") > 0,
        "{events:?}"
    );
    let finished = job["finishedSeconds"].as_f64().expect("it ended");
    let last = events
        .iter()
        .filter(|e| e["ph"] == "X")
        .map(|e| e["ts"].as_f64().unwrap() + e["dur"].as_f64().unwrap())
        .fold(0.0, f64::max);
    assert!((last / 1e6 - finished).abs() < 1.0, "{last} {finished}");
}

/// Stages of the Job as a whole of this name.
fn count_stage(events: &[Value], name: &str) -> usize {
    events.iter().filter(|e| e["ph"] == "X" && e["tid"] == 1 && e["name"] == name).count()
}

#[test]
fn a_trace_is_json_by_its_name() {
    let (data, talk, code) = outcome(&["run", &scenario("backoff.yaml"), "--trace", "trace.txt"]);
    assert_eq!((data.as_str(), code), ("", 2), "{talk}");
    assert!(talk.contains("traces are written as .json or .json.gz"), "{talk}");
}

/// Perfetto's own reader holds all of a trace, and complains of nothing.
#[test]
fn perfetto_opens_traces() {
    let Some(page) = std::env::var_os("JOBSIM_PERFETTO") else {
        eprintln!(
            "perfetto_opens_traces: SKIPPED, as JOBSIM_PERFETTO does not name Perfetto's page (tests/perfetto.mjs)"
        );
        return;
    };
    for program in ["node", "chromium", "chromedriver"] {
        if let Err(why) = std::process::Command::new(program).arg("--version").output() {
            return eprintln!("perfetto_opens_traces: SKIPPED, as {program} cannot be run: {why}");
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let names =
        ["backoff.yaml", "poison-index.yaml", "drain.yaml", "onfailure.yaml", "campaign.yaml", "nightly-overruns.yaml"];
    let traces = names.map(|name| {
        let file = format!("perfetto-{name}.json");
        trace(&scenario(name), &["--replication", "0"], &file);
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("trace-{file}")).join(file)
    });
    let mut node = std::process::Command::new("node");
    let run =
        node.arg(root.join("tests/perfetto.mjs")).arg(root.join(page)).args(&traces).output().expect("it was there");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(said.matches("Perfetto holds").count(), names.len(), "{said}");
}
