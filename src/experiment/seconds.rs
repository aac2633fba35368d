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

    impl SavedNumber {
        fn number<E: serde::de::Error>(self) -> Result<f64, E> {
            match self {
                SavedNumber::Number(x) => Ok(x),
                SavedNumber::Never(text) if text == "never" => Ok(f64::INFINITY),
                SavedNumber::Never(text) => Err(E::custom(format!("{text:?} is neither a number nor \"never\""))),
            }
        }
    }

    /// Reads a number, or `"never"`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        SavedNumber::deserialize(deserializer)?.number()
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
            Option::<SavedNumber>::deserialize(deserializer)?.map(SavedNumber::number).transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_number_that_is_saved_as_text_is_never() {
        for (saved, read) in [
            (json!(2.5), Ok(Some(2.5))),
            (json!("never"), Ok(Some(f64::INFINITY))),
            (json!(null), Ok(None)),
            (json!("soon"), Err("\"soon\" is neither a number nor \"never\"".to_owned())),
        ] {
            assert_eq!(super::or_never::or_none::deserialize(saved).map_err(|error| error.to_string()), read);
        }
    }
}
