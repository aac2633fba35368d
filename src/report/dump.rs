//! What `kubectl get cronjobs,jobs,pods,events -o json` would have shown at the instant at which a recorded run
//! stopped, as one List. As in a cluster, times are whole seconds, Events are combined and expire after an hour, and
//! Pods that are gone are missing. It is not a saved result: it holds nothing that a cluster does not show.
//!
//! Where the world itself sends no Events of the scheduler and the kubelets, they are derived from what happened to the
//! Pods.

use super::dump_containers::{container_of_course, container_of_view};
use super::dump_events::DumpedEvents;
use super::json::status_json;
use crate::api::{Containers, ExitCodeTable, LABEL_COMPLETION_INDEX, Pod, PodReady, PodTemplate};
use crate::apiserver::uid_of;
use crate::experiment::Setup;
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::record::{JobRecord, RecordedRun, TimelineChange, is_running, pod_name};
use crate::text::rfc3339;
use crate::time::{SimDuration, SimTime, WallClock, WholeSecond};
use crate::world::{ContainerView, World};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// A run of a Pod's containers: when they started, and, once they have ended, when and with which exit codes.
pub(super) type DumpedRun = (SimTime, Option<(WholeSecond, Vec<i32>)>);

/// What happened to a Pod, as far as its object can show it.
#[derive(Clone, Debug)]
pub(super) struct DumpedPodCourse {
    pub job: JobId,
    pub pod: Pod,
    pub gone: bool,
    pub bound: Option<SimTime>,
    pub runs: Vec<DumpedRun>,
    pub disrupted: Option<SimTime>,
    pub node: Option<String>,
}

/// The List at the end of a run that was recorded with its timeline.
pub fn cluster_dump<W: Workload>(run: &RecordedRun, setup: &Setup, world: &World<W>) -> Value {
    let codes = &world.env.codes;
    let mut pods: BTreeMap<PodId, DumpedPodCourse> = BTreeMap::new();
    let mut events = DumpedEvents::new(run, setup);
    let nodes = nodes_of_pods(run);
    for entry in &run.recorder.timeline {
        if let (TimelineChange::Pod(id, before, now, gone), Some(job)) = (&entry.what, entry.job) {
            let node = nodes.get(id).cloned();
            let fresh = || DumpedPodCourse {
                job,
                pod: *now,
                gone: false,
                bound: None,
                runs: Vec::new(),
                disrupted: None,
                node,
            };
            let course = pods.entry(*id).or_insert_with(fresh);
            // What a kubelet stamps follows its node's clock.
            let stamp = entry.at + setup.config.clocks.nodes;
            course.follow((entry.at, stamp), before.as_ref(), (now, *gone), codes);
        }
        events.enter(entry);
    }
    let mut items = Vec::new();
    items.extend(run.recorder.cronjobs.iter().enumerate().filter_map(|(place, _)| cronjob(run, setup, place)));
    let jobs = run.recorder.jobs.iter().filter(|job| job.gone.is_none() && job.created.is_some());
    items.extend(jobs.filter_map(|record| job(run, setup, record, &pods)));
    let kept = pods.iter().filter(|(_, course)| !course.gone);
    let object = |(id, course): (&PodId, &DumpedPodCourse)| {
        pod_object(run, setup, course, (codes, world.containers_of(*id).as_deref()))
    };
    items.extend(kept.filter_map(object));
    items.extend(events.finish(run.end));
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
}

/// The names of the nodes that Pods were bound to; empty if the cluster has none.
fn nodes_of_pods(run: &RecordedRun) -> HashMap<PodId, String> {
    let Some(ledger) = &run.recorder.nodes else { return HashMap::new() };
    let names: HashMap<_, _> = ledger.joined().map(|(id, course)| (id, course.node.name.clone())).collect();
    let steps = ledger.course.iter();
    steps.filter_map(|step| Some((step.pod, names.get(&step.facts.node?)?.clone()))).collect()
}

impl DumpedPodCourse {
    fn follow(
        &mut self,
        (at, stamp): (SimTime, SimTime),
        before: Option<&Pod>,
        (now, gone): (&Pod, bool),
        codes: &ExitCodeTable,
    ) {
        self.gone |= gone;
        if now.bound {
            self.bound.get_or_insert(at);
        }
        if now.disruption_target {
            self.disrupted.get_or_insert(at);
        }
        let ran = before.is_some_and(is_running);
        if is_running(now) && !ran {
            self.runs.push((stamp, None));
        }
        if let (Containers::Terminated { finished_at, exit_codes }, Some((_, end @ None))) =
            (now.containers, self.runs.last_mut())
        {
            *end = Some((finished_at, codes.get(exit_codes).to_vec()));
        }
        self.pod = *now;
    }
}

