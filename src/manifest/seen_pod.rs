//! A Pod of a Job as a cluster showed it: whether and when it ended. It tells what the Job controller has in memory about
//! failures in a row. It does not begin a run: what Pods do is the model's.

use crate::api::PodPhase;
use crate::apiserver::rules::{int, list, member, text};
use crate::text::TreeNode;
use crate::text::time_text::instant;
use crate::time::{SimDuration, SimTime};
use serde_json::Value;

/// A Pod that was read with its Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPod {
    /// The namespace.
    pub namespace: String,
    /// The name of the Job that controls it.
    pub job: String,
    /// That Job's UID; empty if it is not given.
    pub job_uid: String,
    /// The phase, if it has ended.
    pub ended: Option<PodPhase>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// When it ended, as the controller reckons it.
    pub finished: Option<SimTime>,
}

impl SeenPod {
    /// Reads a Pod; `None` if no Job controls it.
    pub(super) fn read(pod: &TreeNode) -> Option<Self> {
        let pod = pod.to_json();
        let (meta, status) = (member(&pod, "metadata"), member(&pod, "status"));
        let owner = list(meta, "ownerReferences").iter().find(|owner| text(owner, "kind") == "Job")?;
        let namespace = text(meta, "namespace");
        Some(SeenPod {
            namespace: if namespace.is_empty() { "default" } else { namespace }.to_owned(),
            job: text(owner, "name").to_owned(),
            job_uid: text(owner, "uid").to_owned(),
            ended: [PodPhase::Succeeded, PodPhase::Failed].into_iter().find(|p| p.as_str() == text(status, "phase")),
            deleting: !text(meta, "deletionTimestamp").is_empty(),
            finished: finished(meta, status),
        })
    }
}

/// When a Pod ended: when its last container did; else when it turned unready; else when its deletion was asked for; else
/// its creation.
#[doc(alias = "getFinishedTime")]
fn finished(meta: &Value, status: &Value) -> Option<SimTime> {
    let exit = |container: &Value| instant(text(member(member(container, "state"), "terminated"), "finishedAt"));
    let exits: Option<Vec<SimTime>> = list(status, "containerStatuses").iter().map(exit).collect();
    if let Some(last) = exits.and_then(|exits| exits.into_iter().max()) {
        return Some(last);
    }
    let is_unready = |c: &&Value| text(c, "type") == "Ready" && text(c, "status") == "False";
    let unready = list(status, "conditions").iter().find(is_unready);
    let grace = SimDuration::from_secs(int(meta, "deletionGracePeriodSeconds").unwrap_or_default());
    unready
        .and_then(|condition| instant(text(condition, "lastTransitionTime")))
        .or_else(|| Some(instant(text(meta, "deletionTimestamp"))? - grace))
        .or_else(|| instant(text(meta, "creationTimestamp")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(metadata: Value, status: Value) -> Option<SeenPod> {
        SeenPod::read(&TreeNode::from_json(&json!({"metadata": metadata, "status": status})))
    }

    #[test]
    fn a_pod_ended_when_its_last_container_did_or_what_comes_next_to_that() {
        let (created, deleted) = ("2026-03-01T10:00:00Z", "2026-03-01T10:09:30Z");
        let exit = |at: &str| json!({"state": {"terminated": {"finishedAt": at}}});
        let owner = json!([{"kind": "Job", "name": "j", "uid": "u"}]);
        let meta = json!({"ownerReferences": owner, "creationTimestamp": created});
        let ready = json!([{"type": "Ready", "status": "False", "lastTransitionTime": "2026-03-01T10:05:00Z"}]);
        let deleting = json!({"ownerReferences": owner, "creationTimestamp": created, "deletionTimestamp": deleted,
                              "deletionGracePeriodSeconds": 30});
        for (meta, status, at) in [
            (
                &meta,
                json!({"containerStatuses": [exit("2026-03-01T10:03:00Z"), exit("2026-03-01T10:02:00Z")]}),
                "10:03",
            ),
            (
                &meta,
                json!({"containerStatuses": [exit("2026-03-01T10:03:00Z"), {"state": {}}], "conditions": ready}),
                "10:05",
            ),
            (&deleting, json!({"containerStatuses": []}), "10:09"),
            (&meta, json!({}), "10:00"),
        ] {
            let pod = seen(meta.clone(), status.clone()).expect("a Job controls it");
            assert_eq!(pod.finished, instant(&format!("2026-03-01T{at}:00Z")), "{status}");
            assert_eq!((pod.namespace.as_str(), pod.job.as_str(), pod.job_uid.as_str()), ("default", "j", "u"));
        }
        assert_eq!(seen(meta, json!({"phase": "Failed"})).and_then(|pod| pod.ended), Some(PodPhase::Failed));
        assert_eq!(seen(json!({"name": "alone"}), json!({})), None);
    }
}
