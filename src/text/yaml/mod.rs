//! YAML 1.1 exactly as Kubernetes reads it (go-yaml v2, by sigs.k8s.io/yaml), with places. No Rust crate does so: they
//! read YAML 1.2, or libyaml's 1.1, which differ at the edges.
//!
//! Three stages: [`cursor`] classifies characters, [`scanner`] makes tokens of them, and [`parser`] passes nodes to the
//! builder of trees. Splitting a text into documents and interpreting fields are elsewhere.

mod cursor;
mod parser;
mod properties;
mod scalars;
mod scanner;
mod token;

use super::tree::ReadError;
use super::tree_builder::TreeBuilder;

/// Reads the first document of a text, if there is one, and ignores the rest. `line` is the number of the text's first
/// line, from 0. The text must consist of characters that [`printable`] accepts.
///
/// # Errors
/// The first place where it is not YAML.
pub(super) fn read_first(text: &str, line: usize, builder: &mut TreeBuilder) -> Result<(), ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parser::Parser::new(scanner::Scanner::new(text, line), builder).first_document()
}

/// Rejects characters that YAML does not allow. Source: YAML 1.1, section 5.1.
pub(super) fn printable(text: &str) -> Result<(), ReadError> {
    let is_printable = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        c => !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    let Some((at, c)) = text.char_indices().find(|(_, c)| !is_printable(*c)) else { return Ok(()) };
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = format!("not valid YAML: the control character {c:?} is not allowed");
    Err(ReadError { line, column, field: String::new(), message, suggestion: None })
}
