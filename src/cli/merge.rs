//! `jobsim merge`: turns the parts of an experiment into the result that one process would have saved, byte for byte.
//! It reads the command line in the parts, resolves it again, and uses the records of the parts instead of simulating.

use super::embedded::Host;
use super::experiment::flag;
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::outputs;
use super::parts::{MergedParts, PartArgs};
use super::{Cli, Command, compare, run, sweep};
use crate::experiment::{Units, ranges};
use crate::model::duration;
use crate::report::{self, PartHead};
use clap::Parser;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it looks for awaited parts.
const LOOK: Duration = Duration::from_secs(5);

const ABOUT: &str = "Merge the parts that --shard saved into one result

The result has exactly the bytes that --save of the whole command would have written, whatever the number of parts and their
order, and the answer is shown as that command shows it. The files that the command names are read again, so they must be
where they were; that they are the same is checked. Parts that do not belong together are refused.";

const EXAMPLES: &str = "Examples:
  for n in 1 2; do jobsim run scenarios/backoff.yaml -n 100 --shard $n/2 --save $n.part; done; jobsim merge 1.part 2.part -o r.json
  jobsim merge *.part -o result.json     parts that were made anywhere
  jobsim merge parts/ -o result.json --records runs.csv
  jobsim merge parts/ -o result.json --wait 1d     once all are there
  jobsim merge parts/ -o result.json --partial     what is there so far, marked as partial

Exit status: 0 done, 1 a goal does not hold, 2 an error (also: parts are missing; with --partial that is none).";

/// The flags of `jobsim merge`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Merge the parts that --shard saved into one result", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Parts, or folders with files that end in .part
    #[arg(required = true, value_name = "PART")]
    pub parts: Vec<PathBuf>,

    /// Save the result here, as .json or .json.gz
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: PathBuf,

    /// Write a record of each replication (of `run`), as .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE")]
    pub records: Option<PathBuf>,

    /// Wait this long at most until no part is missing, such as 1d
    #[arg(long, value_name = "TIME")]
    pub wait: Option<String>,

    /// Accept that parts are missing, and mark the result as partial
    #[arg(long)]
    pub partial: bool,

    /// The program around the command, if there is one.
    #[arg(skip)]
    pub host: Option<Arc<Host>>,
}

/// Merges parts into a result.
///
/// # Errors
/// Parts that cannot be read, do not belong together, overlap or are missing; whatever the command of the parts refuses.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let (files, (head, units)) = awaited(args)?;
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    outputs::check(&names, &[], &[("output", &args.output)])?;
    let missing = missing(&head, &units);
    if !missing.is_empty() {
        let what = format!("{} of {} are missing", head.words(&missing), head.all_units());
        if !args.partial || units.is_empty() {
            return Err(Failure::Error(format!("{what} (--partial merges what there is)")));
        }
        streams.warn(&what);
    }
    let command = Cli::try_parse_from(&head.command).map_err(|error| {
        Failure::Error(format!("{}: the command in it is not understood: {error}", files[0].display()))
    })?;
    // Only the outputs of this command line are written, whatever flags the parts' command line has.
    let parts = PartArgs { merged: Some(Arc::new(MergedParts::new(head, units))), ..PartArgs::default() };
    let (save, records, host) = (Some(args.output.clone()), args.records.clone(), args.host.clone());
    if records.is_some() && !matches!(command.command, Command::Run(_)) {
        return Err(flag("records", &"only `run` has records of its own; those of a design are in the result"));
    }
    let answer = match command.command {
        Command::Run(mut of) => {
            (of.what.host, of.replicating.host) = (host.clone(), host);
            (of.parts, of.replicating.save, of.records) = (parts, save, records);
            run::run(&of, streams)
        }
        Command::Sweep(mut of) => {
            (of.what.host, of.replicating.host) = (host.clone(), host);
            (of.parts, of.replicating.save) = (parts, save);
            sweep::run(&of, streams)
        }
        Command::Compare(mut of) => {
            (of.what.host, of.replicating.host) = (host.clone(), host);
            (of.parts, of.replicating.save) = (parts, save);
            compare::run(&of, streams)
        }
        _ => return Err(Failure::Error(format!("{}: its command has no parts", files[0].display()))),
    };
    match answer? {
        // The user accepted a partial result.
        CommandAnswer::Interrupted => Ok(CommandAnswer::Yes),
        answer => Ok(answer),
    }
}

/// The parts, once none is missing or the waiting time is over.
fn awaited(args: &Args) -> Result<(Vec<PathBuf>, (PartHead, Units)), Failure> {
    let wait = args.wait.as_deref().map_or(Ok(0.0), duration::parse_seconds).map_err(|e| flag("wait", &e))?;
    let begun = Instant::now();
    let mut seen = Vec::new();
    loop {
        let is_over = begun.elapsed().as_secs_f64() >= wait;
        let files = match files(&args.parts) {
            Err(_) if !is_over => Vec::new(),
            files => files?,
        };
        // Parts are read again only if their number has changed.
        if is_over || files.len() != seen.len() {
            let parts = gathered(&files)?;
            if is_over || missing(&parts.0, &parts.1).is_empty() {
                return Ok((files, parts));
            }
        }
        seen = files;
        std::thread::sleep(LOOK);
    }
}

/// The named parts, and those in named folders, sorted by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let about = |error: std::io::Error| Failure::Error(format!("{}: {error}", path.display()));
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(about)? {
            let file = entry.map_err(about)?.path();
            let is_hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if !is_hidden && file.extension().is_some_and(|ending| ending == "part") {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            return Err(Failure::Error(format!("{}: no part in this folder: no file ends in .part", path.display())));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// All units of the parts, and what they belong to.
fn gathered(files: &[PathBuf]) -> Result<(PartHead, Units), Failure> {
    let mut all = Units::new();
    let mut read: Vec<(&Path, PartHead)> = Vec::new();
    for path in files {
        let part = report::load_part(path).map_err(Failure::Error)?;
        if let Some((first, head)) = read.first()
            && let Some(difference) = part.head.difference(head)
        {
            let (path, first) = (path.display(), first.display());
            return Err(Failure::Error(format!("{path} does not belong to {first}: it has {difference}")));
        }
        for (other, head) in &read {
            let both = both(&part.head.units, &head.units);
            if !both.is_empty() {
                let (words, path, other) = (part.head.words(&both), path.display(), other.display());
                return Err(Failure::Error(format!("{words} are in {other} and in {path}: give each part once")));
            }
        }
        all.extend(part.units);
        read.push((path, part.head));
    }
    let (_, head) = read.swap_remove(0);
    Ok((head, all))
}

/// The intersection of two lists of ranges.
fn both(a: &[Range<u64>], b: &[Range<u64>]) -> Vec<Range<u64>> {
    let common = |x: &Range<u64>, y: &Range<u64>| x.start.max(y.start)..x.end.min(y.end);
    a.iter().flat_map(|x| b.iter().map(move |y| common(x, y))).filter(|range| !range.is_empty()).collect()
}

/// The units that are in no part.
fn missing(head: &PartHead, units: &Units) -> Vec<Range<u64>> {
    let mut missing = Vec::new();
    let mut next = 0;
    let all = head.all_units();
    for range in ranges(units.keys().copied()).into_iter().chain(std::iter::once(all..all)) {
        if next < range.start {
            missing.push(next..range.start);
        }
        next = range.end;
    }
    missing
}
