//! Every recorded case of single Jobs and of fleets, said as a scenario: the scenario is read, resolved and run as any other,
//! and what it writes is held against the record, instant by instant: Job states, Pods, Events. None is left out.
//! `JOBSIM_CASE=<name> cargo test --test it cases_as_scenarios` tries one, and leaves its scenario in the test's folder.

use crate::toy::{folder, write};
use jobsim::conformance::read::{Chunks, find};
use jobsim::conformance::{Verdict, fleet, jobs, scenario_of};
use jobsim::experiment::Simulator;
use jobsim::scenario::{Input, source::Source};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs the scenario of a case; what differs from the record.
fn run(line: &[u8], text: &str) -> Result<Verdict, String> {
    let source = Source { name: "case.yaml".to_owned(), folder: PathBuf::new(), text: text.to_owned() };
    let resolved = Input::of_sources(vec![source]).and_then(|input| input.resolve());
    let resolved = resolved.map_err(|problems| problems[0].to_string())?;
    let mut simulator = Simulator::new(&resolved.setup);
    simulator.begin(0, false);
    let is_fleet = line.windows(15).any(|part| part == b"\"fleet-history\"");
    match is_fleet {
        true => fleet::hold_against(line, simulator.world_mut()),
        false => jobs::hold_against(line, simulator.world_mut()),
    }
}

fn name_of(line: &[u8]) -> String {
    let record: serde_json::Value = serde_json::from_slice(line).expect("a case is JSON");
    record["name"].as_str().unwrap_or_default().to_owned()
}

/// How many cases of a file there are, and the first of those that differ.
fn of_file(file: &Path, only: Option<&str>) -> (usize, Vec<String>) {
    let (mut count, mut differing) = (0, Vec::new());
    let mut chunks = Chunks::open(file).expect("it can be opened");
    while let Some(chunk) = chunks.read().expect("it can be read") {
        for (_, line) in chunk.lines() {
            let is_meant = only.is_none_or(|only| name_of(line) == only);
            if !is_meant {
                continue;
            }
            count += 1;
            let scenario = scenario_of(line).expect("every case can be said");
            if only.is_some() {
                let text = serde_json::to_string_pretty(&scenario).expect("it is JSON");
                write(folder("case-as-scenario").join("scenario.yaml"), [text]);
            }
            match run(line, &scenario.to_string()) {
                Ok(Verdict { difference: None }) => {}
                Ok(verdict) => differing.push(format!("{}: {:?}", name_of(line), verdict.difference)),
                Err(error) => differing.push(format!("{}: {error}", name_of(line))),
            }
        }
    }
    (count, differing)
}

#[test]
fn every_recorded_case_can_be_said_and_comes_out_equal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let files = find(&[root.join("jobs"), root.join("fleet")]).expect("they are there").files;
    let only = std::env::var("JOBSIM_CASE").ok();
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut count, mut differing) = (0, Vec::new());
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (more, differ) = of_file(file, only.as_deref());
            count += more;
            differing.extend(differ);
        }
        (count, differing)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut count, mut differing) = (0, Vec::new());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (more, differ): (usize, Vec<String>) = worker.join().expect("no case makes it panic");
            count += more;
            differing.extend(differ);
        }
    });
    let first = differing.first().map(|first| first.chars().take(3_000).collect::<String>());
    assert!(differing.is_empty(), "{} of {count} differ; the first: {}", differing.len(), first.unwrap_or_default());
    assert!(only.is_some() || count == 5_636, "{count} cases");
}
