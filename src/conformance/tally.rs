//! Counting: what each worker thread adds up by itself, and the report that they are merged into. Memory grows with the
//! names of tags, corpora and files and with the differences kept, not with the cases.

use super::{FirstDifference, Verdict, parsed};
use crate::release::MODELLED;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The position of a case, by which everything in a report is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The file's place among the files that were found.
    pub file: usize,
    /// The line, from 1; 0 stands for the file itself.
    pub line: u64,
}

/// The fields that records of every corpus have.
#[derive(Debug, Deserialize)]
pub struct Heading<'a> {
    #[serde(borrow)]
    corpus: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    release: Option<Cow<'a, str>>,
    tags: Option<Vec<String>>,
    family: Option<String>,
    kind: Option<String>,
    variant: Option<String>,
}

impl<'a> Heading<'a> {
    /// Reads the heading of a record.
    ///
    /// # Errors
    /// The text is not a record; the message says why.
    pub fn of(line: &'a [u8]) -> Result<Self, String> {
        // serde would also accept a list, with the fields in order.
        if line.first() != Some(&b'{') {
            return Err("not a case: a case is a JSON object on one line".to_owned());
        }
        parsed(line).map_err(|why| format!("not a case: {why}"))
    }

    /// The corpus that the record belongs to.
    ///
    /// # Errors
    /// A record that does not name its corpus.
    pub fn corpus(&self) -> Result<&str, String> {
        self.corpus.as_deref().ok_or_else(|| "not a case: it has no `corpus`".to_owned())
    }

    /// The case's name: its `id` where it has one (which is unique), else its `name`.
    ///
    /// # Errors
    /// A record that has neither.
    pub fn case(&self) -> Result<&str, String> {
        self.id.as_deref().or(self.name.as_deref()).ok_or_else(|| "not a case: neither `id` nor `name`".to_owned())
    }

    /// Whether this is the name or the id of the case.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.as_deref() == Some(name) || self.name.as_deref() == Some(name)
    }

    /// The release under which the case is replayed; the default release if it names none.
    fn release(&self) -> Cow<'_, str> {
        match &self.release {
            Some(release) => Cow::Borrowed(release),
            None => Cow::Owned(MODELLED.profile.name()),
        }
    }

    /// What the case is counted under, each once: `tags`, else `family`, `kind` or `variant`, else nothing.
    fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = match &self.tags {
            Some(tags) if !tags.is_empty() => tags.iter().map(String::as_str).collect(),
            _ => self.family.iter().chain(&self.kind).chain(&self.variant).take(1).map(String::as_str).collect(),
        };
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

/// How many cases there were, and how many of them were reproduced exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Cases that were equal in everything.
    pub equal: u64,
    /// All cases.
    pub total: u64,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.equal += other.equal;
        self.total += other.total;
    }
}

/// A case that was not reproduced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Differing {
    /// The file that it is in.
    pub file: PathBuf,
    /// The line in that file, from 1.
    #[serde(skip)]
    pub line: u64,
    /// Its `id`, else its `name`.
    pub case: String,
    /// Where it first differs.
    #[serde(flatten)]
    pub difference: FirstDifference,
}

/// The result of replaying files. As JSON it is `{equal, total, byCorpus, byRelease, byTag, differing}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// Of all cases.
    #[serde(flatten)]
    pub all: Count,
    /// By the `corpus` of the records.
    pub by_corpus: BTreeMap<String, Count>,
    /// By the release of Kubernetes that was modelled.
    pub by_release: BTreeMap<String, Count>,
    /// By `tags` (a case counts under each of its tags), else `family`, `kind` or `variant`.
    pub by_tag: BTreeMap<String, Count>,
    /// By file, in the order in which they were found; files of which no case was asked for are left out.
    #[serde(skip)]
    pub by_file: Vec<(PathBuf, Count)>,
    /// The first differing cases in the order of files and lines, up to the requested number.
    pub differing: Vec<Differing>,
    /// The first case with the requested name, shown whole.
    #[serde(skip)]
    pub shown: Option<ShownCase>,
    /// Files in folders that were not read, because they are neither recordings nor Markdown.
    #[serde(skip)]
    pub passed_over: Vec<PathBuf>,
}

