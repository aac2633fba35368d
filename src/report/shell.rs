//! A command line as a POSIX shell takes it, for answers and pages that say how a result was made. Nothing is run here.

/// The words of a command, quoted where necessary; the command itself is reduced to its name.
pub fn shell_line(words: &[String]) -> String {
    words.iter().enumerate().map(|(n, word)| quoted(n, word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
pub fn shell_word(word: &str) -> String {
    quoted(1, word)
}

/// A word of a command line for the shell; the command itself is reduced to its name. Within single quotes every
/// character stands for itself, and a single quote cannot stand at all: `'\''` ends the quotes, adds one, and begins
/// new ones.
fn quoted(place: usize, word: &str) -> String {
    if place == 0 {
        return word.rsplit(['/', '\\']).next().unwrap_or(word).to_owned();
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_are_quoted_as_needed() {
        for (word, shown) in [
            ("--fail", "--fail"),
            ("5%", "5%"),
            ("weibull(shape=1)", "'weibull(shape=1)'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(1, word), shown);
        }
        assert_eq!(quoted(0, "/usr/bin/jobsim"), "jobsim");
    }
}
