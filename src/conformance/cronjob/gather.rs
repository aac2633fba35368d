//! Gathers what a world shows of one CronJob into the instants, the final state and the Events of a record. It judges
//! nothing.

use super::text_of;
use crate::api::CronJobStatus;
use crate::controller::cronjob::DeletionReason;
use crate::cron::Location;
use crate::id::{CronJobId, JobId};
use crate::record::{CronNotice, Observation};
use crate::time::{SimTime, WallClock};
use crate::world::Store;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The only CronJob of a case.
pub(super) const CRONJOB: CronJobId = CronJobId(0);

/// What was gathered.
#[derive(Debug, Default)]
pub(super) struct CronJobGathering {
    /// Changes in the current instant.
    changes: Vec<Value>,
    /// The status before it.
    before: CronJobStatus,
    /// Deletions that the controller asked for in this instant.
    deletions: Vec<(JobId, DeletionReason)>,
    /// How many writes of each Job were seen.
    writes: Vec<u32>,
    /// Jobs whose end was shown.
    finished: Vec<JobId>,
    /// Events by controller process and identity.
    events: BTreeMap<(u32, bool, &'static str, Option<String>), CronNotice>,
    processes: u32,
    /// Acts that were refused: their numbers and the messages.
    pub refusals: Vec<(u32, String)>,
    /// Jobs created since they were last taken.
    pub born: Vec<JobId>,
}

impl CronJobGathering {
    /// Takes an observation into the instant.
    pub fn take(&mut self, observation: Observation, store: &Store) {
        match observation {
            Observation::Job(id) => self.job_written(id, store),
            Observation::JobDeleted(id, reason) => self.deletions.push((id, reason)),
            Observation::CronEmitted(_, e) => {
                let kind = if e.warning { "Warning" } else { "Normal" };
                self.changes.push(json!(["E", kind, e.reason, e.message]));
            }
            Observation::CronNotice(notice) => {
                let message = (!notice.combined).then(|| notice.emission.message.clone());
                let key = (self.processes, notice.emission.warning, notice.emission.reason, message);
                self.events.insert(key, *notice);
            }
            Observation::CronJob(id) if store.cronjobs[id].gone => self.changes.push(json!(["cj-gone"])),
            Observation::ActRefused(number, text) => self.refusals.push((number, text)),
            Observation::ControllersUp => self.processes += 1,
            _ => {}
        }
    }

    fn job_written(&mut self, id: JobId, store: &Store) {
        let job = &store.jobs[id];
        if self.writes.len() <= id.ix() {
            self.writes.resize(id.ix() + 1, 0);
        }
        self.writes[id.ix()] += 1;
        // The store is read at the end of the step, and by then the Job may have been written again.
        let is_last = self.writes[id.ix()] == job.writes;
        if job.gone && is_last {
            let asked = self.deletions.iter().position(|d| d.0 == id).map(|at| self.deletions.remove(at).1);
            let why = match asked {
                Some(DeletionReason::History) => "history",
                Some(DeletionReason::Replace) => "replace",
                None => "user",
            };
            return self.changes.push(json!(["-", &*job.name, why]));
        }
        if self.writes[id.ix()] == 1 {
            self.born.push(id);
            self.changes.push(match job.scheduled {
                Some(unix) => json!(["+", &*job.name, local_text(unix, store)]),
                None => json!(["+", &*job.name, null, "user"]),
            });
        }
        if let Some(condition) = job.status.finished()
            && !self.finished.contains(&id)
        {
            self.finished.push(id);
            self.changes.push(json!(["=", &*job.name, condition.condition_type.as_str()]));
        }
    }

    /// Ends the instant: its changes, sorted as text; `None` if nothing changed.
    pub fn close(&mut self, store: &Store, clock: WallClock) -> Vec<Value> {
        let cronjob = &store.cronjobs[CRONJOB];
        if cronjob.exists() && cronjob.status != self.before {
            self.changes.extend(difference(&self.before, &cronjob.status, clock));
            self.before.clone_from(&cronjob.status);
        }
        sorted(std::mem::take(&mut self.changes))
    }

    /// The Events in the API, as the records list them.
    pub fn event_objects(&self, clock: WallClock) -> Vec<Value> {
        let objects = self.events.values().map(|notice| {
            let kind = if notice.emission.warning { "Warning" } else { "Normal" };
            let prefix = if notice.combined { "(combined from similar events): " } else { "" };
            let message = format!("{prefix}{}", notice.emission.message);
            let at = |t: SimTime| text_of(clock.unix(t));
            json!([kind, notice.emission.reason, message, notice.count, at(notice.first), at(notice.last)])
        });
        sorted(objects.collect())
    }
}

/// Values sorted as text.
pub(super) fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_cached_key(Value::to_string);
    values
}

/// The annotation with the scheduled time: in the CronJob's zone.
fn local_text(unix: i64, store: &Store) -> String {
    let zone = store.cronjobs[CRONJOB].spec.time_zone.as_deref().unwrap_or_default();
    let offset = Location::load(zone).map_or(0, |zone| zone.segment(unix).offset);
    let local = text_of(unix + offset);
    if zone_is_utc(zone) {
        return local;
    }
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    match offset {
        0 => local,
        _ => format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes / 60, minutes % 60),
    }
}

fn zone_is_utc(zone: &str) -> bool {
    matches!(zone, "" | "UTC")
}

fn difference(before: &CronJobStatus, after: &CronJobStatus, clock: WallClock) -> Option<Value> {
    let mut fields = Map::new();
    let names = |status: &CronJobStatus| -> Vec<String> { status.active.iter().map(|a| a.name.to_string()).collect() };
    let (old, new) = (names(before), names(after));
    if old != new {
        let mut rest = new.clone();
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        for name in old {
            match rest.iter().position(|n| *n == name) {
                Some(at) => kept.push(rest.remove(at)),
                None => removed.push(name),
            }
        }
        if new.starts_with(&kept) {
            let added = &new[kept.len()..];
            if !removed.is_empty() {
                fields.insert("rm".into(), json!(removed));
            }
            if !added.is_empty() {
                fields.insert("add".into(), json!(added));
            }
        } else {
            fields.insert("active".into(), json!(new));
        }
    }
    for (name, old, new) in [
        ("sched", before.last_schedule_time, after.last_schedule_time),
        ("succ", before.last_successful_time, after.last_successful_time),
    ] {
        if old != new {
            fields.insert(name.into(), new.map_or(Value::Null, |t| text_of(clock.unix(t)).into()));
        }
    }
    (!fields.is_empty()).then(|| json!(["S", fields]))
}

/// The final state, as the records have it.
pub(super) fn last_state(store: &Store, clock: WallClock) -> Value {
    let mut jobs: Vec<&str> = store.jobs.iter().filter(|j| j.exists()).map(|j| &*j.name).collect();
    jobs.sort_unstable();
    let cronjob = &store.cronjobs[CRONJOB];
    if cronjob.gone {
        return json!({"jobs": jobs, "status": null});
    }
    let mut status = Map::new();
    let active: Vec<&str> = cronjob.status.active.iter().map(|a| &*a.name).collect();
    status.insert("active".into(), json!(active));
    for (name, time) in [
        ("lastScheduleTime", cronjob.status.last_schedule_time),
        ("lastSuccessfulTime", cronjob.status.last_successful_time),
    ] {
        status.extend(time.map(|t| (name.to_owned(), text_of(clock.unix(t)).into())));
    }
    json!({"jobs": jobs, "status": status})
}
