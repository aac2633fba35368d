//! Waits in the queues of Kueue: how long each Job waited, and how many Jobs each queue held. It does not decide which
//! Jobs are admitted.

use super::{Recorder, TimePersistent, Waits};
use crate::controller::kueue::Misfit;
use crate::id::JobId;
use crate::time::{SimDuration, SimTime};

/// What happens to a Job in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueStep {
    /// It begins to wait in the queue at this place.
    Waits(u32),
    /// It is admitted.
    Admitted,
    /// It has ended, or is gone, without having been admitted.
    Leaves,
}

/// A Job's wait in its queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueRecord {
    /// The queue, by its place; `None` if it never waited in one.
    pub queue: Option<u32>,
    /// Since when it waits now; `None` if it does not.
    pub since: Option<SimTime>,
    /// How long it waited before that.
    waited: SimDuration,
}

impl QueueRecord {
    /// How long it has waited in all until `end`.
    pub fn waited(&self, end: SimTime) -> SimDuration {
        self.waited + self.since.map_or(SimDuration::ZERO, |since| (end - since).max(SimDuration::ZERO))
    }
}

/// The tally of a queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueTally {
    /// Jobs that were admitted, with or without a wait.
    pub admitted: u32,
    /// Waits of those that were admitted.
    pub waits: Waits,
    /// How many Jobs waited, over time.
    pub length: TimePersistent,
    /// The first Job that was not admitted in the last cycle, and why.
    pub first: Option<(JobId, Misfit)>,
}

impl Recorder {
    /// Prepares the tallies of this number of queues.
    pub fn keep_queues(&mut self, queues: usize) {
        self.queues.clear();
        self.queues.resize(queues, QueueTally::default());
    }

    /// Records what a cycle of Kueue has left of a queue: its first Job that was not admitted, and why.
    pub(super) fn queue_head(&mut self, queue: u32, first: Option<(JobId, Misfit)>) {
        if let Some(tally) = self.queues.get_mut(queue as usize) {
            tally.first = first;
        }
    }

    /// Records what has happened to a Job in its queue.
    pub(super) fn queue_step(&mut self, at: SimTime, id: JobId, step: QueueStep) {
        let record = self.job_mut(id);
        // A waiting Job that ends leaves its queue only when Kueue notices; the wait counts until the Job's end.
        let ended = record.finished.or(record.gone).filter(|_| step == QueueStep::Leaves);
        let own = &mut record.queue;
        let until = ended.unwrap_or(at);
        let wait = own.since.take().map(|since| until - since);
        assert!(wait.is_none_or(|wait| wait >= SimDuration::ZERO), "{id:?} waited for {wait:?}");
        own.waited += wait.unwrap_or_default();
        if let QueueStep::Waits(queue) = step {
            (own.queue, own.since) = (Some(queue), Some(at));
        }
        // A Job that never waited is in no queue.
        let Some(tally) = own.queue.and_then(|queue| self.queues.get_mut(queue as usize)) else { return };
        match step {
            QueueStep::Waits(_) => tally.length.change(at, 1),
            QueueStep::Admitted | QueueStep::Leaves => {
                tally.length.change(at, -i32::from(wait.is_some()));
                if step == QueueStep::Admitted {
                    tally.admitted += 1;
                    tally.waits.enter(wait.unwrap_or_default());
                }
            }
        }
    }
}
