//! The verdict on texts of manifests: what the API server would answer to each of them, and what the reviewer adds
//! about those that it accepts. Every entry has a place. It reads no files and prints nothing.

use super::{Finding, Severity, review};
use crate::manifest::{Loaded, LoadedObject, Manifest, Remark, Skipped};
use crate::release::ReleaseProfile;
use crate::text::{ReadError, Reading, TreeNode, Value as Tree, read_as_kubectl};
use serde_json::{Value, json};

/// How much an entry matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosticLevel {
    /// The text cannot be read at all.
    Unreadable,
    /// The API server refuses it.
    Error,
    /// The API server, or the reviewer, warns about it.
    Warning,
    /// It is worth knowing.
    Hint,
    /// It tells what was not examined.
    Note,
}

impl DiagnosticLevel {
    /// Its name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
            Self::Note => "note",
        }
    }
}

/// Something that is said about a place.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How much it matters.
    pub level: DiagnosticLevel,
    /// The reviewer's code; `None` for what the API server says.
    pub code: Option<&'static str>,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Column in characters, from 1; 0 for the file as a whole.
    pub column: usize,
    /// Path of the field; may be empty.
    pub field: String,
    /// What is said.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// The verdict on a text.
#[derive(Debug)]
pub struct FileReport {
    /// The file as the user named it.
    pub file: String,
    /// The objects that the API server accepts, in the order of the text.
    pub objects: Vec<LoadedObject>,
    /// Objects of other kinds.
    pub skipped: Vec<Skipped>,
    /// What is said, by place.
    pub entries: Vec<Diagnostic>,
}

/// The verdicts on all texts.
#[derive(Debug)]
pub struct ValidationReport {
    /// One for each text, in order.
    pub files: Vec<FileReport>,
}

/// What kubectl does with a field that occurs twice in YAML.
const LOST_BY_KUBECTL: &str = "kubectl turns YAML into JSON before it sends it and keeps only the last of the two, so with it \
                               the server does not see this error";
/// What kubectl does with a field that occurs twice in JSON.
const LOST_AS_JSON: &str = "kubectl reads the JSON and writes it anew before it sends it and keeps only the last of the two, \
                            so with it the server does not see this error";
/// What kubectl does with `2.0` in JSON where a whole number is expected.
const WHOLE_BY_KUBECTL: &str = "kubectl reads the number and writes it without its fraction before it sends it, so with it the \
                                server does not see this error";
/// What kubectl does with a merge that meets a field of its own.
const MERGED_BY_KUBECTL: &str =
    "kubectl takes the value that comes last; the API server, given this text itself, refuses it";

impl ValidationReport {
    /// Judges texts, each with the name of its file; without `advise` only by the API server's rules.
    pub fn of(texts: &[(&str, &str)], advise: bool) -> Self {
        let cluster = JudgedFor::default();
        Self::of_files(texts.iter().map(|(file, text)| FileReport::of_text(file, text, cluster)).collect(), advise)
    }

    /// Adds the reviewer's findings about all files together to the API server's answers.
    pub fn of_files(mut files: Vec<FileReport>, advise: bool) -> Self {
        if advise {
            let manifests: Vec<&Manifest> = files.iter().flat_map(|f| &f.objects).map(|o| &o.object).collect();
            let mut findings = review(&manifests).into_iter();
            for file in &mut files {
                let about = file.objects.iter().zip(findings.by_ref());
                let entries: Vec<Diagnostic> = about
                    .flat_map(|(object, found)| found.into_iter().map(|finding| entry(&object.node, finding)))
                    .collect();
                file.entries.extend(entries);
            }
        }
        for file in &mut files {
            file.entries.sort_by_key(|entry| (entry.line, entry.column, entry.level));
        }
        ValidationReport { files }
    }

    /// How many entries of a level there are.
    pub fn count(&self, level: DiagnosticLevel) -> usize {
        self.files.iter().flat_map(|file| &file.entries).filter(|entry| entry.level == level).count()
    }

