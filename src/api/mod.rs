//! `batch/v1` and the sliver of `core/v1` that matters to Jobs: values, reading, defaulting, validation.
//! It is not the behaviour of anything: what happens to these values is in [`crate::controller`] and [`crate::world`].

pub mod cron;
mod field_error;
mod intervals;
mod job;
mod object_tmp;
mod pod;
pub mod pod_template;
mod tree;

pub use field_error::{ErrorType, FieldError};
pub use intervals::Intervals;
pub use job::*;
pub use object_tmp::*;
pub use pod::*;
pub use tree::{Field, Node, ReadError, Value, read_documents, suggest};
