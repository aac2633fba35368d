//! The wire between clients and the API server: requests with latency and throttle, and Kubernetes Events, which are
//! requests too. What a request does to an object is not known here.

pub(in crate::world) mod cronjob_events;
pub(in crate::world) mod job_events;
pub(in crate::world) mod object_events;
pub(in crate::world) mod pod_events;
pub(in crate::world) mod requests;
