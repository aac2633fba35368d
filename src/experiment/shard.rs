//! Which part of an experiment a shard is: a range of its units, the same for everybody who computes it. Nothing is run
//! here.

use std::fmt;
use std::ops::Range;

/// One of several parts that together make up an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// The shard with this number, from 1, out of this many; `None` if there is no such shard.
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&index).then_some(Shard { index, of })
    }

    /// Its number, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// The number of shards.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Its range of this many units. Sizes differ by at most one; if there are more shards than units, some are empty.
    pub fn units(self, units: u64) -> Range<u64> {
        let end = |index: u32| (u128::from(units) * u128::from(index) / u128::from(self.of)) as u64;
        end(self.index - 1)..end(self.index)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// Sorted numbers as ranges.
pub fn ranges(numbers: impl Iterator<Item = u64>) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for n in numbers {
        match ranges.last_mut().filter(|range| range.end == n) {
            Some(range) => range.end = n + 1,
            None => ranges.push(n..n + 1),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_the_whole_without_overlap() {
        for (units, of) in [(0, 3), (1, 1), (10, 3), (10, 64), (u64::MAX, 7)] {
            let shards: Vec<_> = (1..=of).map(|n| Shard::new(n, of).unwrap().units(units)).collect();
            assert_eq!((shards[0].start, shards[shards.len() - 1].end), (0, units));
            assert!(shards.windows(2).all(|pair| pair[0].end == pair[1].start));
            let sizes = || shards.iter().map(|range| range.end - range.start);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
        }
        assert_eq!((Shard::new(0, 3), Shard::new(4, 3), Shard::new(1, 0)), (None, None, None));
    }

    #[test]
    fn numbers_are_gathered_to_ranges() {
        assert_eq!(ranges([0, 1, 2, 5, 7, 8].into_iter()), [0..3, 5..6, 7..9]);
        assert_eq!(ranges(std::iter::empty()), []);
    }
}
