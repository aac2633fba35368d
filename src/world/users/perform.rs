//! Performs users' actions on objects. Edits pass through the API server's validation; refusals are observed. When an
//! action is due is decided in [`super`].

use super::action::{Action, JobRef, NodeAction, NodeRef, PodKey, Propagation, Validation};
use super::{pods, status};
use crate::api::{CompletionIndex, Pod};
use crate::apiserver::{CronJobPatchOutcome, JobObject, PatchOutcome, refusal};
use crate::id::{CronJobId, JobId, NodeId, PodId};
use crate::model::Workload;
use crate::record::{DeletionCause, Observation, pod_name};
use crate::time::WholeSecond;
use crate::world::controllers::garbage_collector;
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::nodes::Nodes;
use crate::world::store::{ApiCronJob, ApiJob};
use serde_json::Value;
use std::sync::Arc;

/// Performs an action; a refusal is observed with its `number`.
///
/// # Panics
/// If the action starts or stops controllers.
pub(in crate::world) fn perform<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, number: u32, action: Action) {
    let done = match action {
        Action::CreateJob(id) => create_job(env, id),
        Action::CreateCronJob(id) => create_cronjob(env, id),
        Action::SubmitJob(object, owner) => submit_job(env, object, owner),
        Action::PatchJob(job, patch) => find(env, &job).map(|job| {
            if let Some(job) = job {
                patch_job(env, job, &patch);
            }
        }),
        Action::PatchJobStatus(job, patch) => status::patch(env, &job, &patch),
        Action::DeleteJob(job, propagation) => find(env, &job).and_then(|job| match job {
            Some(job) => delete_job(env, job, propagation),
            None => Ok(()),
        }),
        Action::WriteJobStatus(job, status) => {
            env.store.write_status(job, &status);
            Ok(())
        }
        Action::DeletePod(job, key) => find(env, &job).and_then(|job| match job {
            Some(job) => delete_pod(env, nodes, job, key),
            None => Ok(()),
        }),
        Action::ForceDeletePod(job, key) => {
            existing_pod(env, &job, key).map(|pod| nodes.force_delete_pod(env, pod, DeletionCause::Disrupted))
        }
        Action::Pods(selection, action) => pods::act(env, nodes, number, &selection, action),
        Action::EvictPod(job, key) => existing_pod(env, &job, key).map(|pod| nodes.evict(env, pod)),
        Action::PatchPod(job, key, patch) => existing_pod(env, &job, key).and_then(|pod| patch_pod(env, pod, &patch)),
        Action::Node(node, action) => find_node(env, &node).and_then(|id| act_on_node(env, nodes, id, action)),
        Action::PatchCronJob(id, patch, validation) => patch_cronjob(env, id, &patch, validation),
        Action::DeleteCronJob(id, propagation) => delete_cronjob(env, id, propagation),
        Action::DeleteNamespace(name) => delete_namespace(env, name),
        Action::RestartControllers(_) | Action::StartControllers | Action::StopControllers => {
            unreachable!("the dispatcher starts and stops controllers")
        }
    };
    if let Err(text) = done {
        env.log.push(Observation::ActRefused(number, text));
    }
}

/// Creates a CronJob that was added to the world.
///
/// # Errors
/// Its namespace was deleted.
fn create_cronjob<W: Workload>(env: &mut Env<W>, id: CronJobId) -> Result<(), String> {
    let cronjob = &env.store.cronjobs[id];
    check_namespace(env, &cronjob.object.namespace, &format!("cronjobs.batch {:?}", cronjob.name))?;
    let now = env.now();
    env.store.create_cronjob(id, now);
    if env.store.cronjobs[id].deleting {
        env.collect_cronjob_later(id);
    }
    Ok(())
}

/// Checks that `what` can be created in a namespace.
fn check_namespace<W>(env: &Env<W>, namespace: &str, what: &str) -> Result<(), String> {
    let is_closed = env.store.closed_namespaces.iter().any(|closed| **closed == *namespace);
    let why = "unable to create new content in namespace";
    if is_closed {
        Err(format!("{what} is forbidden: {why} {namespace} because it is being terminated"))
    } else {
        Ok(())
    }
}

/// Deletes everything in a namespace, as the namespace controller does: in the background, so objects are gone at once,
/// and their Pods follow. Source: `pkg/controller/namespace/deletion/namespaced_resources_deleter.go` of v1.37.
///
/// # Errors
/// The namespace contains nothing.
fn delete_namespace<W: Workload>(env: &mut Env<W>, name: Arc<str>) -> Result<(), String> {
    let cronjobs: Vec<CronJobId> = env.store.cronjobs.entries().map(|(id, _)| id).collect();
    let is_in = |namespace: &str| *namespace == *name;
    let cronjobs: Vec<CronJobId> = cronjobs
        .into_iter()
        .filter(|&id| env.store.cronjobs[id].exists() && is_in(&env.store.cronjobs[id].object.namespace))
        .collect();
    let jobs = env.store.jobs.entries().filter(|(_, job)| job.exists() && is_in(job.namespace()));
    let jobs: Vec<JobId> = jobs.map(|(id, _)| id).collect();
    if jobs.is_empty() && cronjobs.is_empty() {
        return Err(format!("namespaces {name:?}: there is nothing in it to delete"));
    }
    env.store.closed_namespaces.push(name);
    cronjobs.into_iter().for_each(|id| garbage_collector::delete_cronjob_in_background(env, id));
    for id in jobs {
        garbage_collector::delete_job_in_background(env, id);
    }
    Ok(())
}

