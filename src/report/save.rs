//! Saved results, written and read back, gzipped if the name ends in `.gz`.

use super::shell::shell_word;
use super::whole_file::whole_file;
use crate::experiment::result::ResultFile;
use crate::limits::{BoundedReader, LARGEST_RESULT};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Saves a result, gzipped if the name ends in `.gz`.
///
/// # Errors
/// The file cannot be written.
pub fn save(path: &Path, result: &ResultFile) -> io::Result<()> {
    whole_file(path, |out| {
        if path.extension().is_some_and(|e| e == "gz") {
            let mut packed = GzEncoder::new(out, Compression::default());
            serde_json::to_writer(&mut packed, result)?;
            packed.finish().map(drop)
        } else {
            serde_json::to_writer(&mut *out, result)?;
            out.write_all(b"\n")
        }
    })
}

/// What [`save`] writes, not gzipped.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn saved(result: &ResultFile) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(result)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a saved result, gzipped or not.
///
/// # Errors
/// The file cannot be read, or is not a result; the message says why.
pub fn load(path: &Path) -> Result<ResultFile, String> {
    let about = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| about(&e))?;
    BoundedReader::new(file, LARGEST_RESULT).read_to_end(&mut bytes).map_err(|e| about(&e))?;
    // Gzip is known by its first two bytes (RFC 1952), so that a renamed file can be read, too.
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        let mut unpacked = BoundedReader::unpacking(GzDecoder::new(&packed[..]), packed.len() as u64, LARGEST_RESULT);
        unpacked.read_to_end(&mut bytes).map_err(|e| about(&e))?;
    }
    ResultFile::from_json(&bytes).map_err(|e| about(&format!("{e}{}", hint(&bytes, path))))
}

/// A hint for somebody who passes a scenario or manifest where a result is expected. It need not be exact: it looks for
/// the one word that all of these have.
fn hint(bytes: &[u8], path: &Path) -> String {
    let is_input = bytes.windows(b"apiVersion".len()).any(|part| part == b"apiVersion");
    let run = || format!("; to get one: jobsim run {} -n 1000 --save result.json", shell_word(&path.to_string_lossy()));
    if is_input { run() } else { String::new() }
}
