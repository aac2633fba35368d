//! Rules for `spec.scheduling` of stored Jobs. Its feature gate is off, so new Jobs lose the field and only those that
//! were stored with it keep it.
//!
//! Source: the declared rules of `JobSchedulingConfiguration` in `k8s.io/api/batch/v1`, and the recorded answers.

use super::{Errors, given, int, member};
use serde_json::Value;

const VARIANT: &str = "the basic/gang policy variant is immutable after creation; only schedulingPolicy.gang.minCount may \
    be updated";

/// Rules for the spec of a Job that replaces `old`.
pub(super) fn updated(spec: &Value, old: &Value, errors: &mut Errors) {
    let Some(before) = given(old, "scheduling") else { return };
    let Some(now) = given(spec, "scheduling") else {
        return errors.invalid("spec.scheduling", Value::Null, "field cannot be cleared once set");
    };
    if now != before {
        return changed(now, before, errors);
    }
    let policy = member(now, "schedulingPolicy");
    let least = policy.get("gang").and_then(|gang| int(gang, "minCount"));
    let parallelism = int(spec, "parallelism").unwrap_or(1);
    // A Job that is paused at parallelism 0 keeps its gang.
    if let Some(least) = least.filter(|least| parallelism > 0 && *least > parallelism) {
        let detail = format!("must not be greater than parallelism ({parallelism})");
        errors.invalid("spec.scheduling.schedulingPolicy.gang.minCount", least, detail);
    }
    let disrupts_all = member(now, "disruptionMode").get("all").is_some();
    if disrupts_all && policy.get("gang").is_none() {
        let detail = "the disruptionMode `all` is not supported with the Basic scheduling policy";
        errors.invalid("spec.scheduling.disruptionMode", Value::Null, detail);
    }
}

fn changed(now: &Value, before: &Value, errors: &mut Errors) {
    let variant = |scheduling: &Value| {
        let policy = member(scheduling, "schedulingPolicy");
        match (policy.get("basic").is_some(), policy.get("gang").is_some()) {
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
