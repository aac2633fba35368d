//! Goals: what must hold over replications, such as `P(Complete) >= 99%` or `p95(import.duration) <= 1h`. Their syntax
//! is in `goal_text`.
//!
//! A goal holds if its estimate satisfies it; it is sure if the whole interval of the estimate agrees.

use super::job_share::{CountedShare, JobEvent};
use super::outcome::{JobEnd, Outcome, Replication};
use super::response::{Response, Unit};
use super::result::{GoalResult, MeasureResult};
use super::share_tally::ShareTally;
use super::tally::Numbers;
use crate::api::JobReason;
use crate::stats::interval::wilson;
use crate::time::SimDuration;
use std::sync::Arc;

/// A condition on a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The text as the user wrote it.
    pub text: String,
    /// What is measured.
    pub measure: Measure,
    /// The operator.
    pub comparison: ComparisonOp,
    /// The right-hand side in the measure's unit: a probability or share, seconds, a count, or money.
    pub bound: f64,
}

/// A quantity that is estimated from replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// The series of Jobs; `None` for all Jobs together.
    pub series: Option<usize>,
    /// Only replications in which this happens count.
    pub given: Option<GoalEvent>,
    /// The quantity.
    pub what: Measured,
}

/// The kind of quantity.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// The share of replications in which an event happens.
    Probability(GoalEvent),
    /// The share of Jobs, or of starts of CronJobs, to which something happens, in all replications together.
    Share(JobEvent),
    /// A statistic of a response.
    Statistic(Statistic, Response),
    /// The same of one pool of nodes, by its name.
    OfPool(Statistic, Response, Arc<str>),
}

/// A statistic of a response over replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The mean; infinite if any replication never reaches the response.
    Mean,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// The quantile of this share.
    Quantile(f64),
}

/// Something that either happens in a replication or does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GoalEvent {
    /// The Job ends in this way.
    End(JobEnd),
    /// It ends for this reason.
    Reason(JobReason),
    /// The Job ends within this time.
    Within {
        /// Whether only Complete counts.
        complete: bool,
        /// The time.
        span: SimDuration,
    },
    /// A response compares with a whole number.
    Compares(Response, ComparisonOp, u64),
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonOp {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl ComparisonOp {
    /// Whether `a` compares with `b` in this way.
    pub fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::AtLeast => a >= b,
            Self::Above => a > b,
            Self::AtMost => a <= b,
            Self::Below => a < b,
            Self::Equal => a == b,
            Self::NotEqual => a != b,
        }
    }

    /// Whether larger numbers satisfy it.
    pub fn is_lower_bound(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }
}

impl GoalEvent {
    /// Whether it happened.
    pub fn happened(&self, outcome: &Outcome) -> bool {
        match *self {
            GoalEvent::End(end) => outcome.end == end,
            GoalEvent::Reason(reason) => outcome.reason == Some(reason),
            GoalEvent::Within { complete, span } => {
                (!complete || outcome.end == JobEnd::Complete) && outcome.duration.is_some_and(|d| d <= span)
            }
            // What is never reached takes longer than any bound.
            GoalEvent::Compares(response, comparison, n) => {
                comparison.holds(response.of(outcome).unwrap_or(u64::MAX), n)
            }
        }
    }
}

/// What a measure has gathered so far. `trials` are the replications that count; the rest depends on the measure:
/// `hits` for probabilities, `numbers` for statistics, `share` for shares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasureTally {
    hits: u64,
    trials: u64,
    numbers: Numbers,
    share: ShareTally,
}

/// An estimate with its interval, in the unit that is shown. A side without a bound is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

