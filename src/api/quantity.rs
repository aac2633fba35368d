//! Amounts of resources such as `500m`, `1.5` or `2Gi`: how they are read, compared and shown. It knows no resource.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource` of Kubernetes v1.37. Go keeps an amount either as a 64-bit number with
//! a power of ten, or as a decimal of any length, and some answers of the API server come from the overflow of the first.
//! So there are the same two here, chosen by the same rule.

use num_bigint::{BigInt, Sign};
use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;

/// An amount.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    size: Size,
    /// How it was written, which decides how it is shown.
    form: QuantityForm,
    /// The text itself, where Go shows that and computes none.
    written: Option<Box<str>>,
}

/// How large an amount is.
#[derive(Clone, Debug)]
enum Size {
    /// `value` times ten to the power of `scale`.
    Small { value: i64, scale: i32 },
    /// `unscaled` with so many decimal places; none below zero is ever written out.
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

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuantityError {
    /// It has not the form of one.
    Format,
    /// Its suffix is not known.
    Suffix,
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
/// The finest amount has this many decimal places.
const NANO_PLACES: i32 = 9;
const MILLI_PLACES: i32 = 3;
/// Up to so many digits fit into a 64-bit number for certain.
const SAFE_DIGITS: usize = 18;
/// A decimal is not written out beyond this many zeros: no reader of the API would survive it either.
const MOST_ZEROS: i32 = 10_000;

impl Quantity {
    /// Reads an amount.
    ///
    /// # Errors
    /// See [`QuantityError`].
    #[doc(alias = "ParseQuantity")]
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let (negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = split_digits(rest);
        let (part, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
        let letters =
            rest.len() - rest.trim_start_matches(['e', 'E', 'i', 'n', 'u', 'm', 'k', 'K', 'M', 'G', 'T', 'P']).len();
        let exponent = rest[letters..].strip_prefix(['-', '+']).unwrap_or(&rest[letters..]);
        if !exponent.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QuantityError::Format);
        }
        let (form, power) = suffix(rest).ok_or(QuantityError::Suffix)?;
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let digits = format!("{whole}{part}");
        Ok(match small(whole, part, form, power) {
            Some((value, scale)) => {
                let is_canonical = match form {
                    QuantityForm::Binary => value_before(&digits) & 7 != 0,
                    _ => scale % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0'),
                };
                let written = is_canonical.then(|| text.into());
                Quantity { size: Size::Small { value: if negative { -value } else { value }, scale }, form, written }
            }
            None => large(&digits, part.len(), form, power, negative),
        })
    }

    /// The amount that a value of a manifest says: a text or a number.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text.trim()).ok(),
            Value::Number(number) => Self::parse(&number.to_string()).ok(),
            _ => None,
        }
    }

    /// As the API server keeps the amounts of resources: rounded up to a thousandth, away from zero.
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

    /// The sum, shown in the form of the first.
    pub fn plus(&self, other: &Self) -> Self {
        let form = if self.is_zero() { other.form } else { self.form };
        let ((a, a_places), (b, b_places)) = (self.size.decimal(), other.size.decimal());
        let places = a_places.max(b_places);
        if (places - a_places).max(places - b_places) > MOST_ZEROS {
            // One of the two is nothing beside the other.
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

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.size.sign() == Sign::NoSign
    }

    /// Whether it is a whole number of units, as the server finds out: from the thousandths, which may overflow.
    pub fn is_whole(&self) -> bool {
        self.clone().rounded_to_milli().thousandths() % 1000 == 0
    }

    /// The amount in thousandths, as Go counts them in 64 bits: what overflows is wrapped, or zero. It is meant for an
    /// amount that was rounded to them.
    #[doc(alias = "MilliValue")]
    pub fn thousandths(&self) -> i64 {
        self.size.in_units_of(MILLI_PLACES)
    }

    /// Whether, rounded up to a whole number, it is a multiple of a positive whole unit.
    #[doc(alias = "IsHugePageResourceValueDivisible")]
    pub fn is_multiple_of(&self, unit: &Self) -> bool {
        let (whole, one) = (self.size.in_units_of(0), unit.size.in_units_of(0));
        unit.size.sign() == Sign::Plus && unit.is_whole() && one != 0 && whole.wrapping_rem(one) == 0
    }
}

