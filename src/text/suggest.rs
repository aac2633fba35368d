//! Suggestions for misspelt words.

/// Words are compared up to this many characters: longer names are hostile rather than misspelt, and comparing takes
/// quadratic time.
const LONGEST: usize = 80;

/// The candidate that `word` was probably meant to be, if one is close enough. Case is ignored, and swapping two
/// neighbours counts as one mistake.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = comparable(word);
    let near = candidates.into_iter().map(|candidate| (strsim::osa_distance(&word, &comparable(candidate)), candidate));
    let (distance, found) = near.min_by_key(|&(distance, _)| distance)?;
    // One mistake is always allowed, and one more for every four characters.
    (distance <= 1 + word.chars().count() / 4).then_some(found)
}

fn comparable(text: &str) -> String {
    text.chars().take(LONGEST).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn misspelt_words_are_recognised() {
        let fields = ["parallelism", "completions", "backoffLimit", "suspend"];
        for (word, meant) in [
            ("paralellism", Some("parallelism")),
            ("backofflimit", Some("backoffLimit")),
            ("uspsend", Some("suspend")),
            ("suspenders", Some("suspend")),
            ("xyz", None),
        ] {
            assert_eq!(suggest(word, fields), meant, "{word}");
        }
    }
}
