//! What was probably meant by a misspelt word.

/// The candidate that was probably meant by `word`, if one is near enough.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().map(|c| (distance(&word.to_lowercase(), &c.to_lowercase()), c));
    let (distance, found) = near.min_by_key(|&(d, _)| d)?;
    (distance <= 1 + word.chars().count() / 4).then_some(found)
}

/// How many characters must be added, dropped or changed, or neighbours swapped, to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(80).collect(), b.chars().take(80).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn misspelt_words_are_recognised() {
        let fields = ["parallelism", "completions", "backoffLimit", "suspend"];
        for (word, meant) in
            [("paralellism", Some("parallelism")), ("backofflimit", Some("backoffLimit")), ("xyz", None)]
        {
            assert_eq!(suggest(word, fields), meant);
        }
    }
}
