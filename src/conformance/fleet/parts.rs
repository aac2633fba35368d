//! What the instants of clusters with several Jobs have in common: names, counts of writes, and Events, compared with
//! recorded ones and as JSON for people. Each corpus decides which of these its instants have.

use super::record::{ListedJob, PodName};
use crate::apiserver::JobObject;
use crate::conformance::histories::record::{RecordedJob, RecordedKey};
use crate::conformance::histories::script::Scripts;
use crate::conformance::histories::states::{is_job_equal, job_json, key_of};
use crate::id::{JobId, PodId};
use crate::world::{PodKey, Store};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// The object of a listed Job, and how its Pods behave.
///
/// # Errors
/// The object is not a Job; the message says why.
pub fn job_of(listed: ListedJob) -> Result<(Arc<JobObject>, Scripts), String> {
    let object = JobObject::from_value(&listed.job);
    let object = object.map_err(|errors| format!("the Job {:?} is invalid: {errors:?}", listed.name))?;
    Ok((Arc::new(object), Scripts::new(listed.pods, listed.default_pod)))
}

/// The Pod that an action names.
///
/// # Errors
/// The text is not a key.
pub fn pod_key(text: &str) -> Result<PodKey, String> {
    let key = RecordedKey::parse(text).ok_or_else(|| format!("{text:?} is no Pod key (INDEX/ATTEMPT or ORDINAL)"))?;
    Ok(key.into())
}

/// Counts a write of an object.
pub fn count_write<I: Copy + PartialEq>(list: &mut Vec<(I, u32)>, id: I) {
    match list.iter_mut().find(|(known, _)| *known == id) {
        Some((_, writes)) => *writes += 1,
        None => list.push((id, 1)),
    }
}

/// The name of a Job.
pub fn job_name(id: JobId, store: &Store) -> &str {
    &store.jobs[id].name
}

/// The name of a Pod in the records.
pub fn pod_name(id: PodId, store: &Store) -> PodName<'_> {
    PodName(job_name(store.pods[id].job, store), key_of(id, store))
}

/// Whether the written Jobs, and the number of writes of each, are as recorded.
pub fn are_jobs_equal(
    got: &[(JobId, u32)],
    states: &[(&str, RecordedJob)],
    writes: &[(&str, u32)],
    store: &Store,
) -> bool {
    let names = got.iter().map(|&(id, writes)| (job_name(id, store), writes));
    let mut both = got.iter().zip(states);
    names.eq(writes.iter().copied())
        && got.len() == states.len()
        && both.all(|(&(id, _), (name, state))| job_name(id, store) == *name && is_job_equal(id, state, store))
}

/// Whether the Events, sorted by object, are as recorded.
pub fn are_events_equal(got: &[(String, String)], expected: &[(&str, Vec<Cow<str>>)]) -> bool {
    let texts = expected.iter().flat_map(|(about, texts)| texts.iter().map(move |text| (*about, &**text)));
    got.iter().map(|(about, text)| (&**about, &**text)).eq(texts)
}

/// Adds the Jobs, if there are any, to the JSON of an instant.
pub fn enter_jobs(instant: &mut Map<String, Value>, jobs: &[(JobId, u32)], store: &Store) {
    if !jobs.is_empty() {
        let states = jobs.iter().map(|&(id, _)| (job_name(id, store).to_owned(), job_json(id, store)));
        instant.insert("jobs".into(), Value::Object(states.collect()));
        let writes = jobs.iter().map(|&(id, writes)| (job_name(id, store).to_owned(), json!(writes)));
        instant.insert("job_writes".into(), Value::Object(writes.collect()));
    }
}

/// Adds the Pods, each in the form of its corpus.
pub fn enter_pods(
    instant: &mut Map<String, Value>,
    pods: &[PodId],
    store: &Store,
    pod_json: impl Fn(PodId, &Store) -> Value,
) {
    if !pods.is_empty() {
        let pods = pods.iter().map(|&id| {
            let PodName(job, key) = pod_name(id, store);
            (format!("{job}/{key}"), pod_json(id, store))
        });
        instant.insert("pods".into(), Value::Object(pods.collect()));
    }
}

/// Adds the Events.
pub fn enter_events(instant: &mut Map<String, Value>, events: &[(String, String)]) {
    if !events.is_empty() {
        let mut by_object = Map::new();
        for (about, text) in events {
            let list = by_object.entry(about).or_insert_with(|| json!([]));
            list.as_array_mut().into_iter().for_each(|list| list.push(json!(text)));
        }
        instant.insert("events".into(), Value::Object(by_object));
    }
}
