//! What is to be simulated, resolved: Jobs, how their Pods behave, the cluster, what users do. It is not what a user
//! writes ([`crate::scenario`] reads that).

use crate::api::InitialCronJobStatus;
use crate::api::JobStatus;
use crate::apiserver::{CronJobObject, JobObject};
use crate::kernel::Entity;
use crate::model::{Assignment, Kubelet, Luck, Outage, PodModel};
use crate::time::{SimDuration, SimTime};
use crate::world::{Action, Config};
use std::ops::Range;
use std::sync::Arc;

/// A whole scenario, ready to be simulated any number of times.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The question that it answers, if it says so.
    pub question: Option<String>,
    /// The seed of all chance.
    pub seed: u64,
    /// How many replications an experiment has.
    pub replications: u32,
    /// The wall clock when virtual time begins, on the virtual clock (which starts in the year 2000).
    pub start: SimTime,
    /// The longest virtual time.
    pub until: SimDuration,
    /// The cluster.
    pub config: Config,
    /// The kubelets.
    pub kubelet: Kubelet,
    /// The Jobs, in the order in which they are listed.
    pub jobs: Vec<PlannedJob>,
    /// The CronJobs, in the order in which they are listed.
    pub cronjobs: Vec<PlannedCronJob>,
    /// The names under which Jobs are summarised: a Job's own name, for copies that of what was copied, and for Jobs of
    /// a CronJob the CronJob's.
    pub series: Vec<Arc<str>>,
    /// Jobs that arrive at random.
    pub arrivals: Vec<PoissonArrivals>,
    /// What users do; times count from the start.
    pub actions: Vec<PlannedAction>,
    /// Models of Pods; the first is for Jobs without one of their own.
    pub models: Arc<[PodModel]>,
    /// Which Job, and which CronJob's Jobs, follow which model.
    pub assignment: Arc<Assignment>,
    /// Jobs and CronJobs whose random numbers go by another name.
    pub luck: Arc<Luck>,
    /// Windows in which Pods fail together.
    pub outages: Arc<[Outage]>,
}

/// A Job that will be created.
#[derive(Clone, Debug)]
pub struct PlannedJob {
    /// The object.
    pub object: Arc<JobObject>,
    /// When, counted from the start.
    pub at: SimDuration,
    /// The status that it begins with; `None` if it has none yet.
    pub status: Option<Arc<JobStatus>>,
    /// The CronJob that controls it from the start, by its place in [`Setup::cronjobs`].
    pub owner: Option<usize>,
    /// Its place in [`Setup::series`].
    pub series: usize,
}

/// A CronJob that will be created.
#[derive(Clone, Debug)]
pub struct PlannedCronJob {
    /// The object.
    pub object: Arc<CronJobObject>,
    /// When, counted from the start.
    pub at: SimDuration,
    /// The status that it begins with; `None` if it has none yet. Jobs that are active are of [`Setup::jobs`].
    pub status: Option<Arc<InitialCronJobStatus>>,
    /// The place in [`Setup::series`] of all Jobs that it creates.
    pub series: usize,
}

/// Jobs that arrive as a Poisson process; each replication has arrivals of its own. Those that would arrive after the
/// process is over are not created.
#[derive(Clone, Debug)]
pub struct PoissonArrivals {
    /// Names the random numbers.
    pub process: Entity,
    /// Arrivals in an hour.
    pub per_hour: f64,
    /// When the process begins, counted from the start.
    pub from: SimDuration,
    /// How long it goes on.
    pub until: SimDuration,
    /// The places in [`Setup::jobs`] of those that arrive, in order.
    pub jobs: Range<usize>,
}

/// Something that a user will do.
#[derive(Clone, Debug)]
pub struct PlannedAction {
    /// When, counted from the start.
    pub at: SimDuration,
    /// What. It refers to Jobs and CronJobs of the setup by their place there, which is their id in the world.
    pub action: Action,
}
