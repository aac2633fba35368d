//! From a record to the request that it stands for, and to the answer of this crate's rules. It compares nothing.

use crate::apiserver::answer::{Endpoint, ServerAnswer};
use crate::apiserver::create;
use crate::apiserver::create::Identity;
use crate::apiserver::decode::decode;
use crate::apiserver::pod_template::PodOptions;
use crate::release::MODELLED;
use crate::text::merge::merge_patch;
use crate::text::{TreeNode, read_first_document, read_json};
use serde_json::{Value, json};

/// What is random or depends on the clock in a cluster; the corpus fixes it.
const IDENTITY: Identity<'_> = Identity {
    uid: "11111111-2222-4333-8444-555555555555",
    created: "2026-01-01T00:00:00Z",
    suffix: "b2c4d",
    namespace: "default",
    release: MODELLED.profile,
    pod: PodOptions::STRICT,
};
/// `metadata.resourceVersion` of stored objects.
const VERSION: &str = "1000";

/// The target of a record's request.
pub(super) fn endpoint(record: &Value) -> Result<Endpoint, String> {
    match record["kind"].as_str() {
        Some("Job") => Ok(Endpoint::Job),
        Some("CronJob") => Ok(Endpoint::CronJob),
        _ => Err(format!("`kind` must be Job or CronJob, not {}", record["kind"])),
    }
}

/// The answer to a record's request.
pub(super) fn answer(record: &Value) -> Result<ServerAnswer, String> {
    let endpoint = endpoint(record)?;
    match record["op"].as_str() {
        Some("create") if record.get("raw").is_some() => Ok(raw(record, endpoint)),
        Some("create") => {
            let manifest = record.get("manifest").ok_or("a create needs `manifest`")?;
            Ok(endpoint.create(&TreeNode::from_json(manifest), &IDENTITY))
        }
        Some("update") => {
            let old = stored(record, endpoint)?;
            Ok(endpoint.update(&old, &TreeNode::from_json(&replacement(record, &old)?), &PodOptions::STRICT))
        }
        Some("updateStatus") => {
            let old = stored(record, endpoint)?;
            Ok(endpoint.update_status(&old, &TreeNode::from_json(&replacement(record, &old)?)))
        }
        other => Err(format!("`op` is {other:?}")),
    }
}

/// The answer to a text.
fn raw(record: &Value, endpoint: Endpoint) -> ServerAnswer {
    let text = record["raw"].as_str().unwrap_or_default();
    let body = if record["format"] == "json" { read_json(text) } else { read_first_document(text) };
    match body {
        Ok(body) => endpoint.create(&body, &IDENTITY),
        Err(_) => ServerAnswer { code: 400, ..ServerAnswer::default() },
    }
}

/// The stored object of an update.
fn stored(record: &Value, endpoint: Endpoint) -> Result<Value, String> {
    let manifest = TreeNode::from_json(record.get("old").ok_or("an update needs `old`")?);
    let mut old = if record["oldAsIs"] == true {
        let (mut object, _) = decode(&manifest, endpoint.kind());
        create::as_it_is(endpoint.kind(), &mut object, &IDENTITY);
        create::stored(endpoint.kind(), &mut object);
        object
    } else {
        let created = endpoint.create(&manifest, &IDENTITY);
        if created.code != 201 {
            return Err(format!("`old` cannot be created: {:?}", created.errors));
        }
        created.object
    };
    for (field, name) in [("oldMeta", "metadata"), ("oldStatus", "status")] {
        if let Some(patch) = record.get(field) {
            merge_patch(&mut old[name], patch);
        }
    }
    old["metadata"]["resourceVersion"] = json!(VERSION);
    // The status and what was merged in are brought into the form of an object that was read.
    Ok(decode(&TreeNode::from_json(&old), endpoint.kind()).0)
}

/// The body of an update.
fn replacement(record: &Value, old: &Value) -> Result<Value, String> {
    match (record.get("patch"), record.get("new")) {
        (Some(patch), None) => {
            let mut new = old.clone();
            merge_patch(&mut new, patch);
            Ok(new)
        }
        (None, Some(new)) => Ok(new.clone()),
        _ => Err("an update needs `patch` or `new`".to_owned()),
    }
}
