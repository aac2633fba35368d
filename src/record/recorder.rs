//! The recorder: receives observations in order and keeps a record for each Job. It does not read the world: the caller
//! that steps the world hands over what was written. Writes of Pods are in `pod_writes`, other observations in
//! `observe`.

use super::critical_path::PathLists;
use super::pod_snapshot::SeenPods;
use super::retirement::Retirement;
use super::running_together::{RunningPods, RunningTogether};
use super::{
    Capacity, CronFacts, CronRecord, JobFacts, JobRecord, NodeFacts, NodeLedger, QueueTally, TimelineChange,
    TimelineEntry,
};
use crate::api::{CompletionIndex, Pod};
use crate::id::{CronJobId, JobId, NodeId, PodId, RefusalId, Table};
use crate::time::{SimTime, WallClock};
use std::sync::Arc;

/// The name under which a Pod is shown. A real name ends in five random characters; here the last part says which Pod
/// it is.
pub fn pod_name(job: &str, pod: &Pod) -> String {
    pod_name_of(job, (pod.index, pod.ordinal))
}

/// The name of the Pod with this completion index and ordinal.
pub(super) fn pod_name_of(job: &str, (index, ordinal): (Option<CompletionIndex>, u32)) -> String {
    match index {
        None => format!("{job}-{ordinal}"),
        Some(index) => format!("{job}-{index}-{ordinal}"),
    }
}

/// The records of all Jobs of a run, and its timeline on demand.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// The records of Jobs, except those taken out by [`Recorder::retire_jobs`]; in the order of the ids once the run
    /// is over.
    pub jobs: Vec<JobRecord>,
    /// The records of CronJobs, by [`CronJobId`].
    pub cronjobs: Vec<CronRecord>,
    /// Every change, in order; empty unless the timeline is kept.
    pub timeline: Vec<TimelineEntry>,
    /// When the last change was made, if a cluster has come to rest while Pods never end or never find a node: their time
    /// goes on until the end of virtual time.
    pub settled: Option<SimTime>,
    /// How full the cluster was, and what its requests waited for.
    pub capacity: Capacity,
    /// The queues of Kueue; empty without Kueue.
    pub queues: Vec<QueueTally>,
    /// How the run used its nodes; `None` if the cluster has none.
    pub nodes: Option<Box<NodeLedger>>,
    /// Refused requests of users about CronJobs or about objects that do not exist: when, and the API server's text.
    pub refusals: Vec<(SimTime, String)>,
    /// Why Pods were not created.
    pub(super) creation_refusals: Table<RefusalId, Arc<str>>,
    /// When virtual time began.
    pub start: SimTime,
    pub(super) keep_timeline: bool,
    /// How many due starts of CronJobs may be recorded, and how many of these are left.
    most_starts: (u64, u64),
    /// How many were recorded, if more were due: then the records of CronJobs are incomplete.
    pub starts_cut: Option<u64>,
    pub(super) clock: WallClock,
    pub(super) retirement: Retirement,
    pub(super) together: RunningTogether,
    pub(super) pods: SeenPods,
    /// The lists that the paths of ended Jobs have given up, for reuse.
    pub(super) spare_paths: Vec<PathLists>,
}

/// The CronJob that created a Job, and the scheduled time (seconds since the Unix epoch) if its controller did.
pub type Owner = (CronJobId, Option<i64>);

