//! Why parameters do not form a distribution, and the checks that parameters of several families share. What each family
//! allows is said where it is made.

use std::fmt;

/// Why parameters do not form a distribution: which parameter is wrong, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The parameter's name; empty if the message is about all of them.
    pub parameter: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.parameter.is_empty() {
            write!(f, "{}: ", self.parameter)?;
        }
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Invalid {}

pub(super) fn invalid(parameter: &str, message: impl Into<String>) -> Invalid {
    Invalid { parameter: parameter.to_owned(), message: message.into() }
}

/// A finite, non-negative number.
pub(super) fn not_negative(parameter: &str, x: f64) -> Result<f64, Invalid> {
    match x {
        x if !x.is_finite() => Err(invalid(parameter, format!("must be a finite number, not {x}"))),
        x if x < 0.0 => Err(invalid(parameter, format!("must not be negative ({x})"))),
        x => Ok(x + 0.0),
    }
}

/// A finite number above zero.
pub(super) fn positive(parameter: &str, x: f64) -> Result<f64, Invalid> {
    match not_negative(parameter, x)? {
        0.0 => Err(invalid(parameter, "must be more than zero")),
        x => Ok(x),
    }
}

/// Both limits, in increasing order.
pub(super) fn ordered(least: (&str, f64), most: (&str, f64)) -> Result<(), Invalid> {
    if least.1 > most.1 {
        return Err(invalid(most.0, format!("must not be less than {} ({} < {})", least.0, most.1, least.1)));
    }
    Ok(())
}

/// A number between two limits, both of which are allowed.
pub(super) fn within(parameter: &str, x: f64, least: f64, most: f64) -> Result<f64, Invalid> {
    if !(least..=most).contains(&x) {
        return Err(invalid(parameter, format!("must be from {least} to {most}, not {x}")));
    }
    Ok(x)
}
