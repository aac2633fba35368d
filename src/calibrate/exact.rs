//! What each Pod of one Job did, without fitting a model. The attempts are numbered in order of creation. Pods that
//! were deleted before the dump are missing from it, which shifts the numbers of those after them.

use super::ObservedDisruption;
use super::object::{DumpedContainer, DumpedObject, StateTimes};
use super::observe::Observations;
use super::select;
use crate::api::COMPLETION_INDEX_KEYS;
use std::collections::BTreeMap;

/// The Pods of a Job, in order of creation.
#[derive(Clone, Debug, Default)]
pub struct ExactPods {
    /// The Job.
    pub job: String,
    /// Its Pods.
    pub pods: Vec<ExactPod>,
    /// What is unknown, in words, and for how many Pods.
    pub unknown: BTreeMap<&'static str, u64>,
}

/// What a Pod did. Times are in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactPod {
    /// Its completion index.
    pub index: Option<u32>,
    /// The attempt at that index, or its number in order of creation.
    pub attempt: u32,
    /// From creation to binding; `None` if it is not bound.
    pub bind: Option<f64>,
    /// From binding to running, if it ran.
    pub start: Option<f64>,
    /// The runs of its containers by name, main container first; only containers that ran.
    pub runs: Vec<(String, Vec<ExactRun>)>,
    /// What ended it from outside, and how long after its creation.
    pub disrupted: Option<(ObservedDisruption, f64)>,
}

/// A run of a container. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactRun {
    /// How long it lasted; `None` if it is still going on.
    pub lasts: Option<f64>,
    /// Its exit code.
    pub exit: Option<i32>,
    /// From its end to the next run, if there was one.
    pub restart_after: Option<f64>,
}

/// At most this many runs of a container are written; the last one repeats anyway.
const MOST_RUNS: u32 = 100;

impl ExactPods {
    /// The Pods of a Job among these objects. `job` is required if there are several Jobs.
    ///
    /// # Errors
    /// If there are no Pods, or Pods of several Jobs.
    pub fn new(objects: &[DumpedObject], job: Option<&str>) -> Result<Self, String> {
        let seen = Observations::new(objects, job, None);
        let names: Vec<&str> = seen.jobs.iter().map(String::as_str).collect();
        let name = match (job, &names[..]) {
            (Some(name), _) => name.to_owned(),
            (None, [name]) => (*name).to_owned(),
            (None, []) => String::new(),
            (None, several) => {
                let few = several.iter().take(5).copied().collect::<Vec<_>>().join(", ");
                return Err(format!("there are Pods of {} Jobs: --job takes one of {few}", several.len()));
            }
        };
        let mut pods = select::pods(objects, job).0;
        if pods.is_empty() {
            return Err("there is no Pod of a Job".to_owned());
        }
        let created = |pod: &&DumpedObject| pod.metadata.creation_timestamp.unwrap_or(0.0);
        pods.sort_by(|a, b| created(a).total_cmp(&created(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name)));
        let mut exact = ExactPods { job: name, ..ExactPods::default() };
        let mut attempts: BTreeMap<Option<u32>, u32> = BTreeMap::new();
        for pod in pods {
            let index = index_of(pod);
            let attempt = attempts.entry(index).or_default();
            *attempt += 1;
            let attempt = *attempt;
            let told = exact.pod(pod, index, attempt);
            exact.pods.push(told);
        }
        Ok(exact)
    }

    fn unknown(&mut self, what: &'static str) {
        *self.unknown.entry(what).or_default() += 1;
    }

    fn pod(&mut self, pod: &DumpedObject, index: Option<u32>, attempt: u32) -> ExactPod {
        let created = pod.metadata.creation_timestamp.unwrap_or(0.0);
        let of = |kind: &str| pod.status.conditions.iter().find(|c| c.kind == kind && c.status == "True");
        let bound = of("PodScheduled").and_then(|c| c.last_transition_time);
        if bound.is_none() && !pod.spec.node_name.is_empty() {
            self.unknown("Pods that were bound, nobody says when");
        }
        let names: Vec<String> =
            pod.spec.containers.iter().map(|c| c["name"].as_str().unwrap_or_default().to_owned()).collect();
        let mut runs = Vec::new();
        let mut first = None;
        for (n, container) in pod.status.container_statuses.iter().enumerate() {
            let name = if container.name.is_empty() { names.get(n).cloned() } else { Some(container.name.clone()) };
            let told = self.runs(container);
            first = [first, told.0].into_iter().flatten().reduce(f64::min);
            if !told.1.is_empty() {
                runs.push((name.unwrap_or_default(), told.1));
            }
        }
        // The main container is the first one of the spec.
        runs.sort_by_key(|(name, _)| names.iter().position(|other| other == name).unwrap_or(usize::MAX));
        let disrupted = of("DisruptionTarget").and_then(|condition| {
            let kind = ObservedDisruption::of(&condition.reason)?;
            Some((kind, (condition.last_transition_time? - created).max(0.0)))
        });
        ExactPod {
            index,
            attempt,
            bind: bound.map(|bound| (bound - created).max(0.0)),
            start: first.map(|first| (first - bound.unwrap_or(created)).max(0.0)),
            runs,
            disrupted,
        }
    }

    /// When a container ran for the first time, as far as is known, and its runs.
    fn runs(&mut self, container: &DumpedContainer) -> (Option<f64>, Vec<ExactRun>) {
        let now = container.state.running.as_ref().or(container.state.terminated.as_ref());
        let mut runs = Vec::new();
        if let Some(last) = &container.last_state.terminated {
            let restart_after = now.and_then(|now| Some((now.started_at? - last.finished_at?).max(0.0)));
            let ended = container.restart_count.max(1) + u32::from(now.is_none() && container.restart_count > 0);
            if ended > 1 {
                // Kubernetes keeps only the last end; earlier ones are assumed to be like it.
                self.unknown("Pods with several restarts, of which the last is known");
            }
            let run = run_of(last).map(|run| ExactRun { restart_after, ..run });
            runs.extend(run.into_iter().flat_map(|run| std::iter::repeat_n(run, ended.min(MOST_RUNS) as usize)));
        }
        runs.extend(now.and_then(run_of));
        let started = container.last_state.terminated.as_ref().or(now).and_then(|times| times.started_at);
        if started.is_none() && container.restart_count > 0 {
            self.unknown("Pods without the times of their runs");
        }
        (started, runs)
    }
}

fn run_of(times: &StateTimes) -> Option<ExactRun> {
    let started = times.started_at?;
    let lasts = times.finished_at.map(|finished| (finished - started).max(0.0));
    Some(ExactRun { lasts, exit: times.exit_code.filter(|_| lasts.is_some()), restart_after: None })
}

fn index_of(pod: &DumpedObject) -> Option<u32> {
    let metadata = &pod.metadata;
    let text = COMPLETION_INDEX_KEYS
        .iter()
        .find_map(|key| metadata.labels.get(*key).or_else(|| metadata.annotations.get(*key)));
    text.and_then(|text| text.parse().ok())
}
