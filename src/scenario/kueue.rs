//! Resolves the settings of Kueue, and does what its webhook does: Jobs that name a queue are created suspended.
//! Admission is in `controller::kueue`.

use super::document::{ClusterQueueSpec, ClusterSpec, Preset, QueueingStrategySpec};
use super::problem::{FieldProblem, Problems};
use super::resolve::Resolver;
use crate::api::{ClusterQueue, JobStatus, QUEUE_LABEL, Quantity, QueueingStrategy};
use crate::apiserver::rules::formats::dns_subdomain;
use crate::apiserver::rules::{member, text};
use crate::apiserver::{CronJobObject, CronJobPatchOutcome, JobObject, PatchOutcome, job_spec, request_amounts};
use crate::controller::kueue::{fits, pods_count};
use crate::text::suggest;
use crate::time::SimDuration;
use crate::world::KueueConfig;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The time from a change of a Job until Kueue has acted: several requests and cycles. An assumption.
const LATENCY: SimDuration = SimDuration::from_millis(100);

/// The configuration of Kueue; `None` without it.
///
/// # Errors
/// No queue, a queue without a quota, duplicate names, and names that Kubernetes would not accept.
pub(super) fn resolve(cluster: &ClusterSpec) -> Result<Option<Arc<KueueConfig>>, FieldProblem> {
    let Some(written) = &cluster.kueue else { return Ok(None) };
    if written.cluster_queues.is_empty() {
        return Err(FieldProblem::new("kueue.clusterQueues", "there is none: give one with a name and a nominalQuota"));
    }
    let (mut names, mut locals) = (BTreeSet::new(), BTreeSet::new());
    let mut queues = Vec::new();
    for (n, queue) in written.cluster_queues.iter().enumerate() {
        let at = |field: &str| format!("kueue.clusterQueues[{n}].{field}");
        if !names.insert(queue.name.as_str()) {
            return Err(FieldProblem::new(at("name"), format!("a second ClusterQueue {:?}", queue.name)));
        }
        let queue = self::queue(queue, &at)?;
        for local in &queue.local_queues {
            if !locals.insert(local.clone()) {
                let what = format!("LocalQueue {local:?} leads to another ClusterQueue already");
                return Err(FieldProblem::new(at("localQueues"), what));
            }
        }
        queues.push(queue);
    }
    let is_ideal = cluster.preset == Some(Preset::Ideal);
    let latency = written.latency.map_or(if is_ideal { SimDuration::ZERO } else { LATENCY }, |span| span.0);
    Ok(Some(Arc::new(KueueConfig { latency, queues })))
}

fn queue(written: &ClusterQueueSpec, at: &dyn Fn(&str) -> String) -> Result<ClusterQueue, FieldProblem> {
    for (field, name) in written.local_queues.iter().map(|name| ("localQueues", name)).chain([("name", &written.name)])
    {
        if let Some(why) = dns_subdomain(name).into_iter().next() {
            return Err(FieldProblem::new(at(field), format!("{name:?}: {why}")));
        }
    }
    if written.nominal_quota.is_empty() {
        let what = "there is no quota, so no Job would be admitted: such as {cpu: 40, memory: 160Gi}";
        return Err(FieldProblem::new(at("nominalQuota"), what));
    }
    let amount = |(name, amount): (&String, &super::node_scalars::Amount)| {
        let quantity = Quantity::of(&amount.0).unwrap_or_default();
        (Arc::from(name.as_str()), ClusterQueue::amount(name, &quantity))
    };
    let local_queues = match &written.local_queues[..] {
        [] => vec![written.name.as_str().into()],
        names => names.iter().map(|name| name.as_str().into()).collect(),
    };
    Ok(ClusterQueue {
        name: written.name.as_str().into(),
        strategy: match written.queueing_strategy {
            Some(QueueingStrategySpec::StrictFifo) => QueueingStrategy::StrictFifo,
            Some(QueueingStrategySpec::BestEffortFifo) => QueueingStrategy::BestEffortFifo,
            None => QueueingStrategy::default(),
        },
        nominal_quota: written.nominal_quota.iter().map(amount).collect(),
        local_queues,
    })
}

/// The queue that the labels name.
fn queue_name(metadata: &Value) -> &str {
    text(member(metadata, "labels"), QUEUE_LABEL)
}

