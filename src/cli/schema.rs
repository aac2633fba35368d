//! `jobsim schema`: the JSON Schema of scenario files.

use super::out::{Answer, Failure, Streams};

/// Prints the schema.
///
/// # Errors
/// Output that cannot be written.
pub fn run(streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    streams.json(&crate::scenario::schema())?;
    Ok(Answer::Yes)
}