/// The object of a Job as it stands: as it was written, with the current values of the fields that are edited most.
/// Edits of a suspended Job's template are not shown.
fn object_of(setup: &Setup, record: &JobRecord) -> Option<Value> {
    let mut object = match record.owner {
        Some((owner, Some(_))) => setup.cronjobs.get(owner.ix())?.object.job(&record.name).ok()?.object,
        _ => setup.jobs.get(record.id.ix())?.object.whole().object.clone(),
    };
    let facts = record.facts.as_ref()?;
    let spec = object.get_mut("spec")?;
    spec["parallelism"] = json!(facts.spec.parallelism);
    spec["suspend"] = json!(facts.spec.suspend);
    spec["backoffLimit"] = json!(facts.spec.backoff_limit);
    let now = &facts.spec;
    // An edit can also remove these.
    for (field, value) in [
        ("completions", now.completions.map(i64::from)),
        ("activeDeadlineSeconds", now.active_deadline_seconds),
        ("ttlSecondsAfterFinished", now.ttl_seconds_after_finished.map(i64::from)),
        ("maxFailedIndexes", now.max_failed_indexes.map(i64::from)),
    ] {
        match value {
            Some(value) => spec[field] = json!(value),
            None => drop(spec.as_object_mut()?.shift_remove(field)),
        }
    }
    spec["podReplacementPolicy"] = json!(now.pod_replacement_policy.as_str());
    Some(object)
}

fn job(run: &RecordedRun, setup: &Setup, record: &JobRecord, pods: &BTreeMap<PodId, DumpedPodCourse>) -> Option<Value> {
    let (mut object, facts) = (object_of(setup, record)?, record.facts.as_ref()?);
    let created = record.created_before.or(record.created)?;
    let meta = object.get_mut("metadata")?;
    meta["creationTimestamp"] = json!(rfc3339(created));
    meta["uid"] = json!(job_uid(record));
    if facts.deleting {
        // The record does not keep when the deletion began. Those who read a dump ask of a Job only whether there is a
        // time.
        meta["deletionTimestamp"] = json!(rfc3339(run.end));
    }
    if let Some((owner, scheduled)) = record.owner {
        let cronjob = &setup.cronjobs.get(owner.ix())?.object;
        meta["ownerReferences"] = json!([{
            "apiVersion": "batch/v1", "kind": "CronJob", "name": cronjob.name, "controller": true,
            "blockOwnerDeletion": true, "uid": uid_of(&cronjob.namespace, &format!("cronjob/{}", cronjob.name)),
        }]);
        if let Some(at) = scheduled {
            let at = rfc3339(WallClock::default().at(at));
            meta["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] = json!(at);
        }
    }
    let mut status = status_json(facts, record, run);
    let uids = |list: &[PodId]| -> Vec<String> {
        list.iter().filter_map(|id| Some(pod_uid(record, &pods.get(id)?.pod))).collect()
    };
    let uncounted = &facts.status.uncounted;
    let mut lists = json!({});
    for (name, list) in [("succeeded", &uncounted.succeeded[..]), ("failed", &uncounted.failed[..])] {
        if !list.is_empty() {
            lists[name] = json!(uids(list));
        }
    }
    status["uncountedTerminatedPods"] = lists;
    object["status"] = status;
    Some(object)
}

fn cronjob(run: &RecordedRun, setup: &Setup, place: usize) -> Option<Value> {
    let record = &run.recorder.cronjobs[place];
    let facts = record.facts.as_ref().filter(|facts| !facts.gone)?;
    let planned = setup.cronjobs.get(place)?;
    let mut object = planned.object.object.clone();
    let meta = object.get_mut("metadata")?;
    meta["creationTimestamp"] = json!(rfc3339(record.created_before.or(record.created)?));
    meta["uid"] = json!(uid_of(&record.namespace, &format!("cronjob/{}", record.name)));
    object["spec"]["suspend"] = json!(facts.spec.suspend);
    object["spec"]["schedule"] = json!(facts.spec.schedule);
    let mut status = json!({});
    if !facts.status.active.is_empty() {
        let active = facts.status.active.iter().map(|active| {
            let uid = run.recorder.job(active.job).map(job_uid);
            json!({"apiVersion": "batch/v1", "kind": "Job", "namespace": record.namespace, "name": &*active.name, "uid": uid})
        });
        status["active"] = active.collect();
    }
    let times = [
        ("lastScheduleTime", facts.status.last_schedule_time),
        ("lastSuccessfulTime", facts.status.last_successful_time),
    ];
    for (name, at) in times {
        if let Some(at) = at {
            status[name] = json!(rfc3339(at));
        }
    }
    object["status"] = status;
    Some(object)
}

/// The uid of a Job, which depends on its name alone, so that the same run gives the same bytes.
pub(super) fn job_uid(record: &JobRecord) -> String {
    uid_of(&record.namespace, &record.name)
}

/// The uid of a Pod. A CronJob or a user may create a Job of the same name again, and its Pods have the same names in
/// the model; the number of the Job tells them apart.
pub(super) fn pod_uid(record: &JobRecord, pod: &Pod) -> String {
    uid_of(&record.namespace, &format!("pod/{}/{}", pod_name(&record.name, pod), record.id.ix()))
}

fn pod_object(
    run: &RecordedRun,
    setup: &Setup,
    course: &DumpedPodCourse,
    (codes, each): (&ExitCodeTable, Option<&[ContainerView]>),
) -> Option<Value> {
    let record = run.recorder.job(course.job)?;
    let (facts, pod) = (record.facts.as_ref()?, &course.pod);
    let job = object_of(setup, record)?;
    let template = &job["spec"]["template"];
    let mut meta = template["metadata"].clone();
    if meta.is_null() {
        meta = json!({});
    }
    meta["name"] = json!(pod_name(&record.name, pod));
    meta["namespace"] = json!(record.namespace);
    meta["uid"] = json!(pod_uid(record, pod));
    meta["creationTimestamp"] = json!(rfc3339(pod.created.into()));
    meta["labels"]["batch.kubernetes.io/job-name"] = json!(record.name);
    meta["labels"]["batch.kubernetes.io/controller-uid"] = json!(job_uid(record));
    meta["ownerReferences"] = json!([{
        "apiVersion": "batch/v1", "kind": "Job", "name": record.name, "uid": job_uid(record),
        "controller": true, "blockOwnerDeletion": true,
    }]);
    if pod.finalizer {
        meta["finalizers"] = json!(["batch.kubernetes.io/job-tracking"]);
    }
    if let Some(index) = pod.index {
        meta["labels"][LABEL_COMPLETION_INDEX] = json!(index.to_string());
        meta["annotations"][LABEL_COMPLETION_INDEX] = json!(index.to_string());
    }
    if facts.spec.backoff_limit_per_index.is_some() {
        let counted = pod.index_failure_count.to_string();
        meta["annotations"]["batch.kubernetes.io/job-index-failure-count"] = json!(counted);
        if pod.index_ignored_failure_count > 0 {
            let ignored = pod.index_ignored_failure_count.to_string();
            meta["annotations"]["batch.kubernetes.io/job-index-ignored-failure-count"] = json!(ignored);
        }
    }
    if let Some(began) = pod.deletion_began {
        let grace = facts.spec.template.termination_grace_period_seconds;
        // The API has here when the grace period is over, not when the deletion began.
        meta["deletionTimestamp"] = json!(rfc3339(SimTime::from(began) + SimDuration::from_secs(grace)));
        meta["deletionGracePeriodSeconds"] = json!(grace);
    }
    let mut spec = template["spec"].clone();
    if pod.bound {
        spec["nodeName"] = json!(course.node.as_deref().unwrap_or("node-1"));
    }
    let status = pod_status(course, &facts.spec.template, (codes, each));
    Some(json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}))
}

