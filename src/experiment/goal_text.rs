//! The syntax of goals and measures, and its parser.
//!
//! ```text
//! goal      = [job ":"] measure comparison bound        P(Complete) >= 99%
//! measure   = "P(" event ")" | statistic "(" response ")"    either may end in "| event", what is given
//!           | statistic "(" response "of" pool ")"         of one pool of nodes, such as mean(cost of spot)
//!           | "share(" jobEvent ")"                          of Jobs, or of starts of CronJobs: see `share_text`
//! statistic = "mean" | "median" | "min" | "max" | "p50" … "p99.9"
//! event     = end | reason | ("complete" | "finished") "within" time | response comparison value
//! ```
//! A job may also stand before a name inside: `p95(import.duration)`.

use super::goal::{ComparisonOp, Goal, GoalEvent, Measure, Measured, Statistic};
use super::outcome::JobEnd;
use super::response::{Response, Unit};
use super::share_text::{job_event, only_of_single_jobs};
use super::simulator::MAX_SERIES;
use crate::api::JobReason;
use crate::model::duration;
use crate::text::suggest;
use std::fmt;
use std::sync::Arc;

/// Why a text is not a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalError {
    /// What is wrong, and what is allowed.
    pub message: String,
    /// The likely intended word.
    pub suggestion: Option<String>,
}

impl fmt::Display for GoalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(word) => write!(f, " (did you mean {word:?}?)"),
            None => Ok(()),
        }
    }
}

pub(super) fn error(message: impl Into<String>) -> GoalError {
    GoalError { message: message.into(), suggestion: None }
}

const EXAMPLE: &str = "a goal is written like `P(Complete) >= 99%`, `p95(duration) <= 1h` or `max(overshoot) == 0`";

/// Operators; longer ones come before their prefixes.
const COMPARISONS: [(&str, ComparisonOp); 8] = [
    (">=", ComparisonOp::AtLeast),
    ("<=", ComparisonOp::AtMost),
    ("==", ComparisonOp::Equal),
    ("!=", ComparisonOp::NotEqual),
    ("≥", ComparisonOp::AtLeast),
    ("≤", ComparisonOp::AtMost),
    (">", ComparisonOp::Above),
    ("<", ComparisonOp::Below),
];

impl Goal {
    /// Parses a goal. `series` are the names that Jobs can have in it.
    ///
    /// # Errors
    /// The text is not a goal; the message says why.
    pub fn parse(text: &str, series: &[Arc<str>]) -> Result<Self, GoalError> {
        let (left, comparison, right) = split_comparison(text).ok_or_else(|| {
            let lone = text.contains('=').then_some("==".to_owned());
            GoalError { suggestion: lone, ..error(format!("{text:?} compares nothing: {EXAMPLE}")) }
        })?;
        let measure = Measure::parse(left, series)?;
        let bound = match measure.what {
            Measured::Probability(_) | Measured::Share(_) => probability(right)?,
            Measured::Statistic(_, of) | Measured::OfPool(_, of, _) => number(right, of)?,
        };
        Ok(Goal { text: text.trim().to_owned(), measure, comparison, bound })
    }
}

impl Measure {
    /// Parses a measure, such as `p95(duration)` or `P(complete within 1h)`.
    ///
    /// # Errors
    /// The text is not a measure; the message says why.
    pub fn parse(text: &str, series: &[Arc<str>]) -> Result<Self, GoalError> {
        let text = text.trim();
        let open = text.find('(').ok_or_else(|| error(format!("{text:?} measures nothing: {EXAMPLE}")))?;
        let (head, rest) = text.split_at(open);
        let inside = rest[1..].strip_suffix(')').ok_or_else(|| error(format!("{text:?} has a `(` without `)`")))?;
        let (job, word) = match head.rsplit_once(':') {
            Some((job, word)) => (Some(job_of(job.trim(), series)?), word.trim()),
            None => (None, head.trim()),
        };
        let (inside, given) = match inside.split_once('|') {
            Some((inside, given)) => (inside.trim(), Some(given.trim())),
            None => (inside.trim(), None),
        };
        let (inner_job, inside) = inner_job(inside, series)?;
        let what = match word {
            "P" | "p" => {
                only_of_single_jobs(inside)?;
                Measured::Probability(event(inside)?)
            }
            "share" if given.is_some() => return Err(error("share(…) takes no `|`: it is of all Jobs or starts")),
            "share" => Measured::Share(job_event(inside)?),
            word => statistic_of(statistic(word)?, inside)?,
        };
        let given = given.map(event).transpose()?;
        if series.len() > MAX_SERIES && (job.is_some() || inner_job.is_some()) {
            return Err(error(format!("with more than {MAX_SERIES} Jobs goals are about all of them together")));
        }
        Ok(Measure { series: job.or(inner_job).filter(|_| series.len() > 1), given, what })
    }
}

