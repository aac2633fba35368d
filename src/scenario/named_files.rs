//! The files of manifests that entries of a scenario name. Each is read and parsed once, however many entries name it and
//! however many points a design has: all of them see the same text, even if the file is changed meanwhile.

use super::input::SourceDocument;
use super::problem::Problem;
use super::source;
use crate::experiment::result::FileText;
use crate::text::read_documents;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What has been read so far, by the name of the file or folder. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct NamedFiles(Arc<Mutex<BTreeMap<String, Arc<NamedFile>>>>);

/// A file, or the files of a folder.
#[derive(Debug)]
pub struct NamedFile {
    /// The text of each file.
    pub texts: Vec<FileText>,
    /// The documents of all of them, in order.
    pub documents: Vec<Arc<SourceDocument>>,
}

/// Why there are no documents.
#[derive(Clone, Debug, PartialEq)]
pub enum NamedFileError {
    /// The file cannot be read.
    Unread(Problem),
    /// Its text is neither YAML nor JSON.
    Invalid(Problem),
}

impl NamedFiles {
    /// Reads and parses a file, or every manifest in a folder, unless that was done before.
    ///
    /// # Errors
    /// What is wrong with the first file that is of no use.
    pub(super) fn read(&self, path: &str) -> Result<Arc<NamedFile>, NamedFileError> {
        // A panic while the lock was held leaves at worst a file that is read again.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = known.get(path) {
            return Ok(file.clone());
        }
        let (mut texts, mut documents) = (Vec::new(), Vec::new());
        for source in source::read(path).map_err(NamedFileError::Unread)? {
            let invalid = |error| NamedFileError::Invalid(Problem::of(&source.name, error));
            for node in read_documents(&source.text).map_err(invalid)? {
                let (file, folder) = (source.name.clone(), source.folder.clone());
                documents.push(Arc::new(SourceDocument { file, folder, node }));
            }
            texts.push(FileText { name: source.name, text: source.text });
        }
        let file = Arc::new(NamedFile { texts, documents });
        known.insert(path.to_owned(), file.clone());
        Ok(file)
    }
}
