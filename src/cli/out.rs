//! Output, and how a command ends: standard streams, broken pipes and exit codes. Commands write through
//! [`OutputStreams`], which shows control characters escaped, so that no text of a file can steer the terminal. The
//! printing macros of the standard library are not used, because they panic if the output is closed.

use crate::report::Layout;
use crate::scenario::Problems;
use crate::text::visible;
use std::io::{self, BufWriter, IsTerminal, Write};

/// The answer of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandAnswer {
    /// Yes: exit code 0.
    Yes,
    /// No: exit code 1.
    No,
    /// Interrupted: exit code 130, as shells report Ctrl-C. The output covers what was done until then.
    Interrupted,
}

impl CommandAnswer {
    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            CommandAnswer::Yes => 0,
            CommandAnswer::No => 1,
            CommandAnswer::Interrupted => super::interrupt::EXIT_CODE,
        }
    }
}

/// Why a command has no answer: exit code 2, unless the output was closed.
#[derive(Debug)]
pub enum Failure {
    /// The message for the user; it names the file, field or value.
    Error(String),
    /// What is wrong with the input, each with its place.
    Problems(Problems),
    /// The message for a user whose command line is wrong, as clap words it.
    Usage(String),
    /// The output could not be written.
    Write(io::Error),
    /// No answer, because only a part of the experiment was done and saved: a message, and how the command ends.
    #[allow(missing_docs)] // as above
    Saved { text: String, answer: CommandAnswer },
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Write(error)
    }
}

/// The form of an answer, for commands that have a text and its data; commands with more forms have types of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// Text for people
    #[default]
    Plain,
    /// The same as one JSON document
    Json,
}

/// Where a command writes.
pub struct OutputStreams<'a> {
    /// The answer.
    pub data: &'a mut dyn Write,
    /// Warnings and advice. A closed stream is not an error.
    pub talk: &'a mut dyn Write,
    /// The width of the terminal in columns, if the answer goes to a terminal.
    pub columns: Option<usize>,
}

impl OutputStreams<'_> {
    /// Warns the user. A failed write is not an error.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.talk, "warning: {text}");
    }

    /// Writes text for people: no line is wider than the terminal, or than 80 columns where there is none.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        let folded = Layout::new(self.columns, false).fold(text);
        Ok(self.data.write_all(folded.as_bytes())?)
    }

    /// Writes the answer as JSON, with a line feed at the end.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn json(&mut self, answer: &impl serde::Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut *self.data, answer).map_err(io::Error::from)?;
        Ok(writeln!(self.data)?)
    }
}

/// Standard output without escaping, for a command that draws on the terminal and escapes texts itself.
pub fn terminal() -> io::Stdout {
    io::stdout()
}

/// A writer of text that escapes control characters: see [`visible`].
struct VisibleWriter<W> {
    inner: W,
    /// The beginning of a character, or a carriage return, that must be completed by the next bytes.
    rest: Vec<u8>,
}

impl<W: Write> VisibleWriter<W> {
    fn new(inner: W) -> Self {
        VisibleWriter { inner, rest: Vec::new() }
    }

    /// Writes the complete characters, and keeps the rest.
    fn complete(&mut self, bytes: &[u8]) -> io::Result<()> {
        let whole = match std::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        // Whether a carriage return is part of a line end depends on the next character.
        let whole = if bytes[..whole].ends_with(b"\r") { whole - 1 } else { whole };
        self.rest = bytes[whole..].to_vec();
        self.inner.write_all(visible(&String::from_utf8_lossy(&bytes[..whole])).as_bytes())
    }

    /// Writes the rest at the end of the output.
    fn finish(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.inner.write_all(visible(&String::from_utf8_lossy(&rest)).as_bytes())
    }
}

impl<W: Write> Write for VisibleWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.rest.is_empty() && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
            self.inner.write_all(bytes)?;
        } else {
            let mut all = std::mem::take(&mut self.rest);
            all.extend_from_slice(bytes);
            self.complete(&all)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Runs a command with the standard streams, and turns its answer into an exit code.
pub fn with_streams(command: impl FnOnce(&mut OutputStreams<'_>) -> Result<CommandAnswer, Failure>) -> u8 {
    let mut data = VisibleWriter::new(BufWriter::new(io::stdout().lock()));
    let mut talk = VisibleWriter::new(io::stderr());
    let columns = columns();
    let outcome = command(&mut OutputStreams { data: &mut data, talk: &mut talk, columns });
    let outcome = outcome.and_then(|answer| Ok(data.finish().and_then(|()| data.flush()).map(|()| answer)?));
    exit_code(outcome, &mut talk)
}

/// The width of the terminal in columns; `None` if standard output is not a terminal.
fn columns() -> Option<usize> {
    let (columns, _) = io::stdout().is_terminal().then(crossterm::terminal::size)?.ok()?;
    Some(columns.into())
}

fn exit_code(outcome: Result<CommandAnswer, Failure>, talk: &mut dyn Write) -> u8 {
    let outcome = match outcome {
        Err(Failure::Saved { text, answer }) => {
            let _ = writeln!(talk, "{text}");
            Ok(answer)
        }
        outcome => outcome,
    };
    let error = match outcome {
        Ok(answer) => return answer.exit_code(),
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
        Err(Failure::Write(error)) => format!("cannot write the output: {error}"),
        Err(Failure::Error(error) | Failure::Saved { text: error, .. }) => error,
        Err(Failure::Problems(problems)) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Err(Failure::Usage(text)) => {
            let _ = write!(talk, "{text}");
            return 2;
        }
    };
    let _ = writeln!(talk, "error: {error}");
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_however_it_is_cut_into_pieces() {
        let text = "a\u{1b}[31m ü \u{202e}b\r\nc\rd\r";
        for size in 1..text.len() {
            let mut writer = VisibleWriter::new(Vec::new());
            text.as_bytes().chunks(size).for_each(|piece| writer.write_all(piece).unwrap());
            writer.finish().unwrap();
            let shown = String::from_utf8(writer.inner).unwrap();
            assert_eq!(shown, "a\\u001b[31m ü \\u202eb\r\nc\\u000dd\\u000d", "{size}");
        }
    }
}