/// The amount as a 64-bit number and a power of ten, if it is short enough to be kept so. The digits of `whole` begin
/// with no zero.
fn small(whole: &str, part: &str, form: QuantityForm, power: i32) -> Option<(i64, i32)> {
    let count = whole.len() + part.len();
    let (scale, mantissa, fits) = match form {
        // The estimate is Go's: a power of two has about three tenths as many digits.
        QuantityForm::Binary if part.is_empty() => {
            (0, 1_i64 << power, count as i64 + i64::from(power) * 3 / 10 + 1 <= 15)
        }
        QuantityForm::Binary => return None,
        _ => (power, 1, count <= SAFE_DIGITS),
    };
    let scale = i64::from(scale) - part.len() as i64;
    let scale = i32::try_from(scale).ok().filter(|scale| fits && *scale >= -NANO_PLACES)?;
    let value = value_before(&format!("{whole}{part}")).checked_mul(mantissa)?;
    Some((value, scale))
}

/// The number that at most [`SAFE_DIGITS`] digits name.
fn value_before(digits: &str) -> i64 {
    digits.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
}

fn large(digits: &str, places: usize, form: QuantityForm, power: i32, negative: bool) -> Quantity {
    let mut unscaled = BigInt::parse_bytes(digits.as_bytes(), 10).expect("these are digits");
    let mut places = i32::try_from(places).unwrap_or(i32::MAX);
    match form {
        QuantityForm::Binary => unscaled <<= power,
        _ => places = places.saturating_sub(power),
    }
    let mut form = form;
    let mut size = with_places(&unscaled, places, NANO_PLACES);
    if form == QuantityForm::Binary {
        let most = BigInt::from(i64::MAX);
        let magnitude = Quantity { size: size.clone(), form, written: None };
        let limit = Quantity { size: Size::Large { unscaled: most.clone(), places: 0 }, form, written: None };
        if magnitude > limit {
            size = limit.size;
        } else if magnitude.size.sign() == Sign::Plus
            && magnitude < (Quantity { size: Size::Small { value: 1, scale: 0 }, form, written: None })
        {
            // A part of a unit is not a power of two of anything.
            form = QuantityForm::Decimal;
        }
    }
    if let Size::Large { unscaled, .. } = &mut size
        && negative
    {
        *unscaled = -unscaled.clone();
    }
    Quantity { size, form, written: None }
}

/// The number with that many places, rounded away from zero; one that would become absurdly long stays as it is.
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
        // All digits lie below the last place: what is left is the rounding.
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

/// Divides by ten that many times, rounding away from zero.
#[doc(alias = "negativeScaleInt64")]
fn scaled_down(value: i64, times: i32) -> i64 {
    let Some(by) = 10_i64.checked_pow(times.unsigned_abs()) else { return value.signum() };
    value / by + (value % by).signum()
}

/// Multiplies by ten that many times. Go wraps around at some powers and gives zero at others.
#[doc(alias = "positiveScaleInt64")]
fn scaled_up(value: i64, times: i32) -> i64 {
    match times {
        0 => value,
        1 | 2 | 3 | 6 | 9 if value == i64::MIN => 0,
        1 | 2 | 3 | 6 | 9 => value.wrapping_mul(10_i64.pow(times.unsigned_abs())),
        _ => 10_i64.checked_pow(times.unsigned_abs()).and_then(|by| value.checked_mul(by)).unwrap_or(0),
    }
}

/// The lowest 64 bits, with the sign of the whole.
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

    /// As a number with decimal places.
    fn decimal(&self) -> (BigInt, i32) {
        match self {
            Size::Small { value, scale } => (BigInt::from(*value), -scale),
            Size::Large { unscaled, places } => (unscaled.clone(), *places),
        }
    }

    /// In units of so many decimal places, as Go counts in 64 bits.
    #[doc(alias = "ScaledValue")]
    fn in_units_of(&self, to: i32) -> i64 {
        match self {
            Size::Small { value, scale } if *scale < -to => scaled_down(*value, -to - scale),
            Size::Small { value, scale } => scaled_up(*value, scale.saturating_add(to)),
            Size::Large { unscaled, places } if *places <= to => {
                // Go converts a floating-point power, which beyond 64 bits becomes the smallest number.
                let power = 10_i64.checked_pow(to.saturating_sub(*places).unsigned_abs()).unwrap_or(i64::MIN);
                low_bits(unscaled).wrapping_mul(power)
            }
            Size::Large { unscaled, places } => {
                let by = power_of_ten(places - to);
                let (quotient, rest) = (unscaled / &by, unscaled % &by);
                low_bits(&quotient).wrapping_add(i64::from(rest.sign() != Sign::NoSign))
            }
        }
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
        // How far the first digit stands before the point. Only if that is the same must the two be lined up.
        let reach = |number: &BigInt, places: i32| number.magnitude().to_string().len() as i64 - i64::from(places);
        let (by_reach, is_negative) = (reach(&a, a_places).cmp(&reach(&b, b_places)), a.sign() == Sign::Minus);
        if by_reach.is_ne() {
            return if is_negative { by_reach.reverse() } else { by_reach };
        }
        let places = a_places.max(b_places);
        (a * power_of_ten(places - a_places)).cmp(&(b * power_of_ten(places - b_places)))
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len())
}

