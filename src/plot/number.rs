//! Numbers as short texts for pictures: shares, counts and durations. Numbers in reports have texts of their own.

use crate::time::SimDuration;

/// A duration given in seconds, such as `9m6s`.
pub fn span(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "never".to_owned();
    }
    let tenth = if seconds < 10.0 { 100.0 } else { 10.0 };
    SimDuration::from_secs_f64((seconds * tenth).round() / tenth).to_string()
}

/// A duration given in seconds, to about two digits, such as `2h` for 1h59m59s.
pub fn about(seconds: f64) -> String {
    let unit = match seconds {
        s if s >= 6_000.0 => 600.0,
        s if s >= 600.0 => 60.0,
        s if s >= 10.0 => 1.0,
        _ => return span(seconds),
    };
    span((seconds / unit).round() * unit)
}

/// A share in percent, such as `12.5 %`, with no-break spaces.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        return "<\u{a0}0.1\u{a0}%".to_owned();
    }
    format!("{}\u{a0}%", short(percent))
}

/// A number with about three significant digits.
pub fn short(x: f64) -> String {
    let text = match x.abs() {
        a if a >= 100.0 || a == a.round() => return grouped(x.round()),
        a if a >= 10.0 => format!("{x:.1}"),
        a if a >= 0.1 => format!("{x:.2}"),
        _ => format!("{x:.3}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number with separated thousands.
pub fn grouped(x: f64) -> String {
    let digits = format!("{:.0}", x.abs());
    let mut text = if x < 0.0 { "-".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 Pod`, `2 Pods`.
pub fn count(n: usize, one: &str) -> String {
    let many = match (n, one) {
        (1, _) => one.to_owned(),
        (_, "index") => "indexes".to_owned(),
        _ => format!("{one}s"),
    };
    format!("{} {many}", grouped(n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (x, text) in
            [(0.0, "0"), (0.1234, "0.12"), (12.34, "12.3"), (1_234.6, "1,235"), (5.0, "5"), (0.012, "0.012")]
        {
            assert_eq!(short(x), text);
        }
        assert_eq!((span(546.04), span(1.256), span(f64::INFINITY)), ("9m6s".into(), "1.26s".into(), "never".into()));
        assert_eq!((about(7_199.0), about(30.7), about(1.256)), ("2h".into(), "31s".into(), "1.26s".into()));
        assert_eq!(
            (percent(0.125), percent(1.0), percent(0.0001)),
            ("12.5\u{a0}%".into(), "100\u{a0}%".into(), "<\u{a0}0.1\u{a0}%".into())
        );
        assert_eq!((count(1, "Pod"), count(12_000, "index")), ("1 Pod".into(), "12,000 indexes".into()));
    }
}
