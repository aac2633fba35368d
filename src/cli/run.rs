//! `jobsim run`: Job manifests or a scenario, executed once (what kubectl would show, and what it cannot show) or many
//! times (how likely, how long, how sure).

use super::disruption_rates::DisruptionRates;
use super::experiment::{self, Replicating, Session};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::release_args::ReleaseArgs;
use crate::experiment::result::{GoalResult, ResultFile, ResultKind};
use crate::experiment::{Budget, JobEnd, Measure, MeasureTally, Outcome, Replication, Setup, Simulator};
use crate::limits::MOST_TIMES;
use crate::record::JobRecord;
use crate::record::RecordedRun;
use crate::report;
use crate::scenario::{Input, Problems, Resolved, Setting};
use clap::ValueEnum;
use std::path::PathBuf;

const ABOUT: &str = "Simulate Jobs and show what happens to them

FILE is a Job manifest (YAML or JSON, several documents, `-` for standard input, or a folder), or a scenario: manifests
and their environment. Without a scenario Pods start 0.5 s after their creation, run for a minute and succeed; the flags
below change that.";

const EXAMPLES: &str = "Examples:
  jobsim run job.yaml                                   what happens to this Job?
  jobsim run job.yaml --fail 20% --run 5m --seed 7      one Pod in five fails
  jobsim run job.yaml --run 'weibull(shape=1.4, scale=3m)' --timeline
  jobsim run job.yaml --fail 20% -n 1000                how likely, how long, how sure?
  jobsim run job.yaml --fail 20% --precision 'mean(duration)=1%' --records runs.csv
  jobsim run scenarios/backoff.yaml -o json | jq '.jobs[0].finishedSeconds'
  kubectl get job import -o yaml | jobsim run - --set spec.backoffLimit=2
  kubectl get job import -o yaml | jobsim run - --from-status=now -n 1000    when will it be over?

Exit status: 0 done, 1 a goal of the scenario does not hold, 2 an error (also: not all Jobs could be read),
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

    #[command(flatten)]
    #[allow(missing_docs)]
    pub replicating: Replicating,

    /// Write a record of each replication, as .csv, .jsonl or (built with `--features parquet`) .parquet
    #[arg(long, value_name = "FILE", help_heading = "Replications")]
    pub records: Option<PathBuf>,

    /// Show this replication alone (the first is 0)
    #[arg(long, value_name = "N", help_heading = "Replications", conflicts_with_all = ["replications", "precision", "records", "save"])]
    pub replication: Option<u32>,

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
    #[arg(long, value_name = "N")]
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

    /// The wall clock when virtual time begins, such as 2026-10-24T00:00:00Z [default: the scenario's, or the year 2000]
    #[arg(long, value_name = "TIME", conflicts_with = "from_status")]
    pub from: Option<String>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub release: ReleaseArgs,
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
        let mut input = Input::read(&self.files)?;
        let one = |problem| vec![problem];
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
    Failure::Error(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Simulates and shows the result.
///
/// # Errors
/// Input that cannot be read; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let mut resolved = args.what.resolve(streams)?;
    resolved.setup.config.paranoid = args.paranoid;
    args.replicating.check_outputs(&args.what.files, &resolved.files, args.records.as_deref())?;
    let session = args.replicating.session(&resolved.setup, resolved.setup.replications)?;
    let is_one = session.replications == 1 && args.records.is_none() && args.replicating.save.is_none();
    if is_one || args.replication.is_some() {
        return once(args, &resolved, session.confidence, streams);
    }
    if args.timeline {
        let why = "shows one replication, and there are many: choose one with --replication";
        return Err(experiment::flag("timeline", &why));
    }
    many(args, &resolved, session, streams)
}

/// Simulates one replication.
fn once(
    args: &Args,
    resolved: &Resolved,
    confidence: f64,
    streams: &mut OutputStreams<'_>,
) -> Result<CommandAnswer, Failure> {
    let mut simulator = Simulator::new(&resolved.setup);
    simulator.keep_starts = args.output == RunFormat::Json;
    let number = args.replication.unwrap_or(0);
    let bar = experiment::clock_bar(&resolved.setup);
    let mut under_way = |now| bar.set_position(experiment::seconds_since_start(&resolved.setup, now));
    let keeps_timeline = args.timeline || args.output == RunFormat::Jsonl;
    let simulated = simulator.run_watched(number, keeps_timeline, &mut under_way);
    bar.finish_and_clear();
    if let Some(why) = simulated.exhausted {
        return Err(experiment::exhausted("", number, why));
    }
    let run = RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut };
    let record = simulator.outcome(number, simulated);
    let goal = |goal: &crate::experiment::Goal| {
        let mut tally = MeasureTally::default();
        goal.measure.add(&mut tally, &record);
        goal.result(&tally, confidence)
    };
    let goals: Vec<GoalResult> = resolved.expect.iter().map(goal).collect();
    match args.output {
        RunFormat::Plain => {
            plain(args, &run, (&simulator, &resolved.setup, &record), streams)?;
            show_goals(&goals, streams)?;
        }
        RunFormat::Json => {
            let mut answer = report::run_json(&run, resolved.setup.seed);
            answer["kubernetes"] = resolved.setup.release.name().into();
            answer["cronJobs"] = report::cronjobs_json(&run);
            answer["record"] = serde_json::json!(record);
            if !goals.is_empty() {
                answer["goals"] = serde_json::json!(goals);
            }
            streams.json(&answer)?;
        }
        RunFormat::Jsonl => jsonl(&run, &simulator, streams)?,
    }
    Ok(experiment::answer(false, hold(&goals)))
}

