//! The API server's errors about `spec.schedule` and `spec.timeZone` of a CronJob.
//!
//! Source: `validateScheduleFormat` and `validateTimeZone` of `pkg/apis/batch/validation`.

use crate::apiserver::{ErrorType, FieldError};
use crate::cron::Location;
use crate::cron::Schedule;
use serde_json::Value;

/// The longest segment of a zone's name.
const LONGEST_PART: usize = 14;

/// The errors about a schedule. `zone_allowed`: the stored object already has a zone in its schedule, and may keep it
/// unless `time_zone` is set too.
#[doc(alias = "validateScheduleFormat")]
pub fn schedule_errors(field: &str, schedule: &str, time_zone: Option<&str>, zone_allowed: bool) -> Vec<FieldError> {
    if schedule.is_empty() {
        return vec![FieldError::new(ErrorType::Required, field, Value::Null, "")];
    }
    let invalid = |detail: String| FieldError::new(ErrorType::Invalid, field, schedule.into(), detail);
    let mut errors: Vec<FieldError> = Schedule::parse(schedule).err().map(invalid).into_iter().collect();
    if schedule.contains("TZ") {
        let detail = match zone_allowed {
            false => "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
            true if time_zone.is_some() => "cannot use both timeZone field and TZ or CRON_TZ in schedule",
            true => return errors,
        };
        errors.push(invalid(detail.to_owned()));
    }
    errors
}

/// The errors about a time zone.
#[doc(alias = "validateTimeZone")]
pub fn time_zone_errors(field: &str, time_zone: Option<&str>) -> Vec<FieldError> {
    let Some(name) = time_zone else { return Vec::new() };
    let invalid = |detail: &str| FieldError::new(ErrorType::Invalid, field, name.into(), detail);
    if name.is_empty() {
        return vec![invalid("timeZone must be nil or non-empty string")];
    }
    if !name.split('/').all(is_sound_part) {
        return vec![invalid(&format!("unknown time zone {name}"))];
    }
    let mut errors = Vec::new();
    if name.eq_ignore_ascii_case("Local") {
        errors.push(invalid("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"));
    }
    errors.extend(Location::load(name).err().map(|why| invalid(&why)));
    errors
}

/// Whether a segment of a name has a form that the makers of the database allow.
fn is_sound_part(part: &str) -> bool {
    let is_sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    let length = (1..=LONGEST_PART).contains(&part.len());
    length && !part.starts_with('-') && !matches!(part, "." | "..") && part.bytes().all(is_sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_in_the_schedule_is_borne_only_where_it_was() {
        let texts = |zone, allowed| -> Vec<String> {
            let errors = schedule_errors("spec.schedule", "TZ=UTC 0 0 * * *", zone, allowed);
            errors.iter().map(ToString::to_string).collect()
        };
        let quoted = "spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use";
        assert_eq!(texts(None, true), Vec::<String>::new());
        assert_eq!(texts(Some("UTC"), true), [format!("{quoted} both timeZone field and TZ or CRON_TZ in schedule")]);
        assert_eq!(texts(None, false), [format!("{quoted} TZ or CRON_TZ in schedule, use timeZone field instead")]);
    }

    #[test]
    fn zones_are_judged_by_form_then_by_name() {
        let first = |zone| time_zone_errors("spec.timeZone", Some(zone)).first().map(|e| e.detail.clone());
        assert_eq!(first("Etc/GMT+5"), None);
        for zone in ["../etc", "/UTC", "-UTC", "Europe/.", "Europe/Par is", "Nowhere", "Abcdefghijklmno"] {
            assert_eq!(first(zone), Some(format!("unknown time zone {zone}")));
        }
        assert_eq!(first("a..b"), Some("time: invalid location name".to_owned()));
        assert_eq!(time_zone_errors("spec.timeZone", Some("local")).len(), 2);
        assert_eq!(time_zone_errors("spec.timeZone", Some("Local")).len(), 1);
    }
}
