//! A comparison in words: in what a variant is better, by how much and how sure; what is the same; what is undecided and
//! how many more replications would decide it. It computes nothing about replications that is not in the comparison.

use super::experiment::thousands;
use super::points::in_unit;
use crate::experiment::result::{Comparison, Difference};

/// What is judged: the response, its name in words, and whether more of it is better. Times to complete are of the pairs
/// in which both complete: who gives up early is not fast.
const JUDGED: [(&str, &str, bool); 7] = [
    ("P(Complete)", "the probability to complete", true),
    ("timeToComplete", "the time to complete", false),
    ("podsCreated", "Pods created", false),
    ("wastedPodTime", "time of Pods that did not succeed", false),
    ("overshootPodTime", "Pod time above parallelism", false),
    ("backoffWait", "time waited for back-offs", false),
    ("requests", "requests to the API server", false),
];

/// Beyond so many times as many replications nobody waits for a decision.
const TOO_MANY: f64 = 1_000.0;

/// Which of the two is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The variant, surely.
    Better,
    /// The base, surely.
    Worse,
    /// The interval has zero in it.
    Undecided,
    /// There is no difference in any pair.
    Same,
}

/// Which is better, if more is better or less is.
pub fn judge(d: &Difference, more_is_better: bool) -> Judgement {
    if d.signs[0] + d.signs[2] == 0 {
        return Judgement::Same;
    }
    match d.interval {
        Some([low, _]) if low > 0.0 => {
            if more_is_better {
                Judgement::Better
            } else {
                Judgement::Worse
            }
        }
        Some([_, high]) if high < 0.0 => {
            if more_is_better {
                Judgement::Worse
            } else {
                Judgement::Better
            }
        }
        _ => Judgement::Undecided,
    }
}

/// The verdict: sentences, the first of which says it all.
pub fn verdict(comparison: &Comparison) -> Vec<String> {
    let find = |name: &str| comparison.differences.iter().find(|d| d.name == name && d.count > 0);
    let judged: Vec<_> = JUDGED
        .iter()
        .filter_map(|&(name, words, more)| Some((words, find(name)?)).map(|(w, d)| (w, d, judge(d, more))))
        .collect();
    let of = |wanted: Judgement| judged.iter().filter(move |(.., j)| *j == wanted);
    let names = |wanted: Judgement| of(wanted).map(|(words, ..)| *words).collect::<Vec<_>>();
    let mut sentences = vec![headline(comparison, &names(Judgement::Better), &names(Judgement::Worse))];
    for (word, wanted) in [("Better", Judgement::Better), ("Worse", Judgement::Worse)] {
        sentences.extend(of(wanted).map(|(words, d, _)| format!("{word}: {words}: {}.", decided(d))));
    }
    sentences.extend(of(Judgement::Undecided).map(|(words, d, _)| format!("Undecided: {words}: {}.", undecided(d))));
    let same = names(Judgement::Same);
    if !same.is_empty() && same.len() < judged.len() {
        sentences.push(format!("The same in every replication: {}.", same.join(", ")));
    }
    let gives_up = judged.iter().any(|(words, _, j)| *words == JUDGED[0].1 && *j == Judgement::Worse);
    if gives_up && of(Judgement::Better).count() > 0 {
        sentences
            .push("It completes less often, so it may be less of the other things because it gives up.".to_owned());
    }
    sentences.extend(paired(&judged));
    sentences
}

