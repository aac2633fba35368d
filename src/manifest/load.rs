//! Manifests as people have them: documents and lists of Jobs, CronJobs and other objects, some read from a cluster.
//! Errors name the place. Input is text and trees, not files.
//!
//! Nothing is dropped silently: other kinds are counted and named, fields that the server had set are left out with a
//! notice, and fields that have no effect in a simulation cause a warning.

use super::{InitialJobStatus, SeenEvent, SeenPod, initial_cronjob_status, unmodelled};
use crate::api::InitialCronJobStatus;
use crate::apiserver::decode::decode_as_of;
use crate::apiserver::server_fields;
use crate::apiserver::{CronJobObject, FieldError, JobObject, dropped_fields, warnings};
use crate::limits::MOST_COMPLAINTS;
use crate::release::ReleaseProfile;
use crate::text::read_documents;
use crate::text::suggest;
use crate::text::tree::{ReadError, TreeNode, Value};
use crate::time::SimTime;
use serde_json::Value as Json;

/// The contents of some documents.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Whether Jobs and CronJobs begin with the status in their objects.
    pub from_status: bool,
    /// Whether the cluster has nodes, so that what Pods say about placement has an effect.
    pub has_nodes: bool,
    /// The release of the API server that accepts or rejects them.
    pub release: ReleaseProfile,
    /// The Jobs and CronJobs, in the order of the text.
    pub objects: Vec<LoadedObject>,
    /// Objects of other kinds, in the order of the text.
    pub skipped: Vec<Skipped>,
    /// Pods of Jobs, if Jobs begin with their status.
    pub pods: Vec<SeenPod>,
    /// The latest time that those Pods, and the Events that were read with them, show.
    pub latest_seen: Option<SimTime>,
    /// All that is wrong.
    pub errors: Vec<ReadError>,
    /// The API server's warnings.
    pub warnings: Vec<Remark>,
    /// What would change the outcome in a cluster but has no effect in a simulation.
    pub unmodelled: Vec<Remark>,
    /// What was left out.
    pub notices: Vec<Remark>,
}

/// A Job or CronJob and its place.
#[derive(Clone, Debug)]
pub struct LoadedObject {
    /// The object.
    pub object: Manifest,
    /// The tree that it was read from.
    pub node: TreeNode,
    /// Its status, if it comes from a cluster.
    pub status: Option<Json>,
    /// The status that it begins with, if that is requested and it has one.
    pub starting: Option<Starting>,
}

/// The status that an object begins with.
#[derive(Clone, Debug)]
pub enum Starting {
    /// A Job's.
    Job(Box<InitialJobStatus>),
    /// A CronJob's.
    CronJob(Box<InitialCronJobStatus>),
}

/// An object that can be simulated.
#[derive(Clone, Debug)]
pub enum Manifest {
    /// A Job.
    Job(Box<JobObject>),
    /// A CronJob.
    CronJob(Box<CronJobObject>),
}

/// An object of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its kind.
    pub kind: String,
    /// Its name, which may be empty.
    pub name: String,
    /// Line, from 1.
    pub line: usize,
}

/// A message about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Line, from 1; 0 for a value from the command line.
    pub line: usize,
    /// Column in characters, from 1; 0 for a value from the command line.
    pub column: usize,
    /// Path of the field, which may be empty.
    pub field: String,
    /// The message.
    pub message: String,
}

impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let colon = if self.field.is_empty() { "" } else { ": " };
        write!(f, "{}:{}: {}{colon}{}", self.line, self.column, self.field, self.message)
    }
}

/// Reads all documents of a text.
///
/// # Errors
/// Everything that is wrong with it. A text without a Job or CronJob is an error too.
///
/// # Example
/// ```
/// let text = "kind: Job\napiVersion: batch/v1\nspec: {paralelism: 2}";
/// let errors = jobsim::manifest::load_manifests(text).unwrap_err();
/// assert!(errors[0].to_string().ends_with("(did you mean \"parallelism\"?)"));
/// ```
pub fn load_manifests(text: &str) -> Result<Loaded, Vec<ReadError>> {
    let documents = read_documents(text).map_err(|error| vec![error])?;
    let mut loaded = Loaded::default();
    for document in &documents {
        loaded.add(document);
    }
    if loaded.errors.is_empty() && loaded.objects.is_empty() {
        let kinds: Vec<&str> = loaded.skipped.iter().map(|s| s.kind.as_str()).collect();
        let found = if kinds.is_empty() { String::new() } else { format!(", only {}", kinds.join(", ")) };
        let message = format!("there is no Job or CronJob here{found}");
        return Err(vec![ReadError { line: 1, column: 1, field: String::new(), message, suggestion: None }]);
    }
    if loaded.errors.is_empty() { Ok(loaded) } else { Err(loaded.errors) }
}

