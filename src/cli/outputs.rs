//! Refuses outputs that would overwrite inputs or one another. A command checks this before it simulates, so that no
//! data and no time are lost. Writing is in [`crate::report::whole_file`].

use super::out::Failure;
use crate::experiment::result::FileText;
use crate::report::whole_file;
use std::fs;
use std::path::{Path, PathBuf};

/// An output that the user named: the flag, and the path.
pub type Output<'a> = (&'static str, &'a Path);

/// Refuses an output that would overwrite an input or another output. `read` are the files that the user named, and
/// `texts` the files that were read by their names.
///
/// # Errors
/// Such an output, with the file that it would overwrite.
pub fn check(read: &[String], texts: &[FileText], outputs: &[Output<'_>]) -> Result<(), Failure> {
    let mut taken: Vec<(PathBuf, String)> = Vec::new();
    for name in read.iter().chain(texts.iter().map(|text| &text.name)).filter(|name| *name != "-") {
        taken.extend(identity(Path::new(name)).map(|path| (path, format!("the input {name}"))));
    }
    for (flag, path) in outputs {
        let Some(identity) = identity(path) else { continue };
        let other = taken.iter().find(|(other, _)| is_same(other, &identity)).map(|(_, what)| what.clone());
        let other = other.or_else(|| texts.iter().find_map(|text| named_in(text, path, &identity)));
        if let Some(what) = other {
            let why = format!("{}: this would overwrite {what}", path.display());
            return Err(super::experiment::flag(flag, &why));
        }
        taken.push((identity, format!("the file of --{flag}")));
    }
    Ok(())
}

/// Writes a file whole or not at all.
///
/// # Errors
/// A file that cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    whole_file(path, |file| file.write_all(bytes)).map_err(|error| super::experiment::cannot_write(path, &error))
}

/// The file that a path refers to, existing or not, with all links followed. `None` for what cannot be overwritten,
/// such as a pipe or `/dev/null`.
fn identity(path: &Path) -> Option<PathBuf> {
    match fs::canonicalize(path) {
        Ok(there) => fs::metadata(&there).is_ok_and(|metadata| metadata.is_file()).then_some(there),
        Err(_) => {
            let target = crate::report::followed(path).ok()?;
            let folder = match target.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            Some(fs::canonicalize(folder).ok()?.join(target.file_name()?))
        }
    }
}

/// Whether both paths refer to the same file, including by hard links.
fn is_same(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (fs::metadata(a), fs::metadata(b)) {
            return (a.dev(), a.ino()) == (b.dev(), b.ino());
        }
    }
    a == b
}

/// Whether an input text refers to this file, such as a CSV of durations. Such paths are relative to the text's folder.
fn named_in(text: &FileText, output: &Path, identity: &Path) -> Option<String> {
    let name = output.file_name()?.to_str()?;
    let folder = Path::new(&text.name).parent().unwrap_or(Path::new(""));
    let is_end = |c: char| c.is_whitespace() || "\"'=([{,".contains(c);
    let is_named = text.text.match_indices(name).any(|(at, _)| {
        let start = text.text[..at].rfind(is_end).map_or(0, |before| before + 1);
        let named = folder.join(&text.text[start..at + name.len()]);
        fs::canonicalize(named).is_ok_and(|named| is_same(&named, identity))
    });
    is_named.then(|| format!("{}, which {} reads", output.display(), text.name))
}
