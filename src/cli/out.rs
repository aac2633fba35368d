//! Output and how a command ends: the one place that knows of standard output, broken pipes and exit codes.
//! The printing macros of the standard library are used nowhere, as they panic when nobody listens.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

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

/// Why a command has no answer: exit code 2, unless the output was closed.
#[derive(Debug)]
pub enum Failure {
    /// The message for the user; it names the file, field or value.
    Error(String),
    /// The output could not be written.
    Write(io::Error),
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
    /// Warnings and advice; it does not matter whether somebody reads them.
    pub talk: &'a mut dyn Write,
}

impl OutputStreams<'_> {
    /// Warns the user. Nobody has to read it, so a failed write is not an error.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.talk, "warning: {text}");
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

/// Runs a command with the standard streams, and turns its answer into an exit code.
pub fn with_streams(command: impl FnOnce(&mut OutputStreams<'_>) -> Result<CommandAnswer, Failure>) -> ExitCode {
    let mut data = BufWriter::new(io::stdout().lock());
    let mut talk = io::stderr();
    let outcome = command(&mut OutputStreams { data: &mut data, talk: &mut talk });
    let outcome = outcome.and_then(|answer| Ok(data.flush().map(|()| answer)?));
    exit_code(outcome, &mut talk)
}

fn exit_code(outcome: Result<CommandAnswer, Failure>, talk: &mut dyn Write) -> ExitCode {
    let error = match outcome {
        Ok(CommandAnswer::Yes) => return ExitCode::SUCCESS,
        Ok(CommandAnswer::No) => return ExitCode::from(1),
        Ok(CommandAnswer::Interrupted) => return ExitCode::from(130),
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(Failure::Write(error)) => format!("cannot write the output: {error}"),
        Err(Failure::Error(error)) => error,
    };
    let _ = writeln!(talk, "error: {error}");
    ExitCode::from(2)
}
