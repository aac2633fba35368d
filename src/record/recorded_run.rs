//! A run that is over: its record, and when and why it stopped. Reports and saved timelines are made from it; it holds
//! nothing of the world.

use super::Recorder;
use crate::time::SimTime;

/// A run that is over.
#[derive(Clone, Copy, Debug)]
pub struct RecordedRun<'a> {
    /// What was recorded.
    pub recorder: &'a Recorder,
    /// When it stopped.
    pub end: SimTime,
    /// Whether it was cut off at the time limit while events were still pending.
    pub cut: bool,
}
