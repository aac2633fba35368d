//! Responses: what can be asked of a replication as a number, by name. The table is the one place that lists them;
//! summaries, goals, comparisons, columns of records and stopping rules go through it.

use super::outcome::{End, Outcome};
use crate::time::SimDuration;

/// What a response counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time: the whole number is nanoseconds, shown and saved as seconds.
    Time,
    /// Things.
    Count,
    /// A part of a whole: the whole number is billionths, shown and saved as a number from 0 to 1.
    Share,
}

impl Unit {
    /// What one of the whole numbers is in the unit that is shown.
    pub fn scale(self) -> f64 {
        match self {
            Unit::Time | Unit::Share => 1e-9,
            Unit::Count => 1.0,
        }
    }

    /// The name in files: `seconds`, `share`, or empty for counts.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Time => "seconds",
            Unit::Count => "",
            Unit::Share => "share",
        }
    }
}

/// A number that every replication has, or never reaches.
#[derive(Debug)]
pub struct Response {
    /// Its name in goals, records and files.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it is, for people.
    pub about: &'static str,
    /// The whole number; `None` if the replication never got that far.
    pub of: fn(&Outcome) -> Option<u64>,
}

/// Its place in [`RESPONSES`].
pub type ResponseId = usize;

fn nanos(span: SimDuration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(0)
}

fn time(span: SimDuration) -> Option<u64> {
    Some(nanos(span))
}

fn count(n: u32) -> Option<u64> {
    Some(u64::from(n))
}

macro_rules! responses {
    ($($name:literal $unit:ident $about:literal $of:expr;)*) => {
        /// Every response.
        pub const RESPONSES: &[Response] =
            &[$(Response { name: $name, unit: Unit::$unit, about: $about, of: $of },)*];
    };
}

