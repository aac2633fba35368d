//! The status of a CronJob in a cluster, parsed so that a run can begin with it.

use super::initial_job_status::time;
use crate::api::InitialCronJobStatus;
use crate::apiserver::FieldError;
use crate::apiserver::rules::{list, text};
use crate::apiserver::server_fields::Taken;
use crate::text::time_text::instant;
use serde_json::Value;

/// Parses what was taken from an object that comes from a cluster.
///
/// # Errors
/// Times that the virtual clock does not reach.
pub(crate) fn read(seen: &Taken) -> Result<InitialCronJobStatus, Vec<FieldError>> {
    let status = seen.status.as_ref().unwrap_or(&Value::Null);
    let mut errors = Vec::new();
    let mut time = |name: &str| time(status, name, &mut errors);
    let (last_schedule_time, last_successful_time) = (time("lastScheduleTime"), time("lastSuccessfulTime"));
    let created = instant(&seen.created);
    let metadata = seen.written.iter().filter_map(|text| instant(text));
    let latest = metadata.chain(last_schedule_time).chain(last_successful_time).max().unwrap_or_default();
    let active = list(status, "active").iter().map(|reference| text(reference, "name").to_owned()).collect();
    match errors.is_empty() {
        true => Ok(InitialCronJobStatus {
            created,
            last_schedule_time,
            last_successful_time,
            active,
            latest,
            deleting: seen.deleting,
        }),
        false => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_status_is_read() {
        let status = json!({
            "lastScheduleTime": "2026-03-01T10:00:00Z", "lastSuccessfulTime": "2026-03-01T09:51:00Z",
            "active": [{"kind": "Job", "name": "nightly-1"}],
        });
        let created = "2026-02-01T00:00:00Z".to_owned();
        let seen = Taken { status: Some(status), written: vec![created.clone()], created, ..Taken::default() };
        let starting = read(&seen).unwrap();
        assert_eq!(starting.created, instant("2026-02-01T00:00:00Z"));
        assert_eq!((starting.last_schedule_time, starting.active.len()), (instant("2026-03-01T10:00:00Z"), 1));
        assert_eq!(Some(starting.latest), starting.last_schedule_time);
        let status = Some(json!({"lastScheduleTime": "1999-01-01T00:00:00Z"}));
        let errors = read(&Taken { status, ..Taken::default() }).unwrap_err();
        assert!(errors[0].to_string().starts_with("status.lastScheduleTime: Invalid value: "), "{errors:?}");
    }
}
