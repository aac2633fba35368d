//! Amounts of resources such as `500m`, `1.5` or `2Gi`: reading, comparing and formatting. Nothing here depends on
//! which resource it is.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource` of Kubernetes v1.37. Go keeps an amount either as a 64-bit number
//! with a power of ten or as a decimal of any length, and some answers of the API server result from an overflow of the
//! former. So both representations exist here too, chosen by the same rule.

#[cfg(test)]
mod tests;
mod text;

use num_bigint::{BigInt, Sign};
use serde_json::Value;
use std::cmp::Ordering;

/// An amount.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    size: Size,
    /// The notation in which it was written; it is shown in the same one.
    form: QuantityForm,
    /// The original text, where Go shows that instead of formatting the amount.
    written: Option<Box<str>>,
}

/// The size of an amount.
#[derive(Clone, Debug)]
enum Size {
    /// `value` × 10^`scale`.
    Small { value: i64, scale: i32 },
    /// `unscaled` with this number of decimal places.
    Large { unscaled: BigInt, places: i32 },
}

/// Families of suffixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuantityForm {
    /// `m`, `k`, `M` …
    Decimal,
    /// `Ki`, `Mi` …
    Binary,
    /// `e3`
    Exponent,
}

/// Decimal places of the smallest amount.
const NANO_PLACES: i32 = 9;
const MILLI_PLACES: i32 = 3;
/// A number with more zeros than this is not written out; the server could not handle it either.
const MOST_ZEROS: i32 = 10_000;

impl Quantity {
    /// The amount in a value of a manifest, which is a string or a number.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text.trim()).ok(),
            Value::Number(number) => Self::parse(&number.to_string()).ok(),
            _ => None,
        }
    }

    /// The amount as the API server keeps it: rounded up to a thousandth, away from zero.
    #[doc(alias = "RoundUp")]
    pub fn rounded_to_milli(self) -> Self {
        match self.size {
            Size::Small { scale, .. } if scale >= -MILLI_PLACES => self,
            Size::Small { value, scale } => {
                let value = scaled_down(value, -MILLI_PLACES - scale);
                Quantity { size: Size::Small { value, scale: -MILLI_PLACES }, form: self.form, written: None }
            }
            Size::Large { unscaled, places } => {
                let size = with_places(&unscaled, places, MILLI_PLACES);
                Quantity { size, form: self.form, written: None }
            }
        }
    }

    /// A whole number of units.
    pub fn whole(units: i64) -> Self {
        Quantity { size: Size::Small { value: units, scale: 0 }, form: QuantityForm::Decimal, written: None }
    }

    /// The difference, in the notation of `self`.
    pub fn minus(&self, other: &Self) -> Self {
        let (unscaled, places) = other.size.decimal();
        let size = match i64::try_from(-&unscaled) {
            Ok(value) => Size::Small { value, scale: -places },
            Err(_) => Size::Large { unscaled: -unscaled, places },
        };
        self.plus(&Quantity { size, form: self.form, written: None })
    }

    /// The sum, in the notation of `self`.
    pub fn plus(&self, other: &Self) -> Self {
        let form = if self.is_zero() { other.form } else { self.form };
        let ((a, a_places), (b, b_places)) = (self.size.decimal(), other.size.decimal());
        let places = a_places.max(b_places);
        if (places - a_places).max(places - b_places) > MOST_ZEROS {
            // One of the two is negligible next to the other.
            return if self > other { self.clone() } else { other.clone() };
        }
        let unscaled = a * power_of_ten(places - a_places) + b * power_of_ten(places - b_places);
        let size = match i64::try_from(&unscaled) {
            Ok(value) => Size::Small { value, scale: -places },
            Err(_) => Size::Large { unscaled, places },
        };
        Quantity { size, form, written: None }
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.size.sign() == Sign::Minus
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.size.sign() == Sign::NoSign
    }

    /// Whether it is a whole number of units. As in the server, the thousandths decide, and they may overflow.
    pub fn is_whole(&self) -> bool {
        self.clone().rounded_to_milli().thousandths() % 1000 == 0
    }

    /// The amount in thousandths, as Go computes it in 64 bits: an overflow wraps around or gives zero. It is meant for
    /// amounts that have been rounded to thousandths.
    #[doc(alias = "MilliValue")]
    pub fn thousandths(&self) -> i64 {
        self.size.in_units_of(MILLI_PLACES)
    }

    /// The amount in whole units, rounded away from zero, as Go computes it in 64 bits.
    #[doc(alias = "Value")]
    pub fn units(&self) -> i64 {
        self.size.in_units_of(0)
    }

    /// Whether the amount, rounded up to a whole number, is a multiple of `unit`, a positive whole number.
    #[doc(alias = "IsHugePageResourceValueDivisible")]
    pub fn is_multiple_of(&self, unit: &Self) -> bool {
        let (whole, one) = (self.size.in_units_of(0), unit.size.in_units_of(0));
        unit.size.sign() == Sign::Plus && unit.is_whole() && one != 0 && whole.wrapping_rem(one) == 0
    }
}

