//! Spans of virtual time in JSON: seconds, for `#[serde(with = …)]`. They are exact to the nanosecond up to some
//! hundred days (2⁵³ ns); longer spans keep the fifteen digits of a floating-point number.

use crate::time::SimDuration;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes seconds.
pub fn serialize<S: Serializer>(span: &SimDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}

/// Reads seconds.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SimDuration, D::Error> {
    f64::deserialize(deserializer).map(SimDuration::from_secs_f64)
}

/// Seconds, or null.
pub mod or_none {
    use super::{Deserialize, Deserializer, Serializer, SimDuration};

    /// Writes seconds, or null.
    pub fn serialize<S: Serializer>(span: &Option<SimDuration>, serializer: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => super::serialize(span, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads seconds, or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SimDuration>, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.map(SimDuration::from_secs_f64))
    }
}

/// A list of seconds.
pub mod list {
    use super::{Deserialize, Deserializer, Serializer, SimDuration};

    /// Writes a list.
    pub fn serialize<S: Serializer>(spans: &[SimDuration], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(spans.iter().map(|span| span.as_secs_f64()))
    }

    /// Reads a list.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SimDuration>, D::Error> {
        Ok(Vec::<f64>::deserialize(deserializer)?.into_iter().map(SimDuration::from_secs_f64).collect())
    }
}

/// A number that may be infinite. JSON has no infinity, so it is written as `"never"`.
pub mod or_never {
    use super::{Deserialize, Deserializer, Serializer};

    /// Writes a number, or `"never"`.
    pub fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if x.is_finite() { serializer.serialize_f64(*x) } else { serializer.serialize_str("never") }
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum SavedNumber {
        Number(f64),
        Never(String),
    }

    /// Reads a number, or `"never"`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match SavedNumber::deserialize(deserializer)? {
            SavedNumber::Number(x) => Ok(x),
            SavedNumber::Never(text) if text == "never" => Ok(f64::INFINITY),
            SavedNumber::Never(text) => {
                Err(serde::de::Error::custom(format!("{text:?} is neither a number nor \"never\"")))
            }
        }
    }

    /// The same, or null.
    pub mod or_none {
        use super::{Deserialize, Deserializer, SavedNumber, Serializer};

        /// Writes a number, `"never"`, or null.
        pub fn serialize<S: Serializer>(x: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
            match x {
                Some(x) => super::serialize(x, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads a number, `"never"`, or null.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
            match Option::<SavedNumber>::deserialize(deserializer)? {
                None => Ok(None),
                Some(SavedNumber::Number(x)) => Ok(Some(x)),
                Some(SavedNumber::Never(_)) => Ok(Some(f64::INFINITY)),
            }
        }
    }
}
