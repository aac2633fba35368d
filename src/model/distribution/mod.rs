//! Input distributions: what random durations are drawn from, under their textbook names. Values are seconds (or plain
//! numbers, where the context says so), never negative and never NaN.
//!
//! A variate is made from *one* uniform number by inversion. A larger number gives a larger variate (in a mixture,
//! within a component), which is what makes common random numbers work. Where the inverse has no closed form (gamma),
//! it is found numerically; nothing is rejected and redrawn. That is why `rand_distr` is not used here: its samplers
//! reject, and the last bits of its variates depend on the platform's `ln` and `exp`. All transcendental functions come
//! from `libm`.
//!
//! - here: the type, sampling, and constructors that reject invalid parameters with a reason;
//! - `quantile`: distribution and quantile functions; `moments`: means and variances;
//! - `invalid`: why parameters are refused;
//! - `text`: how people write distributions, read from text and from YAML; `families`: the parameters of each family;
//!   `display`: formatting in the same syntax, so that what is shown can be used as input.
//!
//! Invariant: a `Distribution` is valid. Every method returns a number for every probability in [0, 1].

mod display;
mod families;
mod invalid;
mod moments;
mod quantile;
mod text;

pub use families::{FamilyReference, families};
pub use invalid::Invalid;

use super::duration::shifted;
use crate::limits::LONGEST_DURATION;
use crate::stats::special;
use crate::time::SimDuration;
use invalid::{invalid, not_negative, ordered, positive, within};
use std::sync::Arc;

/// A distribution. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(DistributionFamily);

#[derive(Clone, Debug, PartialEq)]
enum DistributionFamily {
    Constant(f64),
    Uniform {
        min: f64,
        max: f64,
    },
    Triangular {
        min: f64,
        mode: f64,
        max: f64,
    },
    Exponential {
        mean: f64,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Weibull {
        shape: f64,
        scale: f64,
    },
    Pareto {
        shape: f64,
        min: f64,
    },
    /// In increasing order.
    Samples(Arc<[f64]>),
    /// Probability and value, both increasing.
    Quantiles(Arc<[(f64, f64)]>),
    Mixture(Arc<[Component]>),
    Shifted {
        by: f64,
        inner: Arc<Distribution>,
    },
    Truncated(Arc<Truncated>),
}

/// A component of a mixture.
#[derive(Clone, Debug, PartialEq)]
struct Component {
    /// The weight as given, relative to the others.
    weight: f64,
    /// The total probability of this component and all before it.
    below: f64,
    share: f64,
    distribution: Distribution,
}

#[derive(Clone, Debug, PartialEq)]
struct Truncated {
    inner: Distribution,
    min: Option<f64>,
    max: Option<f64>,
    /// The probabilities of values below `min`, and of values up to `max`.
    low: f64,
    high: f64,
}

/// The least probability that truncation may leave.
const LEAST_LEFT: f64 = 1e-9;

impl Distribution {
    /// A constant.
    ///
    /// # Errors
    /// If the value is negative or not finite.
    pub fn constant(value: f64) -> Result<Self, Invalid> {
        Ok(Distribution(DistributionFamily::Constant(not_negative("value", value)?)))
    }

    /// Uniform between `min` and `max`.
    ///
    /// # Errors
    /// If a limit is negative or not finite, or `max` is less than `min`.
    pub fn uniform(min: f64, max: f64) -> Result<Self, Invalid> {
        let (min, max) = (not_negative("min", min)?, not_negative("max", max)?);
        ordered(("min", min), ("max", max))?;
        Ok(Distribution(if min == max {
            DistributionFamily::Constant(min)
        } else {
            DistributionFamily::Uniform { min, max }
        }))
    }

    /// Triangular between `min` and `max`, with the most likely value `mode`.
    ///
    /// # Errors
    /// If a parameter is negative or not finite, or if they are not in increasing order.
    pub fn triangular(min: f64, mode: f64, max: f64) -> Result<Self, Invalid> {
        let (min, mode, max) = (not_negative("min", min)?, not_negative("mode", mode)?, not_negative("max", max)?);
        ordered(("min", min), ("mode", mode))?;
        ordered(("mode", mode), ("max", max))?;
        Ok(Distribution(if min == max {
            DistributionFamily::Constant(min)
        } else {
            DistributionFamily::Triangular { min, mode, max }
        }))
    }

    /// Exponential (memoryless) with this mean.
    ///
    /// # Errors
    /// If the mean is not positive or not finite.
    pub fn exponential(mean: f64) -> Result<Self, Invalid> {
        Ok(Distribution(DistributionFamily::Exponential { mean: positive("mean", mean)? }))
    }

