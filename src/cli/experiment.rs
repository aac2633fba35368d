//! What all commands that replicate share: flags, the progress bar, interruption, and saving. Experiments themselves
//! are in [`crate::experiment`].

use super::embedded::Host;
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::outputs::{self, Output};
use super::parts::{self, ExperimentParts};
pub use super::progress::{bar, clock_bar, passed_text, seconds_since_start};
use crate::experiment::result::{FileText, GoalResult, Point, ResultFile, ResultKind};
use crate::experiment::{
    Exhausted, ExhaustedReplication, Goal, Measure, Plan, PointResult, PointTally, Precision, RAISED, Replicated,
    Replication, RunControl, Setup, Simulator, Timeline, replicate, replicate_each, undefined_mean_message,
};
use crate::limits::MOST_REPLICATIONS;
use crate::record::RecordedRun;
use crate::report;
use crate::scenario::DesignPoint;
use crate::scenario::scalars::Share;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The greatest number of replications of a command that stops by precision, unless the user gives a number.
const MOST_UNTIL_PRECISE: u32 = 100_000;
/// How long a single replication runs before its progress is shown.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// How many replications, and what is saved of them.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Replications")]
pub struct Replicating {
    /// Number of replications, each with its own random numbers [default: the scenario's, or 1; 1000 to sweep, compare
    /// or solve]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_REPLICATIONS)))]
    pub replications: Option<u32>,

    /// Replicate until this half-width is reached, such as 'p95(duration)=1m', 'mean(duration)=1%' or 'P(Complete)=0.5%'
    #[arg(long, value_name = "MEASURE=HALF-WIDTH")]
    pub precision: Vec<String>,

    /// Confidence of the intervals [default: 95%]
    #[arg(long, value_name = "P")]
    pub confidence: Option<String>,

    /// Number of threads (does not change the result) [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Save the result, with records and timelines, as .json or .json.gz
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    /// The program around the command, if there is one: it takes the result.
    #[arg(skip)]
    pub host: Option<Arc<Host>>,
}

/// The experiment that the flags ask for.
#[derive(Debug)]
pub struct Session {
    /// The maximum number of replications.
    pub replications: u32,
    /// The confidence of intervals.
    pub confidence: f64,
    precision: Vec<Precision>,
    /// Number of threads; 0 means one per core.
    pub threads: usize,
    /// Whether records are kept.
    pub keep_records: bool,
    most_records: u64,
    /// The flag that ends it early, for a command that listens to signals.
    pub stop: Option<&'static AtomicBool>,
    /// How it is divided into parts, if it is.
    pub parts: Option<ExperimentParts>,
    /// The command line, as it is kept with a result.
    pub command: Vec<String>,
}

impl Replicating {
    /// Reads the flags. `otherwise` is the number of replications if no flag
    /// gives it.
    ///
    /// # Errors
    /// Flags that cannot be read.
    pub fn session(&self, setup: &Setup, otherwise: u32) -> Result<Session, Failure> {
        let confidence = match &self.confidence {
            None => 0.95,
            Some(text) => Share::parse(text).map_err(|e| flag("confidence", &e))?.0,
        };
        if !(0.5..1.0).contains(&confidence) {
            return Err(flag("confidence", &format!("{confidence} is none: from 50% to below 100%")));
        }
        let read = |text: &String| Precision::parse(text, &setup.series).map_err(|e| flag("precision", &e));
        let precision = self.precision.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        precision.iter().try_for_each(|p| check_measure("precision", &p.measure, setup))?;
        let otherwise = if precision.is_empty() { otherwise } else { MOST_UNTIL_PRECISE };
        Ok(Session {
            replications: self.replications.unwrap_or(otherwise),
            confidence,
            precision,
            threads: self.threads.map_or(0, usize::from),
            keep_records: self.save.is_some() || self.host.is_some(),
            stop: self.host.as_ref().map(|host| host.stop),
            most_records: setup.budget.records,
            parts: None,
            command: match &self.host {
                Some(host) => parts::kept_command(host.command.iter().cloned()),
                None => parts::kept_command(super::words().into_iter()),
            },
        })
    }
}

/// Refuses a measure that is undefined for this setup, such as the mean of a time that may be infinite.
///
/// # Errors
/// The measure is undefined.
pub fn check_measure(name: &str, measure: &Measure, setup: &Setup) -> Result<(), Failure> {
    measure.check(setup).map_err(|why| flag(name, &why))?;
    match setup.stage_without_mean().filter(|_| measure.is_mean_time()) {
        Some(stage) => Err(flag(name, &undefined_mean_message(stage))),
        None => Ok(()),
    }
}

/// The error for a flag that cannot be read.
pub fn flag(name: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::Error(format!("command line: --{name}: {why}"))
}