responses! {
    "duration" Time "from creation to Complete or Failed" |o| o.duration.map(nanos);
    "timeToComplete" Time "from creation to Complete; never if it fails"
        |o| o.duration.filter(|_| o.end == End::Complete).map(nanos);
    "firstRunning" Time "from creation to the first running Pod" |o| o.first_running.map(nanos);
    "podsCreated" Count "Pods created" |o| count(o.pods_created);
    "podsSucceeded" Count "Pods that succeeded" |o| count(o.pods_succeeded);
    "podsFailed" Count "Pods that failed" |o| count(o.pods_failed);
    "podsDeleted" Count "Pods that disappeared before they had finished" |o| count(o.pods_deleted);
    "retries" Count "Pods beyond the first for each completion" |o| count(o.retries);
    "containerRestarts" Count "container restarts" |o| count(o.container_restarts);
    "mostRunning" Count "most Pods running at a time" |o| count(o.most_running);
    "podTime" Time "time that Pods ran, summed over Pods" |o| time(o.pod_time);
    "wastedPodTime" Time "the same of Pods that did not succeed" |o| time(o.wasted_pod_time);
    "backoffWaits" Count "Pod failure back-offs that were waited for" |o| count(o.backoff_waits);
    "backoffWait" Time "time in which a Pod failure back-off was waited for" |o| time(o.backoff_wait);
    "longestBackoff" Time "the longest Pod failure back-off that was waited for" |o| time(o.longest_backoff);
    "overshoot" Count "most Pods running above parallelism" |o| count(o.overshoot.total.most);
    "overshootEpisodes" Count "how often more Pods ran than parallelism" |o| count(o.overshoot.total.episodes);
    "overshootTime" Time "how long more Pods ran than parallelism" |o| time(o.overshoot.total.time);
    "overshootPodTime" Time "Pods above parallelism × time" |o| time(o.overshoot.pod_time);
    "applicationFailures" Count "failures of containers" |o| count(o.failures.application);
    "disruptionFailures" Count "Pods ended by disruptions" |o| count(o.failures.disruption);
    "admissionFailures" Count "Pods that failed before any container ran" |o| count(o.failures.admission);
    "ignoredFailures" Count "failures that the Pod failure policy ignores" |o| count(o.failures.ignored);
    "requests" Count "requests of the controllers to the API server" |o| count(o.requests.total());
    "createPodRequests" Count "requests that create Pods" |o| count(o.requests.create_pod);
    "patchPodRequests" Count "requests that remove a finalizer" |o| count(o.requests.patch_pod);
    "deletePodRequests" Count "requests that delete Pods" |o| count(o.requests.delete_pod);
    "statusRequests" Count "requests that write a Job's status" |o| count(o.requests.update_status);
    "eventRequests" Count "requests that create Events or raise their count" |o| count(o.requests.event);
    "throttleWait" Time "time that requests waited for their token, summed over requests" |o| time(o.throttle_wait);
    "syncsFailed" Count "syncs that ended in error" |o| count(o.syncs_failed);
    "jobsComplete" Count "Jobs that are Complete" |o| count(o.ends.complete);
    "jobsFailed" Count "Jobs that are Failed" |o| count(o.ends.failed);
    "jobsDeleted" Count "Jobs that were gone before they had ended" |o| count(o.ends.deleted);
    "jobsUnfinished" Count "Jobs that had not ended" |o| count(o.ends.unfinished);
    "longestJob" Time "the longest time of a Job from creation to Complete or Failed" |o| time(o.ends.longest);
    "dueStarts" Count "starts of CronJobs that were due" |o| count(o.starts.due);
    "starts" Count "of these those that were made" |o| count(o.starts.started);
    "delayedStarts" Count "of these those that were held back, and made later" |o| count(o.starts.delayed);
    "skippedStarts" Count "those that were left out" |o| count(o.starts.skipped());
    "skippedActive" Count "left out: Forbid, and a Job was active" |o| count(o.starts.skipped_active);
    "skippedSuspended" Count "left out: the CronJob was suspended" |o| count(o.starts.skipped_suspended);
    "skippedDown" Count "left out: the controllers were down" |o| count(o.starts.skipped_controllers_down);
    "skippedDeadline" Count "left out: startingDeadlineSeconds was over" |o| count(o.starts.skipped_deadline);
    "skippedRefused" Count "left out: the Job could not be created" |o| count(o.starts.skipped_refused);
    "skippedLate" Count "left out: the controller came too late to them" |o| count(o.starts.skipped_late);
    "replacedJobs" Count "Jobs that were deleted for a new one (Replace)" |o| count(o.starts.replaced);
    "tooManyMissed" Count "how often over a hundred starts had been missed" |o| count(o.starts.too_many_missed);
    "medianDelay" Time "how late Jobs were created, the median" |o| time(o.starts.median_delay);
    "longestDelay" Time "how late Jobs were created, the longest" |o| time(o.starts.longest_delay);
    "overlapTime" Time "how long more than one Job of a CronJob was under way, or its Pods" |o| time(o.starts.overlap);
    "mostAtOnce" Count "most Jobs of a CronJob under way at a time" |o| count(o.starts.most_at_once);
    "slotTime" Time "time that slots were taken, summed over Pods" |o| time(o.shared.slot_time);
    "utilisation" Share "of the slots, from the first creation to the last end" |o| Some(o.shared.utilisation());
    "roomWait" Time "time that Pods waited for room, summed over Pods" |o| time(o.shared.room_wait);
    "longestRoomWait" Time "the longest of these waits" |o| time(o.shared.longest_room_wait);
    "queueing" Time "time in which a Pod of a Job waited for room" |o| time(o.shared.queueing);
    "throttled" Time "time in which a request of a Job waited for its token" |o| time(o.shared.throttled);
    "throttleShare" Share "the same as a part of the Jobs' lives" |o| Some(o.shared.throttle_share());
    "atRunning" Time "time in which a Pod of a Job ran" |o| time(o.shared.stages.running);
    "atStarting" Time "time in which Pods were there but none ran" |o| time(o.shared.stages.starting);
    "atRoom" Time "time in which all Pods of a Job waited for room" |o| time(o.shared.stages.room);
    "atThrottle" Time "time without Pods in which requests, of it or others, waited for tokens" |o| time(o.shared.stages.throttle);
    "atBackoff" Time "time without Pods in which a Pod failure back-off was waited for" |o| time(o.shared.stages.backoff);
    "atSuspended" Time "time without Pods in which a Job was suspended" |o| time(o.shared.stages.suspended);
    "atController" Time "time without Pods that is none of these" |o| time(o.shared.stages.controller);
}

/// The place of the response of that name.
pub fn response(name: &str) -> Option<ResponseId> {
    RESPONSES.iter().position(|response| response.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (place, known) in RESPONSES.iter().enumerate() {
            assert_eq!(response(known.name), Some(place), "{}", known.name);
        }
        assert_eq!(response("nothing"), None);
    }

    #[test]
    fn a_job_that_fails_never_completes() {
        let failed = Outcome { end: End::Failed, duration: Some(SimDuration::from_secs(5)), ..Outcome::default() };
        let value = |name: &str| (RESPONSES[response(name).unwrap()].of)(&failed);
        assert_eq!((value("duration"), value("timeToComplete")), (Some(5_000_000_000), None));
        assert_eq!((value("firstRunning"), value("retries")), (None, Some(0)));
    }
}
