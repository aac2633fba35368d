//! The syntax inside `share(…)`: what happens to single Jobs, or to starts of CronJobs.
//!
//! ```text
//! jobEvent = "doneBy(" time-of-day [zone] ")" | "longer than" time | event
//! ```
//! An `event` is that of probabilities (`Complete`, `complete within 4h`, `retries > 2`), asked of each Job.

use super::goal::GoalEvent;
use super::goal_text::{GoalError, error, event};
use super::job_share::{JobEvent, TimeOfDay};
use crate::cron::Location;
use crate::model::duration;

/// How a time of day is written.
const DONE_BY: &str = "write doneBy('06:00'), or with a time zone doneBy('06:00 Europe/Berlin')";

/// Parses what happens to a Job.
pub(super) fn job_event(text: &str) -> Result<JobEvent, GoalError> {
    match special(text) {
        Some(event) => event,
        None => Ok(match event(text)? {
            GoalEvent::Within { complete, span } => JobEvent::Within { complete, span },
            other => JobEvent::Happens(other),
        }),
    }
}

/// What can be asked only of a single Job; `None` for all other texts.
fn special(text: &str) -> Option<Result<JobEvent, GoalError>> {
    let text = text.trim();
    if let Some(span) = text.strip_prefix("longer than ") {
        return Some(duration::parse(span.trim()).map(JobEvent::LongerThan).map_err(error));
    }
    let time = text.strip_prefix("doneBy").or_else(|| text.strip_prefix("done by "))?;
    Some(time_of_day(time).map(JobEvent::DoneBy))
}

/// Rejects what only `share` supports in the probability of an event.
pub(super) fn only_of_single_jobs(text: &str) -> Result<(), GoalError> {
    match special(text) {
        None => Ok(()),
        Some(_) => Err(error(format!(
            "{text}: this is asked of each Job, or of each start of a CronJob: write `share({text})`"
        ))),
    }
}

fn time_of_day(text: &str) -> Result<TimeOfDay, GoalError> {
    let inside = text.trim().trim_start_matches('(').trim_end_matches(')').trim();
    let inside = inside.trim_matches(['\'', '"']).trim();
    let (clock, zone) = match inside.split_once(' ') {
        Some((clock, zone)) => (clock, Some(zone.trim())),
        None => (inside, None),
    };
    let seconds = seconds_of(clock).ok_or_else(|| error(format!("{clock:?} is no time of day: {DONE_BY}")))?;
    if let Some(zone) = zone {
        Location::load(zone).map_err(|why| error(format!("{why}: {DONE_BY}")))?;
    }
    Ok(TimeOfDay { seconds, zone: zone.map(Into::into) })
}

/// Seconds since midnight for `06:00` or `06:00:30`.
fn seconds_of(clock: &str) -> Option<i64> {
    let parts: Vec<&str> = clock.split(':').collect();
    let part = |n: usize, below: i64| match parts.get(n) {
        None if n == 2 => Some(0),
        Some(text) if text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().ok().filter(|n| *n < below)
        }
        _ => None,
    };
    (parts.len() <= 3).then_some(())?;
    Some(part(0, 24)? * 3_600 + part(1, 60)? * 60 + part(2, 60)?)
}

#[cfg(test)]
mod tests {
    use super::super::goal::{Goal, Measured};
    use super::super::job_share::JobEvent;
    use super::*;
    use crate::time::SimDuration;
    use std::sync::Arc;

    #[test]
    fn shares_are_read() {
        let series = [Arc::from("nightly"), Arc::from("report.v2")];
        let six = |zone: Option<&str>| JobEvent::DoneBy(TimeOfDay { seconds: 21_600, zone: zone.map(Into::into) });
        let hours = SimDuration::from_secs(4 * 3_600);
        for (text, of, event) in [
            ("share(nightly.doneBy('06:00')) >= 95%", Some(0), six(None)),
            ("report.v2: share(doneBy(06:00)) >= 95%", Some(1), six(None)),
            ("share(done by 06:00:00) >= 0.95", None, six(None)),
            ("share(nightly.doneBy('06:00 Europe/Berlin')) >= 95%", Some(0), six(Some("Europe/Berlin"))),
            ("share(longer than 4h) < 5%", None, JobEvent::LongerThan(hours)),
            ("share(report.v2.longer than 4h) < 5%", Some(1), JobEvent::LongerThan(hours)),
            ("share(complete within 4h) >= 95%", None, JobEvent::Within { complete: true, span: hours }),
            ("share(finished within 4h) >= 95%", None, JobEvent::Within { complete: false, span: hours }),
        ] {
            let goal = Goal::parse(text, &series).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((goal.measure.series, &goal.measure.what), (of, &Measured::Share(event)), "{text}");
        }
        let happens = Goal::parse("share(retries > 2) <= 1%", &series).expect("a goal");
        assert!(matches!(happens.measure.what, Measured::Share(JobEvent::Happens(GoalEvent::Compares(..)))));
    }

    #[test]
    fn what_is_no_share_is_refused_with_the_way_to_write_it() {
        for (text, why) in [
            ("share(doneBy('6:00')) > 0", "doneBy('06:00')"),
            ("share(doneBy('24:00')) > 0", "no time of day"),
            ("share(doneBy('06:00 Europe/Berln')) > 0", "unknown time zone Europe/Berln"),
            ("share(longer than x) > 0", "\"x\""),
            ("P(doneBy('06:00')) > 0", "share(doneBy('06:00'))"),
            ("P(longer than 4h) > 0", "share(longer than 4h)"),
            ("share(Complete | Failed) > 0", "takes no `|`"),
            ("share(Complete) > 95", "is no probability"),
        ] {
            let error = Goal::parse(text, &[]).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
