//! Resolves an input to a setup that can be simulated: manifests are read, models of Pods are laid over one another,
//! names are looked up. Every error has its place in the file.

use super::actions::ActionTargets;
use super::arrivals::ArrivalTimes;
use super::document::{PodsSpec, ScenarioDocument, StudySpec};
use super::input::{Input, Setting, SourceDocument};
use super::manifests::{Manifests, ReadingRules};
use super::node_actions::NodeNames;
use super::pods::PodsLevel;
use super::problem::{FieldProblem, Problem, Problems};
use super::{cluster, containers, horizon, kubernetes, nodes, pods, unused};
use crate::experiment::result::FileText;
use crate::experiment::{
    AssumedPods, Goal, NodesAtStart, PlannedAction, PlannedCronJob, PlannedJob, PoissonArrivals, Setup,
    undefined_mean_message,
};
use crate::limits::MOST_REPLICATIONS;
use crate::manifest::{InitialJobStatus, wrapper};
use crate::model::{Assignment, Outage, PodModel, Stages};
use crate::release::Release;
use crate::text::from_node;
use crate::time::{SimDuration, SimTime};
use crate::world::Config;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A setup with notices for the user.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What is simulated.
    pub setup: Setup,
    /// Notices for the user, one per line.
    pub notices: Vec<String>,
    /// What must hold.
    pub expect: Vec<Goal>,
    /// What `jobsim studies` shows about it.
    pub study: StudySpec,
    /// The texts of the files that were read, each once.
    pub files: Vec<FileText>,
    /// The values of all manifests, each as often as it was read ([`crate::experiment::Budget::values`]).
    pub values: u64,
}

impl Input {
    /// Resolves everything.
    ///
    /// # Errors
    /// Everything that is wrong with the first invalid part.
    pub fn resolve(&self) -> Result<Resolved, Problems> {
        let SourceDocument { file, node, .. } = &self.scenario;
        let scenario: ScenarioDocument = from_node(node).map_err(|error| vec![Problem::of(file, error)])?;
        let problem = |problem: FieldProblem| vec![self.scenario.problem(&problem.field, problem.message)];
        let (release, notice) = kubernetes::release_of(&scenario).map_err(problem)?;
        let mut jobs = Jobs::default();
        jobs.manifests.notices.extend(notice);
        if self.release.is_some() && !scenario.feature_gates.is_empty() {
            jobs.manifests.notices.push("featureGates: two releases are compared at their defaults".to_owned());
        }
        let release = self.release.unwrap_or(release);
        Resolver { input: self, scenario: &scenario, release, jobs }.resolve()
    }
}

/// What has been found so far.
#[derive(Default)]
pub(super) struct Jobs {
    pub planned: Vec<PlannedJob>,
    pub cronjobs: Vec<PlannedCronJob>,
    /// Names under which Jobs are reported together, such as the copies of one Job.
    pub series: Vec<Arc<str>>,
    /// The files that the scenario names, each once.
    pub texts: Vec<FileText>,
    /// The names of the files of `texts`, as entries give them.
    pub named: BTreeSet<String>,
    /// The values of the manifests that were read so far.
    pub values: u64,
    /// Jobs by namespace and name, as positions in `planned`.
    pub by_name: HashMap<(String, String), usize>,
    /// Models of Pods. The first one is for Jobs without a model of their own.
    pub models: Vec<PodModel>,
    /// The scenario's settings for Pods of all Jobs, over which `models` and entries are laid.
    pub base: Option<(Stages, PodsLevel)>,
    pub assignment: Assignment,
    pub arrivals: Vec<PoissonArrivals>,
    pub manifests: Manifests,
    /// Jobs, by position in `planned`, that a CronJob controls from the start, with its namespace and name.
    pub owners: Vec<(usize, (String, String))>,
    /// Jobs, by position in `planned`, that begin with a status, and what was read about them.
    pub begun: Vec<(usize, Box<InitialJobStatus>)>,
    /// The scenario's `models` that some Job follows, with the place of each in the field `models` here.
    pub labelled: BTreeMap<usize, usize>,
    /// What is left open for at least one Job.
    pub open: AssumedPods,
    /// The latest time that a status shows, and which object shows it.
    pub latest: Option<(SimTime, String)>,
    /// The Jobs and CronJobs by name, for actions; empty until all of them are known.
    pub targets: ActionTargets,
}

pub(super) struct Resolver<'a> {
    pub input: &'a Input,
    pub scenario: &'a ScenarioDocument,
    pub release: Release,
    pub jobs: Jobs,
}