fn pod_status(
    course: &DumpedPodCourse,
    template: &PodTemplate,
    (codes, each): (&ExitCodeTable, Option<&[ContainerView]>),
) -> Value {
    let pod = &course.pod;
    let mut status = json!({"phase": pod.phase.as_str()});
    let condition = |kind: &str, holds: bool, at: SimTime, reason: &str| {
        let mut condition = json!({
            "type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": rfc3339(at),
        });
        if !reason.is_empty() {
            condition["reason"] = json!(reason);
        }
        condition
    };
    let created = SimTime::from(pod.created);
    let mut conditions = Vec::new();
    match course.bound {
        Some(bound) => conditions.push(condition("PodScheduled", true, bound, "")),
        None => {
            let mut waits = condition("PodScheduled", false, created, "Unschedulable");
            waits["message"] = json!("0/1 nodes are available: 1 Insufficient cpu.");
            conditions.push(waits);
        }
    }
    match pod.ready {
        PodReady::True(since) => conditions.push(condition("Ready", true, since.into(), "")),
        PodReady::False(since) => conditions.push(condition("Ready", false, since.into(), "ContainersNotReady")),
        PodReady::Unset => {}
    }
    if let Some(at) = course.disrupted {
        // A Pod keeps that it was disrupted, not by what; an eviction is the most usual cause.
        conditions.push(condition("DisruptionTarget", true, at, "EvictionByEvictionAPI"));
    }
    status["conditions"] = json!(conditions);
    if pod.bound {
        if let Some(bound) = course.bound {
            status["startTime"] = json!(rfc3339(bound));
        }
        let (regular, init) = (&template.containers, &template.init_containers);
        match each {
            Some(each) => {
                // The world lists the regular containers first, then the init containers.
                let (views, of_init) = each.split_at(regular.len());
                status["containerStatuses"] =
                    regular.iter().zip(views).map(|(name, view)| container_of_view(name, view)).collect();
                if !init.is_empty() {
                    let of_init = init.iter().zip(of_init).map(|(name, view)| container_of_view(name, view));
                    status["initContainerStatuses"] = of_init.collect();
                }
            }
            None => {
                let each = regular.iter().enumerate();
                status["containerStatuses"] =
                    each.map(|(place, name)| container_of_course(course, place, name, codes)).collect();
            }
        }
    }
    status
}
