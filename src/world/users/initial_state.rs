//! Objects that exist with a status when a run begins, as if the controllers had worked before. What controllers hold
//! only in memory is as given; anything else is as after a restart. The lives of the Pods are continued in
//! [`crate::world::nodes`].

use super::{Action, Users};
use crate::api::{
    ActiveJob, Containers, CronJobStatus, InitialCronJobStatus, JobStatus, Pod, PodPhase, PodReady, PodScheduled,
};
use crate::apiserver::JobObject;
use crate::controller::job::BackoffRecord;
use crate::id::{CronJobId, JobId, PodId};
use crate::model::{ContainerSoFar, LifeSoFar, Workload};
use crate::time::{SimTime, WholeSecond};
use crate::world::env::Env;
use crate::world::nodes::{Nodes, placement};
use crate::world::store::ApiJob;
use std::sync::Arc;

/// The state in which a Job begins.
#[derive(Clone, Debug, Default)]
pub struct BeginsWith {
    /// Its status.
    pub status: Arc<JobStatus>,
    /// The CronJob that controls it.
    pub owner: Option<CronJobId>,
    /// When it was created in the cluster from which it was read.
    pub created: Option<SimTime>,
    /// Whether it is marked for deletion.
    pub deleting: bool,
    /// The consecutive failures that the controller holds in memory, if it is up.
    pub backoff: BackoffRecord,
    /// The Pods that exist: those that have not ended, and those that have ended but are not counted in the status yet.
    pub pods: Arc<[BegunPod]>,
    /// How many Pods it had before these, by completion index (`None` without indexes), so that numbering continues.
    pub pods_before: Arc<[(Option<u32>, u32)]>,
}

/// A Pod that exists when a run begins.
#[derive(Clone, Debug)]
pub struct BegunPod {
    /// The object. The exit codes of terminated containers are in `ended`.
    pub pod: Pod,
    /// When its last container ended, and the exit codes; `None` while a container has not ended.
    pub ended: Option<(WholeSecond, Vec<i32>)>,
    /// How far its life has progressed.
    pub so_far: LifeSoFar,
    /// How far its containers have progressed, first the regular and then the init containers; empty if they are not
    /// modelled one by one.
    pub each: Vec<ContainerSoFar>,
    /// The name of the node that it is bound to, in clusters with nodes.
    pub node: Option<Arc<str>>,
}

/// Creates the Pods of a Job that begins with some. The controller's caches have them at once.
pub(in crate::world) fn begin_pods<W: Workload>(env: &mut Env<W>, nodes: &mut Nodes, job: JobId, begins: &BeginsWith) {
    if !env.store.jobs[job].exists() {
        return;
    }
    for (index, count) in begins.pods_before.iter() {
        env.store.count_earlier_pods(job, *index, *count);
    }
    for begun in begins.pods.iter() {
        let containers = match &begun.ended {
            Some((finished_at, codes)) => {
                let exit_codes = env.codes.intern(codes);
                Containers::Terminated { finished_at: *finished_at, exit_codes }
            }
            None => begun.pod.containers,
        };
        let id = create_pod(env, job, Pod { containers, ..begun.pod }, begun);
        let is_lost = begun.pod.bound && !env.store.pods[id].pod.bound;
        match begun.pod.phase.is_terminal() {
            true => {}
            // Its node does not exist, so it waits for another.
            false if is_lost => nodes.pod_created(env, id),
            false => nodes.pod_began(env, id, (&begun.so_far, &begun.each)),
        }
    }
    env.publish_as_list();
}

/// Creates such a Pod in the store, in clusters with nodes bound to the node with its node's name.
fn create_pod<W: Workload>(env: &mut Env<W>, job: JobId, pod: Pod, begun: &BegunPod) -> PodId {
    let spec = env.store.jobs[job].spec.clone();
    // It was admitted before the run, so a quota or a missing priority class cannot refuse it now.
    let admitted = env.admit_by_quota(job, &spec).ok();
    let id = match env.config.nodes {
        None => env.store.create_pod(job, pod).0,
        Some(_) => {
            let mut placement = placement::of_new_pod(env, job, &spec).unwrap_or_default();
            let named = begun.node.as_ref().and_then(|name| env.store.node_of_name(name));
            if let Some(node) = named.filter(|_| pod.bound) {
                (placement.node, placement.scheduled, placement.is_gated) = (Some(node), PodScheduled::True, false);
                placement.start_time = Some((env.now() - begun.so_far.bound.unwrap_or_default()).into());
            }
            let pod = match placement.node.is_none() && pod.bound && !pod.phase.is_terminal() {
                true => Pod {
                    bound: false,
                    phase: PodPhase::Pending,
                    containers: Containers::Waiting,
                    ready: PodReady::Unset,
                    ..pod
                },
                false => pod,
            };
            env.store.create_placed_pod(job, pod, placement).0
        }
    };
    if let Some(admitted) = admitted {
        env.quotas.charge(id, admitted, &env.config.quotas);
    }
    id
}

/// Adds a Job that is created at an instant, with a status if it begins with one.
pub(in crate::world) fn add_job<W: Workload>(
    env: &mut Env<W>,
    users: &mut Users,
    (object, begins): (Arc<JobObject>, Option<&BeginsWith>),
    at: SimTime,
) -> JobId {
    let place = env.store.jobs.len() as u32;
    let owner = begins.and_then(|begins| begins.owner);
    let job = match owner {
        Some(owner) => ApiJob::owned(object, owner),
        None => ApiJob::new(object, place),
    };
    let id = env.admit_job(match begins {
        Some(begins) => job.that_began(begins.status.clone(), begins.created, begins.deleting),
        None => job,
    });
    if let Some(owner) = owner {
        env.store.cronjobs[owner].jobs.push(id);
    }
    users.plan(env, Action::CreateJob(id), at);
    id
}

/// Plans the creation of a CronJob, with a status if it begins with one. Of the active Jobs in that status, only those
/// that it controls are kept.
pub(in crate::world) fn plan_cronjob<W: Workload>(
    env: &mut Env<W>,
    users: &mut Users,
    (id, begins): (CronJobId, Option<&InitialCronJobStatus>),
    at: SimTime,
) {
    if let Some(begins) = begins {
        let jobs = env.store.cronjobs[id].jobs.iter().map(|&job| (job, env.store.jobs[job].name.clone()));
        let active = jobs.filter(|(_, name)| begins.active.iter().any(|known| **known == **name));
        let active = active.map(|(job, name)| ActiveJob { job, name }).collect();
        let cronjob = &mut env.store.cronjobs[id];
        assert!(cronjob.created.is_none(), "only a CronJob that will be created begins with a status");
        cronjob.created_before = begins.created;
        cronjob.deleting = begins.deleting;
        cronjob.status = CronJobStatus {
            active,
            last_schedule_time: begins.last_schedule_time,
            last_successful_time: begins.last_successful_time,
        };
    }
    users.plan(env, Action::CreateCronJob(id), at);
}