/// The measure of a goal, as the user wrote it.
pub(super) fn measured(goal: &str) -> &str {
    split_comparison(goal).map_or(goal, |(left, ..)| left).trim()
}

/// The two sides of the first comparison outside parentheses.
fn split_comparison(text: &str) -> Option<(&str, ComparisonOp, &str)> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => {
                if let Some((sign, comparison)) = COMPARISONS.iter().find(|(sign, _)| text[at..].starts_with(sign)) {
                    return Some((&text[..at], *comparison, text[at + sign.len()..].trim()));
                }
            }
            _ => {}
        }
    }
    None
}

/// The index of the series with this name.
fn job_of(name: &str, series: &[Arc<str>]) -> Result<usize, GoalError> {
    series.iter().position(|known| **known == *name).ok_or_else(|| {
        let known: Vec<&str> = series.iter().map(|name| &**name).take(20).collect();
        let suggestion = suggest(name, known.iter().copied()).map(str::to_owned);
        GoalError { message: format!("there is no Job {name:?}; there are {}", known.join(", ")), suggestion }
    })
}

/// Splits a Job's name and a dot off. Names of Jobs may contain dots, names of responses do not.
fn inner_job<'a>(inside: &'a str, series: &[Arc<str>]) -> Result<(Option<usize>, &'a str), GoalError> {
    let word = inside.split([' ', '<', '>', '=', '!']).next().unwrap_or_default();
    match word.rsplit_once('.') {
        Some((job, _)) => Ok((Some(job_of(job, series)?), &inside[job.len() + 1..])),
        None => Ok((None, inside)),
    }
}

fn statistic(word: &str) -> Result<Statistic, GoalError> {
    let percent = |text: &str| text.parse::<f64>().ok().filter(|p| (0.0..100.0).contains(p) && *p > 0.0);
    match word {
        "mean" => Ok(Statistic::Mean),
        "median" => Ok(Statistic::Quantile(0.5)),
        "min" => Ok(Statistic::Min),
        "max" => Ok(Statistic::Max),
        _ => match word.strip_prefix('p').and_then(percent) {
            // Rounded, so that p99.9 is 0.999: in binary fractions 99.9 / 100 is not.
            Some(percent) => Ok(Statistic::Quantile((percent * 1e9).round() / 1e11)),
            None => {
                let suggestion = suggest(word, ["mean", "median", "min", "max", "p95", "P", "share"]);
                let message =
                    format!("{word:?} is no statistic: P, share, mean, median, min, max, or a quantile such as p95");
                Err(GoalError { message, suggestion: suggestion.map(str::to_owned) })
            }
        },
    }
}

/// A statistic of a response, of all nodes or of one pool of them.
fn statistic_of(statistic: Statistic, inside: &str) -> Result<Measured, GoalError> {
    let Some((name, pool)) = inside.split_once(" of ") else {
        return Ok(Measured::Statistic(statistic, response_of(inside)?));
    };
    let response = response_of(name.trim())?;
    if !Response::OF_POOLS.contains(&response) {
        let names = Response::OF_POOLS.map(Response::name).join(", ");
        return Err(error(format!("{} is not known of single pools of nodes, only {names}", response.name())));
    }
    Ok(Measured::OfPool(statistic, response, pool.trim().into()))
}

