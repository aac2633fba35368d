//! The objects of a dump, and what is missing among them. No files are opened here, and no conclusions drawn about
//! Jobs.

use super::JobAutopsy;
use crate::apiserver::rules::{list, member, text};
use crate::limits::MOST_PODS_AHEAD;
use crate::manifest::{SeenEvent, SeenPod};
use crate::text::time_text::instant;
use crate::time::SimTime;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The contents of some texts. An object that occurs in several of them counts once.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// Jobs, as they were read.
    pub jobs: Vec<Value>,
    /// CronJobs, as they were read.
    pub cronjobs: Vec<Value>,
    /// Pods of Jobs.
    pub pods: Vec<Arc<SeenPod>>,
    /// Events.
    pub events: Vec<Arc<SeenEvent>>,
    /// Versions of kubelets, according to nodes among the objects.
    pub versions: BTreeSet<String>,
    /// How many objects of other kinds there are.
    pub others: BTreeMap<String, u64>,
    known: HashSet<String>,
    /// The texts of Pods, by their Job's namespace and name; `None` where they are too many.
    texts: HashMap<(String, String), Option<Vec<Box<str>>>>,
}

impl Dump {
    /// Takes in an object, or a list of them.
    ///
    /// # Errors
    /// It is something else.
    pub fn take(&mut self, object: Value) -> Result<(), String> {
        self.take_as(object, "")
    }