impl Resolver<'_> {
    pub(super) fn problem(&self, path: &str, message: impl Into<String>) -> Problems {
        vec![self.input.scenario.problem(path, message)]
    }

    /// Turns a problem with a field below a path, found by code that does not know the file, into one with its place.
    pub(super) fn below(&self, path: &str) -> impl Fn(FieldProblem) -> Problems {
        move |problem| {
            let problem = problem.below(path);
            self.problem(&problem.field, problem.message)
        }
    }

    fn resolve(mut self) -> Result<Resolved, Problems> {
        let scenario = self.scenario;
        let kubelet = cluster::kubelet(&scenario.cluster, self.release.profile.rules);
        let kubelet = kubelet.map_err(self.below("cluster"))?;
        self.base_model()?;
        for (n, entry) in scenario.jobs.iter().enumerate() {
            self.entry(n, entry)?;
        }
        for document in &self.input.manifests {
            let mut manifests = Manifests::default();
            self.count_values(document)?;
            manifests.add(document, &self.input.job_settings, None, self.reading_rules(None))?;
            self.take_in(&mut manifests, &ArrivalTimes::Fixed(vec![SimDuration::ZERO]), (None, None), &document.file)?;
        }
        if self.jobs.planned.is_empty() && self.jobs.cronjobs.is_empty() {
            return Err(self.no_jobs());
        }
        // Settings first: a Job that is linked to its CronJob gives up the series of its own name.
        self.settings_have_jobs()?;
        self.link_owners();
        let start = self.start()?;
        let mut config = self.config(start)?;
        let (nodes, residents) = self.nodes(&mut config)?;
        self.begin_pods(start, config.nodes.as_deref().map(|config| NodesAtStart::of(&nodes, config)).as_ref());
        self.remember_failures(start);
        self.check_queues(config.kueue.as_deref())?;
        let actions = self.actions(&NodeNames::of(&nodes, &config))?;
        self.jobs.manifests.finish();
        let until = match scenario.until {
            Some(span) => self.within_the_clock(start, span.0)?,
            None => horizon::default(&mut self.jobs, start, config.clock),
        };
        let expect = self.goals(&self.jobs.series)?;
        let setup = Setup {
            question: scenario.question.clone(),
            seed: scenario.seed.unwrap_or(1),
            assumed: self.assumed(),
            replications: self.replications()?,
            start,
            until,
            budget: self.input.budget,
            release: self.release.profile,
            config,
            nodes,
            residents,
            kubelet,
            actions,
            stream_aliases: Arc::default(),
            outages: self.outages()?,
            jobs: std::mem::take(&mut self.jobs.planned),
            cronjobs: std::mem::take(&mut self.jobs.cronjobs),
            series: std::mem::take(&mut self.jobs.series),
            arrivals: std::mem::take(&mut self.jobs.arrivals),
            models: std::mem::take(&mut self.jobs.models).into(),
            assignment: Arc::new(std::mem::take(&mut self.jobs.assignment)),
        };
        let files = self.input.texts.iter().chain(&self.jobs.texts).cloned().collect();
        let users = unused::users(&setup);
        self.containers_exist(&users)?;
        self.indexes_can_apply(&users)?;
        let mut notices = std::mem::take(&mut self.jobs.manifests.notices);
        notices.extend(containers::unsaid(&users));
        notices.extend(containers::cut_terminations(&users));
        notices.extend(unused::notices(&setup, &users, scenario, &self.jobs.labelled));
        notices.extend(self.check_goals(&setup, &expect)?);
        Ok(Resolved { setup, expect, notices, study: scenario.study.clone(), files, values: self.jobs.values })
    }

    /// Rejects goals that are meaningless for the setup; returns notices about the others.
    fn check_goals(&self, setup: &Setup, expect: &[Goal]) -> Result<Vec<String>, Problems> {
        let mut told = Vec::new();
        for (n, goal) in expect.iter().enumerate() {
            if let Err(why) = goal.measure.check(setup) {
                return Err(self.problem(&format!("expect[{n}]"), why.to_string()));
            }
            told.extend(goal.measure.always_zero(setup).map(|why| format!("expect[{n}]: {why}")));
        }
        if let Some(field) = setup.stage_without_mean() {
            if let Some(n) = expect.iter().position(|goal| goal.measure.is_mean_time()) {
                return Err(self.problem(&format!("expect[{n}]"), undefined_mean_message(field)));
            }
            told.push(format!("{field} has no mean: means of times are left out, quantiles and probabilities are not"));
        }
        Ok(told)
    }

    /// The cluster, without its nodes.
    fn config(&self, start: SimTime) -> Result<Config, Problems> {
        let folder = &self.input.scenario.folder;
        cluster::resolve(&self.scenario.cluster, &self.release, start, folder).map_err(self.below("cluster"))
    }

    /// What users do.
    fn actions(&mut self, names: &NodeNames) -> Result<Vec<PlannedAction>, Problems> {
        let mut actions = Vec::new();
        if !self.scenario.actions.is_empty() {
            self.jobs.targets = ActionTargets::of(&self.jobs.planned, &self.jobs.cronjobs);
        }
        for (n, action) in self.scenario.actions.iter().enumerate() {
            actions.extend(self.action(n, action, names)?);
        }
        Ok(actions)
    }

    /// How manifests are read; `from_status` is the setting of the entry.
    pub(super) fn reading_rules(&self, from_status: Option<bool>) -> ReadingRules {
        let from_status = from_status.unwrap_or(self.input.from_status);
        let has_nodes = nodes::has_nodes(&self.scenario.cluster);
        ReadingRules { from_status, has_nodes, release: self.release.profile }
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
        let seen = self.jobs.manifests.latest_seen.filter(|seen| seen > latest);
        match given {
            Some(start) if start < *latest => {
                let what = format!("virtual time begins before {shown}, which the status of {name} shows");
                Err(self.problem("start", what))
            }
            Some(start) => Ok(start),
            // Pods and Events may show later times. They only move the default, and refuse no start that is given:
            // the clock of a node may be ahead.
            None => {
                let (begins, whose) = match seen {
                    Some(seen) => (seen, "Pods and Events of what was read".to_owned()),
                    None => (*latest, format!("the status of {name}")),
                };
                let shown = crate::text::rfc3339(begins);
                let what = format!("virtual time begins at {shown}, the latest time in {whose}; --from changes that");
                self.jobs.manifests.notices.push(what);
                Ok(begins)
            }
        }
    }

    /// How many replications an experiment has.
    fn replications(&self) -> Result<u32, Problems> {
        match self.scenario.replications {
            None => Ok(1),
            Some(n @ 1..=MOST_REPLICATIONS) => Ok(n),
            Some(n) => Err(self.problem("replications", format!("{n} replications: from 1 to {MOST_REPLICATIONS}"))),
        }
    }

    /// The longest virtual time, if the clock reaches that far.
    fn within_the_clock(&self, start: SimTime, until: SimDuration) -> Result<SimDuration, Problems> {
        let most = horizon::up_to_the_end(start);
        if until <= most {
            return Ok(until);
        }
        let (begins, ends) = (crate::text::rfc3339(start), crate::text::rfc3339(horizon::END));
        let what = format!(
            "virtual time would begin at {begins} and go beyond the end of the clock, {ends}: it can be at most {most}"
        );
        Err(self.problem("until", what))
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

    /// Rejects settings for a Job that does not exist.
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
        let kinds: BTreeSet<&str> = passed_over.iter().filter_map(|one| one.split(' ').next()).collect();
        let wraps: String = kinds.into_iter().filter_map(wrapper).map(|text| format!("; {text}")).collect();
        vec![Problem::about(file, format!("there is no Job or CronJob in it{found}{wraps}"))]
    }

    /// Makes the general model: that of Pods of Jobs which specify nothing themselves.
    fn base_model(&mut self) -> Result<(), Problems> {
        let disruptions = [&self.scenario.disruptions[..], &self.input.disruptions].concat();
        let stages = pods::with_disruptions(pods::default_stages(), &disruptions).map_err(self.below("disruptions"))?;
        let level = PodsLevel::read(&self.scenario.pods, &self.input.scenario.folder).map_err(self.below("pods"))?;
        self.jobs.models.push(pods::model(&stages, &[&level]));
        self.jobs.base = Some((stages, level));
        Ok(())
    }

    /// The general model with `spec`, which stands at `path`, laid over it.
    pub(super) fn model_over(&self, path: &str, spec: &PodsSpec) -> Result<PodModel, Problems> {
        let own = PodsLevel::read(spec, &self.input.scenario.folder).map_err(self.below(path))?;
        let (stages, general) = self.jobs.base.as_ref().expect("the general model comes first");
        Ok(pods::model(stages, &[general, &own]))
    }

    /// Which parts of the Pods' behaviour are defaults for at least one Job.
    fn assumed(&self) -> AssumedPods {
        let is_ended_otherwise = !self.scenario.disruptions.is_empty() || !self.scenario.outages.is_empty();
        AssumedPods { outcome: self.jobs.open.outcome && !is_ended_otherwise, ..self.jobs.open }
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
}
