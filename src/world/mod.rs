//! The cluster around the controller: an API server's store, watch caches, clients with latency and throttle, workers,
//! scheduler and kubelets, garbage collector, TTL controller, and the user. It has no threads, no files and no real
//! clock; chance comes only through the [`Workload`](crate::model::Workload).
//!
//! The world of one run: [`World::new`], add Jobs and actions, [`World::step`] until nothing is left, and read
//! [`World::log`] and [`World::store`] in between.

mod beginning;
mod change;
mod collector;
mod config;
mod cronjobs;
mod cronnotices;
mod cronstore;
mod cronuser;
mod dispatch;
mod event;
mod forgetting;
mod kubelet;
mod notices;
mod orphans;
mod recording;
mod requests;
mod restart;
mod room;
mod store;
mod ttl;
mod user;
mod watch;
mod workers;

pub use crate::controller::{Throttle, TokenBucket};
pub use beginning::BeginsWith;
pub use config::{Clocks, Config};
pub use cronjobs::{CronFault, FaultyCalls};
pub use cronstore::ApiCronJob;
pub use cronuser::{CronAction, Validation};
pub use dispatch::World;
pub use event::Event;
pub use store::{ApiJob, ApiPod, JobOrder, Store};
pub use user::{Action, PodKey, Propagation, Target};
