//! The corpus `node-history`: recorded histories of clusters with real nodes: the scheduler, the Job controller, and the
//! controllers that surround nodes. It holds no rules of them, and shares with the other histories what is in `histories`
//! and `fleet`.

mod compare;
mod record;
mod replay;

pub use replay::{NodeCase, NodeReplayer};
