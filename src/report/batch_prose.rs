//! Sentences about the starts of CronJobs, slots and tokens over replications, all from the summary.

use super::alike::interval_alike;
use super::experiment::{number, percent};
use crate::experiment::{Outcome, Response, SeriesSummary};
use crate::text::{counted, thousands};

fn mean(all: &SeriesSummary, response: Response) -> f64 {
    all.response(response).and_then(|s| s.mean).unwrap_or(0.0)
}

/// Whether all Jobs belong to CronJobs, be it those that were started in the run or those that were under way before.
/// A summary knows no owners, so this is judged by counts.
pub(super) fn has_starts(all: &SeriesSummary) -> bool {
    let most = |response: Response| all.response(response).and_then(|s| s.max).unwrap_or(0.0);
    most(Response::DueStarts) > 0.0 && most(Response::Starts) + most(Response::MostAtOnce) >= f64::from(all.jobs)
}

/// A mean count, with as many digits as it has next to its interval in the table of estimates.
fn count(all: &SeriesSummary, response: Response) -> String {
    let Some(statistics) = all.response(response) else { return "0".to_owned() };
    match (statistics.mean, statistics.mean_interval) {
        (Some(mean), Some([low, high])) if low < high => interval_alike(mean, Some(low), Some(high), "").swap_remove(0),
        (mean, _) => number(mean.unwrap_or(0.0), false),
    }
}

/// The starts of CronJobs, without a full stop; `None` if there are other Jobs, or no starts.
pub(super) fn starts(all: &SeriesSummary) -> Option<String> {
    if !has_starts(all) {
        return None;
    }
    let of = |response: Response| count(all, response);
    let mut text = format!(
        "{} of {} starts made, {} left out",
        of(Response::Starts),
        of(Response::DueStarts),
        of(Response::SkippedStarts)
    );
    for (response, words) in [(Response::DelayedStarts, "made late"), (Response::ReplacedJobs, "Jobs replaced")] {
        if mean(all, response) > 0.0 {
            text += &format!(", {} {words}", of(response));
        }
    }
    Some(text)
}

/// The same for a single replication.
pub(super) fn starts_of_one(outcome: &Outcome) -> Option<String> {
    let starts = &outcome.starts;
    (starts.due > 0 && starts.started + starts.most_at_once >= outcome.jobs).then(|| {
        let ends = &outcome.ends;
        format!(
            "{} of {} made, {} left out; {} Complete, {} Failed",
            thousands(starts.started.into()),
            counted(starts.due.into(), "start"),
            thousands(starts.skipped().into()),
            counted(ends.complete.into(), "Job"),
            thousands(ends.failed.into())
        )
    })
}

/// What Jobs waited for slots and tokens, in sentences.
pub(super) fn shared(all: &SeriesSummary) -> Vec<String> {
    let mut sentences = Vec::new();
    let time = |response: Response| number(mean(all, response), true);
    if mean(all, Response::Utilisation) > 0.0 {
        let mut text = format!("Slots are taken in {} of their time", percent(mean(all, Response::Utilisation)));
        if mean(all, Response::RoomWait) > 0.0 {
            let longest = all.response(Response::LongestRoomWait).and_then(|s| s.max).unwrap_or(0.0);
            text += &format!(
                "; Pods wait {} for room in all on average, the longest wait of one is {}",
                time(Response::RoomWait),
                number(longest, true)
            );
        }
        sentences.push(text + ".");
    }
    let life: f64 = Response::ALL.iter().filter(|r| r.is_of_path()).map(|r| mean(all, *r)).sum();
    let throttled = mean(all, Response::PathThrottle);
    if life > 0.0 && throttled / life >= 0.01 {
        let share = percent(throttled / life);
        sentences.push(format!("The client's throttle takes {share} of the Jobs' critical paths."));
    }
    sentences
}
