//! A Pod of a Job in a cluster: what happened to it and when, as far as the object says. From it follow the failures in
//! a row that the Job controller has in memory, the state from which a run goes on, and the reasons why Pods were
//! created when they were. What the Pod will do next is up to the model.

use super::seen_container::SeenContainer;
use crate::api::{COMPLETION_INDEX_KEYS, PodPhase};
use crate::apiserver::rules::{int, list, member, text};
use crate::text::TreeNode;
use crate::text::time_text::instant;
use crate::time::{SimDuration, SimTime};
use serde_json::Value;

/// A Pod that was read together with its Job. Times are truncated to whole seconds: events happened within the second
/// after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenPod {
    /// The namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID; empty if it is missing.
    pub uid: String,
    /// The name of the Job that controls it.
    pub job: String,
    /// That Job's UID; empty if it is missing.
    pub job_uid: String,
    /// The completion index.
    pub index: Option<u32>,
    /// Its phase, if it has ended.
    pub ended: Option<PodPhase>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// When it ended, as the controller determines it.
    pub finished: Option<SimTime>,
    /// When it was created.
    pub created: Option<SimTime>,
    /// When it was bound to a node.
    pub bound: Option<SimTime>,
    /// Its node; empty if it is not bound.
    pub node: String,
    /// Why the scheduler has found no node for it, if it is unbound.
    pub unschedulable: Option<String>,
    /// When all of its containers were running, for the first time as far as is known.
    pub started: Option<SimTime>,
    /// Since when its containers are running.
    pub runs_since: Option<SimTime>,
    /// The end of the run before the current one, if containers were restarted.
    pub last_run_ended: Option<SimTime>,
    /// When its deletion was requested.
    pub deletion_asked: Option<SimTime>,
    /// Whether it still has the Job controller's finalizer.
    pub has_finalizer: bool,
    /// The reason of its condition DisruptionTarget, if that is True.
    pub disruption: Option<String>,
    /// Since when that condition is True.
    pub disrupted: Option<SimTime>,
    /// Whether it is ready, and since when.
    pub ready: Option<(bool, SimTime)>,
    /// What its status says of each container, the regular ones first and then the init containers.
    pub containers: Vec<SeenContainer>,
    /// Names of its regular containers, as its spec has them.
    pub container_names: Vec<String>,
    /// Sum of the containers' restart counts, as the Job controller counts them.
    pub restarts: i32,
    /// Exit codes of terminated containers, by name.
    pub exit_codes: Vec<(String, i32)>,
    /// Why containers are waiting, if any is.
    pub waiting: Option<String>,
    /// Annotation `batch.kubernetes.io/job-index-failure-count`.
    pub index_failures: i32,
    /// Annotation `batch.kubernetes.io/job-index-ignored-failure-count`.
    pub index_ignored: i32,
    /// `status.reason`, such as Evicted or DeadlineExceeded.
    pub reason: String,
    /// The latest time that it shows.
    pub latest: Option<SimTime>,
}

/// The finalizer with which the Job controller keeps a Pod until it has been counted.
const FINALIZER: &str = "batch.kubernetes.io/job-tracking";

/// The labels that hold the name of a Pod's Job.
const JOB_NAME: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

impl SeenPod {
    /// Reads a Pod; `None` if it is not controlled by a Job.
    pub(super) fn read(pod: &TreeNode) -> Option<Self> {
        Self::of(&pod.to_json())
    }

    /// Reads a Pod; `None` if it is not controlled by a Job. Missing fields are tolerated, because dumps are often
    /// trimmed.
    pub fn of(pod: &Value) -> Option<Self> {
        let (meta, spec, status) = (member(pod, "metadata"), member(pod, "spec"), member(pod, "status"));
        let owners = list(meta, "ownerReferences");
        let owner = owners.iter().find(|owner| text(owner, "kind") == "Job");
        let labels = member(meta, "labels");
        let label = JOB_NAME.iter().map(|key| text(labels, key)).find(|name| !name.is_empty());
        // A Pod of another controller may have a Job's label from its template.
        let job = match (owner, label) {
            (Some(owner), _) => text(owner, "name"),
            (None, Some(name)) if owners.is_empty() => name,
            _ => return None,
        };
        let namespace = text(meta, "namespace");
        let annotations = member(meta, "annotations");
        let index = COMPLETION_INDEX_KEYS.iter().flat_map(|key| [text(annotations, key), text(labels, key)]);
        let counted = |name: &str| text(annotations, &format!("batch.kubernetes.io/{name}")).parse().unwrap_or(0);
        let grace = SimDuration::from_secs(int(meta, "deletionGracePeriodSeconds").unwrap_or_default());
        let mut seen = SeenPod {
            namespace: if namespace.is_empty() { "default" } else { namespace }.to_owned(),
            name: text(meta, "name").to_owned(),
            uid: text(meta, "uid").to_owned(),
            job: job.to_owned(),
            job_uid: owner.map_or("", |owner| text(owner, "uid")).to_owned(),
            index: index.filter(|text| !text.is_empty()).find_map(|text| text.parse().ok()),
            ended: [PodPhase::Succeeded, PodPhase::Failed].into_iter().find(|p| p.as_str() == text(status, "phase")),
            deleting: !text(meta, "deletionTimestamp").is_empty(),
            finished: finished(meta, status),
            created: instant(text(meta, "creationTimestamp")),
            node: text(spec, "nodeName").to_owned(),
            deletion_asked: instant(text(meta, "deletionTimestamp")).map(|at| at - grace),
            has_finalizer: list(meta, "finalizers").iter().any(|name| name == FINALIZER),
            index_failures: counted("job-index-failure-count"),
            index_ignored: counted("job-index-ignored-failure-count"),
            reason: text(status, "reason").to_owned(),
            container_names: list(spec, "containers").iter().map(|c| text(c, "name").to_owned()).collect(),
            ..SeenPod::default()
        };
        seen.conditions(status);
        seen.read_containers(status);
        seen.containers = ["containerStatuses", "initContainerStatuses"]
            .into_iter()
            .flat_map(|name| list(status, name))
            .map(SeenContainer::of)
            .collect();
        let times = [seen.created, seen.bound, seen.started, seen.runs_since, seen.deletion_asked, seen.disrupted];
        let ended = seen.finished.filter(|_| seen.ended.is_some());
        seen.latest = times.into_iter().chain([ended, seen.ready.map(|ready| ready.1)]).flatten().max();
        Some(seen)
    }

