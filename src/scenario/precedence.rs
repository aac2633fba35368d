//! Which of several entries decides where more than one fits: the one whose key names the fewest numbers. The order in the
//! file, and the text of the keys, do not matter. Two keys that name as many, and share one of them, are refused.

use super::problem::FieldProblem;

/// The numbers that a key names: inclusive ranges in increasing order, none of which overlaps the next.
pub(super) type KeyRanges = Vec<(i64, i64)>;

/// Sorts entries so that the first that fits decides. Each is its key as it was written, the numbers that the key names,
/// and what it stands for; `field` is where they stand.
///
/// # Errors
/// Two keys of which neither names fewer, with a number that both name.
pub(super) fn most_specific_first<T>(
    field: &str,
    mut entries: Vec<(String, KeyRanges, T)>,
) -> Result<Vec<T>, FieldProblem> {
    let size = |ranges: &KeyRanges| ranges.iter().map(|(from, to)| to - from + 1).sum::<i64>();
    entries.sort_by_cached_key(|(_, ranges, _)| size(ranges));
    for alike in entries.chunk_by(|a, b| size(&a.1) == size(&b.1)) {
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
