//! What a batch adds to the flat record: how many Jobs ended how, the starts of CronJobs, and what Jobs waited for and
//! used of the cluster. All numbers are whole, as in [`super::outcome`].

use super::seconds;
use crate::record::{CronRecord, JobRecord, SkipReason, Stage};
use crate::time::{SimDuration, SimTime};
use serde::{Deserialize, Serialize};

/// Jobs by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndCounts {
    /// Complete.
    pub complete: u32,
    /// Failed.
    pub failed: u32,
    /// Deleted before they ended.
    pub deleted: u32,
    /// Not ended when the replication ended.
    pub unfinished: u32,
    /// The longest time from creation to Complete or Failed.
    #[serde(with = "seconds")]
    pub longest: SimDuration,
}

impl EndCounts {
    /// Counts of one Job; all zero if it was never created.
    pub(super) fn of(job: &JobRecord) -> Self {
        let failed = job
            .facts
            .as_ref()
            .and_then(|facts| facts.status.finished())
            .map(|c| c.condition_type == crate::api::JobConditionType::Failed);
        EndCounts {
            complete: u32::from(failed == Some(false)),
            failed: u32::from(failed == Some(true)),
            deleted: u32::from(failed.is_none() && job.gone.is_some()),
            unfinished: u32::from(failed.is_none() && job.gone.is_none() && job.created.is_some()),
            longest: job.duration().unwrap_or_default(),
        }
    }

    pub(super) fn add(&mut self, other: &EndCounts) {
        self.complete += other.complete;
        self.failed += other.failed;
        self.deleted += other.deleted;
        self.unfinished += other.unfinished;
        self.longest = self.longest.max(other.longest);
    }
}

/// Starts of CronJobs. Of several CronJobs they are sums; longest, most and the median delay are maxima.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartCounts {
    /// Due by the schedule.
    pub due: u32,
    /// Due starts for which a Job was created.
    pub started: u32,
    /// Of these, starts that were late because something held them back.
    pub delayed: u32,
    /// Skipped because a Job was active (`concurrencyPolicy: Forbid`).
    pub skipped_active: u32,
    /// Skipped because the CronJob was suspended.
    pub skipped_suspended: u32,
    /// Skipped because the controllers were down.
    pub skipped_controllers_down: u32,
    /// Skipped because `startingDeadlineSeconds` had passed.
    pub skipped_deadline: u32,
    /// Skipped because the Job could not be created.
    pub skipped_refused: u32,
    /// Skipped because the controller came too late.
    pub skipped_late: u32,
    /// Jobs that were deleted to start a new one (`concurrencyPolicy: Replace`).
    pub replaced: u32,
    /// How often the controller found more than a hundred missed starts.
    pub too_many_missed: u32,
    /// The median time from the scheduled time to the creation of the Job.
    #[serde(with = "seconds")]
    pub median_delay: SimDuration,
    /// The longest such time.
    #[serde(with = "seconds")]
    pub longest_delay: SimDuration,
    /// How long more than one Job of a CronJob was under way: not ended, or with Pods that were still running.
    #[serde(with = "seconds")]
    pub overlap: SimDuration,
    /// The most Jobs of a CronJob that were under way at the same time.
    pub most_at_once: u32,
}

impl StartCounts {
    /// Counts of one CronJob.
    pub fn of(cronjob: &CronRecord) -> Self {
        let skipped = |reason: SkipReason| cronjob.skipped[reason as usize];
        StartCounts {
            due: cronjob.due,
            started: cronjob.started,
            delayed: cronjob.delayed,
            skipped_active: skipped(SkipReason::Active),
            skipped_suspended: skipped(SkipReason::Suspended),
            skipped_controllers_down: skipped(SkipReason::ControllersDown),
            skipped_deadline: skipped(SkipReason::Deadline),
            skipped_refused: skipped(SkipReason::Refused),
            skipped_late: skipped(SkipReason::Late),
            replaced: cronjob.replaced,
            too_many_missed: cronjob.too_many_missed,
            median_delay: cronjob.lateness(0.5).unwrap_or_default(),
            longest_delay: cronjob.lateness(1.0).unwrap_or_default(),
            overlap: cronjob.overlap(),
            most_at_once: cronjob.most_at_once(),
        }
    }

