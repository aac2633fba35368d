//! `batch/v1` and the sliver of `core/v1` that matters to Jobs: values, reading, defaulting, validation.
//! It is not the behaviour of anything: what happens to these values is in [`crate::controller`] and [`crate::world`].

mod intervals;
mod job;
mod pod;

pub use intervals::Intervals;
pub use job::*;
pub use pod::*;
mod object_tmp;
mod tree;
pub use object_tmp::*;
pub use tree::{Field, Node, ReadError, Value, read_documents, suggest};
