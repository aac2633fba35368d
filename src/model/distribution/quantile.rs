//! Distribution functions and their inverses. Both are monotone. The p-quantile is the least value that is not exceeded
//! with probability p.

use super::{Component, Distribution, DistributionFamily, Truncated};
use crate::stats::special::{gamma_pq, gamma_quantile, normal_cdf, normal_quantile};

impl Distribution {
    /// The `p`-quantile. It is infinite at `p` = 1 if the values are unbounded.
    pub fn quantile(&self, p: f64) -> f64 {
        match &self.0 {
            DistributionFamily::Constant(value) => *value,
            DistributionFamily::Uniform { min, max } => min + p * (max - min),
            DistributionFamily::Triangular { min, mode, max } => triangular_quantile(p, *min, *mode, *max),
            DistributionFamily::Exponential { mean } => -mean * libm::log1p(-p),
            DistributionFamily::Gamma { shape, scale } => scale * gamma_quantile(*shape, p),
            DistributionFamily::Lognormal { mu, sigma } => libm::exp(mu + sigma * normal_quantile(p)),
            DistributionFamily::Weibull { shape, scale } => scale * libm::pow(-libm::log1p(-p), 1.0 / shape),
            DistributionFamily::Pareto { shape, min } => min * libm::exp(-libm::log1p(-p) / shape),
            DistributionFamily::Samples(values) => values[nth(p, values.len())],
            DistributionFamily::Quantiles(points) => along(points, p),
            DistributionFamily::Mixture(parts) => mixture_quantile(self, parts, p),
            DistributionFamily::Shifted { by, inner } => by + inner.quantile(p),
            DistributionFamily::Truncated(t) => {
                let x = t.inner.quantile(t.low + p * (t.high - t.low));
                x.clamp(t.min.unwrap_or(0.0), t.max.unwrap_or(f64::INFINITY))
            }
        }
    }

    /// The probability of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        match &self.0 {
            _ if x < 0.0 => 0.0,
            DistributionFamily::Constant(value) => f64::from(x >= *value),
            DistributionFamily::Uniform { min, max } => ((x - min) / (max - min)).clamp(0.0, 1.0),
            DistributionFamily::Triangular { min, mode, max } => triangular_cdf(x, *min, *mode, *max),
            DistributionFamily::Exponential { mean } => -libm::expm1(-x / mean),
            DistributionFamily::Gamma { shape, scale } => gamma_pq(*shape, x / scale).0,
            DistributionFamily::Lognormal { mu, sigma } => normal_cdf((libm::log(x) - mu) / sigma),
            DistributionFamily::Weibull { shape, scale } => -libm::expm1(-libm::pow(x / scale, *shape)),
            DistributionFamily::Pareto { shape, min } => {
                if x > *min {
                    -libm::expm1(shape * libm::log(min / x))
                } else {
                    0.0
                }
            }
            DistributionFamily::Samples(values) => values.partition_point(|v| *v <= x) as f64 / values.len() as f64,
            DistributionFamily::Quantiles(points) => line_cdf(points, x, |v| v <= x),
            DistributionFamily::Mixture(parts) => parts.iter().map(|part| part.share * part.distribution.cdf(x)).sum(),
            DistributionFamily::Shifted { by, inner } => inner.cdf(x - by),
            DistributionFamily::Truncated(t) => t.rescale(x, Distribution::cdf),
        }
    }

    /// The probability of less than `x`. It differs from [`Distribution::cdf`] where a single value has positive
    /// probability.
    pub(super) fn probability_below(&self, x: f64) -> f64 {
        match &self.0 {
            DistributionFamily::Constant(value) => f64::from(x > *value),
            DistributionFamily::Samples(values) => values.partition_point(|v| *v < x) as f64 / values.len() as f64,
            DistributionFamily::Quantiles(points) => line_cdf(points, x, |v| v < x),
            DistributionFamily::Mixture(parts) => {
                parts.iter().map(|p| p.share * p.distribution.probability_below(x)).sum()
            }
            DistributionFamily::Shifted { by, inner } => inner.probability_below(x - by),
            DistributionFamily::Truncated(t) => t.rescale(x, Distribution::probability_below),
            _ => self.cdf(x),
        }
    }
}

impl Truncated {
    fn rescale(&self, x: f64, cdf: impl Fn(&Distribution, f64) -> f64) -> f64 {
        ((cdf(&self.inner, x) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

fn triangular_quantile(p: f64, min: f64, mode: f64, max: f64) -> f64 {
    let turn = (mode - min) / (max - min);
    if p < turn {
        min + (p * (max - min) * (mode - min)).sqrt()
    } else {
        max - ((1.0 - p) * (max - min) * (max - mode)).sqrt()
    }
}

fn triangular_cdf(x: f64, min: f64, mode: f64, max: f64) -> f64 {
    match x {
        x if x <= min => 0.0,
        x if x >= max => 1.0,
        x if x < mode => (x - min) * (x - min) / ((max - min) * (mode - min)),
        x => 1.0 - (max - x) * (max - x) / ((max - min) * (max - mode)),
    }
}

/// The position of the `p`-quantile among `n` values: the first whose share is at least `p`.
fn nth(p: f64, n: usize) -> usize {
    ((p * n as f64).ceil() as usize).clamp(1, n) - 1
}

/// The value at probability `p` on the lines between the points.
fn along(points: &[(f64, f64)], p: f64) -> f64 {
    let above = points.partition_point(|point| point.0 < p);
    let (Some(&(p1, x1)), true) = (points.get(above), above > 0) else {
        return points[above.min(points.len() - 1)].1;
    };
    let (p0, x0) = points[above - 1];
    x0 + (x1 - x0) * ((p - p0) / (p1 - p0))
}

/// The probability up to `x`; `counts` decides which values count (those up to `x`, or those below it).
fn line_cdf(points: &[(f64, f64)], x: f64, counts: impl Fn(f64) -> bool) -> f64 {
    let above = points.partition_point(|point| counts(point.1));
    match (above, points.get(above)) {
        (0, _) => 0.0,
        (_, None) => 1.0,
        (_, Some(&(p1, x1))) => {
            let (p0, x0) = points[above - 1];
            p0 + (p1 - p0) * ((x - x0) / (x1 - x0))
        }
    }
}

/// By bisection between the least and the largest quantile of the components.
fn mixture_quantile(mixture: &Distribution, parts: &[Component], p: f64) -> f64 {
    let quantiles = || parts.iter().filter(|part| part.share > 0.0).map(|part| part.distribution.quantile(p));
    let (mut low, mut high) = (quantiles().fold(f64::INFINITY, f64::min), quantiles().fold(0.0, f64::max));
    if high.is_infinite() || mixture.cdf(low) >= p {
        return if high.is_infinite() { high } else { low };
    }
    while high - low > 1e-15 * high {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        *(if mixture.cdf(middle) < p { &mut low } else { &mut high }) = middle;
    }
    high
}
