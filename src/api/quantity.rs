//! Amounts of resources such as `500m`, `1.5` or `2Gi`. They are whole numbers of nano-units. It is not about which
//! resources there are.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource`: what is finer than a nano-unit is rounded up, away from zero, and what
//! is larger than 2⁶³−1 is cut to that.

use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;

/// An amount.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantity {
    /// In nano-units.
    nano: i128,
    /// How it was written, which is how it is shown.
    form: QuantityForm,
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

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            Self::Suffix => "unable to parse quantity's suffix",
        })
    }
}

const NANO: i128 = 1_000_000_000;
const MILLI: i128 = 1_000_000;
const LARGEST: i128 = i64::MAX as i128 * NANO;
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
/// So many digits are more than any amount has.
const MOST_DIGITS: usize = 30;

impl Quantity {
    /// Reads an amount.
    ///
    /// # Errors
    /// See [`QuantityError`].
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
        let size = amount(whole, part, form, power);
        Ok(Quantity { nano: if negative { -size } else { size }, form })
    }

    /// The amount that a value of a manifest says: a text or a number.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text.trim()).ok(),
            Value::Number(number) => Self::parse(&number.to_string()).ok(),
            _ => None,
        }
    }

    /// As the API server keeps the amounts of resources: rounded up to a thousandth.
    pub fn rounded_to_milli(self) -> Self {
        Quantity { nano: divide_away(self.nano, MILLI).saturating_mul(MILLI), ..self }
    }

    /// The sum, shown in the form of the first.
    pub fn plus(self, other: Self) -> Self {
        Quantity { nano: self.nano.saturating_add(other.nano), ..self }
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.nano < 0
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.nano == 0
    }

    /// Whether it is a whole number of units after rounding up to a thousandth.
    pub fn is_whole(&self) -> bool {
        divide_away(self.nano, MILLI) % 1000 == 0
    }

    /// Whether, rounded up to a whole number, it is a multiple of a positive whole unit.
    pub fn is_multiple_of(&self, unit: &Self) -> bool {
        let whole = divide_away(self.nano, NANO).saturating_mul(NANO);
        unit.nano > 0 && unit.nano % NANO == 0 && whole % unit.nano == 0
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
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
        self.nano.cmp(&other.nano)
    }
}

/// Divides, rounding away from zero.
fn divide_away(number: i128, by: i128) -> i128 {
    number / by + (number % by).signum()
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
    let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((QuantityForm::Exponent, exponent.clamp(-1000, 1000) as i32))
}

/// The size in nano-units, rounded up and cut.
fn amount(whole: &str, part: &str, form: QuantityForm, power: i32) -> i128 {
    let whole = whole.trim_start_matches('0');
    let (factor, tens) = if form == QuantityForm::Binary { (1_i128 << power, 0) } else { (1, power) };
    // What stands before the point is whole.len() + tens digits long: too long to be looked at in detail?
    if !whole.is_empty() && whole.len() as i64 + i64::from(tens) > MOST_DIGITS as i64 {
        return LARGEST;
    }
    let mut value = 0_i128;
    let mut scale = tens + 9;
    let mut finer = false;
    for digit in whole.bytes().map(|b| (b, false)).chain(part.bytes().map(|b| (b, true))) {
        let (digit, after_point) = (i128::from(digit.0 - b'0'), digit.1);
        if value > i128::MAX / 100 / factor {
            finer |= digit != 0;
            scale += i32::from(!after_point);
            continue;
        }
        value = value * 10 + digit;
        scale -= i32::from(after_point);
    }
    value *= factor;
    while scale > 0 && value != 0 {
        if value > LARGEST {
            return LARGEST;
        }
        value *= 10;
        scale -= 1;
    }
    while scale < 0 && value != 0 {
        finer |= value % 10 != 0;
        value /= 10;
        scale += 1;
    }
    (value + i128::from(finer)).min(LARGEST)
}

impl fmt::Display for Quantity {
    /// The canonical form: no fraction, the largest suffix that allows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        let units = self.nano / NANO;
        if self.form == QuantityForm::Binary && self.nano % NANO == 0 && units.abs() >= 1024 {
            let (mut units, mut suffix) = (units, "");
            for (name, _) in BINARY {
                if units % 1024 != 0 {
                    break;
                }
                units /= 1024;
                suffix = name;
            }
            return write!(f, "{units}{suffix}");
        }
        let (mut number, mut power) = (self.nano, -9);
        while number % 1000 == 0 {
            number /= 1000;
            power += 3;
        }
        match DECIMAL.iter().find(|(_, p)| *p == power) {
            Some((_, 0)) | None => write!(f, "{number}"),
            Some(_) if self.form == QuantityForm::Exponent => write!(f, "{number}e{power}"),
            Some((suffix, _)) => write!(f, "{number}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_shown_canonically() {
        let cases = [
            ("0", "0"),
            ("1", "1"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            ("2000", "2k"),
            ("64Mi", "64Mi"),
            ("1024Mi", "1Gi"),
            ("0.5Gi", "512Mi"),
            ("1Ki", "1Ki"),
            ("0.5Ki", "512"),
            ("1e3", "1e3"),
            ("1E", "1E"),
            ("12e6", "12e6"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("-1", "-1"),
            ("+", "0"),
            (".", "0"),
            ("1.", "1"),
            (".5", "500m"),
            ("99999999999999999999", "9223372036854775807"),
            ("1e100", "9223372036854775807"),
            ("1e-100", "1e-9"),
            ("1.5Ei", "1536Pi"),
        ];
        for (text, shown) in cases {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), shown, "{text}");
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
            ("1K", Suffix),
            ("1ki", Suffix),
            ("1mm", Suffix),
            ("1e", Suffix),
            ("é", Format),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn amounts_compare_by_size() {
        let q = |text| Quantity::parse(text).unwrap();
        assert!(q("1") == q("1000m") && q("1Gi") > q("1G") && q("-1") < q("0"));
        assert!(q("1").is_whole() && !q("1m").is_whole());
    }
    #[test]
    fn amounts_are_rounded_as_the_server_rounds_them() {
        let q = |text| Quantity::parse(text).unwrap();
        assert_eq!(q("100u").rounded_to_milli().to_string(), "1m");
        assert!(q("999999n").rounded_to_milli() == q("1m") && q("-1n").rounded_to_milli() == q("-1m"));
        assert!(q("4Mi").is_multiple_of(&q("2Mi")) && !q("3Mi").is_multiple_of(&q("2Mi")));
        assert!(!q("1").is_multiple_of(&q("0")) && !q("1").is_multiple_of(&q("500m")));
        assert_eq!(q("1Gi").plus(q("1")).to_string(), "1073741825");
        assert!(q("-1n").is_negative() && q("0").is_zero());
        let of = |value: Value| Quantity::of(&value).map(|q| q.to_string());
        assert_eq!((of(2000.into()), of(" 1 ".into()), of(true.into())), (Some("2k".into()), Some("1".into()), None));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+]?[0-9.]{0,60}[a-zA-Z]{0,3}[-+]?[0-9]{0,12}") {
            let _ = Quantity::parse(&text).map(|amount| amount.to_string());
        }

        #[test]
        fn what_is_written_reads_back(whole in -1_000_000_000_i64..1_000_000_000, suffix in "[num]?|[kMGTE]|[KMGT]i") {
            let amount = Quantity::parse(&format!("{whole}{suffix}")).expect("an amount");
            let again = Quantity::parse(&amount.to_string()).expect("an amount");
            prop_assert_eq!(amount, again);
        }
    }
}
