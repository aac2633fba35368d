//! One replication: a setup becomes a world, which is run and recorded. The world is reused for the next one, so that
//! replications after the first take hardly any memory from the system.

use super::aggregate::Aggregate;
use super::batch::StartCounts;
use super::budget::{Bound, Exhausted};
use super::goal::Measure;
use super::job_share::{Horizon, ShareCounter};
use super::node_use::{NodeUse, PoolUse};
use super::outcome::{Outcome, Replication, SeriesOutcome};
use super::residents::without_residents;
use super::setup::{PlannedJob, PoissonArrivals, Setup};
use crate::api::{Node, NodeReady};
use crate::kernel::Streams;
use crate::limits;
use crate::model::{Outages, PodWorkload, purpose};
use crate::record::{CronRecord, JobRecord, Recorder};
use crate::time::{SimDuration, SimTime};
use crate::world::{BeginsWith, Config, World};
use std::sync::Arc;

/// The most series that have records of their own; with more, only all Jobs together are recorded.
pub const MAX_SERIES: usize = 100;

/// How long after joining a node's kubelet first renews its lease. Source: a quarter of `nodeLeaseDurationSeconds`, 40
/// s.
const HEARTBEAT: SimDuration = SimDuration::from_secs(10);

/// How many events there are between two reports of progress.
const EVENTS_BETWEEN_LOOKS: u64 = 1 << 16;

/// How a replication stopped.
#[derive(Clone, Copy, Debug)]
pub struct Simulated {
    /// When it stopped.
    pub end: SimTime,
    /// Whether virtual time was over before everything had happened.
    pub cut: bool,
    /// Whether a watcher stopped it before.
    pub stopped: bool,
    /// Why it was stopped, if it would have used more than its budget; then there is no result.
    pub exhausted: Option<Exhausted>,
}

/// Runs replications of one setup, one after the other.
#[derive(Debug)]
pub struct Simulator<'a> {
    setup: &'a Setup,
    /// The setup's configuration, minus what residents use.
    config: Config,
    /// The single nodes, likewise.
    nodes: Vec<Arc<Node>>,
    streams: Streams,
    world: World<PodWorkload>,
    recorder: Recorder,
    /// Sums over Jobs whose records are no longer kept, by series.
    retired: Vec<Aggregate>,
    shares: ShareCounter,
    /// Whether each start of a CronJob is listed.
    pub keep_starts: bool,
    exhausted: Option<Exhausted>,
}

impl<'a> Simulator<'a> {
    /// A simulator of this setup.
    pub fn new(setup: &'a Setup) -> Self {
        let (config, nodes) = without_residents(setup);
        let outages = Outages { start: setup.start, windows: setup.outages.clone() };
        let streams = Streams::new(setup.seed, 0);
        let workload = PodWorkload::new(setup.models.clone(), setup.assignment.clone(), outages, streams)
            .with_kubelet(setup.kubelet)
            .with_stream_aliases(setup.stream_aliases.clone());
        let world = World::new(setup.config.clone(), workload);
        let (recorder, retired, shares) = (Recorder::default(), Vec::new(), ShareCounter::default());
        let (keep_starts, exhausted) = (false, None);
        Simulator { setup, config, nodes, streams, world, recorder, retired, shares, keep_starts, exhausted }
    }

