//! The text about many replications: how they ended, how long they took and what they cost, each number with its
//! interval, and whether the goals hold. All numbers come from the [`Summary`].

use super::alike::{
    Rounding, adding_up, alike_beside, decimals, interval_alike, percent_decimals, rounded, share, with_decimals,
};
use super::answer_lines::AnswerLine;
use super::batch_prose;
use super::headline::{headline_of_many, under};
use super::layout::Layout;
use super::points::{ShownEstimate, estimate, in_unit, with_interval};
use super::table::table;
use crate::experiment::result::{GoalResult, MeasureResult, Point};
use crate::experiment::{
    CauseSummary, EndSummary, JobEnd, Response, SeriesSummary, Setup, ShownWhen, Statistics, Summary,
};
use crate::record::OvershootCause;
use crate::text::thousands;
use crate::time::SimDuration;

/// The text about many replications of a setup: the headline with what was asked, and the estimates.
pub fn experiment(setup: &Setup, summary: &Summary, asked: &[Vec<String>], layout: Layout) -> String {
    let mut text = interrupted(summary);
    let result = format!("{}: {}", summary.all.job, outcome(&summary.all, summary));
    text += &headline_of_many(setup, summary, (&result, asked), layout);
    text + "\n" + &estimates(summary, layout)
}

fn interrupted(summary: &Summary) -> String {
    match summary.partial {
        true => {
            let done = thousands(summary.replications.into());
            format!("Incomplete: this is of {done} replications only.\n\n")
        }
        false => String::new(),
    }
}

/// The estimates of many replications, as text.
pub fn estimates(summary: &Summary, layout: Layout) -> String {
    let mut text = String::new();
    let every = if summary.series.is_empty() { vec![&summary.all] } else { summary.series.iter().collect() };
    if every.len() > 1 {
        text += &series(&summary.all, summary, layout);
        text.push('\n');
    }
    let each: Vec<String> = every.iter().map(|one| series(one, summary, layout)).collect();
    text += &each.join("\n");
    if summary.cut > 0 {
        let (cut, share) =
            (thousands(summary.cut.into()), percent(f64::from(summary.cut) / f64::from(summary.replications)));
        text += &match summary.replications {
            1 => "\nIt was cut off by the longest virtual time (--until).\n".to_owned(),
            _ => format!("\n{cut} replications ({share}) were cut off by the longest virtual time (--until).\n"),
        };
    }
    text
}

/// The text about one Job, or about several taken together.
fn series(one: &SeriesSummary, summary: &Summary, layout: Layout) -> String {
    let mut text = format!("{}: {}\n", one.job, outcome(one, summary));
    text += &ends(one, summary.replications);
    text.push('\n');
    let shown = one.responses.iter().filter(|s| is_shown(s, one));
    let rows: Vec<Vec<String>> = match summary.replications {
        // With one replication there is nothing to estimate.
        0 | 1 => shown.map(|s| vec![s.name.clone(), value(s)]).collect(),
        _ => {
            let head = ["", "mean", "p50", "p95", "p99"].map(str::to_owned).to_vec();
            std::iter::once(head).chain(shown.map(|s| statistics(s, layout.is_wide()))).collect()
        }
    };
    text += &layout.blocks(&rows, 1, "  ", 2);
    if summary.replications > 1 && !layout.is_wide() {
        text += "  (intervals of quantiles: in 120 columns, with --show, or in -o json)\n";
    }
    let overshoot = overshoot(one, summary);
    if !overshoot.is_empty() {
        text.push('\n');
        text += &overshoot;
    }
    text
}

fn is_shown(statistics: &Statistics, of: &SeriesSummary) -> bool {
    let response = Response::named(&statistics.name);
    let is_nonzero = statistics.max.is_some_and(|max| max != 0.0);
    // The Jobs of a CronJob end; the CronJob does not.
    if response == Some(Response::Duration) && batch_prose::has_starts(of) {
        return false;
    }
    if response.is_some_and(Response::is_silent_if_never) && statistics.mean.is_none() {
        return false;
    }
    // A result that another version saved may have responses that this version does not know.
    match response.map_or(ShownWhen::Nonzero, Response::shown) {
        ShownWhen::Always => true,
        ShownWhen::Nonzero => is_nonzero,
        ShownWhen::OfSeveral => is_nonzero && of.jobs > 1,
        ShownWhen::FilesOnly => false,
    }
}

