//! How a [`Recorder`] ends a run: waits and states that still last count up to the end. How it records what happens
//! before is in the other files of this module.

use super::capacity::PodOccupancy;
use super::{Recorder, TimelineChange, TimelineEntry};
use crate::time::SimTime;

impl Recorder {
    /// The run ends at `at`.
    pub fn close(&mut self, at: SimTime) {
        // With nodes a run ends with its last write. Events that follow only repeat what is known, so they do not move
        // the end.
        let is_write = |entry: &&TimelineEntry| matches!(entry.what, TimelineChange::Job(..) | TimelineChange::Pod(..));
        let last = self.timeline.iter().rev().find(is_write);
        assert!(last.is_none_or(|last| last.at <= at), "a write after the end of the run, {at:?}: {last:?}");
        self.retirement.sort(&mut self.jobs);
        self.capacity.close(at);
        if let Some(nodes) = &mut self.nodes {
            nodes.close(at);
        }
        self.queues.iter_mut().for_each(|queue| queue.length.advance(at));
        for record in &mut self.jobs {
            record.overshoot.close(at);
            record.capacity.close(at, &self.capacity.throttled);
            record.path.close(at, false, record.capacity.stages.held());
        }
        let clock = self.clock;
        (0..self.cronjobs.len()).for_each(|place| self.enter_starts(place, |record| record.close(at, clock)));
        let (jobs, retirement) = (&mut self.jobs, &self.retirement);
        for seen in self.pods.not_over_mut() {
            let record = &mut jobs[retirement.place_of(seen.job)];
            if let Some(since) = seen.runs_since.take() {
                record.pod_time += seen.ran + (at - since);
                // When the run ends says nothing about the Pods of a Job that has not ended.
                if record.is_over() {
                    record.wasted_pod_time += seen.ran + (at - since);
                }
            }
            if let PodOccupancy::Waiting(since) = seen.state {
                record.capacity.room.enter(at - since);
                self.capacity.room.enter(at - since);
            }
        }
    }
}
