//! Rules about CronJobs: schedules, time zones, missed starts, and Jobs that overlap. Rules about the Jobs themselves
//! are in the other files.

use super::subject::Findings;
use super::times::said;
use super::{AdviceCheck, AdviceRule, Severity};
use crate::api::ConcurrencyPolicy;
use crate::apiserver::CronJobObject;
use crate::cron::{Days, Schedule};

/// Start times are computed from the beginning of 2026, in seconds since 1970, because advice must not depend on the
/// present date.
const START: i64 = 1_767_225_600;
/// How many start times are compared to find the shortest time between two.
const LOOKED_AT: usize = 1_500;
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
/// Jobs are considered likely to overlap if their starts are closer together than this and nothing bounds their
/// duration, in seconds.
const OFTEN: i64 = HOUR;
/// The number in a Job's name: minutes since 1970, which have eight digits until the year 2160.
const A_MINUTE: i64 = START / 60;

const DOCS: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";
const DOCS_CONCURRENCY: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy";
const DOCS_DEADLINE: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline";
const DOCS_ZONES: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones";

pub(super) const RULES: &[AdviceRule] = &[
    AdviceRule {
        code: "C001",
        severity: Severity::Warning,
        title: "The schedule fires.",
        source: "github.com/robfig/cron/v3, spec.go: five years are searched",
        why: "The API server takes every schedule that it can read, also one for the 31st of February. Such a CronJob never \
              starts anything, and nothing reports it.",
        bad: "spec:\n  schedule: '0 3 31 2 *'",
        good: "spec:\n  schedule: '0 3 28 2 *'",
        check: AdviceCheck::CronJob(never_fires),
    },
    AdviceRule {
        code: "C002",
        severity: Severity::Warning,
        title: "Only one of day of month and day of week is restricted.",
        source: "github.com/robfig/cron/v3, spec.go (dayMatches), as in crontab(5)",
        why: "If both the day of the month and the day of the week are restricted, a day that matches either will do: \
              `0 3 13 * 5` fires on every 13th and on every Friday, not only on a Friday the 13th.",
        bad: "spec:\n  schedule: '0 3 1 * 1'",
        good: "spec:\n  schedule: '0 3 * * 1'",
        check: AdviceCheck::CronJob(either_day),
    },
    AdviceRule {
        code: "C003",
        severity: Severity::Warning,
        title: "A start may be some seconds late.",
        source: DOCS_DEADLINE,
        why: "With startingDeadlineSeconds under ten a start is missed when the controller is busy, throttled or being \
              replaced for only that long, and a missed start is not made up for.",
        bad: "spec:\n  startingDeadlineSeconds: 5",
        good: "spec:\n  startingDeadlineSeconds: 200",
        check: AdviceCheck::CronJob(tight_start),
    },
    AdviceRule {
        code: "C004",
        severity: Severity::Hint,
        title: "Resuming does not start what was missed.",
        source: DOCS_DEADLINE,
        why: "Times that pass while a CronJob is suspended count as missed. Without startingDeadlineSeconds the latest of \
              them is made up for as soon as the CronJob is resumed, at whatever hour that is.",
        bad: "spec:\n  suspend: true",
        good: "spec:\n  suspend: true\n  startingDeadlineSeconds: 300",
        check: AdviceCheck::CronJob(made_up_on_resume),
    },
    AdviceRule {
        code: "C005",
        severity: Severity::Warning,
        title: "A Job that hangs does not stop a CronJob that forbids concurrency.",
        source: DOCS_CONCURRENCY,
        why: "With concurrencyPolicy: Forbid nothing starts while the last Job is active. One that hangs (a Pod that cannot \
              be scheduled is enough) holds up all later ones, silently. activeDeadlineSeconds in the Job's spec ends it.",
        bad: "spec:\n  concurrencyPolicy: Forbid",
        good: "spec:\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n      activeDeadlineSeconds: 3000",
        check: AdviceCheck::CronJob(blocked_for_ever),
    },
    AdviceRule {
        code: "C006",
        severity: Severity::Warning,
        title: "Finished Jobs are kept for a while.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#jobs-history-limits",
        why: "With a history limit of 0 a Job is deleted with its Pods and their logs as soon as the controller sees that it \
              has finished. Of failed Jobs that leaves nothing to find out why.",
        bad: "spec:\n  failedJobsHistoryLimit: 0",
        good: "spec:\n  failedJobsHistoryLimit: 3",
        check: AdviceCheck::CronJob(no_history),
    },
    AdviceRule {
        code: "C007",
        severity: Severity::Warning,
        title: "Jobs that may run side by side do not pile up.",
        source: DOCS_CONCURRENCY,
        why: "concurrencyPolicy is Allow unless said otherwise: each start adds a Job, whatever became of the last. If Jobs \
              may last longer than the time between two starts, their number grows until something else gives way. Forbid, \
              or a deadline shorter than that time, bounds it.",
        bad: "spec:\n  schedule: '*/5 * * * *'\n  concurrencyPolicy: Allow",
        good: "spec:\n  schedule: '*/5 * * * *'\n  concurrencyPolicy: Allow\n  jobTemplate:\n    spec:\n      activeDeadlineSeconds: 240",
        check: AdviceCheck::CronJob(piles_up),
    },
    AdviceRule {
        code: "C008",
        severity: Severity::Hint,
        title: "The schedule says whose clock it means.",
        source: DOCS_ZONES,
        why: "Without timeZone the hours are those of the controller manager, which is mostly UTC but need not be, and which \
              a managed cluster does not show. With timeZone they are what they look like.",
        bad: "spec:\n  schedule: '30 6 * * *'",
        good: "spec:\n  schedule: '30 6 * * *'\n  timeZone: Europe/Berlin",
        check: AdviceCheck::CronJob(whose_clock),
    },
    AdviceRule {
        code: "C009",
        severity: Severity::Warning,
        title: "No start falls into a change of the clock.",
        source: DOCS_ZONES,
        why: "When the clock is put forward an hour does not exist, and a start in it is left out; when it is put back an \
              hour comes twice, and so does a start in it. Times from 4 o'clock on, or a zone without changes such as \
              Etc/UTC, are safe nearly everywhere.",
        bad: "spec:\n  schedule: '30 2 * * *'\n  timeZone: Europe/Berlin",
        good: "spec:\n  schedule: '30 4 * * *'\n  timeZone: Europe/Berlin",
        check: AdviceCheck::CronJob(clock_changes),
    },
    AdviceRule {
        code: "C010",
        severity: Severity::Warning,
        title: "The API server takes the Jobs that the CronJob makes.",
        source: "pkg/apis/batch/validation: some rules are looked at only when a Job is created",
        why: "A Job's name is the CronJob's with a number after it, and some rules depend on it: an Indexed Job's Pods are \
              called NAME-MINUTE-INDEX, which must fit into 63 characters. The CronJob is accepted, but each of its starts \
              fails with a FailedCreate Event.",
        bad: "metadata:\n  name: a-name-which-is-as-long-as-the-name-of-a-cron-job-is\nspec:\n  jobTemplate:\n    spec:\n      completions: 1000\n      completionMode: Indexed",
        good: "metadata:\n  name: a-short-name\nspec:\n  jobTemplate:\n    spec:\n      completions: 1000\n      completionMode: Indexed",
        check: AdviceCheck::CronJob(refused_jobs),
    },
    AdviceRule {
        code: "C011",
        severity: Severity::Warning,
        title: "There is at most one start a minute.",
        source: "pkg/controller/cronjob: the name of a Job ends in the minute of its scheduled time",
        why: "A Job is named after the minute for which it is scheduled. Of several starts in one minute all but the first \
              find their name taken, and are left out.",
        bad: "spec:\n  schedule: '@every 20s'",
        good: "spec:\n  schedule: '@every 2m'",
        check: AdviceCheck::CronJob(too_often),
    },
    AdviceRule {
        code: "C012",
        severity: Severity::Warning,
        title: "A Job that is replaced had the time to finish.",
        source: DOCS_CONCURRENCY,
        why: "With concurrencyPolicy: Replace the running Job is deleted at each start. If it regularly needs longer than the \
              time between two starts, none ever finishes.",
        bad: "spec:\n  schedule: '*/5 * * * *'\n  concurrencyPolicy: Replace",
        good: "spec:\n  schedule: '*/5 * * * *'\n  concurrencyPolicy: Replace\n  jobTemplate:\n    spec:\n      activeDeadlineSeconds: 240",
        check: AdviceCheck::CronJob(never_finishes),
    },
    AdviceRule {
        code: "C013",
        severity: Severity::Hint,
        title: "Either the TTL or the history limits clean up.",
        source: DOCS,
        why: "ttlSecondsAfterFinished deletes a finished Job by its age, the history limits by its number, and whichever \
              comes first wins. With a TTL shorter than the time between two starts the limits never count beyond one.",
        bad: "spec:\n  schedule: '0 3 * * *'\n  jobTemplate:\n    spec:\n      ttlSecondsAfterFinished: 600",
        good: "spec:\n  schedule: '0 3 * * *'",
        check: AdviceCheck::CronJob(ttl_beats_history),
    },
];

