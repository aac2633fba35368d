//! Tests of what a recorder records; parts of a record have their tests in their own files.

use super::*;
use crate::api::{Containers, CronJobSpec, CronJobStatus, ExitCodeTable, Pod, PodPhase};
use crate::controller::cronjob::CronEmission;
use crate::controller::job::Emission;
use crate::id::{CronJobId, JobId, PodId};
use crate::time::{SimDuration, SimTime, WallClock, WholeSecond};
use std::sync::Arc;

fn at(secs: i64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

fn secs(secs: i64) -> SimDuration {
    SimDuration::from_secs(secs)
}

fn pod(phase: PodPhase, bound: bool) -> Pod {
    let mut pod = Pod::new(WholeSecond::default(), None, 0, 0);
    (pod.phase, pod.bound) = (phase, bound);
    if phase == PodPhase::Running {
        pod.containers = Containers::Running;
    }
    pod
}

fn recorder(keep: bool) -> Recorder {
    Recorder::new([("default", "a"), ("default", "b")].into_iter(), keep)
}

fn written(recorder: &mut Recorder, t: i64, id: u32, job: u32, pod: &Pod, gone: bool) {
    recorder.pod_written(at(t), PodId(id), JobId(job), (pod, gone), &ExitCodeTable::default());
}

#[test]
fn waits_for_room_end_with_the_binding() {
    // Two Jobs with one Pod each, and one slot: the second Pod waits until the first has finished.
    let mut r = recorder(true);
    for n in [0, 1] {
        written(&mut r, 0, n, n, &pod(PodPhase::Pending, false), false);
    }
    written(&mut r, 1, 0, 0, &pod(PodPhase::Pending, true), false);
    r.observe(at(1), Observation::RoomWait(PodId(1)));
    written(&mut r, 2, 0, 0, &pod(PodPhase::Running, true), false);
    written(&mut r, 9, 0, 0, &pod(PodPhase::Failed, true), false);
    written(&mut r, 9, 1, 1, &pod(PodPhase::Pending, true), false);
    r.close(at(11));
    let c = &r.capacity;
    assert_eq!(r.jobs[0].capacity.room, Waits::default());
    assert_eq!(r.jobs[1].capacity.room, Waits { count: 1, total: secs(8), longest: secs(8) });
    assert_eq!((c.queue.area(), c.queue.most()), (secs(8), 1));
    assert_eq!((c.occupancy.area(), c.occupancy.most()), (secs(10), 1), "the slot passes on in one instant");
    assert_eq!(c.utilisation(1, at(1)), 1.0);
    let course: Vec<_> = c.course.iter().map(|s| (s.at, s.job.0, s.occupancy, s.queue)).collect();
    assert_eq!(course, [(at(1), 0, 1, 0), (at(1), 1, 0, 1), (at(9), 0, 0, 0), (at(9), 1, 1, 0)]);
}

#[test]
fn a_pod_that_is_deleted_while_it_waits_waits_no_more() {
    let mut r = recorder(false);
    written(&mut r, 0, 0, 0, &pod(PodPhase::Pending, false), false);
    r.observe(at(1), Observation::RoomWait(PodId(0)));
    let mut deleted = pod(PodPhase::Pending, false);
    deleted.deletion_began = Some(WholeSecond::default());
    written(&mut r, 4, 0, 0, &deleted, false);
    written(&mut r, 5, 0, 0, &deleted, true);
    r.close(at(9));
    assert_eq!(r.jobs[0].capacity.room, Waits { count: 1, total: secs(3), longest: secs(3) });
    let c = &r.capacity;
    assert_eq!((c.queue.value(), c.queue.area(), c.occupancy.area()), (0, secs(3), secs(0)));
    assert!(c.course.is_empty());
}

#[test]
fn waits_for_tokens_by_client_and_by_job() {
    let mut r = recorder(false);
    r.observe(at(1), Observation::TokenWait(Client::Jobs, Some(JobId(1)), secs(2)));
    r.observe(at(1), Observation::TokenWait(Client::Jobs, None, secs(3)));
    r.observe(at(1), Observation::TokenWait(Client::Ttl, Some(JobId(1)), secs(4)));
    let (jobs, b) = (Client::Jobs as usize, &r.jobs[1].capacity);
    assert_eq!(r.capacity.tokens[jobs], Waits { count: 2, total: secs(5), longest: secs(3) });
    assert_eq!(b.tokens[jobs], Waits { count: 1, total: secs(2), longest: secs(2) });
    assert_eq!(b.tokens[Client::Ttl as usize].total, secs(4));
    assert_eq!((r.capacity.throttled.total(), b.throttled.total()), (secs(3), secs(4)));
}

/// A CronJob that starts every minute, recorded with its starts.
struct Minutely(CronRecord, CronJobSpec);

impl Minutely {
    const CLOCK: WallClock = WallClock::starting_at(946_684_800);

    fn new(deadline: Option<i64>) -> Self {
        let spec = CronJobSpec {
            schedule: "* * * * *".to_owned(),
            time_zone: None,
            concurrency_policy: crate::api::ConcurrencyPolicy::Forbid,
            suspend: false,
            starting_deadline_seconds: deadline,
            successful_jobs_history_limit: 3,
            failed_jobs_history_limit: 1,
        };
        let mut new = Minutely(CronRecord::new("default", "minutely", true), spec);
        new.write(30, |_| {});
        new
    }

    fn write(&mut self, t: i64, change: impl FnOnce(&mut CronJobSpec)) {
        change(&mut self.1);
        let spec = Arc::new(self.1.clone());
        let facts = CronFacts { spec, status: CronJobStatus::default(), deleting: false, gone: false };
        self.0.written(at(t), facts, Self::CLOCK);
    }

    fn start(&mut self, t: i64, due: i64) {
        self.0.job_started(at(t), JobId(0), 946_684_800 + due, Self::CLOCK);
    }

    fn emit(&mut self, t: i64, reason: &str) {
        self.0.emitted(at(t), reason, Self::CLOCK);
    }

    /// The outcomes of the starts that were due, by their second.
    fn fates(mut self, end: i64) -> Vec<(i64, Fate)> {
        self.0.close(at(end), Self::CLOCK);
        let counts = self.0.starts.iter().filter(|s| matches!(s.fate, Fate::Skipped(_))).count() as u32;
        assert_eq!((self.0.due as usize, self.0.skipped()), (self.0.starts.len(), counts));
        self.0.starts.iter().map(|s| (s.due.as_secs(), s.fate)).collect()
    }
}

#[test]
fn a_start_that_forbid_holds_back_is_late_or_left_out() {
    let mut c = Minutely::new(None);
    c.start(60, 60);
    c.emit(120, "JobAlreadyActive");
    c.emit(180, "JobAlreadyActive");
    // The Job ends, so the controller makes up for the latest start.
    c.start(200, 180);
    assert_eq!((c.0.delayed, c.0.late.len()), (1, 2));
    assert_eq!([0.5, 1.0].map(|p| c.0.lateness(p)), [Some(secs(0)), Some(secs(20))]);
    let fates = c.fates(245);
    let skipped = Fate::Skipped(SkipReason::Active);
    let expected = [(60, Fate::Started(JobId(0), at(60))), (120, skipped), (180, Fate::Started(JobId(0), at(200)))];
    assert_eq!(fates[..3], expected);
    assert_eq!(fates[3..], [(240, Fate::Open)]);
}

#[test]
fn starts_are_left_out_while_it_is_suspended_and_while_the_controllers_are_down() {
    let mut c = Minutely::new(Some(20));
    c.write(70, |spec| spec.suspend = true);
    c.write(150, |spec| spec.suspend = false);
    c.0.controllers(at(170), true, Minutely::CLOCK);
    c.0.controllers(at(230), false, Minutely::CLOCK);
    c.emit(241, "MissSchedule");
    let reasons = c.fates(400);
    let skipped = |reason| Fate::Skipped(reason);
    let expected = [
        (60, skipped(SkipReason::Deadline)),
        (120, skipped(SkipReason::Suspended)),
        (180, skipped(SkipReason::ControllersDown)),
        (240, skipped(SkipReason::Deadline)),
        (300, skipped(SkipReason::Deadline)),
        (360, skipped(SkipReason::Deadline)),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn a_changed_schedule_counts_from_then_on() {
    let mut c = Minutely::new(None);
    c.start(60, 60);
    c.write(100, |spec| spec.schedule = "0 * * * *".to_owned());
    // The controller makes up for a start that the new schedule would have had before the edit.
    c.start(101, 0);
    let fates = c.fates(3_700);
    let started = |t| Fate::Started(JobId(0), at(t));
    assert_eq!(fates, [(60, started(60)), (0, started(101)), (3_600, Fate::Open)]);
}

#[test]
fn jobs_that_overlap() {
    let mut c = CronRecord::new("default", "hourly", false);
    c.started = 3;
    for (t, by) in [(0, 1), (10, 1), (15, 1), (20, -1), (25, -1), (30, -1), (40, 1), (40, 1), (40, -1)] {
        c.under_way_changed(at(t), by);
    }
    c.close(at(50), WallClock::default());
    assert_eq!((c.overlap(), c.most_at_once()), (secs(15), 3), "what lasts no time is no overlap");
    let mut r = recorder(false);
    r.observe(at(1), Observation::ActRefused(0, "no".to_owned()));
    r.observe(at(2), Observation::JobDeleted(JobId(0), crate::controller::cronjob::DeletionReason::Replace));
    assert!(r.jobs[0].replaced && r.refusals.len() == 1 && r.cronjobs.get(CronJobId(0).ix()).is_none());
}

#[test]
fn a_cronjob_that_started_once_had_one_job_at_once() {
    let at_once = |started| {
        let mut record = CronRecord::new("default", "hourly", false);
        record.started = started;
        record.most_at_once()
    };
    assert_eq!([0, 1, 2].map(at_once), [0, 1, 1]);
}

/// An Event whose count is raised replaces the one before; a new Event with the same words is kept beside it.
#[test]
fn events_of_a_cronjob_are_raised_only_where_their_count_says_so() {
    let mut record = CronRecord::new("default", "hourly", false);
    let notice = |count: u32, t: i64| CronNotice {
        cronjob: CronJobId(0),
        emission: CronEmission { warning: true, reason: "MissSchedule", message: "missed".to_owned() },
        combined: false,
        count,
        first: at(0),
        last: at(t),
    };
    for (count, t) in [(1, 0), (2, 10), (1, 20)] {
        record.notice(at(t), notice(count, t));
    }
    let kept: Vec<(u32, i64)> = record.notices.iter().map(|n| (n.count, n.last.as_secs())).collect();
    assert_eq!(kept, [(2, 10), (1, 20)]);
}

/// Combined Events raise the count of the combined one, any other Event that of its equal.
#[test]
fn events_of_a_job_are_raised_by_their_like() {
    let mut r = recorder(false);
    let created = |pod: u32, combined: bool, repeated: bool| {
        Observation::Notice(Notice {
            job: JobId(0),
            emission: Emission::SuccessfulCreate(PodId(pod)),
            repeated,
            combined,
        })
    };
    for (pod, combined, repeated) in
        [(0, false, false), (9, true, false), (11, false, false), (10, true, true), (0, false, true), (10, false, true)]
    {
        r.observe(at(i64::from(pod)), created(pod, combined, repeated));
    }
    let kept: Vec<(bool, u32)> = r.jobs[0].notices.iter().map(|n| (n.combined, n.count)).collect();
    assert_eq!(kept, [(false, 2), (true, 2), (false, 1), (false, 1)], "the last has no equal that is not combined");
}

#[test]
fn a_start_whose_deadline_is_the_next_start_is_late_and_the_first_reason_stays() {
    let late = Minutely::new(Some(60)).fates(185);
    assert_eq!(late[0], (60, Fate::Skipped(SkipReason::Late)), "60 s after 60 s it could still be made");
    let short = Minutely::new(Some(59)).fates(185);
    assert_eq!(short[0], (60, Fate::Skipped(SkipReason::Deadline)));
    let mut blocked = Minutely::new(Some(20));
    blocked.emit(61, "JobAlreadyActive");
    blocked.emit(90, "MissSchedule");
    assert_eq!(blocked.fates(125)[0], (60, Fate::Skipped(SkipReason::Active)));
}

#[test]
fn a_start_for_a_time_before_the_edit_is_told_from_one_after_it() {
    let mut c = Minutely::new(None);
    c.write(130, |spec| spec.schedule = "0 * * * *".to_owned());
    c.start(131, 60);
    assert_eq!(c.0.made_after_edit, 1);
    c.start(170, 150);
    assert_eq!(c.0.made_after_edit, 1, "no schedule has 150 s, but it is no time before the edit");
}

#[test]
fn a_job_that_ends_while_it_waits_in_a_queue_waits_until_then() {
    let mut r = recorder(false);
    r.keep_queues(1);
    r.queue_step(at(1), JobId(0), QueueStep::Waits(0));
    r.jobs[0].gone = Some(at(11));
    r.queue_step(at(15), JobId(0), QueueStep::Leaves);
    assert_eq!((r.jobs[0].queue.waited(at(99)), r.jobs[0].queue.since), (secs(10), None));
    assert_eq!(r.queues[0].length.value(), 0);
}

/// A Job of two Pods at once, whose first Pod fails before the second is created.
#[test]
fn retries_are_neither_new_pods_nor_first_runs() {
    use crate::apiserver::JobObject;
    use serde_json::json;
    let template =
        json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]}});
    let manifest = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"},
        "spec": {"completions": 5, "parallelism": 2, "template": template},
    });
    let spec = JobObject::from_value(&manifest).expect("it is a Job").spec;
    let mut r = recorder(false);
    let status = Arc::new(crate::api::JobStatus::default());
    let narrow = Arc::new(crate::api::JobSpec { completions: Some(1), ..(*spec).clone() });
    for (id, spec, at_once) in [(0, spec, 2), (1, narrow, 1)] {
        let status = status.clone();
        r.job_written(at(0), JobId(id), JobFacts { spec, status, deleting: false, gone: false });
        assert_eq!(r.jobs[id as usize].at_once(), at_once);
    }
    written(&mut r, 1, 0, 0, &pod(PodPhase::Running, true), false);
    let exit_codes = ExitCodeTable::default().intern(&[1]);
    let containers = Containers::Terminated { finished_at: WholeSecond::default(), exit_codes };
    written(&mut r, 3, 0, 0, &Pod { containers, ..pod(PodPhase::Failed, true) }, false);
    written(&mut r, 5, 1, 0, &pod(PodPhase::Running, true), false);
    assert_eq!((r.jobs[0].retries(), r.jobs[0].all_created, r.jobs[0].all_running), (1, None, None));
    written(&mut r, 6, 2, 0, &pod(PodPhase::Pending, true), false);
    written(&mut r, 7, 2, 0, &pod(PodPhase::Running, true), false);
    assert_eq!((r.jobs[0].all_created, r.jobs[0].all_running), (Some(at(6)), Some(at(7))));
    let restarted = Pod { restarts: 2, ..pod(PodPhase::Running, true) };
    written(&mut r, 8, 2, 0, &restarted, false);
    assert_eq!((r.jobs[0].restarts, r.jobs[0].failures.application), (2, 1 + 2));
}

#[test]
fn a_start_that_is_due_when_the_controllers_stop_is_theirs_and_one_at_the_very_end_is_not_due() {
    let mut c = Minutely::new(None);
    c.0.controllers(at(61), true, Minutely::CLOCK);
    assert_eq!(c.fates(125)[0], (60, Fate::Skipped(SkipReason::ControllersDown)));
    // The controller looks 100 ms after a start is due.
    let ends = Minutely::new(None).fates(120);
    assert_eq!(ends, [(60, Fate::Open)]);
}
