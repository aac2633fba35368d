//! Pods of Jobs that begin with their status: those that were read together with a Job continue where they were.
//! Notices say what the dump does not contain about them; Pods that it does not contain start anew.

use super::resolve::{Jobs, Resolver};
use crate::api::{CompletionIndex, Containers, Pod, PodPhase, PodReady, PodTemplate, RestartPolicy};
use crate::experiment::{NodesAtStart, PlannedJob};
use crate::manifest::{InitialJobStatus, SeenContainer, SeenPod};
use crate::model::{ContainerSoFar, ContainerStage, LifeSoFar};
use crate::time::{SimDuration, SimTime, WholeSecond};
use crate::world::BegunPod;
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl Resolver<'_> {
    /// Gives each Job that begins with a status its Pods.
    pub(super) fn begin_pods(&mut self, start: SimTime, nodes: Option<&NodesAtStart>) {
        let Jobs { begun, planned, manifests, .. } = &mut self.jobs;
        let pods_by_job = PodsByJob::of(&manifests.pods);
        for (place, read) in begun.iter() {
            let job = &mut planned[*place];
            let pods = pods_by_job.get(job, read);
            let is_over = read.deleting || read.status.finished().is_some();
            let known = if is_over { Known::default() } else { Known::of(job, read, &pods, (start, nodes)) };
            manifests.notices.extend(notices(job, read, &known));
            if let Some(begins) = &mut job.begins {
                begins.pods = known.pods.into();
                begins.pods_before = known.before.into_iter().collect::<Vec<_>>().into();
            }
        }
    }
}

/// The Pods that were read, by the Job that controls them.
pub(super) struct PodsByJob<'a> {
    pods: &'a [SeenPod],
    by_uid: HashMap<&'a str, Vec<usize>>,
    by_name: HashMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> PodsByJob<'a> {
    pub fn of(pods: &'a [SeenPod]) -> Self {
        let (mut by_uid, mut by_name) = (HashMap::<_, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (n, pod) in pods.iter().enumerate() {
            by_uid.entry(pod.job_uid.as_str()).or_default().push(n);
            by_name.entry((pod.namespace.as_str(), pod.job.as_str())).or_default().push(n);
        }
        PodsByJob { pods, by_uid, by_name }
    }

    /// The Pods of a Job, in the order in which they were read. The UID decides, as a Job can have the name of an earlier
    /// one; the name decides where one of the two has no UID, as in a manifest that was written by hand.
    pub fn get(&self, job: &PlannedJob, read: &InitialJobStatus) -> Vec<&'a SeenPod> {
        let name = (job.object.namespace.as_str(), job.object.name.as_str());
        let named = self.by_name.get(&name).into_iter().flatten().copied();
        let mut places: Vec<usize> = match read.uid.is_empty() {
            true => named.collect(),
            false => {
                let known = self.by_uid.get(read.uid.as_str()).into_iter().flatten().copied();
                known.chain(named.filter(|&n| self.pods[n].job_uid.is_empty())).collect()
            }
        };
        places.sort_unstable();
        places.into_iter().map(|n| &self.pods[n]).collect()
    }
}

/// Whether a finished Pod has yet to be counted: it has the finalizer, and is not among the uncounted Pods of the
/// status, which reading the status has counted.
pub(super) fn is_to_be_counted(pod: &SeenPod, read: &InitialJobStatus) -> bool {
    pod.ended.is_some() && pod.has_finalizer && !read.uncounted.contains(&pod.uid)
}

/// The Pods with which a Job begins.
#[derive(Default)]
struct Known {
    pods: Vec<BegunPod>,
    /// How many Pods there were before those in `pods`, by index, so that the numbers of attempts continue.
    before: BTreeMap<Option<u32>, u32>,
    /// Active Pods that continue.
    active: i32,
    /// Names of active Pods that were read and start anew nevertheless, because the cluster does not have their node.
    without_node: BTreeSet<String>,
}

