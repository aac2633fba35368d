//! The tokens of YAML, and errors in reading it.

use super::cursor::Mark;
use crate::text::tree::ReadError;

/// A token and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective { handle: String, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag { handle: String, suffix: String },
    Scalar { text: String, is_plain: bool },
}

/// An error at a position.
pub(super) fn fault(mark: Mark, problem: &str) -> ReadError {
    let message = format!("not valid YAML: {problem}");
    ReadError { line: mark.line + 1, column: mark.column + 1, field: String::new(), message, suggestion: None }
}

/// An error at a position inside something that began earlier.
pub(super) fn fault_in(context: &str, start: Mark, mark: Mark, problem: &str) -> ReadError {
    let line = start.line + 1;
    match start.line == mark.line {
        true => fault(mark, &format!("{problem} {context}")),
        false => fault(mark, &format!("{problem} {context} that begins in line {line}")),
    }
}
