//! The cluster around the controller: an API server's store, watch caches, clients with latency and throttle, workers,
//! scheduler and kubelets, garbage collector, TTL controller, and the user. It has no threads, no files and no real
//! clock; chance comes only through the [`Workload`](crate::model::Workload).
//!
//! The world of one run: [`World::new`], add Jobs and actions, [`World::step`] until nothing is left, and read
//! [`World::log`] and [`World::store`] in between.

mod config;
mod controllers;
mod dispatch;
mod event;
mod nodes;
mod reclaim;
mod recording;
mod store;
mod users;
mod wire;

pub use crate::controller::TokenBucket;
pub use crate::release::RateLimit;
pub use config::{Clocks, Config};
pub use controllers::cronjob::{CronFault, FaultyCalls};
pub use dispatch::World;
pub use event::Event;
pub use store::cronjobs::ApiCronJob;
pub use store::jobs::{ApiJob, ApiPod, JobOrder, Store};
pub use users::cronjobs::{CronAction, Validation};
pub use users::initial_state::BeginsWith;
pub use users::jobs::{Action, PodKey, Propagation, Target};
