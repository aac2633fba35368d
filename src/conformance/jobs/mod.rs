//! The corpus `job-history`: recorded histories of single Jobs, replayed in a world of their own. It holds no rules of
//! the controller: those are in [`crate::controller`] and [`crate::world`].

mod compare;
mod record;
mod replay;

pub(super) use record::{JobHistoryRecord, JobUserAction};
pub use replay::{JobCase, JobReplayer, hold_against};
