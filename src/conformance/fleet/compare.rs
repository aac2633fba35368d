//! One instant of a fleet: gathered, compared with the recorded one, and as JSON for people. It does not step the
//! world.

use super::parts::{
    are_events_equal, are_jobs_equal, count_write, enter_events, enter_jobs, enter_pods, job_name, pod_name,
};
use super::record::{FleetInstant, RecordedCronJob};
use crate::conformance::histories::replay::{Gathering, refusal_text};
use crate::conformance::histories::states::{event_text, is_pod_equal, pod_json, time_json};
use crate::controller::cronjob::CronEmission;
use crate::id::{CronJobId, JobId, PodId};
use crate::model::Workload;
use crate::record::{CronNotice, Notice, Observation};
use crate::time::SimTime;
use crate::world::{ApiCronJob, Store, World};
use serde_json::{Map, Value, json};

/// What was written in the current instant.
#[derive(Debug, Default)]
pub struct FleetGathering {
    /// Jobs, and how often each was written; by name after [`Gathering::close`].
    pub jobs: Vec<(JobId, u32)>,
    /// CronJobs, in the same form.
    pub cronjobs: Vec<(CronJobId, u32)>,
    /// Pods, each once and by name after [`Gathering::close`].
    pub pods: Vec<PodId>,
    /// Events that were created, by object and as text; sorted after [`Gathering::close`].
    pub events: Vec<(String, String)>,
    /// Edits that were refused, over the whole history.
    pub refusals: Vec<String>,
    /// The numbers of edits of CronJobs, and the CronJobs.
    pub edits: Vec<(u32, CronJobId)>,
}

impl FleetGathering {
    /// An edit was refused.
    fn refuse(&mut self, kind: &str, name: &str, text: &str) {
        self.refusals.push(format!("{kind}/{name}: {}", refusal_text(text)));
    }

    /// An Event about a Job was created.
    fn notice(&mut self, notice: Notice, store: &Store) {
        if let Some(text) = event_text(notice.job, notice.emission, store) {
            self.events.push((format!("Job/{}", job_name(notice.job, store)), text));
        }
    }

    /// An Event about a CronJob was created.
    fn cron_notice(&mut self, notice: &CronNotice, store: &Store) {
        let CronEmission { warning, reason, message } = &notice.emission;
        let kind = if *warning { "Warning" } else { "Normal" };
        let combined = if notice.combined { "(combined from similar events): " } else { "" };
        let about = format!("CronJob/{}", store.cronjobs[notice.cronjob].name);
        self.events.push((about, format!("{kind} {reason}: {combined}{message}")));
    }
}

impl Gathering for FleetGathering {
    type Recorded<'a> = FleetInstant<'a>;

