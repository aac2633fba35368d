//! `jobsim page`: the page that simulates in a browser, with a scenario in it. [`crate::page`] makes the page.

use super::out::{CommandAnswer, Failure, OutputStreams};
use super::outputs;
use super::report::write_page;
use crate::page::{self, PageContent};
use crate::scenario::source;
use std::fs;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Write a page that simulates in a browser

The page is a single file that holds the simulator, works without a network and may be mailed: an editor with the manifest,
problems at their lines, every run as a timeline to step through with the rule behind each step, many replications, lessons,
and links that hold the whole state. FILE is what it begins with; without one it begins with its gallery.

The simulator in the page is this program compiled for WebAssembly, which is a file of its own: `browser/build.sh` builds
it. It is looked for beside this program, under the name jobsim.wasm.";

const EXAMPLES: &str = "Examples:
  jobsim page --wasm target/browser/jobsim.wasm -o jobsim.html      after browser/build.sh
  jobsim page -o jobsim.html                                     the page with its gallery and lessons
  jobsim page scenarios/backoff.yaml -o backoff.html             the page with a scenario in it
  jobsim page my-lesson.yaml -o my-lesson.html                   a lesson of one's own (docs/page.md)
  jobsim page job.yaml --wasm target/browser/jobsim.wasm -o job.html";

/// The file name of the simulator, in the same folder as the program.
const NAME: &str = "jobsim.wasm";

/// The flags of `jobsim page`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Write a page that simulates in a browser", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// A manifest, scenario or lesson that stands alone, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: Option<String>,

    /// The page, or - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "jobsim.html")]
    pub output: PathBuf,

    /// The simulator, compiled for WebAssembly [default: jobsim.wasm beside this program]
    #[arg(long, value_name = "FILE")]
    pub wasm: Option<PathBuf>,
}

/// Writes the page.
///
/// # Errors
/// A file that cannot be read, no simulator, a page that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let text = args.file.as_deref().map(text_of).transpose()?;
    if let Some(text) = &text {
        for why in page::troubles(text) {
            streams.warn(&format!("the page will say: {why}"));
        }
    }
    let inputs: Vec<String> = args.file.iter().cloned().collect();
    if args.output.as_os_str() != "-" {
        outputs::check(&inputs, &[], &[("output", &args.output)])?;
    }
    let wasm = simulator(args.wasm.as_deref())?;
    let page = page::page(&PageContent { text, wasm })?;
    write_page(&args.output, &page, streams)?;
    Ok(CommandAnswer::Yes)
}

/// The text of a file; an error if it has not exactly one.
fn text_of(file: &str) -> Result<String, Failure> {
    let sources = source::read(file).map_err(|problem| Failure::Error(problem.to_string()))?;
    match <[_; 1]>::try_from(sources) {
        Ok([source]) => Ok(source.text),
        Err(sources) => {
            let what = format!("{file}: {} files: a page begins with one text", sources.len());
            Err(Failure::Error(what))
        }
    }
}

/// The bytes of the simulator.
fn simulator(given: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join(NAME));
    let Some(path) = given.map(Path::to_owned).or_else(|| beside().filter(|path| path.exists())) else {
        let what = format!(
            "there is no simulator for the page: neither --wasm nor a file {NAME} beside this program. browser/build.sh of the \
             source code builds it (target/browser/{NAME})"
        );
        return Err(Failure::Error(what));
    };
    let about = |why: String| Failure::Error(format!("{}: {why}", path.display()));
    let wasm = fs::read(&path).map_err(|error| about(error.to_string()))?;
    if !wasm.starts_with(b"\0asm") {
        return Err(about("not WebAssembly: it does not begin with its four letters".to_owned()));
    }
    Ok(wasm)
}