impl Measure {
    /// `probability`, or the unit of the response: `seconds`, `share`, `amount`, or empty for counts.
    pub fn unit(&self) -> &'static str {
        match self.what {
            Measured::Probability(_) | Measured::Share(_) => "probability",
            Measured::Statistic(_, response) | Measured::OfPool(_, response, _) => response.unit().as_str(),
        }
    }

    /// The outcome that is measured.
    fn outcome<'a>(&self, replication: &'a Replication) -> &'a Outcome {
        let series = self.series.and_then(|n| replication.series.get(n));
        series.map_or(&replication.all, |named| &named.outcome)
    }

    /// Whether a replication has what is measured: shares are counted while it is simulated, if they were asked for.
    pub fn is_counted(&self, replication: &Replication) -> bool {
        let Measured::Share(event) = &self.what else { return true };
        replication.shares.iter().any(|c| c.share.series == self.series && c.share.event == *event)
    }

    /// Adds a replication, in which it is counted.
    pub fn add(&self, tally: &mut MeasureTally, replication: &Replication) {
        let outcome = self.outcome(replication);
        if self.given.is_some_and(|given| !given.happened(outcome)) {
            return;
        }
        tally.trials += 1;
        match &self.what {
            Measured::Probability(event) => tally.hits += u64::from(event.happened(outcome)),
            Measured::Statistic(_, response) => tally.numbers.add(response.of(outcome)),
            Measured::OfPool(_, response, name) => {
                // The results of an input without this pool were refused before anything ran.
                let pool = replication.pools.iter().find(|pool| pool.name == **name);
                tally.numbers.add(pool.and_then(|pool| response.of_pool(pool)));
            }
            Measured::Share(event) => {
                let is_it = |c: &&CountedShare| c.share.series == self.series && c.share.event == *event;
                let counted = replication.shares.iter().find(is_it).expect("what is measured is counted");
                tally.share.add(counted.hits, counted.items);
            }
        }
        debug_assert!(tally.hits <= tally.trials);
    }

    /// The estimate; none if no replication counted.
    pub fn estimate(&self, tally: &MeasureTally, confidence: f64) -> Option<Estimate> {
        if tally.trials == 0 {
            return None;
        }
        let (statistic, response) = match &self.what {
            Measured::Share(_) => return tally.share.estimate(confidence),
            Measured::Probability(_) => {
                let interval = wilson(tally.hits, tally.trials, confidence);
                let value = tally.hits as f64 / tally.trials as f64;
                return Some(Estimate { value, low: Some(interval.low), high: Some(interval.high) });
            }
            Measured::Statistic(statistic, response) | Measured::OfPool(statistic, response, _) => {
                (*statistic, *response)
            }
        };
        let raw = statistic.estimate(&tally.numbers, confidence)?;
        let scale = |x: f64| x * response.unit().scale();
        Some(Estimate { value: scale(raw.value), low: raw.low.map(scale), high: raw.high.map(scale) })
    }

    /// The estimate under the text that the user wrote.
    pub fn result(&self, text: &str, tally: &MeasureTally, confidence: f64) -> MeasureResult {
        let estimate = self.estimate(tally, confidence);
        MeasureResult {
            measure: text.to_owned(),
            unit: self.unit().to_owned(),
            value: estimate.map(|e| e.value),
            low: estimate.and_then(|e| e.low),
            high: estimate.and_then(|e| e.high),
        }
    }

    /// Whether it is a time, in seconds.
    pub fn is_time(&self) -> bool {
        match self.what {
            Measured::Statistic(_, response) | Measured::OfPool(_, response, _) => response.unit() == Unit::Time,
            Measured::Probability(_) | Measured::Share(_) => false,
        }
    }
}

impl Statistic {
    fn estimate(self, numbers: &Numbers, confidence: f64) -> Option<Estimate> {
        let bare = |value| Estimate { value, low: None, high: None };
        match self {
            Statistic::Mean if numbers.has_never() => Some(bare(f64::INFINITY)),
            Statistic::Mean => {
                let (value, interval) = numbers.mean(confidence)?;
                Some(Estimate { value, low: interval.map(|i| i.low), high: interval.map(|i| i.high) })
            }
            // More replications can only extend the range, so only one side is known.
            Statistic::Min => numbers.min().map(|value| Estimate { high: Some(value), ..bare(value) }),
            Statistic::Max => numbers.max().map(|value| Estimate { low: Some(value), ..bare(value) }),
            Statistic::Quantile(p) => {
                let q = numbers.quantile(p, confidence)?;
                Some(Estimate { value: q.value, low: q.low, high: q.high })
            }
        }
    }
}

impl MeasureTally {
    /// Adds all replications of another.
    pub fn merge(&mut self, other: &MeasureTally) {
        self.hits += other.hits;
        self.trials += other.trials;
        self.numbers.merge(&other.numbers);
        self.share.merge(&other.share);
        assert!(self.hits <= self.trials, "an event happens at most once in a replication");
    }
}

impl Goal {
    /// The measure as the user wrote it: the text without the comparison.
    pub fn measured(&self) -> &str {
        super::goal_text::measured(&self.text)
    }

