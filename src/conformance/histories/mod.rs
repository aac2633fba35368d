//! What the two corpora of histories with Pods share: the parts of their records, the scripts of Pods, how states are
//! compared, and the replay to the first difference. What one corpus alone has is in its own module.

pub(super) mod record;
pub(super) mod replay;
pub(super) mod script;
pub(super) mod states;
