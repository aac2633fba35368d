//! Virtual time: integer nanoseconds since the clock's start. It is never a float and never the machine's clock.
//!
//! Invariant: all arithmetic saturates, so that an absurdly long duration ends at the horizon instead of wrapping
//! around.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::{Add, AddAssign, Sub};

const NANOS_PER_SEC: i64 = 1_000_000_000;

/// An instant of the virtual clock, in nanoseconds since the clock's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(i64);

/// A span of virtual time, in nanoseconds; it may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimDuration(i64);

impl SimTime {
    /// The clock's start.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything that happens.
    pub const MAX: SimTime = SimTime(i64::MAX);

    /// The instant `nanos` nanoseconds after the clock's start.
    #[inline]
    pub const fn from_nanos(nanos: i64) -> Self {
        SimTime(nanos)
    }

    /// Nanoseconds since the clock's start.
    #[inline]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The instant truncated to whole seconds, as the API server stores times.
    #[inline]
    pub const fn truncate_to_seconds(self) -> Self {
        SimTime(self.0 - self.0.rem_euclid(NANOS_PER_SEC))
    }

    /// Whole seconds since the clock's start, truncated.
    #[inline]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SEC)
    }

    /// Microseconds since the clock's start, rounded to the nearest, as recorded histories write instants.
    #[inline]
    pub const fn as_micros_rounded(self) -> i64 {
        self.0.saturating_add(500).div_euclid(1_000)
    }

    /// The first instant after this one that is a multiple of `span` from the clock's start; saturates at the last
    /// instant of the clock.
    pub const fn next_multiple_of(self, span: SimDuration) -> Self {
        SimTime((self.0 / span.0 + 1).saturating_mul(span.0))
    }

    /// The first instant that rounds to a later microsecond than this one.
    #[inline]
    pub const fn end_of_micro(self) -> Self {
        SimTime((self.as_micros_rounded() + 1).saturating_mul(1_000).saturating_sub(500))
    }

    /// Seconds since the clock's start as a float, for display and statistics only.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC as f64
    }
}

impl SimDuration {
    /// Zero.
    pub const ZERO: SimDuration = SimDuration(0);
    /// One nanosecond, the clock's tick.
    pub const TICK: SimDuration = SimDuration(1);
    /// The longest span.
    pub const MAX: SimDuration = SimDuration(i64::MAX);

    /// `nanos` nanoseconds.
    #[inline]
    pub const fn from_nanos(nanos: i64) -> Self {
        SimDuration(nanos)
    }

    /// `micros` microseconds.
    #[inline]
    pub const fn from_micros(micros: i64) -> Self {
        SimDuration(micros.saturating_mul(1_000))
    }

    /// `millis` milliseconds.
    #[inline]
    pub const fn from_millis(millis: i64) -> Self {
        SimDuration(millis.saturating_mul(1_000_000))
    }

    /// `secs` seconds.
    #[inline]
    pub const fn from_secs(secs: i64) -> Self {
        SimDuration(secs.saturating_mul(NANOS_PER_SEC))
    }

    /// `secs` seconds, rounded to the nearest nanosecond; saturates, and NaN is zero.
    #[inline]
    pub fn from_secs_f64(secs: f64) -> Self {
        let nanos = secs * NANOS_PER_SEC as f64;
        // Cut, and then rounded by what was cut off, which is exact. `libm::round` gives the same and costs several times as
        // much, and there are a few such spans in the life of each Pod.
        let whole = nanos as i64;
        let rest = nanos - whole as f64;
        SimDuration(whole.saturating_add(i64::from(rest >= 0.5) - i64::from(rest <= -0.5)))
    }

    /// The span in nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The span in seconds as a float, for display and statistics only.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC as f64
    }

    /// Twice the span.
    #[inline]
    pub const fn doubled(self) -> Self {
        SimDuration(self.0.saturating_mul(2))
    }

    /// Whether the span is longer than zero.
    #[inline]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
}

/// An instant in whole seconds since the clock's start, as stored in Pods; half the size of a [`SimTime`]. It saturates
/// after 136 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
// One more than the seconds, so that an `Option` of it takes no more room.
pub struct WholeSecond(NonZeroU32);

/// The clock's start.
impl Default for WholeSecond {
    fn default() -> Self {
        WholeSecond(NonZeroU32::MIN)
    }
}

/// The date at which the virtual clock starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    start: i64,
}

impl WallClock {
    /// A virtual clock that starts `unix` seconds after 1970-01-01T00:00:00Z.
    pub const fn starting_at(unix: i64) -> Self {
        WallClock { start: unix }
    }

    /// Whole seconds since 1970-01-01T00:00:00Z at an instant, truncated.
    #[inline]
    pub const fn unix(self, t: SimTime) -> i64 {
        self.start + t.as_secs()
    }

    /// The instant of a date given in seconds since 1970-01-01T00:00:00Z.
    #[inline]
    pub const fn at(self, unix: i64) -> SimTime {
        SimTime(unix.saturating_sub(self.start).saturating_mul(NANOS_PER_SEC))
    }
}

