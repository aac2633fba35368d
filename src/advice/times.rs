//! How long retries take: sums of back-offs, with the constants of the controller and the kubelet. They are lower
//! bounds, for Pods that fail at the instant at which they start. No Job is simulated.

use crate::controller::job::backoff_for;
use crate::release::MODELLED;
use crate::time::SimDuration;

/// How many waits are added one by one. After so many, every back-off has reached its cap.
const SUMMED: i64 = 64;

fn whole_seconds(span: SimDuration) -> i64 {
    span.as_nanos() / 1_000_000_000
}

/// The Pod failure back-off after a number of failures in a row, in seconds.
pub(super) fn backoff(failures: i64) -> i64 {
    let failures = i32::try_from(failures).unwrap_or(i32::MAX);
    whole_seconds(backoff_for(failures, &MODELLED.job_controller))
}

/// The sum of the waits until more than `limit` Pods have failed, `width` at a time, in seconds.
pub(super) fn until_limit(limit: i64, width: i64) -> i64 {
    let width = width.max(1);
    let waits = limit / width;
    sum(waits, |wave| backoff(wave.saturating_mul(width)))
}

/// The sum of the kubelet's waits until `width` Pods in parallel have restarted `limit` times in total, in seconds.
pub(super) fn until_restarts(limit: i64, width: i64) -> i64 {
    let restarts = (limit.max(1) + width.max(1) - 1) / width.max(1);
    // The first restart is immediate.
    sum(restarts - 1, |restart| {
        let doublings = u32::try_from(restart - 1).unwrap_or(u32::MAX).min(10);
        (whole_seconds(MODELLED.kubelet.restart_backoff) << doublings)
            .min(whole_seconds(MODELLED.kubelet.max_restart_backoff))
    })
}

/// The sum of the first `count` waits, which are non-decreasing.
fn sum(count: i64, wait: impl Fn(i64) -> i64) -> i64 {
    let single: i64 = (1..=count.min(SUMMED)).map(&wait).sum();
    let rest = (count - SUMMED).max(0);
    single.saturating_add(rest.saturating_mul(wait(SUMMED)))
}

/// A duration in words, in its two largest units.
pub(super) fn said(seconds: i64) -> String {
    const UNITS: [(i64, &str); 5] = [(31_536_000, "years"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(place) = UNITS.iter().position(|unit| seconds >= unit.0) else { return format!("{seconds} s") };
    let (length, name) = UNITS[place];
    let (count, rest) = (seconds / length, seconds % length);
    let name = if count == 1 && name == "years" { "year" } else { name };
    match UNITS.get(place + 1).map(|unit| (rest / unit.0, unit.1)) {
        Some((more, unit)) if more > 0 => format!("{count} {name} {more} {unit}"),
        _ => format!("{count} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_add_up() {
        assert_eq!(until_limit(0, 1), 0);
        assert_eq!(until_limit(6, 1), 10 + 20 + 40 + 80 + 160 + 320);
        assert_eq!(until_limit(6, 3), 40 + 320);
        assert_eq!(until_limit(6, 7), 0);
        assert_eq!(until_limit(100, 1), 630 + 94 * 600);
        assert_eq!(until_restarts(6, 1), 10 + 20 + 40 + 80 + 160);
        assert_eq!(until_restarts(0, 1), 0);
        assert_eq!(until_limit(i64::from(i32::MAX), 1) / 600, i64::from(i32::MAX) - 5);
    }

    #[test]
    fn times_are_said_in_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (10, "10 s"),
            (630, "10 min 30 s"),
            (3_600, "1 h"),
            (90_061, "1 d 1 h"),
            (31_536_000, "1 year"),
        ] {
            assert_eq!(said(seconds), text);
        }
    }
}
