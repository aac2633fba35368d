//! The input of a command: manifests and at most one scenario, as trees, and the settings that are laid over them.
//! [`super::resolve`] resolves it.

use super::document::DisruptionSpec;
use super::named_files::NamedFiles;
use super::problem::{Problem, Problems};
use super::source::{self, Source};
use crate::apiserver::schema::Schema;
use crate::experiment::Budget;
use crate::experiment::result::FileText;
use crate::release::Release;
use crate::text::path::{PathStep, parse_path};
use crate::text::{TreeNode, Value, read_documents};
use std::path::PathBuf;

/// A document of a file.
#[derive(Clone, Debug)]
pub struct SourceDocument {
    /// The file as the user named it.
    pub file: String,
    /// The folder that relative file names in it refer to.
    pub folder: PathBuf,
    /// Its contents.
    pub node: TreeNode,
}

impl SourceDocument {
    /// A problem with the field at a path.
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        Problem::at(&self.file, self.node.at_path(path), path, message)
    }
}

/// All documents of a command.
#[derive(Clone, Debug)]
pub struct Input {
    /// The scenario; an empty one if no file contains one.
    pub scenario: SourceDocument,
    /// Whether the user gave it.
    pub is_given: bool,
    /// Manifests, in addition to those that the scenario names.
    pub manifests: Vec<SourceDocument>,
    /// The texts that were read.
    pub texts: Vec<FileText>,
    /// Settings for manifests of Jobs and CronJobs. They are laid over the parsed text, so the API server's rules see
    /// the result and not the original.
    pub job_settings: Vec<Setting>,
    /// Whether Jobs begin with the status that they have, unless their entry in the scenario says otherwise.
    pub from_status: bool,
    /// What a replication may use.
    pub budget: Budget,
    /// What ends Pods from outside, in addition to the scenario.
    pub disruptions: Vec<DisruptionSpec>,
    /// The release that is modelled; the scenario's `kubernetes` and `featureGates` are ignored then.
    pub release: Option<Release>,
    /// The files that the scenario names.
    pub named_files: NamedFiles,
}

/// A value set from outside: `spec.backoffLimit=3`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The name of the Job or CronJob that it applies to; `None` for all.
    pub job: Option<String>,
    /// The path.
    pub path: Vec<PathStep>,
    /// The value.
    pub value: TreeNode,
    /// As the user wrote it.
    pub text: String,
}

impl Setting {
    /// Parses `path=value` or `job:path=value`; the value is YAML.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let problem = |message: String| Problem::about("command line", message);
        let example = "write `path=value`, such as `spec.backoffLimit=3` or `pods.run=5m`";
        let (target, value) =
            text.split_once('=').ok_or_else(|| problem(format!("{text:?} sets nothing: {example}")))?;
        Self::new(target, value).map_err(problem)
    }

    /// A setting of a path (after the Job's name and a colon, if it applies to one Job only) to a value, written as
    /// YAML.
    ///
    /// # Errors
    /// What is wrong with the path or the value.
    pub fn new(target: &str, value: &str) -> Result<Self, String> {
        let (job, path) = match target.split_once(':') {
            Some((job, path)) => (Some(job.trim().to_owned()), path),
            None => (None, target),
        };
        let path = parse_path(path.trim())?;
        let text = format!("{target}={value}");
        Ok(Setting { job, path, value: value_of(value)?, text })
    }

    /// Whether it is about manifests rather than the scenario, which has no field `spec` or `metadata`.
    pub fn is_of_manifests(&self) -> bool {
        let first = self.path.first();
        self.job.is_some() || matches!(first, Some(PathStep::Name(name)) if name == "spec" || name == "metadata")
    }

    /// The field of `spec` that it sets, if any.
    pub fn spec_field(&self) -> Option<&str> {
        match &self.path[..] {
            [PathStep::Name(spec), PathStep::Name(field), ..] if spec == "spec" => Some(field),
            _ => None,
        }
    }

    /// The same setting of the Job template of a CronJob.
    pub fn below_template(&self) -> Setting {
        let above = ["spec", "jobTemplate"].map(PathStep::name);
        let path = above.into_iter().chain(self.path.iter().cloned()).collect();
        Setting { path, ..self.clone() }
    }

    /// Sets it in a tree.
    ///
    /// # Errors
    /// If the path does not fit the tree.
    pub fn apply(&self, root: &mut TreeNode) -> Result<(), Problem> {
        root.set(&self.path, self.value.clone())
            .map_err(|message| Problem::about("command line", format!("{:?} cannot be set: {message}", self.text)))
    }
}

