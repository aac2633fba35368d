//! `jobsim run`: Simulates Job manifests or a scenario once (what kubectl would show, and what it cannot show) or many
//! times (probabilities and times, with intervals).

use super::check_files::{self, CheckFiles};
use super::design::REPLICATIONS;
use super::disruption_rates::DisruptionRates;
use super::embedded::{self, Host};
use super::experiment::{self, Replicating};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::outputs;
use super::parts::PartArgs;
use super::release_args::ReleaseArgs;
use super::run_answer::{self, Asked};
use super::step;
use crate::experiment::Budget;
use crate::limits::MOST_TIMES;
use crate::report;
use crate::scenario::{Input, Problems, Resolved, Setting};
use crate::time::SimDuration;
use clap::ValueEnum;
use std::path::PathBuf;
use std::sync::Arc;

const ABOUT: &str = "Simulate Jobs and show what happens to them

FILE is a Job manifest (YAML or JSON, several documents, `-` for standard input, or a folder), or a scenario: manifests
and their environment. Without a scenario Pods start 0.5 s after their creation, run for a minute and succeed; the flags
below change that.";

const EXAMPLES: &str = "Examples:
  jobsim run scenarios/backoff.yaml                     what happens to this Job?
  jobsim run job.yaml --fail 20% --run 5m --seed 7      one Pod in five fails
  jobsim run job.yaml --run 'weibull(shape=1.4, scale=3m)' --timeline
  jobsim run job.yaml --fail 100% --why                 which rule is behind each wait, and behind the end?
  jobsim run job.yaml --fail 20% --step                 step through it: what the controller sees, and why it acts
  jobsim run job.yaml --fail 20% -n 1000                how likely, how long, how sure?
  jobsim run job.yaml --fail 2% --expect 'P(Complete) >= 99%' --sure       a gate for continuous integration
  jobsim run nightly.yaml --days 30 -n 100 --expect 'share(doneBy(06:00)) >= 95%'
  jobsim run job.yaml --fail 20% --precision 'mean(duration)=1%' --records runs.csv
  jobsim run scenarios/backoff.yaml -o json | jq '.jobs[0].finishedSeconds'
  kubectl get job import -o yaml | jobsim run - --set spec.backoffLimit=2
  kubectl get jobs,pods -o yaml | jobsim run - --from-status=now -n 1000    when will it be over?

Exit status: 0 done, 1 a goal (--expect, or expect: of the scenario) does not hold, 2 an error (also: not all Jobs could be read),
130 interrupted by Ctrl-C (the results so far are shown, marked as partial).";

/// The flags of `jobsim run`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Simulate Jobs and show what happens to them")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// List every change with its virtual time, in seconds
    #[arg(long)]
    pub timeline: bool,

    /// Give the rule behind each wait and each end, with its source
    #[arg(long)]
    pub why: bool,

    /// Step through the changes of one replication: what changed, why, and what the controller sees; without a terminal
    /// all steps are printed
    #[arg(long, conflicts_with_all = ["timeline", "replications", "precision", "records", "expect", "show"])]
    pub step: bool,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub replicating: Replicating,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub parts: PartArgs,

    /// Write a record of each replication, as .csv, .jsonl or (built with `--features parquet`) .parquet
    #[arg(long, value_name = "FILE", help_heading = "Replications")]
    pub records: Option<PathBuf>,

    /// Show this replication alone (the first is 0)
    #[arg(long, value_name = "N", help_heading = "Replications", conflicts_with_all = ["replications", "precision"])]
    pub replication: Option<u32>,

    /// What must hold, such as 'P(Complete) >= 99%' or 'share(doneBy(06:00)) >= 95%', besides the goals of the scenario:
    /// exit status 1 if it does not; with 1000 replications unless -n says otherwise
    #[arg(long, value_name = "GOAL", help_heading = "What is asked")]
    pub expect: Vec<String>,

    /// A goal holds only if its whole interval satisfies it: too few replications to be sure are a miss
    #[arg(long, help_heading = "What is asked")]
    pub sure: bool,

    /// Show these measures, such as 'p95(duration)' or allRunning (its mean); docs/measures.md lists them
    #[arg(long, value_name = "MEASURE", help_heading = "What is asked")]
    pub show: Vec<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub checks: CheckFiles,

    /// Show lists whole: all Jobs, Events and waits
    #[arg(long)]
    pub all: bool,

    /// Write one replication as a trace, .json or .json.gz, that Perfetto (ui.perfetto.dev) and Chrome open
    #[arg(long, value_name = "FILE", help_heading = "One replication", conflicts_with_all = ["replications", "precision"])]
    pub trace: Option<PathBuf>,

    /// Write what `kubectl get cronjobs,jobs,pods,events -o json` would show at the end, or at --dump-at, into this file
    #[arg(long, value_name = "FILE", help_heading = "One replication", conflicts_with_all = ["replications", "precision"])]
    pub dump: Option<PathBuf>,

    /// When that is, counted from the start [default: the end]
    #[arg(long, value_name = "TIME", help_heading = "One replication", requires = "dump")]
    pub dump_at: Option<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: RunFormat,

    /// Check the controller's bookkeeping against a recount at every sync
    #[arg(long)]
    pub paranoid: bool,
}

