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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{read_first_document, read_json};

    const IDENTITY: Identity<'_> = Identity {
        uid: "11111111-2222-4333-8444-555555555555",
        created: "2026-01-01T00:00:00Z",
        suffix: "b2c4d",
        namespace: "default",
        release: MODELLED.profile,
        pod: PodOptions::STRICT,
    };

    /// A Job in JSON with this version, these fields beside its name, of its spec and of its Pods' spec, and these requests.
    fn text(version: &str, meta: &str, spec: &str, pod: &str, memory: &str) -> String {
        format!(
            r#"{{"apiVersion":"{version}","kind":"Job","metadata":{{"name":"a"{meta}}},"spec":{{{spec}"template":{{"spec":
            {{{pod}"restartPolicy":"Never","containers":[{{"name":"c","image":"x","resources":
            {{"requests":{{"memory":{memory}}}}}}}]}}}}}}}}"#
        )
    }

    fn created(text: &str) -> ServerAnswer {
        Endpoint::Job.create(&read_json(text).expect("it is JSON"), &IDENTITY)
    }

    /// Each is a verdict of the released server that was once given differently.
    #[test]
    fn an_amount_keeps_the_digits_that_a_64_bit_number_loses() {
        let long = "0.1000000000000000055511151231257827";
        let memory = "/spec/template/spec/containers/0/resources/requests/memory";
        let stored = |answer: ServerAnswer| answer.object.pointer(memory).cloned().unwrap_or_default();
        let body = text("batch/v1", "", "", "", long);
        // It is a little more than 100m, and the server rounds up to the next thousandth.
        assert_eq!(stored(created(&body)), "101m");
        // YAML makes a number of 64 bits of it, before anybody knows that it is an amount.
        let yaml = Endpoint::Job.create(&read_first_document(&body).expect("JSON is YAML too"), &IDENTITY);
        assert_eq!(stored(yaml), "100m");
    }

    #[test]
    fn an_amount_whose_thousandths_overflow_is_told_as_a_fractional_byte() {
        let answer = created(&text("batch/v1", "", "", "", r#""1Ei""#));
        let warning = "spec.template.spec.containers[0].resources.requests[memory]: fractional byte value \"1Ei\" is invalid, \
                       must be an integer";
        assert_eq!((answer.code, answer.warnings), (201, vec![warning.to_owned()]));
        let answer = created(&text("batch/v1", "", "", "", r#""1Pi""#));
        assert_eq!((answer.code, answer.warnings), (201, vec![]));
    }

    #[test]
    fn an_object_to_be_created_has_no_version_of_its_own() {
        for (version, code) in [("12", 500), ("0", 201), ("abc", 201), ("", 201), ("18446744073709551616", 201)] {
            let answer = created(&text("batch/v1", &format!(r#","resourceVersion":"{version}""#), "", "", "1"));
            assert_eq!(answer.code, code, "{version}");
            let message = (code == 500).then_some("resourceVersion should not be set on objects to be created");
            assert_eq!(answer.message, message, "{version}");
        }
        // The rules are asked first.
        let refused = created(&text("batch/v1", r#","resourceVersion":"12""#, r#""parallelism":-1,"#, "", "1"));
        assert_eq!(refused.code, 422);
    }

    #[test]
    fn the_endpoint_fills_in_what_a_version_lacks() {
        for (version, code) in [("batch/", 201), ("/", 201), ("", 201), ("batch", 400), ("batch/v2", 400), ("v1", 400)]
        {
            assert_eq!(created(&text(version, "", "", "", "1")).code, code, "{version}");
        }
    }

    #[test]
    fn a_volume_from_git_is_told_with_both_halves() {
        let volumes = r#""volumes":[{"name":"v","gitRepo":{"repository":"https://git.example.com/x.git"}}],"#;
        let warning = "spec.template.spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+";
        assert_eq!(created(&text("batch/v1", "", "", volumes, "1")).warnings, [warning]);
    }

    /// The field is dropped from new Jobs, so only a Job that was stored while its gate was on can have it.
    #[test]
    fn an_edit_of_scheduling_meets_its_own_rule_and_then_immutability() {
        let mut old = created(&text("batch/v1", "", r#""parallelism":2,"#, "", "1")).object;
        old["spec"]["scheduling"] = serde_json::json!({"schedulingPolicy": {"gang": {"minCount": 2}}});
        let mut new = old.clone();
        new["spec"]["scheduling"]["schedulingPolicy"]["gang"]["minCount"] = 5.into();
        let answer = Endpoint::Job.update(&old, &TreeNode::from_json(&new), &PodOptions::STRICT);
        let fields: Vec<&str> = answer.errors.iter().map(|error| error.field.as_str()).collect();
        let own = "spec.scheduling.schedulingPolicy.gang.minCount";
        assert_eq!((answer.code, fields), (422, vec![own, "spec.scheduling"]));
        // The same edit of a Job without the field is dropped.
        let mut bare = old.clone();
        bare["spec"].as_object_mut().expect("an object").remove("scheduling");
        let answer = Endpoint::Job.update(&bare, &TreeNode::from_json(&new), &PodOptions::STRICT);
        assert_eq!((answer.code, answer.object.pointer("/spec/scheduling")), (200, None));
    }

    #[test]
    fn a_time_with_an_offset_in_a_status_is_shown_in_utc() {
        let old = created(&text("batch/v1", "", "", "", "1")).object;
        let mut new = old.clone();
        new["status"] = serde_json::json!({"startTime": "2026-01-01T01:00:00+02:00"});
        let answer = Endpoint::Job.update_status(&old, &TreeNode::from_json(&new));
        assert_eq!(answer.object.pointer("/status/startTime").and_then(Value::as_str), Some("2025-12-31T23:00:00Z"));
    }

    #[test]
    fn zones_under_posix_and_right_are_taken() {
        let mut cron = serde_json::json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"}});
        let template = serde_json::json!({"containers": [{"name": "c", "image": "x"}], "restartPolicy": "Never"});
        cron["spec"] =
            serde_json::json!({"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": template}}}});
        for (zone, code) in [("posix/Europe/Paris", 201), ("right/Europe/Paris", 201), ("posix/right/UTC", 422)] {
            cron["spec"]["timeZone"] = zone.into();
            let answer = Endpoint::CronJob.create(&TreeNode::from_json(&cron), &IDENTITY);
            assert_eq!(answer.code, code, "{zone}: {:?}", answer.errors);
        }
    }
}
