//! What responses are about, and how they combine several Jobs. The sums themselves are in [`super::outcome`] and
//! `aggregate`.

use super::response::Response;

/// How a response combines several Jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combined {
    /// The sum over the Jobs.
    Sum,
    /// The maximum over the Jobs.
    Largest,
    /// It is measured over all of them together.
    Together,
    /// From the first creation until the last of them got that far.
    LastOfAll,
    /// The maximum over the CronJobs.
    LargestOfCronJobs,
}

impl Response {
    /// How it combines several Jobs.
    pub fn combined(self) -> Combined {
        use Response as R;
        match self {
            R::Duration | R::TimeToComplete | R::AllCreated | R::AllRunning => Combined::LastOfAll,
            R::FirstRunning
            | R::MostRunningInJob
            | R::LongestBackoff
            | R::Overshoot
            | R::LongestJob
            | R::LongestRoomWait => Combined::Largest,
            R::MedianDelay | R::LongestDelay | R::MostAtOnce => Combined::LargestOfCronJobs,
            R::MostRunning | R::Utilisation | R::ThrottleShare => Combined::Together,
            _ if self.is_of_nodes() => Combined::Together,
            _ => Combined::Sum,
        }
    }

    /// Whether it is about the starts of CronJobs. The table of responses has these side by side; a test holds that.
    pub fn is_of_cronjobs(self) -> bool {
        (Response::DueStarts..=Response::MostAtOnce).contains(&self)
    }

    /// Whether it is meaningless if it is never reached; texts then leave it out.
    pub fn is_silent_if_never(self) -> bool {
        self.is_of_nodes() || matches!(self, Response::AllCreated | Response::AllRunning)
    }

    /// Whether it is about nodes, and so meaningless without them. These stand side by side, too.
    pub fn is_of_nodes(self) -> bool {
        (Response::NodeTime..=Response::NodesReclaimed).contains(&self)
    }
}
