//! The Events of a cluster at the instant at which a run stopped: each message once, with its count and its first and
//! last time; Events older than an hour are gone. The world records what is sent. What kubelets say, and the scheduler
//! where the world has none, follows from what happened to the Pods.

use super::dump::{job_uid, pod_uid};
use crate::api::{Pod, WaitingReason};
use crate::apiserver::uid_of;
use crate::experiment::Setup;
use crate::record::{
    JobRecord, RecordedRun, TimelineChange, TimelineEntry, event_text, is_running, is_warning, pod_name,
};
use crate::text::rfc3339;
use crate::time::{SimDuration, SimTime};
use serde_json::{Value, json};
use std::collections::HashMap;

/// How long the API server keeps Events. Source: kube-apiserver, `--event-ttl`, 1 h.
const EVENT_TTL: SimDuration = SimDuration::from_secs(3_600);

/// What an Event is about: kind, namespace, name, uid.
type DumpedTarget = (&'static str, String, String, String);

/// An Event as the API has it.
#[derive(Clone, Debug)]
struct DumpedEvent {
    target: DumpedTarget,
    warning: bool,
    reason: String,
    message: String,
    source: &'static str,
    count: u32,
    first: SimTime,
    last: SimTime,
}

/// The Events so far.
pub(super) struct DumpedEvents<'a> {
    run: &'a RecordedRun<'a>,
    events: Vec<DumpedEvent>,
    /// The place of each Event, by what makes two Events the same: the uid of the object, the reason and the message.
    /// An Event that combines several similar ones has a fixed text in the place of its message, because its message
    /// changes.
    places: HashMap<(String, String, String), usize>,
    /// Since when each Pod has been bound.
    bound: HashMap<crate::id::PodId, SimTime>,
    /// Whether the world has nodes: then it records the scheduler's own Events, and none are derived here.
    has_scheduler: bool,
    /// Whether any Pod may spend time on pulling its image. Otherwise images count as present, and no Event tells of
    /// them.
    pulls: bool,
}

/// A message with the names of Pods, which the world writes as `<job/ordinal>` or `<job/index/ordinal>`.
fn with_pod_names(message: &str) -> String {
    let (mut text, mut is_name) = (String::with_capacity(message.len()), false);
    for c in message.chars() {
        match c {
            '<' => is_name = true,
            '>' => is_name = false,
            '/' if is_name => text.push('-'),
            c => text.push(c),
        }
    }
    text
}

impl<'a> DumpedEvents<'a> {
    pub fn new(run: &'a RecordedRun<'a>, setup: &Setup) -> Self {
        let pulls = setup.models.iter().any(|model| model.any(&|stages| stages.pull.as_constant() != Some(0.0)));
        let (events, places, bound) = (Vec::new(), HashMap::new(), HashMap::new());
        DumpedEvents { run, events, places, bound, has_scheduler: setup.config.nodes.is_some(), pulls }
    }

    pub fn enter(&mut self, entry: &TimelineEntry) {
        let (run, at) = (self.run, entry.at);
        let job = entry.job.and_then(|id| run.recorder.job(id));
        match (&entry.what, job) {
            (TimelineChange::Notice(notice), Some(job)) => {
                let (reason, message) = event_text(notice.emission, job, run);
                let combined = if notice.combined { "(combined from similar events): " } else { "" };
                let target = ("Job", job.namespace.clone(), job.name.clone(), job_uid(job));
                let message = format!("{combined}{message}");
                let warning = is_warning(notice.emission);
                self.send(at, target, (warning, reason, message, "job-controller"), notice.combined);
            }
            (TimelineChange::CronNotice(notice), _) => {
                let Some(cronjob) = run.recorder.cronjobs.get(notice.cronjob.ix()) else { return };
                let uid = uid_of(&cronjob.namespace, &format!("cronjob/{}", cronjob.name));
                let target = ("CronJob", cronjob.namespace.clone(), cronjob.name.clone(), uid);
                let (sent, combined) = (&notice.emission, notice.combined);
                let before = if combined { "(combined from similar events): " } else { "" };
                let message = format!("{before}{}", sent.message);
                self.send(at, target, (sent.warning, sent.reason, message, "cronjob-controller"), combined);
            }
            (TimelineChange::PodEvent(_, pod, event), Some(job)) => {
                let message = with_pod_names(&event.message);
                self.of_pod(at, job, pod, (event.warning, event.reason, message, "default-scheduler"));
            }
            (TimelineChange::RoomWait(id), Some(job)) if !self.has_scheduler => {
                let message = "0/1 nodes are available: 1 Insufficient cpu.".to_owned();
                if let Some(pod) = run.recorder.pod(*id) {
                    self.of_pod(at, job, pod, (true, "FailedScheduling", message, "default-scheduler"));
                }
            }
            (TimelineChange::Pod(id, before, now, _), Some(job)) => self.pod(at, job, *id, before.as_ref(), now),
            _ => {}
        }
    }

