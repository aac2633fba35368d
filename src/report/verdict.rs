//! A comparison in words: where a variant is better, by how much and how sure; what is the same; what is undecided, and
//! how many more replications would decide it. All numbers are from the comparison.

use super::alike::{Rounding, alike_rounded};
use super::points::in_unit;
use crate::experiment::result::{Comparison, PairedDifference};
use crate::experiment::{P_COMPLETE, Response};
use crate::text::thousands;

/// What is judged: the response (`None` for the probability to complete), its name in words, and whether more of it is
/// better. Times to complete are taken from pairs in which both complete: a variant that gives up early is not fast.
const JUDGED: [(Option<Response>, &str, bool); 10] = [
    (None, COMPLETES, true),
    (Some(Response::TimeToComplete), "the time to complete", false),
    (Some(Response::PodsCreated), "Pods created", false),
    (Some(Response::WastedPodTime), "time of Pods that did not succeed", false),
    (Some(Response::OvershootPodTime), "Pod time above parallelism", false),
    (Some(Response::BackoffWait), "time waited for back-offs", false),
    (Some(Response::Requests), "requests to the API server", false),
    (Some(Response::RoomWait), "time that Pods wait for room", false),
    (Some(Response::SkippedStarts), "starts that are left out", false),
    (Some(Response::JobsComplete), "Jobs that complete", true),
];

/// The words for what is judged, and the measure behind each.
pub(super) fn judged_words() -> impl Iterator<Item = (&'static str, &'static str)> {
    JUDGED.into_iter().map(|(response, words, _)| (words, response.map_or(P_COMPLETE, Response::name)))
}

/// The probability to complete, in words.
const COMPLETES: &str = "the probability to complete";

/// If a decision would take more than this many times the replications, it is not worth suggesting.
const TOO_MANY: f64 = 1_000.0;

/// The factor of variance reduction from which on pairing is said to have helped.
const HELPS: f64 = 1.1;

/// Which of the two is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The variant is better, with confidence.
    Better,
    /// The base is better, with confidence.
    Worse,
    /// The interval contains zero.
    Undecided,
    /// No pair differs.
    Same,
}

