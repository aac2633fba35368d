//! Differences between two setups, replication by replication. Under common random numbers both members of a pair use
//! the same random draws, which makes the variance of the difference small.

use super::outcome::{JobEnd, Outcome};
use super::response::Response;
use super::result::PairedDifference;
use crate::stats::ExactMoments;
use std::cmp::Ordering;

/// The name of the difference of the probability to complete; the others are named by their responses.
pub const P_COMPLETE: &str = "P(Complete)";

/// Paired differences of every response, and of the probability to complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Differences {
    complete: Paired,
    responses: Vec<Paired>,
}

impl Default for Differences {
    fn default() -> Self {
        Differences { complete: Paired::default(), responses: vec![Paired::default(); Response::ALL.len()] }
    }
}

/// Pairs of whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Paired {
    base: ExactMoments,
    with: ExactMoments,
    difference: ExactMoments,
    /// Pairs in which the variant has less, as much, and more.
    signs: [u64; 3],
}

impl Paired {
    fn add(&mut self, base: i64, with: i64) {
        self.base.add(base);
        self.with.add(with);
        self.difference.add(with.saturating_sub(base));
        self.signs[match with.cmp(&base) {
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        }] += 1;
        debug_assert_eq!(self.signs.iter().sum::<u64>(), self.difference.count(), "every pair has one sign");
    }

    fn merge(&mut self, other: &Paired) {
        self.base.merge(&other.base);
        self.with.merge(&other.with);
        self.difference.merge(&other.difference);
        self.signs.iter_mut().zip(other.signs).for_each(|(into, n)| *into += n);
        assert_eq!(self.signs.iter().sum::<u64>(), self.difference.count(), "every pair has one sign");
    }

    fn result(&self, name: &str, (unit, scale): (&str, f64), confidence: f64) -> PairedDifference {
        let interval = self.difference.mean_interval(confidence);
        // With independent streams the variance of the difference would be the sum of the two. How much less it is
        // shows what common random numbers are worth. If all differences are equal there is no ratio.
        let apart = self.base.variance().zip(self.with.variance()).map(|(a, b)| a + b);
        let together = self.difference.variance().filter(|v| *v > 0.0);
        PairedDifference {
            name: name.to_owned(),
            unit: unit.to_owned(),
            count: self.difference.count(),
            base: self.base.mean().map(|x| x * scale),
            with: self.with.mean().map(|x| x * scale),
            mean: self.difference.mean().map(|x| x * scale),
            interval: interval.map(|i| [i.low * scale, i.high * scale]),
            signs: self.signs,
            variance_reduction: apart.zip(together).map(|(apart, together)| apart / together),
        }
    }
}

impl Differences {
    /// Adds a pair. A response that one of the two never reaches contributes no difference.
    pub fn add(&mut self, base: &Outcome, with: &Outcome) {
        let complete = |o: &Outcome| i64::from(o.end == JobEnd::Complete);
        self.complete.add(complete(base), complete(with));
        for (paired, response) in self.responses.iter_mut().zip(Response::ALL) {
            if let (Some(a), Some(b)) = (response.of(base), response.of(with)) {
                let [a, b] = [a, b].map(|n| i64::try_from(n).expect("responses fit into 63 bits"));
                paired.add(a, b);
            }
        }
    }

    /// Adds all pairs of another.
    pub fn merge(&mut self, other: &Differences) {
        assert_eq!(self.responses.len(), other.responses.len(), "both have every response");
        self.complete.merge(&other.complete);
        self.responses.iter_mut().zip(&other.responses).for_each(|(into, paired)| into.merge(paired));
    }

    /// The results: `P(Complete)` first, then every response.
    pub fn results(&self, confidence: f64) -> Vec<PairedDifference> {
        let complete = self.complete.result(P_COMPLETE, ("probability", 1.0), confidence);
        let responses = self.responses.iter().zip(Response::ALL);
        let responses =
            responses.map(|(paired, r)| paired.result(r.name(), (r.unit().as_str(), r.unit().scale()), confidence));
        std::iter::once(complete).chain(responses).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_what_the_variant_has_more() {
        let mut differences = Differences::default();
        for (base, with) in [(3, 5), (4, 4), (7, 12)] {
            let of = |pods_created| Outcome { end: JobEnd::Complete, pods_created, ..Outcome::default() };
            differences.add(&of(base), &of(with));
        }
        let results = differences.results(0.95);
        let pods = results.iter().find(|r| r.name == Response::PodsCreated.name()).expect("it is a response");
        assert_eq!((pods.base, pods.with), (Some(14.0 / 3.0), Some(7.0)));
        assert_eq!((pods.mean, pods.signs), (Some(7.0 / 3.0), [0, 1, 2]));
    }
}
