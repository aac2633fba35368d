//! Finds the first value for which something holds, trying few of them. A function says whether it holds at an index;
//! nothing is simulated here.
//!
//! Bisection is right if the goal holds from some index on and not before. That is checked at both ends, at the
//! neighbours and at every other index that was tried. If the check fails, all indexes before are tried.

use std::collections::BTreeMap;

/// The most indexes that are tried one by one when bisection cannot be trusted.
pub const SCAN: u64 = 500;
/// How many indexes are tried when neither end tells where to search.
const PROBES: u64 = 16;

/// The outcome of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchResult {
    /// The first index at which it holds; none if it holds at no index that was tried.
    pub place: Option<u64>,
    /// Whether it appears to hold from some index on and not before.
    pub is_monotone: bool,
    /// Whether every index that could be the answer was tried, or lies between two that bisection tells apart.
    pub is_certain: bool,
}

/// Indexes that were tried, and whether it holds there. Each is tried once.
struct SearchMemory<'a> {
    at: &'a mut dyn FnMut(u64) -> Option<bool>,
    known: BTreeMap<u64, bool>,
}

impl SearchMemory<'_> {
    fn holds(&mut self, place: u64) -> Option<bool> {
        if let Some(known) = self.known.get(&place) {
            return Some(*known);
        }
        let holds = (self.at)(place)?;
        self.known.insert(place, holds);
        Some(holds)
    }

    fn first(&self) -> Option<u64> {
        self.known.iter().find(|(_, holds)| **holds).map(|(place, _)| *place)
    }

    /// Whether it holds at every index after the first one at which it does.
    fn is_monotone(&self) -> bool {
        let first = self.first();
        self.known.iter().all(|(place, holds)| *holds == first.is_some_and(|first| *place >= first))
    }

    /// Bisects between an index at which it does not hold and one at which it does.
    fn bisect(&mut self, mut no: u64, mut yes: u64) -> Option<u64> {
        while yes - no > 1 {
            let middle = no + (yes - no) / 2;
            if self.holds(middle)? { yes = middle } else { no = middle }
        }
        Some(yes)
    }
}

/// The first of `count` indexes at which it holds. If `at` returns `None`, the search stops without an answer. Unless
/// the search is `thorough`, nothing in between is tried if it holds at neither end.
pub fn first(count: u64, thorough: bool, at: &mut dyn FnMut(u64) -> Option<bool>) -> Option<SearchResult> {
    let mut tried = SearchMemory { at, known: BTreeMap::new() };
    let Some(last) = count.checked_sub(1) else {
        return Some(SearchResult { place: None, is_monotone: true, is_certain: true });
    };
    let (low, high) = (tried.holds(0)?, tried.holds(last)?);
    if low {
        return Some(SearchResult { place: Some(0), is_monotone: high, is_certain: true });
    }
    if !high && !thorough {
        return Some(SearchResult { place: None, is_monotone: true, is_certain: false });
    }
    if !high {
        // It may hold in the middle and at neither end.
        for n in 1..PROBES.min(count) {
            tried.holds(n * last / PROBES.min(count))?;
        }
    }
    if let Some(yes) = tried.first() {
        let no = tried.known.range(..yes).next_back().map_or(0, |(place, _)| *place);
        let place = tried.bisect(no, yes)?;
        // Whether it is monotone is tested where that is cheap: near the answer (the index before it is known), and
        // in the middle of both sides.
        for near in [place.checked_sub(2), Some(place + 1), Some(place / 2), Some(place + (last - place) / 2)] {
            if let Some(near) = near.filter(|near| *near <= last) {
                tried.holds(near)?;
            }
        }
    }
    finish(&mut tried, last)
}

/// The first of `count` indexes at which it holds; tries all of them.
pub fn scan(count: u64, at: &mut dyn FnMut(u64) -> Option<bool>) -> Option<SearchResult> {
    let mut tried = SearchMemory { at, known: BTreeMap::new() };
    for place in 0..count {
        tried.holds(place)?;
    }
    Some(SearchResult { place: tried.first(), is_monotone: tried.is_monotone(), is_certain: true })
}

