//! Input models: where Pods' lives come from. They are not the cluster: what becomes of a life (deletions, restarts of
//! controllers, a full cluster) is the business of [`crate::world`].

pub mod distribution;
pub mod duration;
mod workload;

pub use distribution::Distribution;
pub use workload::{Disruption, DisruptionKind, DisruptionOrigin, Life, PodIdentity, Run, Workload};
