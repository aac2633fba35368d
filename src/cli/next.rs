//! `jobsim next`: the next starts of CronJobs, as their controller computes them. The computation is in
//! [`crate::cron`].

use super::out::{CommandAnswer, Failure, OutputFormat, OutputStreams};
use crate::apiserver::CronJobObject;
use crate::apiserver::rules::schedule::time_zone_errors;
use crate::cron::{CALENDAR_END, ClockChange, Schedule, UpcomingStart, differences, foreign_syntax, upcoming_starts};
use crate::limits::MOST_LISTED_STARTS;
use crate::manifest::{Manifest, load_manifests};
use crate::scenario::source::{self, Source};
use crate::scenario::{Input, Setting};
use jiff::Timestamp;
use serde_json::{Value, json};

const ABOUT: &str = "List the next starts of CronJobs, as their controller computes them

Times are those of the schedule in its own zone; the controller acts a tenth of a second later. Changes of the clock are
marked, with the times that they skip or repeat, and so are schedules that Kubernetes reads differently from other cron
programs. Policies, deadlines and running Jobs are ignored here; `jobsim run` simulates them.";

const EXAMPLES: &str = "Examples:
  jobsim next docs/cookbook/cronjob.yaml
  jobsim next nightly.yaml -n 3 --from 2026-10-24T00:00:00Z
  jobsim next --schedule '30 2 * * *' --time-zone Europe/Berlin
  jobsim next nightly.yaml -o json | jq -r '.[].starts[].time'

Exit status: 0 every schedule fires, 1 one never does, 2 something cannot be read.";

/// The flags of `jobsim next`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(about = "List the next starts of CronJobs, with changes of the clock")]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Args {
    /// Manifests or scenarios, folders of manifests, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "schedule")]
    pub files: Vec<String>,

    /// A schedule, instead of manifests
    #[arg(long, value_name = "CRON", conflicts_with = "files", allow_hyphen_values = true)]
    pub schedule: Option<String>,

    /// The zone of --schedule [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "schedule")]
    pub time_zone: Option<String>,

    /// Number of starts
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_LISTED_STARTS)))]
    pub number: u32,

    /// List the starts after this time, such as 2026-10-24T00:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<Timestamp>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// An instant of the calendar.
fn instant(text: &str) -> Result<Timestamp, String> {
    let why = || format!("must be a time such as 2026-10-24T00:00:00Z, at most {}", utc(CALENDAR_END));
    text.parse().map_err(|_| why())
}

/// The starts of one CronJob.
struct Listed {
    name: Option<String>,
    text: String,
    zone: Option<String>,
    suspended: bool,
    schedule: Schedule,
    starts: Vec<UpcomingStart>,
    /// Whether there are fewer starts than requested before the end of the calendar.
    is_cut: bool,
    differences: Vec<String>,
}

impl Listed {
    fn new(name: Option<String>, text: &str, zone: Option<String>, suspended: bool, schedule: Schedule) -> Self {
        let (starts, differences) = (Vec::new(), Vec::new());
        Listed { name, text: text.to_owned(), zone, suspended, schedule, starts, is_cut: false, differences }
    }
}

/// Lists the starts.
///
/// # Errors
/// Input or a schedule that cannot be read; output that cannot be written.
pub fn run(args: &Args, streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    let from = args.from.unwrap_or_else(Timestamp::now).as_nanosecond().div_euclid(1_000_000_000) as i64;
    let list = match &args.schedule {
        Some(text) => vec![of_schedule(text, args.time_zone.as_deref())?],
        None => of_files(&args.files)?,
    };
    let list: Vec<Listed> = list.into_iter().map(|listed| filled(listed, from, args.number as usize)).collect();
    match args.output {
        OutputFormat::Plain => {
            let texts: Vec<String> = list.iter().map(plain).collect();
            streams.text(&texts.join("\n"))?;
        }
        OutputFormat::Json => {
            let values: Vec<Value> = list.iter().map(to_json).collect();
            streams.json(&values)?;
        }
    }
    let never = list.iter().any(|listed| listed.starts.is_empty() && !listed.is_cut);
    Ok(if never { CommandAnswer::No } else { CommandAnswer::Yes })
}

fn of_schedule(text: &str, zone: Option<&str>) -> Result<Listed, Failure> {
    if let Some(name) = zone
        && let Some(error) = time_zone_errors("--time-zone", Some(name)).first()
    {
        return Err(Failure::Error(format!("--time-zone: {}", error.detail)));
    }
    let schedule = Schedule::of_cronjob(text, zone).map_err(|why| {
        let meant = foreign_syntax(text).map_or(String::new(), |meant| format!(" ({meant})"));
        Failure::Error(format!("--schedule: {text:?}: {why}{meant}"))
    })?;
    let zone = zone.map(str::to_owned);
    Ok(Listed::new(None, text, zone, false, schedule))
}

fn of_files(files: &[String]) -> Result<Vec<Listed>, Failure> {
    let mut list = Vec::new();
    for path in files {
        for file in source::read(path).map_err(|problem| Failure::Error(problem.to_string()))? {
            if let Some(cronjobs) = of_scenario(&file)? {
                list.extend(cronjobs);
                continue;
            }
            let loaded = load_manifests(&file.text).map_err(|errors| {
                let texts: Vec<String> = errors.iter().map(|error| format!("{}:{error}", file.name)).collect();
                Failure::Error(texts.join("\n"))
            })?;
            for object in loaded.objects {
                if let Manifest::CronJob(cronjob) = object.object {
                    list.push(of_cronjob(&cronjob).map_err(|why| Failure::Error(format!("{}: {why}", file.name)))?);
                }
            }
        }
    }
    if list.is_empty() {
        return Err(Failure::Error(format!("no CronJob in {}", files.join(", "))));
    }
    Ok(list)
}

