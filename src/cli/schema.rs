//! `jobsim schema`: the JSON Schema of scenario files.

use super::out::{Answer, Failure, Streams};

/// Prints the schema.
///
/// # Errors
/// Output that cannot be written.
pub fn run(streams: &mut Streams<'_>) -> Result<Answer, Failure> {
    serde_json::to_writer_pretty(&mut *streams.data, &crate::scenario::schema()).map_err(std::io::Error::from)?;
    writeln!(streams.data)?;
    Ok(Answer::Yes)
}
