//! The corpus `node-history`: recorded histories of clusters with real nodes: the scheduler, the Job controller, and
//! the controllers around nodes. It holds none of their rules, and shares `histories` and `fleet` with the other
//! histories.

mod compare;
mod record;
mod replay;

pub use replay::{NodeCase, NodeReplayer};
