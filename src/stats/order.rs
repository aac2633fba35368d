//! Order statistics, and so quantiles, of very many integers in bounded memory. The result depends on the numbers
//! alone, not on the order in which they were added or parts were merged, and so not on the number of threads.
//!
//! With up to [`DISTINCT`] different numbers everything is exact. Beyond that, numbers are counted in cells: numbers up
//! to 2,048 have a cell each, and above that each doubling is divided into 1,024 cells. A value given back is then the
//! middle of its cell, at most 0.05 % off.

use std::collections::BTreeMap;

/// Up to this many different numbers are kept exactly.
pub const DISTINCT: usize = 16_384;

/// Each doubling is divided into 2^`CELL_BITS` cells.
const CELL_BITS: u32 = 10;

/// Non-negative integers, counted by value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderStatistics {
    /// From a number (or the middle of its cell) to how often it was added.
    counts: BTreeMap<u64, u64>,
    total: u64,
    coarse: bool,
    /// The minimum and the maximum, always exact.
    ends: Option<(u64, u64)>,
}

impl OrderStatistics {
    /// Adds a number.
    pub fn add(&mut self, x: u64) {
        self.add_many(x, 1);
        self.ends = Some(self.ends.map_or((x, x), |(low, high)| (low.min(x), high.max(x))));
    }

    fn add_many(&mut self, x: u64, count: u64) {
        *self.counts.entry(if self.coarse { middle_of_cell(x) } else { x }).or_default() += count;
        self.total += count;
        if !self.coarse && self.counts.len() > DISTINCT {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.coarse = true;
        for (x, count) in std::mem::take(&mut self.counts) {
            *self.counts.entry(middle_of_cell(x)).or_default() += count;
        }
    }

    /// Adds all numbers of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.coarse && !self.coarse {
            self.coarsen();
        }
        other.counts.iter().for_each(|(&x, &count)| self.add_many(x, count));
        if let Some((low, high)) = other.ends {
            self.ends = Some(self.ends.map_or((low, high), |ends| (low.min(ends.0), high.max(ends.1))));
        }
    }

    /// How many numbers were added.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// Whether every value that is given back is exact.
    pub fn is_exact(&self) -> bool {
        !self.coarse
    }

    /// The minimum, always exact.
    pub fn min(&self) -> Option<u64> {
        self.ends.map(|ends| ends.0)
    }

    /// The maximum, always exact.
    pub fn max(&self) -> Option<u64> {
        self.ends.map(|ends| ends.1)
    }

    /// The number with this rank; the minimum has rank 1. `None` if there are fewer numbers.
    pub fn ranked(&self, rank: u64) -> Option<u64> {
        let (low, high) = self.ends.filter(|_| (1..=self.total).contains(&rank))?;
        if rank == self.total {
            return Some(high);
        }
        let mut below = 0;
        let reached = self.counts.iter().find(|&(_, &count)| {
            below += count;
            below >= rank
        });
        reached.map(|(&x, _)| x.clamp(low, high))
    }

    /// The `p`-quantile: the least number such that at least a share `p` of all numbers does not exceed it.
    pub fn quantile(&self, p: f64) -> Option<u64> {
        self.ranked(((p * self.total as f64).ceil() as u64).clamp(1, self.total.max(1)))
    }

    /// How many numbers are at most `x`. Once cells are in use, a number counts as the middle of its cell.
    pub fn count_up_to(&self, x: u64) -> u64 {
        self.counts.range(..=x).map(|(_, count)| count).sum()
    }

    /// The numbers (or the middles of their cells) and how often each was added, in increasing order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().map(|(&x, &count)| (x, count))
    }
}

/// The middle of a cell lies in the same cell, so merging coarse counts changes nothing.
fn middle_of_cell(x: u64) -> u64 {
    let bits = u64::BITS - x.leading_zeros();
    if bits <= CELL_BITS + 1 {
        return x;
    }
    let shift = bits - (CELL_BITS + 1);
    (x >> shift << shift) + (1 << (shift - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numbers: impl IntoIterator<Item = u64>) -> OrderStatistics {
        let mut statistics = OrderStatistics::default();
        numbers.into_iter().for_each(|x| statistics.add(x));
        statistics
    }

    #[test]
    fn few_numbers_are_exact() {
        let s = of([5, 1_000_001, 3, 3]);
        assert!(s.is_exact());
        assert_eq!([1, 2, 3, 4].map(|rank| s.ranked(rank)), [Some(3), Some(3), Some(5), Some(1_000_001)]);
        assert_eq!((s.ranked(0), s.ranked(5), s.quantile(0.5), s.count_up_to(4)), (None, None, Some(3), 2));
        assert_eq!((OrderStatistics::default().quantile(0.5), OrderStatistics::default().min()), (None, None));
    }

    #[test]
    fn many_numbers_are_near_and_memory_is_bounded() {
        // A sequence that visits every residue of a prime once.
        let prime: u64 = 1_000_003;
        let s = of((0..prime).map(|i| i * 7_919 % prime * 1_000_000));
        assert!(!s.is_exact() && s.counts.len() < 40_000);
        for p in [0.001, 0.01, 0.5, 0.99] {
            let exact = (p * prime as f64).ceil() - 1.0;
            let got = s.quantile(p).unwrap() as f64 / 1e6;
            assert!((got - exact).abs() <= 0.0005 * exact, "{p}: {got}, not {exact}");
        }
        assert_eq!((s.min(), s.max(), s.ranked(prime)), (Some(0), Some((prime - 1) * 1_000_000), s.max()));
    }

    #[test]
    fn cells_are_narrow_and_keep_their_middle() {
        for x in [0, 1, 2_047, 2_048, 2_049, 4_097, 123_456_789, u64::MAX / 2, u64::MAX] {
            let middle = middle_of_cell(x);
            assert_eq!(middle_of_cell(middle), middle);
            assert!(middle.abs_diff(x) as f64 <= 0.0005 * x as f64, "{x} is counted as {middle}");
        }
        // From 4096 on a cell has four numbers.
        assert_eq!([4_096, 4_097, 4_098, 4_099, 4_100].map(middle_of_cell), [4_098, 4_098, 4_098, 4_098, 4_102]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_order_of_merging_does_not_matter(seed: u64, count in 16_000..17_500_u64, pieces in 1..7_u64) {
            let number = |i: u64| seed.wrapping_add(i).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            let whole = of((0..count).map(number));
            let mut merged = OrderStatistics::default();
            for piece in (0..pieces).rev() {
                merged.merge(&of((0..count).filter(|i| i % pieces == piece).map(number)));
            }
            prop_assert!(merged == whole);
        }
    }

    #[test]
    fn no_quantile_lies_beyond_the_numbers() {
        // Cells are 512 wide here: the first begins before the smallest number, and its middle does too.
        let mut order = OrderStatistics::default();
        (0..20_000).for_each(|n| order.add(1_000_900 + n));
        assert!(!order.is_exact());
        assert_eq!((order.ranked(1), order.min()), (Some(1_000_900), Some(1_000_900)));
    }
}
