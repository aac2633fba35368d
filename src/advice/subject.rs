//! What the rules examine: a Job, or the Jobs that a CronJob creates, both as the controller reads them and as JSON. It
//! contains no rules.

use crate::api::JobSpec;
use crate::apiserver::CronJobObject;
use crate::manifest::Manifest;
use serde_json::Value;
use std::collections::HashMap;

/// A Job, or the Jobs of a CronJob.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// What the controller reads.
    pub spec: &'a JobSpec,
    /// The Job's spec with its defaults.
    pub json: &'a Value,
    /// `metadata` of the object.
    pub metadata: &'a Value,
    /// The CronJob, if it is one.
    pub cron_job: Option<&'a CronJobObject>,
    /// The path of the Job's spec within the object.
    path: &'static str,
    /// The namespace of the object.
    pub namespace: &'a str,
    /// The name of the object.
    pub name: &'a str,
}

impl<'a> Subject<'a> {
    pub fn of(manifest: &'a Manifest) -> Self {
        let at = |object: &'a Value, pointer: &str| object.pointer(pointer).unwrap_or(&Value::Null);
        match manifest {
            Manifest::Job(job) => Subject {
                spec: &job.spec,
                json: at(&job.object, "/spec"),
                metadata: at(&job.object, "/metadata"),
                cron_job: None,
                path: "spec",
                namespace: &job.namespace,
                name: &job.name,
            },
            Manifest::CronJob(cron_job) => Subject {
                spec: &cron_job.job_spec,
                json: at(&cron_job.object, "/spec/jobTemplate/spec"),
                metadata: at(&cron_job.object, "/metadata"),
                cron_job: Some(cron_job),
                path: "spec.jobTemplate.spec",
                namespace: &cron_job.namespace,
                name: &cron_job.name,
            },
        }
    }

    /// Whether the API server generates its name.
    fn has_generated_name(&self) -> bool {
        self.metadata.get("generateName").is_some()
    }

    /// Whether it is a CronJob, its namespace and its name.
    fn identity(&self) -> (bool, &'a str, &'a str) {
        (self.cron_job.is_some(), self.namespace, self.name)
    }

    /// The path of a field of the Job's spec.
    pub fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    /// The Pods' spec.
    pub fn pod(&self) -> &'a Value {
        self.json.pointer("/template/spec").unwrap_or(&Value::Null)
    }

    /// The elements of a list in the Pods' spec.
    pub fn of_pod(&self, name: &str) -> &'a [Value] {
        self.pod().get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The greatest number of Pods that run at the same time.
    pub fn width(&self) -> i32 {
        self.spec.completions.map_or(self.spec.parallelism, |completions| self.spec.parallelism.min(completions))
    }

    /// Whether failures are counted for each index separately.
    pub fn counts_by_index(&self) -> bool {
        self.spec.backoff_limit_per_index.is_some()
    }

    /// Whether containers that fail are restarted in their Pods.
    pub fn restarts_in_place(&self) -> bool {
        self.spec.template.restart_policy == crate::api::RestartPolicy::OnFailure
    }
}

/// All objects that are reviewed together.
#[derive(Debug)]
pub(super) struct ReviewedObjects<'a> {
    by_namespace: HashMap<&'a str, Vec<Subject<'a>>>,
    /// How many objects have each identity: whether it is a CronJob, namespace and name.
    names: HashMap<(bool, &'a str, &'a str), usize>,
}

impl<'a> ReviewedObjects<'a> {
    pub fn of(subjects: &[Subject<'a>]) -> Self {
        let mut objects = ReviewedObjects { by_namespace: HashMap::new(), names: HashMap::new() };
        for subject in subjects {
            objects.by_namespace.entry(subject.namespace).or_default().push(*subject);
            if !subject.has_generated_name() {
                *objects.names.entry(subject.identity()).or_default() += 1;
            }
        }
        objects
    }

    /// The others of its namespace.
    pub fn others_in_namespace(&self, subject: &Subject<'a>) -> impl Iterator<Item = &Subject<'a>> {
        let is_other = move |other: &&Subject<'a>| !std::ptr::eq(other.json, subject.json);
        self.by_namespace.get(subject.namespace).into_iter().flatten().filter(is_other)
    }

    /// Whether another has its name.
    pub fn shares_its_name(&self, subject: &Subject<'a>) -> bool {
        !subject.has_generated_name() && self.names.get(&subject.identity()).is_some_and(|&count| count > 1)
    }
}

/// The findings of a rule: the path of a field, and the message.
#[derive(Debug, Default)]
pub(super) struct Findings(pub Vec<(String, String)>);

impl Findings {
    pub fn add(&mut self, field: String, message: impl Into<String>) {
        self.0.push((field, message.into()));
    }
}