impl Loaded {
    /// Adds the objects of a document, which is an object or a list of objects.
    pub fn add(&mut self, document: &TreeNode) {
        match items(document) {
            Ok(objects) => objects.into_iter().for_each(|object| self.add_object(object)),
            Err(error) => self.errors.push(error),
        }
    }

    /// Adds an object that is not a list.
    pub fn add_object(&mut self, node: &TreeNode) {
        if self.errors.len() >= MOST_COMPLAINTS {
            return;
        }
        match kind_of(node) {
            Ok(ManifestKind::Job) => self.take(node, "Job"),
            Ok(ManifestKind::CronJob) => self.take(node, "CronJob"),
            Ok(ManifestKind::Other(kind)) => {
                if self.from_status && self.take_seen(&kind, node) {
                    return;
                }
                let name = node.get("metadata").and_then(|m| m.get("name")).and_then(TreeNode::as_text);
                let name = name.unwrap_or_default().to_owned();
                self.skipped.push(Skipped { kind, name, line: node.line });
            }
            Err(error) => self.errors.push(error),
        }
    }

    /// Takes in a Pod of a Job, or an Event, of which only the time counts: the cluster was read then or later. Returns
    /// `false` if it is neither.
    fn take_seen(&mut self, kind: &str, node: &TreeNode) -> bool {
        match kind {
            "Pod" => {
                let Some(pod) = SeenPod::read(node) else { return false };
                self.latest_seen = self.latest_seen.max(pod.latest);
                self.pods.push(pod);
            }
            "Event" => self.latest_seen = self.latest_seen.max(SeenEvent::of(&node.to_json()).last),
            _ => return false,
        }
        true
    }

    fn take(&mut self, node: &TreeNode, kind: &str) {
        let (mut json, complaints) = decode_as_of(node, kind, self.release.version);
        if !complaints.is_empty() {
            let mut errors: Vec<ReadError> = complaints.types.into_iter().chain(complaints.unknown).collect();
            errors.sort_by_key(|error| (error.line, error.column));
            return self.errors.extend(errors);
        }
        let cluster = server_fields::take(&mut json, self.from_status);
        let created = match kind {
            "Job" => JobObject::in_release(&json, self.release).map(|job| Manifest::Job(Box::new(job))),
            _ => CronJobObject::in_release(&json, self.release).map(|cron_job| Manifest::CronJob(Box::new(cron_job))),
        };
        let from_status = self.from_status && (cluster.status.is_some() || cluster.deleting);
        let starting = |object: &Manifest| match object {
            _ if !from_status => Ok(None),
            Manifest::Job(job) => {
                InitialJobStatus::read(job, &cluster).map(|status| Some(Starting::Job(Box::new(status))))
            }
            Manifest::CronJob(_) => {
                initial_cronjob_status::read(&cluster).map(|status| Some(Starting::CronJob(Box::new(status))))
            }
        };
        match created.and_then(|object| Ok((starting(&object)?, object))) {
            Ok((starting, object)) => {
                if let Some(notice) = cluster.notice {
                    self.notices.push(remark(node, "", notice));
                }
                self.tell_what_is_dropped(node, kind);
                self.warn(node, &object);
                self.objects.push(LoadedObject { object, node: node.clone(), status: cluster.status, starting });
            }
            Err(errors) => self.errors.extend(errors.into_iter().map(|error| placed(node, error))),
        }
    }

    /// Tells which fields the API server of the release accepts but does not keep.
    fn tell_what_is_dropped(&mut self, node: &TreeNode, kind: &str) {
        let spec = if kind == "Job" { "spec" } else { "spec.jobTemplate.spec" };
        let version = self.release.version.minor_name();
        for field in dropped_fields(self.release.rules) {
            let path = format!("{spec}.{field}");
            // Without the field its path leads no further than to `spec`.
            if node.at_path(&path) != node.at_path(spec) {
                let what = format!("{version} takes this field and drops it when the Job is created: it has no effect");
                self.notices.push(remark(node, &path, what));
            }
        }
    }

