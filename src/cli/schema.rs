//! `jobsim schema`: the JSON Schema of scenario files.

use super::out::{CommandAnswer, Failure, OutputStreams};

/// Prints the schema.
///
/// # Errors
/// Output that cannot be written.
pub fn run(streams: &mut OutputStreams<'_>) -> Result<CommandAnswer, Failure> {
    streams.json(&crate::scenario::schema())?;
    Ok(CommandAnswer::Yes)
}