impl Replicating {
    /// Refuses a result file that would overwrite an input or another output, or whose name is not that of a result.
    ///
    /// # Errors
    /// Such a file, before anything is simulated.
    pub fn check_outputs(
        &self,
        read: &[String],
        texts: &[FileText],
        records: Option<&Path>,
        parts: Option<&ExperimentParts>,
    ) -> Result<(), Failure> {
        let is_shard = parts.is_some_and(ExperimentParts::is_shard);
        if is_shard && records.is_some() {
            let why = "the records of a shard are in its part: `jobsim merge` writes those of all with --records";
            return Err(flag("records", &why));
        }
        let save = self.save.as_deref().filter(|_| !is_shard);
        if let Some(path) = save.filter(|path| !is_result_name(path)) {
            let why = format!("{}: results are saved as .json or .json.gz: the name must end so", path.display());
            return Err(flag("save", &why));
        }
        let outputs = [("save", save), ("records", records)].into_iter().filter_map(|(flag, path)| Some((flag, path?)));
        let outputs: Vec<Output> = outputs.chain(parts.into_iter().flat_map(ExperimentParts::outputs)).collect();
        outputs::check(read, texts, &outputs)
    }
}

/// Whether a result may be saved under this name; pipes and devices may have any name.
fn is_result_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_device = std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
    name.ends_with(".json") || name.ends_with(".json.gz") || is_device
}

impl Session {
    /// Makes the first signal stop the experiment, and only a second one end the command.
    pub fn listen(&mut self) {
        self.stop = self.stop.or_else(|| Some(super::interrupt::flag()));
    }

    /// Divides the experiment into parts, if that is requested. Records are then kept.
    pub fn divide(&mut self, parts: Option<ExperimentParts>) {
        let Some(parts) = parts else { return };
        if let Some(command) = parts.command() {
            self.command = command.to_vec();
        }
        self.keep_records = true;
        self.parts = Some(parts);
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Replicates setups with their names, with a progress bar if standard error is a terminal. `what` is shown before the
    /// bar.
    ///
    /// # Errors
    /// A replication that would use more than its budget.
    pub fn replicate(
        &self,
        setups: &[(&str, &Setup)],
        measures: &[Measure],
        what: &str,
    ) -> Result<Replicated, Failure> {
        self.check_records(setups.len())?;
        if let Some(parts) = &self.parts {
            return parts.replicate(self, setups, measures);
        }
        let bar = bar(self.replications.into(), what);
        let done = || bar.inc(1);
        let only: Vec<&Setup> = setups.iter().map(|(_, setup)| *setup).collect();
        let replicated = replicate(&only, &self.plan(measures), RunControl { stop: self.stop, done: &done });
        bar.finish_and_clear();
        match replicated.exhausted {
            Some(ExhaustedReplication { replication, setup, why }) => Err(exhausted(setups[setup].0, replication, why)),
            None => Ok(replicated),
        }
    }

    /// Replicates each setup independently, as [`Session::replicate`] does.
    ///
    /// # Errors
    /// As of [`Session::replicate`].
    pub fn replicate_each(
        &self,
        points: &[(&DesignPoint, &[Measure])],
        what: &str,
    ) -> Result<Vec<PointResult>, Failure> {
        self.check_records(points.len())?;
        if let Some(parts) = &self.parts {
            return parts.replicate_each(self, points);
        }
        let bar = bar(u64::from(self.replications) * points.len() as u64, what);
        let done = || bar.inc(1);
        let setups: Vec<(&Setup, &[Measure])> =
            points.iter().map(|(point, measures)| (&point.setup, *measures)).collect();
        let alone = replicate_each(&setups, &self.plan(&[]), RunControl { stop: self.stop, done: &done });
        bar.finish_and_clear();
        let first = alone.iter().zip(points).find_map(|(result, (point, _))| Some((point, result.exhausted?)));
        match first {
            Some((point, (replication, why))) => Err(exhausted(&point.name, replication, why)),
            None => Ok(alone),
        }
    }

    /// Refuses more records than should be held in memory.
    fn check_records(&self, setups: usize) -> Result<(), Failure> {
        let records = u64::from(self.replications).saturating_mul(setups as u64);
        if self.keep_records && self.precision.is_empty() && records > self.most_records {
            let (records, most) = (report::thousands(records), report::thousands(self.most_records));
            let what = format!("{records} records of replications would be kept: at most {most}; {RAISED}");
            return Err(Failure::Error(what));
        }
        Ok(())
    }

    fn plan<'a>(&'a self, measures: &'a [Measure]) -> Plan<'a> {
        Plan {
            replications: self.replications,
            threads: self.threads,
            keep_records: self.keep_records,
            measures,
            precision: &self.precision,
            confidence: self.confidence,
        }
    }
}

/// The error for a replication that would use more than its budget; `setup` names the variant or point, if there are several.
pub fn exhausted(setup: &str, replication: u32, why: Exhausted) -> Failure {
    let of = if setup.is_empty() { String::new() } else { format!("{setup}, ") };
    Failure::Error(format!("{of}replication {replication}: {why}"))
}

/// The results of the goals.
pub fn results(goals: &[Goal], tally: &PointTally, confidence: f64) -> Vec<GoalResult> {
    goals.iter().zip(&tally.measures).map(|(goal, tally)| goal.result(tally, confidence)).collect()
}

/// A point of the saved result, with timelines of selected replications.
pub fn point(
    setup: &Setup,
    tally: PointTally,
    goals: Vec<GoalResult>,
    session: &Session,
    partial: bool,
    timelines: TimelineChoice<'_>,
) -> Point {
    let summary = tally.summary(setup, session.confidence, partial);
    let timelines = match timelines {
        TimelineChoice::Nothing => Vec::new(),
        TimelineChoice::ByLength => draw_out(setup, chosen(&tally.records)),
        TimelineChoice::SameAs(first) => {
            let same = |one: &Timeline| (one.replication, [&one.chosen_as[..], &["inFirst".to_owned()]].concat());
            draw_out(setup, first.iter().map(same).collect())
        }
    };
    Point { summary, goals, records: tally.records, timelines, ..Point::default() }
}

/// Which replications of a point get a timeline.
#[derive(Clone, Copy, Debug)]
pub enum TimelineChoice<'a> {
    /// None.
    Nothing,
    /// The first, the median and the longest.
    ByLength,
    /// Those of another point: the same replications have the same random draws, so their timelines can be compared.
    SameAs(&'a [Timeline]),
}

/// The numbers of the first, the median and the longest replication, each with the reason; none if no records were kept.
fn chosen(records: &[Replication]) -> Vec<(u32, Vec<String>)> {
    let mut by_length: Vec<&Replication> = records.iter().collect();
    by_length.sort_by_key(|r| (r.all.duration.is_none(), r.all.duration, r.replication));
    let (Some(first), Some(longest)) = (records.first(), by_length.last()) else { return Vec::new() };
    let median = by_length[(by_length.len() - 1) / 2];
    let mut chosen: Vec<(u32, Vec<String>)> = Vec::new();
    for (record, why) in [(first, "first"), (median, "median"), (longest, "longest")] {
        match chosen.iter_mut().find(|(n, _)| *n == record.replication) {
            Some((_, whys)) => whys.push(why.to_owned()),
            None => chosen.push((record.replication, vec![why.to_owned()])),
        }
    }
    chosen
}

fn draw_out(setup: &Setup, chosen: Vec<(u32, Vec<String>)>) -> Vec<Timeline> {
    let mut simulator = Simulator::new(setup);
    let lives = |(n, why)| Some(Timeline { chosen_as: why, ..timeline(&mut simulator, setup, n)? });
    chosen.into_iter().filter_map(lives).collect()
}

/// The timeline of one replication; `None` if it is longer than what is kept.
fn timeline(simulator: &mut Simulator, setup: &Setup, replication: u32) -> Option<Timeline> {
    let simulated = simulator.run(replication, true);
    if simulated.exhausted.is_some() {
        return None;
    }
    let run = RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut };
    let lives = crate::experiment::build_timeline(&run, &simulator.world().env.codes, setup, replication);
    Some(Timeline { slots: setup.config.slots, ..lives })
}

