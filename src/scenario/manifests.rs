//! Manifests as Jobs and CronJobs, by the API server's rules: lists are unpacked, objects of other kinds are skipped
//! and named, warnings are passed on. No files are read here.

use super::input::{Setting, SourceDocument};
use super::problem::{Problem, Problems};
use crate::api::{InitialCronJobStatus, ResourceQuota};
use crate::apiserver::{CronJobObject, JobObject, PriorityClass};
use crate::manifest::{
    InitialJobStatus, Loaded, LoadedQuota, LoadedWorkload, Manifest, Remark, SeenPod, Starting, items, priority_class,
    resource_quota, workload, wrapper,
};
use crate::release::{KubernetesVersion, ReleaseProfile};
use crate::text::path::PathStep;
use crate::text::{TreeNode, Value};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// A Job of a document.
#[derive(Clone, Debug)]
pub struct ManifestJob {
    /// The object.
    pub object: JobObject,
    /// The status that it begins with; `None` if it is created anew.
    pub starting: Option<Box<InitialJobStatus>>,
}

/// Fields of a CronJob's spec. A setting of any other field of `spec` is for the Jobs that it creates.
const OF_CRONJOBS: [&str; 8] = [
    "schedule",
    "timeZone",
    "startingDeadlineSeconds",
    "concurrencyPolicy",
    "suspend",
    "jobTemplate",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
];

/// The Jobs and CronJobs of some documents, and notices for the user.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// In the order of the files.
    pub jobs: Vec<ManifestJob>,
    /// In the order of the files.
    pub cronjobs: Vec<(CronJobObject, Option<Box<InitialCronJobStatus>>)>,
    /// Priority classes, if the cluster has nodes.
    pub priority_classes: Vec<PriorityClass>,
    /// Quotas.
    pub quotas: Vec<ResourceQuota>,
    /// Pods that were read with Jobs that begin with a status.
    pub pods: Vec<SeenPod>,
    /// The latest time that those Pods, and Events among what was read, show.
    pub latest_seen: Option<SimTime>,
    /// Workloads without a Job, if the cluster has nodes.
    pub workloads: Vec<LoadedWorkload>,
    /// Notices for the user, one per line.
    pub notices: Vec<String>,
    passed_over: Vec<String>,
}

/// How manifests are read.
#[derive(Clone, Copy, Debug)]
pub struct ReadingRules {
    /// Whether Jobs begin with the status that they have.
    pub from_status: bool,
    /// Whether the cluster has nodes, so that what Pods say about placement matters.
    pub has_nodes: bool,
    /// The release of the API server.
    pub release: ReleaseProfile,
}

impl Manifests {
    /// Reads a document and lays settings over each Job. `rename` replaces the name.
    ///
    /// # Errors
    /// What the API server would reject, with its place.
    pub fn add(
        &mut self,
        document: &SourceDocument,
        settings: &[Setting],
        rename: Option<&str>,
        rules: ReadingRules,
    ) -> Result<(), Problems> {
        let problem = |error| Problem::of(&document.file, error);
        let ReadingRules { from_status, has_nodes, release } = rules;
        let mut loaded = Loaded { from_status, has_nodes, release, ..Loaded::default() };
        for object in items(&document.node).map_err(|error| vec![problem(error)])? {
            let quota = resource_quota(object);
            if let Some(quota) = quota.map_err(|errors| errors.into_iter().map(problem).collect::<Problems>())? {
                self.take_in_quota(quota, &document.file, object)?;
                continue;
            }
            if has_nodes && is_priority_class(object) {
                let class = priority_class(object);
                let class = class.map_err(|errors| errors.into_iter().map(problem).collect::<Problems>())?;
                // Every cluster has the system's own, so dumps contain them too.
                self.priority_classes.extend(Some(class).filter(|class| !class.is_of_system()));
                continue;
            }
            if has_nodes {
                let read = workload(object);
                let read = read.map_err(|errors| errors.into_iter().map(problem).collect::<Problems>())?;
                // An object that another one controls is counted with that one, as a Pod is with its Deployment. Static
                // Pods are counted by themselves: they are controlled by their Node, which creates no others.
                let is_counted = |w: &LoadedWorkload| w.controller.as_ref().is_none_or(|(kind, _)| kind == "Node");
                if let Some(workload) = read.filter(is_counted) {
                    self.workloads.push(workload);
                    continue;
                }
            }
            self.tell_of_release(object, release);
            let mut node = object.clone();
            lay_over(&mut node, settings, rename).map_err(|problem| vec![problem])?;
            loaded.add_object(&node);
        }
        self.take_in(&document.file, loaded)
    }

    /// Keeps a quota, and reports the parts of it that have no effect.
    fn take_in_quota(&mut self, loaded: LoadedQuota, file: &str, object: &TreeNode) -> Result<(), Problems> {
        let LoadedQuota { quota, others } = loaded;
        let is_same = |other: &&ResourceQuota| (&other.namespace, &other.name) == (&quota.namespace, &quota.name);
        if self.quotas.iter().any(|other| is_same(&other)) {
            let why = format!("a ResourceQuota {}/{} was read before", quota.namespace, quota.name);
            return Err(vec![Problem::of(file, object.at_path("metadata.name").error("metadata.name", why))]);
        }
        if !others.is_empty() {
            let (name, others) = (&quota.name, others.join(", "));
            self.notices
                .push(format!("{file}: ResourceQuota {name}: {others} has no effect: only what Pods use is counted"));
        }
        self.quotas.push(quota);
        Ok(())
    }

