//! The API server's answer to one request about a Job or CronJob: the code, errors and warnings, and the object that is
//! stored. There is no store here: the caller passes stored objects in and keeps the results.
//!
//! Source for the order of the checks: `k8s.io/apiserver/pkg/endpoints/handlers` and `k8s.io/apiserver/pkg/registry/rest`.

use super::create::{self, Identity};
use super::decode::{as_read, decode};
use super::pod_template::PodOptions;
use super::rules::update::{self, Progress};
use super::rules::{cronjob, given, job, member, status, text};
use super::{FieldError, warnings};
use crate::release::MODELLED;
use crate::text::tree::{TreeNode, Value as TreeValue};
use serde_json::Value;

/// An endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Job,
    CronJob,
}

/// The answer to a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerAnswer {
    /// The HTTP status.
    pub code: u16,
    /// Why validation rejects the request; empty if it does not.
    pub errors: Vec<FieldError>,
    /// The server's message for a rejection that is not about a field, where it is known.
    pub message: Option<&'static str>,
    /// Warnings for the client; empty if the request is rejected.
    pub warnings: Vec<String>,
    /// The object as a read returns it, if the request is accepted.
    pub object: Value,
}

impl ServerAnswer {
    fn refused(code: u16) -> ServerAnswer {
        ServerAnswer { code, ..ServerAnswer::default() }
    }
}

impl Endpoint {
    /// The kind of the endpoint's objects.
    pub fn kind(self) -> &'static str {
        match self {
            Endpoint::Job => "Job",
            Endpoint::CronJob => "CronJob",
        }
    }

    /// The body as an object of this endpoint, if it can be decoded at all.
    fn read(self, body: &TreeNode) -> Option<Value> {
        // The decoder fills in what is missing from the endpoint: the kind, the version, or group and version.
        let is = |name: &str, allowed: &[&str]| match body.get(name).map(|node| &node.value) {
            None | Some(TreeValue::Null) => true,
            Some(TreeValue::Text(text)) => allowed.contains(&text.as_str()),
            Some(_) => false,
        };
        if !is("kind", &["", self.kind()]) || !is("apiVersion", &["", "/", "batch/", "batch/v1"]) {
            return None;
        }
        let (object, complaints) = decode(body, self.kind());
        complaints.is_empty().then_some(object)
    }

    /// The rejection, if validation fails.
    fn refusal(self, object: &Value, validate: impl FnOnce() -> Vec<FieldError>) -> Option<ServerAnswer> {
        let spec = match self {
            Endpoint::Job => member(object, "spec"),
            Endpoint::CronJob => member(member(member(object, "spec"), "jobTemplate"), "spec"),
        };
        if job::panics(spec) {
            return Some(ServerAnswer::refused(500));
        }
        let errors = validate();
        (!errors.is_empty()).then(|| ServerAnswer { errors, ..ServerAnswer::refused(422) })
    }

    /// Creates an object.
    pub fn create(self, body: &TreeNode, identity: &Identity<'_>) -> ServerAnswer {
        let Some(mut object) = self.read(body) else { return ServerAnswer::refused(400) };
        let is_versioned = has_version(&object);
        let namespace = text(member(&object, "metadata"), "namespace");
        if !namespace.is_empty() && namespace != identity.namespace {
            return ServerAnswer::refused(400);
        }
        let refusal = match self {
            Endpoint::Job => {
                create::job(&mut object, identity);
                self.refusal(&object, || job::created(&object, &identity.pod))
            }
            Endpoint::CronJob => {
                create::cron_job(&mut object, identity);
                self.refusal(&object, || cronjob::created(&object, &identity.pod))
            }
        };
        if let Some(refusal) = refusal {
            return refusal;
        }
        if is_versioned {
            return ServerAnswer { message: Some(HAS_VERSION), ..ServerAnswer::refused(500) };
        }
        let warnings = match self {
            Endpoint::Job => warnings::job_created(&object),
            Endpoint::CronJob => warnings::cron_job_created(&object),
        };
        create::stored(self.kind(), &mut object);
        ServerAnswer { code: 201, warnings, object: shown(self, object), ..ServerAnswer::default() }
    }

    /// Replaces the status of a stored object, and otherwise only labels and the like.
    pub fn update_status(self, old: &Value, body: &TreeNode) -> ServerAnswer {
        let Some(mut object) = self.read(body) else { return ServerAnswer::refused(400) };
        if let Some(code) = precondition(&object, old) {
            return ServerAnswer::refused(code);
        }
        create::replacing_status(&mut object, old);
        let errors = match self {
            Endpoint::Job => status::updated(&object, old, true),
            Endpoint::CronJob => cronjob::status_updated(&object, old),
        };
        if !errors.is_empty() {
            return ServerAnswer { errors, ..ServerAnswer::refused(422) };
        }
        create::stored(self.kind(), &mut object);
        ServerAnswer { code: 200, object: shown(self, object), ..ServerAnswer::default() }
    }

    /// Replaces a stored object.
    pub fn update(self, old: &Value, body: &TreeNode, pod: &PodOptions) -> ServerAnswer {
        let Some(mut object) = self.read(body) else { return ServerAnswer::refused(400) };
        if let Some(code) = precondition(&object, old) {
            return ServerAnswer::refused(code);
        }
        let refusal = match self {
            Endpoint::Job => {
                create::replacing_job(&mut object, old, MODELLED.profile.rules);
                let progress = Progress::of_json(member(old, "status"));
                self.refusal(&object, || update::job(&object, old, progress, (pod, MODELLED.profile.rules), false))
            }
            Endpoint::CronJob => {
                create::replacing_cron_job(&mut object, old, MODELLED.profile.rules);
                self.refusal(&object, || cronjob::updated(&object, old, pod))
            }
        };
        if let Some(refusal) = refusal {
            return refusal;
        }
        let changed = !update::equal(member(&object, "spec"), member(old, "spec"));
        if changed {
            let generation = old.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
            object["metadata"]["generation"] = (generation + 1).into();
        }
        let warnings = match self {
            Endpoint::Job => warnings::job_updated(&object, changed),
            Endpoint::CronJob => warnings::cron_job_updated(&object, changed),
        };
        create::stored(self.kind(), &mut object);
        ServerAnswer { code: 200, warnings, object: shown(self, object), ..ServerAnswer::default() }
    }
}

