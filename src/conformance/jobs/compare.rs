//! One instant of a single Job's world: gathered, compared with the recorded one, and as JSON for people. It does not
//! step the world.

use super::record::JobInstant;
use crate::conformance::histories::replay::{Gathering, refusal_text};
use crate::conformance::histories::states::{event_text, is_job_equal, is_pod_equal, job_json, key_of, pod_json};
use crate::id::{JobId, PodId};
use crate::model::Workload;
use crate::record::Observation;
use crate::world::{Store, World};
use serde_json::{Map, Value};

/// The only Job of a case.
pub const JOB: JobId = JobId(0);

/// What was written in the current instant.
#[derive(Debug, Default)]
pub struct JobGathering {
    /// How often the Job was written.
    job_writes: u32,
    /// The Pods that were written, each once and by key after [`Gathering::close`].
    pods: Vec<PodId>,
    /// Events that were created, as text, sorted after [`Gathering::close`].
    events: Vec<String>,
    /// Edits that were refused, over the whole history.
    pub refusals: Vec<String>,
}

impl Gathering for JobGathering {
    type Recorded<'a> = JobInstant<'a>;

    fn gather<W: Workload>(&mut self, world: &mut World<W>) {
        for observation in world.env.log.drain(..) {
            match observation {
                Observation::Job(_) => self.job_writes += 1,
                Observation::Pod(id) => self.pods.push(id),
                Observation::Notice(n) if !n.repeated => {
                    self.events.extend(event_text(JOB, n.emission, &world.env.store))
                }
                Observation::Refused(_, text) => self.refusals.push(refusal_text(&text).to_owned()),
                _ => {}
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.job_writes == 0 && self.pods.is_empty() && self.events.is_empty()
    }

    fn close(&mut self, store: &Store) {
        self.pods.sort_unstable_by_key(|&id| key_of(id, store));
        self.pods.dedup();
        self.events.sort_unstable();
    }

    fn clear(&mut self) {
        self.job_writes = 0;
        self.pods.clear();
        self.events.clear();
    }

    fn is_equal(&self, t_us: i64, recorded: &JobInstant<'_>, store: &Store) -> bool {
        t_us == recorded.t_us
            && (self.job_writes > 0) == recorded.job.is_some()
            && self.job_writes == recorded.job_writes
            && recorded.job.as_ref().is_none_or(|e| is_job_equal(JOB, e, store))
            && self.pods.len() == recorded.pods.len()
            && self
                .pods
                .iter()
                .zip(&recorded.pods)
                .all(|(&id, (key, state))| key_of(id, store) == *key && is_pod_equal(&store.pods[id], state, store))
            && self.events.len() == recorded.events.len()
            && self.events.iter().zip(&recorded.events).all(|(g, e)| g == e)
    }

    fn to_json(&self, t_us: i64, store: &Store) -> Value {
        let mut instant = Map::new();
        instant.insert("t_us".into(), t_us.into());
        if self.job_writes > 0 {
            instant.insert("job".into(), job_json(JOB, store));
            instant.insert("job_writes".into(), self.job_writes.into());
        }
        if !self.pods.is_empty() {
            let pods = self.pods.iter().map(|&id| (key_of(id, store).to_string(), pod_json(&store.pods[id], store)));
            instant.insert("pods".into(), Value::Object(pods.collect()));
        }
        if !self.events.is_empty() {
            instant.insert("events".into(), self.events.clone().into());
        }
        Value::Object(instant)
    }
}