fn outcome(one: &SeriesSummary, summary: &Summary) -> String {
    let of = format!("of {} replications", thousands(summary.replications.into()));
    if let Some(starts) = batch_prose::starts(one) {
        let on_average = if summary.replications > 1 { " on average" } else { "" };
        return format!("{starts}{on_average}");
    }
    match one.ends.first() {
        Some(first) if summary.replications == 1 => match first.reason.as_str() {
            "" => first.end.as_str().to_owned(),
            reason => format!("{} ({reason})", first.end.as_str()),
        },
        Some(first) if one.ends.iter().all(|e| e.end == first.end) => {
            let interval = wilson_of(one.count_of(first.end), summary);
            format!("{} in all {of} {interval}", first.end.as_str())
        }
        _ => {
            let complete = one.count_of(JobEnd::Complete);
            let share = percent(f64::from(complete) / f64::from(summary.replications));
            format!("Complete in {share} {of} {}", wilson_of(complete, summary))
        }
    }
}

fn wilson_of(count: u32, summary: &Summary) -> String {
    let interval = crate::stats::interval::wilson(count.into(), summary.replications.into(), summary.confidence);
    let estimate = f64::from(count) / f64::from(summary.replications.max(1));
    let shown = interval_alike(estimate, Some(interval.low), Some(interval.high), "share");
    format!("[{}, {}]", shown[1].trim_end_matches(" %"), shown[2])
}

/// The ends other than Complete by reason, and Complete too if it has several reasons; the line above has said the
/// rest.
fn ends(one: &SeriesSummary, replications: u32) -> String {
    let mut text = String::new();
    for end in JobEnd::ALL {
        let of: Vec<_> = one.ends.iter().filter(|e| e.end == end).collect();
        // A CronJob never ends; how its Jobs ended is among the responses.
        if of.is_empty()
            || replications == 1
            || (end == JobEnd::Complete && of.len() < 2)
            || batch_prose::has_starts(one)
        {
            continue;
        }
        text += &format!("  {}\n", reasons(end, &of));
    }
    text
}

/// One way to end, and its reasons with rounded shares that add up to its own.
fn reasons(end: JobEnd, of: &[&EndSummary]) -> String {
    let each: Vec<f64> = of.iter().map(|e| e.probability).collect();
    let total: f64 = each.iter().sum();
    let decimals = each.iter().map(|p| percent_decimals(*p)).max().unwrap_or(1).max(1);
    let unit = (0..decimals).fold(1.0, |unit, _| unit * 10.0);
    let whole = (100.0 * total * unit).round() as u64;
    let shown = |n: u64| format!("{:.decimals$}", n as f64 / unit);
    let reason = |(e, share): (&&EndSummary, u64)| {
        let [low, high] = [(e.interval[0], Rounding::Down), (e.interval[1], Rounding::Up)]
            .map(|(x, outwards)| format!("{:.decimals$}", rounded(100.0 * x, decimals, outwards)));
        let name = if e.reason.is_empty() { "without a reason" } else { e.reason.as_str() };
        format!("{name} {} % [{low}, {high}]", shown(share))
    };
    let reasons: Vec<String> = of.iter().zip(adding_up(&each, whole)).map(reason).collect();
    match of {
        [only] if only.reason.is_empty() => format!("{} {} %", end.as_str(), shown(whole)),
        _ => format!("{} {} %: {}", end.as_str(), shown(whole), reasons.join(", ")),
    }
}

/// The only value of a response: with one replication there is no interval.
fn value(s: &Statistics) -> String {
    s.max.map_or("never".to_owned(), |x| in_unit(x, &s.unit))
}

/// A response's line.
fn statistics(s: &Statistics, is_wide: bool) -> Vec<String> {
    let (mean, quantiles) = ShownEstimate::of_row(s);
    let mut cells = vec![s.name.clone(), mean.map_or("–".to_owned(), |mean| mean.to_string())];
    if is_wide {
        cells.extend(quantiles.iter().map(ShownEstimate::to_string));
    } else {
        // Without intervals, so only with the digits that the numbers themselves need.
        let values: Vec<f64> = s.quantiles.iter().map(|q| q.value).collect();
        cells.extend(alike_beside(&values, &s.unit, s.mean.unwrap_or(0.0)));
    }
    if s.never > 0 {
        cells.push(format!("never in {} of {}", thousands(s.never), thousands(s.count)));
    }
    cells
}

