//! The source files as text, for the tests that hold the house rules. It reads text, not syntax; `cargo fmt` has made
//! the text regular.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path below `src`, its text, and the text without comments.
pub struct Source {
    /// Below `src`.
    pub path: PathBuf,
    /// As it stands.
    pub text: String,
    /// Without comments.
    pub code: String,
}

impl Source {
    /// The room that the file is in; `lib` and `main` stand for themselves.
    pub fn room(&self) -> String {
        let first = self.path.iter().next().expect("a path has a part").to_string_lossy();
        first.trim_end_matches(".rs").to_owned()
    }

    /// Whether the file holds tests alone.
    pub fn is_of_tests(&self) -> bool {
        self.path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"))
    }

    /// A complaint about the file.
    pub fn complain(&self, about: impl std::fmt::Display) -> String {
        format!("src/{}: {about}", self.path.display())
    }
}

/// All source files below `src`, by path.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a source file is text");
        let code = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
        Source { path: path.strip_prefix(&root).expect("it is below src").to_owned(), text, code }
    };
    paths.iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The line up to `//`; one that stands in a string (`https://`) ends it too, which hides no import.
pub fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The word that the text begins with.
pub fn word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}

/// Whether this can stand in a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the code says this, not as the end of a longer word.
pub fn says(code: &str, phrase: &str) -> bool {
    code.match_indices(phrase).any(|(at, _)| !code[..at].ends_with(is_word))
}

/// Fails with all complaints, a line each.
pub fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
