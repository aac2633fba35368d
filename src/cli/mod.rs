//! The command line: flags in, text out. It holds no logic: one file for each subcommand turns flags into a call of the
//! library, and its answer into text.
//!
//! For every subcommand, standard output is data and standard error is talk. Exit codes: 0 yes, 1 "the answer is no",
//! 2 an error, 130 interrupted. A reader that closes our output early has seen enough, so a broken pipe is success.

use clap::{CommandFactory, Parser, Subcommand};
use std::io;
use std::process::ExitCode;
use std::sync::OnceLock;

pub mod autopsy;
mod autopsy_ahead;
pub mod calibrate;
pub mod campaign;
mod check_files;
pub mod compare;
pub mod completions;
pub mod conformance;
pub mod design;
pub mod disruption_rates;
mod dump;
pub mod embedded;
pub mod experiment;
pub mod explain;
mod interrupt;
pub mod merge;
pub mod minimize;
pub mod next;
pub mod out;
mod outputs;
pub mod page;
pub mod parts;
pub mod plot;
mod progress;
mod release_args;
pub mod report;
pub mod run;
mod run_answer;
pub mod schedule;
pub mod schema;
mod screen;
mod shard_args;
pub mod solve;
mod step;
pub mod studies;
mod study_answer;
pub mod sweep;
mod trace;
mod upgrade;
pub mod validate;
pub mod watch;

use out::{CommandAnswer, Failure, OutputStreams};

/// The Kubernetes releases whose behaviour is modelled: the default, and those for `--kubernetes`.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (models Kubernetes v1.37; with --kubernetes v1.30 to v1.36)");

/// What is shown without a command.
const BEGINNING: &str = "\
jobsim run job.yaml --fail 20%   what becomes of this Job? (and --why?)
jobsim validate job.yaml         would a cluster take it, and a reviewer?
jobsim --help                    all commands; each has examples (run --help)
";

/// Simulates the Kubernetes Job controller on a virtual clock: what happens to a Job if its Pods fail like this?
#[derive(Debug, Parser)]
#[command(name = "jobsim", version = VERSION, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit status: 0 yes (done, all equal), 1 the answer is no, 2 an error.")]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate Jobs and show what happens to them
    Run(run::Args),
    /// Vary fields and show what changes
    Sweep(sweep::Args),
    /// Compare variants: which one is better in what, by how much, how sure
    Compare(compare::Args),
    /// Find the smallest (largest) value of a field for which goals hold
    Solve(solve::Args),
    /// Merge the parts that --shard saved into one result
    Merge(merge::Args),
    /// Write what an engine needs to run a command in shards
    Campaign(campaign::Args),
    /// Say what another release of Kubernetes changes for these Jobs
    Upgrade(upgrade::Args),
    /// Show what the API server would answer to manifests, and what a reviewer would add
    Validate(validate::Args),
    /// Explain the worst case of a Job, rule by rule
    Explain(explain::Args),
    /// Explain what happened to a Job in a cluster, wait by wait
    Autopsy(autopsy::Args),
    /// Watch a Job on an accelerated clock
    Watch(watch::Args),
    /// Fit the models of a scenario to observed Pods
    Calibrate(calibrate::Args),
    /// List the next starts of CronJobs, with changes of the clock
    Next(next::Args),
    /// Say whether the Pods of Jobs fit on nodes now, and what is in the way
    Schedule(schedule::Args),
    /// Draw pictures of saved results
    Plot(plot::Args),
    /// Turn saved results into a page for a browser
    Report(report::Args),
    /// Write a page that simulates in a browser
    Page(page::Args),
    /// Write a study of each scenario: answer, pictures, records and page
    Studies(studies::Args),
    /// Replay recorded histories of the real controller and compare every instant
    Conformance(conformance::Args),
    /// Print the JSON Schema of scenario files
    #[command(after_help = "Examples:\n  jobsim schema > scenario.schema.json")]
    Schema,
    /// Print a completion script for a shell
    Completions(completions::Args),
}

impl Command {
    fn run(self, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
        match self {
            Command::Run(args) => run::run(&args, streams),
            Command::Sweep(args) => sweep::run(&args, streams),
            Command::Compare(args) => compare::run(&args, streams),
            Command::Solve(args) => solve::run(&args, streams),
            Command::Campaign(args) => campaign::run(&args, streams),
            Command::Merge(args) => merge::run(&args, streams),
            Command::Upgrade(args) => upgrade::run(&args, streams),
            Command::Validate(args) => validate::run(&args, streams),
            Command::Explain(args) => explain::run(&args, streams),
            Command::Autopsy(args) => autopsy::run(&args, streams),
            Command::Watch(args) => watch::run(&args, streams),
            Command::Calibrate(args) => calibrate::run(&args, streams),
            Command::Next(args) => next::run(&args, streams),
            Command::Schedule(args) => schedule::run(&args, streams),
            Command::Plot(args) => plot::run(&args, streams),
            Command::Report(args) => report::run(&args, streams),
            Command::Page(args) => page::run(&args, streams),
            Command::Studies(args) => studies::run(&args, streams),
            Command::Schema => schema::run(streams),
            Command::Conformance(args) => conformance::run(&args, crate::conformance::replayer, streams),
            Command::Completions(args) => completions::run(&args, &mut Cli::command(), streams),
        }
    }
}

/// The command line, if it was given by an embedding program.
static WORDS: OnceLock<Vec<String>> = OnceLock::new();

/// The words of the command line, the program's name first.
fn words() -> Vec<String> {
    WORDS.get().cloned().unwrap_or_else(|| std::env::args().collect())
}

/// Runs the command that this process was started with.
pub fn main() -> ExitCode {
    interrupt::install();
    if std::env::args_os().len() <= 1 {
        return ExitCode::from(beginning());
    }
    ExitCode::from(match Cli::try_parse() {
        Ok(cli) => out::with_streams(|streams| cli.command.run(streams)),
        Err(usage) => help(&usage),
    })
}

/// What a command line without a command shows: how to get started.
fn beginning() -> u8 {
    out::with_streams(|streams| streams.text(BEGINNING).map(|()| CommandAnswer::Yes))
}

/// Runs this command line (the program's name first) as [`main`] runs that of the process; returns the exit code. For
/// processes started by an interpreter. Signals are handled from then on.
pub fn main_of(words: Vec<String>) -> u8 {
    interrupt::install();
    if words.len() <= 1 {
        return beginning();
    }
    let parsed = Cli::try_parse_from(&words);
    WORDS.get_or_init(|| words);
    match parsed {
        Ok(cli) => out::with_streams(|streams| cli.command.run(streams)),
        Err(usage) => help(&usage),
    }
}

/// Prints what clap has to say: help and version are data, everything else is an error of usage.
fn help(usage: &clap::Error) -> u8 {
    if usage.use_stderr() {
        // It quotes the arguments, so control characters must be escaped as in all text. A failed write is not an
        // error.
        let text = usage.render().to_string();
        return out::with_streams(|_| Err(Failure::Usage(text)));
    }
    match usage.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cli, CommandFactory, VERSION};
    use crate::release::{NEWEST_PATCHES, OLDEST_MINOR};

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        let [.., before, newest] = NEWEST_PATCHES.map(|version| version.minor);
        let others = format!("with --kubernetes v1.{OLDEST_MINOR} to v1.{before}");
        assert!(VERSION.ends_with(&format!("(models Kubernetes v1.{newest}; {others})")));
    }
}