    /// Counts from now on what measures ask about single Jobs.
    pub fn count_shares<'m>(mut self, measures: impl Iterator<Item = &'m Measure>) -> Self {
        self.shares = ShareCounter::of(self.setup, measures);
        self.keep_starts |= self.shares.needs_starts() && !self.setup.cronjobs.is_empty();
        self
    }

    /// The world as the last replication left it.
    pub fn world(&self) -> &World<PodWorkload> {
        &self.world
    }

    /// The world, to be stepped by hand after [`Simulator::begin`]; reading its observations is then up to the caller.
    pub fn world_mut(&mut self) -> &mut World<PodWorkload> {
        &mut self.world
    }

    /// The recording of the last replication.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Forgets the timeline of the last replication. Memory for more than `most` changes is given back.
    pub fn drop_timeline(&mut self, most: usize) {
        self.recorder.timeline.clear();
        self.recorder.timeline.shrink_to(most);
    }

    /// The flat record of the last replication.
    pub fn outcome(&self, replication: u32, simulated: Simulated) -> Replication {
        let mut each = self.retired.clone();
        let mut all = Aggregate::default();
        for job in &self.recorder.jobs {
            if let Some(several) = series_of(self.setup, job).and_then(|n| each.get_mut(n)) {
                several.add(job, simulated.end);
            }
        }
        let several = (2..=MAX_SERIES).contains(&self.setup.series.len());
        let slots = self.setup.config.slots.unwrap_or(0);
        let mut record = Replication { replication, cut: simulated.cut, ..Replication::default() };
        let mut starts = StartCounts::default();
        for (n, (series, name)) in each.into_iter().zip(&self.setup.series).enumerate() {
            all.join(&series);
            let own = self.starts_of(n);
            starts.add(&own);
            if several {
                let most_running = self.recorder.most_running_of(n);
                let outcome = Outcome { starts: own, most_running, ..series.finish(slots) };
                record.series.push(SeriesOutcome { job: name.clone(), outcome });
            }
        }
        let ledger = self.recorder.nodes.as_ref();
        let nodes = ledger.map(|ledger| NodeUse::of(&ledger.total)).unwrap_or_default();
        record.pools = ledger.map(|ledger| ledger.by_pool.iter().map(PoolUse::of).collect()).unwrap_or_default();
        record.all = Outcome { starts, nodes, most_running: self.recorder.most_running(), ..all.finish(slots) };
        record.all.actions_refused += self.recorder.refusals.len() as u32;
        if !self.shares.is_empty() {
            record.shares = self.counted_shares(simulated.cut).counts(simulated.cut);
        }
        record
    }

    /// The shares, with the Jobs whose records are kept and the starts that were not made.
    fn counted_shares(&self, is_cut: bool) -> ShareCounter {
        let (mut shares, horizon) = (self.shares.clone(), self.horizon(is_cut));
        for job in &self.recorder.jobs {
            shares.add(job, series_of(self.setup, job), horizon);
        }
        for (place, (planned, cronjob)) in self.setup.cronjobs.iter().zip(&self.recorder.cronjobs).enumerate() {
            shares.add_starts(cronjob, (place, planned.series), horizon);
        }
        shares
    }

    fn horizon(&self, is_cut: bool) -> Horizon {
        let (clock, start) = (self.recorder.clock(), self.setup.start);
        Horizon { clock, start, end: start + self.setup.until, is_cut }
    }

    /// The starts of a series of Jobs.
    fn starts_of(&self, series: usize) -> StartCounts {
        let place = self.setup.cronjobs.iter().position(|cronjob| cronjob.series == series);
        place.and_then(|place| self.recorder.cronjobs.get(place)).map(StartCounts::of).unwrap_or_default()
    }

    /// Runs replication number `replication` (the first is 0).
    pub fn run(&mut self, replication: u32, keep_timeline: bool) -> Simulated {
        self.run_watched(replication, keep_timeline, &mut |_, _| true)
    }

    /// The same, but calls `under_way` now and then with the instant and the number of Pods so far, so that a watcher
    /// sees the progress. If it returns false, the replication stops there.
    pub fn run_watched(
        &mut self,
        replication: u32,
        keep_timeline: bool,
        under_way: &mut dyn FnMut(SimTime, u64) -> bool,
    ) -> Simulated {
        self.set_up(replication, keep_timeline);
        self.world.restart_recorder(&mut self.recorder, keep_timeline);
        self.recorder.start = self.setup.start;
        let setup = self.setup;
        let cronjobs = setup.cronjobs.iter().map(|cronjob| cronjob.series);
        self.recorder.group_jobs(setup.series.len(), |job| series_of(setup, job), cronjobs);
        self.recorder.retire_jobs();
        if self.keep_starts {
            self.recorder.keep_starts();
        }
        self.recorder.limit_starts(self.most_starts(keep_timeline || self.keep_starts));
        let (mut end, mut is_stopped) = (self.world.now(), false);
        while !is_stopped && self.next_time().is_some() {
            let Some(now) = self.world.step() else { break };
            end = now;
            self.world.record(&mut self.recorder);
            self.gather(now);
            if self.is_over_budget(&self.recorder) {
                self.exhausted = self.passed(&self.recorder, now);
            }
            if self.world.dispatched.is_multiple_of(EVENTS_BETWEEN_LOOKS) {
                is_stopped = !under_way(now, self.world.env.store.pods.len() as u64);
            }
        }
        let cut = self.is_cut();
        // What surrounds nodes goes on for ever; the replication ends with the last change. But Pods that never end, or
        // that wait for nodes that never come, cost and wait until virtual time is over.
        let mut goes_on = cut;
        if self.setup.config.nodes.is_some() && !cut {
            end = self.world.last_write();
            goes_on = self.recorder.jobs.iter().any(|job| job.has_active_pods());
            self.recorder.settled = goes_on.then_some(end);
        }
        // A CronJob exists even while nothing happens: it is suspended, or its next start is far away.
        let exists = |cronjob: &CronRecord| cronjob.created.is_some() && cronjob.gone.is_none();
        if !is_stopped && (goes_on || self.recorder.cronjobs.iter().any(exists)) {
            end = self.setup.start + self.setup.until;
        }
        self.recorder.close(end);
        self.gather(end);
        let exhausted = self.exhausted.or_else(|| self.passed(&self.recorder, end));
        Simulated { end, cut, stopped: is_stopped, exhausted }
    }

    /// Adds up Jobs of CronJobs that were deleted long ago. Only the check is inlined: it runs after each event.
    #[inline]
    fn gather(&mut self, now: SimTime) {
        if self.recorder.has_retired() {
            self.gather_retired(now);
        }
    }

    fn gather_retired(&mut self, now: SimTime) {
        let setup = self.setup;
        // Whether the replication is cut is not known yet. Mostly it is, as a CronJob goes on until virtual time is over.
        let horizon = self.horizon(true);
        for job in self.recorder.take_retired() {
            let series = job.owner.and_then(|(owner, _)| setup.cronjobs.get(owner.ix())).map(|c| c.series);
            self.shares.add(&job, series, horizon);
            if let Some(several) = series.and_then(|n| self.retired.get_mut(n)) {
                several.add(&job, now);
            }
        }
    }

    /// Sets the world up for a replication; nothing has happened yet. [`Simulator::step`] advances it.
    pub fn begin(&mut self, replication: u32, keep_timeline: bool) -> Recorder {
        self.set_up(replication, keep_timeline);
        let mut recorder = self.world.recorder(keep_timeline);
        recorder.start = self.setup.start;
        recorder.limit_starts(self.most_starts(keep_timeline));
        recorder
    }

    fn set_up(&mut self, replication: u32, keep_timeline: bool) {
        let setup = self.setup;
        self.exhausted = None;
        self.shares.restart();
        self.retired.clear();
        self.retired.resize_with(setup.series.len(), Aggregate::default);
        self.streams = Streams::new(setup.seed, u64::from(replication));
        self.world.env.workload.restart(self.streams);
        self.world.reset(Config {
            most_at_once: self.most_at_once(),
            begins: setup.start,
            has_pod_events: keep_timeline,
            ..self.config.clone()
        });
        let mut at: Vec<SimDuration> = setup.jobs.iter().map(|job| job.at).collect();
        for arrivals in &setup.arrivals {
            arrive(arrivals, &self.streams, &mut at);
        }
        let cronjobs: Vec<_> = setup.cronjobs.iter().map(|c| self.world.admit_cronjob(c.object.clone())).collect();
        let mut create = |(job, at): (&PlannedJob, SimDuration)| {
            let owner = job.owner.map(|owner| cronjobs[owner]);
            let begins = job.begins.clone().map(|begins| BeginsWith { owner, ..begins });
            self.world.add_job_that(job.object.clone(), begins, setup.start + at)
        };
        // Ids follow the places in the setup, by which its actions refer to Jobs and CronJobs.
        for (place, planned) in setup.jobs.iter().zip(at).enumerate() {
            let id = create(planned);
            assert_eq!(id.ix(), place, "an empty world numbers its Jobs from 0");
        }
        for (planned, &id) in setup.cronjobs.iter().zip(&cronjobs) {
            self.world.create_cronjob_at(id, planned.status.as_deref(), setup.start + planned.at);
        }
        for (planned, node) in setup.nodes.iter().zip(&self.nodes) {
            let id = self.world.add_node(node.clone(), setup.start, HEARTBEAT);
            if planned.ready != NodeReady::True {
                self.world.begin_unready(id, planned.ready);
            }
        }
        if setup.config.nodes.is_some() {
            self.world.begin_pools(setup.start);
        }
        for action in &setup.actions {
            self.world.add_action(action.action.clone(), setup.start + action.at);
        }
    }

    /// The instant of the next event, if it is before the end of virtual time and within the budget.
    #[inline]
    pub fn next_time(&self) -> Option<SimTime> {
        let next = self.world.next_time()?;
        let is_over = next > self.setup.start + self.setup.until || self.exhausted.is_some() || self.is_settled();
        (!is_over).then_some(next)
    }

    /// Whether something was still to happen. What surrounds nodes never comes to rest and does not count.
    pub fn is_cut(&self) -> bool {
        self.world.next_time().is_some() && !self.is_settled()
    }

    #[inline]
    fn is_settled(&self) -> bool {
        self.setup.config.nodes.is_some() && self.world.is_settled()
    }

    /// Why the replication was stopped, if it would have used more than its budget.
    pub fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted
    }

    /// How many events one millisecond may have.
    fn most_at_once(&self) -> u64 {
        let jobs = self.setup.jobs.len() as u64;
        self.setup.budget.at_once.saturating_add(jobs * limits::EVENTS_AT_ONCE_OF_A_JOB)
    }

    /// How many starts of CronJobs may become due. Where each is kept, memory sets the bound.
    fn most_starts(&self, keeps_each: bool) -> u64 {
        let budget = &self.setup.budget;
        let most = if keeps_each { budget.starts.min(budget.changes) } else { budget.starts };
        // They are counted in 32 bits.
        most.min(u32::MAX.into())
    }

    /// Whether the replication has exceeded a bound. This runs after each event and is almost always false, so all
    /// operands are evaluated (`|`), without branches between them.
    #[inline]
    fn is_over_budget(&self, recorder: &Recorder) -> bool {
        let (world, budget) = (&self.world, &self.setup.budget);
        world.is_stuck()
            | (world.dispatched > budget.events)
            | (world.env.store.pods.kept() as u64 > budget.pods)
            | (recorder.timeline.len() as u64 > budget.changes)
            | recorder.starts_cut.is_some()
    }

    /// The bound that the replication has exceeded at an instant, if any.
    #[cold]
    fn passed(&self, recorder: &Recorder, now: SimTime) -> Option<Exhausted> {
        let (world, budget) = (&self.world, &self.setup.budget);
        let (bound, most) = if world.is_stuck() {
            (Bound::AtOnce, self.most_at_once())
        } else if world.dispatched > budget.events {
            (Bound::Events, budget.events)
        } else if world.env.store.pods.kept() as u64 > budget.pods {
            (Bound::Pods, budget.pods)
        } else if recorder.timeline.len() as u64 > budget.changes {
            (Bound::Changes, budget.changes)
        } else if let Some(most) = recorder.starts_cut {
            (Bound::Starts, most)
        } else {
            return None;
        };
        Some(Exhausted { bound, most, after: now - self.setup.start, at: now })
    }

    /// Processes the next event and records it; returns its instant, or `None` at the end.
    pub fn step(&mut self, recorder: &mut Recorder) -> Option<SimTime> {
        self.next_time()?;
        let now = self.world.step()?;
        self.world.record(recorder);
        if self.is_over_budget(recorder) {
            self.exhausted = self.passed(recorder, now);
        }
        Some(now)
    }
}

/// The series of a Job: its index.
fn series_of(setup: &Setup, job: &JobRecord) -> Option<usize> {
    match job.owner {
        Some((owner, _)) => Some(setup.cronjobs.get(owner.ix())?.series),
        None => Some(setup.jobs.get(job.id.ix())?.series),
    }
}

/// Draws when Jobs arrive. The times between arrivals of a Poisson process are exponential; each is drawn by inversion
/// from one uniform number. A Job that would arrive after the process has ended arrives never.
fn arrive(arrivals: &PoissonArrivals, streams: &Streams, at: &mut [SimDuration]) {
    let mut draws = streams.draws(arrivals.process, 0);
    let mut stream = draws.stream(purpose::ARRIVAL);
    let mut seconds = 0.0;
    for job in arrivals.jobs.clone() {
        seconds += -libm::log(stream.uniform()) / arrivals.per_hour * 3_600.0;
        let after = SimDuration::from_secs_f64(seconds);
        at[job] = if after > arrivals.until { SimDuration::MAX } else { arrivals.from + after };
    }
}
