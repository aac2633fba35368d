//! What was observed in a run, as values: tallies for each Job, overshoot over time, back-off waits, Kubernetes Events,
//! and a timeline. It makes no reports ([`crate::report`] does) and never acts on what it observes.

mod attempts;
mod capacity;
mod closing;
mod critical_path;
#[cfg(test)]
mod critical_path_tests;
mod cron;
mod job;
mod messages;
mod node_facts;
mod node_totals;
mod node_use;
mod observation;
mod observe;
mod overshoot;
mod path_cause;
mod pending;
mod pod_path;
mod pod_snapshot;
mod pod_writes;
mod queue;
mod recorded_run;
mod recorder;
mod retirement;
mod running_together;
mod stages;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;

pub use capacity::{Capacity, CapacityStep, Covered, JobCapacity, TimePersistent, Waits};
pub use critical_path::{CriticalPath, PathSpans};
pub use cron::{CronFacts, CronRecord, Fate, SkipReason, Start};
pub use job::{JobFacts, JobRecord, NoticeRecord, RestartWaitRecord, RestartWaits, WaitRecord};
pub use messages::message_text;
pub(crate) use messages::{event_text, name_of, notice_text};
pub use node_facts::{NodeCourse, NodeFacts, PlacementFacts, PlacementStep, PoolPrice};
pub use node_totals::{NodeTotals, PoolTotals};
pub use node_use::NodeLedger;
pub use observation::{Client, CronNotice, DeletionCause, KubeEvent, Notice, Observation, is_warning};
pub use overshoot::{Overshoot, OvershootByCause, OvershootCause};
pub use path_cause::PathCause;
pub use pending::{PendingReason, PendingTimes};
pub use pod_snapshot::is_running;
pub use queue::{QueueRecord, QueueStep, QueueTally};
pub use recorded_run::RecordedRun;
pub use recorder::{Owner, Recorder, pod_name};
pub use running_together::RunningPods;
pub use stages::{Stage, StageAccumulator, StageSpan};
pub use tally::{Failures, RequestCounts, RequestKind};
pub use timeline::{TimelineChange, TimelineEntry};
