//! What users do to the cluster, and the state in which a run finds it.

pub(in crate::world) mod cronjobs;
pub(in crate::world) mod initial_state;
pub(in crate::world) mod jobs;
