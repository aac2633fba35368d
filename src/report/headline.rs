//! The first block of an answer: what was assumed, what came out, what held it up, and what would change it. The rest
//! of an answer is detail.

use super::alike::{adding_up, spans_adding_up};
use super::answer_lines::AnswerLine;
use super::change::change;
use super::layout::Layout;
use super::summary;
use crate::api::JobReason;
use crate::experiment::{JobEnd, Outcome, PathTimes, Replication, Response, SeriesSummary, Setup, Summary};
use crate::record::{PathCause, RecordedRun};
use crate::text::{counted, rfc3339, thousands};
use crate::time::{SimDuration, SimTime};

/// Causes with a smaller part of the path than this are put together.
const SMALL: f64 = 0.005;

/// The same limit where the paths of several points stand side by side.
const SMALL_OF_POINTS: f64 = 0.05;

/// The name of the causes that are put together.
pub(super) const OTHER_CAUSES: &str = "other causes";

/// The block about one replication.
pub fn headline(
    run: &RecordedRun,
    setup: &Setup,
    record: &Replication,
    asked: &[Vec<String>],
    layout: Layout,
) -> String {
    let all = &record.all;
    let mut rows = rows(setup, (result(run, setup, record), asked), all.path, all.jobs);
    rows.extend(change(setup, all.end, all.reason, all.path).map(|text| row(AnswerLine::Change, text)));
    layout.table(&rows, "", 2)
}

/// The block about many replications: `result` is how they ended, in a sentence.
pub fn headline_of_many(
    setup: &Setup,
    summary: &Summary,
    (result, asked): (&str, &[Vec<String>]),
    layout: Layout,
) -> String {
    let all = &summary.all;
    let mut rows = rows(setup, (format!("{result}{}", times(setup, all)), asked), mean_path(all), all.jobs);
    rows.extend(change_of(setup, all).map(|text| row(AnswerLine::Change, text)));
    layout.table(&rows, "", 2)
}

/// What would change the result of many replications: what would change the most frequent end other than Complete.
fn change_of(setup: &Setup, all: &SeriesSummary) -> Option<String> {
    let worst = all.ends.iter().filter(|end| end.end != JobEnd::Complete).max_by_key(|end| end.count);
    let reason = worst.and_then(|end| JobReason::ALL.into_iter().find(|known| known.as_str() == end.reason));
    let end = worst.map_or(JobEnd::Complete, |end| end.end);
    change(setup, end, reason, mean_path(all))
}

/// The block about several variants or design points: `result` in sentences, then where the time of some points went,
/// and what would change that of the last.
pub fn headline_of_points(
    assumed_of: &Setup,
    result: &[String],
    points: &[(String, &Setup, &SeriesSummary)],
    layout: Layout,
) -> String {
    let mut rows: Vec<Vec<String>> =
        assumed(assumed_of).map(|text| row(AnswerLine::Assumed, text)).into_iter().collect();
    rows.extend(under(AnswerLine::Result, result.iter().map(|sentence| sentence.trim_start().to_owned())));
    let at = |point: &str, text: String| if point.is_empty() { text } else { format!("{point}: {text}") };
    let least = if points.len() > 1 { SMALL_OF_POINTS } else { SMALL };
    let of_point =
        |(point, _, all): &(String, &Setup, &SeriesSummary)| Some(at(point, spent(mean_path(all), all.jobs, least)?));
    rows.extend(under(AnswerLine::Time, points.iter().filter_map(of_point)));
    let last = points.last().and_then(|(point, setup, all)| Some(at(point, change_of(setup, all)?)));
    rows.extend(last.map(|text| row(AnswerLine::Change, text)));
    layout.table(&rows, "", 2)
}

fn row(line: AnswerLine, text: String) -> Vec<String> {
    vec![line.heading(), text]
}

/// A line with several texts under one label.
pub(super) fn under(line: AnswerLine, texts: impl IntoIterator<Item = String>) -> Vec<Vec<String>> {
    let heading = |n: usize| if n == 0 { line.heading() } else { String::new() };
    texts.into_iter().enumerate().map(|(n, text)| vec![heading(n), text]).collect()
}

fn rows(setup: &Setup, (result, asked): (String, &[Vec<String>]), path: PathTimes, jobs: u32) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = assumed(setup).map(|text| row(AnswerLine::Assumed, text)).into_iter().collect();
    rows.push(row(AnswerLine::Result, result));
    rows.extend_from_slice(asked);
    rows.extend(spent(path, jobs, SMALL).map(|text| row(AnswerLine::Time, text)));
    rows
}

