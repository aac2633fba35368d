//! `jobsim calibrate`: turns Pods of a real cluster into a scenario with models that fit them. [`crate::calibrate`]
//! fits the models.

use super::out::{CommandAnswer, Failure, OutputStreams};
use crate::calibrate::{Calibration, DumpedObject, ExactPods, read};
use crate::report::{calibrated_scenario, calibration_json, exact_scenario};
use crate::scenario::source;
use clap::ValueEnum;

const ABOUT: &str = "Fit the models of a scenario to observed Pods

FILE is the output of `kubectl get pods -o json` or `-o yaml` (or pods,events together); - is standard input. The stages of the Pods'
lives, how they ended and how often they were disrupted become the models of a scenario, which is printed; its comments
show how well each model fits the data. Pods that still run contribute the time that they have run; a run that was cut
off from outside does not count as an end.";

const EXAMPLES: &str = "Examples:
  jobsim calibrate docs/cookbook/pods.yaml > calibrated.yaml
  kubectl get pods,events -o json | jobsim calibrate - > calibrated.yaml
  jobsim calibrate pods.json --job import > calibrated.yaml && jobsim run calibrated.yaml import.yaml
  jobsim calibrate pods.json --job import --exact > as-it-was.yaml      what each Pod did, without a model
  jobsim calibrate pods.json -o json | jq .stages.run.fit

Exit status: 0 done, 2 an error.";

/// The flags of `jobsim calibrate`.
#[derive(Clone, Debug, clap::Args)]
#[command(about = "Fit the models of a scenario to observed Pods")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Pods (and Events) as JSON or YAML, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// Only Pods of this Job
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,

    /// When the Pods were listed (RFC 3339) [default: the latest time in the files]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,

    /// Fit nothing: say of each Pod of a Job what it did, attempt by attempt
    #[arg(long, conflicts_with_all = ["output", "at"])]
    pub exact: bool,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: CalibrationFormat,
}

/// The forms of a calibration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CalibrationFormat {
    /// A scenario
    #[default]
    Yaml,
    /// The observations, every family that was tried, and how well it fits
    Json,
}

/// Reads Pods and prints what fits them.
///
/// # Errors
/// Files that cannot be read, or in which there is no Pod (of the Job).
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let now = args.at.as_deref().map(instant).transpose()?;
    let objects = objects(&args.files)?;
    if args.exact {
        let exact = ExactPods::new(&objects, args.job.as_deref());
        let exact = exact.map_err(|why| Failure::Error(format!("{}: {why}", args.files.join(", "))))?;
        write!(streams.data, "{}", exact_scenario(&exact))?;
        return Ok(CommandAnswer::Yes);
    }
    let calibration = Calibration::new(&objects, args.job.as_deref(), now);
    let seen = &calibration.seen;
    if seen.pods == 0 {
        let of = args.job.as_ref().map_or(String::new(), |job| format!(" of the Job {job:?}"));
        return Err(Failure::Error(format!("{}: there is no Pod{of} in it", args.files.join(", "))));
    }
    if seen.jobs.len() > 1 {
        let names: Vec<&str> = seen.jobs.iter().map(String::as_str).take(5).collect();
        let count = seen.jobs.len();
        streams.warn(&format!("Pods of {count} Jobs are taken together: --job takes one of {}", names.join(", ")));
    }
    match args.output {
        CalibrationFormat::Yaml => write!(streams.data, "{}", calibrated_scenario(&calibration))?,
        CalibrationFormat::Json => {
            streams.json(&calibration_json(&calibration))?;
        }
    }
    Ok(CommandAnswer::Yes)
}

fn objects(files: &[String]) -> Result<Vec<DumpedObject>, Failure> {
    let mut objects = Vec::new();
    for file in files {
        for text in source::read(file).map_err(|problem| Failure::Error(problem.to_string()))? {
            objects.extend(read(&text.text).map_err(|why| Failure::Error(format!("{}: {why}", text.name)))?);
        }
    }
    Ok(objects)
}

/// An instant, in seconds of Unix time.
fn instant(text: &str) -> Result<f64, Failure> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    let why = |_| Failure::Error(format!("--at {text}: must be a time such as 2026-11-25T12:00:00Z"));
    time.map(|time| time.as_millisecond() as f64 / 1_000.0).map_err(why)
}