/// Tries all indexes before the answer if bisection cannot be trusted and they are not too many.
fn finish(tried: &mut SearchMemory, last: u64) -> Option<SearchResult> {
    let is_monotone = tried.is_monotone();
    let before = tried.first().unwrap_or(last + 1);
    let is_open = !is_monotone || before > last;
    if is_open && before <= SCAN {
        for place in 0..before {
            if tried.holds(place)? {
                break;
            }
        }
    }
    Some(SearchResult { place: tried.first(), is_monotone, is_certain: !is_open || before <= SCAN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn searched(count: u64, holds: impl Fn(u64) -> bool) -> (SearchResult, usize) {
        let mut tried = 0;
        let found = first(count, true, &mut |place| {
            assert!(place < count);
            tried += 1;
            Some(holds(place))
        });
        (found.expect("it was not stopped"), tried)
    }

    proptest! {
        #[test]
        fn the_first_place_is_found_by_few_trials(count in 1_u64..1_000_000, from in 0_u64..1_100_000) {
            let (found, tried) = searched(count, |place| place >= from);
            let expected = (from < count).then_some(from);
            prop_assert_eq!(found.place, expected);
            prop_assert!(found.is_monotone);
            prop_assert!(expected.is_none() || tried <= 30, "{}", tried);
        }

        #[test]
        fn what_is_not_monotone_is_scanned(holds in proptest::collection::vec(any::<bool>(), 1..60)) {
            let (found, _) = searched(holds.len() as u64, |place| holds[place as usize]);
            let expected = holds.iter().position(|h| *h).map(|place| place as u64);
            // Bisection can miss what it does not try, but an index that it returns does hold.
            prop_assert!(found.place.is_none_or(|place| holds[place as usize]));
            prop_assert!(found.place == expected || found.is_monotone);
        }
    }

    #[test]
    fn what_holds_in_the_middle_only_is_found() {
        let (found, _) = searched(100, |place| (40..60).contains(&place));
        assert_eq!(found, SearchResult { place: Some(40), is_monotone: false, is_certain: true });
        let (found, tried) = searched(100_000, |place| (40_000..60_000).contains(&place));
        assert_eq!((found.place, found.is_monotone, found.is_certain), (Some(40_000), false, false));
        assert!(tried < 60, "{tried}");
    }

    #[test]
    fn as_many_places_as_are_scanned_are_searched_one_by_one() {
        // Between the probes only a scan finds it.
        let (found, _) = searched(SCAN, |place| place == 40);
        assert_eq!(found, SearchResult { place: Some(40), is_monotone: true, is_certain: true });
        assert_eq!(searched(SCAN + 1, |place| place == 40).0.place, None);
        let last = scan(5, &mut |place| Some(place == 4)).expect("it was not stopped");
        assert_eq!(last, SearchResult { place: Some(4), is_monotone: true, is_certain: true });
    }

    #[test]
    fn the_last_place_is_an_answer_like_any_other() {
        // It lies beyond what is scanned: if the answer were doubted, it would not be certain.
        let (found, tried) = searched(SCAN + 101, |place| place == SCAN + 100);
        assert_eq!(found, SearchResult { place: Some(SCAN + 100), is_monotone: true, is_certain: true });
        assert!(tried < 30, "{tried}");
        // If it holds at no place, that is known only of as many as are scanned.
        let nowhere = |count| searched(count, |_| false).0.is_certain;
        assert_eq!((nowhere(SCAN), nowhere(SCAN + 1)), (true, false));
    }

    #[test]
    fn what_is_not_monotone_is_certain_as_far_as_it_is_scanned() {
        // It does not hold at the middle between the answer and the last place, which is tried.
        let holes = |from: u64| searched(2_000, move |place| place >= from && place != from + (1_999 - from) / 2).0;
        assert_eq!(holes(SCAN), SearchResult { place: Some(SCAN), is_monotone: false, is_certain: true });
        assert_eq!(holes(SCAN + 1), SearchResult { place: Some(SCAN + 1), is_monotone: false, is_certain: false });
    }

    #[test]
    fn nothing_and_everything_are_answers() {
        assert_eq!(searched(50, |_| false).0, SearchResult { place: None, is_monotone: true, is_certain: true });
        assert_eq!(searched(50, |_| true), (SearchResult { place: Some(0), is_monotone: true, is_certain: true }, 2));
        assert_eq!(first(50, false, &mut |_| Some(false)).map(|f| (f.place, f.is_certain)), Some((None, false)));
        assert_eq!(searched(0, |_| true).0.place, None);
        assert_eq!(searched(1, |_| true), (SearchResult { place: Some(0), is_monotone: true, is_certain: true }, 1));
    }

    #[test]
    fn it_stops_when_it_is_told_to() {
        let mut left = 3;
        let found = first(1_000, true, &mut |place| {
            left -= 1;
            (left >= 0).then_some(place > 700)
        });
        assert_eq!(found, None);
    }
}
