//! Which of several applicable entries is the strongest: the one whose key covers the fewest numbers. The order in the
//! file and the text of the keys do not matter. Two keys that cover equally many numbers, and share one of them, are
//! rejected.

use super::problem::FieldProblem;
use std::collections::{BTreeMap, BTreeSet};

/// The numbers that a key covers: inclusive, disjoint ranges in increasing order.
pub(super) type KeyRanges = Vec<(i64, i64)>;

/// How many numbers a key covers.
pub(super) fn key_size(ranges: &KeyRanges) -> i64 {
    ranges.iter().map(|(from, to)| to - from + 1).sum()
}

/// Splits the numbers that keys cover into disjoint parts, so that the same keys apply to all numbers of a part. Each
/// part comes with the positions of its keys, in increasing order. Parts with few numbers come first.
pub(super) fn cells(keys: &[&KeyRanges]) -> Vec<(Vec<usize>, KeyRanges)> {
    let mut bounds: Vec<(i64, bool, usize)> = Vec::new();
    for (place, ranges) in keys.iter().enumerate() {
        bounds.extend(ranges.iter().flat_map(|&(from, to)| [(from, true, place), (to + 1, false, place)]));
    }
    bounds.sort_unstable();
    let mut parts: BTreeMap<Vec<usize>, KeyRanges> = BTreeMap::new();
    let (mut open, mut since) = (BTreeSet::new(), i64::MIN);
    for (at, begins, place) in bounds {
        if at > since && !open.is_empty() {
            parts.entry(open.iter().copied().collect()).or_default().push((since, at - 1));
        }
        since = at;
        if begins {
            open.insert(place)
        } else {
            open.remove(&place)
        };
    }
    let mut all: Vec<_> = parts.into_iter().collect();
    all.sort_by_cached_key(|(_, ranges)| key_size(ranges));
    all
}

/// Sorts entries so that the first one that applies decides. Each entry is its key as written, the numbers that the key
/// covers, and its value; `field` is the path of the map.
///
/// # Errors
/// Two keys that cover equally many numbers, and one number that both cover.
pub(super) fn most_specific_first<T>(
    field: &str,
    mut entries: Vec<(String, KeyRanges, T)>,
) -> Result<Vec<T>, FieldProblem> {
    entries.sort_by_cached_key(|(_, ranges, _)| key_size(ranges));
    for alike in entries.chunk_by(|a, b| key_size(&a.1) == key_size(&b.1)) {
        let mut ranges: Vec<(i64, i64, &str)> = alike
            .iter()
            .flat_map(|(key, ranges, _)| ranges.iter().map(|&(from, to)| (from, to, key.as_str())))
            .collect();
        ranges.sort_unstable();
        if let Some(pair) = ranges.windows(2).find(|pair| pair[1].0 <= pair[0].1) {
            let (a, b, both) = (pair[0].2, pair[1].2, pair[1].0);
            let what = format!(
                "{a:?} and {b:?} both name {both}, and neither is more exact: the key with fewer numbers decides"
            );
            return Err(FieldProblem::new(field, what));
        }
    }
    Ok(entries.into_iter().map(|(.., entry)| entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: &[(&str, &[(i64, i64)])]) -> Result<Vec<String>, String> {
        let entries =
            keys.iter().map(|(key, ranges)| ((*key).to_owned(), ranges.to_vec(), (*key).to_owned())).collect();
        most_specific_first("byIndex", entries).map_err(|problem| problem.message)
    }

    #[test]
    fn fewer_numbers_come_first_whatever_the_text() {
        assert_eq!(sorted(&[("0-11", &[(0, 11)]), ("5", &[(5, 5)])]).unwrap(), ["5", "0-11"]);
        assert_eq!(
            sorted(&[("5", &[(5, 5)]), ("50-60", &[(50, 60)]), ("0-8,52", &[(0, 8), (52, 52)])]).unwrap()[0],
            "5"
        );
        let partly = sorted(&[("4-20", &[(4, 20)]), ("0-4", &[(0, 4)])]).unwrap();
        assert_eq!(partly, ["0-4", "4-20"], "4 is in both");
        assert_eq!(sorted(&[("3", &[(3, 3)]), ("4", &[(4, 4)])]).unwrap(), ["3", "4"]);
    }

    /// Positions of keys, and the numbers to which they apply.
    type Part<'a> = (&'a [usize], &'a [(i64, i64)]);

    #[test]
    fn parts_are_the_numbers_that_the_same_keys_fit() {
        let keys = [vec![(0, 11)], vec![(5, 5)], vec![(8, 9), (11, 20)], vec![(30, 30)]];
        let parts = cells(&keys.iter().collect::<Vec<_>>());
        let expected: [Part<'_>; 5] = [
            (&[0, 1], &[(5, 5)]),
            (&[3], &[(30, 30)]),
            (&[0, 2], &[(8, 9), (11, 11)]),
            (&[0], &[(0, 4), (6, 7), (10, 10)]),
            (&[2], &[(12, 20)]),
        ];
        let mut parts: Vec<Part<'_>> = parts.iter().map(|(fits, part)| (&fits[..], &part[..])).collect();
        parts.sort_by_key(|(_, part)| key_size(&part.to_vec()));
        assert_eq!(parts.len(), 5);
        assert!(expected.iter().all(|part| parts.contains(part)), "{parts:?}");
    }

    #[test]
    fn what_decides_nothing_is_refused() {
        for (keys, why) in [
            ([("5", &[(5, 5)][..]), ("5-5", &[(5, 5)][..])], "\"5\" and \"5-5\" both name 5, "),
            ([("0-4", &[(0, 4)][..]), ("4-8", &[(4, 8)][..])], "\"0-4\" and \"4-8\" both name 4, "),
            ([("0,9", &[(0, 0), (9, 9)][..]), ("8,9", &[(8, 9)][..])], "both name 9, "),
        ] {
            assert!(sorted(&keys).unwrap_err().contains(why), "{why}");
        }
    }
}
