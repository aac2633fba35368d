//! Gathers records of replications in bounded memory. All sums are of whole numbers, so that a tally depends on the
//! records alone, and not on their order or on how threads were merged.

use super::outcome::{Excess, JobEnd, Outcome, Replication};
use super::response::{Response, Unit};
use super::summary::{CauseSummary, EndSummary, Quantile, SeriesSummary, Statistics, Summary};
use crate::api::JobReason;
use crate::record::OvershootCause;
use crate::stats::interval::{quantile_ranks, wilson};
use crate::stats::{ExactMoments, Interval, OrderStatistics};
use std::collections::BTreeMap;

/// Quantiles that every summary has.
pub const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// The whole numbers of one response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    moments: ExactMoments,
    order: OrderStatistics,
    never: u64,
}

impl Numbers {
    /// Adds a number; `None` means that the replication never got that far, and counts as infinite.
    pub fn add(&mut self, number: Option<u64>) {
        match number {
            Some(n) => {
                // A response is a count of 32 bits, a share, nanoseconds of 63 bits, or millionths of money.
                self.moments.add(i64::try_from(n).expect("responses fit into 63 bits"));
                self.order.add(n);
            }
            None => self.never += 1,
        }
    }

    /// Adds all numbers of another.
    pub fn merge(&mut self, other: &Numbers) {
        let count = self.count() + other.count();
        self.moments.merge(&other.moments);
        self.order.merge(&other.order);
        self.never += other.never;
        assert_eq!(self.count(), count, "a merge neither loses nor invents numbers");
        assert_eq!(self.moments.count(), self.order.count(), "moments and order are of the same numbers");
    }

    /// How many numbers there are, including infinite ones.
    pub fn count(&self) -> u64 {
        self.order.count() + self.never
    }

    /// The mean of the finite ones and its interval, in whole numbers.
    pub fn mean(&self, confidence: f64) -> Option<(f64, Option<Interval>)> {
        Some((self.moments.mean()?, self.moments.mean_interval(confidence)))
    }

    /// Whether some are infinite.
    pub fn has_never(&self) -> bool {
        self.never > 0
    }

    fn ranked(&self, rank: u64) -> f64 {
        self.order.ranked(rank).map_or(f64::INFINITY, |n| n as f64)
    }

    /// The least, or `None` if there are no numbers.
    pub fn min(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.ranked(1))
    }

    /// The largest, or `None` if there are no numbers.
    pub fn max(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.ranked(self.count()))
    }

    /// The quantile of `p` and its order-statistic interval, or `None` if there are no numbers.
    pub fn quantile(&self, p: f64, confidence: f64) -> Option<Quantile> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        // The least number that at least the share `p` of all numbers does not exceed.
        let rank = ((p * count as f64).ceil() as u64).clamp(1, count);
        let ranks = quantile_ranks(count, p, confidence);
        let end = |rank: Option<u64>| rank.map(|rank| self.ranked(rank));
        Some(Quantile { p, value: self.ranked(rank), low: end(ranks.low), high: end(ranks.high) })
    }

    /// All statistics, in the unit that is shown.
    pub fn statistics(&self, name: &str, unit: Unit, confidence: f64) -> Statistics {
        let scale = |x: f64| x * unit.scale();
        let mean = self.mean(confidence);
        let quantile = |p| {
            let q = self.quantile(p, confidence)?;
            Some(Quantile { p, value: scale(q.value), low: q.low.map(scale), high: q.high.map(scale) })
        };
        Statistics {
            name: name.to_owned(),
            unit: unit.as_str().to_owned(),
            count: self.count(),
            never: self.never,
            mean: mean.map(|m| scale(m.0)),
            mean_interval: mean.and_then(|m| m.1).map(|i| [scale(i.low), scale(i.high)]),
            sd: self.moments.sd().map(scale),
            min: self.min().map(scale),
            max: self.max().map(scale),
            quantiles: QUANTILES.iter().filter_map(|&p| quantile(p)).collect(),
        }
    }
}

/// How often an end occurred, and when.
#[derive(Clone, Debug, Default, PartialEq)]
struct EndTally {
    count: u64,
    duration: Numbers,
}

/// How often overshoot had a certain cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct CauseTally {
    count: u64,
    total: Excess,
}

impl CauseTally {
    fn enter(&mut self, excess: &Excess) {
        self.count += u64::from(excess.episodes > 0);
        self.total.add(excess);
    }

    fn merge(&mut self, other: &CauseTally) {
        self.count += other.count;
        self.total.add(&other.total);
    }
}

/// Outcomes of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    count: u64,
    jobs: u32,
    /// Ends, each with its reason as an index into [`JobReason::ALL`].
    ends: BTreeMap<(JobEnd, Option<usize>), EndTally>,
    responses: Vec<Numbers>,
    /// Sums of [`super::outcome::OvershootRecord::above`], in nanoseconds.
    above: Vec<i128>,
    overshoot: CauseTally,
    causes: [CauseTally; 6],
}

