//! Durations and outcomes of observed Pods, and what could not be used.
//!
//! What makes real data misleading, and how it is handled:
//!
//! - Pods that are still running, or not yet bound, are censored at the instant of the listing; they are not left out.
//! - The run of a Pod that was evicted or deleted, or that hit a deadline, is censored there, and its exit code is not
//!   counted as an outcome.
//! - Restarted containers: Kubernetes keeps the last two runs, and both count. When the container was first started is
//!   not observed, because the first run may be one of those that are gone.
//! - Several containers: a Pod runs from the start of the last one to the end of the last one, and fails if any fails.
//! - The Ready condition of an ended Pod says when it became unready, so readiness is observed in running Pods only.
//! - The clocks of nodes and of the API server differ: a duration slightly below zero is zero, others are not used.

use super::object::{DumpedContainer, DumpedObject, StateTimes, UnixSeconds};
use super::select;
use crate::stats::survival::Observed;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Times are whole seconds, so a duration can be off by almost one.
const RESOLUTION: f64 = 1.0;

/// The kinds of disruption, as a scenario names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObservedDisruption {
    /// By the Eviction API.
    Eviction,
    /// By the scheduler, for a more important Pod.
    Preemption,
    /// By the kubelet, because a resource ran out.
    Kubelet,
    /// With its node.
    NodeLoss,
}

impl ObservedDisruption {
    /// The name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            ObservedDisruption::Eviction => "eviction",
            ObservedDisruption::Preemption => "preemption",
            ObservedDisruption::Kubelet => "kubelet",
            ObservedDisruption::NodeLoss => "nodeLoss",
        }
    }

    /// The kind for a reason of the condition DisruptionTarget.
    pub(super) fn of(reason: &str) -> Option<Self> {
        match reason {
            "EvictionByEvictionAPI" => Some(ObservedDisruption::Eviction),
            "PreemptionByScheduler" => Some(ObservedDisruption::Preemption),
            "TerminationByKubelet" => Some(ObservedDisruption::Kubelet),
            "DeletionByTaintManager" | "DeletionByPodGC" => Some(ObservedDisruption::NodeLoss),
            _ => None,
        }
    }
}

/// Observations by stage. Durations are in seconds.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    /// How many Pods were read.
    pub pods: usize,
    /// The Jobs that own them.
    pub jobs: BTreeSet<String>,
    /// From creation to binding.
    pub bind: Vec<Observed>,
    /// How long image pulls took.
    pub pull: Vec<Observed>,
    /// From binding, or from the end of the image pulls, to running.
    pub start: Vec<Observed>,
    /// From running to ready.
    pub ready: Vec<Observed>,
    /// How long containers ran.
    pub run: Vec<Observed>,
    /// From deletion to the end.
    pub terminate: Vec<Observed>,
    /// Exit codes of runs that ended by themselves.
    pub exit_codes: BTreeMap<i32, u64>,
    /// How often Pods were disrupted.
    pub disrupted: BTreeMap<ObservedDisruption, u64>,
    /// How long Pods were bound and unfinished, summed over Pods.
    pub bound_seconds: f64,
    /// Runs that were censored by deletions, disruptions or deadlines.
    pub cut_runs: u64,
    /// What could not be used, in words, and how often.
    pub unused: BTreeMap<&'static str, u64>,
}

/// The image pulls of a Pod, from its Events.
#[derive(Clone, Copy, Debug, Default)]
struct Pulls {
    /// Their sum.
    seconds: f64,
    /// When the last image was present.
    done: Option<UnixSeconds>,
}

impl Observations {
    pub(super) fn new(objects: &[DumpedObject], job: Option<&str>, now: Option<UnixSeconds>) -> Self {
        let now = now.or_else(|| objects.iter().filter_map(latest).reduce(f64::max)).unwrap_or(0.0);
        let pulls = pulls(objects);
        let mut seen = Observations::default();
        let (pods, others) = select::pods(objects, job);
        if others > 0 {
            seen.unused.insert("Pods that belong to no Job", others as u64);
        }
        for pod in pods {
            seen.pod(pod, pulls.get(key(&pod.metadata.uid, &pod.metadata.name)).copied(), now);
        }
        seen
    }

    fn unused(&mut self, why: &'static str) {
        *self.unused.entry(why).or_default() += 1;
    }

    fn pod(&mut self, pod: &DumpedObject, pulls: Option<Pulls>, now: UnixSeconds) {
        self.pods += 1;
        self.jobs.extend(select::job_of(pod).map(str::to_owned));
        let Some(created) = pod.metadata.creation_timestamp else {
            return self.unused("Pods without creationTimestamp");
        };
        let containers = &pod.status.container_statuses;
        let bound = self.binding(pod, created, now);
        let started = first_start(containers, pod.spec.containers.len());
        if let Some(bound) = bound {
            self.starting(pod, bound, started, pulls, now);
            let end = containers.iter().filter_map(finish).reduce(f64::max).unwrap_or(bound);
            self.bound_seconds += (if has_ended(pod) { end } else { now } - bound).max(0.0);
        }
        if let (Some(started), Some(ready)) = (started, became_ready(pod)) {
            let ready = duration(started, ready);
            self.take(|seen| &mut seen.ready, ready, true);
        }
        self.runs(pod, now);
        self.disruption(pod);
    }

