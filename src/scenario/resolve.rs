//! From what was written to what is simulated: manifests are read, models laid over one another, names looked up.
//! Every refusal has its place in the file.

use super::arrivals::{self, ArrivalTimes};
use super::document::{JobEntrySpec, ManifestSource, ScenarioDocument};
use super::input::{Input, Setting, SourceDocument};
use super::manifests::{ManifestJob, Manifests};
use super::problem::{FieldProblem, Problem, Problems};
use super::{cluster, horizon, pods, source};
use crate::api::InitialCronJobStatus;
use crate::api::JobStatus;
use crate::apiserver::{CronJobObject, JobObject};
use crate::experiment::result::FileText;
use crate::experiment::{Goal, PlannedCronJob, PlannedJob, PoissonArrivals, Setup, undefined_mean_message};
use crate::kernel::Entity;
use crate::model::{Assignment, Outage, PodModel};
use crate::text::{Node, from_node, read_documents};
use crate::time::{SimDuration, SimTime};
use std::collections::HashMap;
use std::sync::Arc;

/// The most Jobs of one scenario.
const MOST_JOBS: usize = 1_000_000;

/// A setup, and what the user should know about it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What is simulated.
    pub setup: Setup,
    /// What the user should know, a line each.
    pub notices: Vec<String>,
    /// What must hold.
    pub expect: Vec<Goal>,
    /// The texts of the files that were read.
    pub files: Vec<FileText>,
}

impl Input {
    /// Resolves everything.
    ///
    /// # Errors
    /// All that is wrong with the first thing that is wrong.
    pub fn resolve(&self) -> Result<Resolved, Problems> {
        let SourceDocument { file, node, .. } = &self.scenario;
        let scenario: ScenarioDocument = from_node(node).map_err(|error| vec![Problem::of(file, error)])?;
        Resolver { input: self, scenario: &scenario, jobs: Jobs::default() }.resolve()
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Jobs {
    pub planned: Vec<PlannedJob>,
    pub cronjobs: Vec<PlannedCronJob>,
    pub series: Vec<Arc<str>>,
    texts: Vec<FileText>,
    by_name: HashMap<(String, String), usize>,
    models: Vec<PodModel>,
    assignment: Assignment,
    arrivals: Vec<PoissonArrivals>,
    pub manifests: Manifests,
    /// Jobs by their place in `planned` that a CronJob controls from the start, with its namespace and name.
    pub owners: Vec<(usize, (String, String))>,
    /// The latest time that a status shows, and whose it is.
    latest: Option<(SimTime, String)>,
}

pub(super) struct Resolver<'a> {
    pub input: &'a Input,
    scenario: &'a ScenarioDocument,
    pub jobs: Jobs,
}

impl Resolver<'_> {
    pub(super) fn problem(&self, path: &str, message: impl Into<String>) -> Problems {
        vec![self.input.scenario.problem(path, message)]
    }

    /// A problem of a field below a path, as found by whoever knows the fields but not the file.
    fn below(&self, path: &str) -> impl Fn(FieldProblem) -> Problems {
        move |problem| {
            let problem = problem.below(path);
            self.problem(&problem.field, problem.message)
        }
    }

