//! Priority classes, and how admission applies them to Pods.

use super::rules::formats::dns_subdomain;
use crate::api::PodSchedulingSpec;

/// A PriorityClass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityClass {
    /// `metadata.name`.
    pub name: String,
    /// `value`.
    pub value: i32,
    /// `globalDefault`: whether it applies to Pods without a class.
    pub is_global_default: bool,
    /// Whether `preemptionPolicy` is `Never`.
    pub never_preempts: bool,
}

/// The largest value of a user-defined class. Source: `HighestUserDefinablePriority`.
const HIGHEST_PRIORITY: i32 = 1_000_000_000;

impl PriorityClass {
    /// Whether it is one of the classes that every cluster has.
    pub fn is_of_system(&self) -> bool {
        SYSTEM_CLASSES.contains(&(&self.name, self.value))
    }

    /// What is wrong with it: the field and the reason. Source: `ValidatePriorityClass` of
    /// `pkg/apis/scheduling/validation`.
    pub fn complaint(&self) -> Option<(&'static str, String)> {
        let PriorityClass { name, value, .. } = self;
        if let Some(why) = dns_subdomain(name).first() {
            return Some(("name", format!("{name:?} is no name: {why}")));
        }
        if name.starts_with("system-") && !self.is_of_system() {
            return Some(("name", format!("{name:?}: names that begin with system- are the cluster's own")));
        }
        if *value > HIGHEST_PRIORITY && !self.is_of_system() {
            return Some(("value", format!("{value}: at most {HIGHEST_PRIORITY}")));
        }
        None
    }
}

/// The classes that every cluster has. Source: `pkg/apis/scheduling/helpers.go`.
const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// Sets a Pod's priority from its class.
///
/// # Errors
/// If the class does not exist; the API server's message about a Pod with this name.
pub(crate) fn admit(spec: &mut PodSchedulingSpec, classes: &[PriorityClass], pod: &str) -> Result<(), String> {
    let name = &spec.priority_class_name;
    if name.is_empty() {
        // Of several global defaults the lowest one applies.
        let default = classes.iter().filter(|c| c.is_global_default).min_by_key(|c| c.value);
        if let Some(class) = default {
            (spec.priority, spec.never_preempts) = (class.value, spec.never_preempts || class.never_preempts);
        }
        return Ok(());
    }
    if let Some(&(_, value)) = SYSTEM_CLASSES.iter().find(|(system, _)| system == name) {
        spec.priority = value;
        return Ok(());
    }
    let class = classes.iter().find(|c| c.name == *name);
    let class =
        class.ok_or_else(|| format!("pods {pod:?} is forbidden: no PriorityClass with name {name} was found"))?;
    (spec.priority, spec.never_preempts) = (class.value, spec.never_preempts || class.never_preempts);
    Ok(())
}