    /// What the scheduler and the kubelet say about a change of a Pod.
    fn pod(&mut self, at: SimTime, job: &JobRecord, id: crate::id::PodId, before: Option<&Pod>, now: &Pod) {
        let was = |is: fn(&Pod) -> bool| before.is_some_and(is);
        let kubelet = "kubelet";
        if now.bound && !was(|pod| pod.bound) {
            self.bound.insert(id, at);
            if !self.has_scheduler {
                let message = "Successfully assigned the Pod to node-1".to_owned();
                self.of_pod(at, job, now, (false, "Scheduled", message, "default-scheduler"));
            }
            if self.pulls {
                self.of_pod(at, job, now, (false, "Pulling", "Pulling image \"app\"".to_owned(), kubelet));
            }
        }
        if now.waiting != before.and_then(|pod| pod.waiting) {
            match now.waiting {
                Some(WaitingReason::ErrImagePull) => {
                    let message = "Failed to pull image \"app\": rpc error".to_owned();
                    self.of_pod(at, job, now, (true, "Failed", message, kubelet));
                }
                Some(WaitingReason::ImagePullBackOff) => {
                    let message = "Back-off pulling image \"app\"".to_owned();
                    self.of_pod(at, job, now, (false, "BackOff", message, kubelet));
                }
                Some(WaitingReason::CreateContainerConfigError) => {
                    let message = "Error: secret \"app\" not found".to_owned();
                    self.of_pod(at, job, now, (true, "Failed", message, kubelet));
                }
                None => {}
            }
        }
        if is_running(now) && !was(is_running) {
            let bound = self.bound.get(&id).copied().unwrap_or(at);
            if self.pulls && now.restarts == 0 {
                let lasted = at - bound;
                let message = format!(
                    "Successfully pulled image \"app\" in {lasted} ({lasted} including waiting). Image size: 1 bytes."
                );
                self.of_pod(at, job, now, (false, "Pulled", message, kubelet));
            }
            self.of_pod(at, job, now, (false, "Started", "Started container main".to_owned(), kubelet));
        }
        if now.deleting() && !was(Pod::deleting) && is_running(now) {
            self.of_pod(at, job, now, (false, "Killing", "Stopping container main".to_owned(), kubelet));
        }
    }

    fn of_pod(&mut self, at: SimTime, job: &JobRecord, pod: &Pod, what: (bool, &str, String, &'static str)) {
        let target = ("Pod", job.namespace.clone(), pod_name(&job.name, pod), pod_uid(job, pod));
        self.send(at, target, what, false);
    }

    fn send(
        &mut self,
        at: SimTime,
        target: DumpedTarget,
        (warning, reason, message, source): (bool, &str, String, &'static str),
        combined: bool,
    ) {
        let text = if combined { "(combined)".to_owned() } else { message.clone() };
        let same = (target.3.clone(), reason.to_owned(), text);
        if let Some(&place) = self.places.get(&same) {
            let known = &mut self.events[place];
            (known.count, known.last, known.message) = (known.count + 1, at, message);
            return;
        }
        self.places.insert(same, self.events.len());
        let (reason, count) = (reason.to_owned(), 1);
        self.events.push(DumpedEvent { target, warning, reason, message, source, count, first: at, last: at });
    }

    /// The Events that exist at an instant, as objects. A repeated Event lives an hour from its last repetition,
    /// because each repetition is a write to the object.
    pub fn finish(self, now: SimTime) -> impl Iterator<Item = Value> {
        let kept = self.events.into_iter().enumerate().filter(move |(_, event)| now - event.last <= EVENT_TTL);
        kept.map(|(number, event)| {
            let (kind, namespace, name, uid) = event.target;
            let version = if kind == "Pod" { "v1" } else { "batch/v1" };
            json!({
                "apiVersion": "v1", "kind": "Event",
                "metadata": {"name": format!("{name}.{number:016x}"), "namespace": namespace},
                "involvedObject": {"apiVersion": version, "kind": kind, "namespace": namespace, "name": name, "uid": uid},
                "type": if event.warning { "Warning" } else { "Normal" },
                "reason": event.reason, "message": event.message, "count": event.count,
                "firstTimestamp": rfc3339(event.first), "lastTimestamp": rfc3339(event.last),
                "source": {"component": event.source}, "reportingComponent": event.source,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_pods_of_any_job() {
        for (message, shown) in [
            ("Successfully assigned <a/1> to n", "Successfully assigned a-1 to n"),
            ("Preempted by pod <b-2/0/3> on node x/y", "Preempted by pod b-2-0-3 on node x/y"),
        ] {
            assert_eq!(with_pod_names(message), shown);
        }
    }
}