fn overshoot(one: &SeriesSummary, summary: &Summary) -> String {
    let (Some(most), Some(time), Some(duration)) =
        (one.response(Response::Overshoot), one.response(Response::OvershootTime), one.response(Response::Duration))
    else {
        return String::new();
    };
    let max = most.max.unwrap_or(0.0);
    if max == 0.0 && summary.replications > 1 {
        // That none of this many did so does not prove that none would.
        let of = summary.replications;
        let most = crate::stats::interval::wilson(0, of.into(), summary.confidence).high;
        return format!(
            "  overshoot in 0 of {} replications, so in at most {} of all\n",
            thousands(of.into()),
            percent(most)
        );
    }
    if max == 0.0 {
        return String::new();
    }
    let share_of_time = match (time.mean, duration.mean) {
        (Some(time), Some(duration)) if duration > 0.0 => format!(", {} of the time", percent(time / duration)),
        _ => String::new(),
    };
    let (share, pods) = (percent(one.overshoot.probability), if max == 1.0 { "Pod" } else { "Pods" });
    let mut text =
        format!("  overshoot in {share} of replications: up to {max} {pods} above parallelism{share_of_time}\n");
    let rows: Vec<_> = one.overshoot_by_cause.iter().map(cause).collect();
    text += &table(&rows, "    ", 2);
    text
}

fn cause(c: &CauseSummary) -> Vec<String> {
    let known = OvershootCause::ALL.into_iter().find(|known| known.key() == c.cause);
    let name = known.map_or(c.cause.as_str(), |known| known.as_str());
    vec![name.to_owned(), format!("in {}", percent(c.probability)), format!("up to {}", c.total.most)]
}

/// The value of a response.
pub fn number(x: f64, is_time: bool) -> String {
    match (x.is_finite(), is_time) {
        (false, _) => "never".to_owned(),
        (true, true) => SimDuration::from_secs_f64(x).to_string(),
        (true, false) if x == x.trunc() => thousands(x as u64),
        (true, false) => digits(x),
    }
}

/// Three significant digits, or all digits before the point.
pub(super) fn digits(x: f64) -> String {
    with_decimals(x, decimals(x.abs()))
}

/// A share in percent, with enough digits that only 0 and 1 show as 0 and 100.
pub fn percent(x: f64) -> String {
    format!("{} %", share(x, percent_decimals(x)))
}

/// What was asked for besides the summary, as rows of the headline: whether the goals hold (with `surely` only by
/// their whole intervals), and the measures that are to be shown.
pub fn asked_rows(point: &Point, surely: bool) -> Vec<Vec<String>> {
    let goals = point.goals.iter().map(|result| goal_line(result, surely));
    // Of one replication there is a number and nothing to estimate.
    let alone = |m: &MeasureResult| MeasureResult { low: None, high: None, ..m.clone() };
    let is_one = point.summary.replications == 1;
    let shown = |m: &MeasureResult| estimate(&if is_one { alone(m) } else { m.clone() });
    let measures = point.measures.iter().map(|m| format!("{}  {}", m.measure, shown(m)));
    under(AnswerLine::Expected, goals).into_iter().chain(under(AnswerLine::Asked, measures)).collect()
}

/// Whether a goal holds, in a line.
pub fn goal_line(result: &GoalResult, surely: bool) -> String {
    let show = |x: f64| match result.unit.as_str() {
        "probability" | "share" => percent(x),
        unit => number(x, unit == "seconds"),
    };
    let Some(value) = result.value else {
        return format!("misses  {}  there is nothing to measure it in", result.goal);
    };
    let estimate = match (result.low, result.high) {
        (None, None) => show(value),
        (low, high) => with_interval(value, low, high, &result.unit),
    };
    let off = match (result.holds, value.is_finite()) {
        (false, true) if value != result.bound => {
            let by = show((value - result.bound).abs());
            // A difference of two percentages is in points.
            format!(", off by {}", by.replace(" %", " percentage points"))
        }
        _ => String::new(),
    };
    let sure = if result.sure { "" } else { "; the replications are too few to be sure" };
    let word = match (result.holds, result.sure || !surely) {
        (true, true) => "holds",
        (true, false) => "unsure",
        (false, _) => "misses",
    };
    format!("{word}  {}  it is {estimate}{off}{sure}", result.goal)
}
