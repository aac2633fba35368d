//! Intervals hold what they promise: over 2,000 repeated experiments they cover the truth as often as they say.

use jobsim::kernel::{Entity, Purpose, Streams};
use jobsim::model::Distribution;
use jobsim::stats::binomial::binomial_cdf;
use jobsim::stats::interval::{quantile_ranks, wilson};
use jobsim::stats::sample::{ks_p_value, ks_statistic};
use jobsim::stats::{Moments, OrderStatistics};

const EXPERIMENTS: u64 = 2_000;
const VALUE: Purpose = Purpose(0);

fn read(text: &str) -> Distribution {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Independent numbers of one experiment, uniform in (0, 1).
fn uniforms(experiment: u64, count: u64) -> impl Iterator<Item = f64> {
    let (streams, entity) = (Streams::new(6, experiment), Entity::named(&["coverage"]));
    (0..count).map(move |n| streams.draws(entity.member(n as u32), 1).uniform(VALUE))
}

/// In how many of a hundred experiments something is so.
fn percentage(holds: impl Fn(u64) -> bool) -> f64 {
    (0..EXPERIMENTS).filter(|&experiment| holds(experiment)).count() as f64 * 100.0 / EXPERIMENTS as f64
}

#[test]
fn t_intervals_cover() {
    for (text, count) in [("uniform(1s, 5s)", 10), ("gamma(shape=4, mean=1m)", 30), ("exp(mean=3m)", 100)] {
        let (d, mean) = (read(text), read(text).mean().expect("it has one"));
        let covered = percentage(|experiment| {
            let moments: Moments = uniforms(experiment, count).map(|u| d.sample(u)).collect();
            moments.mean_interval(0.95).expect("there are enough").contains(mean)
        });
        assert!((93.0..=97.0).contains(&covered), "{text}, {count} numbers: {covered} %");
    }
}

#[test]
fn wilson_intervals_cover_as_often_as_they_exactly_do() {
    for (count, p) in [(50, 0.1), (100, 0.02), (200, 0.5)] {
        let covered = percentage(|experiment| {
            let successes = uniforms(experiment, count).filter(|u| *u < p).count() as u64;
            wilson(successes, count, 0.95).contains(p)
        });
        let likely = |k: u64| binomial_cdf(k, count, p) - k.checked_sub(1).map_or(0.0, |k| binomial_cdf(k, count, p));
        let exact: f64 = (0..=count).filter(|&k| wilson(k, count, 0.95).contains(p)).map(likely).sum();
        assert!((covered - 100.0 * exact).abs() < 1.5, "{count}, {p}: {covered} %, exactly {exact}");
    }
}

#[test]
fn order_statistic_intervals_cover_as_often_as_they_exactly_do() {
    let d = read("lognormal(median=30s, p99=500s)");
    for (count, p) in [(30, 0.5), (200, 0.9), (400, 0.99)] {
        let truth = d.quantile(p);
        let covered = percentage(|experiment| {
            let mut statistics = OrderStatistics::default();
            uniforms(experiment, count).for_each(|u| statistics.add((d.sample(u) * 1e9) as u64));
            let (low, high) = statistics.quantile_interval(p, 0.95);
            let seconds = |nanos: u64| nanos as f64 / 1e9;
            low.is_none_or(|low| seconds(low) <= truth) && high.is_none_or(|high| truth <= seconds(high))
        });
        let exact = quantile_ranks(count, p, 0.95).coverage(count, p);
        assert!((covered - 100.0 * exact).abs() < 1.5, "{count}, {p}: {covered} %, exactly {exact}");
        assert!(exact >= 0.95);
    }
}

#[test]
fn samples_follow_their_distribution() {
    let texts = [
        "exp(mean=3m)",
        "gamma(shape=0.4, mean=1m)",
        "gamma(shape=7, mean=1m)",
        "lognormal(median=30ms, p99=500ms)",
        "weibull(shape=0.7, scale=3m)",
        "pareto(shape=1.2, min=1s)",
        "triangular(1s, 2s, 9s)",
        "mixture(9: uniform(1s, 2s), 1: 10s + exp(mean=1m))",
        "truncated(exp(mean=3m), min=1m, max=10m)",
    ];
    for text in texts {
        let d = read(text);
        let mut samples: Vec<f64> = uniforms(7, 5_000).map(|u| d.sample(u)).collect();
        samples.sort_by(f64::total_cmp);
        let p = ks_p_value(ks_statistic(&samples, |x| d.cdf(x), |x| d.cdf(x)), 5_000.0);
        assert!(p > 0.001, "{text}: p-value {p}");
    }
}
