//! What lies between the controllers and the API server: requests and their latency, watches, and Kubernetes events on
//! their way. It decides nothing about Jobs.

pub(in crate::world) mod cronjob_events;
pub(in crate::world) mod job_events;
pub(in crate::world) mod requests;
pub(in crate::world) mod watch;