    fn gather<W: Workload>(&mut self, world: &mut World<W>) {
        let store = &world.env.store;
        for observation in world.env.log.drain(..) {
            match observation {
                Observation::Job(id) => count_write(&mut self.jobs, id),
                Observation::Pod(id) => self.pods.push(id),
                Observation::Notice(n) if !n.repeated => self.notice(n, store),
                Observation::CronJob(id) => count_write(&mut self.cronjobs, id),
                Observation::CronNotice(notice) if notice.count == 1 => self.cron_notice(&notice, store),
                Observation::Refused(id, text) => self.refuse("Job", &store.jobs[id].name, &text),
                Observation::ActRefused(number, text) => {
                    if let Some(&(_, id)) = self.edits.iter().find(|(edit, _)| *edit == number) {
                        self.refuse("CronJob", &store.cronjobs[id].name, &text);
                    }
                }
                _ => {}
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.cronjobs.is_empty() && self.pods.is_empty() && self.events.is_empty()
    }

    fn close(&mut self, store: &Store) {
        self.jobs.sort_unstable_by_key(|(id, _)| job_name(*id, store));
        self.cronjobs.sort_unstable_by_key(|(id, _)| &store.cronjobs[*id].name);
        self.pods.sort_unstable_by_key(|&id| pod_name(id, store));
        self.pods.dedup();
        self.events.sort_unstable();
    }

    fn clear(&mut self) {
        self.jobs.clear();
        self.cronjobs.clear();
        self.pods.clear();
        self.events.clear();
    }

    fn is_equal(&self, t_us: i64, recorded: &FleetInstant<'_>, store: &Store) -> bool {
        t_us == recorded.t_us
            && are_jobs_equal(&self.jobs, &recorded.jobs, &recorded.job_writes, store)
            && are_cronjobs_equal(self, recorded, store)
            && are_pods_equal(self, recorded, store)
            && are_events_equal(&self.events, &recorded.events)
    }

    fn to_json(&self, t_us: i64, store: &Store) -> Value {
        let mut instant = Map::new();
        instant.insert("t_us".into(), t_us.into());
        enter_jobs(&mut instant, &self.jobs, store);
        if !self.cronjobs.is_empty() {
            let cronjobs = || self.cronjobs.iter().map(|&(id, writes)| (&store.cronjobs[id], writes));
            let states = cronjobs().map(|(c, _)| (c.name.to_string(), cronjob_json(c)));
            instant.insert("cronjobs".into(), Value::Object(states.collect()));
            let writes = cronjobs().map(|(c, writes)| (c.name.to_string(), json!(writes)));
            instant.insert("cronjob_writes".into(), Value::Object(writes.collect()));
        }
        enter_pods(&mut instant, &self.pods, store, fleet_pod_json);
        enter_events(&mut instant, &self.events);
        Value::Object(instant)
    }
}

fn are_cronjobs_equal(got: &FleetGathering, expected: &FleetInstant, store: &Store) -> bool {
    let cronjobs = || got.cronjobs.iter().map(|&(id, writes)| (&store.cronjobs[id], writes));
    cronjobs().map(|(c, writes)| (&*c.name, writes)).eq(expected.cronjob_writes.iter().copied())
        && got.cronjobs.len() == expected.cronjobs.len()
        && cronjobs()
            .zip(&expected.cronjobs)
            .all(|((c, _), (name, state))| *c.name == **name && is_cronjob_equal(c, state))
}

fn is_cronjob_equal(got: &ApiCronJob, expected: &RecordedCronJob) -> bool {
    if got.gone || expected.gone {
        return got.gone && expected.gone;
    }
    let seconds = |t: Option<SimTime>| t.map(SimTime::as_secs);
    got.status.active.iter().map(|a| &*a.name).eq(expected.active.iter().map(|name| &**name))
        && seconds(got.status.last_schedule_time) == expected.last_schedule_time.map(|t| t.0)
        && seconds(got.status.last_successful_time) == expected.last_successful_time.map(|t| t.0)
}

fn cronjob_json(cronjob: &ApiCronJob) -> Value {
    if cronjob.gone {
        return json!({"gone": true});
    }
    let mut state = Map::new();
    let active: Vec<&str> = cronjob.status.active.iter().map(|a| &*a.name).collect();
    if !active.is_empty() {
        state.insert("active".into(), json!(active));
    }
    let times = [
        ("lastScheduleTime", cronjob.status.last_schedule_time),
        ("lastSuccessfulTime", cronjob.status.last_successful_time),
    ];
    state.extend(times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), time_json(time?)))));
    Value::Object(state)
}

fn are_pods_equal(got: &FleetGathering, expected: &FleetInstant, store: &Store) -> bool {
    got.pods.len() == expected.pods.len()
        && got.pods.iter().zip(&expected.pods).all(|(&id, (name, state))| {
            let pod = &store.pods[id];
            let is_bound = pod.gone || pod.pod.bound == state.bound;
            pod_name(id, store) == *name && is_bound && is_pod_equal(pod, state, store)
        })
}

/// A Pod in the form of the records, here with `bound`.
fn fleet_pod_json(id: PodId, store: &Store) -> Value {
    let pod = &store.pods[id];
    let mut state = pod_json(pod, store);
    if let Value::Object(fields) = &mut state
        && pod.pod.bound
        && !pod.gone
    {
        fields.insert("bound".into(), true.into());
    }
    state
}
