//! The API server's rules for Jobs and CronJobs beyond types: what is refused, with which error on which field, in its
//! order. They read objects that are decoded and defaulted, so types are right and the rules need not look again.
//!
//! Source: `pkg/apis/batch/validation`, `k8s.io/apimachinery/pkg/api/validation` of Kubernetes v1.37. Not here: what is
//! in a Pod template.

pub(crate) mod cronjob;
pub(crate) mod indexes;
pub(crate) mod job;
pub(crate) mod meta;
pub(crate) mod names;
mod policies;
pub(crate) mod schedule;
mod scheduling;
pub(crate) mod selector;
pub(crate) mod status;
pub(crate) mod update;

use super::{ErrorType, FieldError};
use serde_json::Value;
use std::collections::HashSet;

/// Errors that are gathered, with the constructors that the rules are written in.
#[derive(Debug, Default)]
pub(crate) struct Errors(pub Vec<FieldError>);

impl Errors {
    fn push(&mut self, error_type: ErrorType, field: impl Into<String>, value: Value, detail: impl Into<String>) {
        self.0.push(FieldError::new(error_type, field, value, detail));
    }

    /// The errors, each told once, as the server does.
    fn once(self) -> Vec<FieldError> {
        let mut told: HashSet<String> = HashSet::new();
        self.0.into_iter().filter(|error| told.insert(error.to_string())).collect()
    }

    fn invalid(&mut self, field: impl Into<String>, value: impl Into<Value>, detail: impl Into<String>) {
        self.push(ErrorType::Invalid, field, value.into(), detail);
    }

    fn required(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.push(ErrorType::Required, field, Value::Null, detail);
    }

    fn forbidden(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        self.push(ErrorType::Forbidden, field, Value::Null, detail);
    }

    fn not_supported(&mut self, field: impl Into<String>, value: &str, supported: &[&str]) {
        let quoted: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        self.push(ErrorType::NotSupported, field, value.into(), format!("supported values: {}", quoted.join(", ")));
    }

    fn too_many(&mut self, field: impl Into<String>, count: usize, most: usize) {
        self.push(ErrorType::TooMany, field, count.into(), format!("must have at most {most} items"));
    }

    fn too_long(&mut self, field: impl Into<String>, most: usize) {
        self.push(ErrorType::TooLong, field, Value::Null, format!("may not be more than {most} bytes"));
    }

    /// A complaint for each format that the text breaks.
    fn each(&mut self, field: &str, value: &str, complaints: Vec<String>) {
        for complaint in complaints {
            self.invalid(field, value, complaint);
        }
    }

    fn nonnegative(&mut self, field: impl Into<String>, value: Option<i64>) {
        if let Some(value) = value.filter(|value| *value < 0) {
            self.invalid(field, value, "must be greater than or equal to 0");
        }
    }
}

/// The member of an object as a whole number.
pub(crate) fn int(object: &Value, name: &str) -> Option<i64> {
    object.get(name)?.as_i64()
}

/// The member of an object as text; empty if it is absent.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The member of an object that is there and not null.
pub(crate) fn given<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// The members of a list; none if it is absent.
pub(crate) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The entries of a map of texts; none if it is absent.
pub(crate) fn entries<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = object.get(name).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

/// The member of an object; null if it is absent.
pub(crate) fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}
