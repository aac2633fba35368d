//! `jobsim sweep`: varies fields, and simulates every combination under common random numbers.

use super::design::{self, ShownMeasures, TableFormat};
use super::experiment::{self, Replicating};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::parts::PartArgs;
use super::run::{SimulationArgs, failure};
use crate::experiment::result::{Point, ResultFile, ResultKind};
use crate::experiment::{Measure, Setup};
use crate::report::{self, Layout};
use crate::scenario::{Design, DesignFactor};
use serde_json::json;

const ABOUT: &str = "Vary fields and show what changes

Every combination of the values is a design point, and all points use the same random numbers (common random numbers): a
point is exactly what `jobsim run` with `--set` would give, and differences between points are not sampling noise.

FIELD is what --set takes: of the Jobs (spec.…, NAME:spec.… for one of several) or of the scenario (pods.…, cluster.…).
RANGE is `0..10`, `0..10:2` (step 2), `1m..1h:5m`, `0%..20%:5%`, `1..1000*10` (each ten times the last), or several of
these and numbers, separated by commas. LIST is any values, separated by commas.";

const EXAMPLES: &str = "Examples:
  jobsim sweep docs/cookbook/job.yaml --fail 20% -P spec.backoffLimit=0..10
  jobsim sweep job.yaml -P pods.outcome.fail=0%..20%:5% -L spec.podReplacementPolicy=Failed,TerminatingOrFailed
  jobsim sweep scenarios/shared-throttle.yaml -P cluster.clientThrottle.qps=10..160*2 --show 'p95(duration)'
  jobsim sweep job.yaml -L 'pods.run=5m,exponential(mean=5m),weibull(shape=1.4, scale=5m)' -o markdown
  jobsim sweep job.yaml --fail 20% -P spec.parallelism=1..32*2 --save s.json && jobsim plot s.json --kind sweep

A point that the API server would refuse is an error before anything runs; --skip-refused leaves it out with a warning.
Exit status: 0 done, 2 an error, 130 interrupted by Ctrl-C (the results so far are shown, marked as partial).";

/// The measures that are shown by default.
const SHOWN: [&str; 5] = ["P(Complete)", "p50(duration)", "p95(duration)", "mean(podsCreated)", "mean(retries)"];

/// The flags of `jobsim sweep`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Vary fields and show what changes", long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// Vary a field over a range of numbers, times or percentages
    #[arg(short = 'P', long = "parameter", visible_alias = "field", value_name = "FIELD=RANGE")]
    pub ranges: Vec<String>,

    /// Vary a field over a list of any values
    #[arg(short = 'L', long = "list", value_name = "FIELD=LIST")]
    pub lists: Vec<String>,

    /// Skip points that the API server would refuse
    #[arg(long)]
    pub skip_refused: bool,

    /// Show these measures, such as 'P(Complete)', 'p95(duration)' or retries (its mean) [default: these, the median,
    /// Pods created, and the goals of the scenario]
    #[arg(long, value_name = "MEASURE")]
    pub show: Vec<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: TableFormat,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub replicating: Replicating,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub parts: PartArgs,
}

/// Simulates the points.
///
/// # Errors
/// Factors that cannot be read, points that are refused, output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let mut factors = Vec::new();
    for text in &args.ranges {
        factors.push(DesignFactor::ranges(text).map_err(|problem| failure(vec![problem]))?);
    }
    for text in &args.lists {
        factors.push(DesignFactor::list(text).map_err(|problem| failure(vec![problem]))?);
    }
    if factors.is_empty() {
        let what = "nothing varies: give -P FIELD=RANGE or -L FIELD=LIST, such as -P spec.backoffLimit=0..10";
        return Err(Failure::Error(format!("command line: {what}")));
    }
    let input = args.what.input().map_err(failure)?;
    let grid = Design::grid(&input, &factors).map_err(failure)?;
    design::check(&grid, Some(args.skip_refused), streams)?;
    let first = &grid.points[0].setup;
    let parts = args.parts.read(&args.what, &args.replicating, streams)?;
    args.replicating.check_outputs(&args.what.files, &grid.files, None, parts.as_ref())?;
    let mut session = args.replicating.session(first, design::replications(first.replications))?;
    let shown = shown(args, &grid, first)?;
    session.divide(parts);
    session.listen();
    let result = design::simulate(ResultKind::Sweep, &grid, &shown, &session)?;
    experiment::warn_if_points_partial(&result.points, &session, streams);
    let layout = Layout::new(streams.columns, false);
    let setups: Vec<&Setup> = grid.points.iter().map(|point| &point.setup).collect();
    let text = || design::release_line(&result) + &report::sweep(&result, &setups, layout);
    design::show(args.output, &result.points, text, || answer(&result), streams)?;
    args.replicating.keep(&result)?;
    Ok(experiment::answer(session.is_stopped(), true))
}

fn shown(args: &Args, grid: &Design, first: &Setup) -> Result<ShownMeasures, Failure> {
    if !args.show.is_empty() {
        return ShownMeasures::read(&args.show, first);
    }
    // A CronJob has no end, so measures of the time to it are undefined.
    let is_meaningful = |text: &&&str| Measure::parse(text, &first.series).is_ok_and(|m| m.check(first).is_ok());
    let mut texts: Vec<String> = SHOWN.iter().filter(is_meaningful).map(|text| (*text).to_owned()).collect();
    for goal in grid.points.iter().flat_map(|p| &p.expect) {
        let measure = goal.measured().to_owned();
        if !texts.contains(&measure) {
            texts.push(measure);
        }
    }
    ShownMeasures::read(&texts, first)
}

fn answer(result: &ResultFile) -> serde_json::Value {
    let point = |p: &Point| json!({"name": p.name, "settings": p.settings, "measures": p.measures, "goals": p.goals, "summary": p.summary});
    let points: Vec<_> = result.points.iter().map(point).collect();
    let mut answer = report::answer_json(result);
    answer["points"] = points.into();
    answer["refused"] = json!(result.refused);
    answer
}
