//! Descriptions of a list of numbers: quantiles, paired differences, histogram, and how well a distribution fits
//! (Kolmogorov–Smirnov).

use super::Moments;

/// The `p`-quantile of numbers in increasing order: the least number such that at least a share `p` of all numbers does
/// not exceed it (the inverse of the empirical distribution function). `None` if there are no numbers.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let rank = ((p * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied()
}

/// The share of numbers (in increasing order) that are at most `x`: the empirical distribution function.
pub fn ecdf(sorted: &[f64], x: f64) -> f64 {
    sorted.partition_point(|y| *y <= x) as f64 / sorted.len() as f64
}

/// Mean and variance of the paired differences b − a, which common random numbers make small. If one list is longer,
/// its surplus is ignored.
pub fn paired_differences(a: &[f64], b: &[f64]) -> Moments {
    a.iter().zip(b).map(|(a, b)| b - a).collect()
}

/// The Kolmogorov–Smirnov statistic: the largest distance between `cdf` and the empirical distribution function of
/// numbers in increasing order. `below` is the probability of less than a value; it differs from `cdf` only at a jump.
pub fn ks_statistic(sorted: &[f64], cdf: impl Fn(f64) -> f64, below: impl Fn(f64) -> f64) -> f64 {
    let n = sorted.len() as f64;
    let mut largest = 0.0_f64;
    let mut start = 0;
    while start < sorted.len() {
        let x = sorted[start];
        let end = start + sorted[start..].iter().take_while(|y| **y == x).count();
        largest = largest.max((end as f64 / n - cdf(x)).abs()).max((below(x) - start as f64 / n).abs());
        start = end;
    }
    largest
}

/// The two-sample Kolmogorov–Smirnov statistic of two lists in increasing order.
pub fn ks_between(a: &[f64], b: &[f64]) -> f64 {
    a.iter().chain(b).map(|&x| (ecdf(a, x) - ecdf(b, x)).abs()).fold(0.0, f64::max)
}

/// The probability of a Kolmogorov–Smirnov statistic at least this large if the distribution is right and none of its
/// parameters was fitted to the numbers (fitting makes the result too large). `n` is the number of observations; for
/// two samples, n m / (n + m). Stephens' approximation (JRSS B 32, 1970), good from n = 5.
pub fn ks_p_value(statistic: f64, n: f64) -> f64 {
    let root = n.sqrt();
    kolmogorov_tail((root + 0.12 + 0.11 / root) * statistic)
}

/// P(K > x) of Kolmogorov's distribution.
fn kolmogorov_tail(x: f64) -> f64 {
    if x < 0.2 {
        // The series below does not converge for such x; the probability differs from 1 by less than 1e-12.
        return 1.0;
    }
    let terms = (1..=100).map(|k| {
        let k = f64::from(k);
        let term = libm::exp(-2.0 * k * k * x * x);
        if k % 2.0 == 1.0 { term } else { -term }
    });
    (2.0 * terms.sum::<f64>()).clamp(0.0, 1.0)
}

/// Counts in bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The lower edge of the first bin.
    pub start: f64,
    /// The width of each bin.
    pub width: f64,
    /// How many numbers are in each bin. A number on an edge is in the upper bin; the largest is in the last.
    pub counts: Vec<u64>,
}

/// Counts numbers in `bins` bins between their minimum and maximum; `None` without numbers or bins.
pub fn histogram(numbers: &[f64], bins: usize) -> Option<Histogram> {
    let start = numbers.iter().copied().reduce(f64::min)?;
    let end = numbers.iter().copied().reduce(f64::max)?;
    let last = bins.checked_sub(1)?;
    let width = if end > start { (end - start) / bins as f64 } else { 1.0 };
    let mut counts = vec![0; bins];
    numbers.iter().for_each(|x| counts[(((x - start) / width) as usize).min(last)] += 1);
    Some(Histogram { start, width, counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_numbers() {
        let of = |p| quantile(&[1.0, 2.0, 3.0, 4.0], p);
        assert_eq!([0.0, 0.25, 0.2501, 0.5, 0.99, 1.0].map(of), [1.0, 1.0, 2.0, 2.0, 4.0, 4.0].map(Some));
        assert_eq!((quantile(&[7.0], 0.5), quantile(&[], 0.5)), (Some(7.0), None));
    }

    #[test]
    fn quantiles_invert_the_empirical_distribution_function() {
        let sorted = [1.0, 2.0, 2.0, 9.0];
        let cases = [(0.0, 1.0), (0.25, 1.0), (0.26, 2.0), (0.75, 2.0), (0.76, 9.0), (1.0, 9.0)];
        for (p, x) in cases {
            assert_eq!(quantile(&sorted, p), Some(x), "{p}");
            assert!(ecdf(&sorted, x) >= p);
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn pairs_differ_by_what_is_added() {
        let differences = paired_differences(&[1.0, 5.0, 9.0], &[3.0, 7.0, 11.0]);
        assert_eq!((differences.mean(), differences.variance()), (Some(2.0), Some(0.0)));
    }

    /// Critical values at 5 % and 1 %: Miller, JASA 51 (1956), table 1; of large n, Smirnov's limit.
    #[test]
    fn kolmogorov_smirnov_as_published() {
        let cases = [(10.0, 0.409_25, 0.05), (20.0, 0.294_08, 0.05), (50.0, 0.188_41, 0.05), (20.0, 0.352_41, 0.01)];
        for (n, statistic, p) in cases {
            let got = ks_p_value(statistic, n);
            assert!((got - p).abs() < 0.03 * p, "{n}: {got}");
        }
        assert!((kolmogorov_tail(1.358_1) - 0.05).abs() < 1e-5 && (kolmogorov_tail(1.627_6) - 0.01).abs() < 1e-5);
        assert_eq!((ks_p_value(0.0, 10.0), ks_p_value(1.0, 1e6)), (1.0, 0.0));
    }

    #[test]
    fn the_statistic_looks_at_both_sides_of_a_step() {
        let uniform = |x: f64| x.clamp(0.0, 1.0);
        assert_eq!(ks_statistic(&[0.5], uniform, uniform), 0.5);
        assert_eq!(ks_statistic(&[0.25, 0.75], uniform, uniform), 0.25);
        // All numbers equal the only possible value: a perfect fit.
        assert_eq!(ks_statistic(&[2.0, 2.0], |x| f64::from(x >= 2.0), |x| f64::from(x > 2.0)), 0.0);
        assert_eq!(ks_between(&[1.0, 2.0], &[1.0, 2.0]), 0.0);
        assert_eq!(ks_between(&[1.0, 2.0], &[3.0, 4.0]), 1.0);
    }

    #[test]
    fn histograms_count_everything() {
        let h = histogram(&[0.0, 1.0, 2.0, 3.9, 4.0], 4).unwrap();
        assert_eq!((h.start, h.width, h.counts), (0.0, 1.0, vec![1, 1, 1, 2]));
        assert_eq!(histogram(&[7.0, 7.0], 3).unwrap().counts, [2, 0, 0]);
        assert_eq!((histogram(&[], 3), histogram(&[1.0], 0)), (None, None));
    }
}
