//! The states of the containers of a Pod whose containers are modelled one by one. What happens to them is in
//! [`super::containers`].

use super::containers_seen::EndedRun;
use crate::kubelet::RuntimeState;
use crate::model::ContainerLife;
use crate::time::{SimTime, WholeSecond};
use smallvec::SmallVec;

/// The containers of a Pod that has not finished.
#[derive(Debug)]
pub(super) struct PodContainers {
    pub(super) states: SmallVec<[RuntimeState; 4]>,
    pub(super) each: SmallVec<[TrackedContainer; 4]>,
    /// When the last regular container ended.
    pub(super) finished_at: WholeSecond,
    /// When the main container ended for good, if it has.
    pub(super) main_ended: Option<SimTime>,
    pub(super) stop: StopReason,
}

/// Why the containers are being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// They are not being stopped.
    None,
    /// The Pod ends, or is being deleted.
    End,
    /// All of them are restarted.
    Restart,
}

/// What is kept of a container besides its state.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrackedContainer {
    pub(super) life: ContainerLife,
    /// The number (from 0) of the present run, or of the next one.
    pub(super) number: u32,
    /// The exit code with which the present run will end.
    pub(super) code: i32,
    pub(super) restarts: i32,
    /// Whether its next start is planned.
    pub(super) is_planned: bool,
    /// When its last run began, by the node's clock.
    pub(super) began: WholeSecond,
    /// Its last run that has ended.
    pub(super) ended: Option<EndedRun>,
}

impl PodContainers {
    pub(super) fn new(lives: Vec<ContainerLife>) -> Self {
        let tracked = |life| TrackedContainer {
            life,
            number: 0,
            code: 0,
            restarts: 0,
            is_planned: false,
            began: WholeSecond::default(),
            ended: None,
        };
        PodContainers {
            states: lives.iter().map(|_| RuntimeState::Waiting).collect(),
            each: lives.into_iter().map(tracked).collect(),
            finished_at: WholeSecond::default(),
            main_ended: None,
            stop: StopReason::None,
        }
    }

    pub(super) fn any_runs(&self) -> bool {
        self.states.iter().any(|state| state.is_running())
    }

    /// Ends a running container with this exit code.
    pub(super) fn end(&mut self, place: usize, code: i32, (is_regular, stamp): (bool, WholeSecond)) {
        self.states[place] = match self.stop {
            StopReason::Restart => RuntimeState::Restarting(code),
            StopReason::None | StopReason::End => RuntimeState::Terminated(code),
        };
        self.note_end(place, code, stamp);
        if is_regular {
            self.finished_at = stamp;
        }
    }

    pub(super) fn note_end(&mut self, place: usize, code: i32, at: WholeSecond) {
        let tracked = &mut self.each[place];
        tracked.ended = Some(EndedRun { from: tracked.began, to: at, code });
    }

    /// Restarts all containers, beginning with the init containers.
    pub(super) fn begin_anew(&mut self) {
        self.stop = StopReason::None;
        self.main_ended = None;
        for (state, tracked) in self.states.iter_mut().zip(&mut self.each) {
            if *state != RuntimeState::Waiting {
                (tracked.number, tracked.restarts) = (tracked.number + 1, tracked.restarts.saturating_add(1));
            }
            (*state, tracked.is_planned) = (RuntimeState::Waiting, false);
        }
    }
}