/// The family of a suffix, and the power of its base: of 2 if it is binary, else of 10.
fn suffix(text: &str) -> Option<(QuantityForm, i32)> {
    if let Some(&(_, power)) = DECIMAL.iter().find(|(s, _)| *s == text) {
        return Some((QuantityForm::Decimal, power));
    }
    if let Some(&(_, power)) = BINARY.iter().find(|(s, _)| *s == text) {
        return Some((QuantityForm::Binary, power));
    }
    // Go reads 64 bits here and keeps 32 of them.
    let exponent: i64 = text.strip_prefix(['e', 'E']).filter(|rest| !rest.is_empty())?.parse().ok()?;
    Some((QuantityForm::Exponent, exponent as i32))
}

impl fmt::Display for Quantity {
    /// The canonical form: no fraction, the largest suffix that allows it.
    #[doc(alias = "CanonicalizeBytes")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        let (unscaled, places) = self.size.decimal();
        let digits = unscaled.to_string();
        let number = digits.trim_end_matches('0');
        let exponent = (digits.len() - number.len()) as i32 - places;
        if self.form == QuantityForm::Binary
            && (0..MOST_ZEROS).contains(&exponent)
            && let Some((units, suffix)) = in_powers_of_1024(number, exponent)
        {
            return write!(f, "{units}{suffix}");
        }
        // Exponents are multiples of three; what is left over becomes zeros.
        let zeros = exponent.rem_euclid(3);
        let (number, exponent) = (format!("{number}{}", "0".repeat(zeros as usize)), exponent - zeros);
        match DECIMAL.iter().find(|(_, power)| *power == exponent) {
            _ if exponent == 0 => write!(f, "{number}"),
            _ if self.form == QuantityForm::Exponent => write!(f, "{number}e{exponent}"),
            Some((suffix, _)) => write!(f, "{number}{suffix}"),
            // Beyond `E` Go has no suffix, and leaves the exponent out.
            None => write!(f, "{number}"),
        }
    }
}

