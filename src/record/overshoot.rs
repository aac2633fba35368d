//! Overshoot: times in which more Pods of a Job actually ran than `parallelism` asks for, and why. A Pod runs from the
//! start of its containers until they stop, even while it is being deleted. Fewer Pods than `parallelism` are not this
//! file's concern.
//!
//! Invariant: what begins and ends in the same instant is not counted.

use super::DeletionCause;
use crate::time::{SimDuration, SimTime};

/// Why more Pods run than are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OvershootCause {
    /// A Pod that is still terminating runs beside its replacement.
    Replacement,
    /// `parallelism` was lowered or `completions` reached, and surplus Pods are terminating or not deleted yet.
    ScaleDown,
    /// Pods that are terminating because the Job was suspended run beside those of the resumed Job.
    Suspended,
    /// Pods that are terminating because the Job ends.
    JobEnds,
    /// After a restart the controllers did not know of Pods that they had created.
    ControllerRestart,
    /// The controller had not yet seen Pods that it had created.
    StaleCache,
}

impl OvershootCause {
    /// Every cause, in the order in which excess Pods are attributed to them.
    pub const ALL: [OvershootCause; 6] =
        [Self::Replacement, Self::ScaleDown, Self::Suspended, Self::JobEnds, Self::ControllerRestart, Self::StaleCache];

    /// A few words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replacement => "old Pod still terminating beside its replacement",
            Self::ScaleDown => "scale-down: surplus Pods not yet stopped",
            Self::Suspended => "Pods of before the suspension still terminating",
            Self::JobEnds => "Job over, its Pods still terminating",
            Self::ControllerRestart => "controller restart",
            Self::StaleCache => "stale cache",
        }
    }

    /// The name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Replacement => "replacementBesideTerminating",
            Self::ScaleDown => "scaleDown",
            Self::Suspended => "suspended",
            Self::JobEnds => "jobEnds",
            Self::ControllerRestart => "controllerRestart",
            Self::StaleCache => "staleCache",
        }
    }

    /// The cause to which a Pod counts that still runs while it is being deleted.
    pub fn of(deletion: DeletionCause) -> Self {
        match deletion {
            DeletionCause::ScaleDown => Self::ScaleDown,
            DeletionCause::Suspended => Self::Suspended,
            DeletionCause::JobEnds | DeletionCause::JobDeleted | DeletionCause::JobGone => Self::JobEnds,
            DeletionCause::Disrupted => Self::Replacement,
        }
    }
}

/// Overshoot by one cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OvershootByCause {
    /// How often it began.
    pub episodes: u32,
    /// How long it lasted in total.
    pub time: SimDuration,
    /// The greatest number of Pods above `parallelism` by this cause.
    pub most: u32,
}

/// The time above `parallelism` is kept for at most this many levels.
const LEVELS: usize = 10_000;

/// The overshoot of one Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overshoot {
    /// By all causes together.
    pub total: OvershootByCause,
    /// By cause, in the order of [`OvershootCause::ALL`].
    pub by_cause: [OvershootByCause; 6],
    /// The integral over time of the number of Pods above `parallelism`.
    pub pod_time: SimDuration,
    /// How long at least 1, 2, 3 … Pods ran above `parallelism`.
    pub above: Vec<SimDuration>,
    state: OvershootState,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OvershootState {
    since: SimTime,
    running: u32,
    parallelism: u32,
    /// Running Pods that are being deleted, by cause.
    stopping: [u32; 6],
    /// The latest event that can explain surplus Pods that are not being deleted: a restart of the controllers, or a
    /// lowered `parallelism`.
    latest: Option<OvershootCause>,
    was_above: bool,
    was_above_by: [bool; 6],
}