fn response_of(name: &str) -> Result<Response, GoalError> {
    Response::named(name).ok_or_else(|| {
        let names = || Response::ALL.iter().map(|r| r.name());
        let message = format!("{name:?} is no response: {}", names().collect::<Vec<_>>().join(", "));
        GoalError { message, suggestion: suggest(name, names()).map(str::to_owned) }
    })
}

/// Parses an event.
pub(super) fn event(text: &str) -> Result<GoalEvent, GoalError> {
    if let Some((name, comparison, value)) = split_comparison(text) {
        let of = response_of(name.trim())?;
        let value = number(value, of)? / of.unit().scale();
        return Ok(GoalEvent::Compares(of, comparison, value.round() as u64));
    }
    if let Some((what, span)) = text.split_once(" within ") {
        let complete = match what.trim().to_ascii_lowercase().as_str() {
            "complete" | "completes" => true,
            "finished" | "finishes" => false,
            other => {
                return Err(error(format!(
                    "{other:?} within a time: write `complete within 1h` or `finished within 1h`"
                )));
            }
        };
        let span = duration::parse(span.trim()).map_err(error)?;
        return Ok(GoalEvent::Within { complete, span });
    }
    if let Some(end) = JobEnd::ALL.into_iter().find(|end| end.as_str().eq_ignore_ascii_case(text)) {
        return Ok(GoalEvent::End(end));
    }
    if let Some(reason) = JobReason::ALL.into_iter().find(|reason| reason.as_str() == text) {
        return Ok(GoalEvent::Reason(reason));
    }
    let names =
        || JobEnd::ALL.iter().map(|end| end.as_str()).chain(JobReason::ALL.iter().map(|reason| reason.as_str()));
    let message = format!(
        "{text:?} is nothing that may happen: an end or a reason ({}), `complete within 1h`, or a comparison such as \
         `podsCreated > 12`",
        names().collect::<Vec<_>>().join(", ")
    );
    Err(GoalError { message, suggestion: suggest(text, names()).map(str::to_owned) })
}

/// Parses a probability.
fn probability(text: &str) -> Result<f64, GoalError> {
    let (digits, scale) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim(), 100.0),
        None => (text, 1.0),
    };
    let share = digits.parse::<f64>().ok().map(|x| x / scale).filter(|p| (0.0..=1.0).contains(p));
    share.ok_or_else(|| error(format!("{text:?} is no probability: write `99%` or a number from 0 to 1")))
}

