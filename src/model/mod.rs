//! Input models: where Pods' lives come from. They are not the cluster: what becomes of a life (deletions, restarts of
//! controllers, a full cluster) is the business of [`crate::world`].

pub mod distribution;
pub mod duration;
mod latency;
mod pod_workload;
mod pods;
pub mod purpose;
pub mod restart_backoff;
pub mod restart_schedule;
mod workload;

pub use distribution::Distribution;
pub use latency::{Latency, LatencyOf};
pub use pod_workload::{Assignment, Luck, PodWorkload};
pub use pods::{ExitCode, Outage, Outages, Outcome, PodModel, Stages};
pub use restart_backoff::{Delays, RestartBackoff};
pub use restart_schedule::Kubelet;
pub use workload::{CronStart, Disruption, DisruptionKind, DisruptionOrigin, Life, PodIdentity, Run, Workload};
