//! `jobsim campaign`: writes what an engine (Kubernetes, Slurm, …) needs to run a command in shards. It runs nothing
//! itself; the texts are in [`crate::report::Campaign`].

use super::experiment::{cannot_write, flag};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::run::{SimulationArgs, failure};
use super::{Cli, Command};
use crate::experiment::result::FileText;
use crate::limits::MOST_SHARDS;
use crate::report::{self, CampaignEngine, LARGEST_CONFIG_MAP};
use clap::{Parser, ValueEnum};
use std::path::{Component, Path, PathBuf};

/// The default number of shards that run at the same time. Few clusters have room for more Pods.
const PARALLELISM: u32 = 50;

const ABOUT: &str = "Write what an engine needs to run a command in shards

The command after -- is what would run on one machine: run, sweep or compare, with a fixed number of replications. It is read
and checked, and nothing is simulated. For Kubernetes there are an Indexed Job with a shard for each index, a Job that merges,
the files in a ConfigMap, and a volume for parts; for Slurm a script of a job array; for GNU parallel a line.";

const EXAMPLES: &str = "Examples:
  jobsim campaign kubernetes --shards 64 --image registry.example/jobsim:0.1 -- run scenarios/spot-policy.yaml -n 1000000 > campaign.yaml
  jobsim campaign slurm --shards 64 --name night -o night.sh -- sweep job.yaml -P spec.parallelism=1..64
  jobsim campaign parallel --shards 8 -- run job.yaml --fail 5% -n 1000000 | sh

How long it will take itself: jobsim run scenarios/campaign.yaml. Recipes for other engines: docs/scale.md.
Exit status: 0 done, 2 an error.";

/// The flags of `jobsim campaign`.
#[derive(Clone, Debug, clap::Args)]
#[command(about = "Write what an engine needs to run a command in shards", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// What runs the shards
    #[arg(value_enum)]
    pub engine: EngineName,

    /// How many shards there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_SHARDS)))]
    pub shards: u32,

    /// How many run at a time [default: 50, or all if they are fewer; GNU parallel: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub parallelism: Option<u32>,

    /// The name of the objects, the folder of parts and the result
    #[arg(long, default_value = "campaign")]
    pub name: String,

    /// The image with jobsim in it (Kubernetes)
    #[arg(long, required_if_eq("engine", "kubernetes"))]
    pub image: Option<String>,

    /// Write into this file [default: standard output]
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// The command, after --
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)] // their names
pub enum EngineName {
    Kubernetes,
    Slurm,
    Parallel,
}

/// Writes the text for the engine.
///
/// # Errors
/// A command that cannot be run in shards, files that cannot be passed to the engine, output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let is_label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let name = &args.name;
    if name.len() > 50 || !name.chars().all(is_label) || !edge(name.chars().next()) || !edge(name.chars().last()) {
        let why = format!("{name:?} is no name: up to 50 of a to z, 0 to 9 and -, with a letter or digit at both ends");
        return Err(flag("name", &why));
    }
    let files = files(&args.command)?;
    let most = if args.engine == EngineName::Parallel { args.shards } else { PARALLELISM };
    let campaign = report::Campaign {
        name: name.clone(),
        shards: args.shards,
        parallelism: args.parallelism.unwrap_or(most).min(args.shards),
        command: args.command.clone(),
        image: args.image.clone().unwrap_or_default(),
        files,
    };
    let engine = match args.engine {
        EngineName::Kubernetes => CampaignEngine::Kubernetes,
        EngineName::Slurm => CampaignEngine::Slurm,
        EngineName::Parallel => CampaignEngine::Parallel,
    };
    if engine == CampaignEngine::Kubernetes {
        check_for_config_map(&campaign.files)?;
    }
    let text = campaign.text(engine);
    match &args.output {
        None => write!(streams.data, "{text}")?,
        Some(path) => report::whole_file(path, |out| out.write_all(text.as_bytes()))
            .map_err(|error| cannot_write(path, &error))?,
    }
    Ok(CommandAnswer::Yes)
}

/// The files that a command reads; an error if it cannot be run in shards.
fn files(words: &[String]) -> Result<Vec<FileText>, Failure> {
    let wrong = |why: &str| Failure::Error(format!("command line: after --: {why}"));
    let whole = ["jobsim"].into_iter().chain(words.iter().map(String::as_str));
    let command = Cli::try_parse_from(whole).map_err(|error| wrong(error.to_string().trim_start_matches("error: ")))?;
    let (what, parts, replicating) = match &command.command {
        Command::Run(of) => (&of.what, &of.parts, &of.replicating),
        Command::Sweep(of) => (&of.what, &of.parts, &of.replicating),
        Command::Compare(of) => (&of.what, &of.parts, &of.replicating),
        _ => return Err(wrong("only run, sweep and compare can be run in shards")),
    };
    let is_placed = parts.shard.is_some() || parts.checkpoint.is_some() || replicating.save.is_some();
    if is_placed || replicating.threads.is_some() {
        return Err(wrong("give it without --shard, --checkpoint, --save and --threads: the campaign adds them"));
    }
    if !replicating.precision.is_empty()
        || what.from_status.as_deref() == Some("now")
        || what.files.contains(&"-".into())
    {
        return Err(wrong(
            "shards need a fixed number of replications, a fixed time and files: no --precision, no now, no -",
        ));
    }
    if let Command::Run(of) = &command.command
        && (of.records.is_some() || of.replication.is_some())
    {
        return Err(wrong("give it without --records and --replication: `jobsim merge` writes records"));
    }
    let mut files: Vec<FileText> = Vec::new();
    for file in &what.files {
        let one = SimulationArgs { files: vec![file.clone()], ..what.clone() };
        let resolved = one.input().and_then(|input| input.resolve()).map_err(failure)?;
        if let Command::Run(_) = &command.command
            && replicating.replications.unwrap_or(resolved.setup.replications) < 2
        {
            return Err(wrong("there is one replication, which has no parts: give more with -n"));
        }
        for file in resolved.files {
            let columns = columns(&file);
            files.extend(std::iter::once(file).chain(columns));
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files.dedup();
    Ok(files)
}

/// The CSV files that a text names, relative to its own folder.
fn columns(text: &FileText) -> Vec<FileText> {
    let folder = Path::new(&text.name).parent().unwrap_or(Path::new(""));
    let is_end = |c: char| c.is_whitespace() || "\"'=([{,}])".contains(c);
    let named = text.text.split(is_end).filter(|word| word.ends_with(".csv")).map(|word| folder.join(word));
    named
        .filter_map(|path| {
            Some(FileText { name: path.display().to_string(), text: std::fs::read_to_string(path).ok()? })
        })
        .collect()
}

/// Refuses files that a ConfigMap cannot hold.
fn check_for_config_map(files: &[FileText]) -> Result<(), Failure> {
    let all: usize = files.iter().map(|file| file.text.len()).sum();
    if all > LARGEST_CONFIG_MAP {
        let what = format!("the files have {all} bytes; a ConfigMap holds up to {LARGEST_CONFIG_MAP}");
        return Err(Failure::Error(format!("{what}: put them into the image, or use another engine")));
    }
    let is_below = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    match files.iter().find(|file| !Path::new(&file.name).components().all(is_below)) {
        Some(file) => {
            let how = "a ConfigMap holds files below the folder in which the command runs: go to a folder above it";
            Err(Failure::Error(format!("{}: {how}", file.name)))
        }
        None => Ok(()),
    }
}
