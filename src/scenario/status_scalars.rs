//! The status of a condition as a scalar. What a condition means is not known here.

use super::scalars::scalar;
use crate::text::{TreeNode, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;

/// `True` or `False`, quoted or not. Unknown is not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionStatusSpec(pub bool);

scalar!(
    ConditionStatusSpec as "ConditionStatus",
    |node| match (&node.value, node.as_text()) {
        (Value::Bool(status), _) => Ok(ConditionStatusSpec(*status)),
        (_, Some("True")) => Ok(ConditionStatusSpec(true)),
        (_, Some("False")) => Ok(ConditionStatusSpec(false)),
        _ => Err(format!("{} is no status of a condition here: \"True\" or \"False\"", node.to_json())),
    },
    json_schema!({
        "anyOf": [{"type": "boolean"}, {"enum": ["True", "False"]}],
        "description": "the status of a condition: True or False",
    })
);
