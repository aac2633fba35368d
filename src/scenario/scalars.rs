//! The scalars of a scenario: times, probabilities, rates, distributions, as people write them. Each says what is
//! allowed when it cannot take a value, and each has its part of the JSON Schema. They open no files.

use crate::model::{Distribution, OOM_KILLED_CODE, duration};
use crate::text::{ReadError, TreeNode, Value};
use crate::time::{SimDuration, SimTime, WallClock};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;

/// A span of time with its unit: `350ms`, `5s`, `1h30m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub SimDuration);

/// A span of time that may be negative: `2s`, `-350ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(pub SimDuration);

/// A probability: `5%`, or a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

/// One probability for every attempt, or a list by attempt, of which the last repeats; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares(pub Vec<f64>);

/// A rate, as a number per hour; written as `0.02/h`, `3/m`, `1/s`, `10/d`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

/// A random time, a constant time, or never (`None`).
#[derive(Clone, Debug, PartialEq)]
pub struct Dist(pub Option<DistSource>);

/// Where a random time comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum DistSource {
    /// It is written in the scenario.
    Here(Distribution),
    /// It is a column of a CSV file.
    Csv {
        /// The file, as seen from the scenario's.
        file: String,
        /// The column's name; the first if there is none.
        column: Option<String>,
        /// The unit of values without one; seconds if there is none.
        unit: Option<String>,
    },
}

/// An exit code: 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub i32);

/// A wall-clock time (RFC 3339), on the virtual clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime(pub SimTime);

impl Span {
    /// Reads a span.
    ///
    /// # Errors
    /// What is no time, has no unit, or is negative.
    pub fn parse(text: &str) -> Result<Self, String> {
        duration::parse(text).map(Span)
    }
}

impl Offset {
    /// Reads a span with an optional sign.
    ///
    /// # Errors
    /// What is no time or has no unit.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.strip_prefix('-') {
            Some(rest) => Ok(Offset(SimDuration::ZERO - duration::parse(rest)?)),
            None => Ok(Offset(duration::parse(text.strip_prefix('+').unwrap_or(text))?)),
        }
    }
}

impl Share {
    /// Reads a probability.
    ///
    /// # Errors
    /// What is no number from 0 to 1 (0 % to 100 %).
    pub fn parse(text: &str) -> Result<Self, String> {
        let allowed = || format!("{text:?} is no probability: write a percentage such as `5%` or a number from 0 to 1");
        let (number, scale) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent.trim(), 100.0),
            None => (text.trim(), 1.0),
        };
        let share = number.parse::<f64>().map_err(|_| allowed())? / scale;
        if (0.0..=1.0).contains(&share) { Ok(Share(share)) } else { Err(allowed()) }
    }
}

impl Rate {
    /// Reads a rate.
    ///
    /// # Errors
    /// What is no number from 0 on per duration, such as `/s`, `/m`, `/h` or `/1h30m`.
    pub fn parse(text: &str) -> Result<Self, String> {
        duration::parse_rate(text).map(|per_second| Rate(per_second * 3_600.0))
    }
}

impl Dist {
    /// Reads the compact form, or `never`.
    ///
    /// # Errors
    /// What is no distribution; it says why.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "never" => Ok(Dist(None)),
            // Inside of YAML's braces and brackets, text without quotation marks ends at its first comma.
            text if text.contains('(') && !text.contains(')') => Err(format!(
                "{text:?} has no `)`: inside of braces or brackets a distribution with commas stands in quotation marks, \
                 such as \"uniform(1s, 30s)\""
            )),
            text => text.parse().map(|d| Dist(Some(DistSource::Here(d)))).map_err(placeless),
        }
    }

    fn of(node: &TreeNode) -> Result<Self, String> {
        match (node.get("csv"), &node.value) {
            (Some(csv), _) => csv_source(csv),
            (None, Value::Text(text)) => Dist::parse(text),
            _ => Distribution::from_node(node, "").map(|d| Dist(Some(DistSource::Here(d)))).map_err(placeless),
        }
    }
}

