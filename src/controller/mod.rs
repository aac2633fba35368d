//! The controllers: pure. They see values, give back what is to be done, and are resumed with the answers; they have
//! no clock, no random numbers and do no I/O. When things happen is the world's business.

pub mod cronjob;
pub mod job;
mod sync_step;
mod throttle;
mod workqueue;

pub use sync_step::{SyncEnd, SyncStep};
pub use throttle::TokenBucket;
pub use workqueue::WorkQueue;
