//! `--shard` and `--checkpoint`: does only a part of an experiment, or continues where a killed process had stopped.
//! What a unit of work is, is decided in [`crate::experiment::DividedExperiment`].

use super::experiment::{self, Replicating, Session, flag};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::run::SimulationArgs;
use super::shard_args;
use crate::experiment::{DividedExperiment, Measure, PointResult, Replicated, RunControl, Setup, Shard, Units};
use crate::report::{self, PartHead};
use crate::scenario::DesignPoint;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a checkpoint is written.
const EVERY: Duration = Duration::from_secs(30);
/// Writing checkpoints takes at most one part in so many of the time.
const SHARE_OF_TIME: u32 = 20;

/// Which part of an experiment is done, and where checkpoints are written.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Beyond one process")]
pub struct PartArgs {
    /// Do this part of the replications, such as 3/64, and save it as --save FILE.part for `jobsim merge`. auto takes the
    /// number from Slurm's environment, auto/64 from that of Kubernetes, Slurm, AWS Batch or PBS
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,

    /// Write what is done into this file every so often, and go on from there if it exists (a folder: a name is chosen)
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,

    /// How often the checkpoint is written [default: 30s]
    #[arg(long, value_name = "TIME", requires = "checkpoint")]
    pub checkpoint_every: Option<String>,

    /// What `jobsim merge` has read.
    #[arg(skip)]
    pub merged: Option<Arc<MergedParts>>,
}

/// The merged units of an experiment, which can be taken once.
#[derive(Debug)]
pub struct MergedParts {
    /// What they belong to.
    pub head: PartHead,
    units: Mutex<Units>,
}

impl MergedParts {
    /// All units of an experiment, or some.
    pub fn new(head: PartHead, units: Units) -> Self {
        MergedParts { head, units: Mutex::new(units) }
    }
}

/// How a session is divided into parts.
#[derive(Debug)]
pub struct ExperimentParts {
    shard: Option<(Shard, PathBuf)>,
    checkpoint: Option<PathBuf>,
    every: Duration,
    merged: Option<Arc<MergedParts>>,
}

impl PartArgs {
    fn is_asked(&self) -> bool {
        self.shard.is_some() || self.checkpoint.is_some() || self.merged.is_some()
    }

    /// Reads the flags; `None` without any. Prints which shard the environment asks for.
    ///
    /// # Errors
    /// An experiment that cannot be divided, or flags that cannot be read.
    pub fn read(
        &self,
        what: &SimulationArgs,
        replicating: &Replicating,
        streams: &mut OutputStreams<'_>,
    ) -> Result<Option<ExperimentParts>, Failure> {
        if !self.is_asked() {
            return Ok(None);
        }
        let name = if self.shard.is_some() { "shard" } else { "checkpoint" };
        if !replicating.precision.is_empty() {
            let why = "does not go with --precision: whether it is reached is known only of all replications together, and \
                       a part sees its own: give their number with -n";
            return Err(flag(name, &why));
        }
        if what.from_status.as_deref() == Some("now") {
            let why = "does not go with --from-status=now: each process has another now: give the time";
            return Err(flag(name, &why));
        }
        if self.shard.is_some() && what.files.iter().any(|file| file == "-") {
            let why = "does not go with standard input, which `jobsim merge` cannot read again: save it in a file";
            return Err(flag(name, &why));
        }
        let shard = self.shard.as_deref().map(|text| shard_args::shard(text, streams)).transpose()?;
        let checkpoint = self.checkpoint.as_deref().map(|path| in_folder(path, shard, "checkpoint"));
        let every = self.checkpoint_every.as_deref().map(|text| {
            let seconds = crate::model::duration::parse_seconds(text).map_err(|e| flag("checkpoint-every", &e))?;
            Duration::try_from_secs_f64(seconds).map_err(|e| flag("checkpoint-every", &e))
        });
        let shard = shard.map(|shard| Ok::<_, Failure>((shard, part_path(replicating.save.as_deref(), shard)?)));
        Ok(Some(ExperimentParts {
            shard: shard.transpose()?,
            checkpoint,
            every: every.transpose()?.unwrap_or(EVERY),
            merged: self.merged.clone(),
        }))
    }
}

/// A path; for a folder, a name in it that is unique to the shard.
fn in_folder(path: &Path, shard: Option<Shard>, ending: &str) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let stem = shard.map_or("jobsim".to_owned(), |shard| format!("{}-of-{}", shard.index(), shard.of()));
    path.join(format!("{stem}.{ending}"))
}