/// The starts of the CronJobs of a scenario; `None` if the file is not a scenario.
fn of_scenario(file: &Source) -> Result<Option<Vec<Listed>>, Failure> {
    // Most files are manifests, and large ones should not be parsed twice.
    let input = file.text.contains("jobsim/").then(|| Input::of_sources(vec![file.clone()]).ok()).flatten();
    let Some(mut input) = input.filter(|input| input.is_given) else { return Ok(None) };
    // Nothing is simulated, so problems with the scenario's goals must not prevent the list.
    let nothing = Setting::new("expect", "[]").expect("it is a setting");
    input.set(nothing).map_err(|problem| Failure::Error(problem.to_string()))?;
    let resolved = input.resolve().map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::Error(texts.join("\n"))
    })?;
    let cronjobs = resolved.setup.cronjobs.iter().map(|planned| of_cronjob(&planned.object));
    cronjobs.collect::<Result<_, _>>().map(Some).map_err(|why| Failure::Error(format!("{}: {why}", file.name)))
}

fn of_cronjob(cronjob: &CronJobObject) -> Result<Listed, String> {
    let schedule = Schedule::of_cronjob(&cronjob.schedule, cronjob.time_zone.as_deref())
        .map_err(|why| format!("spec.schedule: {why}"))?;
    let (name, zone) = (Some(cronjob.name.clone()), cronjob.time_zone.clone());
    Ok(Listed::new(name, &cronjob.schedule, zone, cronjob.suspend, schedule))
}

fn filled(mut listed: Listed, from: i64, count: usize) -> Listed {
    let found = upcoming_starts(&listed.schedule, from, count);
    (listed.starts, listed.is_cut) = (found.starts, found.is_cut);
    listed.differences = differences(&listed.text, &listed.schedule, from);
    listed
}

/// A date and time of a local clock, given in seconds since 1970-01-01T00:00:00 on that clock.
fn local(seconds: i64, form: &str) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "?".to_owned(), |t| t.strftime(form).to_string())
}

fn offset(seconds: i64) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn utc(unix: i64) -> String {
    Timestamp::from_second(unix).map_or_else(|_| "?".to_owned(), |t| t.to_string())
}

fn plain(listed: &Listed) -> String {
    let zone = listed.schedule.location().name();
    let name = listed.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
    let mut text = format!("{name}{} ({zone})\n", listed.text);
    if listed.suspended {
        text += "  suspended: none of these starts is made until it is resumed\n";
    }
    if listed.starts.is_empty() && !listed.is_cut {
        text += "  never fires: there is no such time within five years\n";
    }
    for start in &listed.starts {
        for change in &start.changes {
            text += &format!("  -- {}\n", change_in_words(change));
        }
        let shown = local(start.unix + start.offset, "%a %Y-%m-%d %H:%M:%S");
        let seconds = if listed.schedule.interval().is_some() { 0 } else { 3 };
        let shown = &shown[..shown.len() - seconds];
        let again = if start.again { "  second time" } else { "" };
        text += &format!("  {shown} {}  {}{again}\n", offset(start.offset), utc(start.unix));
    }
    if listed.is_cut {
        text += &format!("  note: the calendar ends here, at {}; the schedule goes on\n", utc(CALENDAR_END));
    }
    for difference in &listed.differences {
        text += &format!("  note: {difference}\n");
    }
    text
}

fn change_in_words(change: &ClockChange) -> String {
    let (from, to) = (local(change.at + change.before, "%H:%M"), local(change.at + change.after, "%H:%M"));
    let day = local(change.at + change.before, "%a %Y-%m-%d");
    if change.after < change.before {
        return format!("{day}: the clock goes back from {from} to {to}");
    }
    let skipped: Vec<String> = change.skipped.iter().map(|seconds| local(*seconds, "%H:%M")).collect();
    let lost = match skipped.as_slice() {
        [] => String::new(),
        [one] => format!("; no start at {one}"),
        [first, .., last] => format!("; no start at {first} … {last} ({} times)", skipped.len()),
    };
    format!("{day}: the clock goes forward from {from} to {to}{lost}")
}

fn to_json(listed: &Listed) -> Value {
    let starts = listed.starts.iter().map(|start| {
        let local = local(start.unix + start.offset, "%Y-%m-%dT%H:%M:%S");
        let changes = start.changes.iter().map(|change| {
            let skipped = change.skipped.iter().map(|seconds| self::local(*seconds, "%Y-%m-%dT%H:%M:%S"));
            json!({
                "time": utc(change.at), "before": offset(change.before), "after": offset(change.after),
                "skipped": skipped.collect::<Vec<_>>(),
            })
        });
        json!({
            "time": utc(start.unix), "local": format!("{local}{}", offset(start.offset)), "again": start.again,
            "clockChanges": changes.collect::<Vec<_>>(),
        })
    });
    json!({
        "name": listed.name, "schedule": listed.text, "timeZone": listed.zone, "suspended": listed.suspended,
        "starts": starts.collect::<Vec<_>>(), "differences": listed.differences,
    })
}
