//! The seam to the rules for Pod templates: where a Job's rules ask for those of its template.

use super::FieldError;
use serde_json::Value;

/// Sets the defaults of a template.
pub(crate) fn set_defaults(_template: &mut Value) {}

/// Rules for a template at a path; `old` is the one that it replaces.
pub(crate) fn validate(_template: &Value, _old: Option<&Value>, _path: &str, _errors: &mut Vec<FieldError>) {}

/// Warnings about a template at a path.
pub(crate) fn warnings(_template: &Value, _path: &str) -> Vec<String> {
    Vec::new()
}
