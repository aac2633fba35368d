//! The garbage collector, and the deletions that it finishes. In the foreground it deletes a marked Job's Pods, and the
//! Job when none is left; likewise a marked CronJob's Jobs, and then the CronJob. In the background it deletes the
//! dependents of owners that are gone. It does not know what the objects do.

use crate::id::{CronJobId, JobId, PodId};
use crate::model::Workload;
use crate::record::DeletionCause;
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::nodes::Nodes;
use crate::world::store::ApiJob;

/// Marks a Job for deletion in the foreground; `false` if it does not exist or is already marked.
pub(in crate::world) fn mark_job<W: Workload>(env: &mut Env<W>, id: JobId) -> bool {
    let is_marked = env.store.mark_job(id);
    if is_marked {
        env.collect_later(Event::CollectPods(id));
    }
    is_marked
}

/// Deletes a Job in the background: it is gone at once, even if it was marked for deletion in the foreground, and its
/// Pods follow. `false` if it does not exist.
pub(in crate::world) fn delete_job_in_background<W: Workload>(env: &mut Env<W>, id: JobId) -> bool {
    let exists = env.store.jobs[id].exists();
    if exists {
        env.store.remove_job(id);
        env.collect_later(Event::CollectOrphans(id));
    }
    exists
}

/// Marks a CronJob for deletion in the foreground.
pub(in crate::world) fn mark_cronjob<W: Workload>(env: &mut Env<W>, id: CronJobId) {
    env.store.mark_cronjob(id);
    env.collect_cronjob_later(id);
}

/// Deletes a CronJob in the background: it is gone at once, and its Jobs follow.
pub(in crate::world) fn delete_cronjob_in_background<W: Workload>(env: &mut Env<W>, id: CronJobId) {
    env.store.remove_cronjob(id);
    env.collect_later(Event::CollectJobs(id));
}

/// Creates a Job that a CronJob controls. By now the CronJob may be gone, or marked for deletion.
pub(in crate::world) fn create_owned_job<W: Workload>(env: &mut Env<W>, job: ApiJob, owner_id: CronJobId) -> JobId {
    assert_eq!(job.owner, Some(owner_id), "the Job names its owner");
    let id = env.admit_job(job);
    let now = env.now();
    env.store.create_job(id, now);
    let owner = &mut env.store.cronjobs[owner_id];
    owner.jobs.push(id);
    let (gone, deleting) = (owner.gone, owner.deleting);
    if gone {
        env.collect_later(Event::CollectOwned(id));
    } else if deleting {
        env.collect_cronjob_later(owner_id);
    }
    id
}

/// Plans the deletion of a Pod that was created after its Job was gone.
pub(super) fn pod_created_without_owner<W: Workload>(env: &mut Env<W>, pod: PodId) {
    env.collect_later(Event::CollectPod(pod));
}

/// Deletes the Pods of a marked Job, or the Job if it has none.
pub(in crate::world) fn collect_pods<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, id: JobId) {
    if env.store.jobs[id].pods_live == 0 {
        return env.collect_later(Event::CollectJob(id));
    }
    collect_orphans(env, nodes, id);
}

/// Deletes the Pods of a Job that is marked for deletion, or gone.
pub(in crate::world) fn collect_orphans<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, id: JobId) {
    for n in 0..env.store.jobs[id].pods.len() {
        let pod = env.store.jobs[id].pods[n];
        collect_pod(env, nodes, pod);
    }
}

/// Deletes a Pod whose Job is marked for deletion, or gone.
pub(in crate::world) fn collect_pod<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, pod: PodId) {
    if !env.store.pods[pod].gone {
        let job = env.store.pods[pod].job;
        let cause = if env.store.jobs[job].exists() { DeletionCause::JobDeleted } else { DeletionCause::JobGone };
        nodes.delete_pod(env, pod, cause);
        env.publish();
    }
}

/// Removes the Job if it is marked for deletion and has no Pods.
pub(in crate::world) fn collect_job<W: Workload>(env: &mut Env<W>, id: JobId) {
    let job = &env.store.jobs[id];
    if job.exists() && job.deleting && job.pods_live == 0 {
        env.store.remove_job(id);
    }
}

/// Deletes the Jobs of a marked CronJob, in the foreground if they have Pods; or the CronJob itself if it has no Jobs.
/// Source: garbagecollector.go, `attemptToDeleteItem` and `processDeletingDependentsItem`.
pub(in crate::world) fn collect_cronjob<W: Workload>(env: &mut Env<W>, owner: CronJobId) {
    if !env.store.cronjobs[owner].exists() {
        return;
    }
    let jobs = existing_jobs(env, owner);
    if jobs.is_empty() {
        env.store.remove_cronjob(owner);
    }
    for id in jobs {
        let job = &env.store.jobs[id];
        match (job.deleting, job.pods_live) {
            (true, _) => {}
            (false, 0) => assert!(delete_job_in_background(env, id), "the Job exists"),
            (false, _) => assert!(mark_job(env, id), "the Job exists and is not marked"),
        }
        env.publish();
    }
}

/// The existing Jobs of a CronJob, in the order of their creation.
fn existing_jobs<W>(env: &Env<W>, owner: CronJobId) -> Vec<JobId> {
    let mut jobs = env.store.cronjobs[owner].jobs.clone();
    jobs.retain(|&id| env.store.jobs[id].exists());
    jobs.sort_by_key(|&id| env.store.jobs[id].order);
    jobs
}

/// Deletes the Jobs of a CronJob that is gone, except those that are already being deleted.
pub(in crate::world) fn collect_jobs<W: Workload>(env: &mut Env<W>, owner: CronJobId) {
    if env.config.only_cronjobs {
        return;
    }
    for id in existing_jobs(env, owner) {
        collect_owned(env, id);
    }
}

/// Deletes a Job whose CronJob is gone, unless it is already being deleted.
pub(in crate::world) fn collect_owned<W: Workload>(env: &mut Env<W>, id: JobId) {
    if !env.store.jobs[id].deleting && !env.config.only_cronjobs {
        delete_job_in_background(env, id);
        env.publish();
    }
}
