//! What `kubectl get job` and `kubectl describe job` would show at the end of a run, in their words and columns. The
//! Pod template that describe shows is left out, and the conditions, which it does not show, are added.

use super::layout::Layout;
use super::table::{row, table};
use crate::api::{JobConditionType, JobSpec, JobStatus};
use crate::record::RecordedRun;
use crate::record::{JobFacts, JobRecord};
use crate::record::{message_text, notice_text};
use crate::text::thousands;
use crate::time::{SimDuration, SimTime, WallClock};

/// A span as kubectl prints it: at most two units, the second only while the first is a small number.
/// Source: apimachinery, `pkg/util/duration/duration.go`, `HumanDuration`.
#[doc(alias = "HumanDuration")]
pub fn human_duration(d: SimDuration) -> String {
    let seconds = d.as_nanos() / 1_000_000_000;
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    let two = |a: i64, ua: &str, b: i64, ub: &str| match b {
        0 => format!("{a}{ua}"),
        b => format!("{a}{ua}{b}{ub}"),
    };
    match seconds {
        s if s < -1 => "<invalid>".to_owned(),
        s if s < 0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(hours / 24, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{}d", hours / 24),
        63_072_000..252_288_000 => two(hours / 24 / 365, "y", hours / 24 % 365, "d"),
        _ => format!("{}y", hours / 24 / 365),
    }
}

/// A time as describe shows it. Go calls the format RFC1123Z.
fn rfc1123(t: SimTime) -> String {
    let time = jiff::Timestamp::from_second(WallClock::default().unix(t));
    time.map_or_else(|_| "<unknown>".to_owned(), |t| t.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// The STATUS of a Job. The order decides where several conditions are true.
/// Source: kubernetes, `pkg/printers/internalversion/printers.go`, `printJob`.
pub fn status_word(status: &JobStatus, deleting: bool) -> &'static str {
    use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet, Suspended};
    match status {
        s if s.is_true(Complete) => "Complete",
        s if s.is_true(Failed) => "Failed",
        _ if deleting => "Terminating",
        s if s.is_true(Suspended) => "Suspended",
        s if s.is_true(FailureTarget) => "FailureTarget",
        s if s.is_true(SuccessCriteriaMet) => "SuccessCriteriaMet",
        _ => "Running",
    }
}

/// COMPLETIONS. A Job without `completions` is a work queue: one success is asked for, whatever its parallelism is.
fn completions(spec: &JobSpec, status: &JobStatus) -> String {
    match spec.completions {
        Some(completions) => format!("{}/{completions}", status.succeeded),
        None if spec.parallelism > 1 => format!("{}/1 of {}", status.succeeded, spec.parallelism),
        None => format!("{}/1", status.succeeded),
    }
}

/// The DURATION of a Job at `now`; empty if it has not started.
fn duration(status: &JobStatus, now: SimTime) -> Option<String> {
    let start = status.start_time?;
    Some(human_duration(status.completion_time.unwrap_or(now) - start))
}

/// The instant at which a Job is shown: its end, or the end of the run.
fn looked_at(job: &JobRecord, run: &RecordedRun) -> SimTime {
    job.finished.or(job.gone).unwrap_or(run.end)
}

/// The lines of `kubectl get jobs`, each Job at its own end, also one that is gone: the run may last much longer, and
/// its AGE would say nothing. If there are CronJobs, the lines of `kubectl get cronjobs,jobs` at the end of the run.
pub fn get(run: &RecordedRun, layout: Layout) -> String {
    let with_cronjobs = !run.recorder.cronjobs.is_empty();
    let mut rows = vec![row(["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"])];
    let mut left_out = 0;
    for job in run.recorder.jobs.iter().filter(|job| !with_cronjobs || job.gone.is_none()) {
        let (Some(facts), Some(created)) = (&job.facts, job.created) else { continue };
        if rows.len() > layout.listed() {
            left_out += 1;
            continue;
        }
        let now = if with_cronjobs { run.end } else { looked_at(job, run) };
        rows.push(vec![
            format!("{}{}", if with_cronjobs { "job.batch/" } else { "" }, job.name),
            status_word(&facts.status, facts.deleting).to_owned(),
            completions(&facts.spec, &facts.status),
            duration(&facts.status, now).unwrap_or_default(),
            human_duration(now - job.created_before.unwrap_or(created)),
        ]);
    }
    let mut jobs = if with_cronjobs && rows.len() == 1 { String::new() } else { layout.blocks(&rows, 1, "", 3) };
    if left_out > 0 {
        jobs += &format!("… {} more Jobs (--all)\n", thousands(left_out));
    }
    match (super::cron::get(run, layout), jobs) {
        (cronjobs, jobs) if cronjobs.is_empty() || jobs.is_empty() => cronjobs + &jobs,
        (cronjobs, jobs) => format!("{cronjobs}\n{jobs}"),
    }
}

/// The block of `kubectl describe job`.
pub fn describe(job: &JobRecord, run: &RecordedRun, layout: Layout) -> String {
    let Some(facts) = &job.facts else { return format!("Name:  {}\n(never created)\n", job.name) };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut field = |name: &str, value: String| rows.push(vec![format!("{name}:"), value]);
    field("Name", job.name.clone());
    field("Namespace", job.namespace.clone());
    spec_fields(&facts.spec, &mut field);
    status_fields(facts, job, run, &mut field);
    table(&rows, "", 2) + &conditions(facts, job, run, layout) + &events(job, run, layout)
}

fn spec_fields(spec: &JobSpec, field: &mut impl FnMut(&str, String)) {
    field("Parallelism", spec.parallelism.to_string());
    field("Completions", spec.completions.map_or("<unset>".to_owned(), |c| c.to_string()));
    field("Completion Mode", if spec.is_indexed() { "Indexed" } else { "NonIndexed" }.to_owned());
    field("Suspend", spec.suspend.to_string());
    field("Backoff Limit", spec.backoff_limit.to_string());
    if let Some(seconds) = spec.ttl_seconds_after_finished {
        field("TTL Seconds After Finished", seconds.to_string());
    }
    if let Some(seconds) = spec.active_deadline_seconds {
        field("Active Deadline Seconds", format!("{seconds}s"));
    }
}

fn status_fields(facts: &JobFacts, job: &JobRecord, run: &RecordedRun, field: &mut impl FnMut(&str, String)) {
    let status = &facts.status;
    if let Some(t) = status.start_time {
        field("Start Time", rfc1123(t));
    }
    if let Some(t) = status.completion_time {
        field("Completed At", rfc1123(t));
        field("Duration", duration(status, looked_at(job, run)).unwrap_or_default());
    }
    let ready = status.ready.map_or(String::new(), |r| format!(" ({r} Ready)"));
    let (active, succeeded, failed) = (status.active, status.succeeded, status.failed);
    field("Pods Statuses", format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed"));
    if facts.spec.is_indexed() {
        field("Completed Indexes", capped(&status.completed_indexes.to_string()));
    }
    if let Some(indexes) = &status.failed_indexes {
        field("Failed Indexes", capped(&indexes.to_string()));
    }
}

/// A list of indexes, cut at the first comma after 50 characters. Source: kubectl, `capIndexesListOrNone`.
#[doc(alias = "capIndexesListOrNone")]
fn capped(indexes: &str) -> String {
    const SOFT_LIMIT: usize = 50;
    let comma = indexes.get(SOFT_LIMIT..).and_then(|rest| rest.find(','));
    match (indexes, comma) {
        ("", _) => "<none>".to_owned(),
        (_, None) => indexes.to_owned(),
        (_, Some(comma)) => format!("{}...", &indexes[..=SOFT_LIMIT + comma]),
    }
}

fn conditions(facts: &JobFacts, job: &JobRecord, run: &RecordedRun, layout: Layout) -> String {
    let now = looked_at(job, run);
    if facts.status.conditions.is_empty() {
        return String::new();
    }
    let mut rows =
        vec![row(["Type", "Status", "Reason", "Age", "Message"]), row(["----", "------", "------", "---", "-------"])];
    for c in &facts.status.conditions {
        rows.push(vec![
            c.type_text().to_owned(),
            if c.status { "True" } else { "False" }.to_owned(),
            c.reason_text().to_owned(),
            human_duration(now - c.last_transition_time),
            message_text(c.message, job, run),
        ]);
    }
    format!("Conditions:\n{}", layout.table(&rows, "  ", 2))
}

/// How long the API server keeps Events. Source: kube-apiserver, `--event-ttl`, 1 h.
const EVENT_TTL: SimDuration = SimDuration::from_secs(3_600);

fn events(job: &JobRecord, run: &RecordedRun, layout: Layout) -> String {
    if job.notices.is_empty() {
        return "Events:  <none>\n".to_owned();
    }
    let now = looked_at(job, run);
    let mut rows =
        vec![row(["Type", "Reason", "Age", "From", "Message"]), row(["----", "------", "----", "----", "-------"])];
    let mut notices: Vec<_> = job.notices.iter().collect();
    notices.sort_by_key(|n| n.last);
    let is_old = |n: &&crate::record::NoticeRecord| !layout.shows_all() && now - n.last > EVENT_TTL;
    let old = notices.iter().filter(|n| is_old(n)).count();
    let shown = if layout.shows_all() { usize::MAX } else { LISTED_EVENTS };
    let more = (notices.len() - old).saturating_sub(shown);
    for n in notices.into_iter().skip(old).skip(more) {
        let (kind, reason, message) = notice_text(n, job, run);
        let age = |t: SimTime| human_duration((now - t).max(SimDuration::ZERO));
        let ages = match n.count {
            1 => age(n.last),
            count => format!("{} (x{count} over {})", age(n.last), age(n.first)),
        };
        rows.push(vec![kind.to_owned(), reason.to_owned(), ages, "job-controller".to_owned(), message]);
    }
    let mut text = format!("Events:\n{}", layout.table(&rows, "  ", 2));
    if more > 0 {
        text += &format!("  … {} earlier ones (--all)\n", thousands(more as u64));
    }
    if old > 0 {
        let old = thousands(old as u64);
        text += &format!("  … {old} older than an hour: the API server has dropped them (--all)\n");
    }
    text
}

/// The number of Events that are shown, the last ones.
const LISTED_EVENTS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_kubectl_shows_them() {
        let cases = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (200, "3m20s"),
            (599, "9m59s"),
            (600, "10m"),
            (3_599, "59m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (30_000, "8h"),
            (180_000, "2d2h"),
            (864_000, "10d"),
            (70_000_000, "2y80d"),
        ];
        for (secs, text) in cases {
            assert_eq!(human_duration(SimDuration::from_secs(secs)), text, "{secs} s");
        }
    }

    #[test]
    fn a_list_of_indexes_is_cut_at_the_first_comma_after_50_characters() {
        let long = "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36";
        assert_eq!(long.len(), 51);
        for (indexes, shown) in [
            (String::new(), "<none>".to_owned()),
            (long.to_owned(), long.to_owned()),
            (format!("{long},38,40"), format!("{long},...")),
            (format!("{long}-4000"), format!("{long}-4000")),
        ] {
            assert_eq!(capped(&indexes), shown);
        }
    }
}
