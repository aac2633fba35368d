//! `jobsim report`: a page about saved results, for a browser. [`crate::report`] makes the page.

use super::out::{CommandAnswer, Failure, OutputStreams};
use super::outputs;
use super::plot::load;
use crate::report;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Turn saved results into a page for a browser

RESULT is a file that `--save` wrote; several results are compared on one page. The page contains the question, the
answer in words, tables, pictures, an interactive timeline, the data and the exact command. It is a single file that
loads nothing.";

const EXAMPLES: &str = "Examples:
  jobsim run docs/cookbook/job.yaml --fail 20% -n 1000 --save r.json && jobsim report r.json -o report.html
  jobsim report before.json after.json -o both.html";

/// The flags of `jobsim report`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Turn saved results into a page for a browser", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Saved results
    #[arg(required = true, value_name = "RESULT")]
    pub results: Vec<PathBuf>,

    /// The page, or - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub output: PathBuf,
}

/// Makes the page.
///
/// # Errors
/// Results that cannot be read, a file that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let inputs: Vec<String> = args.results.iter().map(|path| path.display().to_string()).collect();
    if args.output.as_os_str() != "-" {
        outputs::check(&inputs, &[], &[("output", &args.output)])?;
    }
    let page = report::html_page(&load(&args.results)?);
    write_page(&args.output, &page, streams)?;
    Ok(CommandAnswer::Yes)
}

/// Writes a page into a file, whole or not at all, or (`-`) to standard output.
///
/// # Errors
/// A file or an output that cannot be written.
pub fn write_page(output: &Path, page: &str, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    if output.as_os_str() == "-" {
        return Ok(streams.data.write_all(page.as_bytes())?);
    }
    let written = report::whole_file(output, |file| file.write_all(page.as_bytes()));
    written.map_err(|error| Failure::Error(format!("{}: {error}", output.display())))
}
