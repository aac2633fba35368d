//! `jobsim upgrade`: what another release of Kubernetes changes for these Jobs, rule by rule. The rules are in
//! [`crate::release`].

use super::experiment::{bar, exhausted, flag};
use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::run::{SimulationArgs, failure};
use crate::experiment::{ExhaustedRun, PairedRuns, RememberedRuns, RunDifference, Setup, paired_runs, uses_field};
use crate::limits::MOST_REPLICATIONS;
use crate::release::{MODELLED, Release, ReleaseRule};
use crate::report::{self, RuleChange, RuleEffect, UpgradeReport};
use crate::scenario::{Problems, Resolved, Upgrade};
use indicatif::ProgressBar;

const ABOUT: &str = "Say what another release of Kubernetes changes for these Jobs

Both releases are simulated under common random numbers: each replication has the same Pods, failures and disruptions in
both. The answer is whether the outcome of a Job changes (how and when it ends, what becomes of its Pods, what the API
server takes), and the first instant at which the two runs part. Then come the rules in which the releases differ: first
those that change an outcome here, each found by switching it alone; then those that change only what is written; then
those that could matter in other replications, and those about what these Jobs do not have. docs/releases.md lists all
rules.";

const EXAMPLES: &str = "Examples:
  jobsim upgrade docs/cookbook/job.yaml --from 1.31                       to 1.37
  jobsim upgrade job.yaml --from 1.31 --to 1.33 --fail 20%
  jobsim upgrade scenarios/backoff.yaml --from 1.34.9 --to 1.34.10
  kubectl version -o json > version.json && jobsim upgrade job.yaml --cluster-version version.json
  jobsim upgrade job.yaml --from 1.30 -o json | jq '.rules[] | select(.effect == \"outcome\") | .id'

Exit status: 0 no outcome changes, 1 an outcome changes, 2 an error.";

/// The default number of replications, unless the scenario says more.
const REPLICATIONS: u32 = 20;

/// The flags of `jobsim upgrade`. What other commands call --from is --begins here.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Say what another release of Kubernetes changes for these Jobs")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
#[command(mut_arg("from", |from| from.long("begins")))]
#[command(mut_arg("kubernetes", |kubernetes| kubernetes.hide(true)))]
#[command(mut_arg("feature_gate", |gate| gate.hide(true)))]
pub struct Args {
    /// The Jobs.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// The release before, such as 1.31 or 1.31.4
    #[arg(id = "from_release", long = "from", value_name = "RELEASE", required_unless_present = "cluster_version")]
    pub from_release: Option<String>,

    /// The release after
    #[arg(id = "to_release", long = "to", value_name = "RELEASE", default_value = "1.37")]
    pub to_release: String,

    /// Number of replications [default: the scenario's, or 20]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_REPLICATIONS)))]
    pub replications: Option<u32>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Compares the two releases.
///
/// # Errors
/// Input or a release that cannot be understood, a replication over its budget, output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let upgrade = upgrade_of(args, streams)?;
    let mut report =
        UpgradeReport { from: upgrade.from.profile.name(), to: upgrade.to.profile.name(), ..UpgradeReport::default() };
    let (before, after) = (upgrade.under(upgrade.from), upgrade.under(upgrade.to));
    let replications = match (&before, &after) {
        (Ok(before), Ok(after)) => {
            report.notices = [only_in(before, after), only_in(after, before)];
            args.replications.unwrap_or(match before.setup.replications {
                1 => REPLICATIONS,
                more => more,
            })
        }
        (Err(problems), Err(_)) => return Err(failure(problems.clone())),
        (before, after) => {
            (report.refused_before, report.refused_after) = (refusals(before), refusals(after));
            0
        }
    };
    let rules = upgrade.rules();
    let progress = UpgradeProgress::of(replications, rules.len());
    // The runs under each release whose API server takes the input.
    let mut sides = [&before, &after].map(|side| {
        let setup = &side.as_ref().ok()?.setup;
        Some(RememberedRuns::of(setup, report::timeline_lines))
    });
    if let [Some(before), Some(after)] = &mut sides {
        let paired = paired_runs(before, after, replications, &|| progress.advance());
        enter(&mut report, paired.map_err(over_budget)?);
    }
    for (place, rule) in rules.into_iter().enumerate() {
        progress.begin_rule(place);
        let effect = effect(&upgrade, &mut sides, rule, &progress)?;
        report.rules.push(RuleChange::of(rule, upgrade.to.profile.rules.has(rule), effect));
    }
    progress.bar.finish_and_clear();
    // The largest effects come first.
    report.rules.sort_by_key(|change| std::cmp::Reverse(change.effect));
    match args.output {
        OutputFormat::Plain => streams.text(&report::upgrade(&report))?,
        OutputFormat::Json => streams.json(&report)?,
    }
    Ok(if report.changes_outcome() { CommandAnswer::No } else { CommandAnswer::Yes })
}

