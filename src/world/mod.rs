//! The cluster around the controllers: the API server's store, watches, clients with latency and throttle, workers, the
//! controllers around nodes, kubelets, the autoscaler, and users. It has no threads, no files and no real clock; random
//! numbers come only through the [`Workload`](crate::model::Workload).
//!
//! A world is one run: make it with [`World::new`], add Jobs and actions, call [`World::step`] until nothing is
//! pending, and read [`World::env`] in between.
//!
//! Every subsystem owns its state and is given the environment ([`Env`]: clock and event list, store, configuration,
//! observations) by `&mut`. Imports inside the world go downwards only: `dispatch` (with `recording` and `reclaim`) →
//! `users` → `controllers` → `nodes` → `wire` → `env` → `store`; the layout test holds this order. A lower layer
//! reaches a higher one only by an event on the event list, or by a note in the environment.

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