/// The input of a simulation and the settings over it: the same flags for every command that simulates.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SimulationArgs {
    /// Job manifests, a scenario, folders, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// Set a field of the Jobs (spec.…, metadata.…, NAME:spec.…) or of the scenario (pods.…, cluster.…)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// Probability that a Pod fails, such as 5% (short for --set pods.outcome.fail=5%)
    #[arg(long, value_name = "P", help_heading = "How Pods behave")]
    pub fail: Option<String>,

    /// How long containers run: a time, a distribution, or never
    #[arg(long, value_name = "TIME", help_heading = "How Pods behave")]
    pub run: Option<String>,

    /// Time from the binding of a Pod to its containers running
    #[arg(long, value_name = "TIME", help_heading = "How Pods behave")]
    pub start: Option<String>,

    /// Time from SIGTERM to the exit
    #[arg(long, value_name = "TIME", help_heading = "How Pods behave")]
    pub terminate: Option<String>,

    /// What ends Pods from outside.
    #[command(flatten)]
    pub rates: DisruptionRates,

    /// Start Jobs and CronJobs with the status that they had in the cluster, at this time (RFC 3339, or now)
    /// [default time: the latest in the status]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub from_status: Option<String>,

    /// Seed of all random numbers [default: the scenario's, or 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub seed: Option<u64>,

    /// Longest virtual time [default: the scenario's, or 365d]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,

    /// The same, in days
    #[arg(long, value_name = "N", conflicts_with = "until", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub days: Option<u32>,

    /// Raise the bounds of a simulation this many times: events, Pods, Jobs and what is kept of them (docs/limits.md)
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_TIMES)))]
    pub budget: u32,

    /// The wall clock when virtual time begins, such as 2026-10-24T00:00:00Z, or a date for its midnight in UTC [default: the scenario's, or the year 2000]
    #[arg(long, value_name = "TIME", conflicts_with = "from_status")]
    pub from: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub release: ReleaseArgs,

    /// The program around the command, if there is one.
    #[arg(skip)]
    pub host: Option<Arc<Host>>,
}

/// The forms of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// What kubectl would show, and a summary; of many replications the estimates
    #[default]
    Plain,
    /// One JSON document
    Json,
    /// One line per change, then one per Job and CronJob; of many replications one line each
    Jsonl,
}

/// Reads `--dump-at`.
fn span_of_flag(text: &str) -> Result<SimDuration, Failure> {
    crate::model::duration::parse(text).map_err(|why| experiment::flag("dump-at", &why))
}

/// Reads a seed.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

impl SimulationArgs {
    /// Reads and resolves the input, and prints its notices.
    ///
    /// # Errors
    /// What cannot be read or resolved.
    pub fn resolve(&self, streams: &mut OutputStreams<'_>) -> Result<Resolved, Failure> {
        let resolved = self.input().and_then(|input| input.resolve()).map_err(failure)?;
        resolved.notices.iter().for_each(|notice| streams.warn(notice));
        Ok(resolved)
    }

    /// Reads the input and applies the flags.
    ///
    /// # Errors
    /// What cannot be read, and flags that do not fit.
    pub fn input(&self) -> Result<Input, Problems> {
        let one = |problem| vec![problem];
        let mut sources = Vec::new();
        for path in &self.files {
            sources.extend(embedded::read(self.host.as_ref(), path).map_err(one)?);
        }
        let mut input = Input::of_sources(sources)?;
        input.from_status = self.from_status.is_some();
        input.budget = Budget::times(self.budget.max(1));
        input.disruptions = self.rates.disruptions();
        let flags = self.flags().into_iter().map(|(path, value)| (path.to_owned(), value));
        for (path, value) in flags.chain(self.release.settings().map_err(one)?) {
            let about = |message: String| vec![crate::scenario::Problem::about("command line", message)];
            input.set(Setting::new(&path, &value).map_err(about)?).map_err(one)?;
        }
        for text in &self.set {
            input.set(Setting::parse(text).map_err(one)?).map_err(one)?;
        }
        Ok(input)
    }