/// The number with `to` instead of `from` decimal places, rounded away from zero. One that would become absurdly long
/// stays as it is.
fn with_places(unscaled: &BigInt, from: i32, to: i32) -> Size {
    if unscaled.sign() == Sign::NoSign {
        return Size::Large { unscaled: BigInt::ZERO, places: 0 };
    }
    let more = to.saturating_sub(from);
    if more > MOST_ZEROS {
        return Size::Large { unscaled: unscaled.clone(), places: from };
    }
    let one = || if unscaled.sign() == Sign::Minus { BigInt::from(-1) } else { BigInt::from(1) };
    let unscaled = match more {
        0.. => unscaled * power_of_ten(more),
        // All digits are below the last place, so only the rounding remains.
        _ if unscaled.to_string().len() < more.unsigned_abs() as usize => one(),
        _ => {
            let by = power_of_ten(-more);
            let (quotient, rest) = (unscaled / &by, unscaled % &by);
            if rest.sign() == Sign::NoSign { quotient } else { quotient + one() }
        }
    };
    Size::Large { unscaled, places: to }
}

fn power_of_ten(exponent: i32) -> BigInt {
    BigInt::from(10).pow(exponent.unsigned_abs())
}

/// Divides by 10^`times`, rounding away from zero.
#[doc(alias = "negativeScaleInt64")]
fn scaled_down(value: i64, times: i32) -> i64 {
    let Some(by) = 10_i64.checked_pow(times.unsigned_abs()) else { return value.signum() };
    value / by + (value % by).signum()
}

/// Multiplies by 10^`times`. As in Go, some powers wrap around and others give zero.
#[doc(alias = "positiveScaleInt64")]
fn scaled_up(value: i64, times: i32) -> i64 {
    match times {
        0 => value,
        1 | 2 | 3 | 6 | 9 if value == i64::MIN => 0,
        1 | 2 | 3 | 6 | 9 => value.wrapping_mul(10_i64.pow(times.unsigned_abs())),
        _ => 10_i64.checked_pow(times.unsigned_abs()).and_then(|by| value.checked_mul(by)).unwrap_or(0),
    }
}

/// The lowest 64 bits, with the sign of the whole number.
#[doc(alias = "big.Int.Int64")]
fn low_bits(number: &BigInt) -> i64 {
    let magnitude = number.iter_u64_digits().next().unwrap_or(0) as i64;
    if number.sign() == Sign::Minus { magnitude.wrapping_neg() } else { magnitude }
}

impl Size {
    fn sign(&self) -> Sign {
        match self {
            Size::Small { value, .. } => BigInt::from(*value).sign(),
            Size::Large { unscaled, .. } => unscaled.sign(),
        }
    }

    /// The unscaled number and its decimal places.
    fn decimal(&self) -> (BigInt, i32) {
        match self {
            Size::Small { value, scale } => (BigInt::from(*value), -scale),
            Size::Large { unscaled, places } => (unscaled.clone(), *places),
        }
    }

    /// The amount in units of 10^−`to`, as Go computes it in 64 bits.
    #[doc(alias = "ScaledValue")]
    fn in_units_of(&self, to: i32) -> i64 {
        match self {
            Size::Small { value, scale } if *scale < -to => scaled_down(*value, -to - scale),
            Size::Small { value, scale } => scaled_up(*value, scale.saturating_add(to)),
            Size::Large { unscaled, places } if *places <= to => {
                // Go converts a floating-point power, which becomes the smallest number if it exceeds 64 bits.
                let power = 10_i64.checked_pow(to.saturating_sub(*places).unsigned_abs()).unwrap_or(i64::MIN);
                low_bits(unscaled).wrapping_mul(power)
            }
            // Go treats every number below the largest 64-bit number as one of 64 bits, even numbers far below zero.
            Size::Large { unscaled, places } if places - to < 19 && *unscaled < BigInt::from(i64::MAX) => {
                let (by, low) = (10_i64.pow((places - to).unsigned_abs()), low_bits(unscaled));
                low / by + i64::from(low % by != 0)
            }
            Size::Large { unscaled, places } => {
                let by = power_of_ten(places - to);
                let (quotient, rest) = (unscaled / &by, unscaled % &by);
                low_bits(&quotient).wrapping_add(i64::from(rest.sign() != Sign::NoSign))
            }
        }
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Quantity::whole(0)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let ((a, a_places), (b, b_places)) = (self.size.decimal(), other.size.decimal());
        if a.sign() != b.sign() || a.sign() == Sign::NoSign {
            return a.sign().cmp(&b.sign());
        }
        // The position of the first digit relative to the decimal point. Only if both agree do the numbers have to be
        // aligned.
        let reach = |number: &BigInt, places: i32| number.magnitude().to_string().len() as i64 - i64::from(places);
        let (by_reach, is_negative) = (reach(&a, a_places).cmp(&reach(&b, b_places)), a.sign() == Sign::Minus);
        if by_reach.is_ne() {
            return if is_negative { by_reach.reverse() } else { by_reach };
        }
        let places = a_places.max(b_places);
        (a * power_of_ten(places - a_places)).cmp(&(b * power_of_ten(places - b_places)))
    }
}