fn csv_source(node: &TreeNode) -> Result<Dist, String> {
    const KNOWN: [&str; 3] = ["file", "column", "unit"];
    if let Value::Map(fields) = &node.value
        && let Some((unknown, _)) = fields.iter().find(|(field, _)| !KNOWN.contains(&field.name.as_str()))
    {
        let name = &unknown.name;
        return Err(format!("unknown field `{name}`, expected one of `file`, `column`, `unit`"));
    }
    let text = |name: &str| node.get(name).and_then(TreeNode::as_text).map(str::to_owned);
    let file = node.as_text().map(str::to_owned).or_else(|| text("file"));
    let file = file.ok_or("a CSV column is written `csv: {file: times.csv, column: run, unit: s}`")?;
    Ok(Dist(Some(DistSource::Csv { file, column: text("column"), unit: text("unit") })))
}

/// An error of reading as text without a place; the scalar's own place is added to it.
fn placeless(error: ReadError) -> String {
    let field = if error.field.is_empty() { String::new() } else { format!("{}: ", error.field) };
    let meant = error.suggestion.map_or(String::new(), |word| format!(" (did you mean {word:?}?)"));
    format!("{field}{}{meant}", error.message)
}

/// The kubelet's word for a container that the kernel killed for want of memory.
pub(super) const OOM_KILLED: &str = "OOMKilled";

impl Exit {
    /// Checks an exit code.
    ///
    /// # Errors
    /// What is not from 0 to 255.
    pub fn new(code: i64) -> Result<Self, String> {
        match i32::try_from(code) {
            Ok(code @ 0..=255) => Ok(Exit(code)),
            _ => Err(format!("{code} is no exit code: it is a whole number from 0 to 255")),
        }
    }
}

impl WallTime {
    /// Reads a time, or a date, which stands for its midnight in UTC.
    ///
    /// # Errors
    /// What is neither RFC 3339 nor a date, or lies outside of the virtual clock (the years 2000 to 2292).
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_date = text.len() == "2026-03-28".len() && text.parse::<jiff::civil::Date>().is_ok();
        let midnight = is_date.then(|| format!("{text}T00:00:00Z"));
        let time: jiff::Timestamp = midnight.as_deref().unwrap_or(text).parse().map_err(|_| {
            format!(
                "{text:?} is no time: write RFC 3339, such as `2026-03-28T22:00:00Z`, or a date for its midnight in UTC"
            )
        })?;
        let start = WallClock::default().unix(SimTime::ZERO);
        let nanos = i64::try_from(time.as_nanosecond() - i128::from(start) * 1_000_000_000);
        match nanos {
            Ok(nanos @ 0..) => Ok(WallTime(SimTime::from_nanos(nanos))),
            _ => Err(format!("{text:?} is outside of the virtual clock, which goes from the year 2000 to 2292")),
        }
    }
}

/// Deserialises a scalar out of a tree; `$name` is its name in the JSON Schema.
macro_rules! scalar {
    ($type:ident as $name:literal, $of:expr, $schema:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let node = TreeNode::deserialize(deserializer)?;
                let of: fn(&TreeNode) -> Result<Self, String> = $of;
                of(&node).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}
pub(super) use scalar;

/// Text, or a number as text.
pub(super) fn text_of(node: &TreeNode, what: &str) -> Result<String, String> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        Value::Int(_) | Value::Float(_) | Value::Decimal(_) => Ok(node.to_json().to_string()),
        _ => Err(format!("{} is no {what}", node.to_json())),
    }
}

fn share_of(node: &TreeNode) -> Result<Share, String> {
    Share::parse(&text_of(node, "probability: write `5%` or a number from 0 to 1")?)
}

