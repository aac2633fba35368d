//! Numbers that are read together, such as an estimate and the ends of its interval, or parts and their whole, written
//! in one unit with one precision, and such that rounded parts still add up.

use super::experiment::number;
use crate::text::thousands;
use crate::time::SimDuration;

const MINUTE: f64 = 60.0;
const DAY: f64 = 86_400.0;

/// The direction in which a number with more digits than are shown is rounded.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    /// The usual way: times are cut, all other numbers are rounded to the nearest.
    Estimate,
    /// Downwards: the lower end of an interval, which must not seem narrower than it is.
    Down,
    /// Upwards: the upper end.
    Up,
}

/// Numbers in a unit of the results, written alike.
pub(super) fn alike(numbers: &[f64], unit: &str) -> Vec<String> {
    alike_beside(numbers, unit, 0.0)
}

/// The same numbers next to others of which the largest is `beside`: if that is two days or more, all times of the row
/// from one day on are in days.
pub(super) fn alike_beside(numbers: &[f64], unit: &str, beside: f64) -> Vec<String> {
    alike_rounded(&numbers.iter().map(|x| (*x, Rounding::Estimate)).collect::<Vec<_>>(), unit, beside)
}

/// An estimate and the ends of its interval, written alike; the ends are rounded outwards.
pub(super) fn interval_alike(estimate: f64, low: Option<f64>, high: Option<f64>, unit: &str) -> Vec<String> {
    interval_beside(estimate, [low, high], unit, 0.0)
}

/// The same numbers next to others of which the largest is `beside`.
pub(super) fn interval_beside(estimate: f64, [low, high]: [Option<f64>; 2], unit: &str, beside: f64) -> Vec<String> {
    let ends = [(low, Rounding::Down), (high, Rounding::Up)];
    let ends = ends.into_iter().filter_map(|(end, rounding)| Some((end?, rounding)));
    alike_rounded(&std::iter::once((estimate, Rounding::Estimate)).chain(ends).collect::<Vec<_>>(), unit, beside)
}

/// Numbers written alike, each rounded its own way, next to others of which the largest is `beside`.
pub(super) fn alike_rounded(numbers: &[(f64, Rounding)], unit: &str, beside: f64) -> Vec<String> {
    let every = || numbers.iter().map(|(x, _)| *x);
    let most = every().filter(|x| x.is_finite()).fold(0.0, |most: f64, x| most.max(x.abs()));
    let is_whole = every().all(|x| !x.is_finite() || x.fract() == 0.0);
    let percent_decimals = every().map(percent_decimals).max().unwrap_or(1);
    let digits = fraction_digits(numbers, most);
    let show = |x: f64, rounding: Rounding| match unit {
        _ if !x.is_finite() => number(x, true),
        "seconds" if is_whole || most == 0.0 || most >= MINUTE => span_beside(x, most.max(beside), rounding),
        "seconds" => fraction_beside(x, most, digits, rounding),
        "probability" | "share" => {
            format!("{} %", share(rounded(100.0 * x, percent_decimals, rounding) / 100.0, percent_decimals))
        }
        _ if is_whole => with_decimals(x, 0),
        _ => with_decimals(rounded(x, decimals(most), rounding), decimals(most)),
    };
    numbers.iter().map(|(x, rounding)| show(*x, *rounding)).collect()
}

/// A time next to others of which the longest is `most` seconds: to the second, or to the hour if the others are in
/// days.
fn span_beside(x: f64, most: f64, rounding: Rounding) -> String {
    const HOUR: f64 = 3_600.0;
    // From two days on times are in days, so those next to them are too.
    let is_in_days = most >= 2.0 * DAY;
    let x = match most {
        _ if is_in_days && x.abs() >= DAY => cut(x / HOUR, 0, rounding) * HOUR,
        MINUTE.. => cut(x, 0, rounding),
        _ => x,
    };
    if is_in_days && x.abs() >= DAY { days(x) } else { SimDuration::from_secs_f64(x).to_string() }
}

/// A time below a minute, cut to this many digits after the point, as all spans are shown. Zero has no digits after the
/// point.
fn fraction_beside(x: f64, most: f64, digits: usize, rounding: Rounding) -> String {
    let (unit, name) = match most {
        1.0.. => (1.0, "s"),
        0.001.. => (1e-3, "ms"),
        _ => return SimDuration::from_secs_f64(x).to_string(),
    };
    if x == 0.0 { SimDuration::ZERO.to_string() } else { format!("{:.digits$}{name}", cut(x / unit, digits, rounding)) }
}