/// Creates a Job that was added to the world.
///
/// # Errors
/// Another Job has its name, or its namespace was deleted.
fn create_job<W: Workload>(env: &mut Env<W>, id: JobId) -> Result<(), String> {
    let job = &env.store.jobs[id];
    check_namespace(env, job.namespace(), &format!("jobs.batch {:?}", job.name))?;
    if env.store.find_job(job.namespace(), &job.name).is_some() {
        return Err(format!("jobs.batch {:?} already exists", job.name));
    }
    let now = env.now();
    env.store.create_job(id, now);
    if env.store.jobs[id].deleting {
        env.collect_later(Event::CollectPods(id));
    }
    Ok(())
}

/// The Job that an action refers to; `None` if a schedule has not created it.
///
/// # Errors
/// What the API server answers if no Job has the name in the reference.
pub(super) fn find<W>(env: &Env<W>, job: &JobRef) -> Result<Option<JobId>, String> {
    match job {
        JobRef::Id(id) => Ok(Some(*id)),
        JobRef::Created(cronjob, n) => Ok(env.store.nth_job_of(*cronjob, *n)),
        JobRef::Named(name) => {
            let has_name = |(_, job): &(JobId, &ApiJob)| job.exists() && *job.name == **name;
            let found = env.store.jobs.entries().filter(has_name).last();
            found.map(|(id, _)| Some(id)).ok_or_else(|| job_not_found(name))
        }
        JobRef::NameOfScheduled(cronjob, n) => {
            let jobs = env.store.cronjobs[*cronjob].jobs.iter().map(|&job| &env.store.jobs[job]);
            let mut scheduled = jobs.filter(|job| job.scheduled.is_some());
            let n = (*n as usize).checked_sub(1);
            let Some(job) = n.and_then(|n| scheduled.nth(n)) else { return Ok(None) };
            let found = env.store.find_job(job.namespace(), &job.name);
            found.map(Some).ok_or_else(|| job_not_found(&job.name))
        }
    }
}

pub(super) fn job_not_found(name: &str) -> String {
    format!("jobs.batch {name:?} not found")
}

/// The Pod of a Job with a key, even if it is gone.
fn find_pod<W>(env: &Env<W>, job: JobId, key: PodKey) -> Option<PodId> {
    let mut pods = env.store.jobs[job].pods.iter().copied();
    pods.find(|&id| {
        let pod = env.store.pods[id].identity();
        (pod.index, pod.attempt) == (key.index, key.attempt)
    })
}

/// The Pod of a Job with a key, if it exists.
///
/// # Errors
/// What the API server answers if there is no such Job or Pod.
fn existing_pod<W>(env: &Env<W>, job: &JobRef, key: PodKey) -> Result<PodId, String> {
    let job = find(env, job)?.ok_or_else(|| "pods not found: there was no such Job".to_owned())?;
    existing_pod_of(env, job, key)
}

/// The Pod of a Job with a key, if it exists.
///
/// # Errors
/// What the API server answers if there is none.
fn existing_pod_of<W>(env: &Env<W>, job: JobId, key: PodKey) -> Result<PodId, String> {
    let is_there = |id: &PodId| !env.store.pods[*id].gone;
    find_pod(env, job, key).filter(is_there).ok_or_else(|| {
        let mut pod = Pod::new(WholeSecond::default(), None, 0, 0);
        (pod.index, pod.ordinal) = (key.index.and_then(|index| CompletionIndex::new(index as i32)), key.attempt);
        format!("pods {:?} not found", pod_name(&env.store.jobs[job].name, &pod))
    })
}

/// Applies a JSON merge patch to a Pod. It can remove scheduling gates, and change nothing else about the Pod's
/// scheduling.
///
/// # Errors
/// Why the API server refuses the patch.
fn patch_pod<W: Workload>(env: &mut Env<W>, pod: PodId, patch: &Value) -> Result<(), String> {
    let Some(gates) = patch["spec"].get("schedulingGates") else {
        return Err("only spec.schedulingGates of a Pod can be patched here".to_owned());
    };
    let is_gated = gates.as_array().is_some_and(|gates| !gates.is_empty());
    let before = env.store.placement(pod);
    if is_gated && !before.is_gated {
        return Err("spec.schedulingGates: gates can be taken away only".to_owned());
    }
    if before.is_gated != is_gated {
        env.store.update_placement(pod, |placement| placement.is_gated = is_gated);
    }
    Ok(())
}