    /// The same; members of a typed list often do not say their kind.
    pub(super) fn take_as(&mut self, mut object: Value, kind_of_list: &str) -> Result<(), String> {
        if !object.is_object() {
            return Err(format!("neither an object nor a list of objects: {object:.20}"));
        }
        let said = text(&object, "kind");
        let kind = if said.is_empty() { kind_of_list.to_owned() } else { said.to_owned() };
        if let Some(of) = kind.strip_suffix("List") {
            return match object.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => items.into_iter().try_for_each(|item| self.take_as(item, of)),
                None | Some(Value::Null) => Ok(()),
                Some(_) => Err(format!("items of a {kind}: must be a list")),
            };
        }
        let meta = member(&object, "metadata");
        let identity = format!("{kind}/{}/{}/{}", text(meta, "namespace"), text(meta, "name"), text(meta, "uid"));
        if !text(meta, "name").is_empty() && !self.known.insert(identity) {
            return Ok(());
        }
        match kind.as_str() {
            "" => return Err("an object without kind: dumps of kubectl say it".to_owned()),
            "Job" => self.jobs.push(object),
            "CronJob" => self.cronjobs.push(object),
            "Event" => self.events.push(Arc::new(SeenEvent::of(&object))),
            "Pod" => match SeenPod::of(&object) {
                Some(pod) => {
                    self.keep_text(&pod, &object);
                    self.pods.push(Arc::new(pod));
                }
                None => *self.others.entry("Pod of no Job".to_owned()).or_default() += 1,
            },
            "Node" => {
                let info = member(member(&object, "status"), "nodeInfo");
                let version = text(info, "kubeletVersion");
                self.versions.extend(Some(version.to_owned()).filter(|version| !version.is_empty()));
            }
            _ => *self.others.entry(kind).or_default() += 1,
        }
        Ok(())
    }

    /// Keeps the text of a Pod, for those who go on from the dump; of Jobs with too many Pods for that, none.
    fn keep_text(&mut self, pod: &SeenPod, object: &Value) {
        let of_job = self.texts.entry((pod.namespace.clone(), pod.job.clone())).or_insert_with(|| Some(Vec::new()));
        match of_job {
            Some(texts) if texts.len() < MOST_PODS_AHEAD => texts.push(object.to_string().into()),
            _ => *of_job = None,
        }
    }

    /// The Pods with this Job's name, as far as they were read; none if there are more than [`MOST_PODS_AHEAD`].
    pub fn pods_as_read(&self, namespace: &str, job: &str) -> Vec<Value> {
        let texts = self.texts.get(&(namespace.to_owned(), job.to_owned())).into_iter().flatten().flatten();
        texts.filter_map(|text| serde_json::from_str(text).ok()).collect()
    }

    /// Leaves out all Jobs and CronJobs but those of this name, and the Jobs of a CronJob of this name.
    ///
    /// # Errors
    /// If there is none; the message lists those that exist.
    pub fn keep(&mut self, name: &str) -> Result<(), String> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let names: Vec<String> =
            self.jobs.iter().chain(&self.cronjobs).map(|o| text(member(o, "metadata"), "name").to_owned()).collect();
        let is_own = |job: &Value| {
            let meta = member(job, "metadata");
            text(meta, "name") == name || list(meta, "ownerReferences").iter().any(|owner| text(owner, "name") == name)
        };
        self.jobs.retain(is_own);
        self.cronjobs.retain(is_own);
        if self.jobs.is_empty() && self.cronjobs.is_empty() {
            let few: Vec<&str> = names.iter().take(10).map(String::as_str).collect();
            return Err(format!("there is no Job or CronJob {name:?} in it; there are {}", few.join(", ")));
        }
        Ok(())
    }

    /// The latest time that it shows. It was taken at this time or later.
    pub(super) fn latest(&self) -> Option<SimTime> {
        let of_pods = self.pods.iter().filter_map(|pod| pod.latest);
        let of_events = self.events.iter().filter_map(|event| event.last);
        let of_objects = self.jobs.iter().chain(&self.cronjobs).flat_map(times);
        of_pods.chain(of_events).chain(of_objects).max()
    }

    /// What it contains instead of Jobs, in words.
    pub(super) fn what_there_is(&self) -> String {
        let mut kinds: Vec<String> = self.others.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        if !self.pods.is_empty() {
            kinds.push(format!("{} Pod", self.pods.len()));
        }
        if kinds.is_empty() { String::new() } else { format!(" (there are: {})", kinds.join(", ")) }
    }

    /// What is missing, and the consequences.
    pub(super) fn missing(&self, jobs: &[JobAutopsy]) -> Vec<String> {
        let mut missing = Vec::new();
        if self.pods.is_empty() && !jobs.is_empty() {
            missing.push(
                "no Pods: when each came and ended is known from Events only (`kubectl get jobs,pods,events -o json` \
                 has them)"
                    .to_owned(),
            );
        }
        if self.events.is_empty() {
            missing.push(
                "no Events: why Pods waited for nodes or images, and which Pods are gone, is not told (they are kept for \
                 an hour)"
                    .to_owned(),
            );
        }
        if self.pods.is_empty() && self.events.is_empty() && !jobs.is_empty() {
            missing.push("when the dump was taken: only the Jobs' own times show it (--at tells)".to_owned());
        }
        for job in jobs {
            let (course, name) = (&job.course, &job.course.name);
            let gone = course.pods.iter().filter(|pod| !pod.is_there).count();
            if gone > 0 && !course.lacks_pods {
                missing.push(format!("Job {name}: {gone} of its Pods are gone, and known from Events only"));
            }
            if course.unseen_failures > 0 {
                missing.push(format!(
                    "Job {name}: {} failed Pods that the status counts are not in the dump: when they failed is not known",
                    course.unseen_failures
                ));
            }
            if course.unseen_successes > 0 {
                let n = course.unseen_successes;
                missing.push(format!("Job {name}: {n} succeeded Pods that the status counts are not in the dump"));
            }
        }
        missing
    }
}

/// The times of a Job or CronJob.
fn times(object: &Value) -> Vec<SimTime> {
    let (meta, status) = (member(object, "metadata"), member(object, "status"));
    let fields = ["startTime", "completionTime", "lastScheduleTime", "lastSuccessfulTime"];
    let managed = list(meta, "managedFields").iter().map(|entry| text(entry, "time"));
    let conditions = list(status, "conditions").iter().map(|condition| text(condition, "lastTransitionTime"));
    let own = fields.into_iter().map(|name| text(status, name));
    let all = managed.chain(conditions).chain(own).chain([text(meta, "creationTimestamp")]);
    all.filter_map(instant).collect()
}
