//! Rules for `spec.scheduling` of stored Jobs. Its feature gate is off, so a new Job loses the field; only a Job that
//! was stored with it keeps it.
//!
//! Source: the declared rules of `JobSchedulingConfiguration` in `k8s.io/api/batch/v1`, and the recorded answers.

use super::{Errors, at, given, int};
use serde_json::Value;

const VARIANT: &str = "the basic/gang policy variant is immutable after creation; only schedulingPolicy.gang.minCount may \
    be updated";

/// Rules for the spec of a Job that replaces `old`: those for the field itself, then those about changes.
pub(super) fn updated(spec: &Value, old: &Value, errors: &mut Errors) {
    let Some(before) = given(old, "scheduling") else { return };
    let Some(now) = given(spec, "scheduling") else {
        return errors.invalid("spec.scheduling", Value::Null, "field cannot be cleared once set");
    };
    own(now, int(spec, "parallelism").unwrap_or(1), errors);
    if now != before {
        changed(now, before, errors);
    }
}

/// Rules for the field itself, changed or not.
fn own(scheduling: &Value, parallelism: i64, errors: &mut Errors) {
    let gang = at(scheduling, &["schedulingPolicy", "gang"]);
    let least = gang.and_then(|gang| int(gang, "minCount"));
    // A Job that is paused with parallelism 0 keeps its gang.
    if let Some(least) = least.filter(|least| parallelism > 0 && *least > parallelism) {
        let detail = format!("must not be greater than parallelism ({parallelism})");
        errors.invalid("spec.scheduling.schedulingPolicy.gang.minCount", least, detail);
    }
    if at(scheduling, &["disruptionMode", "all"]).is_some() && gang.is_none() {
        let detail = "the disruptionMode `all` is not supported with the Basic scheduling policy";
        errors.invalid("spec.scheduling.disruptionMode", Value::Null, detail);
    }
}

/// The variant of the policy has its own rule; every change is rejected because the feature gate is off.
fn changed(now: &Value, before: &Value, errors: &mut Errors) {
    let variant = |scheduling: &Value| {
        let has = |name: &str| at(scheduling, &["schedulingPolicy", name]).is_some();
        match (has("basic"), has("gang")) {
            (true, false) => Some("basic"),
            (false, true) => Some("gang"),
            _ => None,
        }
    };
    if let (Some(now), Some(before)) = (variant(now), variant(before))
        && now != before
    {
        errors.invalid("spec.scheduling.schedulingPolicy", Value::Null, VARIANT);
    }
    errors.forbidden("spec.scheduling", "");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fields_own_error_comes_before_that_it_changed() {
        let gang = |least: i64| json!({"schedulingPolicy": {"gang": {"minCount": least}}});
        let (least, all) = ("spec.scheduling.schedulingPolicy.gang.minCount", "spec.scheduling.disruptionMode");
        let (policy, whole) = ("spec.scheduling.schedulingPolicy", "spec.scheduling");
        let all_of_basic = json!({"schedulingPolicy": {"basic": {}}, "disruptionMode": {"all": {}}});
        for (before, now, paths) in [
            (gang(2), gang(2), vec![]),
            (gang(2), gang(1), vec![whole]),
            (gang(2), gang(5), vec![least, whole]),
            (gang(5), gang(5), vec![least]),
            (json!({"schedulingPolicy": {"basic": {}}}), gang(5), vec![least, policy, whole]),
            (gang(2), all_of_basic.clone(), vec![all, policy, whole]),
            (all_of_basic.clone(), all_of_basic, vec![all]),
            (gang(2), Value::Null, vec![whole]),
        ] {
            let mut errors = Errors::default();
            let spec = json!({"parallelism": 2, "scheduling": now});
            updated(&spec, &json!({"parallelism": 2, "scheduling": before}), &mut errors);
            let found: Vec<&str> = errors.0.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(found, paths, "{before} -> {spec}");
        }
    }
}
