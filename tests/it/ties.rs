//! Two things that are due in one instant: which of them happens is decided, and not by chance.

use jobsim::api::ExitCodeTable;
use jobsim::apiserver::JobObject;
use jobsim::id::JobId;
use jobsim::model::{CronStart, Disruption, DisruptionKind, DisruptionOrigin, Life, PodIdentity, Run, Workload};
use jobsim::record::{JobRecord, Recorder};
use jobsim::time::{SimDuration, SimTime};
use jobsim::world::{Action, Config, PodKey, World};
use serde_json::{Value, json};
use std::sync::Arc;

fn secs(secs: i64) -> SimDuration {
    SimDuration::from_secs(secs)
}

/// Pods that are bound at once, run from the second second on for ten, and take five to stop; the first is disrupted.
#[derive(Clone, Copy)]
struct Alike {
    disruption: Option<Disruption>,
    succeeds: bool,
}

impl Workload for Alike {
    fn admit(&mut self, _: JobId, _: &JobObject, _: Option<CronStart<'_>>) {}

    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life {
        Life {
            bind: Some(SimDuration::ZERO),
            start: Ok(secs(2)),
            ready: Some(SimDuration::ZERO),
            run: self.run(pod, 0, containers, codes),
            stop_after: secs(5),
            is_killed_after_grace: true,
            stop_codes: codes.intern(&[143]),
            stop_succeeds: false,
            disruption: self.disruption.filter(|_| pod.attempt == 1),
        }
    }

    fn run(&mut self, _: PodIdentity, _: u32, _: usize, codes: &mut ExitCodeTable) -> Run {
        let code = i32::from(!self.succeeds);
        let exit_codes = codes.intern(&[code]);
        Run { lasts: Some(secs(10)), exit_codes, succeeds: self.succeeds, restart_after: SimDuration::ZERO }
    }
}

/// The record of a Job with these Pods, in an ideal cluster, and when it stopped.
fn run(pods: Alike, spec: Value, actions: &[(SimDuration, Action)]) -> (JobRecord, SimTime) {
    let mut manifest = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": spec});
    manifest["spec"]["template"]["spec"]["containers"] = json!([{"name": "c", "image": "i"}]);
    manifest["spec"]["template"]["spec"]["restartPolicy"] = json!("Never");
    let job = Arc::new(JobObject::from_value(&manifest).expect("it is a Job"));
    let mut world = World::new(Config::default(), pods);
    world.add_job(job, SimTime::ZERO);
    for (at, action) in actions {
        world.add_action(action.clone(), SimTime::ZERO + *at);
    }
    let mut recorder: Recorder = world.recorder(false);
    let end = world.run(SimTime::ZERO + secs(86_400), &mut recorder);
    (recorder.jobs[0].clone(), end)
}

/// A disruption is planned when the Pod is bound, its end only when it starts: in one instant the disruption comes first.
#[test]
fn a_disruption_at_the_instant_of_the_exit_comes_first() {
    let at = |at| Some(Disruption { at, origin: DisruptionOrigin::Binding, kind: DisruptionKind::Kubelet });
    for (disruption, failed) in
        [(at(secs(12)), 1), (at(secs(12) - SimDuration::TICK), 1), (at(secs(12) + SimDuration::TICK), 0)]
    {
        let (job, _) = run(Alike { disruption, succeeds: true }, json!({}), &[]);
        let counts = (job.pods_succeeded, job.pods_failed, job.failures.disruption, job.retries());
        assert_eq!(counts, (1, failed, failed, failed), "{disruption:?}");
    }
}

/// A user acts when everything else of the instant has settled: the Pod has succeeded before it is deleted.
#[test]
fn a_user_at_the_instant_of_the_exit_comes_last() {
    let delete = |at| [(at, Action::DeletePod(JobId(0).into(), PodKey { index: None, attempt: 1 }))];
    for (at, failed) in [(secs(12), 0), (secs(12) - SimDuration::from_micros(1), 1)] {
        let (job, _) = run(Alike { disruption: None, succeeds: true }, json!({}), &delete(at));
        assert_eq!((job.pods_succeeded, job.pods_failed, job.retries()), (1, failed, failed), "{at:?}");
    }
}

/// A deadline that is over in the instant in which it is looked at is over.
#[test]
fn a_deadline_ends_a_job_at_its_very_second() {
    let end = |deadline: i64| {
        let spec = json!({"activeDeadlineSeconds": deadline, "completions": 2, "parallelism": 1});
        let (job, _) = run(Alike { disruption: None, succeeds: true }, spec, &[]);
        let status = &job.facts.as_ref().expect("it was written").status;
        (status.finished().expect("it ended").reason.as_str(), job.finished.expect("it ended").as_secs())
    };
    // The sync that would find the Job complete looks at the deadline first.
    let (_, complete) = end(1_000);
    assert_eq!(end(complete), ("DeadlineExceeded", complete));
    assert_eq!(end(complete + 1), ("CompletionsReached", complete));
}