    fn conditions(&mut self, status: &Value) {
        for condition in list(status, "conditions") {
            let (is_true, at) = (text(condition, "status") == "True", instant(text(condition, "lastTransitionTime")));
            match (text(condition, "type"), at) {
                ("PodScheduled", at) if is_true => self.bound = at,
                ("PodScheduled", _) => {
                    let said = [text(condition, "message"), text(condition, "reason")];
                    self.unschedulable = said.into_iter().find(|said| !said.is_empty()).map(str::to_owned);
                }
                ("Ready", Some(at)) => self.ready = Some((is_true, at)),
                ("DisruptionTarget", at) if is_true => {
                    self.disruption = Some(text(condition, "reason").to_owned());
                    self.disrupted = at;
                }
                _ => {}
            }
        }
    }

    fn read_containers(&mut self, status: &Value) {
        let statuses = list(status, "containerStatuses");
        let (mut all_started, mut started) = (!statuses.is_empty(), None);
        for container in statuses {
            let (state, last) = (member(container, "state"), member(container, "lastState"));
            let (running, over, before) =
                (member(state, "running"), member(state, "terminated"), member(last, "terminated"));
            let restarts = restart_count(container);
            self.restarts = self.restarts.saturating_add(restarts);
            let at = |run: &Value, name: &str| instant(text(run, name));
            // Only the last two runs are visible; with more runs the first one is unknown.
            let is_waiting = running.is_null() && over.is_null();
            let begun = match restarts.saturating_add(i32::from(is_waiting && !before.is_null())) {
                0 => at(running, "startedAt").or(at(over, "startedAt")),
                1 => at(before, "startedAt"),
                _ => None,
            };
            all_started &= begun.is_some();
            started = started.max(begun);
            self.runs_since = self.runs_since.max(at(running, "startedAt"));
            self.last_run_ended = self.last_run_ended.max(at(before, "finishedAt"));
            if let Some(code) = int(over, "exitCode").or_else(|| int(before, "exitCode")) {
                self.exit_codes.push((text(container, "name").to_owned(), code as i32));
            }
            self.note_waiting(state);
        }
        self.started = started.filter(|_| all_started);
        for container in list(status, "initContainerStatuses") {
            let over = member(member(container, "state"), "terminated");
            self.restarts = self.restarts.saturating_add(restart_count(container));
            if let Some(code) = int(over, "exitCode").filter(|code| *code != 0) {
                self.exit_codes.push((text(container, "name").to_owned(), code as i32));
            }
            self.note_waiting(member(container, "state"));
        }
    }

    /// Keeps the first reason why a container waits. That others wait for the init containers tells less than why one of
    /// those waits.
    fn note_waiting(&mut self, state: &Value) {
        const INITIALIZING: &str = "PodInitializing";
        let reason = text(member(state, "waiting"), "reason");
        if !reason.is_empty() && self.waiting.as_deref().is_none_or(|known| known == INITIALIZING) {
            self.waiting = Some(reason.to_owned());
        }
    }

    /// Whether it is neither finished nor being deleted.
    pub fn is_active(&self) -> bool {
        self.ended.is_none() && !self.deleting
    }
}

/// How often a container was restarted; 0 if its status shows no such number.
fn restart_count(container: &Value) -> i32 {
    int(container, "restartCount").and_then(|n| i32::try_from(n).ok()).unwrap_or(0).max(0)
}

/// When a Pod ended: when its last container did; otherwise when it became unready; otherwise when its deletion was
/// requested; otherwise its creation.
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

    /// The main container then waits for the init container, which says less.
    #[test]
    fn the_reason_of_an_init_container_is_kept_and_counts_have_a_bound() {
        let meta = json!({"ownerReferences": [{"kind": "Job", "name": "j", "uid": "u"}]});
        let waits = |reason: &str, restarts: i64| json!({"name": "c", "restartCount": restarts, "state": {"waiting": {"reason": reason}}});
        let (most, initializing) = (i64::from(i32::MAX), "PodInitializing");
        for (init, main, reason) in [
            (waits("ImagePullBackOff", most), waits(initializing, most), "ImagePullBackOff"),
            (waits("CrashLoopBackOff", most), waits("", -5), "CrashLoopBackOff"),
            (waits(initializing, most), waits(initializing, 0), initializing),
            (waits(initializing, most), waits("ErrImagePull", 7), "ErrImagePull"),
        ] {
            let status = json!({"initContainerStatuses": [init], "containerStatuses": [main]});
            let pod = seen(meta.clone(), status).expect("a Job controls it");
            assert_eq!((pod.waiting.as_deref(), pod.restarts), (Some(reason), i32::MAX));
        }
    }
}