    /// All skipped starts.
    pub fn skipped(&self) -> u32 {
        self.skipped_active
            + self.skipped_suspended
            + self.skipped_controllers_down
            + self.skipped_deadline
            + self.skipped_refused
            + self.skipped_late
    }

    /// Whether there are no starts at all.
    pub fn is_none(&self) -> bool {
        *self == StartCounts::default()
    }

    pub(super) fn add(&mut self, other: &StartCounts) {
        self.due += other.due;
        self.started += other.started;
        self.delayed += other.delayed;
        self.skipped_active += other.skipped_active;
        self.skipped_suspended += other.skipped_suspended;
        self.skipped_controllers_down += other.skipped_controllers_down;
        self.skipped_deadline += other.skipped_deadline;
        self.skipped_refused += other.skipped_refused;
        self.skipped_late += other.skipped_late;
        self.replaced += other.replaced;
        self.too_many_missed += other.too_many_missed;
        self.median_delay = self.median_delay.max(other.median_delay);
        self.longest_delay = self.longest_delay.max(other.longest_delay);
        self.overlap += other.overlap;
        self.most_at_once = self.most_at_once.max(other.most_at_once);
    }
}

/// What Jobs waited for and used of the cluster. Of several Jobs these are sums; the longest wait is a maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SharedUse {
    /// The cluster's slots; 0 for no limit.
    pub slots: u32,
    /// From the first creation to the last end, or to the end of the replication if one has not ended.
    #[serde(with = "seconds")]
    pub span: SimDuration,
    /// Time during which slots were taken, summed over Pods.
    #[serde(with = "seconds")]
    pub slot_time: SimDuration,
    /// Time that Pods waited for a free slot, summed over Pods.
    #[serde(with = "seconds")]
    pub room_wait: SimDuration,
    /// The longest of these waits.
    #[serde(with = "seconds")]
    pub longest_room_wait: SimDuration,
    /// Time during which at least one Pod of a Job waited for a free slot.
    #[serde(with = "seconds")]
    pub queueing: SimDuration,
    /// Time during which at least one request of a Job waited for its token.
    #[serde(with = "seconds")]
    pub throttled: SimDuration,
    /// Time during which a Job was held up by the throttle: a request of it waited for its token, or it had no Pod
    /// while requests of others waited for theirs.
    #[serde(with = "seconds")]
    pub held_up: SimDuration,
    /// Time that Jobs waited in queues of Kueue.
    #[serde(with = "seconds", skip_serializing_if = "is_nothing")]
    pub queue_time: SimDuration,
    /// The longest of these waits.
    #[serde(with = "seconds", skip_serializing_if = "is_nothing")]
    pub longest_queue_time: SimDuration,
    /// How the Job's lifetime splits into stages; the spans add up to it.
    pub stages: StageTimes,
}

/// How long Jobs were in each stage: see [`Stage`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)] // one for each stage
pub struct StageTimes {
    #[serde(with = "seconds")]
    pub running: SimDuration,
    #[serde(with = "seconds")]
    pub starting: SimDuration,
    #[serde(with = "seconds")]
    pub room: SimDuration,
    #[serde(with = "seconds")]
    pub throttle: SimDuration,
    #[serde(with = "seconds")]
    pub backoff: SimDuration,
    #[serde(with = "seconds")]
    pub suspended: SimDuration,
    #[serde(with = "seconds")]
    pub controller: SimDuration,
}

impl StageTimes {
    fn each_mut(&mut self) -> [&mut SimDuration; Stage::ALL.len()] {
        [
            &mut self.running,
            &mut self.starting,
            &mut self.room,
            &mut self.throttle,
            &mut self.backoff,
            &mut self.suspended,
            &mut self.controller,
        ]
    }

    /// The spans in the order of [`Stage::ALL`].
    pub fn each(mut self) -> [SimDuration; Stage::ALL.len()] {
        self.each_mut().map(|span| *span)
    }

    /// Their sum: the Jobs' lifetimes.
    pub fn life(self) -> SimDuration {
        self.each().into_iter().fold(SimDuration::ZERO, |sum, span| sum + span)
    }

    /// Adds the spans of other Jobs.
    pub(super) fn add(&mut self, other: &StageTimes) {
        for (into, span) in self.each_mut().into_iter().zip(other.each()) {
            *into += span;
        }
    }
}