/// Whether all goals hold.
fn hold(goals: &[GoalResult]) -> bool {
    goals.iter().all(|goal| goal.holds)
}

fn show_goals(goals: &[GoalResult], streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    if !goals.is_empty() {
        write!(streams.data, "\nExpected\n{}", report::goals(goals))?;
    }
    Ok(())
}

/// Simulates many replications.
fn many(
    args: &Args,
    resolved: &Resolved,
    mut session: Session,
    streams: &mut OutputStreams<'_>,
) -> Result<CommandAnswer, Failure> {
    let setup = &resolved.setup;
    let records = args.records.as_deref().map(|path| Ok((path, report::RecordForm::of(path)?)));
    let records = records.transpose().map_err(|e: String| experiment::flag("records", &e))?;
    session.keep_records |= records.is_some() || args.output == RunFormat::Jsonl;
    session.listen();
    let measures: Vec<Measure> = resolved.expect.iter().map(|goal| goal.measure.clone()).collect();
    let mut replicated = session.replicate(&[("", setup)], &measures, "")?;
    experiment::warn_if_partial(&replicated, &session, streams);
    let Some(tally) = replicated.points.pop() else { return Ok(CommandAnswer::Yes) };
    let goals = experiment::results(&resolved.expect, &tally, session.confidence);
    if let Some((path, form)) = records {
        let job = setup.series.first().map_or("", |name| name);
        report::write_records(path, form, &tally.records, job).map_err(|e| experiment::cannot_write(path, &e))?;
    }
    let point = experiment::point(setup, tally, goals, &session, replicated.partial, true);
    let mut result = experiment::result_file(ResultKind::Run, setup, &resolved.files);
    result.points.push(point);
    result.partial = replicated.partial;
    show(args.output, &result, streams)?;
    experiment::save(args.replicating.save.as_deref(), &result)?;
    Ok(experiment::answer(replicated.partial, hold(&result.points[0].goals)))
}

/// Shows the result of many replications.
fn show(form: RunFormat, result: &ResultFile, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    let point = &result.points[0];
    match form {
        RunFormat::Plain => {
            let release = report::release_line(&result.kubernetes);
            write!(streams.data, "{release}{}", report::experiment(&point.summary))?;
            show_goals(&point.goals, streams)
        }
        RunFormat::Json => {
            let mut answer = serde_json::json!({"seed": result.seed, "question": result.question});
            answer["kubernetes"] = result.kubernetes.as_str().into();
            answer["summary"] = serde_json::json!(point.summary);
            answer["goals"] = serde_json::json!(point.goals);
            streams.json(&answer)
        }
        RunFormat::Jsonl => {
            for record in &point.records {
                serde_json::to_writer(&mut *streams.data, record).map_err(std::io::Error::from)?;
                writeln!(streams.data)?;
            }
            if point.summary.partial {
                let last = serde_json::json!({"partial": true, "replications": point.summary.replications});
                writeln!(streams.data, "{last}")?;
            }
            Ok(())
        }
    }
}

fn plain(
    args: &Args,
    run: &RecordedRun,
    (simulator, setup, record): (&Simulator, &Setup, &Replication),
    streams: &mut OutputStreams<'_>,
) -> Result<(), Failure> {
    write!(streams.data, "{}", report::release_line(&setup.release.name()))?;
    if args.timeline {
        let timeline = report::timeline(run, &simulator.world().env.codes);
        writeln!(streams.data, "{timeline}")?;
    }
    write!(streams.data, "{}", report::get(run))?;
    for (planned, cronjob) in setup.cronjobs.iter().zip(&run.recorder.cronjobs) {
        let named = record.series.get(planned.series).map(|named| &named.outcome);
        let outcome = named.or((setup.series.len() == 1).then_some(&record.all));
        write!(streams.data, "\n{}", report::starts(cronjob, outcome, run))?;
    }
    let name = setup.series.first().map_or("", |name| name);
    for part in [report::waiting(run, record, name), report::nodes(record), Some(report::refused(run))] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            write!(streams.data, "\n{part}")?;
        }
    }
    // Jobs of CronJobs are many, and summarised above.
    let jobs: Vec<_> = run.recorder.jobs.iter().filter(|job| job.owner.is_none() && job.created.is_some()).collect();
    let all = jobs.len();
    let is_wrong = |job: &&&JobRecord| Outcome::of(job, run.end).end != JobEnd::Complete;
    let described: Vec<_> = match all <= DESCRIBED {
        true => jobs,
        false => jobs.iter().filter(is_wrong).take(DESCRIBED).copied().collect(),
    };
    for job in &described {
        write!(streams.data, "\n{}\n{}", report::describe(job, run), report::summary(job, run))?;
    }
    if all > described.len() {
        let (more, wrong) = (all - described.len(), if described.is_empty() { "all are Complete; " } else { "" });
        writeln!(streams.data, "\n… {more} Jobs are not described one by one ({wrong}-o json has them)")?;
    }
    Ok(())
}

/// The most Jobs that are described one by one; if there are more, only those that are not Complete, up to this many.
const DESCRIBED: usize = 5;

fn jsonl(run: &RecordedRun, simulator: &Simulator, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    for entry in &run.recorder.timeline {
        if let Some(change) = report::change_json(entry, run, &simulator.world().env.codes) {
            writeln!(streams.data, "{change}")?;
        }
    }
    for job in &run.recorder.jobs {
        writeln!(streams.data, "{}", report::job_json(job, run))?;
    }
    for cronjob in report::cronjobs_json(run).as_array().into_iter().flatten() {
        writeln!(streams.data, "{cronjob}")?;
    }
    Ok(())
}