impl Overshoot {
    /// Moves the clock to `now`: adds the time since it last moved.
    fn advance(&mut self, now: SimTime) {
        let lasted = now - self.state.since;
        assert!(lasted >= SimDuration::ZERO, "overshoot goes back from {:?} to {now:?}", self.state.since);
        if !lasted.is_positive() {
            return;
        }
        self.state.since = now;
        let excess = self.state.running.saturating_sub(self.state.parallelism);
        enter(&mut self.total, &mut self.state.was_above, excess, lasted);
        self.pod_time += SimDuration::from_nanos(lasted.as_nanos().saturating_mul(i64::from(excess)));
        if excess == 0 && !self.state.was_above_by.contains(&true) {
            return;
        }
        let levels = (excess as usize).min(LEVELS);
        self.above.resize(self.above.len().max(levels), SimDuration::ZERO);
        self.above[..levels].iter_mut().for_each(|time| *time += lasted);
        let causes = self.state.split(excess);
        for (n, &by) in causes.iter().enumerate() {
            enter(&mut self.by_cause[n], &mut self.state.was_above_by[n], by, lasted);
        }
    }

    /// The spec's `parallelism` is written.
    pub(super) fn set_parallelism(&mut self, now: SimTime, parallelism: u32) {
        if parallelism != self.state.parallelism {
            self.advance(now);
            if parallelism < self.state.parallelism {
                self.state.latest = Some(OvershootCause::ScaleDown);
            }
            self.state.parallelism = parallelism;
        }
    }

    /// A Pod's containers start, or (`by` −1) stop; `deletion` is why it is being deleted, if it is.
    pub(super) fn count(&mut self, now: SimTime, by: i32, deletion: Option<DeletionCause>) {
        self.advance(now);
        let state = &mut self.state;
        state.running = state.running.checked_add_signed(by).expect("a Pod that stops was running");
        if let Some(cause) = deletion {
            let stopping = &mut state.stopping[OvershootCause::of(cause) as usize];
            *stopping = stopping.checked_add_signed(by).expect("a Pod that is being deleted stops once");
        }
    }

    /// A running Pod is being deleted.
    pub(super) fn stopping(&mut self, now: SimTime, cause: DeletionCause) {
        self.advance(now);
        let state = &mut self.state;
        state.stopping[OvershootCause::of(cause) as usize] += 1;
        assert!(state.stopping.iter().sum::<u32>() <= state.running, "more Pods stop than run: {state:?}");
    }

    /// The controllers were restarted.
    pub(super) fn restarted(&mut self, now: SimTime) {
        self.advance(now);
        self.state.latest = Some(OvershootCause::ControllerRestart);
    }

    /// How many Pods run now.
    pub(super) fn running(&self) -> u32 {
        self.state.running
    }

    /// The run ends.
    pub(super) fn close(&mut self, now: SimTime) {
        self.advance(now);
    }
}

impl OvershootState {
    /// Attributes excess Pods to causes: first to those of Pods that are being deleted, then to the latest event.
    fn split(&self, excess: u32) -> [u32; 6] {
        let (mut left, mut causes) = (excess, [0; 6]);
        for (n, &stopping) in self.stopping.iter().enumerate() {
            causes[n] = left.min(stopping);
            left -= causes[n];
        }
        let rest = self.latest.unwrap_or(OvershootCause::StaleCache);
        causes[rest as usize] += left;
        causes
    }
}

