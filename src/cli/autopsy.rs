//! `jobsim autopsy`: why a Job of a cluster did what it did, from what kubectl shows of it. The analysis is in
//! [`crate::autopsy`].

use super::autopsy_ahead;
use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use super::outputs;
use super::release_args::ReleaseArgs;
use crate::autopsy::{Autopsy, Dump, JobAutopsy, redacted};
use crate::limits::{LARGEST_DUMP, MOST_JOBS_AHEAD};
use crate::plot::autopsy_chart;
use crate::release::Release;
use crate::report::{self, AutopsyForecast, Layout};
use crate::scenario::source;
use crate::text::read_values;
use crate::time::SimTime;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Explain what happened to a Job in a cluster, wait by wait

FILE is what `kubectl get cronjobs,jobs,pods,events -o json` (or -o yaml) shows: one List, or several files; - is standard input. What
happened is held against what the Job controller would do by its rules: each wait gets the rule that explains it, the end
gets its limit, and what no rule explains is named with its likely cause. Nothing is contacted.";

const EXAMPLES: &str = "Examples:
  jobsim autopsy docs/autopsy.json
  kubectl get jobs,pods,events -o json | jobsim autopsy - --at now
  kubectl jobsim autopsy job/import                     as a plugin: contrib/kubectl
  jobsim autopsy job.yaml pods.yaml events.yaml --job import
  jobsim autopsy dump.json -o json | jq '.jobs[0].waits[] | {cause, seconds}'
  jobsim autopsy dump.json --page autopsy.html --picture course.svg
  jobsim autopsy dump.json --redact redacted.json       for a bug report
  jobsim run job.yaml --fail 50% --dump dump.json --dump-at 5m && jobsim autopsy dump.json

Exit status: 0 done, 2 an error.";

/// The flags of `jobsim autopsy`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "Explain what happened to a Job in a cluster, wait by wait")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Jobs, CronJobs, Pods and Events as JSON or YAML, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// Only this Job, or the Jobs of this CronJob
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,

    /// When the dump was taken (RFC 3339, or now) [default: the latest time in it]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,

    /// Write the dump without names, images, environments and labels into this file (- for standard output), and nothing else
    #[arg(long, value_name = "FILE")]
    pub redact: Option<PathBuf>,

    /// Write a page for a browser
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,

    /// Draw the course of the Job with most to tell, as .svg or .png
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,

    /// Show lists whole
    #[arg(long)]
    pub all: bool,

    /// Do not simulate what comes next
    #[arg(long)]
    pub no_forecast: bool,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub release: ReleaseArgs,
}

/// Reads the dump and prints what happened.
///
/// # Errors
/// Files that cannot be read; a dump without a Job.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    if let Some(path) = &args.redact {
        write_redacted(args, path, streams)?;
        return Ok(CommandAnswer::Yes);
    }
    let mut dump = Dump::default();
    each_text(&args.files, |name, text| dump.read(text).map_err(|why| Failure::Error(format!("{name}: {why}"))))?;
    if let Some(name) = &args.job {
        dump.keep(name).map_err(|why| super::experiment::flag("job", &why))?;
    }
    let taken = args.at.as_deref().map(instant).transpose()?;
    let release = args.release.is_asked().then(|| args.release.profile(streams)).transpose()?.map(Release::of);
    let (autopsy, release) = look(&dump, release, taken).map_err(|errors| of_files(&args.files, &errors))?;
    let ahead = |job: &JobAutopsy| autopsy_ahead::forecast(&dump, job, &release);
    let goes_on = autopsy.jobs.iter().filter(|job| job.next.is_some()).count();
    let is_asked = !args.no_forecast && goes_on <= MOST_JOBS_AHEAD;
    let forecasts: Vec<_> = autopsy.jobs.iter().map(|job| if is_asked { ahead(job) } else { None }).collect();
    write_files(args, &autopsy, &forecasts)?;
    match args.output {
        OutputFormat::Plain => {
            let layout = Layout::new(streams.columns, args.all);
            streams.text(&report::autopsy_text(&autopsy, &forecasts, layout))?;
        }
        OutputFormat::Json => streams.json(&report::autopsy_json(&autopsy, &forecasts))?,
    }
    Ok(CommandAnswer::Yes)
}

