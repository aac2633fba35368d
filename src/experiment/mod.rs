//! Experiments: a setup as one value, one replication of it, and many. Everything above one replication (summaries,
//! goals, comparisons) is built on flat records of replications. This room reads no files and prints nothing.
//!
//! A [`Simulator`] turns a [`Setup`] into [`Replication`]s; [`replicate`](replicate()) makes many of them on several
//! threads and tallies them; a [`Summary`] holds the estimates; [`result`] is the file in which all that is saved.

mod aggregate;
mod batch;
mod budget;
mod combined;
mod differences;
pub mod digest;
mod divided;
mod feasibility;
mod goal;
mod goal_check;
mod goal_text;
mod job_share;
mod node_use;
mod outcome;
#[cfg(test)]
mod outcome_tests;
mod paired_runs;
mod path_times;
mod pool;
mod precision;
mod record_codec;
mod replicate;
mod residents;
mod response;
pub mod result;
pub mod search;
mod seconds;
mod setup;
mod shard;
mod share_tally;
mod share_text;
mod simulator;
mod stream_pairing;
mod summary;
mod sweep;
mod tally;
mod timeline;
mod timeline_builder;
mod timeline_capacity;
mod timeline_cron;
mod timeline_nodes;
mod undefined_mean;
mod upgrade;

pub use batch::{EndCounts, SharedUse, StageTimes, StartCounts};
pub use budget::{Bound, Budget, Exhausted, RAISED};
pub use combined::Combined;
pub use differences::{Differences, P_COMPLETE};
pub use divided::{DividedExperiment, Units};
pub use feasibility::{Feasibility, NodeVerdict, NodesAtStart, Obstacle, PoolVerdict, feasibility};
pub use goal::{ComparisonOp, Estimate, Goal, GoalEvent, Measure, MeasureTally, Measured, Statistic};
pub use goal_text::GoalError;
pub use job_share::{CountedShare, JobEvent, JobShare, TimeOfDay};
pub use node_use::{NodeUse, PoolUse};
pub use outcome::{Excess, ExcessByCause, JobEnd, Outcome, OvershootRecord, Replication, SeriesOutcome};
pub use paired_runs::{
    ChangedRun, ExhaustedRun, PairedRuns, PartingLines, RememberedRuns, RunDifference, RunView, TimelineLine,
    TimelineLines, paired_runs,
};
pub use path_times::PathTimes;
pub use precision::{HalfWidth, Precision};
pub use replicate::{ExhaustedReplication, Plan, PointTally, Replicated, RunControl, replicate};
pub use residents::{ResidentCount, ResidentWorkload, place_residents, reserve_on_later};
pub use response::{MAKESPAN, Response, ShownWhen, Unit};
pub use setup::{
    AssumedPods, PlannedAction, PlannedCronJob, PlannedJob, PlannedNode, PoissonArrivals, ResidentPod, Setup,
};
pub use shard::{Shard, ranges};
pub use simulator::{MAX_SERIES, Simulated, Simulator};
pub use stream_pairing::Pairing;
pub use summary::{CauseSummary, EndSummary, Quantile, SeriesSummary, Statistics, Summary};
pub use sweep::{PointResult, replicate_each};
pub use tally::{Numbers, QUANTILES, Tallies, Tally};
pub use timeline::{
    ContainerRun, EventEntry, JobChange, JobTimeline, NodeChange, NodeStay, NodeTimeline, Occupancy, PendingSpan,
    PodLevels, PodTimeline, StageEntry, Timeline, Trouble, Wait,
};
pub use timeline_cron::{CronStartEntry, CronTimeline};
pub use undefined_mean::{drop_times, undefined_mean_message};
pub use upgrade::{OutcomeChange, uses_field};

pub use timeline_builder::build_timeline;
pub(crate) use timeline_capacity::starts as timeline_starts;
