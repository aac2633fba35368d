//! The completion index of a Pod of an Indexed Job. Sets of indexes are [`super::Intervals`].

use std::fmt;
use std::num::NonZeroU32;

/// A completion index, 0 to 2³¹ − 1. Pods of Jobs that are not Indexed have none. `Option<CompletionIndex>` takes four
/// bytes, which matters because every Pod of a run holds one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompletionIndex(NonZeroU32);

impl CompletionIndex {
    /// The index with this number; `None` if the number is negative.
    #[inline]
    pub const fn new(index: i32) -> Option<Self> {
        if index < 0 {
            return None;
        }
        match NonZeroU32::new(index as u32 + 1) {
            Some(successor) => Some(CompletionIndex(successor)),
            None => None,
        }
    }

    /// The number, as the API's fields have it.
    #[inline]
    pub const fn get(self) -> i32 {
        (self.0.get() - 1) as i32
    }

    /// The number, as a position in a list.
    #[inline]
    pub const fn ix(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

impl From<CompletionIndex> for u32 {
    #[inline]
    fn from(index: CompletionIndex) -> u32 {
        index.0.get() - 1
    }
}

impl fmt::Display for CompletionIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl fmt::Debug for CompletionIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_may_be_absent_takes_four_bytes_and_is_ordered_after_none() {
        assert_eq!(size_of::<Option<CompletionIndex>>(), 4);
        assert_eq!(CompletionIndex::new(-1), None);
        for index in [0, 1, 7, i32::MAX] {
            let kept = CompletionIndex::new(index).unwrap();
            assert_eq!((kept.get(), kept.ix(), u32::from(kept)), (index, index as usize, index as u32));
            assert!(Some(kept) > None && Some(kept) >= CompletionIndex::new(0));
        }
    }
}
