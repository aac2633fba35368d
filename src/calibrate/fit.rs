//! Finds the distribution that fits durations best. Some of the durations are censored.
//!
//! Families are compared by their likelihood with Schwarz's criterion, which penalizes parameters, so that of two
//! families that fit equally well the simpler one is chosen. API times are whole seconds, so a duration that ended
//! contributes the probability of all durations that round to it, and a censored duration the probability of lasting
//! longer. If even the best family is far from the data, the quantiles of the data are used, from the Kaplan–Meier
//! estimate.

use crate::model::Distribution;
use crate::stats::minimize::minimize;
use crate::stats::sample::ks_p_value;
use crate::stats::survival::{Observed, Survival, kaplan_meier};

/// With fewer ended durations there is too little to fit.
pub const FEWEST: usize = 5;

/// A family is accepted if its Kolmogorov–Smirnov distance is at most this, or not significant at 1 %.
const NEAR: f64 = 0.05;
const SIGNIFICANT: f64 = 0.01;

/// With more distinct durations than this, neighbours are merged for the likelihood, which is computed hundreds of
/// times.
const MOST_GROUPS: usize = 2_000;

/// The fit of the durations of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedStage {
    /// How many ended.
    pub ended: usize,
    /// How many were censored.
    pub cut: usize,
    /// The observed survival function: the share of durations that last longer.
    pub survival: Survival,
    /// The chosen model.
    pub fit: Option<Fit>,
    /// Every family that was tried, best first.
    pub tried: Vec<Fit>,
}

/// A distribution and its goodness of fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The distribution.
    pub distribution: Distribution,
    /// Schwarz's (Bayesian) information criterion, smaller is better; none for quantiles, which are the data itself.
    pub bic: Option<f64>,
    /// The largest distance between its distribution function and the observed one.
    pub ks: f64,
    /// The probability of such a distance by chance. It is too large, as the parameters were fitted to the same data.
    pub p_value: f64,
}

impl FittedStage {
    /// Fits durations.
    pub fn new(observed: &[Observed]) -> Self {
        let ended = observed.iter().filter(|o| o.ended).count();
        let mut stage = FittedStage {
            ended,
            cut: observed.len() - ended,
            survival: kaplan_meier(observed),
            fit: None,
            tried: Vec::new(),
        };
        if ended < FEWEST {
            return stage;
        }
        if let Some(constant) = constant(observed) {
            stage.fit = Some(stage.measure(constant, 0, observed, 0.5));
            return stage;
        }
        let data = StageData::new(observed);
        stage.tried = FAMILIES.iter().filter_map(|family| stage.family(family, &data, observed)).collect();
        stage.tried.sort_by(|a, b| a.bic.unwrap_or(f64::INFINITY).total_cmp(&b.bic.unwrap_or(f64::INFINITY)));
        let best = stage.tried.first().filter(|fit| fit.ks <= NEAR || fit.p_value >= SIGNIFICANT).cloned();
        stage.fit = best.or_else(|| stage.quantiles(data.half));
        stage
    }

    fn family(&self, family: &CandidateFamily, data: &StageData, observed: &[Observed]) -> Option<Fit> {
        let cost = |x: &[f64; 2]| (family.make)(*x).map_or(f64::NAN, |d| -data.log_likelihood(&d));
        let start = (family.start)(data.mean, data.sd);
        let best = if family.parameters == 1 {
            [minimize([start[0]], 0.5, |x| cost(&[x[0], 0.0]))[0], 0.0]
        } else {
            minimize(start, 0.5, cost)
        };
        let distribution = (family.rounded)(best)?;
        Some(self.measure(distribution, family.parameters, observed, data.half))
    }