impl Tally {
    /// Adds an outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        self.count += 1;
        self.jobs = self.jobs.max(outcome.jobs);
        let reason = outcome.reason.and_then(|reason| JobReason::ALL.iter().position(|known| *known == reason));
        let end = self.ends.entry((outcome.end, reason)).or_default();
        end.count += 1;
        end.duration.add(Response::Duration.of(outcome));
        self.responses.resize_with(Response::ALL.len(), Numbers::default);
        for (numbers, response) in self.responses.iter_mut().zip(Response::ALL) {
            numbers.add(response.of(outcome));
            debug_assert_eq!(numbers.count(), self.count, "{response:?}: every replication is counted once");
        }
        self.above.resize(self.above.len().max(outcome.overshoot.above.len()), 0);
        for (sum, time) in self.above.iter_mut().zip(&outcome.overshoot.above) {
            *sum += i128::from(time.as_nanos());
        }
        self.overshoot.enter(&outcome.overshoot.total);
        for (cause, excess) in self.causes.iter_mut().zip(outcome.overshoot.by_cause.each()) {
            cause.enter(excess);
        }
        debug_assert_eq!(self.ends.values().map(|end| end.count).sum::<u64>(), self.count, "every Job has one end");
    }

    /// Adds all outcomes of another.
    pub fn merge(&mut self, other: &Tally) {
        self.count += other.count;
        self.jobs = self.jobs.max(other.jobs);
        for (key, end) in &other.ends {
            let into = self.ends.entry(*key).or_default();
            into.count += end.count;
            into.duration.merge(&end.duration);
        }
        self.responses.resize_with(Response::ALL.len(), Numbers::default);
        self.responses.iter_mut().zip(&other.responses).for_each(|(into, numbers)| into.merge(numbers));
        self.above.resize(self.above.len().max(other.above.len()), 0);
        self.above.iter_mut().zip(&other.above).for_each(|(into, sum)| *into += sum);
        self.overshoot.merge(&other.overshoot);
        self.causes.iter_mut().zip(&other.causes).for_each(|(into, cause)| into.merge(cause));
        assert_eq!(self.ends.values().map(|end| end.count).sum::<u64>(), self.count, "every Job has one end");
    }

    /// The estimates.
    pub fn summary(&self, job: &str, confidence: f64) -> SeriesSummary {
        let share = |count: u64| {
            let interval = wilson(count, self.count, confidence);
            (count as f64 / self.count.max(1) as f64, [interval.low, interval.high])
        };
        let end = |(&(end, reason), tally): (&(JobEnd, Option<usize>), &EndTally)| {
            let (probability, interval) = share(tally.count);
            let duration = (tally.duration.moments.count() > 0)
                .then(|| tally.duration.statistics(Response::Duration.name(), Unit::Time, confidence));
            let reason = reason.map_or(String::new(), |reason| JobReason::ALL[reason].as_str().to_owned());
            EndSummary { end, reason, count: tally.count as u32, probability, interval, duration }
        };
        let cause = |cause: &str, tally: &CauseTally| {
            let (probability, interval) = share(tally.count);
            CauseSummary {
                cause: cause.to_owned(),
                count: tally.count as u32,
                probability,
                interval,
                total: tally.total,
            }
        };
        let responses = self.responses.iter().zip(Response::ALL);
        SeriesSummary {
            job: job.to_owned(),
            jobs: self.jobs,
            ends: self.ends.iter().map(end).collect(),
            responses: responses.map(|(n, r)| n.statistics(r.name(), r.unit(), confidence)).collect(),
            above: self.above.iter().map(|&sum| sum as f64 * 1e-9 / self.count.max(1) as f64).collect(),
            overshoot: cause("any", &self.overshoot),
            overshoot_by_cause: OvershootCause::ALL
                .iter()
                .zip(&self.causes)
                .filter(|(_, tally)| tally.count > 0)
                .map(|(known, tally)| cause(known.key(), tally))
                .collect(),
        }
    }
}

/// Replications of one setup.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies {
    /// All Jobs together.
    pub all: Tally,
    /// Each series.
    pub series: Vec<Tally>,
    /// Replications that were cut off at the end of virtual time.
    pub cut: u32,
}

impl Tallies {
    /// Adds a replication.
    pub fn add(&mut self, replication: &Replication) {
        let is_first = self.all.count == 0;
        self.all.add(&replication.all);
        assert!(is_first || self.series.len() == replication.series.len(), "all replications have the same series");
        self.series.resize_with(replication.series.len(), Tally::default);
        self.series.iter_mut().zip(&replication.series).for_each(|(tally, named)| tally.add(&named.outcome));
        self.cut += u32::from(replication.cut);
    }

    /// Adds all replications of another.
    pub fn merge(&mut self, other: &Tallies) {
        let is_empty = self.all.count == 0 || other.all.count == 0;
        assert!(is_empty || self.series.len() == other.series.len(), "all replications have the same series");
        self.all.merge(&other.all);
        self.series.resize_with(self.series.len().max(other.series.len()), Tally::default);
        self.series.iter_mut().zip(&other.series).for_each(|(into, tally)| into.merge(tally));
        self.cut += other.cut;
    }

    /// The estimates. `series` are the names of the series.
    pub fn summary<'a>(&self, series: impl Iterator<Item = &'a str>, confidence: f64) -> Summary {
        let names: Vec<&str> = series.collect();
        let name = if let [only] = names[..] { only } else { "all" };
        Summary {
            replications: self.all.count as u32,
            partial: false,
            confidence,
            cut: self.cut,
            all: self.all.summary(name, confidence),
            series: self.series.iter().zip(names).map(|(tally, name)| tally.summary(name, confidence)).collect(),
        }
    }
}