    fn resolve(mut self) -> Result<Resolved, Problems> {
        let scenario = self.scenario;
        let kubelet = cluster::kubelet(&scenario.cluster).map_err(self.below("cluster"))?;
        let base = self.base_model()?;
        self.jobs.models.push(base);
        for (n, entry) in scenario.jobs.iter().enumerate() {
            self.entry(n, entry)?;
        }
        for document in &self.input.manifests {
            let mut manifests = Manifests::default();
            manifests.add(document, &self.input.job_settings, None, self.input.from_status)?;
            self.take_in(&mut manifests, &ArrivalTimes::Fixed(vec![SimDuration::ZERO]), None, &document.file)?;
        }
        if self.jobs.planned.is_empty() && self.jobs.cronjobs.is_empty() {
            return Err(self.no_jobs());
        }
        self.settings_have_jobs()?;
        self.link_owners();
        let start = self.start()?;
        let (config, latencies) =
            cluster::resolve(&scenario.cluster, start, &self.input.scenario.folder).map_err(self.below("cluster"))?;
        let actions =
            scenario.actions.iter().enumerate().map(|(n, a)| self.action(n, a)).collect::<Result<Vec<_>, _>>()?;
        self.jobs.manifests.finish();
        let until = scenario.until.map_or_else(|| horizon::default(&mut self.jobs, start, config.clock), |span| span.0);
        let expect = self.goals(&self.jobs.series)?;
        let setup = Setup {
            question: scenario.question.clone(),
            seed: scenario.seed.unwrap_or(1),
            replications: scenario.replications.unwrap_or(1),
            start,
            until,
            config,
            latencies,
            kubelet,
            actions,
            luck: Arc::default(),
            outages: self.outages()?,
            jobs: self.jobs.planned,
            cronjobs: self.jobs.cronjobs,
            series: self.jobs.series,
            arrivals: self.jobs.arrivals,
            models: self.jobs.models.into(),
            assignment: Arc::new(self.jobs.assignment),
        };
        let files = self.input.texts.iter().chain(&self.jobs.texts).cloned().collect();
        let mut notices = self.jobs.manifests.notices;
        for (n, goal) in expect.iter().enumerate() {
            if let Err(why) = goal.measure.check(&setup) {
                return Err(vec![self.input.scenario.problem(&format!("expect[{n}]"), why.to_string())]);
            }
        }
        if let Some(field) = setup.stage_without_mean() {
            if let Some(n) = expect.iter().position(|goal| goal.measure.is_mean_time()) {
                return Err(vec![self.input.scenario.problem(&format!("expect[{n}]"), undefined_mean_message(field))]);
            }
            notices
                .push(format!("{field} has no mean: means of times are left out, quantiles and probabilities are not"));
        }
        Ok(Resolved { setup, expect, notices, files })
    }

    /// The wall clock when virtual time begins.
    fn start(&mut self) -> Result<SimTime, Problems> {
        let given = self.scenario.start.map(|t| t.0);
        let Some((latest, name)) = &self.jobs.latest else {
            if self.input.from_status {
                self.jobs.manifests.notices.push("nothing has a status to begin with: all is created anew".to_owned());
            }
            return Ok(given.unwrap_or_default());
        };
        let shown = crate::text::rfc3339(*latest);
        match given {
            Some(start) if start < *latest => {
                let what = format!("virtual time begins before {shown}, which the status of {name} shows");
                Err(self.problem("start", what))
            }
            Some(start) => Ok(start),
            None => {
                let what = format!(
                    "virtual time begins at {shown}, the latest time in the status of {name}; --from changes that"
                );
                self.jobs.manifests.notices.push(what);
                Ok(*latest)
            }
        }
    }

    /// What must hold.
    fn goals(&self, series: &[Arc<str>]) -> Result<Vec<Goal>, Problems> {
        let read = |(n, text): (usize, &String)| {
            Goal::parse(text, series).map_err(|error| {
                let problem = self.input.scenario.problem(&format!("expect[{n}]"), error.message);
                vec![problem.suggesting(error.suggestion.as_deref())]
            })
        };
        self.scenario.expect.iter().enumerate().map(read).collect()
    }

    /// Refuses settings of a Job that there is not.
    fn settings_have_jobs(&self) -> Result<(), Problems> {
        let known = || self.jobs.series.iter().map(|name| &**name);
        let wanted = |s: &&Setting| s.job.as_deref().is_some_and(|job| !known().any(|name| name == job));
        let Some(setting) = self.input.job_settings.iter().find(wanted) else { return Ok(()) };
        let job = setting.job.as_deref().unwrap_or_default();
        let names: Vec<&str> = known().take(20).collect();
        let what = format!("{:?}: there is no Job {job:?}; there are {}", setting.text, names.join(", "));
        Err(vec![Problem::about("command line", what).suggesting(crate::text::suggest(job, known()))])
    }

    fn no_jobs(&self) -> Problems {
        let passed_over = self.jobs.manifests.passed_over();
        let found =
            if passed_over.is_empty() { String::new() } else { format!("; there are: {}", passed_over.join(", ")) };
        let file = self.input.manifests.first().map_or(&self.input.scenario.file, |d| &d.file);
        vec![Problem::about(file, format!("there is no Job or CronJob in it{found}"))]
    }

    /// What holds for Pods of Jobs that say nothing themselves.
    fn base_model(&self) -> Result<PodModel, Problems> {
        let stages = pods::with_disruptions(pods::default_stages(), &self.scenario.disruptions)
            .map_err(self.below("disruptions"))?;
        let bare = PodModel { stages, by_index: Vec::new(), by_attempt: Vec::new() };
        pods::overlay(&bare, &self.scenario.pods, &self.input.scenario.folder).map_err(self.below("pods"))
    }

