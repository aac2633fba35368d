//! The entries of a scenario's `jobs`: the manifests that they contain or name, what is laid over them, and when their
//! Jobs arrive. How Jobs are planned is in `planning`.

use super::arrivals;
use super::document::{JobEntrySpec, ManifestSource};
use super::input::SourceDocument;
use super::manifests::Manifests;
use super::named_files::NamedFileError;
use super::problem::{Problem, Problems};
use super::resolve::Resolver;
use crate::experiment::RAISED;
use crate::limits::DEFAULT_ARRIVALS;
use crate::text::thousands;
use std::sync::Arc;

impl Resolver<'_> {
    /// The Jobs of one entry.
    pub(super) fn entry(&mut self, n: usize, entry: &JobEntrySpec) -> Result<(), Problems> {
        let path = format!("jobs[{n}]");
        let mut manifests = Manifests::default();
        for document in self.documents(&path, entry)? {
            let rules = self.reading_rules(entry.from_status);
            self.count_values(&document)?;
            manifests.add(&document, &self.input.job_settings, entry.name.as_deref(), rules)?;
        }
        if let Some(cronjob) = manifests.cronjobs.first() {
            self.only_at(&path, entry, &cronjob.0.name)?;
        }
        if entry.arrivals.as_ref().is_some_and(arrivals::is_open) {
            let jobs = thousands(DEFAULT_ARRIVALS.into());
            let what = format!("{path}.arrivals: neither count nor until is given, so {jobs} Jobs arrive");
            self.jobs.manifests.notices.push(what);
        }
        let arrivals =
            arrivals::of(entry, &self.input.scenario.folder, self.input.budget.jobs).map_err(self.below(&path))?;
        let own = self.model_over(&format!("{path}.pods"), &entry.pods)?;
        let file = self.input.scenario.file.clone();
        // An entry without settings of its own leaves the choice to the labels of its Jobs (`models`).
        let own = (own != self.jobs.models[0]).then_some(own);
        self.take_in(&mut manifests, &arrivals, (own, Some(&entry.pods)), &file)
    }

    /// A CronJob is created once, so everything that makes copies is rejected.
    fn only_at(&self, path: &str, entry: &JobEntrySpec, name: &str) -> Result<(), Problems> {
        let given = [
            ("count", entry.count.is_some()),
            ("every", entry.every.is_some()),
            ("arrivals", entry.arrivals.is_some()),
        ];
        let Some((field, _)) = given.into_iter().find(|(_, given)| *given) else { return Ok(()) };
        let why = format!(
            "CronJob {name:?} is created once, and creates Jobs by its schedule: {field} is for Jobs; allowed is at"
        );
        Err(self.problem(&format!("{path}.{field}"), why))
    }

    /// The documents that an entry names or contains.
    fn documents(&mut self, path: &str, entry: &JobEntrySpec) -> Result<Vec<Arc<SourceDocument>>, Problems> {
        let scenario = &self.input.scenario;
        match &entry.source {
            ManifestSource::Inline(node) => {
                let (file, folder) = (scenario.file.clone(), scenario.folder.clone());
                Ok(vec![Arc::new(SourceDocument { file, folder, node: node.clone() })])
            }
            ManifestSource::Manifest(file) => {
                let file = scenario.folder.join(file).display().to_string();
                let read = self.input.named_files.read(&file).map_err(|problem| match problem {
                    NamedFileError::Unread(problem) => self.problem(&format!("{path}.manifest"), problem.to_string()),
                    NamedFileError::Invalid(problem) => vec![problem],
                })?;
                if self.jobs.named.insert(file) {
                    self.jobs.texts.extend(read.texts.iter().cloned());
                }
                Ok(read.documents.clone())
            }
        }
    }

    /// Counts the values of a document, each time that an entry or a point of a design reads it.
    ///
    /// # Errors
    /// If they are too many, with those that were read before.
    pub(super) fn count_values(&mut self, document: &SourceDocument) -> Result<(), Problems> {
        self.jobs.values += document.node.values();
        if self.jobs.values <= self.input.budget.values {
            return Ok(());
        }
        let most = thousands(self.input.budget.values);
        let what = format!("more than {most} values in all manifests, each counted as often as it is read; {RAISED}");
        Err(vec![Problem::about(&document.file, what)])
    }
}