/// A whole number with the largest binary suffix that it allows; none below 1024 in size, which is shown as a decimal.
fn in_powers_of_1024(number: &str, exponent: i32) -> Option<(BigInt, &'static str)> {
    let mut units = BigInt::parse_bytes(number.as_bytes(), 10)? * power_of_ten(exponent);
    let step = BigInt::from(1024);
    if units.magnitude() < step.magnitude() {
        return None;
    }
    let mut power = 0;
    while (&units % &step).sign() == Sign::NoSign {
        units /= &step;
        power += 10;
    }
    Some((units, BINARY.iter().find(|(_, p)| *p == power).map_or("", |(suffix, _)| suffix)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text, how it is shown, how it is shown rounded to a thousandth, the thousandths then and the whole units, all
    /// as `resource.ParseQuantity` of v1.37 and the methods of what it gives answer.
    #[test]
    fn amounts_are_those_of_the_server() {
        let cases: &[(&str, &str, &str, i64, i64)] = &[
            ("0", "0", "0", 0, 0),
            ("1", "1", "1", 1000, 1),
            ("+1", "+1", "+1", 1000, 1),
            ("01", "01", "01", 1000, 1),
            ("1.", "1.", "1.", 1000, 1),
            (".5", "500m", "500m", 500, 1),
            ("+", "0", "0", 0, 0),
            (".", "0", "0", 0, 0),
            ("-", "0", "0", 0, 0),
            ("1.0", "1", "1", 1000, 1),
            ("1.10", "1100m", "1100m", 1100, 2),
            ("1e3", "1e3", "1e3", 1000000, 1000),
            ("1E3", "1E3", "1E3", 1000000, 1000),
            ("1e+3", "1e+3", "1e+3", 1000000, 1000),
            ("1e-3", "1e-3", "1e-3", 1, 1),
            ("1e400", "10e399", "10e399", 0, 0),
            ("1e-400", "1e-9", "1e-3", 1, 1),
            ("-1e-400", "-1e-9", "-1e-3", -1, 1),
            ("1000m", "1", "1", 1000, 1),
            ("1500m", "1500m", "1500m", 1500, 2),
            ("64Mi", "64Mi", "64Mi", 67108864000, 67108864),
            ("1024Mi", "1Gi", "1Gi", 1073741824000, 1073741824),
            ("0.5Gi", "512Mi", "512Mi", 536870912000, 536870912),
            ("1Ki", "1Ki", "1Ki", 1024000, 1024),
            ("0.5Ki", "512", "512", 512000, 512),
            ("1E", "1E", "1E", 0, 1000000000000000000),
            ("1n", "1n", "1m", 1, 1),
            ("0.1n", "1n", "1m", 1, 1),
            ("-1", "-1", "-1", -1000, -1),
            (
                "99999999999999999999",
                "99999999999999999999",
                "99999999999999999999",
                200376420520688664,
                7766279631452241919,
            ),
            ("1e100", "10e99", "10e99", 0, 0),
            ("1.5Ei", "1536Pi", "1536Pi", -4611686018427387904, 1729382256910270464),
            ("1Ei", "1Ei", "1Ei", -9223372036854775808, 1152921504606846976),
            ("8Ei", "9223372036854775807", "9223372036854775807", -1000, 9223372036854775807),
            ("100Ei", "9223372036854775807", "9223372036854775807", -1000, 9223372036854775807),
            ("9223372036854775807", "9223372036854775807", "9223372036854775807", -1000, 9223372036854775807),
            ("9223372036854776", "9223372036854776", "9223372036854776", -9223372036854775616, 9223372036854776),
            (
                "9223372036854775.807",
                "9223372036854775807m",
                "9223372036854775807m",
                9223372036854775807,
                9223372036854776,
            ),
            ("9.3e15", "9300e12", "9300e12", 0, 9300000000000000),
            ("10P", "10P", "10P", 0, 10000000000000000),
            ("10000000000000000", "10P", "10P", -8446744073709551616, 10000000000000000),
            ("10000000000000000000000", "10", "10", 1590897978359414784, 1864712049423024128),
            ("1024Pi", "1Ei", "1Ei", -9223372036854775808, 1152921504606846976),
            ("0.5Ei", "512Pi", "512Pi", 4611686018427387904, 576460752303423488),
            ("1.1Ei", "1268213655067531673600m", "1268213655067531673600m", -4611686018427387904, 1268213655067531674),
            (
                "1.0001Ei",
                "1153036796757307660697600u",
                "1153036796757307660698m",
                -9108079886394091110,
                1153036796757307661,
            ),
            ("-1Ei", "-1Ei", "-1Ei", -9223372036854775808, 0),
            ("-9Ei", "-9223372036854775807", "-9223372036854775807", 1000, -9223372036854775807),
            ("-9223372036854775808", "-9223372036854775808", "-9223372036854775808", 0, 0),
            ("-9223372036854775809", "-9223372036854775809", "-9223372036854775809", -1000, -1),
            ("-1.5", "-1500m", "-1500m", -1500, -2),
            ("-1u", "-1u", "-1m", -1, -1),
            ("1u", "1u", "1m", 1, 1),
            ("0.0001", "100u", "1m", 1, 1),
            (
                "1000000000000000000001m",
                "1000000000000000000001m",
                "1000000000000000000001m",
                3875820019684212737,
                1000000000000000001,
            ),
            (
                "12345678901234567890",
                "12345678901234567890",
                "12345678901234567890",
                4807115922877858896,
                -6101065172474983726,
            ),
            (
                "1234567890123456789e3",
                "1234567890123456789e3",
                "1234567890123456789e3",
                1096246371337547584,
                -1363962815083169272,
            ),
            ("18446744073709551616", "18446744073709551616", "18446744073709551616", 0, 0),
            (
                "123456789012345678",
                "123456789012345678",
                "123456789012345678",
                -5670419503621183312,
                123456789012345678,
            ),
            (
                "1234567890123456789",
                "1234567890123456789",
                "1234567890123456789",
                -1363962815083169272,
                1234567890123456789,
            ),
            ("123456789.123456789123", "123456789123456790n", "123456789124m", 123456789124, 123456790),
            ("0.000000000001", "1n", "1m", 1, 1),
            ("1e19", "10e18", "10e18", 0, 0),
            ("1000000000000000001n", "1000000000000000001n", "1000000000001m", 1000000000001, 1000000001),
            ("-0", "0", "0", 0, 0),
            ("-0.0", "0", "0", 0, 0),
            ("0m", "0", "0", 0, 0),
            ("0Ki", "0", "0", 0, 0),
            ("1000Ti", "1000Ti", "1000Ti", 1099511627776000000, 1099511627776000),
            ("4096Ti", "4Pi", "4Pi", 4503599627370496000, 4503599627370496),
            ("1e16", "10e15", "10e15", 0, 10000000000000000),
            ("123e13", "1230e12", "1230e12", 1230000000000000000, 1230000000000000),
            ("922337203685477580700e-2", "9223372036854775807", "9223372036854775807", -1000, 9223372036854775807),
            ("1.5e3", "1500", "1500", 1500000, 1500),
            ("0.1e1", "1", "1", 1000, 1),
            ("1e99999999999", "10e1215752190", "10e1215752190", 0, 0),
            ("1e9223372036854775807", "100e-3", "100e-3", 100, 1),
        ];
        for &(text, shown, rounded, thousandths, units) in cases {
            let amount = Quantity::parse(text).unwrap();
            assert_eq!(amount.to_string(), shown, "{text}");
            assert_eq!(amount.size.in_units_of(0), units, "{text}");
            let amount = amount.rounded_to_milli();
            assert_eq!(amount.to_string(), rounded, "{text}");
            assert_eq!(amount.thousandths(), thousandths, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        use QuantityError::{Format, Suffix};
        for (text, error) in [
            ("", Format),
            ("abc", Format),
            ("1 Gi", Format),
            ("1Gb", Format),
            ("1e1.5", Format),
            ("1K", Suffix),
            ("1ki", Suffix),
            ("1mm", Suffix),
            ("1e", Suffix),
            ("1e99999999999999999999", Suffix),
            ("é", Format),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn amounts_compare_by_size() {
        let q = |text| Quantity::parse(text).unwrap();
        assert!(q("1") == q("1000m") && q("1Gi") > q("1G") && q("-1") < q("0"));
        assert!(q("1e400") > q("1e399") && q("-1e400") < q("-1e399") && q("1e2000000000") > q("9Ei"));
        assert!(q("1").is_whole() && !q("1m").is_whole() && !q("1Ei").is_whole());
        assert!(q("-1n").is_negative() && q("0").is_zero() && !q("1e-400").is_zero());
        assert!(q("4Mi").is_multiple_of(&q("2Mi")) && !q("3Mi").is_multiple_of(&q("2Mi")));
        assert!(!q("1").is_multiple_of(&q("0")) && !q("1").is_multiple_of(&q("500m")));
        assert_eq!(q("1Gi").plus(&q("1")).to_string(), "1073741825");
        assert_eq!(q("9Ei").plus(&q("9Ei")).to_string(), "18446744073709551614");
        let of = |value: Value| Quantity::of(&value).map(|q| q.to_string());
        assert_eq!((of(2000.into()), of(" 1 ".into()), of(true.into())), (Some("2k".into()), Some("1".into()), None));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+]?[0-9.]{0,60}[a-zA-Z]{0,3}[-+]?[0-9]{0,12}") {
            let _ = Quantity::parse(&text).map(|amount| (amount.to_string(), amount.is_whole(), amount.plus(&amount)));
        }

        #[test]
        fn what_is_written_reads_back(whole in -1_000_000_000_i64..1_000_000_000, suffix in "[num]?|[kMGTE]|[KMGT]i") {
            let amount = Quantity::parse(&format!("{whole}{suffix}")).expect("an amount");
            let again = Quantity::parse(&amount.to_string()).expect("an amount");
            prop_assert_eq!(amount, again);
        }
    }
}
