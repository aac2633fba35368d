//! One replication: a setup becomes a world, which is run and recorded. The world is used again for the next one, so
//! that replications after the first take hardly any memory from the system.

use super::outcome::{Named, Outcome, Replication};
use super::setup::{PlannedJob, PoissonArrivals, Setup, Task};
use crate::kernel::Streams;
use crate::model::{Outages, PodWorkload, purpose};
use crate::record::{JobRecord, Recorder};
use crate::time::{SimDuration, SimTime};
use crate::world::{Action, World};

/// Up to so many series are told apart; with more, there is only the record of all Jobs together.
pub const MOST_SERIES: usize = 100;

/// How a replication stopped.
#[derive(Clone, Copy, Debug)]
pub struct Simulated {
    /// When it stopped.
    pub end: SimTime,
    /// Whether the longest virtual time was over, and things were still to happen.
    pub cut: bool,
}

/// Simulates replications of one setup, one after the other.
#[derive(Debug)]
pub struct Simulator<'a> {
    setup: &'a Setup,
    streams: Streams,
    world: World<PodWorkload>,
    recorder: Recorder,
}

impl<'a> Simulator<'a> {
    /// A simulator of this setup.
    pub fn new(setup: &'a Setup) -> Self {
        let outages = Outages { start: setup.start, windows: setup.outages.clone() };
        let streams = Streams::new(setup.seed, 0);
        let workload = PodWorkload::new(setup.models.clone(), setup.assignment.clone(), outages, streams)
            .with_kubelet(setup.kubelet)
            .with_latencies(setup.latencies.clone());
        Simulator { setup, streams, world: World::new(setup.config.clone(), workload), recorder: Recorder::default() }
    }

    /// The world as the last replication left it.
    pub fn world(&self) -> &World<PodWorkload> {
        &self.world
    }

    /// What was recorded in the last replication.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The flat record of the last replication.
    pub fn outcome(&self, replication: u32, simulated: Simulated) -> Replication {
        let jobs = &self.recorder.jobs;
        let all = match &jobs[..] {
            [job] => Outcome::of(job, simulated.end),
            jobs => Outcome::of_all(jobs.iter(), simulated.end),
        };
        let mut record = Replication { replication, all, series: Vec::new(), cut: simulated.cut };
        if (2..=MOST_SERIES).contains(&self.setup.series.len()) {
            // Jobs of a series stand one after the other.
            let mut planned = self.setup.jobs.iter().zip(jobs).peekable();
            for (n, name) in self.setup.series.iter().enumerate() {
                let members: Vec<&JobRecord> =
                    std::iter::from_fn(|| planned.next_if(|(job, _)| job.series == n).map(|(_, record)| record))
                        .collect();
                let outcome = match &members[..] {
                    [job] => Outcome::of(job, simulated.end),
                    jobs => Outcome::of_all(jobs.iter().copied(), simulated.end),
                };
                record.series.push(Named { job: name.clone(), outcome });
            }
        }
        record
    }

    /// Simulates replication number `replication` (the first is 0).
    pub fn run(&mut self, replication: u32, keep_timeline: bool) -> Simulated {
        self.set_up(replication);
        self.world.restart_recorder(&mut self.recorder, keep_timeline);
        self.recorder.start = self.setup.start;
        let until = self.setup.start + self.setup.until;
        let end = self.world.run(until, &mut self.recorder);
        Simulated { end, cut: self.world.next_time().is_some() }
    }

    /// Sets the world up for a replication, with nothing done yet; [`Simulator::step`] does it bit by bit.
    pub fn begin(&mut self, replication: u32, keep_timeline: bool) -> Recorder {
        self.set_up(replication);
        let mut recorder = self.world.recorder(keep_timeline);
        recorder.start = self.setup.start;
        recorder
    }

    fn set_up(&mut self, replication: u32) {
        let setup = self.setup;
        self.streams = Streams::new(setup.seed, u64::from(replication));
        self.world.workload.restart(self.streams);
        self.world.reset(setup.config.clone());
        let mut at: Vec<SimDuration> = setup.jobs.iter().map(|job| job.at).collect();
        for arrivals in &setup.arrivals {
            arrive(arrivals, &self.streams, &mut at);
        }
        let create = |(job, at): (&PlannedJob, SimDuration)| {
            let id = self.world.add_job(job.object.clone(), setup.start + at);
            if let Some(status) = &job.status {
                self.world.begin_with(id, status.clone());
            }
            id
        };
        let jobs: Vec<_> = setup.jobs.iter().zip(at).map(create).collect();
        for action in &setup.actions {
            let act = match &action.task {
                Task::Patch(job, patch) => Action::Patch(jobs[*job].into(), patch.clone()),
                Task::DeleteJob(job, propagation) => Action::DeleteJob(jobs[*job].into(), *propagation),
                Task::DeletePod(job, key) => Action::DeletePod(jobs[*job].into(), *key),
                Task::ControllerDown(down) => Action::RestartControllers(*down),
            };
            self.world.add_action(act, setup.start + action.at);
        }
    }

    /// The instant of what happens next, if that is before the longest virtual time is over.
    pub fn next_time(&self) -> Option<SimTime> {
        self.world.next_time().filter(|&t| t <= self.setup.start + self.setup.until)
    }

    /// Lets the next thing happen and records it; gives its instant, or `None` at the end.
    pub fn step(&mut self, recorder: &mut Recorder) -> Option<SimTime> {
        self.next_time()?;
        let now = self.world.step();
        self.world.record(recorder);
        now
    }
}

/// Draws when Jobs arrive. Whoever would come too late never comes.
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
