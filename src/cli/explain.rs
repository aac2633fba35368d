//! `jobsim explain`: the worst case of a Job and the rules behind it, as text or JSON. [`crate::explain`] explains.

use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::run::{SimulationArgs, failure};
use crate::explain::{self, TaughtLesson};

const ABOUT: &str = "Explain the worst case of a Job, rule by rule

Nothing is random: every attempt fails after its usual time, and the Job is simulated until it ends. The answer shows
each attempt with its wait and the rule behind it, which limit takes effect first, what each field means here, and
common mistakes about such a Job, with numbers for this one.";

const EXAMPLES: &str = "Examples:
  jobsim explain job.yaml --run 30s                      why does it take nine minutes to fail?
  jobsim explain job.yaml --set spec.backoffLimit=2
  jobsim explain --field backoffLimit                    one field, with small Jobs run live
  jobsim explain job.yaml -o json | jq '.[0].end'";

/// The flags of `jobsim explain`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[command(mut_arg("files", |files| files.required(false).required_unless_present("field")))]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// Teach one field of a Job instead, such as backoffLimit
    #[arg(long, value_name = "NAME")]
    pub field: Option<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Explains.
///
/// # Errors
/// Input that cannot be read, a field without a lesson; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if let Some(field) = &args.field {
        return teach(field, args.output, streams);
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
            let release = crate::report::release_line(&setup.release.name());
            write!(streams.data, "{release}{}", texts.join("\n"))?;
        }
    }
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