    /// As one JSON value.
    pub fn to_json(&self) -> Value {
        json!({
            "accepted": self.count(DiagnosticLevel::Unreadable) + self.count(DiagnosticLevel::Error) == 0,
            "errors": self.count(DiagnosticLevel::Unreadable) + self.count(DiagnosticLevel::Error),
            "warnings": self.count(DiagnosticLevel::Warning),
            "hints": self.count(DiagnosticLevel::Hint),
            "files": self.files.iter().map(FileReport::to_json).collect::<Value>(),
        })
    }
}

/// The cluster in whose view manifests are judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct JudgedFor {
    /// The release of its API server.
    pub release: ReleaseProfile,
    /// Whether its nodes are simulated: then the placement fields of Pods have an effect.
    pub has_nodes: bool,
}

impl JudgedFor {
    fn nothing_loaded(self) -> Loaded {
        Loaded { release: self.release, has_nodes: self.has_nodes, ..Loaded::default() }
    }
}

impl FileReport {
    /// What the API server of a release says about a text.
    pub fn of_text(file: &str, text: &str, cluster: JudgedFor) -> Self {
        judge(file, text, cluster)
    }

    /// The report on a file of which nothing was read.
    pub fn empty(file: &str) -> Self {
        Self::of_loaded(file, Loaded::default(), Vec::new())
    }

    /// What the API server of a release says about the documents of a file, of which there may be none.
    pub fn of_documents<'a>(file: &str, documents: impl Iterator<Item = &'a TreeNode>, cluster: JudgedFor) -> Self {
        let mut loaded = cluster.nothing_loaded();
        documents.for_each(|document| loaded.add(document));
        Self::of_loaded(file, loaded, Vec::new())
    }

    fn of_loaded(file: &str, loaded: Loaded, mut entries: Vec<Diagnostic>) -> Self {
        entries.extend(loaded.errors.into_iter().map(|error| Diagnostic::of_error(DiagnosticLevel::Error, error)));
        entries
            .extend(loaded.warnings.into_iter().map(|remark| Diagnostic::of_remark(DiagnosticLevel::Warning, remark)));
        entries
            .extend(loaded.unmodelled.into_iter().map(|remark| Diagnostic::of_remark(DiagnosticLevel::Note, remark)));
        entries.extend(loaded.notices.into_iter().map(|remark| Diagnostic::of_remark(DiagnosticLevel::Note, remark)));
        FileReport { file: file.to_owned(), objects: loaded.objects, skipped: loaded.skipped, entries }
    }

    fn to_json(&self) -> Value {
        let objects = self.objects.iter().map(|object| {
            let (kind, namespace, name) = identity(&object.object);
            json!({"kind": kind, "namespace": namespace, "name": name, "line": object.node.line})
        });
        let skipped = self.skipped.iter().map(|it| json!({"kind": it.kind, "name": it.name, "line": it.line}));
        json!({
            "file": self.file,
            "objects": objects.collect::<Value>(),
            "skipped": skipped.collect::<Value>(),
            "findings": self.entries.iter().map(Diagnostic::to_json).collect::<Value>(),
        })
    }
}

impl Diagnostic {
    fn to_json(&self) -> Value {
        json!({
            "level": self.level.as_str(),
            "code": self.code,
            "line": (self.line > 0).then_some(self.line),
            "column": (self.column > 0).then_some(self.column),
            "field": self.field,
            "message": self.message,
            "suggestion": self.suggestion,
        })
    }

    fn of_error(level: DiagnosticLevel, error: ReadError) -> Self {
        let ReadError { line, column, field, message, suggestion } = error;
        Diagnostic { level, code: None, line, column, field, message, suggestion }
    }

    fn of_remark(level: DiagnosticLevel, remark: Remark) -> Self {
        let Remark { line, column, field, message } = remark;
        Diagnostic { level, code: None, line, column, field, message, suggestion: None }
    }
}

