//! The corpus `job-history`: recorded histories of single Jobs, replayed in a world of their own. It holds no rules of
//! the controller: those are in [`crate::controller`] and [`crate::world`].

mod compare;
pub(super) mod record;
pub(super) mod replay;
pub(super) mod script;
pub(super) mod states;

pub use replay::{JobCase, JobReplayer};
