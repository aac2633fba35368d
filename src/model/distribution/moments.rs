//! Means and variances, by one rule for all families: the partial moments E[X^k; X ≤ x] for k = 1 and 2. Their limits
//! are the moments, and their differences give those of truncated distributions. Formulas: Johnson, Kotz and
//! Balakrishnan, Continuous Univariate Distributions; Klugman, Panjer and Willmot, Loss Models, appendix A (limited
//! moments).

use super::{Distribution, DistributionFamily};
use crate::stats::special::{gamma_pq, normal_cdf};

/// The upper end of a partial moment.
#[derive(Clone, Copy)]
struct MomentLimit {
    x: f64,
    /// Whether the value `x` itself is included.
    included: bool,
}

impl MomentLimit {
    const NONE: MomentLimit = MomentLimit { x: f64::INFINITY, included: true };

    fn counts(self, value: f64) -> bool {
        value < self.x || (self.included && value == self.x)
    }
}

impl Distribution {
    /// The mean; `None` if it is not finite.
    pub fn mean(&self) -> Option<f64> {
        Some(self.partial(1, MomentLimit::NONE)).filter(|mean| mean.is_finite())
    }

    /// The variance; `None` if it is not finite.
    pub fn variance(&self) -> Option<f64> {
        match &self.0 {
            DistributionFamily::Constant(_) => Some(0.0),
            DistributionFamily::Shifted { inner, .. } => inner.variance(),
            _ => {
                let mean = self.mean()?;
                Some(self.partial(2, MomentLimit::NONE) - mean * mean).filter(|v| v.is_finite()).map(|v| v.max(0.0))
            }
        }
    }

    /// E[X^k; X ≤ limit] for k = 1 or 2.
    fn partial(&self, k: u32, to: MomentLimit) -> f64 {
        let x = to.x;
        match &self.0 {
            DistributionFamily::Constant(value) => atom(k, *value, 1.0, to),
            DistributionFamily::Uniform { min, max } => level(k, (*min, *max), 1.0, to),
            DistributionFamily::Triangular { min, mode, max } => triangular(k, *min, *mode, *max, x),
            DistributionFamily::Exponential { mean } => gamma(k, 1.0, *mean, x),
            DistributionFamily::Gamma { shape, scale } => gamma(k, *shape, *scale, x),
            DistributionFamily::Lognormal { mu, sigma } => lognormal(k, *mu, *sigma, x),
            DistributionFamily::Weibull { shape, scale } => weibull(k, *shape, *scale, x),
            DistributionFamily::Pareto { shape, min } => pareto(k, *shape, *min, x),
            DistributionFamily::Samples(values) => {
                values.iter().map(|value| atom(k, *value, 1.0, to)).sum::<f64>() / values.len() as f64
            }
            DistributionFamily::Quantiles(points) => lines(k, points, to),
            DistributionFamily::Mixture(parts) => {
                let taken = parts.iter().filter(|part| part.share > 0.0);
                taken.map(|part| part.share * part.distribution.partial(k, to)).sum()
            }
            DistributionFamily::Shifted { by, inner } => shifted(k, *by, inner, to),
            DistributionFamily::Truncated(t) => {
                let (min, max) = (t.min.unwrap_or(0.0), t.max.unwrap_or(f64::INFINITY));
                if !to.counts(min) {
                    return 0.0;
                }
                let upper = if max < x { MomentLimit { x: max, included: true } } else { to };
                let below = t.inner.partial(k, MomentLimit { x: min, included: false });
                (t.inner.partial(k, upper) - below) / (t.high - t.low)
            }
        }
    }

    fn probability(&self, to: MomentLimit) -> f64 {
        if to.included { self.cdf(to.x) } else { self.probability_below(to.x) }
    }
}

fn power(x: f64, k: u32) -> f64 {
    (0..k).fold(1.0, |product, _| product * x)
}

/// The part of a single value with positive probability.
fn atom(k: u32, value: f64, probability: f64, to: MomentLimit) -> f64 {
    if to.counts(value) { probability * power(value, k) } else { 0.0 }
}

/// The part of a probability spread evenly over an interval.
fn level(k: u32, (min, max): (f64, f64), probability: f64, to: MomentLimit) -> f64 {
    if min == max {
        return atom(k, min, probability, to);
    }
    let end = to.x.clamp(min, max);
    probability * (power(end, k + 1) - power(min, k + 1)) / (f64::from(k + 1) * (max - min))
}

/// The density rises linearly from `min` to `mode` and falls linearly to `max`.
fn triangular(k: u32, min: f64, mode: f64, max: f64, x: f64) -> f64 {
    // The integral of t^k |t − corner| from `from` to `to`, up to the sign.
    let side = |corner: f64, from: f64, to: f64| {
        let antiderivative = |t: f64| power(t, k + 2) / f64::from(k + 2) - corner * power(t, k + 1) / f64::from(k + 1);
        antiderivative(to) - antiderivative(from)
    };
    let rising = if mode > min { side(min, min, x.clamp(min, mode)) / (mode - min) } else { 0.0 };
    let falling = if max > mode { -side(max, mode, x.clamp(mode, max)) / (max - mode) } else { 0.0 };
    2.0 / (max - min) * (rising + falling)
}

fn gamma(k: u32, shape: f64, scale: f64, x: f64) -> f64 {
    let whole = (0..k).fold(1.0, |product, i| product * scale * (shape + f64::from(i)));
    whole * gamma_pq(shape + f64::from(k), x / scale).0
}

fn lognormal(k: u32, mu: f64, sigma: f64, x: f64) -> f64 {
    let k = f64::from(k);
    let whole = libm::exp(k * mu + k * k * sigma * sigma / 2.0);
    if x.is_infinite() {
        return whole;
    }
    whole * normal_cdf((libm::log(x) - mu) / sigma - k * sigma)
}

fn weibull(k: u32, shape: f64, scale: f64, x: f64) -> f64 {
    let a = 1.0 + f64::from(k) / shape;
    power(scale, k) * libm::tgamma(a) * gamma_pq(a, libm::pow(x / scale, shape)).0
}

fn pareto(k: u32, shape: f64, min: f64, x: f64) -> f64 {
    if x <= min {
        return 0.0;
    }
    // The integral of t^(k − shape − 1) from 1 to x/min.
    let excess = f64::from(k) - shape;
    let integral = match excess {
        e if e >= 0.0 && x.is_infinite() => f64::INFINITY,
        0.0 => libm::log(x / min),
        e => libm::expm1(e * libm::log(x / min)) / e,
    };
    shape * power(min, k) * integral
}

fn lines(k: u32, points: &[(f64, f64)], to: MomentLimit) -> f64 {
    let (first, last) = (points[0], points[points.len() - 1]);
    let ends = atom(k, first.1, first.0, to) + atom(k, last.1, 1.0 - last.0, to);
    let pieces = points.windows(2).map(|pair| level(k, (pair[0].1, pair[1].1), pair[1].0 - pair[0].0, to));
    ends + pieces.sum::<f64>()
}

fn shifted(k: u32, by: f64, inner: &Distribution, to: MomentLimit) -> f64 {
    let to = MomentLimit { x: to.x - by, ..to };
    let (p, first) = (inner.probability(to), inner.partial(1, to));
    if k == 1 { first + by * p } else { inner.partial(2, to) + 2.0 * by * first + by * by * p }
}
