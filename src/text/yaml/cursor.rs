//! A position in a text and the character there, with the character classes that YAML distinguishes. Tokens are
//! elsewhere.

/// A position, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    /// In characters, from the start of the text.
    pub index: usize,
    pub line: usize,
    /// In characters.
    pub column: usize,
}

/// The position of a scanner. Beyond the end it reads 0, a character that no YAML text contains.
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
    pub mark: Mark,
}

impl<'a> Cursor<'a> {
    /// The text must not contain the character 0. `line` is the number of its first line.
    pub(super) fn new(text: &'a str, line: usize) -> Self {
        Cursor { text, at: 0, mark: Mark { index: 0, line, column: 0 } }
    }

    /// The byte `ahead` bytes after the position.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn is(&self, byte: u8) -> bool {
        self.byte(0) == byte
    }

    pub(super) fn is_end(&self) -> bool {
        self.is(0)
    }

    /// The length of the line break at this position in bytes; 0 if there is none. YAML 1.1 has five kinds: CR, LF,
    /// NEL, LS and PS (and CR LF together).
    fn break_length(&self, ahead: usize) -> usize {
        match (self.byte(ahead), self.byte(ahead + 1), self.byte(ahead + 2)) {
            (b'\r', b'\n', _) | (0xc2, 0x85, _) => 2,
            (b'\r' | b'\n', ..) => 1,
            (0xe2, 0x80, 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        self.break_length(ahead) > 0
    }

    pub(super) fn is_break_or_end(&self) -> bool {
        self.is_end() || self.is_break(0)
    }

    /// A space or a tab.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(0), b' ' | b'\t')
    }

    /// A space, a tab, a line break, or the end.
    pub(super) fn is_space_or_end(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t' | 0) || self.is_break(ahead)
    }

    /// A letter, a digit, `_` or `-`, which make up the names of anchors, directives and handles.
    pub(super) fn is_word(&self) -> bool {
        self.byte(0).is_ascii_alphanumeric() || matches!(self.byte(0), b'_' | b'-')
    }

    /// Whether a line begins here with `---` or `...`.
    pub(super) fn is_document_indicator(&self, byte: u8) -> bool {
        self.mark.column == 0 && (0..3).all(|n| self.byte(n) == byte) && self.is_space_or_end(3)
    }

    /// The character at this position; empty at the end.
    fn character(&self) -> &'a str {
        let rest = &self.text[self.at..];
        let width = rest.chars().next().map_or(0, char::len_utf8);
        &rest[..width]
    }

    /// Skips a character other than a line break.
    pub(super) fn skip(&mut self) {
        self.at += self.character().len();
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Reads a character other than a line break.
    pub(super) fn read(&mut self, into: &mut String) {
        into.push_str(self.character());
        self.skip();
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.skip();
        }
    }

    /// Skips a comment, if there is one.
    pub(super) fn skip_comment(&mut self) {
        if self.is(b'#') {
            while !self.is_break_or_end() {
                self.skip();
            }
        }
    }

    /// Skips a line break, if there is one.
    pub(super) fn skip_line(&mut self) {
        let length = self.break_length(0);
        if length > 0 {
            self.mark.index += if self.is(b'\r') && length == 2 { 2 } else { 1 };
            self.mark.line += 1;
            self.mark.column = 0;
            self.at += length;
        }
    }

    /// Reads a line break, if there is one: LS and PS as they are, all others as a line feed.
    pub(super) fn read_line(&mut self, into: &mut String) {
        match self.break_length(0) {
            0 => return,
            3 => into.push_str(self.character()),
            _ => into.push('\n'),
        }
        self.skip_line();
    }

    /// Ends a last line that has no line break.
    pub(super) fn end_line(&mut self) {
        if self.mark.column != 0 {
            self.mark.line += 1;
            self.mark.column = 0;
        }
    }
}
