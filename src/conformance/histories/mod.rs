//! What the corpora of histories with Pods share: the parts of their records, the scripts of Pods, the comparison of
//! states, and the replay to the first difference. What only one corpus has is in its own module.

pub(super) mod record;
pub(super) mod replay;
pub(super) mod script;
pub(super) mod states;
