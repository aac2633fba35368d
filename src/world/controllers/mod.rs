//! The places in the world where controllers run: workers of the Job and the CronJob controller, the garbage collector, the
//! TTL controller, the removal of orphaned finalizers, and restarts. What they decide is in [`crate::controller`].

pub(in crate::world) mod cronjob;
pub(in crate::world) mod garbage_collector;
pub(in crate::world) mod job;
pub(in crate::world) mod orphan_finalizers;
pub(in crate::world) mod restart;
pub(in crate::world) mod ttl;
