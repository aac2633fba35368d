//! The corpus `fleet-history`: recorded histories of clusters with several Jobs and CronJobs. It holds no rules of the
//! controllers, and shares `histories` with the histories of single Jobs.

mod compare;
pub(super) mod parts;
mod record;
mod replay;
mod sampling;
mod script;

pub(super) use record::{FleetHistoryRecord, FleetUserAction, ListedCronJob, ListedJob, PodName};
pub use replay::{FleetCase, FleetReplayer, hold_against};
pub(super) use sampling::{FleetSampling, Sample};
pub(super) use script::FleetScripts;
