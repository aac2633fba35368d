//! Distributions as people write them. What is written is read back as the same distribution.

use super::{Distribution, Family, quantile_name};
use crate::model::duration::in_full;
use std::fmt;

/// More samples or quantiles than this are not written out in [`Distribution::brief`].
const FEW: usize = 8;

impl fmt::Display for Distribution {
    /// In full, as it is read: `weibull(shape=1.4, scale=3m)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Family::Constant(value) => f.write_str(&in_full(*value)),
            Family::Uniform { min, max } => write!(f, "uniform({}, {})", in_full(*min), in_full(*max)),
            Family::Triangular { min, mode, max } => {
                write!(f, "triangular({}, {}, {})", in_full(*min), in_full(*mode), in_full(*max))
            }
            Family::Exponential { mean } => write!(f, "exponential(mean={})", in_full(*mean)),
            Family::Gamma { shape, scale } => write!(f, "gamma(shape={shape}, scale={})", in_full(*scale)),
            Family::Lognormal { mu, sigma } => match round_median(*mu) {
                Some(median) => write!(f, "lognormal(median={}, sigma={sigma})", in_full(median)),
                None => write!(f, "lognormal(mu={mu}, sigma={sigma})"),
            },
            Family::Weibull { shape, scale } => write!(f, "weibull(shape={shape}, scale={})", in_full(*scale)),
            Family::Pareto { shape, min } => write!(f, "pareto(shape={shape}, min={})", in_full(*min)),
            Family::Samples(values) => write!(f, "empirical({})", listed(values.iter().map(|v| in_full(*v)))),
            Family::Quantiles(points) => {
                let points = points.iter().map(|(p, value)| format!("{}={}", quantile_name(*p), in_full(*value)));
                write!(f, "quantiles({})", listed(points))
            }
            Family::Mixture(parts) => {
                let parts = parts.iter().map(|part| format!("{}: {}", part.weight, part.distribution));
                write!(f, "mixture({})", listed(parts))
            }
            Family::Shifted { by, inner } => write!(f, "shifted(by={}, {inner})", in_full(*by)),
            Family::Truncated(t) => {
                let limits = [("min", t.min), ("max", t.max)];
                let given = limits.iter().filter_map(|(name, x)| Some(format!(", {name}={}", in_full((*x)?))));
                write!(f, "truncated({}{})", t.inner, given.collect::<String>())
            }
        }
    }
}

/// The median of a lognormal distribution, if a few digits say exactly the same.
fn round_median(mu: f64) -> Option<f64> {
    let median: f64 = format!("{:.5e}", libm::exp(mu)).parse().ok()?;
    (libm::log(median) == mu).then_some(median)
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

impl Distribution {
    /// In short, for tables: numbers rounded, long lists counted.
    pub fn brief(&self) -> String {
        match &self.0 {
            Family::Samples(values) if values.len() > FEW => format!("empirical({} samples)", values.len()),
            Family::Quantiles(points) if points.len() > FEW => format!("quantiles({} points)", points.len()),
            Family::Gamma { shape, scale } => format!("gamma(shape={}, scale={})", short(*shape), time(*scale)),
            Family::Lognormal { mu, sigma } => {
                format!("lognormal(median={}, sigma={})", time(libm::exp(*mu)), short(*sigma))
            }
            Family::Weibull { shape, scale } => format!("weibull(shape={}, scale={})", short(*shape), time(*scale)),
            Family::Exponential { mean } => format!("exponential(mean={})", time(*mean)),
            Family::Pareto { shape, min } => format!("pareto(shape={}, min={})", short(*shape), time(*min)),
            Family::Mixture(parts) => {
                let parts = parts.iter().map(|part| format!("{}: {}", short(part.weight), part.distribution.brief()));
                format!("mixture({})", listed(parts))
            }
            Family::Shifted { by, inner } => format!("{} + {}", time(*by), inner.brief()),
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
