//! What will be simulated, resolved: Jobs, how their Pods behave, the cluster, what users do. It is not the text that a
//! user writes ([`crate::scenario`] reads that).

use super::budget::Budget;
use crate::api::InitialCronJobStatus;
use crate::api::{Node, NodeReady, PodSchedulingSpec};
use crate::apiserver::{CronJobObject, JobObject};
use crate::id::NodeId;
use crate::kernel::Entity;
use crate::model::{Assignment, Outage, PodModel, RestartSchedule, StreamAliases};
use crate::release::ReleaseProfile;
use crate::time::{SimDuration, SimTime};
use crate::world::{Action, BeginsWith, Config};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;

/// A whole scenario, ready to be simulated any number of times.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The question that it answers, if it states one.
    pub question: Option<String>,
    /// The seed of all random numbers.
    pub seed: u64,
    /// Which parts of the Pods' behaviour are defaults.
    pub assumed: AssumedPods,
    /// How many replications an experiment has.
    pub replications: u32,
    /// The wall clock when virtual time begins, on the virtual clock (which starts in the year 2000).
    pub start: SimTime,
    /// The longest virtual time.
    pub until: SimDuration,
    /// What a replication may use.
    pub budget: Budget,
    /// The release of Kubernetes that is modelled.
    pub release: ReleaseProfile,
    /// The cluster.
    pub config: Config,
    /// Single nodes, which are there from the start; nodes of pools are in [`crate::world::NodeConfig`].
    pub nodes: Vec<PlannedNode>,
    /// Pods without a Job that run on nodes from the start, and never end.
    pub residents: Vec<ResidentPod>,
    /// The kubelets.
    pub kubelet: RestartSchedule,
    /// The Jobs, in the order in which they are listed.
    pub jobs: Vec<PlannedJob>,
    /// The CronJobs, in the order in which they are listed.
    pub cronjobs: Vec<PlannedCronJob>,
    /// The names under which Jobs are summarised: a Job's own name, the original's name for copies, and the name of the
    /// CronJob for Jobs that it creates.
    pub series: Vec<Arc<str>>,
    /// Jobs that arrive at random.
    pub arrivals: Vec<PoissonArrivals>,
    /// What users do; times count from the start.
    pub actions: Vec<PlannedAction>,
    /// Models of Pods; the first one is for Jobs without a model of their own.
    pub models: Arc<[PodModel]>,
    /// Which model each Job, and each CronJob's Jobs, follow.
    pub assignment: Arc<Assignment>,
    /// Jobs and CronJobs that use the random numbers of another name.
    pub stream_aliases: Arc<StreamAliases>,
    /// Periods in which Pods fail together.
    pub outages: Arc<[Outage]>,
}

/// Which parts of the Pods' behaviour are defaults because nothing else was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssumedPods {
    /// How long containers run.
    pub run: bool,
    /// How they end, if nothing ends them from outside.
    pub outcome: bool,
}

impl Setup {
    /// Whether a user edits a field of this name.
    pub fn edits(&self, field: &str) -> bool {
        self.actions.iter().any(|action| match &action.action {
            Action::PatchJob(_, patch) | Action::PatchCronJob(_, patch, _) => mentions(patch, field),
            _ => false,
        })
    }
}

/// Whether a field with this name occurs anywhere in a value.
fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, below)| key == name || mentions(below, name)),
        Value::Array(list) => list.iter().any(|below| mentions(below, name)),
        _ => false,
    }
}

/// A Job that will be created.
#[derive(Clone, Debug)]
pub struct PlannedJob {
    /// The object.
    pub object: Arc<JobObject>,
    /// When, counted from the start.
    pub at: SimDuration,
    /// What it begins with, its owner aside; `None` if it is created anew.
    pub begins: Option<BeginsWith>,
    /// The CronJob that owns it from the start: its index in [`Setup::cronjobs`].
    pub owner: Option<usize>,
    /// Its index in [`Setup::series`].
    pub series: usize,
}

/// A node that is there from the start.
#[derive(Clone, Debug)]
pub struct PlannedNode {
    /// The object.
    pub node: Arc<Node>,
    /// Its condition Ready; unless it is True its kubelet has lost the API server before.
    pub ready: NodeReady,
}

/// A Pod without a Job that runs from the start.
#[derive(Clone, Debug)]
pub struct ResidentPod {
    /// What its spec says about where it may run, and what it requests.
    pub spec: Arc<PodSchedulingSpec>,
    /// Its node: the single nodes of [`Setup::nodes`] come first, then the first nodes of pools.
    pub node: NodeId,
}

/// A CronJob that will be created.
#[derive(Clone, Debug)]
pub struct PlannedCronJob {
    /// The object.
    pub object: Arc<CronJobObject>,
    /// When, counted from the start.
    pub at: SimDuration,
    /// The status that it starts with; `None` if it has none yet. Its active Jobs are in [`Setup::jobs`].
    pub status: Option<Arc<InitialCronJobStatus>>,
    /// The index in [`Setup::series`] of all Jobs that it creates.
    pub series: usize,
}

/// Jobs that arrive as a Poisson process; each replication draws its own arrivals. Jobs that would arrive after the
/// process has ended are not created.
#[derive(Clone, Debug)]
pub struct PoissonArrivals {
    /// The name of its random numbers.
    pub process: Entity,
    /// Arrivals in an hour.
    pub per_hour: f64,
    /// When the process begins, counted from the start.
    pub from: SimDuration,
    /// How long the process lasts.
    pub until: SimDuration,
    /// The indexes in [`Setup::jobs`] of the Jobs that arrive, in order.
    pub jobs: Range<usize>,
}

/// Something that a user, or the operator of the controllers, will do.
#[derive(Clone, Debug)]
pub struct PlannedAction {
    /// When, counted from the start.
    pub at: SimDuration,
    /// What. It refers to Jobs and CronJobs of the setup by their place there, which is their id in the world.
    pub action: Action,
}
