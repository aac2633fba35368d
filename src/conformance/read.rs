//! Where cases come from: folders → files → chunks of lines. It knows gzip and lines, but nothing of a line's content.
//! Memory is bounded by the chunk, whatever the size of the file: a line may not be longer than [`LONGEST_LINE`].

use crate::limits::{BoundedReader, LONGEST_LINE};
use flate2::bufread::MultiGzDecoder;
use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The least number of bytes of lines in a chunk: enough to make handing it over cheap.
const CHUNK: usize = 64 << 10;

/// Input that could not be read as cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file or folder, as it was named.
    pub file: PathBuf,
    /// The line, from 1, if the error is about a line.
    pub line: Option<u64>,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.line {
            Some(line) => write!(f, "{file}:{line}: {}", self.why),
            None => write!(f, "{file}: {}", self.why),
        }
    }
}

impl Unreadable {
    fn new(file: &Path, why: impl fmt::Display) -> Self {
        Unreadable { file: file.to_owned(), line: None, why: why.to_string() }
    }
}

/// The files that some paths lead to.
#[derive(Debug, Default)]
pub struct FoundFiles {
    /// Recordings, each once, in the order of the paths; inside a folder sorted by name.
    pub files: Vec<PathBuf>,
    /// Files in folders that are neither recordings nor Markdown.
    pub passed_over: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
}

/// Finds the recordings below some paths. A file that is named itself is read whatever its name is; folders are
/// searched at any depth for `.jsonl` and `.jsonl.gz`.
///
/// # Errors
/// A path that cannot be read, and a folder without any recording.
pub fn find(paths: &[PathBuf]) -> Result<FoundFiles, Unreadable> {
    let mut found = FoundFiles::default();
    for path in paths {
        let is_dir = fs::metadata(path).map_err(|error| Unreadable::new(path, error))?.is_dir();
        if !is_dir {
            found.take(path);
        } else if found.folder(path)? == 0 {
            return Err(Unreadable::new(path, "no case: there is no .jsonl or .jsonl.gz file in this folder"));
        }
    }
    Ok(found)
}

impl FoundFiles {
    /// Takes what is below a folder and returns the number of recordings, whether new or seen before.
    fn folder(&mut self, folder: &Path) -> Result<usize, Unreadable> {
        let fail = |error| Unreadable::new(folder, error);
        let entries = fs::read_dir(folder).map_err(fail)?;
        let mut paths = entries.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>().map_err(fail)?;
        paths.sort();
        paths.iter().map(|path| self.entry(path)).sum()
    }

    fn entry(&mut self, path: &Path) -> Result<usize, Unreadable> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            return Ok(0);
        }
        if fs::metadata(path).map_err(|error| Unreadable::new(path, error))?.is_dir() {
            // A folder seen before is either done or, in a circle of links, in progress.
            return if self.is_new(path) { self.folder(path) } else { Ok(0) };
        }
        if name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
            self.take(path);
            return Ok(1);
        }
        if !name.ends_with(".md") {
            self.passed_over.push(path.to_owned());
        }
        Ok(0)
    }

    fn take(&mut self, file: &Path) {
        if self.is_new(file) {
            self.files.push(file.to_owned());
        }
    }

    fn is_new(&mut self, path: &Path) -> bool {
        self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

/// Some whole lines of a file.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    /// For each line its number and its end in `bytes`.
    ends: Vec<(u64, usize)>,
}

impl Chunk {
    /// The lines with their numbers (from 1), without white space at their ends; blank ones are left out.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|&(_, end)| end));
        starts.zip(&self.ends).map(|(start, &(line, end))| (line, self.bytes[start..end].trim_ascii()))
    }
}

/// A file read as chunks of lines, decompressed on the way.
pub struct Chunks {
    input: Box<dyn BufRead>,
    line: u64,
}

impl Chunks {
    /// Opens a file; its first bytes tell whether it is gzip.
    ///
    /// # Errors
    /// The file cannot be opened, or is named `.gz` and is not gzip.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        // A pipe has no size to compare with.
        let size = if metadata.is_file() { metadata.len() } else { u64::MAX };
        let mut plain = BufReader::with_capacity(CHUNK, file);
        let packed = plain.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        if !packed && path.extension().is_some_and(|extension| extension == "gz") {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not gzip, though it is named .gz"));
        }
        let input: Box<dyn BufRead> = if packed {
            let unpacked = BoundedReader::unpacking(MultiGzDecoder::new(plain), size, u64::MAX);
            Box::new(BufReader::with_capacity(CHUNK, unpacked))
        } else {
            Box::new(plain)
        };
        Ok(Chunks { input, line: 0 })
    }

    /// The number of the line begun last, from 1; 0 before the first.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The next lines that are not blank, or `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read or unpacked, or a line is too long; [`Chunks::line`] tells which.
    pub fn read(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::default();
        while chunk.bytes.len() < CHUNK && self.append_line(&mut chunk)? {}
        Ok((!chunk.ends.is_empty()).then_some(chunk))
    }

    /// Appends the next line, unless it is blank; false at the end of the file.
    fn append_line(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        let start = chunk.bytes.len();
        self.line += 1;
        let read = (&mut self.input).take(LONGEST_LINE).read_until(b'\n', &mut chunk.bytes)?;
        if read as u64 == LONGEST_LINE && chunk.bytes.last() != Some(&b'\n') {
            let why = format!("the line is longer than {} MiB", LONGEST_LINE >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if self.line == 1 && chunk.bytes[start..].starts_with(b"\xef\xbb\xbf") {
            chunk.bytes.drain(start..start + 3);
        }
        if chunk.bytes[start..].iter().all(u8::is_ascii_whitespace) {
            chunk.bytes.truncate(start);
        } else {
            chunk.ends.push((self.line, chunk.bytes.len()));
        }
        Ok(read > 0)
    }
}
