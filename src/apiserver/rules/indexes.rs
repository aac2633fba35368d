//! The text form of completion indexes as the API server validates it: only how many indexes a text contains and what
//! is wrong with it. The set itself is [`crate::api::Intervals`].
//!
//! Source: `validateIndexesFormat` and `parseIndexInterval` in `pkg/apis/batch/validation`.

use crate::cron::quote;

/// How many indexes the text contains, all below `completions`.
///
/// # Errors
/// The API server's error about the first part that is wrong.
pub(crate) fn count(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let (mut previous, mut total) = (None, 0);
    for part in text.split(',') {
        let (first, last) = interval(part, completions)?;
        if let Some(previous) = previous.filter(|previous| *previous >= first) {
            return Err(format!("non-increasing order, previous: {previous}, current: {first}"));
        }
        total += last - first + 1;
        previous = Some(last);
    }
    Ok(total)
}

/// The first and the last index of a part such as `3` or `3-5`.
///
/// # Errors
/// As for [`count`].
pub(crate) fn interval(part: &str, completions: i64) -> Result<(i64, i64), String> {
    let limits: Vec<&str> = part.split('-').collect();
    match limits[..] {
        [only] => limit(only, completions).map(|x| (x, x)),
        [first, last] => {
            let (x, y) = (limit(first, completions)?, limit(last, completions)?);
            if x >= y {
                return Err(format!("non-increasing order, previous: {x}, current: {y}"));
            }
            Ok((x, y))
        }
        _ => Err(format!(
            "the fragment {part:?} violates the requirement that an index interval can have at most two parts separated \
             by '-'"
        )),
    }
}

fn limit(text: &str, completions: i64) -> Result<i64, String> {
    let number: i64 =
        text.parse().map_err(|_| format!("cannot convert string to integer for index: {}", quote(text)))?;
    if number >= completions { Err(format!("too large index: {}", quote(text))) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_counted() {
        for (text, total) in [("", 0), ("0", 1), ("0,2-4", 4), ("+1", 1), ("00,01", 2)] {
            assert_eq!(count(text, 5), Ok(total), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_as_the_api_server_says_it() {
        for (text, error) in [
            ("x", "cannot convert string to integer for index: \"x\""),
            ("1,", "cannot convert string to integer for index: \"\""),
            ("1\n", "cannot convert string to integer for index: \"1\\n\""),
            ("5", "too large index: \"5\""),
            ("1-9", "too large index: \"9\""),
            ("3-2", "non-increasing order, previous: 3, current: 2"),
            ("1,1", "non-increasing order, previous: 1, current: 1"),
            ("99999999999999999999", "cannot convert string to integer for index: \"99999999999999999999\""),
        ] {
            assert_eq!(count(text, 5), Err(error.to_owned()), "{text}");
        }
        assert!(count("0-1-2", 5).unwrap_err().starts_with("the fragment \"0-1-2\" violates"));
    }
}