    /// The gamma distribution (a whole `shape` makes it an Erlang distribution); its mean is shape × scale.
    ///
    /// # Errors
    /// If a parameter is not positive or not finite, or the shape is not within 0.01 and 1,000,000.
    pub fn gamma(shape: f64, scale: f64) -> Result<Self, Invalid> {
        let shape = within("shape", shape, 0.01, 1e6)?;
        Ok(Distribution(DistributionFamily::Gamma { shape, scale: positive("scale", scale)? }))
    }

    /// The lognormal distribution: e to the power of a normal variate with mean `mu` and standard deviation `sigma`.
    /// Its median is e^mu.
    ///
    /// # Errors
    /// If `mu` is not finite or beyond ±700, or `sigma` is negative or more than 20.
    pub fn lognormal(mu: f64, sigma: f64) -> Result<Self, Invalid> {
        if !mu.is_finite() || mu.abs() > 700.0 {
            return Err(invalid("mu", format!("must be the logarithm of a number of seconds, not {mu}")));
        }
        let sigma = within("sigma", sigma, 0.0, 20.0)?;
        Ok(Distribution(if sigma == 0.0 {
            DistributionFamily::Constant(libm::exp(mu))
        } else {
            DistributionFamily::Lognormal { mu, sigma }
        }))
    }

    /// The Weibull distribution: P(X > x) = e^−(x/scale)^shape.
    ///
    /// # Errors
    /// If a parameter is not positive or not finite, or the shape is not within 0.05 and 1,000.
    pub fn weibull(shape: f64, scale: f64) -> Result<Self, Invalid> {
        let shape = within("shape", shape, 0.05, 1e3)?;
        Ok(Distribution(DistributionFamily::Weibull { shape, scale: positive("scale", scale)? }))
    }

    /// The Pareto distribution: P(X > x) = (min/x)^shape for x ≥ `min`. Its mean is finite only if `shape` > 1.
    ///
    /// # Errors
    /// If a parameter is not positive or not finite.
    pub fn pareto(shape: f64, min: f64) -> Result<Self, Invalid> {
        Ok(Distribution(DistributionFamily::Pareto {
            shape: within("shape", shape, 0.05, 1e6)?,
            min: positive("min", min)?,
        }))
    }

    /// The empirical distribution: each of these values with equal probability; repeated values count repeatedly.
    ///
    /// # Errors
    /// If there are none, or one is negative or not finite.
    pub fn samples(mut values: Vec<f64>) -> Result<Self, Invalid> {
        if values.is_empty() {
            return Err(invalid("", "there must be one sample at least"));
        }
        for (n, value) in values.iter_mut().enumerate() {
            *value = not_negative(&format!("sample {}", n + 1), *value)?;
        }
        values.sort_by(f64::total_cmp);
        Ok(Distribution(DistributionFamily::Samples(values.into())))
    }