/// Kind, namespace and name.
pub fn identity(manifest: &Manifest) -> (&'static str, &str, &str) {
    match manifest {
        Manifest::Job(job) => ("Job", &job.namespace, &job.name),
        Manifest::CronJob(cron_job) => ("CronJob", &cron_job.namespace, &cron_job.name),
    }
}

fn entry(node: &TreeNode, finding: Finding) -> Diagnostic {
    let place = node.at_path(&finding.field);
    let level = match finding.rule.severity {
        Severity::Warning => DiagnosticLevel::Warning,
        Severity::Hint => DiagnosticLevel::Hint,
    };
    Diagnostic {
        level,
        code: Some(finding.rule.code),
        line: place.line,
        column: place.column,
        field: finding.field,
        message: finding.message,
        suggestion: None,
    }
}

fn judge(file: &str, text: &str, cluster: JudgedFor) -> FileReport {
    let mut loaded = cluster.nothing_loaded();
    let mut entries = Vec::new();
    match read_as_kubectl(text) {
        Ok(Reading { documents, complaints }) => {
            documents.iter().for_each(|document| loaded.add(document));
            if complaints.iter().any(ReadError::is_duplicate) {
                // The API server accepts nothing of this file, even if kubectl could read it.
                loaded.objects.clear();
            } else if loaded.errors.is_empty() && loaded.objects.is_empty() {
                entries.push(nothing_here(&loaded.skipped));
            }
            let is_json = text.trim_start().starts_with('{');
            entries.extend(complaints.into_iter().flat_map(|complaint| strictly_refused(is_json, complaint)));
            if is_json {
                let wholes = loaded.errors.iter().filter(|error| documents.iter().any(|node| is_whole(node, error)));
                entries.extend(wholes.map(|error| note(error.line, error.column, WHOLE_BY_KUBECTL)));
            }
        }
        Err(error) => entries.push(Diagnostic::of_error(DiagnosticLevel::Unreadable, error)),
    }
    FileReport::of_loaded(file, loaded, entries)
}

/// Whether an error is about a number such as `2.0`, which kubectl sends as an integer.
fn is_whole(document: &TreeNode, error: &ReadError) -> bool {
    let node = document.at_path(&error.field);
    let is_there = (node.line, node.column) == (error.line, error.column);
    let number = match &node.value {
        Tree::Float(x) => *x,
        Tree::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        _ => return false,
    };
    is_there && number.is_finite() && number == libm::trunc(number)
}

fn nothing_here(skipped: &[Skipped]) -> Diagnostic {
    let kinds: Vec<&str> = skipped.iter().map(|it| it.kind.as_str()).collect();
    let only = if kinds.is_empty() { String::new() } else { format!(", only {}", kinds.join(", ")) };
    let message = format!("there is no Job or CronJob here{only}");
    Diagnostic {
        level: DiagnosticLevel::Unreadable,
        code: None,
        line: 0,
        column: 0,
        field: String::new(),
        message,
        suggestion: None,
    }
}

/// Complaints of the API server's strict decoding about what kubectl would have corrected.
fn strictly_refused(is_json: bool, complaint: ReadError) -> Vec<Diagnostic> {
    let (line, column) = (complaint.line, complaint.column);
    if !complaint.is_duplicate() {
        let both = format!("{}: {MERGED_BY_KUBECTL}", complaint.message);
        return vec![note(line, column, &both)];
    }
    let lost = if is_json { LOST_AS_JSON } else { LOST_BY_KUBECTL };
    vec![Diagnostic::of_error(DiagnosticLevel::Error, complaint), note(line, column, lost)]
}

fn note(line: usize, column: usize, message: &str) -> Diagnostic {
    let (field, message) = (String::new(), message.to_owned());
    Diagnostic { level: DiagnosticLevel::Note, code: None, line, column, field, message, suggestion: None }
}
