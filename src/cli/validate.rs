//! `jobsim validate`: what the API server would say about manifests, and what a careful reviewer would add.

use super::out::{Answer, Failure, Streams};
use crate::advice::{self, Entry, FileVerdict, Level, Verdict};
use crate::scenario::source::{self, Source};
use clap::ValueEnum;

const ABOUT: &str = "Say what the API server would answer to manifests, and what a careful reviewer would add

Errors are the API server's own, with its text, on the field that it names: unknown and duplicate fields, wrong types, and
all rules for Jobs, CronJobs and their Pod templates. Then come its warnings. What it takes is looked at by a reviewer, who
knows what people stumble on; each of his findings has a code, which --explain explains.";

const EXAMPLES: &str = "Examples:
  jobsim validate job.yaml                      would the cluster take this?
  helm template chart | jobsim validate -       other kinds are skipped
  jobsim validate manifests/ --strict           warnings count, for continuous integration
  jobsim validate job.yaml -o json | jq '.files[].findings[] | select(.level == \"error\")'
  jobsim validate --explain J003                why is this a warning?
  jobsim validate --explain                     all codes

Exit status: 0 accepted, 1 the API server would refuse something (with --strict: or something is warned about), 2 something
cannot be read.";

/// The flags of `jobsim validate`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Say what the API server would answer to manifests, and what a reviewer would add")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Manifests, folders of them, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    pub files: Vec<String>,

    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,

    /// Exit with 1 if anything is warned about
    #[arg(long)]
    pub strict: bool,

    /// Only what the API server says
    #[arg(long)]
    pub no_advice: bool,

    /// Explain a code of the reviewer, or list all codes
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "", conflicts_with = "files")]
    pub explain: Option<String>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A line for each finding
    #[default]
    Plain,
    /// One object
    Json,
}

/// Judges the files.
///
/// # Errors
/// Files that cannot be read; an unknown code; output that cannot be written.
pub fn run(args: &Args, streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    if let Some(code) = &args.explain {
        return explain(code, streams);
    }
    let mut sources: Vec<Source> = Vec::new();
    for path in &args.files {
        sources.extend(source::read(path).map_err(|problem| Failure::Error(problem.to_string()))?);
    }
    let texts: Vec<(&str, &str)> = sources.iter().map(|source| (source.name.as_str(), source.text.as_str())).collect();
    let verdict = Verdict::of(&texts, !args.no_advice);
    match args.output {
        Form::Plain => plain(&verdict, streams)?,
        Form::Json => {
            streams.json(&verdict.to_json())?;
        }
    }
    if verdict.count(Level::Unreadable) > 0 {
        streams.data.flush()?;
        let count = verdict.files.iter().filter(|file| is_unreadable(file)).count();
        let files = if count == 1 { "a file".to_owned() } else { format!("{count} files") };
        return Err(Failure::Error(format!("{files} could not be read as manifests")));
    }
    let refused = verdict.count(Level::Error) > 0 || args.strict && verdict.count(Level::Warning) > 0;
    Ok(if refused { Answer::No } else { Answer::Yes })
}

fn is_unreadable(file: &FileVerdict) -> bool {
    file.entries.iter().any(|entry| entry.level == Level::Unreadable)
}

fn explain(code: &str, streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    match advice::rule(code) {
        Some(rule) => write!(streams.data, "{}", advice::explain(rule))?,
        None if code.is_empty() => write!(streams.data, "{}", advice::list())?,
        None => {
            let known = format!("there is no code {code:?}; these are all:\n{}", advice::list());
            return Err(Failure::Error(known.trim_end().to_owned()));
        }
    }
    Ok(Answer::Yes)
}

fn plain(verdict: &Verdict, streams: &mut Streams<'_>) -> Result<(), Failure> {
    for file in &verdict.files {
        for entry in &file.entries {
            writeln!(streams.data, "{}", line(&file.file, entry))?;
        }
    }
    let _ = writeln!(streams.talk, "{}", summary(verdict));
    Ok(())
}

/// `file:line:column: level code: field: message`.
fn line(file: &str, entry: &Entry) -> String {
    let mut text = format!("{file}:");
    if entry.line > 0 {
        text += &format!("{}:{}:", entry.line, entry.column);
    }
    // What cannot be read is an error to the reader.
    let level = if entry.level == Level::Unreadable { Level::Error } else { entry.level };
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
    text
}

/// What was found, in a line.
fn summary(verdict: &Verdict) -> String {
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let objects: usize = verdict.files.iter().map(|file| file.objects.len()).sum();
    let skipped: usize = verdict.files.iter().map(|file| file.skipped.len()).sum();
    let errors = verdict.count(Level::Error) + verdict.count(Level::Unreadable);
    let parts = [
        Some(format!("{objects} accepted")),
        counted(errors, "error"),
        counted(verdict.count(Level::Warning), "warning"),
        counted(verdict.count(Level::Hint), "hint"),
        (skipped > 0).then(|| format!("{skipped} of other kinds skipped ({})", kinds(verdict))),
    ];
    let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if verdict.files.iter().flat_map(|file| &file.entries).any(|entry| entry.code.is_some()) {
        text += "; `jobsim validate --explain CODE` says more about a code";
    }
    text
}

/// The kinds that were skipped, each with how often.
fn kinds(verdict: &Verdict) -> String {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for skipped in verdict.files.iter().flat_map(|file| &file.skipped) {
        *counts.entry(&skipped.kind).or_default() += 1;
    }
    counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}
