//! What Pods do, as the world sees it: the life of each Pod, given when it is created. The implementors of [`Workload`]
//! say where the lives come from: recorded scripts, or input models.

use super::{ContainersSoFar, Distribution, LatencyOf, LifeSoFar, NodeDraw, RestOfRun};
use crate::api::{ExitCodeTable, ExitCodes, WaitingReason};
use crate::apiserver::JobObject;
use crate::id::JobId;
use crate::time::{SimDuration, SimTime};

/// Which Pod of its Job it is: the same in every run, whatever the arena holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodIdentity {
    /// Its Job.
    pub job: JobId,
    /// Its completion index, if it has one.
    pub index: Option<u32>,
    /// From 1: how many Pods this index has had, this one included; without an index, how many the Job has had.
    pub attempt: u32,
}

/// One run of a Pod's containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// From running to exit; `None`: until it is killed.
    pub lasts: Option<SimDuration>,
    /// How the containers exit.
    pub exit_codes: ExitCodes,
    /// Whether all of them exit with 0.
    pub succeeds: bool,
    /// With restartPolicy OnFailure, from a failing exit to the next run.
    pub restart_after: SimDuration,
}

/// The course of a Pod's life if nothing deletes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// From creation to being bound to a node; `None`: never.
    pub bind: Option<SimDuration>,
    /// From binding to containers running, or why they never do.
    pub start: Result<SimDuration, WaitingReason>,
    /// From running to ready; zero: at once; `None`: never.
    pub ready: Option<SimDuration>,
    /// The first run.
    pub run: Run,
    /// From the beginning of a graceful deletion to the end of the containers.
    pub stop_after: SimDuration,
    /// Whether the kubelet kills the containers when the grace period is over, which is at once where there is none.
    /// Recorded scripts say themselves when containers end.
    pub is_killed_after_grace: bool,
    /// How the containers exit then.
    pub stop_codes: ExitCodes,
    /// Whether they exit with 0 then.
    pub stop_succeeds: bool,
    /// What disrupts the Pod.
    pub disruption: Option<Disruption>,
}

/// The course of a container's life, where the containers of a Pod are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerLife {
    /// From its turn to running; of the main container it is zero, as the Pod's life has it.
    pub start: SimDuration,
    /// Of a sidecar: from running until its startup probe succeeds; zero: at once; `None`: never.
    pub startup: Option<SimDuration>,
    /// From running to ready; zero: at once; `None`: never.
    pub ready: Option<SimDuration>,
    /// From SIGTERM to the exit.
    pub stop_after: SimDuration,
    /// The exit code then.
    pub stop_code: i32,
    /// It ends so long after the main container, whatever its run says.
    pub after_main: Option<SimDuration>,
}

/// One run of a container, where the containers of a Pod are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedRun {
    /// From running to exit; `None`: until it is stopped.
    pub lasts: Option<SimDuration>,
    /// The exit code.
    pub code: i32,
}

/// An involuntary end of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disruption {
    /// From the origin.
    pub at: SimDuration,
    /// What the time counts from.
    pub origin: DisruptionOrigin,
    /// What happens.
    pub kind: DisruptionKind,
}

/// What the time of a disruption counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisruptionOrigin {
    /// The Pod's creation.
    Creation,
    /// The binding to a node: what happens to nodes happens to Pods that are on one.
    Binding,
}

/// How a Pod is disrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisruptionKind {
    /// A client deletes it.
    Delete,
    /// It is evicted: condition DisruptionTarget, then a graceful deletion.
    Eviction,
    /// The kubelet ends it (preemption, node pressure): DisruptionTarget and phase Failed at once; only when bound.
    Kubelet,
    /// Its node is lost: DisruptionTarget and phase Failed without exit codes, then deleted without grace.
    PodGc,
}

/// The start of a CronJob for which a Job is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CronStart<'a> {
    /// The CronJob's name; its namespace is that of the Job.
    pub cronjob: &'a str,
    /// The scheduled time, in seconds since the Unix epoch.
    pub scheduled: i64,
}