/// The input and the two releases.
fn upgrade_of(args: &Args, streams: &mut OutputStreams<'_>) -> Result<Upgrade, Failure> {
    let mut what = args.what.clone();
    if what.release.kubernetes.is_some() || !what.release.feature_gate.is_empty() {
        let why = "an upgrade has two releases, with their feature gates at the defaults: --from and --to";
        return Err(Failure::Error(format!("command line: {why}")));
    }
    let of_cluster = what.release.cluster_version.take();
    let of_cluster = of_cluster.map(|file| crate::scenario::cluster_version(&file)).transpose();
    let of_cluster = of_cluster.map_err(|problem| failure(vec![problem]))?;
    let input = what.input().map_err(failure)?;
    let mut named = |name: &str, flagged: &str| -> Result<Release, Failure> {
        let (release, notice) = Release::named(name).map_err(|why| flag(flagged, &why))?;
        notice.iter().for_each(|notice| streams.warn(notice));
        Ok(release)
    };
    let from = match args.from_release.as_ref().or(of_cluster.as_ref()) {
        Some(name) => named(name, "from")?,
        None => MODELLED,
    };
    Ok(Upgrade::of(input, from, named(&args.to_release, "to")?))
}

/// The notices about one input that are not about the other.
fn only_in(one: &Resolved, other: &Resolved) -> Vec<String> {
    one.notices.iter().filter(|notice| !other.notices.contains(notice)).cloned().collect()
}

fn refusals(resolved: &Result<Resolved, Problems>) -> Vec<String> {
    resolved.as_ref().err().into_iter().flatten().map(|problem| problem.to_string()).collect()
}

fn over_budget((replication, why): ExhaustedRun) -> Failure {
    exhausted("", replication, why)
}

/// Adds the differences between the runs to the report.
fn enter(report: &mut UpgradeReport, paired: PairedRuns) {
    (report.replications, report.changed) = (paired.replications, paired.changed);
    match (paired.first_changed, paired.first_parting) {
        (Some(first), _) => {
            (report.replication, report.differences) = (Some(first.replication), first.differences);
            report.parting = first.parting.map(report::parting);
        }
        (None, Some((replication, parting))) => {
            (report.replication, report.parting) = (Some(replication), Some(report::parting(parting)));
        }
        (None, None) => {}
    }
}

/// How far the comparison is: first the runs of both releases side by side, then for each rule those with the rule
/// switched in each release. A rule whose effect is known early takes fewer.
struct UpgradeProgress {
    bar: ProgressBar,
    replications: u32,
}

impl UpgradeProgress {
    fn of(replications: u32, rules: usize) -> Self {
        let runs = (1 + 2 * rules as u64) * u64::from(replications);
        UpgradeProgress { bar: bar(runs, "comparing"), replications }
    }

    fn advance(&self) {
        self.bar.inc(1);
    }

    fn begin_rule(&self, place: usize) {
        self.bar.set_position((1 + 2 * place as u64) * u64::from(self.replications));
    }
}

/// How the runs under a release differ from those of the same input with a rule switched.
fn effect_on(
    runs: &mut RememberedRuns<'_>,
    rule: ReleaseRule,
    switched: &Setup,
    progress: &UpgradeProgress,
) -> Result<RuleEffect, Failure> {
    let fields = rule.row().fields;
    let could_matter = |setup: &Setup| fields.is_empty() || fields.iter().any(|field| uses_field(setup, field));
    let difference = runs.difference(switched, progress.replications, &|| progress.advance());
    Ok(match difference.map_err(over_budget)? {
        RunDifference::Outcome => RuleEffect::Outcome,
        RunDifference::Written => RuleEffect::Seen,
        RunDifference::Nothing if could_matter(runs.setup()) || could_matter(switched) => RuleEffect::Possible,
        RunDifference::Nothing => RuleEffect::Unused,
    })
}

/// The effect of a rule if it alone is switched, in the release before the upgrade or after it.
fn effect(
    upgrade: &Upgrade,
    sides: &mut [Option<RememberedRuns<'_>>; 2],
    rule: ReleaseRule,
    progress: &UpgradeProgress,
) -> Result<RuleEffect, Failure> {
    let mut effect = RuleEffect::Unused;
    for (side, switched) in sides.iter_mut().zip(upgrade.switched(rule)) {
        let of_side = match (side, upgrade.under(switched)) {
            (Some(runs), Ok(switched)) => effect_on(runs, rule, &switched.setup, progress)?,
            // The input is refused with and without the rule, so the rule is not the reason.
            (None, Err(_)) => RuleEffect::Possible,
            _ => RuleEffect::Outcome,
        };
        effect = effect.max(of_side);
        if effect == RuleEffect::Outcome {
            // There is no larger one, and a fleet takes long to simulate.
            break;
        }
    }
    Ok(effect)
}