/// The node that an action refers to.
///
/// # Errors
/// What the API server answers if there is no such node.
fn find_node<W>(env: &Env<W>, node: &NodeRef) -> Result<NodeId, String> {
    let mut existing = env.store.nodes.entries().filter(|(_, node)| node.exists());
    let (found, name) = match node {
        NodeRef::Id(id) => (existing.find(|(other, _)| other == id), &*env.store.nodes[*id].node.name),
        NodeRef::Named(name) => (existing.find(|(_, node)| *node.node.name == **name), &**name),
    };
    found.map(|(id, _)| id).ok_or_else(|| format!("nodes {name:?} not found"))
}

fn act_on_node<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, id: NodeId, action: NodeAction) -> Result<(), String> {
    match action {
        NodeAction::Cordon(unschedulable) => nodes.cordon(env, id, unschedulable),
        NodeAction::Drain => nodes.drain(env, id),
        NodeAction::ShutDown(grace) => nodes.shut_down(env, id, grace),
        NodeAction::Delete => nodes.delete_node(env, id),
        NodeAction::Report(true) => nodes.report_again(env, id),
        NodeAction::Report(false) => nodes.silence(env, id),
        NodeAction::Taint { set, removed } => nodes.taint(env, id, &set, &removed),
        NodeAction::Patch(patch) => nodes.patch_node(env, id, &patch)?,
    }
    Ok(())
}

fn patch_job<W: Workload>(env: &mut Env<W>, id: JobId, patch: &Value) {
    let job = &env.store.jobs[id];
    if !job.exists() {
        let text = job_not_found(&job.name);
        return env.log.push(Observation::Refused(id, text));
    }
    match job.whole().merge_patch(patch, &job.status) {
        Ok(PatchOutcome::Unchanged) => {}
        Ok(PatchOutcome::Changed(object)) => env.store.edit_job(id, Arc::from(object)),
        Err(errors) => {
            let text = refusal("Job.batch", &job.name, &errors);
            env.log.push(Observation::Refused(id, text));
        }
    }
}

/// Deletes a Job; in the foreground, one that is marked already is left as it is.
fn delete_job<W: Workload>(env: &mut Env<W>, id: JobId, propagation: Propagation) -> Result<(), String> {
    let job = &env.store.jobs[id];
    if !job.exists() {
        return Err(job_not_found(&job.name));
    }
    match propagation {
        Propagation::Foreground => garbage_collector::mark_job(env, id),
        Propagation::Background => garbage_collector::delete_job_in_background(env, id),
    };
    Ok(())
}

/// Deletes a Pod.
fn delete_pod<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, job: JobId, key: PodKey) -> Result<(), String> {
    let pod = existing_pod_of(env, job, key)?;
    nodes.delete_pod(env, pod, DeletionCause::Disrupted);
    Ok(())
}

fn submit_job<W: Workload>(env: &mut Env<W>, object: Arc<JobObject>, owner: Option<CronJobId>) -> Result<(), String> {
    if env.store.find_job(&object.namespace, &object.name).is_some() {
        return Err(format!("jobs.batch {:?} already exists", object.name));
    }
    match owner {
        Some(owner) => {
            garbage_collector::create_owned_job(env, ApiJob::owned(object, owner), owner);
        }
        None => {
            let place = env.store.jobs.len() as u32;
            let id = env.admit_job(ApiJob::new(object, place));
            let now = env.now();
            env.store.create_job(id, now);
        }
    }
    Ok(())
}

fn existing_cronjob<W>(env: &Env<W>, id: CronJobId) -> Result<&ApiCronJob, String> {
    let cronjob = &env.store.cronjobs[id];
    if cronjob.exists() { Ok(cronjob) } else { Err(format!("cronjobs.batch {:?} not found", cronjob.name)) }
}

fn patch_cronjob<W: Workload>(
    env: &mut Env<W>,
    id: CronJobId,
    patch: &Value,
    validation: Validation,
) -> Result<(), String> {
    let cronjob = existing_cronjob(env, id)?;
    let patched = match validation {
        Validation::On => cronjob.object.merge_patch(patch),
        Validation::Off => cronjob.object.merge_patch_unvalidated(patch),
    };
    match patched.map_err(|errors| refusal("CronJob.batch", &cronjob.name, &errors))? {
        CronJobPatchOutcome::Unchanged => {}
        CronJobPatchOutcome::Changed(object) => env.store.edit_cronjob(id, Arc::from(object)),
    }
    Ok(())
}

fn delete_cronjob<W: Workload>(env: &mut Env<W>, id: CronJobId, propagation: Propagation) -> Result<(), String> {
    existing_cronjob(env, id)?;
    match propagation {
        Propagation::Foreground => garbage_collector::mark_cronjob(env, id),
        Propagation::Background => garbage_collector::delete_cronjob_in_background(env, id),
    }
    Ok(())
}
