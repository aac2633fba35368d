//! Which start of a CronJob is due now, and when to check again. Whether it is made is decided in
//! [`super::CronJobSync`].
//!
//! Times are whole seconds since the Unix epoch; *now* is truncated to its second, which changes no comparison, as
//! every time of a schedule is a whole second.

use super::START_DELAY;
use crate::cron::Schedule;
use crate::time::{SimTime, WallClock};

/// How the controller represents a time that never comes: Go's zero time, 0001-01-01T00:00:00Z.
const NEVER: i64 = -62_135_596_800;
/// The longest duration that Go can represent, in seconds; longer ones are clipped to it.
const LONGEST_SPAN: i64 = i64::MAX / 1_000_000_000;
/// With more missed starts than this the controller emits a warning.
const MANY: i64 = 100;
/// The search for the last start gives up after this many. It gets there only if the schedule has an end; the real search
/// would not end then.
const SEARCHED: usize = 200_000;

/// From when starts count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// `metadata.creationTimestamp`.
    pub created: i64,
    /// `status.lastScheduleTime`.
    pub last_scheduled: Option<i64>,
    /// `spec.startingDeadlineSeconds`.
    pub deadline: Option<i64>,
}

impl Since {
    /// The start of counting, ignoring the deadline.
    fn earliest(&self) -> i64 {
        self.last_scheduled.unwrap_or(self.created)
    }
}

/// How many starts were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// None.
    None,
    /// Some.
    Few,
    /// Over a hundred.
    Many,
}

/// A schedule whose next two times are not apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSchedule;

impl InvalidSchedule {
    /// The controller's words for it.
    pub const TEXT: &'static str = "time difference between two schedules is less than 1 second";
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Where the search began.
    pub since: i64,
    /// The most recent time at which a Job should have been started.
    pub at: Option<i64>,
    /// How many before it were missed.
    pub missed: Missed,
}

fn next(schedule: &Schedule, after: i64) -> i64 {
    schedule.next(after).unwrap_or(NEVER)
}

/// From `b` to `a` in seconds, clipped to what Go can represent.
fn span(a: i64, b: i64) -> i64 {
    a.saturating_sub(b).clamp(-LONGEST_SPAN, LONGEST_SPAN)
}

/// The most recent time that is due at `now`.
///
/// # Errors
/// The schedule never fires, or fires once only.
#[doc(alias = "mostRecentScheduleTime")]
pub fn most_recent(schedule: &Schedule, since: &Since, now: i64, with_deadline: bool) -> Result<Due, InvalidSchedule> {
    look(schedule, since, now, with_deadline).map(|(due, _)| due)
}

/// The same, and the next time of the schedule after it (after `since`, if none is due), where the search has found it.
fn look(
    schedule: &Schedule,
    since: &Since,
    now: i64,
    with_deadline: bool,
) -> Result<(Due, Option<i64>), InvalidSchedule> {
    let deadline = since.deadline.filter(|_| with_deadline).map(|seconds| now.saturating_sub(seconds));
    let since = deadline.map_or(since.earliest(), |d| d.max(since.earliest()));
    let first = next(schedule, since);
    if now < first {
        return Ok((Due { since, at: None, missed: Missed::None }, Some(first)));
    }
    let second = next(schedule, first);
    if now < second {
        return Ok((Due { since, at: Some(first), missed: Missed::None }, Some(second)));
    }
    let between = span(second, first);
    if between < 1 {
        return Err(InvalidSchedule);
    }
    // An estimate, which is right for schedules with a fixed interval.
    let count = span(now, first) / between + 1;
    let start = first.saturating_add((count - 2).saturating_mul(between));
    // Divergence: where the schedule has an end the real search never ends; this one finds nothing.
    let times = schedule.after(start).take(SEARCHED).take_while(|t| *t <= now);
    let missed = if count > MANY { Missed::Many } else { Missed::Few };
    Ok((Due { since, at: times.last(), missed }, None))
}

/// The time after which to look again; `None`: never, which the controller takes for at once.
#[doc(alias = "nextScheduleTimeDuration")]
pub fn next_look(schedule: &Schedule, since: &Since, now: i64) -> Option<i64> {
    let from = match look(schedule, since, now, false) {
        Ok((_, Some(next))) => return (next != NEVER).then_some(next),
        Ok((Due { at: Some(at), .. }, None)) => at,
        Ok((Due { at: None, .. }, None)) | Err(InvalidSchedule) => now,
    };
    schedule.next(from)
}

/// The instant at which the controller looks again for the sake of a time of the schedule; `None` beyond the end of the
/// virtual clock, where nothing happens any more.
pub(super) fn wake_up(unix: i64, clock: WallClock) -> Option<SimTime> {
    Some(clock.at(unix) + START_DELAY).filter(|at| *at < SimTime::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: Since = Since { created: 0, last_scheduled: None, deadline: None };

    fn due(schedule: &str, since: Since, now: i64) -> Result<Due, InvalidSchedule> {
        most_recent(&Schedule::parse(schedule).unwrap(), &since, now, true)
    }

    #[test]
    fn the_last_start_is_due_however_many_were_missed() {
        for (now, at, missed) in [
            (3_599, None, Missed::None),
            (3_600, Some(3_600), Missed::None),
            (7_200, Some(7_200), Missed::Few),
            (100 * 3_600, Some(360_000), Missed::Few),
            (101 * 3_600, Some(363_600), Missed::Many),
        ] {
            assert_eq!(due("@hourly", SINCE, now), Ok(Due { since: 0, at, missed }), "{now}");
        }
    }

    #[test]
    fn the_deadline_and_the_last_start_move_the_beginning() {
        let since = Since { deadline: Some(10), last_scheduled: Some(3_600), ..SINCE };
        assert_eq!(due("@hourly", since, 7_215), Ok(Due { since: 7_205, at: None, missed: Missed::None }));
        assert_eq!(due("@hourly", since, 7_205), Ok(Due { since: 7_195, at: Some(7_200), missed: Missed::None }));
        let longer = Since { deadline: Some(10_000), ..since };
        assert_eq!(due("@hourly", longer, 3_700), Ok(Due { since: 3_600, at: None, missed: Missed::None }));
        let hourly = Schedule::parse("@hourly").unwrap();
        assert_eq!(next_look(&hourly, &since, 7_215), Some(10_800), "the deadline has no say in it");
    }

    #[test]
    fn a_schedule_that_never_fires_is_invalid() {
        assert_eq!(due("0 0 31 2 *", SINCE, 1_000_000), Err(InvalidSchedule));
        let never = Schedule::parse("0 0 31 2 *").unwrap();
        assert_eq!(next_look(&never, &SINCE, 1_000_000), None);
    }

    #[test]
    fn a_schedule_with_an_end_does_not_keep_the_search_going() {
        // The 29th of February after 2096 is more than five years away, so the search looks from the year 1 on.
        let leap = Schedule::parse("0 0 29 2 *").unwrap();
        let since = Since { created: 4_010_000_000, ..SINCE };
        assert!(most_recent(&leap, &since, 4_020_000_000, true).is_ok());
    }
}