    /// Adds a duration to a stage, or counts it as unusable.
    fn take(&mut self, stage: impl Fn(&mut Observations) -> &mut Vec<Observed>, duration: Option<f64>, ended: bool) {
        match duration {
            Some(duration) => stage(self).push(Observed { duration, ended }),
            None => self.unused("durations below zero (clocks differ)"),
        }
    }

    /// When the Pod was bound.
    fn binding(&mut self, pod: &DumpedObject, created: UnixSeconds, now: UnixSeconds) -> Option<UnixSeconds> {
        let condition = pod.status.conditions.iter().find(|c| c.kind == "PodScheduled");
        match condition.filter(|c| c.status == "True").and_then(|c| c.last_transition_time) {
            Some(bound) => {
                self.take(|seen| &mut seen.bind, duration(created, bound), true);
                Some(bound)
            }
            None if pod.spec.node_name.is_empty() && !has_ended(pod) => {
                self.take(|seen| &mut seen.bind, duration(created, now), false);
                None
            }
            None => {
                self.unused("Pods without the time of their binding");
                None
            }
        }
    }

    fn starting(
        &mut self,
        pod: &DumpedObject,
        bound: UnixSeconds,
        started: Option<UnixSeconds>,
        pulls: Option<Pulls>,
        now: UnixSeconds,
    ) {
        if let Some(pulls) = pulls {
            self.take(|seen| &mut seen.pull, Some(pulls.seconds), true);
        }
        let from = pulls.and_then(|pulls| pulls.done).map_or(bound, |done| done.max(bound));
        let waits =
            pod.status.container_statuses.iter().all(|c| c.restart_count == 0 && c.last_state.terminated.is_none());
        match started {
            Some(started) => self.take(|seen| &mut seen.start, duration(from, started), true),
            None if !waits => self.unused("starts of Pods whose containers were restarted"),
            None if !has_ended(pod) => self.take(|seen| &mut seen.start, duration(from, now), false),
            None => self.unused("starts of Pods that ended without having started"),
        }
    }

    /// The current or last run, and the one before it if containers were restarted.
    fn runs(&mut self, pod: &DumpedObject, now: UnixSeconds) {
        let containers = &pod.status.container_statuses;
        // Containers restart independently; together they make up one run only if none of them was restarted.
        if let [one] = containers.as_slice() {
            one.last_state.terminated.iter().for_each(|last| self.ended_run(std::slice::from_ref(last), false));
        } else if containers.iter().any(|c| c.restart_count > 0) {
            return self.unused("runs of Pods with several containers, some restarted");
        }
        let over: Vec<StateTimes> = containers.iter().filter_map(|c| c.state.terminated.clone()).collect();
        if !over.is_empty() && over.len() == containers.len() {
            let cut = was_cut(pod);
            self.ended_run(&over, cut);
            return self.terminated(pod, &over);
        }
        let begun: Option<Vec<&StateTimes>> =
            containers.iter().map(|c| c.state.running.as_ref().or(c.state.terminated.as_ref())).collect();
        let started = begun.iter().flatten().filter_map(|times| times.started_at).reduce(f64::max);
        if let Some(started) = started {
            self.take(|seen| &mut seen.run, duration(started, now), false);
        }
    }

    /// A run whose containers have all ended, by themselves or (`cut`) not.
    fn ended_run(&mut self, over: &[StateTimes], cut: bool) {
        if over.iter().any(|times| times.reason == "ContainerStatusUnknown") {
            return self.unused("runs whose end the kubelet did not see");
        }
        let started = over.iter().map(|times| times.started_at).reduce(later).flatten();
        let finished = over.iter().map(|times| times.finished_at).reduce(later).flatten();
        match (started, finished) {
            (Some(started), Some(finished)) => self.take(|seen| &mut seen.run, duration(started, finished), !cut),
            _ => self.unused("runs without the times of their start and end"),
        }
        if cut {
            self.cut_runs += 1;
            return;
        }
        let codes: Option<Vec<i32>> = over.iter().map(|times| times.exit_code).collect();
        match codes {
            Some(codes) => {
                let code = codes.iter().copied().find(|code| *code != 0).unwrap_or(0);
                *self.exit_codes.entry(code).or_default() += 1;
            }
            None => self.unused("runs without an exit code"),
        }
    }

    /// How long the containers of a deleted Pod took to end.
    fn terminated(&mut self, pod: &DumpedObject, over: &[StateTimes]) {
        let Some(deadline) = pod.metadata.deletion_timestamp else { return };
        let deleted = deadline - pod.metadata.deletion_grace_period_seconds.unwrap_or(0.0);
        let finished = over.iter().map(|times| times.finished_at).reduce(later).flatten();
        // A Pod that had ended before its deletion did not have to terminate.
        if let Some(after) = finished.map(|finished| finished - deleted).filter(|after| *after >= 0.0) {
            self.terminate.push(Observed { duration: after, ended: true });
        }
    }