    /// Whether the goal holds, given what was gathered.
    pub fn result(&self, tally: &MeasureTally, confidence: f64) -> GoalResult {
        let estimate = self.measure.estimate(tally, confidence);
        let fulfils = |x: f64| self.comparison.holds(x, self.bound);
        let holds = estimate.is_some_and(|e| fulfils(e.value));
        let agree = |e: Estimate| {
            let ends = [e.low.unwrap_or(f64::NEG_INFINITY), e.high.unwrap_or(f64::INFINITY)];
            // `==` and `!=` are not sure while the bound lies within the interval, whatever its ends say.
            let equality = matches!(self.comparison, ComparisonOp::Equal | ComparisonOp::NotEqual);
            let within = equality && ends[0] <= self.bound && self.bound <= ends[1];
            ends.iter().all(|&end| fulfils(end) == holds) && (!within || ends[0] == ends[1])
        };
        GoalResult {
            goal: self.text.clone(),
            holds,
            sure: estimate.is_some_and(agree),
            value: estimate.map(|e| e.value),
            low: estimate.and_then(|e| e.low),
            high: estimate.and_then(|e| e.high),
            bound: self.bound,
            unit: self.measure.unit().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_compares_as_it_is_written() {
        use ComparisonOp as Op;
        for (operator, holds) in [
            (Op::AtLeast, [false, true, true]),
            (Op::Above, [false, false, true]),
            (Op::AtMost, [true, true, false]),
            (Op::Below, [true, false, false]),
            (Op::Equal, [false, true, false]),
            (Op::NotEqual, [true, false, true]),
        ] {
            assert_eq!([1, 2, 3].map(|a| operator.holds(a, 2)), holds, "{operator:?}");
            assert_eq!(operator.is_lower_bound(), matches!(operator, Op::AtLeast | Op::Above));
        }
    }

    #[test]
    fn a_goal_is_sure_when_the_whole_interval_agrees() {
        // All of a thousand: the interval is about [99.6 %, 100 %].
        let tally = MeasureTally { hits: 1_000, trials: 1_000, ..MeasureTally::default() };
        for (comparison, holds, sure) in [
            (">= 90%", true, true),
            (">= 99.9%", true, false),
            ("< 50%", false, true),
            ("<= 99.9%", false, false),
            ("== 100%", true, false),
            ("!= 50%", true, true),
            ("== 50%", false, true),
        ] {
            let result = Goal::parse(&format!("P(Complete) {comparison}"), &[]).expect("a goal").result(&tally, 0.95);
            assert_eq!((result.holds, result.sure), (holds, sure), "{comparison}");
        }
        // Half of a thousand: 51 % lies within the interval, so that it is not 51 % is not sure.
        let tally = MeasureTally { hits: 500, trials: 1_000, ..MeasureTally::default() };
        for (comparison, holds, sure) in [("!= 51%", true, false), ("== 51%", false, false), ("!= 90%", true, true)] {
            let result = Goal::parse(&format!("P(Complete) {comparison}"), &[]).expect("a goal").result(&tally, 0.95);
            assert_eq!((result.holds, result.sure), (holds, sure), "{comparison}");
        }
    }

    #[test]
    fn what_never_happens_takes_longer_than_any_time() {
        let never = Outcome { duration: None, ..Outcome::default() };
        let long = GoalEvent::Compares(Response::Duration, ComparisonOp::AtLeast, 5);
        let short = GoalEvent::Compares(Response::Duration, ComparisonOp::AtMost, 5);
        assert_eq!([long, short].map(|event| event.happened(&never)), [true, false]);
    }

    #[test]
    fn only_replications_in_which_the_condition_holds_are_counted() {
        let measure = Measure {
            series: None,
            given: Some(GoalEvent::End(JobEnd::Failed)),
            what: Measured::Statistic(Statistic::Mean, Response::PodsCreated),
        };
        let mut tally = MeasureTally::default();
        for (end, pods_created) in [(JobEnd::Failed, 3), (JobEnd::Complete, 100), (JobEnd::Failed, 5)] {
            let all = Outcome { end, pods_created, ..Outcome::default() };
            measure.add(&mut tally, &Replication { all, ..Replication::default() });
        }
        assert_eq!(measure.estimate(&tally, 0.95).map(|e| e.value), Some(4.0));
    }
}