    /// Known quantiles as pairs of probability and value, with linear interpolation between them. Below the first
    /// probability the value is the first one; above the last probability it is the last one.
    ///
    /// # Errors
    /// If there are none, a probability is outside [0, 1], or values do not increase with their probabilities.
    pub fn quantiles(mut points: Vec<(f64, f64)>) -> Result<Self, Invalid> {
        if points.is_empty() {
            return Err(invalid("", "there must be one quantile at least"));
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        for &(p, value) in &points {
            let name = quantile_name(p);
            if !(0.0..=1.0).contains(&p) {
                return Err(invalid(&name, "must be of a probability from 0 to 100 %"));
            }
            not_negative(&name, value)?;
        }
        for pair in points.windows(2) {
            let (below, above) = (quantile_name(pair[0].0), quantile_name(pair[1].0));
            if pair[0].0 == pair[1].0 {
                return Err(invalid(&above, "stands twice"));
            }
            ordered((&below, pair[0].1), (&above, pair[1].1))?;
        }
        Ok(Distribution(DistributionFamily::Quantiles(points.into())))
    }

    /// A mixture; the weights of the components are relative to each other.
    ///
    /// # Errors
    /// If there are no components, a weight is negative or not finite, or all are zero.
    pub fn mixture(components: Vec<(f64, Distribution)>) -> Result<Self, Invalid> {
        let shares = shares(components.iter().map(|c| c.0))?;
        let mut below = 0.0;
        let mut parts = Vec::new();
        for ((weight, distribution), share) in components.into_iter().zip(shares) {
            parts.push(Component { weight, below, share, distribution });
            below += share;
        }
        Ok(Distribution(DistributionFamily::Mixture(parts.into())))
    }

    /// `inner` plus the constant `by`.
    ///
    /// # Errors
    /// If `by` is negative or not finite.
    pub fn shifted(by: f64, inner: Distribution) -> Result<Self, Invalid> {
        Ok(Distribution(DistributionFamily::Shifted { by: not_negative("by", by)?, inner: inner.into() }))
    }

    /// `inner` on the condition that it lies between `min` and `max`. Values outside are not clipped to the limits;
    /// they do not occur.
    ///
    /// # Errors
    /// If neither limit is given, one is negative or not finite, or almost no probability of `inner` lies between them.
    pub fn truncated(inner: Distribution, min: Option<f64>, max: Option<f64>) -> Result<Self, Invalid> {
        if min.is_none() && max.is_none() {
            return Err(invalid("", "min, max or both must be given"));
        }
        let min = min.map(|x| not_negative("min", x)).transpose()?;
        let max = max.map(|x| not_negative("max", x)).transpose()?;
        ordered(("min", min.unwrap_or(0.0)), ("max", max.unwrap_or(f64::INFINITY)))?;
        let low = min.map_or(0.0, |x| inner.probability_below(x));
        let high = max.map_or(1.0, |x| inner.cdf(x));
        if high - low < LEAST_LEFT {
            return Err(invalid("", format!("nothing to speak of lies between min and max of {inner}")));
        }
        Ok(Distribution(DistributionFamily::Truncated(Arc::new(Truncated { inner, min, max, low, high }))))
    }

    /// The variate for a uniform number in (0, 1).
    #[inline]
    pub fn sample(&self, u: f64) -> f64 {
        match &self.0 {
            DistributionFamily::Mixture(parts) => {
                let part = parts.iter().rev().find(|part| part.share > 0.0 && part.below < u).unwrap_or(&parts[0]);
                part.distribution.sample(((u - part.below) / part.share).clamp(SMALLEST, 1.0 - SMALLEST))
            }
            DistributionFamily::Shifted { by, inner } => by + inner.sample(u),
            _ => self.quantile(u),
        }
    }

    /// The variate as a duration, at most a hundred years.
    #[inline]
    pub fn sample_duration(&self, u: f64) -> SimDuration {
        SimDuration::from_secs_f64(self.sample(u)).min(SimDuration::from_secs(LONGEST_DURATION))
    }

    /// A variate as a duration, as [`Distribution::sample_duration`] gives it. A number is drawn only if it matters, as many
    /// times are constant: the numbers have names, so that one which is not drawn is missed by nobody.
    #[inline]
    pub fn draw_duration(&self, draw: impl FnOnce() -> f64) -> SimDuration {
        self.sample_duration(if self.as_constant().is_some() { 0.5 } else { draw() })
    }

    /// The value, if it is always the same.
    pub fn as_constant(&self) -> Option<f64> {
        match &self.0 {
            DistributionFamily::Constant(value) => Some(*value),
            _ => None,
        }
    }
}

/// The smallest uniform number that can be drawn.
const SMALLEST: f64 = 1.0 / (1_u64 << 53) as f64;

/// Turns relative weights into probabilities.
///
/// # Errors
/// If there are none, one is negative or not finite, or all are zero.
pub fn shares(weights: impl Iterator<Item = f64> + Clone) -> Result<Vec<f64>, Invalid> {
    let mut sum = 0.0;
    for (n, weight) in weights.clone().enumerate() {
        sum += not_negative(&format!("weight {}", n + 1), weight)?;
    }
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(invalid("weights", "one at least must be more than zero; they are relative to each other"));
    }
    Ok(weights.map(|weight| weight / sum).collect())
}

/// `p99` for 0.99, with all digits.
fn quantile_name(p: f64) -> String {
    if p > 0.0 && p <= 1.0 { format!("p{}", shifted(p, 2)) } else { format!("p{}", p * 100.0) }
}

/// The lognormal distribution with these two quantiles.
fn lognormal_through(low: (f64, f64), high: (f64, f64)) -> Result<Distribution, Invalid> {
    for (p, value) in [low, high] {
        positive(&quantile_name(p), value)?;
    }
    ordered((&quantile_name(low.0), low.1), (&quantile_name(high.0), high.1))?;
    let [z_low, z_high] = [low.0, high.0].map(special::normal_quantile);
    let sigma = libm::log(high.1 / low.1) / (z_high - z_low);
    Distribution::lognormal(libm::log(low.1) - sigma * z_low, sigma)
}

#[cfg(test)]
mod tests;
