//! Distributions checked against closed forms, against each other (quantile against distribution function, moments
//! against integrals), and against what people may write.

use super::*;
use crate::text::read_documents;
use proptest::prelude::*;

fn read(text: &str) -> Distribution {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// One of each family, and some combinations.
const EXAMPLES: &[&str] = &[
    "5s",
    "uniform(1s, 5s)",
    "triangular(1s, 2s, 5s)",
    "triangular(1s, 1s, 5s)",
    "triangular(1s, 5s, 5s)",
    "exp(mean=3m)",
    "gamma(shape=2.5, scale=30s)",
    "gamma(shape=0.5, mean=1s)",
    "erlang(shape=3, mean=1h)",
    "lognormal(median=30ms, p99=500ms)",
    "lognormal(mean=10s, sd=4s)",
    "weibull(shape=1.4, scale=3m)",
    "weibull(shape=0.7, mean=3m)",
    "pareto(shape=3.5, min=10s)",
    "empirical(1s, 2s, 2s, 5s)",
    "quantiles(p0=1s, p50=3s, p90=3s, p99=20s)",
    "mixture(9: 0s, 1: lognormal(median=12s, p95=40s))",
    "5s + exp(mean=3m)",
    "truncated(exp(mean=3m), min=5s, max=10m)",
    "truncated(gamma(shape=3, scale=1s), max=2s)",
    "truncated(empirical(1s, 2s, 5s), min=2s)",
    "truncated(2s + mixture(1: uniform(1s, 2s), 1: 8s), min=3.5s)",
];

#[test]
fn means_and_standard_deviations_have_closed_forms() {
    let e = std::f64::consts::E;
    let cases = [
        ("5s", 5.0, 0.0),
        ("uniform(1s, 5s)", 3.0, 4.0 / 12_f64.sqrt()),
        ("triangular(1s, 2s, 6s)", 3.0, (28.0_f64 / 24.0).sqrt()),
        ("exp(mean=3m)", 180.0, 180.0),
        ("gamma(shape=4, scale=30s)", 120.0, 60.0),
        ("gamma(mean=120s, sd=60s)", 120.0, 60.0),
        ("erlang(shape=4, mean=2m)", 120.0, 60.0),
        ("lognormal(mean=10s, sd=4s)", 10.0, 4.0),
        ("lognormal(mu=0, sigma=1)", e.sqrt(), ((e - 1.0) * e).sqrt()),
        ("weibull(shape=2, scale=1s)", 0.886_226_925_452_758, 0.463_251_375_176_506),
        ("weibull(shape=1, mean=3m)", 180.0, 180.0),
        ("pareto(shape=3, min=2s)", 3.0, 3_f64.sqrt()),
        ("empirical(1s, 2s, 3s, 6s)", 3.0, 3.5_f64.sqrt()),
        ("quantiles(p0=0s, p100=12s)", 6.0, 12_f64.sqrt()),
        ("mixture(1: 0s, 3: 4s)", 3.0, 3_f64.sqrt()),
        ("5s + exp(mean=3s)", 8.0, 3.0),
        ("truncated(uniform(0s, 10s), min=4s, max=6s)", 5.0, 2.0 / 12_f64.sqrt()),
        ("truncated(exp(mean=3s), min=5s)", 8.0, 3.0),
    ];
    for (text, mean, sd) in cases {
        let d = read(text);
        let got = (d.mean().expect(text), d.variance().expect(text).sqrt());
        assert!((got.0 - mean).abs() < 1e-9 * mean && (got.1 - sd).abs() < 1e-7 * mean, "{text}: {got:?}");
    }
}

#[test]
fn heavy_tails_have_no_moments() {
    assert_eq!(read("pareto(shape=1, min=1s)").mean(), None);
    let no_variance = read("pareto(shape=2, min=1s)");
    assert_eq!((no_variance.mean(), no_variance.variance()), (Some(2.0), None));
    assert_eq!(read("mixture(1: 5s, 1: pareto(shape=0.5, min=1s))").mean(), None);
    assert!(read("truncated(pareto(shape=0.5, min=1s), max=1h)").mean().is_some());
}

#[test]
fn moments_are_the_integrals_of_what_is_sampled() {
    for text in EXAMPLES {
        let d = read(text);
        let (mut first, mut second) = (0.0, 0.0);
        // Midpoints, denser towards the tail: u = 1 − v³, so du = 3 v² dv.
        let steps = 20_000;
        for i in 0..steps {
            let v = (f64::from(i) + 0.5) / f64::from(steps);
            let (x, weight) = (d.sample(1.0 - v * v * v), 3.0 * v * v / f64::from(steps));
            (first, second) = (first + x * weight, second + x * x * weight);
        }
        let (mean, variance) = (d.mean().expect(text), d.variance().expect(text));
        assert!((first - mean).abs() < 1e-3 * mean, "{text}: mean {mean}, of samples {first}");
        let raw = variance + mean * mean;
        assert!((second - raw).abs() < 1e-2 * raw, "{text}: second moment {raw}, of samples {second}");
    }
}

#[test]
fn published_quantiles() {
    let cases = [
        ("lognormal(median=30ms, p99=500ms)", 0.99, 0.5),
        ("lognormal(p10=1s, p95=40s)", 0.1, 1.0),
        ("lognormal(p10=1s, p95=40s)", 0.95, 40.0),
        ("exp(mean=1s)", 0.5, std::f64::consts::LN_2),
        // Chi-square with 10 degrees of freedom at 95 %: 18.307 (any table).
        ("gamma(shape=5, scale=2s)", 0.95, 18.307_038_053_275_15),
        ("empirical(1s, 2s, 3s, 4s)", 0.5, 2.0),
        ("empirical(1s, 2s, 3s, 4s)", 0.51, 3.0),
        ("quantiles(p50=3s, p90=5s)", 0.2, 3.0),
        ("quantiles(p50=3s, p90=5s)", 0.7, 4.0),
        ("quantiles(p50=3s, p90=5s)", 0.95, 5.0),
        ("mixture(1: 1s, 1: uniform(1s, 3s))", 0.5, 1.0),
        ("mixture(1: 1s, 1: uniform(1s, 3s))", 0.75, 2.0),
    ];
    for (text, p, x) in cases {
        let got = read(text).quantile(p);
        assert!((got - x).abs() < 1e-9 * x, "{text} at {p}: {got}, not {x}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    for text in EXAMPLES {
        let d = read(text);
        assert_eq!(read(&d.to_string()), d, "{text} was written {d}");
        assert!(!d.brief().is_empty());
    }
}

#[test]
fn what_people_write_is_shown_as_they_write_it() {
    for text in ["weibull(shape=1.4, scale=3m)", "uniform(1s, 5s)", "mixture(9: 0s, 1: exponential(mean=12s))", "1h30m"]
    {
        assert_eq!(read(text).to_string(), text);
    }
    assert_eq!(read("lognormal(median=30ms, p99=500ms)").brief(), "lognormal(median=30ms, sigma=1.209)");
}

#[test]
fn yaml_is_read_as_text_is() {
    let cases = [
        ("30ms", "30ms"),
        ("'uniform(1s, 5s)'", "uniform(1s, 5s)"),
        ("{constant: 5s}", "5s"),
        ("{lognormal: {median: 30ms, p99: 500ms}}", "lognormal(median=30ms, p99=500ms)"),
        ("{uniform: [1s, 5s]}", "uniform(1s, 5s)"),
        ("{weibull: {shape: 1.4, scale: 3m}}", "weibull(shape=1.4, scale=3m)"),
        ("{erlang: {shape: 3, mean: 3m}}", "erlang(shape=3, mean=3m)"),
        ("{empirical: [1s, 2s]}", "empirical(1s, 2s)"),
        ("{quantiles: {p50: 1s, p99.9: 2s}}", "quantiles(p50=1s, p99.9=2s)"),
        (
            "{mixture: [{weight: 9, constant: 0s}, {weight: 0.5, lognormal: {median: 12s, p95: 40s}}]}",
            "mixture(9: 0s, 0.5: lognormal(median=12s, p95=40s))",
        ),
        ("{shifted: {by: 5s, exponential: {mean: 3m}}}", "5s + exp(mean=3m)"),
        ("{truncated: {of: exp(mean=3m), max: 1h}}", "truncated(exp(mean=3m), max=1h)"),
    ];
    for (yaml, text) in cases {
        let node = read_documents(yaml).expect(yaml).remove(0);
        let d = Distribution::from_node(&node, "pods.run").unwrap_or_else(|error| panic!("{yaml}: {error}"));
        assert_eq!(d, read(text), "{yaml}");
    }
}

#[test]
fn what_is_no_distribution_says_why_and_where() {
    let cases = [
        ("5", "1:1: \"5\" has no unit"),
        ("", "1:1: a duration or a distribution is missing"),
        ("exp", "1:1: exp needs its parameters: exponential(mean=3m)"),
        ("exp()", "1:1: exponential: mean is missing"),
        ("exp(mean=3)", "1:10: exponential.mean: \"3\" has no unit"),
        ("exp(mean=0s)", "1:10: exponential.mean: must be more than zero"),
        ("exp(mean=-1s)", "exponential.mean: \"-1s\" is negative"),
        ("exp(meen=3m)", "(did you mean \"mean\"?)"),
        ("exp(3m, 4m)", "too many parameters"),
        ("exp(mean=3m, mean=4m)", "exponential.mean: stands twice"),
        ("wiebull(shape=1, scale=1s)", "is no distribution; there are constant, uniform,"),
        ("wiebull(shape=1, scale=1s)", "(did you mean \"weibull\"?)"),
        ("uniform(5s, 1s)", "1:13: uniform.max: must not be less than min (1 < 5)"),
        ("triangular(1s, 9s, 5s)", "triangular.max: must not be less than mode"),
        ("weibull(shape=3m, scale=3m)", "weibull.shape: \"3m\" is not a number"),
        ("weibull(shape=NaN, scale=3m)", "weibull.shape: \"NaN\" is not a number"),
        ("weibull(shape=inf, scale=3m)", "weibull.shape: \"inf\" is not a number"),
        ("weibull(shape=-1, scale=3m)", "weibull.shape: must be from 0.05 to 1000, not -1"),
        ("gamma(shape=2)", "gamma: that does not say what the scale is; write gamma(shape=2, scale=30s)"),
        ("erlang(shape=1.5, mean=1s)", "erlang.shape: must be a whole number, not 1.5"),
        ("lognormal(30ms, 500ms)", "lognormal: needs a name"),
        ("lognormal(median=30ms)", "lognormal: that does not say which one"),
        ("lognormal(median=30ms, p99=10ms)", "lognormal.p99: must not be less than p50"),
        ("lognormal(median=30ms, p101=1s)", "\"p101\" is no parameter of lognormal"),
        ("empirical()", "empirical: there must be one sample at least"),
        ("quantiles(p50=3s, p90=1s)", "quantiles.p90: must not be less than p50"),
        ("mixture()", "mixture.weights: one at least must be more than zero"),
        ("mixture(0: 1s, 0: 2s)", "mixture.weights: one at least must be more than zero"),
        ("mixture(-1: 1s, 2: 2s)", "mixture.weight 1: must not be negative (-1)"),
        ("mixture(NaN: 1s)", "mixture.weight 1: must be a finite number, not NaN"),
        ("mixture(1s)", "mixture: a component needs its weight"),
        ("shifted(by=1s)", "shifted: the distribution is missing"),
        ("truncated(exp(mean=1s))", "truncated: min, max or both must be given"),
        ("truncated(exp(mean=1s), min=1h)", "nothing to speak of lies between min and max"),
        ("uniform(1s, 5s", "1:15: a comma or a closing bracket is missing here"),
        ("uniform(1s, 5s))", "1:16: ')' is not expected here"),
        ("uniform(1s,, 5s)", "1:12: a duration or a distribution is missing here"),
    ];
    for (text, why) in cases {
        let error = text.parse::<Distribution>().expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    let deep = "1s + shifted(by=1s, ".repeat(10_000);
    assert!(deep.parse::<Distribution>().is_err());
}

#[test]
fn errors_in_yaml_name_the_place_and_the_path() {
    let cases = [
        ("run:\n  weibull: {shape: 1.4, scale: 3}", "2:32: pods.run.weibull.scale: \"3\" has no unit"),
        ("run:\n  weibull: {shap: 1.4, scale: 3m}", "pods.run.weibull.shap: \"shap\" is no parameter"),
        ("run: {uniform: [1s, 5s], constant: 1s}", "pods.run: a distribution is one field"),
        ("run: [1s]", "pods.run: must be a duration or a distribution, not a list"),
    ];
    for (yaml, why) in cases {
        let document = read_documents(yaml).expect(yaml).remove(0);
        let error = Distribution::from_node(document.get("run").expect("it is there"), "pods.run").expect_err(yaml);
        assert!(error.to_string().contains(why), "{yaml}: {error}");
    }
}

#[test]
fn constructors_refuse_what_is_no_number() {
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    for x in bad {
        assert!(Distribution::constant(x).is_err());
        assert!(Distribution::uniform(0.0, x).is_err());
        assert!(Distribution::exponential(x).is_err());
        assert!(Distribution::gamma(x, 1.0).is_err() && Distribution::gamma(1.0, x).is_err());
        assert!(Distribution::weibull(x, 1.0).is_err() && Distribution::weibull(1.0, x).is_err());
        assert!(Distribution::pareto(x, 1.0).is_err() && Distribution::pareto(1.0, x).is_err());
        assert!(Distribution::lognormal(0.0, x).is_err());
        assert!(Distribution::samples(vec![1.0, x]).is_err());
        assert!(Distribution::quantiles(vec![(x, 1.0)]).is_err() && Distribution::quantiles(vec![(0.5, x)]).is_err());
        assert!(shares([1.0, x].into_iter()).is_err());
    }
}

proptest! {
    #[test]
    fn the_quantile_inverts_the_distribution_function(example in 0..EXAMPLES.len(), p in 1e-6..0.999_999_f64) {
        let d = read(EXAMPLES[example]);
        let x = d.quantile(p);
        // Where a single value has positive probability, the function jumps over p.
        prop_assert!(d.cdf(x * (1.0 + 1e-9)) >= p - 1e-9, "{} at {p}: x = {x}, cdf = {}", d, d.cdf(x));
        prop_assert!(d.probability_below(x * (1.0 - 1e-9)) <= p + 1e-9, "{} at {p}: x = {x}", d);
    }

    #[test]
    fn quantiles_rise(example in 0..EXAMPLES.len(), p in 0.0..1.0_f64, q in 0.0..1.0_f64) {
        let d = read(EXAMPLES[example]);
        prop_assert!(d.quantile(p.min(q)) <= d.quantile(p.max(q)));
    }

    #[test]
    fn samples_are_durations(example in 0..EXAMPLES.len(), bits: u64) {
        let u = ((bits >> 11) | 1) as f64 * SMALLEST;
        let x = read(EXAMPLES[example]).sample(u);
        prop_assert!(x.is_finite() && x >= 0.0);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z0-9(),=:+. -]{0,60}") {
        let _ = text.parse::<Distribution>();
    }
}
