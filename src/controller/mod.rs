//! The controllers, as pure functions of values: a sync begins with what the caches hold, hands out calls, and is
//! resumed with their outcomes. They have no clock, draw no random numbers and do no I/O. The world decides when calls
//! are applied and answered.

pub mod cronjob;
pub mod job;
pub mod kueue;
mod sync_step;
mod throttle;
mod workqueue;

pub use sync_step::{SyncEnd, SyncStep};
pub use throttle::TokenBucket;
pub use workqueue::WorkQueue;
