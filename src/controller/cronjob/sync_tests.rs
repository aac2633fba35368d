//! Single syncs whose requests are answered by hand: what a sync makes of Jobs that it does not know, of Jobs that are missing,
//! and of refusals. Whole lives of CronJobs are replayed in `tests/conformance`.

use super::cache::Finished;
use super::call::{ApiError, ApiErrorKind};
use super::sync::CronJobSyncContext;
use super::*;
use crate::api::{ActiveJob, CronJobSpec, CronJobStatus};
use crate::controller::{SyncEnd, SyncStep};
use crate::id::JobId;
use crate::release::MODELLED;
use crate::time::{SimDuration, SimTime, WallClock};
use std::sync::Arc;

/// The clock begins at 1970, so that a start of the schedule is due at the second of its name.
const CLOCK: WallClock = WallClock::starting_at(0);

fn at(seconds: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

fn cronjob(suspend: bool) -> CachedCronJob {
    testing::cronjob("hourly", "0 * * * *", suspend, at(0))
}

/// A Job by its number, which started at this second.
fn job(number: u32, start: Option<i64>, finished: Option<Finished>) -> OwnedJob {
    let completion = start.filter(|_| finished == Some(Finished::Complete)).map(|start| at(start + 60));
    let name = format!("hourly-{number}").into();
    OwnedJob { job: JobId(number), name, place: number, start: start.map(at), finished, completion }
}

fn active(number: u32) -> ActiveJob {
    ActiveJob { job: JobId(number), name: format!("hourly-{number}").into() }
}

/// A sync at a second, whose calls are answered by `answer`. Gives its end, its calls, and the status that it leaves.
fn sync(
    cronjob: CachedCronJob,
    jobs: &[OwnedJob],
    now: i64,
    answer: impl Fn(&CronJobCall) -> CronJobCallOutcome,
) -> (SyncEnd, Vec<CronJobCall>, CronJobStatus) {
    let timetable = Arc::new(Timetable::of(&cronjob.spec));
    let mut out = CronJobOutbox::default();
    let rules = MODELLED.cronjob_controller.rules;
    let mut ctx = CronJobSyncContext { clock: CLOCK, rules, now: at(now), out: &mut out };
    let (mut sync, mut step) = CronJobSync::begin(cronjob, jobs, timetable, &mut ctx);
    let mut calls = Vec::new();
    loop {
        match step {
            SyncStep::Ended(end) => return (end, calls, sync.status().clone()),
            SyncStep::Waiting => {
                let call = ctx.out.call.take().expect("a sync that waits has made a call");
                step = sync.resume(answer(&call), &mut ctx);
                calls.push(call);
            }
        }
    }
}

fn done(_: &CronJobCall) -> CronJobCallOutcome {
    CronJobCallOutcome::Done
}

fn fails(kind: ApiErrorKind) -> CronJobCallOutcome {
    CronJobCallOutcome::Failed(ApiError { kind, text: "refused".to_owned() })
}

fn deleted(calls: &[CronJobCall]) -> Vec<&str> {
    calls
        .iter()
        .filter_map(|call| if let CronJobCall::DeleteJob(name, _) = call { Some(&**name) } else { None })
        .collect()
}

/// Source: cleanupFinishedJobs and removeOldestJobs: Jobs without a start count as the newest.
#[test]
fn the_oldest_finished_jobs_go_and_the_status_is_written() {
    use Finished::{Complete, Failed};
    let complete =
        [(0, None), (1, Some(500)), (2, Some(100)), (3, Some(300))].map(|(n, start)| job(n, start, Some(Complete)));
    let failed = [(4, Some(200)), (5, Some(50)), (6, Some(400))].map(|(n, start)| job(n, start, Some(Failed)));
    let jobs = [&complete[..], &failed[..]].concat();
    let (end, calls, _) = sync(cronjob(true), &jobs, 100, done);
    assert_eq!((deleted(&calls), end), (vec!["hourly-2", "hourly-5", "hourly-4"], SyncEnd::Succeeded));
    assert_eq!(calls.last(), Some(&CronJobCall::UpdateStatus));
    let (_, calls, _) = sync(cronjob(true), &failed[..2], 100, done);
    assert_eq!((deleted(&calls), calls.last()), (vec!["hourly-5"], Some(&CronJobCall::UpdateStatus)));
    // It cannot be deleted: nothing is to be written.
    let (_, calls, status) = sync(cronjob(true), &failed[..2], 100, |_| fails(ApiErrorKind::Other));
    assert_eq!((calls.len(), status.last_successful_time), (1, None), "a failed Job is no success: {calls:?}");
}

#[test]
fn the_last_successful_time_is_the_latest_completion() {
    use Finished::{Complete, Failed};
    let jobs = [job(0, Some(500), Some(Complete)), job(1, Some(100), Some(Complete)), job(2, Some(900), Some(Failed))];
    let (_, calls, status) = sync(cronjob(true), &jobs, 1_000, done);
    assert_eq!((calls, status.last_successful_time), (vec![CronJobCall::UpdateStatus], Some(at(560))));
}

/// Source: syncCronJob: an unfinished Job that is not active makes it read the CronJob again, and go on with what it reads.
#[test]
fn a_cronjob_that_was_read_again_has_its_new_schedule() {
    let mut fresh = cronjob(false);
    fresh.spec = Arc::new(CronJobSpec { schedule: "30 * * * *".to_owned(), ..CronJobSpec::clone(&fresh.spec) });
    fresh.status.active.push(active(0));
    let (_, calls, _) = sync(cronjob(false), &[job(0, Some(10), None)], 3_700, |call| match call {
        CronJobCall::GetCronJob => CronJobCallOutcome::CronJob(fresh.clone()),
        CronJobCall::CreateJob { .. } => CronJobCallOutcome::Job { job: JobId(1), is_owned: true },
        _ => CronJobCallOutcome::Done,
    });
    assert_eq!(
        calls[..2],
        [CronJobCall::GetCronJob, CronJobCall::CreateJob { name: "hourly-30".into(), scheduled: 1_800 }]
    );
}

/// Source: syncCronJob: only a Job that is not found is missing.
#[test]
fn an_active_job_is_missing_only_if_it_is_not_found() {
    let mut one = cronjob(true);
    one.status.active.push(active(7));
    let get = CronJobCall::GetJob("hourly-7".into());
    let answer =
        |kind| move |call: &CronJobCall| if *call == CronJobCall::UpdateStatus { done(call) } else { fails(kind) };
    let (end, calls, status) = sync(one.clone(), &[], 100, answer(ApiErrorKind::NotFound));
    assert_eq!(
        (end, calls, status.active.len()),
        (SyncEnd::Succeeded, vec![get.clone(), CronJobCall::UpdateStatus], 0)
    );
    let (end, calls, status) = sync(one.clone(), &[], 100, answer(ApiErrorKind::Other));
    assert_eq!((end, calls, status.active.len()), (SyncEnd::Failed, vec![get.clone()], 1));
    // What cannot be written is an error, however the sync went.
    let (end, ..) =
        sync(one, &[], 100, |call| fails(if *call == get { ApiErrorKind::NotFound } else { ApiErrorKind::Other }));
    assert_eq!(end, SyncEnd::Failed);
}

/// Source: syncCronJob, which takes a Job of its own up that an earlier sync created, and leaves others alone.
#[test]
fn a_job_of_the_same_name_is_taken_up_if_it_is_owned() {
    for is_owned in [false, true] {
        let (_, calls, status) = sync(cronjob(false), &[], 3_700, |call| match call {
            CronJobCall::CreateJob { .. } => fails(ApiErrorKind::AlreadyExists),
            CronJobCall::GetJob(_) => CronJobCallOutcome::Job { job: JobId(5), is_owned },
            _ => CronJobCallOutcome::Done,
        });
        assert_eq!((status.is_active(JobId(5)), calls.len()), (is_owned, if is_owned { 3 } else { 2 }), "{calls:?}");
    }
}