/// A CronJob and its schedule.
#[derive(Debug)]
pub(super) struct Timed<'a> {
    cron_job: &'a CronJobObject,
    schedule: Schedule,
    /// The shortest time between two starts, in seconds; `None` if there are fewer than two.
    gap: Option<i64>,
}

impl<'a> Timed<'a> {
    /// The CronJob with its schedule; `None` if the schedule cannot be read, which the API server does not accept.
    pub fn of(cron_job: &'a CronJobObject) -> Option<Self> {
        let schedule = Schedule::of_cronjob(&cron_job.schedule, cron_job.time_zone.as_deref()).ok()?;
        let gap = shortest_gap(&schedule);
        Some(Timed { cron_job, schedule, gap })
    }

    fn deadline(&self) -> Option<i64> {
        self.cron_job.job_spec.active_deadline_seconds
    }

    /// Whether the schedule depends on the hour.
    fn names_hours(&self) -> bool {
        const ALL: u64 = (1 << 24) - 1;
        self.schedule.spec().is_some_and(|spec| spec.hours & ALL != ALL)
    }
}

/// The shortest time between two of the next starts, in seconds; `None` if there are fewer than two.
fn shortest_gap(schedule: &Schedule) -> Option<i64> {
    // The search can stop at this value: schedules with five fields name whole minutes, and an interval is constant.
    let least = schedule.interval().unwrap_or(60);
    let (mut shortest, mut last) = (None, None);
    for fire in schedule.after(START).take(LOOKED_AT) {
        let gap = last.replace(fire).map(|last| fire - last);
        shortest = gap.into_iter().chain(shortest).min();
        if shortest.is_some_and(|gap| gap <= least) {
            break;
        }
    }
    shortest
}

