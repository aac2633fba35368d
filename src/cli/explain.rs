//! `jobsim explain`: the worst case of a Job and the rules behind it, as text or JSON. [`crate::explain`] explains.

use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::run::{SimulationArgs, failure};
use crate::explain::{self, TaughtLesson};
use crate::report;

const ABOUT: &str = "Explain the worst case of a Job, rule by rule

Nothing is random: every attempt fails after its usual time, and the Job is simulated until it ends. The answer shows
each attempt with its wait and the rule behind it, which limit takes effect first, what each field means here, and
common mistakes about such a Job, with numbers for this one.";

const EXAMPLES: &str = "Examples:
  jobsim explain job.yaml --run 30s                      why does it take nine minutes to fail?
  jobsim explain job.yaml --set spec.backoffLimit=2
  jobsim explain --field backoffLimit                    one field, with small Jobs run live
  jobsim explain --measure allRunning                    what is counted, in which unit, of what
  jobsim explain job.yaml -o json | jq '.[0].end'";

/// The flags of `jobsim explain`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[command(mut_arg("files", |files| files.required(false).required_unless_present_any(["field", "measure"])))]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// Teach one field of a Job instead, such as backoffLimit
    #[arg(long, value_name = "NAME")]
    pub field: Option<String>,

    /// Say what a measure is, such as allRunning, share or p95
    #[arg(long, value_name = "NAME", conflicts_with = "field")]
    pub measure: Option<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Explains.
///
/// # Errors
/// Input that cannot be read, a field without a lesson; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if let Some(name) = &args.measure {
        return measure(name, streams);
    }
    if let Some(field) = &args.field {
        return teach(field, args.output, streams);
    }
    for (flag, is_given) in [("fail", args.what.fail.is_some()), ("seed", args.what.seed.is_some())] {
        if is_given {
            streams.warn(&format!(
                "--{flag} changes nothing here: in the worst case every attempt fails, and nothing is random"
            ));
        }
    }
    let setup = args.what.resolve(streams)?.setup;
    let explained = explain::explain(&setup);
    let all = setup.jobs.len() + setup.cronjobs.len();
    if explained.len() < all {
        streams.warn(&format!("{} of {all} Jobs are explained", explained.len()));
    }
    match args.output {
        OutputFormat::Json => streams.json(&explained)?,
        OutputFormat::Plain => {
            let texts: Vec<String> = explained.iter().map(explain::text).collect();
            let release = report::release_line(&setup.release.name());
            write!(streams.data, "{release}{}", texts.join("\n"))?;
        }
    }
    Ok(CommandAnswer::Yes)
}

fn measure(name: &str, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let word = name.split('(').next().unwrap_or(name).trim();
    let text = report::measure_text(word).ok_or_else(|| {
        let meant = crate::text::suggest(word, report::measure_names());
        let meant = meant.map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
        Failure::Error(format!("--measure: {word:?} is no measure{meant}; docs/measures.md lists all"))
    })?;
    write!(streams.data, "{text}")?;
    Ok(CommandAnswer::Yes)
}

fn teach(field: &str, output: OutputFormat, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let taught: TaughtLesson = explain::teach(field).map_err(failure)?.ok_or_else(|| {
        let known: Vec<&str> = explain::fields_with_lessons().collect();
        let meant = crate::text::suggest(field, known.iter().copied());
        let meant = meant.map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
        Failure::Error(format!("--field: there is no lesson about {field:?}{meant}; there are {}", known.join(", ")))
    })?;
    match output {
        OutputFormat::Json => streams.json(&taught)?,
        OutputFormat::Plain => write!(streams.data, "{}", explain::lesson_text(&taught))?,
    }
    Ok(CommandAnswer::Yes)
}
