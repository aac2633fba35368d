//! How a [`Recorder`] records writes of Pods. Other observations of Pods are in [`super::observe`].

use super::capacity::PodOccupancy;
use super::pod_path::follow;
use super::pod_snapshot::{PodMarks, PodSnapshot, is_running};
use super::running_together::RunningTogether;
use super::{DeletionCause, JobRecord, Recorder, TimelineChange};
use crate::api::{ExitCodeTable, Pod, PodPhase};
use crate::controller::job::match_pod_failure_policy;
use crate::id::{JobId, PodId};
use crate::time::{SimDuration, SimTime};

impl Recorder {
    /// A Pod was written, or (`gone`) has disappeared.
    pub fn pod_written(
        &mut self,
        at: SimTime,
        id: PodId,
        job: JobId,
        (pod, gone): (&Pod, bool),
        codes: &ExitCodeTable,
    ) {
        let is_new = !self.pods.knows(id);
        if is_new {
            self.pod_created(at, id, job, pod);
        }
        let Recorder { pods, jobs, retirement, capacity, together, .. } = self;
        let Some(seen) = pods.get_mut(id) else {
            debug_assert!(gone || pod.phase.is_terminal(), "{id:?} was over");
            return;
        };
        assert!(seen.job == job, "{id:?} of {:?} is now one of {job:?}", seen.job);
        let marks = PodMarks::of(pod, gone);
        if marks == seen.marks {
            let before = std::mem::replace(&mut seen.pod, *pod);
            if !gone {
                self.note(at, Some(job), || TimelineChange::Pod(id, Some(before), *pod, gone));
            }
            return;
        }
        seen.marks = marks;
        let before = match is_new {
            // A Pod from before the run comes with its phase: it is treated as having come to it now.
            true => Pod { restarts: pod.restarts, ..Pod::new(pod.created, pod.index, 0, 0) },
            false => seen.pod,
        };
        let state = PodOccupancy::of(pod, gone, seen.state);
        let record = &mut jobs[retirement.place_of(job)];
        pod_changed(at, (record, together), seen, &before, (pod, gone), codes);
        seen.pod = *pod;
        // After two writes in one instant both observations show the final Pod, so the second repeats what the first
        // told.
        let was_gone = std::mem::replace(&mut seen.gone, gone);
        let states = (std::mem::replace(&mut seen.state, state), state);
        capacity.move_pod(at, (job, &mut record.capacity), states);
        let has_left = pod.deleting() && !before.deleting();
        let has_nodes = self.nodes.is_some();
        follow(at, record, seen, states, (has_left, has_nodes));
        if record.owner.is_some() {
            self.count_under_way(at, job);
        }
        if !was_gone {
            self.note(at, Some(job), || TimelineChange::Pod(id, (!is_new).then_some(before), *pod, gone));
        }
        if state == PodOccupancy::Over && !self.keep_timeline {
            self.pods.give_up(id);
        }
    }

    /// Records a new Pod. Pods come in the order of their ids.
    fn pod_created(&mut self, at: SimTime, id: PodId, job: JobId, pod: &Pod) {
        assert!(self.pods.len() == id.ix(), "{id:?} is created after {} others", self.pods.len());
        let record = &mut self.jobs[self.retirement.place_of(job)];
        if record.path.has_not_begun()
            && let Some(lists) = self.spare_paths.pop()
        {
            record.path.use_lists(lists);
        }
        record.pods_created += 1;
        record.last_pod_created = Some(at);
        let retry = record.attempts.begin(pod.index);
        if record.pods_created - record.retries() == record.at_once() {
            record.all_created.get_or_insert(at);
        }
        self.pods.push(PodSnapshot { retry, ..PodSnapshot::new(job, *pod) });
    }
}

/// Enters a change of a Pod into the record of its Job.
fn pod_changed(
    at: SimTime,
    (record, together): (&mut JobRecord, &mut RunningTogether),
    seen: &mut PodSnapshot,
    before: &Pod,
    (pod, gone): (&Pod, bool),
    codes: &ExitCodeTable,
) {
    let (ran, runs) = (is_running(before), is_running(pod) && !gone);
    if ran != runs {
        let by = if runs { 1 } else { -1 };
        record.overshoot.count(at, by, seen.deletion);
        together.change(record.group, by);
        if let Some(since) = seen.runs_since.take() {
            seen.ran += at - since;
        }
        seen.runs_since = runs.then_some(at);
        if runs {
            record.first_running.get_or_insert(at);
            if seen.ran == SimDuration::ZERO && !seen.retry {
                record.first_runs += 1;
                if record.first_runs == record.at_once() {
                    record.all_running.get_or_insert(at);
                }
            }
        }
        record.most_running = record.most_running.max(record.overshoot.running());
    }
    let restarts = (pod.restarts - before.restarts).max(0) as u32;
    record.restarts += restarts;
    record.failures.application += restarts;
    let ended = (gone || pod.phase.is_terminal()) && !before.phase.is_terminal() && !seen.gone;
    if ended {
        let removed = seen.deletion.is_some_and(DeletionCause::is_removal);
        let tally = match pod.phase {
            _ if removed => &mut record.pods_removed,
            PodPhase::Succeeded => &mut record.pods_succeeded,
            PodPhase::Failed => &mut record.pods_failed,
            _ => &mut record.pods_deleted,
        };
        *tally += 1;
        record.pod_time += seen.ran;
        match (pod.phase == PodPhase::Succeeded, seen.deletion) {
            (true, Some(DeletionCause::Disrupted)) => record.attempts.recover(pod.index),
            (false, None) => record.attempts.lose(pod.index),
            // A disruption was counted as a loss when the deletion began.
            _ => {}
        }
        if removed || pod.phase != PodPhase::Succeeded {
            let spec = record.facts.as_ref().map(|facts| &facts.spec);
            let ignored = spec.is_some_and(|spec| !match_pod_failure_policy(spec, pod, codes).counts());
            record.failures.count(pod, seen.deletion, ignored);
            record.wasted_pod_time += seen.ran;
        }
    }
}
