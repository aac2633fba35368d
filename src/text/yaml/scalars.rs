//! Scalars, from characters to tokens: plain, quoted, literal and folded. What their text means is in
//! [`crate::text::scalar`].

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{TokenKind, fault_in};
use crate::text::tree::ReadError;

const IN_BLOCK: &str = "in a block scalar";
const IN_QUOTES: &str = "in a quoted scalar";

/// White space inside a scalar, as long as it is unknown whether the scalar goes on after it.
#[derive(Default)]
struct Gap {
    /// Spaces and tabs, if there is no line break.
    blanks: String,
    /// The first line break.
    first: String,
    /// All further line breaks.
    more: String,
    /// Whether there was a line break.
    is_folded: bool,
}

impl Gap {
    /// Ends the gap: a single line break becomes a space; of several, the first is dropped.
    fn join(&mut self, text: &mut String) {
        if !self.is_folded {
            text.push_str(&self.blanks);
        } else if self.first.starts_with('\n') && self.more.is_empty() {
            text.push(' ');
        } else {
            if !self.first.starts_with('\n') {
                text.push_str(&self.first);
            }
            text.push_str(&self.more);
        }
        *self = Gap::default();
    }
}

/// Which line breaks at the end of a block scalar belong to it: none, the first one, or all.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    fn scalar_fault(&self, context: &str, start: Mark, problem: &str) -> ReadError {
        fault_in(context, start, self.cursor.mark, problem)
    }

    fn is_document_indicator(&self) -> bool {
        self.cursor.is_document_indicator(b'-') || self.cursor.is_document_indicator(b'.')
    }

    pub(super) fn scan_plain_scalar(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.mark;
        let least = (self.indent + 1) as usize;
        let (mut text, mut gap) = (String::new(), Gap::default());
        while !self.is_document_indicator() && !self.cursor.is(b'#') {
            while !self.cursor.is_space_or_end(0) && !self.ends_plain() {
                gap.join(&mut text);
                self.cursor.read(&mut text);
            }
            if !self.cursor.is_blank() && !self.cursor.is_break(0) {
                break;
            }
            while self.cursor.is_blank() || self.cursor.is_break(0) {
                if gap.is_folded && self.cursor.mark.column < least && self.cursor.is(b'\t') {
                    let problem = "found a tab character that violates indentation";
                    return Err(self.scalar_fault("in a plain scalar", start, problem));
                }
                self.read_gap(&mut gap);
            }
            if self.flow_level == 0 && self.cursor.mark.column < least {
                break;
            }
        }
        if gap.is_folded {
            self.may_be_key = true;
        }
        self.push(TokenKind::Scalar { text, is_plain: true }, start);
        Ok(())
    }

    /// Whether a plain scalar ends before the character at this position. In brackets, `?` always ends it.
    fn ends_plain(&self) -> bool {
        match self.cursor.byte(0) {
            b':' => self.cursor.is_space_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }

    /// Reads a blank or a line break into the gap.
    fn read_gap(&mut self, gap: &mut Gap) {
        match (self.cursor.is_blank(), gap.is_folded) {
            (true, false) => self.cursor.read(&mut gap.blanks),
            (true, true) => self.cursor.skip(),
            (false, false) => {
                gap.blanks.clear();
                gap.is_folded = true;
                self.cursor.read_line(&mut gap.first);
            }
            (false, true) => self.cursor.read_line(&mut gap.more),
        }
    }

    pub(super) fn scan_quoted_scalar(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.mark;
        let quote = self.cursor.byte(0);
        self.cursor.skip();
        let (mut text, mut gap) = (String::new(), Gap::default());
        loop {
            if self.is_document_indicator() {
                return Err(self.scalar_fault(IN_QUOTES, start, "found unexpected document indicator"));
            }
            if self.cursor.is_end() {
                return Err(self.scalar_fault(IN_QUOTES, start, "found unexpected end of stream"));
            }
            let mut is_continued = false;
            while !self.cursor.is_space_or_end(0) {
                match (quote, self.cursor.byte(0), self.cursor.byte(1)) {
                    (b'\'', b'\'', b'\'') => {
                        self.cursor.skip();
                        self.cursor.read(&mut text);
                    }
                    (_, here, _) if here == quote => break,
                    (b'"', b'\\', _) if self.cursor.is_break(1) => {
                        self.cursor.skip();
                        self.cursor.skip_line();
                        is_continued = true;
                        break;
                    }
                    (b'"', b'\\', _) => text.push(self.escape(start)?),
                    _ => self.cursor.read(&mut text),
                }
            }
            if self.cursor.is(quote) {
                break;
            }
            // After an escaped line break, blanks at the beginning of the next line are dropped and no space replaces
            // them.
            gap.is_folded = is_continued;
            while self.cursor.is_blank() || self.cursor.is_break(0) {
                self.read_gap(&mut gap);
            }
            gap.join(&mut text);
        }
        self.cursor.skip();
        self.push(TokenKind::Scalar { text, is_plain: false }, start);
        Ok(())
    }

    /// `\n`, `\x41`, `\u00e9` and so on.
    fn escape(&mut self, start: Mark) -> Result<char, ReadError> {
        let length = match self.cursor.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            letter => {
                let character = simple_escape(letter)
                    .ok_or_else(|| self.scalar_fault(IN_QUOTES, start, "found unknown escape character"))?;
                self.cursor.skip();
                self.cursor.skip();
                return Ok(character);
            }
        };
        self.cursor.skip();
        self.cursor.skip();
        let mut value = 0;
        for n in 0..length {
            let digit = char::from(self.cursor.byte(n)).to_digit(16);
            let digit =
                digit.ok_or_else(|| self.scalar_fault(IN_QUOTES, start, "did not find expected hexadecimal number"))?;
            value = value << 4 | digit;
        }
        let character = char::from_u32(value)
            .ok_or_else(|| self.scalar_fault(IN_QUOTES, start, "found invalid Unicode character escape code"))?;
        (0..length).for_each(|_| self.cursor.skip());
        Ok(character)
    }

    /// `|` or `>` with the rest of its line, and the lines below it.
    pub(super) fn scan_block_scalar(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.mark;
        let is_literal = self.cursor.is(b'|');
        self.cursor.skip();
        let (chomping, increment) = self.block_header(start)?;
        let around = self.indent.max(0) as usize;
        let mut indent = increment.map_or(0, |increment| around + increment);
        let (mut text, mut first, mut more) = (String::new(), String::new(), String::new());
        let mut was_blank = false;
        self.block_breaks(&mut indent, &mut more, start)?;
        while self.cursor.mark.column == indent && !self.cursor.is_end() {
            let is_blank = self.cursor.is_blank();
            let is_folded = !is_literal && !was_blank && !is_blank && first.starts_with('\n');
            match is_folded {
                true if more.is_empty() => text.push(' '),
                true => {}
                false => text.push_str(&first),
            }
            first.clear();
            text.push_str(&more);
            more.clear();
            was_blank = is_blank;
            while !self.cursor.is_break_or_end() {
                self.cursor.read(&mut text);
            }
            self.cursor.read_line(&mut first);
            self.block_breaks(&mut indent, &mut more, start)?;
        }
        if chomping != Chomping::Strip {
            text.push_str(&first);
        }
        if chomping == Chomping::Keep {
            text.push_str(&more);
        }
        self.push(TokenKind::Scalar { text, is_plain: false }, start);
        Ok(())
    }

    /// The indicators of chomping and indentation, in either order, and the rest of their line.
    fn block_header(&mut self, start: Mark) -> Result<(Chomping, Option<usize>), ReadError> {
        let (mut chomping, mut increment) = (None, None);
        loop {
            match self.cursor.byte(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment.is_none() => {
                    return Err(self.scalar_fault(IN_BLOCK, start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(usize::from(digit - b'0')),
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !self.cursor.is_break_or_end() {
            return Err(self.scalar_fault(IN_BLOCK, start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    /// Skips indentation and empty lines. Detects the indentation of the scalar if it is unknown (0).
    fn block_breaks(&mut self, indent: &mut usize, breaks: &mut String, start: Mark) -> Result<(), ReadError> {
        let mut widest = 0;
        loop {
            let is_inside = |column: usize| *indent == 0 || column < *indent;
            while is_inside(self.cursor.mark.column) && self.cursor.is(b' ') {
                self.cursor.skip();
            }
            widest = widest.max(self.cursor.mark.column);
            if is_inside(self.cursor.mark.column) && self.cursor.is(b'\t') {
                let problem = "found a tab character where an indentation space is expected";
                return Err(self.scalar_fault(IN_BLOCK, start, problem));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            self.cursor.read_line(breaks);
        }
        if *indent == 0 {
            *indent = widest.max((self.indent + 1) as usize).max(1);
        }
        Ok(())
    }
}

/// The escapes with a single letter.
fn simple_escape(letter: u8) -> Option<char> {
    Some(match letter {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        b' ' | b'"' | b'\'' | b'\\' => char::from(letter),
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