/// One whole case, for people to read.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownCase {
    /// The file that it is in.
    pub file: PathBuf,
    /// The line in that file, from 1.
    pub line: u64,
    /// The record next to the replay.
    pub text: String,
}

/// What one worker thread has counted.
#[derive(Debug, Default)]
pub struct ReplayTally {
    all: Count,
    by_corpus: BTreeMap<String, Count>,
    by_release: BTreeMap<String, Count>,
    by_tag: BTreeMap<String, Count>,
    by_file: BTreeMap<usize, Count>,
    differing: BTreeMap<Position, (String, FirstDifference)>,
    shown: Option<(Position, String)>,
}

impl ReplayTally {
    /// Counts one case; of the differing ones only the first `limit` are kept.
    ///
    /// # Errors
    /// A record without a corpus or a name.
    pub fn add(&mut self, at: Position, case: &Heading<'_>, verdict: Verdict, limit: usize) -> Result<(), String> {
        let count = Count { equal: u64::from(verdict.difference.is_none()), total: 1 };
        self.all.add(count);
        grow(&mut self.by_corpus, case.corpus()?, count);
        grow(&mut self.by_release, &case.release(), count);
        case.groups().into_iter().for_each(|group| grow(&mut self.by_tag, group, count));
        self.by_file.entry(at.file).or_default().add(count);
        if let Some(difference) = verdict.difference {
            self.differing.insert(at, (case.case()?.to_owned(), difference));
            self.keep(limit);
        }
        Ok(())
    }

    /// Keeps the text of a case if it is the first one so far.
    pub fn show(&mut self, at: Position, text: String) {
        if self.shown.as_ref().is_none_or(|(first, _)| at < *first) {
            self.shown = Some((at, text));
        }
    }

    /// Adds what another thread has counted.
    pub fn merge(&mut self, other: ReplayTally, limit: usize) {
        self.all.add(other.all);
        other.by_corpus.iter().for_each(|(name, count)| grow(&mut self.by_corpus, name, *count));
        other.by_release.iter().for_each(|(name, count)| grow(&mut self.by_release, name, *count));
        other.by_tag.iter().for_each(|(name, count)| grow(&mut self.by_tag, name, *count));
        other.by_file.iter().for_each(|(file, count)| self.by_file.entry(*file).or_default().add(*count));
        self.differing.extend(other.differing);
        self.keep(limit);
        if let Some((at, text)) = other.shown {
            self.show(at, text);
        }
    }

    /// The report on these files.
    pub fn report(self, files: &[PathBuf], passed_over: Vec<PathBuf>) -> ReplayReport {
        let name = |file: usize| files[file].clone();
        let differing = self.differing.into_iter().map(|(at, (case, difference))| Differing {
            file: name(at.file),
            line: at.line,
            case,
            difference,
        });
        ReplayReport {
            all: self.all,
            by_corpus: self.by_corpus,
            by_release: self.by_release,
            by_tag: self.by_tag,
            by_file: self.by_file.into_iter().map(|(file, count)| (name(file), count)).collect(),
            differing: differing.collect(),
            shown: self.shown.map(|(at, text)| ShownCase { file: name(at.file), line: at.line, text }),
            passed_over,
        }
    }

    fn keep(&mut self, limit: usize) {
        while self.differing.len() > limit {
            self.differing.pop_last();
        }
    }
}

fn grow(counts: &mut BTreeMap<String, Count>, name: &str, by: Count) {
    match counts.get_mut(name) {
        Some(count) => count.add(by),
        None => drop(counts.insert(name.to_owned(), by)),
    }
}
