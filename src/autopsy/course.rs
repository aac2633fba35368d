//! What happened to one Job and its Pods, and when: an orderly account of what the objects and Events of a dump say. It
//! explains nothing.

use super::clocks::{self, ClockOffset};
use super::dump::Dump;
use super::essence::spec_of;
use super::loss;
use crate::api::{Intervals, JobConditionType, JobSpec, PodPhase, PodReplacementPolicy};
use crate::apiserver::rules::{int, list, member, text};
use crate::manifest::{SeenEvent, SeenPod};
use crate::release::Release;
use crate::text::time_text::instant;
use crate::time::{SimDuration, SimTime};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How the life of a Pod ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseEnd {
    /// It has not ended.
    Unfinished,
    /// Phase Succeeded.
    Succeeded,
    /// Phase Failed.
    Failed,
    /// It was deleted before it had finished, and is gone.
    Deleted,
    /// It is gone, and nothing tells how it ended.
    Unknown,
}

/// The life of a Pod, as far as it is known. Times are whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoursePod {
    /// Its name.
    pub name: String,
    /// Its UID; empty if unknown.
    pub uid: String,
    /// The completion index.
    pub index: Option<u32>,
    /// When it was created.
    pub created: SimTime,
    /// When it was bound to a node.
    pub bound: Option<SimTime>,
    /// When its containers first ran.
    pub started: Option<SimTime>,
    /// When its deletion was requested.
    pub deleted: Option<SimTime>,
    /// Whether the Job controller requested the deletion; `None` if unknown.
    pub deleted_by_controller: Option<bool>,
    /// When it ended. For a Pod that is gone, this may be only the latest possible time, the earliest being `deleted`
    /// or its creation.
    pub ended: Option<SimTime>,
    /// How it ended.
    pub end: CourseEnd,
    /// Whether it is in the dump.
    pub is_there: bool,
    /// Further details from the object.
    pub seen: Option<Arc<SeenPod>>,
}

impl CoursePod {
    fn of(pod: &Arc<SeenPod>) -> Option<Self> {
        let end = match pod.ended {
            Some(PodPhase::Succeeded) => CourseEnd::Succeeded,
            Some(PodPhase::Failed) => CourseEnd::Failed,
            _ => CourseEnd::Unfinished,
        };
        Some(CoursePod {
            name: pod.name.clone(),
            uid: pod.uid.clone(),
            index: pod.index,
            created: pod.created?,
            bound: pod.bound,
            started: pod.started,
            deleted: pod.deletion_asked,
            deleted_by_controller: None,
            ended: pod.finished.filter(|_| pod.ended.is_some()),
            end,
            is_there: true,
            seen: Some(Arc::clone(pod)),
        })
    }

    /// When the controller considered it lost, so that a replacement was wanted.
    pub(super) fn left(&self) -> Option<SimTime> {
        [self.deleted, self.ended].into_iter().flatten().min()
    }
}

/// A condition of a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseCondition {
    /// Its type.
    pub kind: String,
    /// Whether it is True.
    pub is_true: bool,
    /// The reason, in one word.
    pub reason: String,
    /// The message for people.
    pub message: String,
    /// When it last changed.
    pub at: SimTime,
}

/// The counters of a Job's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StatusNumbers {
    pub active: i64,
    pub ready: i64,
    pub succeeded: i64,
    pub failed: i64,
    /// Finished Pods that are listed in the status but not yet counted.
    pub uncounted: [i64; 2],
}

