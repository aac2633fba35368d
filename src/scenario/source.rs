//! Text from files, folders and standard input, within bounds. The text is not interpreted here.

use super::problem::Problem;
use crate::limits::{BoundedReader, LARGEST_FILE};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A text and where it comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// As the user named it.
    pub name: String,
    /// The folder that relative file names in it refer to.
    pub folder: PathBuf,
    /// The text.
    pub text: String,
}

/// Reads a file, every manifest in a folder, or (`-`) standard input.
///
/// # Errors
/// A file that cannot be opened or read, is not text, is empty, or is larger than 64 MiB; or a folder without
/// manifests.
pub fn read(path: &str) -> Result<Vec<Source>, Problem> {
    read_up_to(path, LARGEST_FILE)
}

/// The same with another limit on the size of each file, in bytes.
///
/// # Errors
/// As for [`read`].
pub fn read_up_to(path: &str, most: u64) -> Result<Vec<Source>, Problem> {
    if path == "-" {
        let text = text_of("standard input", std::io::stdin().lock(), most)?;
        return Ok(vec![Source { name: "standard input".to_owned(), folder: PathBuf::new(), text }]);
    }
    let metadata = fs::metadata(path).map_err(|error| Problem::about(path, error.to_string()))?;
    if metadata.is_dir() {
        return files_in(path)?.iter().map(|file| read_file(&file.display().to_string(), most)).collect();
    }
    Ok(vec![read_file(path, most)?])
}

fn read_file(path: &str, most: u64) -> Result<Source, Problem> {
    let file = File::open(path).map_err(|error| Problem::about(path, error.to_string()))?;
    let text = text_of(path, file, most)?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    Ok(Source { name: path.to_owned(), folder, text })
}

fn text_of(name: &str, reader: impl Read, most: u64) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let problem = |message: String| Problem::about(name, message);
    let read = BoundedReader::new(reader, most).read_to_end(&mut bytes);
    read.map_err(|error| problem(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count() + 1;
        problem(format!("not text: line {line} is not UTF-8"))
    })?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(problem("empty: there is no manifest in it".to_owned()));
    }
    Ok(text)
}

/// The manifests directly in a folder, sorted by name: a file system lists them in any order, and the order of the Jobs
/// must not depend on the machine.
fn files_in(folder: &str) -> Result<Vec<PathBuf>, Problem> {
    let problem = |error: std::io::Error| Problem::about(folder, error.to_string());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        let is_manifest = path.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|&known| e == known));
        if is_manifest && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Problem::about(folder, "no manifest in this folder: no file ends in .yaml, .yml or .json"));
    }
    files.sort();
    Ok(files)
}
