//! Input models: how long Pods run and how they end. They are not the cluster: [`crate::world`] decides what happens to
//! a Pod during its life (deletions, restarts of controllers, a full cluster).
//!
//! Each variate is made by inversion from one uniform number, with logarithms and powers from `libm`. `rand_distr` is
//! deliberately not used: its samplers reject and redraw, which breaks common random numbers, and the last bits of its
//! variates depend on the platform's `ln` and `exp`.

mod container_workload;
mod containers;
mod containers_so_far;
pub mod distribution;
pub mod duration;
mod image_pull;
mod latency;
mod life_so_far;
mod no_pods;
mod node_pool;
mod pod_workload;
mod pods;
pub mod purpose;
pub mod restart_backoff;
pub mod restart_schedule;
mod workload;

pub use containers::{ContainerModel, ScriptedRun};
pub use containers_so_far::{ContainerSoFar, ContainerStage, ContainersSoFar, RestOfRun};
pub use distribution::{Distribution, FamilyReference, families};
pub use latency::{Latency, LatencyOf};
pub use life_so_far::LifeSoFar;
pub use no_pods::NoPods;
pub use node_pool::{AutoscalerModel, Expander, NodeDraw, NodePool, NodeRoom, OnReclaimNotice};
pub use pod_workload::{Assignment, PodWorkload, StreamAliases};
pub use pods::{ExitCode, OOM_KILLED_CODE, Outage, Outages, OutcomeModel, PodModel, StageFaults, Stages};
pub use restart_backoff::{Delays, RestartBackoff};
pub use restart_schedule::RestartSchedule;
pub use workload::{
    ContainerLife, CronStart, Disruption, DisruptionKind, DisruptionOrigin, Life, PlannedRun, PodIdentity, Run,
    Workload,
};
