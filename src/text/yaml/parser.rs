//! From tokens to a tree: documents and the nodes inside them. It follows go-yaml v2 state by state, including its
//! oddities. Source: parserc.go of go.yaml.in/yaml/v2 2.4.4.
//!
//! It is recursive; the builder rejects what is nested too deeply.

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{TokenKind, fault};
use crate::text::scalar::ScalarText;
use crate::text::tree::{ReadError, Value};
use crate::text::tree_builder::TreeBuilder;

pub(super) struct Parser<'a, 'b> {
    scanner: Scanner<'a>,
    builder: &'b mut TreeBuilder,
    /// What the handles of tags stand for.
    handles: Vec<(String, String)>,
}

/// The anchor and the tag before a node.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
}

impl<'a, 'b> Parser<'a, 'b> {
    pub(super) fn new(scanner: Scanner<'a>, builder: &'b mut TreeBuilder) -> Self {
        Parser { scanner, builder, handles: Vec::new() }
    }

    /// The kind of the next token.
    fn kind(&mut self) -> Result<&TokenKind, ReadError> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn mark(&mut self) -> Result<Mark, ReadError> {
        Ok(self.scanner.peek()?.mark)
    }

    /// Takes the next token. Returns the position right after it, if it is a single character.
    fn skip(&mut self) -> Result<Mark, ReadError> {
        let Mark { index, line, column } = self.scanner.take()?.mark;
        Ok(Mark { index: index + 1, line, column: column + 1 })
    }

    fn refuse<T>(&mut self, problem: &str) -> Result<T, ReadError> {
        Err(fault(self.mark()?, problem))
    }

    /// Reads the first document, if there is one, and ignores the rest.
    pub(super) fn first_document(&mut self) -> Result<(), ReadError> {
        use TokenKind::{DocumentEnd, DocumentStart, StreamEnd, TagDirective, VersionDirective};
        match self.kind()? {
            StreamEnd => return Ok(()),
            VersionDirective { .. } | TagDirective { .. } | DocumentStart => {
                self.directives()?;
                if *self.kind()? != DocumentStart {
                    return self.refuse("did not find expected <document start>");
                }
                self.skip()?;
                match self.kind()? {
                    VersionDirective { .. } | TagDirective { .. } | DocumentStart | DocumentEnd | StreamEnd => {}
                    _ => self.node(true, false)?,
                }
            }
            _ => {
                self.directives()?;
                self.node(true, false)?;
            }
        }
        // The token after a document is read together with it, so an error in that token belongs to this document.
        self.kind()?;
        Ok(())
    }

    fn directives(&mut self) -> Result<(), ReadError> {
        let mut has_version = false;
        loop {
            match self.kind()?.clone() {
                TokenKind::VersionDirective { .. } if has_version => {
                    return self.refuse("found duplicate %YAML directive");
                }
                TokenKind::VersionDirective { major: 1, minor: 1 } => has_version = true,
                TokenKind::VersionDirective { .. } => return self.refuse("found incompatible YAML document"),
                TokenKind::TagDirective { handle, .. } if self.handles.iter().any(|(known, _)| *known == handle) => {
                    return self.refuse("found duplicate %TAG directive");
                }
                TokenKind::TagDirective { handle, prefix } => self.handles.push((handle, prefix)),
                _ => break,
            }
            self.skip()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if self.handles.iter().all(|(known, _)| known != handle) {
                self.handles.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    /// A node. `is_block`: whether indentation may define its structure. `indentless`: whether it may be a list whose
    /// hyphens are not indented further than its surroundings.
    fn node(&mut self, is_block: bool, indentless: bool) -> Result<(), ReadError> {
        if let TokenKind::Alias(name) = self.kind()?.clone() {
            let mark = self.mark()?;
            self.skip()?;
            return self.builder.alias(mark.line, mark.column, &name);
        }
        let properties = self.properties()?;
        let mark = self.mark()?;
        match self.kind()? {
            TokenKind::BlockEntry if indentless => {
                self.open(mark, Value::List(Vec::new()), properties)?;
                self.indentless_sequence()
            }
            TokenKind::Scalar { .. } => {
                let TokenKind::Scalar { text, is_plain } = self.scanner.take()?.kind else {
                    unreachable!("a scalar was peeked at")
                };
                self.scalar(
                    mark,
                    ScalarText { text: &text, is_plain, tag: properties.tag.as_deref() },
                    properties.anchor,
                )
            }
            TokenKind::FlowSequenceStart => {
                self.open(mark, Value::List(Vec::new()), properties)?;
                self.flow_sequence()
            }
            TokenKind::FlowMappingStart => {
                self.open(mark, Value::Map(Vec::new()), properties)?;
                self.flow_mapping()
            }
            TokenKind::BlockSequenceStart if is_block => {
                self.open(mark, Value::List(Vec::new()), properties)?;
                self.block_sequence()
            }
            TokenKind::BlockMappingStart if is_block => {
                self.open(mark, Value::Map(Vec::new()), properties)?;
                self.block_mapping()
            }
            _ if properties.anchor.is_some() || properties.tag.is_some() => self.scalar(
                mark,
                ScalarText { text: "", is_plain: true, tag: properties.tag.as_deref() },
                properties.anchor,
            ),
            _ => self.refuse("did not find expected node content"),
        }
    }

    /// An anchor and a tag, in either order.
    fn properties(&mut self) -> Result<Properties, ReadError> {
        let mut properties = Properties::default();
        loop {
            let mark = self.mark()?;
            match self.kind()?.clone() {
                TokenKind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name),
                TokenKind::Tag { handle, suffix } if properties.tag.is_none() => {
                    properties.tag = Some(self.tag(mark, &handle, suffix)?);
                }
                _ => return Ok(properties),
            }
            self.skip()?;
        }
    }

    fn tag(&self, mark: Mark, handle: &str, suffix: String) -> Result<String, ReadError> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        match self.handles.iter().find(|(known, _)| known == handle) {
            Some((_, prefix)) if !(prefix.is_empty() && suffix.is_empty()) => Ok(format!("{prefix}{suffix}")),
            _ => Err(fault(mark, "found undefined tag handle")),
        }
    }

    fn open(&mut self, mark: Mark, value: Value, properties: Properties) -> Result<(), ReadError> {
        self.builder.open(mark.line, mark.column, value, properties.anchor)
    }

    fn scalar(&mut self, mark: Mark, scalar: ScalarText<'_>, anchor: Option<String>) -> Result<(), ReadError> {
        self.builder.scalar(mark.line, mark.column, scalar, anchor)
    }

    /// An empty node where a value could be.
    fn nothing(&mut self, mark: Mark) -> Result<(), ReadError> {
        self.scalar(mark, ScalarText { text: "", is_plain: true, tag: None }, None)
    }

    fn block_sequence(&mut self) -> Result<(), ReadError> {
        self.skip()?;
        loop {
            match self.kind()? {
                TokenKind::BlockEntry => {
                    let after = self.skip()?;
                    match self.kind()? {
                        TokenKind::BlockEntry | TokenKind::BlockEnd => self.nothing(after)?,
                        _ => self.node(true, false)?,
                    }
                }
                TokenKind::BlockEnd => {
                    self.skip()?;
                    return self.builder.close();
                }
                _ => return self.refuse("did not find expected '-' indicator"),
            }
        }
    }

    fn indentless_sequence(&mut self) -> Result<(), ReadError> {
        while *self.kind()? == TokenKind::BlockEntry {
            let after = self.skip()?;
            match self.kind()? {
                TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                    self.nothing(after)?
                }
                _ => self.node(true, false)?,
            }
        }
        self.builder.close()
    }

