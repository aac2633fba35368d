//! A calibration as a runnable scenario, with comments that show how well each stage fits the data; and as JSON.

use crate::calibrate::{Calibration, Fit, FittedStage};
use crate::text::counted;
use crate::time::SimDuration;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The probabilities at which data and model are compared.
const PROBABILITIES: [f64; 4] = [0.1, 0.5, 0.9, 0.99];

/// The scenario, in YAML. It has no Jobs: users give them on the command line.
pub fn scenario(calibration: &Calibration) -> String {
    let mut text = heading(calibration);
    let mut pods = String::new();
    for (name, stage) in calibration.stages() {
        about_stage(&mut pods, name, stage);
    }
    outcome(&mut pods, calibration);
    let is_empty = pods.lines().all(|line| line.trim_start().starts_with('#'));
    let field = if is_empty { "pods: {}" } else { "pods:" };
    let _ = write!(text, "apiVersion: jobsim/v1\nkind: Scenario\n\n{field}\n{pods}");
    disruptions(&mut text, calibration);
    text
}

fn heading(calibration: &Calibration) -> String {
    let seen = &calibration.seen;
    let few: Vec<&str> = seen.jobs.iter().map(String::as_str).take(3).collect();
    let jobs = match seen.jobs.len() {
        0 => "of no Job".to_owned(),
        n @ 1..=3 => format!("of {} {}", if n == 1 { "Job" } else { "Jobs" }, few.join(", ")),
        n => format!("of {n} Jobs ({}, …)", few.join(", ")),
    };
    let mut text = format!("# Calibrated by {} {jobs}.\n", counted(seen.pods as u64, "Pod"));
    for (what, count) in &seen.unused {
        let _ = writeln!(text, "# not used: {what}: {count}");
    }
    text.push_str("# Run it with a Job: jobsim run THIS-FILE job.yaml\n");
    text
}

fn about_stage(text: &mut String, name: &str, stage: &FittedStage) {
    let seen = match (stage.ended, stage.cut) {
        (0, 0) => {
            let _ = writeln!(text, "  # {name}: nothing was observed; left at its default");
            return;
        }
        (ended, 0) => format!("{ended} observed"),
        (ended, cut) => format!("{ended} observed, {cut} cut off"),
    };
    let Some(fit) = &stage.fit else {
        let _ = writeln!(text, "  # {name}: {seen}: too few to tell; left at its default");
        return;
    };
    let _ = writeln!(text, "  # {name}: {seen}; {}", quality(fit));
    let row = |label: &str, value: &dyn Fn(f64) -> String| {
        let cells = PROBABILITIES.map(|p| format!("p{} {:<9}", p * 100.0, value(p)));
        format!("  #   {label:<5} {}", cells.join(" ")).trim_end().to_owned() + "\n"
    };
    text.push_str(&row("data", &|p| stage.survival.quantile(p).map_or("?".to_owned(), time)));
    text.push_str(&row("model", &|p| time(fit.distribution.quantile(p))));
    let _ = writeln!(text, "  {name}: {}", quoted(&fit.distribution.to_string()));
}

/// How well it fits, in words.
fn quality(fit: &Fit) -> String {
    let distance = format!("Kolmogorov-Smirnov distance {:.3} (p = {:.2})", fit.ks, fit.p_value);
    match fit.bic {
        None => format!("no family fits, so these are the data's own quantiles; {distance}"),
        Some(_) if fit.distribution.as_constant().is_some() => "all alike but for the rounding of times".to_owned(),
        Some(_) => distance,
    }
}

fn time(seconds: f64) -> String {
    SimDuration::from_secs_f64(seconds).to_string()
}

/// A YAML scalar, quoted if it contains a colon or a comma, which mean something else within braces.
fn quoted(text: &str) -> String {
    if text.contains([':', ',']) { format!("'{text}'") } else { text.to_owned() }
}

