//! One replication of a scenario: how the Job ends, and what it waited for. Run it with
//! `cargo run --example one_replication`.

use jobsim::experiment::Simulator;
use jobsim::scenario::source::Source;
use jobsim::scenario::{Input, Problems};
use std::fmt::Write;
use std::path::PathBuf;

/// Every Pod fails after 30 s, two at a time.
const SCENARIO: &str = "
apiVersion: jobsim/v1
kind: Scenario
jobs:
  - inline:
      apiVersion: batch/v1
      kind: Job
      metadata: {name: failing}
      spec:
        parallelism: 2
        completions: 2
        backoffLimit: 6
        template:
          spec:
            restartPolicy: Never
            containers: [{name: main, image: 'busybox:1.36'}]
pods:
  run: 30s
  outcome: {exitCodes: {42: 1}}
";

/// What the example prints.
///
/// # Errors
/// What is wrong with the scenario, with its places.
pub fn answer() -> Result<String, Problems> {
    let source = Source { name: "scenario".to_owned(), folder: PathBuf::new(), text: SCENARIO.to_owned() };
    let resolved = Input::of_sources(vec![source])?.resolve()?;

    // Replication 0 of the seed that the scenario has; the same numbers give the same answer everywhere.
    let mut simulator = Simulator::new(&resolved.setup);
    let simulated = simulator.run(0, false);
    let outcome = simulator.outcome(0, simulated).all;

    let mut text = String::new();
    let duration = outcome.duration.map_or("no time: it has not ended".to_owned(), |d| d.to_string());
    let _ = writeln!(text, "{} after {duration}, with {} Pods", outcome.end.as_str(), outcome.pods_created);
    for job in &simulator.recorder().jobs {
        for wait in &job.waits {
            let (backoff, failures) = (wait.wait.backoff, wait.wait.failures);
            let waited = wait.wait.until - wait.since;
            let _ = writeln!(text, "{}: waited {waited} (back-off {backoff} after {failures} failures)", job.name);
        }
    }
    Ok(text)
}

fn main() {
    match answer() {
        Ok(text) => print!("{text}"),
        Err(problems) => problems.iter().for_each(|problem| eprintln!("{problem}")),
    }
}
