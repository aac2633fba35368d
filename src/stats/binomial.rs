//! The binomial distribution.

use super::special::beta_inc;

/// The probability of at most `k` successes in `n` trials that succeed with probability `p` each.
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    // DLMF 8.17.5.
    beta_inc((n - k) as f64, k as f64 + 1.0, 1.0 - p)
}

/// The largest `k` such that fewer than `k` successes have a probability of at most `tail`.
pub fn least_likely_below(n: u64, p: f64, tail: f64) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if binomial_cdf(middle - 1, n, p) <= tail {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_terms() {
        // P(X ≤ 3) of 10 with 1/2: 176/1024; of 20 with 0.1: 0.8670 (any table).
        assert!((binomial_cdf(3, 10, 0.5) - 176.0 / 1024.0).abs() < 1e-14);
        assert!((binomial_cdf(3, 20, 0.1) - 0.867_046_676_6).abs() < 1e-9);
        assert_eq!((binomial_cdf(10, 10, 0.5), binomial_cdf(11, 10, 0.5)), (1.0, 1.0));
    }

    #[test]
    fn the_tail_is_as_long_as_it_may_be() {
        for (n, p, tail) in [(10, 0.5, 0.025), (100, 0.9, 0.025), (5, 0.5, 0.001), (1000, 0.001, 0.05)] {
            let k = least_likely_below(n, p, tail);
            assert!(k == 0 || binomial_cdf(k - 1, n, p) <= tail);
            assert!(binomial_cdf(k, n, p) > tail);
        }
        // A tail that is hit exactly still counts: in one toss of a coin, P(X ≤ 0) is one half.
        assert_eq!(least_likely_below(1, 0.5, binomial_cdf(0, 1, 0.5)), 1);
    }
}