impl Default for WallClock {
    /// The clock starts at 2000-01-01T00:00:00Z.
    fn default() -> Self {
        WallClock::starting_at(946_684_800)
    }
}

impl From<SimTime> for WholeSecond {
    /// Truncates to whole seconds.
    #[inline]
    fn from(t: SimTime) -> Self {
        let secs = t.as_secs().clamp(0, i64::from(u32::MAX) - 1) as u32;
        WholeSecond(NonZeroU32::MIN.saturating_add(secs))
    }
}

impl From<WholeSecond> for SimTime {
    #[inline]
    fn from(s: WholeSecond) -> Self {
        SimTime(i64::from(s.0.get() - 1) * NANOS_PER_SEC)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    #[inline]
    fn add(self, d: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(d.0))
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    #[inline]
    fn sub(self, d: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(d.0))
    }
}

impl Sub for SimTime {
    type Output = SimDuration;
    #[inline]
    fn sub(self, other: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    #[inline]
    fn add(self, d: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(d.0))
    }
}

impl AddAssign for SimDuration {
    #[inline]
    fn add_assign(&mut self, d: SimDuration) {
        *self = *self + d;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    #[inline]
    fn sub(self, d: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(d.0))
    }
}

impl fmt::Display for SimDuration {
    /// Formatted for people: `0s`, `350ms`, `12.5s`, `9m6s`, `1h2m5s`, `3d4h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, n) = if self.0 < 0 { ("-", self.0.saturating_neg()) } else { ("", self.0) };
        let (secs, nanos) = (n / NANOS_PER_SEC, n % NANOS_PER_SEC);
        match secs {
            0 if n == 0 => write!(f, "0s"),
            0 if n < 1_000 => write!(f, "{sign}{n}ns"),
            0 if n < 1_000_000 => write!(f, "{sign}{}µs", trim(n, 1_000)),
            0 => write!(f, "{sign}{}ms", trim(n, 1_000_000)),
            1..60 => write!(f, "{sign}{}s", trim(secs * 1_000 + nanos / 1_000_000, 1_000)),
            60..3_600 => write!(f, "{sign}{}", two(secs / 60, "m", secs % 60, "s")),
            3_600..172_800 if secs % 60 == 0 => write!(f, "{sign}{}", two(secs / 3_600, "h", secs % 3_600 / 60, "m")),
            3_600..172_800 => write!(f, "{sign}{}h{}m{}s", secs / 3_600, secs % 3_600 / 60, secs % 60),
            _ => write!(f, "{sign}{}", two(secs / 86_400, "d", secs % 86_400 / 3_600, "h")),
        }
    }
}

/// `n / unit` with up to three decimals, without trailing zeros.
fn trim(n: i64, unit: i64) -> String {
    let (whole, rest) = (n / unit, n % unit * 1_000 / unit);
    let s = format!("{whole}.{rest:03}");
    s.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn two(a: i64, ua: &str, b: i64, ub: &str) -> String {
    if b == 0 { format!("{a}{ua}") } else { format!("{a}{ua}{b}{ub}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_is_towards_the_past() {
        for (nanos, secs) in [(0, 0), (999_999_999, 0), (1_000_000_000, 1), (1_000_000_001, 1), (-1, -1)] {
            assert_eq!(SimTime::from_nanos(nanos).as_secs(), secs);
            assert_eq!(SimTime::from_nanos(nanos).truncate_to_seconds(), SimTime::from_nanos(secs * NANOS_PER_SEC));
        }
    }

    #[test]
    fn instants_round_to_the_nearest_microsecond() {
        for (nanos, micros) in [(0, 0), (499, 0), (500, 1), (1_499, 1), (1_500, 2)] {
            assert_eq!(SimTime::from_nanos(nanos).as_micros_rounded(), micros);
        }
    }

    #[test]
    fn durations_are_shown_for_people() {
        let cases = [
            (0, "0s"),
            (15, "15ns"),
            (1_500, "1.5µs"),
            (350_000_000, "350ms"),
            (12_500_000_000, "12.5s"),
            (60_000_000_000, "1m"),
            (546_000_000_000, "9m6s"),
            (3_720_000_000_000, "1h2m"),
            (3_725_900_000_000, "1h2m5s"),
            (7_205_000_000_000, "2h0m5s"),
            (273_600_000_000_000, "3d4h"),
            (-12_000_000_000, "-12s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(SimDuration::from_nanos(nanos).to_string(), text);
        }
    }

    #[test]
    fn dates_are_instants_and_back() {
        let clock = WallClock::default();
        assert_eq!(clock.at(946_684_801), SimTime::from_nanos(NANOS_PER_SEC));
        assert_eq!(clock.unix(SimTime::from_nanos(1_999_999_999)), 946_684_801);
        assert_eq!(clock.unix(clock.at(-5)), -5);
        assert_eq!(clock.at(i64::MAX), SimTime::MAX);
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(SimTime::from_nanos(5) + SimDuration::MAX, SimTime::MAX);
        assert_eq!(SimDuration::from_secs(i64::MAX), SimDuration::MAX);
    }
}
