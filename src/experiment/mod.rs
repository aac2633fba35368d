//! Experiments: what is to be simulated as one value, and one replication of it. Everything above that (replications,
//! sweeps, comparisons) is built on records of replications. It reads no files and prints nothing.

mod setup;
mod simulator;

pub use setup::{PlannedAction, PlannedJob, PoissonArrivals, Setup, Task};
pub use simulator::{Simulated, Simulator};
