//! What was observed in a run, as values: tallies for each Job, the course of overshoot, back-off waits, Events, and a
//! timeline. It makes no text ([`crate::report`] does) and it never acts on what it observes.

mod capacity;
mod job;
mod observation;
mod overshoot;
mod recorder;
mod stages;
mod tally;
mod timeline;

pub use capacity::{Capacity, JobCapacity, Level, Step, Waits};
pub use job::{JobFacts, JobRecord, NoticeRecord, WaitRecord};
pub use observation::{Client, CronNotice, DeletionCause, Notice, Observation, is_warning};
pub use overshoot::{Overshoot, OvershootByCause, OvershootCause};
pub use recorder::{Recorder, pod_name};
pub use stages::{Stage, Stages};
pub use tally::{Failures, RequestKind, Requests};
pub use timeline::{Entry, What};
