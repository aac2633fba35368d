//! The values of `batch/v1` and the part of `core/v1` that matters to Jobs: Job, Pod and CronJob, as the controllers
//! see them. Values only: [`crate::apiserver`] reads, defaults and validates them; [`crate::controller`] and
//! [`crate::world`] act on them.

mod completion_index;
mod container;
mod cronjob;
mod intervals;
mod job;
mod job_condition;
mod job_message;
mod kueue;
mod node;
mod placement;
mod pod;
mod quantity;
mod quota;
mod resources;
mod scheduling;
mod written_text;

pub use completion_index::CompletionIndex;
pub use container::*;
pub use cronjob::*;
pub use intervals::Intervals;
pub use job::*;
pub use job_condition::*;
pub use job_message::JobMessage;
pub use kueue::*;
pub use node::*;
pub use placement::*;
pub use pod::*;
pub(crate) use quantity::Quantity;
pub(crate) use quota::QuotaAmounts;
pub use quota::{COUNT_PODS, PodQuotaUse, QuotaScope, ResourceQuota, ScopeOperator};
pub use resources::Resources;
pub use scheduling::*;
pub use written_text::WrittenText;