fn headline(comparison: &Comparison, better: &[&str], worse: &[&str]) -> String {
    let (with, base) = (&comparison.with, &comparison.base);
    let makes_none = comparison.differences.iter().all(|d| d.signs[0] + d.signs[2] == 0);
    match (better.is_empty(), worse.is_empty()) {
        (true, true) if makes_none => format!("{with} makes no difference to {base}: each replication is the same."),
        (true, true) => format!("No difference between {with} and {base} is sure."),
        (false, true) => format!("{with} is better than {base} in {}.", list(better)),
        (true, false) => format!("{with} is worse than {base} in {}.", list(worse)),
        // What matters most comes first.
        (false, false) if worse.contains(&JUDGED[0].1) => {
            format!("{with} is worse than {base} in {}, and better in {}.", list(worse), list(better))
        }
        (false, false) => format!("{with} is better than {base} in {}, and worse in {}.", list(better), list(worse)),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// A difference with its sign; of probabilities in percentage points.
pub fn signed(x: f64, unit: &str) -> String {
    let sign = if x < 0.0 { "-" } else { "+" };
    let size = in_unit(if unit == "seconds" { seconds(x.abs()) } else { x.abs() }, unit);
    format!("{sign}{}", size.strip_suffix(" %").map_or(size.clone(), |points| format!("{points} pp")))
}

/// A time with as many digits as are read.
fn seconds(x: f64) -> f64 {
    let step = match x {
        x if x >= 100.0 => 1.0,
        x if x >= 10.0 => 0.1,
        x if x >= 1.0 => 0.01,
        _ => 0.001,
    };
    (x / step).round() * step
}

/// An interval of differences.
pub fn interval([low, high]: [f64; 2], unit: &str) -> String {
    let end = |x: f64| signed(x, unit).replace(" pp", "");
    format!("[{}, {}]", end(low), end(high))
}

fn with_interval(d: &Difference) -> String {
    let mean = signed(d.mean.unwrap_or(0.0), &d.unit);
    d.interval.map_or(mean.clone(), |ends| format!("{mean} {}", interval(ends, &d.unit)))
}

fn decided(d: &Difference) -> String {
    let show = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, &d.unit));
    let relative = match (d.base, d.mean) {
        (Some(base), Some(mean)) if base != 0.0 && d.unit != "probability" => {
            format!(", {}{:.1} %", if mean < 0.0 { "-" } else { "+" }, (100.0 * mean / base).abs())
        }
        _ => String::new(),
    };
    let [lower, _, higher] = d.signs;
    let (side, count) = if d.mean.is_some_and(|m| m < 0.0) { ("lower", lower) } else { ("higher", higher) };
    format!(
        "{} instead of {} on average, {}{relative}; {side} in {} of {} pairs",
        show(d.with),
        show(d.base),
        with_interval(d),
        thousands(count),
        thousands(d.count)
    )
}

fn undecided(d: &Difference) -> String {
    let (Some(mean), Some([low, high])) = (d.mean, d.interval) else {
        return format!("{}: one pair decides nothing", with_interval(d));
    };
    let half = (high - low) / 2.0;
    let times = (half / mean) * (half / mean);
    let more = if times.is_finite() && times <= TOO_MANY {
        let needed = (times * d.count as f64).ceil() as u64 - d.count.min((times * d.count as f64).ceil() as u64);
        format!("about {} more replications would decide, if the difference is what it seems", thousands(rough(needed)))
    } else {
        let bound = in_unit(low.abs().max(high.abs()), &d.unit);
        format!("if there is a difference, it is not above {bound}")
    };
    format!("{}; {more}", with_interval(d))
}

/// Two digits, rounded up.
fn rough(n: u64) -> u64 {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    n.div_ceil(unit).max(1) * unit
}

/// What pairing was good for.
fn paired(judged: &[(&str, &Difference, Judgement)]) -> Option<String> {
    let known: Vec<(&str, f64)> =
        judged.iter().filter_map(|(words, d, _)| Some((*words, d.variance_reduction?))).collect();
    let (least, most) =
        (known.iter().min_by(|a, b| a.1.total_cmp(&b.1))?, known.iter().max_by(|a, b| a.1.total_cmp(&b.1))?);
    let times = |x: f64| if x >= 10.0 { thousands(x.round() as u64) } else { format!("{x:.1}") };
    let range = if known.len() == 1 {
        format!("{} times ({})", times(most.1), most.0)
    } else {
        format!("{} times ({}) to {} times ({})", times(least.1), least.0, times(most.1), most.0)
    };
    Some(format!("Common random numbers made the variance of these differences smaller by {range}."))
}
