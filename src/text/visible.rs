//! Makes control characters visible. Names, messages and paths come from files that others wrote: an escape sequence in
//! them could move the cursor or retitle the terminal, and a bidirectional mark could show a text in another order.
//! Such characters are shown as JSON escapes (`\u001b`), so that a JSON text remains valid and keeps its meaning.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every control character and bidirectional mark escaped, except for tabs and line ends.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c, next| is_hidden(c) && !matches!((c, next), ('\n' | '\t', _) | ('\r', Some('\n'))))
}

/// The same for text that has to stay on one line, such as a name: tabs and line ends are escaped too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    escaped(text, |c, _| is_hidden(c))
}

/// Control characters of ASCII and Latin-1, separators of lines and paragraphs, marks and overrides of direction, and
/// tags, which no font displays.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn escaped(text: &str, is_escaped: impl Fn(char, Option<char>) -> bool) -> Cow<'_, str> {
    // Most texts are printable ASCII.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut copied = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !is_escaped(c, chars.peek().map(|(_, next)| *next)) {
            continue;
        }
        shown.push_str(&text[copied..at]);
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
        copied = at + c.len_utf8();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[copied..]);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_bidirectional_marks_are_shown() {
        for (text, shown) in [
            ("plain", "plain"),
            ("größer ≤ 5 °C — ok 🎉", "größer ≤ 5 °C — ok 🎉"),
            ("a\u{1b}[31mred", "a\\u001b[31mred"),
            ("\u{1b}]0;pwn\u{7}", "\\u001b]0;pwn\\u0007"),
            ("\u{202e}evil\u{202c}", "\\u202eevil\\u202c"),
            ("c1 \u{9b}31m \u{7f}", "c1 \\u009b31m \\u007f"),
            ("tag \u{e0041}", "tag \\udb40\\udc41"),
        ] {
            assert_eq!(visible(text), shown);
            assert_eq!(visible_line(text), shown);
        }
    }

    #[test]
    fn line_ends_are_kept_where_there_may_be_several_lines() {
        assert_eq!(visible("a\tb\nc\r\nd\re"), "a\tb\nc\r\nd\\u000de");
        assert_eq!(visible_line("a\tb\nc"), "a\\u0009b\\u000ac");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "\u{202e}\u{7f}\u{e0041}";
        let shown = visible(&serde_json::to_string(text).unwrap()).into_owned();
        assert!(shown.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