    fn outages(&self) -> Result<Arc<[Outage]>, Problems> {
        let outage = |(n, o): (usize, &super::document::OutageSpec)| {
            if o.from.0 >= o.to.0 {
                return Err(self.problem(&format!("outages[{n}]"), "an outage must end after it begins"));
            }
            Ok(Outage { from: o.from.0, to: o.to.0, fail: o.fail.map_or(1.0, |share| share.0) })
        };
        self.scenario.outages.iter().enumerate().map(outage).collect()
    }

    /// The Jobs of one entry.
    fn entry(&mut self, n: usize, entry: &JobEntrySpec) -> Result<(), Problems> {
        let path = format!("jobs[{n}]");
        let mut manifests = Manifests::default();
        for document in self.documents(&path, entry)? {
            let from_status = entry.from_status.unwrap_or(self.input.from_status);
            manifests.add(&document, &self.input.job_settings, entry.name.as_deref(), from_status)?;
        }
        if let Some(cronjob) = manifests.cronjobs.first() {
            self.only_at(&path, entry, &cronjob.0.name)?;
        }
        let arrivals = arrivals::of(entry, &self.input.scenario.folder).map_err(self.below(&path))?;
        let base = self.jobs.models[0].clone();
        let own = pods::overlay(&base, &entry.pods, &self.input.scenario.folder)
            .map_err(self.below(&format!("{path}.pods")))?;
        let file = self.input.scenario.file.clone();
        self.take_in(&mut manifests, &arrivals, (own != base).then_some(own), &file)
    }

    /// A CronJob is created once: what makes copies is refused.
    fn only_at(&self, path: &str, entry: &JobEntrySpec, name: &str) -> Result<(), Problems> {
        let given = [
            ("count", entry.count.is_some()),
            ("every", entry.every.is_some()),
            ("arrivals", entry.arrivals.is_some()),
        ];
        let Some((field, _)) = given.into_iter().find(|(_, given)| *given) else { return Ok(()) };
        let why = format!(
            "CronJob {name:?} is created once, and creates Jobs by its schedule: {field} is for Jobs; allowed is at"
        );
        Err(self.problem(&format!("{path}.{field}"), why))
    }

    /// The documents that an entry names, or has in it.
    fn documents(&mut self, path: &str, entry: &JobEntrySpec) -> Result<Vec<SourceDocument>, Problems> {
        let scenario = &self.input.scenario;
        match &entry.source {
            ManifestSource::Inline(node) => Ok(vec![SourceDocument { node: node.clone(), ..scenario.clone() }]),
            ManifestSource::Manifest(file) => {
                let file = scenario.folder.join(file).display().to_string();
                let at = |problem: Problem| self.problem(&format!("{path}.manifest"), problem.to_string());
                let mut documents = Vec::new();
                for source in source::read(&file).map_err(at)? {
                    let nodes = read_documents(&source.text).map_err(|e| vec![Problem::of(&source.name, e)])?;
                    let document =
                        |node: Node| SourceDocument { file: source.name.clone(), folder: source.folder.clone(), node };
                    documents.extend(nodes.into_iter().map(document));
                    self.jobs.texts.push(FileText { name: source.name, text: source.text });
                }
                Ok(documents)
            }
        }
    }

    /// Plans Jobs at each of these times; with several times each copy gets a number after its name.
    fn take_in(
        &mut self,
        manifests: &mut Manifests,
        times: &ArrivalTimes,
        model: Option<PodModel>,
        file: &str,
    ) -> Result<(), Problems> {
        let (jobs, cronjobs) = (std::mem::take(&mut manifests.jobs), std::mem::take(&mut manifests.cronjobs));
        self.jobs.manifests.join(std::mem::take(manifests));
        let model = model.map(|model| {
            self.jobs.models.push(model);
            self.jobs.models.len() - 1
        });
        for ManifestJob { object, starting } in jobs {
            let model = match model {
                Some(model) => model,
                None => self.model_by_label(&object.object["metadata"]["labels"])?,
            };
            let first = self.jobs.planned.len();
            self.jobs.series.push(object.name.as_str().into());
            let copies = times.most();
            if let Some(starting) = &starting {
                if !matches!(times, ArrivalTimes::Fixed(times) if times[..] == [SimDuration::ZERO]) {
                    let what = "a Job that begins with its status is there from the start, once: it goes without at, count, every and arrivals";
                    return Err(vec![Problem::about(file, what)]);
                }
                self.jobs.latest = self.jobs.latest.take().max(Some((starting.latest, format!("Job {}", object.name))));
                if let Some(cronjob) = &starting.cronjob {
                    let owner = (object.namespace.clone(), cronjob.clone());
                    self.jobs.owners.push((self.jobs.planned.len(), owner));
                }
            }
            let status = starting.map(|starting| Arc::new(starting.status));
            for copy in 0..copies {
                let at = match times {
                    ArrivalTimes::Fixed(times) => times[copy],
                    ArrivalTimes::Poisson { first, .. } => *first,
                };
                let object = if copies == 1 { object.clone() } else { renamed(&object, copy + 1, file)? };
                self.plan(object, (at, status.clone()), model, file)?;
            }
            if let ArrivalTimes::Poisson { per_hour, first: from, until, .. } = *times {
                let process = Entity::named(&["arrivals", &object.namespace, &object.name]);
                let jobs = first..first + copies;
                self.jobs.arrivals.push(PoissonArrivals { process, per_hour, from, until, jobs });
            }
        }
        let at = match times {
            ArrivalTimes::Fixed(times) => times.first().copied().unwrap_or_default(),
            ArrivalTimes::Poisson { first, .. } => *first,
        };
        cronjobs.into_iter().try_for_each(|(object, begins)| {
            if let Some(begins) = &begins {
                let latest = Some((begins.latest, format!("CronJob {}", object.name)));
                self.jobs.latest = self.jobs.latest.take().max(latest);
            }
            self.plan_cronjob(object, (at, begins.map(|begins| Arc::new(*begins))), model, file)
        })
    }

