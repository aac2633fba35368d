//! The corpus `cronjob-missed`: which start is due at an instant, and when the controller would look again.

use super::{RecordedTime, text_of};
use crate::controller::cronjob::{Due, InvalidSchedule, Missed, Since, most_recent, next_look};
use crate::cron::Schedule;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MissedRecord {
    #[serde(rename = "corpus")]
    _corpus: IgnoredAny,
    #[serde(rename = "id")]
    _id: IgnoredAny,
    schedule: String,
    time_zone: Option<String>,
    creation_timestamp: RecordedTime,
    last_schedule_time: Option<RecordedTime>,
    starting_deadline_seconds: Option<i64>,
    now: RecordedTime,
    #[serde(default)]
    due: Value,
    missed: String,
    error: Option<String>,
    #[serde(default)]
    wake: Value,
}

/// Compares a record with the controller's calculation.
///
/// # Errors
/// The record is not a case of this corpus.
pub fn missed(record: &Value) -> Result<Option<(Value, Value)>, String> {
    let record = MissedRecord::deserialize(record).map_err(|e| e.to_string())?;
    let schedule = Schedule::of_cronjob(&record.schedule, record.time_zone.as_deref())?;
    let since = Since {
        created: record.creation_timestamp.unix(),
        last_scheduled: record.last_schedule_time.map(|t| t.unix()),
        deadline: record.starting_deadline_seconds,
    };
    let now = record.now.unix();
    let due = most_recent(&schedule, &since, now, true);
    let got = to_json(due, next_look(&schedule, &since, now).map(woken));
    let expected = json!({
        "due": record.due, "missed": record.missed, "error": record.error.is_some(), "wake": record.wake,
    });
    let expected: Map<String, Value> = expected
        .as_object()
        .into_iter()
        .flatten()
        .filter(|f| !f.1.is_null())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    Ok((got != expected).then(|| (json!(expected), json!(got))))
}

/// The wake-up after a scheduled time: a tenth of a second later.
fn woken(unix: i64) -> String {
    text_of(unix).replace('Z', ".1Z")
}

fn to_json(due: Result<Due, InvalidSchedule>, wake: Option<String>) -> Map<String, Value> {
    let mut got = Map::new();
    if let Ok(Due { at: Some(at), .. }) = due {
        got.insert("due".into(), text_of(at).into());
    }
    let missed = match due.map_or(Missed::None, |d| d.missed) {
        Missed::None => "none",
        Missed::Few => "few",
        Missed::Many => "many",
    };
    got.insert("missed".into(), missed.into());
    got.insert("error".into(), due.is_err().into());
    got.extend(wake.map(|w| ("wake".to_owned(), w.into())));
    got
}
