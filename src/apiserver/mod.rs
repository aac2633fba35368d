//! What the API server does to Jobs and CronJobs before it stores them: decoding, defaulting, validation, warnings,
//! create, update and patch. The store itself is in [`crate::world`].

pub(crate) mod answer;
pub(crate) mod create;
mod cronjob_object;
pub(crate) mod decode;
mod defaults;
mod field_error;
mod field_reference;
mod job_object;
mod node_object;
mod pod_requests;
mod pod_scheduling;
pub mod pod_template;
mod priority;
mod quota_use;
mod resolve;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod server_fields;
mod status_patch;
mod status_write;
pub(crate) mod warnings;

pub(crate) use create::dropped_fields;
pub use cronjob_object::{CronJobObject, CronJobPatchOutcome};
pub use field_error::{ErrorType, FieldError};
pub use field_reference::{FieldReference, UnknownField, field_reference};
pub(crate) use job_object::uid_of;
pub use job_object::{JobObject, PatchOutcome, refusal};
pub use node_object::node_of;
pub(crate) use node_object::patched as patched_node;
pub(crate) use pod_scheduling::pod_scheduling_spec;
pub use priority::PriorityClass;
pub(crate) use priority::admit as admit_priority;
pub(crate) use quota_use::{pod_quota_use, request_amounts};
pub(crate) use resolve::job_spec;
pub(crate) use status_patch::written_condition;
pub(crate) use status_write::status_may_replace;