    fn measure(&self, distribution: Distribution, parameters: u32, observed: &[Observed], half: f64) -> Fit {
        let likelihood = StageData { half, ..StageData::new(observed) }.log_likelihood(&distribution);
        let ks = self.distance(&distribution, half);
        // Only durations that ended count as observations. Source: Volinsky and Raftery, "Bayesian Information
        // Criterion for Censored Survival Models", Biometrics 56 (2000).
        let bic = Some(f64::from(parameters) * libm::log(self.ended as f64) - 2.0 * likelihood);
        Fit { distribution, bic, ks, p_value: ks_p_value(ks, self.ended as f64) }
    }

    /// The largest distance from the observed distribution function, at the borders of rounding intervals.
    fn distance(&self, d: &Distribution, half: f64) -> f64 {
        let (mut largest, mut before) = (0.0_f64, 0.0);
        for &(x, beyond) in &self.survival.steps {
            let width = cell(x, half);
            let reached = 1.0 - beyond;
            largest = largest.max((d.cdf(x + width) - reached).abs());
            if x > width {
                largest = largest.max((d.cdf(x - width) - before).abs());
            }
            before = reached;
        }
        largest
    }

    /// The observed quantiles, every 5 % and the last ones; `None` if so many durations were censored that the median
    /// is unknown.
    fn quantiles(&self, half: f64) -> Option<Fit> {
        let known = 1.0 - self.survival.left();
        if known < 0.5 {
            return None;
        }
        let percents = (0..20).map(|n| f64::from(n) / 20.0).chain([0.98, 0.99, 1.0]);
        let mut points: Vec<(f64, f64)> = percents
            .filter(|p| *p <= known + 1e-9)
            .filter_map(|p| Some((p, self.survival.quantile(p.max(1e-9))?)))
            .collect();
        // Of a run of equal values only the ends matter.
        for n in (1..points.len().saturating_sub(1)).rev() {
            if points[n - 1].1 == points[n].1 && points[n].1 == points[n + 1].1 {
                points.remove(n);
            }
        }
        let distribution = Distribution::quantiles(points).ok()?;
        let ks = self.distance(&distribution, half);
        Some(Fit { distribution, bic: None, ks, p_value: ks_p_value(ks, self.ended as f64) })
    }
}

/// A constant, if durations rounded to whole seconds differ by at most one. Their mean is the mean of the true
/// durations: rounding up and rounding down cancel out.
fn constant(observed: &[Observed]) -> Option<Distribution> {
    let ended = || observed.iter().filter(|o| o.ended).map(|o| o.duration);
    let (least, most) = (ended().reduce(f64::min)?, ended().reduce(f64::max)?);
    // A duration that goes on longer than all that ended refutes a constant.
    let outlived = observed.iter().any(|o| !o.ended && o.duration > most + 1.0);
    if most - least > 1.0 || outlived {
        return None;
    }
    let whole = ended().all(|d| d.fract() == 0.0);
    if !whole && most > least {
        return None;
    }
    let mean = ended().sum::<f64>() / ended().count() as f64;
    Distribution::constant(libm::round(mean * 1e3) / 1e3).ok()
}

/// Durations in the form that the likelihood needs.
struct StageData {
    /// Ended durations, and how often each occurred.
    ended: Vec<(f64, f64)>,
    cut: Vec<(f64, f64)>,
    /// Half the width of the interval that rounds to a duration; 0 if durations are finer than whole seconds.
    half: f64,
    /// With `sd`, where the search of parameters starts. Both take censored durations as if they had ended.
    mean: f64,
    sd: f64,
}

impl StageData {
    fn new(observed: &[Observed]) -> Self {
        let select = |ended: bool| observed.iter().filter(move |o| o.ended == ended).map(|o| o.duration);
        let whole = select(true).all(|d| d.fract() == 0.0);
        let moments: crate::stats::Moments = select(true).chain(select(false)).collect();
        let mean = moments.mean().unwrap_or(1.0).max(1e-6);
        StageData {
            ended: grouped(select(true).collect()),
            cut: grouped(select(false).collect()),
            half: if whole { 0.5 } else { 0.0 },
            mean,
            sd: moments.sd().unwrap_or(mean).max(1e-3 * mean),
        }
    }