fn enter(tally: &mut OvershootByCause, was_above: &mut bool, excess: u32, lasted: SimDuration) {
    if excess > 0 {
        tally.episodes += u32::from(!*was_above);
        tally.time += lasted;
        tally.most = tally.most.max(excess);
    }
    *was_above = excess > 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(secs)
    }

    #[test]
    fn a_replacement_beside_a_terminating_pod() {
        let mut o = Overshoot::default();
        o.set_parallelism(at(0), 1);
        o.count(at(1), 1, None);
        o.stopping(at(5), DeletionCause::Disrupted);
        o.count(at(7), 1, None);
        o.count(at(10), -1, Some(DeletionCause::Disrupted));
        o.close(at(20));
        let expected = OvershootByCause { episodes: 1, time: SimDuration::from_secs(3), most: 1 };
        assert_eq!(o.total, expected);
        assert_eq!(o.by_cause[OvershootCause::Replacement as usize], expected);
        assert_eq!(o.above, [SimDuration::from_secs(3)]);
    }

    #[test]
    fn each_time_that_it_begins_again_is_an_episode_of_its_cause() {
        let mut o = Overshoot::default();
        o.set_parallelism(at(0), 1);
        o.count(at(1), 1, None);
        for t in [5, 12] {
            o.stopping(at(t), DeletionCause::Disrupted);
            o.count(at(t + 1), 1, None);
            o.count(at(t + 3), -1, Some(DeletionCause::Disrupted));
        }
        o.close(at(30));
        let expected = OvershootByCause { episodes: 2, time: SimDuration::from_secs(4), most: 1 };
        assert_eq!((o.total, o.by_cause[OvershootCause::Replacement as usize]), (expected, expected));
    }

    #[test]
    fn what_happens_in_one_instant_is_no_overshoot() {
        let mut o = Overshoot::default();
        o.set_parallelism(at(0), 1);
        o.count(at(1), 1, None);
        o.count(at(5), 1, None);
        o.count(at(5), -1, None);
        o.close(at(20));
        assert_eq!(o.total, OvershootByCause::default());
    }

    #[test]
    fn a_lowered_parallelism_and_a_restart() {
        let mut o = Overshoot::default();
        o.set_parallelism(at(0), 3);
        (0..3).for_each(|_| o.count(at(1), 1, None));
        o.set_parallelism(at(2), 1);
        o.stopping(at(3), DeletionCause::ScaleDown);
        o.stopping(at(3), DeletionCause::ScaleDown);
        o.count(at(4), -1, Some(DeletionCause::ScaleDown));
        o.count(at(6), -1, Some(DeletionCause::ScaleDown));
        o.restarted(at(8));
        o.count(at(9), 1, None);
        o.close(at(10));
        let scale = o.by_cause[OvershootCause::ScaleDown as usize];
        assert_eq!((scale.episodes, scale.most, scale.time), (1, 2, SimDuration::from_secs(4)));
        let restart = o.by_cause[OvershootCause::ControllerRestart as usize];
        assert_eq!((restart.episodes, restart.most, restart.time), (1, 1, SimDuration::from_secs(1)));
        assert_eq!(o.total.episodes, 2);
    }

    #[test]
    fn each_pod_above_parallelism_has_one_cause() {
        let mut o = Overshoot::default();
        o.set_parallelism(at(0), 2);
        (0..4).for_each(|_| o.count(at(1), 1, None));
        // Two of the four stop, for different reasons; then one has stopped.
        o.stopping(at(1), DeletionCause::Disrupted);
        o.stopping(at(1), DeletionCause::ScaleDown);
        o.count(at(4), -1, Some(DeletionCause::Disrupted));
        o.close(at(6));
        let by = |cause: OvershootCause| o.by_cause[cause as usize];
        let [replaced, scaled] = [OvershootCause::Replacement, OvershootCause::ScaleDown].map(by);
        assert_eq!((replaced.time, replaced.most), (SimDuration::from_secs(3), 1));
        assert_eq!((scaled.time, scaled.most), (SimDuration::from_secs(5), 1));
        assert_eq!((o.total.most, o.total.episodes), (2, 1), "one is less than two, and goes on from it");
        let causes = o.by_cause.iter().fold(SimDuration::ZERO, |sum, cause| sum + cause.time);
        assert_eq!((o.pod_time, causes), (SimDuration::from_secs(8), SimDuration::from_secs(8)));
    }

    #[test]
    fn a_raised_parallelism_is_no_scale_down() {
        let mut o = Overshoot::default();
        o.set_parallelism(at(0), 1);
        o.set_parallelism(at(1), 2);
        (0..3).for_each(|_| o.count(at(2), 1, None));
        o.close(at(5));
        assert_eq!(o.by_cause[OvershootCause::StaleCache as usize].time, SimDuration::from_secs(3));
        assert_eq!(o.by_cause[OvershootCause::ScaleDown as usize], OvershootByCause::default());
    }
}
