//! A Job as the API server keeps it: the whole object, and the part of it that the controller reads. It is created from
//! a manifest and edited by patches, both through the API server's own rules. It is not the Job's status.

use super::create::{self, Identity};
use super::decode::decode_as_of;
use super::pod_template::PodOptions;
use super::rules::job as job_rules;
use super::rules::update::{self, Progress};
use super::rules::{member, text};
use super::{ErrorType, FieldError, resolve};
use crate::api::{JobSpec, JobStatus};
use crate::apiserver::server_fields;
use crate::release::ReleaseProfile;
use crate::text::TreeNode;
use crate::text::merge;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A Job that the API server has accepted.
#[derive(Clone, Debug)]
pub struct JobObject {
    /// The object as a read returns it, without its status: defaults and generated fields included. Null in a copy,
    /// whose object is made on request: see [`JobObject::whole`].
    pub object: Value,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The part that the controller reads.
    pub spec: Arc<JobSpec>,
    /// The release of the API server that stores it.
    pub release: ReleaseProfile,
    /// The Job that this is a copy of.
    original: Option<Arc<JobObject>>,
}

/// The result of an accepted edit.
#[derive(Clone, Debug)]
pub enum PatchOutcome {
    /// The spec has the same meaning as before.
    Unchanged,
    /// The edited Job.
    Changed(Box<JobObject>),
}

/// The message with which the API server rejects an object. `kind` is `Job.batch` or the like.
pub fn refusal(kind: &str, name: &str, errors: &[FieldError]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in errors.iter().map(ToString::to_string) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match &texts[..] {
        [only] => format!("{kind} {name:?} is invalid: {only}"),
        all => format!("{kind} {name:?} is invalid: [{}]", all.join(", ")),
    }
}

/// The options that hold in most clusters.
pub(crate) const POD_OPTIONS: PodOptions = PodOptions {
    allow_privileged: true,
    allow_invalid_label_values: false,
    allow_invalid_node_label_values: false,
    allow_image_sub_path: false,
};

