//! Many replications of a scenario: how probable it is that the Job completes in time, with its interval. Run it with
//! `cargo run --release --example probability`.

use jobsim::experiment::{Measure, Plan, RunControl, replicate};
use jobsim::scenario::source::Source;
use jobsim::scenario::{Input, Problems};
use std::path::PathBuf;

/// One Pod in five fails; six must succeed.
const SCENARIO: &str = "
apiVersion: jobsim/v1
kind: Scenario
seed: 7
jobs:
  - inline:
      apiVersion: batch/v1
      kind: Job
      metadata: {name: import}
      spec:
        parallelism: 3
        completions: 6
        backoffLimit: 4
        template:
          spec:
            restartPolicy: Never
            containers: [{name: main, image: 'registry.example/import:3'}]
pods:
  run: weibull(shape=1.4, scale=3m)
  outcome: {exitCodes: {0: 80, 1: 20}}
";

/// What the example prints.
///
/// # Errors
/// What is wrong with the scenario, with its places.
pub fn answer() -> Result<String, Problems> {
    let source = Source { name: "scenario".to_owned(), folder: PathBuf::new(), text: SCENARIO.to_owned() };
    let resolved = Input::of_sources(vec![source])?.resolve()?;
    let measure = Measure::parse("P(complete within 15m)", &resolved.setup.series).expect("it is a measure");

    // The answer does not depend on the number of threads.
    let plan = Plan {
        replications: 500,
        threads: 2,
        keep_records: false,
        measures: std::slice::from_ref(&measure),
        precision: &[],
        confidence: 0.95,
    };
    let replicated = replicate(&[&resolved.setup], &plan, RunControl::NOBODY);
    let tally = &replicated.points[0].measures[0];
    let estimate = measure.estimate(tally, plan.confidence).expect("there are replications");
    let (low, high) = (estimate.low.unwrap_or(0.0), estimate.high.unwrap_or(1.0));
    Ok(format!(
        "P(complete within 15m) = {:.3}, 95 % interval [{low:.3}, {high:.3}], {} replications\n",
        estimate.value, replicated.replications
    ))
}

fn main() {
    match answer() {
        Ok(text) => print!("{text}"),
        Err(problems) => problems.iter().for_each(|problem| eprintln!("{problem}")),
    }
}
