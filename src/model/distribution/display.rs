//! Distributions as people write them. The output parses back to the same distribution.

use super::{Distribution, DistributionFamily, quantile_name};
use crate::model::duration::in_full;
use std::fmt;

/// More samples or quantiles than this are not written out in [`Distribution::brief`].
const FEW: usize = 8;

impl fmt::Display for Distribution {
    /// In full, in the input syntax: `weibull(shape=1.4, scale=3m)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            DistributionFamily::Constant(value) => f.write_str(&in_full(*value)),
            DistributionFamily::Uniform { min, max } => write!(f, "uniform({}, {})", in_full(*min), in_full(*max)),
            DistributionFamily::Triangular { min, mode, max } => {
                write!(f, "triangular({}, {}, {})", in_full(*min), in_full(*mode), in_full(*max))
            }
            DistributionFamily::Exponential { mean } => write!(f, "exponential(mean={})", in_full(*mean)),
            DistributionFamily::Gamma { shape, scale } => write!(f, "gamma(shape={shape}, scale={})", in_full(*scale)),
            DistributionFamily::Lognormal { mu, sigma } => match round_median(*mu) {
                Some(median) => write!(f, "lognormal(median={}, sigma={sigma})", in_full(median)),
                None => write!(f, "lognormal(mu={mu}, sigma={sigma})"),
            },
            DistributionFamily::Weibull { shape, scale } => {
                write!(f, "weibull(shape={shape}, scale={})", in_full(*scale))
            }
            DistributionFamily::Pareto { shape, min } => write!(f, "pareto(shape={shape}, min={})", in_full(*min)),
            DistributionFamily::Samples(values) => {
                write!(f, "empirical({})", listed(values.iter().map(|v| in_full(*v))))
            }
            DistributionFamily::Quantiles(points) => {
                let points = points.iter().map(|(p, value)| format!("{}={}", quantile_name(*p), in_full(*value)));
                write!(f, "quantiles({})", listed(points))
            }
            DistributionFamily::Mixture(parts) => {
                let parts = parts.iter().map(|part| format!("{}: {}", part.weight, part.distribution));
                write!(f, "mixture({})", listed(parts))
            }
            DistributionFamily::Shifted { by, inner } => write!(f, "shifted(by={}, {inner})", in_full(*by)),
            DistributionFamily::Truncated(t) => {
                let limits = [("min", t.min), ("max", t.max)];
                let given = limits.iter().filter_map(|(name, x)| Some(format!(", {name}={}", in_full((*x)?))));
                write!(f, "truncated({}{})", t.inner, given.collect::<String>())
            }
        }
    }
}

/// The median of a lognormal distribution, if a few digits represent it exactly.
fn round_median(mu: f64) -> Option<f64> {
    let median: f64 = format!("{:.5e}", libm::exp(mu)).parse().ok()?;
    (libm::log(median) == mu).then_some(median)
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

impl Distribution {
    /// In short, for tables: numbers are rounded, and long lists are counted.
    pub fn brief(&self) -> String {
        match &self.0 {
            DistributionFamily::Samples(values) if values.len() > FEW => format!("empirical({} samples)", values.len()),
            DistributionFamily::Quantiles(points) if points.len() > FEW => {
                format!("quantiles({} points)", points.len())
            }
            DistributionFamily::Gamma { shape, scale } => {
                format!("gamma(shape={}, scale={})", short(*shape), time(*scale))
            }
            DistributionFamily::Lognormal { mu, sigma } => {
                format!("lognormal(median={}, sigma={})", time(libm::exp(*mu)), short(*sigma))
            }
            DistributionFamily::Weibull { shape, scale } => {
                format!("weibull(shape={}, scale={})", short(*shape), time(*scale))
            }
            DistributionFamily::Exponential { mean } => format!("exponential(mean={})", time(*mean)),
            DistributionFamily::Pareto { shape, min } => format!("pareto(shape={}, min={})", short(*shape), time(*min)),
            DistributionFamily::Mixture(parts) => {
                let parts = parts.iter().map(|part| format!("{}: {}", short(part.weight), part.distribution.brief()));
                format!("mixture({})", listed(parts))
            }
            DistributionFamily::Shifted { by, inner } => format!("{} + {}", time(*by), inner.brief()),
            _ => self.to_string(),
        }
    }
}

/// Four significant digits.
fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.3e}").parse().expect("it was a number");
    rounded.to_string()
}

fn time(seconds: f64) -> String {
    crate::time::SimDuration::from_secs_f64(seconds).to_string()
}