/// The fields of Pod behaviour that have their defaults because nobody set them.
pub fn assumed_fields(setup: &Setup) -> Vec<&'static str> {
    let fields = [(setup.assumed.run, "pods.run"), (setup.assumed.outcome, "pods.outcome")];
    fields.into_iter().filter_map(|(is_assumed, field)| is_assumed.then_some(field)).collect()
}

fn assumed(setup: &Setup) -> Option<String> {
    let parts: Vec<(&str, &str)> =
        [(setup.assumed.run, ("run 1m", "--run")), (setup.assumed.outcome, ("never fail by themselves", "--fail"))]
            .into_iter()
            .filter_map(|(is_assumed, words)| is_assumed.then_some(words))
            .collect();
    let said: Vec<&str> = parts.iter().map(|(what, _)| *what).collect();
    let flags: Vec<&str> = parts.iter().map(|(_, flag)| *flag).collect();
    let verb = if flags.len() == 1 { "changes" } else { "change" };
    (!said.is_empty())
        .then(|| format!("Pods {}, as nothing says otherwise ({} {verb} that)", said.join(" and "), flags.join(", ")))
}

fn result(run: &RecordedRun, setup: &Setup, record: &Replication) -> String {
    let all = &record.all;
    if !setup.cronjobs.is_empty() {
        return of_starts(all);
    }
    let mut jobs = run.recorder.jobs.iter().filter(|job| job.created.is_some());
    if let (Some(job), None) = (jobs.next(), jobs.next()) {
        let end = job.finished.map_or(String::new(), |at| on_the_clock(setup, at - setup.start));
        return format!("{}: {}", job.name, summary::outcome(job, run)) + &end + &reached(all);
    }
    of_several(all)
}

/// When something happens on the wall clock, if the user said when virtual time begins.
fn on_the_clock(setup: &Setup, after: SimDuration) -> String {
    match setup.start {
        SimTime::ZERO => String::new(),
        start => format!(", at {}", rfc3339(start + after)),
    }
}

/// When all Pods existed, where creating them took noticeable time. Below two seconds it is the controller's usual
/// pace, and the sentence would only lengthen the answer.
fn reached(all: &Outcome) -> String {
    let is_slow = |span: SimDuration| span > SimDuration::from_secs(2);
    match (all.all_created, all.all_running) {
        (Some(created), Some(running)) if is_slow(created) => {
            let (created, running) = (whole(created), whole(running));
            format!("; all Pods that run at the same time were created after {created}, and had run after {running}")
        }
        _ => String::new(),
    }
}

fn of_several(all: &Outcome) -> String {
    let ends = &all.ends;
    let known = [
        (ends.complete, "Complete"),
        (ends.failed, "Failed"),
        (ends.deleted, "deleted before they had ended"),
        (ends.unfinished, "not ended"),
    ];
    let parts: Vec<String> =
        known.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands((*n).into()))).collect();
    let mut text = format!("{}: {}", counted(all.jobs.into(), "Job"), parts.join(", "));
    if let Some(makespan) = all.duration {
        text += &format!("; {} from the first creation to the last end", whole(makespan));
    }
    if ends.longest.is_positive() {
        text += &format!("; the longest Job took {}", whole(ends.longest));
    }
    let most = thousands(all.most_running.into());
    text + &format!("; at most {most} Pods ran at the same time") + &reached(all)
}

fn of_starts(all: &Outcome) -> String {
    let (starts, ends) = (&all.starts, &all.ends);
    let mut text = format!(
        "{} due, {} made, {} left out; {} Complete, {} Failed",
        counted(starts.due.into(), "start"),
        thousands(starts.started.into()),
        thousands(starts.skipped().into()),
        counted(ends.complete.into(), "Job"),
        thousands(ends.failed.into())
    );
    if ends.deleted > 0 {
        text += &format!(", {} deleted before they had ended", thousands(ends.deleted.into()));
    }
    if ends.unfinished > 0 {
        text += &format!(", {} still going on when virtual time was over", thousands(ends.unfinished.into()));
    }
    if ends.longest.is_positive() {
        text += &format!("; the longest Job took {}", whole(ends.longest));
    }
    text
}

