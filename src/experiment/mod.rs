//! Experiments: what is to be simulated as one value, one replication of it, and many. Everything above one replication
//! (summaries, sweeps, comparisons) is built on flat records of replications. It reads no files and prints nothing.

mod outcome;
pub mod result;
mod seconds;
mod setup;
mod simulator;
mod summary;
mod timeline;

pub use outcome::{End, Excess, ExcessByCause, Failures, Named, Outcome, OvershootRecord, Replication, Requests};
pub use setup::{PlannedAction, PlannedJob, PoissonArrivals, Setup, Task};
pub use simulator::{Simulated, Simulator};
pub use summary::{CauseSummary, EndSummary, Quantile, SeriesSummary, Statistics, Summary};
pub use timeline::{ContainerRun, EventEntry, JobChange, JobTimeline, Level, PodTimeline, Timeline, Trouble, Wait};