    /// The flags that abbreviate settings. Their values are quoted, so that they are taken literally.
    fn flags(&self) -> Vec<(&'static str, String)> {
        let quoted = |text: &String| format!("{:?}", text);
        let start = self.from_status.as_ref().filter(|time| !time.is_empty()).map(|time| match &time[..] {
            "now" => jiff::Timestamp::now().to_string(),
            time => time.to_owned(),
        });
        let days = self.days.map(|days| format!("{days}d"));
        let texts = [
            ("pods.outcome.fail", &self.fail),
            ("pods.run", &self.run),
            ("pods.start", &self.start),
            ("pods.terminate", &self.terminate),
            ("until", &self.until),
            ("until", &days),
            ("start", &start),
            ("start", &self.from),
        ];
        let seed = self.seed.map(|seed| ("seed", seed.to_string()));
        texts.into_iter().filter_map(|(path, text)| Some((path, quoted(text.as_ref()?)))).chain(seed).collect()
    }
}

/// Problems, as the failure of a command.
pub fn failure(problems: Problems) -> Failure {
    Failure::Problems(problems)
}

/// Writes the dump and the trace that are asked for.
///
/// # Errors
/// A replication that would use more than its budget; files that cannot be written, or may not be.
fn write_files(args: &Args, resolved: &Resolved) -> Result<(), Failure> {
    let (setup, replication) = (&resolved.setup, args.replication.unwrap_or(0));
    let named = [("dump", args.dump.as_deref()), ("trace", args.trace.as_deref())];
    let named: Vec<outputs::Output<'_>> = named.into_iter().filter_map(|(flag, path)| Some((flag, path?))).collect();
    outputs::check(&args.what.files, &resolved.files, &named)?;
    if let Some(path) = &args.trace {
        super::trace::check_name(path)?;
        super::trace::write(setup, replication, path)?;
    }
    if let Some(path) = &args.dump {
        let at = args.dump_at.as_deref().map(span_of_flag).transpose()?;
        super::dump::write(setup, replication, at, path)?;
    }
    Ok(())
}

/// Simulates and shows the result.
///
/// # Errors
/// Input that cannot be read; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let mut resolved = args.what.resolve(streams)?;
    resolved.setup.config.paranoid = args.paranoid;
    if args.step {
        return step::run(args, &resolved.setup, streams);
    }
    let parts = args.parts.read(&args.what, &args.replicating, streams)?;
    args.replicating.check_outputs(&args.what.files, &resolved.files, args.records.as_deref(), parts.as_ref())?;
    let asked = Asked::read(args, &resolved, streams)?;
    let otherwise = match (resolved.setup.replications, &args.expect[..]) {
        (1, [_, ..]) => REPLICATIONS,
        (of_scenario, _) => of_scenario,
    };
    args.checks.check(&args.what.files, &resolved.files, args.output == RunFormat::Plain)?;
    if args.checks.is_given() && !asked.has_goals() {
        let why = "--junit, --sarif and --github tell whether goals hold, and there is none: give --expect";
        return Err(Failure::Error(format!("command line: {why} 'P(Complete) >= 99%'")));
    }
    let mut session = args.replicating.session(&resolved.setup, otherwise)?;
    let records = args.records.as_deref().map(|path| Ok((path, report::RecordForm::of(path)?)));
    let records = records.transpose().map_err(|e: String| experiment::flag("records", &e))?;
    session.keep_records |= records.is_some() || args.output == RunFormat::Jsonl;
    let is_one = session.replications == 1 || args.replication.is_some();
    for (flag, is_given) in [("timeline", args.timeline), ("why", args.why)] {
        if is_given && !is_one {
            let why = "shows one replication, and there are many: choose one with --replication";
            return Err(experiment::flag(flag, &why));
        }
    }
    if args.why && args.output != RunFormat::Plain {
        let why = "is for reading; --step -o json has the rule behind every change";
        return Err(experiment::flag("why", &why));
    }
    if is_one && let Some(parts) = &parts {
        return Err(parts.of_nothing());
    }
    session.divide(parts);
    session.listen();
    write_files(args, &resolved)?;
    let answer = if is_one {
        run_answer::of_one(args, &resolved, &asked, &session, streams)?
    } else {
        run_answer::of_many(&resolved, &asked, &session, streams)?
    };
    if let Some((path, form)) = records {
        let job = resolved.setup.series.first().map_or("", |name| name);
        let records = &answer.result.points[0].records;
        report::write_records(path, form, records, job).map_err(|e| experiment::cannot_write(path, &e))?;
    }
    answer.show(args, &resolved.setup, streams)?;
    if args.checks.is_given() {
        let goals = &answer.result.points[0].goals;
        args.checks.write(&check_files::of_goals(goals, args.sure, &resolved.files), streams)?;
    }
    args.replicating.keep(&answer.result)?;
    Ok(experiment::answer(answer.result.partial, answer.holds(args.sure)))
}