impl Recorder {
    /// A recorder of Jobs with these namespaces and names, in the order of their ids.
    pub fn new<'a>(jobs: impl Iterator<Item = (&'a str, &'a str)>, keep_timeline: bool) -> Self {
        let mut recorder = Recorder::default();
        recorder.restart(jobs, keep_timeline, WallClock::default());
        recorder
    }

    /// Empties it for a run with these Jobs; keeps the allocated memory.
    pub fn restart<'a>(
        &mut self,
        jobs: impl Iterator<Item = (&'a str, &'a str)>,
        keep_timeline: bool,
        clock: WallClock,
    ) {
        self.retirement.clear();
        self.together.clear();
        self.timeline.clear();
        self.settled = None;
        self.cronjobs.clear();
        self.refusals.clear();
        self.creation_refusals.clear();
        self.pods.clear();
        (self.keep_timeline, self.clock) = (keep_timeline, clock);
        (self.most_starts, self.starts_cut) = ((u64::MAX, u64::MAX), None);
        self.capacity = Capacity::new(keep_timeline);
        self.nodes = None;
        self.queues.clear();
        for (namespace, name) in jobs {
            let place = self.retirement.known();
            if place == self.jobs.len() {
                self.jobs.push(JobRecord::default());
            }
            self.jobs[place].reset(namespace, name);
            self.jobs[place].id = self.retirement.add(place);
            self.keep_stages(place);
        }
        self.jobs.truncate(self.retirement.known());
    }

    /// From now on, takes the records of CronJobs' Jobs that are gone out of `jobs` once there are many, for
    /// [`Recorder::take_retired`]. No effect if a timeline is kept.
    pub fn retire_jobs(&mut self) {
        self.retirement.retires = !self.keep_timeline;
    }

    /// The records that were taken out since the last call.
    pub fn take_retired(&mut self) -> impl Iterator<Item = JobRecord> + '_ {
        self.retirement.retired.drain(..)
    }

    /// Whether records were taken out since the last call of [`Recorder::take_retired`].
    #[inline]
    pub fn has_retired(&self) -> bool {
        !self.retirement.retired.is_empty()
    }

    /// How many path lists of Jobs that are over wait to be used again. As each Job that begins takes one, there are no
    /// more than there were Jobs at a time.
    pub fn spare_path_lists(&self) -> usize {
        self.spare_paths.len()
    }

    /// How many Jobs have been added.
    pub fn known_jobs(&self) -> usize {
        self.retirement.known()
    }

    /// Adds a Job, the next in the order of ids.
    pub fn add_job(&mut self, namespace: &str, name: &str, owner: Option<Owner>) {
        let id = self.retirement.add(self.jobs.len());
        let (name, namespace) = (name.to_owned(), namespace.to_owned());
        let group = owner.and_then(|(cronjob, _)| self.together.cronjobs.get(cronjob.ix()).copied().flatten());
        self.jobs.push(JobRecord { id, name, namespace, owner, group, ..JobRecord::default() });
        self.keep_stages(self.jobs.len() - 1);
    }

    /// Also counts the running Pods of groups of Jobs. `of` gives the group of a Job, `of_cronjobs` the group of the
    /// Jobs that each CronJob creates.
    pub fn group_jobs(
        &mut self,
        groups: usize,
        of: impl Fn(&JobRecord) -> Option<usize>,
        of_cronjobs: impl Iterator<Item = usize>,
    ) {
        assert_eq!(self.pods.len(), 0, "groups are made before anything runs");
        self.together.groups.resize(groups, RunningPods::default());
        self.together.cronjobs.extend(of_cronjobs.map(|group| Some(group as u32)));
        self.jobs.iter_mut().for_each(|job| job.group = of(job).map(|group| group as u32));
    }

    /// The greatest number of Pods, of all Jobs, that ran at the same time.
    pub fn most_running(&self) -> u32 {
        self.together.all.most
    }

    /// The greatest number of Pods, of a group of Jobs, that ran at the same time.
    pub fn most_running_of(&self, group: usize) -> u32 {
        self.together.groups[group].most
    }

    fn keep_stages(&mut self, place: usize) {
        if self.keep_timeline {
            self.jobs[place].capacity.stages.keep_course();
        }
    }

    /// Records at most this many due starts of CronJobs.
    pub fn limit_starts(&mut self, most: u64) {
        self.most_starts = (most, most);
    }

    /// Lists each start of the CronJobs from now on.
    pub fn keep_starts(&mut self) {
        self.cronjobs.iter_mut().for_each(CronRecord::keep_starts);
    }

    /// Adds a CronJob, the next in the order of ids. With `keeps_starts` each of its starts is listed.
    pub fn add_cronjob(&mut self, namespace: &str, name: &str, keeps_starts: bool) {
        self.cronjobs.push(CronRecord::new(namespace, name, keeps_starts || self.keep_timeline));
    }

    /// How the virtual clock maps to dates.
    pub fn clock(&self) -> WallClock {
        self.clock
    }

    /// The record of a Job, unless it was retired.
    pub fn job(&self, id: JobId) -> Option<&JobRecord> {
        self.jobs.get(self.retirement.place(id)?)
    }

    /// The record of a Job about which something is observed; such a Job is never retired.
    pub(super) fn job_mut(&mut self, id: JobId) -> &mut JobRecord {
        &mut self.jobs[self.retirement.place_of(id)]
    }

    /// The world has forgotten a Job and its Pods: nothing more will be observed of them.
    pub fn forget(&mut self, id: JobId, pods: Vec<PodId>) {
        if self.job(id).is_some_and(|job| job.owner.is_some()) {
            self.retirement.leaves(id, pods);
        }
        while let Some(pods) = self.retirement.retire(&mut self.jobs) {
            for pod in pods {
                self.pods.forget(pod);
            }
        }
    }

    /// The Pod as it was last seen; `None` for one that is over, unless a timeline is kept.
    pub fn pod(&self, id: PodId) -> Option<&Pod> {
        self.pods.get(id).map(|p| &p.pod)
    }

    /// Whether a Pod was created in the place of one that was lost.
    pub fn is_retry(&self, id: PodId) -> bool {
        self.pods.is_retry(id)
    }

    /// Why a Pod was not created, as the API server said it.
    pub fn creation_refusal(&self, id: RefusalId) -> &str {
        &self.creation_refusals[id]
    }

    pub(super) fn note(&mut self, at: SimTime, job: Option<JobId>, what: impl FnOnce() -> TimelineChange) {
        if self.keep_timeline {
            let last = self.timeline.last().map_or(SimTime::ZERO, |entry| entry.at);
            assert!(at >= last, "{at:?} is noted after {last:?}");
            self.timeline.push(TimelineEntry { at, job, what: what() });
        }
    }

    /// A node was written.
    pub fn node_written(&mut self, at: SimTime, id: NodeId, facts: NodeFacts) {
        let start = self.start;
        let Some(nodes) = &mut self.nodes else { return };
        let name: Arc<str> = facts.node.name.as_str().into();
        if let Some(text) = nodes.node_written(at, start, id, facts) {
            self.note(at, None, || TimelineChange::Node(name, text));
        }
    }

    /// A Job was written.
    pub fn job_written(&mut self, at: SimTime, id: JobId, facts: JobFacts) {
        let held_up = self.capacity.throttled;
        let record = &mut self.jobs[self.retirement.place_of(id)];
        let was_there = record.created.is_some();
        record.capacity.job_written(at, &facts, &held_up);
        if !was_there {
            record.created = Some(at);
        }
        let is_finished = facts.status.finished().is_some();
        if is_finished {
            record.finished.get_or_insert(at);
        }
        if is_finished || facts.gone {
            record.path.close(at, is_finished, record.capacity.stages.held());
            // Jobs that have not ended reuse the lists of Jobs that have.
            self.spare_paths.extend(record.path.give_up_lists());
        }
        record.most_parallelism = record.most_parallelism.max(facts.spec.parallelism);
        record.overshoot.set_parallelism(at, facts.spec.parallelism.max(0) as u32);
        let before = record.facts.replace(facts.clone());
        if facts.gone {
            record.gone = Some(at);
        }
        if let Some((owner, scheduled)) = record.owner {
            let clock = self.clock;
            if let Some(scheduled) = scheduled.filter(|_| !was_there) {
                self.enter_starts(owner.ix(), |record| record.job_started(at, id, scheduled, clock));
            }
            self.count_under_way(at, id);
        }
        self.note(at, Some(id), || TimelineChange::Job(before, facts));
    }

    /// Updates how many Jobs of its CronJob are under way, after a Job was written or its number of running Pods has
    /// changed.
    pub(super) fn count_under_way(&mut self, at: SimTime, id: JobId) {
        let record = self.job_mut(id);
        let is_under_way = record.is_under_way();
        let was_under_way = std::mem::replace(&mut record.under_way, is_under_way);
        if let Some((owner, _)) = record.owner.filter(|_| is_under_way != was_under_way) {
            self.cronjobs[owner.ix()].under_way_changed(at, if is_under_way { 1 } else { -1 });
        }
    }

    /// Runs `act`, which may record due starts, on the record of a CronJob, within the limit on starts.
    pub(super) fn enter_starts(&mut self, place: usize, act: impl FnOnce(&mut CronRecord)) {
        let (most, left) = &mut self.most_starts;
        match self.cronjobs[place].within(*left, act) {
            Some(entered) => *left -= entered,
            None => (*left, self.starts_cut) = (0, Some(*most)),
        }
    }

    /// A CronJob was written.
    pub fn cronjob_written(&mut self, at: SimTime, id: CronJobId, facts: CronFacts) {
        let clock = self.clock;
        let before = self.cronjobs[id.ix()].facts.clone();
        self.enter_starts(id.ix(), |record| record.written(at, facts.clone(), clock));
        self.note(at, None, || TimelineChange::CronJob(id, before, facts));
    }
}
