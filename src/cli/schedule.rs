//! `jobsim schedule`: whether the Pods of Jobs fit now, on which nodes, and what prevents it on each.
//! [`crate::experiment::feasibility`] asks the scheduler.

use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::run::failure;
use crate::experiment::{Feasibility, feasibility};
use crate::report;
use crate::scenario::{Input, Problem, Problems, Setting};
use serde_json::Value;
use std::path::Path;

const ABOUT: &str = "Say whether the Pods of Jobs fit on nodes now, and what is in the way

Each Job is judged for itself, on the nodes that there are at the start: those of --nodes, or those of the scenario
(cluster.nodes, cluster.nodesFrom). The scheduler's own filters and scores answer, for one Pod and for all that run at once,
with its reasons for each node. Nothing is simulated, and no cluster is contacted.";

const EXAMPLES: &str = "Examples:
  jobsim schedule docs/cookbook/job.yaml --nodes tests/nodes/kind.yaml
  kubectl get nodes -o json > nodes.json
  jobsim schedule job.yaml --nodes nodes.json            would it fit, and if not, why not?
  kubectl get pods -A -o json > pods.json
  jobsim schedule job.yaml --nodes nodes.json --pods pods.json    with what runs there already
  jobsim schedule job.yaml --nodes nodes.json --set spec.parallelism=20
  jobsim schedule scenario.yaml                          on the nodes of the scenario
  jobsim schedule job.yaml --nodes nodes.json -o json | jq '.[].nodes[] | select(.fits) | .node'

Exit status: 0 all Pods of each Job fit, 1 some do not, 2 something cannot be read.";

/// The flags of `jobsim schedule`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Say whether the Pods of Jobs fit on nodes now, and what is in the way")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Job manifests, a scenario, folders, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// The nodes, as `kubectl get nodes -o json` (or yaml) shows them [default: those of the scenario]
    #[arg(long, value_name = "FILE")]
    pub nodes: Option<String>,

    /// What runs there already, as `kubectl get pods -A -o json` (or yaml) shows it
    #[arg(long, value_name = "FILE")]
    pub pods: Option<String>,

    /// Set a field of the Jobs (spec.…, metadata.…, NAME:spec.…) or of the scenario (cluster.…)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Judges the Jobs.
///
/// # Errors
/// Input that cannot be read or has no nodes; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let resolved = input(args).and_then(|input| input.resolve()).map_err(failure)?;
    if resolved.setup.config.nodes.is_none() {
        let why = "there are no nodes: give --nodes FILE, or a scenario with cluster.nodes or cluster.nodesFrom";
        return Err(Failure::Error(why.to_owned()));
    }
    resolved.notices.iter().for_each(|notice| streams.warn(notice));
    let answers = feasibility(&resolved.setup);
    match args.output {
        OutputFormat::Plain => {
            let texts: Vec<String> = answers.iter().map(report::feasibility_text).collect();
            write!(streams.data, "{}", texts.join("\n"))?;
        }
        OutputFormat::Json => {
            let values: Vec<Value> = answers.iter().map(report::feasibility_json).collect();
            streams.json(&values)?;
        }
    }
    Ok(if answers.iter().all(Feasibility::fits) { CommandAnswer::Yes } else { CommandAnswer::No })
}

fn input(args: &Args) -> Result<Input, Problems> {
    let about = |message: String| vec![Problem::about("command line", message)];
    let mut input = Input::read(&args.files)?;
    for (flag, field, file) in
        [("--nodes", "cluster.nodesFrom", &args.nodes), ("--pods", "cluster.podsFrom", &args.pods)]
    {
        let Some(file) = file else { continue };
        // Paths in a scenario are relative to its folder, paths in flags to the current one.
        let path = match input.scenario.folder == Path::new("") {
            true => file.into(),
            false => std::path::absolute(file).map_err(|error| about(format!("{flag}: {error}")))?,
        };
        let quoted = Value::from(path.display().to_string()).to_string();
        input.set(Setting::new(field, &quoted).map_err(about)?).map_err(|problem| vec![problem])?;
    }
    for text in &args.set {
        let one = |problem| vec![problem];
        input.set(Setting::parse(text).map_err(one)?).map_err(one)?;
    }
    Ok(input)
}
