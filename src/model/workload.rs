//! What Pods do, as the world sees it: the life of each Pod, fixed when it is created. The implementors of [`Workload`]
//! are the sources of lives: recorded scripts and input models.

use super::{ContainersSoFar, Distribution, LatencyOf, LifeSoFar, NodeDraw, RestOfRun};
use crate::api::{ExitCodeTable, ExitCodes, WaitingReason};
use crate::apiserver::JobObject;
use crate::id::JobId;
use crate::time::{SimDuration, SimTime};

/// Which Pod of which Job it is. It is the same in every run, whatever else the arenas hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodIdentity {
    /// Its Job.
    pub job: JobId,
    /// Its completion index, if it has one.
    pub index: Option<u32>,
    /// How many Pods this index has had, including this one; without an index, how many the Job has had.
    pub attempt: u32,
}

/// One run of a Pod's containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// From running to the exit; `None` if it runs until it is killed.
    pub lasts: Option<SimDuration>,
    /// The exit codes of the containers.
    pub exit_codes: ExitCodes,
    /// Whether all of them exit with 0.
    pub succeeds: bool,
    /// With restartPolicy OnFailure, the time from a failing exit to the next run.
    pub restart_after: SimDuration,
}

/// The course of a Pod's life if nothing deletes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// From creation to binding; `None` for never.
    pub bind: Option<SimDuration>,
    /// From binding until the containers run, or why they never do.
    pub start: Result<SimDuration, WaitingReason>,
    /// From running to ready; zero for at once, `None` for never.
    pub ready: Option<SimDuration>,
    /// The first run.
    pub run: Run,
    /// From the beginning of a graceful deletion to the end of the containers.
    pub stop_after: SimDuration,
    /// Whether the kubelet kills the containers at the end of the grace period (which is immediate if it is zero).
    /// Recorded scripts define themselves when containers end.
    pub is_killed_after_grace: bool,
    /// The exit codes of the containers in that case.
    pub stop_codes: ExitCodes,
    /// Whether the exit codes are all 0 in that case.
    pub stop_succeeds: bool,
    /// What disrupts the Pod.
    pub disruption: Option<Disruption>,
}

/// The course of a container's life, if the containers of a Pod are modelled separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerLife {
    /// From its turn until it runs; zero for the main container, whose start is part of the Pod's life.
    pub start: SimDuration,
    /// For a sidecar, from running until its startup probe succeeds; zero for at once, `None` for never.
    pub startup: Option<SimDuration>,
    /// From running to ready; zero for at once, `None` for never.
    pub ready: Option<SimDuration>,
    /// From SIGTERM to the exit.
    pub stop_after: SimDuration,
    /// The exit code after SIGTERM.
    pub stop_code: i32,
    /// It ends this long after the main container, whatever its run says.
    pub after_main: Option<SimDuration>,
}

/// One run of a container, if the containers of a Pod are modelled separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedRun {
    /// From running to the exit; `None` if it runs until it is stopped.
    pub lasts: Option<SimDuration>,
    /// The exit code.
    pub code: i32,
}

/// An involuntary end of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disruption {
    /// The time since the origin.
    pub at: SimDuration,
    /// What the time is counted from.
    pub origin: DisruptionOrigin,
    /// What happens.
    pub kind: DisruptionKind,
}

/// What the time of a disruption is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisruptionOrigin {
    /// The Pod's creation.
    Creation,
    /// The binding to a node: what happens to a node happens to the Pods on it.
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

/// A source of Pods' lives.
pub trait Workload {
    /// A Job is added to the world, before any of its Pods is asked for. `start` is given if a CronJob's controller
    /// creates it; the object may then be named after another start. A workload that distinguishes Jobs by name does so
    /// here, because ids depend on what else is in the world.
    fn admit(&mut self, job: JobId, object: &JobObject, start: Option<CronStart<'_>>);

    /// A Job and its Pods are gone and forgotten: the workload is not asked about them again.
    fn forget(&mut self, job: JobId, pods: &mut dyn Iterator<Item = PodIdentity>) {
        let _ = (job, pods);
    }

    /// The life of a new Pod. `containers` is the number of exit codes of a run.
    fn life(&mut self, pod: PodIdentity, containers: usize, codes: &mut ExitCodeTable) -> Life;

    /// The rest of the life of a Pod that exists when the run begins and has come this far. Its times are counted from
    /// now.
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

    /// What the kubelet reports about the Pod's images until its containers start, in order, as times since binding.
    fn pull_reports(&mut self, _pod: PodIdentity) -> Vec<(SimDuration, WaitingReason)> {
        Vec::new()
    }

    /// A run ends now as planned, unless the workload changes it: what affects all Pods of an instant alike is unknown
    /// when a life begins.
    fn ended(&mut self, pod: PodIdentity, run: u32, planned: Run, now: SimTime, codes: &mut ExitCodeTable) -> Run {
        let _ = (pod, run, now, codes);
        planned
    }

    /// The lives of a Pod's containers, regular ones first, then init containers. Empty if they are not modelled
    /// separately: then all of them end together, as the Pod's runs say.
    fn containers(&mut self, pod: PodIdentity) -> Vec<ContainerLife> {
        let _ = pod;
        Vec::new()
    }

    /// The run with number `run`, from 0, of the container at a position. It is called only if containers are modelled
    /// separately.
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

    /// How long after its end the container is restarted.
    fn container_restart(&mut self, pod: PodIdentity, place: usize, run: u32, now: SimTime) -> SimDuration {
        unreachable!("run {run} of container {place} of {pod:?} ends at {now:?}, and nobody knows when the next begins")
    }

    /// A random number in (0, 1) by which an action with this number chooses the share of the Pods that it affects. It
    /// is called only for such actions.
    ///
    /// # Panics
    /// If the workload has no random numbers.
    fn choice(&mut self, pod: PodIdentity, action: u32) -> f64 {
        unreachable!("action {action} chooses among Pods such as {pod:?}, and this workload draws nothing")
    }

    /// A random number in (0, 1] about a node of a pool, or about an expansion of that name. It is called only if there
    /// are pools.
    ///
    /// # Panics
    /// If the workload has no random numbers.
    fn node_draw(&mut self, of: NodeDraw, name: &str) -> f64 {
        unreachable!("{of:?} of {name} is drawn only where there are pools")
    }

    /// Draws the latency of the next request of a Job (or of no Job), or of the next change of a Job or its Pods (or of
    /// what belongs to no Job). It is called only if the cluster's latency is random.
    ///
    /// # Panics
    /// If the workload has no random numbers. This is the default.
    fn latency(&mut self, of: LatencyOf, job: Option<JobId>, distribution: &Distribution) -> SimDuration {
        panic!("the latency of a {of:?} of {job:?} is {distribution}, and this workload draws nothing")
    }

    /// The run with number `run`, from 0, of a Pod whose containers are restarted.
    fn run(&mut self, pod: PodIdentity, run: u32, containers: usize, codes: &mut ExitCodeTable) -> Run;
}
