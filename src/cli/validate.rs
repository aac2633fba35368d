//! `jobsim validate`: what the API server would answer to manifests, and what a careful reviewer would add. The rules
//! are in [`crate::apiserver`] and [`crate::advice`].

use super::check_files::{self, CheckFiles};
use super::embedded::{self, Host};
use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::release_args::ReleaseArgs;
use crate::advice::{self, Diagnostic, DiagnosticLevel, FileReport, ValidationReport};
use crate::experiment::Setup;
use crate::report::{self, Layout};
use crate::scenario::source::Source;
use crate::scenario::{Judged, judge};
use crate::text::visible_line;
use serde_json::json;
use std::sync::Arc;

const ABOUT: &str = "Show what the API server would answer to manifests, and what a careful reviewer would add

Errors are the API server's own, with its text, on the field that it names: unknown and duplicate fields, wrong types,
and all rules for Jobs, CronJobs and their Pod templates. Its warnings follow. A reviewer then looks at what the server
accepts, for the mistakes that people make; each of these findings has a code, which --explain explains.

A scenario is judged together with its manifests, and the distributions in it are shown with their mean, median, 95th
and 99th percentile.";

const EXAMPLES: &str = "Examples:
  jobsim validate docs/cookbook/job.yaml        would the cluster take this?
  helm template chart | jobsim validate -       other kinds are skipped
  jobsim validate manifests/ --strict           warnings count, for continuous integration
  jobsim validate manifests/ --github --sarif jobsim.sarif --junit jobsim.xml      for other tools
  jobsim validate job.yaml -o json | jq '.files[].findings[] | select(.level == \"error\")'
  jobsim validate scenarios/*.yaml              do they hold together, and what do their distributions mean?
  jobsim validate --explain J003                why is this a warning?
  jobsim validate --explain                     all codes

Exit status: 0 accepted, 1 the API server would refuse something (with --strict: or something is warned about), 2 something
cannot be read.";

/// The flags of `jobsim validate`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Show what the API server would answer to manifests, and what a reviewer would add")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Manifests, scenarios, folders of them, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    pub files: Vec<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,

    /// Exit with 1 if there are warnings
    #[arg(long)]
    pub strict: bool,

    /// Only what the API server says
    #[arg(long)]
    pub no_advice: bool,

    /// Explain a code of the reviewer, or list all codes
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "", conflicts_with = "files")]
    pub explain: Option<String>,

    /// Pass over files in which there is no Job or CronJob
    #[arg(long)]
    pub skip_others: bool,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub checks: CheckFiles,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub release: ReleaseArgs,

    /// The program around the command, if there is one.
    #[arg(skip)]
    pub host: Option<Arc<Host>>,
}

/// Validates the files.
///
/// # Errors
/// Files that cannot be read; an unknown code; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if let Some(code) = &args.explain {
        return explain(code, streams);
    }
    let mut sources: Vec<Source> = Vec::new();
    for path in &args.files {
        sources.extend(embedded::read(args.host.as_ref(), path).map_err(|problem| Failure::Problems(vec![problem]))?);
    }
    if args.skip_others {
        sources.retain(|source| has_jobs(&source.text));
    }
    args.checks.check(&args.files, &[], args.output == OutputFormat::Plain)?;
    let profile = args.release.profile(streams)?;
    let settings = args.release.settings().map_err(|problem| Failure::Error(problem.to_string()))?;
    let judged: Vec<Judged> = sources.iter().map(|source| judge(source, profile, &settings)).collect();
    let mut models: Vec<(String, Setup)> = Vec::new();
    let mut files = Vec::new();
    for one in judged {
        models.extend(one.setup.map(|setup| (one.files[0].file.clone(), setup)));
        files.extend(one.files);
    }
    let verdict = ValidationReport::of_files(files, !args.no_advice);
    match args.output {
        OutputFormat::Plain => {
            let layout = Layout::new(streams.columns, false);
            findings(&verdict, streams)?;
            for (file, setup) in &models {
                streams.text(&format!("{file}: how Pods behave\n{}", report::models(setup, layout)))?;
            }
            // The summary comes last.
            streams.text(&format!("{}\n", summary(&verdict)))?;
        }
        OutputFormat::Json => {
            let mut answer = verdict.to_json();
            let models = models.iter().map(|(file, setup)| json!({"file": file, "models": report::models_json(setup)}));
            answer["scenarios"] = models.collect();
            streams.json(&answer)?;
        }
    }
    args.checks.write(&check_files::of_validation(&verdict, args.strict), streams)?;
    if verdict.count(DiagnosticLevel::Unreadable) > 0 {
        streams.data.flush()?;
        let count = verdict.files.iter().filter(|file| is_unreadable(file)).count();
        let files = if count == 1 { "a file".to_owned() } else { format!("{count} files") };
        return Err(Failure::Error(format!("{files} could not be read as manifests")));
    }
    let refused =
        verdict.count(DiagnosticLevel::Error) > 0 || args.strict && verdict.count(DiagnosticLevel::Warning) > 0;
    Ok(if refused { CommandAnswer::No } else { CommandAnswer::Yes })
}

fn is_unreadable(file: &FileReport) -> bool {
    file.entries.iter().any(|entry| entry.level == DiagnosticLevel::Unreadable)
}

/// Whether a text seems to contain a Job, a CronJob, a list of objects or a scenario. The text is not parsed, so that a
/// broken manifest is reported and not skipped.
fn has_jobs(text: &str) -> bool {
    const KINDS: [&str; 6] = ["JobList", "CronJobList", "Job", "CronJob", "List", "Scenario"];
    text.match_indices("kind").any(|(at, kind)| {
        let value = text[at + kind.len()..].trim_start_matches(['"', '\'', ' ', '\t', ':']);
        let word = value.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        KINDS.contains(&word)
    })
}

fn explain(code: &str, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    match advice::rule(code) {
        Some(rule) => streams.text(&advice::explain(rule))?,
        None if code.is_empty() => streams.text(&advice::list())?,
        None => {
            let known = format!("there is no code {code:?}; these are all:\n{}", advice::list());
            return Err(Failure::Error(known.trim_end().to_owned()));
        }
    }
    Ok(CommandAnswer::Yes)
}

fn findings(verdict: &ValidationReport, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    for file in &verdict.files {
        for entry in &file.entries {
            streams.text(&format!("{}\n", line(&file.file, entry)))?;
        }
    }
    Ok(())
}

/// `file:line:column: level code: field: message`, on one line whatever is in them.
fn line(file: &str, entry: &Diagnostic) -> String {
    let mut text = format!("{file}:");
    if entry.line > 0 {
        text += &format!("{}:{}:", entry.line, entry.column);
    }
    // For the user, an unreadable file is an error.
    let level = if entry.level == DiagnosticLevel::Unreadable { DiagnosticLevel::Error } else { entry.level };
    text += &format!(" {}", level.as_str());
    text += &entry.code.map_or(String::new(), |code| format!(" {code}"));
    text += ":";
    if !entry.field.is_empty() {
        text += &format!(" {}:", entry.field);
    }
    text += &format!(" {}", entry.message);
    if let Some(word) = &entry.suggestion {
        text += &format!(" (did you mean {word:?}?)");
    }
    visible_line(&text).into_owned()
}

/// The counts of the findings, in one line.
fn summary(verdict: &ValidationReport) -> String {
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let objects: usize = verdict.files.iter().map(|file| file.objects.len()).sum();
    let skipped: usize = verdict.files.iter().map(|file| file.skipped.len()).sum();
    let errors = verdict.count(DiagnosticLevel::Error) + verdict.count(DiagnosticLevel::Unreadable);
    let parts = [
        Some(format!("{objects} accepted")),
        counted(errors, "error"),
        counted(verdict.count(DiagnosticLevel::Warning), "warning"),
        counted(verdict.count(DiagnosticLevel::Hint), "hint"),
        (skipped > 0).then(|| format!("{skipped} of other kinds skipped ({})", kinds(verdict))),
    ];
    let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if verdict.files.iter().flat_map(|file| &file.entries).any(|entry| entry.code.is_some()) {
        text += "; `jobsim validate --explain CODE` says more about a code";
    }
    text
}

/// The kinds that were skipped, and how often.
fn kinds(verdict: &ValidationReport) -> String {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for skipped in verdict.files.iter().flat_map(|file| &file.skipped) {
        *counts.entry(&skipped.kind).or_default() += 1;
    }
    counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}