/// A stored object as a read returns it.
fn shown(endpoint: Endpoint, mut object: Value) -> Value {
    let spec = match endpoint {
        Endpoint::Job => "JobSpec",
        Endpoint::CronJob => "CronJobSpec",
    };
    object["spec"] = as_read(&object["spec"], spec);
    object
}

/// The server's message if an object to be created already has a version. The store behind the API server rejects it
/// after all rules, so it is an internal error.
const HAS_VERSION: &str = "resourceVersion should not be set on objects to be created";

/// Whether an object to be created has a version. Text that is not a version is silently dropped, and so is 0.
///
/// Source: `Create` in `k8s.io/apiserver/pkg/storage/etcd3`.
fn has_version(object: &Value) -> bool {
    let version = text(member(object, "metadata"), "resourceVersion");
    version.bytes().all(|b| b.is_ascii_digit()) && version.parse::<u64>().is_ok_and(|version| version > 0)
}

/// Checks what precedes the object itself: that it is the same object, in its latest version. Returns the code of a
/// rejection.
fn precondition(object: &Value, old: &Value) -> Option<u16> {
    let (meta, old_meta) = (member(object, "metadata"), member(old, "metadata"));
    let differs = |name: &str| text(meta, name) != text(old_meta, name);
    let conflicts = |name: &str| given(meta, name).is_some() && differs(name);
    if differs("name") || conflicts("namespace") {
        return Some(400);
    }
    (conflicts("uid") || conflicts("resourceVersion")).then_some(409)
}
