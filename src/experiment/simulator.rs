//! One replication: a setup becomes a world, which is run and recorded. The world is used again for the next one, so
//! that replications after the first take hardly any memory from the system.

use super::setup::{PlannedJob, PoissonArrivals, Setup, Task};
use crate::kernel::Streams;
use crate::model::{Outages, PodWorkload, purpose};
use crate::record::Recorder;
use crate::time::{SimDuration, SimTime};
use crate::world::{Action, World};

/// What came of a replication.
#[derive(Debug)]
pub struct Simulated {
    /// What was recorded.
    pub recorder: Recorder,
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
}

impl<'a> Simulator<'a> {
    /// A simulator of this setup.
    pub fn new(setup: &'a Setup) -> Self {
        let outages = Outages { start: setup.start, windows: setup.outages.clone() };
        let streams = Streams::new(setup.seed, 0);
        let workload = PodWorkload::new(setup.models.clone(), setup.assignment.clone(), outages, streams)
            .with_kubelet(setup.kubelet);
        Simulator { setup, streams, world: World::new(setup.config.clone(), workload) }
    }

    /// The world as the last replication left it.
    pub fn world(&self) -> &World<PodWorkload> {
        &self.world
    }

    /// Simulates replication number `replication` (the first is 0).
    pub fn run(&mut self, replication: u32, keep_timeline: bool) -> Simulated {
        let mut recorder = self.begin(replication, keep_timeline);
        let until = self.setup.start + self.setup.until;
        let end = self.world.run(until, &mut recorder);
        Simulated { recorder, end, cut: self.world.next_time().is_some() }
    }

    /// Sets the world up for a replication, with nothing done yet; [`Simulator::step`] does it bit by bit.
    pub fn begin(&mut self, replication: u32, keep_timeline: bool) -> Recorder {
        let setup = self.setup;
        self.streams = Streams::new(setup.seed, u64::from(replication));
        self.world.workload.restart(self.streams);
        self.world.reset(setup.config.clone());
        let mut at: Vec<SimDuration> = setup.jobs.iter().map(|job| job.at).collect();
        for arrivals in &setup.arrivals {
            arrive(arrivals, &self.streams, &mut at);
        }
        let create = |(job, at): (&PlannedJob, SimDuration)| self.world.add_job(job.object.clone(), setup.start + at);
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
        self.world.recorder(keep_timeline)
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
