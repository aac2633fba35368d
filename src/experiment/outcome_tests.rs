//! Tests of what Jobs give together: how each has ended, what is added up, and of what the largest counts.

use super::aggregate::Aggregate;
use super::batch::{EndCounts, SharedUse, StartCounts};
use super::outcome::{Excess, JobEnd, Outcome};
use super::response::Unit;
use super::tally::{Numbers, Tally};
use crate::api::{JobCondition, JobConditionType, JobMessage, JobReason, JobStatus};
use crate::apiserver::JobObject;
use crate::id::CronJobId;
use crate::record::{JobFacts, JobRecord};
use crate::time::{SimDuration, SimTime};
use serde_json::json;
use std::sync::Arc;

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

fn secs(seconds: i64) -> SimDuration {
    SimDuration::from_secs(seconds)
}

/// A Job that was created at 10 s. It has ended like this, and was gone at that second.
fn job(end: Option<(JobConditionType, JobReason)>, gone: Option<i64>) -> JobRecord {
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]});
    let manifest = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "example"}, "spec": {"template": {"spec": pod}},
    });
    let spec = JobObject::from_value(&manifest).expect("it is a Job").spec;
    let condition = end.map(|(condition_type, reason)| {
        let (message, last_transition_time) = (JobMessage::CompletionsReached, at(30));
        JobCondition { condition_type, status: true, reason, message, last_transition_time }
    });
    let status = Arc::new(JobStatus { conditions: condition.into_iter().collect(), ..JobStatus::default() });
    let mut record = JobRecord::default();
    (record.created, record.gone, record.finished) = (Some(at(10)), gone.map(at), end.map(|_| at(30)));
    record.facts = Some(JobFacts { spec, status, deleting: false, gone: gone.is_some() });
    record
}

const COMPLETE: Option<(JobConditionType, JobReason)> =
    Some((JobConditionType::Complete, JobReason::CompletionsReached));
const FAILED: Option<(JobConditionType, JobReason)> = Some((JobConditionType::Failed, JobReason::BackoffLimitExceeded));

#[test]
fn each_job_counts_for_one_end() {
    for (end, gone, [complete, failed, deleted, unfinished]) in [
        (COMPLETE, None, [1, 0, 0, 0]),
        // Its TTL has deleted it.
        (COMPLETE, Some(90), [1, 0, 0, 0]),
        (FAILED, Some(90), [0, 1, 0, 0]),
        (None, Some(20), [0, 0, 1, 0]),
        (None, None, [0, 0, 0, 1]),
    ] {
        let counts = EndCounts::of(&job(end, gone));
        let longest = if end.is_some() { secs(20) } else { SimDuration::ZERO };
        assert_eq!(counts, EndCounts { complete, failed, deleted, unfinished, longest }, "{end:?} {gone:?}");
    }
    assert_eq!(EndCounts::of(&JobRecord::default()), EndCounts::default(), "it was never created");
}

#[test]
fn a_job_that_is_deleted_lives_until_it_is_gone() {
    let deleted = job(None, Some(30));
    assert_eq!(SharedUse::of(&deleted, at(100)).span, secs(20));
    let mut all = Aggregate::default();
    all.add(&deleted, at(100));
    assert_eq!(all.finish(0).shared.span, secs(20));
}

/// The Jobs of a CronJob follow one another: the one under way does not say how they end. Jobs side by side do.
#[test]
fn an_open_job_of_a_cronjob_does_not_decide_the_end_of_all() {
    for (owner, end) in [(None, JobEnd::Unfinished), (Some((CronJobId(0), Some(0))), JobEnd::Complete)] {
        for reversed in [false, true] {
            let mut jobs = [job(COMPLETE, None), job(None, None)];
            jobs.iter_mut().for_each(|job| job.owner = owner);
            if reversed {
                jobs.reverse();
            }
            let mut all = Aggregate::default();
            jobs.iter().for_each(|job| all.add(job, at(100)));
            assert_eq!(all.finish(0).end, end, "{owner:?}");
        }
    }
}

#[test]
fn a_reason_that_somebody_else_wrote_is_not_counted() {
    for (reason, counted) in [
        (JobReason::CompletionsReached, Some(JobReason::CompletionsReached)),
        (JobReason::Empty, None),
        (JobReason::Custom, None),
    ] {
        let outcome = Outcome::of(&job(Some((JobConditionType::Complete, reason)), None), at(100));
        assert_eq!((outcome.end, outcome.reason), (JobEnd::Complete, counted));
    }
}