impl SharedUse {
    /// Usage of one Job, as it was recorded until `end`.
    pub(super) fn of(job: &JobRecord, end: SimTime) -> Self {
        let capacity = &job.capacity;
        let mut stages = StageTimes::default();
        for (into, stage) in stages.each_mut().into_iter().zip(Stage::ALL) {
            *into = capacity.stages.span(stage);
        }
        let queue_time = job.queue.waited(end);
        let over = job.finished.or(job.gone).unwrap_or(end);
        SharedUse {
            slots: 0,
            span: job.created.map_or(SimDuration::ZERO, |created| over - created),
            slot_time: capacity.occupancy.area(),
            room_wait: capacity.room.total,
            longest_room_wait: capacity.room.longest,
            queueing: capacity.queue.busy(),
            throttled: capacity.throttled.total(),
            held_up: capacity.stages.held_up(),
            queue_time,
            longest_queue_time: queue_time,
            stages,
        }
    }

    /// Adds the usage of other Jobs, except for the span, which depends on when each began.
    pub(super) fn add(&mut self, other: &SharedUse) {
        self.slots = self.slots.max(other.slots);
        self.slot_time += other.slot_time;
        self.room_wait += other.room_wait;
        self.longest_room_wait = self.longest_room_wait.max(other.longest_room_wait);
        self.queueing += other.queueing;
        self.throttled += other.throttled;
        self.held_up += other.held_up;
        self.queue_time += other.queue_time;
        self.longest_queue_time = self.longest_queue_time.max(other.longest_queue_time);
        self.stages.add(&other.stages);
    }

    /// The share of the slots that were taken over the span, in billionths; 0 without slots.
    pub fn utilisation(&self) -> u64 {
        let available = i128::from(self.slots) * i128::from(self.span.as_nanos());
        billionths(self.slot_time.as_nanos().into(), available)
    }

    /// The share of the Jobs' lifetimes during which the throttle held them up, in billionths.
    pub fn throttle_share(&self) -> u64 {
        billionths(self.held_up.as_nanos().into(), self.stages.life().as_nanos().into())
    }

    /// Whether any Job waited for a slot or a token.
    pub fn waited(&self) -> bool {
        self.room_wait.is_positive() || self.throttled.is_positive()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde asks for it
fn is_nothing(span: &SimDuration) -> bool {
    *span == SimDuration::ZERO
}

/// A share in billionths, rounded down; 0 if the whole is 0.
pub(super) fn billionths(part: i128, whole: i128) -> u64 {
    const BILLION: i128 = 1_000_000_000;
    if whole <= 0 {
        return 0;
    }
    // Bytes of a large cluster over years, in nanoseconds, fill nearly all bits. If the product overflows, the whole is
    // divided instead: it is so large that this loses nothing.
    let share = part.checked_mul(BILLION).map_or_else(|| part / (whole / BILLION).max(1), |parts| parts / whole);
    u64::try_from(share).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_starts_are_those_of_every_reason() {
        let starts = StartCounts {
            skipped_active: 1,
            skipped_suspended: 2,
            skipped_controllers_down: 4,
            skipped_deadline: 8,
            skipped_refused: 16,
            skipped_late: 32,
            ..StartCounts::default()
        };
        assert_eq!(starts.skipped(), 63);
    }

    #[test]
    fn the_overlap_of_several_cronjobs_is_a_sum_and_the_most_at_once_is_not() {
        let of = |seconds, jobs| StartCounts {
            overlap: SimDuration::from_secs(seconds),
            most_at_once: jobs,
            ..StartCounts::default()
        };
        let mut both = of(5, 2);
        both.add(&of(7, 3));
        assert_eq!((both.overlap, both.most_at_once), (SimDuration::from_secs(12), 3));
    }

    #[test]
    fn shares_are_whole_billionths() {
        let secs = SimDuration::from_secs;
        let mut shared = SharedUse { slots: 3, span: secs(10), slot_time: secs(20), ..SharedUse::default() };
        assert_eq!((shared.utilisation(), shared.throttle_share()), (666_666_666, 0));
        shared.stages.running = secs(3);
        shared.stages.controller = secs(1);
        shared.held_up = secs(1);
        assert_eq!((shared.stages.life(), shared.throttle_share()), (secs(4), 250_000_000));
        assert_eq!(SharedUse::default().utilisation(), 0);
        assert_eq!(billionths(i128::MAX / 4, i128::MAX / 2), 500_000_000);
    }
}
