//! What the API server has stored: Jobs, Pods and CronJobs, and how they change. It has no clock and validates nothing.

pub(in crate::world) mod change;
pub(in crate::world) mod cronjobs;
pub(in crate::world) mod jobs;