/// Writes the page and the picture that are asked for.
fn write_files(args: &Args, autopsy: &Autopsy, forecasts: &[Option<AutopsyForecast>]) -> Result<(), Failure> {
    let named = [("page", args.page.as_deref()), ("picture", args.picture.as_deref())];
    let named: Vec<outputs::Output<'_>> = named.into_iter().filter_map(|(flag, path)| Some((flag, path?))).collect();
    outputs::check(&args.files, &[], &named)?;
    if let Some(path) = &args.page {
        outputs::write_whole(path, report::autopsy_page(autopsy, forecasts).as_bytes())?;
    }
    if let Some(path) = &args.picture {
        let most = autopsy.jobs.iter().max_by_key(|job| (job.waits.len(), job.course.pods.len()));
        let chart = most.and_then(autopsy_chart).ok_or_else(|| {
            super::experiment::flag("picture", &"there is nothing to draw: no Pod of a Job is in the dump")
        })?;
        super::plot::write_picture(path, &chart)?;
    }
    Ok(())
}

/// The autopsy by the rules of the requested release, or else of the newest one that fits.
fn look(dump: &Dump, asked: Option<Release>, taken: Option<SimTime>) -> Result<(Autopsy, Release), Vec<String>> {
    if let Some(release) = asked {
        return Ok((Autopsy::new(dump, &release, taken)?, release));
    }
    let release = crate::release::MODELLED;
    let first = Autopsy::new(dump, &release, taken)?;
    let fitting = first.releases.newest.map(|version| Release::of(crate::release::ReleaseProfile::of(version)));
    match fitting.filter(|fitting| fitting.profile != release.profile) {
        Some(fitting) => Ok((Autopsy::new(dump, &fitting, taken)?, fitting)),
        None => Ok((first, release)),
    }
}

fn of_files(files: &[String], errors: &[String]) -> Failure {
    let lines: Vec<String> = errors.iter().map(|error| format!("{}: {error}", files.join(", "))).collect();
    Failure::Error(lines.join("\n"))
}

/// Passes the texts of files to `take` one after the other, so only one of them is in memory at a time.
fn each_text(files: &[String], mut take: impl FnMut(&str, &str) -> Result<(), Failure>) -> Result<(), Failure> {
    for file in files {
        for source in source::read_up_to(file, LARGEST_DUMP).map_err(|problem| Failure::Error(problem.to_string()))? {
            take(&source.name, &source.text)?;
        }
    }
    Ok(())
}

/// An instant of the wall clock.
fn instant(text: &str) -> Result<SimTime, Failure> {
    let now = (text == "now").then(|| jiff::Timestamp::now().to_string());
    let why = || Failure::Error(format!("--at {text}: must be a time such as 2026-11-25T12:00:00Z, or now"));
    crate::text::time_text::instant(now.as_deref().unwrap_or(text)).ok_or_else(why)
}

fn write_redacted(args: &Args, path: &Path, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
    let mut documents = Vec::new();
    each_text(&args.files, |name, text| {
        documents.extend(read_values(text).map_err(|why| Failure::Error(format!("{name}: {why}")))?);
        Ok(())
    })?;
    let list = redacted(&documents);
    if path.as_os_str() == "-" {
        return streams.json(&list);
    }
    outputs::check(&args.files, &[], &[("redact", path)])?;
    let text = serde_json::to_string_pretty(&list).map_err(|error| Failure::Error(error.to_string()))?;
    outputs::write_whole(path, format!("{text}\n").as_bytes())
}