scalar!(
    Span as "Span",
    |node| Span::parse(&text_of(node, "time: write one with its unit, such as `350ms` or `1h30m`")?),
    json_schema!({
        "type": "string",
        "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+$",
        "description": "a time with its unit: 350ms, 5s, 1h30m",
    })
);
scalar!(
    Offset as "Offset",
    |node| Offset::parse(&text_of(node, "time: write one with its unit, such as `2s` or `-350ms`")?),
    json_schema!({
        "type": "string",
        "pattern": r"^\s*[-+]?([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+$",
        "description": "a time with its unit, which may be negative: 2s, -350ms",
    })
);
scalar!(
    Share as "Share",
    share_of,
    json_schema!({
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%?\s*$"},
        ],
        "description": "a probability: 5%, or a number from 0 to 1",
    })
);
scalar!(
    Shares as "Shares",
    |node| match &node.value {
        Value::List(list) if list.is_empty() => Err("an empty list: give the first attempt's probability".to_owned()),
        Value::List(list) => list.iter().map(|v| Ok(share_of(v)?.0)).collect::<Result<_, String>>().map(Shares),
        _ => Ok(Shares(vec![share_of(node)?.0])),
    },
    json_schema!({
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%?\s*$"},
            {"type": "array", "minItems": 1, "items": {"type": ["number", "string"]}},
        ],
        "description": "a probability (5%, or a number from 0 to 1), or a list by attempt, of which the last repeats",
    })
);
scalar!(
    Rate as "Rate",
    |node| Rate::parse(&text_of(node, "rate: write one such as `0.02/h`")?),
    json_schema!({
        "type": "string",
        "pattern": r"^\s*[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\s*/\s*(s|m|min|h|d)\s*$",
        "description": "how often in a time: 0.02/h, 3/m",
    })
);
scalar!(
    Dist as "Dist",
    Dist::of,
    json_schema!({
        "anyOf": [
            {"type": "string"},
            {"type": "object", "minProperties": 1, "maxProperties": 1},
        ],
        "description": "a time (5s), a distribution (weibull(shape=1.4, scale=3m), or the same as a map), a CSV column \
            (csv: {file, column, unit}), or never",
    })
);
scalar!(
    Exit as "Exit",
    |node| match node.value {
        Value::Int(code) => Exit::new(code),
        _ if node.as_text() == Some(OOM_KILLED) => Ok(Exit(OOM_KILLED_CODE)),
        _ => Err(format!("{} is no exit code: it is a whole number from 0 to 255, or {OOM_KILLED}", node.to_json())),
    },
    json_schema!({
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": 255}, {"const": "OOMKilled"}],
        "description": "an exit code, or OOMKilled (137)",
    })
);
scalar!(
    WallTime as "Instant",
    |node| WallTime::parse(&text_of(node, "time: write RFC 3339, such as `2026-03-28T22:00:00Z`")?),
    json_schema!({"type": "string", "format": "date-time", "description": "a wall-clock time, RFC 3339"})
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_and_rates() {
        for (text, share) in [("5%", 0.05), ("0.25", 0.25), ("100 %", 1.0), ("0", 0.0), ("1", 1.0)] {
            assert_eq!(Share::parse(text), Ok(Share(share)), "{text}");
        }
        for text in ["5", "-1%", "101%", "x", "", "NaN", "inf"] {
            assert!(Share::parse(text).is_err(), "{text}");
        }
        for (text, rate) in [("0.02/h", 0.02), ("1/s", 3_600.0), ("48/d", 2.0), ("2 / m", 120.0)] {
            assert_eq!(Rate::parse(text), Ok(Rate(rate)), "{text}");
        }
        for text in ["5", "-1/h", "x/h", "1/y", "inf/h", "NaN/h"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn offsets_have_a_sign() {
        for (text, millis) in [("2s", 2_000), ("-350ms", -350), ("+1m", 60_000), ("0s", 0)] {
            assert_eq!(Offset::parse(text), Ok(Offset(SimDuration::from_millis(millis))), "{text}");
        }
        for text in ["", "-", "5", "--1s"] {
            assert!(Offset::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn distributions_in_one_line_and_as_maps() {
        let pairs = [
            (json!({"weibull": {"shape": 1.4, "scale": "3m"}}), "weibull(shape=1.4, scale=3m)"),
            (json!({"constant": "5s"}), "5s"),
            (
                json!({"mixture": [{"weight": 9, "constant": "0s"}, {"weight": 1, "exponential": {"mean": "12s"}}]}),
                "mixture(9: 0s, 1: exponential(mean=12s))",
            ),
        ];
        for (map, line) in pairs {
            assert_eq!(Dist::of(&TreeNode::from_json(&map)).unwrap(), Dist::parse(line).unwrap(), "{line}");
        }
        assert_eq!(Dist::parse("never"), Ok(Dist(None)));
        let csv = Dist::of(&TreeNode::from_json(&json!({"csv": {"file": "a.csv", "column": "run"}}))).unwrap();
        assert!(matches!(csv.0, Some(DistSource::Csv { .. })));
        for wrong in [json!({"a": 1, "b": 2}), json!([1]), json!(5), json!({"csv": {"fil": "x"}})] {
            assert!(Dist::of(&TreeNode::from_json(&wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn instants_are_on_the_virtual_clock() {
        let WallTime(t) = WallTime::parse("2000-01-01T01:00:00Z").unwrap();
        assert_eq!(t, SimTime::ZERO + SimDuration::from_secs(3_600));
        assert!(WallTime::parse("1999-12-31T23:59:59Z").is_err());
        assert!(WallTime::parse("tomorrow").is_err());
    }
}