/// The file in which a shard is saved.
fn part_path(save: Option<&Path>, shard: Shard) -> Result<PathBuf, Failure> {
    let Some(save) = save else {
        return Err(flag("shard", &"needs --save FILE.part, or --save FOLDER, into which the part is saved"));
    };
    let path = in_folder(save, Some(shard), "part");
    match path.extension() {
        Some(ending) if ending == "part" => Ok(path),
        _ => {
            let why = "a part is saved as .part, or into a folder that exists: the name must end so";
            Err(flag("save", &format!("{}: {why}", save.display())))
        }
    }
}

impl ExperimentParts {
    /// The files that it writes, each with its flag.
    pub fn outputs(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let shard = self.shard.iter().map(|(_, path)| ("save", &**path));
        shard.chain(self.checkpoint.iter().map(|path| ("checkpoint", &**path)))
    }

    /// The error for an experiment that cannot be divided.
    pub fn of_nothing(&self) -> Failure {
        let name = if self.is_shard() { "shard" } else { "checkpoint" };
        flag(name, &"there is one replication, which has no parts: give more with -n")
    }

    /// Whether it saves a part instead of a result.
    pub fn is_shard(&self) -> bool {
        self.shard.is_some()
    }

    /// The command line that the merged result has.
    pub fn command(&self) -> Option<&[String]> {
        self.merged.as_ref().map(|merged| &merged.head.command[..])
    }

    /// Replicates paired setups with their names, as [`Session::replicate`] does.
    ///
    /// # Errors
    /// [`Failure::Saved`] if there is no result because a part of it was saved. What cannot be read, does not belong to this
    /// experiment or cannot be written; a replication that would use more than its budget.
    pub fn replicate(
        &self,
        session: &Session,
        setups: &[(&str, &Setup)],
        measures: &[Measure],
    ) -> Result<Replicated, Failure> {
        let names: Vec<&str> = setups.iter().map(|(name, _)| *name).collect();
        let setups = setups.iter().map(|(_, setup)| (*setup, measures)).collect();
        let experiment = DividedExperiment { setups, replications: session.replications, is_paired: true };
        experiment.replicated(self.units(&experiment, session, &names)?).map_err(no_records)
    }

    /// Replicates each setup independently, as [`Session::replicate_each`] does.
    ///
    /// # Errors
    /// As of [`ExperimentParts::replicate`].
    pub fn replicate_each(
        &self,
        session: &Session,
        points: &[(&DesignPoint, &[Measure])],
    ) -> Result<Vec<PointResult>, Failure> {
        let names: Vec<&str> = points.iter().map(|(point, _)| &*point.name).collect();
        let setups = points.iter().map(|(point, measures)| (&point.setup, *measures)).collect();
        let experiment = DividedExperiment { setups, replications: session.replications, is_paired: false };
        experiment.each_replicated(self.units(&experiment, session, &names)?).map_err(no_records)
    }

    /// All units of an experiment.
    ///
    /// # Errors
    /// As of [`ExperimentParts::replicate`].
    fn units(&self, experiment: &DividedExperiment, session: &Session, names: &[&str]) -> Result<Units, Failure> {
        let head = self.head(experiment, session);
        if let Some(merged) = &self.merged {
            if let Some(difference) = merged.head.difference(&head) {
                let what = format!("the files are no longer those of which the parts were made: {difference}");
                return Err(Failure::Error(what));
            }
            return Ok(std::mem::take(&mut merged.units.lock().unwrap_or_else(PoisonError::into_inner)));
        }
        let wanted = self.shard.as_ref().map_or(0..head.all_units(), |(shard, _)| shard.units(head.all_units()));
        let mut units = self.go_on(&head)?;
        let bar = experiment::bar(wanted.end - wanted.start, "");
        bar.inc(units.len() as u64);
        let done = || bar.inc(1);
        let (mut pause, is_at_once) = (self.every, self.checkpoint.is_none());
        loop {
            let missing: Vec<u64> = wanted.clone().filter(|unit| !units.contains_key(unit)).collect();
            if missing.is_empty() || session.is_stopped() {
                break;
            }
            let begun = Instant::now();
            let until = || !is_at_once && begun.elapsed() >= pause;
            let watch = RunControl { stop: session.stop, done: &done };
            let found = experiment.simulate(missing.into_iter(), session.threads, watch, &until);
            let found = found.map_err(|e| experiment::exhausted(names[e.setup], e.replication, e.why))?;
            units.extend(found);
            if let Some(path) = &self.checkpoint {
                let begun = Instant::now();
                report::save_part(path, &head, &units).map_err(|error| experiment::cannot_write(path, &error))?;
                pause = self.every.max(begun.elapsed() * SHARE_OF_TIME);
            }
        }
        bar.finish_and_clear();
        self.finish(&head, units, wanted.end - wanted.start)
    }

