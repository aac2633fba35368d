//! The critical path of Jobs as a decomposition of their lives: see [`crate::record::CriticalPath`]. For several Jobs
//! the times are sums, so that they add up to the sum of the lives.

use super::{Response, seconds};
use crate::record::{PathCause, PathSpans};
use crate::time::SimDuration;
use serde::{Deserialize, Serialize};

/// How long each cause delayed the end of Jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)] // one for each cause
pub struct PathTimes {
    #[serde(with = "seconds")]
    pub running: SimDuration,
    #[serde(with = "seconds")]
    pub lost: SimDuration,
    #[serde(with = "seconds")]
    pub starting: SimDuration,
    #[serde(with = "seconds")]
    pub restart: SimDuration,
    #[serde(with = "seconds")]
    pub room: SimDuration,
    #[serde(with = "seconds")]
    pub throttle: SimDuration,
    #[serde(with = "seconds")]
    pub backoff: SimDuration,
    #[serde(with = "seconds")]
    pub suspended: SimDuration,
    #[serde(with = "seconds")]
    pub controller: SimDuration,
}

impl Response {
    /// The cause's part of the critical path.
    pub fn of_path(cause: PathCause) -> Self {
        match cause {
            PathCause::Running => Response::PathRunning,
            PathCause::Lost => Response::PathLost,
            PathCause::Starting => Response::PathStarting,
            PathCause::Restart => Response::PathRestart,
            PathCause::Room => Response::PathRoom,
            PathCause::Throttle => Response::PathThrottle,
            PathCause::Backoff => Response::PathBackoff,
            PathCause::Suspended => Response::PathSuspended,
            PathCause::Controller => Response::PathController,
        }
    }

    /// Whether it is a part of the critical path.
    pub fn is_of_path(self) -> bool {
        PathCause::ALL.into_iter().any(|cause| Response::of_path(cause) == self)
    }
}

impl From<PathSpans> for PathTimes {
    fn from(spans: PathSpans) -> Self {
        let mut times = PathTimes::default();
        times.each_mut().into_iter().zip(spans).for_each(|(into, span)| *into = span);
        times
    }
}

impl PathTimes {
    fn each_mut(&mut self) -> [&mut SimDuration; PathCause::ALL.len()] {
        [
            &mut self.running,
            &mut self.lost,
            &mut self.starting,
            &mut self.restart,
            &mut self.room,
            &mut self.throttle,
            &mut self.backoff,
            &mut self.suspended,
            &mut self.controller,
        ]
    }

    /// The times in the order of [`PathCause::ALL`].
    pub fn each(mut self) -> PathSpans {
        self.each_mut().map(|span| *span)
    }

    /// The time of one cause.
    pub fn of(self, cause: PathCause) -> SimDuration {
        self.each()[cause as usize]
    }

    /// Their sum: the Jobs' lives.
    pub fn life(self) -> SimDuration {
        self.each().into_iter().fold(SimDuration::ZERO, |sum, span| sum + span)
    }

    /// Adds the times of other Jobs.
    pub(super) fn add(&mut self, other: &PathTimes) {
        self.each_mut().into_iter().zip(other.each()).for_each(|(into, span)| *into += span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_the_order_of_causes_and_add_up() {
        let spans: PathSpans = std::array::from_fn(|n| SimDuration::from_secs(1 << n));
        let mut times = PathTimes::from(spans);
        assert_eq!((times.each(), times.life()), (spans, SimDuration::from_secs(511)));
        times.add(&PathTimes::from(spans));
        assert_eq!(times.of(PathCause::Controller), SimDuration::from_secs(512));
    }
}
