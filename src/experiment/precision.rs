//! Stopping rules: replicate until half-widths of intervals are small enough. They are checked after fixed numbers of
//! replications, so that the number of replications depends on the simulation alone, not on threads or timing.

use super::goal::{Measure, MeasureTally, Measured};
use super::goal_text::GoalError;
use crate::model::duration;
use std::sync::Arc;

/// A measure, and the half-width that its interval must reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The text as the user wrote it.
    pub text: String,
    /// The measure.
    pub measure: Measure,
    /// The half-width.
    pub target: HalfWidth,
}

/// How small a half-width must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HalfWidth {
    /// In the measure's own unit: seconds, a count, or for probabilities a share (`0.5%` are half a percentage point).
    Absolute(f64),
    /// As a share of the estimate (`2%` of a mean).
    Relative(f64),
}

impl Precision {
    /// Reads `p95(duration)=1m`, `mean(podsCreated)=2%` (of the mean) or `P(Complete)=0.5%` (percentage points).
    ///
    /// # Errors
    /// The text is not of this form; the message says why.
    pub fn parse(text: &str, series: &[Arc<str>]) -> Result<Self, GoalError> {
        let error = |message: String| GoalError { message, suggestion: None };
        let (left, right) = text.rsplit_once('=').ok_or_else(|| {
            error(format!("{text:?} says no half-width: write `p95(duration)=1m`, or `mean(duration)=1%` of the mean"))
        })?;
        let measure = Measure::parse(left, series)?;
        let right = right.trim();
        let percent = right.strip_suffix('%').map(|digits| digits.trim().parse::<f64>().map(|x| x / 100.0));
        let target = match (percent, &measure.what) {
            (Some(Ok(share)), Measured::Probability(_) | Measured::Share(_)) => HalfWidth::Absolute(share),
            (Some(Ok(share)), _) => HalfWidth::Relative(share),
            (Some(Err(_)), _) => return Err(error(format!("{right:?} is no number of percents"))),
            (None, _) if measure.is_time() => HalfWidth::Absolute(duration::parse_seconds(right).map_err(error)?),
            (None, _) => match right.parse() {
                Ok(n) => HalfWidth::Absolute(n),
                Err(_) => return Err(error(format!("{right:?} is no number"))),
            },
        };
        let (HalfWidth::Absolute(size) | HalfWidth::Relative(size)) = target;
        if !(size.is_finite() && size > 0.0) {
            return Err(error(format!("{right:?}: a half-width is above 0")));
        }
        Ok(Precision { text: text.to_owned(), measure, target })
    }

    /// Whether the interval is small enough.
    pub fn is_reached(&self, tally: &MeasureTally, confidence: f64) -> bool {
        let Some(estimate) = self.measure.estimate(tally, confidence) else { return false };
        let (Some(low), Some(high)) = (estimate.low, estimate.high) else { return false };
        let half = (high - low) / 2.0;
        match self.target {
            HalfWidth::Absolute(size) => half <= size,
            HalfWidth::Relative(share) => half <= share * estimate.value.abs(),
        }
    }
}

/// After how many replications the rules are checked next: later and later. A check merges the tallies of all threads.
/// And the more often an interval is looked at, the likelier it is narrow by chance at one of the looks.
pub fn next_look(done: u32) -> u32 {
    done + (done / 4).max(FIRST_LOOK)
}

/// With fewer replications an interval says too little.
const FIRST_LOOK: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_widths_are_absolute_or_relative() {
        let series = [Arc::from("import")];
        let target = |text: &str| Precision::parse(text, &series).map(|p| p.target);
        for (text, width) in [
            ("p95(duration)=1m", HalfWidth::Absolute(60.0)),
            ("mean(duration) = 2%", HalfWidth::Relative(0.02)),
            ("P(Complete)=0.5%", HalfWidth::Absolute(0.005)),
            ("P(podsCreated <= 5)=0.01", HalfWidth::Absolute(0.01)),
            ("mean(podsCreated)=0.25", HalfWidth::Absolute(0.25)),
        ] {
            assert_eq!(target(text), Ok(width), "{text}");
        }
        for text in ["p95(duration)", "p95(duration)=5", "p95(duration)=0s", "mean(retries)=x", "mean(retries)=-1%"] {
            assert!(target(text).is_err(), "{text}");
        }
        let looks: Vec<u32> = std::iter::successors(Some(0), |n| Some(next_look(*n))).take(6).collect();
        assert_eq!(looks, [0, 200, 400, 600, 800, 1000]);
        assert_eq!(next_look(10_000), 12_500);
    }

    #[test]
    fn a_relative_half_width_is_a_share_of_the_mean() {
        use crate::experiment::{Outcome, Replication};
        let precision = |text| Precision::parse(text, &[]).expect("it can be read");
        let mut tally = MeasureTally::default();
        for pods_created in [99, 100, 101, 100] {
            let all = Outcome { pods_created, ..Outcome::default() };
            precision("mean(podsCreated)=1%").measure.add(&mut tally, &Replication { all, ..Replication::default() });
        }
        // t with 3 degrees of freedom is 3.18, the standard deviation 0.816: a half-width of 1.3.
        for (text, is_reached) in [
            ("mean(podsCreated)=2%", true),
            ("mean(podsCreated)=1%", false),
            ("mean(podsCreated)=1.5", true),
            ("mean(podsCreated)=1", false),
        ] {
            assert_eq!(precision(text).is_reached(&tally, 0.95), is_reached, "{text}");
        }
    }
}
