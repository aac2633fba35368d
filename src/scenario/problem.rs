//! What is wrong with a file, for the person who wrote it: where, which field, what, and what is allowed.

use crate::text::{ReadError, TreeNode};
use std::fmt;

/// Something in a file (or about it) that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user named it; `standard input`, or the flag, where there is none.
    pub file: String,
    /// Line and column, from 1, where there is a place.
    pub place: Option<(usize, usize)>,
    /// The field's path; may be empty.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl Problem {
    /// About a file as a whole.
    pub fn about(file: &str, message: impl Into<String>) -> Self {
        let (file, message) = (file.to_owned(), message.into());
        Problem { file, place: None, field: String::new(), message, suggestion: None }
    }

    /// About a value in a file.
    pub fn at(file: &str, node: &TreeNode, field: &str, message: impl Into<String>) -> Self {
        let place = (node.line > 0).then_some((node.line, node.column));
        Problem { place, field: field.to_owned(), ..Problem::about(file, message) }
    }

    /// Adds what was probably meant.
    pub fn suggesting(self, suggestion: Option<&str>) -> Self {
        Problem { suggestion: suggestion.map(str::to_owned), ..self }
    }

    /// An error of reading, in this file.
    pub fn of(file: &str, error: ReadError) -> Self {
        let ReadError { line, column, field, message, suggestion } = error;
        Problem { file: file.to_owned(), place: (line > 0).then_some((line, column)), field, message, suggestion }
    }
}

/// What is wrong with a field, before the file and the place are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's path, as seen from where it was found.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl FieldProblem {
    /// A problem of a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        FieldProblem { field: field.into(), message: message.into() }
    }

    /// The same, as seen from further up: `prefix` is what leads there.
    pub fn below(self, prefix: &str) -> Self {
        let dot = if prefix.is_empty() || self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        FieldProblem { field: format!("{prefix}{dot}{}", self.field), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        if !self.field.is_empty() {
            write!(f, " {}:", self.field)?;
        }
        write!(f, " {}", self.message)?;
        match &self.suggestion {
            Some(word) => write!(f, " (did you mean {word:?}?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// All that is wrong; never empty.
pub type Problems = Vec<Problem>;
