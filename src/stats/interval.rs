//! Confidence intervals. `confidence` is a probability such as 0.95.
//!
//! - a mean: Student's t;
//! - a probability: Wilson's score interval without continuity correction (Wilson, JASA 22, 1927);
//! - a quantile: order statistics, whose ranks come from the binomial distribution, whatever the distribution of the
//!   numbers (Conover, Practical Nonparametric Statistics, §3.2).

use super::binomial::{binomial_cdf, least_likely_below};
use super::special::normal_quantile;
use super::student::t_quantile;
use super::{ExactMoments, Moments, OrderStatistics};

/// The interval from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Half of its width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether `x` lies within it, ends included.
    pub fn contains(&self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }
}

/// The t interval for a mean, from a sample's mean, standard deviation and size; `None` for fewer than two numbers.
pub fn t_interval(mean: f64, sd: f64, count: u64, confidence: f64) -> Option<Interval> {
    if count < 2 {
        return None;
    }
    let t = t_quantile(0.5 + confidence / 2.0, (count - 1) as f64);
    let half = t * sd / (count as f64).sqrt();
    Some(Interval { low: mean - half, high: mean + half })
}

impl Moments {
    /// The t interval for the mean; `None` for fewer than two numbers.
    pub fn mean_interval(&self, confidence: f64) -> Option<Interval> {
        t_interval(self.mean()?, self.sd()?, self.count(), confidence)
    }
}

impl ExactMoments {
    /// The t interval for the mean; `None` for fewer than two numbers.
    pub fn mean_interval(&self, confidence: f64) -> Option<Interval> {
        t_interval(self.mean()?, self.sd()?, self.count(), confidence)
    }
}

/// Wilson's interval for a probability after `successes` in `trials`. Without trials it is [0, 1].
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    wilson_of_share(successes as f64 / trials as f64, trials as f64, confidence)
}

/// Wilson's interval for a share of an effective number of trials, which need not be whole (Korn and Graubard, 1998).
pub fn wilson_of_share(share: f64, n: f64, confidence: f64) -> Interval {
    let z = normal_quantile(0.5 + confidence / 2.0);
    let (z2, failing) = (z * z, 1.0 - share);
    let centre = share + z2 / (2.0 * n);
    let half = z * (share * failing / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At the ends the formula gives 0 and 1 up to rounding.
    let low = if share == 0.0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
    let high = if share == 1.0 { 1.0 } else { ((centre + half) / scale).min(1.0) };
    Interval { low, high }
}

/// Ranks of the order statistics that bound a quantile; `None` on a side that the sample cannot bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// Rank of the lower end, from 1.
    pub low: Option<u64>,
    /// Rank of the upper end.
    pub high: Option<u64>,
}

/// The ranks of the interval for the `p`-quantile of `count` numbers. Each side errs with a probability of at most (1 −
/// `confidence`) / 2, so the interval covers the quantile with at least `confidence`.
pub fn quantile_ranks(count: u64, p: f64, confidence: f64) -> Ranks {
    let tail = (1.0 - confidence) / 2.0;
    let low = least_likely_below(count, p, tail);
    // The upper end, seen from above: numbers exceed the quantile with probability 1 − p each.
    let high = count + 1 - least_likely_below(count, 1.0 - p, tail);
    Ranks { low: (low > 0).then_some(low), high: (high <= count).then_some(high) }
}

impl Ranks {
    /// The probability that the interval covers the `p`-quantile of a continuous distribution.
    pub fn coverage(&self, count: u64, p: f64) -> f64 {
        let below = self.low.map_or(0.0, |low| binomial_cdf(low - 1, count, p));
        let within = self.high.map_or(1.0, |high| binomial_cdf(high - 1, count, p));
        within - below
    }
}

impl OrderStatistics {
    /// The interval for the `p`-quantile; `None` on a side that the sample cannot bound.
    pub fn quantile_interval(&self, p: f64, confidence: f64) -> (Option<u64>, Option<u64>) {
        let ranks = quantile_ranks(self.count(), p, confidence);
        (ranks.low.and_then(|rank| self.ranked(rank)), ranks.high.and_then(|rank| self.ranked(rank)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn wilson_as_published() {
        let cases =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (successes, trials, low, high) in cases {
            let got = wilson(successes, trials, 0.95);
            assert!((got.low - low).abs() < 6e-5 && (got.high - high).abs() < 6e-5, "{successes}/{trials}: {got:?}");
            let mirrored = wilson(trials - successes, trials, 0.95);
            assert!((mirrored.low + got.high - 1.0).abs() < 1e-12);
        }
        assert_eq!(wilson(0, 0, 0.95), Interval { low: 0.0, high: 1.0 });
    }

    /// The confidence interval for the mean of NIST's heat flow meter data (e-Handbook §1.3.5.2): 195 numbers with
    /// mean 9.261460 and standard deviation 0.022789.
    #[test]
    fn t_interval_as_published() {
        let got = t_interval(9.261_460, 0.022_789, 195, 0.95).unwrap();
        assert!((got.low - 9.258_242).abs() < 1e-6 && (got.high - 9.264_679).abs() < 1e-6, "{got:?}");
        assert_eq!(t_interval(1.0, 0.0, 1, 0.95), None);
        // Of five numbers: t with 4 degrees of freedom is 2.776445 (any table), over the root of 5.
        let few = t_interval(10.0, 2.0, 5, 0.95).unwrap();
        assert!((few.half_width() - 2.776_445 * 2.0 / 5.0_f64.sqrt()).abs() < 1e-6, "{few:?}");
    }

    /// Ranks of the interval for a median, and its exact coverage, as in the tables of the sign test (Conover, table
    /// A3; Lehmann, Nonparametrics, table G).
    #[test]
    fn ranks_for_a_median_as_published() {
        let cases =
            [(6, 1, 6, 0.9688), (10, 2, 9, 0.9785), (15, 4, 12, 0.9648), (20, 6, 15, 0.9586), (30, 10, 21, 0.9572)];
        for (count, low, high, coverage) in cases {
            let ranks = quantile_ranks(count, 0.5, 0.95);
            assert_eq!(ranks, Ranks { low: Some(low), high: Some(high) }, "{count}");
            assert!((ranks.coverage(count, 0.5) - coverage).abs() < 6e-5);
        }
    }

    #[test]
    fn few_numbers_do_not_bound_an_extreme_quantile() {
        assert_eq!(quantile_ranks(5, 0.5, 0.95), Ranks { low: None, high: None });
        let ranks = quantile_ranks(100, 0.99, 0.95);
        assert_eq!((ranks.low, ranks.high), (Some(97), None));
        assert!(quantile_ranks(1_000, 0.99, 0.95).high.is_some());
        assert_eq!(quantile_ranks(0, 0.5, 0.95), Ranks { low: None, high: None });
    }
}
