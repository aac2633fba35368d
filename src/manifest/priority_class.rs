//! Priority classes in manifests. Their effect on Pods is part of admission.

use crate::apiserver::PriorityClass;
use crate::apiserver::decode::decode;
use crate::apiserver::rules::{flag, int, member, text};
use crate::text::{ReadError, TreeNode};

/// Reads a PriorityClass of scheduling.k8s.io/v1.
///
/// # Errors
/// Everything that is wrong with it, with places.
pub fn priority_class(object: &TreeNode) -> Result<PriorityClass, Vec<ReadError>> {
    let (json, complaints) = decode(object, "PriorityClass");
    if !complaints.is_empty() {
        return Err(complaints.types.into_iter().chain(complaints.unknown).collect());
    }
    let policy = text(&json, "preemptionPolicy");
    let class = PriorityClass {
        name: text(member(&json, "metadata"), "name").to_owned(),
        value: int(&json, "value").and_then(|value| i32::try_from(value).ok()).unwrap_or(0),
        is_global_default: flag(&json, "globalDefault").unwrap_or(false),
        never_preempts: policy == "Never",
    };
    if !["", "Never", "PreemptLowerPriority"].contains(&policy) {
        let why = format!("{policy:?} is neither Never nor PreemptLowerPriority");
        return Err(vec![object.at_path("preemptionPolicy").error("preemptionPolicy", why)]);
    }
    match class.complaint() {
        None => Ok(class),
        Some((field, why)) => {
            let path = if field == "name" { "metadata.name" } else { field };
            Err(vec![object.at_path(path).error(path, why)])
        }
    }
}