    fn warn(&mut self, node: &TreeNode, object: &Manifest) {
        let (json, spec_path, api) = match object {
            Manifest::Job(job) => (&job.object, "spec", warnings::job_created(&job.object)),
            Manifest::CronJob(c) => (&c.object, "spec.jobTemplate.spec", warnings::cron_job_created(&c.object)),
        };
        for warning in api {
            // They begin with the path, as errors do.
            let (field, message) =
                warning.split_once(": ").filter(|(path, _)| !path.contains(' ')).unwrap_or(("", &warning));
            self.warnings.push(remark(node, field, message));
        }
        let pointer = format!("/{}/template/spec", spec_path.replace('.', "/"));
        let pod = json.pointer(&pointer).map(|pod| unmodelled::of_pod(pod, self.has_nodes)).unwrap_or_default();
        let pod = pod.into_iter().map(|(path, why)| (format!("{spec_path}.template.spec.{path}"), why));
        let meta = json.get("metadata").map(unmodelled::of_metadata).unwrap_or_default();
        let meta = meta.into_iter().map(|(path, why)| (format!("metadata.{path}"), why.to_owned()));
        for (path, why) in pod.chain(meta) {
            self.unmodelled.push(remark(node, &path, format!("has no effect in the simulation{why}")));
        }
    }
}

impl Manifest {
    /// The object as a read from the API returns it.
    pub fn json(&self) -> &Json {
        match self {
            Manifest::Job(job) => &job.object,
            Manifest::CronJob(cron_job) => &cron_job.object,
        }
    }
}

fn remark(root: &TreeNode, field: &str, message: impl Into<String>) -> Remark {
    let node = root.at_path(field);
    Remark { line: node.line, column: node.column, field: field.to_owned(), message: message.into() }
}

/// The API server's error, with the place of the field.
fn placed(root: &TreeNode, error: FieldError) -> ReadError {
    let text = error.to_string();
    let message = text.strip_prefix(&error.field).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text).to_owned();
    root.at_path(&error.field).error(&error.field, message)
}

/// Kinds of lists whose members are read.
const LISTS: [&str; 5] = ["List", "JobList", "CronJobList", "NodeList", "PodList"];

/// The objects of a document: itself, or the members of a list.
///
/// # Errors
/// A list whose `items` is not a list.
pub fn items(document: &TreeNode) -> Result<Vec<&TreeNode>, ReadError> {
    let kind = document.get("kind").and_then(TreeNode::as_text).unwrap_or_default();
    if !LISTS.contains(&kind) {
        return Ok(vec![document]);
    }
    let members = match document.get("items") {
        None => return Ok(Vec::new()),
        Some(items) => match &items.value {
            Value::List(list) => list,
            Value::Null => return Ok(Vec::new()),
            _ => return Err(items.error("items", format!("must be a list, not {}", items.kind()))),
        },
    };
    let mut all = Vec::new();
    for member in members {
        all.extend(items(member)?);
    }
    Ok(all)
}

/// The kind of an object.
enum ManifestKind {
    Job,
    CronJob,
    Other(String),
}

fn kind_of(node: &TreeNode) -> Result<ManifestKind, ReadError> {
    if !matches!(node.value, Value::Map(_)) {
        return Err(node.error("", format!("a manifest is an object, not {}", node.kind())));
    }
    let text = |name: &str| match node.get(name) {
        None => Err(node.error(name, "is missing: a manifest says apiVersion and kind, such as batch/v1 and Job")),
        Some(value) => match value.as_text() {
            Some("") | None => Err(value.error(name, format!("must be a string, not {}", value.kind()))),
            Some(text) => Ok((text, value)),
        },
    };
    let (kind, at_kind) = text("kind")?;
    let (version, at_version) = text("apiVersion")?;
    match (kind, version) {
        ("Job", "batch/v1") => Ok(ManifestKind::Job),
        ("CronJob", "batch/v1") => Ok(ManifestKind::CronJob),
        ("Job" | "CronJob", "v1" | "batch" | "batch/v1beta1" | "batch/v2alpha1" | "batch/v2") => {
            let message = format!("Kubernetes has no {kind} in {version}");
            Err(ReadError { suggestion: Some("batch/v1".to_owned()), ..at_version.error("apiVersion", message) })
        }
        (_, "batch/v1") => {
            let suggestion = suggest(kind, ["Job", "CronJob"]).map(str::to_owned);
            Err(ReadError { suggestion, ..at_kind.error("kind", format!("there is no {kind} in batch/v1")) })
        }
        _ => Ok(ManifestKind::Other(kind.to_owned())),
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
