//! `jobsim conformance`: turns flags into a replay, and its report into text or JSON. The replay is in
//! [`crate::conformance`].

use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use crate::conformance::side_by_side::side_by_side;
use crate::conformance::{Count, Differing, FirstDifference, Registry, ReplayOptions, ReplayReport, replay};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The differing cases that plain text shows by default.
const LIMIT: usize = 10;

/// The differing fields of a case that plain text shows.
const FIELDS: usize = 20;

const ABOUT: &str = "\
Replay recorded histories of the real controller and compare every instant

Each case is one line of JSON: an environment, and what the released Kubernetes code did in it. It is replayed on the
virtual clock and compared with the record: statuses, writes, Pods and Events at every instant. A case that names a
release of Kubernetes is replayed under that, all others under v1.37. Folders are searched to the bottom for recordings (.jsonl and .jsonl.gz), in the order of their names.";

const EXAMPLES: &str = "\
Examples:
  jobsim conformance tests/conformance/kubelet                  one corpus
  jobsim conformance tests/conformance                          everything that came with the source
  jobsim conformance tests/conformance --case basic-11-00000    one case whole
  jobsim conformance my-recordings.jsonl.gz -o json | jq .byTag

Exit status: 0 all cases equal, 1 some differ, 2 unreadable input, no case at all or an unknown corpus.";

/// The flags of `jobsim conformance`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Replay recorded histories of the real controller and compare every instant")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Recordings: .jsonl or .jsonl.gz files, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Only the case with this name or id; the first one is shown in full
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,

    /// Number of threads (does not change the result) [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Show at most this many differing cases [default: 10 in plain text, all in JSON]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Replays what the flags name, with the corpora of `registry`.
///
/// # Errors
/// Unreadable input, no case, an unknown corpus; output that cannot be written.
pub fn run(args: &Args, registry: Registry, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let report = replay(&args.paths, registry, &args.options()).map_err(|error| Failure::Error(error.to_string()))?;
    for path in &report.passed_over {
        streams.warn(&format!("{}: passed over, as it is neither .jsonl nor .jsonl.gz", path.display()));
    }
    match args.output {
        OutputFormat::Plain => streams.data.write_all(plain(&report).as_bytes())?,
        OutputFormat::Json => streams.json(&report)?,
    }
    Ok(if report.all.equal == report.all.total { CommandAnswer::Yes } else { CommandAnswer::No })
}

impl Args {
    fn options(&self) -> ReplayOptions {
        let limit = match self.output {
            OutputFormat::Plain => LIMIT,
            OutputFormat::Json => usize::MAX,
        };
        ReplayOptions {
            threads: self.threads.map_or(0, usize::from),
            limit: self.limit.unwrap_or(limit),
            case: self.case.clone(),
        }
    }
}

/// The report as text.
fn plain(report: &ReplayReport) -> String {
    let mut text = String::new();
    match &report.shown {
        Some(shown) => whole(&mut text, report, &shown.text),
        None => tables(&mut text, report),
    }
    let Count { equal, total } = report.all;
    line(&mut text, format_args!("{equal} of {total} equal"));
    text
}

/// Appends a line. Writing to a String cannot fail.
fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}

/// One case in full, for `--case`.
fn whole(text: &mut String, report: &ReplayReport, shown: &str) {
    if let Some(at) = &report.shown {
        line(text, format_args!("{}:{}", at.file.display(), at.line));
    }
    line(text, format_args!("{}\n", shown.trim_end()));
    if report.all.total > 1 {
        line(text, format_args!("{} cases have this name; this is the first.", report.all.total));
    }
}

fn tables(text: &mut String, report: &ReplayReport) {
    let files: Vec<_> = report.by_file.iter().map(|(file, count)| (file.display().to_string(), *count)).collect();
    table(text, "file", files.iter().map(|(name, count)| (name.as_str(), *count)));
    table(text, "corpus", report.by_corpus.iter().map(|(name, count)| (name.as_str(), *count)));
    table(text, "release", report.by_release.iter().map(|(name, count)| (name.as_str(), *count)));
    table(text, "tag", report.by_tag.iter().map(|(name, count)| (name.as_str(), *count)));
    report.differing.iter().for_each(|differing| case(text, differing));
    let hidden = report.all.total - report.all.equal - report.differing.len() as u64;
    if hidden > 0 {
        line(text, format_args!("… and {hidden} more differing; --limit shows more, --case one whole.\n"));
    }
}

fn table<'a>(text: &mut String, title: &str, rows: impl Iterator<Item = (&'a str, Count)> + Clone) {
    let width = rows.clone().map(|(name, _)| name.chars().count()).chain([title.len()]).max().unwrap_or(0);
    line(text, format_args!("{title:width$}    equal    total"));
    for (name, Count { equal, total }) in rows {
        let mark = if equal == total { "" } else { "  differs" };
        line(text, format_args!("{name:width$} {equal:>8} {total:>8}{mark}"));
    }
    line(text, format_args!(""));
}

/// A differing case: where it is, when it first differs, and in what.
fn case(text: &mut String, Differing { file, line: number, case, difference }: &Differing) {
    let FirstDifference { instant, expected, got } = difference;
    let when = instant.map(|us| format!(", first at {us} µs ({:.6} s)", us as f64 / 1e6)).unwrap_or_default();
    line(text, format_args!("{case} differs{when}: {}:{number}", file.display()));
    side_by_side(expected, got, FIELDS).lines().for_each(|row| line(text, format_args!("  {row}")));
    line(text, format_args!(""));
}