fn spec(field: &str) -> String {
    format!("spec.{field}")
}

fn never_fires(timed: &Timed<'_>, findings: &mut Findings) {
    if timed.schedule.next(START).is_none() {
        let message = format!("{:?} names no day that there is", timed.cron_job.schedule);
        findings.add(spec("schedule"), message);
    }
}

fn either_day(timed: &Timed<'_>, findings: &mut Findings) {
    if timed.schedule.spec().is_some_and(|spec| spec.days == Days::Either) {
        let message = format!(
            "{:?} restricts the day of the month and the day of the week: it fires on days that match either",
            timed.cron_job.schedule
        );
        findings.add(spec("schedule"), message);
    }
}

fn tight_start(timed: &Timed<'_>, findings: &mut Findings) {
    if let Some(seconds) = timed.cron_job.starting_deadline_seconds.filter(|seconds| *seconds < 10) {
        let message = format!("a start that is more than {} late is missed for good", said(seconds));
        findings.add(spec("startingDeadlineSeconds"), message);
    }
}

fn made_up_on_resume(timed: &Timed<'_>, findings: &mut Findings) {
    if timed.cron_job.suspend && timed.cron_job.starting_deadline_seconds.is_none() {
        let message = "when this is set to false, the latest start that was missed is made up for at once";
        findings.add(spec("suspend"), message);
    }
}

fn blocked_for_ever(timed: &Timed<'_>, findings: &mut Findings) {
    if timed.cron_job.concurrency_policy == ConcurrencyPolicy::Forbid && timed.deadline().is_none() {
        let message = "a Job that hangs holds up all later ones for ever, as it has no activeDeadlineSeconds";
        findings.add(spec("concurrencyPolicy"), message);
    }
}

fn no_history(timed: &Timed<'_>, findings: &mut Findings) {
    let limits = [
        ("failedJobsHistoryLimit", timed.cron_job.failed_jobs_history_limit),
        ("successfulJobsHistoryLimit", timed.cron_job.successful_jobs_history_limit),
    ];
    for (field, _) in limits.into_iter().filter(|limit| limit.1 == 0) {
        findings.add(spec(field), "0: the Job, its Pods and their logs are deleted as soon as it has finished");
    }
}