impl Known {
    fn of(
        job: &PlannedJob,
        read: &InitialJobStatus,
        seen: &[&SeenPod],
        (start, nodes): (SimTime, Option<&NodesAtStart>),
    ) -> Self {
        let template = &job.object.spec.template;
        let mut known = Known::default();
        let mut seen: Vec<&SeenPod> = seen.to_vec();
        seen.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let indexed = job.object.spec.is_indexed();
        let mut created: BTreeMap<Option<u32>, u32> = BTreeMap::new();
        for pod in &seen {
            *created.entry(pod.index.filter(|_| indexed)).or_default() += 1;
        }
        if !indexed {
            // Pods that are gone count too: the status has counted them.
            let counted = read.status.succeeded + read.status.failed;
            let active = seen.iter().filter(|pod| pod.ended.is_none()).count() as i32;
            let least = (counted + active).max(0) as u32;
            let all = created.entry(None).or_default();
            *all = (*all).max(least);
        }
        for pod in seen {
            let has_node = nodes.is_none_or(|nodes| pod.node.is_empty() || nodes.has(&pod.node));
            let goes_on = match pod.ended {
                Some(_) => is_to_be_counted(pod, read),
                None => has_node,
            };
            if !has_node && pod.is_active() {
                known.without_node.insert(pod.name.clone());
            }
            if !goes_on {
                continue;
            }
            known.active += i32::from(pod.is_active());
            let node = nodes.filter(|_| has_node && !pod.node.is_empty()).map(|_| pod.node.as_str().into());
            let each = each_container(pod, template, start);
            known.pods.push(BegunPod { node, each, ..begun(pod, read, start, template.restart_policy) });
            if let Some(count) = created.get_mut(&pod.index.filter(|_| indexed)) {
                *count = count.saturating_sub(1);
            }
        }
        known.before = created.into_iter().filter(|(_, count)| *count > 0).collect();
        known
    }
}

/// A Pod as it continues.
fn begun(seen: &SeenPod, read: &InitialJobStatus, start: SimTime, policy: RestartPolicy) -> BegunPod {
    let since = |at: SimTime| (start - at).max(SimDuration::ZERO);
    let created = seen.created.unwrap_or(start).min(start);
    let mut pod = Pod::new(WholeSecond::from(created), None, seen.index_failures, seen.index_ignored);
    pod.index = seen.index.and_then(|index| i32::try_from(index).ok()).and_then(CompletionIndex::new);
    // Reading the status has counted the Pods that it lists as uncounted, so nothing keeps them.
    pod.finalizer = (seen.has_finalizer || seen.is_active()) && !read.uncounted.contains(&seen.uid);
    pod.bound = !seen.node.is_empty() || seen.bound.is_some();
    pod.disruption_target = seen.disruption.is_some();
    pod.restarts = seen.restarts;
    pod.deletion_began = seen.deletion_asked.map(WholeSecond::from);
    pod.ready = match seen.ready {
        None => PodReady::Unset,
        Some((true, at)) => PodReady::True(at.into()),
        Some((false, at)) => PodReady::False(at.into()),
    };
    // While its init containers run, a Pod is Pending.
    let runs = seen.ended.is_none() && seen.runs_since.is_some();
    // A container that waits for its next run has ended, but its Pod goes on.
    let waits = seen.ended.is_none() && !runs && seen.last_run_ended.is_some() && policy == RestartPolicy::OnFailure;
    pod.phase = match seen.ended {
        Some(phase) => phase,
        None if runs || waits => PodPhase::Running,
        None => PodPhase::Pending,
    };
    pod.containers = if runs { Containers::Running } else { Containers::Waiting };
    // A finished Pod without exit codes, such as one whose node was lost, gets one that agrees with its phase.
    let codes = || match seen.exit_codes.is_empty() {
        true => vec![if seen.ended == Some(PodPhase::Succeeded) { 0 } else { 1 }],
        false => seen.exit_codes.iter().map(|(_, code)| *code).collect(),
    };
    let over = if waits { seen.last_run_ended } else { seen.finished.filter(|_| seen.ended.is_some()) };
    let so_far = LifeSoFar {
        created: since(created),
        bound: pod.bound.then(|| since(seen.bound.unwrap_or(created))),
        running: seen.runs_since.filter(|_| runs).map(since),
        exited: seen.last_run_ended.filter(|_| waits).map(since),
        is_ready: pod.is_ready(),
        restarts: u32::try_from(seen.restarts).unwrap_or(0),
        stopping: seen.deletion_asked.filter(|_| seen.ended.is_none()).map(since),
    };
    BegunPod { pod, ended: over.map(|at| (at.into(), codes())), so_far, each: Vec::new(), node: None }
}