/// The number of digits after the point that times below a minute need: three significant ones of the longest, fewer if
/// the rest are zero in all of them.
fn fraction_digits(numbers: &[(f64, Rounding)], most: f64) -> usize {
    let unit = if most >= 1.0 { 1.0 } else { 1e-3 };
    let digits = decimals(most / unit);
    let is_enough = |few: &usize| {
        let finite = numbers.iter().filter(|(x, _)| x.is_finite());
        finite
            .map(|(x, rounding)| (x / unit, *rounding))
            .all(|(x, rounding)| (cut(x, digits, rounding) - cut(x, *few, rounding)).abs() < 1e-9)
    };
    (0..digits).find(is_enough).unwrap_or(digits)
}

/// A time with this many digits after the point: an estimate is cut.
fn cut(x: f64, digits: usize, rounding: Rounding) -> f64 {
    match rounding {
        Rounding::Estimate if x < 0.0 => rounded(x, digits, Rounding::Up),
        Rounding::Estimate => rounded(x, digits, Rounding::Down),
        end => rounded(x, digits, end),
    }
}

/// A number rounded to this many digits after the point. Rounding down or up would turn the error of a binary fraction
/// into a whole digit (0.29 × 100 is 28.999…), so a millionth of a digit is ignored. An estimate is not rounded here,
/// but where it is written.
pub(super) fn rounded(x: f64, digits: usize, rounding: Rounding) -> f64 {
    let unit = (0..digits).fold(1.0, |unit, _| unit * 10.0);
    match rounding {
        Rounding::Estimate => x,
        Rounding::Down => (x * unit + 1e-6).floor() / unit,
        Rounding::Up => (x * unit - 1e-6).ceil() / unit,
    }
}

