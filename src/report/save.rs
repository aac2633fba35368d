//! Files that are written whole or not at all, and results that are read back. What stands in them is decided elsewhere.

use crate::experiment::result::ResultFile;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The largest result that is read, in bytes once unpacked.
const LARGEST: u64 = 4 << 30;

/// Writes a file by way of another one beside it, so that nobody ever sees half of it: if `write` fails, what was there
/// before stays. What is no regular file (a pipe, a terminal) is written directly.
///
/// # Errors
/// What cannot be written.
pub fn whole_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(path)?);
        write(&mut out)?;
        return out.flush();
    }
    let beside = beside(path)?;
    let written = File::create(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        // That it cannot be removed either is not what went wrong.
        let _ = fs::remove_file(&beside);
    }
    renamed
}

/// A name beside a file's that nobody else uses.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.part", std::process::id()));
    Ok(path.with_file_name(hidden))
}

/// Saves a result, gzipped if the name ends in `.gz`.
///
/// # Errors
/// What cannot be written.
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

/// Reads a saved result, gzipped or not.
///
/// # Errors
/// What cannot be read, or is no result; it says why.
pub fn load(path: &Path) -> Result<ResultFile, String> {
    let about = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| about(&e))?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|e| about(&e))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let packed = std::mem::take(&mut bytes);
        GzDecoder::new(&packed[..]).take(LARGEST).read_to_end(&mut bytes).map_err(|e| about(&e))?;
    }
    ResultFile::from_json(&bytes).map_err(|e| about(&e))
}