    fn disruption(&mut self, pod: &DumpedObject) {
        let target = pod.status.conditions.iter().find(|c| c.kind == "DisruptionTarget" && c.status == "True");
        if let Some(kind) = target.and_then(|condition| ObservedDisruption::of(&condition.reason)) {
            *self.disrupted.entry(kind).or_default() += 1;
        }
    }
}

/// The later of two instants; none if one is unknown.
fn later(a: Option<UnixSeconds>, b: Option<UnixSeconds>) -> Option<UnixSeconds> {
    Some(a?.max(b?))
}

/// The span between two instants. Within the clocks' resolution a negative span is zero; beyond it there is none.
fn duration(from: UnixSeconds, to: UnixSeconds) -> Option<f64> {
    let seconds = to - from;
    (seconds >= -RESOLUTION).then_some(seconds.max(0.0))
}

fn has_ended(pod: &DumpedObject) -> bool {
    matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
}

/// Whether the Pod's containers were ended from outside, or by the Pod's own deadline.
fn was_cut(pod: &DumpedObject) -> bool {
    let disrupted = pod.status.conditions.iter().any(|c| c.kind == "DisruptionTarget" && c.status == "True");
    let ended =
        matches!(pod.status.reason.as_str(), "DeadlineExceeded" | "Evicted" | "NodeLost" | "Shutdown" | "Terminated");
    let deleted = pod.metadata.deletion_timestamp.is_some_and(|deadline| {
        let deleted = deadline - pod.metadata.deletion_grace_period_seconds.unwrap_or(0.0);
        pod.status.container_statuses.iter().filter_map(finish).any(|finish| finish >= deleted)
    });
    disrupted || ended || deleted
}

fn finish(container: &DumpedContainer) -> Option<UnixSeconds> {
    container.state.terminated.as_ref().and_then(|times| times.finished_at)
}

/// When all containers ran for the first time; unknown for restarted ones.
fn first_start(containers: &[DumpedContainer], expected: usize) -> Option<UnixSeconds> {
    if containers.is_empty() || containers.len() < expected {
        return None;
    }
    let start = |container: &DumpedContainer| {
        let state = &container.state;
        let times = state.running.as_ref().or(state.terminated.as_ref())?;
        times.started_at.filter(|_| container.restart_count == 0)
    };
    containers.iter().map(start).reduce(later).flatten()
}

/// When a running Pod became ready.
fn became_ready(pod: &DumpedObject) -> Option<UnixSeconds> {
    let ready = pod.status.conditions.iter().find(|c| c.kind == "Ready" && c.status == "True")?;
    ready.last_transition_time.filter(|_| pod.status.phase == "Running")
}

/// The latest instant in an object.
pub(super) fn latest(object: &DumpedObject) -> Option<UnixSeconds> {
    let status = &object.status;
    let containers = status.container_statuses.iter().flat_map(|c| [&c.state, &c.last_state]);
    let runs = containers.flat_map(|state| [&state.running, &state.terminated]).flatten();
    let times = runs.flat_map(|times| [times.started_at, times.finished_at]);
    let conditions = status.conditions.iter().map(|c| c.last_transition_time);
    let own = [object.metadata.creation_timestamp, object.first_timestamp, object.event_time];
    times.chain(conditions).chain(own).flatten().reduce(f64::max)
}

/// A Pod's uid, or its name if Events do not state the uid.
fn key<'a>(uid: &'a str, name: &'a str) -> &'a str {
    if uid.is_empty() { name } else { uid }
}

/// Image pulls by Pod, from Events. The kubelet's message is `Successfully pulled image "busybox" in 1.5s (2.1s
/// including waiting)…`, or `Container image "busybox" already present on machine`.
fn pulls(objects: &[DumpedObject]) -> HashMap<&str, Pulls> {
    let mut pulls: HashMap<&str, Pulls> = HashMap::new();
    for event in select::pulled_events(objects) {
        let Some(seconds) = pull_seconds(&event.message) else { continue };
        let pod = pulls.entry(key(&event.involved_object.uid, &event.involved_object.name)).or_default();
        pod.seconds += seconds;
        pod.done = event.first_timestamp.or(event.event_time).into_iter().chain(pod.done).reduce(f64::max);
    }
    pulls
}

fn pull_seconds(message: &str) -> Option<f64> {
    if message.contains("already present on machine") {
        return Some(0.0);
    }
    let (_, after) = message.split_once("Successfully pulled image")?;
    let (_, times) = after.rsplit_once(" in ")?;
    let mut words = times.split([' ', '(', ')']).filter(|word| !word.is_empty());
    let first = words.next()?;
    let waiting = words.next().filter(|_| times.contains("including waiting"));
    crate::model::duration::parse_seconds(waiting.unwrap_or(first).trim_end_matches('.')).ok()
}
