//! One instant of the world held against one of the record, and both as JSON for people. It steps no world.

use super::record::JobInstant;
use super::states::{is_job_equal, is_pod_equal, job_json, key_of, pod_json};
use crate::id::{JobId, PodId};
use crate::world::Store;
use serde_json::{Map, Value};

/// The only Job of a case.
pub const JOB: JobId = JobId(0);

/// What was written in the instant that is being gathered.
#[derive(Debug, Default)]
pub struct JobGathering {
    /// Whether the Job was.
    pub job: bool,
    /// How often.
    pub job_writes: u32,
    /// Which Pods were, each once, by key after [`JobGathering::close`].
    pub pods: Vec<PodId>,
    /// Events that were created, as text, sorted after [`JobGathering::close`].
    pub events: Vec<String>,
}

impl JobGathering {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        !self.job && self.pods.is_empty() && self.events.is_empty()
    }

    /// Begins the next instant.
    pub fn clear(&mut self) {
        (self.job, self.job_writes) = (false, 0);
        self.pods.clear();
        self.events.clear();
    }

    /// Ends the gathering.
    pub fn close(&mut self, store: &Store) {
        self.pods.sort_unstable_by_key(|&id| key_of(id, store));
        self.pods.dedup();
        self.events.sort_unstable();
    }
}

/// Whether the gathered instant is the recorded one.
pub fn is_equal(t_us: i64, got: &JobGathering, expected: &JobInstant, store: &Store) -> bool {
    t_us == expected.t_us
        && got.job == expected.job.is_some()
        && got.job_writes == expected.job_writes
        && expected.job.as_ref().is_none_or(|e| is_job_equal(JOB, e, store))
        && got.pods.len() == expected.pods.len()
        && got
            .pods
            .iter()
            .zip(&expected.pods)
            .all(|(&id, (key, state))| key_of(id, store) == *key && is_pod_equal(&store.pods[id.ix()], state, store))
        && got.events.len() == expected.events.len()
        && got.events.iter().zip(&expected.events).all(|(g, e)| g == e)
}

/// The gathered instant in the form of the records.
pub fn to_json(t_us: i64, got: &JobGathering, store: &Store) -> Value {
    let mut instant = Map::new();
    instant.insert("t_us".into(), t_us.into());
    if got.job {
        instant.insert("job".into(), job_json(JOB, store));
        instant.insert("job_writes".into(), got.job_writes.into());
    }
    if !got.pods.is_empty() {
        let pods = got.pods.iter().map(|&id| (key_of(id, store).to_string(), pod_json(&store.pods[id.ix()], store)));
        instant.insert("pods".into(), Value::Object(pods.collect()));
    }
    if !got.events.is_empty() {
        instant.insert("events".into(), got.events.clone().into());
    }
    Value::Object(instant)
}