/// Does something with the identity that a cluster of a release gives to a new object: always the same one.
pub(crate) fn with_identity<T>(value: &Value, release: ReleaseProfile, work: impl FnOnce(&Identity<'_>) -> T) -> T {
    let meta = member(value, "metadata");
    let namespace = Some(text(meta, "namespace")).filter(|name| !name.is_empty()).unwrap_or("default");
    let uid = uid_of(namespace, &format!("{}{}", text(meta, "generateName"), text(meta, "name")));
    let (created, suffix) = ("2026-01-01T00:00:00Z", "b2c4d");
    work(&Identity { uid: &uid, created, suffix, namespace, pod: POD_OPTIONS, release })
}

/// A uid for an object with this name, which is always the same.
pub(crate) fn uid_of(namespace: &str, name: &str) -> String {
    // FNV-1a, twice with different seeds. It only needs to differ between names.
    let hash = |start: u64| {
        let bytes = namespace.bytes().chain([0]).chain(name.bytes());
        bytes.fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
    };
    let (a, b) = (hash(0xcbf2_9ce4_8422_2325), hash(0x9ae1_6a3b_2f90_404f));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

/// A placeholder for no Job.
impl Default for JobObject {
    fn default() -> Self {
        Self::of(Value::Null, ReleaseProfile::default())
    }
}

impl JobObject {
    /// The Job that the API server of the modelled release stores for this manifest.
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn from_value(value: &Value) -> Result<JobObject, Vec<FieldError>> {
        Self::in_release(value, ReleaseProfile::default())
    }

    /// The Job that the API server of a release stores for this manifest.
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn in_release(value: &Value, release: ReleaseProfile) -> Result<JobObject, Vec<FieldError>> {
        with_identity(value, release, |identity| Self::created(value, identity))
    }

    /// The same Job under another name: the API server generates its fields again.
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn renamed(&self, name: &str) -> Result<JobObject, Vec<FieldError>> {
        let mut value = self.object.clone();
        server_fields::take(&mut value, false);
        value["metadata"]["name"] = name.into();
        Self::in_release(&value, self.release)
    }

    /// A copy under another name, which the caller has found to be valid. It shares everything but the name with the
    /// original, so that a million copies are possible.
    pub fn copied(self: &Arc<Self>, name: String) -> JobObject {
        let (namespace, spec, original) = (self.namespace.clone(), self.spec.clone(), Some(self.clone()));
        JobObject { object: Value::Null, namespace, name, spec, release: self.release, original }
    }

    /// The Job with its own object, if this is a copy.
    pub fn whole(&self) -> Cow<'_, JobObject> {
        match &self.original {
            None => Cow::Borrowed(self),
            Some(original) => Cow::Owned(original.renamed(&self.name).expect("the name of a copy is valid")),
        }
    }

    /// The object without making a copy, for what copies share: everything but the name and what is generated from it.
    pub fn shared(&self) -> &Value {
        self.original.as_ref().map_or(&self.object, |original| &original.object)
    }

    pub(crate) fn created(value: &Value, identity: &Identity<'_>) -> Result<JobObject, Vec<FieldError>> {
        let mut object = decoded(value, "Job", identity.release)?;
        create::job(&mut object, identity);
        if job_rules::panics(member(&object, "spec")) {
            return Err(vec![job_rules::panic_error("spec")]);
        }
        let errors = job_rules::created(&object, &identity.pod);
        if !errors.is_empty() {
            return Err(errors);
        }
        create::stored("Job", &mut object);
        Ok(Self::of(object, identity.release))
    }

    fn of(object: Value, release: ReleaseProfile) -> JobObject {
        let meta = member(&object, "metadata");
        let (namespace, name) = (text(meta, "namespace").to_owned(), text(meta, "name").to_owned());
        let spec = Arc::new(resolve::job_spec(member(&object, "spec")));
        JobObject { namespace, name, spec, object, release, original: None }
    }

    /// The Job after a JSON merge patch (RFC 7386). `status` decides what may change.
    ///
    /// # Errors
    /// The API server's errors, in its order.
    pub fn merge_patch(&self, patch: &Value, status: &JobStatus) -> Result<PatchOutcome, Vec<FieldError>> {
        debug_assert!(self.original.is_none(), "a copy is made whole before it is edited");
        let mut new = self.object.clone();
        merge::merge_patch(&mut new, patch);
        let leaves_template = leaves_template(patch);
        let mut new = match leaves_template {
            true => decoded_but_template(new, self.release)?,
            false => decoded(&new, "Job", self.release)?,
        };
        self.update_rules(&mut new, Progress::from(status), leaves_template)?;
        Ok(match update::equal(&new["spec"], &self.object["spec"]) {
            true => PatchOutcome::Unchanged,
            false => PatchOutcome::Changed(Box::new(Self::of(new, self.release))),
        })
    }

    fn update_rules(
        &self,
        new: &mut Value,
        progress: Progress,
        template_is_stored: bool,
    ) -> Result<(), Vec<FieldError>> {
        let (old, rules) = (&self.object, self.release.rules);
        create::replacing_job(new, old, rules);
        if job_rules::panics(member(new, "spec")) {
            return Err(vec![job_rules::panic_error("spec")]);
        }
        let errors = update::job(new, old, progress, (&POD_OPTIONS, rules), template_is_stored);
        debug_assert_eq!(errors, update::job(new, old, progress, (&POD_OPTIONS, rules), false));
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Whether a patch does not touch the Pod template.
fn leaves_template(patch: &Value) -> bool {
    match patch.get("spec") {
        None => patch.is_object(),
        Some(spec) => spec.as_object().is_some_and(|spec| !spec.contains_key("template")),
    }
}

/// A patched Job with its types checked, except for those of its Pod template, which was checked when the Job was
/// created and is by far the largest part of a Job.
fn decoded_but_template(mut new: Value, release: ReleaseProfile) -> Result<Value, Vec<FieldError>> {
    let whole = |new: &Value| decoded(new, "Job", release);
    debug_assert!(whole(&new).map_or(true, |all| all["spec"]["template"] == new["spec"]["template"]));
    let template = new["spec"]["template"].take();
    let mut new = whole(&new)?;
    new["spec"]["template"] = template;
    Ok(new)
}

/// The object with its types checked against the fields of a release.
pub(crate) fn decoded(value: &Value, kind: &str, release: ReleaseProfile) -> Result<Value, Vec<FieldError>> {
    let (object, complaints) = decode_as_of(&TreeNode::from_json(value), kind, release.version);
    if complaints.is_empty() {
        return Ok(object);
    }
    let all = complaints.types.into_iter().chain(complaints.unknown);
    Err(all.map(|error| FieldError::new(ErrorType::TypeInvalid, error.field, Value::Null, error.message)).collect())
}
