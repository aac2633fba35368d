//! The scalars of `runs`, where runs of containers are listed one by one: how long a run lasts, and with which exit
//! codes it ends.

use super::scalars::{Exit, OOM_KILLED, Span, scalar, text_of};
use crate::model::OOM_KILLED_CODE;
use crate::text::{TreeNode, Value};
use crate::time::SimDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;

/// How long a run lasts; `None`: until it is killed (`never`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting(pub Option<SimDuration>);

/// Exit codes: one of all containers, or one for each; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exits(pub Vec<i32>);

fn exit_of(node: &TreeNode) -> Result<i32, String> {
    match node.value {
        Value::Int(code) => Exit::new(code).map(|Exit(code)| code),
        _ if node.as_text() == Some(OOM_KILLED) => Ok(OOM_KILLED_CODE),
        _ => Err(format!("{} is no exit code: it is a whole number from 0 to 255, or {OOM_KILLED}", node.to_json())),
    }
}

scalar!(
    Lasting as "Lasting",
    |node| match text_of(node, "time: write one with its unit, such as `30s`, or `never`")?.trim() {
        "never" => Ok(Lasting(None)),
        text => Span::parse(text).map(|Span(span)| Lasting(Some(span))),
    },
    json_schema!({
        "type": "string",
        "pattern": r"^\s*(never|([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+)$",
        "description": "a time with its unit (30s), or never",
    })
);
scalar!(
    Exits as "Exits",
    |node| match &node.value {
        Value::List(list) if list.is_empty() => Err("an empty list: give one exit code for each container".to_owned()),
        Value::List(list) => list.iter().map(exit_of).collect::<Result<_, String>>().map(Exits),
        _ => exit_of(node).map(|code| Exits(vec![code])),
    },
    json_schema!({
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 255},
            {"const": "OOMKilled"},
            {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 255}, {"const": "OOMKilled"}]},
            },
        ],
        "description": "an exit code, or a list with one for each container",
    })
);
