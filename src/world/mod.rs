//! The cluster around the controller: an API server's store, watch caches, clients with latency and throttle, workers,
//! scheduler and kubelets, garbage collector, TTL controller, and the user. It has no threads, no files and no real
//! clock; chance comes only through the [`Workload`].
//!
//! The world of one run: [`World::new`], add Jobs and actions, [`World::step`] until nothing is left, and read
//! [`World::log`] and [`World::store`] in between.

mod collector;
mod config;
mod dispatch;
mod event;
mod kubelet;
mod notices;
mod requests;
mod restart;
mod store;
mod throttle;
mod ttl;
mod user;
mod watch;
mod workers;
mod workload;

pub use config::Config;
pub use dispatch::World;
pub use event::Event;
pub use notices::{Notice, is_warning};
pub use store::{ApiJob, ApiPod, Store};
pub use throttle::{Throttle, TokenBucket};
pub use user::{Action, PodKey};
pub use workload::{Disruption, DisruptionKind, Life, PodIdentity, Run, Workload};

use crate::controller::job::BackoffWait;
use crate::id::{JobId, PodId};

/// Something that was observed. What an object looks like afterwards is read from the [`Store`].
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// A Job was written.
    Job(JobId),
    /// A Pod was written.
    Pod(PodId),
    /// An Event about a Job was created, or its count raised.
    Notice(Notice),
    /// A sync waits for a Pod failure back-off.
    Wait(JobId, BackoffWait),
    /// What a user did was refused, with the API server's text.
    Refused(JobId, String),
    /// Creating a Pod was refused.
    CreateRefused(JobId),
    /// A sync ended in error and is repeated.
    SyncFailed(JobId),
    /// The controllers died.
    ControllersDown,
    /// The controllers started anew.
    ControllersUp,
}