/// How long many replications took.
fn times(setup: &Setup, all: &SeriesSummary) -> String {
    let Some(duration) = all.response(Response::Duration).filter(|_| !super::batch_prose::has_starts(all)) else {
        return String::new();
    };
    let quantile = |p: f64| duration.quantile(p).map(|q| q.value).filter(|x| x.is_finite());
    if let (1, Some(only)) = (duration.count, quantile(0.5)) {
        return format!(" after {}", span(setup, only));
    }
    match (quantile(0.5), quantile(0.95)) {
        (Some(median), Some(high)) => {
            format!("; the end comes after {} (median), {} (p95)", span(setup, median), span(setup, high))
        }
        (Some(median), None) => format!("; the end comes after {} (median)", span(setup, median)),
        _ => String::new(),
    }
}

/// A time to finish, and the instant on the wall clock. Times to finish count from the creation of the first Job, which
/// may be later than the start of virtual time.
fn span(setup: &Setup, seconds: f64) -> String {
    let span = SimDuration::from_secs_f64(seconds);
    let first = setup.jobs.iter().map(|job| job.at).min().unwrap_or_default();
    whole(span) + &on_the_clock(setup, first + span)
}

/// The parts of the critical path, the largest first; those smaller than `least` are put together.
fn spent(path: PathTimes, jobs: u32, least: f64) -> Option<String> {
    let life = path.life();
    if !life.is_positive() {
        return None;
    }
    let causes = large_causes(path, least);
    let of_each = f64::from(jobs.max(1));
    let each: Vec<SimDuration> =
        causes.iter().map(|(_, span)| SimDuration::from_secs_f64(span.as_secs_f64() / of_each)).collect();
    let (whole, spans) = spans_adding_up(&each);
    let shares = shares_adding_up(&causes);
    let parts: Vec<String> = causes
        .iter()
        .zip(spans)
        .zip(shares)
        .map(|(((cause, _), span), share)| {
            format!("{span} {} ({share})", cause.map_or(OTHER_CAUSES, PathCause::as_str))
        })
        .collect();
    let what = if jobs > 1 { format!("of a Job's {whole} on average: ") } else { format!("of its {whole}: ") };
    Some(what + &parts.join(", "))
}

/// The causes whose part of a path is worth naming, the largest first, then all others together.
fn large_causes(path: PathTimes, least: f64) -> Vec<(Option<PathCause>, SimDuration)> {
    let share = |span: SimDuration| span.as_secs_f64() / path.life().as_secs_f64();
    let mut causes: Vec<(Option<PathCause>, SimDuration)> =
        PathCause::ALL.into_iter().map(Some).zip(path.each()).collect();
    let small = causes.iter().filter(|(_, span)| share(*span) < least);
    let rest = small.fold(SimDuration::ZERO, |sum, (_, span)| sum + *span);
    causes.retain(|(_, span)| share(*span) >= least);
    causes.sort_by_key(|(_, span)| std::cmp::Reverse(*span));
    // Shares have a tenth of a percent: a smaller part would show as 0, so it is not named.
    if share(rest) >= 0.0005 {
        causes.push((None, rest));
    }
    causes
}

/// The shares of causes as texts, rounded to a tenth of a per cent so that they add up.
fn shares_adding_up(causes: &[(Option<PathCause>, SimDuration)]) -> Vec<String> {
    let spans: Vec<f64> = causes.iter().map(|(_, span)| span.as_secs_f64()).collect();
    adding_up(&spans, 1_000).into_iter().map(|tenths| format!("{}.{} %", tenths / 10, tenths % 10)).collect()
}

/// The causes of a path that the headline names, each with its share as the headline has it, for tables that must not
/// contradict it.
pub(super) fn named_shares(path: PathTimes) -> Vec<(Option<PathCause>, String)> {
    if !path.life().is_positive() {
        return Vec::new();
    }
    let causes = large_causes(path, SMALL);
    let shares = shares_adding_up(&causes);
    causes.into_iter().map(|(cause, _)| cause).zip(shares).collect()
}

/// The mean path over replications.
fn mean_path(all: &SeriesSummary) -> PathTimes {
    let mean = |response: Response| all.response(response).and_then(|s| s.mean).unwrap_or(0.0);
    PathTimes::from(PathCause::ALL.map(|cause| SimDuration::from_secs_f64(mean(Response::of_path(cause)))))
}

/// A span for reading, with about three digits; cut, as all spans are shown.
fn whole(span: SimDuration) -> String {
    let nanos = span.as_nanos();
    let unit = match nanos.abs() {
        0..10_000_000_000 => 10_000_000,
        10_000_000_000..120_000_000_000 => 100_000_000,
        _ => 1_000_000_000,
    };
    SimDuration::from_nanos(nanos / unit * unit).to_string()
}
