//! From characters to tokens: indentation, and keys, which are recognized only once their colon is seen. Scalars, tags
//! and directives are in [`super::scalars`] and [`super::properties`].
//!
//! It follows go-yaml v2, which Kubernetes uses, rule by rule, because its rules at the edges (tabs, comments without a
//! space, brackets at the margin) follow no specification. Source: scannerc.go of go.yaml.in/yaml/v2 2.4.4, itself a
//! port of libyaml.

use super::cursor::{Cursor, Mark};
use super::token::{Token, TokenKind, fault, fault_in};
use crate::text::tree::ReadError;
use std::collections::{HashMap, VecDeque};

/// The largest distance between the start of a key and its colon, in characters.
const LONGEST_KEY: usize = 1024;

/// A place where a key may have begun whose colon has not been seen yet.
#[derive(Clone, Copy)]
struct SimpleKey {
    is_possible: bool,
    /// Whether only a key can be there.
    is_required: bool,
    /// The number of the token with which the key begins.
    token: usize,
    mark: Mark,
}

pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    tokens: VecDeque<Token>,
    /// How many tokens have been taken from the queue.
    taken: usize,
    /// How many brackets are open.
    pub(super) flow_level: usize,
    /// The column of the innermost block; -1 outside all blocks.
    pub(super) indent: isize,
    /// The columns of the blocks around it.
    indents: Vec<isize>,
    pub(super) may_be_key: bool,
    /// One per level of brackets, and one outside all brackets.
    keys: Vec<SimpleKey>,
    /// The tokens that may turn out to begin a key, each with the level of that key.
    may_begin: HashMap<usize, usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, line: usize) -> Self {
        let cursor = Cursor::new(text, line);
        let nowhere = SimpleKey { is_possible: false, is_required: false, token: 0, mark: cursor.mark };
        Scanner {
            cursor,
            tokens: VecDeque::new(),
            taken: 0,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            may_be_key: true,
            keys: vec![nowhere],
            may_begin: HashMap::new(),
        }
    }

    /// The next token, without taking it. There is nothing to peek at beyond the end of the stream.
    pub(super) fn peek(&mut self) -> Result<&Token, ReadError> {
        while self.needs_more()? {
            self.fetch()?;
        }
        Ok(self.tokens.front().expect("tokens were fetched until there was one"))
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Result<Token, ReadError> {
        self.peek()?;
        self.taken += 1;
        Ok(self.tokens.pop_front().expect("a token was peeked at"))
    }

    /// Whether the first token of the queue may still change, because a key may be inserted before it.
    fn needs_more(&mut self) -> Result<bool, ReadError> {
        if self.tokens.is_empty() {
            return Ok(true);
        }
        match self.may_begin.get(&self.taken) {
            Some(&level) if level < self.keys.len() => self.is_valid(level),
            _ => Ok(false),
        }
    }

    pub(super) fn push(&mut self, kind: TokenKind, mark: Mark) {
        self.tokens.push_back(Token { kind, mark });
    }

    /// Inserts a token before the one with this number. If that one has been taken already, the token comes last, as
    /// go-yaml's `yaml_insert_token` has it for a position below zero.
    fn insert(&mut self, number: usize, kind: TokenKind, mark: Mark) {
        let place = number.checked_sub(self.taken).unwrap_or(self.tokens.len());
        self.tokens.insert(place, Token { kind, mark });
    }

    /// The token with this number begins no key, so nothing will be inserted before it.
    fn cannot_begin(&mut self, token: usize) {
        self.may_begin.remove(&token);
    }

    /// Fetches at least one token.
    fn fetch(&mut self) -> Result<(), ReadError> {
        self.skip_to_next_token();
        self.unroll(self.cursor.mark.column as isize);
        let cursor = &self.cursor;
        if cursor.is_end() {
            return self.fetch_stream_end();
        }
        if cursor.mark.column == 0 && cursor.is(b'%') {
            self.leave_block()?;
            return self.scan_directive();
        }
        if cursor.is_document_indicator(b'-') {
            return self.fetch_document_indicator(TokenKind::DocumentStart);
        }
        if cursor.is_document_indicator(b'.') {
            return self.fetch_document_indicator(TokenKind::DocumentEnd);
        }
        let (in_flow, is_before_space) = (self.flow_level > 0, cursor.is_space_or_end(1));
        match cursor.byte(0) {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if is_before_space => self.fetch_block_entry(),
            b'?' if in_flow || is_before_space => self.fetch_key(),
            b':' if in_flow || is_before_space => self.fetch_value(),
            b'*' | b'&' => {
                self.save_key(false)?;
                self.scan_anchor()
            }
            b'!' => {
                self.save_key(false)?;
                self.scan_tag()
            }
            b'|' | b'>' if !in_flow => {
                self.remove_key()?;
                self.may_be_key = true;
                self.scan_block_scalar()
            }
            b'\'' | b'"' => {
                self.save_key(false)?;
                self.scan_quoted_scalar()
            }
            // These characters may begin a plain scalar; the arms above handle them only if a space follows.
            b'?' | b':' | b'-' => self.fetch_plain(),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => {
                Err(fault(cursor.mark, "found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    fn fetch_plain(&mut self) -> Result<(), ReadError> {
        self.save_key(false)?;
        self.scan_plain_scalar()
    }

    /// Skips spaces, comments and line breaks. Tabs count as spaces only where no key can begin: they never indent.
    fn skip_to_next_token(&mut self) {
        loop {
            while self.cursor.is(b' ') || self.cursor.is(b'\t') && (self.flow_level > 0 || !self.may_be_key) {
                self.cursor.skip();
            }
            self.cursor.skip_comment();
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.may_be_key = true;
            }
        }
    }

    /// Whether the possible key of a level can still be a key: its colon must be on the same line, and close enough.
    fn is_valid(&mut self, level: usize) -> Result<bool, ReadError> {
        let (key, here) = (self.keys[level], self.cursor.mark);
        if key.is_possible && (key.mark.line < here.line || key.mark.index + LONGEST_KEY < here.index) {
            self.give_up_key(level)?;
        }
        Ok(self.keys[level].is_possible)
    }

    fn give_up_key(&mut self, level: usize) -> Result<(), ReadError> {
        let key = &mut self.keys[level];
        if key.is_possible && key.is_required {
            return Err(fault_in("after a key", key.mark, self.cursor.mark, "could not find expected ':'"));
        }
        key.is_possible = false;
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), ReadError> {
        let level = self.keys.len() - 1;
        if self.keys[level].is_possible {
            self.give_up_key(level)?;
            self.cannot_begin(self.keys[level].token);
        }
        Ok(())
    }

    /// Notes that a key may begin here, if that is allowed. `then` says whether one may begin after this token.
    fn save_key(&mut self, then: bool) -> Result<(), ReadError> {
        if self.may_be_key {
            let mark = self.cursor.mark;
            let is_required = self.flow_level == 0 && self.indent == mark.column as isize;
            self.remove_key()?;
            let token = self.taken + self.tokens.len();
            let level = self.keys.len() - 1;
            self.keys[level] = SimpleKey { is_possible: true, is_required, token, mark };
            self.may_begin.insert(token, level);
        }
        self.may_be_key = then;
        Ok(())
    }

    /// Begins a block if the column is further to the right. Its token is inserted before the one with this number, or
    /// at the end.
    fn roll(&mut self, column: usize, number: Option<usize>, kind: TokenKind, mark: Mark) {
        if self.flow_level == 0 && self.indent < column as isize {
            self.indents.push(self.indent);
            self.indent = column as isize;
            match number {
                Some(number) => self.insert(number, kind, mark),
                None => self.push(kind, mark),
            }
        }
    }

    /// Ends all blocks that are further to the right than the column.
    fn unroll(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(TokenKind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().expect("each block remembers the one around it");
        }
    }

    /// Ends all blocks, because a document or the text ends.
    fn leave_block(&mut self) -> Result<(), ReadError> {
        self.unroll(-1);
        self.remove_key()?;
        self.may_be_key = false;
        Ok(())
    }

    fn fetch_stream_end(&mut self) -> Result<(), ReadError> {
        self.cursor.end_line();
        self.leave_block()?;
        self.push(TokenKind::StreamEnd, self.cursor.mark);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), ReadError> {
        self.leave_block()?;
        self.push(kind, self.cursor.mark);
        (0..3).for_each(|_| self.cursor.skip());
        Ok(())
    }

    /// A token of one character.
    fn fetch_indicator(&mut self, kind: TokenKind) {
        self.push(kind, self.cursor.mark);
        self.cursor.skip();
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), ReadError> {
        self.save_key(true)?;
        let token = self.taken + self.tokens.len();
        self.keys.push(SimpleKey { is_possible: false, is_required: false, token, mark: self.cursor.mark });
        self.flow_level += 1;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), ReadError> {
        self.remove_key()?;
        // The parser, which knows what is expected, reports a bracket that closes nothing.
        if self.flow_level > 0 {
            self.flow_level -= 1;
            // Between brackets with nothing inside this is the number of the bracket itself: nobody waits any more for
            // whether `{}` is a key, and `{}a: 1` is the document `{}`, with something behind it.
            let inside = self.keys.pop().map_or(0, |key| key.token);
            self.cannot_begin(inside);
        }
        self.may_be_key = false;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), ReadError> {
        self.remove_key()?;
        self.may_be_key = true;
        self.fetch_indicator(TokenKind::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), ReadError> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 && !self.may_be_key {
            return Err(fault(mark, "block sequence entries are not allowed in this context"));
        }
        self.roll(mark.column, None, TokenKind::BlockSequenceStart, mark);
        self.remove_key()?;
        self.may_be_key = true;
        self.fetch_indicator(TokenKind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), ReadError> {
        let mark = self.cursor.mark;
        if self.flow_level == 0 && !self.may_be_key {
            return Err(fault(mark, "mapping keys are not allowed in this context"));
        }
        self.roll(mark.column, None, TokenKind::BlockMappingStart, mark);
        self.remove_key()?;
        self.may_be_key = self.flow_level == 0;
        self.fetch_indicator(TokenKind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), ReadError> {
        let level = self.keys.len() - 1;
        if self.is_valid(level)? {
            let key = self.keys[level];
            self.insert(key.token, TokenKind::Key, key.mark);
            self.roll(key.mark.column, Some(key.token), TokenKind::BlockMappingStart, key.mark);
            self.keys[level].is_possible = false;
            self.cannot_begin(key.token);
            self.may_be_key = false;
        } else {
            let mark = self.cursor.mark;
            if self.flow_level == 0 && !self.may_be_key {
                return Err(fault(mark, "mapping values are not allowed in this context"));
            }
            self.roll(mark.column, None, TokenKind::BlockMappingStart, mark);
            self.may_be_key = self.flow_level == 0;
        }
        self.fetch_indicator(TokenKind::Value);
        Ok(())
    }
}
