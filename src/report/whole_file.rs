//! Files that are written whole or not at all: the content goes into a temporary file in the same folder, which then
//! replaces the old one. What is written is decided elsewhere.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The number of links that are followed one after the other; more than this are taken for a circle.
const MAX_LINKS: usize = 40;

/// The beginning and the end of the names of temporary files; the process, a number and the host stand between them,
/// because processes of several machines may write into one shared folder. They are short, so that even a file with the
/// longest legal name can be written.
const TEMPORARY: (&str, &str) = (".jobsim-", ".part");

/// Temporary files of this process that still exist.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Writes a file by way of a temporary one, so that nobody ever reads half of it: if `write` fails, the old file
/// remains. Symbolic links are followed, because the rename would replace the link and not its file; the file keeps
/// its permissions. A path that is not a regular file (a pipe, a terminal) is written directly.
///
/// # Errors
/// The file cannot be written, or may not be: it is read-only.
pub fn whole_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = followed(path)?;
    let there = fs::metadata(&target).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(&target)?);
        write(&mut out)?;
        return out.flush();
    }
    if there.as_ref().is_some_and(|there| there.permissions().readonly()) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    remove_leftovers(folder);
    let (temporary, file) = Temporary::create(folder)?;
    if let Some(there) = there {
        // Before anything is written: a private file must not be readable for others even for a moment.
        file.set_permissions(there.permissions())?;
    }
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    // The content reaches the disk before the name does; otherwise a crash could leave an empty file under the name.
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary.0, &target)
}

/// The file that symbolic links lead to, whether it exists or not.
///
/// # Errors
/// Links that go round in a circle, or cannot be read.
pub fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        if !fs::symlink_metadata(&target).is_ok_and(|there| there.is_symlink()) {
            return match target.file_name() {
                Some(_) => Ok(target),
                None => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            };
        }
        let link = fs::read_link(&target)?;
        target = target.parent().unwrap_or(Path::new("")).join(link);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A temporary file. It is removed unless it has been renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn create(folder: &Path) -> io::Result<(Self, File)> {
        let ((head, tail), host) = (TEMPORARY, host());
        for number in 0_u32.. {
            let path = folder.join(format!("{head}{}-{number}-{host}{tail}", std::process::id()));
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
                    return Ok((Temporary(path), file));
                }
                // Another thread of this process writes into the same folder: the next number may be free.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("a process does not write four billion files at once")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing to remove.
        let _ = fs::remove_file(&self.0);
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|path| *path != self.0);
    }
}

/// Removes the temporary files of this process, which is about to exit.
pub fn remove_unfinished() {
    for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // There is nobody left to report an error to.
        let _ = fs::remove_file(path);
    }
}

/// Removes temporary files of processes that were killed. Where the host is missing in a name, this host is assumed.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY.0)?.strip_suffix(TEMPORARY.1));
        let mut words = middle.into_iter().flat_map(|middle| middle.split('-'));
        let process = words.next().and_then(|process| process.parse::<u32>().ok());
        let is_here = words.nth(1).is_none_or(|of| of == host());
        if process.is_some_and(|process| is_gone(process, is_here, &entry.path())) {
            // Somebody else's leftover may stay.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// This host or container, by its name: 8 hexadecimal digits; zeros if the name is unknown.
fn host() -> String {
    let name = fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut crc = flate2::Crc::new();
    crc.update(&name);
    format!("{:08x}", crc.sum())
}

/// Whether the process that wrote a temporary file has ended. Where that cannot be seen, as for another host, a day
/// must pass.
fn is_gone(process: u32, is_here: bool, file: &Path) -> bool {
    if is_here && process == std::process::id() {
        // A container that is started again often has the same process number and host name as before. Its
        // predecessor's files bear our number, but they are not ours.
        return !UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|own| own == file);
    }
    if is_here && Path::new("/proc/self").exists() {
        return !Path::new("/proc").join(process.to_string()).exists();
    }
    let modified = fs::metadata(file).and_then(|there| there.modified()).ok();
    let age = modified.and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age.as_secs() > 24 * 3_600)
}
