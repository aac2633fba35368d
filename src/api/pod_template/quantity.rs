//! Amounts of resources such as `500m` or `1Gi`: exact decimal numbers and the form in which the API writes them. It is
//! not about which resources there are.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource`. Amounts are kept to a billionth, rounded away from zero, as there.

use serde_json::Value;

/// A billionth, the smallest amount.
const NANO: i32 = -9;
/// Nano units in one.
const ONE: i128 = 1_000_000_000;
/// Nano units in a thousandth.
const MILLI: i128 = 1_000_000;
/// Decimal digits that an `i128` holds with room to spare; what is longer is cut or capped.
const DIGITS: usize = 30;

/// How an amount was written, which decides how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `k`, `M`, `m` …
    Decimal,
    /// `Ki`, `Mi` …
    Binary,
    /// `e3`.
    Exponent,
}

/// An amount of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantity {
    /// In billionths.
    nano: i128,
    style: Style,
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

impl Quantity {
    /// The amount that a text says.
    ///
    /// # Errors
    /// What is wrong with the text, in the server's words.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let malformed = "quantities must match the regular expression \
                         '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || fraction.contains('.') {
            return Err(malformed);
        }
        let (style, binary, decimal) = read_suffix(suffix).ok_or("unable to parse quantity's suffix")?;
        let size = in_nano(whole, fraction, binary, decimal);
        Ok(Quantity { nano: if text.starts_with('-') { -size } else { size }, style })
    }

    /// The amount that a value of a manifest says: a text or a number.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text.trim()).ok(),
            Value::Number(number) => Self::parse(&number.to_string()).ok(),
            _ => None,
        }
    }

    pub(super) fn zero() -> Self {
        Quantity { nano: 0, style: Style::Decimal }
    }

    /// As the API server keeps the amounts of resources: rounded up to a thousandth.
    pub(super) fn rounded_to_milli(self) -> Self {
        Quantity { nano: divide_away(self.nano, MILLI).saturating_mul(MILLI), ..self }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Quantity { nano: self.nano.saturating_add(other.nano), ..self }
    }

    pub(super) fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nano.cmp(&other.nano)
    }

    pub(super) fn is_negative(&self) -> bool {
        self.nano < 0
    }

    pub(super) fn is_zero(&self) -> bool {
        self.nano == 0
    }

    /// Whether it is whole after rounding up to a thousandth.
    pub(super) fn is_whole(&self) -> bool {
        divide_away(self.nano, MILLI) % 1000 == 0
    }

    /// Whether, rounded up to a whole number, it is a multiple of a positive whole unit.
    pub(super) fn is_multiple_of(&self, unit: &Self) -> bool {
        let whole = divide_away(self.nano, ONE).saturating_mul(ONE);
        unit.nano > 0 && unit.nano % ONE == 0 && whole % unit.nano == 0
    }
}

impl std::fmt::Display for Quantity {
    /// The form in which the API writes it: no more digits than needed, the suffix of the kind that it was given with.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let small = self.nano.abs() < 1024 * ONE;
        match self.style {
            _ if self.nano == 0 => write!(f, "0"),
            Style::Binary if !small => {
                let (number, thousands) = without_factors(divide_away(self.nano, ONE), 1024, BINARY.len());
                let suffix = if thousands == 0 { "" } else { BINARY[thousands - 1].0 };
                write!(f, "{number}{suffix}")
            }
            style => {
                let (number, thousands) = without_factors(self.nano, 1000, DECIMAL.len() - 1);
                match (style, DECIMAL[thousands]) {
                    (Style::Exponent, (_, exponent)) if exponent != 0 => write!(f, "{number}e{exponent}"),
                    (_, (suffix, _)) => write!(f, "{number}{suffix}"),
                }
            }
        }
    }
}

/// The number without so many factors, at most `most`, and how many were taken out.
fn without_factors(mut number: i128, factor: i128, most: usize) -> (i128, usize) {
    let mut taken = 0;
    while taken < most && number % factor == 0 {
        number /= factor;
        taken += 1;
    }
    (number, taken)
}

/// Divides, rounding away from zero.
fn divide_away(number: i128, by: i128) -> i128 {
    number / by + (number % by).signum()
}

/// The style, the power of two and the power of ten of a suffix.
fn read_suffix(suffix: &str) -> Option<(Style, u32, i32)> {
    if let Some((_, power)) = DECIMAL.iter().find(|(word, _)| *word == suffix) {
        return Some((Style::Decimal, 0, *power));
    }
    if let Some((_, power)) = BINARY.iter().find(|(word, _)| *word == suffix) {
        return Some((Style::Binary, *power, 0));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    exponent.parse().ok().map(|power| (Style::Exponent, 0, power))
}

/// The size in billionths; what is too large is capped, what is too small is rounded up.
fn in_nano(whole: &str, fraction: &str, binary: u32, decimal: i32) -> i128 {
    let whole = whole.trim_start_matches('0');
    let fraction = if fraction.len() > DIGITS { &fraction[..DIGITS] } else { fraction };
    if whole.len() > DIGITS {
        return i128::MAX;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    // Digits beyond those that fit are far below a billionth of anything that fits.
    let (kept, cut) = digits.split_at(digits.len().min(DIGITS));
    let number: i128 = kept.parse().unwrap_or(i128::MAX);
    let power = decimal.saturating_sub(fraction.len() as i32).saturating_add(cut.len() as i32).saturating_sub(NANO);
    let scaled = number.saturating_mul(1 << binary);
    match (power.unsigned_abs(), power < 0) {
        (power, false) => 10_i128.checked_pow(power).map_or(i128::MAX, |factor| scaled.saturating_mul(factor)),
        (power, true) => 10_i128.checked_pow(power).map_or(1, |factor| divide_away(scaled, factor)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_written_as_the_api_writes_them() {
        let cases = [
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("100u", "100u"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("1e3", "1e3"),
            ("1.5e3", "1500"),
            ("0", "0"),
            ("0Gi", "0"),
            ("-1", "-1"),
            ("1000", "1k"),
            ("1000Ki", "1000Ki"),
            ("1.0000000001", "1000000001n"),
        ];
        for (given, shown) in cases {
            assert_eq!(Quantity::parse(given).expect(given).to_string(), shown, "{given}");
        }
        assert_eq!(Quantity::parse("100u").expect("an amount").rounded_to_milli().to_string(), "1m");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "m", "1.2.3", "1 Gi", "1x", "1e", "--1", "1ki"] {
            assert!(Quantity::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn amounts_compare_across_suffixes() {
        let amount = |text| Quantity::parse(text).expect("an amount");
        assert!(amount("1Gi").cmp(&amount("1G")).is_gt());
        assert!(amount("1000m").cmp(&amount("1")).is_eq());
        assert!(amount("0.1").cmp(&amount("100m")).is_eq());
        assert!(amount("4Mi").is_multiple_of(&amount("2Mi")) && !amount("3Mi").is_multiple_of(&amount("2Mi")));
        assert!(amount("2").is_whole() && !amount("500m").is_whole());
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
            prop_assert!(amount.cmp(&again).is_eq());
        }
    }
}
