//! The scalars that only nodes have: amounts of resources, taints, times that may be `never`. Each says what is allowed
//! when it cannot take a value. Which resources, taints and times go together is not known here.

use super::scalars::{Span, scalar, text_of};
use crate::api::{Quantity, Taint, TaintEffect};
use crate::text::{TreeNode, Value, suggest};
use crate::time::SimDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;

/// An amount of a resource that is not negative: `4`, `3920m`, `16Gi`. It is kept as text, as in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount(pub serde_json::Value);

/// A taint: `dedicated=batch:NoSchedule`, `spot:NoExecute`, or an object with key, value and effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaintSpec(pub Taint);

/// A taint that is set, or (with a `-` behind it, as for kubectl) taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaintChangeSpec {
    /// The taint.
    pub taint: Taint,
    /// Whether it is taken away.
    pub is_removed: bool,
}

/// A span of time, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanOrNever(pub Option<SimDuration>);

impl Amount {
    fn of(node: &TreeNode) -> Result<Self, String> {
        let text = text_of(node, "amount: write one such as 4, 3920m or 16Gi")?;
        let value = serde_json::Value::from(text.trim());
        match Quantity::of(&value) {
            None => Err(format!("{text:?} is no amount: write one such as 4, 3920m or 16Gi")),
            Some(quantity) if quantity.is_negative() => {
                Err(format!("{text} is negative: a node has 0 or more of a resource"))
            }
            Some(_) => Ok(Amount(value)),
        }
    }
}

/// The short form of a taint.
const TAINT_FORM: &str = "write key=value:Effect or key:Effect, such as dedicated=batch:NoSchedule";

impl TaintSpec {
    fn of(node: &TreeNode) -> Result<Self, String> {
        match &node.value {
            Value::Text(text) => taint_of_text(text).map(TaintSpec),
            Value::Map(fields) => {
                const KNOWN: [&str; 3] = ["key", "value", "effect"];
                if let Some((field, _)) = fields.iter().find(|(field, _)| !KNOWN.contains(&field.name.as_str())) {
                    return Err(format!("unknown field `{}`, expected one of `key`, `value`, `effect`", field.name));
                }
                let text = |name: &str| match node.get(name) {
                    None => Ok(String::new()),
                    Some(field) => field
                        .as_text()
                        .map(str::to_owned)
                        .ok_or_else(|| format!("{name} must be a string, not {}", field.kind())),
                };
                taint(text("key")?, text("value")?, &text("effect")?).map(TaintSpec)
            }
            _ => Err(format!("{} is no taint: {TAINT_FORM}, or an object with key, value and effect", node.to_json())),
        }
    }
}

impl TaintChangeSpec {
    fn of(node: &TreeNode) -> Result<Self, String> {
        let removed = node.as_text().and_then(|text| text.trim().strip_suffix('-'));
        match removed {
            Some(text) => taint_of_text(text).map(|taint| TaintChangeSpec { taint, is_removed: true }),
            None => TaintSpec::of(node).map(|TaintSpec(taint)| TaintChangeSpec { taint, is_removed: false }),
        }
    }
}

fn taint_of_text(text: &str) -> Result<Taint, String> {
    let (pair, effect) = text.trim().rsplit_once(':').ok_or_else(|| format!("{text:?} has no effect: {TAINT_FORM}"))?;
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    taint(key.to_owned(), value.to_owned(), effect)
}

fn taint(key: String, value: String, effect: &str) -> Result<Taint, String> {
    if key.is_empty() {
        return Err(format!("a taint needs a key: {TAINT_FORM}"));
    }
    const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    let effect = TaintEffect::parse(effect).ok_or_else(|| {
        let meant = suggest(effect, EFFECTS).map_or(String::new(), |word| format!(" (did you mean {word:?}?)"));
        format!("{effect:?} is none of the effects NoSchedule, PreferNoSchedule and NoExecute{meant}")
    })?;
    Ok(Taint { key, value, effect })
}

scalar!(
    Amount as "Amount",
    Amount::of,
    json_schema!({
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}],
        "description": "an amount of a resource: 4, 3920m, 16Gi",
    })
);
scalar!(
    TaintSpec as "Taint",
    TaintSpec::of,
    json_schema!({
        "anyOf": [
            {"type": "string", "pattern": r"^[^=:]+(=[^:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$"},
            {
                "type": "object",
                "properties": {
                    "key": {"type": "string"},
                    "value": {"type": "string"},
                    "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
                },
                "required": ["key", "effect"],
                "additionalProperties": false,
            },
        ],
        "description": "a taint: dedicated=batch:NoSchedule, or an object with key, value and effect",
    })
);
scalar!(
    TaintChangeSpec as "TaintChange",
    TaintChangeSpec::of,
    json_schema!({
        "anyOf": [{"type": "string"}, {"type": "object"}],
        "description": "a taint that is set (dedicated=batch:NoSchedule), or taken away (dedicated:NoSchedule-)",
    })
);
scalar!(
    SpanOrNever as "SpanOrNever",
    |node| match node.as_text().map(str::trim) {
        Some("never") => Ok(SpanOrNever(None)),
        _ => {
            let text = text_of(node, "time: write one with its unit, such as `10m`, or `never`")?;
            Span::parse(&text).map(|span| SpanOrNever(Some(span.0)))
        }
    },
    json_schema!({"type": "string", "description": "a time with its unit (10m), or never"})
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn taints_in_both_forms() {
        let read = |value: serde_json::Value| TaintSpec::of(&TreeNode::from_json(&value));
        for (value, shown) in [
            (json!("dedicated=batch:NoSchedule"), "dedicated=batch:NoSchedule"),
            (json!("spot:NoExecute"), "spot:NoExecute"),
            (
                json!({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}),
                "nvidia.com/gpu=present:NoSchedule",
            ),
            (json!({"key": "a", "effect": "PreferNoSchedule"}), "a:PreferNoSchedule"),
        ] {
            assert_eq!(read(value).unwrap().0.to_string(), shown);
        }
        for (value, why) in [
            (json!("spot"), "\"spot\" has no effect"),
            (json!("spot:NoSchedul"), "(did you mean \"NoSchedule\"?)"),
            (json!("=x:NoSchedule"), "needs a key"),
            (json!({"key": "a"}), "\"\" is none of the effects"),
            (json!({"kez": "a"}), "unknown field `kez`"),
            (json!(1), "1 is no taint"),
        ] {
            let error = read(value.clone()).expect_err("it is refused");
            assert!(error.contains(why), "{value}: {error}");
        }
        let change = |text: &str| TaintChangeSpec::of(&TreeNode::from_json(&json!(text))).unwrap();
        assert!(change("spot:NoExecute-").is_removed && !change("spot:NoExecute").is_removed);
    }

    #[test]
    fn amounts_are_those_of_the_api() {
        let read = |value: serde_json::Value| Amount::of(&TreeNode::from_json(&value));
        for good in [json!("3920m"), json!(4), json!(0.5), json!("16Gi"), json!("0")] {
            assert!(read(good.clone()).is_ok(), "{good}");
        }
        for (value, why) in
            [(json!("4 cores"), "is no amount"), (json!(-1), "is negative"), (json!("16GB"), "is no amount")]
        {
            let error = read(value.clone()).expect_err("it is refused");
            assert!(error.contains(why), "{value}: {error}");
        }
    }
}
