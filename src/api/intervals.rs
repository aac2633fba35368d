//! Sets of completion indexes in the API's compressed text form (`1,3-5,7`). This is not a general range map.
//!
//! Invariant: intervals are in increasing order and never touch.

use smallvec::SmallVec;
use std::fmt;

/// An ordered set of indexes as inclusive intervals.
#[doc(alias = "orderedIntervals")]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Intervals(SmallVec<[(i32, i32); 2]>);

impl Clone for Intervals {
    /// Copies the list in one piece instead of member by member.
    #[inline]
    fn clone(&self) -> Self {
        Intervals(SmallVec::from_slice(&self.0))
    }
}

impl Intervals {
    /// The empty set.
    pub const fn new() -> Self {
        Intervals(SmallVec::new_const())
    }

    /// Reads the API's text form.
    ///
    /// # Errors
    /// The part that cannot be read. Numbers must be non-negative and increasing, and `a-b` must have a ≤ b.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut set = Intervals::new();
        if text.is_empty() {
            return Ok(set);
        }
        for part in text.split(',') {
            let bad = || part.to_owned();
            let (first, last) = match part.split_once('-') {
                Some((a, b)) => (a.parse().map_err(|_| bad())?, b.parse().map_err(|_| bad())?),
                None => part.parse().map(|n: i32| (n, n)).map_err(|_| bad())?,
            };
            if first < 0 || last < first || set.0.last().is_some_and(|&(_, l)| l >= first) {
                return Err(bad());
            }
            set.push(first, last);
        }
        Ok(set)
    }

    /// The set of these ranges, which must be in increasing order and must not overlap.
    pub fn of_ranges(ranges: &[(i32, i32)]) -> Self {
        let mut set = Intervals::new();
        ranges.iter().for_each(|&(first, last)| set.push(first, last));
        set
    }

    /// Adds an interval that begins after the last one or touches it; touching intervals are merged.
    fn push(&mut self, first: i32, last: i32) {
        match self.0.last_mut() {
            Some(l) if first <= l.1.saturating_add(1) => l.1 = l.1.max(last),
            _ => self.0.push((first, last)),
        }
    }

    /// The members below `completions`.
    #[doc(alias = "parseIndexesFromString")]
    pub fn below(&self, completions: i32) -> Self {
        match self.0.last() {
            Some(&(_, last)) if last >= completions => {
                let kept = self.0.iter().filter(|i| i.0 < completions).map(|&(a, b)| (a, b.min(completions - 1)));
                Intervals(kept.collect())
            }
            _ => self.clone(),
        }
    }

    /// The union with these indexes, which must be in increasing order; repeats are allowed.
    #[doc(alias = "withOrderedIndexes")]
    pub fn with_ordered_indexes(&self, new: &[i32]) -> Self {
        if new.is_empty() {
            return self.clone();
        }
        let mut merged = Intervals(SmallVec::with_capacity(self.0.len() + 1));
        let mut old = self.0.iter().copied().peekable();
        for &ix in new {
            while let Some((a, b)) = old.next_if(|i| i.0 <= ix) {
                merged.push(a, b);
            }
            merged.push(ix, ix);
        }
        for (a, b) in old {
            merged.push(a, b);
        }
        merged
    }

    /// How many indexes there are.
    pub fn total(&self) -> i64 {
        self.0.iter().map(|&(a, b)| i64::from(b) - i64::from(a) + 1).sum()
    }

    /// Whether the index is a member.
    pub fn has(&self, ix: i32) -> bool {
        let at = self.0.partition_point(|i| i.1 < ix);
        self.0.get(at).is_some_and(|i| i.0 <= ix)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The inclusive intervals, in order.
    pub fn iter(&self) -> impl Iterator<Item = (i32, i32)> + '_ {
        self.0.iter().copied()
    }

    /// How many indexes both sets contain.
    pub fn overlap(&self, other: &Self) -> i64 {
        let (mut i, mut j, mut n) = (0, 0, 0);
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            n += (i64::from(a.1.min(b.1)) - i64::from(a.0.max(b.0)) + 1).max(0);
            if a.1 < b.1 {
                i += 1;
            } else {
                j += 1;
            }
        }
        n
    }
}

impl fmt::Display for Intervals {
    /// The API's text form: a run of two is written `1,2`, a longer run `1-3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, &(a, b)) in self.0.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            match b - a {
                0 => write!(f, "{comma}{a}")?,
                1 => write!(f, "{comma}{a},{b}")?,
                _ => write!(f, "{comma}{a}-{b}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        for text in ["", "0", "0,1", "0-2", "1,3-5,7", "0,2,4-9,11,12"] {
            assert_eq!(Intervals::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn touching_parts_merge() {
        assert_eq!(Intervals::parse("0,1,2,3-5").unwrap().to_string(), "0-5");
    }

    #[test]
    fn broken_text_names_the_part() {
        for (text, part) in [("a", "a"), ("1,x", "x"), ("5-2", "5-2"), ("3,1", "1"), ("-1", "-1"), ("1,,2", "")] {
            assert_eq!(Intervals::parse(text).unwrap_err(), part);
        }
    }

    #[test]
    fn union_with_single_indexes() {
        let set = Intervals::parse("2-4,8").unwrap();
        for (new, text) in [
            (&[][..], "2-4,8"),
            (&[0], "0,2-4,8"),
            (&[5, 6, 7], "2-8"),
            (&[3, 3, 9], "2-4,8,9"),
            (&[1, 10], "1-4,8,10"),
        ] {
            assert_eq!(set.with_ordered_indexes(new).to_string(), text);
        }
    }

    #[test]
    fn cut_and_counted() {
        let set = Intervals::parse("1,3-5,7").unwrap();
        assert_eq!(set.below(5).to_string(), "1,3,4");
        assert_eq!(set.below(100), set);
        assert_eq!((set.total(), set.below(1).total()), (5, 0));
        assert!(set.has(4) && !set.has(6) && !set.has(0) && set.has(7) && !set.has(8));
        assert_eq!(set.overlap(&Intervals::parse("0-3,7-9").unwrap()), 3);
    }
}
