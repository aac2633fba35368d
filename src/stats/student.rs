//! Student's t distribution.

use super::special::{beta_inc, ln_gamma, normal_quantile, root};

/// The probability of at most `t` with `df` > 0 degrees of freedom.
pub fn t_cdf(t: f64, df: f64) -> f64 {
    let tail = 0.5 * beta_inc(df / 2.0, 0.5, df / (df + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The `p`-quantile with `df` > 0 degrees of freedom: infinite at 0 and 1.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 || p == 0.5 {
        return normal_quantile(p);
    }
    let tail = p.min(1.0 - p);
    let size = if df == 1.0 { 1.0 / libm::tan(std::f64::consts::PI * tail) } else { upper(tail, df) };
    size.copysign(p - 0.5)
}

/// The t that is exceeded with probability `tail`, at most one half. The search runs over its magnitude, which is
/// positive.
fn upper(tail: f64, df: f64) -> f64 {
    let guess = near_normal(-normal_quantile(tail), df);
    if df > MANY {
        return guess;
    }
    let above = |t: f64| tail - 0.5 * beta_inc(df / 2.0, 0.5, df / (df + t * t));
    root(guess, above, |t| density(t, df))
}

/// From here on the expansion is exact up to rounding, and more accurate than logarithms of huge factorials.
const MANY: f64 = 1e4;

/// The Cornish–Fisher expansion of the t quantile around the normal one (Abramowitz and Stegun, 26.7.5).
fn near_normal(z: f64, df: f64) -> f64 {
    let z2 = z * z;
    let first = z * (z2 + 1.0) / 4.0;
    let second = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    z + (first + (second + third / df) / df) / df
}

fn density(t: f64, df: f64) -> f64 {
    let front = ln_gamma((df + 1.0) / 2.0) - ln_gamma(df / 2.0);
    libm::exp(front - (df + 1.0) / 2.0 * libm::log1p(t * t / df)) / (df * std::f64::consts::PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, §1.3.6.7.2, critical values of Student's t; three decimals.
    #[test]
    fn the_published_table() {
        const PROBABILITIES: [f64; 6] = [0.90, 0.95, 0.975, 0.99, 0.995, 0.999];
        let table = [
            (1.0, [3.078, 6.314, 12.706, 31.821, 63.657, 318.309]),
            (2.0, [1.886, 2.920, 4.303, 6.965, 9.925, 22.327]),
            (3.0, [1.638, 2.353, 3.182, 4.541, 5.841, 10.215]),
            (5.0, [1.476, 2.015, 2.571, 3.365, 4.032, 5.893]),
            (10.0, [1.372, 1.812, 2.228, 2.764, 3.169, 4.144]),
            (20.0, [1.325, 1.725, 2.086, 2.528, 2.845, 3.552]),
            (30.0, [1.310, 1.697, 2.042, 2.457, 2.750, 3.385]),
            (60.0, [1.296, 1.671, 2.000, 2.390, 2.660, 3.232]),
            (100.0, [1.290, 1.660, 1.984, 2.364, 2.626, 3.174]),
        ];
        for (df, row) in table {
            for (p, published) in PROBABILITIES.into_iter().zip(row) {
                let t = t_quantile(p, df);
                assert!((t - published).abs() < 6e-4, "t({p}, {df}) = {t}, not {published}");
                assert!((t_cdf(t, df) - p).abs() < 1e-12);
                assert!((t_quantile(1.0 - p, df) + t).abs() < 1e-9 * t);
            }
        }
    }

    #[test]
    fn with_many_degrees_of_freedom_it_is_normal() {
        // Both methods agree where one takes over from the other.
        assert!((t_quantile(0.999, MANY) - near_normal(normal_quantile(0.999), MANY)).abs() < 1e-10);
        assert!((t_quantile(0.975, 1e9) - 1.959_963_984_540_054).abs() < 1e-8);
        assert_eq!(t_quantile(0.5, 3.0), 0.0);
        assert_eq!([0.0, 1.0].map(|p| t_quantile(p, 3.0)), [f64::NEG_INFINITY, f64::INFINITY]);
    }
}