/// Parses a value of a response, in the unit that is shown.
fn number(text: &str, of: Response) -> Result<f64, GoalError> {
    let name = of.name();
    match of.unit() {
        Unit::Share => probability(text),
        Unit::Time => duration::parse_seconds(text).map_err(|why| error(format!("{name} is a time: {why}"))),
        Unit::Count | Unit::Amount => {
            let what = if of.unit() == Unit::Count { "a count" } else { "an amount of money" };
            let n = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
            n.ok_or_else(|| error(format!("{name} is {what}: {text:?} is no number from 0 on")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimDuration;

    fn names(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|name| Arc::from(*name)).collect()
    }

    fn goal(text: &str) -> Goal {
        Goal::parse(text, &names(&["import", "report.v2"])).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn goals_are_read() {
        let p = |event| Measured::Probability(event);
        let hour = SimDuration::from_secs(3_600);
        let cases = [
            ("P(Complete) >= 99%", None, p(GoalEvent::End(JobEnd::Complete)), ComparisonOp::AtLeast, 0.99),
            ("P(complete) ≥ 0.5", None, p(GoalEvent::End(JobEnd::Complete)), ComparisonOp::AtLeast, 0.5),
            (
                "P(complete within 1h) >= 0.999",
                None,
                p(GoalEvent::Within { complete: true, span: hour }),
                ComparisonOp::AtLeast,
                0.999,
            ),
            (
                "p95(duration) <= 1h",
                None,
                Measured::Statistic(Statistic::Quantile(0.95), Response::Duration),
                ComparisonOp::AtMost,
                3_600.0,
            ),
            (
                "mean(podsCreated)<12",
                None,
                Measured::Statistic(Statistic::Mean, Response::PodsCreated),
                ComparisonOp::Below,
                12.0,
            ),
            (
                "max(overshoot) == 0",
                None,
                Measured::Statistic(Statistic::Max, Response::Overshoot),
                ComparisonOp::Equal,
                0.0,
            ),
            (
                "P(BackoffLimitExceeded) <= 1%",
                None,
                p(GoalEvent::Reason(JobReason::BackoffLimitExceeded)),
                ComparisonOp::AtMost,
                0.01,
            ),
            (
                "import: p99.9(duration) < 90s",
                Some(0),
                Measured::Statistic(Statistic::Quantile(0.999), Response::Duration),
                ComparisonOp::Below,
                90.0,
            ),
            (
                "median(report.v2.duration) > 5m",
                Some(1),
                Measured::Statistic(Statistic::Quantile(0.5), Response::Duration),
                ComparisonOp::Above,
                300.0,
            ),
            (
                "P(import.podsCreated > 12) < 5%",
                Some(0),
                p(GoalEvent::Compares(Response::PodsCreated, ComparisonOp::Above, 12)),
                ComparisonOp::Below,
                0.05,
            ),
            (
                "mean(cost of spot) <= 2.5",
                None,
                Measured::OfPool(Statistic::Mean, Response::Cost, "spot".into()),
                ComparisonOp::AtMost,
                2.5,
            ),
            (
                "P(backoffWait <= 2m) > 0.5",
                None,
                p(GoalEvent::Compares(Response::BackoffWait, ComparisonOp::AtMost, 120_000_000_000)),
                ComparisonOp::Above,
                0.5,
            ),
        ];
        for (text, series, what, comparison, bound) in cases {
            let measure = Measure { series, given: None, what };
            assert_eq!(goal(text), Goal { text: text.to_owned(), measure, comparison, bound }, "{text}");
        }
        assert_eq!(goal("p95(duration | Complete) <= 1h").measure.given, Some(GoalEvent::End(JobEnd::Complete)));
    }

    #[test]
    fn jobs_have_names_in_goals_while_there_are_not_too_many() {
        let jobs = |n: usize| (0..n).map(|n| Arc::from(format!("job-{n}"))).collect::<Vec<Arc<str>>>();
        let named = |n: usize| Measure::parse("job-1: mean(duration)", &jobs(n)).map(|measure| measure.series);
        assert_eq!((named(2), named(MAX_SERIES)), (Ok(Some(1)), Ok(Some(1))));
        assert!(named(MAX_SERIES + 1).is_err());
    }

    #[test]
    fn what_is_no_goal_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "compares nothing"),
            ("P(Complete) = 1", "did you mean \"==\""),
            ("P(Complete)", "compares nothing"),
            ("P(Complete) >= 99", "is no probability"),
            ("P(Complete >= 99%", "compares nothing"),
            ("P Complete >= 99%", "measures nothing"),
            ("P(Compleet) >= 99%", "did you mean \"Complete\""),
            ("P(BackofLimitExceeded) > 1%", "did you mean \"BackoffLimitExceeded\""),
            ("p95(duratoin) <= 1h", "did you mean \"duration\""),
            ("p95(duration) <= 60", "duration is a time"),
            ("p100(duration) <= 1h", "no statistic"),
            ("mean(retries of spot) <= 1", "only nodeTime, cost, idleCost"),
            ("mean(coost of spot) <= 1", "did you mean \"cost\""),
            ("maen(duration) <= 1h", "did you mean \"mean\""),
            ("mean(podsCreated) < 12s", "podsCreated is a count"),
            ("imprt: P(Complete) > 0", "did you mean \"import\""),
            ("p95(imprt.duration) < 1h", "there is no Job \"imprt\""),
            ("P(fails within 1h) < 1", "complete within 1h"),
        ] {
            let error = Goal::parse(text, &names(&["import", "other"])).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
