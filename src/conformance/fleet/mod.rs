//! The corpus `fleet-history`: recorded histories of clusters with several Jobs and CronJobs. Scripts, states and their
//! comparison are those of [`super::jobs`]; it holds no rules of the controllers.

mod compare;
mod record;
mod replay;
mod sampling;
mod script;

pub use replay::{FleetCase, FleetReplayer};