/// How far the containers of a Pod have come, the regular ones first and then the init containers. Empty if the Pod has
/// ended, or if its only container has no restart settings of its own: then the Pod's own times say it all.
fn each_container(seen: &SeenPod, template: &PodTemplate, start: SimTime) -> Vec<ContainerSoFar> {
    let since = |at: Option<SimTime>| at.map_or(SimDuration::ZERO, |at| (start - at).max(SimDuration::ZERO));
    if seen.ended.is_some() || template.container_names().count() < 2 && template.container_restarts.is_empty() {
        return Vec::new();
    }
    let status = |name: &str| seen.containers.iter().find(|container| container.name == name);
    // A container that waits for its first run got its turn when another one last started or ended.
    let happened = seen.containers.iter().filter_map(SeenContainer::last_change).max();
    let of = |name: &str| {
        let container = status(name).cloned().unwrap_or_default();
        let stage = match (container.runs_since, container.ended) {
            (Some(at), _) => ContainerStage::Runs {
                lasted: since(Some(at)),
                has_started: container.has_started,
                is_ready: container.is_ready,
            },
            (None, Some((code, at))) => ContainerStage::Exited { code, ago: since(at), is_over: !container.waits },
            (None, None) => ContainerStage::Waits(since(happened)),
        };
        ContainerSoFar { stage, restarts: container.restarts }
    };
    template.container_names().map(of).collect()
}

/// Notices about what is unknown about the Pods.
fn notices(job: &PlannedJob, read: &InitialJobStatus, known: &Known) -> Vec<String> {
    let (name, mut told) = (&job.object.name, Vec::new());
    if read.deleting || read.status.finished().is_some() {
        return told;
    }
    let restarts = match job.object.spec.template.restart_policy {
        RestartPolicy::OnFailure => "they begin anew, and their restarts, which count, are not known",
        RestartPolicy::Never => "they begin anew",
    };
    let missing = read.active - known.active;
    match (known.active, missing) {
        (_, ..=0) => {}
        (0, _) => {
            let active = read.active;
            let why = match known.without_node.is_empty() {
                false => "the cluster has none of the nodes that they are bound to",
                true => "its active Pods are not in the object",
            };
            told.push(format!("Job {name}: status.active is {active}, and {why}: {restarts}"));
        }
        (_, missing) if missing as usize == known.without_node.len() => told.push(format!(
            "Job {name}: {missing} of its active Pods are bound to nodes that the cluster does not have: {restarts}"
        )),
        (_, missing) => {
            told.push(format!("Job {name}: {missing} of its active Pods are not in what was read: {restarts}"))
        }
    }
    if !known.pods.is_empty() {
        let going = known.pods.iter().filter(|begun| !begun.pod.phase.is_terminal()).count();
        told.push(format!(
            "Job {name}: {going} of its Pods go on where they were; times that the dump has in whole seconds are taken as they \
             stand"
        ));
    }
    let per_index = job.object.spec.backoff_limit_per_index.is_some();
    let is_known = known.pods.iter().any(|begun| begun.pod.index.is_some());
    if read.status.failed > 0 && per_index && !is_known {
        let what = "how often each index has failed is not in the status: every index begins with all its retries";
        told.push(format!("Job {name}: {what}"));
    }
    told
}