/// Where Pods' lives come from.
pub trait Workload {
    /// A Job is added to the world, before any of its Pods is asked for; `start` if a CronJob's controller creates it,
    /// and then the object may go by the name of another start. A workload that tells Jobs apart by name does so here,
    /// as ids depend on what else is in the world.
    fn admit(&mut self, job: JobId, object: &JobObject, start: Option<CronStart<'_>>);

    /// A Job and its Pods are gone and forgotten: the workload will not be asked about them again.
    fn forget(&mut self, job: JobId, pods: &mut dyn Iterator<Item = PodIdentity>) {
        let _ = (job, pods);
    }

    /// The life of a new Pod. `containers` is how many exit codes a run has.
    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life;

    /// The same of a Pod that exists when the run begins, and has come so far by now: its times count from now.
    fn life_from(
        &mut self,
        pod: PodIdentity,
        so_far: &LifeSoFar,
        now: SimTime,
        containers: usize,
        codes: &mut ExitCodeTable,
    ) -> Life {
        let _ = (so_far, now);
        self.life(pod, containers, codes)
    }

    /// What the kubelet reports of the Pod's images until its containers start, in turn, counted from the binding.
    fn pull_reports(&mut self, _pod: PodIdentity) -> Vec<(SimDuration, WaitingReason)> {
        Vec::new()
    }

    /// A run ends now as planned, unless the workload knows better: what happens to all Pods of an instant alike is not
    /// known when a life begins.
    fn ended(&mut self, pod: PodIdentity, run: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
        let _ = (pod, run, now, codes);
        planned
    }

    /// The lives of a Pod's containers, the regular ones first and then the init containers; empty where they are not told
    /// apart: then all of them end together, as the Pod's runs say.
    fn containers(&mut self, pod: PodIdentity) -> Vec<ContainerLife> {
        let _ = pod;
        Vec::new()
    }

    /// The run number `run` (the first is 0) of the container at a place. It is asked only where containers are told apart.
    fn container_run(&mut self, pod: PodIdentity, place: usize, run: u32) -> PlannedRun {
        unreachable!("run {run} of container {place} of {pod:?}, whose containers are not told apart")
    }

    /// The lives of the containers of a Pod that exists when the run begins, each of which has come so far by now.
    fn containers_from(&mut self, pod: PodIdentity, so_far: ContainersSoFar, now: SimTime) -> Vec<ContainerLife> {
        let _ = (so_far, now);
        self.containers(pod)
    }

    /// What is left of a container's run that has lasted so long when the run begins.
    fn rest_of_container_run(&mut self, pod: PodIdentity, place: usize, run: u32, lasted: SimDuration) -> RestOfRun {
        RestOfRun::of(&self.containers(pod)[place], self.container_run(pod, place, run), lasted)
    }

    /// The exit code with which a run of a container ends that ends now as planned.
    fn container_ended(&mut self, pod: PodIdentity, place: usize, run: u32, planned: i32, now: SimTime) -> i32 {
        let _ = (pod, place, run, now);
        planned
    }

    /// How long after its end the container is started again.
    fn container_restart(&mut self, pod: PodIdentity, place: usize, run: u32, now: SimTime) -> SimDuration {
        unreachable!("run {run} of container {place} of {pod:?} ends at {now:?}, and nobody knows when the next begins")
    }

    /// A random number, above 0 and below 1, by which an action (of this number) that concerns a share of the Pods chooses
    /// them. It is asked only where a user does such a thing.
    ///
    /// # Panics
    /// If the workload knows no random numbers.
    fn choice(&mut self, pod: PodIdentity, action: u32) -> f64 {
        unreachable!("action {action} chooses among Pods such as {pod:?}, and this workload draws nothing")
    }

    /// A random number, above 0 and up to 1, about a node of a pool, or about an expansion of that name. It is asked only
    /// where there are pools.
    ///
    /// # Panics
    /// If the workload knows no random numbers.
    fn node_draw(&mut self, of: NodeDraw, name: &str) -> f64 {
        unreachable!("{of:?} of {name} is drawn only where there are pools")
    }

    /// Draws the latency of the next request that is made for a Job (or for none), or of the next change of a Job or its
    /// Pods (or of what belongs to no Job). It is asked only where the cluster's latency is random.
    ///
    /// # Panics
    /// If the workload has no random numbers, unless it says otherwise.
    fn latency(&mut self, of: LatencyOf, job: Option<JobId>, distribution: &Distribution) -> SimDuration {
        panic!("the latency of a {of:?} of {job:?} is {distribution}, and this workload draws nothing")
    }

    /// The run number `run` (the first is 0) of a Pod whose containers are restarted.
    fn run(&mut self, pod: PodIdentity, run: u32, containers: usize, codes: &mut ExitCodeTable) -> Run;
}
