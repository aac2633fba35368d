//! What is wrong with a file, for the person who wrote it: the place, the field, the problem, and what is allowed.

use crate::text::{ReadError, TreeNode};
use std::fmt;

/// A problem in a file, or with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user named it; without a file `standard input`, `command line` or the flag.
    pub file: String,
    /// Line and column, from 1, if there is a place.
    pub place: Option<(usize, usize)>,
    /// The field's path, which may be empty.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// A suggestion for a misspelt name.
    pub suggestion: Option<String>,
}

impl Problem {
    /// A problem with a file as a whole.
    pub fn about(file: &str, message: impl Into<String>) -> Self {
        let (file, message) = (file.to_owned(), message.into());
        Problem { file, place: None, field: String::new(), message, suggestion: None }
    }

    /// A problem with a value in a file.
    pub fn at(file: &str, node: &TreeNode, field: &str, message: impl Into<String>) -> Self {
        let place = (node.line > 0).then_some((node.line, node.column));
        Problem { place, field: field.to_owned(), ..Problem::about(file, message) }
    }

    /// Adds a suggestion.
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
    /// The field's path, relative to where the problem was found.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl FieldProblem {
    /// A problem of a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        FieldProblem { field: field.into(), message: message.into() }
    }

    /// The same problem, seen from further up: `prefix` is prepended to the path.
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

/// Everything that is wrong; never empty.
pub type Problems = Vec<Problem>;
