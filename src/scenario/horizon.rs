//! The default length of a simulation, based on its schedules.

use super::resolve::Jobs;
use crate::cron::Schedule;
use crate::experiment::PlannedCronJob;
use crate::time::{SimDuration, SimTime, WallClock};

/// The latest end of virtual time: one second before the clock's last instant. Arithmetic on times saturates at that
/// instant, so everything beyond it would seem to happen at once.
pub(super) const END: SimTime = SimTime::from_nanos(SimTime::MAX.as_nanos() - 1_000_000_000);
/// Without CronJobs: a year. Jobs end long before.
const UNTIL: SimDuration = days(365);
/// With CronJobs, which never end: the first of these in which each of them starts at least [`STARTS`] times.
const SPANS: [(SimDuration, &str); 4] =
    [(days(1), "a day"), (days(7), "7 days"), (days(30), "30 days"), (days(365), "365 days")];
/// Enough starts to see how a CronJob behaves.
const STARTS: usize = 10;

const fn days(n: i64) -> SimDuration {
    SimDuration::from_secs(n * 86_400)
}

/// The default for the longest virtual time; with CronJobs a notice says what it is.
pub(super) fn default(jobs: &mut Jobs, start: SimTime, clock: WallClock) -> SimDuration {
    let (span, most) = (usual(jobs, start, clock), up_to_the_end(start));
    if span <= most {
        return span;
    }
    let end = crate::text::rfc3339(END);
    jobs.manifests.notices.push(format!("virtual time ends with the clock, at {end}, after {most}"));
    most
}

/// How long virtual time can last from a given start.
pub(super) fn up_to_the_end(start: SimTime) -> SimDuration {
    (END - start).max(SimDuration::ZERO)
}

fn usual(jobs: &mut Jobs, start: SimTime, clock: WallClock) -> SimDuration {
    if jobs.cronjobs.is_empty() {
        return UNTIL;
    }
    let enough = |span: SimDuration| jobs.cronjobs.iter().all(|c| starts_within(c, start, span, clock) >= STARTS);
    let (span, text) = SPANS.into_iter().find(|(span, _)| enough(*span)).unwrap_or(SPANS[SPANS.len() - 1]);
    jobs.manifests.notices.push(format!(
        "a CronJob has no end and none is set: {text} are simulated (--days or --until, or until: in a scenario)"
    ));
    span
}

/// How many times a CronJob starts within a span; counting ends at [`STARTS`]. A CronJob whose schedule cannot be
/// parsed never starts. It counts as if it had: no longer span would show more of it.
fn starts_within(cronjob: &PlannedCronJob, start: SimTime, span: SimDuration, clock: WallClock) -> usize {
    let object = &cronjob.object;
    let Ok(schedule) = Schedule::of_cronjob(&object.schedule, object.time_zone.as_deref()) else { return STARTS };
    let (from, to) = (clock.unix(start + cronjob.at), clock.unix(start + span));
    schedule.after(from).take_while(|due| *due <= to).take(STARTS).count()
}