impl Input {
    /// Reads files, folders and standard input (`-`).
    ///
    /// # Errors
    /// What cannot be read, with file and place; or more than one scenario.
    pub fn read(paths: &[String]) -> Result<Self, Problems> {
        let mut sources = Vec::new();
        for path in paths {
            sources.extend(source::read(path).map_err(|problem| vec![problem])?);
        }
        Self::of_sources(sources)
    }

    /// Parses texts that were read.
    ///
    /// # Errors
    /// As for [`Input::read`].
    pub fn of_sources(sources: Vec<Source>) -> Result<Self, Problems> {
        let mut input = Input {
            scenario: bare(),
            is_given: false,
            manifests: Vec::new(),
            texts: Vec::new(),
            job_settings: Vec::new(),
            from_status: false,
            budget: Budget::default(),
            disruptions: Vec::new(),
            release: None,
            named_files: NamedFiles::default(),
        };
        for Source { name, folder, text } in sources {
            let documents = read_documents(&text).map_err(|error| vec![Problem::of(&name, error)])?;
            if documents.is_empty() {
                return Err(vec![Problem::about(&name, "there is no document in it")]);
            }
            for node in documents {
                let document = SourceDocument { file: name.clone(), folder: folder.clone(), node };
                input.add(document).map_err(|problem| vec![problem])?;
            }
            input.texts.push(FileText { name, text });
        }
        Ok(input)
    }

    /// The values of the scenario and of the manifests beside it.
    pub(super) fn values(&self) -> u64 {
        self.manifests.iter().chain([&self.scenario]).map(|document| document.node.values()).sum()
    }

    fn add(&mut self, document: SourceDocument) -> Result<(), Problem> {
        let version = document.node.get("apiVersion").and_then(TreeNode::as_text);
        if !version.is_some_and(|v| v.starts_with("jobsim/")) {
            self.manifests.push(document);
            return Ok(());
        }
        if self.is_given {
            let other = format!("a second scenario (the first is in {}): one at a time", self.scenario.file);
            return Err(Problem::at(&document.file, &document.node, "", other));
        }
        self.is_given = true;
        self.scenario = document;
        Ok(())
    }

    /// Lays a setting over the input.
    ///
    /// # Errors
    /// If the path does not fit.
    pub fn set(&mut self, setting: Setting) -> Result<(), Problem> {
        if setting.is_of_manifests() {
            self.job_settings.push(setting);
            return Ok(());
        }
        if let Some(PathStep::Name(field)) = setting.path.first()
            && let Some((whole, whose)) = field_of_manifests(field)
        {
            let what = format!("{:?}: {field} is a field of a {whose}, not of the scenario", setting.text);
            return Err(Problem::about("command line", what).suggesting(Some(&whole)));
        }
        setting.apply(&mut self.scenario.node)
    }
}

/// The full path of a field that only manifests have, and the Job that it applies to.
fn field_of_manifests(field: &str) -> Option<(String, &'static str)> {
    let places = [
        ("JobSpec", "spec", "Job"),
        ("CronJobSpec", "spec", "CronJob"),
        ("PodSpec", "spec.template.spec", "Pod template"),
    ];
    let schema = Schema::get();
    let (_, above, whose) = places.into_iter().find(|(object, ..)| schema.named(object).field(field).is_some())?;
    Some((format!("{above}.{field}"), whose))
}

/// A value, written as YAML, except that distributions and schedules need no quotation marks, which a shell would take
/// away. In YAML the colon in `mixture(9: 0s, 1: 5s)` ends a key, an asterisk begins an alias, and an at sign is
/// reserved.
fn value_of(text: &str) -> Result<TreeNode, String> {
    let bare = |value| TreeNode { line: 0, column: 0, value };
    let word = text.trim().split('(').next().unwrap_or_default();
    let is_distribution =
        text.trim().ends_with(')') && !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
    if is_distribution || text.trim().starts_with(['*', '@']) {
        return Ok(bare(Value::Text(text.trim().to_owned())));
    }
    let mut documents = read_documents(text).map_err(|error| format!("{text:?}: {}", error.message))?;
    match documents.len() {
        0 => Ok(bare(Value::Null)),
        1 => Ok(bare(documents.remove(0).value)),
        _ => Err(format!("{text:?} is more than one value")),
    }
}

/// The scenario of a command without one.
fn bare() -> SourceDocument {
    let field = |name: &str, value: &str| {
        let field = crate::text::Field { name: name.to_owned(), line: 0, column: 0 };
        (field, TreeNode { line: 0, column: 0, value: Value::Text(value.to_owned()) })
    };
    let fields = vec![field("apiVersion", "jobsim/v1"), field("kind", "Scenario")];
    let node = TreeNode { line: 0, column: 0, value: Value::Map(fields) };
    SourceDocument { file: "command line".to_owned(), folder: PathBuf::new(), node }
}