fn outcome(text: &mut String, calibration: &Calibration) {
    let seen = &calibration.seen;
    let Some((share, interval)) = calibration.failed() else {
        return text.push_str("  # outcome: no run ended by itself; left at its default\n");
    };
    let ended: u64 = seen.exit_codes.values().sum();
    let _ = writeln!(
        text,
        "  # outcome: {} ended by {}, {:.1} % failed, in truth between {:.1} and {:.1} % (95 % confidence)",
        counted(ended, "run"),
        if ended == 1 { "itself" } else { "themselves" },
        share * 100.0,
        interval.low * 100.0,
        interval.high * 100.0
    );
    let codes: Vec<String> = seen.exit_codes.iter().map(|(code, count)| format!("{code}: {count}")).collect();
    let _ = writeln!(text, "  outcome: {{exitCodes: {{{}}}}}", codes.join(", "));
}

fn disruptions(text: &mut String, calibration: &Calibration) {
    let rates = calibration.disruption_rates();
    if rates.is_empty() {
        return;
    }
    let bound = time(calibration.seen.bound_seconds);
    let _ = writeln!(
        text,
        "\n# {} cut off from outside, in {bound} of bound Pods.",
        counted(calibration.seen.cut_runs, "run")
    );
    text.push_str("disruptions:\n");
    for (kind, rate) in rates {
        let _ = writeln!(text, "  - {}: {{rate: {}/h}}", kind.name(), four_digits(rate));
    }
}

/// Four significant digits: more would be noise in a rate that is estimated from a few disruptions.
fn four_digits(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

/// Everything as JSON; durations in seconds.
pub fn calibration_json(calibration: &Calibration) -> Value {
    let seen = &calibration.seen;
    let stages = calibration.stages().map(|(name, stage)| (name.to_owned(), stage_json(stage)));
    let failed = calibration.failed().map(
        |(share, interval)| json!({"share": share, "low": interval.low, "high": interval.high, "confidence": 0.95}),
    );
    let exit_codes: serde_json::Map<String, Value> =
        seen.exit_codes.iter().map(|(code, count)| (code.to_string(), json!(count))).collect();
    let disruptions: serde_json::Map<String, Value> =
        calibration.disruption_rates().into_iter().map(|(kind, rate)| (kind.name().to_owned(), json!(rate))).collect();
    json!({
        "pods": seen.pods,
        "jobs": seen.jobs,
        "stages": serde_json::Map::from_iter(stages),
        "exitCodes": exit_codes,
        "failed": failed,
        "disruptionsPerHour": disruptions,
        "boundSeconds": seen.bound_seconds,
        "cutRuns": seen.cut_runs,
        "unused": seen.unused,
    })
}

fn stage_json(stage: &FittedStage) -> Value {
    let quantiles = |f: &dyn Fn(f64) -> Option<f64>| -> serde_json::Map<String, Value> {
        PROBABILITIES.iter().map(|&p| (format!("p{}", p * 100.0), json!(f(p)))).collect()
    };
    json!({
        "observed": stage.ended,
        "cutOff": stage.cut,
        "quantiles": quantiles(&|p| stage.survival.quantile(p)),
        "fit": stage.fit.as_ref().map(|fit| {
            let mut json = fit_json(fit);
            json["quantiles"] = json!(quantiles(&|p| Some(fit.distribution.quantile(p)).filter(|x| x.is_finite())));
            json
        }),
        "tried": stage.tried.iter().map(fit_json).collect::<Vec<_>>(),
    })
}

fn fit_json(fit: &Fit) -> Value {
    json!({
        // Adding 0 turns -0 into 0, which JSON would write with its sign.
        "distribution": fit.distribution.to_string(),
        "mean": fit.distribution.mean().map(|mean| mean + 0.0),
        "bic": fit.bic,
        "ksDistance": fit.ks,
        "ksPValue": fit.p_value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_quoted_where_yaml_needs_it() {
        assert_eq!(quoted("exponential(mean=3m)"), "exponential(mean=3m)");
        assert_eq!(quoted("uniform(1s, 2s)"), "'uniform(1s, 2s)'");
        assert_eq!((counted(1, "Pod"), counted(2, "Pod")), ("1 Pod".to_owned(), "2 Pods".to_owned()));
        assert_eq!(four_digits(123.456_78), 123.5);
    }
}