/// A result without points.
pub fn result_file(kind: ResultKind, setup: &Setup, files: &[FileText], session: &Session) -> ResultFile {
    ResultFile {
        command: session.command.clone(),
        question: setup.question.clone(),
        files: files.to_vec(),
        seed: setup.seed,
        ..ResultFile::new(kind, &setup.release.name())
    }
}

impl Replicating {
    /// Saves a result, if the user asked for it; the program around the command gets it in any case.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn keep(&self, result: &ResultFile) -> Result<(), Failure> {
        if let Some(host) = &self.host {
            host.keep(result);
        }
        let save = |path: &PathBuf| report::save(path, result).map_err(|error| cannot_write(path, &error));
        self.save.as_ref().map_or(Ok(()), save)
    }
}

/// The error for a file that cannot be written.
pub fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Error(format!("{}: cannot be written: {error}", path.display()))
}

/// Warns if the experiment was interrupted.
pub fn warn_if_partial(replicated: &Replicated, session: &Session, streams: &mut OutputStreams<'_>) {
    // `merge` has already reported missing parts.
    if replicated.partial && session.parts.is_none() {
        let (done, all) = (replicated.replications, session.replications);
        streams.warn(&format!("interrupted: {done} of {all} replications are done, and the answer is of these"));
    }
}

/// Warns if an experiment of several points was interrupted.
pub fn warn_if_points_partial(points: &[Point], session: &Session, streams: &mut OutputStreams<'_>) {
    let partial = points.iter().filter(|point| point.summary.partial).count();
    if partial > 0 && session.parts.is_none() {
        let (points, all) = (points.len(), session.replications);
        streams.warn(&format!("interrupted: {partial} of {points} points have less than {all} replications"));
    }
}

/// How a command that replicates ends.
pub fn answer(interrupted: bool, yes: bool) -> CommandAnswer {
    match (interrupted, yes) {
        (true, _) => CommandAnswer::Interrupted,
        (false, true) => CommandAnswer::Yes,
        (false, false) => CommandAnswer::No,
    }
}