#[test]
fn of_several_jobs_the_worst_end_and_the_largest_numbers_count() {
    let of = |end, first: i64, most, above: &[i64]| {
        let mut outcome = Outcome { jobs: 1, end, first_running: Some(secs(first)), ..Outcome::default() };
        (outcome.most_running, outcome.most_running_in_job) = (most, most);
        outcome.overshoot.above = above.iter().map(|&seconds| secs(seconds)).collect();
        outcome
    };
    let (one, other) = (of(JobEnd::Complete, 8, 2, &[1]), of(JobEnd::Failed, 3, 5, &[2, 4]));
    for (first, second) in [(&one, &other), (&other, &one)] {
        let mut all = first.clone();
        all.add(second);
        assert_eq!((all.end, all.first_running, all.most_running_in_job), (JobEnd::Failed, Some(secs(8)), 5));
        assert_eq!(all.overshoot.above, [secs(3), secs(4)]);
    }
}

#[test]
fn starts_are_added_up_and_of_times_the_longest_counts() {
    let one = StartCounts {
        due: 1,
        started: 2,
        delayed: 3,
        skipped_active: 4,
        skipped_suspended: 5,
        skipped_controllers_down: 6,
        skipped_deadline: 7,
        skipped_refused: 8,
        skipped_late: 9,
        replaced: 10,
        too_many_missed: 11,
        median_delay: secs(12),
        longest_delay: secs(13),
        overlap: secs(14),
        most_at_once: 15,
    };
    let mut both = one;
    both.add(&one);
    let twice = StartCounts {
        due: 2,
        started: 4,
        delayed: 6,
        skipped_active: 8,
        skipped_suspended: 10,
        skipped_controllers_down: 12,
        skipped_deadline: 14,
        skipped_refused: 16,
        skipped_late: 18,
        replaced: 20,
        too_many_missed: 22,
        overlap: secs(28),
        ..one
    };
    assert_eq!(both, twice);
    let mut ends = EndCounts { longest: secs(9), ..EndCounts::default() };
    ends.add(&EndCounts { longest: secs(4), ..EndCounts::default() });
    assert_eq!(ends.longest, secs(9));
    let queued = |time| SharedUse { queue_time: secs(time), longest_queue_time: secs(time), ..SharedUse::default() };
    let mut shared = queued(5);
    shared.add(&queued(7));
    assert_eq!((shared.queue_time, shared.longest_queue_time), (secs(12), secs(7)));
}

#[test]
fn waits_for_room_and_for_tokens_are_waits() {
    assert!(!SharedUse::default().waited());
    assert!(SharedUse { room_wait: secs(1), ..SharedUse::default() }.waited());
    assert!(SharedUse { throttled: secs(1), ..SharedUse::default() }.waited());
}

#[test]
fn a_tally_counts_each_replication_with_overshoot_once_whatever_thread_it_was_on() {
    let outcome = |jobs, episodes| {
        let mut outcome = Outcome { jobs, ..Outcome::default() };
        outcome.overshoot.total = Excess { episodes, time: secs(2), most: 1 };
        outcome
    };
    let (mut left, mut right) = (Tally::default(), Tally::default());
    left.add(&outcome(3, 1));
    left.add(&outcome(2, 0));
    right.add(&outcome(1, 4));
    left.merge(&right);
    let summary = left.summary("all", 0.95);
    assert_eq!((summary.jobs, summary.overshoot.count, summary.overshoot.total.episodes), (3, 2, 5));
}

#[test]
fn the_interval_of_a_mean_has_the_unit_of_the_mean() {
    let mut numbers = Numbers::default();
    [1_000_000_000, 3_000_000_000].into_iter().for_each(|nanos| numbers.add(Some(nanos)));
    let statistics = numbers.statistics("duration", Unit::Time, 0.95);
    let [low, high] = statistics.mean_interval.expect("of two numbers there is one");
    assert_eq!(statistics.mean, Some(2.0));
    assert!(((low + high) / 2.0 - 2.0).abs() < 1e-9, "{low} {high}");
}