    /// The units in the checkpoint, if it exists.
    fn go_on(&self, head: &PartHead) -> Result<Units, Failure> {
        let Some(path) = self.checkpoint.as_deref().filter(|path| path.is_file()) else { return Ok(Units::new()) };
        let part = report::load_part(path).map_err(Failure::Error)?;
        let shard = (part.head.shard != head.shard).then(|| "another shard".to_owned());
        match part.head.difference(head).or(shard) {
            None => Ok(part.units),
            Some(difference) => {
                let what =
                    format!("the checkpoint is of another experiment ({difference}): name another, or remove it");
                Err(Failure::Error(format!("{}: {what}", path.display())))
            }
        }
    }

    fn head(&self, experiment: &DividedExperiment, session: &Session) -> PartHead {
        let setups = &experiment.setups;
        let mut releases: Vec<String> = setups.iter().map(|(setup, _)| setup.release.name()).collect();
        releases.dedup();
        PartHead {
            jobsim: env!("CARGO_PKG_VERSION").to_owned(),
            kubernetes: releases.join(", "),
            command: session.command.clone(),
            digest: experiment.digest(),
            seed: setups.first().map_or(0, |(setup, _)| setup.seed),
            replications: experiment.replications,
            points: experiment.units() / u64::from(experiment.replications.max(1)),
            shard: self.shard.as_ref().map(|(shard, _)| shard.to_string()),
            ..PartHead::default()
        }
    }

    /// Saves the units if this is a shard, or returns them if they are complete.
    fn finish(&self, head: &PartHead, units: Units, wanted: u64) -> Result<Units, Failure> {
        let done = units.len() as u64;
        if done < wanted {
            let kept = match &self.checkpoint {
                Some(path) => format!("they are in {}, and the same command goes on", path.display()),
                None => "they are lost: --checkpoint would keep them".to_owned(),
            };
            let text = format!("interrupted: {done} of {wanted} replications are done; {kept}");
            return Err(Failure::Saved { text, answer: CommandAnswer::Interrupted });
        }
        let Some((shard, path)) = &self.shard else { return Ok(units) };
        report::save_part(path, head, &units).map_err(|error| experiment::cannot_write(path, &error))?;
        let what = match crate::experiment::ranges(units.keys().copied()) {
            none if none.is_empty() => "no replication, as there are more shards than replications".to_owned(),
            ranges => head.words(&ranges),
        };
        let text = format!("shard {shard}: {what} saved in {}", path.display());
        Err(Failure::Saved { text, answer: CommandAnswer::Yes })
    }
}

/// The error for a unit whose bytes are not records.
fn no_records(unit: u64) -> Failure {
    Failure::Error(format!("a part is damaged: number {unit} in it is no record of this experiment"))
}

/// The command line that is kept with a result, without flags about locations and speed, so that the same experiment
/// gives the same bytes wherever it is done.
pub fn kept_command(words: impl Iterator<Item = String>) -> Vec<String> {
    const LEFT_OUT: [&str; 6] = ["--save", "--records", "--threads", "--shard", "--checkpoint", "--checkpoint-every"];
    let mut kept = vec!["jobsim".to_owned()];
    let mut words = words.skip(1);
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if !LEFT_OUT.contains(&name) {
            kept.push(word);
        } else if name.len() == word.len() {
            words.next();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::kept_command;

    #[test]
    fn a_command_is_kept_without_where_and_how_fast() {
        let words = "/usr/bin/jobsim run a.yaml --save r.json --threads=2 -n 9 --shard 1/3 --set spec.x=--save --sure";
        let kept = kept_command(words.split(' ').map(str::to_owned)).join(" ");
        assert_eq!(kept, "jobsim run a.yaml -n 9 --set spec.x=--save --sure");
    }
}