/// Which one is better, given whether more of the response is better.
pub fn judge(d: &PairedDifference, more_is_better: bool) -> Judgement {
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

/// What is judged in a comparison, the most important first: in words, the difference, and which one is better.
pub(super) fn judged(comparison: &Comparison) -> Vec<(&'static str, &PairedDifference, Judgement)> {
    let find = |response: Option<Response>| {
        let name = response.map_or(P_COMPLETE, Response::name);
        comparison.differences.iter().find(|d| d.name == name && is_judged(d))
    };
    let of = |&(response, words, more): &(Option<Response>, &'static str, bool)| {
        find(response).map(|d| (words, d, judge(d, more)))
    };
    JUDGED.iter().filter_map(of).collect()
}

/// The verdict; the first sentence summarises it.
pub fn verdict(comparison: &Comparison) -> Vec<String> {
    let judged = judged(comparison);
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
    let gives_up = judged.iter().any(|(words, _, j)| *words == COMPLETES && *j == Judgement::Worse);
    if gives_up && of(Judgement::Better).count() > 0 {
        sentences
            .push("It completes less often, so it may be less of the other things because it gives up.".to_owned());
    }
    sentences.extend(paired(&judged));
    sentences
}

/// Responses that are zero in both are not judged. For a single Job, `P(Complete)` already says whether it completes.
fn is_judged(d: &PairedDifference) -> bool {
    let most = d.base.unwrap_or(0.0).max(d.with.unwrap_or(0.0));
    let least = if d.name == Response::JobsComplete.name() { 1.0 } else { 0.0 };
    d.count > 0 && (d.name == P_COMPLETE || most > least)
}

fn headline(comparison: &Comparison, better: &[&str], worse: &[&str]) -> String {
    let (with, base) = (&comparison.with, &comparison.base);
    let makes_none = comparison.differences.iter().all(|d| d.signs[0] + d.signs[2] == 0);
    match (better.is_empty(), worse.is_empty()) {
        (true, true) if makes_none => format!("{with} makes no difference to {base}: each replication is the same."),
        (true, true) => format!("No difference between {with} and {base} is sure."),
        (false, true) => format!("{with} is better than {base} in {}.", list(better)),
        (true, false) => format!("{with} is worse than {base} in {}.", list(worse)),
        // The probability to complete matters most and comes first.
        (false, false) if worse.contains(&COMPLETES) => {
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

/// A time, rounded to the digits that people read.
fn seconds(x: f64) -> f64 {
    let step = match x {
        // Above a minute, whole seconds are shown anyway.
        x if x >= 60.0 => return x,
        x if x >= 10.0 => 0.1,
        x if x >= 1.0 => 0.01,
        _ => 0.001,
    };
    (x / step).round() * step
}

/// A difference and its interval, with one precision.
pub fn signed_with_interval(mean: f64, [low, high]: [f64; 2], unit: &str) -> String {
    // Ends are rounded outwards, and the sizes are without signs: a negative low end goes outwards when its size grows.
    let [down, up] = [low, high].map(|x| x < 0.0);
    let low_rounding = if down { Rounding::Up } else { Rounding::Down };
    let high_rounding = if up { Rounding::Down } else { Rounding::Up };
    let sizes = alike_rounded(
        &[(mean.abs(), Rounding::Estimate), (low.abs(), low_rounding), (high.abs(), high_rounding)],
        unit,
        0.0,
    );
    let end = |x: f64, size: &str| format!("{}{}", if x < 0.0 { "-" } else { "+" }, size.trim_end_matches(" %"));
    let points = if sizes[0].ends_with(" %") { " pp" } else { "" };
    let (low, high) = (end(low, &sizes[1]), end(high, &sizes[2]));
    format!("{}{points} [{low}, {high}]", end(mean, &sizes[0]))
}

fn with_interval(d: &PairedDifference) -> String {
    let mean = d.mean.unwrap_or(0.0);
    d.interval.map_or(signed(mean, &d.unit), |ends| signed_with_interval(mean, ends, &d.unit))
}

fn decided(d: &PairedDifference) -> String {
    let show = |x: Option<f64>| x.map_or("–".to_owned(), |x| in_unit(x, &d.unit));
    let relative = match (d.base, d.mean) {
        (Some(base), Some(mean)) if base != 0.0 && !["probability", "share"].contains(&d.unit.as_str()) => {
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

/// An undecided difference, and about how many more pairs would decide it. The half-width of an interval shrinks with
/// the square root of the number of pairs, and the difference is decided once the half-width is smaller than the mean.
/// So `(half-width / mean)²` times as many are needed, if the mean and the variance stay as they are.
fn undecided(d: &PairedDifference) -> String {
    let (Some(mean), Some([low, high])) = (d.mean, d.interval) else {
        return format!("{}: one pair decides nothing", with_interval(d));
    };
    let half = (high - low) / 2.0;
    let times = (half / mean) * (half / mean);
    let more = if times.is_finite() && times <= TOO_MANY {
        let needed = (times * d.count as f64).ceil() as u64 - d.count.min((times * d.count as f64).ceil() as u64);
        format!("about {} more replications would decide, if the difference is what it seems", thousands(rough(needed)))
    } else {
        let bound = signed(low.abs().max(high.abs()), &d.unit);
        let bound = bound.trim_start_matches('+');
        format!("if there is a difference, it is not above {bound}")
    };
    format!("{}; {more}", with_interval(d))
}

/// Two significant digits, rounded up.
fn rough(n: u64) -> u64 {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    n.div_ceil(unit).max(1) * unit
}

/// How much pairing helped.
fn paired(judged: &[(&str, &PairedDifference, Judgement)]) -> Option<String> {
    let mut known: Vec<(&str, f64)> =
        judged.iter().filter_map(|(words, d, _)| Some((*words, d.variance_reduction?))).collect();
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (helped, not): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, times)| *times >= HELPS);
    let Some((words, most)) = helped.first() else {
        return (!not.is_empty()).then(|| "Common random numbers did not make these differences sharper.".to_owned());
    };
    let times = if *most >= 10.0 { thousands(most.round() as u64) } else { format!("{most:.1}") };
    let but = match not.iter().map(|(words, _)| *words).collect::<Vec<_>>() {
        not if not.is_empty() => String::new(),
        not => format!(", but not of {}", list(&not)),
    };
    let up_to = if helped.len() > 1 { "up to " } else { "" };
    Some(format!("Common random numbers made the variance {up_to}{times} times smaller ({words}){but}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(name: &str, unit: &str, mean: f64, half: f64, signs: [u64; 3]) -> PairedDifference {
        PairedDifference {
            name: name.to_owned(),
            unit: unit.to_owned(),
            count: signs.iter().sum(),
            base: Some(100.0),
            with: Some(100.0 + mean),
            mean: Some(mean),
            interval: Some([mean - half, mean + half]),
            signs,
            variance_reduction: Some(12.4),
        }
    }

    fn said(differences: Vec<PairedDifference>) -> Vec<String> {
        let (base, with) = ("A".to_owned(), "B".to_owned());
        verdict(&Comparison { base, with, differences, verdict: Vec::new() })
    }

    #[test]
    fn less_is_better_but_for_completing() {
        for (name, mean, half, signs, judgement) in [
            ("P(Complete)", 0.1, 0.05, [0, 90, 10], "B is better than A in the probability to complete."),
            ("P(Complete)", -0.1, 0.05, [10, 90, 0], "B is worse than A in the probability to complete."),
            ("timeToComplete", -5.0, 1.0, [90, 0, 10], "B is better than A in the time to complete."),
            ("requests", 5.0, 1.0, [0, 0, 100], "B is worse than A in requests to the API server."),
            ("requests", 1.0, 5.0, [40, 0, 60], "No difference between B and A is sure."),
            ("requests", 0.0, 0.0, [0, 100, 0], "B makes no difference to A: each replication is the same."),
        ] {
            assert_eq!(said(vec![difference(name, "", mean, half, signs)])[0], judgement);
        }
    }

    #[test]
    fn it_says_by_how_much_and_what_would_decide() {
        let of = |mean, half, signs| said(vec![difference("backoffWait", "seconds", mean, half, signs)])[1].clone();
        assert_eq!(
            of(-50.0, 10.0, [80, 0, 20]),
            "Better: time waited for back-offs: 50s instead of 1m40s on average, -50s [-1m, -40s], -50.0 %; lower in 80 of \
             100 pairs."
        );
        // Half-widths shrink with the root: twice as narrow needs four times as many.
        assert_eq!(
            of(5.0, 10.0, [40, 0, 60]),
            "Undecided: time waited for back-offs: +5s [-5s, +15s]; about 300 more replications would decide, if the \
             difference is what it seems."
        );
        let hopeless = of(0.001, 10.0, [50, 0, 50]);
        assert!(hopeless.ends_with("if there is a difference, it is not above 10s."), "{hopeless}");
    }

    #[test]
    fn who_gives_up_is_not_praised_without_a_word() {
        let worse = difference("P(Complete)", "probability", -0.2, 0.1, [20, 80, 0]);
        let text = said(vec![worse, difference("podsCreated", "", -3.0, 1.0, [60, 40, 0])]);
        assert_eq!(text[0], "B is worse than A in the probability to complete, and better in Pods created.");
        assert!(text.iter().any(|line| line.contains("because it gives up")));
        assert_eq!(
            text.last().unwrap(),
            "Common random numbers made the variance up to 12 times smaller (the probability to complete)."
        );
    }

    #[test]
    fn estimates_are_rounded_up_to_two_digits() {
        assert_eq!([0, 7, 99, 101, 1_234, 98_765].map(rough), [1, 7, 99, 110, 1_300, 99_000]);
    }
}
