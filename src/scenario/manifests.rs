//! Manifests as Jobs: documents of a file, lists taken apart, other kinds passed over and named.

use super::input::{Document, Setting};
use super::problem::{Problem, Problems};
use super::tree_path;
use crate::api::{FieldError, JobObject, Node, Value};

/// The Jobs of some documents, and what is to be told.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// In the order of the files.
    pub jobs: Vec<JobObject>,
    /// What the user should know, a line each.
    pub notices: Vec<String>,
    passed_over: Vec<String>,
}

impl Manifests {
    /// Reads a document, with settings laid over each Job; `rename` gives each another name.
    ///
    /// # Errors
    /// What the API server would refuse, with its place.
    pub fn add(&mut self, document: &Document, settings: &[Setting], rename: Option<&str>) -> Result<(), Problems> {
        let kind = document.node.get("kind").and_then(Node::as_text).unwrap_or_default();
        match kind {
            "Job" => self.jobs.push(job(document, settings, rename)?),
            "List" | "JobList" => {
                let Some(Value::List(items)) = document.node.get("items").map(|n| &n.value) else { return Ok(()) };
                for item in items {
                    self.add(&Document { node: item.clone(), ..document.clone() }, settings, rename)?;
                }
            }
            "" => {
                let what = format!("no `kind` in {}: a manifest says what it is", document.node.kind());
                return Err(vec![Problem::at(&document.file, &document.node, "kind", what)]);
            }
            other => self.passed_over.push(other.to_owned()),
        }
        Ok(())
    }

    /// Kinds that were passed over, in order.
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// Takes over all that another has, but for its Jobs.
    pub fn join(&mut self, other: Manifests) {
        self.notices.extend(other.notices);
        self.passed_over.extend(other.passed_over);
    }

    /// Says which kinds were passed over.
    pub fn finish(&mut self) {
        if !self.passed_over.is_empty() {
            let (n, kinds) = (self.passed_over.len(), self.passed_over.join(", "));
            self.notices.push(format!("{n} documents of other kinds passed over: {kinds}"));
        }
    }
}

fn job(document: &Document, settings: &[Setting], rename: Option<&str>) -> Result<JobObject, Problems> {
    let mut node = document.node.clone();
    if let Some(name) = rename {
        let path = [tree_path::Step::Name("metadata".into()), tree_path::Step::Name("name".into())];
        let value = Node { line: node.line, column: node.column, value: Value::Text(name.to_owned()) };
        tree_path::set(&mut node, &path, value).map_err(|e| vec![Problem::about(&document.file, e)])?;
    }
    let name = node.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_text).unwrap_or_default().to_owned();
    for setting in settings.iter().filter(|s| s.job.as_ref().is_none_or(|job| *job == name)) {
        setting.apply(&mut node).map_err(|problem| vec![problem])?;
    }
    let place = |error: FieldError| {
        let steps = tree_path::parse(&error.field).unwrap_or_default();
        Problem::at(&document.file, tree_path::deepest(&node, &steps), "", error.to_string())
    };
    JobObject::from_value(&node.to_json()).map_err(|errors| errors.into_iter().map(place).collect())
}