/// What happened to a Job.
#[derive(Clone, Debug)]
pub struct JobCourse {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.uid`.
    pub uid: String,
    /// The CronJob that controls it.
    pub cronjob: Option<String>,
    /// The scheduled time for which it was created.
    pub scheduled: Option<SimTime>,
    /// Its current spec.
    pub spec: Arc<JobSpec>,
    /// When it was created.
    pub created: SimTime,
    /// `status.startTime`.
    pub started: Option<SimTime>,
    /// Its conditions, in the order of the status.
    pub conditions: Vec<CourseCondition>,
    /// When it was suspended and when it was resumed.
    pub suspended: Vec<(SimTime, Option<SimTime>)>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Its Pods, in order of creation.
    pub pods: Vec<CoursePod>,
    /// Failed Pods that the status counts and about which nothing else is known.
    pub unseen_failures: i64,
    /// The same for succeeded Pods.
    pub unseen_successes: i64,
    /// When the dump was taken.
    pub taken: SimTime,
    /// Events about the Job.
    pub(super) events: Vec<Arc<SeenEvent>>,
    /// Events about its Pods, by name.
    pub(super) pod_events: HashMap<String, Vec<Arc<SeenEvent>>>,
    /// Whether there are any Events.
    pub(super) has_events: bool,
    pub(super) numbers: StatusNumbers,
    /// Whether the manifest contains these fields, which some releases drop.
    pub(super) kept_fields: Vec<&'static str>,
    /// How far the controller manager's clock is ahead of the API server's, as far as is known.
    pub(super) controllers_ahead: SimDuration,
    /// Clocks that differ.
    pub(super) clocks: Vec<ClockOffset>,
    /// Whether the dump was taken without Pods although there are some: their ends are unknown, and nobody deleted
    /// them.
    pub lacks_pods: bool,
    /// `status.completedIndexes` and `status.failedIndexes`.
    pub(super) indexes: [Intervals; 2],
}

/// The Pods and Events of a dump, by Job.
#[derive(Default)]
struct Sorted<'a> {
    pods: HashMap<(&'a str, &'a str), Vec<&'a Arc<SeenPod>>>,
    events: HashMap<(&'a str, &'a str), Vec<&'a Arc<SeenEvent>>>,
    of_pods: HashMap<(&'a str, &'a str), Vec<&'a Arc<SeenEvent>>>,
    /// Pods known only from their own Events, by the possible names of their Job.
    gone: HashMap<(&'a str, &'a str), Vec<&'a str>>,
}

impl<'a> Sorted<'a> {
    fn new(dump: &'a Dump) -> Self {
        let mut sorted = Sorted::default();
        for pod in &dump.pods {
            sorted.pods.entry((&pod.namespace, &pod.job)).or_default().push(pod);
        }
        for event in &dump.events {
            let key = (event.namespace.as_str(), event.name.as_str());
            match event.kind.as_str() {
                "Job" => sorted.events.entry(key).or_default().push(event),
                "Pod" => sorted.of_pods.entry(key).or_default().push(event),
                _ => {}
            }
        }
        let there: HashSet<_> = dump.pods.iter().map(|pod| (pod.namespace.as_str(), pod.name.as_str())).collect();
        for (namespace, pod) in sorted.of_pods.keys().copied().filter(|key| !there.contains(key)) {
            for job in loss::jobs_of(pod) {
                sorted.gone.entry((namespace, job)).or_default().push(pod);
            }
        }
        sorted.gone.values_mut().for_each(|pods| pods.sort_unstable());
        sorted
    }
}

impl JobCourse {
    /// The courses of all Jobs of a dump.
    ///
    /// # Errors
    /// If there are Jobs that no API server would have stored.
    pub(super) fn all(dump: &Dump, release: &Release, taken: SimTime) -> Result<Vec<Self>, Vec<String>> {
        let sorted = Sorted::new(dump);
        let (mut courses, mut errors) = (Vec::new(), Vec::new());
        for job in &dump.jobs {
            match Self::new(job, &sorted, release, taken) {
                Ok(course) => courses.push(course),
                Err(why) => errors.extend(why),
            }
        }
        let has_events = !dump.events.is_empty();
        courses.iter_mut().for_each(|course| course.has_events = has_events);
        if errors.is_empty() { Ok(courses) } else { Err(errors) }
    }

    fn new(job: &Value, sorted: &Sorted<'_>, release: &Release, taken: SimTime) -> Result<Self, Vec<String>> {
        let (meta, status) = (member(job, "metadata"), member(job, "status"));
        let name = text(meta, "name");
        let namespace = Some(text(meta, "namespace")).filter(|name| !name.is_empty()).unwrap_or("default");
        let spec = spec_of(job, release)?;
        let Some(created) = instant(text(meta, "creationTimestamp")) else {
            return Err(vec![format!("Job {name}: metadata.creationTimestamp is missing: it was never created")]);
        };
        let owner = list(meta, "ownerReferences").iter().find(|owner| text(owner, "kind") == "CronJob");
        let scheduled = text(member(meta, "annotations"), "batch.kubernetes.io/cronjob-scheduled-timestamp");
        let number = |name: &str| int(status, name).unwrap_or(0);
        let uncounted = member(status, "uncountedTerminatedPods");
        let uncounted = ["succeeded", "failed"].map(|name| list(uncounted, name).len() as i64);
        let uid = text(meta, "uid");
        let mut course = JobCourse {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            uid: uid.to_owned(),
            cronjob: owner.map(|owner| text(owner, "name").to_owned()),
            scheduled: instant(scheduled),
            spec,
            created,
            started: instant(text(status, "startTime")),
            conditions: list(status, "conditions").iter().filter_map(condition).collect(),
            suspended: Vec::new(),
            deleting: !text(meta, "deletionTimestamp").is_empty(),
            pods: Vec::new(),
            unseen_failures: 0,
            unseen_successes: 0,
            taken,
            events: Vec::new(),
            pod_events: HashMap::new(),
            has_events: false,
            numbers: StatusNumbers {
                active: number("active"),
                ready: number("ready"),
                succeeded: number("succeeded"),
                failed: number("failed"),
                uncounted,
            },
            kept_fields: Vec::new(),
            controllers_ahead: SimDuration::ZERO,
            clocks: Vec::new(),
            lacks_pods: false,
            indexes: ["completedIndexes", "failedIndexes"]
                .map(|name| Intervals::parse(text(status, name)).unwrap_or_else(|_| Intervals::new())),
        };
        let fields = ["successPolicy", "managedBy"];
        course.kept_fields = fields.into_iter().filter(|name| !member(&job["spec"], name).is_null()).collect();
        course.take_pods(sorted);
        Ok(course)
    }

    /// Takes its Pods and Events from those of the dump.
    fn take_pods(&mut self, sorted: &Sorted<'_>) {
        let (namespace, name, uid) = (&self.namespace.clone(), &self.name.clone(), &self.uid.clone());
        let key = (namespace.as_str(), name.as_str());
        let events = sorted.events.get(&key).into_iter().flatten();
        let events = events.filter(|event| event.is_about("Job", (namespace, name, uid)));
        self.events = events.map(|event| Arc::clone(event)).collect();
        self.events.sort_by_key(|event| event.first);
        let pods = sorted.pods.get(&key).into_iter().flatten();
        let is_its = |pod: &&&Arc<SeenPod>| uid.is_empty() || pod.job_uid.is_empty() || pod.job_uid == *uid;
        self.pods = pods.filter(is_its).filter_map(|pod| CoursePod::of(pod)).collect();
        self.lacks_pods = sorted.pods.is_empty();
        loss::add_gone_pods(self);
        let gone = sorted.gone.get(&key).into_iter().flatten();
        loss::add_untold_pods(self, gone.map(|pod| (*pod, sorted.of_pods[&(key.0, *pod)].as_slice())));
        self.pods.sort_by(|a, b| (a.created, a.index, &a.name).cmp(&(b.created, b.index, &b.name)));
        for pod in &self.pods {
            if let Some(events) = sorted.of_pods.get(&(key.0, pod.name.as_str())) {
                let events = events.iter().map(|event| Arc::clone(event)).collect();
                self.pod_events.insert(pod.name.clone(), events);
            }
        }
        clocks::settle(self);
        self.suspensions();
        loss::judge_deletions(self);
        self.count_unseen();
    }

    /// When it was suspended and resumed, according to conditions, Events and the spec.
    fn suspensions(&mut self) {
        let mut marks: Vec<(SimTime, bool)> = Vec::new();
        for event in self.events.iter().filter(|event| ["Suspended", "Resumed"].contains(&event.reason.as_str())) {
            let suspends = event.reason == "Suspended";
            marks.extend(event.first.into_iter().chain(event.last).map(|at| (at, suspends)));
        }
        let condition = self.conditions.iter().find(|c| c.kind == JobConditionType::Suspended.as_str());
        marks.extend(condition.map(|c| (c.at, c.is_true)));
        marks.sort_by_key(|mark| mark.0);
        marks.dedup();
        // A Job was created suspended if the first thing that is known about it is that it was resumed.
        let mut since = marks.first().filter(|(_, suspends)| !suspends).map(|_| self.created);
        if marks.is_empty() && self.spec.suspend {
            since = Some(self.created);
        }
        for (at, suspends) in marks {
            match (since, suspends) {
                (None, true) => since = Some(at),
                (Some(from), false) => {
                    self.suspended.push((from, Some(at)));
                    since = None;
                }
                _ => {}
            }
        }
        self.suspended.extend(since.map(|from| (from, None)));
        // The Event comes a moment after the Job's creation.
        if let Some(first) = self.suspended.first_mut()
            && first.0 - self.created <= super::waits::SLACK
            && self.pods.first().is_none_or(|pod| pod.created >= first.0)
        {
            first.0 = self.created;
        }
    }

    fn count_unseen(&mut self) {
        let ended = |end: CourseEnd| self.pods.iter().filter(|pod| pod.is_there && pod.end == end).count() as i64;
        // Pods that are deleted because the Job ends are counted; those that a suspension deletes are not.
        let ends = [JobConditionType::FailureTarget, JobConditionType::Failed];
        let ends = ends.into_iter().filter_map(|kind| self.holds(kind)).map(|condition| condition.at).min();
        let counts = |pod: &&CoursePod| {
            let with_the_job = pod.deleted.zip(ends).is_some_and(|(deleted, end)| deleted + super::waits::SLACK >= end);
            !pod.is_there && (pod.deleted_by_controller != Some(true) || with_the_job)
        };
        let deleted = self.pods.iter().filter(counts).count();
        let [succeeded, failed] = self.numbers.uncounted;
        let failed = self.numbers.failed + failed - ended(CourseEnd::Failed);
        self.unseen_failures = (failed - deleted as i64).max(0);
        // Of Pods that are gone those that have not failed may have succeeded.
        let others = (deleted as i64 - failed.max(0)).max(0);
        self.unseen_successes = (self.numbers.succeeded + succeeded - ended(CourseEnd::Succeeded) - others).max(0);
        if self.spec.is_indexed() {
            let mut indexes: Vec<_> =
                self.pods.iter().filter(|p| p.end == CourseEnd::Succeeded).map(|p| p.index).collect();
            indexes.sort_unstable();
            indexes.dedup();
            self.unseen_successes = (self.numbers.succeeded - indexes.len() as i64 - others).max(0);
        }
    }

    /// A condition of this type that is True.
    pub fn holds(&self, kind: JobConditionType) -> Option<&CourseCondition> {
        self.conditions.iter().find(|condition| condition.kind == kind.as_str() && condition.is_true)
    }

    /// The condition with which it ended.
    pub fn finished(&self) -> Option<&CourseCondition> {
        self.holds(JobConditionType::Failed).or_else(|| self.holds(JobConditionType::Complete))
    }

    /// Whether Pods are replaced only after they have ended.
    pub(super) fn waits_for_terminating(&self) -> bool {
        self.spec.pod_replacement_policy == PodReplacementPolicy::Failed
    }

    /// Whether it is suspended at an instant.
    pub(super) fn is_suspended_at(&self, at: SimTime) -> bool {
        self.suspended.iter().any(|(from, to)| *from <= at && to.is_none_or(|to| at < to))
    }
}

fn condition(condition: &Value) -> Option<CourseCondition> {
    Some(CourseCondition {
        kind: text(condition, "type").to_owned(),
        is_true: text(condition, "status") == "True",
        reason: text(condition, "reason").to_owned(),
        message: text(condition, "message").to_owned(),
        at: instant(text(condition, "lastTransitionTime"))?,
    })
}