fn piles_up(timed: &Timed<'_>, findings: &mut Findings) {
    let Some(gap) = timed.gap.filter(|_| timed.cron_job.concurrency_policy == ConcurrencyPolicy::Allow) else { return };
    let message = match timed.deadline() {
        Some(deadline) if deadline > gap => {
            let most = (deadline + gap - 1) / gap;
            format!("starts every {}, while a Job may last {}: up to {most} side by side", said(gap), said(deadline))
        }
        None if gap < OFTEN => format!("starts every {}, and nothing bounds how many Jobs run side by side", said(gap)),
        _ => return,
    };
    findings.add(spec("concurrencyPolicy"), message);
}

fn never_finishes(timed: &Timed<'_>, findings: &mut Findings) {
    let Some(gap) = timed.gap.filter(|_| timed.cron_job.concurrency_policy == ConcurrencyPolicy::Replace) else {
        return;
    };
    let longer = timed.deadline().map_or(gap < OFTEN, |deadline| deadline > gap);
    if longer {
        let message =
            format!("a Job that needs longer than {} is deleted at the next start and never finishes", said(gap));
        findings.add(spec("concurrencyPolicy"), message);
    }
}

fn whose_clock(timed: &Timed<'_>, findings: &mut Findings) {
    if timed.cron_job.time_zone.is_none() && timed.names_hours() {
        let message = "the hours are those of the controller manager's own zone, mostly UTC";
        findings.add(spec("timeZone"), message);
    }
}

fn clock_changes(timed: &Timed<'_>, findings: &mut Findings) {
    let Some(zone) = timed.cron_job.time_zone.as_ref().filter(|_| timed.names_hours()) else { return };
    let Ok(on_the_wall) = Schedule::parse(&timed.cron_job.schedule) else { return };
    let location = timed.schedule.location();
    let (mut skipped, mut doubled) = (false, false);
    let mut segment = location.segment(START);
    while segment.until < START + 2 * 366 * DAY {
        let change = segment.until;
        let after = location.segment(change);
        let (from, until) = (change - DAY, change + DAY);
        let offset = |unix: i64| if unix < change { segment.offset } else { after.offset };
        let mut seen: Vec<i64> =
            timed.schedule.after(from).take_while(|unix| *unix < until).map(|unix| unix + offset(unix)).collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        doubled |= seen.len() < count;
        let mut wanted = on_the_wall.after(from + segment.offset).take_while(|wall| *wall < until + after.offset);
        skipped |= wanted.any(|wall| seen.binary_search(&wall).is_err());
        segment = after;
    }
    let what = match (skipped, doubled) {
        (true, true) => "left out when the clock is put forward, and comes twice when it is put back",
        (true, false) => "left out when the clock is put forward",
        (false, true) => "comes twice when the clock is put back",
        (false, false) => return,
    };
    findings.add(spec("schedule"), format!("a start of {:?} is {what} in {zone}", timed.cron_job.schedule));
}

fn refused_jobs(timed: &Timed<'_>, findings: &mut Findings) {
    let name = format!("{}-{A_MINUTE}", timed.cron_job.name);
    if let Err(errors) = timed.cron_job.job(&name) {
        let error = errors.first().map(ToString::to_string).unwrap_or_default();
        let message = format!("each start fails: a Job such as {name:?} is refused ({error})");
        findings.add(spec("jobTemplate"), message);
    }
}

fn too_often(timed: &Timed<'_>, findings: &mut Findings) {
    if let Some(gap) = timed.gap.filter(|gap| *gap < 60) {
        let message =
            format!("fires every {}, but only the first start of a minute finds its Job's name free", said(gap));
        findings.add(spec("schedule"), message);
    }
}

fn ttl_beats_history(timed: &Timed<'_>, findings: &mut Findings) {
    let ttl = timed.cron_job.job_spec.ttl_seconds_after_finished.map(i64::from);
    if let (Some(ttl), Some(gap)) = (ttl, timed.gap)
        && ttl < gap
    {
        let message = format!(
            "a finished Job is gone {} after its end, before the next start ({}): the history limits mean little",
            said(ttl),
            said(gap)
        );
        findings.add("spec.jobTemplate.spec.ttlSecondsAfterFinished".to_owned(), message);
    }
}
