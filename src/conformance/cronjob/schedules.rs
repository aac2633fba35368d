//! The corpus `cron-schedule`: a schedule, a zone and an instant, with the times that follow or the error.

use super::{RecordedTime, text_of};
use crate::apiserver::FieldError;
use crate::apiserver::rules::schedule::{schedule_errors, time_zone_errors};
use crate::cron::Schedule;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

/// How many times a record lists.
const LISTED: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleRecord {
    #[serde(rename = "corpus")]
    _corpus: IgnoredAny,
    #[serde(rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    schedule: String,
    #[serde(rename = "timeZone")]
    time_zone: Option<String>,
    from: RecordedTime,
    #[serde(default)]
    next: Value,
    #[serde(default)]
    never: Value,
    #[serde(default)]
    error: Value,
    #[serde(default, rename = "apiRejects")]
    api_rejects: Value,
}

/// Compares a record with what the parser, its schedule and the API's validation return.
///
/// # Errors
/// The record is not a case of this corpus.
pub fn schedules(record: &Value) -> Result<Option<(Value, Value)>, String> {
    let record = ScheduleRecord::deserialize(record).map_err(|e| e.to_string())?;
    let mut got = Map::new();
    match Schedule::of_cronjob(&record.schedule, record.time_zone.as_deref()) {
        Err(text) => drop(got.insert("error".into(), text.into())),
        Ok(schedule) => {
            let from = record.from.unix();
            let times: Vec<String> = schedule.after(from).take(LISTED).map(text_of).collect();
            if times.len() < LISTED {
                got.insert("never".into(), true.into());
            }
            if !times.is_empty() {
                got.insert("next".into(), times.into());
            }
        }
    }
    if let Some(text) = rejection(&record) {
        got.insert("apiRejects".into(), text.into());
    }
    let fields =
        [("error", record.error), ("next", record.next), ("never", record.never), ("apiRejects", record.api_rejects)];
    let expected: Map<String, Value> =
        fields.into_iter().filter(|f| !f.1.is_null()).map(|(name, value)| (name.to_owned(), value)).collect();
    Ok((got != expected).then(|| (json!(expected), json!(got))))
}

/// The message with which the API refuses to create such a CronJob.
fn rejection(record: &ScheduleRecord) -> Option<String> {
    let zone = record.time_zone.as_deref();
    let mut errors = schedule_errors("spec.schedule", &record.schedule, zone, false);
    errors.extend(time_zone_errors("spec.timeZone", zone));
    let texts: Vec<String> = errors.iter().map(FieldError::to_string).collect();
    match texts.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        more => Some(format!("[{}]", more.join(", "))),
    }
}