    fn log_likelihood(&self, d: &Distribution) -> f64 {
        // What a distribution cannot produce counts as very unlikely: the search could not compare infinite costs.
        let log = |p: f64| libm::log(p.max(1e-300));
        let ended = self.ended.iter().map(|&(x, count)| {
            let width = cell(x, self.half);
            count * log(d.cdf(x + width) - d.cdf((x - width).max(0.0)))
        });
        let cut = self.cut.iter().map(|&(x, count)| count * log(1.0 - d.cdf(x)));
        ended.sum::<f64>() + cut.sum::<f64>()
    }
}

/// Half the width of the interval that rounds to `x`. Durations finer than whole seconds (`half` is 0) get an interval
/// of a fixed share of `x`, so that their probability is proportional to the density.
fn cell(x: f64, half: f64) -> f64 {
    if half > 0.0 { half } else { 1e-4 * x.max(1e-3) }
}

/// Counts equal durations, and merges neighbours if there are very many.
fn grouped(mut durations: Vec<f64>) -> Vec<(f64, f64)> {
    durations.sort_by(f64::total_cmp);
    let mut groups: Vec<(f64, f64)> = Vec::new();
    for x in durations {
        match groups.last_mut() {
            Some(last) if last.0 == x => last.1 += 1.0,
            _ => groups.push((x, 1.0)),
        }
    }
    let together = groups.len().div_ceil(MOST_GROUPS).max(1);
    let merge = |chunk: &[(f64, f64)]| {
        let count: f64 = chunk.iter().map(|group| group.1).sum();
        (chunk.iter().map(|group| group.0 * group.1).sum::<f64>() / count, count)
    };
    groups.chunks(together).map(merge).collect()
}

/// A family with at most two parameters, which are searched on unbounded scales.
struct CandidateFamily {
    parameters: u32,
    /// Starting values, by mean and standard deviation.
    start: fn(f64, f64) -> [f64; 2],
    make: fn([f64; 2]) -> Option<Distribution>,
    /// The same family with parameters rounded to four digits.
    rounded: fn([f64; 2]) -> Option<Distribution>,
}

const FAMILIES: &[CandidateFamily] = &[
    CandidateFamily {
        parameters: 1,
        start: |mean, _| [libm::log(mean), 0.0],
        make: |x| Distribution::exponential(libm::exp(x[0])).ok(),
        rounded: |x| Distribution::exponential(digits(libm::exp(x[0]))).ok(),
    },
    CandidateFamily {
        parameters: 2,
        start: |mean, sd| [2.0 * libm::log(mean / sd), libm::log(sd * sd / mean)],
        make: |x| Distribution::gamma(libm::exp(x[0]), libm::exp(x[1])).ok(),
        rounded: |x| Distribution::gamma(digits(libm::exp(x[0])), digits(libm::exp(x[1]))).ok(),
    },
    CandidateFamily {
        parameters: 2,
        start: |mean, sd| {
            let variance = libm::log1p(sd / mean * (sd / mean));
            [libm::log(mean) - variance / 2.0, libm::log(variance.sqrt())]
        },
        make: |x| Distribution::lognormal(x[0], libm::exp(x[1])).ok(),
        rounded: |x| Distribution::lognormal(libm::log(digits(libm::exp(x[0]))), digits(libm::exp(x[1]))).ok(),
    },
    CandidateFamily {
        parameters: 2,
        start: |mean, sd| [libm::log(mean / sd), libm::log(mean)],
        make: |x| Distribution::weibull(libm::exp(x[0]), libm::exp(x[1])).ok(),
        rounded: |x| Distribution::weibull(digits(libm::exp(x[0])), digits(libm::exp(x[1]))).ok(),
    },
];

/// Four significant digits.
fn digits(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}
