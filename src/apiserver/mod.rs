//! What the API server does to Jobs and CronJobs before it stores them: decoding, defaulting, validation, warnings,
//! create, update and patch. It keeps no store; that is [`crate::world`]'s.

pub(crate) mod answer;
pub(crate) mod create;
mod cronjob_object;
pub(crate) mod decode;
mod defaults;
mod field_error;
mod job_object;
pub mod pod_template;
mod resolve;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod server_fields;
pub(crate) mod warnings;

pub use cronjob_object::{CronJobObject, CronJobPatchOutcome};
pub use field_error::{ErrorType, FieldError};
pub use job_object::{JobObject, PatchOutcome, refusal};
