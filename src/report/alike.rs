//! Numbers that are read together, such as an estimate and the ends of its interval: in one unit and with one precision.

use super::points::in_unit;
use crate::text::thousands;
use crate::time::SimDuration;

const DAY: f64 = 86_400.0;

/// The numbers in a unit of the results, written alike.
pub(super) fn alike(numbers: &[f64], unit: &str) -> Vec<String> {
    let most = numbers.iter().copied().filter(|x| x.is_finite()).fold(0.0, |most: f64, x| most.max(x.abs()));
    let is_whole = numbers.iter().all(|x| !x.is_finite() || x.fract() == 0.0);
    let show = |x: f64| match unit {
        // From two days on times are in days: those beside them are too.
        "seconds" if most >= 2.0 * DAY && (DAY..2.0 * DAY).contains(&x) => days(x),
        "" | "amount" if x.is_finite() && !is_whole => with_decimals(x, decimals(most)),
        _ => in_unit(x, unit),
    };
    numbers.iter().map(|x| show(*x)).collect()
}

fn days(seconds: f64) -> String {
    let hours = SimDuration::from_secs_f64(seconds).as_nanos() / 3_600_000_000_000;
    format!("{}d{}h", hours / 24, hours % 24)
}

/// Three significant digits of the largest, or all digits before the point.
pub(super) fn decimals(most: f64) -> usize {
    match most {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    }
}

/// A number with so many digits after the point, thousands apart.
pub(super) fn with_decimals(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    let (whole, rest) = text.split_once('.').map_or((&*text, ""), |(whole, rest)| (whole, rest));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let whole = digits.parse::<u64>().map_or(digits.to_owned(), thousands);
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_has_one_precision_and_one_unit() {
        for (numbers, unit, shown) in [
            (&[10.13, 9.964, 10.22][..], "", &["10.1", "10.0", "10.2"][..]),
            (&[8253.4, 8248.0, 8258.9], "", &["8,253", "8,248", "8,259"]),
            (&[2.0, 1.0, 3.0], "", &["2", "1", "3"]),
            (&[170_000.0, 158_400.0, 180_000.0], "seconds", &["1d23h", "1d20h", "2d2h"]),
            (&[7_200.0, 3_600.0], "seconds", &["2h", "1h"]),
            (&[0.5, f64::INFINITY], "seconds", &["500ms", "never"]),
        ] {
            assert_eq!(alike(numbers, unit), shown, "{numbers:?}");
        }
    }
}
