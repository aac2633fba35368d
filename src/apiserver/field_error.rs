//! The API server's errors about a field: type, path, value and explanation. Errors about text that cannot be parsed
//! have a place instead (see [`crate::text::ReadError`]).
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation/field`, whose wording is data here.

use serde_json::Value;
use std::fmt;

/// Why a field is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the API's own types
pub enum ErrorType {
    Required,
    Invalid,
    NotSupported,
    Duplicate,
    Forbidden,
    TooLong,
    TooMany,
    NotFound,
    TypeInvalid,
    Internal,
}

impl ErrorType {
    /// The name in the API, such as `FieldValueRequired`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::NotFound => "FieldValueNotFound",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::Internal => "InternalError",
        }
    }

    /// The name in words, as it appears in the error's text.
    pub fn words(self) -> &'static str {
        match self {
            Self::Required => "Required value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::NotFound => "Not found",
            Self::Internal => "Internal error",
        }
    }

    /// Whether the text shows the rejected value.
    fn shows_value(self) -> bool {
        !matches!(self, Self::Required | Self::Forbidden | Self::TooLong | Self::Internal)
    }
}

/// A rejected field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// The type of the error.
    pub error_type: ErrorType,
    /// The path: list members as `[0]`, map members as `[key]`.
    pub field: String,
    /// The rejected value, where the type has one.
    pub bad_value: Value,
    /// The explanation, which may be empty.
    pub detail: String,
    /// Whether the text omits the value, whatever the type.
    #[doc(alias = "OmitValueType")]
    pub omits_value: bool,
}

impl FieldError {
    /// An error about a value.
    pub fn new(error_type: ErrorType, field: impl Into<String>, bad_value: Value, detail: impl Into<String>) -> Self {
        FieldError { error_type, field: field.into(), bad_value, detail: detail.into(), omits_value: false }
    }
}

impl fmt::Display for FieldError {
    /// In the API server's form: `<field>: <type in words>: <value>: <detail>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.error_type.words())?;
        if self.error_type.shows_value() && !self.omits_value {
            write!(f, ": {}", self.bad_value)?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_api_servers() {
        let cases = [
            (
                ErrorType::Invalid,
                Value::from(-1),
                "must be greater than or equal to 0",
                "a.b[0]: Invalid value: -1: must be greater than or equal to 0",
            ),
            (ErrorType::Required, Value::Null, "", "a.b[0]: Required value"),
            (ErrorType::Forbidden, Value::from(1), "no", "a.b[0]: Forbidden: no"),
            (
                ErrorType::NotSupported,
                Value::from("x"),
                "supported values: \"y\"",
                "a.b[0]: Unsupported value: \"x\": supported values: \"y\"",
            ),
        ];
        for (error_type, value, detail, text) in cases {
            assert_eq!(FieldError::new(error_type, "a.b[0]", value, detail).to_string(), text);
        }
    }
}
