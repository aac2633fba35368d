//! Directives, anchors, aliases and tags, from characters to tokens. What tags mean is in [`crate::text::scalar`].

use super::cursor::Mark;
use super::scanner::Scanner;
use super::token::{TokenKind, fault_in};
use crate::text::tree::ReadError;

const IN_DIRECTIVE: &str = "in a directive";
const IN_TAG: &str = "in a tag";

impl Scanner<'_> {
    fn fault_in(&self, context: &str, start: Mark, problem: &str) -> ReadError {
        fault_in(context, start, self.cursor.mark, problem)
    }

    /// `%YAML 1.1` or `%TAG ! prefix`.
    pub(super) fn scan_directive(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let name = self.word();
        if name.is_empty() || !self.cursor.is_space_or_end(0) {
            return Err(self.fault_in(IN_DIRECTIVE, start, "could not find expected directive name"));
        }
        self.cursor.skip_blanks();
        let kind = match name.as_str() {
            "YAML" => {
                let major = self.version_number(start)?;
                if !self.cursor.is(b'.') {
                    return Err(self.fault_in(IN_DIRECTIVE, start, "did not find expected digit or '.' character"));
                }
                self.cursor.skip();
                TokenKind::VersionDirective { major, minor: self.version_number(start)? }
            }
            "TAG" => {
                let handle = self.tag_handle(start)?;
                if !handle.ends_with('!') || !self.cursor.is_blank() {
                    return Err(self.fault_in(IN_DIRECTIVE, start, "did not find expected '!'"));
                }
                self.cursor.skip_blanks();
                let prefix = self.tag_uri(String::new(), start)?;
                if !self.cursor.is_space_or_end(0) {
                    let problem = "did not find expected whitespace or line break";
                    return Err(self.fault_in(IN_DIRECTIVE, start, problem));
                }
                TokenKind::TagDirective { handle, prefix }
            }
            _ => return Err(self.fault_in(IN_DIRECTIVE, start, "found unknown directive name")),
        };
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !self.cursor.is_break_or_end() {
            return Err(self.fault_in(IN_DIRECTIVE, start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        self.push(kind, start);
        Ok(())
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while self.cursor.is_word() {
            self.cursor.read(&mut word);
        }
        word
    }

    /// At most two digits.
    fn version_number(&mut self, start: Mark) -> Result<u8, ReadError> {
        let mut digits = String::new();
        while self.cursor.byte(0).is_ascii_digit() {
            self.cursor.read(&mut digits);
        }
        match digits.parse() {
            Ok(number) if digits.len() <= 2 => Ok(number),
            _ => Err(self.fault_in(IN_DIRECTIVE, start, "did not find expected version number")),
        }
    }

    /// `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.mark;
        let is_alias = self.cursor.is(b'*');
        self.cursor.skip();
        let name = self.word();
        let is_ended = self.cursor.is_space_or_end(0)
            || matches!(self.cursor.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !is_ended {
            let context = if is_alias { "in an alias" } else { "in an anchor" };
            return Err(self.fault_in(context, start, "did not find expected alphabetic or numeric character"));
        }
        self.push(if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, start);
        Ok(())
    }

    /// `!<verbatim>`, `!suffix`, `!handle!suffix` or `!`.
    pub(super) fn scan_tag(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.mark;
        let (handle, suffix) = if self.cursor.byte(1) == b'<' {
            self.cursor.skip();
            self.cursor.skip();
            let suffix = self.tag_uri(String::new(), start)?;
            if !self.cursor.is(b'>') {
                return Err(self.fault_in(IN_TAG, start, "did not find the expected '>'"));
            }
            self.cursor.skip();
            (String::new(), suffix)
        } else {
            let handle = self.tag_handle(start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.tag_uri(String::new(), start)?;
                (handle, suffix)
            } else {
                // It was not a handle but the beginning of the suffix.
                let suffix = self.tag_uri(handle, start)?;
                if suffix.is_empty() { (suffix, "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        if !self.cursor.is_space_or_end(0) {
            return Err(self.fault_in(IN_TAG, start, "did not find expected whitespace or line break"));
        }
        self.push(TokenKind::Tag { handle, suffix }, start);
        Ok(())
    }

    fn tag_handle(&mut self, start: Mark) -> Result<String, ReadError> {
        if !self.cursor.is(b'!') {
            return Err(self.fault_in(IN_TAG, start, "did not find expected '!'"));
        }
        let mut handle = String::new();
        self.cursor.read(&mut handle);
        handle += &self.word();
        if self.cursor.is(b'!') {
            self.cursor.read(&mut handle);
        }
        Ok(handle)
    }

    /// The rest of a tag. `head` is the part that has been read; its first character `!` does not belong to the rest.
    fn tag_uri(&mut self, head: String, start: Mark) -> Result<String, ReadError> {
        let is_empty = head.is_empty() && !is_uri(self.cursor.byte(0));
        let mut uri = head.get(1..).unwrap_or_default().to_owned().into_bytes();
        while is_uri(self.cursor.byte(0)) {
            if self.cursor.is(b'%') {
                uri.push(self.uri_escape(start)?);
            } else {
                uri.push(self.cursor.byte(0));
                self.cursor.skip();
            }
        }
        if is_empty {
            return Err(self.fault_in(IN_TAG, start, "did not find expected tag URI"));
        }
        String::from_utf8(uri).map_err(|_| self.fault_in(IN_TAG, start, "found an incorrect UTF-8 octet"))
    }

    /// `%` and two hexadecimal digits.
    fn uri_escape(&mut self, start: Mark) -> Result<u8, ReadError> {
        let digit = |ahead: usize| char::from(self.cursor.byte(ahead)).to_digit(16);
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return Err(self.fault_in(IN_TAG, start, "did not find URI escaped octet"));
        };
        (0..3).for_each(|_| self.cursor.skip());
        Ok((high << 4 | low) as u8)
    }
}

fn is_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]%".contains(&byte)
}
