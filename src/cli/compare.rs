//! `jobsim compare`: compares variants under common random numbers, and shows which one is better in which response.
//! Designs and replications are in [`crate::scenario`] and [`crate::experiment`].

use super::design::{self, TableFormat};
use super::experiment::{self, Replicating, TimelineChoice};
use super::out::{CommandAnswer, Failure, OutputStreams};
use super::parts::PartArgs;
use super::run::{SimulationArgs, failure};
use crate::experiment::result::{Comparison, Point, ResultFile, ResultKind};
use crate::experiment::{Measure, P_COMPLETE, Pairing, Response, Setup, drop_times};
use crate::report::{self, Layout};
use crate::scenario::{Design, FactorLevel, Problem};
use serde_json::json;

const ABOUT: &str = "Compare variants: which one is better in what, by how much, how sure

Give several files (scenarios or manifests, the first one is the base), or one file with settings that make a variant of
it. In each replication all variants use the same random draws (common random numbers), so differences are taken pair by
pair and are far sharper than those of independent runs. Jobs that have other names in a variant are paired by position.";

const EXAMPLES: &str = "Examples:
  jobsim compare docs/cookbook/job.yaml --fail 20% --set spec.backoffLimit=2
  jobsim compare scenarios/spot-policy.yaml --with spec.backoffLimit=8 --with 'spec.backoffLimit=8; pods.terminate=1s'
  jobsim compare before.yaml after.yaml --fail 5% -n 5000
  jobsim compare before.yaml after.yaml --fail 5% -o markdown     one table, for a pull request
  jobsim compare job.yaml --fail 20% --kubernetes 1.31,1.37       one Job under two releases
  jobsim compare job.yaml --fail 20% --with spec.parallelism=10 --save c.json && jobsim plot c.json --kind compare

Exit status: 0 done, 2 an error, 130 interrupted by Ctrl-C (the results so far are shown, marked as partial).";

/// Responses that have a row of their own.
const SHOWN: [&str; 4] = ["P(Complete)", "p50(duration)", "p95(duration)", "mean(podsCreated)"];

/// The flags of `jobsim compare`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Compare variants: which one is better in what, by how much, how sure")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// The first file is the base; each further file is a variant.
    #[command(flatten)]
    pub what: SimulationArgs,

    /// A variant: the first file with these settings, separated by semicolons. With one file and without --with, --set
    /// makes the variant
    #[arg(long, value_name = "PATH=VALUE[; …]")]
    pub with: Vec<String>,

    /// Show these responses, or all [default: those that differ]
    #[arg(long, value_name = "RESPONSE")]
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

/// Compares the variants.
///
/// # Errors
/// What cannot be read or resolved, fewer than two variants, output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    check_shown(&args.show)?;
    let mut variants = variants(args)?;
    design::check(&variants, None, streams)?;
    pair_streams(&mut variants, streams);
    let first = &variants.points[0].setup;
    let parts = args.parts.read(&args.what, &args.replicating, streams)?;
    args.replicating.check_outputs(&args.what.files, &variants.files, None, parts.as_ref())?;
    let mut session = args.replicating.session(first, design::replications(first.replications))?;
    let measures: Vec<Measure> = SHOWN.iter().filter_map(|text| Measure::parse(text, &first.series).ok()).collect();
    session.divide(parts);
    session.listen();
    let setups: Vec<_> = variants.points.iter().map(|p| &p.setup).collect();
    let named: Vec<_> = variants.points.iter().map(|p| (&*p.name, &p.setup)).collect();
    let replicated = session.replicate(&named, &measures, "")?;
    experiment::warn_if_partial(&replicated, &session, streams);
    let mut result = design::result_file(ResultKind::Compare, &variants, &session);
    result.partial = replicated.partial;
    for (point, tally) in variants.points.iter().zip(replicated.points) {
        let measured = SHOWN.iter().zip(&measures).zip(&tally.measures);
        let measures = measured.map(|((text, m), tally)| m.result(text, tally, session.confidence)).collect();
        // The same replication of all variants is shown, because it has the same random draws in each.
        let shown =
            result.points.first().map_or(TimelineChoice::ByLength, |first| TimelineChoice::SameAs(&first.timelines));
        let summed = experiment::point(&point.setup, tally, Vec::new(), &session, replicated.partial, shown);
        let (name, settings) = (point.name.clone(), point.settings.clone());
        result.points.push(Point { name, settings, measures, ..summed });
    }
    for (n, differences) in replicated.differences.iter().enumerate() {
        let (base, with) = (variants.points[0].name.clone(), variants.points[n + 1].name.clone());
        let mut differences = differences.results(session.confidence);
        if setups.iter().any(|setup| setup.stage_without_mean().is_some()) {
            drop_times(&mut differences);
        }
        let comparison = Comparison { base, with, differences, verdict: Vec::new() };
        result.comparisons.push(Comparison { verdict: report::verdict(&comparison), ..comparison });
    }
    show(args, &result, &setups, streams)?;
    args.replicating.keep(&result)?;
    Ok(experiment::answer(replicated.partial, true))
}

fn check_shown(names: &[String]) -> Result<(), Failure> {
    let known = || Response::ALL.iter().map(|r| r.name()).chain([P_COMPLETE, "all"]);
    let Some(unknown) = names.iter().find(|name| !known().any(|k| k == *name)) else { return Ok(()) };
    let meant =
        crate::text::suggest(unknown, known()).map_or(String::new(), |word| format!(" (did you mean {word:?}?)"));
    let names: Vec<&str> = known().collect();
    Err(experiment::flag("show", &format!("{unknown:?} is no response: {}{meant}", names.join(", "))))
}

