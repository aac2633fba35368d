//! `jobsim explain`: the worst case of a Job and the rules behind it, as text or JSON. The explanations are made in
//! [`crate::explain`].

use super::experiment::{PATIENCE, exhausted};
use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::progress;
use super::run::{SimulationArgs, failure};
use crate::experiment::Setup;
use crate::explain::{self, Explanation, ExplanationProgress, TaughtLesson};
use crate::report::{self, Layout};
use std::cell::OnceCell;
use std::time::Instant;

const ABOUT: &str = "Explain the worst case of a Job, rule by rule

Nothing is random: every attempt fails after its usual time, and the Job is simulated until it ends. The answer shows
each attempt with its wait and the rule behind it, which limit takes effect first, what each field means here, and
common mistakes about such a Job, with numbers for this one.";

const EXAMPLES: &str = "Examples:
  jobsim explain docs/cookbook/job.yaml --run 30s        why does it take nine minutes to fail?
  jobsim explain job.yaml --set spec.backoffLimit=2
  jobsim explain --field backoffLimit                    one field, with small Jobs run live
  jobsim explain --field cronjob.spec.jobTemplate.spec   a field by its path: value, unit, default, what is modelled, what is below
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

    /// Teach one field instead, such as backoffLimit, or by its path: cronjob.spec.schedule, job.spec.template.spec
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
/// Input that cannot be read, a run over its budget, a field without a lesson; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if let Some(name) = &args.measure {
        return measure(name, streams);
    }
    if let Some(path) = args.field.as_ref().filter(|name| explain::is_path(name)) {
        return field(path, args.output, streams);
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
    let explained = explained(&setup)?;
    let all = setup.jobs.len() + setup.cronjobs.len();
    if explained.len() < all {
        streams.warn(&format!("{} of {all} Jobs are explained", explained.len()));
    }
    match args.output {
        OutputFormat::Json => streams.json(&explained)?,
        OutputFormat::Plain => {
            let width = Layout::new(streams.columns, false).width();
            let texts: Vec<String> = explained.iter().map(|one| explain::text(one, width)).collect();
            let release = report::release_line(&setup.release.name());
            streams.text(&format!("{release}{}", texts.join("\n")))?;
        }
    }
    Ok(CommandAnswer::Yes)
}

/// The explanations. Each takes many runs of the whole setup, so for a large one the progress is shown.
fn explained(setup: &Setup) -> Result<Vec<Explanation>, Failure> {
    let (began, line) = (Instant::now(), OnceCell::new());
    let watcher = |at: ExplanationProgress| {
        if began.elapsed() >= PATIENCE {
            let line = line.get_or_init(|| progress::line("explaining:"));
            line.set_message(format!("run {}, {}", at.run, progress::passed_text(at.passed, at.pods)));
        }
    };
    let explained = explain::explain(setup, &watcher).map_err(|why| exhausted("", 0, why));
    if let Some(line) = line.get() {
        line.finish_and_clear();
    }
    explained
}

fn measure(name: &str, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let word = name.split('(').next().unwrap_or(name).trim();
    let text = report::measure_text(word).ok_or_else(|| {
        let meant = crate::text::suggest(word, report::measure_names());
        let meant = meant.map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
        Failure::Error(format!("--measure: {word:?} is no measure{meant}; docs/measures.md lists all"))
    })?;
    streams.text(&text)?;
    Ok(CommandAnswer::Yes)
}

/// Shows a field by its whole path: its description, then its lesson, if there is one.
fn field(path: &str, output: OutputFormat, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let page = explain::field_page(path).map_err(|why| Failure::Error(format!("--field: {why}")))?;
    // Lessons are about Jobs, and a CronJob's own fields with the same names mean something else.
    let is_own = page.field.path.strip_prefix("cronjob.spec.").is_some_and(|rest| !rest.contains('.'));
    let lesson: Option<TaughtLesson> = if is_own { None } else { explain::teach(path).map_err(failure)? };
    let layout = Layout::new(streams.columns, false);
    match output {
        OutputFormat::Json => {
            let mut answer = explain::field_json(&page);
            answer["lesson"] = serde_json::json!(lesson);
            streams.json(&answer)?;
        }
        OutputFormat::Plain => {
            let mut text = explain::field_text(&page, |rows, indent| layout.table(rows, indent, 2));
            if let Some(lesson) = &lesson {
                text += &format!("\n{}", explain::lesson_text(lesson, layout.width()));
            }
            streams.text(&text)?;
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
        OutputFormat::Plain => {
            let width = Layout::new(streams.columns, false).width();
            streams.text(&explain::lesson_text(&taught, width))?;
        }
    }
    Ok(CommandAnswer::Yes)
}
