//! How people write distributions: `lognormal(median=30ms, p99=500ms)` on one line, `{lognormal: {median: 30ms, p99:
//! 500ms}}` in YAML. Both become a [`Term`], which knows its position; `families` defines the meaning of its names.
//!
//! ```text
//! sum      = item [ "+" item ]                 5s + exp(mean=3m): shifted
//! item     = word | name "(" [ argument { "," argument } ] ")"
//! argument = [ name ( "=" | ":" ) ] sum        mixture(9: 0s, 1: exp(mean=12s))
//! ```

use super::Distribution;
use super::families::build;
use crate::limits::DEEPEST_DISTRIBUTION;
use crate::text::{ReadError, TreeNode, Value};
use std::str::FromStr;

/// A word, or a name with arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub line: usize,
    pub column: usize,
    /// The word or the name.
    pub word: String,
    /// `None` for a plain word.
    pub arguments: Option<Vec<Argument>>,
}

/// An argument, by name or by position.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Argument {
    pub name: Option<String>,
    pub term: Term,
}

impl Term {
    pub fn error(&self, field: &str, message: impl Into<String>) -> ReadError {
        let (line, column) = (self.line, self.column);
        ReadError { line, column, field: field.to_owned(), message: message.into(), suggestion: None }
    }
}

impl FromStr for Distribution {
    type Err = ReadError;

    /// Parses the one-line form. Line and column of an error are relative to the text.
    fn from_str(text: &str) -> Result<Self, ReadError> {
        build(&read(text, 1, 1, "")?, "")
    }
}

impl Distribution {
    /// Reads a distribution from YAML or JSON: text in the one-line form, or an object with the family's name as its
    /// only field and the parameters as its value. `field` is the path that errors name.
    ///
    /// # Errors
    /// Where and why it is not a distribution.
    pub fn from_node(node: &TreeNode, field: &str) -> Result<Self, ReadError> {
        build(&term_of(node, field)?, field)
    }
}

/// Parses a term from text that begins at this line and column.
fn read(text: &str, line: usize, column: usize, field: &str) -> Result<Term, ReadError> {
    let mut reader = DistributionReader { text, at: 0, line, column, field };
    let term = reader.sum(0)?;
    match reader.peek() {
        None => Ok(term),
        Some(c) => Err(reader.error(format!("{c:?} is not expected here"))),
    }
}

struct DistributionReader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
    field: &'a str,
}

impl<'a> DistributionReader<'a> {
    fn place(&self) -> usize {
        self.column + self.text[..self.at].chars().count()
    }

    fn error(&self, message: String) -> ReadError {
        let (line, column) = (self.line, self.place());
        ReadError { line, column, field: self.field.to_owned(), message, suggestion: None }
    }

    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn accept(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    /// Text up to the next delimiter, without surrounding spaces.
    fn word(&mut self) -> &'a str {
        self.peek();
        let rest = &self.text[self.at..];
        let end = rest.find(|c| "(),=:+".contains(c)).unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim()
    }

    fn sum(&mut self, depth: usize) -> Result<Term, ReadError> {
        let first = self.item(depth)?;
        if !self.accept('+') {
            return Ok(first);
        }
        let second = self.item(depth)?;
        let (line, column, word) = (first.line, first.column, "shifted".to_owned());
        let arguments =
            vec![Argument { name: Some("by".to_owned()), term: first }, Argument { name: None, term: second }];
        Ok(Term { line, column, word, arguments: Some(arguments) })
    }

    fn item(&mut self, depth: usize) -> Result<Term, ReadError> {
        if depth >= DEEPEST_DISTRIBUTION {
            return Err(self.error(format!("nested deeper than {DEEPEST_DISTRIBUTION} levels")));
        }
        self.peek();
        let (line, column) = (self.line, self.place());
        let word = self.word();
        if word.is_empty() {
            return Err(self.error("a duration or a distribution is missing here".to_owned()));
        }
        let mut term = Term { line, column, word: word.to_owned(), arguments: None };
        if self.accept('(') {
            term.arguments = Some(self.arguments(depth)?);
        }
        Ok(term)
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Argument>, ReadError> {
        let mut arguments = Vec::new();
        if self.accept(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument(depth)?);
            if self.accept(')') {
                return Ok(arguments);
            }
            if !self.accept(',') {
                return Err(self.error("a comma or a closing bracket is missing here".to_owned()));
            }
        }
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, ReadError> {
        let start = self.at;
        let word = self.word();
        if self.accept('=') || self.accept(':') {
            return Ok(Argument { name: Some(word.to_owned()), term: self.sum(depth + 1)? });
        }
        self.at = start;
        Ok(Argument { name: None, term: self.sum(depth + 1)? })
    }
}

/// The term that a YAML value describes.
fn term_of(node: &TreeNode, field: &str) -> Result<Term, ReadError> {
    match &node.value {
        Value::Text(text) => read(text, node.line, node.column, field),
        Value::Int(_) | Value::Float(_) | Value::Decimal(_) => Ok(word_of(node)),
        Value::Map(fields) if fields.len() == 1 => call_of(&fields[0].0.name, &fields[0].1, field),
        Value::Map(_) => Err(node.error(field, "a distribution is one field, its family's name")),
        _ => Err(node.error(field, format!("must be a duration or a distribution, not {}", node.kind()))),
    }
}

fn word_of(node: &TreeNode) -> Term {
    let word = match node.to_json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Term { line: node.line, column: node.column, word, arguments: None }
}

fn call_of(name: &str, value: &TreeNode, field: &str) -> Result<Term, ReadError> {
    let inner = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    let arguments = match &value.value {
        Value::Map(fields) => {
            let arguments = fields.iter().map(|(f, node)| named(&f.name, node, &inner));
            arguments.collect::<Result<Vec<_>, _>>()?
        }
        Value::List(items) => {
            let arguments = items.iter().enumerate().map(|(n, item)| listed(item, &format!("{inner}[{n}]")));
            arguments.collect::<Result<Vec<_>, _>>()?
        }
        _ => vec![Argument { name: None, term: term_of(value, &inner)? }],
    };
    Ok(Term { line: value.line, column: value.column, word: name.to_owned(), arguments: Some(arguments) })
}

/// A field of the parameters. A value that has parameters itself is a distribution (inside `shifted` and `truncated`).
fn named(name: &str, node: &TreeNode, field: &str) -> Result<Argument, ReadError> {
    let nested = matches!(node.value, Value::Map(_) | Value::List(_));
    if nested && name != "of" {
        return Ok(Argument { name: None, term: call_of(name, node, field)? });
    }
    let name = (name != "of").then(|| name.to_owned());
    Ok(Argument { name, term: term_of(node, field)? })
}

/// An item of a list: a term, or a component of a mixture with `weight` next to the family's name.
fn listed(item: &TreeNode, field: &str) -> Result<Argument, ReadError> {
    let (Value::Map(fields), Some(weight)) = (&item.value, item.get("weight")) else {
        return Ok(Argument { name: None, term: term_of(item, field)? });
    };
    let mut others = fields.iter().filter(|(f, _)| f.name != "weight");
    let (Some((family, value)), None) = (others.next(), others.next()) else {
        return Err(item.error(field, "a component is a weight and one distribution"));
    };
    let term = if family.name == "of" { term_of(value, field)? } else { call_of(&family.name, value, field)? };
    Ok(Argument { name: Some(word_of(weight).word), term })
}