/// A Job as Kueue's webhook leaves it: suspended, if it names a queue.
#[doc(alias = "ApplyDefaultForSuspend")]
pub(super) fn suspended_job(job: JobObject) -> JobObject {
    if job.spec.suspend || queue_name(&job.object["metadata"]).is_empty() {
        return job;
    }
    match job.merge_patch(&json!({"spec": {"suspend": true}}), &JobStatus::default()) {
        Ok(PatchOutcome::Changed(job)) => *job,
        _ => job,
    }
}

/// A CronJob whose Jobs are created as Kueue's webhook leaves them.
pub(super) fn suspended_cronjob(cronjob: CronJobObject) -> CronJobObject {
    let template = &cronjob.object["spec"]["jobTemplate"];
    if template["spec"]["suspend"] == true || queue_name(&template["metadata"]).is_empty() {
        return cronjob;
    }
    match cronjob.merge_patch(&json!({"spec": {"jobTemplate": {"spec": {"suspend": true}}}})) {
        Ok(CronJobPatchOutcome::Changed(cronjob)) => *cronjob,
        _ => cronjob,
    }
}

impl Resolver<'_> {
    /// Reports Jobs that can never be admitted, and rejects `cluster.kueue` if no Job names a queue.
    pub(super) fn check_queues(&mut self, config: Option<&KueueConfig>) -> Result<(), Problems> {
        let (mut told, mut is_any) = (Vec::new(), false);
        let jobs = self.jobs.planned.iter().map(|job| (&*job.object.name, job.object.shared()));
        let templates = self.jobs.cronjobs.iter();
        let templates = templates.map(|c| (&*c.object.name, &c.object.object["spec"]["jobTemplate"]));
        let mut seen = BTreeSet::new();
        for (name, object) in jobs.chain(templates) {
            let queue = queue_name(&object["metadata"]);
            if queue.is_empty() {
                continue;
            }
            is_any = true;
            // Copies share the object with the name in the manifest, so all of them together get one notice.
            let name = object["metadata"]["name"].as_str().unwrap_or(name);
            if seen.insert(name) {
                told.extend(never_admitted(name, queue, &object["spec"], config));
            }
        }
        if config.is_some() && !is_any {
            let what = format!("no Job names a queue: a Job does by its label {QUEUE_LABEL}");
            return Err(self.problem("cluster.kueue", what));
        }
        self.jobs.manifests.notices.extend(told);
        Ok(())
    }
}

/// Why a Job of a queue is never admitted: there is no Kueue, there is no such queue, or the Job does not fit even
/// while nothing else is admitted.
fn never_admitted(name: &str, queue: &str, spec: &Value, config: Option<&KueueConfig>) -> Option<String> {
    let Some(config) = config else {
        let what = if spec["suspend"] == true { "it stays suspended" } else { "it is not held back" };
        return Some(format!(
            "Job {name} names the queue {queue:?} of Kueue, and the scenario has none: {what} \
             (cluster.kueue: {{clusterQueues: [{{name: {queue}, nominalQuota: {{cpu: 40}}}}]}})"
        ));
    };
    let all = || config.queues.iter().flat_map(|queue| queue.local_queues.iter().map(|local| &**local));
    let Some(found) = config.queues.iter().find(|q| q.local_queues.iter().any(|local| **local == *queue)) else {
        let meant = suggest(queue, all()).map_or(String::new(), |meant| format!(" (did you mean {meant:?}?)"));
        return Some(format!(
            "Job {name} names a queue that there is not, {queue:?}: it stays suspended{meant}; there are {}",
            all().collect::<Vec<_>>().join(", ")
        ));
    };
    let request = found.request(&request_amounts(&spec["template"]));
    let pods = pods_count(&job_spec(spec));
    let misfit = fits(found, &vec![0; found.nominal_quota.len()], &request, pods).err()?;
    let behind = match found.strategy {
        QueueingStrategy::StrictFifo => ", and with StrictFIFO holds up all Jobs behind it",
        QueueingStrategy::BestEffortFifo => "",
    };
    let why = misfit.text(found);
    Some(format!("Job {name} is never admitted to ClusterQueue {}{behind}: {why}", found.name))
}
