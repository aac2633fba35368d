//! A run that is over: its record, and when and why it stopped. Reports and saved timelines are made from it.

use super::Recorder;
use crate::time::SimTime;

/// A run that is over.
#[derive(Clone, Copy, Debug)]
pub struct RecordedRun<'a> {
    /// What was recorded.
    pub recorder: &'a Recorder,
    /// When it stopped.
    pub end: SimTime,
    /// Whether it reached the longest time that may be simulated while events were still due.
    pub cut: bool,
}