    /// Reports another release than the modelled one: a Node that was read with the Jobs names the release of its
    /// kubelet.
    fn tell_of_release(&mut self, object: &TreeNode, release: ReleaseProfile) {
        let info = object.get("status").and_then(|status| status.get("nodeInfo"));
        let told = info.and_then(|info| info.get("kubeletVersion")).and_then(TreeNode::as_text);
        let Some((version, _)) = told.and_then(|told| KubernetesVersion::parse(told).ok()) else { return };
        if version.minor == release.version.minor {
            return;
        }
        let modelled = release.name();
        let what =
            format!("a node among what was read runs {version}, and {modelled} is modelled: --kubernetes {version}");
        if !self.notices.contains(&what) {
            self.notices.push(what);
        }
    }

    fn take_in(&mut self, file: &str, loaded: Loaded) -> Result<(), Problems> {
        if !loaded.errors.is_empty() {
            return Err(loaded.errors.into_iter().map(|error| Problem::of(file, error)).collect());
        }
        let remarks = [loaded.warnings, loaded.unmodelled, loaded.notices];
        self.notices.extend(remarks.iter().flatten().map(|remark| told(file, remark)));
        for object in loaded.objects {
            match (object.object, object.starting) {
                (Manifest::Job(job), starting) => {
                    let starting = match starting {
                        Some(Starting::Job(starting)) => Some(starting),
                        _ => None,
                    };
                    let notices = starting.iter().flat_map(|starting| &starting.notices);
                    self.notices.extend(notices.map(|notice| format!("{file}: {notice}")));
                    self.jobs.push(ManifestJob { object: *job, starting });
                }
                (Manifest::CronJob(cronjob), Some(Starting::CronJob(starting))) => {
                    self.cronjobs.push((*cronjob, Some(starting)));
                }
                (Manifest::CronJob(cronjob), _) => self.cronjobs.push((*cronjob, None)),
            }
        }
        self.pods.extend(loaded.pods);
        self.latest_seen = self.latest_seen.max(loaded.latest_seen);
        self.passed_over.extend(loaded.skipped.into_iter().map(|s| format!("{} {}", s.kind, s.name).trim().to_owned()));
        Ok(())
    }

    /// Objects that were skipped, in order.
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// Adds everything from another one, except for its Jobs and CronJobs.
    pub fn join(&mut self, other: Manifests) {
        self.priority_classes.extend(other.priority_classes);
        self.workloads.extend(other.workloads);
        self.quotas.extend(other.quotas);
        self.pods.extend(other.pods);
        self.latest_seen = self.latest_seen.max(other.latest_seen);
        self.notices.extend(other.notices);
        self.passed_over.extend(other.passed_over);
    }

    /// Reports what was skipped.
    pub fn finish(&mut self) {
        if !self.passed_over.is_empty() {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for one in &self.passed_over {
                *kinds.entry(one.split(' ').next().unwrap_or(one)).or_default() += 1;
            }
            let n = self.passed_over.len();
            let what = match n > MOST_NAMED {
                true => kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", "),
                false => self.passed_over.join(", "),
            };
            let kinds: Vec<&str> = kinds.into_keys().collect();
            self.notices.push(format!("{n} of other kinds passed over: {what}"));
            self.notices.extend(kinds.into_iter().filter_map(wrapper));
        }
    }
}

/// Up to so many objects of other kinds are named in the notice; of more it only tells how many there are of each kind.
const MOST_NAMED: usize = 8;

fn is_priority_class(object: &TreeNode) -> bool {
    let word = |name: &str| object.get(name).and_then(TreeNode::as_text);
    (word("kind"), word("apiVersion")) == (Some("PriorityClass"), Some("scheduling.k8s.io/v1"))
}

/// A remark with its place; values from the command line have none.
fn told(file: &str, remark: &Remark) -> String {
    let Remark { line, column, field, message } = remark;
    let colon = if field.is_empty() { "" } else { ": " };
    match line {
        0 => format!("{file}: {field}{colon}{message}"),
        _ => format!("{file}:{line}:{column}: {field}{colon}{message}"),
    }
}

/// Lays settings and a name over the manifest of a Job or CronJob. Fields of Jobs are set in a CronJob's template.
/// Fields of CronJobs are not set in a Job, except for `suspend`, which both kinds have. A setting that names the Job
/// is set anyway, and then rejected as a field that Jobs do not have.
fn lay_over(node: &mut TreeNode, settings: &[Setting], rename: Option<&str>) -> Result<(), Problem> {
    let is_cronjob = match node.get("kind").and_then(TreeNode::as_text) {
        Some("Job") => false,
        Some("CronJob") => true,
        _ => return Ok(()),
    };
    let name =
        node.get("metadata").and_then(|m| m.get("name")).and_then(TreeNode::as_text).unwrap_or_default().to_owned();
    let name = rename.map_or(name, str::to_owned);
    for setting in settings.iter().filter(|s| s.job.as_ref().is_none_or(|job| *job == name)) {
        match (is_cronjob, setting.spec_field()) {
            (true, Some(field)) if !OF_CRONJOBS.contains(&field) => setting.below_template().apply(node)?,
            (false, Some(field)) if setting.job.is_none() && field != "suspend" && OF_CRONJOBS.contains(&field) => {}
            _ => setting.apply(node)?,
        }
    }
    if let Some(name) = rename {
        let path = ["metadata", "name"].map(PathStep::name);
        let value = TreeNode { line: node.line, column: node.column, value: Value::Text(name.to_owned()) };
        node.set(&path, value).map_err(|message| Problem::about("name", message))?;
    }
    Ok(())
}
