//! The cluster around the controllers: an API server's store, watch caches, clients with latency and throttle, workers,
//! kubelets, garbage collector, TTL controller, and users. It has no threads, no files and no real clock; chance comes
//! only through the [`Workload`](crate::model::Workload).
//!
//! One world is one run: [`World::new`], add Jobs and actions, [`World::step`] until nothing is left, and read
//! [`World::env`] in between.
//!
//! Every subsystem owns its state and is given the environment ([`Env`]: clock and event list, store, configuration,
//! observations) by `&mut`. Imports inside the world go downwards only: `dispatch` (with `recording` and `reclaim`) →
//! `users` → `controllers` → `nodes` → `wire` → `env` → `store`; the layout test holds this order. What a
//! lower one sets in motion in a higher one is an event on the event list, or waits in the environment.

mod cluster_watch;
mod config;
mod controllers;
mod dispatch;
mod env;
mod event;
mod kueue;
mod nodes;
mod quotas;
mod reclaim;
mod recording;
mod store;
mod users;
mod wire;

pub use crate::controller::TokenBucket;
pub use crate::release::RateLimit;
pub use config::{Clocks, Config, CronFault, FaultyCalls, KueueConfig, NodeConfig};
pub use dispatch::World;
pub use env::Env;
pub use event::Event;
pub use nodes::{ContainerView, EndedRun};
pub use store::{ApiCronJob, ApiJob, ApiNode, ApiPod, JobOrder, Store};
pub use users::{
    Action, BeginsWith, BegunPod, JobRef, NodeAction, NodeRef, PodKey, PodSelection, PodsAction, Propagation,
    Validation,
};