    fn block_mapping(&mut self) -> Result<(), ReadError> {
        self.skip()?;
        loop {
            match self.kind()? {
                TokenKind::Key => {
                    let after = self.skip()?;
                    self.block_mapping_part(after)?;
                    match self.kind()? {
                        TokenKind::Value => {
                            let after = self.skip()?;
                            self.block_mapping_part(after)?;
                        }
                        _ => {
                            let mark = self.mark()?;
                            self.nothing(mark)?;
                        }
                    }
                }
                TokenKind::BlockEnd => {
                    self.skip()?;
                    return self.builder.close();
                }
                _ => return self.refuse("did not find expected key"),
            }
        }
    }

    /// A key or a value.
    fn block_mapping_part(&mut self, after: Mark) -> Result<(), ReadError> {
        match self.kind()? {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.nothing(after),
            _ => self.node(true, true),
        }
    }

    /// Whether another member follows. Consumes the comma or the closing bracket.
    fn goes_on(&mut self, is_first: bool, close: &TokenKind, problem: &str) -> Result<bool, ReadError> {
        if self.kind()? != close {
            if is_first {
                return Ok(true);
            }
            if *self.kind()? != TokenKind::FlowEntry {
                return self.refuse(problem);
            }
            self.skip()?;
            if self.kind()? != close {
                return Ok(true);
            }
        }
        self.skip()?;
        self.builder.close()?;
        Ok(false)
    }

    fn flow_sequence(&mut self) -> Result<(), ReadError> {
        self.skip()?;
        let mut is_first = true;
        while self.goes_on(is_first, &TokenKind::FlowSequenceEnd, "did not find expected ',' or ']'")? {
            is_first = false;
            match self.kind()? {
                TokenKind::Key => self.pair()?,
                _ => self.node(false, false)?,
            }
        }
        Ok(())
    }

    /// A map with one field inside a list, without braces: `[a: 1]`.
    fn pair(&mut self) -> Result<(), ReadError> {
        let mark = self.mark()?;
        self.skip()?;
        self.open(mark, Value::Map(Vec::new()), Properties::default())?;
        match self.kind()? {
            // The reader of Kubernetes also skips this token, so `[? : b]` is not such a map.
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                let after = self.skip()?;
                self.nothing(after)?;
            }
            _ => self.node(false, false)?,
        }
        self.flow_value(&TokenKind::FlowSequenceEnd)?;
        self.builder.close()
    }

    fn flow_mapping(&mut self) -> Result<(), ReadError> {
        self.skip()?;
        let mut is_first = true;
        while self.goes_on(is_first, &TokenKind::FlowMappingEnd, "did not find expected ',' or '}'")? {
            is_first = false;
            if *self.kind()? != TokenKind::Key {
                self.node(false, false)?;
                let mark = self.mark()?;
                self.nothing(mark)?;
                continue;
            }
            self.skip()?;
            match self.kind()? {
                TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                    let mark = self.mark()?;
                    self.nothing(mark)?;
                }
                _ => self.node(false, false)?,
            }
            self.flow_value(&TokenKind::FlowMappingEnd)?;
        }
        Ok(())
    }

    /// The colon and the value after it, or an empty node.
    fn flow_value(&mut self, close: &TokenKind) -> Result<(), ReadError> {
        if *self.kind()? == TokenKind::Value {
            self.skip()?;
            let kind = self.kind()?;
            if *kind != TokenKind::FlowEntry && kind != close {
                return self.node(false, false);
            }
        }
        let mark = self.mark()?;
        self.nothing(mark)
    }
}