fn days(seconds: f64) -> String {
    let hours = SimDuration::from_secs_f64(seconds.abs()).as_nanos() / 3_600_000_000_000;
    let sign = if seconds < 0.0 { "-" } else { "" };
    match hours % 24 {
        0 => format!("{sign}{}d", hours / 24),
        rest => format!("{sign}{}d{rest}h", hours / 24),
    }
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

/// The digits after the point that keep a share from showing as 0 or 100 percent unless it is exactly that: near the
/// ends two significant digits, three digits after the point at most. A share that is within 0.0005 percent of an end
/// shows as `0.000` or `100.000`, which still differs from `0` and `100`.
pub(super) fn percent_decimals(x: f64) -> usize {
    let p = 100.0 * x;
    match p.min(100.0 - p) {
        0.0 => 0,
        edge if edge < 0.095 => 3,
        edge if edge < 0.95 => 2,
        _ => 1,
    }
}

/// A share in percent, without the sign. A share that is exactly 0 or 1 has no digits after the point.
pub(super) fn share(x: f64, decimals: usize) -> String {
    match percent_decimals(x) {
        0 => format!("{:.0}", 100.0 * x),
        _ => format!("{:.decimals$}", 100.0 * x),
    }
}

/// A number with this many digits after the point and its thousands separated.
pub(super) fn with_decimals(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    let (whole, rest) = text.split_once('.').map_or((&*text, ""), |(whole, rest)| (whole, rest));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let whole = digits.parse::<u64>().map_or(digits.to_owned(), thousands);
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Whole numbers that add up to `whole`, in the proportion of the parts: all are rounded down, and the parts that lost
/// most get what is missing (the largest-remainder method).
pub(super) fn adding_up(parts: &[f64], whole: u64) -> Vec<u64> {
    let sum: f64 = parts.iter().sum();
    if sum <= 0.0 {
        return vec![0; parts.len()];
    }
    let exact: Vec<f64> = parts.iter().map(|part| part / sum * whole as f64).collect();
    let mut rounded: Vec<u64> = exact.iter().map(|x| x.floor() as u64).collect();
    let mut places: Vec<usize> = (0..parts.len()).collect();
    places.sort_by(|a, b| (exact[*b].fract()).total_cmp(&exact[*a].fract()));
    let missing = whole.saturating_sub(rounded.iter().sum());
    places.iter().take(missing as usize).for_each(|place| rounded[*place] += 1);
    rounded
}

/// Spans that add up to a whole, and the whole, rounded to one unit and written alike so that they still add up.
pub(super) fn spans_adding_up(parts: &[SimDuration]) -> (String, Vec<String>) {
    let seconds: Vec<f64> = parts.iter().map(|part| part.as_secs_f64()).collect();
    let whole: f64 = seconds.iter().sum();
    let unit = match whole {
        _ if whole < 10.0 => 0.01,
        _ if whole < 2.0 * MINUTE => 0.1,
        _ if whole < 2.0 * DAY => 1.0,
        _ => 3_600.0,
    };
    // Cut, as all spans are shown.
    let units = cut(whole / unit, 0, Rounding::Estimate) as u64;
    let show = |n: u64| match unit < 1.0 {
        true => SimDuration::from_secs_f64(n as f64 * unit).to_string(),
        false => span_beside(n as f64 * unit, whole, Rounding::Estimate),
    };
    (show(units), adding_up(&seconds, units).into_iter().map(show).collect())
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
            (&[12_000.0, 1.0, 3e6], "", &["12,000", "1", "3,000,000"]),
            (&[170_000.0, 158_400.0, 180_000.0], "seconds", &["1d23h", "1d20h", "2d2h"]),
            (&[86_400.0, 172_800.0], "seconds", &["1d", "2d"]),
            (&[7_200.0, 3_600.0], "seconds", &["2h", "1h"]),
            (&[0.5, f64::INFINITY], "seconds", &["500ms", "never"]),
            (&[58.912, 57.1, 61.4], "seconds", &["58s", "57s", "1m1s"]),
            (&[39.179, 39.098, 39.0], "seconds", &["39.1s", "39.0s", "39.0s"]),
            (&[0.008, 0.008], "seconds", &["8ms", "8ms"]),
            (&[0.0312, 0.0298], "seconds", &["31.2ms", "29.8ms"]),
            (&[0.95, 0.764, 0.9911], "share", &["95.00 %", "76.40 %", "99.11 %"]),
            (&[0.0, 0.0, 0.161], "probability", &["0 %", "0 %", "16.1 %"]),
            (&[-5.0, 12.5], "", &["-5.0", "12.5"]),
        ] {
            assert_eq!(alike(numbers, unit), shown, "{numbers:?}");
        }
    }

    #[test]
    fn the_ends_of_an_interval_are_rounded_outwards() {
        for (numbers, unit, shown) in [
            ([8.984, 7.798, 10.17], "seconds", ["8.9s", "7.7s", "10.2s"]),
            ([8.984, 7.798, 10.17], "", ["9.0", "7.7", "10.2"]),
            ([61.5, 59.9, 61.1], "seconds", ["1m1s", "59s", "1m2s"]),
            ([170_000.0, 158_400.0, 180_001.0], "seconds", ["1d23h", "1d20h", "2d3h"]),
            ([0.5, 0.40401, 0.59599], "share", ["50.0 %", "40.4 %", "59.6 %"]),
            ([0.5, 0.40451, 0.59551], "share", ["50.0 %", "40.4 %", "59.6 %"]),
            ([1.0, 0.98761, 1.0], "share", ["100 %", "98.7 %", "100 %"]),
            ([-0.3, -1.234, 0.631], "", ["-0.30", "-1.24", "0.64"]),
            ([0.0, -0.0421, 0.0421], "seconds", ["0s", "-42.1ms", "42.1ms"]),
            ([2.0, 1.0, 3.0], "", ["2", "1", "3"]),
            ([0.3, 0.1, 0.7], "", ["0.300", "0.100", "0.700"]),
        ] {
            let [estimate, low, high] = numbers;
            assert_eq!(interval_alike(estimate, Some(low), Some(high), unit), shown, "{numbers:?}");
        }
        assert_eq!(interval_alike(7.251, None, Some(7.256), ""), ["7.25", "7.26"]);
    }

    #[test]
    fn rounded_parts_add_up() {
        assert_eq!(adding_up(&[1.0, 1.0, 1.0], 100), [34, 33, 33]);
        assert_eq!(adding_up(&[0.0, 0.0], 100), [0, 0]);
        for seed in 1..200_u64 {
            let parts: Vec<SimDuration> = (0..7)
                .map(|n| SimDuration::from_nanos((seed * 7_919 * (n + 3) * 104_729 % 1_000_003) as i64 * 1_000_003))
                .collect();
            let whole: f64 = parts.iter().map(|part| part.as_secs_f64()).sum();
            let seconds: Vec<f64> = parts.iter().map(|part| part.as_secs_f64()).collect();
            let rounded = adding_up(&seconds, whole.round() as u64);
            assert_eq!(rounded.iter().sum::<u64>(), whole.round() as u64, "{parts:?}");
            assert!(rounded.iter().zip(&seconds).all(|(r, x)| (*r as f64 - x).abs() <= 1.5), "{parts:?}");
        }
        let parts = [415, 120, 4, 2].map(SimDuration::from_secs);
        let (whole, shown) = spans_adding_up(&parts);
        assert_eq!((whole.as_str(), shown.join(" ").as_str()), ("9m1s", "6m55s 2m 4s 2s"));
        let (whole, shown) = spans_adding_up(&[47, 121].map(|hours| SimDuration::from_secs(hours * 3_600)));
        assert_eq!((whole.as_str(), shown.join(" ").as_str()), ("7d", "1d23h 5d1h"));
    }
}
