//! Writes of users and webhooks to a Job's status. Refusals are observed. What the Job controller writes to it is in
//! [`crate::world::controllers`].

use super::action::JobRef;
use super::perform::{find, job_not_found};
use crate::apiserver::refusal;
use crate::limits::MOST_CONDITIONS;
use crate::model::Workload;
use crate::record::Observation;
use crate::text::thousands;
use crate::world::env::Env;
use serde_json::Value;

/// Patches the status of a Job.
///
/// # Errors
/// What the API server answers if there is no such Job.
pub(super) fn patch<W: Workload>(env: &mut Env<W>, job: &JobRef, patch: &Value) -> Result<(), String> {
    let Some(id) = find(env, job)? else { return Ok(()) };
    let job = &env.store.jobs[id];
    if !job.exists() {
        return Err(job_not_found(&job.name));
    }
    match job.whole().patch_status(&job.status, patch, env.now()) {
        Ok(status) if status.conditions.len() > MOST_CONDITIONS => {
            let most = thousands(MOST_CONDITIONS as u64);
            let text = format!("{:?}: the simulation keeps at most {most} conditions of a Job", job.name);
            env.log.push(Observation::Refused(id, text));
        }
        Ok(status) => env.store.patch_status(id, &status),
        Err(errors) => {
            let text = refusal("Job.batch", &job.name, &errors);
            env.log.push(Observation::Refused(id, text));
        }
    }
    Ok(())
}
