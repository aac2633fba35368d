//! `batch/v1` and the sliver of `core/v1` that matters to Jobs: values, reading, defaulting, validation.
//! It is not the behaviour of anything: what happens to these values is in [`crate::controller`] and [`crate::world`].

pub(crate) mod answer;
pub(crate) mod create;
pub mod cron;
mod cronjob;
mod cronjob_object;
pub(crate) mod decode;
mod defaults;
mod field_error;
mod from_cluster;
mod intervals;
mod job;
mod job_message;
mod job_object;
mod json_text;
mod load;
pub(crate) mod merge;
mod pod;
pub mod pod_template;
mod quantity;
mod resolve;
mod rules;
mod scalar;
mod schema;
mod starting;
mod suggest;
mod time_text;
mod tree;
mod tree_place;
mod unmodelled;
mod warnings;

pub use cronjob::*;
pub use cronjob_object::{ConcurrencyPolicy, CronJobObject, CronJobPatchOutcome};
pub use field_error::{ErrorType, FieldError};
pub use intervals::Intervals;
pub use job::*;
pub use job_message::JobMessage;
pub use job_object::{JobObject, PatchOutcome, refusal};
pub use json_text::read_json;
pub use load::{Loaded, LoadedObject, Manifest, Remark, Skipped, items, load_manifests};
pub use pod::*;
pub use starting::StartingStatus;
pub use suggest::suggest;
pub use time_text::rfc3339;
pub use tree::{Field, Node, ReadError, Value, read_documents, read_first_document};
