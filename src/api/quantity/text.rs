//! Parsing and formatting of amounts.

use super::{MOST_ZEROS, NANO_PLACES, Quantity, QuantityForm, Size, power_of_ten, with_places};
use crate::limits::LONGEST_AMOUNT;
use crate::text::thousands;
use num_bigint::{BigInt, Sign};
use std::fmt;

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuantityError {
    /// It is not a number with an optional suffix.
    Format,
    /// The suffix is unknown.
    Suffix,
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
/// Numbers of at most this many digits fit into 64 bits.
const SAFE_DIGITS: usize = 18;

impl Quantity {
    /// What should stand where this text, which is no amount, stands.
    pub fn expected(text: &str) -> String {
        match text.len() > LONGEST_AMOUNT {
            true => format!("an amount of at most {} characters", thousands(LONGEST_AMOUNT as u64)),
            false => "an amount such as 500m, 1.5 or 2Gi".to_owned(),
        }
    }

    /// Reads an amount.
    ///
    /// # Errors
    /// See [`QuantityError`].
    #[doc(alias = "ParseQuantity")]
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        if text.is_empty() || text.len() > LONGEST_AMOUNT {
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
}

/// The amount as a 64-bit number and a power of ten, if it is short enough for that. `whole` has no leading zeros.
fn small(whole: &str, part: &str, form: QuantityForm, power: i32) -> Option<(i64, i32)> {
    let count = whole.len() + part.len();
    let (scale, mantissa, fits) = match form {
        // The estimate is Go's: a power of two has about three tenths as many digits.
        QuantityForm::Binary if part.is_empty() => (0, 1_i64 << power, count as i64 + i64::from(power) * 3 / 10 < 15),
        QuantityForm::Binary => return None,
        _ => (power, 1, count <= SAFE_DIGITS),
    };
    let scale = i64::from(scale) - part.len() as i64;
    let scale = i32::try_from(scale).ok().filter(|scale| fits && *scale >= -NANO_PLACES)?;
    let value = value_before(&format!("{whole}{part}")).checked_mul(mantissa)?;
    Some((value, scale))
}

/// The number written with at most [`SAFE_DIGITS`] digits.
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
            // A fraction is not a power of two of any unit.
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

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len())
}

/// The family of a suffix, and its exponent: to base 2 if it is binary, otherwise to base 10.
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
        // Exponents are multiples of three; the remainder becomes zeros.
        let zeros = exponent.rem_euclid(3);
        let (number, exponent) = (format!("{number}{}", "0".repeat(zeros as usize)), exponent - zeros);
        match DECIMAL.iter().find(|(_, power)| *power == exponent) {
            _ if exponent == 0 => write!(f, "{number}"),
            _ if self.form == QuantityForm::Exponent => write!(f, "{number}e{exponent}"),
            Some((suffix, _)) => write!(f, "{number}{suffix}"),
            // Go has no suffix beyond `E`, and omits the exponent.
            None => write!(f, "{number}"),
        }
    }
}

/// A whole number with the largest binary suffix that divides it; `None` below 1024, which is shown as a decimal.
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