/// The releases of `--kubernetes`, if it lists several. Each is a variant.
fn releases(args: &Args) -> Option<Vec<FactorLevel>> {
    let list = args.what.release.kubernetes.as_deref().filter(|list| list.contains(','))?;
    // The prefix keeps a release such as 1.30 from being read as a number.
    let named = |name: &str| format!("v{}", name.trim().trim_start_matches('v'));
    Some(list.split(',').map(|name| FactorLevel::of(&named(name))).collect())
}

/// One input under several releases; the first one is the base.
fn release_variants(args: &Args, releases: &[FactorLevel]) -> Result<Design, Failure> {
    if args.what.files.len() > 1 || !args.with.is_empty() {
        let how = "with several releases, give one file and no --with; --set holds for all of them";
        return Err(experiment::flag("kubernetes", &how));
    }
    let mut what = args.what.clone();
    what.release.kubernetes = None;
    let input = what.input().map_err(failure)?;
    let mut variants = Design::default();
    releases.iter().for_each(|release| variants.add(&input, &[("kubernetes", release)]));
    Ok(variants)
}

/// The variants; the first one is the base.
fn variants(args: &Args) -> Result<Design, Failure> {
    if let Some(releases) = releases(args) {
        return release_variants(args, &releases);
    }
    let what = &args.what;
    let is_set = what.files.len() == 1 && args.with.is_empty();
    let mut variants = Design::default();
    let mut first = None;
    for file in &what.files {
        let set = if is_set { Vec::new() } else { what.set.clone() };
        let input = SimulationArgs { files: vec![file.clone()], set, ..what.clone() }.input().map_err(failure)?;
        let name = if what.files.len() == 1 { "base".to_owned() } else { file.clone() };
        match variants.point(&input, name.clone(), Vec::new()) {
            Ok(point) => variants.points.push(point),
            Err(problems) => return Err(failure(problems)),
        }
        first.get_or_insert(input);
    }
    let Some(first) = first else { return Ok(variants) };
    let of_flags = if is_set && !what.set.is_empty() { vec![what.set.clone()] } else { Vec::new() };
    let with = args.with.iter().map(|text| text.split(';').map(str::to_owned).collect());
    for settings in of_flags.into_iter().chain(with) {
        let chosen = settings.iter().map(|text| setting(text)).collect::<Result<Vec<_>, _>>()?;
        let chosen: Vec<(&str, &FactorLevel)> = chosen.iter().map(|(path, level)| (*path, level)).collect();
        variants.add(&first, &chosen);
        if what.files.len() > 1
            && let Some(point) = variants.points.last_mut()
        {
            point.name = format!("{} with {}", what.files[0], point.name);
        }
    }
    if variants.points.len() + variants.refused.len() < 2 {
        let how = "give a second file, or settings: --with spec.podReplacementPolicy=Failed";
        return Err(Failure::Error(format!("command line: there is nothing to compare with: {how}")));
    }
    Ok(variants)
}

/// A field and its value.
fn setting(text: &str) -> Result<(&str, FactorLevel), Failure> {
    let (path, value) = text.split_once('=').ok_or_else(|| {
        let what = format!("{text:?} sets nothing: write `path=value`, such as `spec.backoffLimit=3`");
        failure(vec![Problem::about("command line", what)])
    })?;
    Ok((path.trim(), FactorLevel::of(value)))
}

/// Lets all variants use the random draws of the base, and prints a warning if the pairing is not obvious.
fn pair_streams(variants: &mut Design, streams: &mut OutputStreams<'_>) {
    let Some((base, others)) = variants.points.split_first_mut() else { return };
    for other in others {
        if other.setup.seed != base.setup.seed {
            streams.warn(&format!(
                "{}: uses the seed of {}, {}, instead of its own",
                other.name, base.name, base.setup.seed
            ));
        }
        let Pairing { by_place, alone } = other.setup.pair_streams(&base.setup);
        if !by_place.is_empty() {
            let pairs: Vec<String> = by_place.iter().take(10).map(|(own, its)| format!("{own} as {its}")).collect();
            streams.warn(&format!(
                "{}: Jobs with other names are paired by position and use the same random draws: {}",
                other.name,
                pairs.join(", ")
            ));
        }
        if !alone.is_empty() {
            let names = alone.join(", ");
            streams.warn(&format!(
                "{}: has no partner in {} and uses random draws of its own: {names}",
                other.name, base.name
            ));
        }
    }
}

fn show(args: &Args, result: &ResultFile, setups: &[&Setup], streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    match args.output {
        TableFormat::Table => {
            let layout = Layout::new(streams.columns, false);
            let release = design::release_line(result);
            streams.text(&format!("{release}{}", report::compared(result, setups, &args.show, layout)))
        }
        TableFormat::Csv => Ok(streams.data.write_all(&report::compared_csv(result)?)?),
        TableFormat::Markdown => Ok(write!(streams.data, "{}", report::pull_request(result, &args.show))?),
        TableFormat::Json => {
            let point = |p: &Point| json!({"name": p.name, "settings": p.settings, "measures": p.measures, "summary": p.summary});
            let points: Vec<_> = result.points.iter().map(point).collect();
            let mut answer = report::answer_json(result);
            answer["points"] = points.into();
            answer["comparisons"] = json!(result.comparisons);
            streams.json(&answer)
        }
    }
}