    /// Plans a CronJob. Jobs that it creates have the labels of its template.
    fn plan_cronjob(
        &mut self,
        object: CronJobObject,
        (at, status): (SimDuration, Option<Arc<InitialCronJobStatus>>),
        model: Option<usize>,
        file: &str,
    ) -> Result<(), Problems> {
        let name = (object.namespace.clone(), object.name.clone());
        let model = match model {
            Some(model) => model,
            None => self.model_by_label(&object.object["spec"]["jobTemplate"]["metadata"]["labels"])?,
        };
        if self.jobs.assignment.cronjobs.insert(name.clone(), model).is_some() {
            let (namespace, name) = name;
            let what = format!("a second CronJob {name:?} in namespace {namespace:?}: give it another name");
            return Err(vec![Problem::about(file, what)]);
        }
        self.jobs.series.push(object.name.as_str().into());
        let series = self.jobs.series.len() - 1;
        self.jobs.cronjobs.push(PlannedCronJob { object: Arc::new(object), at, status, series });
        Ok(())
    }

    /// The model of the first entry of `models` whose labels the Job has, else the general one.
    fn model_by_label(&mut self, labels: &serde_json::Value) -> Result<usize, Problems> {
        let fits = |m: &&super::document::LabelledModelSpec| {
            m.match_labels.iter().all(|(key, value)| labels.get(key).and_then(|v| v.as_str()) == Some(value))
        };
        let Some((n, entry)) = self.scenario.models.iter().enumerate().find(|(_, m)| fits(m)) else { return Ok(0) };
        let model = pods::overlay(&self.jobs.models[0], &entry.pods, &self.input.scenario.folder)
            .map_err(self.below(&format!("models[{n}].pods")))?;
        let known = self.jobs.models.iter().position(|m| *m == model);
        Ok(known.unwrap_or_else(|| {
            self.jobs.models.push(model);
            self.jobs.models.len() - 1
        }))
    }

    fn plan(
        &mut self,
        object: JobObject,
        (at, status): (SimDuration, Option<Arc<JobStatus>>),
        model: usize,
        file: &str,
    ) -> Result<(), Problems> {
        let name = (object.namespace.clone(), object.name.clone());
        if self.jobs.by_name.insert(name.clone(), self.jobs.planned.len()).is_some() {
            let (namespace, name) = name;
            let what = format!("a second Job {name:?} in namespace {namespace:?}: give it another name");
            return Err(vec![Problem::about(file, what)]);
        }
        if self.jobs.planned.len() == MOST_JOBS {
            return Err(vec![Problem::about(file, format!("more than {MOST_JOBS} Jobs"))]);
        }
        self.jobs.assignment.jobs.insert(name, model);
        let series = self.jobs.series.len() - 1;
        self.jobs.planned.push(PlannedJob { object: Arc::new(object), at, status, owner: None, series });
        Ok(())
    }
}

/// A copy with a number after its name.
fn renamed(object: &JobObject, number: usize, file: &str) -> Result<JobObject, Problems> {
    let copy = object.renamed(&format!("{}-{number}", object.name));
    copy.map_err(|errors| errors.iter().map(|e| Problem::about(file, e.to_string())).collect())
}
