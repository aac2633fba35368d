//! The share of items of which each replication has several, such as the nights of a CronJob. Those of one replication
//! may be correlated, so the replication is the unit, and the estimate is a ratio of sums.

use super::goal::Estimate;
use crate::stats::interval::wilson_of_share;

/// Hits and items of replications, with the sums of squares and products for the variance of their ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ShareTally {
    replications: u64,
    hits: u64,
    items: u64,
    hits_squared: u128,
    hits_times_items: u128,
    items_squared: u128,
}

impl ShareTally {
    /// Adds a replication.
    pub fn add(&mut self, hits: u64, items: u64) {
        assert!(hits <= items, "{hits} hits of {items}");
        let (wide_hits, wide_items) = (u128::from(hits), u128::from(items));
        self.replications += 1;
        self.hits += hits;
        self.items += items;
        self.hits_squared += wide_hits * wide_hits;
        self.hits_times_items += wide_hits * wide_items;
        self.items_squared += wide_items * wide_items;
    }

    /// Adds all replications of another.
    pub fn merge(&mut self, other: &ShareTally) {
        self.replications += other.replications;
        self.hits += other.hits;
        self.items += other.items;
        self.hits_squared += other.hits_squared;
        self.hits_times_items += other.hits_times_items;
        self.items_squared += other.items_squared;
    }

    /// The share and its interval; `None` without items. A single replication has no interval, because nothing shows
    /// how much others would differ.
    pub fn estimate(&self, confidence: f64) -> Option<Estimate> {
        if self.items == 0 {
            return None;
        }
        let value = self.hits as f64 / self.items as f64;
        if self.replications < 2 {
            return Some(Estimate { value, low: None, high: None });
        }
        let interval = wilson_of_share(value, self.effective_size(value), confidence);
        Some(Estimate { value, low: Some(interval.low), high: Some(interval.high) })
    }

    /// The effective number of independent items (Kish, Survey Sampling, 1965, §8.2): a share of that many has the
    /// variance of the ratio. That variance is the usual linear approximation for a ratio of sums, from the residuals
    /// `hits − share × items` of replications. If the event happened to all items or to none, the variance is unknown,
    /// and each replication counts once. If the share is the same in all replications but between 0 and 1, nothing
    /// shows that items depend on one another, and each item counts.
    fn effective_size(&self, share: f64) -> f64 {
        let (n, items) = (self.replications as f64, self.items as f64);
        if self.hits == 0 || self.hits == self.items {
            return n;
        }
        let (a, b, c) = (self.hits_squared as f64, self.hits_times_items as f64, self.items_squared as f64);
        let residuals = (a - 2.0 * share * b + share * share * c).max(0.0);
        let variance = n / (n - 1.0) * residuals / (items * items);
        if variance <= 0.0 { items } else { (share * (1.0 - share) / variance).clamp(1.0, items) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(replications: &[(u64, u64)]) -> Estimate {
        let mut tally = ShareTally::default();
        replications.iter().for_each(|(hits, items)| tally.add(*hits, *items));
        tally.estimate(0.95).expect("there are items")
    }

    /// If all items of a replication agree, a hundred of them say no more than one.
    #[test]
    fn items_that_depend_on_one_another_count_less() {
        let each: Vec<(u64, u64)> = (0..100).map(|n| (u64::from(n % 5 != 0), 1)).collect();
        let alike: Vec<(u64, u64)> = each.iter().map(|(hits, items)| (100 * hits, 100 * items)).collect();
        let (one, many) = (estimate(&each), estimate(&alike));
        assert_eq!((one.value, many.value), (0.8, 0.8));
        let width = |e: Estimate| e.high.unwrap() - e.low.unwrap();
        assert!((width(one) - width(many)).abs() < 0.01 * width(one), "{one:?} {many:?}");
        let wilson = crate::stats::interval::wilson(80, 100, 0.95);
        assert!((one.low.unwrap() - wilson.low).abs() < 2e-3, "{one:?} {wilson:?}");
        // Independent items: 80 of each 100.
        let mixed = estimate(&(0..100).map(|n| (78 + n % 5, 100)).collect::<Vec<_>>());
        assert!(width(mixed) < width(one) / 5.0, "{mixed:?}");
    }

    #[test]
    fn what_never_varied_is_as_sure_as_its_replications() {
        let sure = estimate(&[(10, 10); 50]);
        let wilson = crate::stats::interval::wilson(50, 50, 0.95);
        assert_eq!((sure.value, sure.low, sure.high), (1.0, Some(wilson.low), Some(1.0)));
        let single = estimate(&[(9, 10)]);
        assert_eq!((single.value, single.low, single.high), (0.9, None, None));
        assert_eq!(ShareTally::default().estimate(0.95), None);
    }

    #[test]
    fn merged_halves_are_the_whole() {
        let counts = [(3, 4), (0, 2), (5, 5), (1, 9)];
        let of = |counts: &[(u64, u64)]| {
            let mut tally = ShareTally::default();
            counts.iter().for_each(|(hits, items)| tally.add(*hits, *items));
            tally
        };
        let mut left = of(&counts[..1]);
        left.merge(&of(&counts[1..]));
        assert_eq!(left, of(&counts));
    }

    /// Of two replications with 1 of 2 and 2 of 2: the residuals are −0.5 and 0.5, their variance, with one degree of
    /// freedom, is 2 × 0.5 / 16, and three independent items would vary as much.
    #[test]
    fn a_few_replications_count_with_the_variance_of_a_sample() {
        let mut tally = ShareTally::default();
        tally.add(1, 2);
        tally.add(2, 2);
        assert!((tally.effective_size(0.75) - 3.0).abs() < 1e-12, "{}", tally.effective_size(0.75));
    }
}
